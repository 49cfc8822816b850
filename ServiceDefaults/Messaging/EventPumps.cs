using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>The pumps of this service, one for each registered <see cref="EventConsumer"/>.</summary>
public sealed class EventPumps : IHostedService
{
    private readonly Dictionary<string, EventPump> byQueue;

    /// <summary>Makes a pump for each consumer.</summary>
    public EventPumps(IEnumerable<EventConsumer> consumers, IServiceProvider services) =>
        byQueue = consumers.ToDictionary(
            consumer => consumer.Queue,
            consumer => ActivatorUtilities.CreateInstance<EventPump>(services, consumer),
            StringComparer.Ordinal);

    /// <summary>Every pump.</summary>
    public IReadOnlyCollection<EventPump> All => byQueue.Values;

    /// <summary>The pump of a queue; <see langword="null"/> when this service has no such consumer.</summary>
    public EventPump? Find(string queue) => byQueue.GetValueOrDefault(queue);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(byQueue.Values.Select(pump => pump.StartAsync(cancellationToken)));

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(byQueue.Values.Select(pump => pump.StopAsync(cancellationToken)));

    internal IEventReceiver Of(EventConsumer consumer) => byQueue[consumer.Queue];
}
