using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Committee;

/// <summary>What a member of a parent committee does (ACT-6).</summary>
public enum CommitteeRole
{
    /// <summary>活动策划.</summary>
    ActivityPlanning,

    /// <summary>班级群管理.</summary>
    GroupModeration,
}

/// <summary>A guardian on the parent committee of a class.</summary>
public sealed class CommitteeMember
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child of the class.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What the guardian does.</summary>
    public CommitteeRole Role { get; set; }

    /// <summary>When the guardian was named.</summary>
    public DateTimeOffset Since { get; init; }
}

/// <summary>The parent committee of a class: one at a time names it.</summary>
public sealed class ParentCommittee
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Grows by one with every naming.</summary>
    public long Version { get; set; }
}

/// <summary>A class's parent committee, all of it.</summary>
/// <param name="Members">3–5 guardians of children of the class.</param>
public sealed record CommitteeBody(IReadOnlyList<CommitteeMemberBody> Members);

/// <summary>A member.</summary>
/// <param name="GuardianId">The guardian.</param>
/// <param name="Role">What the guardian does.</param>
public sealed record CommitteeMemberBody(Guid GuardianId, CommitteeRole Role);

/// <summary>Names the parent committee of a class (ACT-6); its families and staff know it.</summary>
internal static class NameCommittee
{
    private const int Least = 3;
    private const int Most = 5;

    public static void MapCommittee(this IEndpointRouteBuilder api)
    {
        api.MapGet("/committees/{classId:guid}", ReadAsync).Query(Permission.ActivityRead).WithName("ReadCommittee")
            .WithSummary("The members whose child is in the class today.");
        api.MapPut("/committees/{classId:guid}", NameAsync).Command(Permission.ActivityManage).WithName("NameCommittee");
    }

    private static async Task<Results<Ok<CommitteeBody>, Problem>> ReadAsync(
        Guid classId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, now, cancel);
        if (await FindAsync(classId, db, cancel) is not { } found
            || !(reach.Covers(found.DistrictId, found.SchoolId, classId) || reach.SeenClasses.Contains(classId)))
        {
            return (Problem)Failures.NotFound;
        }

        var today = await TodayAsync(found, db, now, cancel);
        return TypedResults.Ok(new CommitteeBody(await (
            from member in db.Set<CommitteeMember>()
            where member.SchoolId == found.SchoolId && member.ClassId == classId && db.Set<Enrolment>().Any(e =>
                e.SchoolId == member.SchoolId && e.ClassId == classId && e.StudentId == member.StudentId
                && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today))
            orderby member.Since, member.GuardianId
            select new CommitteeMemberBody(member.GuardianId, member.Role)).ToListAsync(cancel)));
    }

    private static async Task<Results<NoContent, Problem>> NameAsync(
        Guid classId, CommitteeBody body, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var named = body.Members.Select(member => member.GuardianId).ToArray();
        var mistakes = new Mistakes();
        mistakes.Ids("members", named, Least, Most);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        if (await FindAsync(classId, db, cancel) is not { } found || !reach.Covers(found.DistrictId, found.SchoolId, classId))
            return (Problem)Failures.NotFound;

        var today = await TodayAsync(found, db, now, cancel);
        var children = await (
            from guardianship in db.Set<Guardianship>()
            join enrolment in db.Set<Enrolment>() on guardianship.StudentId equals enrolment.StudentId
            where named.Contains(guardianship.GuardianId) && guardianship.WithdrawnOn == null
                && enrolment.SchoolId == found.SchoolId && enrolment.ClassId == classId
                && enrolment.StartsOn <= today && (enrolment.EndsOn == null || enrolment.EndsOn >= today)
            orderby guardianship.StudentId
            select new { guardianship.GuardianId, guardianship.StudentId }).ToListAsync(cancel);
        for (var i = 0; i < named.Length; i++)
        {
            if (!children.Exists(child => child.GuardianId == named[i]))
                mistakes.Add(CommitteeFailures.NotOfClass.At($"members[{i}].guardianId"));
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        var members = await db.Set<CommitteeMember>()
            .Where(member => member.SchoolId == found.SchoolId && member.ClassId == classId).ToListAsync(cancel);
        db.RemoveRange(members.Where(member => !named.Contains(member.GuardianId)));
        foreach (var wanted in body.Members)
        {
            var member = members.Find(known => known.GuardianId == wanted.GuardianId) ?? db.Add(new CommitteeMember
            {
                SchoolId = found.SchoolId,
                ClassId = classId,
                GuardianId = wanted.GuardianId,
                DistrictId = found.DistrictId,
                StudentId = children.Find(child => child.GuardianId == wanted.GuardianId)!.StudentId,
                Since = now,
            }).Entity;
            member.Role = wanted.Role;
        }

        var committee = await db.Set<ParentCommittee>()
            .SingleOrDefaultAsync(one => one.SchoolId == found.SchoolId && one.ClassId == classId, cancel)
            ?? db.Add(new ParentCommittee { SchoolId = found.SchoolId, ClassId = classId, DistrictId = found.DistrictId }).Entity;
        committee.Version++;
        db.Publish(new CommitteeNamed(
            found.DistrictId, found.SchoolId, classId, committee.Version, now,
            [.. body.Members.Select(member => new CommitteeSeat(
                member.GuardianId, children.Find(child => child.GuardianId == member.GuardianId)!.StudentId,
                member.Role == CommitteeRole.GroupModeration))]));
        audit.About("committee", classId, found.DistrictId, found.SchoolId);
        return TypedResults.NoContent();
    }

    private static Task<SchoolClass?> FindAsync(Guid classId, ActivitiesDb db, CancellationToken cancel) =>
        db.Set<SchoolClass>().AsNoTracking().SingleOrDefaultAsync(c => c.ClassId == classId && c.WithdrawnOn == null, cancel);

    private static async Task<DateOnly> TodayAsync(
        SchoolClass of, ActivitiesDb db, DateTimeOffset now, CancellationToken cancel) =>
        LocalTime.Day(now, (await db.PolicyAtAsync(of.DistrictId, of.SchoolId, cancel)).TimeZone);
}
