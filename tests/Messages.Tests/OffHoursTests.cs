using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.Messages;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.OffHours;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Messages.Tests;

/// <summary>Teachers' off hours (MSG-6): who writes then is answered at once, and the teacher is left in peace.</summary>
[Trait("Rule", "MSG-6")]
public sealed class OffHoursTests(MessagesSystem system)
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    // From midnight to midnight on each day.
    private static readonly WorkingTime[] Always =
        [.. Enum.GetValues<DayOfWeek>().SelectMany(day => new[]
        {
            new WorkingTime(day, TimeOnly.MinValue, new TimeOnly(12, 0)), new WorkingTime(day, new TimeOnly(12, 0), TimeOnly.MinValue),
        })];

    private readonly School school = new(system);

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(Shanghai).DateTime);

    private static WorkingTime[] InThreeDays => [new(Today.AddDays(3).DayOfWeek, new TimeOnly(8, 0), new TimeOnly(9, 0))];

    private static DateTimeOffset Back => new(Today.AddDays(3).ToDateTime(new TimeOnly(8, 0)), Shanghai);

    [Fact]
    public async Task A_reply_in_the_contact_book_is_answered_at_once_while_the_teacher_is_off()
    {
        var (child, entry, teacher) = await BeginAsync();
        await SetAsync(teacher, new OwnHours(InThreeDays));
        var off = (await ReplyAsync(child, entry)).ShouldNotBeNull();
        off.BackAt.ShouldBe(Back);
        off.Zh.ShouldContain(Back.ToString("M月d日 HH:mm", CultureInfo.InvariantCulture));
        off.Zh.ShouldContain("值班");
        off.En.ShouldContain(Back.ToString("d MMMM, HH:mm", CultureInfo.InvariantCulture));
        off.En.ShouldContain("safety");

        await SetAsync(teacher, new OwnHours(Always), version: 1);
        (await ReplyAsync(child, entry)).ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_to_a_notice_too_with_the_teachers_own_line_and_the_districts_contact()
    {
        await school.DecideAsync(new { safetyContact = "值班室 0571-0000" });
        var child = (await school.EnrolAsync(1))[0];
        var teacher = await school.EmployAsync();
        await SetAsync(teacher, new OwnHours(Always, [new Absence(Today, Today.AddDays(1), "我去参加培训了。")]));
        var post = await school.SendAsync(school.Officer, school.Notice(school.Id, asksAnswer: true));
        using var answer = await system.As(school.GuardianOf(child)).PutAsJsonAsync(
            $"/api/messages/posts/{post}/answer", new { studentId = child.Student, text = "会来" }, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var off = (await answer.Content.ReadFromJsonAsync<Answered>(Json.Options))!.AutoReply.ShouldNotBeNull();
        off.BackAt.ShouldBe(new DateTimeOffset(Today.AddDays(2).ToDateTime(TimeOnly.MinValue), Shanghai));
        foreach (var text in (string[])[off.Zh, off.En])
        {
            text.ShouldStartWith("我去参加培训了。");
            text.ShouldContain("值班室 0571-0000");
        }
    }

    [Fact]
    public async Task The_districts_week_holds_until_a_teacher_sets_an_own_one()
    {
        var (child, entry, teacher) = await BeginAsync();
        var usual = await ReadAsync(teacher);
        (usual.IsOwn, usual.TimeZone, usual.Week.Count).ShouldBe((false, "Asia/Shanghai", 5));
        usual.Week.ShouldAllBe(time => time.From == new TimeOnly(7, 30) && time.Until == new TimeOnly(18, 0));

        await school.DecideAsync(new { workingWeek = InThreeDays });
        (await ReplyAsync(child, entry))!.BackAt.ShouldBe(Back);
        await school.DecideAsync(new { workingWeek = Always });
        (await ReplyAsync(child, entry)).ShouldBeNull();
        await SetAsync(teacher, new OwnHours(InThreeDays, [new(Today.AddDays(-9), Today.AddDays(-1)), new(Today.AddDays(20), Today.AddDays(21))]));
        (await ReplyAsync(child, entry))!.BackAt.ShouldBe(Back);
        var own = await ReadAsync(teacher);
        own.IsOwn.ShouldBeTrue();
        own.Week.ShouldBe(InThreeDays);
        own.Absences.ShouldHaveSingleItem().From.ShouldBe(Today.AddDays(20)); // what is over is not kept
    }

    [Fact]
    public async Task Hours_are_set_by_their_owner_alone_and_not_over_another_screens()
    {
        await school.EnrolAsync(1);
        var teacher = await school.EmployAsync();
        var colleague = await school.EmployAsync(inClass: Guid.CreateVersion7());
        await SetAsync(teacher, new OwnHours(InThreeDays));
        (await ReadAsync(colleague)).IsOwn.ShouldBeFalse();
        (await StatusAsync(teacher, new OwnHours(Always), "\"0\"")).ShouldBe(HttpStatusCode.PreconditionFailed);
        (await StatusAsync(teacher, new OwnHours(Always), null)).ShouldBe(HttpStatusCode.PreconditionRequired);
        (await ReadAsync(teacher)).Week.ShouldBe(InThreeDays);

        var stranger = school.Teacher; // in no roster
        (await StatusAsync(stranger, new OwnHours(Always), "\"0\"")).ShouldBe(HttpStatusCode.NotFound);
        using var asked = await system.As(stranger).GetAsync("/api/messages/off-hours");
        asked.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(school.Officer, new OwnHours(Always), "\"0\"")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_is_wrong_in_hours_is_named()
    {
        await school.EnrolAsync(1);
        var teacher = await school.EmployAsync();
        var eight = new TimeOnly(8, 0);
        using var answer = await PutAsync(
            teacher, new OwnHours(
                [new(DayOfWeek.Monday, eight, eight)],
                [new(Today, Today.AddDays(-1)), new(Today, Today, new string('长', 201)), new(Today, Today.AddDays(400))]), "\"0\"");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Errors!.Select(mistake => mistake.Field)
            .ShouldBe(["week[0]", "absences[0]", "absences[1].reply", "absences[2]"], ignoreOrder: true);
        (await StatusAsync(teacher, new OwnHours([]), "\"0\"")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync(teacher, new { week = new object?[] { null } }, "\"0\"")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync(teacher, new { absences = new object?[] { null } }, "\"0\"")).ShouldBe(HttpStatusCode.BadRequest);
        using var client = system.As(school.Admin);
        client.DefaultRequestHeaders.Add("If-Match", "*");
        foreach (var policy in (object[])[new { workingWeek = Array.Empty<WorkingTime>() }, new { workingWeek = (object?)null },
            new { noticesAWeek = 0 }, new { teacherMinutesAWeek = 2_401 }, new { safetyContact = new string('9', 101) }])
        {
            using var refused = await client.PutAsJsonAsync($"/api/messages/policies/{school.District}", policy, Json.Options);
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task More_teachers_take_no_more_round_trips()
    {
        var (child, entry, teacher) = await BeginAsync();
        await SetAsync(teacher, new OwnHours(InThreeDays));
        await ReplyAsync(child, entry);
        var one = await system.RoundTripsAsync(() => ReplyAsync(child, entry));
        for (var i = 0; i < 3; i++)
            await SetAsync(await school.EmployAsync(), new OwnHours(InThreeDays));
        (await system.RoundTripsAsync(() => ReplyAsync(child, entry))).ShouldBe(one);
    }

    [Fact]
    public async Task Nothing_is_pushed_to_a_teacher_and_nobody_is_told_how_soon_one_reads_or_answers()
    {
        var (child, entry, teacher) = await BeginAsync();
        await SetAsync(teacher, new OwnHours(InThreeDays));
        await ReplyAsync(child, entry);
        var guardian = system.As(school.GuardianOf(child));
        var before = await guardian.GetStringAsync("/api/messages/contact-book");
        using var opened = await system.As(teacher).GetAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"/api/messages/schools/{school.Id}/classes/{school.Class}/contact-book/{Today:yyyy-MM-dd}"));
        opened.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await system.ScalarAsync<long>("SELECT count(*) FROM contact_reply WHERE entry_id = $1 AND seen_at IS NOT NULL", entry)).ShouldBe(1);
        (await guardian.GetStringAsync("/api/messages/contact-book")).ShouldBe(before);
        (await system.ScalarAsync<long>(
            "SELECT (SELECT count(*) FROM notification WHERE guardian_id = $1) + (SELECT count(*) FROM delivery WHERE guardian_id = $1)",
            teacher.PersonId!.Value)).ShouldBe(0);

        // What the API and the events can say at all.
        using var api = JsonDocument.Parse(await system.As().GetStringAsync("/openapi/messages.json"));
        string[] told =
        [
            .. Members(api.RootElement.GetProperty("components").GetProperty("schemas")),
            .. typeof(NoticeSent).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IEvent))
                && (type.Namespace == typeof(NoticeSent).Namespace || type.Namespace == typeof(ContactTold).Namespace))
                .SelectMany(type => type.GetProperties(), (type, member) => $"{type.Name}.{member.Name}"),
        ];
        told.ShouldContain("ContactReplyBody.repliedAt", StringComparer.Ordinal); // the guardian's own act
        told.ShouldContain("NoticeSent.Guardians", StringComparer.Ordinal);
        string[] ofReplyTime = ["seen", "opened", "replyTime", "responseTime", "replyWithin", "answeredWithin", "latency", "replyMinutes"];
        told.Where(member => ofReplyTime.Any(word => member.Split('.')[1].Contains(word, StringComparison.OrdinalIgnoreCase)))
            .ShouldBeEmpty();

        static IEnumerable<string> Members(JsonElement schemas) => schemas.EnumerateObject()
            .Where(schema => schema.Value.TryGetProperty("properties", out _))
            .SelectMany(schema => schema.Value.GetProperty("properties").EnumerateObject(), (schema, member) => $"{schema.Name}.{member.Name}");
    }

    // A child with a published week of the contact book, and the class's teacher.
    private async Task<(Child Child, Guid Entry, Grant Teacher)> BeginAsync()
    {
        var child = (await school.EnrolAsync(1))[0];
        var teacher = await school.EmployAsync();
        using var client = system.As(teacher);
        client.DefaultRequestHeaders.Add("If-Match", "*");
        using var written = await client.PutAsJsonAsync(
            string.Create(
                CultureInfo.InvariantCulture, $"/api/messages/schools/{school.Id}/classes/{school.Class}/contact-book/{Today:yyyy-MM-dd}"),
            new ContactBookRequest(new EntryText(Text: "本周很好。"), Publish: true), Json.Options);
        written.StatusCode.ShouldBe(HttpStatusCode.NoContent, await written.Content.ReadAsStringAsync());
        var entries = await system.As(school.GuardianOf(child)).GetFromJsonAsync<Page<OwnEntry>>("/api/messages/contact-book", Json.Options);
        return (child, entries!.Items[0].Id, teacher);
    }

    private async Task<AutoReply?> ReplyAsync(Child child, Guid entry)
    {
        using var answer = await system.As(school.GuardianOf(child)).PutAsJsonAsync(
            $"/api/messages/contact-book/{entry}/reply", new ReplyText(Question: "周末可以读什么？"), Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Answered>(Json.Options))!.AutoReply;
    }

    private async Task<HoursBody> ReadAsync(Grant teacher) =>
        (await system.As(teacher).GetFromJsonAsync<HoursBody>("/api/messages/off-hours", Json.Options))!;

    private async Task SetAsync(Grant teacher, OwnHours hours, long version = 0)
    {
        using var answer = await PutAsync(teacher, hours, $"\"{version}\"");
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task<HttpStatusCode> StatusAsync(Grant asWhom, object hours, string? version)
    {
        using var answer = await PutAsync(asWhom, hours, version);
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> PutAsync(Grant asWhom, object hours, string? version)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, "/api/messages/off-hours")
        {
            Content = JsonContent.Create(hours, options: Json.Options),
        };
        if (version is not null)
            put.Headers.TryAddWithoutValidation("If-Match", version);
        return await system.As(asWhom).SendAsync(put);
    }
}
