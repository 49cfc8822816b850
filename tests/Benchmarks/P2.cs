using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P2: from the gateway's 2xx for a completed visit until the class's coverage and the family's invitation can be read through the
/// gateway, at 300 visits a second in an open loop; one in 30 is probed every 2 ms. Beside it the barest code that does as much:
/// insert, confirmed publish, consume, one UPDATE, probed by SQL, without HTTP, permissions, audit, outbox or inbox. A refused
/// command ends the run. Both sides have been at work before: processes that have just started take seconds to compile.
/// </summary>
internal static class P2
{
    private const int Rounds = 5;
    private const int VisitsPerRound = 3_000;
    private const int WarmingUp = 1_500;
    private const int ProbeEvery = 30;
    private const double PerSecond = 300;
    private const double PerSecondCold = 60; // until what is asked often is compiled
    private const int ClassSize = 60;

    private static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(2);

    public static async Task RunAsync()
    {
        await using var identity = await TestIdentity.StartAsync();
        await using var system = await WholeSystem.StartAsync(
            ("services__identity__http__0", identity.Address), // tokens of the benchmark's own
            ("Gateway__AccountPerMinute", "100000000"), ("Gateway__AccountBurst", "1000000"));
        await using var bare = await BareLoop.StartAsync(system.RabbitMq, system.Databases["Identity"]);
        var school = new BusySchool(system, identity);
        await school.PrepareAsync(WarmingUp + (Rounds * VisitsPerRound));
        await school.CompleteAsync(0, WarmingUp, PerSecondCold);
        await bare.RunAsync(WarmingUp);

        List<double> ours50 = [], ours99 = [], bare50 = [], bare99 = [];
        for (var round = 0; round < Rounds; round++)
        {
            var ours = await school.CompleteAsync(WarmingUp + (round * VisitsPerRound), VisitsPerRound, PerSecond);
            var limit = await bare.RunAsync(VisitsPerRound);
            ours50.Add(Figures.Median(ours));
            ours99.Add(Figures.Percentile(ours, 99));
            bare50.Add(Figures.Median(limit));
            bare99.Add(Figures.Percentile(limit, 99));
        }

        Figures.Print("P2", "visit completed → readable, 300/s, p50", "ms", ours50, bare50, "≤ 1.5 ×");
        Figures.Print("P2", "visit completed → readable, 300/s, p99", "ms", ours99, bare99, "≤ 2.5 ×, ≤ 100 ms");
    }

    /// <summary>A school with a class of one student for each probe, so that its coverage tells of that visit alone.</summary>
    private sealed class BusySchool(WholeSystem system, TestIdentity identity)
    {
        private readonly Guid district = Guid.CreateVersion7();
        private readonly Guid school = Guid.CreateVersion7();
        private readonly List<Pupil> pupils = [];
        private readonly Dictionary<Guid, string> tokens = [];
        private string admin = "";

        public async Task PrepareAsync(int visits)
        {
            admin = identity.Token(TestIdentity.DistrictAdmin(district));
            await PublishRosterAsync(visits);
            await PutPolicyAsync();
            var n = 0;
            // Class by class, one teacher's visits would wait for one another.
            await Parallel.ForEachAsync(pupils.OrderBy(pupil => pupil.Slot), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (pupil, _) =>
            {
                await ScheduleAndStartAsync(pupil);
                if (Interlocked.Increment(ref n) % 5_000 == 0)
                    Console.WriteLine($"P2   {n} visits are under way");
            });
        }

        /// <summary>Completes visits at the rate, and probes some.</summary>
        /// <returns>Milliseconds from the answer until both are readable, of the probed.</returns>
        public async Task<IReadOnlyCollection<double>> CompleteAsync(int first, int count, double perSecond)
        {
            var seen = new ConcurrentBag<double>();
            await OpenLoop.RunAsync(perSecond, count, async i =>
            {
                var pupil = pupils[first + i];
                using var answer = await SendAsync(HttpMethod.Post, $"/api/visits/{pupil.Visit}/complete", tokens[pupil.Class], pupil.ETag,
                    new { summary = "看了孩子的书桌，聊了作息。", agreed = "每晚共读二十分钟。", guardianFeedback = "satisfied" });
                answer.EnsureSuccessStatusCode();
                if (!pupil.IsProbe)
                    return;
                var begin = Stopwatch.GetTimestamp();
                await Task.WhenAll(
                    UntilAsync($"/api/insights/coverage?node=class&id={pupil.Class}", tokens[pupil.Class], "\"visited\":{\"any\":{\"students\":1"),
                    UntilAsync($"/api/surveys/invitations?visitId={pupil.Visit}", tokens[pupil.Class], "\"url\""));
                seen.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            });
            return seen;
        }

