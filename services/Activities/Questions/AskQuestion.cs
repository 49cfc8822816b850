using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Questions;

/// <summary>A guardian's question.</summary>
/// <param name="StudentId">The own child that it is about.</param>
/// <param name="Text">What puzzles the guardian, 1–500 characters.</param>
public sealed record QuestionRequest(Guid StudentId, string Text);

/// <summary>A question as those see it who merge: without who asked.</summary>
/// <param name="Id">The question.</param>
/// <param name="ClassId">The class.</param>
/// <param name="Text">What was asked; <see langword="null"/> when it is erased.</param>
/// <param name="AskedAt">When.</param>
/// <param name="TopicId">The topic that it was merged into.</param>
public sealed record QuestionBody(Guid Id, Guid ClassId, string? Text, DateTimeOffset AskedAt, Guid? TopicId);

/// <summary>What was made.</summary>
/// <param name="Id">Its id.</param>
public sealed record Made(Guid Id);

/// <summary>Gathers guardians' questions (教育困惑众筹, ACT-2).</summary>
internal static class AskQuestion
{
    private const int LongestText = 500;

    public static void MapAskQuestion(this IEndpointRouteBuilder api)
    {
        api.MapPost("/questions", AskAsync).Command(Permission.TakePart).WithName("AskQuestion")
            .WithSummary("A guardian asks what puzzles him; staff read it without his name.");
        api.MapGet("/schools/{schoolId:guid}/questions", ListAsync).Query(Permission.QuestionManage).WithName("ListQuestions")
            .WithSummary("Questions, the latest first: a school's, or the caller's class's.");
    }

    private static async Task<Results<Created<Made>, Problem>> AskAsync(
        QuestionRequest request, ActivitiesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        if (Array.Find(reach.Children, c => c.StudentId == request.StudentId)
            is not { ClassId: { } @class, GuardianId: { } guardian } child)
            return (Problem)Failures.NotFound;
        var id = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(child.DistrictId, child.SchoolId, child.StudentId), Question.SealedContent.Of(id),
            Encoding.UTF8.GetBytes(text), cancel) is not { } content)
            return (Problem)Failures.Erased;
        db.Add(new Question
        {
            SchoolId = child.SchoolId,
            Id = id,
            DistrictId = child.DistrictId,
            ClassId = @class,
            StudentId = child.StudentId,
            GuardianId = guardian,
            Content = content,
            AskedAt = now,
        });
        audit.About("question", id, child.DistrictId, child.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<Ok<Page<QuestionBody>>, Problem>> ListAsync(
        Guid schoolId, ActivitiesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        Guid? topicId = null, bool merged = true, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var reach = await Reach.OfAsync(db, current, Permission.QuestionManage, clock.GetUtcNow(), cancel);
        if (await db.SchoolWithinAsync(reach, schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var questions = db.QuestionsWithin(reach, schoolId).AsNoTracking();
        if (topicId is not null)
            questions = questions.Where(q => q.TopicId == topicId);
        if (!merged)
            questions = questions.Where(q => q.TopicId == null);
        if (last is not null)
            questions = questions.Where(q => q.Id < last);
        var most = Cursor.Size(size);
        var page = Page.From(await questions.OrderByDescending(q => q.Id).Take(most + 1).ToListAsync(cancel), most, q => q.Id);
        await vault.FetchAsync(page.Items.Select(q => q.Content), cancel);
        var bodies = new List<QuestionBody>();
        foreach (var question in page.Items)
        {
            var text = await vault.OpenAsync(
                school.DistrictId, Question.SealedContent.Of(question.Id), question.Content, cancel);
            bodies.Add(new QuestionBody(
                question.Id, question.ClassId, text is null ? null : Encoding.UTF8.GetString(text), question.AskedAt,
                question.TopicId));
        }

        return TypedResults.Ok(new Page<QuestionBody>(bodies, page.Next));
    }

    /// <summary>The questions of a school that somebody merges: all of it, or those of the own classes.</summary>
    internal static IQueryable<Question> QuestionsWithin(this ActivitiesDb db, Reach reach, Guid school) =>
        db.Set<Question>().Where(q => q.SchoolId == school
            && (reach.Schools.Contains(q.SchoolId) || reach.Classes.Contains(q.ClassId)));
}
