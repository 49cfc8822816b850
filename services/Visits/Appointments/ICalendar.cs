using System.Globalization;
using System.Text;

namespace HomeSchool.Visits.Appointments;

/// <summary>The syntax of iCalendar (RFC 5545): content lines, folded and escaped. What to write, the caller knows.</summary>
internal sealed class ICalendar
{
    private const int LongestLine = 75;

    private readonly StringBuilder written = new();

    /// <summary>Adds a content line.</summary>
    /// <param name="name">The property, with its parameters.</param>
    /// <param name="value">As it stands on the line: a text has passed <see cref="Text"/>.</param>
    public void Line(string name, string value)
    {
        // Lines have at most 75 octets; a fold is CRLF and a blank, which counts on the next line. No character is cut in two.
        var octets = 0;
        foreach (var rune in $"{name}:{value}".EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > LongestLine)
            {
                written.Append("\r\n ");
                octets = 1;
            }

            written.Append(rune.ToString());
            octets += rune.Utf8SequenceLength;
        }

        written.Append("\r\n");
    }

    /// <summary>A text as a value: backslash, semicolon, comma and line break escaped, control characters left out.</summary>
    public static string Text(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings("\n"))
        {
            _ = c switch
            {
                '\\' or ';' or ',' => escaped.Append('\\').Append(c),
                '\n' => escaped.Append("\\n"),
                _ when char.IsControl(c) && c != '\t' => escaped,
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    /// <summary>An instant as a value, in UTC.</summary>
    public static string Utc(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string ToString() => written.ToString();
}
