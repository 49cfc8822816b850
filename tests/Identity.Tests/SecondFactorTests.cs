using System.Globalization;
using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.Tests;

/// <summary>The second factor: enrolled, shown, lost.</summary>
public sealed class SecondFactorTests(IdentityFixture fixture)
{
    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task With_a_second_factor_the_password_alone_opens_nothing()
    {
        var person = await EnrolAsync();
        using var client = fixture.Replica.Client();
        var ticket = await TicketAsync(client, person.Name, "My phone");
        using (var withTicket = fixture.Replica.Client(ticket))
        using (var me = await withTicket.GetAsync(new Uri("/api/identity/me", UriKind.Relative)))
        {
            me.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await RefusalAsync(client, ticket, person.App.Wrong())).ShouldBe("identity.code-refused");
        (await RefusalAsync(client, "no ticket", person.App.Next())).ShouldBe("identity.ticket-void");
        (await RefusalAsync(client, ticket[..^2] + "AA", person.App.Next())).ShouldBe("identity.ticket-void");
        var tokens = await SignInAsync(client, ticket, person.App.Next());
        using var signedIn = fixture.Replica.Client(tokens.AccessToken);
        (await signedIn.GetAsync<Me>("/api/identity/me")).UserName.ShouldBe(person.Name);
        (await signedIn.GetAsync<List<MySession>>("/api/identity/me/sessions")).ShouldContain(s => s.Device == "My phone");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_code_is_good_once_also_when_it_comes_twenty_times_at_once()
    {
        var person = await EnrolAsync();
        using var client = fixture.Replica.Client();
        var (ticket, code) = (await TicketAsync(client, person.Name), person.App.Next());
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TryAsync(client, ticket, code)));
        answers.Count(status => status == HttpStatusCode.OK).ShouldBe(1);

