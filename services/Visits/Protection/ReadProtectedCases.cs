using System.Security.Cryptography;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>A case in a list.</summary>
/// <param name="Id">The case.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="OpenedAt">When it was opened.</param>
public sealed record ProtectedCaseView(Guid Id, Guid SchoolId, DateTimeOffset OpenedAt);

/// <summary>Which case to read. In the body: addresses are written down by proxies.</summary>
/// <param name="CaseId">The case.</param>
public sealed record ProtectedCaseRead(Guid CaseId);

/// <summary>A case with its trail.</summary>
/// <param name="Case">As in the list.</param>
/// <param name="Content">What it says.</param>
/// <param name="Trail">What happened, this read included, oldest first.</param>
/// <param name="TrailIsWhole">Whether no line is missing or was changed.</param>
public sealed record ProtectedCaseDetails(
    ProtectedCaseView Case, CaseContent Content, IReadOnlyList<EntryContent> Trail, bool TrailIsWhole);

/// <summary>
/// What the named leads, and those they have granted a case, read (VIS-17). All others get an empty list and 404.
/// </summary>
internal static class ReadProtectedCases
{
    public static void MapReadProtectedCases(this IEndpointRouteBuilder api)
    {
        // A command for its transaction, in which the database is told who asks.
        api.MapGet("/protected-cases", ListAsync).Unseen().Command(Permission.ProtectedCaseRead).Sensitive()
            .WithName("ListProtectedCases");
        api.MapPost("/protected-cases/reads", ReadAsync).Unseen().Command(Permission.ProtectedCaseRead).Sensitive()
            .WithName("ReadProtectedCase");
    }

    // Not paged: a school has few.
    private static async Task<Ok<IReadOnlyList<ProtectedCaseView>>> ListAsync(
        VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        audit.KeepApart();
        var cases = await db.CasesOfAsync(current.Caller, clock.GetUtcNow(), leadsOnly: false, cancel);
        return TypedResults.Ok<IReadOnlyList<ProtectedCaseView>>(await cases.OrderByDescending(c => c.OpenedAt)
            .Select(c => new ProtectedCaseView(c.Id, c.SchoolId, c.OpenedAt)).ToListAsync(cancel));
    }

    private static async Task<Results<Ok<ProtectedCaseDetails>, Problem>> ReadAsync(
        ProtectedCaseRead request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        audit.KeepApart();
        var now = clock.GetUtcNow();
        var cases = await db.CasesOfAsync(current.Caller, now, leadsOnly: false, cancel);
        if (await cases.SingleOrDefaultAsync(c => c.Id == request.CaseId, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var bytes = await vault.OpenAsync(found.DistrictId, ProtectedCase.ContentOf(found.Id), found.Content, cancel)
            ?? throw new CryptographicException("The key of a protected case is destroyed.");
        var (stored, trail, whole) = await db.TrailOfAsync(vault, found, cancel);
        var read = new EntryContent(
            CaseEntryKind.Read, now, current.Caller.Name, CaseAccess.PersonAt(current.Caller, found.SchoolId), Previous: null);
        await db.WriteAsync(vault, found, stored.LastOrDefault(), read, cancel);
        return TypedResults.Ok(new ProtectedCaseDetails(
            new ProtectedCaseView(found.Id, found.SchoolId, found.OpenedAt),
            JsonSerializer.Deserialize<CaseContent>(bytes, Json.Options)!, [.. trail, read], whole));
    }
}
