using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Messages.OffHours;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Posts;

/// <summary>A guardian's answer to a notice.</summary>
/// <param name="StudentId">The child that it is about.</param>
/// <param name="Text">What to say, 1–1,000 characters.</param>
public sealed record PostAnswerRequest(Guid StudentId, string Text);

/// <summary>What a guardian answered.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="AnsweredAt">When it was given or last changed.</param>
/// <param name="Text">What it says; <see langword="null"/> when it is erased.</param>
public sealed record PostAnswerBody(Guid StudentId, Guid GuardianId, DateTimeOffset AnsweredAt, string? Text);

/// <summary>Guardians answer notices that ask for it, and change their answers; staff of the class read them (MSG-4).</summary>
internal static class AnswerPost
{
    public static void MapAnswerPost(this IEndpointRouteBuilder api)
    {
        api.MapPut("/posts/{id:guid}/answer", AnswerAsync).Command(Permission.MessageReceive).WithName("AnswerPost")
            .WithSummary("Answers a notice about one's own child, or changes the answer.");
        api.MapGet("/posts/{id:guid}/answers", ReadAsync).Command(Permission.MessageAnswerRead).Sensitive()
            .WithName("ReadPostAnswers")
            .WithSummary("What families of the caller's classes answered, by child.");
    }

    private static async Task<Results<Ok<Answered>, Problem>> AnswerAsync(
        Guid id, PostAnswerRequest request, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, 1_000);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var guardian = current.Caller.With(Permission.MessageReceive)
            .FirstOrDefault(grant => grant.StudentId == request.StudentId)?.PersonId ?? Guid.Empty;
        if (await db.Receipts.AsNoTracking().SingleOrDefaultAsync(
            r => r.PostId == id && r.GuardianId == guardian && r.StudentId == request.StudentId, cancel) is not { } receipt)
        {
            return (Problem)Failures.NotFound;
        }

        if (!await db.Posts.AnyAsync(p => p.Id == id && p.AsksAnswer, cancel))
            return (Problem)MessagesFailures.AsksNoAnswer;

        var now = clock.GetUtcNow();
        if (!await KeepAsync(db, vault, receipt, text, now, cancel))
            return (Problem)Failures.Erased;
        audit.About("post", id, receipt.DistrictId, receipt.SchoolId);
        return TypedResults.Ok(new Answered(
            await OffHoursReply.AutoReplyAsync(db, receipt.DistrictId, receipt.SchoolId, receipt.ClassId, now, cancel)));
    }

    /// <summary>Keeps what was answered, in place of an earlier answer. Who answers has the notice, and has read it.</summary>
    /// <returns>Whether it could be sealed: not for a child who is erased.</returns>
    internal static async Task<bool> KeepAsync(
        MessagesDb db, KeyVault vault, Receipt receipt, string text, DateTimeOffset now, CancellationToken cancel)
    {
        var answer = await db.Set<PostAnswer>().SingleOrDefaultAsync(
            a => a.SchoolId == receipt.SchoolId && a.PostId == receipt.PostId && a.GuardianId == receipt.GuardianId
                && a.StudentId == receipt.StudentId, cancel)
            ?? db.Add(new PostAnswer
            {
                SchoolId = receipt.SchoolId,
                Id = Guid.CreateVersion7(now),
                DistrictId = receipt.DistrictId,
                PostId = receipt.PostId,
                GuardianId = receipt.GuardianId,
                StudentId = receipt.StudentId,
                ClassId = receipt.ClassId,
            }).Entity;
        if (await vault.SealAsync(
            new Subject(receipt.DistrictId, receipt.SchoolId, receipt.StudentId), PostAnswer.SealedContent.Of(answer.Id),
            JsonSerializer.SerializeToUtf8Bytes(new AnswerContent(text), Json.Options), cancel) is not { } content)
        {
            return false;
        }

        (answer.Content, answer.AnsweredAt) = (content, now);
        answer.Version++;
        await db.Receipts.Where(r => r.SchoolId == receipt.SchoolId && r.PostId == receipt.PostId && r.GuardianId == receipt.GuardianId
                && r.StudentId == receipt.StudentId)
            .ExecuteUpdateAsync(
                r => r.SetProperty(one => one.AnsweredAt, now).SetProperty(one => one.ReadAt, one => one.ReadAt ?? now)
                    .SetProperty(one => one.DeliveredAt, one => one.DeliveredAt ?? now), cancel);
        return true;
    }

    private static async Task<Results<Ok<Page<PostAnswerBody>>, Problem>> ReadAsync(
        Guid id, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel,
        Guid? classId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var post = await db.PostsVisibleTo(current, Permission.MessageAnswerRead).SingleOrDefaultAsync(p => p.Id == id, cancel);
        if (post is null)
            return (Problem)Failures.NotFound;
        var (districts, schools, classes) = MessagesReach.Of(current, Permission.MessageAnswerRead);
        var limit = Cursor.Size(size);
        var rows = await db.Set<PostAnswer>().AsNoTracking()
            .Where(a => a.PostId == id && (classId == null || a.ClassId == classId) && (last == null || a.Id > last))
            .Where(a => districts.Contains(a.DistrictId) || schools.Contains(a.SchoolId) || classes.Contains(a.ClassId))
            .OrderBy(a => a.Id).Take(limit + 1).ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Id);
        await vault.FetchAsync(page.Items.Select(row => row.Content), cancel);
        var answers = new List<PostAnswerBody>();
        foreach (var row in page.Items)
        {
            var content = await vault.OpenAsync(row.DistrictId, PostAnswer.SealedContent.Of(row.Id), row.Content, cancel);
            answers.Add(new PostAnswerBody(
                row.StudentId, row.GuardianId, row.AnsweredAt,
                content is null ? null : JsonSerializer.Deserialize<AnswerContent>(content, Json.Options)!.Text));
        }

        audit.About("post", id, post.DistrictId, post.SchoolId);
        return TypedResults.Ok(new Page<PostAnswerBody>(answers, page.Next));
    }
}
