using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace HomeSchool.Insights.Tests;

/// <summary>A dashboard: reads the feed, and comes back with its last id when the connection breaks.</summary>
internal sealed class FeedReader(HttpClient client)
{
    private readonly List<(long Position, JsonElement Event)> received = [];

    /// <summary>What it received so far, by any connection.</summary>
    public IReadOnlyList<(long Position, JsonElement Event)> Received
    {
        get
        {
            lock (received)
                return [.. received];
        }
    }

    /// <summary>The id to come back with; <see langword="null"/> before the first connection.</summary>
    public string? LastEventId { get; set; }

    /// <summary>Whether the last connection has begun.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Reads until enough was received, the server ends, or it is cancelled.</summary>
    public async Task ReadAsync(CancellationToken stop, int enough = int.MaxValue)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/insights/feed");
        if (LastEventId is not null)
            request.Headers.Add("Last-Event-ID", LastEventId);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            answer.EnsureSuccessStatusCode();
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            var parser = SseParser.Create(await answer.Content.ReadAsStreamAsync(stop));
            IsConnected = true;
            await foreach (var item in parser.EnumerateAsync(stop))
            {
                LastEventId = item.EventId;
                lock (received)
                {
                    received.Add((
                        long.Parse(item.EventId!, CultureInfo.InvariantCulture), JsonDocument.Parse(item.Data).RootElement));
                    if (received.Count >= enough)
                        return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            // The connection broke, or the test breaks it.
        }
        finally
        {
            IsConnected = false;
        }
    }

    /// <summary>Reads and comes back again until it is cancelled, breaking off by itself now and then.</summary>
    public async Task ReadOnAsync(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var breakOff = CancellationTokenSource.CreateLinkedTokenSource(stop);
            breakOff.CancelAfter(random.Next(50, 700));
            await ReadAsync(breakOff.Token);
        }
    }
}
