using System.IO.Compression;
using HomeSchool.DemoDistrict.Generator;

namespace HomeSchool.DemoDistrict.Tests;

/// <summary>A generated zip, read back without any code of the generator's.</summary>
internal sealed class GeneratedRoster
{
    private readonly Dictionary<string, IReadOnlyList<Dictionary<string, string>>> files = new(StringComparer.Ordinal);

    private GeneratedRoster(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read);
        foreach (var entry in archive.Entries)
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open())
                stream.CopyTo(content);
            var text = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content.ToArray());
            Texts.Add(entry.FullName, text);
            var lines = text.Split("\r\n");
            lines[^1].ShouldBeEmpty("a file ends with a line break");
            var header = lines[0].Split(',');
            Headers.Add(entry.FullName, header);
            files.Add(entry.FullName, [.. lines[1..^1].Select(line => header.Zip(Fields(line, header.Length)).ToDictionary(
                pair => pair.First, pair => pair.Second, StringComparer.Ordinal))]);
        }
    }

    public Dictionary<string, string[]> Headers { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Texts { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<Dictionary<string, string>> this[string file] => files[file];

    public static DistrictPlan Plan(
        long seed = 1, int schools = 4, int students = 540, int year = 2026, bool subjectClasses = true) =>
        new(seed, schools, students, new SchoolYear(year), subjectClasses);

    public static byte[] Bytes(DistrictPlan plan)
    {
        using var zip = new MemoryStream();
        RosterZip.Write(plan, zip, TestContext.Current.CancellationToken);
        return zip.ToArray();
    }

    public static GeneratedRoster Of(DistrictPlan plan) => new(Bytes(plan));

    public static string[] List(string field) => field.Split(',', StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<Dictionary<string, string>> Users(params string[] roles) =>
        this["users.csv"].Where(user => roles.Contains(user["role"], StringComparer.Ordinal));

    public HashSet<string> Ids(string file) => this[file].Select(row => row["sourcedId"]).ToHashSet(StringComparer.Ordinal);

    private static List<string> Fields(string line, int expected)
    {
        if (line.Contains('\n', StringComparison.Ordinal))
            throw new FormatException(line);
        var fields = new List<string>();
        for (var at = 0; at <= line.Length;)
        {
            var quoted = at < line.Length && line[at] == '"';
            var end = quoted ? line.IndexOf('"', at + 1) + 1 : line.IndexOf(',', at);
            end = end < 0 ? line.Length : end;
            fields.Add(quoted ? line[(at + 1)..(end - 1)] : line[at..end]);
            if (end < line.Length && line[end] != ',')
                throw new FormatException(line);
            at = end + 1;
        }

        if (fields.Count != expected)
            throw new FormatException(line);
        return fields;
    }
}
