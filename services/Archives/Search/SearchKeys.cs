using System.Text;

namespace HomeSchool.Archives.Search;

/// <summary>
/// What a student is found by: whatever of it begins with what was typed. All of it is letters and digits only, in lower case.
/// A name with characters of several readings has several of these.
/// </summary>
/// <param name="Reading">From 0; those behind the first have readings only.</param>
/// <param name="Name">张小明; of a name without Han characters, family name first.</param>
/// <param name="Given">小明; of a name without Han characters, given name first.</param>
/// <param name="Pinyin">zhangxiaoming.</param>
/// <param name="GivenPinyin">xiaoming.</param>
/// <param name="Initials">zxm.</param>
/// <param name="Number">学籍号 or the school's own number.</param>
internal readonly record struct SearchKeys(
    short Reading, string? Name, string? Given, string? Pinyin, string? GivenPinyin, string? Initials, string? Number)
{
    // 单 and 乐 in one name make four; more are not worth their rows.
    private const int MostReadings = 4;

    /// <summary>Makes the keys of a student.</summary>
    public static List<SearchKeys> Of(string familyName, string givenName, string? number)
    {
        var (family, given) = (Normalise(familyName), Normalise(givenName));
        var code = number is null ? "" : Normalise(number);
        if (!(family + given).Any(character => Search.Pinyin.Of(character).Length > 0))
            return [new SearchKeys(0, family + given, Filled(given + family), null, null, null, Filled(code))];

        // Exporters may put the whole name into one of the two.
        if (family.Length == 0 || given.Length == 0)
        {
            var name = family + given;
            var first = Rune.GetRuneAt(name, 0).Utf16SequenceLength;
            (family, given) = (name[..first], name[first..]);
        }

        var keys = new List<SearchKeys>();
        foreach (var (pinyin, initials, start) in Read(family + given, family.Length))
        {
            keys.Add(new SearchKeys(
                (short)keys.Count, keys.Count == 0 ? family + given : null, keys.Count == 0 ? Filled(given) : null,
                pinyin, Filled(pinyin[start..]), initials, keys.Count == 0 ? Filled(code) : null));
        }

        return keys;
    }

    /// <summary>
    /// The form in which keys are kept and compared: letters and digits in lower case, without accents. Who has no ü types v
    /// (lv for 吕).
    /// </summary>
    public static string Normalise(string text)
    {
        if (IsPlain(text))
            return text.ToLowerInvariant();
        // U+FFFE is no character, and no text with it can be normalised.
        var decomposed = text.Replace('\uFFFE', ' ').Normalize(NormalizationForm.FormKD);
        var written = new StringBuilder(decomposed.Length);
        foreach (var rune in decomposed.EnumerateRunes())
        {
            if (!Rune.IsLetterOrDigit(rune))
                continue;
            var lower = Rune.ToLowerInvariant(rune);
            if (lower.Value == 'v' && written.Length > 0 && written[^1] is 'l' or 'n')
                lower = new Rune('u');
            written.Append(lower.ToString());
        }

        return written.ToString();
    }

    // Han, and letters and digits of ASCII but v: nearly all names and numbers. They need only lower case.
    private static bool IsPlain(string text)
    {
        foreach (var character in text)
        {
            var isHan = character is >= '\u4E00' and <= '\u9FFF';
            if (!isHan && (!char.IsAsciiLetterOrDigit(character) || character is 'v' or 'V'))
                return false;
        }

        return true;
    }

    // Each way to read a name: its pinyin, its initials, and where the pinyin of the given name begins.
    private static List<(string Pinyin, string Initials, int Given)> Read(string name, int family)
    {
        List<(string Pinyin, string Initials, int Given)> read = [("", "", 0)];
        for (var i = 0; i < name.Length; i++)
        {
            var character = name[i].ToString();
            ReadOnlySpan<string> readings = Search.Pinyin.Of(name[i]) is { Length: > 0 } known ? known : [character];
            var longer = new List<(string, string, int)>(read.Count);
            foreach (var syllable in readings)
            {
                foreach (var (pinyin, initials, given) in read)
                {
                    if (longer.Count < MostReadings)
                        longer.Add((pinyin + syllable, initials + syllable[0], i < family ? pinyin.Length + syllable.Length : given));
                }
            }

            read = longer;
        }

        return read;
    }

    private static string? Filled(string text) => text.Length == 0 ? null : text;
}
