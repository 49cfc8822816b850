namespace HomeSchool.Identity.External;

/// <summary>
/// That somebody of a provider is one of our accounts. It is made by who proves both at the same time, never by an e-mail
/// address or a name: those can be given to somebody else there.
/// </summary>
public sealed class ExternalIdentity
{
    /// <summary>The link.</summary>
    public Guid Id { get; init; }

    /// <summary>Our account.</summary>
    public Guid AccountId { get; init; }

    /// <summary>The provider's key.</summary>
    public required string Provider { get; init; }

    /// <summary>Who it is there (<c>sub</c>).</summary>
    public required string Subject { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset LinkedAt { get; init; }
}
