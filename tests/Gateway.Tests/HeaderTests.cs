using System.Net.Http.Json;

namespace HomeSchool.Gateway.Tests;

/// <summary>Security headers, what a client may not say, and the correlation id.</summary>
public sealed class HeaderTests
{
    [Theory]
    [InlineData("/api/visits/appointments")]
    [InlineData("/api/visits/page")]
    [InlineData("/api/surveys/all")] // its service is down
    [InlineData("/nowhere")]
    [InlineData("/docs/index.html")]
    [InlineData("/")]
    [InlineData("/health")]
    public async Task Every_answer_carries_the_security_headers_once(string path)
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.GetAsync(path);

        answer.Header("X-Content-Type-Options").ShouldBe("nosniff");
        answer.Header("X-Frame-Options").ShouldBe("DENY");
        answer.Header("Referrer-Policy").ShouldBe("no-referrer");
        answer.Header("Permissions-Policy").ShouldNotBeNull();
        answer.Header("Content-Security-Policy")!.ShouldContain("frame-ancestors 'none'");
        answer.Headers.CacheControl.ShouldNotBeNull();
        answer.Header("X-Correlation-Id")!.Length.ShouldBe(32);
        answer.Header("Server").ShouldBeNull();
        answer.Header("Strict-Transport-Security").ShouldBeNull("plain HTTP cannot promise it");
        answer.Header("Access-Control-Allow-Origin").ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_is_not_to_be_stored_unless_its_service_says_so()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var plain = await gateway.GetAsync("/api/visits/appointments");
        plain.Headers.CacheControl!.NoStore.ShouldBeTrue();
        plain.Header("Content-Security-Policy").ShouldBe("default-src 'none'; frame-ancestors 'none'");

        var page = await gateway.GetAsync("/api/visits/page");
        page.Headers.CacheControl!.MaxAge.ShouldBe(TimeSpan.FromSeconds(60));
        page.Header("Content-Security-Policy").ShouldBe(Upstream.PagePolicy);
    }

    [Fact]
    public async Task What_only_proxies_may_say_does_not_get_through()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.GetAsync(
            "/api/visits/appointments",
            ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "for=203.0.113.7"), ("X-Real-IP", "203.0.113.7"),
            ("baggage", "role=admin"), ("Request-Id", "evil"), ("Keep-Alive", "timeout=5"), ("Proxy-Authorization", "evil"),
            ("Accept-Language", "en"));

        var headers = (await answer.Content.ReadFromJsonAsync<Received>())!.Headers;
        headers.Keys.Order(StringComparer.Ordinal).ShouldBe(["Accept-Language", "Host", "traceparent"]);
        headers["Host"].ShouldBe(new Uri(gateway.Upstream.Address).Authority);
        answer.Header("Strict-Transport-Security").ShouldBeNull();
    }

    [Fact]
    public async Task The_correlation_id_is_ours_and_the_same_at_the_service()
    {
        await using var gateway = await RunningGateway.StartAsync();
        const string Poison = "0af7651916cd43dd8448eb211c80319c";

        var answer = await gateway.GetAsync(
            "/api/visits/appointments",
            ("traceparent", $"00-{Poison}-b7ad6b7169203331-01"), ("tracestate", "evil=1"), ("X-Correlation-Id", Poison));

        var headers = (await answer.Content.ReadFromJsonAsync<Received>())!.Headers;
        headers["traceparent"].Split('-')[1].ShouldBe(answer.Header("X-Correlation-Id"));
        (answer.Header("X-Correlation-Id") == Poison).ShouldBeFalse();
        headers.ContainsKey("tracestate").ShouldBeFalse();
        headers.ContainsKey("X-Correlation-Id").ShouldBeFalse();
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_that_speaks_tls_browsers_are_told_to_stay_with_tls()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:TrustedProxies:0", "127.0.0.0/8"));

        var answer = await gateway.GetAsync(
            "/api/visits/appointments", ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"));

        answer.Header("Strict-Transport-Security").ShouldBe("max-age=31536000");
        (await answer.Content.ReadFromJsonAsync<Received>())!.Headers.ContainsKey("X-Forwarded-For").ShouldBeFalse();
    }
}
