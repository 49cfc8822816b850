using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using HomeSchool.Testing;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P5: a roster imported (dry run and confirmation: parse, check, compare, write, announce), and imported again with its rows in another
/// order, unchanged and with one user in 1,000 changed. Beside it the same rows, read before, by binary COPY into bare tables; and by COPY
/// and a merge into tables with a key and an index.
/// </summary>
internal static class P5
{
    public static async Task RunAsync()
    {
        await using var archives = await ImportedDistrict.StartAsync();
        await RunAsync(archives, "22 schools", schools: 22, students: 450, subjectClasses: true, rounds: 5);
        await RunAsync(archives, "500,000 students", schools: 250, students: 2_000, subjectClasses: false, rounds: 3);
    }

    // Each round imports the roster into another district of the same service.
    private static async Task RunAsync(
        ImportedDistrict archives, string what, int schools, int students, bool subjectClasses, int rounds)
    {
        var roster = await ImportedDistrict.GenerateAsync(schools, students, subjectClasses);
        var shuffled = await ImportedDistrict.ShuffleAsync(roster);
        var changed = await ImportedDistrict.ShuffleAsync(roster, changeEach: 1_000);
        var files = await ReadAsync(roster);
        var rows = files.Sum(file => file.Rows.Count);
        Console.WriteLine($"P5   {what}: {rows:N0} rows");
        List<double> first = [], unchanged = [], nearly = [], copy = [], merge = [];
        for (var round = -1; round < rounds; round++)
        {
            var district = Guid.CreateVersion7();
            var seconds = await archives.ImportAsync(roster, district);
            await UntilAnnouncedAsync(archives.Database);
            var again = await archives.ImportAsync(shuffled, district);
            var next = await archives.ImportAsync(changed, district);
            var (bare, merged) = (await BareAsync(archives.Database, files, merge: false), await BareAsync(archives.Database, files, merge: true));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"P5   {what}: check {seconds.Check:0.0} s, confirm {seconds.Confirm:0.0} s, unchanged {again.Check:0.0} s, "
                + $"one user in 1,000 changed {next.Check:0.0} and {next.Confirm:0.0} s, "
                + $"COPY {bare:0.0} s, and merge {merged:0.0} s"));
            if (round < 0)
                continue; // warm
            first.Add(rows / (seconds.Check + seconds.Confirm));
            unchanged.Add(rows / (again.Check + again.Confirm));
            nearly.Add(rows / (next.Check + next.Confirm));
            copy.Add(rows / bare);
            merge.Add(rows / merged);
        }

        Figures.Print("P5", $"{what}: imported, COPY", "rows/s", first, copy, "≥ 0.25");
        Figures.Print("P5", $"{what}: imported, COPY and merge", "rows/s", first, merge, "≥ 0.60");
        Figures.Print("P5", $"{what}: unchanged, COPY and merge", "rows/s", unchanged, merge, "≥ 1.00");
        Figures.Print("P5", $"{what}: one user in 1,000 changed, COPY and merge", "rows/s", nearly, merge, "");
        Figures.Print("P5", $"{what}: the service's most memory so far", "MB", [archives.PeakMegabytes], "flat");
        foreach (var path in (string[])[roster, shuffled, changed])
            File.Delete(path);
    }

    // Every row of the roster with the columns that the import reads.
    private static async Task<List<(string Name, List<string?[]> Rows)>> ReadAsync(string roster)
    {
        var read = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["orgs"] = ["sourcedId", "name", "type", "identifier"],
            ["academicSessions"] = ["sourcedId", "title", "type", "startDate", "endDate", "parentSourcedId"],
            ["courses"] = ["sourcedId", "title", "subjects"],
            ["classes"] = ["sourcedId", "title", "classType", "schoolSourcedId", "grades", "courseSourcedId", "subjects"],
            ["users"] =
                ["sourcedId", "orgSourcedIds", "role", "givenName", "familyName", "identifier", "email", "sms", "agentSourcedIds", "grades"],
            ["demographics"] = ["sourcedId", "birthDate", "sex"],
            ["enrollments"] = ["sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"],
        };
        var files = new List<(string, List<string?[]>)>();
        await using var zip = await ZipFile.OpenReadAsync(roster);
        foreach (var (name, columns) in read)
        {
            using var reader = new StreamReader(await zip.GetEntry(name + ".csv")!.OpenAsync());
            var header = (await reader.ReadLineAsync())!.Split(',');
            var places = Array.ConvertAll(columns, column => Array.IndexOf(header, column));
            var rows = new List<string?[]>();
            while (await reader.ReadLineAsync() is { } line)
            {
                var fields = Fields(line);
                rows.Add(Array.ConvertAll(places, place => fields[place].Length == 0 ? null : fields[place]));
            }

            files.Add((name, rows));
        }

        return files;
    }

    private static List<string> Fields(string line)
    {
        var fields = new List<string>();
        for (var at = 0; at <= line.Length;)
        {
            var quoted = at < line.Length && line[at] == '"';
            var end = quoted ? line.IndexOf('"', at + 1) : line.IndexOf(',', at);
            end = end < 0 ? line.Length : end;
            fields.Add(quoted ? line[(at + 1)..end] : line[at..end]);
            at = end + (quoted ? 2 : 1);
        }

        return fields;
    }

    private static async Task<double> BareAsync(string database, List<(string Name, List<string?[]> Rows)> files, bool merge)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await ExecuteAsync("CREATE SCHEMA bare");
        foreach (var (name, rows) in files)
        {
            var columns = string.Join(", ", Enumerable.Range(1, rows[0].Length - 1).Select(i => $"c{i} text"));
            await ExecuteAsync($"CREATE TABLE bare.{name} (id text {(merge ? "PRIMARY KEY" : "")}, {columns})");
            if (merge)
                await ExecuteAsync($"CREATE INDEX ON bare.{name} (c1)");
        }

        var watch = Stopwatch.StartNew();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            foreach (var (name, rows) in files)
            {
                if (merge)
                    await ExecuteAsync($"CREATE TEMP TABLE {name} (LIKE bare.{name}) ON COMMIT DROP");
                await using (var copy = await connection.BeginBinaryImportAsync($"COPY {(merge ? "" : "bare.")}{name} FROM STDIN (FORMAT BINARY)"))
                {
                    foreach (var row in rows)
                    {
                        await copy.StartRowAsync();
                        foreach (var value in row)
                            await (value is null ? copy.WriteNullAsync() : copy.WriteAsync(value, NpgsqlDbType.Text));
                    }

                    await copy.CompleteAsync();
                }

                var others = Enumerable.Range(1, rows[0].Length - 1).Select(i => $"c{i} = EXCLUDED.c{i}");
                if (merge)
                    await ExecuteAsync($"INSERT INTO bare.{name} SELECT * FROM {name} ON CONFLICT (id) DO UPDATE SET {string.Join(", ", others)}");
            }

            await transaction.CommitAsync();
        }

        var seconds = watch.Elapsed.TotalSeconds;
        await ExecuteAsync("DROP SCHEMA bare CASCADE");
        return seconds;

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }

    private static async Task UntilAnnouncedAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        var left = await Eventually.GetAsync(
            async () =>
            {
                await using var command = source.CreateCommand("SELECT count(*) FROM platform.outbox");
                return (long)(await command.ExecuteScalarAsync())!;
            },
            left => left == 0, seconds: 300);
        if (left != 0)
            throw new InvalidOperationException("The backlog is not empty: this round does not count.");
    }
}
