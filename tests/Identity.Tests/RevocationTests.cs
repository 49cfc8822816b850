using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Testing;

namespace HomeSchool.Identity.Tests;

/// <summary>What is taken back is gone within two seconds, not when the token ends.</summary>
public sealed class RevocationTests(IdentityFixture fixture)
{
    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_owner_sees_the_own_sessions_and_ends_one_elsewhere()
    {
        var phone = await JoinAsync();
        var desk = await fixture.SignInAsync(phone.Name);
        var sessions = await phone.Client.GetAsync<MySession[]>("/api/identity/me/sessions");
        sessions.Length.ShouldBe(2);
        var lost = sessions.Where(session => !session.IsThis).ShouldHaveSingleItem();

        (await DeleteAsync(phone, $"/api/identity/me/sessions/{lost.Id}")).ShouldBe(HttpStatusCode.NoContent);

        (await VoidAsync(desk)).ShouldBe("access.revoked");
        (await RefreshAsync(desk)).ShouldBe("identity.session-over");
        (await phone.MeAsync()).UserName.ShouldBe(phone.Name);
        (await phone.Client.GetAsync<MySession[]>("/api/identity/me/sessions")).ShouldHaveSingleItem().IsThis.ShouldBeTrue();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Nobody_ends_anothers_session_or_learns_that_there_is_one()
    {
        var (one, other) = (await JoinAsync(), await JoinAsync());
        var session = (await other.Client.GetAsync<MySession[]>("/api/identity/me/sessions")).Single();
        (await DeleteAsync(one, $"/api/identity/me/sessions/{session.Id}")).ShouldBe(HttpStatusCode.NotFound);
        (await DeleteAsync(one, $"/api/identity/me/sessions/{Guid.CreateVersion7()}")).ShouldBe(HttpStatusCode.NotFound);
        using var nobody = fixture.Replica.Client();
        using var answer = await nobody.GetAsync(new Uri("/api/identity/me/sessions", UriKind.Relative));
        (await answer.CodeAsync()).ShouldBe("access.sign-in-needed");
        (await other.MeAsync()).UserName.ShouldBe(other.Name);
    }

    [Fact]
    public async Task Signing_out_everywhere_else_keeps_this_session()
    {
        var here = await JoinAsync();
        var there = await fixture.SignInAsync(here.Name);
        (await DeleteAsync(here, "/api/identity/me/sessions")).ShouldBe(HttpStatusCode.NoContent);
        (await VoidAsync(there)).ShouldBe("access.revoked");
        (await here.MeAsync()).UserName.ShouldBe(here.Name);
    }

    [Fact]
    public async Task A_new_password_ends_every_other_session()
    {
        const string New = "four unrelated words and 42";
        var here = await JoinAsync();
        var there = await fixture.SignInAsync(here.Name);
        (await ChangeAsync(here, "not the password at all", New)).ShouldBe("identity.password-wrong");
        (await ChangeAsync(here, IdentitySystem.Password, "password123")).ShouldBe("request.invalid");
        (await ChangeAsync(here, IdentitySystem.Password, New)).ShouldBeNull();

        (await VoidAsync(there)).ShouldBe("access.revoked");
        (await here.MeAsync()).UserName.ShouldBe(here.Name);
        using var client = fixture.Replica.Client();
        using var old = await client.PostAsync("/api/identity/sign-in", new SignIn(here.Name, IdentitySystem.Password));
        (await old.CodeAsync()).ShouldBe("identity.sign-in-refused");
        using var now = await client.PostAsync("/api/identity/sign-in", new SignIn(here.Name, New));
        await now.ReadAsync<SignedIn>(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Guessing_the_current_password_locks_like_guessing_at_sign_in()
    {
        var person = await JoinAsync();
        for (var i = 0; i < Account.MostFailures; i++)
            (await ChangeAsync(person, "a wrong password " + i, "whatever it may be 9")).ShouldBe("identity.password-wrong");
        (await ChangeAsync(person, IdentitySystem.Password, "whatever it may be 9")).ShouldBe("identity.password-wrong");
    }

    [Theory]
    [InlineData("1234567890")]
    [InlineData("qwertyuiop")]
    [InlineData("password123")]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("woaini1314")]
    [InlineData("woaini5201314")]
    public async Task A_password_that_everybody_tries_is_refused(string password)
    {
        var person = await JoinAsync();
        using var answer = await person.Client.PostAsync(
            "/api/identity/me/password", new ChangePassword(IdentitySystem.Password, password));
        (await answer.Content.ReadAsStringAsync()).ShouldContain("identity.password-guessable");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_role_that_is_taken_back_is_gone_at_once_and_the_others_stay()
    {
        var roster = await fixture.RosterAsync();
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));
        var school = await fixture.JoinAsync(roster.A.Invite(Role.SchoolAdmin));
        var elsewhere = await fixture.JoinAsync(roster.B.Invite(Role.SchoolAdmin));
        var role = (await RolesAsync(school, roster.A.Teacher)).ShouldHaveSingleItem();

        (await RolesAsync(elsewhere, roster.A.Teacher)).ShouldBeEmpty();
        (await DeleteAsync(elsewhere, $"/api/identity/roles/{role.Id}")).ShouldBe(HttpStatusCode.NotFound);
        (await DeleteAsync(teacher, $"/api/identity/roles/{role.Id}")).ShouldBe(HttpStatusCode.NotFound);
        (await DeleteAsync(school, $"/api/identity/roles/{role.Id}")).ShouldBe(HttpStatusCode.NoContent);

        (await VoidAsync(teacher)).ShouldBe("access.revoked");
        var again = await fixture.SignInAsync(teacher.Name);
        (await again.MeAsync()).Roles.ShouldBeEmpty();
        (await RolesAsync(school, roster.A.Teacher)).ShouldHaveSingleItem().WithdrawnAt.ShouldNotBeNull();
        (await DeleteAsync(school, $"/api/identity/roles/{role.Id}")).ShouldBe(HttpStatusCode.NotFound);
        (await school.TryInviteAsync(roster.A.Invite(Role.HomeroomTeacher))).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Nobody_takes_the_own_role_back()
    {
        var admin = await JoinAsync(); // newest first: the own role is on the first page, however many roles other tests give
        var own = (await admin.Client.GetAsync<Roles>("/api/identity/roles?size=100")).Items
            .Single(role => role.Role == Role.DistrictAdmin && role.HoldsTo == null && role.AccountId == IdOf(admin));
        using var answer = await admin.Client.DeleteAsync(new Uri($"/api/identity/roles/{own.Id}", UriKind.Relative));
        (await answer.CodeAsync()).ShouldBe("identity.own-role");
    }

    /// <summary>Waits at most two seconds until the token is refused.</summary>
    /// <returns>The code it is refused with; empty when it is good.</returns>
    internal static Task<string> VoidAsync(Person person) => Eventually.GetAsync(
        async () =>
        {
            using var answer = await person.Client.GetAsync(new Uri("/api/identity/me", UriKind.Relative));
            return answer.IsSuccessStatusCode ? "" : await answer.CodeAsync();
        },
        code => code.Length > 0,
        seconds: 2);

    internal static async Task<IReadOnlyList<RoleState>> RolesAsync(Person by, Guid person) =>
        (await by.Client.GetAsync<Roles>($"/api/identity/roles?personId={person}")).Items;

    private static Guid IdOf(Person person) =>
        Guid.Parse(new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(person.Tokens.AccessToken).Subject);

    private static async Task<HttpStatusCode> DeleteAsync(Person by, string path)
    {
        using var answer = await by.Client.DeleteAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }

    private static async Task<string?> ChangeAsync(Person person, string current, string next)
    {
        using var answer = await person.Client.PostAsync("/api/identity/me/password", new ChangePassword(current, next));
        return answer.IsSuccessStatusCode ? null : await answer.CodeAsync();
    }

    private async Task<string> RefreshAsync(Person person)
    {
        using var client = fixture.Replica.Client();
        using var answer = await client.PostAsync("/api/identity/refresh", new Refresh(person.Tokens.RefreshToken));
        return await answer.CodeAsync();
    }

    private Task<Person> JoinAsync() => fixture.JoinAsync(new Invite(Role.DistrictAdmin));

    internal sealed record Roles(IReadOnlyList<RoleState> Items);
}
