using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>Starts again what has stopped to receive.</summary>
/// <remarks>
/// MassTransit 8.4.0 connects again by itself, but its receiver ends for good when stopping it was cancelled, as happens when the
/// broker goes away while many deliveries are in work (mended in 8.4.1, which needs a client that cannot be had). The queue would
/// then fill until the process is started again.
/// </remarks>
public sealed partial class TransportWatch(IBusControl bus, TimeProvider clock, ILogger<TransportWatch> logger) : BackgroundService
{
    /// <summary>
    /// How long a queue may be without its receiver: longer than MassTransit waits between two attempts (30 s). While the broker is
    /// away, starting again costs nothing.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, long> idleSince = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (queue, endpoint) in bus.CheckHealth().Endpoints)
            {
                if (endpoint.Status == BusHealthStatus.Healthy)
                    idleSince.Remove(queue);
                else if (idleSince.TryAdd(queue, clock.GetTimestamp()))
                    continue;
                else if (clock.GetElapsedTime(idleSince[queue]) > Patience)
                    await StartAgainAsync(queue, endpoint.ReceiveEndpoint, stoppingToken);
            }
        }
    }

    private async Task StartAgainAsync(string queue, IReceiveEndpoint endpoint, CancellationToken cancel)
    {
        LogIdle(logger, queue);
        idleSince[queue] = clock.GetTimestamp();
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            timeout.CancelAfter(StopTimeout);
            await endpoint.Stop(timeout.Token);
            endpoint.Start(CancellationToken.None);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogFailure(logger, e, queue); // and try again after the same patience
        }
    }

    [LoggerMessage(5, LogLevel.Warning, "Nothing was received from {Queue} for a while: its receiver is started again")]
    private static partial void LogIdle(ILogger logger, string queue);

    [LoggerMessage(6, LogLevel.Warning, "The receiver of {Queue} could not be started again")]
    private static partial void LogFailure(ILogger logger, Exception exception, string queue);
}
