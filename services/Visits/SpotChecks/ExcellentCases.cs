using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Ledger;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>A case that was written.</summary>
/// <param name="Id">The case.</param>
public sealed record ProposedCase(Guid Id);

/// <summary>With whom a case is shared.</summary>
/// <param name="WithDistrict">With all schools of the district, not the own school only.</param>
public sealed record ShareRequest(bool WithDistrict = false);

/// <summary>A case on its way.</summary>
/// <param name="Id">The case.</param>
/// <param name="VisitId">The visit.</param>
/// <param name="TeacherId">The teacher who has to agree.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Text">What it says; <see langword="null"/> when it is erased.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes.</param>
public sealed record CaseView(Guid Id, Guid VisitId, Guid TeacherId, CaseState State, CaseText? Text, long Version);

/// <summary>A case as colleagues read it.</summary>
/// <param name="Id">The case.</param>
/// <param name="Title">Its title.</param>
/// <param name="Text">Its text.</param>
/// <param name="SharedAt">When it was shared.</param>
public sealed record SharedCaseView(Guid Id, string Title, string Text, DateTimeOffset SharedAt);

/// <summary>
/// Excellent cases (VIS-13): written without names by the officer, agreed to by the teacher, approved by the officer, read by
/// colleagues.
/// </summary>
internal static class ExcellentCases
{
    private const int LongestTitle = 80;
    private const int LongestText = 4_000;

