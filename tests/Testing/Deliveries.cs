using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HomeSchool.Testing;

/// <summary>Events that come to a service under test through the broker, and the moment at which they have had their effect.</summary>
/// <remarks>
/// A test may not take the effect of one event for a sign that an earlier one was handled: deliveries of one queue are taken up side by side,
/// and other queues go their own pace.
/// </remarks>
public static class Deliveries
{
    /// <summary>An event as a message of its own.</summary>
    public static Envelope MessageOf(IEvent happened, string? traceparent = null)
    {
        ArgumentNullException.ThrowIfNull(happened);
        return new Envelope(
            Guid.CreateVersion7(), EventNames.Of(happened.GetType()), traceparent,
            JsonSerializer.Serialize(happened, happened.GetType(), Json.Options));
    }

    /// <summary>Delivers events, each as a message of its own, and waits as <see cref="AppliedAsync"/> does.</summary>
    /// <param name="service">The service's parts.</param>
    /// <param name="database">Its database, as the administrator.</param>
    /// <param name="events">What happened; the same one twice is two messages.</param>
    public static async Task DeliverAsync(this IServiceProvider service, string database, params IEvent[] events)
    {
        var messages = events.Select(happened => MessageOf(happened)).ToArray();
        await service.GetRequiredService<Transport>().PublishAsync(messages, CancellationToken.None);
        await service.AppliedAsync(database, messages);
    }

    /// <summary>Waits until every consumer that takes them has applied these messages, or has set them aside.</summary>
    /// <param name="service">The service's parts.</param>
    /// <param name="database">Its database, as the administrator.</param>
    /// <param name="messages">What was published.</param>
    /// <exception cref="TimeoutException">They have not all been handled within a minute.</exception>
    public static async Task AppliedAsync(this IServiceProvider service, string database, IReadOnlyCollection<Envelope> messages)
    {
        var consumers = service.GetServices<EventConsumer>().ToArray();
        var effects = messages.DistinctBy(message => message.MessageId)
            .Sum(message => consumers.Count(consumer => consumer.Events.Contains(EventNames.Find(message.Name)!)));
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var handled = new NpgsqlCommand(
            """
            SELECT count(*) FROM (SELECT consumer, message_id FROM platform.inbox WHERE message_id = ANY ($1)
                UNION SELECT consumer, message_id FROM platform.parked_message WHERE message_id = ANY ($1)) AS handled
            """, connection);
        handled.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. messages.Select(message => message.MessageId)] });
        var found = await Eventually.GetAsync(
            async () => (long)(await handled.ExecuteScalarAsync())!, count => count == effects, seconds: 60);
        if (found != effects)
            throw new TimeoutException($"Of {effects} effects of {messages.Count} messages there were {found} after a minute.");
    }
}
