using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using HomeSchool.Messages.Burden;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Messages.Tests;

/// <summary>The burden budget (ALL-6): who publishes is warned of what it costs the others, and never held up.</summary>
[Trait("Rule", "ALL-6")]
public sealed class BurdenTests(MessagesSystem system)
{
    private const string ManyNotices = "messages.many-notices";
    private const string ManyMinutes = "messages.many-minutes";
    private const string ReplacesNothing = "messages.replaces-nothing";

    private readonly School school = new(system);

    [Fact]
    public async Task The_sixth_notice_of_a_week_is_warned_of_before_and_when_it_is_sent_and_arrives_all_the_same()
    {
        var child = (await school.EnrolAsync(1))[0];
        var notice = school.Notice(school.Id, school.Class);
        for (var i = 0; i < 5; i++)
            (await PostAsync(school.Teacher, notice)).Warnings.ShouldBeEmpty();

        var warned = (await CheckAsync(school.Teacher, notice)).ShouldHaveSingleItem();
        (warned.Code, warned.Figures).ShouldBe((ManyNotices, new BurdenFigures(5, 1, 6)));
        warned.Zh.ShouldContain("6 条");
        warned.En.ShouldContain("(6 at most)");
        (await CheckAsync(school.Teacher, notice)).ShouldHaveSingleItem().Figures.ShouldBe(warned.Figures); // a check keeps nothing
        var sixth = await PostAsync(school.Teacher, notice);
        sixth.Warnings.ShouldHaveSingleItem().ShouldBe(warned);
        await school.SentAsync(sixth.Id);
        (await school.InboxAsync(school.GuardianOf(child))).ShouldContain(line => line.AboutId == sixth.Id);
    }

