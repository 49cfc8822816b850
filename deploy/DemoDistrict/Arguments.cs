using System.Globalization;

namespace HomeSchool.DemoDistrict;

/// <summary>The command line: options as <c>--name VALUE</c>, each at most once.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> options = new(StringComparer.Ordinal);

    /// <summary>Reads the options.</summary>
    /// <param name="args">The words after the command.</param>
    /// <param name="known">The options there are.</param>
    /// <exception cref="UsageException">One is not known, is there twice, or has no value.</exception>
    public Arguments(ReadOnlySpan<string> args, params IReadOnlyCollection<string> known)
    {
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!known.Contains(args[i], StringComparer.Ordinal))
                throw new UsageException($"There is no option {args[i]}.");
            if (i + 1 == args.Length)
                throw new UsageException($"{args[i]} needs a value.");
            if (!options.TryAdd(args[i], args[i + 1]))
                throw new UsageException($"{args[i]} is there twice.");
        }
    }

    /// <summary>The value of an option; <see langword="null"/> when it is not there.</summary>
    public string? Text(string option) => options.GetValueOrDefault(option);

    /// <summary>The value of an option that is yes or no.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public bool YesOrNo(string option, bool fallback) => Text(option) switch
    {
        null => fallback,
        "yes" => true,
        "no" => false,
        var other => throw new UsageException($"{option} is yes or no, not {other}."),
    };

    /// <summary>The value of an option that is a whole number.</summary>
    /// <exception cref="UsageException">It is none, or out of range.</exception>
    public long Number(string option, long fallback, long least, long most)
    {
        if (Text(option) is not { } text)
            return fallback;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && least <= number && number <= most
            ? number
            : throw new UsageException($"{option} is a whole number from {least} to {most}, not {text}.");
    }
}

/// <summary>The program was called wrongly.</summary>
/// <param name="message">How.</param>
internal sealed class UsageException(string message) : Exception(message);
