using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Visits.Leavers;

/// <summary>
/// Notices visits whose students have left their school, and calls them off a day later (ARC-15, VIS-20). An emergency's visit
/// is noticed
/// and stays: people decide. The roster is looked at as it stands, so the order of its events does not matter, and a transfer
/// that was
/// entered by mistake costs nothing if it is mended within the day.
/// </summary>
public sealed class EndStrandedVisits(NpgsqlDataSource database, TimeProvider clock, ILogger<EndStrandedVisits> logger)
    : Recurring(TimeSpan.FromMinutes(5), logger)
{
    /// <summary>From noticing to calling off.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    // Whoever comes later may be visited before the first day (VIS-2), so only the last day on roll counts.
    private const string Stranded =
        """
        v.state IN ('Scheduled', 'Confirmed', 'Proposed') AND NOT EXISTS (
            SELECT FROM visit_student s JOIN enrolment e ON e.school_id = s.school_id AND e.student_id = s.student_id
            WHERE s.school_id = v.school_id AND s.visit_id = v.id AND (e.ends_on IS NULL
                OR e.ends_on >= e.starts_on AND e.ends_on >= (v.starts_at AT TIME ZONE v.time_zone)::date))
        """;

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
            await EndAsync(district, cancel);
    }

    private async Task EndAsync(Guid district, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var batch = TenantScope.Of([district]).Batch(connection);
        // What is restricted of a child (ARC-10) is looked at, too: a visit without visible students is not one without students.
        Add("SELECT set_config('app.restricted', 'shown', true)");
        Add(
            $"""
            INSERT INTO stranded_visit (school_id, visit_id, district_id, noticed_at)
            SELECT v.school_id, v.id, v.district_id, $2 FROM school JOIN visit v ON v.school_id = school.school_id
            WHERE school.district_id = $1 AND v.starts_at > $2 AND {Stranded}
            ON CONFLICT DO NOTHING
            """, district, now);
        Add(
            $"""
            DELETE FROM stranded_visit w WHERE w.district_id = $1 AND w.ended_at IS NULL AND NOT EXISTS (
                SELECT FROM visit v WHERE v.school_id = w.school_id AND v.id = w.visit_id AND {Stranded})
            """, district);
        Add(
            """
            WITH over AS (
                UPDATE stranded_visit w SET ended_at = $2 FROM visit v
                WHERE w.district_id = $1 AND w.ended_at IS NULL AND w.noticed_at <= $3
                    AND v.school_id = w.school_id AND v.id = w.visit_id AND v.kind <> 'Emergency'
                RETURNING w.school_id, w.visit_id),
            free AS (DELETE FROM busy b USING over o WHERE b.visit_id = o.visit_id)
            UPDATE visit v SET state = 'Cancelled', proposed_starts_at = NULL, remind_at = NULL, sequence = v.sequence + 1,
                version = v.version + 1, changed_at = $2
            FROM over o WHERE v.school_id = o.school_id AND v.id = o.visit_id
            RETURNING v.school_id, v.id, v.version, v.term_id,
                ARRAY(SELECT student_id FROM visit_student s WHERE s.school_id = v.school_id AND s.visit_id = v.id)
            """, district, now, now - Grace);
        var ended = new List<IEvent>();
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            do
            {
                while (reader.FieldCount == 5 && await reader.ReadAsync(cancel))
                {
                    ended.Add(new VisitCancelled(
                        district, reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), now, reader.GetGuid(3),
                        reader.GetFieldValue<Guid[]>(4), Declined: false));
                }
            }
            while (await reader.NextResultAsync(cancel));
        }

        await Outbox.InsertAsync(connection, ended, cancel);
        await transaction.CommitAsync(cancel);

        void Add(string sql, params object[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            batch.BatchCommands.Add(command);
        }
    }
}
