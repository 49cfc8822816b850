using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// One effect of events on this service's data: one queue, and a transaction for each batch. Deliveries may repeat and come in
/// any order; the inbox keeps repetitions away, and the consumer itself lets the higher <see cref="IEvent.Version"/> win.
/// </summary>
public abstract class EventConsumer
{
    /// <summary>The queue, which is also the name in inbox and parking, e.g. <c>insights.coverage</c>. Never changes.</summary>
    public abstract string Queue { get; }

    /// <summary>The types of event that it takes.</summary>
    public abstract IReadOnlyList<Type> Events { get; }

    internal IEnumerable<string> EventNames => Events.Select(Messaging.EventNames.Of);

    /// <summary>
    /// Applies new events in the batch's transaction. Throwing undoes all of them; the pump then finds the one that fails and
    /// parks it.
    /// </summary>
    public abstract Task ApplyAsync(EventBatch batch, CancellationToken cancel);
}

/// <summary>Up to <see cref="EventPump.BatchSize"/> events that had no effect yet, and the transaction for their effect.</summary>
/// <param name="connection">Open, within a transaction whose tenancy covers the events' districts.</param>
/// <param name="deliveries">In the order of delivery.</param>
public sealed class EventBatch(NpgsqlConnection connection, IReadOnlyList<DeliveredEvent> deliveries)
{
    /// <summary>The connection; its current transaction commits the effects together with the inbox.</summary>
    public NpgsqlConnection Connection { get; } = connection;

    /// <summary>The events with how they came, in the order of delivery, which may not be that of their happening.</summary>
    public IReadOnlyList<DeliveredEvent> Deliveries { get; } = deliveries;

    /// <summary>The events, in the order of delivery.</summary>
    public IReadOnlyList<IEvent> Events { get; } = [.. deliveries.Select(delivery => delivery.Event)];

    internal bool HasPublished { get; private set; }

    /// <summary>Announces events in the batch's transaction.</summary>
    public Task PublishAsync(IReadOnlyCollection<OutboxMessage> messages, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(messages);
        HasPublished |= messages.Count > 0;
        return Outbox.InsertAsync(Connection, messages, cancel);
    }

    /// <summary>The events of one type.</summary>
    public IEnumerable<T> Of<T>()
        where T : IEvent => Events.OfType<T>();

    internal static IEvent Parse(Envelope envelope) =>
        EventNames.Find(envelope.Name) is not { } type
            ? throw new UnknownEventException(envelope.Name)
            : (IEvent)(JsonSerializer.Deserialize(envelope.Payload, type, Json.Options)
                ?? throw new JsonException("The event is null."));
}

/// <summary>An event as it was delivered.</summary>
/// <param name="Envelope">As it travelled: the message's id, the wire name and the trace.</param>
/// <param name="Event">What it says.</param>
public sealed record DeliveredEvent(Envelope Envelope, IEvent Event);

/// <summary>An event that this version of the service does not know; it waits, parked, for a newer one.</summary>
public sealed class UnknownEventException(string name) : Exception($"Unknown event {name}.");
