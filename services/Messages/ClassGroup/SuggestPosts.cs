using HomeSchool.Contracts;
using HomeSchool.Contracts.Messages;
using HomeSchool.Messages.ContactBook;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>What a class's teacher wants suggested.</summary>
/// <param name="Kinds">Highlights daily, micro-lessons weekly, questions monthly; none: nothing is suggested.</param>
public sealed record CadenceBody(IReadOnlyList<GroupPostKind> Kinds);

/// <summary>What could stand in the group next. It has no day by which it must: nothing here is ever overdue (MSG-2).</summary>
/// <param name="Kinds">What the class has not had today, this week, this month, of the kinds that are to be suggested.</param>
/// <param name="NextChildren">For the next highlight: up to five children of the class, those first whom no highlight has named, or not for
/// the longest time.</param>
public sealed record SuggestionsBody(IReadOnlyList<GroupPostKind> Kinds, IReadOnlyList<Guid> NextChildren);

/// <summary>A suggested cadence for a class's group, off until the teacher wants it (MSG-2); highlights go round all children.</summary>
internal static class SuggestPosts
{
    private const string Group = "/schools/{schoolId:guid}/classes/{classId:guid}/group";
    private const int Next = 5;

    public static void MapSuggestPosts(this IEndpointRouteBuilder api)
    {
        api.MapGet(Group + "/cadence", ReadAsync).Query(Permission.GroupManage).WithName("ReadGroupCadence");
        api.MapPut(Group + "/cadence", ChangeAsync).Command(Permission.GroupManage).WithName("ChangeGroupCadence");
        api.MapGet(Group + "/suggestions", SuggestAsync).Query(Permission.GroupManage).WithName("SuggestGroupPosts")
            .WithSummary("What the group could have next, and whose turn a highlight is.");
    }

    private static async Task<Results<Ok<CadenceBody>, Problem>> ReadAsync(
        Guid schoolId, Guid classId, MessagesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupManage, clock.GetUtcNow(), cancel)
            is not { IsStaff: true })
        {
            return (Problem)Failures.NotFound;
        }

        var cadence = await FindAsync(db, schoolId, classId, cancel);
        ETag.Set(http, cadence?.Version ?? 0);
        return TypedResults.Ok(new CadenceBody(cadence?.Kinds ?? []));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid schoolId, Guid classId, CadenceBody body, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (body.Kinds.Count != body.Kinds.Distinct().Count() || body.Kinds.Contains(GroupPostKind.Talk))
            return Problem.Of([Failures.List.At("kinds", 0, 3)]);
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupManage, clock.GetUtcNow(), cancel)
            is not { IsStaff: true } place)
        {
            return (Problem)Failures.NotFound;
        }

        var cadence = await FindAsync(db, schoolId, classId, cancel);
        if (ETag.Mismatch(http, cadence?.Version ?? 0) is { } stale)
            return (Problem)stale;
        cadence ??= db.Add(new GroupCadence { SchoolId = schoolId, ClassId = classId, DistrictId = place.Class.DistrictId }).Entity;
        cadence.Kinds = [.. body.Kinds.Order()];
        cadence.Version++;
        audit.About("group-cadence", classId, place.Class.DistrictId, schoolId);
        ETag.Set(http, cadence.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<SuggestionsBody>, Problem>> SuggestAsync(
        Guid schoolId, Guid classId, MessagesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupManage, clock.GetUtcNow(), cancel)
            is not { IsStaff: true } place)
        {
            return (Problem)Failures.NotFound;
        }

        var wanted = (await FindAsync(db, schoolId, classId, cancel))?.Kinds ?? [];
        var last = await db.Set<GroupPost>()
            .Where(p => p.SchoolId == schoolId && p.ClassId == classId && p.State == GroupPostState.Published && wanted.Contains(p.Kind))
            .GroupBy(p => p.Kind).Select(posts => new { posts.Key, At = posts.Max(p => p.PublishedAt) })
            .ToDictionaryAsync(posts => posts.Key, posts => posts.At, cancel);
        // Nothing is added about a child who is erased, or whose messages are restricted (ARC-10).
        var children = await db.Database.SqlQuery<Guid>(
            $"""
            SELECT e.student_id AS "Value" FROM enrolment e
            WHERE e.school_id = {schoolId} AND e.class_id = {classId}
                AND e.starts_on <= {place.Today} AND (e.ends_on IS NULL OR e.ends_on >= {place.Today})
                AND NOT EXISTS (SELECT FROM platform.erased_student gone WHERE gone.student_id = e.student_id)
                AND NOT EXISTS (SELECT FROM platform.restricted_student held
                    WHERE held.student_id = e.student_id AND 'Messages' = ANY (held.kinds))
            GROUP BY e.student_id
            ORDER BY (SELECT max(p.published_at) FROM group_post_child c
                JOIN group_post p ON p.school_id = c.school_id AND p.id = c.post_id
                WHERE c.student_id = e.student_id AND p.class_id = {classId} AND p.kind = 'Highlight' AND p.state = 'Published')
                NULLS FIRST, e.student_id
            LIMIT {Next}
            """).ToListAsync(cancel);
        return TypedResults.Ok(new SuggestionsBody(
            [.. wanted.Where(kind => last.GetValueOrDefault(kind) is not { } at || !IsStillGood(kind, place.Policy.Day(at), place.Today))],
            children));
    }

    // Days, weeks and months of the district's calendar.
    private static bool IsStillGood(GroupPostKind kind, DateOnly on, DateOnly today) => kind switch
    {
        GroupPostKind.Highlight => on == today,
        GroupPostKind.MicroLesson => KeepContactBook.Monday(on) == KeepContactBook.Monday(today),
        _ => (on.Year, on.Month) == (today.Year, today.Month),
    };

    private static Task<GroupCadence?> FindAsync(MessagesDb db, Guid school, Guid ofClass, CancellationToken cancel) =>
        db.Set<GroupCadence>().SingleOrDefaultAsync(c => c.SchoolId == school && c.ClassId == ofClass, cancel);
}
