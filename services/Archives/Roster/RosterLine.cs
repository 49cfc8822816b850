using System.Globalization;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// One line of a roster file on its way to a row: reads values by column, and remarks on each that is wrong, with its place.
/// The same object serves all lines of a file.
/// </summary>
internal sealed class RosterLine(IRowReader csv, RosterHeader header, string fileName, RosterRemarks remarks)
{
    private readonly HashSet<DateOnly> turns = [];

    /// <summary>The longest id that OneRoster allows.</summary>
    public const int LongestId = 255;

    /// <summary>The line's number in the file, from 1.</summary>
    public int Number => csv.Line;

    /// <summary>The days, of all lines so far, on which something begins or ends.</summary>
    public IReadOnlySet<DateOnly> Turns => turns;

    /// <summary>Whether nothing was wrong so far.</summary>
    public bool Good { get; private set; } = true;

    /// <summary>Begins the line that the reader has read.</summary>
    public void Begin() => Good = true;

    /// <summary>Remarks on the line; it is not taken.</summary>
    public void Reject(RosterText text, string column = "", string? value = null, string? detail = null)
    {
        Good = false;
        Warn(text, column, value, detail);
    }

    /// <summary>Remarks on the line; it is taken all the same.</summary>
    public void Warn(RosterText text, string column = "", string? value = null, string? detail = null) =>
        remarks.Add(text, fileName, Number, header.NameOf(column), value, detail);

    /// <summary>Whether the file has a column.</summary>
    public bool Has(string column) => header[column] >= 0;

    /// <summary>A value as it stands there.</summary>
    public ReadOnlySpan<char> Raw(string column) => csv[header[column]];

    /// <summary>A text; <see langword="null"/> when blank.</summary>
    public string? Text(string column, int longest)
    {
        var value = csv[header[column]];
        if (value.Length <= longest)
            return value.Length == 0 ? null : value.ToString();
        Reject(RosterTexts.TooLong, column, null, longest.ToString(CultureInfo.InvariantCulture));
        return null;
    }

    /// <summary>A text that must not be blank.</summary>
    public string Required(string column, int longest)
    {
        if (csv[header[column]].Length == 0)
            Reject(RosterTexts.Missing, column);
        return Text(column, longest) ?? "";
    }

    /// <summary>An id that must not be blank; <c>""</c> when it is not valid.</summary>
    public string Id(string column)
    {
        var value = csv[header[column]];
        if (value.Length == 0)
        {
            Reject(RosterTexts.Missing, column);
            return "";
        }

        if (value.Length <= LongestId && !value.ContainsAny(", \t\""))
            return value.ToString();
        Reject(RosterTexts.IdInvalid, column, value.ToString());
        return "";
    }

    /// <summary>Ids separated by commas; empty when blank.</summary>
    public string[] Ids(string column)
    {
        var value = csv[header[column]];
        if (value.Length == 0)
            return [];
        if (!value.Contains(',') && value.Length <= LongestId)
            return [value.ToString()];
        var ids = value.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (Array.Exists(ids, id => id.Length > LongestId))
            Reject(RosterTexts.IdInvalid, column, Array.Find(ids, id => id.Length > LongestId));
        return ids;
    }

    /// <summary>The first of several values separated by commas, such as grades; <see langword="null"/> when blank.</summary>
    public string? First(string column, int longest)
    {
        var value = csv[header[column]];
        var comma = value.IndexOf(',');
        if (comma >= 0)
            value = value[..comma].TrimEnd();
        if (value.Length <= longest)
            return value.Length == 0 ? null : value.ToString();
        Reject(RosterTexts.TooLong, column, null, longest.ToString(CultureInfo.InvariantCulture));
        return null;
    }

    /// <summary>A day within the range; <see langword="null"/> when blank.</summary>
    public DateOnly? Day(string column, DateOnly earliest, DateOnly latest)
    {
        var value = csv[header[column]];
        if (value.Length == 0)
            return null;
        if (!DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            Reject(RosterTexts.DateInvalid, column, value.ToString());
            return null;
        }

        if (day >= earliest && day <= latest)
            return day;
        Reject(RosterTexts.DateImplausible, column, value.ToString(), $"{earliest:yyyy-MM-dd}–{latest:yyyy-MM-dd}");
        return null;
    }

    /// <summary>The first and the last day of something; <see langword="null"/> where blank.</summary>
    public (DateOnly? From, DateOnly? To) Days(string from, string to)
    {
        var (first, last) = (Day(from, Roster.Days.Earliest, Roster.Days.Latest), Day(to, Roster.Days.Earliest, Roster.Days.Latest));
        if (first > last)
            Reject(RosterTexts.DateOrder, to, $"{last:yyyy-MM-dd}", $"{first:yyyy-MM-dd}");
        if (first is { } begins)
            turns.Add(begins);
        if (last is { } ends)
            turns.Add(ends);
        return (first, last);
    }

    /// <summary>One of the values of the standard, in any case; <see langword="null"/> when blank or not among them.</summary>
    public string? OneOf(string column, string[] allowed)
    {
        var value = csv[header[column]];
        if (value.Length == 0)
            return null;
        foreach (var one in allowed)
        {
            if (value.Equals(one, StringComparison.OrdinalIgnoreCase))
                return one;
        }

        Reject(RosterTexts.NotAllowed, column, value.ToString(), string.Join(", ", allowed));
        return null;
    }

    /// <summary>As <see cref="OneOf"/>, but must not be blank.</summary>
    public string RequiredOneOf(string column, string[] allowed)
    {
        if (csv[header[column]].Length == 0)
            Reject(RosterTexts.Missing, column, null, string.Join(", ", allowed));
        return OneOf(column, allowed) ?? "";
    }
}
