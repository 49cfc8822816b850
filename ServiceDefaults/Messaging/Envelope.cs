using Npgsql;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>An event as it travels: the JSON untouched, and the few headers that a receiver needs before reading it.</summary>
/// <param name="MessageId">The inbox's key.</param>
/// <param name="Name">The event's wire name.</param>
/// <param name="Traceparent">W3C trace context of what caused it.</param>
/// <param name="Payload">The event as JSON, exactly as the publisher's code wrote it: an older relay must not drop members that
/// only a newer version knows.</param>
public sealed record Envelope(Guid MessageId, string Name, string? Traceparent, string Payload)
{
    internal static Envelope Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetString(3));
}
