using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Routing;

namespace HomeSchool.AccessTests;

/// <summary>
/// Every endpoint of every service × every role × near and far, by the table of ALL-1. Endpoints are those that the services
/// have, so a new one is tried without anybody thinking of it; it only needs an example of how it is called.
/// </summary>
/// <remarks>The gateway has nothing of its own but its pages and its health; it forwards, and the services check.</remarks>
[Trait("Rule", "ALL-1")]
[Trait("Goal", "R6")]
public sealed class EndpointTests(Installation installation)
{
    private const string Success = "2xx";

    private readonly List<Deviation> deviations = [];

    private World World => installation.World;

    [Fact]
    public async Task Every_endpoint_answers_every_role_from_near_and_far_as_the_table_says()
    {
        var examples = Examples.Of(installation.Services.Keys).ToLookup(example => example.Endpoint, StringComparer.Ordinal);
        var tried = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, service) in installation.Services)
        {
            foreach (var endpoint in service.Endpoints)
            {
                var key = $"{name} {NameOf(endpoint)}";
                tried.Add(key);
                if (!examples.Contains(key))
                    Deviates(key, "", "", "an example of it in Examples.cs", "none: add how it is called, and whose it is");
                foreach (var example in examples[key])
                    await TryAsync(name, endpoint.Metadata.GetMetadata<AccessRule>()!, example);
            }
        }

        foreach (var gone in examples.Select(example => example.Key).Where(key => !tried.Contains(key)))
            Deviates(gone, "", "", "an endpoint", "none: remove its example from Examples.cs");
        if (deviations.Count > 0)
            Assert.Fail(Report());
    }

    [Fact]
    public async Task Every_operation_says_in_its_description_who_may_call_it()
    {
        foreach (var (name, service) in installation.Services)
        {
            var document = await installation.DoAsync(name, Call.Get($"/openapi/{name}.json"), null);
            var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
                .Where(operation => operation.Value.TryGetProperty("operationId", out _))
                .ToLookup(operation => operation.Value.GetProperty("operationId").GetString()!, StringComparer.Ordinal);
            operations.Count.ShouldBeGreaterThan(5);
            foreach (var endpoint in service.Endpoints)
            {
                foreach (var operation in operations[NameOf(endpoint)])
                    ShouldDescribe(operation.Value, endpoint.Metadata.GetMetadata<AccessRule>()!);
            }
        }
    }

    private static void ShouldDescribe(JsonElement operation, AccessRule rule)
    {
        var description = operation.GetProperty("description").GetString()!;
        if (rule.Permission is not { } permission)
        {
            description.ShouldContain(rule.OpenBecause!);
            return;
        }

        var row = Access.Table.Of(permission);
        description.ShouldContain(row.Zh);
        description.ShouldContain(row.En);
        operation.GetProperty("x-permission").GetString().ShouldBe(permission.ToString());
        operation.GetProperty("x-roles").Deserialize<string[]>().ShouldBe(row.Roles.Select(Grant.NameOf));
        operation.GetProperty("security").GetArrayLength().ShouldBe(1);
    }

    // A route without a name is one of the defaults', such as /health.
    private static string NameOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? endpoint.RoutePattern.RawText!;

    private async Task TryAsync(string service, AccessRule rule, Example example)
    {
        var call = await example.Call(World); // for all who may not: it changes nothing
        var thing = example.Of is null ? null : new Mark(default, example.Of(World), example.Downwards);
        var success = example.Answers is { } status ? $"{status}" : Success;
        var isShown = example.Shows is null;

        var open = rule.Permission is null && !example.NeedsAccount;
        var stranger = await installation.SendAsync(service, call);
        Judge(example, new Caller("", []), [], open ? success : "401 access.sign-in-needed", stranger);
        foreach (var caller in Access.Table.Roles.SelectMany(Callers))
        {
            var having = rule.Permission is { } permission
                ? Array.FindAll(caller.Roles, held => Access.Allows(held.Role, permission))
                : caller.Roles;
            var may = !caller.IsRevoked && having.Any(held => thing?.IsFor(held.At) != false);
            var expected = caller.IsRevoked ? "401 access.revoked"
                : having.Length == 0 ? "403 access.forbidden"
                : may ? success
                : example.IsList ? $"{example.Hidden} or {Success}"
                : $"{example.Hidden}";
            var grants = caller.Roles.Select(held => held.At.As(held.Role)).ToArray();
            var token = caller.IsRevoked ? await installation.RevokedTokenAsync(grants) : await installation.TokenAsync(grants);
            var answer = await installation.SendAsync(service, may ? await example.Call(World) : call, token);
            Judge(example, caller, having, expected, answer);
            isShown |= answer.IsSuccess && answer.Body.Contains($"{example.Shows?.Invoke(World)}", StringComparison.Ordinal);
        }

        if (!isShown)
            Deviates(example.Endpoint, "all", "", $"to show {example.Shows!(World)} to somebody", "shown to nobody");
    }

    // From the place of what the examples ask for to ever farther ones; with a session that ended; and elsewhere, but as the
    // parent of a child that is near: what one role may must not reach where only the other holds.
    private IEnumerable<Caller> Callers(RoleRow row)
    {
        yield return At($"own {row.Place}", World.Child);
        yield return At($"own {row.Place}, revoked", World.Child) with { IsRevoked = true };
        if (row.Place == PlaceKind.Child)
            yield return At("a classmate", World.Classmate);
        if (row.Place is PlaceKind.Child or PlaceKind.Class)
            yield return At("another class", World.Schoolmate);
        if (row.Place != PlaceKind.District)
            yield return At("another school", World.OtherSchool);
        yield return At("another district", World.OtherDistrict);
        var far = row.Place == PlaceKind.District ? World.OtherDistrict : World.OtherSchool;
        var elsewhere = At("elsewhere, a classmate's parent", far);
        yield return elsewhere with { Roles = [.. elsewhere.Roles, new Held(Role.Guardian, World.Classmate)] };

        Caller At(string scope, Node node) => new(scope, [new Held(row.Role, node.Up(row.Place))]);
    }

    private void Judge(Example example, Caller caller, Held[] having, string expected, Answer answer)
    {
        var role = caller.Roles.Length == 0 ? "nobody" : caller.Roles[0].Role.ToString();
        var got = $"{answer.Status} {answer.Code}".TrimEnd();
        if (!expected.Split(" or ").Any(IsMet))
            Deviates(example.Endpoint, role, caller.Scope, expected, got);
        var leak = World.Marks.Find(mark => !having.Any(held => mark.IsFor(held.At)) && mark.IsIn(answer.Body));
        if (leak is not null && !example.ShowsAnybody)
            Deviates(example.Endpoint, role, caller.Scope, "nothing of others", $"{got}, {leak.Id} of another {leak.Of.Place}");

        // A status alone is one of the handler's, not of the check before it.
        bool IsMet(string status) => status == Success ? answer.IsSuccess
            : got == status || ($"{answer.Status}" == status && !answer.Code.StartsWith("access.", StringComparison.Ordinal));
    }

    private void Deviates(string endpoint, string role, string scope, string expected, string got) =>
        deviations.Add(new Deviation(endpoint, role, scope, expected, got));

    private string Report()
    {
        var rows = deviations.Prepend(new Deviation("endpoint", "role", "scope", "expected", "got"))
            .Select(row => new[] { row.Endpoint, row.Role, row.Scope, row.Expected, row.Got }).ToArray();
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder($"{deviations.Count} deviations from the table:\n");
        foreach (var row in rows)
            text.AppendJoin("  ", row.Zip(widths, (cell, width) => cell.PadRight(width))).Append('\n');
        return text.ToString();
    }

    private sealed record Held(Role Role, Node At);

    private sealed record Caller(string Scope, Held[] Roles)
    {
        public bool IsRevoked { get; init; }
    }

    private sealed record Deviation(string Endpoint, string Role, string Scope, string Expected, string Got);
}
