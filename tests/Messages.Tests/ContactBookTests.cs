using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Messages.Tests;

/// <summary>The contact book (MSG-1): one screen for a class, one box for a family.</summary>
[Trait("Rule", "MSG-1")]
public sealed class ContactBookTests(MessagesSystem system)
{
    private static readonly EntryText ForAll = new([StudyHabit.Reading, StudyHabit.Listening], Mood.Cheerful, "本周读完了《西游记》前三回。");

    private static readonly EntryText OfOne = new([StudyHabit.Homework], Mood.Tired, "作业按时，晚上早点休息会更好。");

    private readonly School school = new(system);

    private static DateOnly ThisWeek => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    [Fact]
    public async Task One_screen_writes_a_week_for_the_class_and_each_family_reads_its_own()
    {
        var children = await school.EnrolAsync(45);
        var one = children[7];
        await WriteAsync(new ContactBookRequest(ForAll, [new(one.Student, OfOne)], Publish: true));

        var own = (await OwnAsync(one)).ShouldHaveSingleItem();
        (own.IsOfTheClass, own.Reply, own.Week.DayOfWeek).ShouldBe((false, null, DayOfWeek.Monday));
        Said(own.Entry!).ShouldBe(Said(OfOne));
        var other = (await OwnAsync(children[8])).ShouldHaveSingleItem();
        other.IsOfTheClass.ShouldBeTrue();
        Said(other.Entry!).ShouldBe(Said(ForAll));
        (await school.InboxAsync(school.GuardianOf(one))).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            line => line.Kind.ShouldBe(NotificationKind.ContactBook), line => line.AboutId.ShouldBe(own.Id));

        var screen = await ReadAsync();
        screen.Children.Count.ShouldBe(45);
        screen.Children.Count(child => child.Entry is not null).ShouldBe(1);
        Said(screen.Children.Single(child => child.StudentId == one.Student).Entry!).ShouldBe(Said(OfOne));
        // What is said of a child is a contact with its family; what is said to all is none (VIS-12).
        (await ContactsAsync(own.Id)).ShouldBe(["1 False"]);
        (await ContactsAsync(other.Id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_draft_is_nobodys_to_read_and_the_same_screen_may_come_twice_but_not_over_anothers()
    {
        var child = (await school.EnrolAsync(2))[0];
        var request = new ContactBookRequest(ForAll, [new(child.Student, OfOne)]);
        await WriteAsync(request);
        (await OwnAsync(child)).ShouldBeEmpty();
        (await school.InboxAsync(school.GuardianOf(child))).ShouldBeEmpty();
        Said((await ReadAsync()).Children.Single(one => one.StudentId == child.Student).Entry!).ShouldBe(Said(OfOne));

        await WriteAsync(request with { Publish = true }, version: 1);
        (await SendAsync(school.Teacher, request with { Publish = true }, version: 1)).StatusCode
            .ShouldBe(HttpStatusCode.PreconditionFailed);
        await WriteAsync(request with { Publish = true }, version: 2);
        (await OwnAsync(child)).ShouldHaveSingleItem();
        (await school.InboxAsync(school.GuardianOf(child))).Count.ShouldBe(1); // a correction is no second message
    }

    [Fact]
    public async Task Of_two_who_write_a_week_at_once_one_is_told_to_look_again()
    {
        await school.EnrolAsync(3);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => SendAsync(school.Teacher, new ContactBookRequest(ForAll, Publish: true), version: 0)));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
        answers.Where(answer => !answer.IsSuccessStatusCode).ShouldAllBe(answer => (int)answer.StatusCode >= 409 && (int)answer.StatusCode <= 412);
    }

    [Fact]
    public async Task A_new_week_begins_with_the_chips_of_the_one_before()
    {
        await school.EnrolAsync(1);
        await WriteAsync(new ContactBookRequest(ForAll, Publish: true), week: ThisWeek.AddDays(-7));
        var screen = await ReadAsync();
        (screen.PublishedAt, screen.Common.Mood, screen.Common.Text).ShouldBe((null, Mood.Cheerful, null));
        screen.Common.Habits.ShouldBe(ForAll.Habits);
    }

