using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Outlines;

/// <summary>An outline as it is read, or what a new one begins with.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="Content">What it says; prefilled from the visit before while nobody has written it.</param>
/// <param name="Prefilled">Whether nobody has written it yet.</param>
/// <param name="WrittenAt">When it was written last.</param>
/// <param name="AuthorId">By whom.</param>
/// <param name="Missing">Of <c>progress</c>, <c>tasks</c>, <c>questions</c>; without them the visit cannot start.</param>
/// <param name="FamilyQuestions">What the family wants to ask, in its own words; empty when it has no questions,
/// <see langword="null"/> when it has not said.</param>
/// <param name="LastAgreed">What was agreed in the visit before.</param>
/// <param name="Earlier">The student's last visits, newest first, up to 5.</param>
/// <param name="Template">The prompts.</param>
public sealed record OutlineView(
    Guid VisitId, OutlineContent Content, bool Prefilled, DateTimeOffset? WrittenAt, Guid? AuthorId, IReadOnlyList<string> Missing,
    IReadOnlyList<string>? FamilyQuestions, string? LastAgreed, IReadOnlyList<EarlierContact> Earlier, OutlineTemplate Template);

/// <summary>An earlier visit of a student.</summary>
/// <param name="VisitId">The visit.</param>
/// <param name="HeldOn">When.</param>
/// <param name="Kind">Why.</param>
/// <param name="Mode">How.</param>
/// <param name="Effective">Whether it was an effective contact (VIS-1).</param>
public sealed record EarlierContact(Guid VisitId, DateOnly HeldOn, VisitKind Kind, VisitMode Mode, bool Effective);

/// <summary>Reads the outline of a visit (VIS-7), or what it begins with, and prints it (ALL-7).</summary>
internal static class ReadOutline
{
    private const int MostEarlier = 5;

    public static void MapReadOutline(this IEndpointRouteBuilder api)
    {
        api.MapGet("/{id:guid}/outline", ReadAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("ReadVisitOutline");
        api.MapGet("/{id:guid}/outline/print", PrintAsync).Command(Permission.VisitRecordRead).Sensitive()
            .WithName("PrintVisitOutline");
    }

    private static async Task<Results<Ok<OutlineView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        var (found, refused) = await OpenAsync(id, db, vault, current, audit, cancel);
        if (found is null)
            return refused!;
        ETag.Set(http, found.Version);
        return TypedResults.Ok(found.View);
    }

    private static async Task<Results<PrintedSheet, Problem>> PrintAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var (found, refused) = await OpenAsync(id, db, vault, current, audit, cancel);
        return found is null
            ? refused!
            : PrintedSheet.OfOutline(found.Visit, found.View, found.Version, current.Caller, clock.GetUtcNow());
    }

    private static async Task<(Found? Found, Problem? Refused)> OpenAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitRecordRead, id, cancel) is not { } visit)
            return (null, Failures.NotFound);
        var facts = await RecordFacts.ReadAsync(db, visit, cancel);
        var written = await db.Set<VisitOutline>().AsNoTracking()
            .SingleOrDefaultAsync(outline => outline.SchoolId == visit.SchoolId && outline.VisitId == id, cancel);
        var asked = await db.Set<VisitQuestions>().AsNoTracking()
            .SingleOrDefaultAsync(questions => questions.SchoolId == visit.SchoolId && questions.VisitId == id, cancel);

        var students = visit.Students.Select(student => student.StudentId).ToArray();
        var earlier = await db.VisibleTo(current.Caller, Permission.VisitRecordRead).AsNoTracking()
            .Where(v => v.State == VisitState.Completed && v.Id != id && v.Students.Any(s => students.Contains(s.StudentId)))
            .OrderByDescending(v => v.HeldAt).ThenByDescending(v => v.Id)
            .Take(MostEarlier)
            .Select(v => new
            {
                Contact = new EarlierContact(v.Id, v.HeldOn!.Value, v.Kind, v.HeldMode!.Value, v.Effective!.Value),
                Outline = db.Set<VisitOutline>().Where(o => o.SchoolId == v.SchoolId && o.VisitId == v.Id)
                    .Select(o => o.Content).FirstOrDefault(),
                Record = db.Records.Where(r => r.SchoolId == v.SchoolId && r.VisitId == v.Id)
                    .OrderByDescending(r => r.Version).FirstOrDefault(),
            })
            .ToListAsync(cancel);
        var before = earlier.Find(row => row.Outline is not null);
        var last = earlier.FirstOrDefault()?.Record;
        await vault.FetchAsync(
            new[] { written?.Content, asked?.Content, before?.Outline, last?.Content }.OfType<byte[]>(), cancel);

        var content = new OutlineContent();
        if (written is not null)
        {
            if (await ReadAsync<OutlineContent>(visit, VisitOutline.SealedContent.Of(id), written.Content) is not { } opened)
                return (null, Failures.Erased);
            content = opened;
        }
        else if (before is not null && await ReadAsync<OutlineContent>(
            visit, VisitOutline.SealedContent.Of(before.Contact.VisitId), before.Outline!) is { } then)
        {
            // What was said of the family stays true for a while; progress, tasks and questions are new each time.
            content = new OutlineContent(
                Interests: then.Interests, TimeTogether: then.TimeTogether, Expectations: then.Expectations);
        }

        var questions = asked is null ? null
            : await ReadAsync<string[]>(visit, VisitQuestions.SealedContent.Of(id), asked.Content);
        var agreed = last is null ? null
            : (await ReadAsync<RecordContent>(visit, VisitRecord.SealedContent.Of(last.Id), last.Content))?.Agreed;
        audit.About("visit-outline", id, visit.DistrictId, visit.SchoolId);
        return (
            new Found(
                visit,
                new OutlineView(
                    id, content, written is null, written?.WrittenAt, written?.AuthorId, facts.Missing, questions, agreed,
                    [.. earlier.Select(row => row.Contact)], facts.Policy.Outline ?? OutlineTemplate.Default),
                written?.Version ?? 0),
            null);

        async Task<T?> ReadAsync<T>(Visit of, Place place, byte[] value)
            where T : class =>
            await vault.OpenAsync(of.DistrictId, place, value, cancel) is { } text
                ? JsonSerializer.Deserialize<T>(text, Json.Options)
                : null;
    }

    private sealed record Found(Visit Visit, OutlineView View, long Version);
}
