using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HomeSchool.Archives.Roster;

/// <summary>Shows an import with its report.</summary>
internal static class ReadImport
{
    public static void MapReadImport(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/imports/{importId:guid}", HandleAsync)
            .WithName("ReadImport")
            .WithSummary("An import with its report.")
            .Query(Permission.RosterImport);

    private static async Task<Results<Ok<ImportBody>, Problem>> HandleAsync(
        Guid districtId, Guid importId, ArchivesDb db, IOptions<RosterLimits> limits, HttpContext http, CancellationToken cancel) =>
        await db.Set<RosterImport>().AsNoTracking()
            .SingleOrDefaultAsync(import => import.DistrictId == districtId && import.Id == importId, cancel) is { } import
            ? TypedResults.Ok(ImportBody.Of(import, limits.Value, http))
            : Failures.NotFound.Because();
}