    [Fact]
    public async Task Guardians_reply_in_one_box_each_their_own_and_the_teacher_sees_what_is_new()
    {
        var child = (await school.EnrolAsync(1, guardians: 2))[0];
        await WriteAsync(new ContactBookRequest(ForAll, Publish: true));
        var entry = (await OwnAsync(child))[0].Id;
        await ReplyAsync(child, entry, new ReplyText("睡得早了", "自己整理书包"));
        await ReplyAsync(child, entry, new ReplyText(Question: "周末可以读什么？"), which: 1);
        (await OwnAsync(child))[0].Reply.ShouldBe(new ReplyText("睡得早了", "自己整理书包"));
        (await OwnAsync(child, 1))[0].Reply.ShouldBe(new ReplyText(Question: "周末可以读什么？"));

        var replies = (await ReadAsync()).Children[0].Replies;
        replies.Select(reply => (reply.GuardianId, reply.IsNew, reply.Reply)).ShouldBe(
            [(child.Guardians[0], true, new ReplyText("睡得早了", "自己整理书包")),
                (child.Guardians[1], true, new ReplyText(Question: "周末可以读什么？"))],
            ignoreOrder: true);
        (await ReadAsync()).Children[0].Replies.ShouldAllBe(reply => !reply.IsNew);
        await ReplyAsync(child, entry, new ReplyText("睡得很早"));
        (await ReadAsync()).Children[0].Replies.Count(reply => reply.IsNew).ShouldBe(1);
        // Both took part in it (VIS-12), whoever came last.
        (await ContactsAsync(entry)).ShouldBe(["2 True", "3 True", "4 True"]);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Who_may_not_see_the_child_reads_nothing_and_nobody_writes_in_anothers_book()
    {
        var child = (await school.EnrolAsync(1, guardians: 2))[0];
        await school.AllowAsync(child, maySee: false, which: 1);
        await WriteAsync(new ContactBookRequest(ForAll, Publish: true));
        var entry = (await OwnAsync(child))[0].Id;
        (await OwnAsync(child, 1)).ShouldBeEmpty();
        (await school.InboxAsync(school.GuardianOf(child, 1))).ShouldBeEmpty();
        (await TryReplyAsync(school.GuardianOf(child, 1), entry, new ReplyText("看见"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var stranger = (await school.EnrolAsync(1))[0];
        (await TryReplyAsync(school.GuardianOf(stranger), entry, new ReplyText("看见"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var ofAnotherClass = school.Teacher with { ClassId = Guid.CreateVersion7() };
        (await SendAsync(ofAnotherClass, new ContactBookRequest(ForAll))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync(school.Officer, new ContactBookRequest(ForAll))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_is_wrong_is_named_and_nothing_is_half_done()
    {
        var child = (await school.EnrolAsync(1))[0];
        var answer = await SendAsync(school.Teacher, new ContactBookRequest(
            ForAll with { Text = new string('长', 501) },
            [new(child.Student, new EntryText()), new(Guid.CreateVersion7(), OfOne)], Publish: true));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Errors!.Select(mistake => mistake.Field)
            .ShouldBe(["common.text", "individual[0].entry", "individual[1].studentId"], ignoreOrder: true);
        (await OwnAsync(child)).ShouldBeEmpty();
        (await SendAsync(school.Teacher, new ContactBookRequest(ForAll), week: ThisWeek.AddDays(-90))).StatusCode
            .ShouldBe(HttpStatusCode.BadRequest);
        await WriteAsync(new ContactBookRequest(ForAll, Publish: true));
        (await TryReplyAsync(school.GuardianOf(child), (await OwnAsync(child))[0].Id, new ReplyText(" "))).StatusCode
            .ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_fuller_screen_takes_no_more_round_trips()
    {
        var children = await school.EnrolAsync(20);
        var (one, all) = (await CostAsync(1), await CostAsync(20));
        all.ShouldBe(one);
        one.Read.ShouldBeGreaterThan(1);

        // Of a week that is corrected and read again, so that the keys are known.
        async Task<(int Write, int Read)> CostAsync(int individual)
        {
            var request = new ContactBookRequest(
                ForAll, [.. children.Take(individual).Select(child => new IndividualEntry(child.Student, OfOne))], Publish: true);
            var version = individual == 1 ? 0 : 2;
            await WriteAsync(request, version);
            await ReadAsync();
            return (
                await system.RoundTripsAsync(() => WriteAsync(request, version + 1)), await system.RoundTripsAsync(ReadAsync));
        }
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task What_is_said_of_a_child_stands_nowhere_in_clear()
    {
        var canary = new Canary();
        var child = (await school.EnrolAsync(1))[0];
        await WriteAsync(new ContactBookRequest(
            ForAll, [new(child.Student, OfOne with { Text = canary.In("作业") })], Publish: true));
        await ReplyAsync(child, (await OwnAsync(child))[0].Id, new ReplyText(canary.In("观察")));
        canary.CountIn(await Servers.DumpAsync(system.Database)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Nothing_is_added_about_a_restricted_child_and_the_others_have_theirs()
    {
        var children = await school.EnrolAsync(2);
        await system.PublishAsync(new PersonalDataRestricted(
            school.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), children[0].Student, [DataKind.Messages]));
        await WriteAsync(new ContactBookRequest(ForAll, Publish: true));
        (await OwnAsync(children[1])).ShouldHaveSingleItem();
        (await OwnAsync(children[0])).ShouldBeEmpty();
    }

    // Chips compare by what they are, not by the list that holds them.
    private static (string, Mood?, string?) Said(EntryText entry) => (string.Join(',', entry.Habits ?? []), entry.Mood, entry.Text);

    private string PathOf(DateOnly? week) => string.Create(
        CultureInfo.InvariantCulture,
        $"/api/messages/schools/{school.Id}/classes/{school.Class}/contact-book/{week ?? ThisWeek:yyyy-MM-dd}");

    private async Task<ContactBookBody> ReadAsync() =>
        (await system.As(school.Teacher).GetFromJsonAsync<ContactBookBody>(PathOf(null), Json.Options))!;

    private async Task WriteAsync(ContactBookRequest request, long version = 0, DateOnly? week = null)
    {
        using var answer = await SendAsync(school.Teacher, request, version, week);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task<HttpResponseMessage> SendAsync(
        Grant asWhom, ContactBookRequest request, long version = 0, DateOnly? week = null)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, PathOf(week)) { Content = JsonContent.Create(request, options: Json.Options) };
        put.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        return await system.As(asWhom).SendAsync(put);
    }

    private async Task<IReadOnlyList<OwnEntry>> OwnAsync(Child child, int which = 0) =>
        (await system.As(school.GuardianOf(child, which)).GetFromJsonAsync<Page<OwnEntry>>(
            "/api/messages/contact-book", Json.Options))!.Items;

    private async Task ReplyAsync(Child child, Guid entry, ReplyText reply, int which = 0)
    {
        using var answer = await TryReplyAsync(school.GuardianOf(child, which), entry, reply);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> TryReplyAsync(Grant guardian, Guid entry, ReplyText reply) =>
        system.As(guardian).PutAsJsonAsync($"/api/messages/contact-book/{entry}/reply", reply, Json.Options);

    // Versions of the contact that the ledger hears of, and whether a guardian took part.
    private async Task<string[]> ContactsAsync(Guid entry) => await system.ScalarAsync<string[]>(
        """
        SELECT coalesce(array_agg(version || ' ' || initcap(payload::jsonb->>'guardianTookPart') ORDER BY version), '{}')
        FROM (SELECT name, aggregate_id, version, payload FROM platform.outbox
            UNION ALL SELECT name, aggregate_id, version, payload FROM platform.event_log) e
        WHERE name = 'platform.contact-told' AND aggregate_id = $1
        """, entry);
}
