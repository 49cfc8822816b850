using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>What is noted in a case: that an authority was told, or a note.</summary>
/// <param name="CaseId">The case.</param>
/// <param name="Authority">Who was told; missing for a note.</param>
/// <param name="ToldAt">When; now when missing.</param>
/// <param name="Reference">The number that the authority gave, up to 100 characters.</param>
/// <param name="Text">In words, up to 4,000 characters; needed for a note.</param>
public sealed record CaseEntryRequest(
    Guid CaseId, Authority? Authority = null, DateTimeOffset? ToldAt = null, string? Reference = null, string? Text = null);

/// <summary>That somebody may read a case.</summary>
/// <param name="CaseId">The case.</param>
/// <param name="StaffId">Who of the school's staff.</param>
/// <param name="Purpose">What for, up to 300 characters.</param>
/// <param name="Days">How long, 1–90.</param>
public sealed record CaseGrantRequest(Guid CaseId, Guid StaffId, string Purpose, int Days);

/// <summary>That somebody may read a case no longer.</summary>
/// <param name="CaseId">The case.</param>
/// <param name="StaffId">Who.</param>
public sealed record CaseRevocationRequest(Guid CaseId, Guid StaffId);

/// <summary>What the named leads write into a case (VIS-17): who was told when, notes, and who else may read it.</summary>
internal static class WriteProtectedCase
{
    private const int LongestNote = 4_000;
    private const int LongestReference = 100;
    private const int LongestPurpose = 300;
    private const int MostDays = 90;

    public static void MapWriteProtectedCase(this IEndpointRouteBuilder api)
    {
        api.MapPost("/protected-cases/entries", NoteAsync).Unseen().Command(Permission.ProtectedCaseRead).Sensitive()
            .WithName("WriteProtectedCase");
        api.MapPost("/protected-cases/grants", GrantAsync).Unseen().Command(Permission.ProtectedCaseRead).Sensitive()
            .WithName("GrantProtectedCase");
        api.MapPost("/protected-cases/revocations", RevokeAsync).Unseen().Command(Permission.ProtectedCaseRead).Sensitive()
            .WithName("RevokeProtectedCase");
    }

    private static async Task<Results<NoContent, Problem>> NoteAsync(
        CaseEntryRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = request.Authority is null
            ? mistakes.Text("text", request.Text, LongestNote)
            : mistakes.OptionalText("text", request.Text, LongestNote);
        var reference = mistakes.OptionalText("reference", request.Reference, LongestReference);
        if (request.ToldAt is not null)
            mistakes.Time("toldAt", request.ToldAt, now);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        DateTimeOffset? toldAt = request.Authority is null ? null : request.ToldAt?.ToUniversalTime() ?? now;
        return await WriteAsync(request.CaseId, db, vault, current, audit, now, person => new EntryContent(
            request.Authority is null ? CaseEntryKind.Noted : CaseEntryKind.Reported, now, current.Caller.Name, person,
            Previous: null, request.Authority, toldAt, reference, text), cancel) is { } refused
                ? refused : TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> GrantAsync(
        CaseGrantRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var purpose = mistakes.Text("purpose", request.Purpose, LongestPurpose);
        mistakes.Range("days", request.Days, 1, MostDays);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var until = now.AddDays(request.Days);
        return await WriteAsync(request.CaseId, db, vault, current, audit, now, person => new EntryContent(
            CaseEntryKind.Granted, now, current.Caller.Name, person, Previous: null, Text: purpose, StaffId: request.StaffId,
            Until: until), cancel) is { } refused ? refused : TypedResults.NoContent();
    }

    // Whoever has no grant has none afterwards either: the answer is the same, and so is the trail.
    private static async Task<Results<NoContent, Problem>> RevokeAsync(
        CaseRevocationRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return await WriteAsync(request.CaseId, db, vault, current, audit, now, person => new EntryContent(
            CaseEntryKind.Revoked, now, current.Caller.Name, person, Previous: null, StaffId: request.StaffId, Until: now),
            cancel) is { } refused ? refused : TypedResults.NoContent();
    }

    private static async Task<Problem?> WriteAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, DateTimeOffset now,
        Func<Guid?, EntryContent> content, CancellationToken cancel)
    {
        audit.KeepApart();
        var cases = await db.CasesOfAsync(current.Caller, now, leadsOnly: true, cancel);
        if (await cases.SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } found)
            return Failures.NotFound;
        var entry = content(CaseAccess.PersonAt(current.Caller, found.SchoolId));
        if (entry is { Kind: CaseEntryKind.Granted, StaffId: { } granted }
            && !await MayBeGrantedAsync(db, found, granted, now, cancel))
            return Problem.Of([VisitsFailures.NotStaff.At("staffId")]);
        var last = await db.Set<CaseEntry>().AsNoTracking().Where(e => e.SchoolId == found.SchoolId && e.CaseId == found.Id)
            .OrderByDescending(e => e.Number).FirstOrDefaultAsync(cancel);
        var number = await db.WriteAsync(vault, found, last, entry, cancel);
        if (entry is { StaffId: { } staff, Until: { } until })
        {
            db.Add(new CaseGrant
            {
                SchoolId = found.SchoolId,
                CaseId = found.Id,
                Number = number,
                DistrictId = found.DistrictId,
                StaffId = staff,
                Until = until,
            });
        }

        return null;
    }

    // A lead reads as long as he is named, and not a day longer: he grants nothing to himself or to another lead.
    private static async Task<bool> MayBeGrantedAsync(
        VisitsDb db, ProtectedCase found, Guid staff, DateTimeOffset now, CancellationToken cancel)
    {
        var today = await db.TodayAtAsync(found.DistrictId, found.SchoolId, now, cancel);
        return await db.Set<Post>().AnyAsync(
                post => post.SchoolId == found.SchoolId && post.StaffId == staff && post.StartsOn <= today
                    && (post.EndsOn == null || post.EndsOn >= today), cancel)
            && !await db.Set<ProtectionLead>().AnyAsync(l => l.SchoolId == found.SchoolId && l.StaffId == staff, cancel);
    }
}
