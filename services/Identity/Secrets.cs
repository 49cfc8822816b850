using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.Identity;

/// <summary>
/// What only its holder knows: random, and kept as SHA-256 only. They are too long to guess, so their hashes need neither salt
/// nor many rounds.
/// </summary>
internal static class Secrets
{
    // Crockford's: no letter that can be taken for a digit or another letter, on paper or on the phone.
    private const string CodeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int CodeLength = 16; // 80 bits

    /// <summary>A token for a link: 256 bits.</summary>
    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A code for people, e.g. <c>7K2M-Q0XV-93TD-RB5H</c>.</summary>
    public static string NewCode()
    {
        var code = RandomNumberGenerator.GetString(CodeLetters, CodeLength);
        return string.Join('-', code.Chunk(4).Select(four => new string(four)));
    }

    /// <summary>The hash that a code is found by, however people write it: lower case, without dashes, O for 0, I or L for
    /// 1.</summary>
    public static byte[] HashOfCode(string code) => Hash(string.Concat(code.ToUpperInvariant()
        .Where(char.IsAsciiLetterOrDigit)
        .Select(c => c switch { 'O' => '0', 'I' or 'L' => '1', _ => c })));

    /// <summary>The hash of a token.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
