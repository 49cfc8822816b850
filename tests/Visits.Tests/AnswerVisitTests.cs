using System.Globalization;
using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Outlines;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-6")]
public sealed class AnswerVisitTests(VisitsSystem system) : IAsyncLifetime
{
    private District district = null!;
    private HttpClient teacher = null!;
    private HttpClient guardian = null!;
    private Appointment visit = null!;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        teacher = system.As(district.Teacher(district.One.A));
        guardian = system.As(district.Guardian(district.One.A));
        visit = await teacher.ScheduleAsync(
            new VisitRequest([district.One.A.Students[0]], VisitMode.Video, Http.Evening(), Topics: ["<b>作业</b>"]));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_guardian_reads_the_appointment_and_confirms_it()
    {
        (await guardian.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Topics.ShouldBe(["<b>作业</b>"]);
        await Answer(guardian, new AnswerRequest(AnswerKind.Confirm), version: 1).ShouldSucceedAsync();
        (await DetailsAsync()).Visit.State.ShouldBe(VisitState.Confirmed);
        (await system.EventsOfAsync(visit.Id))[^1].Name.ShouldBe("visits.visit-confirmed");
        (await system.AuditOfAsync(visit.Id))[^1].ShouldBe(("AnswerVisit", ""));
    }

    [Fact]
    public async Task Every_proposal_is_kept_and_the_teacher_accepts_one_without_notice()
    {
        var (first, second) = (Http.Evening(days: 6), Http.Now.AddDays(1));
        await Answer(guardian, new AnswerRequest(AnswerKind.Propose, first, "加班"), version: 1).ShouldSucceedAsync();
        await Answer(guardian, new AnswerRequest(AnswerKind.Propose, second, "出差"), version: 2).ShouldSucceedAsync();
        var details = await DetailsAsync();
        details.Visit.State.ShouldBe(VisitState.Proposed);
        details.Answers!.Select(a => (a.Kind, a.Reason)).ShouldBe([(AnswerKind.Propose, "加班"), (AnswerKind.Propose, "出差")]);
        details.Answers![0].ProposedStartsAt.ShouldBe(first);

        var move = new MoveRequest(details.Visit.ProposedStartsAt!.Value);
        var accepted = await (await teacher.OnAsync(visit.Id, "move", move, version: 3)).ReadAsync<Appointment>();
        accepted.State.ShouldBe(VisitState.Confirmed);
        (await system.EventsOfAsync(visit.Id)).ShouldAllBe(e => !e.Payload.Contains("出差", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Declining_is_kept_with_its_reason_counts_as_offered_and_frees_the_family()
    {
        await Answer(guardian, new AnswerRequest(AnswerKind.Decline, Reason: "不方便"), version: 1).ShouldSucceedAsync();
        var details = await DetailsAsync();
        details.Visit.State.ShouldBe(VisitState.Declined);
        details.Answers!.ShouldHaveSingleItem().Reason.ShouldBe("不方便");
        var declined = (await system.EventsOfAsync(visit.Id))[^1];
        declined.Name.ShouldBe("visits.visit-cancelled");
        declined.Payload.ShouldContain("\"declined\":true");
        await teacher.ScheduleAsync(new VisitRequest([district.One.A.Students[0]], VisitMode.Voice, Http.Evening()));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Only_a_guardian_of_that_child_answers()
    {
        foreach (var other in new[] { district.Guardian(district.One.A, 1), district.Guardian(district.Two.A) })
            await Answer(system.As(other), new AnswerRequest(AnswerKind.Confirm), version: 1).ShouldBeUnknownAsync();
        foreach (var staff in new[] { teacher, system.As(district.AtSchool(Role.SchoolAdmin, district.One)) })
            await Answer(staff, new AnswerRequest(AnswerKind.Confirm), version: 1).ShouldBeForbiddenAsync();
    }

    [Fact]
    public async Task An_answer_is_to_the_appointment_that_was_read()
    {
        await teacher.OnAsync(visit.Id, "move", new MoveRequest(Http.Evening(days: 8)), version: 1).ShouldSucceedAsync();
        await Answer(guardian, new AnswerRequest(AnswerKind.Confirm), version: 1).ShouldBeOutdatedAsync();
        await Answer(guardian, new AnswerRequest(AnswerKind.Confirm)).ShouldBeRefusedAsync(428, "request.if-match-needed");
    }

    [Fact]
    public async Task A_proposal_needs_a_time_and_a_reason_is_not_endless()
    {
        (await Answer(guardian, new AnswerRequest(AnswerKind.Propose, Reason: new string('长', 501)), version: 1).MistakesAsync())
            .ShouldBe([("reason", "request.text"), ("startsAt", "request.time")]);
        await Answer(guardian, new AnswerRequest(AnswerKind.Propose, Http.Now.AddHours(-1)), version: 1)
            .ShouldBeRefusedAsync(422, "visits.start-passed");
    }

    [Fact]
    public async Task A_link_shows_the_appointment_and_takes_the_answer_without_an_account()
    {
        var (path, nobody) = (await LinkAsync(), system.AsNobody());
        var shown = await nobody.GetAsync<LinkedAppointment>(path);
        shown.ShouldSatisfyAllConditions(
            () => shown.StartsAt.ShouldBe(visit.StartsAt), () => shown.Mode.ShouldBe(VisitMode.Video),
            () => shown.Minutes.ShouldBe(30), () => shown.Topics.ShouldBe(["<b>作业</b>"]));
        var confirm = new AnswerRequest(AnswerKind.Confirm);
        await nobody.PostJsonAsync(path, confirm).ShouldBeRefusedAsync(428, "request.if-match-needed");
        await nobody.PostJsonAsync(path, confirm, version: shown.Version).ShouldSucceedAsync();
        (await DetailsAsync()).Visit.State.ShouldBe(VisitState.Confirmed);
        (await system.AuditOfAsync(visit.Id))[^1].Action.ShouldBe("AnswerByLink");
    }

    [Fact]
    public async Task The_link_comes_as_a_qr_code_too_and_only_to_those_who_schedule()
    {
        var link = await teacher.GetAsync<HandedLink>($"/api/visits/{visit.Id}/answer-link");
        link.Url.AbsoluteUri.ShouldStartWith("https://school.example/api/visits/answers/");
        link.Qr.ShouldContain("<svg");
        link.ExpiresAt.ShouldBe(visit.StartsAt);
        foreach (var (grant, status) in new[]
        {
            (district.Teacher(district.One.B), 404), (district.Guardian(district.One.A), 403),
            (district.AtSchool(Role.Counselor, district.One), 403),
        })
        {
            using var refused = await system.As(grant).TryGetAsync($"/api/visits/{visit.Id}/answer-link");
            ((int)refused.StatusCode).ShouldBe(status);
        }
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task When_a_guardian_may_no_longer_be_visited_the_links_handed_out_end_and_a_new_one_is_good()
    {
        var before = await LinkAsync();
        var nobody = system.AsNobody();
        await nobody.TryGetAsync(before).ShouldSucceedAsync();
        await system.PublishAsync(new GuardianRightsChanged(
            district.Id, Guid.CreateVersion7(), 1, Http.Now, district.One.A.Students[0], district.Parent, [],
            GuardianChannel.App));
        (await Eventually.GetAsync(
            async () => (int)(await nobody.TryGetAsync(before)).StatusCode, status => status == 410)).ShouldBe(410);
        await nobody.PostJsonAsync(before, new AnswerRequest(AnswerKind.Decline), 1).ShouldBeRefusedAsync(410, "visits.link-expired");
        var after = await LinkAsync();
        after.Equals(before, StringComparison.Ordinal).ShouldBeFalse();
        await nobody.TryGetAsync(after).ShouldSucceedAsync();
        (await system.CountAsync($"SELECT count(*) FROM busy WHERE visit_id = $1 AND person_id = '{district.Parent}'", visit.Id))
            .ShouldBe(0, "the appointment takes none of the time of who is not invited");
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task What_one_guardian_writes_the_other_does_not_read()
    {
        var other = Guid.CreateVersion7();
        await system.PublishAsync(new GuardianshipsChanged(district.Id, 5, Http.Now,
            [new RosterGuardianship(district.One.A.Students[0], other, GuardianRelation.Parent, LegalStatus.Guardian, 2, null)]));
        using var mother = system.As(district.Guardian(district.One.A));
        using var father = system.As(district.Guardian(district.One.A) with { PersonId = other });
        await mother.OnAsync(visit.Id, "answer", new AnswerRequest(AnswerKind.Decline, null, "已搬家"), 1).ShouldSucceedAsync();
        (await mother.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Answers!.Single().Reason.ShouldBe("已搬家");
        (await DetailsAsync()).Answers!.Single().Reason.ShouldBe("已搬家");
        var seen = (await father.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Answers!.Single();
        (seen.Kind, seen.Reason).ShouldBe((AnswerKind.Decline, null));
    }

    [Fact]
    public async Task The_page_works_without_scripts_in_the_readers_language_and_escapes_what_teachers_write()
    {
        var (path, nobody) = (await LinkAsync(), system.AsNobody());
        var chinese = await PageAsync(nobody, path, "zh-CN");
        chinese.ShouldContain("<html lang=\"zh-CN\">");
        chinese.ShouldContain("&lt;b&gt;作业&lt;/b&gt;");
        chinese.ShouldNotContain("<script");
        chinese.ShouldContain(visit.StartsAt.ToOffset(TimeSpan.FromHours(8)).ToString("HH:mm", CultureInfo.InvariantCulture));
        (await PageAsync(nobody, path, "en")).ShouldContain("Expected length");

        (await SubmitAsync(nobody, path, ("answer", "propose"), ("version", "1"), ("startsAt", "2126-09-01T19:00")))
            .Status.ShouldBe(400);
        (await SubmitAsync(nobody, path, ("answer", "perhaps"), ("version", "1"))).Status.ShouldBe(400);
        (await SubmitAsync(nobody, path, ("answer", "confirm"))).Status.ShouldBe(412);
        var proposed = Http.Evening(days: 6);
        var answered = await SubmitAsync(
            nobody, path, ("answer", "propose"), ("version", "1"), ("startsAt", LocalTime.Text(proposed, "Asia/Shanghai")),
            ("reason", "加班"));
        answered.Status.ShouldBe(200);
        answered.Page.ShouldContain(LocalTime.Text(proposed, "Asia/Shanghai"));
        (await DetailsAsync()).Visit.ProposedStartsAt.ShouldBe(proposed);
    }

    [Fact]
    [Trait("Rule", "VIS-7")]
    public async Task The_page_takes_the_familys_questions_in_both_languages_and_shows_them_to_nobody()
    {
        var (path, nobody) = (await LinkAsync(), system.AsNobody());
        (await PageAsync(nobody, path, "zh-CN")).ShouldContain("想问老师的问题");
        (await PageAsync(nobody, path, "en")).ShouldContain("What you would like to ask");
        var long301 = new string('长', 301);
        (await SubmitAsync(nobody, path, ("answer", "ask"), ("version", "1"), ("questions", long301))).Status.ShouldBe(400);
        var eleven = string.Join('\n', Enumerable.Repeat("问", 11));
        (await SubmitAsync(nobody, path, ("answer", "ask"), ("version", "1"), ("questions", eleven)))
            .Page.ShouldContain("最多 10 个问题");
        var asked = await SubmitAsync(
            nobody, path, ("answer", "ask"), ("version", "1"), ("questions", "睡得好吗？\r\n\r\n <b>作业</b>多吗？ "));
        asked.Status.ShouldBe(200);
        asked.Page.ShouldContain("已收到您的问题");
        (await PageAsync(nobody, path, "en")).ShouldContain("Your questions arrived");
        (await PageAsync(nobody, path, "zh-CN")).ShouldNotContain("睡得好吗");
        (await teacher.GetAsync<OutlineView>($"/api/visits/{visit.Id}/outline")).FamilyQuestions!
            .ShouldBe(["睡得好吗？", "<b>作业</b>多吗？"]);

        // Sent empty, it says that there are none.
        (await SubmitAsync(nobody, path, ("answer", "ask"), ("version", "1"), ("questions", ""))).Status.ShouldBe(200);
        (await teacher.GetAsync<OutlineView>($"/api/visits/{visit.Id}/outline")).FamilyQuestions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_moved_visits_old_link_leads_to_the_appointment_as_it_is_now()
    {
        var (path, nobody) = (await LinkAsync(), system.AsNobody());
        var later = Http.Evening(days: 9);
        await teacher.OnAsync(visit.Id, "move", new MoveRequest(later), version: 1).ShouldSucceedAsync();
        (await nobody.GetAsync<LinkedAppointment>(path)).StartsAt.ShouldBe(later);
        (await SubmitAsync(nobody, path, ("answer", "confirm"), ("version", "1"))).Status.ShouldBe(412); // the page was older
        // Good still at a time when the first appointment would have begun, not when this one has.
        (await system.AsNobodyIn(visit.StartsAt - Http.Now + TimeSpan.FromMinutes(1)).GetAsync<LinkedAppointment>(path))
            .StartsAt.ShouldBe(later);
    }

    [Fact]
    public async Task A_link_ends_when_the_appointment_begins()
    {
        var path = await LinkAsync();
        var after = system.AsNobodyIn(visit.StartsAt - Http.Now + TimeSpan.FromMinutes(1));
        await after.TryGetAsync(path).ShouldBeRefusedAsync(410, "visits.link-expired");
        await after.PostJsonAsync(path, new AnswerRequest(AnswerKind.Confirm), version: 1)
            .ShouldBeRefusedAsync(410, "visits.link-expired");
        var page = await after.SendJsonAsync(HttpMethod.Get, path, null, accept: "text/html");
        page.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await page.Content.ReadAsStringAsync()).ShouldContain("链接已过期");
    }

    [Fact]
    public async Task A_link_that_was_changed_or_guessed_leads_nowhere()
    {
        var (path, nobody) = (await LinkAsync(), system.AsNobody());
        var token = path[(path.LastIndexOf('/') + 1)..];
        for (var i = 0; i < token.Length; i++)
        {
            var forged = $"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}";
            await nobody.TryGetAsync("/api/visits/answers/" + forged).ShouldBeUnknownAsync();
        }

        var decline = new AnswerRequest(AnswerKind.Decline);
        foreach (var guess in new[]
        {
            "x", token + "A", token[..^1], new string('A', 64), "%F0%9F%8F%A0", new string('A', 5_000),
        })
        {
            await nobody.PostJsonAsync("/api/visits/answers/" + guess, decline, version: 1).ShouldBeUnknownAsync();
        }

        (await DetailsAsync()).Visit.State.ShouldBe(VisitState.Scheduled);
    }

    [Fact]
    public async Task The_invitation_is_one_event_through_all_its_life()
    {
        var path = await LinkAsync();
        var request = await IcsAsync(guardian, $"/api/visits/{visit.Id}/invitation.ics");
        request["METHOD"].ShouldBe("REQUEST");
        request["UID"].ShouldBe($"{visit.Id}@homeschool");
        request["SEQUENCE"].ShouldBe("0");
        request["STATUS"].ShouldBe("TENTATIVE");
        request["DTSTART"].ShouldBe(Utc(visit.StartsAt));
        request["DTEND"].ShouldBe(Utc(visit.StartsAt.AddMinutes(30)));
        request["SUMMARY"].ShouldBe("家访（视频）");
        request.Values.ShouldAllBe(value => !value.Contains("作业", StringComparison.Ordinal));
        request.Keys.ShouldContain(key => key.StartsWith("ATTENDEE;", StringComparison.Ordinal));
        (await IcsAsync(system.AsNobody(), path + "/invitation.ics"))["URL"].ShouldEndWith(path);

        await teacher.OnAsync(visit.Id, "move", new MoveRequest(Http.Evening(days: 9)), version: 1).ShouldSucceedAsync();
        (await IcsAsync(teacher, $"/api/visits/{visit.Id}/invitation.ics"))["SEQUENCE"].ShouldBe("1");
        await Answer(guardian, new AnswerRequest(AnswerKind.Decline), version: 2).ShouldSucceedAsync();
        var cancel = await IcsAsync(guardian, $"/api/visits/{visit.Id}/invitation.ics");
        (cancel["METHOD"], cancel["STATUS"], cancel["SEQUENCE"]).ShouldBe(("CANCEL", "CANCELLED", "2"));
        cancel["UID"].ShouldBe(request["UID"]);
        await system.As(district.Guardian(district.One.A, 1)).TryGetAsync($"/api/visits/{visit.Id}/invitation.ics")
            .ShouldBeUnknownAsync();
    }

    private static string Utc(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static async Task<Dictionary<string, string>> IcsAsync(HttpClient client, string path)
    {
        using var answer = await client.TryGetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/calendar", text);
        answer.Content.Headers.ContentType.Parameters.ShouldContain(p => p.Name == "method");
        text.Replace("\r\n", "", StringComparison.Ordinal).ShouldNotContain("\n");
        return text.Replace("\r\n ", "", StringComparison.Ordinal).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2)).Where(line => line[0] is not ("BEGIN" or "END"))
            .ToDictionary(line => line[0], line => line[1], StringComparer.Ordinal);
    }

    private static async Task<string> PageAsync(HttpClient client, string path, string language)
    {
        using var answer = await client.SendJsonAsync(
            HttpMethod.Get, path, null, language: language, accept: "text/html,application/xhtml+xml,*/*;q=0.8");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        answer.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<(int Status, string Page)> SubmitAsync(
        HttpClient client, string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
            Headers = { { "Accept", "text/html" } },
        };
        using var answer = await client.SendAsync(request);
        var page = await answer.Content.ReadAsStringAsync();
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html", page);
        return ((int)answer.StatusCode, page);
    }

    private async Task<string> LinkAsync() =>
        (await teacher.GetAsync<HandedLink>($"/api/visits/{visit.Id}/answer-link")).Url.AbsolutePath;

    private Task<VisitDetails> DetailsAsync() => teacher.GetAsync<VisitDetails>($"/api/visits/{visit.Id}");

    private Task<HttpResponseMessage> Answer(HttpClient client, AnswerRequest answer, long? version = null) =>
        client.OnAsync(visit.Id, "answer", answer, version);
}
