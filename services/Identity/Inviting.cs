using HomeSchool.Contracts;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// Who may invite whom (ALL-1): administrators below themselves and beside themselves in their own district or school, homeroom
/// teachers the guardians of their own class, nobody else anybody. So nobody hands out more than the own place reaches.
/// </summary>
internal static class Inviting
{
    // Days end at midnight here, as in Archives.
    private static readonly TimeZoneInfo Days = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    /// <summary>Whether somebody with one grant may give another.</summary>
    /// <param name="inviter">What the inviter has.</param>
    /// <param name="invited">What the invited would get.</param>
    /// <param name="classOfStudent">For a guardian: the class of the child.</param>
    public static bool Allows(Grant inviter, Grant invited, Guid? classOfStudent) =>
        RolesOf(inviter.Role).Contains(invited.Role)
        && inviter.DistrictId == invited.DistrictId
        && (inviter.SchoolId is null || inviter.SchoolId == invited.SchoolId)
        && (inviter.ClassId is null || inviter.ClassId == classOfStudent);

    /// <summary>Whether somebody may give a role, and so take it back.</summary>
    public static async Task<bool> MayInviteAsync(
        this IdentityDb db, Caller caller, Grant role, DateTimeOffset now, CancellationToken cancel)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, Days).DateTime);
        var classes = role.StudentId is not { } student ? [] : await db.Set<KnownEnrolment>()
            .Where(e => e.StudentId == student && e.SchoolId == role.SchoolId && (e.EndsOn == null || e.EndsOn >= today))
            .Select(e => e.ClassId).ToListAsync(cancel);
        return caller.With(Permission.AccountInvite).Any(grant =>
            Allows(grant, role, null) || classes.Any(@class => Allows(grant, role, @class)));
    }

    /// <summary>
    /// Whether the roster still says what a role rests on: for staff a post at the school, for a guardian the guardianship and the
    /// child at the school. Asked in a transaction before anybody's tenant is known.
    /// </summary>
    public static async Task<bool> IsInRosterAsync(this IdentityDb db, Grant role, DateTimeOffset now, CancellationToken cancel)
    {
        if (role.PersonId is not { } person || role.SchoolId is not { } school)
            return true; // an administrator need not be in the roster
        var today = DayOf(now);
        await db.ShowSchoolAsync(school, cancel);
        var holds = role.StudentId is not { } student
            ? await db.Set<KnownPost>().AnyAsync(
                post => post.SchoolId == school && post.StaffId == person && (post.EndsOn == null || post.EndsOn >= today), cancel)
            : await db.Set<KnownEnrolment>().AnyAsync(
                e => e.SchoolId == school && e.StudentId == student && (e.EndsOn == null || e.EndsOn >= today), cancel)
            && await db.Set<KnownGuardianship>().AnyAsync(
                k => k.StudentId == student && k.GuardianId == person && (k.WithdrawnOn == null || k.WithdrawnOn > today), cancel)
            && !await db.IsHiddenAsync(student, person, cancel);
        await db.ShowSchoolAsync(null, cancel);
        return holds;
    }

    /// <summary>The day of a time.</summary>
    public static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time, Days).DateTime);

    /// <summary>Whether a guardian may not see what is kept of a child (ARC-13): he has no role there, and nobody can give him
    /// one.</summary>
    public static Task<bool> IsHiddenAsync(this IdentityDb db, Guid student, Guid guardian, CancellationToken cancel) =>
        db.Set<KnownGuardianRight>().AnyAsync(
            right => right.StudentId == student && right.GuardianId == guardian && right.HiddenSince != null, cancel);

    /// <summary>The roles that a role may give.</summary>
    public static IReadOnlyList<Role> RolesOf(Role inviter) => inviter switch
    {
        Role.DistrictAdmin => [.. Enum.GetValues<Role>().Where(role => role != Role.MachineClient)],
        Role.SchoolAdmin => [.. RolesOf(Role.DistrictAdmin).Where(role => role != Role.DistrictAdmin)],
        Role.HomeroomTeacher => [Role.Guardian],
        Role.VicePrincipal or Role.MoralEducationOfficer or Role.Counselor or Role.SubjectTeacher or Role.Guardian
            or Role.MachineClient => [],
    };

    /// <summary>What is missing in a request for its role, or has no meaning there.</summary>
    public static List<FieldMistake> Mistakes(Invite request)
    {
        var (school, @class, person, student) = request.Role switch
        {
            Role.DistrictAdmin => (Use.Never, Use.Never, Use.Never, Use.Never),
            // An administrator need not be on the staff.
            Role.SchoolAdmin => (Use.Always, Use.Never, Use.Maybe, Use.Never),
            Role.VicePrincipal or Role.MoralEducationOfficer or Role.Counselor => (Use.Always, Use.Never, Use.Always, Use.Never),
            Role.HomeroomTeacher or Role.SubjectTeacher => (Use.Always, Use.Always, Use.Always, Use.Never),
            // The child's school is known; it is asked for only when the child is in two.
            Role.Guardian => (Use.Maybe, Use.Never, Use.Always, Use.Always),
            Role.MachineClient => throw new ArgumentException("A machine is not invited.", nameof(request)),
        };
        var mistakes = new List<FieldMistake>();
        Check("schoolId", request.SchoolId, school);
        Check("classId", request.ClassId, @class);
        Check("personId", request.PersonId, person);
        Check("studentId", request.StudentId, student);
        return mistakes;

        void Check(string field, Guid? value, Use use)
        {
            if (value is null && use == Use.Always)
                mistakes.Add(IdentityFailures.FieldNeeded.At(field));
            else if (value is not null && use == Use.Never)
                mistakes.Add(IdentityFailures.FieldNotForRole.At(field));
        }
    }

    private enum Use
    {
        Never,
        Maybe,
        Always,
    }
}
