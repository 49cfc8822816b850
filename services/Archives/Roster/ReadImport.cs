using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>Shows an import with its report.</summary>
internal static class ReadImport
{
    public static void MapReadImport(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/imports/{importId:guid}", HandleAsync)
            .WithName("ReadImport")
            .WithSummary("An import with its report; or, while it is being checked, how far it is.")
            .Query(Permission.RosterImport);

    private static async Task<Results<Ok<ImportBody>, Problem>> HandleAsync(
        Guid districtId, Guid importId, ArchivesDb db, CurrentTenancy tenancy, IOptions<RosterLimits> limits, HttpContext http,
        CancellationToken cancel)
    {
        if (await db.Set<RosterImport>().AsNoTracking()
            .SingleOrDefaultAsync(import => import.DistrictId == districtId && import.Id == importId, cancel) is not { } import)
        {
            return await db.Set<ImportProgress>().FromSqlRaw($"SELECT * FROM import_progress WHERE {ImportWatch.Alive}").AsNoTracking()
                .SingleOrDefaultAsync(import => import.DistrictId == districtId && import.ImportId == importId, cancel) is { } progress
                ? TypedResults.Ok(ImportBody.Of(progress)) : Failures.NotFound.Because();
        }

        await db.Database.OpenConnectionAsync(cancel);
        await using var batch = tenancy.Scope.Batch((NpgsqlConnection)db.Database.GetDbConnection());
        return TypedResults.Ok(await ImportBody.OfAsync(import, batch, limits.Value, http, cancel));
    }
}
