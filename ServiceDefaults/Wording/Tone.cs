using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Wording;

/// <summary>A passage that labels or complains (VIS-14).</summary>
/// <param name="Field">The field, as the client wrote it.</param>
/// <param name="Start">Where the passage begins, in UTF-16 units from 0.</param>
/// <param name="Length">Its length in UTF-16 units.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Zh">What to write instead, in Chinese.</param>
/// <param name="En">The same in English.</param>
public sealed record ToneHint(string Field, int Start, int Length, ToneKind Kind, string Zh, string En);

/// <summary>
/// Looks for wordings that label or complain (VIS-14). A wording counts where it begins and ends with a word: 懒 in 他很懒, not in
/// 懒得. Texts are segmented only when they have one of the wordings at all, which few do.
/// </summary>
public static class Tone
{
    /// <summary>A wording that labels or complains; a hint, not a refusal for good.</summary>
    public static readonly Failure Hint = new("wording.tone", 422,
        "有些说法可能让家长或孩子受伤，请看 errors；如不需修改，请带 acceptTone 再次提交。",
        "Some wording may hurt the family; see errors. To keep it, send it again with acceptTone.");

    private const int MostHints = 20;

    /// <summary>The passages, up to 20, in their order; of several at one place the longest.</summary>
    /// <param name="texts">Fields and what stands there.</param>
    /// <param name="words">The district's list; <see langword="null"/> for the default one.</param>
    public static IReadOnlyList<ToneHint> Find(IEnumerable<(string Field, string? Text)> texts, IReadOnlyList<ToneWord>? words)
    {
        var hints = new List<ToneHint>();
        foreach (var (field, text) in texts)
        {
            if (string.IsNullOrEmpty(text))
                continue;
            var end = 0;
            foreach (var (start, word) in Passages(text, words ?? ToneWord.Defaults)
                .OrderBy(passage => passage.Start).ThenByDescending(passage => passage.Word.Text.Length))
            {
                if (start < end)
                    continue;
                end = start + word.Text.Length;
                hints.Add(new ToneHint(field, start, word.Text.Length, word.Kind, word.Zh, word.En));
                if (hints.Count == MostHints)
                    return hints;
            }
        }

        return hints;
    }

    /// <summary>The hint, once (VIS-14): a refusal with the passages, unless the writer has seen it and goes on.</summary>
    /// <param name="texts">Fields and what stands there.</param>
    /// <param name="words">The district's list; <see langword="null"/> for the default one.</param>
    /// <param name="accepted">The writer has seen the hint and keeps the wording.</param>
    public static Problem? Refusal(
        IEnumerable<(string Field, string? Text)> texts, IReadOnlyList<ToneWord>? words, bool accepted)
    {
        if (accepted)
            return null;
        var hints = Find(texts, words);
        // The answer says where the passage is, never what it says: answers may be logged by what lies between.
        return hints.Count == 0 ? null : new Problem(Hint, [.. hints.Select(hint => new FieldMistake(
            hint.Field, Hint.Code,
            FormattableString.Invariant($"第 {hint.Start + 1}–{hint.Start + hint.Length} 字：{hint.Zh}。"),
            FormattableString.Invariant($"Characters {hint.Start + 1}–{hint.Start + hint.Length}: {hint.En}.")))]);
    }

    private static IEnumerable<(int Start, ToneWord Word)> Passages(string text, IReadOnlyList<ToneWord> words)
    {
        HashSet<int>? breaks = null;
        var isSegmented = false;
        foreach (var word in words)
        {
            for (var at = IndexOf(0); at >= 0; at = IndexOf(at + 1))
            {
                if (!isSegmented)
                    (breaks, isSegmented) = (WordBreaks.Of(text), true);
                if (breaks is null || (breaks.Contains(at) && breaks.Contains(at + word.Text.Length)))
                    yield return (at, word);
            }

            int IndexOf(int from) =>
                from < text.Length ? text.IndexOf(word.Text, from, StringComparison.OrdinalIgnoreCase) : -1;
        }
    }
}
