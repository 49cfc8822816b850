using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Roster;
using Npgsql;

namespace HomeSchool.Archives.Passing;

/// <summary>
/// Opens handovers where a change of the roster gives students another homeroom teacher, whatever the change came from. What the
/// former one has in hand passes on with the first day: at once, or when the day has come (<see cref="Family.TurnRights"/>).
/// </summary>
internal static class OpenHandovers
{
    /// <summary>By an import, a reorganisation or a rollover that was just applied.</summary>
    public static Task OfImportAsync(
        NpgsqlConnection connection, Guid district, Guid import, TimeProvider clock, CancellationToken cancel) =>
        OpenAsync(
            connection, district,
            "SELECT id FROM roster_change WHERE import_id = $3 AND change = 'Added' AND kind IN ('Enrolment', 'StaffPost')",
            import, clock, cancel);

    /// <summary>By one enrolment that was just added.</summary>
    public static Task OfEnrolmentAsync(
        NpgsqlConnection connection, Guid district, Guid enrolment, TimeProvider clock, CancellationToken cancel) =>
        OpenAsync(connection, district, "SELECT $3 AS id", enrolment, clock, cancel);

    /// <summary>
    /// Passes on what those had in hand whose students are with the next teacher from one of these days on. With the scope of the
    /// district.
    /// </summary>
    public static async Task PassOnAsync(NpgsqlConnection connection, Guid district, DateOnly[] days, CancellationToken cancel)
    {
        await using var batch = PassOn("h.starts_on = ANY ($2)", district, days).On(connection);
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task OpenAsync(
        NpgsqlConnection connection, Guid district, string begun, Guid of, TimeProvider clock, CancellationToken cancel)
    {
        var sql = (await RosterCheck.SqlAsync("Handovers.sql", cancel)).Replace("{begun}", begun, StringComparison.Ordinal);
        var now = clock.GetUtcNow();
        var today = LocalDay.Of(now);
        NpgsqlBatchCommand[] commands =
        [
            // Behind row-level security the planner takes whole districts for a few rows (see Staging.sql).
            new("SET LOCAL enable_nestloop = off"),
            new("SET LOCAL jit = off"),
            AttentionSql.Command(sql, district, now, of),
            new("SET LOCAL enable_nestloop = on"),
            .. PassOn("h.opened_at = $2 AND h.starts_on <= $3", district, now, today),
            AttentionSql.Command(
                """
                INSERT INTO rights_turn SELECT DISTINCT district_id, starts_on FROM handover
                WHERE district_id = $1 AND opened_at = $2 AND starts_on > $3 ON CONFLICT DO NOTHING
                """, district, now, today),
        ];
        await using var batch = commands.On(connection);
        await batch.ExecuteNonQueryAsync(cancel);
    }

    // What the former teacher has in hand is the next one's from the first day on, if the student is with that one then: the roster
    // may have changed once more. The handovers are of the district $1.
    private static IEnumerable<NpgsqlBatchCommand> PassOn(string handovers, params object[] values) =>
        ArchivesDb.HandedOver.Select(owned => AttentionSql.Command(
            $"""
            UPDATE {owned.Table} t SET {owned.Owner} = h.to_staff_id FROM handover h
            WHERE h.district_id = $1 AND {handovers} AND t.district_id = $1 AND t.school_id = h.school_id
                AND t.student_id = h.student_id AND t.{owned.Owner} = h.from_staff_id AND {owned.Open}
                AND EXISTS (
                    SELECT FROM enrolment e JOIN staff_post p ON p.school_id = e.school_id AND p.class_id = e.class_id
                    WHERE e.school_id = h.school_id AND e.student_id = h.student_id AND p.staff_id = h.to_staff_id
                        AND e.starts_on <= h.starts_on AND (e.ends_on IS NULL OR e.ends_on >= h.starts_on)
                        AND p.starts_on <= h.starts_on AND (p.ends_on IS NULL OR p.ends_on >= h.starts_on))
            """, values));
}
