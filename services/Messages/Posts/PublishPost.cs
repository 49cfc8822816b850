using HomeSchool.Contracts;
using HomeSchool.Messages.Burden;
using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.Delivery;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Posts;

/// <summary>A notice to be sent: a text, and to whom.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="Title">What it is called, 1–100 characters.</param>
/// <param name="Text">What it says, 1–5,000 characters.</param>
/// <param name="SchoolId">The school; without one it goes to the whole district.</param>
/// <param name="ClassId">The class; without one, to all.</param>
/// <param name="Grade">The grade; without one, to all.</param>
/// <param name="Urgent">Whether it is about safety: then it waits for nothing (MSG-6).</param>
/// <param name="AsksAnswer">Whether families are to answer.</param>
/// <param name="Replaces">Which form this one replaces, up to 200 characters: asked of a school's or district's notice that wants
/// answers (ALL-6).</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record PostRequest(
    Guid DistrictId, string Title, string Text, Guid? SchoolId = null, Guid? ClassId = null, string? Grade = null,
    bool Urgent = false, bool AsksAnswer = false, string? Replaces = null, bool AcceptTone = false);

/// <summary>A notice that was accepted.</summary>
/// <param name="Id">The notice.</param>
/// <param name="Warnings">What it costs those whom it reaches, above the budget (ALL-6); it is sent all the same.</param>
public sealed record PublishedPost(Guid Id, IReadOnlyList<PublisherWarning> Warnings);

/// <summary>What a notice would be warned of.</summary>
/// <param name="Warnings">As it would be when it were sent now.</param>
public sealed record CheckedPost(IReadOnlyList<PublisherWarning> Warnings);

/// <summary>
/// Sends a notice to a class, a grade, a school or the district (MSG-4). It is accepted as it is; <see cref="SendPosts"/>
/// gives it to the guardians, since those of a whole district are not one request's work.
/// </summary>
internal static class PublishPost
{
    public static void MapPublishPost(this IEndpointRouteBuilder api)
    {
        api.MapPost("/posts", PublishAsync).Command(Permission.MessagePublish).WithName("PublishPost")
            .WithSummary("Sends a notice to the families of a class, a grade, a school or the district.");
        api.MapPost("/posts/check", CheckAsync).Query(Permission.MessagePublish).WithName("CheckPost")
            .WithSummary("Says what sending this notice would be warned of; nothing is sent or kept.");
    }

    // It may be asked with a screen that is half filled in: of its texts nothing is said.
    private static async Task<Results<Ok<CheckedPost>, Problem>> CheckAsync(
        PostRequest request, MessagesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        CheckPlace(mistakes, request);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = MessagesReach.Of(current, Permission.MessagePublish);
        if (!reach.Covers(request.DistrictId, request.SchoolId, request.ClassId))
            return (Problem)Failures.NotFound;
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (!await db.Set<School>().AnyAsync(
            s => s.DistrictId == request.DistrictId && s.WithdrawnOn == null
                && (request.SchoolId == null || s.SchoolId == request.SchoolId)
                && (request.ClassId == null || db.Set<SchoolClass>().Any(
                    c => c.SchoolId == s.SchoolId && c.ClassId == request.ClassId && c.WithdrawnOn == null)),
            cancel))
        {
            return (Problem)Failures.NotFound;
        }

        return TypedResults.Ok(new CheckedPost(
            await BurdenBudget.WarningsAsync(db, request, IsOfOthers(reach, request), clock.GetUtcNow(), cancel)));
    }

    private static string? CheckPlace(Mistakes mistakes, PostRequest request)
    {
        var grade = mistakes.OptionalText("grade", request.Grade, 40);
        if ((request.SchoolId is null && (request.ClassId is not null || grade is not null))
            || (request.ClassId is not null && grade is not null))
        {
            mistakes.Add(MessagesFailures.ScopeUnfit.At("schoolId"));
        }

        return grade;
    }

    // Whoever holds the whole school or district makes work for the classes' teachers; a teacher knows the own.
    private static bool IsOfOthers(MessagesReach reach, PostRequest request) =>
        reach.Covers(request.DistrictId, request.SchoolId, null);

    private static async Task<Results<Created<PublishedPost>, Problem>> PublishAsync(
        PostRequest request, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", request.Title, 100);
        var text = mistakes.Text("text", request.Text, 5_000);
        var replaces = mistakes.OptionalText("replaces", request.Replaces, 200);
        var grade = CheckPlace(mistakes, request);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = MessagesReach.Of(current, Permission.MessagePublish);
        if (!reach.Covers(request.DistrictId, request.SchoolId, request.ClassId))
            return (Problem)Failures.NotFound;

        if (GroupWording.ScoreRefusal(("title", title), ("text", text)) is { } score)
            return score;
        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == request.DistrictId, cancel);
        if (Tone.Refusal([("title", title), ("text", text)], policy?.Settings.ToneWords, request.AcceptTone) is { } hint)
            return hint;

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var turn = request.Urgent ? PostTurn.Urgent : request.SchoolId is null ? PostTurn.District : PostTurn.School;
        // One statement for all schools. A class must be one of the school's: nobody is reached through another's.
        var schools = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO post_progress (school_id, post_id, district_id, turn, last_guardian_id, guardians)
            SELECT s.school_id, {id}, s.district_id, {(int)turn}, {Guid.Empty}, 0 FROM school s
            WHERE s.district_id = {request.DistrictId} AND s.withdrawn_on IS NULL
                AND ({request.SchoolId}::uuid IS NULL OR s.school_id = {request.SchoolId})
                AND ({request.ClassId}::uuid IS NULL OR EXISTS (SELECT FROM school_class c
                    WHERE c.school_id = s.school_id AND c.class_id = {request.ClassId} AND c.withdrawn_on IS NULL))
            """, cancel);
        if (schools == 0)
            return (Problem)Failures.NotFound;
        var warnings = await BurdenBudget.WarningsAsync(db, request, IsOfOthers(reach, request), now, cancel);
        var post = db.Add(new Post
        {
            Id = id,
            DistrictId = request.DistrictId,
            SchoolId = request.SchoolId,
            ClassId = request.ClassId,
            Grade = grade,
            Title = title,
            Text = text,
            Urgent = request.Urgent,
            AsksAnswer = request.AsksAnswer,
            Replaces = replaces,
            AuthorId = current.Caller.With(Permission.MessagePublish).Select(grant => grant.PersonId).FirstOrDefault(),
            PublishedAt = now,
        }).Entity;
        await ClassRobot.AnnounceAsync(db, post, cancel);
        audit.About("post", id, request.DistrictId, request.SchoolId);
        return TypedResults.Created($"/api/messages/posts/{id}", new PublishedPost(id, warnings));
    }
}
