using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>A dispute between home and school.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="Category">What about.</param>
/// <param name="Cause">How it came about, 1–2,000 characters.</param>
/// <param name="StartedOn">The day it began; today when missing.</param>
/// <param name="StaffIds">The staff in it.</param>
/// <param name="GuardianIds">The guardians in it.</param>
public sealed record DisputeRequest(
    Guid StudentId, DisputeCategory Category, string Cause, DateOnly? StartedOn = null, IReadOnlyList<Guid>? StaffIds = null,
    IReadOnlyList<Guid>? GuardianIds = null);

/// <summary>How a dispute was resolved.</summary>
/// <param name="Resolution">1–2,000 characters.</param>
/// <param name="ResolvedOn">The day; today when missing.</param>
public sealed record ResolutionRequest(string Resolution, DateOnly? ResolvedOn = null);

/// <summary>Which disputes to list; what is missing does not narrow.</summary>
/// <param name="ClassId">Of students of a class.</param>
/// <param name="StudentId">Of a student.</param>
/// <param name="TermId">That began in a term.</param>
/// <param name="OpenOnly">Only those that last.</param>
/// <param name="Size">Disputes a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record DisputeFilter(Guid? ClassId, Guid? StudentId, Guid? TermId, bool? OpenOnly, int? Size, string? After);

/// <summary>A dispute without its texts.</summary>
/// <param name="Id">The dispute.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class then.</param>
/// <param name="TermId">The term that it began in.</param>
/// <param name="Category">What about.</param>
/// <param name="StartedOn">The day it began.</param>
/// <param name="ResolvedOn">The day it was resolved.</param>
/// <param name="StaffIds">The staff in it.</param>
/// <param name="GuardianIds">The guardians in it.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes.</param>
public sealed record DisputeRow(
    Guid Id, Guid StudentId, Guid? ClassId, Guid TermId, DisputeCategory Category, DateOnly StartedOn, DateOnly? ResolvedOn,
    IReadOnlyList<Guid> StaffIds, IReadOnlyList<Guid> GuardianIds, long Version)
{
    internal static DisputeRow Of(Dispute d) => new(
        d.Id, d.StudentId, d.ClassId, d.TermId, d.Category, d.StartedOn, d.ResolvedOn, d.StaffIds, d.GuardianIds, d.Version);
}

/// <summary>A dispute with its texts; what is erased is <see langword="null"/>.</summary>
/// <param name="Facts">The rest of it.</param>
/// <param name="Cause">How it came about.</param>
/// <param name="Resolution">How it was resolved.</param>
public sealed record DisputeView(DisputeRow Facts, string? Cause, string? Resolution);

/// <summary>Records disputes, resolves, lists and reads them (VIS-15).</summary>
internal static class KeepDisputes
{
    private const int LongestText = 2_000;
    private const int OldestDays = 366;

    public static void MapDisputes(this IEndpointRouteBuilder api)
    {
        api.MapPost("/disputes", RecordAsync).Command(Permission.DisputeManage).WithName("RecordDispute");
        api.MapPost("/disputes/{id:guid}/resolve", ResolveAsync).Command(Permission.DisputeManage).WithName("ResolveDispute");
        api.MapGet("/disputes", ListAsync).Query(Permission.DisputeManage).WithName("ListDisputes");
        api.MapGet("/disputes/{id:guid}", ReadAsync).Command(Permission.DisputeManage).Sensitive().WithName("ReadDispute");
        api.MapGet("/disputes/rates", DisputeRates.ReadAsync).Query(Permission.DisputeRateRead).WithName("ReadDisputeRates");
    }

    private static async Task<Results<Created<WrittenEntry>, Problem>> RecordAsync(
        DisputeRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Ids("staffIds", request.StaffIds ?? [], 0, LogContact.MostPeople);
        mistakes.Ids("guardianIds", request.GuardianIds ?? [], 0, LogContact.MostPeople);
        var cause = mistakes.Text("cause", request.Cause, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindPlaceAsync(current.Caller, Permission.DisputeManage, [request.StudentId], now, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var today = LocalTime.Day(now, place.Policy.TimeZone);
        var startedOn = request.StartedOn ?? today;
        if (startedOn > today || startedOn < today.AddDays(-OldestDays))
            mistakes.Add(LedgerFailures.DayOfDispute.At("startedOn"));
        await db.CheckStaffAsync("staffIds", place.SchoolId, request.StaffIds ?? [], today, mistakes, cancel);
        await db.CheckGuardiansAsync("guardianIds", [request.StudentId], request.GuardianIds ?? [], mistakes, cancel);
        if (mistakes.Refusal is { } wrong)
            return wrong;
        var terms = await db.Set<Term>().AsNoTracking().Where(t => t.DistrictId == place.DistrictId).ToListAsync(cancel);
        if (Term.Of(startedOn, terms) is not { } term)
            return (Problem)VisitsFailures.NoTerm;

        var id = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(place.DistrictId, place.SchoolId, request.StudentId), Dispute.SealedCause.Of(id),
            Encoding.UTF8.GetBytes(cause), cancel) is not { } sealedCause)
            return (Problem)Failures.Erased;
        var dispute = db.Add(new Dispute
        {
            SchoolId = place.SchoolId,
            Id = id,
            DistrictId = place.DistrictId,
            StudentId = request.StudentId,
            ClassId = place.ClassOf[request.StudentId],
            TermId = term.Id,
            StartedOn = startedOn,
            Category = request.Category,
            StaffIds = [.. request.StaffIds ?? []],
            GuardianIds = [.. request.GuardianIds ?? []],
            Cause = sealedCause,
            AuthorId = place.AuthorId,
            RecordedAt = now,
        }).Entity;
        db.Publish(dispute.ToEvent(now));
        audit.About("dispute", id, place.DistrictId, place.SchoolId);
        ETag.Set(http, dispute.Version);
        return TypedResults.Created($"/api/visits/disputes/{id}", new WrittenEntry(id, dispute.Version, Deep: false));
    }

