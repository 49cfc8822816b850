using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>
/// Finding a student among 1,000,000, and reading one archive, through the gateway, in an open loop. Beside them one SELECT on an index, and
/// by key, of a bare Kestrel endpoint without gateway, permissions or row-level security.
/// </summary>
internal static class Search
{
    private const int Rounds = 5;
    private const int Requests = 1_000;
    private const double PerSecond = 50;
    private const int Schools = 1_000;
    private const int StudentsPerSchool = 1_000;

    public static async Task RunAsync()
    {
        await using var district = await ImportedDistrict.StartAsync();
        var roster = await ImportedDistrict.GenerateAsync(Schools, StudentsPerSchool, subjectClasses: false);
        var (check, confirm) = await district.ImportAsync(roster);
        File.Delete(roster);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Search {Schools * StudentsPerSchool:N0} students: check {check:0.0} s, confirm {confirm:0.0} s, peak {district.PeakMegabytes:0} MB"));
        await using var source = NpgsqlDataSource.Create(district.Database);
        await using (var vacuum = source.CreateCommand("VACUUM ANALYZE"))
        {
            vacuum.CommandTimeout = 0;
            await vacuum.ExecuteNonQueryAsync();
        }

        var students = await SampleAsync(source, district.Id);
        await district.OpenGatewayAsync();
        await using var bare = await BareAsync(district.Database);
        using var direct = new HttpClient { BaseAddress = new Uri(bare.Urls.First()) };
        // So many people that no one of them meets a limit.
        var admins = Enumerable.Range(0, 20).Select(_ => district.Token(TestIdentity.DistrictAdmin(district.Id))).ToArray();
        var schoolAdmins = students.DistinctBy(student => student.School).Take(200).ToDictionary(
            student => student.School,
            student => district.Token(new Grant(Role.SchoolAdmin, null, district.Id, student.School, null, null)));
        var ofSchools = students.Where(student => schoolAdmins.ContainsKey(student.School)).ToArray();

        var find = $"/api/archives/districts/{district.Id}/students";
        await CompareAsync("find among 1,000,000", "< 50 ms at p95",
            i => (find + "?search=" + Uri.EscapeDataString(students[i % students.Length].Typed(i)), admins[i % admins.Length]),
            i => $"/name/{Uri.EscapeDataString(students[i % students.Length].Name)}");
        await CompareAsync("find in the own school", "< 50 ms at p95",
            i => (find + "?search=" + Uri.EscapeDataString(ofSchools[i % ofSchools.Length].Typed(i)), schoolAdmins[ofSchools[i % ofSchools.Length].School]),
            i => $"/name/{Uri.EscapeDataString(students[i % students.Length].Name)}");
        await CompareAsync("read one archive", "< 10 ms at p50",
            i => ($"{find}/{ofSchools[i % ofSchools.Length].Id}", schoolAdmins[ofSchools[i % ofSchools.Length].School]),
            i => $"/student/{district.Id}/{students[i % students.Length].Id}");

        // What a homeroom teacher opens: basics, guardians' rights, needs of care, family, timeline.
        var teachers = ofSchools.DistinctBy(student => student.Class).Take(1_000).ToDictionary(
            student => student.Class,
            student => district.Token(new Grant(Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, student.School, student.Class, null)));
        var ofTeachers = ofSchools.Where(student => teachers.ContainsKey(student.Class)).ToArray();
        await CompareAsync("read a whole archive", "< 10 ms at p50",
            i => ($"{find}/{ofTeachers[i % ofTeachers.Length].Id}/archive", teachers[ofTeachers[i % ofTeachers.Length].Class]),
            i => $"/student/{district.Id}/{students[i % students.Length].Id}");

        async Task CompareAsync(string what, string goal, Func<int, (string Address, string Token)> ours, Func<int, string> beside)
        {
            List<double> ours50 = [], ours95 = [], bare50 = [], bare95 = [];
            for (var round = -1; round < Rounds; round++)
            {
                var first = (round + 1) * Requests;
                var seen = await LatenciesAsync(district.Gateway, first, ours);
                var limit = await LatenciesAsync(direct, first, i => (beside(i), ""));
                if (round < 0)
                    continue; // warm
                ours50.Add(Figures.Median(seen));
                ours95.Add(Figures.Percentile(seen, 95));
                bare50.Add(Figures.Median(limit));
                bare95.Add(Figures.Percentile(limit, 95));
            }

            Figures.Print("Search", what + ", p50", "ms", ours50, bare50, goal);
            Figures.Print("Search", what + ", p95", "ms", ours95, bare95, goal);
        }
    }

