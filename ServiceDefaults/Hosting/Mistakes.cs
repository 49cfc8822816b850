namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>Gathers what is wrong with a request's fields, so that all of it is said at once.</summary>
public sealed class Mistakes
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);

    private readonly List<FieldMistake> found = [];

    /// <summary>Why the request is refused; <see langword="null"/> when nothing is wrong.</summary>
    public Problem? Refusal => found.Count == 0 ? null : Problem.Of(found);

    /// <summary>Adds a mistake.</summary>
    public void Add(FieldMistake mistake) => found.Add(mistake);

    /// <summary>A text that must be there.</summary>
    /// <returns>The text without blanks around it.</returns>
    public string Text(string field, string? text, int most)
    {
        var trimmed = text?.Trim() ?? "";
        if (trimmed.Length == 0 || !IsWritable(trimmed, most))
            Add(Failures.Text.At(field, 1, most));
        return trimmed;
    }

    /// <summary>A text that may be missing.</summary>
    /// <returns>The text without blanks around it; <see langword="null"/> when nothing is left.</returns>
    public string? OptionalText(string field, string? text, int most)
    {
        var trimmed = text?.Trim();
        if (string.IsNullOrEmpty(trimmed))
            return null;
        if (!IsWritable(trimmed, most))
            Add(Failures.Text.At(field, 0, most));
        return trimmed;
    }

    /// <summary>Several short texts; the list may be missing.</summary>
    public IReadOnlyList<string> Texts(string field, IReadOnlyList<string>? texts, int mostTexts, int most)
    {
        if (texts is null)
            return [];
        if (texts.Count > mostTexts)
        {
            Add(Failures.List.At(field, 0, mostTexts));
            return [];
        }

        return [.. texts.Select((text, index) => Text($"{field}[{index}]", text, most))];
    }

    /// <summary>Ids, each once.</summary>
    public void Ids(string field, IReadOnlyList<Guid> ids, int least, int most)
    {
        if (ids.Count < least || ids.Count > most || ids.Distinct().Count() != ids.Count)
            Add(Failures.List.At(field, least, most));
    }

    /// <summary>A number in a range, if it is there.</summary>
    public void Range(string field, int? number, int least, int most)
    {
        if (number < least || number > most)
            Add(Failures.Range.At(field, least, most));
    }

    /// <summary>A time that is there and within a year from now; anything else is a slip, or would overflow a calendar.</summary>
    public void Time(string field, DateTimeOffset? time, DateTimeOffset now)
    {
        if (time is null || (time.Value - now).Duration() > Year)
            Add(Failures.Time.At(field));
    }

    // Lines and tabs are fine; NUL and its like are not, and the database does not take them. U+FFFE is no character, and no text
    // with it can be normalised.
    private static bool IsWritable(string text, int most) =>
        text.Length <= most && !text.Any(c => c == '\uFFFE' || (char.IsControl(c) && c is not ('\n' or '\r' or '\t')));
}
