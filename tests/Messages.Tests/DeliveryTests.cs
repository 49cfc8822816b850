using System.Net;
using System.Net.Http.Json;
using System.Text;
using HomeSchool.Messages.Delivery;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Outgoing;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Http;

namespace HomeSchool.Messages.Tests;

/// <summary>Messages that leave the house (MSG-5) as guardians chose (MSG-6).</summary>
public sealed class DeliveryTests(MessagesSystem system)
{
    [Fact]
    [Trait("Rule", "MSG-6")]
    public async Task An_address_is_used_only_after_the_code_that_came_to_it_was_given()
    {
        var (school, child) = await BeginAsync();
        var guardian = school.GuardianOf(child);
        var address = Mailbox("ok");
        await ChooseAsync(guardian, Channel.Email, address);

        var code = CodeIn(await MailAsync(address, _ => true));
        await school.SendAsync(school.Teacher);
        (await Choice(guardian)).Verified.ShouldBeFalse();
        (await ConfirmAsync(guardian, "AAAAAAAAAAAA")).ShouldBe(HttpStatusCode.Conflict);
        (await DeliveriesAsync(child.Guardian, "Notice")).ShouldBe(0);

        (await ConfirmAsync(guardian, code.ToLowerInvariant())).ShouldBe(HttpStatusCode.NoContent);
        await school.SendAsync(school.Teacher);
        var mail = await MailAsync(address, mail => !mail.Raw.Contains(code, StringComparison.Ordinal));
        mail.Raw.ShouldContain("Auto-Submitted: auto-generated");
        var choice = await Choice(guardian);
        (choice.Channel, choice.Verified).ShouldBe((Channel.Email, true));
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_letter_carries_a_link_and_neither_name_nor_content_and_its_acceptance_is_a_receipt()
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox("ok");
        await VerifiedAsync(school, child, Channel.Email, address);
        var canary = new Canary();

        var post = await school.SendAsync(
            school.Teacher, new
            {
                districtId = school.District,
                title = canary.In("家长会"),
                text = canary.In("周五"),
                schoolId = school.Id,
                classId = school.Class,
            });
        var mail = await MailAsync(address, IsNotice);

        canary.CountIn(mail.Raw).ShouldBe(0);
        var text = Decoded(mail);
        text.ShouldContain("http://localhost/");
        foreach (var id in new[] { child.Student, child.Guardian, school.Id, school.Class, post })
            text.ShouldNotContain(id.ToString());
        (await Eventually.GetAsync(() => school.ReceiptsAsync(school.Teacher, post), receipts => receipts[0].DeliveredAt is not null))
            .ShouldHaveSingleItem().DeliveredAt.ShouldNotBeNull();
        // Sealed at rest, and shown to nobody.
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM guardian_choice WHERE position(convert_to($1, 'UTF8') IN address) > 0", address)).ShouldBe(0);
        (await system.As(school.GuardianOf(child)).GetStringAsync("/api/messages/channel")).ShouldNotContain(address);
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task What_a_server_refuses_for_ever_is_dead_at_once_and_can_be_replayed_by_who_operates_and_nobody_else()
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox("never");
        await ChooseAsync(school.GuardianOf(child), Channel.Email, address); // the code cannot arrive either

        var dead = (await DeadAsync(school)).ShouldHaveSingleItem();
        (dead.Kind, dead.Channel, dead.Attempts, dead.Reason).ShouldBe((DeliveryKind.Code, Channel.Email, 1, "smtp-550"));
        (await system.As(school.Officer).GetAsync("/api/messages/operations/dead-letters")).StatusCode
            .ShouldBe(HttpStatusCode.Forbidden);
        var stranger = new School(system);
        (await ReplayAsync(stranger.Admin, dead.Id)).ShouldBe(HttpStatusCode.NotFound);
        (await ReplayAsync(school.Admin, dead.Id)).ShouldBe(HttpStatusCode.NoContent);
        (await DeadAsync(school)).ShouldHaveSingleItem().Attempts.ShouldBe(1);
    }

