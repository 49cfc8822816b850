using System.Net;
using System.Text.Json;
using HomeSchool.Testing;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.Gateway.Tests;

/// <summary>The API page, health, and what the gateway does not start with.</summary>
public sealed class HostingTests
{
    [Fact]
    public async Task One_page_lists_the_descriptions_of_all_services_and_brings_its_own_files()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var page = await gateway.GetAsync("/"); // leads to the page
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("<title>HomeSchool API</title>");
        html.ShouldNotContain("https://");
        page.Header("Content-Security-Policy")!.ShouldContain("script-src 'self';");

        var script = await (await gateway.GetAsync("/docs/index.js")).Content.ReadAsStringAsync();
        foreach (var service in new[] { "identity", "archives", "visits", "surveys", "insights", "activities", "messages" })
            script.ShouldContain($"/openapi/{service}.json");
        foreach (var file in new[] { "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css", "index.css" })
            (await gateway.GetAsync("/docs/" + file)).StatusCode.ShouldBe(HttpStatusCode.OK, file);
        (await gateway.GetAsync("/openapi/visits.json")).StatusCode.ShouldBe(HttpStatusCode.OK);
        gateway.Upstream.Paths.ShouldBe(["/openapi/visits.json"]);
    }

    [Fact]
    public async Task The_gateway_is_healthy_by_itself_and_says_which_service_is_not()
    {
        await using var gateway = await RunningGateway.StartAsync();

        (await gateway.GetAsync("/alive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var report = await gateway.GetAsync("/health/services");

        report.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var body = JsonDocument.Parse(await report.Content.ReadAsStringAsync());
        body.RootElement.EnumerateObject().Select(service => $"{service.Name} {service.Value.GetString()}").ShouldBe(
            [
                "identity notReady", "archives ready", "visits ready", "surveys unreachable", "insights ready", "activities ready",
                "messages ready",
            ]);
    }

    [Theory]
    [InlineData("urls", "http://0.0.0.0:8080", true)]
    [InlineData("urls", "http://*:8080", true)]
    [InlineData("urls", "http://[::]:8080", true)]
    [InlineData("urls", "http://gateway:8080", true)]
    [InlineData("urls", "https://*:8443;http://10.0.0.1:8080", true)]
    [InlineData("http_ports", "8080", true)]
    [InlineData("Kestrel:Endpoints:Public:Url", "http://*:8080", true)]
    [InlineData("urls", "http://127.0.0.1:8080;http://[::1]:8080;http://localhost:8080", false)]
    [InlineData("urls", "https://*:8443", false)]
    [InlineData("urls", "http://unix:/run/gateway.sock", false)]
    [InlineData("Kestrel:Endpoints:Public:Url", "https://*:8443", false)]
    [InlineData("https_ports", "8443", false)]
    public void Plain_http_is_for_loopback_unless_somebody_says_otherwise(string setting, string value, bool refused)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build();

        (PlainHttp.Refusal(configuration, new GatewaySettings()) is not null).ShouldBe(refused);
        PlainHttp.Refusal(configuration, new GatewaySettings { AllowPlainHttp = true }).ShouldBeNull();
    }

    [Fact]
    public async Task The_process_refuses_to_start_with_a_clear_message()
    {
        var refusal = await Should.ThrowAsync<InvalidOperationException>(ServiceProcess.RunAsync(
            typeof(GatewaySettings).Assembly.Location,
            "--urls=http://0.0.0.0:0",
            new Dictionary<string, string>(StringComparer.Ordinal)));

        refusal.Message.ShouldContain("Refusing to start: http://0.0.0.0:0");
        refusal.Message.ShouldContain("拒绝启动");
        refusal.Message.ShouldNotContain("   at "); // no stack
    }

    [Fact]
    public void A_limit_out_of_range_is_named()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Gateway:AccountBurst", "0")]).Build();

        Should.Throw<System.ComponentModel.DataAnnotations.ValidationException>(() => GatewaySettings.From(configuration))
            .Message.ShouldContain(nameof(GatewaySettings.AccountBurst));
    }
}
