using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Roster;

/// <summary>Lists the imports of a district, the newest first.</summary>
internal static class ListImports
{
    public static void MapListImports(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/imports", HandleAsync)
            .WithName("ListImports")
            .WithSummary("The imports of a district, the newest first.")
            .Query(Permission.RosterImport);

    private static async Task<Results<Ok<Page<ImportRow>>, Problem>> HandleAsync(
        Guid districtId, string? after, int? size, ArchivesDb db, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var rows = await db.Set<RosterImport>().AsNoTracking()
            .Where(import => import.DistrictId == districtId && (last == null || import.Id < last))
            .OrderByDescending(import => import.Id)
            .Select(import => new ImportRow(import.Id, import.State, import.CreatedAt, import.DecidedAt))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }
}

/// <summary>An import in a list.</summary>
/// <param name="Id">The import.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedAt">When it was uploaded.</param>
/// <param name="DecidedAt">When it was confirmed, cancelled or superseded.</param>
public sealed record ImportRow(Guid Id, ImportState State, DateTimeOffset CreatedAt, DateTimeOffset? DecidedAt);
