using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Visits.Ledger;

/// <summary>A new version of an entry; what is missing stays as it was.</summary>
/// <param name="Line">What the contact was about, or why it is withdrawn, 1–1,000 characters.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="Purpose">What for.</param>
/// <param name="HeldAt">When.</param>
/// <param name="Minutes">How long, 0–480.</param>
/// <param name="GuardianTookPart">Whether a guardian took part.</param>
/// <param name="Feedback">The guardian's feedback, in one tap.</param>
/// <param name="FeedbackText">The guardian's feedback in words; none when missing.</param>
/// <param name="Withdrawn">It was entered by mistake, e.g. for another student: it counts no more.</param>
public sealed record CorrectionRequest(
    string Line, ContactChannel? Channel = null, ContactPurpose? Purpose = null, DateTimeOffset? HeldAt = null,
    int? Minutes = null, bool? GuardianTookPart = null, GuardianFeedback? Feedback = null, string? FeedbackText = null,
    bool Withdrawn = false);

/// <summary>Corrects an entry by a new version (VIS-12); the old ones stay, with author and time.</summary>
internal static class CorrectEntry
{
    public static void MapCorrectEntry(this IEndpointRouteBuilder api) =>
        api.MapPost("/ledger/{id:guid}/corrections", CorrectAsync).Command(Permission.LedgerWrite).WithName("CorrectLedgerEntry");

    private static async Task<Results<Ok<WrittenEntry>, Problem>> CorrectAsync(
        Guid id, CorrectionRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        LogContact.CheckTime(request.Channel ?? ContactChannel.Phone, request.HeldAt, request.Minutes, now, mistakes);
        var content = LogContact.Content("", request.Line, request.FeedbackText, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;

        var grants = current.Caller.With(Permission.LedgerWrite).ToArray();
        var schools = LedgerAccess.SchoolsOf(grants);
        var rows = await db.Set<LedgerEntry>().AsNoTracking().Where(e => schools.Contains(e.SchoolId) && e.Id == id)
            .Newest(db).ToListAsync(cancel);
        if (rows.Count == 0 || !rows.TrueForAll(row => grants.Any(g => g.Reaches(row.SchoolId, row.ClassId))))
            return (Problem)Failures.NotFound;
        var was = rows[0];
        if (was.Content is null)
            return (Problem)LedgerFailures.WrittenElsewhere;
        if (ETag.Mismatch(http, was.Version) is { } stale)
            return (Problem)stale;

        var channel = request.Channel ?? was.Channel;
        if (request.Purpose is { } purpose && purpose != was.Purpose && ContactPurpose.HomeLesson is var lesson
            && (purpose == lesson || was.Purpose == lesson))
            mistakes.Add(LedgerFailures.LessonStays.At("purpose"));
        LogContact.CheckPurpose(channel, was.Purpose, mistakes);
        if (mistakes.Refusal is { } wrong)
            return wrong;

        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == was.SchoolId || p.NodeId == was.DistrictId).ToListAsync(cancel);
        var place = new LedgerPlace(
            was.DistrictId, was.SchoolId, Policy.InForce(was.DistrictId, was.SchoolId, policies),
            rows.ToDictionary(row => row.StudentId, row => row.ClassId),
            grants.First(g => g.Reaches(was.SchoolId, was.ClassId)).PersonId);
        var contact = new LogContact.Contact(
            channel, request.Purpose ?? was.Purpose, request.HeldAt ?? was.HeldAt,
            request.Minutes ?? was.Minutes, request.GuardianTookPart ?? was.GuardianTookPart, was.StaffIds, was.GuardianIds,
            request.Feedback ?? was.Feedback, request.Withdrawn);
        if (await LogContact.WriteAsync(
            id, was.Version + 1, [.. rows.Select(row => row.StudentId)], contact, content, place, vault, now, cancel)
            is not { } next)
            return (Problem)Failures.Erased;
        db.AddRange(next);
        await DoneContact.AddAsync((NpgsqlConnection)db.Database.GetDbConnection(), DoneContact.Of(next), cancel);
        db.Publish(LedgerEntry.ToEvent(next, await db.TermOfLessonAsync(next[0], cancel)));
        audit.About("ledger-entry", id, was.DistrictId, was.SchoolId);
        ETag.Set(http, next[0].Version);
        return TypedResults.Ok(new WrittenEntry(id, next[0].Version, next[0].Deep));
    }
}
