using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>Work that the service does by itself again and again; a failure is logged and the next turn tries again.</summary>
/// <param name="pause">Between two turns.</param>
/// <param name="logger">For what fails.</param>
public abstract partial class Recurring(TimeSpan pause, ILogger logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pause);
        do
        {
            try
            {
                await TurnAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e, GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One turn.</summary>
    protected abstract Task TurnAsync(CancellationToken cancel);

    [LoggerMessage(100, LogLevel.Warning, "{Work} failed and tries again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string work);
}
