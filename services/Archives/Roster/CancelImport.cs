using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>Gives an import up: nothing of what it shows is done, and what was read from the files is removed.</summary>
internal static class CancelImport
{
    public static void MapCancelImport(this IEndpointRouteBuilder api) =>
        api.MapPost("/districts/{districtId:guid}/imports/{importId:guid}/cancel", HandleAsync)
            .WithName("CancelImport")
            .WithSummary("Cancel an import that is being checked, or waits to be confirmed.")
            .Command(Permission.RosterImport);

    private static async Task<Results<NoContent, Problem>> HandleAsync(
        Guid districtId, Guid importId, ArchivesDb db, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (!await db.Set<RosterImport>().AnyAsync(i => i.DistrictId == districtId && i.Id == importId, cancel))
            return await StopAsync(db, districtId, importId, audit, cancel);
        await RosterCheck.LockAsync((NpgsqlConnection)db.Database.GetDbConnection(), districtId, cancel);
        var import = await db.Set<RosterImport>().SingleAsync(i => i.DistrictId == districtId && i.Id == importId, cancel);
        if (import.State != ImportState.Checked)
            return ArchivesFailures.ImportDecided.Because(import.State);
        import.Decide(ImportState.Cancelled, clock.GetUtcNow());
        await db.Set<RosterChange>().Where(change => change.ImportId == importId).ExecuteDeleteAsync(cancel);
        audit.About("roster-import", importId, districtId, null);
        return TypedResults.NoContent();
    }

    // Whoever checks it hears of it within a second, and takes back all that was done.
    private static async Task<Results<NoContent, Problem>> StopAsync(
        ArchivesDb db, Guid district, Guid import, AuditTrail audit, CancellationToken cancel)
    {
        if (await db.Set<ImportProgress>().FromSqlRaw($"SELECT * FROM import_progress WHERE {ImportWatch.Alive}")
            .Where(progress => progress.DistrictId == district && progress.ImportId == import)
            .ExecuteUpdateAsync(set => set.SetProperty(progress => progress.Cancelled, true), cancel) == 0)
        {
            return Failures.NotFound.Because();
        }

        audit.About("roster-import", import, district, null);
        return TypedResults.NoContent();
    }
}