        // Those that were refused count, and one that came last may have locked the account.
        await fixture.System.QueryAsync(
            $"UPDATE account SET failed_sign_ins = 0, locked_until = NULL WHERE user_name = '{person.Name}'");
        (await RefusalAsync(client, ticket, code)).ShouldBe("identity.code-refused");
        (await SignInAsync(client, ticket, person.RecoveryCodes[0])).ShouldNotBeNull();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_older_code_than_the_last_is_refused()
    {
        var person = await EnrolAsync();
        using var client = fixture.Replica.Client();
        var ticket = await TicketAsync(client, person.Name);
        (await RefusalAsync(client, ticket, person.App.First)).ShouldBe("identity.code-refused"); // it confirmed the enrolment
        await SignInAsync(client, ticket, person.App.Next());
        (await RefusalAsync(client, ticket, person.App.First)).ShouldBe("identity.code-refused");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Wrong_codes_lock_the_account_whatever_passwords_come_in_between()
    {
        var person = await EnrolAsync();
        var replica = fixture.System.Start();
        using var client = replica.Client();
        for (var i = 0; i < Account.MostFailures; i++)
        {
            (await RefusalAsync(client, await TicketAsync(client, person.Name), person.App.Wrong()))
                .ShouldBe("identity.code-refused");
        }

        using (var password = await client.PostAsync("/api/identity/sign-in", new SignIn(person.Name, IdentitySystem.Password)))
            (await password.CodeAsync()).ShouldBe("identity.sign-in-refused");
        replica.Clock.Advance(Account.LockTime);
        var ticket = await TicketAsync(client, person.Name);
        (await SignInAsync(client, ticket, person.App.At(replica.Clock.GetUtcNow()))).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_right_password_forgives_no_failure_and_adds_none_until_the_code_is_right()
    {
        var person = await EnrolAsync();
        using var client = fixture.Replica.Client();
        for (var i = 0; i < Account.MostFailures - 1; i++)
            await RefusePasswordAsync(client, person.Name);
        for (var i = 0; i < Account.MostFailures; i++)
            await TicketAsync(client, person.Name);
        (await FailuresAsync(person)).ShouldBe(Account.MostFailures - 1);
        await SignInAsync(client, await TicketAsync(client, person.Name), person.App.Next());
        (await FailuresAsync(person)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_locked_account_refuses_the_right_code()
    {
        var person = await EnrolAsync();
        using var client = fixture.Replica.Client();
        var ticket = await TicketAsync(client, person.Name);
        for (var i = 0; i < Account.MostFailures; i++)
            await RefusePasswordAsync(client, person.Name);
        (await RefusalAsync(client, ticket, person.App.Next())).ShouldBe("identity.code-refused");
        (await RefusalAsync(client, ticket, person.RecoveryCodes[0])).ShouldBe("identity.code-refused");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task After_twenty_five_wrong_codes_in_a_row_only_a_recovery_code_opens()
    {
        var person = await EnrolAsync();
        var replica = fixture.System.Start();
        using var client = replica.Client();
        for (var i = 0; i < SecondFactor.MostWrongCodes; i++)
        {
            if (i % Account.MostFailures == 0)
                replica.Clock.Advance(Account.LockTime);
            await RefusalAsync(client, await TicketAsync(client, person.Name), person.App.Wrong());
        }

        replica.Clock.Advance(Account.LockTime);
        var ticket = await TicketAsync(client, person.Name);
        (await RefusalAsync(client, ticket, person.App.At(replica.Clock.GetUtcNow()))).ShouldBe("identity.code-refused");
        await SignInAsync(client, ticket, person.RecoveryCodes[0]);
        replica.Clock.Advance(TimeSpan.FromMinutes(1));
        await SignInAsync(client, ticket, person.App.At(replica.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_ticket_is_good_for_five_minutes()
    {
        var person = await EnrolAsync();
        var replica = fixture.System.Start();
        using var client = replica.Client();
        var ticket = await TicketAsync(client, person.Name);
        replica.Clock.Advance(SignInTicketTime - TimeSpan.FromSeconds(10));
        await SignInAsync(client, ticket, person.RecoveryCodes[0]);
        replica.Clock.Advance(TimeSpan.FromSeconds(10));
        (await RefusalAsync(client, ticket, person.RecoveryCodes[1])).ShouldBe("identity.ticket-void");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_recovery_code_is_good_once_in_any_way_of_writing_it()
    {
        var person = await EnrolAsync();
        person.RecoveryCodes.Count.ShouldBe(SecondFactor.RecoveryCodeCount);
        person.RecoveryCodes.Distinct(StringComparer.Ordinal).Count().ShouldBe(SecondFactor.RecoveryCodeCount);
        using var client = fixture.Replica.Client();
        var ticket = await TicketAsync(client, person.Name);
        var code = person.RecoveryCodes[3];
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(
            i => TryAsync(
                client, ticket, i % 2 == 0 ? code : code.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant())));
        answers.Count(status => status == HttpStatusCode.OK).ShouldBe(1);
        (await RefusalAsync(client, ticket, code)).ShouldBe("identity.code-refused");
        (await person.Client.GetAsync<MySecondFactor>("/api/identity/me/second-factor")).RecoveryCodesLeft.ShouldBe(9);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task New_recovery_codes_need_password_and_code_and_void_the_old_ones()
    {
        var person = await EnrolAsync();
        (await RefusalAsync(person, "recovery-codes", new ProveBoth("not the password", person.App.Next())))
            .ShouldBe("identity.proof-wrong");
        (await RefusalAsync(person, "recovery-codes", new ProveBoth(IdentitySystem.Password, person.App.Wrong())))
            .ShouldBe("identity.proof-wrong");
        // A code that came with a wrong password is not used up.
        using var answer = await person.Client.PostAsync(
            "/api/identity/me/second-factor/recovery-codes", new ProveBoth(IdentitySystem.Password, person.App.Next()));
        var renewed = (await answer.ReadAsync<RecoveryCodes>(HttpStatusCode.OK)).Codes;
        renewed.Intersect(person.RecoveryCodes, StringComparer.Ordinal).ShouldBeEmpty();

        using var client = fixture.Replica.Client();
        var ticket = await TicketAsync(client, person.Name);
        (await RefusalAsync(client, ticket, person.RecoveryCodes[0])).ShouldBe("identity.code-refused");
        await SignInAsync(client, ticket, renewed[0]);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Enrolling_needs_the_password_and_a_code_of_the_very_secret_and_ends_other_sessions()
    {
        var person = await JoinAsync();
        var elsewhere = await fixture.SignInAsync(person.Name);
        (await RefusalAsync(person, "", new BeginSecondFactor("not the password"))).ShouldBe("identity.password-wrong");
        (await RefusalAsync(person, "confirm", new ConfirmSecondFactor("123456"))).ShouldBe("identity.first-code-wrong");
        var older = await BeginAsync(person);
        var newer = await BeginAsync(person);
        newer.QrCode.ShouldStartWith("<svg");
        newer.Link.ShouldBe(
            $"otpauth://totp/HomeSchool:{Uri.EscapeDataString(person.Name)}?secret={newer.Secret}&issuer=HomeSchool");
        (await RefusalAsync(person, "confirm", new ConfirmSecondFactor(new App(older.Secret).Next())))
            .ShouldBe("identity.first-code-wrong");
        (await person.Client.GetAsync<MySecondFactor>("/api/identity/me/second-factor")).Since.ShouldBeNull();
        await fixture.SignInAsync(person.Name); // nothing has changed yet
        await ConfirmAsync(person, new App(newer.Secret));

        (await RefusalAsync(person, "", new BeginSecondFactor(IdentitySystem.Password))).ShouldBe("identity.second-factor-on");
        (await RefreshAsync(elsewhere)).ShouldBe(HttpStatusCode.Unauthorized);
        (await RefreshAsync(person)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_secret_waits_fifteen_minutes_for_its_first_code()
    {
        var person = await JoinAsync();
        var app = new App((await BeginAsync(person)).Secret);
        var late = fixture.System.Start();
        late.Clock.Advance(SecondFactor.EnrolmentTime);
        using var client = late.Client(person.Tokens.AccessToken);
        using var answer = await client.PostAsync(
            "/api/identity/me/second-factor/confirm", new ConfirmSecondFactor(app.At(late.Clock.GetUtcNow())));
        (await answer.CodeAsync()).ShouldBe("identity.first-code-wrong");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Ending_it_needs_password_and_code_and_voids_tokens_and_other_sessions()
    {
        var person = await EnrolAsync();
        using var client = fixture.Replica.Client();
        var elsewhere = await SignInAsync(client, await TicketAsync(client, person.Name), person.RecoveryCodes[0]);
        (await RefusalAsync(person, "end", new ProveBoth(IdentitySystem.Password, "000"))).ShouldBe("identity.proof-wrong");
        (await RefusalAsync(person, "end", new ProveBoth("not the password", person.RecoveryCodes[1])))
            .ShouldBe("identity.proof-wrong");
        using (var ended = await person.Client.PostAsync(
            "/api/identity/me/second-factor/end", new ProveBoth(IdentitySystem.Password, person.RecoveryCodes[1])))
        {
            ended.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        (await RefreshAsync(person.Person with { Tokens = elsewhere })).ShouldBe(HttpStatusCode.Unauthorized);
        (await Eventually.GetAsync(
            async () => (await person.Client.GetAsync(new Uri("/api/identity/me", UriKind.Relative))).StatusCode,
            status => status == HttpStatusCode.Unauthorized)).ShouldBe(HttpStatusCode.Unauthorized);
        (await RefreshAsync(person.Person)).ShouldBe(HttpStatusCode.OK);
        var again = await fixture.SignInAsync(person.Name);
        (await RefusalAsync(again, "end", new ProveBoth(IdentitySystem.Password, person.RecoveryCodes[2])))
            .ShouldBe("identity.second-factor-off");
        (await RefusalAsync(again, "recovery-codes", new ProveBoth(IdentitySystem.Password, "1")))
            .ShouldBe("identity.second-factor-off");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_lost_one_is_reset_by_who_may_invite_to_every_role_of_the_account()
    {
        var roster = await fixture.RosterAsync();
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));
        var schoolAdmin = await fixture.JoinAsync(roster.A.Invite(Role.SchoolAdmin));
        var other = await fixture.JoinAsync(roster.B.Invite(Role.SchoolAdmin));
        var counselor = await fixture.JoinAsync(roster.A.Invite(Role.Counselor));
        var parent = await EnrolAsync(await fixture.JoinAsync(roster.A.Invite(Role.Guardian)));
        (await ResetAsync(other, parent)).ShouldBe(HttpStatusCode.NotFound);
        (await ResetAsync(counselor, parent)).ShouldBe(HttpStatusCode.Forbidden);
        (await ResetAsync(teacher, parent)).ShouldBe(HttpStatusCode.NoContent);
        (await ResetAsync(teacher, parent)).ShouldBe(HttpStatusCode.Conflict);
        (await RefreshAsync(parent.Person)).ShouldBe(HttpStatusCode.Unauthorized);
        parent = await EnrolAsync(await fixture.SignInAsync(parent.Name));

        // A parent who administers the school: no longer the teacher's, nor the school's with a role at the district.
        await AcceptAsync(parent.Person, roster.A.Invite(Role.SchoolAdmin));
        (await ResetAsync(teacher, parent)).ShouldBe(HttpStatusCode.NotFound);
        (await ResetAsync(schoolAdmin, parent)).ShouldBe(HttpStatusCode.NoContent);
        parent = await EnrolAsync(await fixture.SignInAsync(parent.Name));
        await AcceptAsync(parent.Person, roster.B.Invite(Role.Guardian));
        (await ResetAsync(schoolAdmin, parent)).ShouldBe(HttpStatusCode.NotFound);
        (await ResetAsync(fixture.Admin, parent)).ShouldBe(HttpStatusCode.NoContent);
        var id = (await (await fixture.SignInAsync(parent.Name)).MeAsync()).Id;
        (await fixture.System.QueryAsync(
            $"SELECT actor FROM platform.audit WHERE action = 'ResetSecondFactor' AND subject_id = '{id}' ORDER BY at"))
            .ShouldBe([.. await ActorsAsync(teacher, schoolAdmin, fixture.Admin)]);

        var self = await EnrolAsync(await fixture.JoinAsync(new Invite(Role.DistrictAdmin)));
        using var own = await self.Client.DeleteAsync(
            new Uri($"/api/identity/accounts/{(await self.Person.MeAsync()).Id}/second-factor", UriKind.Relative));
        (await own.CodeAsync()).ShouldBe("identity.own-second-factor");
        using var nobody = await fixture.Admin.Client.DeleteAsync(
            new Uri($"/api/identity/accounts/{Guid.CreateVersion7()}/second-factor", UriKind.Relative));
        nobody.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Roles_that_need_a_second_factor_are_missing_in_tokens_until_there_is_one()
    {
        var name = (await JoinAsync()).Name;
        await using var strict = new Replica(new Dictionary<string, string>(fixture.System.Settings, StringComparer.Ordinal)
        {
            ["SecondFactor__RequiredFor__0"] = nameof(Role.DistrictAdmin),
        });
        var person = await Person.SignInAsync(strict, name);
        person.Tokens.SecondFactorMissing.ShouldBeTrue();
        GrantsIn(person.Tokens).ShouldBeEmpty();
        (await person.TryInviteAsync(new Invite(Role.DistrictAdmin))).ShouldBe(HttpStatusCode.Forbidden);

        var enrolled = await EnrolAsync(person);
        using var client = strict.Client();
        using (var answer = await client.PostAsync("/api/identity/refresh", new Refresh(person.Tokens.RefreshToken)))
        {
            var tokens = await answer.ReadAsync<SignedIn>(HttpStatusCode.OK);
            tokens.SecondFactorMissing.ShouldBeFalse();
            GrantsIn(tokens).ShouldHaveSingleItem().ShouldStartWith("district-admin/");
        }

        await SignInAsync(client, await TicketAsync(client, enrolled.Name), enrolled.App.Next());
    }

    [Fact]
    public async Task The_secret_and_the_codes_are_nowhere_in_the_database_in_clear()
    {
        var person = await EnrolAsync();
        var tables = await fixture.System.QueryAsync(
            "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname IN ('public', 'platform')");
        var dump = string.Join('\n', await Task.WhenAll(tables.Select(async table =>
            string.Join('\n', await fixture.System.QueryAsync($"SELECT row_to_json(t)::text FROM {table} t")))));
        dump.ShouldContain(person.Name); // it is a dump
        foreach (var secret in person.RecoveryCodes.Select(code => code.Replace("-", "", StringComparison.Ordinal))
            .Concat(person.RecoveryCodes).Append(person.App.Secret))
        {
            dump.ShouldNotContain(secret);
            dump.ShouldNotContain(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(secret)), Case.Insensitive);
        }

        dump.ShouldNotContain(Convert.ToHexString(person.App.Bytes), Case.Insensitive);
    }

    [Fact]
    public async Task A_secret_moved_to_another_account_opens_nothing()
    {
        var (thief, owner) = (await EnrolAsync(), await EnrolAsync());
        await fixture.System.QueryAsync(
            $"""
            UPDATE second_factor SET secret = (SELECT f.secret FROM second_factor f JOIN account a ON a.id = f.account_id
            WHERE a.user_name = '{thief.Name}') WHERE account_id = (SELECT id FROM account WHERE user_name = '{owner.Name}')
            """);
        using var client = fixture.Replica.Client();
        (await TryAsync(client, await TicketAsync(client, owner.Name), thief.App.Next())).ShouldNotBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task The_audit_tells_each_sign_in_enrolment_and_end()
    {
        var person = await EnrolAsync();
        var id = (await person.Person.MeAsync()).Id;
        using var client = fixture.Replica.Client();
        var ticket = await TicketAsync(client, person.Name);
        await RefusalAsync(client, ticket, person.App.Wrong());
        await SignInAsync(client, ticket, person.App.Next());
        await SignInAsync(client, ticket, person.RecoveryCodes[0]);
        await RefusalAsync(person, "end", new ProveBoth("not the password", "1"));
        using var ended = await person.Client.PostAsync(
            "/api/identity/me/second-factor/end", new ProveBoth(IdentitySystem.Password, person.RecoveryCodes[1]));
        ended.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var actions = await fixture.System.QueryAsync(
            $"SELECT action FROM platform.audit WHERE actor = 'account:{id:N}' ORDER BY at");
        actions.ShouldBe(
        [
            "SignIn", "ConfirmSecondFactor", "SignInCodeRefused", "SignInWithCode", "SignInWithRecoveryCode",
            "EndSecondFactorRefused", "EndSecondFactor",
        ]);
    }

    private static readonly TimeSpan SignInTicketTime = TimeSpan.FromMinutes(5);

    private Task<Person> JoinAsync() => fixture.JoinAsync(new Invite(Role.DistrictAdmin));

    private async Task<Enrolled> EnrolAsync(Person? person = null)
    {
        person ??= await JoinAsync();
        var app = new App((await BeginAsync(person)).Secret);
        return new Enrolled(person, app, await ConfirmAsync(person, app));
    }

    private static async Task<Enrolment> BeginAsync(Person person)
    {
        using var answer = await person.Client.PostAsync(
            "/api/identity/me/second-factor", new BeginSecondFactor(IdentitySystem.Password));
        return await answer.ReadAsync<Enrolment>(HttpStatusCode.OK);
    }

    private static async Task<IReadOnlyList<string>> ConfirmAsync(Person person, App app)
    {
        using var answer = await person.Client.PostAsync(
            "/api/identity/me/second-factor/confirm", new ConfirmSecondFactor(app.First));
        return (await answer.ReadAsync<RecoveryCodes>(HttpStatusCode.OK)).Codes;
    }

    private static async Task<string> TicketAsync(HttpClient client, string userName, string? device = null)
    {
        using var answer = await client.PostAsync("/api/identity/sign-in", new SignIn(userName, IdentitySystem.Password, device));
        return (await answer.ReadAsync<CodeNeeded>(HttpStatusCode.Accepted)).Ticket;
    }

    private static async Task<SignedIn> SignInAsync(HttpClient client, string ticket, string code)
    {
        using var answer = await client.PostAsync("/api/identity/sign-in/code", new SignInWithCode(ticket, code));
        return await answer.ReadAsync<SignedIn>(HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> TryAsync(HttpClient client, string ticket, string code)
    {
        using var answer = await client.PostAsync("/api/identity/sign-in/code", new SignInWithCode(ticket, code));
        return answer.StatusCode;
    }

    private static async Task<string> RefusalAsync(HttpClient client, string ticket, string code)
    {
        using var answer = await client.PostAsync("/api/identity/sign-in/code", new SignInWithCode(ticket, code));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        return await answer.CodeAsync();
    }

    private static async Task<string> RefusalAsync<T>(Person person, string what, T body)
    {
        using var answer = await person.Client.PostAsync(
            "/api/identity/me/second-factor" + (what.Length == 0 ? "" : "/" + what), body);
        return await answer.CodeAsync();
    }

    private static Task<string> RefusalAsync<T>(Enrolled person, string what, T body) => RefusalAsync(person.Person, what, body);

    private static async Task RefusePasswordAsync(HttpClient client, string userName)
    {
        using var answer = await client.PostAsync("/api/identity/sign-in", new SignIn(userName, "not the password"));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task<int> FailuresAsync(Enrolled person) => int.Parse(
        (await fixture.System.QueryAsync($"SELECT failed_sign_ins FROM account WHERE user_name = '{person.Name}'"))[0],
        CultureInfo.InvariantCulture);

    private async Task<HttpStatusCode> RefreshAsync(Person person)
    {
        using var client = fixture.Replica.Client();
        using var answer = await client.PostAsync("/api/identity/refresh", new Refresh(person.Tokens.RefreshToken));
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> ResetAsync(Person by, Enrolled whose)
    {
        var id = (await fixture.System.QueryAsync($"SELECT id FROM account WHERE user_name = '{whose.Name}'"))[0];
        using var answer = await by.Client.DeleteAsync(new Uri($"/api/identity/accounts/{id}/second-factor", UriKind.Relative));
        return answer.StatusCode;
    }

    private async Task AcceptAsync(Person person, Invite invite)
    {
        var invited = await fixture.Admin.InviteAsync(invite);
        using var answer = await person.Client.PostAsync("/api/identity/me/invitations", new AcceptWithAccount(invited.Code));
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private static async Task<List<string>> ActorsAsync(params Person[] people)
    {
        var actors = new List<string>();
        foreach (var person in people)
            actors.Add($"account:{(await person.MeAsync()).Id:N}");
        return actors;
    }

    private static string[] GrantsIn(SignedIn tokens) =>
        [.. new JsonWebToken(tokens.AccessToken).Claims.Where(claim => claim.Type == "grant").Select(claim => claim.Value)];

    private sealed record Enrolled(Person Person, App App, IReadOnlyList<string> RecoveryCodes)
    {
        public string Name => Person.Name;

        public HttpClient Client => Person.Client;
    }
}

/// <summary>An authenticator app.</summary>
/// <param name="secret">In base32.</param>
public sealed class App(string secret)
{
    private readonly long first = Totp.StepAt(TimeProvider.System.GetUtcNow());

    /// <summary>In base32.</summary>
    public string Secret => secret;

    /// <summary>The secret's bytes.</summary>
    public byte[] Bytes { get; } = Decode(secret);

    /// <summary>The code of the time when the app got the secret.</summary>
    public string First => Totp.CodeOf(Bytes, first);

    /// <summary>The code after the first, which no one has waited for: clocks may differ by a step.</summary>
    public string Next() => Totp.CodeOf(Bytes, first + 1);

    /// <summary>The code of a time.</summary>
    public string At(DateTimeOffset time) => Totp.CodeOf(Bytes, Totp.StepAt(time));

    /// <summary>A code of no step near now.</summary>
    public string Wrong() => Enumerable.Range(0, 100).Select(i => i.ToString("D6", CultureInfo.InvariantCulture))
        .First(code => Enumerable.Range(-5, 60).All(step => Totp.CodeOf(Bytes, first + step) != code));

    private static byte[] Decode(string text)
    {
        var bits = string.Concat(text.Select(c =>
            Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(chunk => chunk.Length == 8).Select(chunk => Convert.ToByte(new string(chunk), 2))];
    }
}
