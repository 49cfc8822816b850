using System.Diagnostics;
using System.Net;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Identity.Tests;

public sealed class SignInTests(IdentityFixture fixture)
{
    private static readonly string[] Wrong = [.. Enumerable.Range(0, Account.MostFailures).Select(i => $"wrong {i}")];

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_right_password_opens_what_the_accounts_roles_allow()
    {
        var me = await fixture.Admin.MeAsync();
        me.UserName.ShouldBe(fixture.Admin.Name);
        me.Roles.ShouldHaveSingleItem().ShouldBe(
            new MyRole(Contracts.Role.DistrictAdmin, "区县管理员", null, fixture.District, null, null, null));
        fixture.Admin.Tokens.ExpiresIn.ShouldBe(900);
    }

    [Fact]
    public async Task Unknown_name_wrong_password_and_locked_account_get_one_and_the_same_answer()
    {
        var person = await JoinAsync();
        var wrong = await RefusalAsync(person.Name, "not the password");
        var unknown = await RefusalAsync(IdentitySystem.NewName(), "not the password");
        foreach (var guess in Wrong)
            await RefusalAsync(person.Name, guess);
        var locked = await RefusalAsync(person.Name, IdentitySystem.Password);

        wrong.Status.ShouldBe(401);
        wrong.Code.ShouldBe("identity.sign-in-refused");
        unknown.ShouldBe(wrong);
        locked.ShouldBe(wrong);
        (await RefusalAsync("teacher\uFFFE", "not the password")).ShouldBe(wrong); // U+FFFE is no character, and no such name can be normalised
    }

    [Fact]
    public async Task An_unknown_name_takes_as_long_as_a_wrong_password()
    {
        var person = await JoinAsync();
        var (known, unknown) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var i = 0; i < Account.MostFailures - 1; i++)
        {
            known = await TimeAsync(person.Name, known);
            unknown = await TimeAsync(IdentitySystem.NewName(), unknown);
        }

        // The hash is nearly all of it: without one an unknown name would take a tenth.
        (unknown / known).ShouldBeGreaterThan(0.4);

        async Task<TimeSpan> TimeAsync(string name, TimeSpan shortest)
        {
            var clock = Stopwatch.StartNew();
            await RefusalAsync(name, "not the password");
            return clock.Elapsed < shortest ? clock.Elapsed : shortest;
        }
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_for_five_minutes()
    {
        var person = await JoinAsync();
        var replica = fixture.System.Start();
        using var client = replica.Client();
        foreach (var guess in Wrong)
            (await StatusAsync(client, person.Name, guess)).ShouldBe(HttpStatusCode.Unauthorized);

        replica.Clock.Advance(Account.LockTime - TimeSpan.FromSeconds(30));
        (await StatusAsync(client, person.Name, IdentitySystem.Password)).ShouldBe(HttpStatusCode.Unauthorized);
        replica.Clock.Advance(TimeSpan.FromSeconds(30));
        (await StatusAsync(client, person.Name, IdentitySystem.Password)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Guesses_at_the_same_time_get_no_more_tries_than_one_after_the_other()
    {
        var person = await JoinAsync();
        using var client = fixture.Replica.Client();
        foreach (var guess in Wrong[1..])
            await RefusalAsync(person.Name, guess);
        await using var connection = new NpgsqlConnection(fixture.System.Database);
        await connection.OpenAsync();
        await using var holding = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand($"SELECT FROM account WHERE user_name = '{person.Name}' FOR UPDATE", connection);
        await hold.ExecuteNonQueryAsync();

        // While the account is held the last guess arrives, and then the right password. Had the password been looked at before
        // the guess was counted, it would get in.
        var answers = new List<Task<HttpStatusCode>>();
        foreach (var password in new[] { Wrong[0], IdentitySystem.Password })
        {
            answers.Add(StatusAsync(client, person.Name, password));
            (await Eventually.GetAsync(WaitingAsync, waiting => waiting == answers.Count)).ShouldBe(answers.Count);
        }

        await holding.RollbackAsync();
        (await Task.WhenAll(answers)).ShouldAllBe(answer => answer == HttpStatusCode.Unauthorized);
        (await StatusAsync(client, person.Name, IdentitySystem.Password)).ShouldBe(HttpStatusCode.Unauthorized);

        async Task<int> WaitingAsync() => int.Parse(
            (await fixture.System.QueryAsync(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%UPDATE account%'
                """))[0],
            System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task The_right_password_forgives_the_wrong_ones_before()
    {
        var person = await JoinAsync();
        using var client = fixture.Replica.Client();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < Account.MostFailures - 1; i++)
                (await StatusAsync(client, person.Name, "not the password")).ShouldBe(HttpStatusCode.Unauthorized);
            (await StatusAsync(client, person.Name, IdentitySystem.Password)).ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("+86 13{0}", "13{0}")]
    [InlineData("0086-13{0}", "(13{0})")]
    [InlineData("13{0}", "13{0}")]
    [InlineData("Teacher-A{0}", "teacher-a{0} ")]
    [InlineData("STAFF{0}", "staff{0}")]
    public async Task A_user_name_is_the_same_in_every_way_of_writing_it(string chosen, string typed)
    {
        var number = Random.Shared.Next(100_000_000, 999_999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        chosen = chosen.Replace("{0}", number, StringComparison.Ordinal);
        typed = typed.Replace("{0}", number, StringComparison.Ordinal);
        var invited = await fixture.Admin.InviteAsync(new Invite(Contracts.Role.DistrictAdmin));
        using var client = fixture.Replica.Client();
        using var accepted = await client.PostAsync(
            "/api/identity/invitations/accept", new AcceptInvitation(invited.Code, chosen, IdentitySystem.Password));
        accepted.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await StatusAsync(client, typed, IdentitySystem.Password)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task The_audit_tells_who_signed_in_and_who_failed_by_ids_only()
    {
        var person = await JoinAsync();
        await RefusalAsync(person.Name, "not the password");
        var id = (await person.MeAsync()).Id;
        var rows = await fixture.System.QueryAsync(
            $"SELECT action || ' ' || row_to_json(a)::text FROM platform.audit a WHERE actor = 'account:{id:N}' ORDER BY at");
        rows.Count.ShouldBe(2);
        rows[0].ShouldStartWith("SignIn ");
        rows[1].ShouldStartWith("SignInRefused ");
        rows.ShouldAllBe(row => row.Contains(fixture.District.ToString()) && !row.Contains(person.Name));
    }

    private async Task<Person> JoinAsync() => await fixture.JoinAsync(new Invite(Contracts.Role.DistrictAdmin));

    private async Task<ProblemBody> RefusalAsync(string userName, string password)
    {
        using var client = fixture.Replica.Client();
        using var answer = await client.PostAsync("/api/identity/sign-in", new SignIn(userName, password));
        return await answer.ReadAsync<ProblemBody>(HttpStatusCode.Unauthorized) with { CorrelationId = "" };
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string userName, string password)
    {
        using var answer = await client.PostAsync("/api/identity/sign-in", new SignIn(userName, password));
        return answer.StatusCode;
    }
}
