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

/// <summary>An outline as it is written: whole, as far as it is known.</summary>
/// <param name="Content">What it says.</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record OutlineBody(OutlineContent Content, bool AcceptTone = false);

/// <summary>What an outline still lacks.</summary>
/// <param name="Missing">Of <c>progress</c>, <c>tasks</c>, <c>questions</c>; without them the visit cannot start.</param>
public sealed record OutlineState(IReadOnlyList<string> Missing);

/// <summary>Writes the outline of a visit (VIS-7), until it is held.</summary>
internal static class WriteOutline
{
    public static void MapWriteOutline(this IEndpointRouteBuilder api) =>
        api.MapPut("/{id:guid}/outline", WriteAsync).Command(Permission.VisitRecord).WithName("WriteVisitOutline");

    private static async Task<Results<Ok<OutlineState>, Problem>> WriteAsync(
        Guid id, OutlineBody request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var content = request.Content.Checked(mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindAsync(current.Caller, Permission.VisitRecord, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        var outline = await db.Set<VisitOutline>()
            .SingleOrDefaultAsync(outline => outline.SchoolId == visit.SchoolId && outline.VisitId == id, cancel);
        if (ETag.Mismatch(http, outline?.Version ?? 0) is { } stale)
            return (Problem)stale;
        if (!visit.IsOpen && visit.State != VisitState.Started)
            return (Problem)VisitsFailures.NotOpen;
        var facts = await RecordFacts.ReadAsync(db, visit, cancel);
        if (Tone.Refusal(content.Worded(), facts.Policy.ToneWords, request.AcceptTone) is { } hint)
            return hint;

        var text = JsonSerializer.SerializeToUtf8Bytes(content, Json.Options);
        if (await vault.SealAsync(visit.ToSubject(), VisitOutline.SealedContent.Of(id), text, cancel) is not { } sealedContent)
            return (Problem)Failures.Erased;
        outline ??= db.Add(
            new VisitOutline { SchoolId = visit.SchoolId, VisitId = id, DistrictId = visit.DistrictId }).Entity;
        outline.AuthorId = current.Caller.AuthorOf(visit, Permission.VisitRecord);
        outline.WrittenAt = clock.GetUtcNow();
        outline.Missing = [.. content.Missing(facts.Policy.ProgressPoints)];
        outline.Content = sealedContent;
        outline.Version++;
        audit.About("visit-outline", id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, outline.Version);
        return TypedResults.Ok(new OutlineState((facts with { OutlineMissing = outline.Missing }).Missing));
    }
}
