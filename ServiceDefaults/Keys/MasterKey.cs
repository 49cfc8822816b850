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

    private const UnixFileMode OthersRead =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly byte[] secret;

    private MasterKey(byte[] secret) => this.secret = secret;

    /// <summary>Reads the secret from the configuration.</summary>
    /// <exception cref="InvalidOperationException">It is missing or shorter than 32 characters, or others may read its
    /// file.</exception>
    public static MasterKey From(IConfiguration configuration) => Of(Setting(configuration, "Keys:Master") ?? "");

    /// <summary>A secret as a master key.</summary>
    /// <exception cref="InvalidOperationException">It is shorter than 32 characters.</exception>
    internal static MasterKey Of(string secret) => secret.Length >= ShortestSecret
        ? new MasterKey(Encoding.UTF8.GetBytes(secret))
        : throw new InvalidOperationException(
            $"Keys:Master(或 Keys:MasterFile 所指文件)须含至少 {ShortestSecret} 个随机字符。"
            + $"Keys:Master (or the file named by Keys:MasterFile) must hold at least {ShortestSecret} random characters.");

    /// <summary>The key for a purpose, e.g. <c>audit/visits</c>: always the same for the same secret, telling nothing of
    /// others.</summary>
    /// <returns>32 bytes.</returns>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes("homeschool/" + purpose));

    /// <summary>A secret setting: its value, or the content of the file that the setting with <c>File</c> behind its name
    /// names.</summary>
    /// <returns><see langword="null"/> when there is neither.</returns>
    /// <exception cref="InvalidOperationException">Others than the file's owner may read or change it.</exception>
    internal static string? Setting(IConfiguration configuration, string name)
    {
        if (configuration[name] is { } value)
            return value;
        if (configuration[name + "File"] is not { } file)
            return null;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OthersRead) != UnixFileMode.None)
        {
            throw new InvalidOperationException(
                $"{file} 可被其他用户读写，拒绝使用：请执行 chmod 600。Others may read or write {file}; it is not used: chmod 600 it.");
        }

        return File.ReadAllText(file).Trim();
    }
}
