using System.Globalization;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Paper;

/// <summary>What came of a notice that a guardian got on paper or by phone.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="ReachedAt">When it was handed over or told; not before it was published, not to come. Without it, now.</param>
/// <param name="Answer">What came back, up to 1,000 characters; nothing while nothing has.</param>
public sealed record PaperReceipt(Guid StudentId, Guid GuardianId, DateTimeOffset? ReachedAt = null, string? Answer = null);

/// <summary>
/// Notices for families whom nothing else reaches (MSG-5, ARC-13): a sheet on A4 that the teacher hands over, with a slip to tear off where an
/// answer is asked for, and what was handed over, told by phone or brought back, entered by the teacher. It counts like any other.
/// </summary>
internal static class PaperNotice
{
    private const int LongestAnswer = 1_000;
    private const int MostSheets = 200;

    public static void MapPaperNotice(this IEndpointRouteBuilder api)
    {
        api.MapGet("/posts/{id:guid}/print", PrintAsync).Query(Permission.MessagePublish).WithName("PrintPost")
            .WithSummary("A notice on A4, one sheet for each child of the caller's class whose guardian has no app.");
        api.MapPost("/posts/{id:guid}/paper-receipts", EnterAsync).Command(Permission.MessagePublish).WithName("EnterPaperReceipt")
            .WithSummary("Enters that a guardian without the app was reached, and what came back.");
    }

    /// <summary>The code on a family's sheet, by which the teacher finds the line of the list that it is for.</summary>
    internal static string CodeOf(Guid post, Guid student) =>
        $"NT-{post.ToString("N", CultureInfo.InvariantCulture)[^6..]}-{student.ToString("N", CultureInfo.InvariantCulture)[^6..]}";

    private static async Task<Results<NoticeSheets, Problem>> PrintAsync(
        Guid id, MessagesDb db, CurrentCaller current, CancellationToken cancel, Guid? classId = null)
    {
        if (await db.PostsVisibleTo(current, Permission.MessagePublish).SingleOrDefaultAsync(p => p.Id == id, cancel) is not { } post)
            return (Problem)Failures.NotFound;
        var students = await db.ReceiptsVisibleTo(current, Permission.MessagePublish).AsNoTracking()
            .Where(r => r.PostId == id && r.Channel != GuardianChannel.App && (classId == null || r.ClassId == classId)
                && !db.Set<Roster.GuardianRights>().Any(g => g.StudentId == r.StudentId && g.GuardianId == r.GuardianId && !g.MaySee))
            .Select(r => r.StudentId).Distinct().OrderBy(student => student).Take(MostSheets + 1).ToListAsync(cancel);
        if (students.Count == 0)
            return (Problem)MessagesFailures.NobodyOnPaper;
        if (students.Count > MostSheets)
            return MessagesFailures.TooManySheets.Because(MostSheets);
        var zone = (await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == post.DistrictId, cancel))?.Settings
            ?? new MessagePolicy();
        return new NoticeSheets(post, students, zone.Day(post.PublishedAt));
    }

    private static async Task<Results<NoContent, Problem>> EnterAsync(
        Guid id, PaperReceipt request, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var answer = mistakes.OptionalText("answer", request.Answer, LongestAnswer);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.PostsVisibleTo(current, Permission.MessagePublish).SingleOrDefaultAsync(p => p.Id == id, cancel) is not { } post
            || await db.ReceiptsVisibleTo(current, Permission.MessagePublish).AsNoTracking().SingleOrDefaultAsync(
                r => r.PostId == id && r.GuardianId == request.GuardianId && r.StudentId == request.StudentId, cancel) is not { } receipt)
        {
            return (Problem)Failures.NotFound;
        }

        var reached = request.ReachedAt?.ToUniversalTime() ?? now;
        if (reached < post.PublishedAt || reached > now)
            return Problem.Of([MessagesFailures.ReachedAt.At("reachedAt")]);
        if (receipt.Channel == GuardianChannel.App)
            return (Problem)MessagesFailures.HasApp;
        if (answer is not null && !post.AsksAnswer)
            return (Problem)MessagesFailures.AsksNoAnswer;
        // Whom a document has kept from the child since has no answer to give.
        if (await db.Set<Roster.GuardianRights>().AnyAsync(
            r => r.StudentId == receipt.StudentId && r.GuardianId == receipt.GuardianId && !r.MaySee, cancel))
        {
            return (Problem)Failures.NotFound;
        }

        // What is entered twice has happened once.
        await db.Receipts.Where(r => r.SchoolId == receipt.SchoolId && r.PostId == id && r.GuardianId == receipt.GuardianId
                && r.StudentId == receipt.StudentId)
            .ExecuteUpdateAsync(
                r => r.SetProperty(one => one.ReadAt, one => one.ReadAt ?? reached)
                    .SetProperty(one => one.DeliveredAt, one => one.DeliveredAt ?? reached), cancel);
        if (answer is not null && !await AnswerPost.KeepAsync(db, vault, receipt, answer, now, cancel))
            return (Problem)Failures.Erased;
        audit.About("post", id, receipt.DistrictId, receipt.SchoolId);
        return TypedResults.NoContent();
    }
}

/// <summary>A notice on paper, a sheet for each family.</summary>
internal sealed class NoticeSheets(Post post, IReadOnlyList<Guid> students, DateOnly publishedOn) : IResult, IStatusCodeHttpResult
{
    // Each family's sheet is its own; the slip is torn off along a line.
    private const string Style =
        "<style>.sheet { break-after: page } .sheet:last-child { break-after: auto } "
        + ".slip { border-top: 2px dashed #111; margin-top: 3rem; padding-top: 1rem; break-inside: avoid } .line { margin: 1.2rem 0 }</style>\n";

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        var body = new StringBuilder(Style);
        foreach (var student in students)
            body.Append(Sheet(chinese, PaperNotice.CodeOf(post.Id, student)));
        return PrintPage.WriteAsync(httpContext, chinese, PrintPage.Html.Encode(post.Title), body.ToString());
    }

    private string Sheet(bool chinese, string code)
    {
        var day = publishedOn.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return
            $"""
            <section class="sheet">
            <h1>{PrintPage.Html.Encode(post.Title)}</h1>
            <dl>
            <dt>{(chinese ? "学生" : "Student")}</dt><dd>________________</dd>
            <dt>{(chinese ? "发布日期" : "Published")}</dt><dd>{day}</dd>
            <dt>{(chinese ? "编号" : "Code")}</dt><dd>{code}</dd>
            </dl>
            <p class="text">{PrintPage.Html.Encode(post.Text)}</p>
            <div class="sign"><div>{(chinese ? "学校盖章" : "Seal of the school")}</div></div>
            {(post.AsksAnswer ? Slip(chinese, code) : "")}
            </section>

            """;
    }

    private string Slip(bool chinese, string code) =>
        $"""
        <div class="slip">
        <h2>{(chinese ? "回执（请撕下交回班主任）" : "Slip (tear off and give it back to the homeroom teacher)")}</h2>
        <p>{PrintPage.Html.Encode(post.Title)} · {code}</p>
        <p class="line">{(chinese ? "答复：" : "Answer: ")}______________________________________________</p>
        <p class="line">{(chinese ? "学生：" : "Student: ")}______________　{(chinese ? "家长签字 / 日期：" : "Guardian, date: ")}__________________</p>
        </div>
        """;
}
