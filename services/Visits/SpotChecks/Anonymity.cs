using System.Text;
using System.Text.RegularExpressions;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>
/// Finds what gives people away in a text that is to be shared (VIS-13): numbers of telephones, identity cards and accounts,
/// mail and web addresses. Names it cannot know: the teacher and the officer read the text for them.
/// </summary>
internal static partial class Anonymity
{
    /// <summary>Whether the text has a trace.</summary>
    public static bool HasTraces(string text) => Traces().IsMatch(text.Normalize(NormalizationForm.FormKC));

    // Five digits in a row, also with blanks or hyphens between them and written in characters; ＠ and ．are plain after FormKC.
    [GeneratedRegex(
        @"(?:\p{Nd}[\s\-–—.]?){4}\p{Nd}|[〇零一二三四五六七八九幺]{5}|\S@\S|https?:|www\.|(?:微信|QQ)号?:?\s*[A-Z0-9_-]{4}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Traces();
}
