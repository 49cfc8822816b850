using HomeSchool.Archives.Needs;
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

        if (import.Report.IsChange)
        {
            await ApplyAsync(connection, db.Model, import, cancel);
            await StudentSearch.FollowAsync(connection, districtId, version + 1, cancel);
            await new RosterAnnouncement(db, districtId, version + 1, clock.GetUtcNow()).PublishAsync(cancel);
            await MoveAsync(db, connection, import, version + 1, clock, cancel);
            // Who comes with a district's first roster is handed over by nobody.
            if (version > 0)
            {
                await OpenHandovers.OfImportAsync(connection, districtId, importId, clock, cancel);
                await FollowSchool.OfChangeAsync(db, districtId, version + 1, clock, cancel);
            }

            await db.Set<RosterChange>().Where(change => change.ImportId == importId).ExecuteDeleteAsync(cancel);
            await DistrictRoster.MakeAsync(db, districtId, version + 1, clock, cancel);
        }

        import.Decide(ImportState.Confirmed, clock.GetUtcNow());
        audit.About("roster-import", importId, districtId, null);
        return TypedResults.Ok(ImportBody.Of(import, limits.Value, http));
    }

    // What a school keeps of its students goes along to its successor, which may know a student from before; and who has a role at a
    // class keeps it.
    private static async Task MoveAsync(
        ArchivesDb db, NpgsqlConnection connection, RosterImport import, long version, TimeProvider clock, CancellationToken cancel)
    {
        if (import.Report.Moves.Count == 0)
            return;
        foreach (var (table, whose, writtenAt) in ArchivesDb.KeptOnce)
        {
            await ExecuteAsync(
                $"""
                DELETE FROM {table} t USING (
                    SELECT k.ctid AS place,
                        row_number() OVER (PARTITION BY m.to_school, {whose} ORDER BY {writtenAt} DESC, k.school_id) AS nth
                    FROM (
                        SELECT from_school AS school_id, to_school FROM unnest($2, $3) AS move (from_school, to_school)
                        UNION SELECT to_school, to_school FROM unnest($2, $3) AS move (from_school, to_school)) m
                        JOIN {table} k ON k.district_id = $1 AND k.school_id = m.school_id
                    WHERE EXISTS (
                        SELECT FROM enrolment e WHERE e.school_id = m.to_school AND e.version = $4 AND e.student_id = k.student_id)) o
                WHERE t.ctid = o.place AND o.nth > 1
                """);
        }

        foreach (var table in ArchivesDb.TakenOver)
        {
            await ExecuteAsync(
                $"""
                UPDATE {table} t SET school_id = m.to_school
                FROM (SELECT DISTINCT * FROM unnest($2, $3) AS move (from_school, to_school)) m
                    JOIN enrolment e ON e.school_id = m.to_school AND e.version = $4
                WHERE t.district_id = $1 AND t.school_id = m.from_school AND t.student_id = e.student_id
                """);
        }

        await ReportHomework.FollowAsync(connection, import.Report.Moves, cancel);
        await db.PublishAsync(
            [
                .. import.Report.Moves.Chunk(RosterChanged.MostRows).Select(classes => new ClassesMoved(
                    import.DistrictId, version, clock.GetUtcNow(), LocalDay.Of(import.CreatedAt), classes)),
            ],
            cancel);

        Guid[] Column(Func<MovedClass, Guid> of) => [.. import.Report.Moves.Select(of)];

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection)
            {
                Parameters =
                {
                    new() { Value = import.DistrictId }, new() { Value = Column(move => move.FromSchoolId) },
                    new() { Value = Column(move => move.ToSchoolId) }, new() { Value = version },
                },
            };
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, IModel model, RosterImport import, CancellationToken cancel)
    {
        await ExecuteAsync(RosterCheck.LeaveOutErased);
        foreach (var table in RosterCheck.Tables)
        {
            var count = import.Report.Changes.Single(count => count.Kind == table.Kind);
            if (count.Added > 0)
                await ExecuteAsync(table.AddSql(model), import.DistrictId, import.Id, $"{table.Kind}", import.LeftVersion);
            if (count.Changed + count.Withdrawn > 0)
                await ExecuteAsync(table.ChangeSql(model), import.DistrictId, import.Id, $"{table.Kind}", import.LeftVersion);
        }

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}

/// <summary>What whoever confirms an import agrees to.</summary>
/// <param name="AcceptWithdrawals">That many students leave a school by it (see <c>losses</c>).</param>
public sealed record ConfirmRequest(bool AcceptWithdrawals = false);
