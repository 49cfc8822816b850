using System.Net;
using System.Net.Http.Json;
using HomeSchool.Testing;

namespace HomeSchool.Gateway.Tests;

/// <summary>The token check.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_valid_token_reaches_the_service_again_and_again()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var token = gateway.Identity.Token();

        for (var i = 0; i < 3; i++)
        {
            var answer = await gateway.GetAsync("/api/visits/appointments", token);
            var received = await answer.Content.ReadFromJsonAsync<Received>();
            received!.Headers["Authorization"].ShouldBe("Bearer " + token);
        }
    }

    [Fact]
    public async Task Without_a_token_the_service_decides()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.GetAsync("/api/visits/appointments");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadFromJsonAsync<Received>())!.Path.ShouldBe("/api/visits/appointments");
    }

    [Fact]
    public async Task A_bad_token_is_refused_before_any_service_sees_it()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await using var stranger = await TestIdentity.StartAsync();
        var account = Guid.CreateVersion7();
        string[] bad =
        [
            "Bearer " + gateway.Identity.Token(account, TokenTime.Expired),
            "Bearer " + stranger.Token(account, TokenTime.Valid),
            "Bearer " + gateway.Identity.Token()[..^4] + "AAAA",
            "Bearer x",
            "Bearer",
            "Basic dXNlcjpwYXNzd29yZA==",
        ];

        foreach (var authorization in bad.Concat(bad))
        {
            var answer = await gateway.GetAsync("/api/visits/appointments", ("Authorization", authorization));
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, authorization);
            (await answer.ProblemAsync()).ShouldBe("access.sign-in-needed");
            answer.Header("WWW-Authenticate").ShouldBe("Bearer error=\"invalid_token\"");
        }

        gateway.Upstream.Paths.ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_machines_get_tokens_their_own_credentials_are_no_bad_token()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.SendAsync(
            HttpMethod.Post, "/api/identity/oauth/token", ("Authorization", "Basic dXNlcjpwYXNzd29yZA=="));

        // What stands for Identity here has no such page: the request got through to it.
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_token_is_not_called_bad_while_nobody_can_tell()
    {
        await using var gateway = await RunningGateway.StartAsync(("services:identity:http:0", "http://127.0.0.1:9"));

        var answer = await gateway.GetAsync("/api/visits/appointments", gateway.Identity.Token());

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.ProblemAsync()).ShouldBe("gateway.service-unavailable");
        answer.Header("Retry-After").ShouldNotBeNull();
    }
}
