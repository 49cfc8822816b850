using System.Globalization;
using System.Text.Json;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>A reader of the event feed (INS-3): it remembers what it saw, may lose its connection, and comes back.</summary>
/// <param name="reader">Whose screen it is.</param>
internal sealed class Dashboard(Client reader) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<FeedEvent> seen = [];
    private CancellationTokenSource? connection;
    private Task reading = Task.CompletedTask;
    private string? lastId;
    private TaskCompletionSource change = NewChange();

    /// <summary>All that it saw, in the order in which it came.</summary>
    public IReadOnlyList<FeedEvent> Seen
    {
        get
        {
            lock (seen)
                return [.. seen];
        }
    }

    /// <summary>Connects: from now on, or behind the last event that it received.</summary>
    public async Task ConnectAsync(CancellationToken cancel)
    {
        connection = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var response = await reader.OpenStreamAsync("/api/insights/feed", lastId, cancel);
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        reading = ReadAsync(response, connected, connection.Token);
        // The feed says at once where it stands; before that, an event could be missed.
        await Task.WhenAny(connected.Task, reading).WaitAsync(Patience, cancel);
        if (!connected.Task.IsCompleted)
            await reading;
    }

    /// <summary>Loses the connection.</summary>
    public async Task DisconnectAsync()
    {
        await connection!.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        connection.Dispose();
        connection = null;
    }

    /// <summary>Waits until it has seen something.</summary>
    /// <exception cref="StoryFailedException">It has not come within 30 s, or the connection broke.</exception>
    public async Task<FeedEvent> SeesAsync(string what, Func<FeedEvent, bool> isIt, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        while (true)
        {
            var changed = Volatile.Read(ref change).Task;
            if (Seen.FirstOrDefault(isIt) is { } found)
                return found;
            var ended = await Task.WhenAny(changed, reading, Task.Delay(Timeout.Infinite, patience.Token));
            if (ended == reading)
                await reading;
            if (ended != changed)
            {
                cancel.ThrowIfCancellationRequested();
                var shown = string.Join(", ", Seen.Select(e => $"{e.Position} {e.Type}"));
                throw new StoryFailedException($"The feed did not show {what}. It showed: {shown}.");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await DisconnectAsync();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync(HttpResponseMessage response, TaskCompletionSource connected, CancellationToken cancel)
    {
        using (response)
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
            string? id = null;
            string? data = null;
            while (await lines.ReadLineAsync(cancel) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                    id = line[4..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                    data = line[6..];
                if (line.Length > 0)
                    continue;

                // Only now is the event complete: a connection that breaks in the middle of one gets it again.
                lastId = id ?? lastId;
                if (data is not null)
                    Show(id!, JsonSerializer.Deserialize<CloudEvent>(data, Client.Json)!);
                data = null;
                connected.TrySetResult();
            }
        }

        throw new StoryFailedException("The feed ended by itself.");
    }

    private void Show(string id, CloudEvent happened)
    {
        var position = long.Parse(id, CultureInfo.InvariantCulture);
        lock (seen)
            seen.Add(new FeedEvent(position, happened.Type, happened.Subject, happened.SchoolId, happened.Data));
        Interlocked.Exchange(ref change, NewChange()).SetResult();
    }

    private sealed record CloudEvent(string Type, Guid Subject, Guid? SchoolId, JsonElement Data);
}

/// <summary>An event as the feed shows it.</summary>
/// <param name="Position">Its place in the feed.</param>
/// <param name="Type">What happened, e.g. <c>homeschool.visits.visit-scheduled</c>.</param>
/// <param name="Subject">What it happened to.</param>
/// <param name="SchoolId">The school that it concerns.</param>
/// <param name="Data">Its facts.</param>
internal sealed record FeedEvent(long Position, string Type, Guid Subject, Guid? SchoolId, JsonElement Data);