    [Theory]
    [InlineData("later")]
    [InlineData("hangs")]
    [InlineData("dies")]
    [InlineData("unsure")]
    [Trait("Rule", "MSG-5")]
    public async Task What_a_server_refuses_for_now_or_leaves_open_is_sent_again_with_the_same_id(string what)
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox(what);
        await ChooseAsync(school.GuardianOf(child), Channel.Email, address);

        var id = await FailedOnceAsync(child.Guardian);
        await DueNowAsync(id);
        await Eventually.GetAsync(() => StateAsync(id), state => state == "Sent");
        var expected = what == "unsure" ? 2 : 1;
        var mails = await Eventually.GetAsync(
            () => Task.FromResult(system.Smtp!.Mails.Where(mail => mail.To == address).ToArray()), all => all.Length >= expected);
        mails.Length.ShouldBe(expected);
        mails.ShouldAllBe(mail => mail.Id == $"{id:N}@district.example");
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_letter_that_fails_eight_times_is_dead()
    {
        var (school, child) = await BeginAsync();
        system.Provider.Answers = Answer(child, 500);
        await ChooseAsync(school.GuardianOf(child), Channel.Sms, Phone(child));

        var id = await FailedOnceAsync(child.Guardian);
        for (var attempt = 2; attempt <= 8; attempt++)
        {
            var so = attempt;
            await DueNowAsync(id);
            await Eventually.GetAsync(
                () => system.ScalarAsync<bool>(
                    "SELECT attempts = $2 AND (state = 'Dead' OR due_at < now() + interval '3 hours' AND reason IS NOT NULL)"
                    + " FROM delivery WHERE id = $1", id, so),
                done => done);
            await Eventually.GetAsync(() => StateAsync(id), state => so < 8 || state == "Dead");
        }

        var dead = (await DeadAsync(school)).ShouldHaveSingleItem();
        (dead.Attempts, dead.Reason).ShouldBe((8, "http-500"));
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_text_message_goes_to_the_adapter_signed_and_with_the_same_id_at_each_attempt()
    {
        var (school, child) = await BeginAsync();
        var failed = false;
        system.Provider.Answers = (arrived, context) =>
        {
            if (arrived.Body.Contains(Phone(child), StringComparison.Ordinal) && !failed)
                (failed, context.Response.StatusCode) = (true, 503);
            return Task.CompletedTask;
        };
        await ChooseAsync(school.GuardianOf(child), Channel.Sms, Phone(child));
        var id = await FailedOnceAsync(child.Guardian);
        await DueNowAsync(id);
        await Eventually.GetAsync(() => StateAsync(id), state => state == "Sent");

        var requests = system.Provider.Requests.Where(r => r.Body.Contains(Phone(child), StringComparison.Ordinal)).ToArray();
        requests.Length.ShouldBe(2);
        foreach (var request in requests)
        {
            request.Headers["webhook-id"].ShouldBe(id.ToString());
            request.Headers["webhook-signature"].ShouldBe("v1," + WebhookSignature.Of(
                id.ToString(), request.Headers["webhook-timestamp"], Encoding.UTF8.GetBytes(request.Body),
                MessagesSystem.ProviderSecret));
        }
    }

    [Theory]
    [InlineData(302, "redirect-refused")]
    [InlineData(422, "http-422")]
    [Trait("Rule", "MSG-5")]
    public async Task A_receiver_that_redirects_into_the_house_or_refuses_gets_nothing_more(int status, string reason)
    {
        var (school, child) = await BeginAsync();
        await using var inside = await Receiver.StartAsync();
        system.Provider.Answers = (arrived, context) =>
        {
            context.Response.StatusCode = arrived.Body.Contains(Phone(child), StringComparison.Ordinal) ? status : 204;
            context.Response.Headers.Location = inside.Address + "/secret";
            return Task.CompletedTask;
        };
        await ChooseAsync(school.GuardianOf(child), Channel.Sms, Phone(child));

        (await DeadAsync(school)).ShouldHaveSingleItem().Reason.ShouldBe(reason);
        inside.Requests.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_receiver_that_never_answers_or_never_ends_costs_a_timeout_and_holds_up_no_other_channel()
    {
        var (school, child) = await BeginAsync();
        var other = (await school.EnrolAsync(1)).Single();
        system.Provider.Answers = async (arrived, context) =>
        {
            if (arrived.Body.Contains(Phone(child), StringComparison.Ordinal))
                await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        await ChooseAsync(school.GuardianOf(child), Channel.Sms, Phone(child));
        var address = Mailbox("ok");
        await ChooseAsync(school.GuardianOf(other), Channel.Email, address);
        await MailAsync(address, _ => true);

        var id = await FailedOnceAsync(child.Guardian);
        (await system.ScalarAsync<string>("SELECT reason FROM delivery WHERE id = $1", id)).ShouldBe("timeout");
    }

    [Fact]
    [Trait("Rule", "MSG-6")]
    public async Task At_night_only_what_is_urgent_leaves_and_in_the_morning_one_letter_tells_of_all()
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox("ok");
        await VerifiedAsync(school, child, Channel.Email, address);
        // An hour ago it became night, and it ends in an hour.
        await PolicyAsync(school, quietFrom: -60, quietUntil: 60, digestAt: 120);

        await school.SendAsync(school.Teacher);
        await school.SendAsync(school.Teacher);
        await school.SendAsync(school.Teacher, school.Notice(school.Id, school.Class, urgent: true));
        Decoded(await MailAsync(address, IsNotice)).ShouldContain("紧急");
        await Eventually.GetAsync(() => system.ScalarAsync<long>(
            "SELECT count(*) FROM delivery WHERE guardian_id = $1 AND put_off AND state = 'New'", child.Guardian), left => left == 2);

        await AheadAsync(TimeSpan.FromMinutes(61), () => MailsAsync(address, 2));
        var morning = system.Smtp!.Mails.Where(mail => mail.To == address && IsNotice(mail)).ToArray();
        morning.Length.ShouldBe(2);
        Decoded(morning[1]).ShouldContain("2 条");
    }

    [Fact]
    [Trait("Rule", "MSG-6")]
    public async Task A_digest_gathers_a_day_in_one_letter_without_what_was_read_meanwhile()
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox("ok");
        await VerifiedAsync(school, child, Channel.Email, address, digest: true, MessageLanguage.En);
        await PolicyAsync(school, quietFrom: 300, quietUntil: 310, digestAt: 60);
        for (var i = 0; i < 3; i++)
            await school.SendAsync(school.Teacher);
        var guardian = school.GuardianOf(child);
        var read = (await school.InboxAsync(guardian))[0].Id;
        (await system.As(guardian).PostAsJsonAsync("/api/messages/inbox/read", new { ids = new[] { read } }))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.GetAsync(() => system.ScalarAsync<long>(
            "SELECT count(*) FROM delivery WHERE guardian_id = $1 AND put_off", child.Guardian), left => left == 3);

        await AheadAsync(TimeSpan.FromMinutes(61), () => MailsAsync(address, 1));
        Decoded(system.Smtp!.Mails.Single(mail => mail.To == address && IsNotice(mail))).ShouldContain("There are 2 new messages");
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task What_was_read_before_its_turn_is_not_sent_and_nor_is_what_the_guardian_may_no_longer_see()
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox("ok");
        await VerifiedAsync(school, child, Channel.Email, address);
        await PolicyAsync(school, quietFrom: -60, quietUntil: 60, digestAt: 120);
        await school.SendAsync(school.Teacher);
        await Eventually.GetAsync(() => DeliveriesAsync(child.Guardian, "Notice"), left => left == 1);
        await school.AllowAsync(child, maySee: false);

        await AheadAsync(TimeSpan.FromMinutes(61), async () =>
            (await Eventually.GetAsync(() => DeliveriesAsync(child.Guardian, "Notice"), left => left == 0)).ShouldBe(0));
        system.Smtp!.Mails.ShouldNotContain(mail => mail.To == address && IsNotice(mail));
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_killed_process_loses_nothing_and_the_next_sends_the_same_letter()
    {
        var (school, child) = await BeginAsync();
        // The first answer never comes: a process is killed while it waits for it, and another one sends it again.
        await using var replica = await system.StartReplicaAsync();
        var address = Mailbox("hangs");
        await ChooseAsync(school.GuardianOf(child), Channel.Email, address);
        var id = await Eventually.GetAsync(
            () => system.ScalarAsync<Guid>(
                "SELECT coalesce((SELECT id FROM delivery WHERE guardian_id = $1 AND attempts > 0), $2)", child.Guardian, Guid.Empty),
            found => found != Guid.Empty);
        await replica.KillAsync();

        // Whichever of them had it: what was claimed, or put off after the timeout, is free again after its time.
        (await Eventually.GetAsync(
            async () =>
            {
                await DueNowAsync(id);
                return await StateAsync(id);
            },
            state => state == "Sent")).ShouldBe("Sent");
        system.Smtp!.Mails.Where(mail => mail.To == address).ShouldAllBe(mail => mail.Id == $"{id:N}@district.example");
        await MailAsync(address, _ => true);
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_letter_that_was_accepted_and_not_marked_is_sent_again_with_the_same_id()
    {
        var (school, child) = await BeginAsync();
        var address = Mailbox("ok");
        var guardian = $"{child.Guardian:N}";
        // As if the process were killed each time between the server's answer and the mark.
        await system.RunAsync(
            $"""
            CREATE FUNCTION fail_{guardian}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
            CREATE TRIGGER fail_{guardian} BEFORE UPDATE ON delivery FOR EACH ROW
                WHEN (NEW.guardian_id = '{child.Guardian}' AND NEW.state = 'Sent') EXECUTE FUNCTION fail_{guardian}();
            """);
        await ChooseAsync(school.GuardianOf(child), Channel.Email, address);
        await MailAsync(address, _ => true);
        var id = await system.ScalarAsync<Guid>("SELECT id FROM delivery WHERE guardian_id = $1", child.Guardian);
        (await StateAsync(id)).ShouldBe("Waiting");

        await system.RunAsync($"DROP TRIGGER fail_{guardian} ON delivery");
        await Eventually.GetAsync(
            async () =>
            {
                await system.RunAsync(
                    "UPDATE delivery SET due_at = now() - interval '1 second' WHERE id = $1 AND state = 'Waiting'", id);
                return await StateAsync(id);
            },
            state => state == "Sent");

        var mails = await Eventually.GetAsync(
            () => Task.FromResult(system.Smtp!.Mails.Where(mail => mail.To == address).ToArray()), all => all.Length >= 2);
        mails.Length.ShouldBeGreaterThanOrEqualTo(2);
        mails.ShouldAllBe(mail => mail.Id == $"{id:N}@district.example");
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task Two_processes_send_each_letter_once()
    {
        var (school, child) = await BeginAsync();
        await using var replica = await system.StartReplicaAsync();
        var children = await school.EnrolAsync(40);
        foreach (var one in children)
            await ChooseAsync(school.GuardianOf(one), Channel.Sms, Phone(one));

        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                "SELECT count(*) FROM delivery WHERE guardian_id = ANY ($1) AND state = 'Sent'",
                children.Select(one => one.Guardian).ToArray()),
            sent => sent == children.Length);
        foreach (var one in children)
            system.Provider.Requests.Count(r => r.Body.Contains(Phone(one), StringComparison.Ordinal)).ShouldBe(1);
        child.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("\"a b\"@x.example")]
    [InlineData("a@x.example\r\nBcc: b@x.example")]
    [InlineData("A <a@x.example>")]
    [InlineData("a@x.example, b@x.example")]
    [InlineData("nobody")]
    [InlineData("")]
    [Trait("Rule", "MSG-5")]
    public async Task What_is_not_one_bare_address_is_refused(string address)
    {
        var (school, child) = await BeginAsync();

        using var answer = await PutAsync(school.GuardianOf(child), new { channel = "email", address });

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Trait("Rule", "MSG-6")]
    public async Task No_more_than_five_codes_a_day_go_to_anybody()
    {
        var (school, child) = await BeginAsync();
        await ChooseAsync(school.GuardianOf(child), Channel.Sms, Phone(child));
        for (var i = 0; i < 4; i++)
            (await CodeAgainAsync()).ShouldBe(HttpStatusCode.NoContent);

        (await CodeAgainAsync()).ShouldBe(HttpStatusCode.Conflict);

        async Task<HttpStatusCode> CodeAgainAsync() =>
            (await system.As(school.GuardianOf(child)).PostAsync("/api/messages/channel/code", null)).StatusCode;
    }

    [Theory]
    [InlineData("weCom")]
    [InlineData("dingTalk")]
    [Trait("Rule", "MSG-5")]
    public async Task A_class_notice_goes_to_the_groups_robot_without_a_personal_link(string provider)
    {
        var (school, _) = await BeginAsync();
        var key = Guid.CreateVersion7().ToString("N");
        var url = $"{system.Provider.Address}/robot/send?access_token={key}";
        (await RobotAsync(school.Teacher, school.Class, provider, url, "SEC000")).ShouldBe(HttpStatusCode.NoContent);
        system.Provider.Answers = (_, context) =>
        {
            context.Response.StatusCode = 200;
            return context.Response.WriteAsJsonAsync(new { errcode = 0, errmsg = "ok" });
        };

        await school.SendAsync(school.Teacher);

        var request = await Eventually.GetAsync(
            () => Task.FromResult<Arrived?>(system.Provider.Requests.FirstOrDefault(r => r.Path.Contains(key, StringComparison.Ordinal))),
            arrived => arrived is not null);
        request!.Body.ShouldContain("\"msgtype\":\"text\"");
        request.Body.ShouldContain("http://localhost/");
        request.Body.ShouldNotContain("家长会");
        request.Path.Contains("&sign=", StringComparison.Ordinal).ShouldBe(provider == "dingTalk");
        (await system.As(school.Teacher).GetStringAsync($"/api/messages/classes/{school.Class}/robots")).ShouldNotContain(key);
        (await RobotAsync(school.Neighbour().Officer, school.Class, provider, url)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("https://127.0.0.1/robot")]
    [InlineData("http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1")]
    [InlineData("https://qyapi.weixin.qq.com.attacker.example/cgi-bin/webhook/send")]
    [InlineData("https://qyapi.weixin.qq.com@attacker.example/")]
    [InlineData("https://oapi.dingtalk.com/robot/send?access_token=1")]
    [InlineData("file:///etc/passwd")]
    [Trait("Rule", "MSG-5")]
    public async Task A_robot_is_at_its_providers_host_or_refused(string url)
    {
        var (school, _) = await BeginAsync();

        (await RobotAsync(school.Teacher, school.Class, "weCom", url)).ShouldBe(HttpStatusCode.BadRequest);
    }

    private static bool IsNotice(Mail mail) => !Decoded(mail).Contains("验证码", StringComparison.Ordinal)
        && !Decoded(mail).Contains("Confirmation", StringComparison.Ordinal);

    // The text of a letter with one part.
    private static string Decoded(Mail mail)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(mail.Raw));
        return MimeKit.MimeMessage.Load(stream).TextBody!;
    }

    private static string CodeIn(Mail mail) =>
        Decoded(mail).Split('：', '，').Select(part => part.Trim()).Single(part => part.Length == 12);

    private static string Mailbox(string what) => $"{what}.{Guid.CreateVersion7():N}@family.example";

    private static string Phone(Child child) => new([.. child.Guardian.ToString("N")[^12..].Select(c => (char)('0' + (c % 10)))]);

    private static Func<Arrived, HttpContext, Task> Answer(Child child, int status) => (arrived, context) =>
    {
        if (arrived.Body.Contains(Phone(child), StringComparison.Ordinal))
            context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    // A school without quiet hours, whatever the time of day is.
    private async Task<(School School, Child Child)> BeginAsync()
    {
        Assert.SkipWhen(system.Smtp is null, "Needs npm ci --prefix tests/Messages.Tests/smtp");
        system.Provider.Answers = (_, _) => Task.CompletedTask;
        var school = new School(system);
        var child = (await school.EnrolAsync(1)).Single();
        await PolicyAsync(school, 0, 0, 720);
        return (school, child);
    }

    // Times in minutes from now.
    private async Task PolicyAsync(School school, int quietFrom, int quietUntil, int digestAt)
    {
        using var client = system.As(school.Admin);
        client.DefaultRequestHeaders.Add("If-Match", "*");
        var now = TimeOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        using var answer = await client.PutAsJsonAsync(
            $"/api/messages/policies/{school.District}", new
            {
                timeZone = "Etc/UTC",
                quietFrom = now.AddMinutes(quietFrom),
                quietUntil = now.AddMinutes(quietUntil),
                digestAt = now.AddMinutes(digestAt),
            });
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task<HttpResponseMessage> PutAsync(Grant guardian, object choice)
    {
        using var client = system.As(guardian);
        client.DefaultRequestHeaders.Add("If-Match", "*");
        return await client.PutAsJsonAsync("/api/messages/channel", choice);
    }

    private async Task ChooseAsync(
        Grant guardian, Channel channel, string address, bool digest = false, MessageLanguage language = MessageLanguage.Zh)
    {
        using var answer = await PutAsync(
            guardian, new
            {
                channel = channel.ToString().ToLowerInvariant(),
                address,
                digest,
                language = language.ToString().ToLowerInvariant(),
            });
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task VerifiedAsync(
        School school, Child child, Channel channel, string address, bool digest = false, MessageLanguage language = MessageLanguage.Zh)
    {
        await ChooseAsync(school.GuardianOf(child), channel, address);
        (await ConfirmAsync(school.GuardianOf(child), CodeIn(await MailAsync(address, _ => true)))).ShouldBe(HttpStatusCode.NoContent);
        if (digest)
        {
            using var answer = await PutAsync(
                school.GuardianOf(child), new { channel = "email", digest, language = language.ToString().ToLowerInvariant() });
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }
    }

    private async Task<ChosenChannel> Choice(Grant guardian) =>
        (await system.As(guardian).GetFromJsonAsync<ChosenChannel>("/api/messages/channel", Json.Options))!;

    private async Task<HttpStatusCode> ConfirmAsync(Grant guardian, string code) =>
        (await system.As(guardian).PostAsJsonAsync("/api/messages/channel/confirmation", new { code })).StatusCode;

    private async Task<HttpStatusCode> RobotAsync(Grant asWhom, Guid ofClass, string provider, string url, string? secret = null) =>
        (await system.As(asWhom).PutAsJsonAsync($"/api/messages/classes/{ofClass}/robots/{provider}", new { url, secret })).StatusCode;

    private async Task<IReadOnlyList<DeadLetter>> DeadAsync(School school) => await Eventually.GetAsync(
        async () => (await system.As(school.Admin).GetFromJsonAsync<Page<DeadLetter>>(
            "/api/messages/operations/dead-letters", Json.Options))!.Items,
        dead => dead.Count > 0);

    private async Task<HttpStatusCode> ReplayAsync(Grant asWhom, Guid id) =>
        (await system.As(asWhom).PostAsync($"/api/messages/operations/dead-letters/{id}/replay", null)).StatusCode;

    private async Task<Mail> MailAsync(string address, Func<Mail, bool> which) => await Eventually.GetAsync(
        () => Task.FromResult<Mail?>(system.Smtp!.Mails.FirstOrDefault(mail => mail.To == address && which(mail))),
        mail => mail is not null) ?? throw new TimeoutException("No such letter came.");

    private Task<int> MailsAsync(string address, int notices) => Eventually.GetAsync(
        () => Task.FromResult(system.Smtp!.Mails.Count(mail => mail.To == address && IsNotice(mail))), count => count >= notices);

    // The guardian's only letter, once an attempt has failed.
    private Task<Guid> FailedOnceAsync(Guid guardian) => Eventually.GetAsync(
        () => system.ScalarAsync<Guid>(
            "SELECT coalesce((SELECT id FROM delivery WHERE guardian_id = $1 AND reason IS NOT NULL), $2)", guardian, Guid.Empty),
        id => id != Guid.Empty);

    private Task DueNowAsync(Guid id) =>
        system.RunAsync(
            "UPDATE delivery SET due_at = now() - interval '1 second', reason = NULL WHERE id = $1 AND state = 'Waiting'", id);

    private Task<string> StateAsync(Guid id) => system.ScalarAsync<string>("SELECT state FROM delivery WHERE id = $1", id);

    private Task<long> DeliveriesAsync(Guid guardian, string kind) =>
        system.ScalarAsync<long>("SELECT count(*) FROM delivery WHERE guardian_id = $1 AND kind = $2", guardian, kind);

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
