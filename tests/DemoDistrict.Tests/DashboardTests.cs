using System.Globalization;
using HomeSchool.DemoDistrict.Story;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HomeSchool.DemoDistrict.Tests;

/// <summary>The reader of the event feed, with a feed that says word for word what it gets (INS-3).</summary>
public sealed class DashboardTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_shows_events_in_their_order_and_passes_over_what_carries_none()
    {
        var script = $"retry: 2000\nid: 4\n\n{Event(5)}: a comment\n\nid: 8\n\n{Event(9)}";
        await using var feed = await ScriptedFeed.StartAsync(script);
        await using var dashboard = feed.Reader();
        await dashboard.ConnectAsync(Cancel);
        await dashboard.SeesAsync("event 9", e => e.Position == 9, Cancel);
        dashboard.Seen.Select(e => e.Position).ShouldBe([5, 9]);
        dashboard.Seen[0].Type.ShouldBe("homeschool.visits.visit-scheduled");
        dashboard.Seen[0].Data.GetProperty("version").GetInt64().ShouldBe(5);
    }

    [Theory]
    [InlineData("id: 6\ndata: {", "5")]
    [InlineData("id: 6\n", "5")]
    [InlineData("id: 7\n\n", "7")]
    [InlineData("", "5")]
    public async Task It_comes_back_behind_the_last_event_that_was_complete(string tail, string expected)
    {
        await using var feed = await ScriptedFeed.StartAsync($"id: 4\n\n{Event(5)}{tail}", $"{Event(8)}");
        await using var dashboard = feed.Reader();
        await dashboard.ConnectAsync(Cancel);
        // All of it is read when the end has come, which by itself is a failure.
        (await Should.ThrowAsync<StoryFailedException>(() => dashboard.SeesAsync("more", _ => false, Cancel)))
            .Message.ShouldContain("ended");
        await dashboard.DisconnectAsync();

        await dashboard.ConnectAsync(Cancel);
        await dashboard.SeesAsync("event 8", e => e.Position == 8, Cancel);
        feed.Asked.ShouldBe([null, expected]);
        dashboard.Seen.Select(e => e.Position).ShouldBe([5, 8]);
    }

    [Fact]
    public async Task A_feed_that_refuses_fails_the_story()
    {
        await using var feed = await ScriptedFeed.StartAsync();
        await using var dashboard = feed.Reader();
        (await Should.ThrowAsync<StoryFailedException>(() => dashboard.ConnectAsync(Cancel))).Message.ShouldContain("410");
    }

    private static string Event(int position) => string.Create(CultureInfo.InvariantCulture, $$$"""
        id: {{{position}}}
        data: {"type":"homeschool.visits.visit-scheduled","subject":"{{{Guid.Empty}}}","data":{"version":{{{position}}}}}


        """);

    // Answers each connection with the next script, and then ends it.
    private sealed class ScriptedFeed : IAsyncDisposable
    {
        private readonly WebApplication server;

        private ScriptedFeed(WebApplication server) => this.server = server;

        public List<string?> Asked { get; } = [];

        public static async Task<ScriptedFeed> StartAsync(params string[] scripts)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var feed = new ScriptedFeed(builder.Build());
            feed.server.MapGet("/api/insights/feed", (HttpContext http) => feed.AnswerAsync(http, scripts));
            await feed.server.StartAsync(Cancel);
            return feed;
        }

        public Dashboard Reader() => new(Client.Anybody(new Uri(server.Urls.First()), TimeProvider.System));

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private async Task AnswerAsync(HttpContext http, string[] scripts)
        {
            Asked.Add(http.Request.Headers["Last-Event-ID"].FirstOrDefault());
            if (Asked.Count > scripts.Length)
            {
                http.Response.StatusCode = StatusCodes.Status410Gone;
                return;
            }

            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(scripts[Asked.Count - 1], http.RequestAborted);
        }
    }
}
