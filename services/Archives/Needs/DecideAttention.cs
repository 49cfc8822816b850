using System.Text;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>What somebody noticed.</summary>
/// <param name="Cause">A change in the family or an observation; scores and homework speak for themselves.</param>
/// <param name="Note">What it is, 1–1,000 characters.</param>
public sealed record NoteRequest(AttentionCause Cause, string Note);

/// <summary>Why it was nothing.</summary>
/// <param name="Reason">1–500 characters.</param>
public sealed record DismissRequest(string Reason);

/// <summary>That a student draws attention, in a list.</summary>
/// <param name="Id">It.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Cause">Why.</param>
/// <param name="Evidence">The exams or homeworks it follows from.</param>
/// <param name="State">How far it has come.</param>
/// <param name="RaisedAt">When it was raised.</param>
/// <param name="PriorityUntil">The last day as a priority student, of a confirmed one.</param>
/// <param name="Outdated">What of the evidence does not hold any more, since scores were corrected: a confirmed one stays all the same,
/// and the homeroom teacher decides whether it is over.</param>
/// <param name="OutdatedAt">When that was found.</param>
public sealed record AttentionRow(
    Guid Id, Guid StudentId, AttentionCause Cause, IReadOnlyList<string> Evidence, AttentionState State, DateTimeOffset RaisedAt,
    DateOnly? PriorityUntil, IReadOnlyList<string> Outdated, DateTimeOffset? OutdatedAt);

/// <summary>The same with all that was written about it.</summary>
/// <param name="Row">As in the list.</param>
/// <param name="DecidedBy">Who confirmed or dismissed it.</param>
/// <param name="DecidedAt">When.</param>
/// <param name="Reason">Why it was dismissed; for those who may confirm and the counselor.</param>
/// <param name="Notes">What was noticed, the oldest first; the texts for the same.</param>
public sealed record AttentionBody(
    AttentionRow Row, Guid? DecidedBy, DateTimeOffset? DecidedAt, string? Reason, IReadOnlyList<AttentionNoteBody> Notes);

/// <summary>What somebody noticed.</summary>
/// <param name="Role">In which role.</param>
/// <param name="AuthorId">The staff member or guardian.</param>
/// <param name="WrittenAt">When.</param>
/// <param name="Text">What it says.</param>
public sealed record AttentionNoteBody(Role Role, Guid? AuthorId, DateTimeOffset WrittenAt, string? Text);

/// <summary>What draws attention: noted, shown, confirmed, dismissed, ended (ARC-5).</summary>
internal static class DecideAttention
{
    private const int LongestNote = 1_000;
    private const int LongestReason = 500;

    public static void MapAttention(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/attention", NoteAsync)
            .WithName("NoteAttention")
            .WithSummary("Notes a change in the family, or what a teacher observed.")
            .Command(Permission.AttentionNote);
        api.MapGet("/schools/{schoolId:guid}/attention", ListAsync)
            .WithName("ListAttention")
            .WithSummary("Students of a school or class who draw attention, the newest first.")
            .Command(Permission.NeedRead).Sensitive();
        api.MapGet("/districts/{districtId:guid}/attention/{id:guid}", ReadAsync)
            .WithName("ReadAttention")
            .WithSummary("Why a student draws attention, with what was noted.")
            .Command(Permission.NeedRead).Sensitive();
        api.MapPost("/districts/{districtId:guid}/attention/{id:guid}/confirm", ConfirmAsync)
            .WithName("ConfirmAttention")
            .WithSummary("Makes a priority student, to the end of the term.")
            .Command(Permission.NeedDecide);
        api.MapPost("/districts/{districtId:guid}/attention/{id:guid}/dismiss", DismissAsync)
            .WithName("DismissAttention")
            .WithSummary("Says that it was nothing; the same data do not raise it again.")
            .Command(Permission.NeedDecide);
        api.MapPost("/districts/{districtId:guid}/attention/{id:guid}/end", EndAsync)
            .WithName("EndAttention")
            .WithSummary("Says that a confirmed one is over before the term is.")
            .Command(Permission.NeedDecide);
    }

