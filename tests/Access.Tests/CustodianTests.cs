using HomeSchool.Archives.Tests;
using HomeSchool.Contracts;
using HomeSchool.Testing;

namespace HomeSchool.AccessTests;

/// <summary>A guardian of two children who is no longer to see one of them: by a later roster, or by a court's
/// document.</summary>
[Trait("Rule", "ALL-1")]
[Trait("Rule", "ARC-13")]
[Trait("Goal", "R6")]
public sealed class CustodianTests(Installation installation)
{
    [Fact]
    public async Task Whose_guardianship_has_ended_sees_nothing_of_that_child_any_more_and_of_the_other_as_before()
    {
        var district = new Node(PlaceKind.District, Guid.CreateVersion7(), null);
        var children = await installation.World.EnrolAsync(district, Roster("G1"));
        var (lost, kept) = (children["小P1"], children["小P2"]);
        var visitOfLost = await installation.World.ScheduleAsync(lost);
        var visitOfKept = await installation.World.ScheduleAsync(kept);
        var (_, userName) = await installation.World.JoinAsync(lost);
        var (_, code) = await installation.World.InviteAsync(kept);
        var (token, _) = await SignInAsync(userName);
        await installation.DoAsync("identity", Call.Post("/api/identity/me/invitations", new { code }), token);
        (token, var refresh) = await SignInAsync(userName);
        await ShouldAnswerAsync(200, lost, visitOfLost, token);
        await ShouldAnswerAsync(200, kept, visitOfKept, token);

        await installation.World.ConfirmAsync(district, await installation.World.ImportAsync(district, Roster("G2")));

        // What the token says no longer holds: it is void everywhere, for the other child, too.
        foreach (var (service, call) in ReadsOf(lost, visitOfLost).Concat(ReadsOf(kept, visitOfKept)))
        {
            var answer = await Eventually.GetAsync(() => installation.SendAsync(service, call, token), a => a.Status != 200);
            $"{answer.Status} {answer.Code}".ShouldBe("401 access.revoked", $"{call}");
        }

        var renewed = await installation.DoAsync(
            "identity", Call.Post("/api/identity/refresh", new { refreshToken = refresh }), null);
        foreach (var other in new[] { renewed.GetProperty("accessToken").GetString()!, (await SignInAsync(userName)).Token })
        {
            await ShouldAnswerAsync(404, lost, visitOfLost, other);
            await ShouldAnswerAsync(200, kept, visitOfKept, other);
            var visits = (await installation.SendAsync("visits", Call.Get("/api/visits"), other)).Body;
            visits.ShouldContain($"{visitOfKept}");
            visits.ShouldNotContain($"{visitOfLost}");
        }
    }

    [Fact]
    public async Task Whom_a_document_restricts_sees_nothing_of_that_child_any_more_and_everything_again_when_it_is_lifted()
    {
        var district = new Node(PlaceKind.District, Guid.CreateVersion7(), null);
        var children = await installation.World.EnrolAsync(district, Roster("G1"));
        var (hidden, shown) = (children["小P1"], children["小P2"]);
        var visitOfHidden = await installation.World.ScheduleAsync(hidden);
        var visitOfShown = await installation.World.ScheduleAsync(shown);
        var (_, userName) = await installation.World.JoinAsync(hidden);
        var (_, code) = await installation.World.InviteAsync(shown);
        var (token, _) = await SignInAsync(userName);
        await installation.DoAsync("identity", Call.Post("/api/identity/me/invitations", new { code }), token);
        (token, _) = await SignInAsync(userName);

        var vice = await installation.World.TokenAsync(Role.VicePrincipal, hidden.Up(PlaceKind.School));
        var archive = $"/api/archives/districts/{district.Id}";
        var document = new { kind = "protectionOrder", number = "1号", withheld = new[] { "see" }, startsOn = Today };
        var restriction = (await installation.DoAsync(
            "archives", Call.Post($"{archive}/students/{hidden.Id}/guardians/{hidden.Person}/restrictions", document), vice))
            .GetProperty("id").GetGuid();

        // At once in Archives, before anybody has heard of it; then the token is void everywhere.
        var (service, read) = ReadsOf(hidden, visitOfHidden)[0];
        (await installation.SendAsync(service, read, token)).Status.ShouldBeOneOf(404, 401);
        foreach (var (of, call) in ReadsOf(hidden, visitOfHidden))
        {
            var answer = await Eventually.GetAsync(() => installation.SendAsync(of, call, token), a => a.Status == 401);
            $"{answer.Status} {answer.Code}".ShouldBe("401 access.revoked", $"{call}");
        }

        (token, _) = await SignInAsync(userName);
        await ShouldAnswerAsync(404, hidden, visitOfHidden, token);
        await ShouldAnswerAsync(200, shown, visitOfShown, token);

        await installation.DoAsync("archives", Call.Post($"{archive}/guardian-restrictions/{restriction}/lift", new { }), vice);
        var back = await Eventually.GetAsync(
            async () => await installation.SendAsync(service, read, (await SignInAsync(userName)).Token), a => a.Status == 200);
        back.Status.ShouldBe(200);
        await ShouldAnswerAsync(200, hidden, visitOfHidden, (await SignInAsync(userName)).Token);
    }

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);

    // Siblings, the first of whom has this guardian.
    private static TestRoster Roster(string guardianOfFirst) => World.Roster()
        .Remove("users.csv", "P1", "P2")
        .Add(
            "users.csv",
            TestRoster.Student("P1", "S1", "03", guardianOfFirst), TestRoster.Student("P2", "S1", "03", "\"G1,G2\""));

    private static (string Service, Call Call)[] ReadsOf(Node child, Guid visit) =>
    [
        ("archives", Call.Get($"/api/archives/districts/{child.Up(PlaceKind.District).Id}/students/{child.Id}")),
        ("visits", Call.Get($"/api/visits/{visit}")),
        ("visits", Call.Get($"/api/visits/{visit}/invitation.ics")),
    ];

    private async Task ShouldAnswerAsync(int status, Node child, Guid visit, string token)
    {
        foreach (var (service, call) in ReadsOf(child, visit))
            (await installation.SendAsync(service, call, token)).Status.ShouldBe(status, $"{call}");
    }

    private async Task<(string Token, string Refresh)> SignInAsync(string userName)
    {
        var signedIn = await installation.DoAsync(
            "identity", Call.Post("/api/identity/sign-in", new { userName, password = Installation.Password }), null);
        return (signedIn.GetProperty("accessToken").GetString()!, signedIn.GetProperty("refreshToken").GetString()!);
    }
}
