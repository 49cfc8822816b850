using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>Each hour: makes the event log's partitions ahead of time and forgets what is past its time.</summary>
internal sealed partial class Housekeeping(NpgsqlDataSource database, TimeProvider clock, ILogger<Housekeeping> logger)
    : BackgroundService
{
    /// <summary>Event logs and inboxes are kept for longer than any restore reaches back.</summary>
    public const int RetainDays = 35;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hourly = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        do
        {
            try
            {
                await using var command = database.CreateCommand("SELECT platform.housekeep($1)");
                command.Give(RetainDays);
                await command.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogSkipped(logger, e); // a week of partitions is made ahead: the next hour is early enough
            }
        }
        while (await hourly.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(40, LogLevel.Warning, "Housekeeping is put off by an hour")]
    private static partial void LogSkipped(ILogger logger, Exception exception);
}
