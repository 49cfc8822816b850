using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Search;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>Confirms an import: does exactly what its report shows, and announces it, in one transaction (ARC-2).</summary>
internal static class ConfirmImport
{
    public static void MapConfirmImport(this IEndpointRouteBuilder api) =>
        api.MapPost("/districts/{districtId:guid}/imports/{importId:guid}/confirm", HandleAsync)
            .WithName("ConfirmImport")
            .WithSummary("Confirm an import: does what its report shows.")
            .Command(Permission.RosterImport);

    private static async Task<Results<Ok<ImportBody>, Problem>> HandleAsync(
        Guid districtId, Guid importId, ConfirmRequest request, ArchivesDb db, AuditTrail audit, TimeProvider clock,
        IOptions<RosterLimits> limits, HttpContext http, CancellationToken cancel)
    {
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        if (!await db.Set<RosterImport>().AnyAsync(i => i.DistrictId == districtId && i.Id == importId, cancel))
            return Failures.NotFound.Because();
        var version = await RosterCheck.LockAsync(connection, districtId, cancel);
        // Read behind the lock: two confirmations at once are one.
        var import = await db.Set<RosterImport>().SingleAsync(i => i.DistrictId == districtId && i.Id == importId, cancel);
        if (import.State != ImportState.Checked)
            return ArchivesFailures.ImportDecided.Because(import.State);
        if (import.BaseVersion != version)
            return ArchivesFailures.RosterChanged.Because();
        if (!request.AcceptWithdrawals && ImportBody.NeedsAccept(import.Report, limits.Value))
            return ArchivesFailures.WithdrawalsNotAccepted.Because();

        if (import.Report.Changes.Any(count => count.Added + count.Changed + count.Withdrawn > 0))
        {
            foreach (var table in RosterCheck.Tables)
                await ApplyAsync(connection, table, db.Model, import, cancel);
            await StudentSearch.FollowAsync(connection, districtId, version + 1, cancel);
            await db.Set<DistrictRoster>().Where(roster => roster.DistrictId == districtId)
                .ExecuteUpdateAsync(set => set.SetProperty(roster => roster.Version, version + 1), cancel);
            await new RosterAnnouncement(db, districtId, version + 1, clock.GetUtcNow()).PublishAsync(cancel);
            await MoveAsync(db, connection, import, version + 1, clock, cancel);
            // Who comes with a district's first roster is handed over by nobody.
            if (version > 0)
                await OpenHandovers.OfImportAsync(connection, districtId, importId, clock, cancel);
            await db.Set<RosterChange>().Where(change => change.ImportId == importId).ExecuteDeleteAsync(cancel);
        }

        import.Decide(ImportState.Confirmed, clock.GetUtcNow());
        audit.About("roster-import", importId, districtId, null);
        return TypedResults.Ok(ImportBody.Of(import, limits.Value, http));
    }

    // What a school keeps of its students goes along to its successor; and who has a role at a class keeps it.
    private static async Task MoveAsync(
        ArchivesDb db, NpgsqlConnection connection, RosterImport import, long version, TimeProvider clock, CancellationToken cancel)
    {
        if (import.Report.Moves.Count == 0)
            return;
        foreach (var table in ArchivesDb.TakenOver)
        {
            await using var command = new NpgsqlCommand(
                $"""
                UPDATE {table} t SET school_id = m.to_school
                FROM (SELECT DISTINCT * FROM unnest($2, $3) AS move (from_school, to_school)) m
                    JOIN enrolment e ON e.school_id = m.to_school AND e.version = $4
                WHERE t.district_id = $1 AND t.school_id = m.from_school AND t.student_id = e.student_id
                """, connection)
            {
                Parameters =
                {
                    new() { Value = import.DistrictId }, new() { Value = Column(move => move.FromSchoolId) },
                    new() { Value = Column(move => move.ToSchoolId) }, new() { Value = version },
                },
            };
            await command.ExecuteNonQueryAsync(cancel);
        }

        await db.PublishAsync(
            [
                .. import.Report.Moves.Chunk(RosterChanged.MostRows).Select(classes => new ClassesMoved(
                    import.DistrictId, version, clock.GetUtcNow(), LocalDay.Of(import.CreatedAt), classes)),
            ],
            cancel);

        Guid[] Column(Func<MovedClass, Guid> of) => [.. import.Report.Moves.Select(of)];
    }

    private static async Task ApplyAsync(
        NpgsqlConnection connection, RecordTable table, IModel model, RosterImport import, CancellationToken cancel)
    {
        var columns = model.GetEntityTypes().Single(entity => entity.GetTableName() == table.Name).GetProperties()
            .ToLookup(property => property.IsPrimaryKey(), property => property.GetColumnName());
        await using var command = new NpgsqlCommand(table.ApplySql(columns[true], columns[false]), connection)
        {
            Parameters =
            {
                new() { Value = import.DistrictId }, new() { Value = import.Id }, new() { Value = table.Kind.ToString() },
            },
            CommandTimeout = 0,
        };
        await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>What whoever confirms an import agrees to.</summary>
/// <param name="AcceptWithdrawals">That many students leave a school by it (see <c>losses</c>).</param>
public sealed record ConfirmRequest(bool AcceptWithdrawals = false);