    private static async Task<Results<NoContent, Problem>> ResolveAsync(
        Guid id, ResolutionRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var resolution = mistakes.Text("resolution", request.Resolution, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await VisibleTo(db, current.Caller).SingleOrDefaultAsync(d => d.Id == id, cancel) is not { } dispute)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, dispute.Version) is { } stale)
            return (Problem)stale;
        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == dispute.SchoolId || p.NodeId == dispute.DistrictId).ToListAsync(cancel);
        var today = LocalTime.Day(now, Policy.InForce(dispute.DistrictId, dispute.SchoolId, policies).TimeZone);
        var day = request.ResolvedOn ?? today;
        if (day > today || day < dispute.StartedOn)
            return Problem.Of([LedgerFailures.DayOfDispute.At("resolvedOn")]);
        if (await vault.SealAsync(
            new Subject(dispute.DistrictId, dispute.SchoolId, dispute.StudentId), Dispute.SealedResolution.Of(id),
            Encoding.UTF8.GetBytes(resolution), cancel) is not { } sealedResolution)
            return (Problem)Failures.Erased;
        if (!dispute.Resolve(sealedResolution, day))
            return (Problem)LedgerFailures.AlreadyClosed;
        db.Publish(dispute.ToEvent(now));
        audit.About("dispute", id, dispute.DistrictId, dispute.SchoolId);
        ETag.Set(http, dispute.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<DisputeRow>>, Problem>> ListAsync(
        [AsParameters] DisputeFilter filter, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        var found = VisibleTo(db, current.Caller).AsNoTracking();
        if (filter.ClassId is { } @class)
            found = found.Where(d => d.ClassId == @class);
        if (filter.StudentId is { } student)
            found = found.Where(d => d.StudentId == student);
        if (filter.TermId is { } term)
            found = found.Where(d => d.TermId == term);
        if (filter.OpenOnly == true)
            found = found.Where(d => d.ResolvedOn == null);
        if (last is not null)
            found = found.Where(d => d.Id.CompareTo(last.Id) < 0);
        var size = Cursor.Size(filter.Size);
        var rows = await found.OrderByDescending(d => d.Id).Take(size + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From([.. rows.Select(DisputeRow.Of)], size, row => new Last(row.Id)));
    }

    private static async Task<Results<Ok<DisputeView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        if (await VisibleTo(db, current.Caller).AsNoTracking().SingleOrDefaultAsync(d => d.Id == id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var cause = await vault.OpenAsync(found.DistrictId, Dispute.SealedCause.Of(id), found.Cause, cancel);
        var resolution = found.Resolution is null ? null
            : await vault.OpenAsync(found.DistrictId, Dispute.SealedResolution.Of(id), found.Resolution, cancel);
        audit.About("dispute", id, found.DistrictId, found.SchoolId);
        ETag.Set(http, found.Version);
        return TypedResults.Ok(new DisputeView(
            DisputeRow.Of(found), cause is null ? null : Encoding.UTF8.GetString(cause),
            resolution is null ? null : Encoding.UTF8.GetString(resolution)));
    }

    private static IQueryable<Dispute> VisibleTo(VisitsDb db, Caller caller)
    {
        var grants = caller.With(Permission.DisputeManage).ToArray();
        var schools = LedgerAccess.SchoolsOf(grants);
        var whole = grants.Where(g => g.ClassId is null).Select(g => g.SchoolId).OfType<Guid>().ToArray();
        var classes = grants.Select(g => g.ClassId).OfType<Guid>().ToArray();
        return db.Set<Dispute>().Where(d =>
            schools.Contains(d.SchoolId) && (whole.Contains(d.SchoolId) || classes.Contains(d.ClassId!.Value)));
    }

    private sealed record Last(Guid Id);
}
