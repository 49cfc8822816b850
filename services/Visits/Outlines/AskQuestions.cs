using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Outlines;

/// <summary>What the family wants to ask in a visit (VIS-7), in its own words; sealed.</summary>
public sealed class VisitQuestions
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The account, or the link, that it came by.</summary>
    public string AskedBy { get; set; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset AskedAt { get; set; }

    /// <summary>A list of questions as JSON, sealed; an empty one says that there are none.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("visits.visit_question", "content", "visit_id");
}

/// <summary>Questions for a visit.</summary>
/// <param name="Questions">Up to 10 of 300 characters, all that there are; empty: no questions.</param>
public sealed record QuestionsBody(IReadOnlyList<string> Questions);

/// <summary>A guardian says before the visit what to talk about (VIS-7), by account or by the link to the appointment.</summary>
internal static class AskQuestions
{
    /// <summary>All questions of a visit at most, one a line.</summary>
    internal const int LongestTogether = OutlineContent.MostPoints * (OutlineContent.LongestPoint + 2);

    public static void MapAskQuestions(this IEndpointRouteBuilder api)
    {
        api.MapPut("/{id:guid}/questions", AskAsync).Command(Permission.VisitAnswer).WithName("AskVisitQuestions");
        api.MapPut("/answers/{token}/questions", AskByLinkAsync).AddEndpointFilter(AnswerLink.OpenLinkAsync)
            .OpenCommand(AnswerLink.Why).WithName("AskVisitQuestionsByLink");
    }

    private static async Task<Results<NoContent, Problem>> AskAsync(
        Guid id, QuestionsBody request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitAnswer, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        return await TakeAsync(visit, request, db, vault, current.Caller, audit, clock.GetUtcNow(), cancel) is { } refused
            ? refused : TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> AskByLinkAsync(
        string token, QuestionsBody request, VisitsDb db, KeyVault vault, AnswerLinks links, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (visit, refused) = await AnswerLink.FindAsync(db, links, token, now, cancel);
        if (visit is null)
            return refused!;
        return await TakeAsync(visit, request, db, vault, current.Caller, audit, now, cancel) is { } untaken
            ? untaken : TypedResults.NoContent();
    }

    /// <summary>Whether they are as few and as short as questions may be.</summary>
    internal static bool AreFew(IReadOnlyCollection<string> questions) =>
        questions.Count <= OutlineContent.MostPoints && questions.All(question => question.Length <= OutlineContent.LongestPoint);

    /// <summary>Takes questions, by whichever way they came.</summary>
    internal static async Task<Problem?> TakeAsync(
        Visit visit, QuestionsBody request, VisitsDb db, KeyVault vault, Caller caller, AuditTrail audit, DateTimeOffset now,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var questions = mistakes.Texts("questions", request.Questions, OutlineContent.MostPoints, OutlineContent.LongestPoint);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (!visit.IsOpen)
            return VisitsFailures.NotOpen;
        var text = JsonSerializer.SerializeToUtf8Bytes(questions, Json.Options);
        if (await vault.SealAsync(visit.ToSubject(), VisitQuestions.SealedContent.Of(visit.Id), text, cancel) is not { } content)
            return Failures.Erased;

        var asked = await db.Set<VisitQuestions>()
            .SingleOrDefaultAsync(asked => asked.SchoolId == visit.SchoolId && asked.VisitId == visit.Id, cancel)
            ?? db.Add(new VisitQuestions { SchoolId = visit.SchoolId, VisitId = visit.Id, DistrictId = visit.DistrictId }).Entity;
        (asked.AskedBy, asked.AskedAt, asked.Content) = (caller.Name, now, content);
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        return null;
    }
}