    [Fact]
    public async Task What_is_urgent_is_neither_counted_nor_warned_of_and_a_new_week_begins_anew()
    {
        await school.EnrolAsync(1);
        await school.DecideAsync(new { noticesAWeek = 1 });
        var notice = school.Notice(school.Id, school.Class);
        await PostAsync(school.Teacher, school.Notice(school.Id, school.Class, urgent: true));
        (await CheckAsync(school.Teacher, notice)).ShouldBeEmpty();
        await PostAsync(school.Teacher, notice);
        (await CheckAsync(school.Teacher, notice)).Select(warning => warning.Code).ShouldBe([ManyNotices]);
        (await CheckAsync(school.Officer, school.Notice(school.Id, urgent: true, asksAnswer: true))).ShouldBeEmpty();

        // As if it had been the last second of the week before, on the district's calendar.
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);
        var monday = new DateTimeOffset(KeepContactBook.Monday(today).ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(8)).ToUniversalTime();
        await system.RunAsync("UPDATE post SET published_at = $2 WHERE district_id = $1", school.District, monday.AddSeconds(-1));
        (await CheckAsync(school.Teacher, notice)).ShouldBeEmpty();
        await system.RunAsync("UPDATE post SET published_at = $2 WHERE district_id = $1", school.District, monday);
        (await CheckAsync(school.Teacher, notice)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_guardian_has_what_went_to_the_class_its_grade_its_school_and_the_district()
    {
        var other = Guid.CreateVersion7();
        var neighbour = school.Neighbour();
        await school.EnrolAsync(1);
        await school.EnrolAsync(1, inClass: other, grade: "08");
        await neighbour.EnrolAsync(1);
        await school.DecideAsync(new { noticesAWeek = 3 });
        await PostAsync(school.Admin, school.Notice());
        await PostAsync(school.Officer, school.Notice(school.Id));
        await PostAsync(school.Officer, school.Notice(school.Id, grade: "07"));

        (await CheckAsync(school.Officer, school.Notice(school.Id, school.Class))).Single().Figures.ShouldBe(new BurdenFigures(3, 1, 4));
        (await CheckAsync(school.Officer, school.Notice(school.Id, other))).ShouldBeEmpty();
        (await CheckAsync(school.Officer, school.Notice(school.Id, grade: "08"))).ShouldBeEmpty();
        (await CheckAsync(neighbour.Officer, school.Notice(neighbour.Id))).ShouldBeEmpty();
        await PostAsync(school.Officer, school.Notice(school.Id, other));
        await PostAsync(school.Officer, school.Notice(school.Id, other));
        (await CheckAsync(school.Officer, school.Notice(school.Id))).Single().Figures.ShouldBe(new BurdenFigures(3, 2, 5));
        (await CheckAsync(school.Admin, school.Notice())).Single().Figures.ShouldBe(new BurdenFigures(3, 2, 5));
    }

    [Fact]
    public async Task Who_asks_for_answers_is_warned_when_teachers_would_need_more_than_their_minutes_and_of_no_teacher_by_name()
    {
        await school.EnrolAsync(1);
        var teacher = await school.EmployAsync();
        // The contact book 5, a notice of the own 2, and 5 for what others ask: 12.
        await school.DecideAsync(new { teacherMinutesAWeek = 11, noticesAWeek = 100 });
        var asks = school.Notice(school.Id, asksAnswer: true);
        (await CodesAsync(school.Officer, asks)).ShouldBe([ReplacesNothing]);
        await WriteContactBookAsync(teacher);
        (await CodesAsync(school.Officer, asks)).ShouldBe([ReplacesNothing]);
        await PostAsync(teacher, school.Notice(school.Id, school.Class, asksAnswer: true)); // own answers are one's own matter

        var warned = (await CheckAsync(school.Officer, asks)).Single(warning => warning.Code == ManyMinutes);
        warned.Figures.ShouldBe(new BurdenFigures(11, 1, null));
        var text = $"{warned}";
        text.ShouldNotContain($"{teacher.PersonId}");
        text.ShouldNotContain($"{school.Class}");
        (await PostAsync(school.Officer, asks)).Warnings.Select(warning => warning.Code).ShouldBe([ManyMinutes, ReplacesNothing]);

        (await CodesAsync(school.Officer, school.Notice(school.Id))).ShouldBeEmpty(); // asks for nothing
        (await CodesAsync(teacher, school.Notice(school.Id, school.Class, asksAnswer: true))).ShouldBeEmpty();
        await school.DecideAsync(new { teacherMinutesAWeek = 17, noticesAWeek = 100 });
        (await CodesAsync(school.Officer, asks)).ShouldBe([ReplacesNothing]); // 17 are not above 17
        await school.DecideAsync(new { teacherMinutesAWeek = 16, noticesAWeek = 100 });
        (await CodesAsync(school.Officer, asks)).ShouldBe([ManyMinutes, ReplacesNothing]);
    }

    [Fact]
    public async Task A_teacher_of_two_classes_has_the_minutes_of_both()
    {
        var second = Guid.CreateVersion7();
        await school.EnrolAsync(1);
        await school.EnrolAsync(1, inClass: second);
        await school.EnrolAsync(1, inClass: Guid.CreateVersion7());
        var teacher = await school.EmployAsync();
        await school.EmployAsync(inClass: second, staff: teacher.PersonId);
        await school.DecideAsync(new { teacherMinutesAWeek = 9 });
        (await CheckAsync(school.Officer, school.Notice(school.Id, asksAnswer: true)))
            .Single(warning => warning.Code == ManyMinutes).Figures!.Classes.ShouldBe(2);
        (await CodesAsync(school.Officer, school.Notice(school.Id, school.Class, asksAnswer: true))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_form_of_a_school_or_district_is_asked_what_it_replaces_and_shows_it()
    {
        await school.EnrolAsync(1);
        (await CodesAsync(school.Admin, school.Notice(asksAnswer: true))).ShouldBe([ReplacesNothing]);
        (await CodesAsync(school.Officer, school.Notice(school.Id, school.Class, asksAnswer: true))).ShouldBeEmpty();
        var post = await PostAsync(school.Admin, Form("每月安全统计表"));
        post.Warnings.ShouldBeEmpty();
        (await system.As(school.Officer).GetFromJsonAsync<PostBody>($"/api/messages/posts/{post.Id}", Json.Options))!
            .Replaces.ShouldBe("每月安全统计表");
        using var refused = await system.As(school.Admin).PostAsJsonAsync("/api/messages/posts", Form(new string('长', 201)), Json.Options);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        object Form(string replaces) =>
            new { districtId = school.District, title = "安全排查", text = "请填写。", asksAnswer = true, replaces };
    }

    [Fact]
    public async Task More_classes_and_notices_take_no_more_round_trips()
    {
        await school.EnrolAsync(1);
        var notice = school.Notice(asksAnswer: true);
        await CheckAsync(school.Admin, notice);
        var one = await system.RoundTripsAsync(() => CheckAsync(school.Admin, notice));
        for (var i = 0; i < 5; i++)
        {
            var another = Guid.CreateVersion7();
            await school.EnrolAsync(1, inClass: another);
            await PostAsync(await school.EmployAsync(another), school.Notice(school.Id, another));
        }

        (await system.RoundTripsAsync(() => CheckAsync(school.Admin, notice))).ShouldBe(one);
    }

    [Fact]
    public async Task Of_a_large_district_some_schools_stand_for_all()
    {
        await school.EnrolAsync(1);
        await school.DecideAsync(new { noticesAWeek = 1 });
        await system.RunAsync(
            "INSERT INTO school (school_id, district_id, version) SELECT gen_random_uuid(), $1, 1 FROM generate_series(1, 59)", school.District);
        await system.RunAsync(
            """
            INSERT INTO school_class (school_id, class_id, district_id, version)
            SELECT school_id, gen_random_uuid(), $1, 1 FROM school WHERE district_id = $1 AND school_id <> $2
            """, school.District, school.Id);
        (await CheckAsync(school.Admin, school.Notice())).ShouldBeEmpty();
        await PostAsync(school.Admin, school.Notice());
        (await CheckAsync(school.Admin, school.Notice())).Single().Figures.ShouldBe(new BurdenFigures(1, 60, 2));
        (await CheckAsync(school.Officer, school.Notice(school.Id))).Single().Figures.ShouldBe(new BurdenFigures(1, 1, 2));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Nobody_is_told_what_a_place_has_that_is_not_the_own()
    {
        await school.EnrolAsync(1);
        var stranger = new School(system);
        await stranger.EnrolAsync(1);
        foreach (var (who, notice) in ((Grant, object)[])[
            (stranger.Admin, school.Notice()), (stranger.Teacher, school.Notice(school.Id, school.Class)), (school.Teacher, school.Notice(school.Id)),
            (school.Officer, school.Notice()), (school.Officer, school.Notice(school.Id, Guid.CreateVersion7())),
            (school.Teacher, stranger.Notice(stranger.Id, school.Class))])
        {
            using var answer = await system.As(who).PostAsJsonAsync("/api/messages/posts/check", notice, Json.Options);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    private async Task<string[]> CodesAsync(Grant asWhom, object notice) =>
        [.. (await CheckAsync(asWhom, notice)).Select(warning => warning.Code)];

    private async Task<IReadOnlyList<PublisherWarning>> CheckAsync(Grant asWhom, object notice)
    {
        using var answer = await system.As(asWhom).PostAsJsonAsync("/api/messages/posts/check", notice, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<CheckedPost>(Json.Options))!.Warnings;
    }

    private async Task<PublishedPost> PostAsync(Grant asWhom, object notice)
    {
        using var answer = await system.As(asWhom).PostAsJsonAsync("/api/messages/posts", notice, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<PublishedPost>(Json.Options))!;
    }

    private async Task WriteContactBookAsync(Grant teacher)
    {
        using var client = system.As(teacher);
        client.DefaultRequestHeaders.Add("If-Match", "*");
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);
        using var written = await client.PutAsJsonAsync(
            string.Create(
                CultureInfo.InvariantCulture, $"/api/messages/schools/{school.Id}/classes/{school.Class}/contact-book/{today:yyyy-MM-dd}"),
            new ContactBookRequest(new EntryText(Text: "本周很好。"), Publish: true), Json.Options);
        written.StatusCode.ShouldBe(HttpStatusCode.NoContent, await written.Content.ReadAsStringAsync());
    }
}