    private static async Task<IReadOnlyCollection<double>> LatenciesAsync(
        HttpClient client, int first, Func<int, (string Address, string Token)> request)
    {
        var seen = new ConcurrentBag<double>();
        await OpenLoop.RunAsync(PerSecond, Requests, async i =>
        {
            var (address, token) = request(first + i);
            using var message = new HttpRequestMessage(HttpMethod.Get, address);
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var begin = Stopwatch.GetTimestamp();
            using var answer = await client.SendAsync(message);
            answer.EnsureSuccessStatusCode();
            seen.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        });
        return seen;
    }

    private static async Task<Student[]> SampleAsync(NpgsqlDataSource source, Guid district)
    {
        var students = new List<Student>();
        await using var command = source.CreateCommand(
            """
            SELECT s.student_id, e.school_id, e.class_id, s.name, s.given, s.pinyin, s.given_pinyin, s.initials, s.number
            FROM student_search s TABLESAMPLE SYSTEM (1) JOIN enrolment e USING (district_id, student_id)
            WHERE s.reading = 0 AND s.district_id = $1 AND e.class_id IS NOT NULL ORDER BY md5(s.student_id::text) LIMIT 5000
            """);
        command.Parameters.AddWithValue(district);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            students.Add(new Student(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.GetString(6), reader.GetString(7), reader.GetString(8)));
        }

        return [.. students];
    }

    private static async Task<WebApplication> BareAsync(string database)
    {
        var source = NpgsqlDataSource.Create(database);
        await using (var make = source.CreateCommand(
            """
            CREATE TABLE bare AS SELECT student_id AS id, name FROM student_search WHERE name IS NOT NULL;
            CREATE INDEX ON bare (name);
            ANALYZE bare
            """))
        {
            make.CommandTimeout = 0;
            await make.ExecuteNonQueryAsync();
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(source);
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/name/{name}", async (string name) =>
        {
            await using var command = source.CreateCommand("SELECT id, name FROM bare WHERE name >= $1 ORDER BY name LIMIT 50");
            command.Parameters.AddWithValue(name);
            await using var reader = await command.ExecuteReaderAsync();
            var found = new List<Found>();
            while (await reader.ReadAsync())
                found.Add(new Found(reader.GetGuid(0), reader.GetString(1)));
            return found;
        });
        app.MapGet("/student/{district:guid}/{id:guid}", async (Guid district, Guid id) =>
        {
            await using var command = source.CreateCommand("SELECT family_name || given_name FROM student WHERE district_id = $1 AND id = $2");
            command.Parameters.AddWithValue(district);
            command.Parameters.AddWithValue(id);
            return new Found(id, (string)(await command.ExecuteScalarAsync())!);
        });
        await app.StartAsync();
        return app;
    }

    private sealed record Found(Guid Id, string Name);

    private sealed record Student(
        Guid Id, Guid School, Guid Class, string Name, string Given, string Pinyin, string GivenPinyin, string Initials, string Number)
    {
        // As people type: a beginning, or all of it, of one of the keys; also a single letter or character.
        public string Typed(int i)
        {
            string[] keys = [Name, Given, Pinyin, GivenPinyin, Initials, Number];
            var key = keys[i % keys.Length];
            return key[..(1 + (i / keys.Length % key.Length))];
        }
    }
}
