using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Visits;

/// <summary>The record of a visit (VIS-10): three fields, and what differs from the appointment.</summary>
/// <param name="Summary">What was talked about, 1–4,000 characters.</param>
/// <param name="Agreed">What was agreed, 1–2,000 characters.</param>
/// <param name="GuardianFeedback">The guardian's feedback, in one tap.</param>
/// <param name="FeedbackText">The same in words, up to 1,000 characters.</param>
/// <param name="Student">Habits, interests, mood, peers.</param>
/// <param name="Family">Atmosphere, parenting, support.</param>
/// <param name="Needs">Suggestions, difficulties, support wanted.</param>
/// <param name="GuardianTookPart">Whether a guardian took part.</param>
/// <param name="Mode">How it was held; as agreed when missing.</param>
/// <param name="HeldAt">When it began; when it was started, or else as agreed, when missing.</param>
/// <param name="Minutes">How long it took, 1–480; as agreed when missing.</param>
public sealed record RecordRequest(
    string Summary, string Agreed, GuardianFeedback GuardianFeedback, string? FeedbackText = null,
    RecordDimension? Student = null, RecordDimension? Family = null, RecordDimension? Needs = null,
    bool GuardianTookPart = true, VisitMode? Mode = null, DateTimeOffset? HeldAt = null, int? Minutes = null);

/// <summary>A visit that is complete.</summary>
/// <param name="Id">The visit.</param>
/// <param name="HeldOn">The day it was held.</param>
/// <param name="Effective">Whether it is an effective contact (VIS-1).</param>
public sealed record CompletedVisit(Guid Id, DateOnly HeldOn, bool Effective);

/// <summary>Completes a visit with its record (VIS-10), which makes it count (VIS-1).</summary>
internal static class CompleteVisit
{
    private const int LongestMinutes = 480;
    private const int LongestSummary = 4_000;
    private const int LongestText = 2_000;
    private const int LongestFeedback = 1_000;
    private const int MostChips = 10;
    private const int LongestChip = 30;

    public static void MapCompleteVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("/{id:guid}/complete", CompleteAsync).Command(Permission.VisitRecord).WithName("CompleteVisit");

    private static async Task<Results<Ok<CompletedVisit>, Problem>> CompleteAsync(
        Guid id, RecordRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var content = new RecordContent(
            mistakes.Text("summary", request.Summary, LongestSummary),
            mistakes.Text("agreed", request.Agreed, LongestText),
            request.GuardianFeedback,
            mistakes.OptionalText("feedbackText", request.FeedbackText, LongestFeedback),
            Checked("student", request.Student, mistakes),
            Checked("family", request.Family, mistakes),
            Checked("needs", request.Needs, mistakes));
        mistakes.Range("minutes", request.Minutes, 1, LongestMinutes);
        if (request.HeldAt is not null)
            mistakes.Time("heldAt", request.HeldAt, now);
        if (mistakes.Refusal is { } invalid)
            return invalid;

        if (await db.FindAsync(current.Caller, Permission.VisitRecord, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;
        var held = new VisitHeld(request.HeldAt?.ToUniversalTime(), request.Minutes, request.Mode, request.GuardianTookPart);
        if (visit.Complete(held, now) is { } refused)
            return refused;
        var text = JsonSerializer.SerializeToUtf8Bytes(content, Json.Options);
        if (await vault.SealAsync(visit.ToSubject(), VisitRecord.ContentOf(id), text, cancel) is not { } sealedContent)
            return (Problem)Failures.Erased;

        db.Add(new VisitRecord
        {
            SchoolId = visit.SchoolId,
            VisitId = visit.Id,
            DistrictId = visit.DistrictId,
            AuthorId = current.Caller.With(Permission.VisitRecord)
                .FirstOrDefault(grant => visit.Students.Any(student => student.ClassId == grant.ClassId))?.PersonId,
            RecordedAt = now,
            Content = sealedContent,
        });
        db.Publish(visit.ToCompleted());
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, visit.Version);
        return TypedResults.Ok(new CompletedVisit(visit.Id, visit.HeldOn!.Value, visit.Effective!.Value));
    }

    private static RecordDimension? Checked(string field, RecordDimension? dimension, Mistakes mistakes)
    {
        var chips = mistakes.Texts($"{field}.chips", dimension?.Chips, MostChips, LongestChip);
        var text = mistakes.OptionalText($"{field}.text", dimension?.Text, LongestText);
        return chips.Count == 0 && text is null ? null : new RecordDimension(chips, text);
    }
}
