namespace HomeSchool.Archives;

/// <summary>A value of an enumeration in a query, written as in JSON answers (<c>staffPost</c>); anything else is a bad request.</summary>
/// <param name="Value">The value.</param>
/// <typeparam name="T">The enumeration.</typeparam>
public readonly record struct Choice<T>(T Value)
    where T : struct, Enum
{
#pragma warning disable CA1000 // minimal APIs look for TryParse on the type itself
    /// <summary>Reads a query's text.</summary>
    public static bool TryParse(string? text, out Choice<T> choice)
    {
        var known = Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value);
        choice = new Choice<T>(value);
        return known;
    }
#pragma warning restore CA1000
}
