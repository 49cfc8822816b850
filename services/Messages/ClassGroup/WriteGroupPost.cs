using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Messages;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>A post for a class's group.</summary>
/// <param name="Kind">What it is; families talk and answer.</param>
/// <param name="Text">What it says, 1–2,000 characters.</param>
/// <param name="StudentIds">The children whom a highlight or a photo shows, 1–60 of the class.</param>
/// <param name="PhotoIds">Photos that Activities keeps, up to 9; each child in them has a guardian's consent.</param>
/// <param name="AnswerTo">The post that it answers.</param>
/// <param name="AcceptTone">The teacher has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record GroupPostRequest(
    GroupPostKind Kind, string Text, IReadOnlyList<Guid>? StudentIds = null, IReadOnlyList<Guid>? PhotoIds = null, Guid? AnswerTo = null,
    bool AcceptTone = false);

/// <summary>What became of a post.</summary>
/// <param name="Id">The post.</param>
/// <param name="State">Published, or held for a moderator.</param>
/// <param name="Findings">Why it is held: the passages.</param>
/// <param name="MayGoPrivate">Whether its author may send it as a private message instead of waiting.</param>
public sealed record WrittenGroupPost(Guid Id, GroupPostState State, IReadOnlyList<GroupFinding> Findings, bool MayGoPrivate);

/// <summary>
/// Writes into a class's group (MSG-2). What looks like an advertisement or venting waits for a moderator, and its author is told at once
/// that it can go as a private message; scores and ranks are refused (MSG-3). Nothing that was written is lost either way.
/// </summary>
internal static class WriteGroupPost
{
    /// <summary>Where posts are.</summary>
    internal const string Route = "/schools/{schoolId:guid}/classes/{classId:guid}/group/posts";

    private const int MostText = 2_000;
    private const int MostChildren = 60;
    private const int MostPhotos = 9;

    public static void MapWriteGroupPost(this IEndpointRouteBuilder api)
    {
        api.MapPost(Route, WriteAsync).Command(Permission.GroupWrite).WithName("WriteGroupPost")
            .WithSummary("Writes into a class's group; what a moderator should see first is held.");
        api.MapDelete(Route + "/{id:guid}", WithdrawAsync).Command(Permission.GroupWrite).WithName("WithdrawGroupPost")
            .WithSummary("Takes back what one wrote, published or not.");
    }

    /// <summary>Announces that the class reads a post.</summary>
    internal static void Announce(MessagesDb db, GroupPost post, DateTimeOffset now) => db.Publish(new GroupPostPublished(
        post.DistrictId, post.SchoolId, post.Id, post.Version, now, post.ClassId, post.Kind, post.StaffId is not null));

    private static async Task<Results<Created<WrittenGroupPost>, Problem>> WriteAsync(
        Guid schoolId, Guid classId, GroupPostRequest request, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (children, photos) = (request.StudentIds ?? [], request.PhotoIds ?? []);
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, MostText);
        mistakes.Ids("studentIds", children, 0, MostChildren);
        mistakes.Ids("photoIds", photos, 0, MostPhotos);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupWrite, now, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        if (await RefusalAsync(place, request, text, children, photos, db, cancel) is { } refused)
            return refused;

        var byFamily = !place.IsStaff;
        var findings = GroupWording.Find(text, place.Policy.GroupWords, byFamily);
        var state = findings.Count == 0 ? GroupPostState.Published : GroupPostState.Held;
        var author = byFamily ? place.Children[0] : null;
        var id = Guid.CreateVersion7(now);
        Guid[] about = author is null ? [.. children.Order()] : [author.StudentId];
        byte[]? content = null;
        if (about.Length > 0)
        {
            content = await vault.SealAsync(
                new Subject(place.Class.DistrictId, schoolId, about), GroupPost.SealedContent.Of(id),
                JsonSerializer.SerializeToUtf8Bytes(new GroupContent(text), Json.Options), cancel);
            if (content is null)
                return (Problem)Failures.Erased;
        }

