using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// Reminds families of appointments some hours before (VIS-6; the policy says how many). Taking the time out of the row and
/// announcing the reminder are one transaction, so each is announced once, however many replicas run and whenever one is killed.
/// </summary>
public sealed class RemindFamilies(NpgsqlDataSource database, TimeProvider clock, ILogger<RemindFamilies> logger)
    : Recurring(TimeSpan.FromSeconds(10), logger)
{
    private const int AtOnce = 500;

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            while (await RemindAsync(district, cancel) == AtOnce)
            {
            }
        }
    }

    private async Task<int> RemindAsync(Guid district, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var take = TenantScope.Of([district]).Batch(connection);
        take.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            UPDATE visit v SET remind_at = NULL FROM (
                SELECT school_id, id FROM visit WHERE district_id = $1 AND remind_at <= $2
                ORDER BY remind_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
            WHERE v.school_id = due.school_id AND v.id = due.id
            RETURNING v.school_id, v.id, v.version, v.starts_at, v.state IN ('Scheduled', 'Confirmed', 'Proposed'),
                ARRAY(SELECT student_id FROM visit_student s WHERE s.school_id = v.school_id AND s.visit_id = v.id)
            """)
        {
            Parameters = { new() { Value = district }, new() { Value = now }, new() { Value = AtOnce } },
        });
        var taken = 0;
        var reminders = new List<IEvent>();
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            await reader.NextResultAsync(cancel);
            for (; await reader.ReadAsync(cancel); taken++)
            {
                var startsAt = reader.GetFieldValue<DateTimeOffset>(3);
                // What was called off meanwhile, or began while the service was down, needs none.
                if (reader.GetBoolean(4) && startsAt > now)
                {
                    reminders.Add(new VisitReminderDue(
                        district, reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), now,
                        reader.GetFieldValue<Guid[]>(5), startsAt));
                }
            }
        }

        await Outbox.InsertAsync(connection, reminders, cancel);
        await transaction.CommitAsync(cancel);
        return taken;
    }
}
