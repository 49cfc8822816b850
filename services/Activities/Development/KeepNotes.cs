using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Development;

/// <summary>What a teacher notes for the own development (ACT-8).</summary>
public enum DevelopmentKind
{
    /// <summary>读书笔记.</summary>
    Book,

    /// <summary>案例反思.</summary>
    CaseReflection,
}

/// <summary>A note of a teacher's own (ACT-8): optional, read by nobody else, and never counted.</summary>
public sealed class DevelopmentNote
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The note.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whose it is.</summary>
    public Guid StaffId { get; init; }

    /// <summary>What it is.</summary>
    public DevelopmentKind Kind { get; init; }

    /// <summary>The text, sealed under a key of its author's own.</summary>
    public required byte[] Content { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>The column of the text.</summary>
    internal static readonly SealedColumn SealedContent = new("activities.development_note", "content", "id");
}

/// <summary>A note to be kept.</summary>
/// <param name="SchoolId">The author's school.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">1–5,000 characters.</param>
public sealed record NoteRequest(Guid SchoolId, DevelopmentKind Kind, string Text);

/// <summary>A note.</summary>
/// <param name="Id">The note.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text.</param>
/// <param name="WrittenAt">When.</param>
public sealed record NoteBody(Guid Id, DevelopmentKind Kind, string Text, DateTimeOffset WrittenAt);

/// <summary>
/// Keeps a teacher's books and reflections (ACT-8). No permission shows them to anybody else, and no figure is made of them.
/// </summary>
internal static class KeepNotes
{
    private const int LongestText = 5_000;

    public static void MapNotes(this IEndpointRouteBuilder api)
    {
        api.MapPost("/development-notes", WriteAsync).Command(Permission.DevelopmentKeep).WithName("WriteDevelopmentNote");
        api.MapGet("/development-notes", ListAsync).Query(Permission.DevelopmentKeep).WithName("ListDevelopmentNotes")
            .WithSummary("The caller's own, the newest first.");
        api.MapDelete("/development-notes/{id:guid}", DeleteAsync).Command(Permission.DevelopmentKeep)
            .WithName("DeleteDevelopmentNote");
    }

    private static async Task<Results<Created<NoteBody>, Problem>> WriteAsync(
        NoteRequest request, ActivitiesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (current.Caller.With(Permission.DevelopmentKeep).FirstOrDefault(grant => grant.SchoolId == request.SchoolId)
            is not { PersonId: { } author, DistrictId: var district })
        {
            return (Problem)Failures.NotFound;
        }

        var id = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(district, request.SchoolId, author), DevelopmentNote.SealedContent.Of(id), Encoding.UTF8.GetBytes(text),
            cancel) is not { } content)
        {
            return (Problem)Failures.Erased;
        }

        db.Add(new DevelopmentNote
        {
            SchoolId = request.SchoolId,
            Id = id,
            DistrictId = district,
            StaffId = author,
            Kind = request.Kind,
            Content = content,
            WrittenAt = now,
        });
        // Not even the audit says how often somebody writes: it names the author's account, and nothing of the note.
        audit.About("development-note", null, district, request.SchoolId);
        return TypedResults.Created((string?)null, new NoteBody(id, request.Kind, text, now));
    }

    private static async Task<Results<Ok<Page<NoteBody>>, Problem>> ListAsync(
        ActivitiesDb db, KeyVault vault, CurrentCaller current, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var notes = OwnOf(db, current).AsNoTracking();
        if (last is { } before)
            notes = notes.Where(n => n.Id < before);
        var take = Cursor.Size(size);
        var page = Page.From(
            await notes.OrderByDescending(n => n.Id).Take(take + 1).ToListAsync(cancel), take, n => (Guid?)n.Id);
        await vault.FetchAsync(page.Items.Select(note => note.Content), cancel);
        var opened = new List<NoteBody>(page.Items.Count);
        foreach (var note in page.Items)
        {
            var place = DevelopmentNote.SealedContent.Of(note.Id);
            if (await vault.OpenAsync(note.DistrictId, place, note.Content, cancel) is { } text)
                opened.Add(new NoteBody(note.Id, note.Kind, Encoding.UTF8.GetString(text), note.WrittenAt));
        }

        return TypedResults.Ok(new Page<NoteBody>(opened, page.Next));
    }

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (await OwnOf(db, current).SingleOrDefaultAsync(note => note.Id == id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        db.Remove(found);
        audit.About("development-note", null, found.DistrictId, found.SchoolId);
        return TypedResults.NoContent();
    }

    private static IQueryable<DevelopmentNote> OwnOf(ActivitiesDb db, CurrentCaller current)
    {
        var own = current.Caller.With(Permission.DevelopmentKeep).Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        return db.Set<DevelopmentNote>().Where(note => own.Contains(note.StaffId));
    }
}
