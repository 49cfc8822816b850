using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Visits.Substitutions;

/// <summary>
/// After a substitution's last day, what is still open of the follow-ups that changed hands goes back (VIS-20). One statement does it,
/// so it happens once, however many replicas run. A day is over when it is over on
/// the westernmost clocks, so nobody loses an evening.
/// </summary>
public sealed class EndSubstitutions(NpgsqlDataSource database, TimeProvider clock, ILogger<EndSubstitutions> logger)
    : Recurring(TimeSpan.FromSeconds(30), logger)
{
    private static readonly TimeSpan WesternmostClocks = TimeSpan.FromHours(-12);

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        var over = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime + WesternmostClocks);
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            await using var connection = await database.OpenConnectionAsync(cancel);
            await using var end = TenantScope.Of([district]).Batch(connection);
            end.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                WITH ended AS (
                    UPDATE substitution SET ended_at = $3 WHERE district_id = $1 AND ends_on < $2 AND ended_at IS NULL
                    RETURNING school_id, teacher_id, substitute_id, follow_up_ids)
                UPDATE follow_up f SET owner_id = e.teacher_id, version = f.version + 1 FROM ended e
                WHERE f.school_id = e.school_id AND f.id = ANY (e.follow_up_ids) AND f.owner_id = e.substitute_id AND f.closed_at IS NULL
                """)
            {
                Parameters = { new() { Value = district }, new() { Value = over }, new() { Value = clock.GetUtcNow() } },
            });
            await end.ExecuteNonQueryAsync(cancel);
        }
    }
}
