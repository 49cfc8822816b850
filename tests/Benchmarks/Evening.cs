using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>
/// A popular evening on the whole system, through the gateway. First 500 teachers save the record of a visit: in one moment, where
/// whoever is asked to come again does, and within five seconds. Then for a minute 100 appointments a second are asked for, open loop,
/// all for one evening of two hours: ten families in a row ask for one teacher, at times that overlap; families have children in two
/// classes, and some visits have a second visitor. Afterwards the appointments themselves are searched for anybody who is expected
/// twice at one time.
/// </summary>
internal static class Evening
{
    private const int Teachers = 500;
    private const int ClassSize = 30;
    private const int Rounds = 5;
    private const double PerSecond = 100;
    private const int Bookings = 6_000;
    private const int InARow = 10;

    private const string Deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";

    private const string TwiceAtOneTime =
        """
        WITH taken AS (
            SELECT v.id, person, tstzrange(v.starts_at, v.starts_at + make_interval(mins => v.minutes)) AS during
            FROM visit v CROSS JOIN LATERAL (
                SELECT v.teacher_id UNION
                SELECT unnest(v.joint_visitor_ids) UNION
                SELECT s.student_id FROM visit_student s WHERE s.visit_id = v.id UNION
                SELECT g.guardian_id FROM visit_student s JOIN guardianship g USING (student_id) WHERE s.visit_id = v.id) AS p (person)
            WHERE v.state = 'Scheduled')
        SELECT count(*) FROM taken a JOIN taken b USING (person) WHERE a.id < b.id AND a.during && b.during
        """;

    public static async Task RunAsync()
    {
        await using var school = await VisitingSchool.StartAsync(Teachers, ClassSize, classesOfFamily: 2);
        await using var database = NpgsqlDataSource.Create(school.System.Databases["Visits"]);
        var nth = 0;
        await SaveAsync(PerSecond); // warming up
        foreach (var (perSecond, how) in ((double, string)[])[(double.PositiveInfinity, "in one moment"), (PerSecond, "within five seconds")])
        {
            List<double> p50 = [], p99 = [];
            for (var round = 0; round < Rounds; round++)
            {
                var milliseconds = await SaveAsync(perSecond);
                p50.Add(Figures.Median(milliseconds));
                p99.Add(Figures.Percentile(milliseconds, 99));
            }

            Figures.Print("Evening", $"{Teachers} records saved {how}, p50", "ms", p50, "–");
            Figures.Print("Evening", $"{Teachers} records saved {how}, p99", "ms", p99, "< 200 ms");
        }

        var deadlocks = await ScalarAsync(database, Deadlocks);
        var random = new Random(1);
        var evening = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(5).AddHours(11), TimeSpan.Zero); // 19:00 there
        var requests = Enumerable.Range(0, Bookings).Select(i =>
        {
            var n = i / InARow % Teachers;
            var @class = school.Classes[n];
            return (Class: @class, Body: (object)new
            {
                studentIds = new[] { @class.Students[random.Next(ClassSize)] },
                mode = "inPerson",
                startsAt = evening.AddMinutes(random.Next(91)),
                jointVisitorIds = random.Next(4) == 0 ? new[] { school.Classes[(n + 1) % Teachers].Teacher } : [],
            });
        }).ToArray();
        var booked = await AnswersAsync(PerSecond, requests, request =>
            school.SendAsync(HttpMethod.Post, "/api/visits", request.Class.Token, null, request.Body));
        Console.WriteLine($"Evening bookings: {booked.Statuses}; expected twice at one time: {await ScalarAsync(database, TwiceAtOneTime)}");
        Figures.Print("Evening", "bookings at 100/s on one evening, p50", "ms", [Figures.Median(booked.Milliseconds)], "–");
        Figures.Print("Evening", "bookings at 100/s on one evening, p99", "ms", [Figures.Percentile(booked.Milliseconds, 99)], "< 200 ms");
        await Task.Delay(TimeSpan.FromSeconds(11)); // so long may a session of PostgreSQL keep its figures for itself
        Console.WriteLine($"Evening deadlocks: {await ScalarAsync(database, Deadlocks) - deadlocks}");

        async Task<List<double>> SaveAsync(double perSecond)
        {
            var visits = new ConcurrentBag<AppointedVisit>();
            await Parallel.ForEachAsync(school.Classes.Index(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (of, _) =>
                // Two classes have the same families: each teacher visits others of them.
                visits.Add(await school.AppointAsync(of.Item, nth + (of.Index % 2))));
            nth += 2;
            var (milliseconds, statuses) = await AnswersAsync(
                perSecond, visits.ToArray(), visit => UntilLetInAsync(() => school.CompleteAsync(visit)));
            return statuses == $"{Teachers} × 200" ? milliseconds : throw new InvalidOperationException(statuses);
        }
    }

    // As a client does: the gateway takes only so many at once, and asks the others to come again.
    private static async Task<HttpResponseMessage> UntilLetInAsync(Func<Task<HttpResponseMessage>> ask)
    {
        while (true)
        {
            var answer = await ask();
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                return answer;
            await Task.Delay(answer.Headers.RetryAfter!.Delta!.Value);
            answer.Dispose();
        }
    }

    private static async Task<(List<double> Milliseconds, string Statuses)> AnswersAsync<T>(
        double perSecond, T[] items, Func<T, Task<HttpResponseMessage>> ask)
    {
        var times = new double[items.Length];
        var statuses = new string[items.Length];
        await OpenLoop.RunAsync(perSecond, items.Length, async i =>
        {
            var begin = Stopwatch.GetTimestamp();
            using var answer = await ask(items[i]);
            times[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            statuses[i] = answer.IsSuccessStatusCode ? $"{(int)answer.StatusCode}"
                : $"{(int)answer.StatusCode} {(await answer.Content.ReadFromJsonAsync<Refused>())!.Code}";
        });
        return ([.. times], string.Join(", ", statuses.CountBy(status => status).OrderBy(status => status.Key, StringComparer.Ordinal)
            .Select(status => $"{status.Value} × {status.Key}")));
    }

    private static async Task<long> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private sealed record Refused(string Code);
}
