namespace HomeSchool.Contracts.Audit;

/// <summary>
/// The head of a service's sealed audit (ALL-2), for others to keep: whoever cuts off or rewrites what was sealed has to do it
/// there too. Service-only; published by every service, and written to anchor files as it is.
/// </summary>
/// <param name="Service">Whose audit, e.g. <c>visits</c>.</param>
/// <param name="Position">How many rows are sealed up to here; positions count from 1.</param>
/// <param name="Hash">The hash of the seal there, in base64; it depends on every row up to <paramref name="Position"/>.</param>
/// <param name="OccurredAt">When it was sealed.</param>
/// <param name="Key">The service's public key, a SubjectPublicKeyInfo in base64.</param>
/// <param name="Signature">ES256 over service, position, hash and time, in base64.</param>
[EventName("platform.audit-sealed")]
public sealed record AuditSealed(
    string Service, long Position, string Hash, DateTimeOffset OccurredAt, string Key, string Signature) : IEvent
{
    // One audit for all districts of the service.
    Guid IEvent.DistrictId => Guid.Empty;

    Guid? IEvent.SchoolId => null;

    Guid IEvent.AggregateId => Guid.Empty;

    long IEvent.Version => Position;
}
