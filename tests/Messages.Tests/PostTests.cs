using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Messages.Tests;

/// <summary>Notices, who gets them, and what becomes of them (MSG-4).</summary>
public sealed class PostTests(MessagesSystem system)
{
    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task A_class_notice_reaches_each_guardian_of_the_class_once_and_nobody_else()
    {
        var school = new School(system);
        var children = await school.EnrolAsync(2, guardians: 2);
        var other = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7())).Single();

        var post = await school.SendAsync(school.Teacher);

        foreach (var child in children)
        {
            foreach (var which in (int[])[0, 1])
            {
                var line = (await school.InboxAsync(school.GuardianOf(child, which))).ShouldHaveSingleItem();
                line.AboutId.ShouldBe(post);
                line.StudentIds.ShouldBe([child.Student]);
            }
        }

        (await school.InboxAsync(school.GuardianOf(other))).ShouldBeEmpty();
        (await school.ReceiptsAsync(school.Teacher, post)).Count.ShouldBe(4);
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task Siblings_make_two_receipts_and_one_line_in_the_inbox()
    {
        var school = new School(system);
        var guardian = Guid.CreateVersion7();
        Child[] siblings = [new(Guid.CreateVersion7(), guardian), new(Guid.CreateVersion7(), guardian)];
        await school.EnrolAsync(siblings, school.Class);

        var post = await school.SendAsync(school.Officer, school.Notice(school.Id));

        var line = (await school.InboxAsync([.. siblings.Select(child => school.GuardianOf(child))])).ShouldHaveSingleItem();
        line.StudentIds.ShouldBe(siblings.Select(child => child.Student), ignoreOrder: true);
        (await school.ReceiptsAsync(school.Officer, post)).Count.ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task A_guardian_who_may_not_see_the_child_gets_nothing_and_no_reminder()
    {
        var school = new School(system);
        var child = (await school.EnrolAsync(1, guardians: 2)).Single();
        await school.AllowAsync(child, maySee: false, which: 1);

        var post = await school.SendAsync(school.Teacher);

        (await school.ReceiptsAsync(school.Teacher, post)).ShouldHaveSingleItem().GuardianId.ShouldBe(child.Guardian);
        (await school.InboxAsync(school.GuardianOf(child, 1))).ShouldBeEmpty();

        await school.AllowAsync(child, maySee: false);
        (await RemindAsync(school.Teacher, post)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task A_grade_a_school_and_a_district_get_what_is_for_them()
    {
        var school = new School(system);
        var neighbour = school.Neighbour();
        var seventh = (await school.EnrolAsync(1)).Single();
        var eighth = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7(), grade: "08")).Single();
        var far = (await neighbour.EnrolAsync(1)).Single();

        var ofGrade = await school.SendAsync(school.Officer, school.Notice(school.Id, grade: "08"));
        var ofSchool = await school.SendAsync(school.Officer, school.Notice(school.Id));
        var ofDistrict = await school.SendAsync(school.Admin, school.Notice());

        await ShouldHaveAsync(school.GuardianOf(seventh), ofDistrict, ofSchool);
        await ShouldHaveAsync(school.GuardianOf(eighth), ofDistrict, ofSchool, ofGrade);
        await ShouldHaveAsync(neighbour.GuardianOf(far), ofDistrict);
        (await StatusAsync(neighbour.GuardianOf(far), $"posts/{ofDistrict}")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(neighbour.GuardianOf(far), $"posts/{ofSchool}")).ShouldBe(HttpStatusCode.NotFound);

        async Task ShouldHaveAsync(Grant guardian, params Guid[] posts) =>
            (await school.InboxAsync(guardian)).Select(line => line.AboutId).ShouldBe(posts);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Nobody_sends_beyond_the_own_place()
    {
        var school = new School(system);
        await school.EnrolAsync(1);
        await school.Neighbour().EnrolAsync(1);

        (await PostAsync(school.Teacher, school.Notice(school.Id))).ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(school.Officer, school.Notice())).ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(school.Officer, school.Notice(school.Id, classId: Guid.CreateVersion7())))
            .ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync(school.Admin, school.Notice(classId: school.Class))).ShouldBe(HttpStatusCode.BadRequest);

        async Task<HttpStatusCode> PostAsync(Grant asWhom, object notice)
        {
            using var answer = await system.As(asWhom).PostAsJsonAsync("/api/messages/posts", notice, Json.Options);
            return answer.StatusCode;
        }
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task What_arrives_and_what_is_opened_shows_in_the_receipts_and_listing_alone_shows_nothing()
    {
        var school = new School(system);
        var children = await school.EnrolAsync(3);
        var post = await school.SendAsync(school.Teacher);
        Grant[] guardians = [.. children.Select(child => school.GuardianOf(child))];
        var first = (await school.InboxAsync(guardians[0])).Single().Id;
        var second = (await school.InboxAsync(guardians[1])).Single().Id;
        var third = (await school.InboxAsync(guardians[2])).Single().Id;

        await MarkAsync(guardians[0], "delivered", first);
        await MarkAsync(guardians[1], "read", second);
        await MarkAsync(guardians[1], "read", third); // another's: passed over

        var receipts = (await school.ReceiptsAsync(school.Teacher, post)).ToDictionary(receipt => receipt.StudentId);
        receipts[children[0].Student].DeliveredAt.ShouldNotBeNull();
        receipts[children[0].Student].ReadAt.ShouldBeNull();
        receipts[children[1].Student].DeliveredAt.ShouldNotBeNull();
        receipts[children[1].Student].ReadAt.ShouldNotBeNull();
        receipts[children[2].Student].DeliveredAt.ShouldBeNull();
        (await school.InboxAsync(guardians[1])).Single().ReadAt.ShouldNotBeNull();
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task One_tap_reminds_those_who_have_not_read_and_two_taps_remind_once()
    {
        var school = new School(system);
        var children = await school.EnrolAsync(3);
        var post = await school.SendAsync(school.Teacher);
        var reader = school.GuardianOf(children[0]);
        await MarkAsync(reader, "read", (await school.InboxAsync(reader)).Single().Id);

        (await RemindAsync(school.Teacher, post)).ShouldBe(2);
        (await RemindAsync(school.Teacher, post)).ShouldBe(0);

        (await school.InboxAsync(reader)).Count.ShouldBe(1);
        (await school.InboxAsync(school.GuardianOf(children[1]))).Select(line => line.Kind)
            .ShouldBe([NotificationKind.PostReminder, NotificationKind.Post]);
        await AheadAsync(TimeSpan.FromHours(13), async () => (await RemindAsync(school.Teacher, post)).ShouldBe(2));
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task A_family_answers_once_for_the_child_changes_it_and_only_its_school_reads_it()
    {
        var school = new School(system);
        var child = (await school.EnrolAsync(1, guardians: 2)).Single();
        var post = await school.SendAsync(school.Teacher, school.Notice(school.Id, school.Class, asksAnswer: true));
        var guardian = school.GuardianOf(child);

        (await AnswerAsync(guardian, post, child, "会来")).ShouldBe(HttpStatusCode.OK);
        (await AnswerAsync(guardian, post, child, "改为线上参加")).ShouldBe(HttpStatusCode.OK);

        var page = await system.As(school.Teacher).GetFromJsonAsync<Page<PostAnswerBody>>(
            $"/api/messages/posts/{post}/answers", Json.Options);
        var answer = page!.Items.ShouldHaveSingleItem();
        answer.Text.ShouldBe("改为线上参加");
        answer.GuardianId.ShouldBe(child.Guardian);
        (await StatusAsync(school.Neighbour().Officer, $"posts/{post}/answers")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(guardian, $"posts/{post}/answers")).ShouldBe(HttpStatusCode.Forbidden);
        (await system.ScalarAsync<bool>(
            "SELECT position(convert_to('线上', 'UTF8') IN content) > 0 FROM post_answer WHERE post_id = $1",
            post)).ShouldBeFalse();

        var plain = await school.SendAsync(school.Teacher);
        (await AnswerAsync(guardian, plain, child, "收到")).ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task Rates_count_what_arrived_in_time_and_one_answer_a_child_and_never_a_family_without_the_app()
    {
        var school = new School(system);
        var children = await school.EnrolAsync(4, guardians: 2);
        foreach (var which in (int[])[0, 1])
            await school.AllowAsync(children[3], maySee: true, GuardianChannel.Paper, which);
        var post = await school.SendAsync(school.Teacher, school.Notice(school.Id, school.Class, asksAnswer: true));
        await MarkAsync(school.GuardianOf(children[0]), "delivered",
            (await school.InboxAsync(school.GuardianOf(children[0]))).Single().Id);
        (await AnswerAsync(school.GuardianOf(children[0], 1), post, children[0], "会来")).ShouldBe(HttpStatusCode.OK);

        var now = await RatesAsync(school);
        now.ShouldBe(new ClassRates(school.Id, school.Class, 2, 2, 1, 3, 1, 0.3333));

        await AheadAsync(TimeSpan.FromHours(25), async () =>
        {
            var late = school.GuardianOf(children[1]);
            await MarkAsync(late, "delivered", (await school.InboxAsync(late)).Single().Id);
            (await RatesAsync(school)).ShouldBe(new ClassRates(school.Id, school.Class, 6, 2, 0.3333, 3, 1, 0.3333));
        });
    }

    [Fact]
    public async Task What_is_sent_wrongly_is_refused()
    {
        var school = new School(system);
        await school.EnrolAsync(1);
        var client = system.As(school.Officer);

        foreach (var wrong in (object[])[
            new { districtId = school.District, schoolId = school.Id, title = "", text = "内容" },
            new { districtId = school.District, schoolId = school.Id, title = "标题", text = new string('字', 5_001) },
            new { districtId = school.District, schoolId = school.Id, title = "标题", text = "内容", classId = school.Class,
                grade = "07" },
            new { title = "标题" }])
        {
            using var answer = await client.PostAsJsonAsync("/api/messages/posts", wrong, Json.Options);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        (await StatusAsync(school.Officer, "rates?from=2026-11-02&to=2026-11-01")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync(school.Officer, "posts?after=nonsense")).ShouldBe(HttpStatusCode.BadRequest);
    }

    private async Task<int> RemindAsync(Grant asWhom, Guid post)
    {
        using var answer = await system.As(asWhom).PostAsync(
            new Uri($"/api/messages/posts/{post}/reminders", UriKind.Relative), null);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Reminded>(Json.Options))!.Guardians;
    }

    private async Task MarkAsync(Grant guardian, string what, params Guid[] ids)
    {
        using var answer = await system.As(guardian).PostAsJsonAsync($"/api/messages/inbox/{what}", new { ids }, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task<HttpStatusCode> AnswerAsync(Grant guardian, Guid post, Child child, string text)
    {
        using var answer = await system.As(guardian).PutAsJsonAsync(
            $"/api/messages/posts/{post}/answer", new { studentId = child.Student, text }, Json.Options);
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> StatusAsync(Grant asWhom, string path)
    {
        using var answer = await system.As(asWhom).GetAsync(new Uri($"/api/messages/{path}", UriKind.Relative));
        return answer.StatusCode;
    }

    private async Task<ClassRates> RatesAsync(School school)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var rates = await system.As(school.Teacher).GetFromJsonAsync<IReadOnlyList<ClassRates>>(
            $"/api/messages/rates?from={today.AddDays(-1):yyyy-MM-dd}&to={today.AddDays(1):yyyy-MM-dd}", Json.Options);
        return rates!.ShouldHaveSingleItem();
    }

    private async Task AheadAsync(TimeSpan by, Func<Task> then)
    {
        system.Ahead = by;
        try
        {
            await then();
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }
    }
}
