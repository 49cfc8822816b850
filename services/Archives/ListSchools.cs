using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>Lists the schools of a district that the caller may see.</summary>
internal static class ListSchools
{
    public static void MapListSchools(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/schools", HandleAsync)
            .WithName("ListSchools")
            .WithSummary("The schools of a district.")
            .Query(Permission.RosterRead);

    private static async Task<Results<Ok<Page<SchoolRow>>, Problem>> HandleAsync(
        Guid districtId, string? after, int? size, ArchivesDb db, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var rows = await db.Set<School>().AsNoTracking()
            .Where(school => school.DistrictId == districtId && school.WithdrawnOn == null && (last == null || school.SchoolId > last))
            .OrderBy(school => school.SchoolId)
            .Select(school => new SchoolRow(school.SchoolId, school.Name, school.Code))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }
}

/// <summary>A school in a list.</summary>
/// <param name="Id">The school.</param>
/// <param name="Name">Its name.</param>
/// <param name="Code">学校标识码 or the exporter's own number.</param>
public sealed record SchoolRow(Guid Id, string Name, string? Code);
