using System.Globalization;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

namespace HomeSchool.Insights.Feed;

/// <summary>
/// The newest events of the feed, in memory, once for all readers: one query every 200 ms finds what is new and wakes them together.
/// A thousand readers cost one query, and each holds no more than its position.
/// </summary>
/// <remarks>Rejected: NOTIFY, since it takes an instance-wide lock at every commit, and a channel per reader, since a slow one would
/// hoard events.</remarks>
public sealed class FeedTail(NpgsqlDataSource database, TimeProvider clock, ILogger<FeedTail> logger)
    : Recurring(Pause, logger)
{
    /// <summary>How many events are held; who is further behind reads the table.</summary>
    private const int Length = 4_096;

    /// <summary>At most so long after an event's commit readers are woken.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private Moment moment = new(null, []);
    private long lastWoken = clock.GetTimestamp();

    /// <summary>The feed as it is now.</summary>
    internal Moment Now => Volatile.Read(ref moment);

    /// <summary>The feed's end, waited for if the service has only just started.</summary>
    internal async Task<Moment> ReadyAsync(CancellationToken cancel)
    {
        var now = Now;
        while (now.Head is null)
        {
            await now.Next.WaitAsync(cancel);
            now = Now;
        }

        return now;
    }

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        try
        {
            await ReadOnAsync(cancel);
        }
        finally
        {
            // Also while the database is away: readers must know that the connection lives.
            if (clock.GetElapsedTime(lastWoken) >= Heartbeat)
                Pass(Now.Head, Now.Events);
        }
    }

    private async Task ReadOnAsync(CancellationToken cancel)
    {
        if (Now.Head is null)
        {
            await using var command = database.CreateCommand("SELECT position FROM feed_head");
            Pass((long)(await command.ExecuteScalarAsync(cancel))!, []);
        }

        var fresh = new List<FeedFrame>();
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            await using var read = new NpgsqlBatch(connection)
            {
                BatchCommands = { new NpgsqlBatchCommand(CoverageSql.SeeAllDistricts), FeedFrame.After(Now.Head!.Value, Length) },
            };
            await using var reader = await read.ExecuteReaderAsync(cancel);
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                fresh.Add(FeedFrame.Read(reader));
        }

        if (fresh.Count > 0)
            Pass(fresh[^1].Position, [.. Now.Events.Concat(fresh).TakeLast(Length)]);
    }

    private void Pass(long? head, FeedFrame[] events)
    {
        var before = Now;
        lastWoken = clock.GetTimestamp();
        Volatile.Write(ref moment, new Moment(head, events));
        before.Wake();
    }

    /// <summary>The feed at one moment.</summary>
    /// <param name="head">The last position; <see langword="null"/> before it was read.</param>
    /// <param name="events">The newest events up to it, in order.</param>
    internal sealed class Moment(long? head, FeedFrame[] events)
    {
        private readonly TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long? Head { get; } = head;

        public FeedFrame[] Events { get; } = events;

        /// <summary>Completes when there is a newer moment, which is at least at every heartbeat.</summary>
        public Task Next => next.Task;

        public void Wake() => next.SetResult();

        /// <summary>The events after a position; <see langword="null"/> when some of them are not held any more.</summary>
        public ArraySegment<FeedFrame>? After(long position)
        {
            if (position >= Head)
                return ArraySegment<FeedFrame>.Empty;
            if (Events.Length == 0 || Events[0].Position > position + 1)
                return null;
            return new ArraySegment<FeedFrame>(Events)[(int)(position + 1 - Events[0].Position)..];
        }
    }
}

/// <summary>An event of the feed as it goes over the wire; the bytes are made once for all readers.</summary>
/// <param name="Position">Its place in the feed.</param>
/// <param name="DistrictId">The district whose readers see it.</param>
/// <param name="SchoolId">The school whose readers see it too.</param>
/// <param name="Bytes">As text/event-stream.</param>
internal sealed record FeedFrame(long Position, Guid DistrictId, Guid? SchoolId, byte[] Bytes)
{
    /// <summary>Reads on behind a position, as far as the connection's scope shows.</summary>
    public static NpgsqlBatchCommand After(long position, int limit) => CoverageSql.Command(
        "SELECT position, district_id, school_id, event FROM feed WHERE position > $1 ORDER BY position LIMIT $2", position, limit);

    public static FeedFrame Read(NpgsqlDataReader reader)
    {
        var position = reader.GetInt64(0);
        return new FeedFrame(
            position, reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetGuid(2),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {position}\ndata: {reader.GetString(3)}\n\n")));
    }
}