        private async Task PublishRosterAsync(int visits)
        {
            var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
            var now = TimeProvider.System.GetUtcNow();
            var classes = new List<RosterClass>();
            var posts = new List<RosterPost>();
            var enrolments = new List<RosterEnrolment>();
            var sizes = new Dictionary<Guid, int>();
            var (big, teacher) = (Guid.Empty, Guid.Empty);
            for (var i = 0; i < visits; i++)
            {
                var isProbe = i % ProbeEvery == 0;
                if (isProbe || i % ClassSize == 1)
                    (big, teacher) = AddClass(isProbe, big, teacher);
                var (@class, staff) = isProbe ? (classes[^1].ClassId, posts[^1].StaffId) : (big, teacher);
                var student = Guid.CreateVersion7();
                enrolments.Add(new RosterEnrolment(Guid.CreateVersion7(), student, @class, "07", today.AddDays(-60), null));
                pupils.Add(new Pupil(student, @class, isProbe) { Slot = sizes.GetValueOrDefault(@class) });
                sizes[@class] = pupils[^1].Slot + 1;
            }

            await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
            await broker.PublishAsync(new SchoolChanged(district, school, 1, now, "基准中学", null));
            await broker.PublishAsync(new TermChanged(district, Guid.CreateVersion7(), 1, now, "学期", today.AddDays(-60), today.AddDays(80), 20, null));
            await broker.PublishAsync(new RosterChanged(district, school, 1, now, classes, [], posts));
            foreach (var chunk in enrolments.Chunk(RosterChanged.MostRows))
                await broker.PublishAsync(new RosterChanged(district, school, 1, now, [], chunk, []));
            await UntilAsync($"/api/insights/coverage?node=school&id={school}", admin, $"\"onRoll\":{visits}");
            // Visits has its roster by a queue of its own: wait for its last pupil.
            await UntilAsync("/api/visits", tokens[pupils[^1].Class], "{");

            (Guid, Guid) AddClass(bool isProbe, Guid oldBig, Guid oldTeacher)
            {
                var (@class, staff) = (Guid.CreateVersion7(), Guid.CreateVersion7());
                classes.Add(new RosterClass(@class, "班", "07", null));
                posts.Add(new RosterPost(Guid.CreateVersion7(), staff, @class, StaffRole.HomeroomTeacher, null, today.AddDays(-60), null));
                tokens[@class] = identity.Token(new Grant(Role.HomeroomTeacher, staff, district, school, @class, null));
                return isProbe ? (oldBig, oldTeacher) : (@class, staff);
            }
        }

        // Visits of many families one after another on one day: the benchmark's visits may begin long before their hour.
        private async Task PutPolicyAsync()
        {
            using var answer = await SendAsync(HttpMethod.Put, $"/api/visits/policies/{district}", admin, "\"0\"", new { startEarlyMinutes = 1440 });
            answer.EnsureSuccessStatusCode();
        }

        private async Task ScheduleAndStartAsync(Pupil pupil)
        {
            var startsAt = TimeProvider.System.GetUtcNow().AddMinutes(10 + (20 * pupil.Slot));
            for (var attempt = 0; ; attempt++)
            {
                using var scheduled = await SendAsync(HttpMethod.Post, "/api/visits", tokens[pupil.Class], null,
                    new { studentIds = new[] { pupil.Student }, mode = "inPerson", startsAt, kind = "emergency", minutes = 15 });
                // The last of the roster may still be on its way to Visits.
                if (scheduled.StatusCode == System.Net.HttpStatusCode.NotFound && attempt < 200)
                {
                    await Task.Delay(50);
                    continue;
                }

                scheduled.EnsureSuccessStatusCode();
                pupil.Visit = (await scheduled.Content.ReadFromJsonAsync<Made>())!.Id;
                using var started = await SendAsync(
                    HttpMethod.Post, $"/api/visits/{pupil.Visit}/start", tokens[pupil.Class], scheduled.Headers.ETag!.Tag, null);
                started.EnsureSuccessStatusCode();
                pupil.ETag = started.Headers.ETag!.Tag;
                return;
            }
        }

