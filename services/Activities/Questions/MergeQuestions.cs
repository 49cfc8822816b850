using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Questions;

/// <summary>A topic to make of questions.</summary>
/// <param name="Title">The topic, in words that tell of no child, up to 100 characters.</param>
/// <param name="QuestionIds">The questions that it merges, up to 200 that are in no topic yet; none are needed of a survey's topic.</param>
/// <param name="ClassId">The class whose families vote; <see langword="null"/> for the whole school.</param>
/// <param name="SurveyRoundId">The round of the needs survey whose results show the need (ACT-3).</param>
public sealed record TopicRequest(string Title, IReadOnlyList<Guid> QuestionIds, Guid? ClassId = null, Guid? SurveyRoundId = null);

/// <summary>More questions for a topic.</summary>
/// <param name="QuestionIds">The questions: 1–200 that are in no topic yet.</param>
public sealed record MergeRequest(IReadOnlyList<Guid> QuestionIds);

/// <summary>A topic as staff and families see it.</summary>
/// <param name="Id">The topic.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class whose families vote; <see langword="null"/> for the whole school.</param>
/// <param name="Title">The topic.</param>
/// <param name="Questions">How many questions it merges.</param>
/// <param name="Votes">How many guardians vote for it.</param>
/// <param name="Voted">Whether the caller does.</param>
/// <param name="SurveyRoundId">The round of the needs survey that it comes from.</param>
public sealed record TopicBody(
    Guid Id, Guid SchoolId, Guid? ClassId, string Title, int Questions, int Votes, bool Voted, Guid? SurveyRoundId);

/// <summary>Merges questions into topics, and lets families vote which ones to take up (ACT-2).</summary>
internal static class MergeQuestions
{
    private const int LongestTitle = 100;
    private const int MostQuestions = 200;

    public static void MapTopics(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{schoolId:guid}/topics", MakeAsync).Command(Permission.QuestionManage).WithName("MakeTopic")
            .WithSummary("Makes a topic of questions, for a class or the whole school.");
        api.MapPost("/topics/{id:guid}/questions", MergeAsync).Command(Permission.QuestionManage).WithName("MergeQuestions")
            .WithSummary("Merges more questions into a topic.");
        api.MapGet("/topics", ListAsync).Query(Permission.ParentClassRead).WithName("ListTopics")
            .WithSummary("Topics, the latest first, with votes: a guardian sees those of the children's schools and classes.");
        api.MapPut("/topics/{id:guid}/vote", VoteAsync).Command(Permission.TakePart).WithName("VoteForTopic")
            .WithSummary("A guardian votes for a topic; to vote twice is to vote once.");
        api.MapDelete("/topics/{id:guid}/vote", TakeBackAsync).Command(Permission.TakePart).WithName("TakeVoteBack")
            .WithSummary("A guardian takes the vote back.");
    }

