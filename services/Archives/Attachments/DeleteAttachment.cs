using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Archives.Attachments;

/// <summary>Deletes an attachment: that it was there stays, with who deleted it and when; its file goes.</summary>
internal static class DeleteAttachment
{
    public static void MapDeleteAttachment(this IEndpointRouteBuilder api) =>
        api.MapDelete("/districts/{districtId:guid}/attachments/{attachmentId:guid}", DeleteAsync)
            .WithName("DeleteAttachment")
            .WithSummary("Deletes an attachment, unless the law keeps it; its file is removed from the store within hours.")
            .Command(Permission.AttachmentDelete);

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        Guid districtId, Guid attachmentId, ArchivesDb db, FileVault files, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindAttachmentAsync(caller, Permission.AttachmentDelete, districtId, attachmentId, clock, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (found.Attachment.SensitiveKind is { } kind)
        {
            // Access that was granted is for reading.
            var rights = await db.SensitiveRightsAsync(caller, found.At, today, cancel) with { Accesses = [] };
            if (rights.SeesOf(kind, found.Attachment.AddedAt).Sees != Sees.Content)
                return (Problem)AttachmentFailures.NotYoursToDelete;
        }

        await db.TakeTurnsAsync([found.Attachment.StudentId], cancel);
        if (await db.IsHeldAsync(districtId, found.Attachment.StudentId, cancel))
            return (Problem)AttachmentFailures.KeptByLaw;
        found.Attachment.Delete(caller.AccountId!.Value, clock.GetUtcNow());
        await files.GiveUpAsync(db, attachmentId, cancel);
        audit.About("attachment", attachmentId, districtId, found.At.SchoolId);
        return TypedResults.NoContent();
    }
}
