using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Visits.Ledger;

/// <summary>A contact: student, channel and one line; the rest has defaults (VIS-12).</summary>
/// <param name="StudentIds">Whom it was about: 1–8 of one school.</param>
/// <param name="Channel">By which channel; not a visit, which has its record.</param>
/// <param name="Line">What it was about, 1–1,000 characters.</param>
/// <param name="Purpose">What for.</param>
/// <param name="HeldAt">When; now when missing.</param>
/// <param name="Minutes">How long, 0–480; the policy's when missing, and 0 for text.</param>
/// <param name="GuardianTookPart">Whether a guardian took part; when missing, unless it is text.</param>
/// <param name="StaffIds">The staff who took part; the caller when missing.</param>
/// <param name="GuardianIds">The guardians who took part, if it is to be said who.</param>
/// <param name="Feedback">The guardian's feedback, in one tap.</param>
/// <param name="FeedbackText">The same in words, up to 1,000 characters.</param>
public sealed record ContactRequest(
    IReadOnlyList<Guid> StudentIds, ContactChannel Channel, string Line, ContactPurpose Purpose = ContactPurpose.Talk,
    DateTimeOffset? HeldAt = null, int? Minutes = null, bool? GuardianTookPart = null, IReadOnlyList<Guid>? StaffIds = null,
    IReadOnlyList<Guid>? GuardianIds = null, GuardianFeedback? Feedback = null, string? FeedbackText = null);

/// <summary>One contact each with many families, such as the weekly feedback (VIS-3, MSG-1).</summary>
/// <param name="Channel">By which channel.</param>
/// <param name="Entries">1–100, each about another student.</param>
/// <param name="Purpose">What for.</param>
/// <param name="HeldAt">When; now when missing.</param>
/// <param name="Minutes">How long each; as for one contact when missing.</param>
/// <param name="GuardianTookPart">Whether a guardian took part in each; as for one contact when missing.</param>
public sealed record ClassContactsRequest(
    ContactChannel Channel, IReadOnlyList<ClassContact> Entries, ContactPurpose Purpose = ContactPurpose.Feedback,
    DateTimeOffset? HeldAt = null, int? Minutes = null, bool? GuardianTookPart = null);

/// <summary>The contact with one of the families.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="Line">What it was about, 1–1,000 characters.</param>
/// <param name="Feedback">The guardian's feedback, in one tap.</param>
/// <param name="FeedbackText">The same in words, up to 1,000 characters.</param>
public sealed record ClassContact(Guid StudentId, string Line, GuardianFeedback? Feedback = null, string? FeedbackText = null);

/// <summary>An entry that was written.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Version">Its version.</param>
/// <param name="Deep">Whether it is a deep contact (VIS-3).</param>
public sealed record WrittenEntry(Guid Id, long Version, bool Deep);

/// <summary>The entries that were written, in the order of the request.</summary>
/// <param name="Ids">The entries.</param>
public sealed record WrittenEntries(IReadOnlyList<Guid> Ids);

/// <summary>Logs contacts other than visits (VIS-12), one or a class's.</summary>
internal static class LogContact
{
    public const int LongestLine = 1_000;
    public const int LongestMinutes = 480;
    public const int MostPeople = 10;
    private const int MostStudents = 8;
    private const int MostEntries = 100;

    public static void MapLogContact(this IEndpointRouteBuilder api)
    {
        api.MapPost("/ledger", LogAsync).Command(Permission.LedgerWrite).WithName("LogContact");
        api.MapPost("/ledger/class", LogClassAsync).Command(Permission.LedgerWrite).WithName("LogClassContacts");
    }