    private static async Task<Results<Created<Made>, Problem>> MakeAsync(
        Guid schoolId, TopicRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", request.Title, LongestTitle);
        mistakes.Ids("questionIds", request.QuestionIds, request.SurveyRoundId is null ? 1 : 0, MostQuestions);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.QuestionManage, now, cancel);
        if (await db.SchoolWithinAsync(reach, schoolId, cancel) is not { } school
            || (request.ClassId is null && !reach.Schools.Contains(schoolId))
            || (request.ClassId is { } named && (await db.ClassWithinAsync(reach, named, cancel))?.SchoolId != schoolId))
            return (Problem)Failures.NotFound;
        var topic = db.Add(new Topic
        {
            SchoolId = schoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = school.DistrictId,
            ClassId = request.ClassId,
            Title = title,
            SurveyRoundId = request.SurveyRoundId,
            CreatedAt = now,
        }).Entity;
        if (await PutAsync(db, reach, topic, request.QuestionIds, cancel) is { } refusal)
            return refusal;
        audit.About("topic", topic.Id, topic.DistrictId, schoolId);
        return TypedResults.Created((string?)null, new Made(topic.Id));
    }

    private static async Task<Results<NoContent, Problem>> MergeAsync(
        Guid id, MergeRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        mistakes.Ids("questionIds", request.QuestionIds, 1, MostQuestions);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.QuestionManage, clock.GetUtcNow(), cancel);
        var topic = await db.Set<Topic>().AsNoTracking().SingleOrDefaultAsync(
            t => t.Id == id && (reach.Schools.Contains(t.SchoolId) || reach.Classes.Contains(t.ClassId!.Value)), cancel);
        if (topic is null)
            return (Problem)Failures.NotFound;
        if (await PutAsync(db, reach, topic, request.QuestionIds, cancel) is { } refusal)
            return refusal;
        audit.About("topic", id, topic.DistrictId, topic.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<TopicBody>>, Problem>> ListAsync(
        ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var reach = await Reach.OfAsync(db, current, Permission.ParentClassRead, clock.GetUtcNow(), cancel);
        var topics = db.TopicsSeenBy(reach);
        if (last is not null)
            topics = topics.Where(t => t.Id < last);
        var guardians = reach.Children.Select(child => child.GuardianId).OfType<Guid>().ToArray();
        var votes = db.Set<TopicVote>();
        var most = Cursor.Size(size);
        var rows = await topics.OrderByDescending(t => t.Id).Take(most + 1).Select(t => new TopicBody(
            t.Id, t.SchoolId, t.ClassId, t.Title, db.Set<Question>().Count(q => q.SchoolId == t.SchoolId && q.TopicId == t.Id),
            votes.Count(v => v.SchoolId == t.SchoolId && v.TopicId == t.Id),
            votes.Any(v => v.SchoolId == t.SchoolId && v.TopicId == t.Id && guardians.Contains(v.GuardianId)), t.SurveyRoundId))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, most, t => t.Id));
    }

    private static async Task<Results<NoContent, Problem>> VoteAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (await FindAsync(db, id, current, clock.GetUtcNow(), cancel) is not (var topic, { GuardianId: { } guardian } child))
            return (Problem)Failures.NotFound;
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO topic_vote (school_id, topic_id, guardian_id, student_id, district_id)
            VALUES ({topic.SchoolId}, {id}, {guardian}, {child.StudentId}, {topic.DistrictId}) ON CONFLICT DO NOTHING
            """, cancel);
        audit.About("topic", id, topic.DistrictId, topic.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> TakeBackAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (await FindAsync(db, id, current, clock.GetUtcNow(), cancel) is not (var topic, { GuardianId: { } guardian }))
            return (Problem)Failures.NotFound;
        await db.Set<TopicVote>().Where(v => v.SchoolId == topic.SchoolId && v.TopicId == id && v.GuardianId == guardian)
            .ExecuteDeleteAsync(cancel);
        audit.About("topic", id, topic.DistrictId, topic.SchoolId);
        return TypedResults.NoContent();
    }

    private static IQueryable<Topic> TopicsSeenBy(this ActivitiesDb db, Reach reach)
    {
        var schools = reach.Children.Select(child => child.SchoolId).Concat(reach.StaffSchools).ToArray();
        var classes = reach.SeenClasses;
        return db.Set<Topic>().AsNoTracking().Where(t => reach.Schools.Contains(t.SchoolId)
            || (t.ClassId == null ? schools.Contains(t.SchoolId) : classes.Contains(t.ClassId.Value)));
    }

    private static async Task<(Topic Topic, OwnChild Child)?> FindAsync(
        ActivitiesDb db, Guid id, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        return await db.TopicsSeenBy(reach).SingleOrDefaultAsync(t => t.Id == id, cancel) is { } topic
            ? (topic, reach.Children.First(child => child.SchoolId == topic.SchoolId)) : null;
    }

    // Of two who merge one question at a time, the second is refused: it is in a topic then.
    private static async Task<Problem?> PutAsync(
        ActivitiesDb db, Reach reach, Topic topic, IReadOnlyList<Guid> questions, CancellationToken cancel)
    {
        var put = await db.QuestionsWithin(reach, topic.SchoolId)
            .Where(q => questions.Contains(q.Id) && q.TopicId == null && (topic.ClassId == null || q.ClassId == topic.ClassId))
            .ExecuteUpdateAsync(q => q.SetProperty(x => x.TopicId, topic.Id), cancel);
        return put == questions.Count ? null : Problem.Of([QuestionFailures.NoSuchQuestions.At("questionIds")]);
    }
}
