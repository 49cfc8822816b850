using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Messages.Delivery;

/// <summary>
/// Decides when what was told leaves (MSG-6): what is urgent at once, everything else after the quiet hours, for those who want it
/// once a day; what leaves together is one message. A guardian's row is locked meanwhile, so that two replicas do not make two
/// messages of it.
/// </summary>
public sealed class GatherDeliveries(NpgsqlDataSource database, TimeProvider clock, ILogger<GatherDeliveries> logger)
    : Recurring(TimeSpan.FromSeconds(0.5), logger)
{
    private const int MostGuardians = 500;
    private const int Kept = 90; // days

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            while (await GatherAsync(district, cancel) == MostGuardians)
                cancel.ThrowIfCancellationRequested();
        }
    }

    private async Task<int> GatherAsync(Guid district, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        var now = clock.GetUtcNow();
        var choices = await LockAsync(connection, district, now, cancel);
        if (choices.Count == 0)
            return 0;
        var policy = await connection.PolicyAsync(district, cancel);
        List<Guid> left = [], begun = [], putOff = [];
        List<DateTimeOffset> until = [];
        List<(Guid Into, Guid From)> merged = [];
        foreach (var lines in await LinesAsync(connection, district, [.. choices.Keys], now, cancel))
        {
            if (choices[lines.Key] is not { } choice)
            {
                left.AddRange(lines.Select(line => line.Id)); // the inbox alone has it
                continue;
            }

            begun.AddRange(lines.Where(line => line.Urgent).Select(line => line.Id));
            var together = new List<Guid>();
            foreach (var line in lines.Where(line => !line.Urgent))
            {
                var when = policy.EndOfQuiet(choice.Digest && !line.PutOff ? policy.NextDigest(line.CreatedAt) : now);
                if (when > now)
                {
                    putOff.Add(line.Id);
                    until.Add(when);
                }
                else
                {
                    together.Add(line.Id);
                }
            }

            begun.AddRange(together.Take(1));
            merged.AddRange(together.Skip(1).Select(line => (together[0], line)));
        }

        await using var keep = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command("DELETE FROM delivery WHERE district_id = $1 AND id = ANY ($2) AND state = 'New'", left.ToArray()),
                Command(
                    """
                    UPDATE delivery d SET due_at = p.due_at, put_off = true FROM unnest($2, $3) AS p (id, due_at)
                    WHERE d.district_id = $1 AND d.id = p.id AND d.state = 'New'
                    """, putOff.ToArray(), until.ToArray()),
                Command(
                    """
                    UPDATE delivery d SET notification_ids = d.notification_ids || m.notifications, student_ids = (
                        SELECT array_agg(DISTINCT student) FROM unnest(d.student_ids || m.students) AS student)
                    FROM (
                        SELECT pair.into_id, array_agg(DISTINCT notification) AS notifications, array_agg(DISTINCT student) AS students
                        FROM unnest($2, $3) AS pair (into_id, from_id)
                        JOIN delivery one ON one.district_id = $1 AND one.id = pair.from_id AND one.state = 'New',
                            unnest(one.notification_ids) AS notification, unnest(one.student_ids) AS student
                        GROUP BY pair.into_id) m
                    WHERE d.district_id = $1 AND d.id = m.into_id AND d.state = 'New'
                    """, merged.Select(pair => pair.Into).ToArray(), merged.Select(pair => pair.From).ToArray()),
                Command(
                    "DELETE FROM delivery WHERE district_id = $1 AND id = ANY ($2) AND state = 'New'",
                    merged.Select(pair => pair.From).ToArray()),
                Command(
                    "UPDATE delivery SET state = 'Waiting', due_at = $3 WHERE district_id = $1 AND id = ANY ($2) AND state = 'New'",
                    begun.ToArray(), now),
                Command(
                    "DELETE FROM delivery WHERE district_id = $1 AND state = 'Sent' AND done_at < $2", now.AddDays(-Kept)),
            },
        };
        await keep.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return choices.Count;

        NpgsqlBatchCommand Command(string sql, params object[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new NpgsqlParameter { Value = district });
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            return command;
        }
    }

    // Whose turn it is, with what they chose; null for who is told by the inbox alone by now.
    private static async Task<Dictionary<Guid, Choice?>> LockAsync(
        NpgsqlConnection connection, Guid district, DateTimeOffset now, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(
            """
            SELECT c.guardian_id, c.digest, c.channel <> 'Inbox' AND c.verified_at IS NOT NULL
            FROM guardian_choice c
            WHERE c.district_id = $1 AND c.guardian_id IN (
                SELECT d.guardian_id FROM delivery d WHERE d.district_id = $1 AND d.state = 'New' AND d.due_at <= $2)
            ORDER BY c.guardian_id LIMIT $3 FOR UPDATE OF c SKIP LOCKED
            """, connection).With(district).With(now).With(MostGuardians);
        var choices = new Dictionary<Guid, Choice?>();
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            choices.Add(reader.GetGuid(0), reader.GetBoolean(2) ? new Choice(reader.GetBoolean(1)) : null);
        return choices;
    }

    private static async Task<IEnumerable<IGrouping<Guid, Line>>> LinesAsync(
        NpgsqlConnection connection, Guid district, Guid[] guardians, DateTimeOffset now, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(
            """
            SELECT id, guardian_id, urgent, put_off, created_at FROM delivery
            WHERE district_id = $1 AND guardian_id = ANY ($2) AND state = 'New' AND due_at <= $3 ORDER BY id
            """, connection).With(district).With(guardians).With(now);
        var lines = new List<Line>();
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            lines.Add(new Line(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetBoolean(2), reader.GetBoolean(3),
                await reader.GetFieldValueAsync<DateTimeOffset>(4, cancel)));
        }

        return lines.GroupBy(line => line.Guardian);
    }

    private sealed record Choice(bool Digest);

    private sealed record Line(Guid Id, Guid Guardian, bool Urgent, bool PutOff, DateTimeOffset CreatedAt);
}
