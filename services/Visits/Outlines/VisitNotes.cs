using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Outlines;

/// <summary>What somebody who comes along brings to a visit (VIS-8); sealed.</summary>
public sealed class VisitNote
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>Whose note it is.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The note.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When it was written last.</summary>
    public DateTimeOffset WrittenAt { get; set; }

    /// <summary>A <see cref="NoteContent"/> as JSON, sealed.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("visits.visit_note", "content", "id");
}

/// <summary>What a note says, at least one of it, up to 1,000 characters each.</summary>
/// <param name="Performance">In class; of a counselor or officer, what was observed.</param>
/// <param name="Homework">About homework.</param>
/// <param name="WeakPoints">Where help is needed.</param>
/// <param name="Advice">What to suggest to the family.</param>
public sealed record NoteContent(
    string? Performance = null, string? Homework = null, string? WeakPoints = null, string? Advice = null);

/// <summary>A note as it is written, whole.</summary>
/// <param name="Content">What it says.</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record NoteBody(NoteContent Content, bool AcceptTone = false);

/// <summary>What somebody who comes along needs (VIS-8): the appointment, what is good news, and the own note.</summary>
/// <param name="Visit">The appointment.</param>
/// <param name="Progress">The outline's points of progress.</param>
/// <param name="Note">The own note; prefilled from the last one about the same student while there is none.</param>
/// <param name="Prefilled">Whether there is none yet.</param>
public sealed record JointView(VisitView Visit, IReadOnlyList<string> Progress, NoteContent? Note, bool Prefilled);

/// <summary>A note of somebody who comes along.</summary>
/// <param name="StaffId">Whose.</param>
/// <param name="WrittenAt">When it was written last.</param>
/// <param name="Content">What it says.</param>
public sealed record NoteView(Guid StaffId, DateTimeOffset WrittenAt, NoteContent Content);

/// <summary>All notes to a visit.</summary>
/// <param name="Notes">One of each who wrote.</param>
public sealed record NotesView(IReadOnlyList<NoteView> Notes);

/// <summary>
/// Notes of those who come along (VIS-8): each sees the own one and what is needed for it; who reads the visit's record reads
/// all.
/// </summary>
internal static class VisitNotes
{
    private const int LongestText = 1_000;

