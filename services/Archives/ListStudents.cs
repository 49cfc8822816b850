using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>Lists the students on a school's roll today, or on a class's, in the order of their names (pinyin).</summary>
internal static class ListStudents
{
    public static void MapListStudents(this IEndpointRouteBuilder api) =>
        api.MapGet("/schools/{schoolId:guid}/students", HandleAsync)
            .WithName("ListStudents")
            .WithSummary("The students on a school's or a class's roll today, by name.")
            .Query(Permission.RosterRead);

    private static async Task<Results<Ok<Page<StudentRow>>, Problem>> HandleAsync(
        Guid schoolId, Guid? classId, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<NameKey>(after, out var last))
            return Failures.CursorInvalid.Because();
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return Failures.NotFound.Because();

        var reach = Reach.Of(current.Caller, Permission.RosterRead, school.DistrictId, schoolId);
        var take = Cursor.Size(size);
        var today = LocalDay.Today(clock);
        var rows = await (
            from enrolment in db.Set<Enrolment>().AsNoTracking()
            where enrolment.SchoolId == schoolId && enrolment.StartsOn <= today
                && (enrolment.EndsOn == null || enrolment.EndsOn >= today)
                && (classId == null || enrolment.ClassId == classId)
                && (reach.Everybody || enrolment.ClassId != null && reach.Classes.Contains(enrolment.ClassId.Value))
            join student in db.Set<Student>().AsNoTracking()
                on new { enrolment.DistrictId, Id = enrolment.StudentId } equals new { student.DistrictId, student.Id }
            where last == null || EF.Functions.GreaterThan(
                ValueTuple.Create(student.FamilyName, student.GivenName, student.Id),
                ValueTuple.Create(last.FamilyName, last.GivenName, last.Id))
            orderby student.FamilyName, student.GivenName, student.Id
            select new StudentRow(
                student.Id, student.FamilyName, student.GivenName, student.Number, enrolment.ClassId, enrolment.Grade))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => new NameKey(row.FamilyName, row.GivenName, row.Id)));
    }

    private sealed record NameKey(string FamilyName, string GivenName, Guid Id);
}

/// <summary>A student in a list.</summary>
/// <param name="Id">The student.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Number">学籍号 or the school's own number.</param>
/// <param name="ClassId">The class today.</param>
/// <param name="Grade">The grade today.</param>
public sealed record StudentRow(Guid Id, string FamilyName, string GivenName, string? Number, Guid? ClassId, string? Grade);
