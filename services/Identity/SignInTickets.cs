using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Identity;

/// <summary>Whose password was right, on which device.</summary>
/// <param name="Account">The account.</param>
/// <param name="Device">As the client calls it.</param>
internal sealed record SignInTicket(Guid Account, string? Device);

/// <summary>
/// What stands between the right password and the code: encrypted, so that it tells its holder nothing, good for nothing else,
/// and kept nowhere. It opens nothing without a code, and each code opens once.
/// </summary>
internal sealed class SignInTickets(IConfiguration configuration)
{
    /// <summary>How long a ticket is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const int HeaderBytes = sizeof(long) + 16;

    private static readonly byte[] Place = "identity/sign-in-ticket"u8.ToArray();

    private readonly byte[] key = MasterKey.From(configuration).Derive("identity/sign-in-tickets");

    /// <summary>Writes a ticket.</summary>
    public string Write(SignInTicket ticket, DateTimeOffset now)
    {
        var device = Encoding.UTF8.GetBytes(ticket.Device ?? "");
        var plain = new byte[HeaderBytes + device.Length];
        BinaryPrimitives.WriteInt64BigEndian(plain, (now + Lifetime).ToUnixTimeMilliseconds());
        ticket.Account.TryWriteBytes(plain.AsSpan(sizeof(long)));
        device.CopyTo(plain.AsSpan(HeaderBytes));
        return Base64Url.EncodeToString(Gcm.Encrypt(key, plain, Place));
    }

    /// <summary>Reads a ticket.</summary>
    /// <returns><see langword="null"/> when it is not ours or its time is over.</returns>
    public SignInTicket? Read(string ticket, DateTimeOffset now)
    {
        try
        {
            var plain = Gcm.Decrypt(key, Base64Url.DecodeFromChars(ticket), Place);
            if (BinaryPrimitives.ReadInt64BigEndian(plain) <= now.ToUnixTimeMilliseconds())
                return null;
            var device = Encoding.UTF8.GetString(plain.AsSpan(HeaderBytes));
            return new SignInTicket(new Guid(plain.AsSpan(sizeof(long), 16)), device.Length == 0 ? null : device);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
