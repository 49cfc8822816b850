using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// Removes files that no row refers to: their command was rolled back or killed, or their row has given them up. Replicas take
/// different ones; a file that the store would not delete stays named and is tried again.
/// </summary>
internal sealed partial class FileCleaner(
    NpgsqlDataSource database, IFileStore store, IOptions<FileSettings> settings, ILogger<FileCleaner> logger) : BackgroundService
{
    private const int Together = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Value.LooseFor / 4);
        do
        {
            try
            {
                while (await CleanAsync(stoppingToken) == Together)
                {
                    // The next ones.
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogPutOff(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<int> CleanAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Who is still storing one of them waits here, finds that it is gone, and is refused.
        await using var take = new NpgsqlCommand(
            """
            DELETE FROM platform.loose_file WHERE id IN (
                SELECT id FROM platform.loose_file WHERE since < now() - $1 ORDER BY since LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING id
            """, connection, transaction);
        take.Give(settings.Value.LooseFor);
        take.Give(Together);
        var files = new List<Guid>();
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                files.Add(reader.GetGuid(0));
        }

        foreach (var file in files)
            await store.DeleteAsync(file, cancel);
        await transaction.CommitAsync(cancel);
        return files.Count;
    }

    [LoggerMessage(81, LogLevel.Warning, "Removing files that nobody refers to is put off")]
    private static partial void LogPutOff(ILogger logger, Exception exception);
}
