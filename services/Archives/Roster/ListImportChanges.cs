using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Roster;

/// <summary>
/// Lists what an import would change, record by record (ARC-2): by the ids of the exporting system, without names. Empty once the import
/// is decided.
/// </summary>
internal static class ListImportChanges
{
    public static void MapListImportChanges(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/imports/{importId:guid}/changes", HandleAsync)
            .WithName("ListImportChanges")
            .WithSummary("What an import would change, record by record.")
            .Query(Permission.RosterImport);

    private static async Task<Results<Ok<Page<ChangeBody>>, Problem>> HandleAsync(
        Guid districtId, Guid importId, Choice<RecordKind> kind, Choice<ChangeKind>? change, string? after, int? size, ArchivesDb db,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var wanted = change?.Value;
        var rows = await db.Set<RosterChange>()
            .FromSqlRaw(
                "SELECT c.district_id, c.import_id, c.kind, c.id, c.change, c.fields, "
                + $"{RosterChange.NamedBy} AS source_id FROM roster_change c")
            .AsNoTracking()
            .Where(row => row.ImportId == importId && row.DistrictId == districtId && row.Kind == kind.Value
                && (wanted == null || row.Change == wanted) && (last == null || row.Id > last))
            .OrderBy(row => row.Id)
            .Select(row => new ChangeBody(row.Id, row.Change, row.SourceId!, row.Fields))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }
}

/// <summary>A change that an import would make.</summary>
/// <param name="Id">The record.</param>
/// <param name="Change">What happens to it.</param>
/// <param name="SourceId">The id, in the exporting system, of the record or of the person it is about.</param>
/// <param name="Fields">For a changed record, which columns differ.</param>
public sealed record ChangeBody(Guid Id, ChangeKind Change, string SourceId, IReadOnlyList<string> Fields);