    private static async Task<Results<Created<WrittenEntry>, Problem>> LogAsync(
        ContactRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, MostStudents);
        mistakes.Ids("staffIds", request.StaffIds ?? [], 0, MostPeople);
        mistakes.Ids("guardianIds", request.GuardianIds ?? [], 0, MostPeople);
        CheckTime(request.Channel, request.HeldAt, request.Minutes, now, mistakes);
        CheckPurpose(request.Channel, request.Purpose, mistakes);
        var content = Content("", request.Line, request.FeedbackText, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindPlaceAsync(current.Caller, Permission.LedgerWrite, request.StudentIds, now, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        await db.CheckStaffAsync(
            "staffIds", place.SchoolId, request.StaffIds ?? [], LocalTime.Day(now, place.Policy.TimeZone), mistakes, cancel);
        await db.CheckGuardiansAsync("guardianIds", request.StudentIds, request.GuardianIds ?? [], mistakes, cancel);
        var term = await db.LessonTermAsync(
            request.Purpose, "studentIds", request.StudentIds, place, request.HeldAt ?? now, mistakes, cancel);
        if (mistakes.Refusal is { } wrong)
            return wrong;

        var contact = new Contact(
            request.Channel, request.Purpose, request.HeldAt, request.Minutes, request.GuardianTookPart,
            request.StaffIds ?? Author(place), request.GuardianIds ?? [], request.Feedback);
        if (await WriteAsync(
            Guid.CreateVersion7(now), 1, request.StudentIds, contact, content, place, vault, now, cancel) is not { } rows)
            return (Problem)Failures.Erased;
        db.AddRange(rows);
        await DoneContact.AddAsync((NpgsqlConnection)db.Database.GetDbConnection(), DoneContact.Of(rows), cancel);
        db.Publish(LedgerEntry.ToEvent(rows, term));
        audit.About("ledger-entry", rows[0].Id, place.DistrictId, place.SchoolId);
        ETag.Set(http, 1);
        return TypedResults.Created($"/api/visits/ledger/{rows[0].Id}", new WrittenEntry(rows[0].Id, 1, rows[0].Deep));
    }

    private static async Task<Results<Ok<WrittenEntries>, Problem>> LogClassAsync(
        ClassContactsRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        Guid[] students = [.. request.Entries.Select(entry => entry.StudentId)];
        mistakes.Ids("entries", students, 1, MostEntries);
        CheckTime(request.Channel, request.HeldAt, request.Minutes, now, mistakes);
        CheckPurpose(request.Channel, request.Purpose, mistakes);
        LedgerContent[] contents =
        [
            .. request.Entries.Take(MostEntries)
                .Select((entry, i) => Content($"entries[{i}].", entry.Line, entry.FeedbackText, mistakes)),
        ];
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindPlaceAsync(current.Caller, Permission.LedgerWrite, students, now, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var term = await db.LessonTermAsync(request.Purpose, "entries", students, place, request.HeldAt ?? now, mistakes, cancel);
        if (mistakes.Refusal is { } wrong)
            return wrong;

        // Sealing nothing for all of them takes the keys of the whole class in one round trip.
        if (await vault.SealAsync(
            new Subject(place.DistrictId, place.SchoolId, students), LedgerEntry.SealedContent.Of(place.SchoolId),
            ReadOnlyMemory<byte>.Empty, cancel) is null)
            return (Problem)Failures.Erased;
        var contact = new Contact(
            request.Channel, request.Purpose, request.HeldAt, request.Minutes, request.GuardianTookPart, Author(place), [], null);
        var written = new List<LedgerEntry>();
        foreach (var (entry, content) in request.Entries.Zip(contents))
        {
            if (await WriteAsync(
                Guid.CreateVersion7(now), 1, [entry.StudentId], contact with { Feedback = entry.Feedback }, content, place, vault,
                now, cancel) is not { } rows)
                return (Problem)Failures.Erased;
            written.AddRange(rows);
        }

        db.AddRange(written);
        await DoneContact.AddAsync((NpgsqlConnection)db.Database.GetDbConnection(), DoneContact.Of(written), cancel);
        await db.PublishAsync([.. written.Select(row => LedgerEntry.ToEvent([row], term))], cancel);
        audit.About("ledger", place.SchoolId, place.DistrictId, place.SchoolId);
        return TypedResults.Ok(new WrittenEntries([.. written.Select(row => row.Id)]));
    }

    /// <summary>The facts of a contact, as far as they were said.</summary>
    internal sealed record Contact(
        ContactChannel Channel, ContactPurpose Purpose, DateTimeOffset? HeldAt, int? Minutes, bool? GuardianTookPart,
        IReadOnlyList<Guid> StaffIds, IReadOnlyList<Guid> GuardianIds, GuardianFeedback? Feedback, bool Withdrawn = false);

    /// <summary>Makes the rows of one version.</summary>
    /// <returns><see langword="null"/> when a student's key is destroyed.</returns>
    internal static async Task<IReadOnlyList<LedgerEntry>?> WriteAsync(
        Guid id, long version, IReadOnlyList<Guid> students, Contact contact, LedgerContent content, LedgerPlace place,
        KeyVault vault, DateTimeOffset now, CancellationToken cancel)
    {
        var textId = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(place.DistrictId, place.SchoolId, [.. students]), LedgerEntry.SealedContent.Of(textId),
            JsonSerializer.SerializeToUtf8Bytes(content, Json.Options), cancel) is not { } sealedContent)
            return null;
        var isText = LedgerEntry.IsText(contact.Channel);
        var minutes = contact.Minutes ?? (isText ? 0 : place.Policy.Ledger.UsualMinutes);
        var tookPart = contact.GuardianTookPart ?? !isText;
        var heldAt = contact.HeldAt?.ToUniversalTime() ?? now;
        return
        [
            .. students.Select(student => new LedgerEntry
            {
                SchoolId = place.SchoolId,
                Id = id,
                StudentId = student,
                Version = version,
                DistrictId = place.DistrictId,
                ClassId = place.ClassOf[student],
                Channel = contact.Channel,
                Purpose = contact.Purpose,
                HeldAt = heldAt,
                HeldOn = LocalTime.Day(heldAt, place.Policy.TimeZone),
                Minutes = minutes,
                GuardianTookPart = tookPart,
                Deep = LedgerEntry.IsDeep(contact.Channel, minutes, tookPart, place.Policy.WorkList),
                StaffIds = [.. contact.StaffIds],
                GuardianIds = [.. contact.GuardianIds],
                Feedback = contact.Feedback,
                TextId = textId,
                Content = sealedContent,
                AuthorId = place.AuthorId,
                WrittenAt = now,
                Withdrawn = contact.Withdrawn,
            }),
        ];
    }

