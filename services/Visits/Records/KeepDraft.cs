using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

/// <summary>
/// What is written of a record so far; sealed. A visit has one, which whoever stands in goes on with (VIS-20). The database
/// deletes it in the moment in which the visit is completed or called off.
/// </summary>
public sealed class VisitDraft
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The client's own number; only a higher one replaces it.</summary>
    public long Revision { get; init; }

    /// <summary>When it arrived.</summary>
    public DateTimeOffset SavedAt { get; init; }

    /// <summary>A <see cref="RecordDraft"/> as JSON, sealed.</summary>
    public required byte[] Content { get; init; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("visits.visit_draft", "content", "visit_id");
}

/// <summary>A record as far as it is written: the members of the record, none of them required.</summary>
/// <param name="Summary">What was talked about.</param>
/// <param name="Agreed">What was agreed.</param>
/// <param name="GuardianFeedback">The guardian's feedback.</param>
/// <param name="FeedbackText">The same in words.</param>
/// <param name="Student">Habits, interests, mood, peers.</param>
/// <param name="Family">Atmosphere, parenting, support.</param>
/// <param name="Needs">Suggestions, difficulties, support wanted.</param>
/// <param name="GuardianTookPart">Whether a guardian took part.</param>
/// <param name="Mode">How it was held.</param>
/// <param name="HeldAt">When it began.</param>
/// <param name="Minutes">How long it took.</param>
/// <param name="Holiday">What was agreed for the holidays.</param>
/// <param name="Internal">The internal part.</param>
public sealed record RecordDraft(
    string? Summary = null, string? Agreed = null, GuardianFeedback? GuardianFeedback = null, string? FeedbackText = null,
    RecordDimension? Student = null, RecordDimension? Family = null, RecordDimension? Needs = null, bool? GuardianTookPart = null,
    VisitMode? Mode = null, DateTimeOffset? HeldAt = null, int? Minutes = null, HolidayPlan? Holiday = null, string? Internal = null);

/// <summary>A draft on its way.</summary>
/// <param name="Revision">The client's own number, from 1; more with each change.</param>
/// <param name="Draft">What is written so far.</param>
public sealed record DraftBody(long Revision, RecordDraft Draft);

/// <summary>Which draft stands.</summary>
/// <param name="Revision">Its number; when that is higher than the one that was sent, a newer one was there already.</param>
public sealed record KeptDraft(long Revision);

/// <summary>
/// Keeps drafts (VIS-10). A phone without a network sends a draft late, twice, or after the record: an older revision never
/// replaces a newer one, and nothing comes back once the record is complete.
/// </summary>
internal static class KeepDraft
{
    public static void MapKeepDraft(this IEndpointRouteBuilder api)
    {
        api.MapPut("/{id:guid}/draft", KeepAsync).Command(Permission.VisitRecord).WithName("KeepVisitDraft");
        api.MapGet("/{id:guid}/draft", ReadAsync).Command(Permission.VisitRecord).Sensitive().WithName("ReadVisitDraft");
    }

    private static async Task<Results<Ok<KeptDraft>, Problem>> KeepAsync(
        Guid id, DraftBody request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        if (request.Revision < 1)
            mistakes.Add(Failures.Range.At("revision", 1, long.MaxValue));
        var draft = Checked(request.Draft, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindAsync(current.Caller, Permission.VisitRecord, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        var text = JsonSerializer.SerializeToUtf8Bytes(draft, Json.Options);
        if (await vault.SealAsync(visit.ToSubject(), VisitDraft.SealedContent.Of(id), text, cancel) is not { } content)
            return (Problem)Failures.Erased;

        // The visit is locked, so a record that is completed at this moment either finds the draft and deletes it, or is found
        // here.
        var kept = await db.Database.SqlQuery<long>(
            $"""
            INSERT INTO visit_draft (school_id, visit_id, district_id, revision, saved_at, content)
            SELECT school_id, id, district_id, {request.Revision}, {clock.GetUtcNow()}, {content} FROM visit
            WHERE school_id = {visit.SchoolId} AND id = {id} AND state IN ('Scheduled', 'Confirmed', 'Proposed', 'Started') FOR SHARE
            ON CONFLICT (school_id, visit_id) DO UPDATE
                SET revision = excluded.revision, saved_at = excluded.saved_at, content = excluded.content
                WHERE visit_draft.revision < excluded.revision
            RETURNING revision AS "Value"
            """).ToListAsync(cancel);
        if (kept.Count == 0)
        {
            kept = await db.Set<VisitDraft>().Where(d => d.SchoolId == visit.SchoolId && d.VisitId == id)
                .Select(d => d.Revision).ToListAsync(cancel);
        }

        if (kept.Count == 0)
            return (Problem)VisitsFailures.NotOpen;
        audit.About("visit", id, visit.DistrictId, visit.SchoolId);
        return TypedResults.Ok(new KeptDraft(kept[0]));
    }

    private static async Task<Results<Ok<DraftBody>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        var draft = await db.VisibleTo(current.Caller, Permission.VisitRecord).AsNoTracking()
            .Where(visit => visit.Id == id)
            .Join(
                db.Set<VisitDraft>(),
                visit => new { visit.SchoolId, VisitId = visit.Id },
                kept => new { kept.SchoolId, kept.VisitId },
                (visit, kept) => kept)
            .SingleOrDefaultAsync(cancel);
        if (draft is null)
            return (Problem)Failures.NotFound;
        if (await vault.OpenAsync(draft.DistrictId, VisitDraft.SealedContent.Of(id), draft.Content, cancel) is not { } content)
            return (Problem)Failures.Erased;
        audit.About("visit", id, draft.DistrictId, draft.SchoolId);
        return TypedResults.Ok(new DraftBody(draft.Revision, JsonSerializer.Deserialize<RecordDraft>(content, Json.Options)!));
    }

    private static RecordDraft Checked(RecordDraft draft, Mistakes mistakes)
    {
        mistakes.Range("draft.minutes", draft.Minutes, 1, CompleteVisit.LongestMinutes);
        return draft with
        {
            Summary = mistakes.OptionalText("draft.summary", draft.Summary, RecordTexts.LongestSummary),
            Agreed = mistakes.OptionalText("draft.agreed", draft.Agreed, RecordTexts.LongestText),
            FeedbackText = mistakes.OptionalText("draft.feedbackText", draft.FeedbackText, RecordTexts.LongestFeedback),
            Student = RecordTexts.Checked("draft.student", draft.Student, mistakes),
            Family = RecordTexts.Checked("draft.family", draft.Family, mistakes),
            Needs = RecordTexts.Checked("draft.needs", draft.Needs, mistakes),
            Holiday = RecordTexts.Checked("draft.holiday", draft.Holiday, mistakes),
            Internal = mistakes.OptionalText("draft.internal", draft.Internal, RecordTexts.LongestSummary),
        };
    }
}
