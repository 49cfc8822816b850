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
            .WithSummary("Deletes an attachment; its file is removed from the store within hours.")
            .Command(Permission.AttachmentDelete);

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        Guid districtId, Guid attachmentId, ArchivesDb db, FileVault files, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var caller = current.Caller;
        if (await db.FindAttachmentAsync(caller, Permission.AttachmentDelete, districtId, attachmentId, clock, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (found.Attachment.SensitiveKind is { } kind)
        {
            var policy = (await db.SensitivePolicyAsync(districtId, cancel))?.Settings ?? new SensitiveSettings();
            if (!caller.With(Permission.AttachmentDelete)
                .Any(grant => SensitiveReach.Reaches(grant, found.At) && policy.Of(grant.Role, kind) == Sees.Content))
            {
                return (Problem)AttachmentFailures.NotYoursToDelete;
            }
        }

        found.Attachment.Delete(caller.AccountId!.Value, clock.GetUtcNow());
        await files.GiveUpAsync(db, attachmentId, cancel);
        audit.About("attachment", attachmentId, districtId, found.At.SchoolId);
        return TypedResults.NoContent();
    }
}
