using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>Lists the classes of a school with their size and homeroom teacher.</summary>
internal static class ListClasses
{
    public static void MapListClasses(this IEndpointRouteBuilder api) =>
        api.MapGet("/schools/{schoolId:guid}/classes", HandleAsync)
            .WithName("ListClasses")
            .WithSummary("The classes of a school.")
            .Query(Permission.RosterRead);

    private static async Task<Results<Ok<Page<ClassBody>>, Problem>> HandleAsync(
        Guid schoolId, string? after, int? size, ArchivesDb db, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var today = LocalDay.Today(clock);
        var rows = await db.Set<Class>().AsNoTracking()
            .Where(@class => @class.SchoolId == schoolId && (@class.WithdrawnOn == null || @class.WithdrawnOn > today)
                && (last == null || @class.Id > last))
            .OrderBy(@class => @class.Id)
            .Select(@class => new ClassBody(
                @class.Id, @class.Title, @class.Grade,
                db.Set<Enrolment>().Count(e => e.SchoolId == schoolId && e.ClassId == @class.Id
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)),
                db.Set<StaffPost>().Where(p => p.SchoolId == schoolId && p.ClassId == @class.Id && p.Role == StaffRole.HomeroomTeacher
                    && p.StartsOn <= today && (p.EndsOn == null || p.EndsOn >= today)).Select(p => (Guid?)p.StaffId).FirstOrDefault()))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }
}

/// <summary>A class in a list.</summary>
/// <param name="Id">The class.</param>
/// <param name="Title">E.g. 七年级(3)班.</param>
/// <param name="Grade">The grade.</param>
/// <param name="Students">On its roll today.</param>
/// <param name="HomeroomTeacherId">Its homeroom teacher today.</param>
public sealed record ClassBody(Guid Id, string Title, string? Grade, int Students, Guid? HomeroomTeacherId);
