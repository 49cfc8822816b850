using System.Diagnostics;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P3: visits completed through the gateway by 64 connections that never rest, until coverage, invitations and timelines have all of
/// them and no outbox holds anything. Beside it <see cref="BareVisits"/>, which writes as many rows of the same mean size. A refused
/// command, a row too few or too many ends the run.
/// </summary>
internal static class P3
{
    private const int Rounds = 5;
    private const int VisitsPerRound = 3_000;
    private const int WarmingUp = 3_000;
    private const int ClassSize = 60;
    private const int Connections = 64;

    // What a completed visit leaves: one row of each, in the databases of Visits, Insights, Surveys and Archives.
    private static readonly (string Service, string Rows)[] Left =
    [
        ("Visits", "visit WHERE state = 'Completed'"), ("Visits", "visit_record"), ("Visits", "platform.audit WHERE action = 'CompleteVisit'"),
        ("Visits", "platform.event_log WHERE name = 'visits.visit-completed'"), ("Insights", "counted_visit WHERE visited"),
        ("Insights", "student_in_term WHERE visited > 0"), ("Surveys", "invitation"), ("Surveys", "platform.event_log"),
        ("Archives", "timeline_entry WHERE kind = 'VisitHeld'"),
    ];

    public static async Task RunAsync()
    {
        const int All = WarmingUp + (Rounds * VisitsPerRound);
        await using var school = await VisitingSchool.StartAsync(All / ClassSize, ClassSize);
        var databases = school.System.Databases.ToDictionary(
            database => database.Key, database => NpgsqlDataSource.Create(database.Value), StringComparer.Ordinal);
        var visits = new AppointedVisit[All];
        await ClosedLoop.RunAsync(All, 16, async i => visits[i] = await school.AppointAsync(school.Classes[i % (All / ClassSize)], i / (All / ClassSize)));

        await OursAsync(0, WarmingUp);
        await using var bare = await BareVisits.StartAsync(
            school.System.RabbitMq, school.System.Databases["Identity"], (int)await MeanRowBytesAsync(databases));
        await BareAsync(WarmingUp);
        List<double> ours = [], limit = [];
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(await OursAsync(WarmingUp + (round * VisitsPerRound), VisitsPerRound));
            limit.Add(await BareAsync(VisitsPerRound));
        }

        Figures.Print("P3", "visits completed until all agree, 64 connections", "visits/s", ours, limit, "≥ 50 %");
        foreach (var database in databases.Values)
            await database.DisposeAsync();

        async Task<double> OursAsync(int first, int count)
        {
            var watch = Stopwatch.StartNew();
            await ClosedLoop.RunAsync(count, Connections, async i =>
            {
                using var answer = await school.CompleteAsync(visits[first + i]);
                answer.EnsureSuccessStatusCode();
            });
            foreach (var (service, sql) in ((string, string)[])
            [
                ("Insights", "SELECT coalesce(sum(visited), 0)::bigint FROM coverage WHERE kind = 'School'"),
                ("Surveys", "SELECT coalesce(sum(invited), 0)::bigint FROM cell"),
                ("Archives", "SELECT count(*) FROM timeline_entry WHERE kind = 'VisitHeld'"),
                ("Surveys", $"SELECT {first + count} - count(*) FROM platform.outbox"),
                ("Visits", $"SELECT {first + count} - count(*) FROM platform.outbox"),
            ])
                await Rows.UntilAsync(() => Rows.ScalarAsync<long>(databases[service], sql), first + count);
            var rate = count / watch.Elapsed.TotalSeconds;
            foreach (var (service, rows) in Left)
                Rows.MustBe(await Rows.ScalarAsync<long>(databases[service], $"SELECT count(*) FROM {rows}"), first + count, rows);
            return rate;
        }

        async Task<double> BareAsync(int count)
        {
            var before = await bare.CountAsync();
            var ids = await bare.AppointAsync(count);
            var watch = Stopwatch.StartNew();
            await ClosedLoop.RunAsync(count, Connections, async i =>
            {
                using var answer = await bare.Gateway.PostAsJsonAsync(new Uri($"/visits/{ids[i]}/complete", UriKind.Relative), BareVisits.Record);
                answer.EnsureSuccessStatusCode();
            });
            await Rows.UntilAsync(bare.CountAsync, before + count);
            var rate = count / watch.Elapsed.TotalSeconds;
            var (fewest, most) = await bare.RowsAsync();
            Rows.MustBe(fewest, before + count, "bare");
            Rows.MustBe(most, before + count, "bare");
            return rate;
        }
    }

    private static async Task<double> MeanRowBytesAsync(Dictionary<string, NpgsqlDataSource> databases)
    {
        var means = new List<double>();
        foreach (var (service, rows) in Left)
        {
            var table = rows.Split(' ')[0];
            means.Add(await Rows.ScalarAsync<double>(
                databases[service], $"SELECT avg(pg_column_size(row.*))::float8 FROM {table} AS row {rows[table.Length..]}"));
        }

        return means.Average();
    }
}
