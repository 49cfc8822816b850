using System.Text;

namespace HomeSchool.Testing;

/// <summary>A text that stands nowhere else: where it turns up, something sensitive has got out (R7).</summary>
public sealed class Canary
{
    private readonly string word = "canary-" + Guid.CreateVersion7().ToString("N");

    /// <summary>A sensitive text with the canary in it.</summary>
    public string In(string text) => $"{text} {word}";

    /// <summary>How often it stands in a dump, a message or a log: as text, or as bytes (UTF-8 or UTF-16) in hexadecimal,
    /// or in Base64.</summary>
    public int CountIn(string text) => new[]
        {
            word, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(word)), Convert.ToHexStringLower(Encoding.Unicode.GetBytes(word)),
            Convert.ToHexStringLower(Encoding.BigEndianUnicode.GetBytes(word)),
        }.Concat(Base64())
        .Sum(form => text.Split(form, StringSplitOptions.None).Length - 1);

    // Base64 has three forms of a text, by where it begins; their ends depend on what stands around.
    private IEnumerable<string> Base64() => Enumerable.Range(0, 3).Select(before =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(new string(' ', before) + word))[4..^4]);
}
