using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Messages.Delivery;

/// <summary>A way out of the house (MSG-5).</summary>
public enum Channel
{
    /// <summary>收件箱: the in-app inbox alone; nothing leaves.</summary>
    Inbox,

    /// <summary>电子邮件, by SMTP.</summary>
    Email,

    /// <summary>短信, by the provider's adapter.</summary>
    Sms,

    /// <summary>企业微信应用消息, by the provider's adapter.</summary>
    WeCom,

    /// <summary>群机器人: a class's group at WeCom or DingTalk; no guardian's.</summary>
    Robot,
}

/// <summary>In which language what leaves is written (ALL-3).</summary>
public enum MessageLanguage
{
    /// <summary>中文.</summary>
    Zh,

    /// <summary>English.</summary>
    En,
}

/// <summary>How a guardian wants to be told: one channel, and whether a day's messages come as one (MSG-6).</summary>
public sealed class GuardianChoice
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The one channel beside the inbox; <see cref="Channel.Inbox"/> for none.</summary>
    public Channel Channel { get; set; }

    /// <summary>Whether a day's messages come as one; urgent ones never wait.</summary>
    public bool Digest { get; set; }

    /// <summary>In which language.</summary>
    public MessageLanguage Language { get; set; }

    /// <summary>Of the address; another one with each new address.</summary>
    public Guid? AddressId { get; set; }

    /// <summary>The address at the channel, UTF-8, sealed for the guardian; <see langword="null"/> for the inbox alone.</summary>
    public byte[]? Address { get; set; }

    /// <summary>When the guardian proved to read what arrives there; before that nothing but the code goes there.</summary>
    public DateTimeOffset? VerifiedAt { get; set; }

    /// <summary>The day (UTC) of the last code.</summary>
    public DateOnly? CodesOn { get; set; }

    /// <summary>How many codes were sent that day.</summary>
    public int Codes { get; set; }

    /// <summary>Until when the code is taken.</summary>
    public DateTimeOffset? CodeUntil { get; set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The column of the addresses.</summary>
    internal static readonly SealedColumn SealedAddress = new("messages.guardian_choice", "address", "address_id");
}

/// <summary>The codes that prove an address. None is stored: each follows from the address's id, so that an attempt that is
/// repeated sends the same one.</summary>
internal sealed class AddressCodes(IConfiguration configuration)
{
    private const string Letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ23"; // 32: two stand twice, for five bits each
    private const int Length = 12; // beyond guessing at any rate: no attempts are counted

    private readonly byte[] key = MasterKey.From(configuration).Derive("messages/address-code");

    /// <summary>The code of an address.</summary>
    public string Of(Guid guardian, Guid address)
    {
        Span<byte> named = stackalloc byte[32];
        guardian.TryWriteBytes(named);
        address.TryWriteBytes(named[16..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, named, mac);
        return string.Create(Length, mac.ToArray(), (text, bytes) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = Letters[bytes[i] & 31];
        });
    }
}
