using System.Net;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.Tests;

public sealed class SessionTests(IdentityFixture fixture)
{
    [Fact]
    public async Task A_refresh_gives_the_next_pair_of_tokens()
    {
        var person = await JoinAsync();
        using var client = fixture.Replica.Client();
        var next = await RefreshedAsync(client, person.Tokens.RefreshToken);
        (next.RefreshToken == person.Tokens.RefreshToken).ShouldBeFalse();
        var (before, after) = (Read(person.Tokens), Read(next));
        after.Subject.ShouldBe(before.Subject);
        after.GetClaim("sid").Value.ShouldBe(before.GetClaim("sid").Value);
        using var signedIn = fixture.Replica.Client(next.AccessToken);
        (await signedIn.GetAsync<Me>("/api/identity/me")).UserName.ShouldBe(person.Name);
        await RefreshedAsync(client, next.RefreshToken);
    }

    [Fact]
    public async Task A_refresh_token_used_again_ends_the_session_for_both_who_have_it()
    {
        var replica = fixture.System.Start();
        var person = await Person.SignInAsync(replica, (await JoinAsync()).Name);
        using var client = replica.Client();
        var next = await RefreshedAsync(client, person.Tokens.RefreshToken);
        replica.Clock.Advance(Session.Grace + TimeSpan.FromSeconds(1));

        (await RefusedAsync(client, person.Tokens.RefreshToken)).ShouldBe("identity.session-over");
        (await RefusedAsync(client, next.RefreshToken)).ShouldBe("identity.session-over");
        var session = Read(person.Tokens).GetClaim("sid").Value;
        (await fixture.System.QueryAsync($"SELECT action FROM platform.audit WHERE subject_id = '{session}' ORDER BY at"))
            .ShouldBe(["SignIn", "RefreshTokenReused"]);
    }

    [Fact]
    public async Task A_token_of_two_refreshes_ago_is_never_within_the_grace()
    {
        var person = await JoinAsync();
        using var client = fixture.Replica.Client();
        var second = await RefreshedAsync(client, person.Tokens.RefreshToken);
        var third = await RefreshedAsync(client, second.RefreshToken);
        (await RefusedAsync(client, person.Tokens.RefreshToken)).ShouldBe("identity.session-over");
        (await RefusedAsync(client, third.RefreshToken)).ShouldBe("identity.session-over");
    }

    [Fact]
    public async Task Of_refreshes_at_the_same_time_one_wins_and_the_session_goes_on()
    {
        var person = await JoinAsync();
        using var client = fixture.Replica.Client();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(
            _ => client.PostAsync("/api/identity/refresh", new Refresh(person.Tokens.RefreshToken))));
        var won = answers.Where(answer => answer.IsSuccessStatusCode).ShouldHaveSingleItem();
        foreach (var lost in answers.Except([won]))
        {
            lost.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await lost.CodeAsync()).ShouldBe("identity.token-superseded");
        }

        var next = await won.ReadAsync<SignedIn>(HttpStatusCode.OK);
        await RefreshedAsync(client, next.RefreshToken);
    }

    [Fact]
    public async Task A_session_ends_thirty_days_after_the_last_refresh()
    {
        var replica = fixture.System.Start();
        var person = await Person.SignInAsync(replica, (await JoinAsync()).Name);
        using var client = replica.Client();
        replica.Clock.Advance(TimeSpan.FromDays(29));
        var next = await RefreshedAsync(client, person.Tokens.RefreshToken);
        replica.Clock.Advance(TimeSpan.FromDays(29));
        next = await RefreshedAsync(client, next.RefreshToken);
        replica.Clock.Advance(TimeSpan.FromDays(30));
        (await RefusedAsync(client, next.RefreshToken)).ShouldBe("identity.session-over");
    }

    [Fact]
    public async Task No_session_lasts_longer_than_ninety_days()
    {
        var replica = fixture.System.Start();
        var person = await Person.SignInAsync(replica, (await JoinAsync()).Name);
        using var client = replica.Client();
        var token = person.Tokens.RefreshToken;
        for (var week = 1; week <= 12; week++)
        {
            replica.Clock.Advance(TimeSpan.FromDays(7));
            token = (await RefreshedAsync(client, token)).RefreshToken;
        }

        replica.Clock.Advance(TimeSpan.FromDays(6));
        (await RefusedAsync(client, token)).ShouldBe("identity.session-over");
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_no_other()
    {
        var person = await JoinAsync();
        var elsewhere = await fixture.SignInAsync(person.Name);
        using var client = fixture.Replica.Client();
        foreach (var token in new[] { person.Tokens.RefreshToken, person.Tokens.RefreshToken, "no token at all" })
        {
            using var answer = await client.PostAsync("/api/identity/sign-out", new SignOut(token));
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        (await RefusedAsync(client, person.Tokens.RefreshToken)).ShouldBe("identity.session-over");
        await RefreshedAsync(client, elsewhere.Tokens.RefreshToken);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌令牌")]
    public async Task What_is_no_refresh_token_is_refused(string token)
    {
        using var client = fixture.Replica.Client();
        (await RefusedAsync(client, token)).ShouldBe("identity.session-over");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_refresh_brings_roles_given_since()
    {
        var person = await JoinAsync();
        var roster = await fixture.RosterAsync();
        var invited = await fixture.Admin.InviteAsync(roster.A.Invite(Role.Guardian));
        using (var accepted = await person.Client.PostAsync("/api/identity/me/invitations", new AcceptWithAccount(invited.Code)))
            accepted.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        using var client = fixture.Replica.Client();
        var next = Read(await RefreshedAsync(client, person.Tokens.RefreshToken));
        Read(person.Tokens).GetClaim("pv").Value.ShouldBe("1");
        next.GetClaim("pv").Value.ShouldBe("2");
        next.Claims.Where(claim => claim.Type == Caller.GrantClaim).Select(claim => Grant.Parse(claim.Value)).ShouldBe(
        [
            new Grant(Role.DistrictAdmin, null, fixture.District, null, null, null),
            new Grant(Role.Guardian, roster.A.Guardian, fixture.District, roster.A.Id, null, roster.A.Student),
        ]);
    }

    private Task<Person> JoinAsync() => fixture.JoinAsync(new Invite(Role.DistrictAdmin));

    private static JsonWebToken Read(SignedIn tokens) => new(tokens.AccessToken);

    private static async Task<SignedIn> RefreshedAsync(HttpClient client, string token)
    {
        using var answer = await client.PostAsync("/api/identity/refresh", new Refresh(token));
        return await answer.ReadAsync<SignedIn>(HttpStatusCode.OK);
    }

    private static async Task<string> RefusedAsync(HttpClient client, string token)
    {
        using var answer = await client.PostAsync("/api/identity/refresh", new Refresh(token));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        return await answer.CodeAsync();
    }
}