        private async Task UntilAsync(string address, string token, string contains)
        {
            var limit = Stopwatch.StartNew();
            while (limit.Elapsed.TotalSeconds < 60)
            {
                using var answer = await SendAsync(HttpMethod.Get, address, token, null, null);
                if (answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync()).Contains(contains, StringComparison.Ordinal))
                    return;
                await Task.Delay(ProbePause);
            }

            throw new TimeoutException($"{address} never had {contains}.");
        }

        private Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string token, string? ifMatch, object? body)
        {
            var request = new HttpRequestMessage(method, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (ifMatch is not null)
                request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
            if (body is not null)
                request.Content = JsonContent.Create(body);
            return system.Gateway.SendAsync(request);
        }

        private sealed record Made(Guid Id);

        private sealed record Pupil(Guid Student, Guid Class, bool IsProbe)
        {
            public int Slot { get; init; }

            public Guid Visit { get; set; }

            public string ETag { get; set; } = "";
        }
    }

    /// <summary>Insert, confirmed publish, consume, one UPDATE.</summary>
    private sealed class BareLoop : IAsyncDisposable
    {
        private readonly NpgsqlDataSource database;
        private readonly IConnection connection;
        private readonly IChannel sending;
        private readonly IChannel receiving;

        private BareLoop(NpgsqlDataSource database, IConnection connection, IChannel sending, IChannel receiving) =>
            (this.database, this.connection, this.sending, this.receiving) = (database, connection, sending, receiving);

        public static async Task<BareLoop> StartAsync(string broker, string connectionString)
        {
            var pool = NpgsqlDataSource.Create(connectionString);
            await using (var make = pool.CreateCommand(
                "CREATE TABLE bare_visit (id uuid PRIMARY KEY, body text); CREATE TABLE bare_coverage (id uuid PRIMARY KEY, visited int NOT NULL)"))
                await make.ExecuteNonQueryAsync();
            var link = await new ConnectionFactory { Uri = new Uri(broker), ConsumerDispatchConcurrency = 8 }.CreateConnectionAsync();
            var send = await link.CreateChannelAsync(new CreateChannelOptions(
                publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
            var receive = await link.CreateChannelAsync();
            await receive.QueueDeclareAsync("bare-visits", durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" });
            var loop = new BareLoop(pool, link, send, receive);
            var consumer = new AsyncEventingBasicConsumer(receive);
            consumer.ReceivedAsync += async (_, delivery) =>
            {
                await loop.ExecuteAsync("UPDATE bare_coverage SET visited = visited + 1 WHERE id = $1", new Guid(delivery.Body.Span));
                await receive.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            };
            await receive.BasicConsumeAsync("bare-visits", autoAck: false, consumer);
            return loop;
        }

        public async Task<IReadOnlyCollection<double>> RunAsync(int count)
        {
            var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
            foreach (var id in ids)
                await ExecuteAsync("INSERT INTO bare_coverage VALUES ($1, 0)", id);
            var body = new string('x', 200);
            var seen = new ConcurrentBag<double>();
            await OpenLoop.RunAsync(PerSecond, count, async i =>
            {
                await using (var insert = database.CreateCommand("INSERT INTO bare_visit VALUES ($1, $2)"))
                {
                    insert.Parameters.AddWithValue(ids[i]);
                    insert.Parameters.AddWithValue(body);
                    await insert.ExecuteNonQueryAsync();
                }

                var begin = Stopwatch.GetTimestamp();
                await sending.BasicPublishAsync("", "bare-visits", mandatory: false, new BasicProperties { Persistent = true }, ids[i].ToByteArray());
                if (i % ProbeEvery != 0)
                    return;
                while (!await IsVisitedAsync(ids[i]))
                    await Task.Delay(ProbePause);
                seen.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            });
            return seen;
        }

        public async ValueTask DisposeAsync()
        {
            await sending.DisposeAsync();
            await receiving.DisposeAsync();
            await connection.DisposeAsync();
            await database.DisposeAsync();
        }

        private async Task<bool> IsVisitedAsync(Guid id)
        {
            await using var command = database.CreateCommand("SELECT visited > 0 FROM bare_coverage WHERE id = $1");
            command.Parameters.AddWithValue(id);
            return (bool)(await command.ExecuteScalarAsync())!;
        }

        private async Task ExecuteAsync(string sql, Guid id)
        {
            await using var command = database.CreateCommand(sql);
            command.Parameters.AddWithValue(id);
            await command.ExecuteNonQueryAsync();
        }
    }
}
