using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>That a sensitive item exists.</summary>
/// <param name="Id">The item.</param>
/// <param name="WrittenAt">When it was written.</param>
/// <param name="Kind">What it is about, for those who may read some of it; others do not learn it.</param>
/// <param name="Sees">How much the caller may read.</param>
public sealed record SensitiveItemRow(Guid Id, DateTimeOffset WrittenAt, SensitiveKind? Kind, Sees Sees);

/// <summary>Lists that items exist, not what they say (ARC-7). Guardians do not learn of protected cases.</summary>
internal static class ListSensitiveItems
{
    public static void MapListSensitiveItems(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/sensitive-items", ListAsync)
            .WithName("ListSensitiveItems")
            .WithSummary("That sensitive items exist, the newest first; reading one is a command with a purpose.")
            .Query(Permission.ArchiveRead);

    private static async Task<Results<Ok<Page<SensitiveItemRow>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.ArchiveRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var asStaff = caller.With(Permission.ArchiveRead).Any(grant => grant.StudentId is null && SensitiveReach.Reaches(grant, at));
        var take = Cursor.Size(size);
        var items = await db.Set<SensitiveItem>().AsNoTracking()
            .Where(item => item.SchoolId == at.SchoolId && item.StudentId == studentId
                && (asStaff || item.Kind != SensitiveKind.Violence) && (last == null || item.Id < last))
            .OrderByDescending(item => item.Id).Take(take + 1)
            .Select(item => new { item.Id, item.WrittenAt, item.Kind }).ToListAsync(cancel);
        var rights = await db.SensitiveRightsAsync(caller, at, today, cancel);
        var rows = items.Select(item =>
        {
            var sees = rights.SeesOf(item.Kind, item.WrittenAt).Sees;
            return new SensitiveItemRow(item.Id, item.WrittenAt, sees == Sees.Nothing ? null : item.Kind, sees);
        });
        return TypedResults.Ok(Page.From(rows.ToList(), take, row => row.Id));
    }
}
