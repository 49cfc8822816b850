using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>Shows one student: the basics of the archive, the enrolments and the guardians (ARC-1, ARC-13).</summary>
internal static class ReadStudent
{
    public static void MapReadStudent(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}", HandleAsync)
            .WithName("ReadStudent")
            .WithSummary("One student: basics, enrolments, guardians.")
            .Query(Permission.ArchiveRead);

    private static async Task<Results<Ok<StudentBody>, Problem>> HandleAsync(
        Guid districtId, Guid studentId, ArchivesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel) =>
        await FindAsync(db, current.Caller, districtId, studentId, LocalDay.Today(clock), cancel) is { } found
            ? TypedResults.Ok(found.Body)
            : (Problem)Failures.NotFound;

    /// <summary>The student as the caller sees him, and the enrolments behind that; <see langword="null"/> when it is not the
    /// caller's to see.</summary>
    internal static async Task<(StudentBody Body, IReadOnlyList<Enrolment> Enrolments)?> FindAsync(
        ArchivesDb db, Caller caller, Guid districtId, Guid studentId, DateOnly today, CancellationToken cancel)
    {
        if (await db.Set<Student>().AsNoTracking()
                .SingleOrDefaultAsync(s => s.DistrictId == districtId && s.Id == studentId, cancel) is not { } student)
            return null;

        // Only those of the schools that the caller sees: schools of one child stay apart (ARC-13).
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.DistrictId == districtId && e.StudentId == studentId).OrderByDescending(e => e.StartsOn)
            .ToListAsync(cancel);
        var ownChild = caller.With(Permission.ArchiveRead).Any(grant => grant.StudentId == studentId);
        var asStaff = caller.With(Permission.ArchiveRead)
            .Any(grant => grant is { StudentId: null, SchoolId: null } && grant.DistrictId == districtId)
            || enrolments.Where(e => e.EndsOn is null || e.EndsOn >= today).Any(e => Sees(caller, e));
        if (!ownChild && !asStaff)
            return null;

        var guardians = await (
            from guardianship in db.Set<Guardianship>().AsNoTracking()
            where guardianship.DistrictId == districtId && guardianship.StudentId == studentId && guardianship.WithdrawnOn == null
            join guardian in db.Set<Guardian>().AsNoTracking()
                on new { guardianship.DistrictId, Id = guardianship.GuardianId } equals new { guardian.DistrictId, guardian.Id }
            orderby guardianship.ContactOrder
            select new GuardianBody(
                guardian.Id, guardian.FamilyName, guardian.GivenName, guardianship.Relation, guardianship.LegalStatus,
                guardianship.ContactOrder, guardian.Phone, guardian.Email)).ToListAsync(cancel);
        // Separated parents do not learn of each other how to be reached (ARC-13).
        if (!asStaff)
        {
            var own = caller.With(Permission.ArchiveRead).Select(grant => grant.PersonId).ToHashSet();
            guardians.RemoveAll(guardian => !own.Contains(guardian.Id));
        }

        return (new StudentBody(
            student.Id, student.FamilyName, student.GivenName, student.Number, student.BirthDate, student.Sex, student.WithdrawnOn,
            [.. enrolments.Select(e => new EnrolmentBody(e.SchoolId, e.ClassId, e.Grade, e.StartsOn, e.EndsOn))], guardians), enrolments);
    }

    private static bool Sees(Caller caller, Enrolment enrolment)
    {
        var reach = Reach.Of(caller, Permission.ArchiveRead, enrolment.DistrictId, enrolment.SchoolId);
        return reach.Everybody || enrolment.ClassId is { } @class && reach.Classes.Contains(@class);
    }
}

/// <summary>One student.</summary>
/// <param name="Id">The student.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Number">学籍号 or the school's own number.</param>
/// <param name="BirthDate">Date of birth.</param>
/// <param name="Sex">Sex.</param>
/// <param name="WithdrawnOn">The day from which the student is no longer in the roster.</param>
/// <param name="Enrolments">In the schools that the caller sees, the latest first.</param>
/// <param name="Guardians">In the order in which they are called; for a guardian only the caller.</param>
public sealed record StudentBody(
    Guid Id, string FamilyName, string GivenName, string? Number, DateOnly? BirthDate, Sex? Sex, DateOnly? WithdrawnOn,
    IReadOnlyList<EnrolmentBody> Enrolments, IReadOnlyList<GuardianBody> Guardians);

/// <summary>A student's time in one class and grade of a school.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Grade">The grade.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day; <see langword="null"/> while it is open.</param>
public sealed record EnrolmentBody(Guid SchoolId, Guid? ClassId, string? Grade, DateOnly StartsOn, DateOnly? EndsOn);

/// <summary>A guardian of the student.</summary>
/// <param name="Id">The guardian.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Relation">How they are related.</param>
/// <param name="LegalStatus">Guardian or caregiver.</param>
/// <param name="ContactOrder">1 is called first.</param>
/// <param name="Phone">How to reach them.</param>
/// <param name="Email">How to reach them.</param>
public sealed record GuardianBody(
    Guid Id, string FamilyName, string GivenName, GuardianRelation Relation, LegalStatus LegalStatus, int ContactOrder, string? Phone,
    string? Email);
