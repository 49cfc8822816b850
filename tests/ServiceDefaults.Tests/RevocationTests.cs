using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>A service hears within two seconds what was taken back, and shows nothing sensitive when it cannot hear.</summary>
public sealed class RevocationTests(ProbeFixture probe) : IClassFixture<ProbeFixture>
{
    private static readonly Uri Facts = new("/api/probe/facts", UriKind.Relative);
    private static readonly Uri Secret = new("/api/probe/secret", UriKind.Relative);

    private readonly Guid account = Guid.CreateVersion7();

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_token_is_void_within_two_seconds_of_its_revocation()
    {
        using var client = probe.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", probe.Identity.Token(
            account, TokenTime.Valid, TestIdentity.DistrictAdmin(Guid.CreateVersion7())));
        (await CodeAsync(client, Facts)).ShouldBeNull();
        probe.Identity.Revoke(account);
        (await Eventually.GetAsync(() => CodeAsync(client, Facts), code => code is not null, seconds: 2)).ShouldBe("access.revoked");
        (await CodeAsync(probe.Client(TestIdentity.DistrictAdmin(Guid.CreateVersion7())), Facts)).ShouldBeNull(); // others go on
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task Without_the_list_sensitive_things_are_not_shown_and_others_are()
    {
        await using var silent = await TestIdentity.StartAsync(listsRevocations: false);
        await using var deaf = await ServiceProcess.StartAsync(typeof(ProbeDb).Assembly.Location, probe.SettingsWith(silent));
        deaf.Client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", silent.Token(TestIdentity.DistrictAdmin(Guid.CreateVersion7())));
        (await CodeAsync(deaf.Client, Facts)).ShouldBeNull();
        using var answer = await deaf.Client.GetAsync(Secret);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();

        var hearing = probe.Client(TestIdentity.DistrictAdmin(Guid.CreateVersion7()));
        (await Eventually.GetAsync(() => CodeAsync(hearing, Secret), code => code is null)).ShouldBeNull();
    }

    [Fact]
    public async Task A_list_is_stale_after_thirty_seconds_and_forgets_what_no_token_can_tell()
    {
        var clock = new AheadOfTime();
        var asked = new List<DateTimeOffset?>();
        var answers = new Queue<RevocationList>([
            new(clock.GetUtcNow(), [new(account, 3)], []),
            new(clock.GetUtcNow() + Revocations.Kept, [], []),
        ]);
        using var revocations = new Revocations(
            (since, _) =>
            {
                asked.Add(since);
                return answers.TryDequeue(out var list) ? Task.FromResult(list) : throw new HttpRequestException("away");
            },
            clock, NullLogger<Revocations>.Instance);
        revocations.IsStale.ShouldBeTrue();
        await revocations.StartAsync(CancellationToken.None);
        (await StaleAsync(false)).ShouldBeFalse();
        revocations.Cover(Token(2)).ShouldBeTrue();
        revocations.Cover(Token(3)).ShouldBeFalse();

        clock.Ahead = Revocations.Kept + TimeSpan.FromSeconds(1);
        (await StaleAsync(false)).ShouldBeFalse(); // read again
        revocations.Cover(Token(2)).ShouldBeFalse();
        clock.Ahead += Revocations.Stale + TimeSpan.FromSeconds(1);
        revocations.IsStale.ShouldBeTrue();
        asked[0].ShouldBeNull();
        asked[1].ShouldNotBeNull();
        await revocations.StopAsync(CancellationToken.None);

        Task<bool> StaleAsync(bool wanted) =>
            Eventually.GetAsync(() => Task.FromResult(revocations.IsStale), stale => stale == wanted, seconds: 5);
    }

    private Caller Token(int version) => new(account, "account", []) { PermissionVersion = version };

    private static async Task<string?> CodeAsync(HttpClient client, Uri path)
    {
        using var answer = await client.GetAsync(path);
        return answer.IsSuccessStatusCode ? null : (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code;
    }
}
