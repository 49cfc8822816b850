using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.Messages.Paper;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Messages.Tests;

/// <summary>Notices for families whom nothing but paper and the phone reaches (MSG-5).</summary>
[Trait("Rule", "MSG-5")]
public sealed class PaperTests(MessagesSystem system)
{
    private readonly School school = new(system);

    [Fact]
    public async Task A_sheet_is_printed_for_each_child_whose_guardian_has_no_app_and_for_nobody_else()
    {
        var children = await school.EnrolAsync(3, guardians: 2);
        await school.AllowAsync(children[0], maySee: true, GuardianChannel.Paper);
        await school.AllowAsync(children[0], maySee: true, GuardianChannel.Phone, which: 1);
        await school.AllowAsync(children[1], maySee: true, GuardianChannel.Paper, which: 1);
        var post = await school.SendAsync(school.Teacher, school.Notice(school.Id, school.Class, asksAnswer: true));

        var page = await system.As(school.Teacher).GetStringAsync($"/api/messages/posts/{post}/print");
        page.Split("class=\"sheet\"").Length.ShouldBe(3); // two sheets
        foreach (var child in children[..2])
            page.ShouldContain(PaperNotice.CodeOf(post, child.Student));
        page.ShouldNotContain(PaperNotice.CodeOf(post, children[2].Student));
        page.ShouldContain("周五下午三点。");
        page.ShouldContain("回执");

        var unasked = await school.SendAsync(school.Teacher);
        (await system.As(school.Teacher).GetStringAsync($"/api/messages/posts/{unasked}/print")).ShouldNotContain("回执");
    }

    [Fact]
    public async Task Nobody_needs_paper_where_all_have_the_app_and_no_other_class_prints_it()
    {
        await school.EnrolAsync(1);
        var post = await school.SendAsync(school.Teacher);
        using var none = await system.As(school.Teacher).GetAsync($"/api/messages/posts/{post}/print");
        (await none.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe("messages.nobody-on-paper");
        foreach (var other in (Grant[])[school.Teacher with { ClassId = Guid.CreateVersion7() }, school.Neighbour().Officer])
        {
            using var hidden = await system.As(other).GetAsync($"/api/messages/posts/{post}/print");
            hidden.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task What_was_handed_over_and_came_back_counts_like_any_other()
    {
        var child = (await school.EnrolAsync(1))[0];
        await school.AllowAsync(child, maySee: true, GuardianChannel.Paper);
        var teacher = school.Teacher;
        var post = await school.SendAsync(teacher, school.Notice(school.Id, school.Class, asksAnswer: true));
        var reached = TimeProvider.System.GetUtcNow();
        await EnterAsync(teacher, post, new PaperReceipt(child.Student, child.Guardian, reached));
        var receipt = (await school.ReceiptsAsync(teacher, post)).ShouldHaveSingleItem();
        (receipt.DeliveredAt!.Value - reached).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        receipt.AnsweredAt.ShouldBeNull();

        // The slip comes back, and is entered twice.
        foreach (var _ in (int[])[1, 2])
            await EnterAsync(teacher, post, new PaperReceipt(child.Student, child.Guardian, Answer: "参加"));
        receipt = (await school.ReceiptsAsync(teacher, post)).ShouldHaveSingleItem();
        (receipt.AnsweredAt is not null, (receipt.DeliveredAt!.Value - reached).Duration() < TimeSpan.FromMilliseconds(1))
            .ShouldBe((true, true));
        (await system.As(teacher).GetFromJsonAsync<Page<PostAnswerBody>>($"/api/messages/posts/{post}/answers", Json.Options))!
            .Items.ShouldHaveSingleItem().Text.ShouldBe("参加");
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var rates = await system.As(teacher).GetStringAsync(
            $"/api/messages/rates?from={today.AddDays(-1):yyyy-MM-dd}&to={today.AddDays(1):yyyy-MM-dd}");
        rates.ShouldContain("\"answered\":1");
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task What_is_wrong_with_an_entry_is_said_and_nothing_is_entered()
    {
        var children = await school.EnrolAsync(2, guardians: 2);
        await school.AllowAsync(children[0], maySee: true, GuardianChannel.Paper);
        var teacher = school.Teacher;
        var post = await school.SendAsync(teacher);
        var entry = new PaperReceipt(children[0].Student, children[0].Guardian);
        await RefusedAsync(teacher, post, entry with { Answer = "参加" }, 409, "messages.asks-no-answer");
        await RefusedAsync(teacher, post, entry with { GuardianId = children[0].Guardians[1] }, 409, "messages.has-app");
        await RefusedAsync(teacher, post, entry with { ReachedAt = TimeProvider.System.GetUtcNow().AddDays(1) }, 400, "request.invalid");
        await RefusedAsync(teacher, post, entry with { ReachedAt = TimeProvider.System.GetUtcNow().AddDays(-1) }, 400, "request.invalid");
        await RefusedAsync(teacher, post, entry with { GuardianId = children[1].Guardian }, 404, "request.not-found");
        await RefusedAsync(teacher with { ClassId = Guid.CreateVersion7() }, post, entry, 404, "request.not-found");
        await school.AllowAsync(children[0], maySee: false, GuardianChannel.Paper);
        await RefusedAsync(teacher, post, entry, 404, "request.not-found");
        (await system.As(teacher).GetAsync($"/api/messages/posts/{post}/print")).StatusCode.ShouldBe(HttpStatusCode.Conflict); // nor a sheet
        (await school.ReceiptsAsync(teacher, post)).ShouldAllBe(receipt => receipt.DeliveredAt == null);
    }

    private async Task EnterAsync(Grant asWhom, Guid post, PaperReceipt receipt)
    {
        using var answer = await SendAsync(asWhom, post, receipt);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task RefusedAsync(Grant asWhom, Guid post, PaperReceipt receipt, int status, string code)
    {
        using var answer = await SendAsync(asWhom, post, receipt);
        ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code).ShouldBe((status, code));
    }

    private Task<HttpResponseMessage> SendAsync(Grant asWhom, Guid post, PaperReceipt receipt) =>
        system.As(asWhom).PostAsJsonAsync($"/api/messages/posts/{post}/paper-receipts", receipt, Json.Options);
}