    public static void MapExcellentCases(this IEndpointRouteBuilder api)
    {
        api.MapPost("/spot-checks/{id:guid}/records/{visit:guid}/case", ProposeAsync).Command(Permission.SpotCheck)
            .WithName("ProposeExcellentCase");
        var cases = api.MapGroup("/spot-checks/cases");
        cases.MapGet("/{id:guid}", ReadAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("ReadExcellentCase");
        cases.MapPost("/{id:guid}/consent", ConsentAsync).Command(Permission.VisitRecord).WithName("ConsentToExcellentCase");
        cases.MapPost("/{id:guid}/share", ShareAsync).Command(Permission.SpotCheck).WithName("ShareExcellentCase");
        cases.MapPost("/{id:guid}/withdraw", WithdrawAsync).Command(Permission.SpotCheck).WithName("WithdrawExcellentCase");
        cases.MapGet("/shared", ListSharedAsync).Query(Permission.VisitRecordRead).WithName("ListSharedCases");
    }

    private static async Task<Results<Created<ProposedCase>, Problem>> ProposeAsync(
        Guid id, Guid visit, CaseText request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = new CaseText(
            mistakes.Text("title", request.Title, LongestTitle), mistakes.Text("text", request.Text, LongestText));
        if (mistakes.Refusal is null)
        {
            if (Anonymity.HasTraces(text.Title))
                mistakes.Add(SpotCheckFailures.NotAnonymous.At("title"));
            if (Anonymity.HasTraces(text.Text))
                mistakes.Add(SpotCheckFailures.NotAnonymous.At("text"));
        }

        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await DrawSpotCheck.VisibleTo(db, current.Caller).SingleOrDefaultAsync(c => c.Id == id, cancel) is not { } check
            || await db.Set<SpotCheckRecord>().AsNoTracking().SingleOrDefaultAsync(
                r => r.SchoolId == check.SchoolId && r.CheckId == id && r.VisitId == visit, cancel) is not { } record)
            return (Problem)Failures.NotFound;
        if (!record.Excellent)
            return (Problem)SpotCheckFailures.NotExcellent;

        if (await db.Visits.AsNoTracking().SingleOrDefaultAsync(v => v.SchoolId == check.SchoolId && v.Id == visit, cancel)
            is not { } about)
            return (Problem)Failures.NotFound; // erased, or restricted
        var caseId = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            about.ToSubject(), ExcellentCase.SealedText.Of(caseId), JsonSerializer.SerializeToUtf8Bytes(text, Json.Options),
            cancel)
            is not { } sealedText)
            return (Problem)Failures.Erased;
        db.Add(new ExcellentCase
        {
            SchoolId = check.SchoolId,
            Id = caseId,
            DistrictId = check.DistrictId,
            VisitId = visit,
            TeacherId = record.TeacherId,
            Text = sealedText,
            AuthorId = current.Caller.With(Permission.SpotCheck).First(g => g.SchoolId == check.SchoolId).PersonId,
            ProposedAt = now,
        });
        audit.About("excellent-case", caseId, check.DistrictId, check.SchoolId);
        ETag.Set(http, 1);
        return TypedResults.Created($"/api/visits/spot-checks/cases/{caseId}", new ProposedCase(caseId));
    }

    private static async Task<Results<Ok<CaseView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, Permission.VisitRecordRead, id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        audit.About("excellent-case", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.Ok(new CaseView(
            id, found.VisitId, found.TeacherId, found.State, await OpenAsync(found, vault, cancel), found.Version));
    }

    private static async Task<Results<NoContent, Problem>> ConsentAsync(
        Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, Permission.VisitRecord, id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, found.Version) is { } stale)
            return (Problem)stale;
        if (!found.Consent(clock.GetUtcNow()))
            return (Problem)SpotCheckFailures.CaseDecided;
        audit.About("excellent-case", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> ShareAsync(
        Guid id, ShareRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, current.Caller, Permission.SpotCheck, id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, found.Version) is { } stale)
            return (Problem)stale;
        if (found.State == CaseState.Proposed)
            return (Problem)SpotCheckFailures.ConsentMissing;
        if (found.State != CaseState.Consented)
            return (Problem)SpotCheckFailures.CaseDecided;
        if (await OpenAsync(found, vault, cancel) is not { } text)
            return (Problem)Failures.Erased;
        found.Share(current.Caller.With(Permission.SpotCheck).First(g => g.SchoolId == found.SchoolId).PersonId, now);
        db.Add(new SharedCase
        {
            Id = id,
            DistrictId = found.DistrictId,
            SchoolId = request.WithDistrict ? null : found.SchoolId,
            Title = text.Title,
            Text = text.Text,
            SharedAt = now,
        });
        audit.About("excellent-case", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, Permission.SpotCheck, id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, found.Version) is { } stale)
            return (Problem)stale;
        if (found.State == CaseState.Withdrawn)
            return (Problem)SpotCheckFailures.CaseDecided;
        found.Withdraw();
        await db.Set<SharedCase>().Where(c => c.Id == id).ExecuteDeleteAsync(cancel);
        audit.About("excellent-case", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<SharedCaseView>>, Problem>> ListSharedAsync(
        VisitsDb db, CurrentCaller current, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.VisitRecordRead).ToArray();
        var districts = grants.Select(g => g.DistrictId).ToArray();
        var schools = LedgerAccess.SchoolsOf(grants);
        var found = db.Set<SharedCase>().AsNoTracking()
            .Where(c => districts.Contains(c.DistrictId) && (c.SchoolId == null || schools.Contains(c.SchoolId.Value)));
        if (last is not null)
            found = found.Where(c => c.Id.CompareTo(last.Id) < 0);
        var wanted = Cursor.Size(size);
        var rows = await found.OrderByDescending(c => c.Id).Take(wanted + 1)
            .Select(c => new SharedCaseView(c.Id, c.Title, c.Text, c.SharedAt)).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, wanted, shared => new Last(shared.Id)));
    }

    // Roles at the school see all of its cases, a teacher those of the own visits.
    private static Task<ExcellentCase?> FindAsync(VisitsDb db, Caller caller, Permission permission, Guid id,
        CancellationToken cancel)
    {
        var grants = caller.With(permission).ToArray();
        var schools = LedgerAccess.SchoolsOf(grants);
        var whole = grants.Where(g => g.ClassId is null).Select(g => g.SchoolId).OfType<Guid>().ToArray();
        var own = grants.Select(g => g.PersonId).OfType<Guid>().ToArray();
        return db.Set<ExcellentCase>().SingleOrDefaultAsync(
            c => c.Id == id && schools.Contains(c.SchoolId) && (whole.Contains(c.SchoolId) || own.Contains(c.TeacherId)), cancel);
    }

    private static async Task<CaseText?> OpenAsync(ExcellentCase found, KeyVault vault, CancellationToken cancel) =>
        await vault.OpenAsync(found.DistrictId, ExcellentCase.SealedText.Of(found.Id), found.Text, cancel) is { } text
            ? JsonSerializer.Deserialize<CaseText>(text, Json.Options)
            : null;

    private sealed record Last(Guid Id);
}