    /// <summary>Checks what an entry says.</summary>
    internal static LedgerContent Content(string field, string line, string? feedbackText, Mistakes mistakes) => new(
        mistakes.Text(field + "line", line, LongestLine),
        mistakes.OptionalText(field + "feedbackText", feedbackText, LongestLine));

    /// <summary>Checks channel, time and minutes.</summary>
    internal static void CheckTime(
        ContactChannel channel, DateTimeOffset? heldAt, int? minutes, DateTimeOffset now, Mistakes mistakes)
    {
        if (channel == ContactChannel.Visit)
            mistakes.Add(LedgerFailures.WrittenElsewhere.At("channel"));
        if (heldAt is not null)
            mistakes.Time("heldAt", heldAt, now);
        if (heldAt > now)
            mistakes.Add(LedgerFailures.NotYet.At("heldAt"));
        mistakes.Range("minutes", minutes, 0, LongestMinutes);
    }

    /// <summary>A lesson at home is no talk on the phone.</summary>
    internal static void CheckPurpose(ContactChannel channel, ContactPurpose purpose, Mistakes mistakes)
    {
        if (purpose == ContactPurpose.HomeLesson && channel != ContactChannel.Meeting)
            mistakes.Add(LedgerFailures.LessonByMeeting.At("channel"));
    }

    private static Guid[] Author(LedgerPlace place) => place.AuthorId is { } author ? [author] : [];
}
