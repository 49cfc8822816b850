using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.Identity;

/// <summary>
/// Codes that an authenticator app shows (RFC 6238): HMAC-SHA-1, 30 seconds, six digits, which is what all apps can do. Pure:
/// what was used before is <see cref="SecondFactors"/>' matter.
/// </summary>
public static class Totp
{
    /// <summary>How many digits a code has.</summary>
    public const int Digits = 6;

    private const int SecondsPerStep = 30;
    private const int SecretBytes = 20; // the length of the hash (RFC 4226, 4)
    private const string Base32Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>A new secret, 160 bits.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    /// <summary>The number of a 30-second step since 1970.</summary>
    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / SecondsPerStep;

    /// <summary>The code of a step.</summary>
    public static string CodeOf(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // SHA-1 is what RFC 6238 has and what apps speak; HMAC needs no hash without collisions.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(hash[(hash[^1] & 0xf)..]) & 0x7fff_ffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step that a code is of: this one, or the one before or after, for clocks that differ.</summary>
    /// <returns><see langword="null"/> when it is the code of none of these.</returns>
    public static long? FindStep(ReadOnlySpan<byte> secret, string digits, DateTimeOffset now)
    {
        var given = Encoding.ASCII.GetBytes(digits);
        long? found = null;
        // All three in any case, each compared as a whole: the time tells nothing.
        for (var step = StepAt(now) - 1; step <= StepAt(now) + 1; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(CodeOf(secret, step))))
                found = step;
        }

        return found;
    }

    /// <summary>Reads a code as people type it: with spaces, or in full-width digits as Chinese keyboards write them.</summary>
    /// <returns>Six digits; <see langword="null"/> for anything else.</returns>
    public static string? Read(string typed)
    {
        var digits = string.Concat(typed.Where(c => !char.IsWhiteSpace(c) && c != '-')
            .Select(c => c is >= '０' and <= '９' ? (char)(c - '０' + '0') : c));
        return digits.Length == Digits && digits.All(char.IsAsciiDigit) ? digits : null;
    }

    /// <summary>The secret for people who type it into an app (RFC 4648, without padding).</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (buffer, bits) = (0, 0);
        foreach (var next in bytes)
        {
            (buffer, bits) = ((buffer << 8) | next, bits + 8);
            for (; bits >= 5; bits -= 5)
                text.Append(Base32Letters[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }

        return bits == 0 ? text.ToString() : text.Append(Base32Letters[(buffer << (5 - bits)) & 31]).ToString();
    }

    /// <summary>What an app reads from the QR code. Hash, digits and period are the usual ones and not named: some apps refuse
    /// links that do.</summary>
    public static string Link(ReadOnlySpan<byte> secret, string userName) =>
        $"otpauth://totp/HomeSchool:{Uri.EscapeDataString(userName)}?secret={Base32(secret)}&issuer=HomeSchool";
}
