using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HomeSchool.Archives.OneRoster;

/// <summary>What the values of a field are.</summary>
internal enum FieldType
{
    /// <summary>Text, compared in any case.</summary>
    Text,

    /// <summary>A day; of a time that a client gives, its day counts.</summary>
    Day,

    /// <summary>A time; a day that a client gives means its midnight in UTC.</summary>
    Time,
}

/// <summary>A field of a resource, as a client names it and as SQL finds it.</summary>
/// <param name="Sql">An expression of its type.</param>
/// <param name="Type">What its values are.</param>
internal sealed record RosterField(string Sql, FieldType Type = FieldType.Text);

/// <summary>
/// OneRoster's filter: <c>field='value'</c> with <c>= != &gt; &gt;= &lt; &lt;= ~</c> (<c>~</c> contains), several joined by AND or by OR.
/// Values become parameters, fields come from a list: nothing of what a client writes becomes SQL.
/// </summary>
internal static partial class RosterFilter
{
    private const int MostTerms = 20;

    private static readonly string[] TimeFormats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"];

    /// <summary>Writes a filter as a condition in SQL, its values behind those already in <paramref name="values"/>.</summary>
    /// <returns>What is wrong with it; <see langword="null"/> when nothing is.</returns>
    public static string? Write(string filter, IReadOnlyDictionary<string, RosterField> fields, List<object> values, out string condition)
    {
        condition = "true";
        var sql = new StringBuilder();
        string? joined = null;
        var at = 0;
        for (var terms = 0; at < filter.Length; terms++)
        {
            var term = Term().Match(filter, at);
            if (!term.Success || terms == MostTerms)
                return $"filter: not readable from character {at + 1}";
            at = term.Index + term.Length;
            if (!fields.TryGetValue(term.Groups["field"].Value, out var field))
                return $"filter: unknown field {term.Groups["field"].Value}";
            if (joined is not null)
                sql.Append(' ').Append(joined).Append(' ');
            var value = term.Groups["value"].Value.Replace("''", "'", StringComparison.Ordinal);
            if (Compare(field, term.Groups["op"].Value, value, values) is not { } comparison)
                return $"filter: '{value}' does not fit {term.Groups["field"].Value}";
            sql.Append(comparison);
            var and = term.Groups["join"].Value.ToUpperInvariant();
            // Without parentheses a mixture would mean different things to different readers.
            if (joined is not null && and.Length > 0 && and != joined)
                return "filter: AND and OR cannot be mixed";
            joined = and;
        }

        if (sql.Length == 0 || joined!.Length > 0)
            return "filter: incomplete";
        condition = $"({sql})";
        return null;
    }

    private static string? Compare(RosterField field, string op, string value, List<object> values)
    {
        object? wanted = field.Type switch
        {
            FieldType.Text => value,
            _ when op == "~" => null,
            FieldType.Day => DateOnly.TryParseExact(
                value.Length > 10 && value[10] == 'T' ? value[..10] : value, "yyyy-MM-dd", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var day) ? day : null,
            _ => DateTimeOffset.TryParseExact(
                value, TimeFormats, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null,
        };
        if (wanted is null)
            return null;
        values.Add(wanted);
        var place = $"${values.Count}";
        var (left, right) = field.Type == FieldType.Text ? ($"lower({field.Sql})", $"lower({place})") : (field.Sql, place);
        return op switch
        {
            "!=" => $"{left} IS DISTINCT FROM {right}",
            "~" => $"position({right} IN {left}) > 0",
            _ => $"{left} {op} {right}",
        };
    }

    [GeneratedRegex(
        """\G\s*(?<field>[A-Za-z.]+)\s*(?<op>!=|>=|<=|=|>|<|~)\s*'(?<value>(?:[^'\x00-\x1f]|''){0,255})'(?:\s+(?<join>AND|OR)\s+|\s*$)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Term();
}
