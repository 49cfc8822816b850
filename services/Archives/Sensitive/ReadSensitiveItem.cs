using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>Why somebody reads.</summary>
/// <param name="Purpose">What for.</param>
/// <param name="Reason">In words, up to 500 characters; guardians are not shown it.</param>
public sealed record ReadRequest(ReadPurpose Purpose, string? Reason = null);

/// <summary>Why somebody reads in a crisis.</summary>
/// <param name="Reason">What is happening, 10–500 characters; the reviewer reads it.</param>
public sealed record EmergencyReadRequest(string Reason);

/// <summary>A sensitive item as it is read.</summary>
/// <param name="Id">The item.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="AuthorId">Who wrote it.</param>
/// <param name="WrittenAt">When.</param>
/// <param name="Content">What it says; <see langword="null"/> for those who see the advice only.</param>
/// <param name="Advice">What to do about it, if somebody wrote that.</param>
/// <param name="ReadId">The line in the log of reads.</param>
/// <param name="ReviewDueOn">The day by which this read is reviewed, if it was made in a crisis.</param>
public sealed record SensitiveItemView(
    Guid Id, SensitiveKind Kind, Guid? AuthorId, DateTimeOffset WrittenAt, string? Content, string? Advice, Guid ReadId,
    DateOnly? ReviewDueOn);

/// <summary>
/// Reads a sensitive item (ARC-7), or breaks the glass in a crisis (ALL-8). A command: the line in the log of reads commits, or nobody
/// reads.
/// </summary>
internal static class ReadSensitiveItem
{
    public static void MapReadSensitiveItem(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/sensitive-items/{itemId:guid}/reads", ReadAsync)
            .WithName("ReadSensitiveItem")
            .WithSummary("Reads an item as far as policy or a granted access let the caller; logged with its purpose.")
            .Command(Permission.SensitiveRead).Sensitive();
        api.MapPost("/districts/{districtId:guid}/sensitive-items/{itemId:guid}/emergency-reads", ReadInCrisisAsync)
            .WithName("ReadSensitiveItemInCrisis")
            .WithSummary("Breaks the glass: reads an item in a crisis; somebody else reviews it the next day.")
            .Command(Permission.SensitiveEmergency).Sensitive();
    }

    private static async Task<Results<Ok<SensitiveItemView>, Problem>> ReadAsync(
        Guid districtId, Guid itemId, ReadRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (request.Check(out var reason) is { } invalid)
            return invalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await FindAsync(db, caller, Permission.SensitiveRead, districtId, itemId, today, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var rights = await db.SensitiveRightsAsync(caller, found.At, today, cancel);
        var (sees, grant, basis) = rights.SeesOf(found.Item.Kind, found.Item.WrittenAt);
        if (grant is null)
            return (Problem)ArchivesFailures.AccessNeeded;
        return await new Reading(db, vault, audit, clock, cancel)
            .OpenAsync(found.Item, caller, grant, sees, basis, request.Purpose, reason, reviewDueOn: null);
    }

    private static async Task<Results<Ok<SensitiveItemView>, Problem>> ReadInCrisisAsync(
        Guid districtId, Guid itemId, EmergencyReadRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (request.Check(out var reason) is { } invalid)
            return invalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await FindAsync(db, caller, Permission.SensitiveEmergency, districtId, itemId, today, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        var policy = (await db.SensitivePolicyAsync(districtId, cancel))?.Settings ?? new SensitiveSettings();
        var grant = caller.With(Permission.SensitiveEmergency).First(grant => SensitiveReach.Reaches(grant, found.At));
        return await new Reading(db, vault, audit, clock, cancel).OpenAsync(
            found.Item, caller, grant, Sees.Content, ReadBasis.Emergency, ReadPurpose.Crisis, reason, today.AddDays(policy.ReviewDays));
    }

    // The item, and the enrolment through which the caller reaches its student in the school that holds it.
    private static async Task<(SensitiveItem Item, Enrolment At)?> FindAsync(
        ArchivesDb db, Caller caller, Permission permission, Guid district, Guid id, DateOnly today, CancellationToken cancel)
    {
        var item = await db.Set<SensitiveItem>().AsNoTracking()
            .SingleOrDefaultAsync(item => item.DistrictId == district && item.Id == id, cancel);
        if (item is null)
            return null;
        var at = await db.FindOnRollAsync(caller, permission, district, item.StudentId, today, cancel, item.SchoolId);
        return at is null ? null : (item, at);
    }

    private sealed record Reading(ArchivesDb Db, KeyVault Vault, AuditTrail Audit, TimeProvider Clock, CancellationToken Cancel)
    {
        public async Task<Results<Ok<SensitiveItemView>, Problem>> OpenAsync(
            SensitiveItem item, Caller caller, Grant grant, Sees sees, ReadBasis basis, ReadPurpose purpose, string? reason,
            DateOnly? reviewDueOn)
        {
            var content = sees == Sees.Content
                ? await Vault.OpenTextAsync(item.DistrictId, SensitiveItem.ContentOf(item.Id), item.Content, Cancel)
                : null;
            var advice = await Vault.OpenTextAsync(item.DistrictId, SensitiveItem.AdviceOf(item.Id), item.Advice, Cancel);
            var read = await new ReadLog(Db, Vault, Audit, Clock).WriteAsync(
                "sensitive-item", item.AsConfidential(), caller, grant, basis, purpose, reason, reviewDueOn, Cancel);
            if ((sees == Sees.Content && content is null) || (item.Advice is not null && advice is null) || read is null)
                return (Problem)Failures.Erased;
            return TypedResults.Ok(new SensitiveItemView(
                item.Id, item.Kind, item.AuthorId, item.WrittenAt, content, advice, read.Value, reviewDueOn));
        }
    }
}

/// <summary>Texts in the vault.</summary>
internal static class SealedTexts
{
    /// <summary>Opens a text; <see langword="null"/> when there is none, or its key is destroyed.</summary>
    public static async ValueTask<string?> OpenTextAsync(
        this KeyVault vault, Guid district, Place place, byte[]? text, CancellationToken cancel) =>
        text is not null && await vault.OpenAsync(district, place, text, cancel) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
}
