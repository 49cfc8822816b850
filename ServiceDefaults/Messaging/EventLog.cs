using Npgsql;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>What this service has published, kept for 35 days: the source for services that are added later or restored.</summary>
public static class EventLog
{
    /// <summary>Sends logged events to one queue, oldest first, confirmed by the broker.</summary>
    /// <returns>How many.</returns>
    public static async Task<long> SendAgainAsync(
        NpgsqlDataSource database, Transport transport, string queue, IReadOnlyList<string> names, DateOnly since,
        CancellationToken cancel)
    {
        await WaitForRelaysAsync(database, cancel);
        long sent = 0, position = 0;
        var day = since;
        while (true)
        {
            var batch = await ReadAsync(database, names, day, position, cancel);
            if (batch.Count == 0)
                return sent;
            await transport.SendAsync(queue, [.. batch.Select(row => row.Event)], cancel);
            sent += batch.Count;
            (day, position) = (batch[^1].Day, batch[^1].Position);
        }
    }

    // A relay that published before the queue was bound may not have committed its log yet. Whoever deletes from the outbox
    // holds a lock on the table until it commits: once ours is granted, those relays are through.
    private static async Task WaitForRelaysAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var command = new NpgsqlCommand("LOCK TABLE platform.outbox IN SHARE ROW EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    private static async Task<List<(DateOnly Day, long Position, Envelope Event)>> ReadAsync(
        NpgsqlDataSource database, IReadOnlyList<string> names, DateOnly day, long position, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            SELECT message_id, name, traceparent, payload, logged_on, position FROM platform.event_log
            WHERE (logged_on, position) > ($1, $2) AND logged_on >= $1 AND name = ANY ($3)
            ORDER BY logged_on, position LIMIT 500
            """);
        command.Give(day);
        command.Give(position);
        command.Give<string[]>([.. names]);
        var rows = new List<(DateOnly, long, Envelope)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rows.Add((await reader.GetFieldValueAsync<DateOnly>(4, cancel), reader.GetInt64(5), Envelope.Read(reader)));
        return rows;
    }
}
