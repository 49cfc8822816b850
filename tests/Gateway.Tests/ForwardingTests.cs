using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using HomeSchool.Testing;

namespace HomeSchool.Gateway.Tests;

/// <summary>What clients get when services are down, slow or full, and how the feed passes.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task Method_path_and_query_arrive_as_they_were_sent()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Patch, "/api/archives/students/%E5%BC%A0?name=%E5%B0%8F+%26x");

        var received = await answer.Content.ReadFromJsonAsync<Received>();
        received.ShouldNotBeNull();
        (received.Method, received.Path, received.Query).ShouldBe(("PATCH", "/api/archives/students/张", "?name=%E5%B0%8F+%26x"));
    }

    [Fact]
    public async Task OneRoster_is_where_its_standard_says()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Get, "/ims/oneroster/rostering/v1p2/schools/S1/classes?limit=1");

        var received = await answer.Content.ReadFromJsonAsync<Received>();
        received.ShouldNotBeNull();
        (received.Path, received.Query).ShouldBe(("/ims/oneroster/rostering/v1p2/schools/S1/classes", "?limit=1"));
    }

    [Theory]
    [InlineData("/api/visitsx/appointments")]
    [InlineData("/api/platform/outbox")]
    [InlineData("/.well-known/jwks.json")]
    [InlineData("/openapi/nothing.json")]
    [InlineData("/api/visits/../../metrics")]
    public async Task What_is_not_listed_is_not_found(string path)
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.GetAsync(path);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.ProblemAsync()).ShouldBe("request.not-found");
        gateway.Upstream.Paths.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("zh", "服务暂时不可用")]
    [InlineData("en", "not available")]
    public async Task A_service_that_is_down_is_said_to_be_in_the_callers_language(string language, string text)
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.GetAsync($"/api/{RunningGateway.Down}/all", ("Accept-Language", language));

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Header("Retry-After").ShouldNotBeNull();
        (await answer.ProblemAsync()).ShouldBe("gateway.service-unavailable");
        (await answer.Content.ReadAsStringAsync()).ShouldContain(text);
        gateway.Logged.ShouldHaveSingleItem().ShouldContain(RunningGateway.Down);
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_answer_is_a_service_that_is_down()
    {
        await using var gateway = await RunningGateway.StartAsync();

        var answer = await gateway.GetAsync("/api/visits/reset");

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.ProblemAsync()).ShouldBe("gateway.service-unavailable");
    }

    [Fact]
    public async Task Half_an_answer_does_not_look_like_a_whole_one()
    {
        await using var gateway = await RunningGateway.StartAsync();

        using var answer = await gateway.Client.GetAsync(
            "/api/visits/cut", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK); // before its end the client cannot know better
        gateway.Upstream.Release.Release();
        await Should.ThrowAsync<HttpRequestException>(answer.Content.ReadAsStringAsync());

        var logged = await Eventually.GetAsync(() => Task.FromResult(gateway.Logged), lines => lines.Count > 0, seconds: 5);
        logged.ShouldHaveSingleItem().ShouldContain("visits");
    }

    [Fact]
    public async Task A_service_that_stays_silent_is_given_up()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:PatienceSeconds", "1"));

        var answer = await gateway.GetAsync("/api/visits/silent");

        answer.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await answer.ProblemAsync()).ShouldBe("gateway.timeout");
    }

    [Fact]
    public async Task A_broken_body_is_the_clients_mistake()
    {
        await using var gateway = await RunningGateway.StartAsync();
        using var connection = new TcpClient();
        await connection.ConnectAsync(gateway.Client.BaseAddress!.Host, gateway.Client.BaseAddress.Port);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /api/visits/appointments HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));

        using var reader = new StreamReader(stream);
        (await reader.ReadLineAsync()).ShouldBe("HTTP/1.1 400 Bad Request");
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_no_trace_in_the_log()
    {
        await using var gateway = await RunningGateway.StartAsync();
        using var stop = new CancellationTokenSource();
        var asking = gateway.Client.GetAsync(new Uri("/api/visits/held", UriKind.Relative), stop.Token);
        await gateway.Upstream.Held.WaitAsync();

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);

        (await gateway.GetAsync("/api/visits/appointments")).StatusCode.ShouldBe(HttpStatusCode.OK);
        gateway.Logged.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Goal", "R12")]
    public async Task A_full_service_refuses_at_once_and_takes_no_other_service_along()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:InFlight", "2"), ("Gateway:Waiting", "0"));
        var held = Enumerable.Range(0, 2).Select(_ => gateway.GetAsync("/api/visits/held")).ToArray();
        await gateway.Upstream.Held.WaitAsync();
        await gateway.Upstream.Held.WaitAsync();

        var refused = await gateway.GetAsync("/api/visits/appointments");
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Header("Retry-After").ShouldNotBeNull();
        (await refused.ProblemAsync()).ShouldBe("gateway.overloaded");
        (await gateway.GetAsync("/api/archives/students")).StatusCode.ShouldBe(HttpStatusCode.OK);

        gateway.Upstream.Release.Release(2);
        foreach (var answer in await Task.WhenAll(held))
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var after = await Eventually.GetAsync(
            () => gateway.GetAsync("/api/visits/appointments"), answer => answer.IsSuccessStatusCode, seconds: 5);
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Goal", "R12")]
    public async Task A_burst_waits_for_its_turn_and_what_is_more_is_refused()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:InFlight", "1"), ("Gateway:Waiting", "2"));
        var burst = new List<Task<HttpResponseMessage>> { gateway.GetAsync("/api/visits/held") };
        await gateway.Upstream.Held.WaitAsync();
        // Of three more, one is too many, whichever comes last.
        burst.AddRange(Enumerable.Range(0, 3).Select(_ => gateway.GetAsync("/api/visits/held")));

        var refused = await Task.WhenAny(burst);
        (await refused).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await refused).Header("Retry-After").ShouldNotBeNull();
        (await (await refused).ProblemAsync()).ShouldBe("gateway.overloaded");
        gateway.Upstream.Paths.Count.ShouldBe(1);

        gateway.Upstream.Release.Release(3);
        burst.Remove(refused);
        (await Task.WhenAll(burst)).ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_waits_and_goes_away_leaves_the_place_to_others()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:InFlight", "1"), ("Gateway:Waiting", "1"));
        var held = gateway.GetAsync("/api/visits/held");
        await gateway.Upstream.Held.WaitAsync();
        // Of two, one waits and the other is refused; the one that waits gives up.
        var two = Enumerable.Range(0, 2).Select(_ =>
        {
            var stop = new CancellationTokenSource();
            var address = new Uri("/api/visits/appointments", UriKind.Relative);
            return (Stop: stop, Answer: gateway.Client.GetAsync(address, stop.Token));
        }).ToArray();
        var refused = await Task.WhenAny(two.Select(asking => asking.Answer));
        (await refused).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var waiting = two.Single(asking => asking.Answer != refused);
        await waiting.Stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting.Answer);

        // The gateway learns of it a moment later; then the next one waits, instead of being refused.
        var next = (await Eventually.GetAsync(
            async () =>
            {
                var asking = gateway.GetAsync("/api/visits/appointments");
                return await Task.WhenAny(asking, Task.Delay(200)) == asking ? null : asking;
            },
            asking => asking is not null,
            seconds: 5))!;
        gateway.Upstream.Release.Release();
        (await held).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await next).StatusCode.ShouldBe(HttpStatusCode.OK);
        gateway.Logged.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_waits_long_for_a_service_that_hangs()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:InFlight", "1"));
        var held = gateway.GetAsync("/api/visits/held");
        await gateway.Upstream.Held.WaitAsync();

        var refused = await gateway.GetAsync("/api/visits/appointments");
        (await refused.ProblemAsync()).ShouldBe("gateway.overloaded");

        gateway.Upstream.Release.Release();
        (await held).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [Trait("Rule", "SUR-6")]
    [Trait("Rule", "ALL-3")]
    [InlineData("zh-CN", "已填写的内容不会丢失")]
    [InlineData("en", "with all that you filled in")]
    public async Task Whom_a_full_service_has_no_place_for_reads_a_page_in_a_browser(string language, string text)
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:InFlight", "1"), ("Gateway:Waiting", "0"));
        var held = gateway.GetAsync("/api/visits/held");
        await gateway.Upstream.Held.WaitAsync();

        var refused = await gateway.GetAsync("/api/visits/answers/link", ("Accept", "text/html"), ("Accept-Language", language));
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Header("Retry-After").ShouldNotBeNull();
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        (await refused.Content.ReadAsStringAsync()).ShouldContain(text);

        gateway.Upstream.Release.Release();
        (await held).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_service_that_fails_leaves_room_for_the_next_request()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:InFlight", "1"), ("Gateway:Waiting", "0"));

        for (var i = 0; i < 3; i++)
        {
            var answer = await gateway.GetAsync($"/api/{RunningGateway.Down}/all");
            (await answer.ProblemAsync()).ShouldBe("gateway.service-unavailable");
        }
    }

    [Fact]
    public async Task The_feed_passes_event_by_event_and_ends_with_its_reader()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:PatienceSeconds", "1"));
        using (var answer = await gateway.Client.GetAsync(
            new Uri("/api/insights/feed", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead))
        {
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            (await reader.ReadLineAsync()).ShouldBe(": open");
            foreach (var item in new[] { "first", "second" })
            {
                await reader.ReadLineAsync();
                await Task.Delay(TimeSpan.FromSeconds(1.5)); // silence, for longer than a request may be silent
                gateway.Upstream.Events.Writer.TryWrite(item).ShouldBeTrue();
                (await reader.ReadLineAsync()).ShouldBe("data: " + item);
            }
        }

        await gateway.Upstream.FeedClosed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Feeds_have_room_of_their_own()
    {
        await using var gateway = await RunningGateway.StartAsync(("Gateway:Feeds", "1"), ("Gateway:InFlight", "1"));
        using var open = await gateway.Client.GetAsync(
            new Uri("/api/insights/feed", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

        (await gateway.GetAsync("/api/insights/feed")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await gateway.GetAsync("/api/insights/coverage")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
