using HomeSchool.Contracts;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>A post that waits for a moderator.</summary>
/// <param name="Post">The post.</param>
/// <param name="Findings">Why it waits: the passages.</param>
public sealed record HeldPost(GroupPostBody Post, IReadOnlyList<GroupFinding> Findings);

/// <summary>A moderator's decision.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Reason">Why; to release is to find it within the rules.</param>
public sealed record DecisionRequest(GroupDecisionKind Kind, GroupReason Reason);

/// <summary>A decision in the log.</summary>
/// <param name="Id">The decision.</param>
/// <param name="PostId">The post.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Concerns">What had been found by itself.</param>
/// <param name="Reason">Why.</param>
/// <param name="StaffId">The staff member who decided.</param>
/// <param name="GuardianId">The volunteer who decided.</param>
/// <param name="DecidedAt">When.</param>
public sealed record DecisionBody(
    Guid Id, Guid PostId, GroupDecisionKind Kind, IReadOnlyList<GroupConcern> Concerns, GroupReason Reason, Guid? StaffId,
    Guid? GuardianId, DateTimeOffset DecidedAt);

/// <summary>
/// Moderates a class's group (MSG-3): the teacher, the school's officer, and volunteers of the parent committee, who see and decide on what
/// families post there and nothing else. Each decision is logged, and the author is told.
/// </summary>
internal static class ModerateGroup
{
    private const string Group = "/schools/{schoolId:guid}/classes/{classId:guid}/group";

    public static void MapModerateGroup(this IEndpointRouteBuilder api)
    {
        api.MapGet(Group + "/queue", QueueAsync).Query(Permission.GroupModerate).WithName("ListHeldGroupPosts")
            .WithSummary("What waits for a moderator, oldest first.");
        api.MapPost(WriteGroupPost.Route + "/{id:guid}/decisions", DecideAsync).Command(Permission.GroupModerate)
            .WithName("DecideOnGroupPost").WithSummary("Publishes what waits, or stops what waits or is published.");
        api.MapGet(Group + "/decisions", LogAsync).Query(Permission.GroupManage).WithName("ListGroupDecisions")
            .WithSummary("Who decided what, newest first.");
    }

    private static async Task<Results<Ok<Page<HeldPost>>, Problem>> QueueAsync(
        Guid schoolId, Guid classId, MessagesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await ModeratorAsync(db, schoolId, classId, current, clock.GetUtcNow(), cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var (limit, all) = (Cursor.Size(size), place.IsStaff);
        var rows = await db.Set<GroupPost>().AsNoTracking()
            .Where(p => p.SchoolId == schoolId && p.ClassId == classId && p.State == GroupPostState.Held
                && (all || p.GuardianId != null) && (last == null || p.Id > last))
            .OrderBy(p => p.Id).Take(limit + 1).ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Id);
        return TypedResults.Ok(new Page<HeldPost>(
            [.. (await ReadGroup.OpenAsync(db, vault, page.Items, cancel)).Select(post => new HeldPost(
                place.IsStaff ? post : ReadGroup.For(place, post), GroupWording.Find(post.Text, place.Policy.GroupWords, post.GuardianId is not null)))],
            page.Next));
    }

    private static async Task<Results<NoContent, Problem>> DecideAsync(
        Guid schoolId, Guid classId, Guid id, DecisionRequest request, MessagesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (request.Kind == GroupDecisionKind.Release != (request.Reason == GroupReason.WithinRules))
            return Problem.Of([GroupFailures.ReasonNeeded.At("reason")]);
        var now = clock.GetUtcNow();
        if (await ModeratorAsync(db, schoolId, classId, current, now, cancel) is not { } place
            || await db.Set<GroupPost>().SingleOrDefaultAsync(p => p.SchoolId == schoolId && p.ClassId == classId && p.Id == id, cancel)
                is not { } post
            || !(place.IsStaff || post.GuardianId is not null))
        {
            return (Problem)Failures.NotFound;
        }

        if (post.IsBy(place))
            return (Problem)GroupFailures.OwnPost;
        var isStanding = post.State == GroupPostState.Held
            || (post.State == GroupPostState.Published && request.Kind == GroupDecisionKind.Stop);
        if (!isStanding)
            return (Problem)GroupFailures.NotHeld;

        post.State = request.Kind == GroupDecisionKind.Release ? GroupPostState.Published : GroupPostState.Stopped;
        post.Version++;
        if (post.State == GroupPostState.Published)
        {
            post.PublishedAt = now;
            WriteGroupPost.Announce(db, post, now);
        }

        var volunteer = place.IsStaff ? null : place.Children[0];
        var decision = db.Add(new GroupDecision
        {
            SchoolId = schoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = post.DistrictId,
            ClassId = classId,
            PostId = id,
            Kind = request.Kind,
            Concerns = post.Concerns,
            Reason = request.Reason,
            StaffId = place.StaffId,
            GuardianId = volunteer?.GuardianId,
            StudentId = volunteer?.StudentId,
            DecidedAt = now,
        }).Entity;
        audit.About("group-decision", decision.Id, post.DistrictId, schoolId);
        if (post is { GuardianId: { } author, StudentId: { } child })
        {
            await Telling.TellAsync(
                (NpgsqlConnection)db.Database.GetDbConnection(),
                [new News(post.DistrictId, schoolId, id, post.Version, NotificationKind.GroupDecision, [child]) { GuardianId = author }],
                now, cancel);
        }

        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<DecisionBody>>, Problem>> LogAsync(
        Guid schoolId, Guid classId, MessagesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupManage, clock.GetUtcNow(), cancel)
            is not { IsStaff: true })
        {
            return (Problem)Failures.NotFound;
        }

        var limit = Cursor.Size(size);
        var rows = await db.Set<GroupDecision>().AsNoTracking()
            .Where(d => d.SchoolId == schoolId && d.ClassId == classId && (last == null || d.Id < last))
            .OrderByDescending(d => d.Id).Take(limit + 1)
            .Select(d => new DecisionBody(d.Id, d.PostId, d.Kind, d.Concerns, d.Reason, d.StaffId, d.GuardianId, d.DecidedAt))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, limit, row => row.Id));
    }

    // Of families, the volunteers alone.
    private static async Task<GroupPlace?> ModeratorAsync(
        MessagesDb db, Guid school, Guid ofClass, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        if (await GroupPlace.FindAsync(db, school, ofClass, current, Permission.GroupModerate, now, cancel) is not { } place)
            return null;
        if (place.IsStaff)
            return place;
        var volunteers = await db.Set<GroupModerator>().Where(m => m.SchoolId == school && m.ClassId == ofClass)
            .Select(m => m.GuardianId).ToListAsync(cancel);
        var own = place.Children.Where(child => volunteers.Contains(child.GuardianId)).ToArray();
        return own.Length == 0 ? null : place with { Children = own };
    }
}
