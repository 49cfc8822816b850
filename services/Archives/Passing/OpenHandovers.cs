using HomeSchool.Archives.Roster;
using Npgsql;

namespace HomeSchool.Archives.Passing;

/// <summary>Opens handovers where a change of the roster gives students another homeroom teacher, whatever the change came from.</summary>
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

    private static async Task OpenAsync(
        NpgsqlConnection connection, Guid district, string begun, Guid of, TimeProvider clock, CancellationToken cancel)
    {
        var sql = (await RosterCheck.SqlAsync("Handovers.sql", cancel)).Replace("{begun}", begun, StringComparison.Ordinal);
        var now = clock.GetUtcNow();
        await using var batch = new NpgsqlBatch(connection)
        {
            Timeout = 0,
            BatchCommands =
            {
                // Behind row-level security the planner takes whole districts for a few rows (see Staging.sql).
                new("SET LOCAL enable_nestloop = off"),
                new("SET LOCAL jit = off"),
                new(sql) { Parameters = { new() { Value = district }, new() { Value = now }, new() { Value = of } } },
                new("SET LOCAL enable_nestloop = on"),
            },
        };
        foreach (var owned in ArchivesDb.HandedOver)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"""
                UPDATE {owned.Table} t SET {owned.Owner} = h.to_staff_id FROM handover h
                WHERE h.district_id = $1 AND h.opened_at = $2 AND t.district_id = $1 AND t.school_id = h.school_id
                    AND t.student_id = h.student_id AND t.{owned.Owner} = h.from_staff_id AND {owned.Open}
                """)
            {
                Parameters = { new() { Value = district }, new() { Value = now } },
            });
        }

        await batch.ExecuteNonQueryAsync(cancel);
    }
}
