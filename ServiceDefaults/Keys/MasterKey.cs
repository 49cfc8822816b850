using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// The one secret that an installation is given (<c>Keys:Master</c>, or a file named by <c>Keys:MasterFile</c>); every key of a
/// service is derived from it by HKDF under a purpose of its own.
/// </summary>
public sealed class MasterKey
{
    private const int ShortestSecret = 32;

    private readonly byte[] secret;

    private MasterKey(byte[] secret) => this.secret = secret;

    /// <summary>Reads the secret from the configuration.</summary>
    /// <exception cref="InvalidOperationException">It is missing or shorter than 32 characters.</exception>
    public static MasterKey From(IConfiguration configuration)
    {
        var text = configuration["Keys:Master"]
            ?? (configuration["Keys:MasterFile"] is { } file ? File.ReadAllText(file).Trim() : null);
        if (text is null || text.Length < ShortestSecret)
        {
            throw new InvalidOperationException(
                $"Keys:Master (or the file named by Keys:MasterFile) must hold at least {ShortestSecret} random characters.");
        }

        return new MasterKey(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The key for a purpose, e.g. <c>audit/visits</c>: always the same for the same secret, telling nothing of others.</summary>
    /// <returns>32 bytes.</returns>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes("homeschool/" + purpose));
}
