using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>Receives from the queues of this service, and begins anew when nothing comes although something waits.</summary>
/// <remarks>
/// MassTransit 8.4.0 connects again by itself, but now and then a receiver stays away for good, and may call itself healthy, when
/// the broker goes amid many deliveries (mended in later versions, which need a client that cannot be had). So what counts is what the
/// queues say, and a bus that does not even end when told to is left behind: its connection is gone, and so is all that it held.
/// </remarks>
public sealed partial class Receiving(
    IConfiguration configuration, EventPumps pumps, TimeProvider clock, ILoggerFactory loggers, ILogger<Receiving> logger)
    : BackgroundService
{
    /// <summary>How often the queues are asked whether they hold what does not come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    // Between a queue's answer and the certainty that what it had was not just on its way.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>What receives now; <see langword="null"/> in a service that consumes nothing.</summary>
    public IBusControl? Bus { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (pumps.All.Count == 0)
            return;
        LogContext.ConfigureCurrentLogContext(loggers);
        while (!stoppingToken.IsCancellationRequested)
        {
            Bus = Transport.CreateReceiver(configuration, pumps);
            using var starting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var started = Bus.StartAsync(starting.Token);
            try
            {
                LogInVain(logger, await WaitInVainAsync(stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // It ends as gracefully as one that is replaced.
            }

            await starting.CancelAsync();
            await EndAsync(Bus, started);
        }
    }

    // Returns the queue that has something which this process, with nothing in hand, does not get.
    private async Task<string> WaitInVainAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Pause);
        var (asked, before) = (clock.GetTimestamp(), Taken());
        var suspected = new HashSet<string>(StringComparer.Ordinal);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            if (suspected.Count == 0 && clock.GetElapsedTime(asked) < Patience)
                continue;
            var now = Taken();
            var idle = pumps.All.Where(pump => !pump.IsBusy && now[pump] == before[pump]).Select(pump => pump.Consumer.Queue);
            try
            {
                var full = await FullAsync([.. idle], cancel);
                if (full.Find(suspected.Contains) is { } queue)
                    return queue;
                suspected = [.. full];
                (asked, before) = (clock.GetTimestamp(), now);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                LogUnknown(logger, e); // the broker is away, or busy: it is asked again at the next tick
            }
        }

        throw new OperationCanceledException(cancel);
    }

    private Dictionary<EventPump, long> Taken() => pumps.All.ToDictionary(pump => pump, pump => pump.Taken);

    private async Task<List<string>> FullAsync(IReadOnlyCollection<string> idle, CancellationToken cancel)
    {
        if (idle.Count == 0)
            return [];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        return await Transport.FullAsync(configuration, idle, limit.Token).WaitAsync(limit.Token);
    }

    private async Task EndAsync(IBusControl bus, Task started)
    {
        try
        {
            await started.WaitAsync(Limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // cancelled, unless it was done
            await bus.StopAsync(Limit).WaitAsync(Limit);
        }
        catch (Exception e)
        {
            LogLeft(logger, e);
        }
    }

    [LoggerMessage(5, LogLevel.Warning, "Nothing comes from {Queue} although something waits there: receiving begins anew")]
    private static partial void LogInVain(ILogger logger, string queue);

    [LoggerMessage(6, LogLevel.Warning, "A receiver that did not end is left behind")]
    private static partial void LogLeft(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "The broker did not say what waits in the queues")]
    private static partial void LogUnknown(ILogger logger, Exception exception);
}