        var post = db.Add(new GroupPost
        {
            SchoolId = schoolId,
            Id = id,
            DistrictId = place.Class.DistrictId,
            ClassId = classId,
            Kind = request.Kind,
            AnswerTo = request.AnswerTo,
            StaffId = place.StaffId,
            GuardianId = author?.GuardianId,
            StudentId = author?.StudentId,
            Children = children.Count,
            PhotoIds = [.. photos],
            Text = content is null ? text : null,
            Content = content,
            State = state,
            Concerns = [.. findings.Select(finding => finding.Concern).Distinct()],
            WrittenAt = now,
            PublishedAt = state == GroupPostState.Published ? now : null,
        }).Entity;
        db.AddRange(children.Select(child => new GroupPostChild
        {
            SchoolId = schoolId,
            PostId = id,
            StudentId = child,
            DistrictId = place.Class.DistrictId,
        }));
        if (state == GroupPostState.Published)
            Announce(db, post, now);
        audit.About("group-post", id, place.Class.DistrictId, schoolId);
        return TypedResults.Created((string?)null, new WrittenGroupPost(id, state, findings, byFamily && state == GroupPostState.Held));
    }

    private static async Task<Problem?> RefusalAsync(
        GroupPlace place, GroupPostRequest request, string text, IReadOnlyList<Guid> children, IReadOnlyList<Guid> photos, MessagesDb db,
        CancellationToken cancel)
    {
        var (school, ofClass) = (place.Class.SchoolId, place.Class.ClassId);
        var mistakes = new Mistakes();
        if (!place.IsStaff && (request.Kind != GroupPostKind.Talk || children.Count + photos.Count > 0))
            mistakes.Add(GroupFailures.NotFamilys.At("kind"));
        else if (children.Count == 0 && (request.Kind == GroupPostKind.Highlight || photos.Count > 0))
            mistakes.Add(GroupFailures.ChildrenUnnamed.At("studentIds", MostChildren));
        if (children.Count > 0)
        {
            var roll = await GroupPlace.OnRollAsync(db, school, ofClass, place.Today, cancel);
            for (var i = 0; i < children.Count; i++)
            {
                if (!roll.Contains(children[i]))
                    mistakes.Add(MessagesFailures.NotInClass.At($"studentIds[{i}]"));
            }
        }

        if (request.AnswerTo is { } answered && !await db.Set<GroupPost>().AnyAsync(
            p => p.SchoolId == school && p.Id == answered && p.ClassId == ofClass && p.State == GroupPostState.Published, cancel))
        {
            mistakes.Add(GroupFailures.NotForAnswer.At("answerTo"));
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        if (GroupWording.ScoreRefusal(("text", text)) is { } score)
            return score;
        if (place.IsStaff && Tone.Refusal([("text", text)], place.Policy.ToneWords, request.AcceptTone) is { } hint)
            return hint;
        if (!place.IsStaff && await UnreadRulesAsync(place, db, cancel) is { } unread)
            return GroupFailures.RulesUnread.Because(unread);
        return photos.Count == 0 || await db.Set<PhotoConsent>().CountAsync(
            c => c.Given && children.Contains(c.StudentId), cancel) == children.Count ? null : (Problem)GroupFailures.NoConsent;
    }

    // The newest version of the rules when the family has not read it.
    private static async Task<long?> UnreadRulesAsync(GroupPlace place, MessagesDb db, CancellationToken cancel)
    {
        var (school, ofClass) = (place.Class.SchoolId, place.Class.ClassId);
        var newest = await KeepRules.NewestAsync(db, school, ofClass, cancel);
        var guardians = place.Children.Select(child => child.GuardianId).ToArray();
        return newest == 0 || await db.Set<GroupAcknowledgement>().AnyAsync(
            a => a.SchoolId == school && a.ClassId == ofClass && a.Version == newest && guardians.Contains(a.GuardianId), cancel)
            ? null : newest;
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid schoolId, Guid classId, Guid id, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupWrite, clock.GetUtcNow(), cancel) is not { } place
            || await db.Set<GroupPost>().SingleOrDefaultAsync(p => p.SchoolId == schoolId && p.ClassId == classId && p.Id == id, cancel)
                is not { } post
            || !post.IsBy(place))
        {
            return (Problem)Failures.NotFound;
        }

        await db.Set<GroupPostChild>().Where(c => c.SchoolId == schoolId && c.PostId == id).ExecuteDeleteAsync(cancel);
        db.Remove(post);
        audit.About("group-post", id, post.DistrictId, schoolId);
        return TypedResults.NoContent();
    }

    /// <summary>Whether the caller wrote a post.</summary>
    internal static bool IsBy(this GroupPost post, GroupPlace place) =>
        place.IsStaff ? post.GuardianId is null && post.StaffId == place.StaffId
            : place.Children.Any(child => child.GuardianId == post.GuardianId);
}
