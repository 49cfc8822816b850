using HomeSchool.Benchmarks;

// Benchmarks [P4 …] prints each row: ours, the limit beside it, the ratio, all from this run. `tests/Benchmarks/run` starts the
// servers it needs. With `bare PORT` it is the bare Kestrel process that others are compared with.
if (args is ["bare", var url])
    return await Bare.ServeAsync(url);
if (Environment.GetEnvironmentVariable(BareVisits.Part) is { } part)
    return await (part == BareAnswers.Part ? BareAnswers.ServeAsync() : BareVisits.ServeAsync(part));

var rows = new Dictionary<string, Func<Task>>(StringComparer.OrdinalIgnoreCase)
{
    ["P1"] = P1.RunAsync,
    ["P2"] = P2.RunAsync,
    ["P3"] = P3.RunAsync,
    ["P4"] = P4.RunAsync,
    ["P5"] = P5.RunAsync,
    ["P8"] = P8.RunAsync,
    ["P10"] = P10.RunAsync,
    ["P11"] = P11.RunAsync,
    ["R12"] = R12.RunAsync,
    ["Search"] = Search.RunAsync,
    ["Evening"] = Evening.RunAsync,
    ["Audit"] = Audit.RunAsync,
};
foreach (var name in args.Length == 0 ? [.. rows.Keys] : args)
{
    if (!rows.TryGetValue(name, out var run))
    {
        Console.Error.WriteLine($"{name} is not one of {string.Join(", ", rows.Keys)}.");
        return 2;
    }

    await run();
}

return 0;
