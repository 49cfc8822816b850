using System.Net;

namespace HomeSchool.Gateway.Tests;

/// <summary>How often a client may ask. Buckets here refill by one a minute, so a burst is all that a test can spend.</summary>
public sealed class RateLimitTests
{
    private const string Path = "/api/visits/appointments";

    [Theory]
    [InlineData("zh-CN", "请求过于频繁")]
    [InlineData("en", "Too many requests")]
    public async Task Who_asks_too_often_is_told_when_to_go_on_in_the_callers_language(string language, string text)
    {
        await using var gateway = await StartAsync(("AddressBurst", 1), ("AddressPerMinute", 20));
        await SpendAsync(1, () => gateway.GetAsync(Path));

        var answer = await gateway.GetAsync(Path, ("Accept-Language", language));

        answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Header("Retry-After").ShouldBe("3");
        (await answer.ProblemAsync()).ShouldBe("gateway.too-many-requests");
        (await answer.Content.ReadAsStringAsync()).ShouldContain(text);
        await Task.Delay(answer.Headers.RetryAfter!.Delta!.Value + TimeSpan.FromMilliseconds(200)); // what the answer said
        (await gateway.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_account_is_counted_by_itself_wherever_it_asks_from()
    {
        await using var gateway = await StartAsync(("AccountBurst", 3), ("AddressBurst", 50));
        var (account, other) = (gateway.Identity.Token(), gateway.Identity.Token());

        // The first request of a token is counted for the address, until its signature is checked.
        await SpendAsync(1 + 3, () => gateway.GetAsync(Path, account));

        (await gateway.GetAsync(Path, account)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await gateway.GetAsync(Path, other)).StatusCode.ShouldBe(HttpStatusCode.OK, "another account at the same address");
        (await gateway.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK, "the address itself");
    }

    [Fact]
    public async Task An_account_goes_on_when_its_address_has_spent_its_requests()
    {
        await using var gateway = await StartAsync(("AddressBurst", 3));
        var account = gateway.Identity.Token();
        (await gateway.GetAsync(Path, account)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await SpendAsync(2, () => gateway.GetAsync(Path));

        (await gateway.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await gateway.GetAsync(Path, account)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Made_up_tokens_do_not_buy_a_limit_of_their_own()
    {
        await using var gateway = await StartAsync(("AddressBurst", 3));
        for (var i = 0; i < 3; i++)
            (await gateway.GetAsync(Path, "made-up-" + i)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (await gateway.GetAsync(Path, "made-up-again")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("/api/identity/sign-in")]
    [InlineData("/api/identity/sign-in/code")]
    [InlineData("/api/identity/refresh")]
    [InlineData("/api/identity/oauth/token")]
    [InlineData("/api/identity/invitations/accept")]
    [InlineData("/api/identity/me/invitations")]
    [InlineData("/api/identity/first-admin")]
    [InlineData("/account/sign-in")]
    [InlineData("/account/code")]
    [InlineData("/account/roles")]
    public async Task Passwords_and_codes_can_be_tried_less_often_from_one_address(string path)
    {
        await using var gateway = await StartAsync(("SignInBurst", 2));
        for (var i = 0; i < 2; i++)
            (await gateway.SendAsync(HttpMethod.Post, path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        (await gateway.SendAsync(HttpMethod.Post, path)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await gateway.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK, "everything else");
    }

    [Fact]
    public async Task One_links_hammering_does_not_touch_another_link()
    {
        await using var gateway = await StartAsync(("LinkBurst", 2));
        await SpendAsync(2, () => gateway.GetAsync("/api/visits/answers/first/slots"));

        var refused = await gateway.SendAsync(HttpMethod.Post, "/api/visits/answers/first");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await gateway.GetAsync("/api/visits/answers/second")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_cannot_choose_its_address()
    {
        await using var gateway = await StartAsync(("AddressBurst", 2));
        await SpendAsync(1, () => gateway.GetAsync(Path, ("X-Forwarded-For", "203.0.113.1")));
        await SpendAsync(1, () => gateway.GetAsync(Path, ("X-Forwarded-For", "203.0.113.2")));

        (await gateway.GetAsync(Path, ("X-Forwarded-For", "203.0.113.3"))).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_every_client_has_its_own_limit_and_an_ipv6_subscriber_has_one()
    {
        await using var gateway = await StartAsync(("AddressBurst", 1), ("TrustedProxies:0", "127.0.0.1"));
        await SpendAsync(1, () => gateway.GetAsync(Path, ("X-Forwarded-For", "203.0.113.1")));
        await SpendAsync(1, () => gateway.GetAsync(Path, ("X-Forwarded-For", "203.0.113.2")));
        await SpendAsync(1, () => gateway.GetAsync(Path, ("X-Forwarded-For", "2001:db8:1:1::1")));

        (await AskAsAsync("203.0.113.1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await AskAsAsync("2001:db8:1:1:ffff::2")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await AskAsAsync("2001:db8:1:2::1")).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> AskAsAsync(string address) =>
            (await gateway.GetAsync(Path, ("X-Forwarded-For", address))).StatusCode;
    }

    [Fact]
    public async Task Probes_of_health_are_not_limited()
    {
        await using var gateway = await StartAsync(("AddressBurst", 1));
        await SpendAsync(5, () => gateway.GetAsync("/health"));
        await SpendAsync(5, () => gateway.GetAsync("/alive"));
    }

    private static async Task SpendAsync(int requests, Func<Task<HttpResponseMessage>> ask)
    {
        for (var i = 0; i < requests; i++)
            (await ask()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task<RunningGateway> StartAsync(params (string Name, object Value)[] settings) =>
        RunningGateway.StartAsync(
        [
            ("Gateway:AccountPerMinute", "1"), ("Gateway:AddressPerMinute", "1"),
            ("Gateway:SignInPerMinute", "1"), ("Gateway:LinkPerMinute", "1"),
            .. settings.Select(setting => ("Gateway:" + setting.Name, setting.Value.ToString()!)),
        ]);
}
