using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>
/// The draw (VIS-13): records stand in the order of HMAC-SHA-256 with the seed's UTF-8 bytes as the key, over the visit's id as
/// text (lower case, with hyphens); the first are drawn. Whoever has the seed and the ids draws the same, e.g. by
/// <c>printf %s ID | openssl dgst -sha256 -hmac SEED</c>. Whether one record is drawn does not depend on how the others are
/// listed.
/// </summary>
internal static class Draw
{
    /// <summary>Names the algorithm above; another one would get another name, and old checks would keep this one.</summary>
    public const string Algorithm = "hmac-sha256-order-1";

    /// <summary>Draws.</summary>
    public static IReadOnlyList<Guid> Take(string seed, IEnumerable<Guid> population, int count)
    {
        var key = Encoding.UTF8.GetBytes(seed);
        return
        [
            .. population.OrderBy(
                id => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(id.ToString()))),
                StringComparer.Ordinal).Take(count),
        ];
    }

    /// <summary>What holds the population fast: SHA-256 over its ids as text, in order, a line each (LF between them).</summary>
    public static string HashOf(IEnumerable<Guid> population) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.ASCII.GetBytes(string.Join('\n', population.Select(id => id.ToString()).Order(StringComparer.Ordinal)))));

    /// <summary>A seed that nobody chose: 128 bits.</summary>
    public static string NewSeed() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