    public static void MapVisitNotes(this IEndpointRouteBuilder api)
    {
        api.MapPut("/{id:guid}/note", WriteAsync).Command(Permission.VisitNoteWrite).WithName("WriteVisitNote");
        api.MapGet("/{id:guid}/note", ReadOwnAsync).Command(Permission.VisitNoteWrite).Sensitive().WithName("ReadVisitNote");
        api.MapGet("/{id:guid}/notes", ReadAllAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("ReadVisitNotes");
    }

    private static async Task<Results<NoContent, Problem>> WriteAsync(
        Guid id, NoteBody request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var content = Checked(request.Content, mistakes);
        if (content == new NoteContent())
            mistakes.Add(OutlineFailures.NoteEmpty.At("content"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindAsync(current.Caller, Permission.VisitNoteWrite, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (JointVisitor(current.Caller, visit) is not { } staff)
            return (Problem)OutlineFailures.NotJoint;
        var note = await db.Set<VisitNote>()
            .SingleOrDefaultAsync(n => n.SchoolId == visit.SchoolId && n.VisitId == id && n.StaffId == staff, cancel);
        if (ETag.Mismatch(http, note?.Version ?? 0) is { } stale)
            return (Problem)stale;
        if (!visit.IsOpen && visit.State != VisitState.Started)
            return (Problem)VisitsFailures.NotOpen;
        var facts = await RecordFacts.ReadAsync(db, visit, cancel);
        if (Tone.Refusal(Worded(content), facts.Policy.ToneWords, request.AcceptTone) is { } hint)
            return hint;

        var now = clock.GetUtcNow();
        note ??= db.Add(new VisitNote
        {
            SchoolId = visit.SchoolId,
            VisitId = id,
            StaffId = staff,
            Id = Guid.CreateVersion7(now),
            DistrictId = visit.DistrictId,
        }).Entity;
        var text = JsonSerializer.SerializeToUtf8Bytes(content, Json.Options);
        if (await vault.SealAsync(visit.ToSubject(), VisitNote.SealedContent.Of(note.Id), text, cancel) is not { } sealedContent)
            return (Problem)Failures.Erased;
        (note.WrittenAt, note.Content) = (now, sealedContent);
        note.Version++;
        audit.About("visit-note", id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, note.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<JointView>, Problem>> ReadOwnAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitNoteWrite, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (JointVisitor(current.Caller, visit) is not { } staff)
            return (Problem)OutlineFailures.NotJoint;
        var students = visit.Students.Select(student => student.StudentId).ToArray();
        // The own note to this visit, or else the last one about one of its students.
        var note = await db.Set<VisitNote>().AsNoTracking()
            .Where(n => n.SchoolId == visit.SchoolId && n.StaffId == staff)
            .Join(
                db.VisibleTo(current.Caller, Permission.VisitNoteWrite)
                    .Where(v => v.Id == id || v.Students.Any(s => students.Contains(s.StudentId))),
                n => new { n.SchoolId, Id = n.VisitId },
                v => new { v.SchoolId, v.Id },
                (n, v) => n)
            .OrderByDescending(n => n.VisitId == id).ThenByDescending(n => n.WrittenAt)
            .FirstOrDefaultAsync(cancel);
        var outline = await db.Set<VisitOutline>().AsNoTracking()
            .SingleOrDefaultAsync(o => o.SchoolId == visit.SchoolId && o.VisitId == id, cancel);

        NoteContent? content = null;
        if (note is not null)
        {
            var opened = await vault.OpenAsync(note.DistrictId, VisitNote.SealedContent.Of(note.Id), note.Content, cancel);
            if (opened is null && note.VisitId == id)
                return (Problem)Failures.Erased;
            content = opened is null ? null : JsonSerializer.Deserialize<NoteContent>(opened, Json.Options);
        }

        var text = outline is null ? null
            : await vault.OpenAsync(outline.DistrictId, VisitOutline.SealedContent.Of(id), outline.Content, cancel);
        var progress = text is null ? [] : JsonSerializer.Deserialize<OutlineContent>(text, Json.Options)!.Progress ?? [];
        audit.About("visit-note", id, visit.DistrictId, visit.SchoolId);
        var isOwn = note?.VisitId == id;
        ETag.Set(http, isOwn ? note!.Version : 0);
        return TypedResults.Ok(new JointView(VisitView.Of(visit), progress, content, !isOwn));
    }

    private static async Task<Results<Ok<NotesView>, Problem>> ReadAllAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitRecordRead, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        var notes = await db.Set<VisitNote>().AsNoTracking()
            .Where(n => n.SchoolId == visit.SchoolId && n.VisitId == id).OrderBy(n => n.Id).ToListAsync(cancel);
        await vault.FetchAsync(notes.Select(note => note.Content), cancel);
        var views = new List<NoteView>();
        foreach (var note in notes)
        {
            if (await vault.OpenAsync(note.DistrictId, VisitNote.SealedContent.Of(note.Id), note.Content, cancel) is not { } text)
                return (Problem)Failures.Erased;
            views.Add(new NoteView(note.StaffId, note.WrittenAt, JsonSerializer.Deserialize<NoteContent>(text, Json.Options)!));
        }

        audit.About("visit-note", id, visit.DistrictId, visit.SchoolId);
        return TypedResults.Ok(new NotesView(views));
    }

    private static Guid? JointVisitor(Caller caller, Visit visit) => caller.With(Permission.VisitNoteWrite)
        .Where(grant => grant.SchoolId == visit.SchoolId && grant.PersonId is { } person && visit.JointVisitorIds.Contains(person))
        .Select(grant => grant.PersonId).FirstOrDefault();

    private static NoteContent Checked(NoteContent content, Mistakes mistakes) => new(
        mistakes.OptionalText("performance", content.Performance, LongestText),
        mistakes.OptionalText("homework", content.Homework, LongestText),
        mistakes.OptionalText("weakPoints", content.WeakPoints, LongestText),
        mistakes.OptionalText("advice", content.Advice, LongestText));

    private static IEnumerable<(string Field, string? Text)> Worded(NoteContent content) =>
    [
        ("performance", content.Performance), ("homework", content.Homework), ("weakPoints", content.WeakPoints),
        ("advice", content.Advice),
    ];
}