    private static async Task<Results<Created<Made>, Problem>> NoteAsync(
        Guid districtId, Guid studentId, NoteRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var text = mistakes.Text("note", request.Note, LongestNote);
        if (request.Cause is not (AttentionCause.FamilyChange or AttentionCause.Observation))
            mistakes.Add(NeedFailures.CauseComputed.At("cause"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.FindOnRollAsync(caller, Permission.AttentionNote, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var author = caller.With(Permission.AttentionNote).Where(grant => SensitiveReach.Reaches(grant, at))
            .MinBy(grant => grant.Role == Role.Guardian)!;
        if (author.Role == Role.Guardian && request.Cause != AttentionCause.FamilyChange)
            return (Problem)NeedFailures.CauseOfStaff;

        await db.LockAsync([at.SchoolId], cancel);
        var open = await db.Set<Attention>().AsNoTracking().FirstOrDefaultAsync(
            a => a.SchoolId == at.SchoolId && a.StudentId == studentId && a.Cause == request.Cause
                && a.State == AttentionState.Open, cancel);
        if (open is null)
        {
            open = new Attention
            {
                DistrictId = districtId,
                Id = Guid.CreateVersion7(now),
                SchoolId = at.SchoolId,
                StudentId = studentId,
                Cause = request.Cause,
                RaisedAt = now,
            };
            db.Add(open);
        }

        var id = Guid.CreateVersion7(now);
        var sealedText = await vault.SealAsync(
            new Subject(districtId, at.SchoolId, studentId), AttentionNote.TextOf(id), Encoding.UTF8.GetBytes(text), cancel);
        if (sealedText is null)
            return (Problem)Failures.Erased;
        db.Add(new AttentionNote
        {
            DistrictId = districtId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = studentId,
            AttentionId = open.Id,
            Role = author.Role,
            AuthorId = author.PersonId,
            WrittenAt = now,
            Text = sealedText,
        });
        audit.About("attention", open.Id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(open.Id));
    }

    private static async Task<Results<Ok<Page<AttentionRow>>, Problem>> ListAsync(
        Guid schoolId, Guid? classId, Choice<AttentionState>? state, string? after, int? size, ArchivesDb db, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var (today, take, wanted) = (LocalDay.Today(clock), Cursor.Size(size), state?.Value);
        var reach = Reach.Of(current.Caller, Permission.NeedRead, school.DistrictId, schoolId);
        var rows = await (
            from attention in db.Set<Attention>().AsNoTracking()
            where attention.SchoolId == schoolId && (wanted == null || attention.State == wanted)
                && (last == null || attention.Id < last)
                && db.Set<Enrolment>().Any(e => e.SchoolId == schoolId && e.StudentId == attention.StudentId
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today) && (classId == null || e.ClassId == classId)
                    && (reach.Everybody || e.ClassId != null && reach.Classes.Contains(e.ClassId.Value)))
            orderby attention.Id descending
            select attention)
            .Take(take + 1).ToListAsync(cancel);
        audit.About("school", schoolId, school.DistrictId, schoolId);
        return TypedResults.Ok(Page.From([.. rows.Select(RowOf)], take, row => row.Id));
    }

    private static async Task<Results<Ok<AttentionBody>, Problem>> ReadAsync(
        Guid districtId, Guid id, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await FindAsync(db, caller, Permission.NeedRead, districtId, id, today, cancel) is not var (attention, at))
            return (Problem)Failures.NotFound;
        var seesTexts = caller.SeesReasons(at);
        var notes = await db.Set<AttentionNote>().AsNoTracking()
            .Where(note => note.SchoolId == at.SchoolId && note.AttentionId == id).OrderBy(note => note.Id).ToListAsync(cancel);
        await vault.FetchAsync(notes.Select(note => note.Text), cancel);
        var bodies = new List<AttentionNoteBody>(notes.Count);
        foreach (var note in notes)
        {
            var text = seesTexts ? await vault.OpenTextAsync(districtId, AttentionNote.TextOf(note.Id), note.Text, cancel) : null;
            bodies.Add(new AttentionNoteBody(note.Role, note.AuthorId, note.WrittenAt, text));
        }

        var reason = seesTexts ? await vault.OpenTextAsync(districtId, Attention.ReasonOf(id), attention.Reason, cancel) : null;
        audit.About("attention", id, districtId, at.SchoolId);
        return TypedResults.Ok(new AttentionBody(RowOf(attention), attention.DecidedBy, attention.DecidedAt, reason, bodies));
    }

    private static async Task<Results<NoContent, Problem>> ConfirmAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var today = LocalDay.Of(now);
        if (await FindAsync(db, caller, Permission.NeedDecide, districtId, id, today, cancel) is not var (attention, at))
            return (Problem)Failures.NotFound;
        if (caller.PersonAt(Permission.NeedDecide, at) is not { } by)
            return (Problem)ArchivesFailures.NamesNobody;
        if (await db.TermsFromAsync(districtId, today, cancel) is not [var term, ..])
            return (Problem)NeedFailures.NoTerm;
        await db.LockCadencesAsync(districtId, [at.StudentId], cancel);
        if (attention.Confirm(by, term.EndsOn, now) is { } refused)
            return (Problem)refused;
        await AnnounceAsync(db, at, clock, standing => standing with { PriorityUntil = term.EndsOn }, cancel);
        audit.About("attention", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> DismissAsync(
        Guid districtId, Guid id, DismissRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var reason = mistakes.Text("reason", request.Reason, LongestReason);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await FindAsync(db, caller, Permission.NeedDecide, districtId, id, LocalDay.Of(now), cancel) is not var (attention, at))
            return (Problem)Failures.NotFound;
        if (caller.PersonAt(Permission.NeedDecide, at) is not { } by)
            return (Problem)ArchivesFailures.NamesNobody;
        var sealedReason = await vault.SealAsync(
            new Subject(districtId, at.SchoolId, at.StudentId), Attention.ReasonOf(id), Encoding.UTF8.GetBytes(reason), cancel);
        if (sealedReason is null)
            return (Problem)Failures.Erased;
        if (attention.Dismiss(by, sealedReason, now) is { } refused)
            return (Problem)refused;
        audit.About("attention", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> EndAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var today = LocalDay.Of(now);
        if (await FindAsync(db, current.Caller, Permission.NeedDecide, districtId, id, today, cancel) is not var (attention, at))
            return (Problem)Failures.NotFound;
        await db.LockCadencesAsync(districtId, [at.StudentId], cancel);
        if (attention.End(today.AddDays(-1)) is { } refused)
            return (Problem)refused;
        // Another cause may go on.
        var until = await db.Set<Attention>()
            .Where(a => a.SchoolId == at.SchoolId && a.StudentId == at.StudentId && a.Id != id && a.PriorityUntil >= today)
            .MaxAsync(a => a.PriorityUntil, cancel);
        await AnnounceAsync(db, at, clock, standing => standing with { PriorityUntil = until }, cancel);
        audit.About("attention", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task AnnounceAsync(
        ArchivesDb db, Enrolment at, TimeProvider clock, Func<Standing, Standing> change, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var standing = await Standing.OfAsync(db, at, LocalDay.Of(now), cancel);
        db.Publish(change(standing).Announce(await db.NeedSettingsAsync(at.DistrictId, cancel), now));
    }

    private static async Task<(Attention, Enrolment)?> FindAsync(
        ArchivesDb db, Caller caller, Permission permission, Guid district, Guid id, DateOnly today, CancellationToken cancel)
    {
        if (await db.Set<Attention>().SingleOrDefaultAsync(a => a.DistrictId == district && a.Id == id, cancel) is not { } attention)
            return null;
        var at = await db.FindOnRollAsync(caller, permission, district, attention.StudentId, today, cancel, attention.SchoolId);
        return at is null ? null : (attention, at);
    }

    private static AttentionRow RowOf(Attention attention) => new(
        attention.Id, attention.StudentId, attention.Cause, attention.Evidence, attention.State, attention.RaisedAt,
        attention.PriorityUntil, attention.Outdated, attention.OutdatedAt);
}
