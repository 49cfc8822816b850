using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

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
/// <param name="Holiday">What was agreed for the holidays (VIS-16).</param>
/// <param name="Internal">The part labelled 内部资料, up to 4,000 characters: read only by whom the policy names (ARC-7).</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record RecordRequest(
    string Summary, string Agreed, GuardianFeedback GuardianFeedback, string? FeedbackText = null,
    RecordDimension? Student = null, RecordDimension? Family = null, RecordDimension? Needs = null,
    bool GuardianTookPart = true, VisitMode? Mode = null, DateTimeOffset? HeldAt = null, int? Minutes = null,
    HolidayPlan? Holiday = null, string? Internal = null, bool AcceptTone = false)
    : RecordTexts(Summary, Agreed, GuardianFeedback, FeedbackText, Student, Family, Needs, Holiday, Internal, AcceptTone);

/// <summary>A visit that is complete.</summary>
/// <param name="Id">The visit.</param>
/// <param name="HeldOn">The day it was held.</param>
/// <param name="Effective">Whether it is an effective contact (VIS-1).</param>
/// <param name="Late">Whether its record was due before (VIS-10).</param>
/// <param name="Warnings">What its writer should know (VIS-16).</param>
public sealed record CompletedVisit(
    Guid Id, DateOnly HeldOn, bool Effective, bool Late, IReadOnlyList<WarningText> Warnings);

/// <summary>Completes a visit with its record (VIS-10), which makes it count (VIS-1).</summary>
internal static class CompleteVisit
{
    public const int LongestMinutes = 480;

    private static readonly Warning HolidayPlanMissing = new("visits.holiday-plan-missing",
        "期末家访建议与家长约定假期成长计划（书单、家务）。",
        "Closing visits agree on a holiday growth plan: a reading list, household tasks.");

    public static void MapCompleteVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("/{id:guid}/complete", CompleteAsync).Command(Permission.VisitRecord).WithName("CompleteVisit");

    private static async Task<Results<Ok<CompletedVisit>, Problem>> CompleteAsync(
        Guid id, RecordRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var (content, internalPart) = request.Check(mistakes);
        mistakes.Range("minutes", request.Minutes, 1, LongestMinutes);
        if (request.HeldAt is not null)
            mistakes.Time("heldAt", request.HeldAt, now);
        if (mistakes.Refusal is { } invalid)
            return invalid;

        if (await db.FindAsync(current.Caller, Permission.VisitRecord, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;
        var isStarted = visit.State == VisitState.Started;
        var held = new VisitHeld(
            request.HeldAt?.ToUniversalTime(), request.Minutes, request.Mode, request.GuardianTookPart,
            (request.Mode ?? visit.Mode) == VisitMode.Text && await db.TextCountsAsync(visit, cancel));
        if (visit.Complete(held, now) is { } refused)
            return refused;
        var facts = await RecordFacts.ReadAsync(db, visit, cancel);
        if (!isStarted && facts.OutlineRefusal(visit) is { } unprepared)
            return unprepared;
        if (Tone.Refusal(RecordTexts.Worded(content), facts.Policy.ToneWords, request.AcceptTone) is { } hint)
            return hint;

        var late = LocalTime.Day(now, visit.TimeZone) > visit.RecordDueOn;
        var author = current.Caller.AuthorOf(visit, Permission.VisitRecord);
        if (await RecordTexts.SealAsync(visit, 1, late, content, internalPart, author, vault, now, cancel) is not { } record)
            return (Problem)Failures.Erased;
        db.Add(record);
        db.Add(await RecordMark.OfAsync(visit, content.Summary, vault, now, cancel));
        // A visit is completed once: nothing was said of this contact before, and its rows go along with the record's.
        db.AddRange(DoneContact.Of(visit));
        db.AddRange(visit.Students.Select(
            student => new WorkMark { DistrictId = visit.DistrictId, StudentId = student.StudentId }));
        db.AddRange(LedgerEntry.Of(visit, record, request.GuardianFeedback));
        // Held earlier than agreed: nobody is taken at the old time any more (VIS-4).
        if (visit.StartsAt > now)
            await db.Busy.Where(busy => busy.VisitId == id && busy.StartsAt > now).ExecuteDeleteAsync(cancel);
        db.Publish(visit.ToCompleted());
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, visit.Version);
        Warning[] warnings = content.Holiday is null && facts.IsClosing(visit.HeldOn!.Value) ? [HolidayPlanMissing] : [];
        var chinese = Language.IsChinese(http);
        return TypedResults.Ok(new CompletedVisit(
            visit.Id, visit.HeldOn!.Value, visit.Effective!.Value, late,
            [.. warnings.Select(warning => warning.In(chinese))]));
    }

    /// <summary>Who the caller is at the school or class of a visit, as the author of what is written about it.</summary>
    internal static Guid? AuthorOf(this Caller caller, Visit visit, Permission permission) =>
        caller.With(permission).FirstOrDefault(grant => grant.SchoolId == visit.SchoolId
            && (grant.ClassId is null || visit.Students.Any(student => student.ClassId == grant.ClassId)))?.PersonId;
}
