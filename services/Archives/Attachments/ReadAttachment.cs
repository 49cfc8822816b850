using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Attachments;

/// <summary>
/// Gives out an attachment's file. What is labelled 内部资料 is read like a sensitive item: by policy or grant, with a purpose, or in a crisis;
/// the line in the log of reads commits, or nobody reads (ARC-7, ALL-8).
/// </summary>
internal static class ReadAttachment
{
    public static void MapReadAttachment(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/attachments/{attachmentId:guid}/content", ReadAsync)
            .WithName("ReadAttachment")
            .WithSummary("An attachment's file, unless it is labelled 内部资料.")
            .Command(Permission.ArchiveRead).Sensitive(); // for its audit row
        api.MapPost("/districts/{districtId:guid}/attachments/{attachmentId:guid}/reads", ReadInternalAsync)
            .WithName("ReadInternalAttachment")
            .WithSummary("The file of an attachment that is labelled 内部资料, by policy or granted access; logged with its purpose.")
            .Command(Permission.SensitiveRead).Sensitive();
        api.MapPost("/districts/{districtId:guid}/attachments/{attachmentId:guid}/emergency-reads", ReadInCrisisAsync)
            .WithName("ReadAttachmentInCrisis")
            .WithSummary("Breaks the glass: the file of an attachment in a crisis; somebody else reviews it the next day.")
            .Command(Permission.SensitiveEmergency).Sensitive();
    }

    private static async Task<Results<FileAnswer, Problem>> ReadAsync(
        Guid districtId, Guid attachmentId, ArchivesDb db, KeyVault vault, FileVault files, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var caller = current.Caller;
        if (await db.FindAttachmentAsync(caller, Permission.ArchiveRead, districtId, attachmentId, clock, cancel) is not { } found
            || !(found.Attachment.ForFamily || found.Attachment.AccountId == caller.AccountId || caller.ReadsAsStaff(found.At)))
        {
            return (Problem)Failures.NotFound;
        }

        if (found.Attachment.SensitiveKind is not null)
            return (Problem)AttachmentFailures.Internal;
        audit.About("attachment", attachmentId, districtId, found.At.SchoolId);
        return await OpenAsync(found.Attachment, vault, files, cancel);
    }

    private static async Task<Results<FileAnswer, Problem>> ReadInternalAsync(
        Guid districtId, Guid attachmentId, ReadRequest request, ArchivesDb db, KeyVault vault, FileVault files,
        CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (request.Check(out var reason) is { } invalid)
            return invalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindAttachmentAsync(caller, Permission.SensitiveRead, districtId, attachmentId, clock, cancel) is not { } found
            || found.Attachment.AsConfidential() is not { } confidential)
        {
            return (Problem)Failures.NotFound;
        }

        var rights = await db.SensitiveRightsAsync(caller, found.At, today, cancel);
        var (sees, grant, basis) = rights.SeesOf(confidential.Kind, found.Attachment.AddedAt);
        if (grant is null || sees != Sees.Content)
            return (Problem)ArchivesFailures.AccessNeeded;
        var log = new ReadLog(db, vault, audit, clock);
        return await log.WriteAsync("attachment", confidential, caller, grant, basis, request.Purpose, reason, null, cancel) is null
            ? (Problem)Failures.Erased
            : await OpenAsync(found.Attachment, vault, files, cancel);
    }

    private static async Task<Results<FileAnswer, Problem>> ReadInCrisisAsync(
        Guid districtId, Guid attachmentId, EmergencyReadRequest request, ArchivesDb db, KeyVault vault, FileVault files,
        CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (request.Check(out var reason) is { } invalid)
            return invalid;
        var caller = current.Caller;
        if (await db.FindAttachmentAsync(caller, Permission.SensitiveEmergency, districtId, attachmentId, clock, cancel) is not { } found
            || found.Attachment.AsConfidential() is not { } confidential)
        {
            return (Problem)Failures.NotFound;
        }

        var policy = (await db.SensitivePolicyAsync(districtId, cancel))?.Settings ?? new SensitiveSettings();
        var grant = caller.With(Permission.SensitiveEmergency).First(grant => SensitiveReach.Reaches(grant, found.At));
        var log = new ReadLog(db, vault, audit, clock);
        var due = LocalDay.Today(clock).AddDays(policy.ReviewDays);
        return await log.WriteAsync(
            "attachment", confidential, caller, grant, ReadBasis.Emergency, ReadPurpose.Crisis, reason, due, cancel) is null
            ? (Problem)Failures.Erased
            : await OpenAsync(found.Attachment, vault, files, cancel);
    }

    private static async Task<Results<FileAnswer, Problem>> OpenAsync(
        Attachment attachment, KeyVault vault, FileVault files, CancellationToken cancel)
    {
        var title = await vault.OpenTextAsync(
            attachment.DistrictId, Attachment.SealedTitle.Of(attachment.Id), attachment.Title, cancel);
        if (title is null || await files.OpenAsync(attachment.DistrictId, Attachment.SealedContent.Of(attachment.Id), cancel) is not { } file)
            return (Problem)Failures.Erased;
        return new FileAnswer(file, attachment.Type, title);
    }
}

/// <summary>Who reaches an attachment.</summary>
internal static class AttachmentReach
{
    /// <summary>An attachment that is there, and the enrolment through which the caller reaches its student in its school.</summary>
    public static async Task<(Attachment Attachment, Enrolment At)?> FindAttachmentAsync(
        this ArchivesDb db, Caller caller, Permission permission, Guid district, Guid id, TimeProvider clock, CancellationToken cancel)
    {
        if (await db.Set<Attachment>().SingleOrDefaultAsync(
            a => a.DistrictId == district && a.Id == id && a.DeletedAt == null, cancel) is not { } attachment)
        {
            return null;
        }

        var at = await db.FindOnRollAsync(
            caller, permission, district, attachment.StudentId, LocalDay.Today(clock), cancel, attachment.SchoolId);
        return at is null ? null : (attachment, at);
    }

    /// <summary>Whether the caller sees a student's archive as staff, not only as a guardian.</summary>
    public static bool ReadsAsStaff(this Caller caller, Enrolment at) =>
        caller.With(Permission.ArchiveRead).Any(grant => grant.StudentId is null && SensitiveReach.Reaches(grant, at));
}
