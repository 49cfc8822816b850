using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace HomeSchool.Insights.Feed;

/// <summary>
/// The event feed for dashboards (INS-3): CloudEvents over Server-Sent Events. A reader that comes back with the last id it received
/// misses nothing and gets nothing twice.
/// </summary>
internal static class ReadFeed
{
    private const int PageSize = 500;

    public static void MapReadFeed(this IEndpointRouteBuilder api) =>
        api.MapGet("/feed", HandleAsync)
            .WithName("ReadFeed")
            .WithSummary("Events as they happen: CloudEvents 1.0 (JSON) over Server-Sent Events.")
            .WithDescription(
                "Each event's id is its position. After a break, Last-Event-ID (or ?after=) continues behind that position; without it, "
                + "the feed begins now. Positions are kept for 7 days; an older one is answered with 410: read the current figures and "
                + "subscribe anew. The connection ends when the token expires or is revoked.")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .Query(Permission.FeedRead);

    private static async Task<Results<EmptyHttpResult, Problem>> HandleAsync(
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId, string? after, FeedTail tail, NpgsqlDataSource database,
        CurrentCaller current, Revocations revocations, TimeProvider clock, IHostApplicationLifetime lifetime, HttpContext http,
        CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        var now = await tail.ReadyAsync(ending.Token);
        var position = now.Head!.Value;
        if ((lastEventId ?? after) is { Length: > 0 } asked)
        {
            if (!long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out position))
                return InsightsFailures.PositionInvalid.Because();
            // A position that does not exist yet is one of another database, before a restore: what it means here is not known.
            if (position > now.Head && position > await HeadAsync(database, ending.Token) || await IsGoneAsync(position, now, database, ending.Token))
                return InsightsFailures.PositionGone.Because();
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        var reader = new Reader(http.Response.BodyWriter, current.Caller.ScopeOf(Permission.FeedRead), database, position);
        try
        {
            // Whoever may no longer read must not go on reading because the connection is still open.
            await reader.RunAsync(tail, () => HasExpired(http, clock) || revocations.Cover(current.Caller), ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader went, or the service stops: it comes back with its position.
        }

        return TypedResults.Empty;
    }

    private static bool HasExpired(HttpContext http, TimeProvider clock) =>
        long.TryParse(http.User.FindFirst("exp")?.Value, CultureInfo.InvariantCulture, out var expires)
        && clock.GetUtcNow().ToUnixTimeSeconds() >= expires;

    private static async Task<long> HeadAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("SELECT position FROM feed_head");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<bool> IsGoneAsync(
        long position, FeedTail.Moment now, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (now.After(position) is not null)
            return false;
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var oldest = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(CoverageSql.SeeAllDistricts),
                new NpgsqlBatchCommand("SELECT min(position) FROM feed"),
            },
        };
        await using var reader = await oldest.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        return await reader.IsDBNullAsync(0, cancel) || reader.GetInt64(0) > position + 1;
    }

    /// <summary>One connection: its position, and the scope of what it is shown.</summary>
    private sealed class Reader(PipeWriter body, TenantScope scope, NpgsqlDataSource database, long position)
    {
        private readonly HashSet<Guid> districts = [.. scope.Districts];
        private readonly HashSet<Guid> schools = [.. scope.Schools];
        private long position = position;

        public async Task RunAsync(FeedTail tail, Func<bool> hasEnded, CancellationToken cancel)
        {
            // An id without data: the position to come back with, although nothing was received yet.
            Write("retry: 2000\n");
            WritePosition();
            await body.FlushAsync(cancel);
            while (!hasEnded())
            {
                var now = tail.Now;
                if (now.After(position) is { } events)
                    Write(events, now.Head!.Value);
                else
                    await WritePastAsync(now.Head!.Value, cancel);
                if ((await body.FlushAsync(cancel)).IsCompleted)
                    return;
                if (position == now.Head)
                    await now.Next.WaitAsync(cancel);
            }
        }

        private void Write(ArraySegment<FeedFrame> events, long head)
        {
            var shown = 0L;
            foreach (var frame in events)
            {
                if (districts.Contains(frame.DistrictId) || frame.SchoolId is { } school && schools.Contains(school))
                {
                    body.Write(frame.Bytes);
                    shown = frame.Position;
                }
            }

            position = head;
            // A heartbeat, or events of others: the reader's position moves on all the same and does not grow too old.
            if (shown != head)
                WritePosition();
        }

        // Further behind than what is held in memory: page by page from the table, through the reader's own row-level security.
        private async Task WritePastAsync(long head, CancellationToken cancel)
        {
            await using var connection = await database.OpenConnectionAsync(cancel);
            await using var page = scope.Batch(connection);
            page.BatchCommands.Add(FeedFrame.After(position, PageSize));
            await using var reader = await page.ExecuteReaderAsync(cancel);
            await reader.NextResultAsync(cancel);
            var rows = 0;
            while (await reader.ReadAsync(cancel))
            {
                var frame = FeedFrame.Read(reader);
                if (frame.Position <= head)
                {
                    body.Write(frame.Bytes);
                    position = frame.Position;
                }

                rows++;
            }

            if (rows < PageSize)
                position = head;
        }

        private void WritePosition() => Write(string.Create(CultureInfo.InvariantCulture, $"id: {position}\n\n"));

        private void Write(string text) => Encoding.UTF8.GetBytes(text, body);
    }
}
