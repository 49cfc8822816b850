using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Attachments;

/// <summary>That an attachment exists.</summary>
/// <param name="Id">The attachment.</param>
/// <param name="AddedAt">When it was added.</param>
/// <param name="Internal">Whether it is labelled 内部资料.</param>
/// <param name="Kind">What it is to the archive; <see langword="null"/> to those who may not read it.</param>
/// <param name="MediaType">What its file is; <see langword="null"/> to those who may not read it.</param>
/// <param name="Bytes">Its file's length; <see langword="null"/> to those who may not read it.</param>
/// <param name="Title">Its name; <see langword="null"/> when it is erased, or is labelled 内部资料 and somebody else's: then it comes with the
/// file.</param>
/// <param name="SensitiveKind">What it is about, if it is labelled; <see langword="null"/> to those who may not read it.</param>
/// <param name="ForFamily">Whether guardians see it.</param>
/// <param name="FromFamily">Whether a guardian sent it.</param>
/// <param name="AuthorId">Who added it.</param>
public sealed record AttachmentRow(
    Guid Id, DateTimeOffset AddedAt, bool Internal, AttachmentKind? Kind, string? MediaType, long? Bytes, string? Title,
    SensitiveKind? SensitiveKind, bool ForFamily, bool FromFamily, Guid? AuthorId);

/// <summary>Lists a student's attachments: a guardian sees those for the family and those that he has sent himself.</summary>
internal static class ListAttachments
{
    public static void MapListAttachments(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/attachments", ListAsync)
            .WithName("ListAttachments")
            .WithSummary("A student's attachments, the newest first.")
            .Query(Permission.ArchiveRead);

    private static async Task<Results<Ok<Page<AttachmentRow>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.ArchiveRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var asStaff = caller.ReadsAsStaff(at);
        var account = caller.AccountId;
        var take = Cursor.Size(size);
        var attachments = await db.Set<Attachment>().AsNoTracking()
            .Where(a => a.SchoolId == at.SchoolId && a.StudentId == studentId && a.DeletedAt == null
                && (asStaff || a.ForFamily || a.AccountId == account) && (last == null || a.Id < last))
            .OrderByDescending(a => a.Id).Take(take + 1).ToListAsync(cancel);
        var rights = await db.SensitiveRightsAsync(caller, at, today, cancel);
        await vault.FetchAsync(attachments.Select(attachment => attachment.Title), cancel);
        var rows = new List<AttachmentRow>(attachments.Count);
        foreach (var a in attachments)
        {
            var own = a.AccountId == account;
            var open = a.SensitiveKind is not { } kind || own
                || rights.SeesOf(kind, a.AddedAt).Sees == Sees.Content;
            var title = a.SensitiveKind is null || own
                ? await vault.OpenTextAsync(districtId, Attachment.SealedTitle.Of(a.Id), a.Title, cancel)
                : null;
            rows.Add(new AttachmentRow(
                a.Id, a.AddedAt, a.SensitiveKind is not null, open ? a.Kind : null, open ? a.Type.MediaType() : null,
                open ? a.Bytes : null, title, open ? a.SensitiveKind : null, a.ForFamily, a.FromFamily, a.AuthorId));
        }

        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }
}
