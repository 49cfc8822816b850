using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Tests;

/// <summary>
/// What real exporters make is taken as it is (ARC-2). The samples are no part of the repository: <c>HOMESCHOOL_SAMPLES</c> says where
/// they are, and without them these tests are skipped.
/// </summary>
[Trait("Rule", "ARC-2")]
public sealed class SampleRosterTests(ArchivesFixture archives, ITestOutputHelper output)
{
    private readonly TestDistrict district = new(archives);

    [Theory]
    [InlineData("oneroster-1.1-4-schools.zip")]
    [InlineData("oneroster-1.1-22-schools.zip")]
    public async Task A_generators_roster_is_taken_and_found_unchanged_also_in_another_order(string sample)
    {
        var zip = await File.ReadAllBytesAsync(Sample(sample));
        var (rows, import) = await TimeAsync("check", () => district.CheckAsync(zip));
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        using (var answer = (await TimeAsync($"confirm {rows}", () => district.ConfirmAsync(import.Id))).Result)
            answer.IsSuccessStatusCode.ShouldBeTrue();

        var again = (await TimeAsync($"again {rows}", () => district.CheckAsync(Shuffle(zip)))).Result;
        again.Changes.Sum(count => count.Added + count.Changed + count.Withdrawn).ShouldBe(0);
        again.Changes.Sum(count => count.Unchanged).ShouldBe(import.Changes.Sum(count => count.Added));

        string[] notes =
        [
            "header.twice", "orgs.taken school", "orgs.not-kept district", "sessions.taken term", "sessions.not-kept gradingPeriod",
            "sessions.not-kept schoolYear", "sessions.not-kept semester", "users.no-guardians",
        ];
        foreach (var note in notes)
            import.Notes.ShouldContain(found => $"{found.Code} {found.Value}".TrimEnd() == note);
        // Every student of the file is on roll in a class.
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM enrolment WHERE district_id = $1 AND class_id IS NOT NULL AND ends_on IS NULL", district.Id))
            .ShouldBe(import.Changes.Single(count => count.Kind == RecordKind.Student).Added);
    }

    [Fact]
    public async Task The_small_example_without_homerooms_is_taken()
    {
        var folder = Sample("oneroster-1.1-small");
        var import = await district.ImportAsync(TestRoster.Zip(
            Directory.GetFiles(folder, "*.csv").Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))));
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        import.Notes.ShouldContain(note => note.Code == "classes.no-homeroom");
        import.Notes.ShouldContain(note => note.Code == "sessions.taken" && note.Value == "semester");
        var school = (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).Single().Id;
        (await district.ListAsync<StudentRow>($"schools/{school}/students")).Count.ShouldBe(8);
        (await district.ListAsync<StaffRow>($"schools/{school}/staff")).Count.ShouldBe(2);
    }

    private async Task<(int Rows, T Result)> TimeAsync<T>(string what, Func<Task<T>> act)
    {
        var started = TimeProvider.System.GetTimestamp();
        var result = await act();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what}: {TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0} ms"));
        return (result is ImportBody import ? import.Files.Sum(file => file.Rows) : 0, result);
    }

    private static byte[] Shuffle(byte[] zip)
    {
        var random = new Random(5);
        using var archive = new ZipArchive(new MemoryStream(zip));
        return TestRoster.Zip(archive.Entries.Select(entry =>
        {
            using var reader = new StreamReader(entry.Open());
            var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (entry.Name != "manifest.csv")
                random.Shuffle(lines.AsSpan(1));
            return (entry.FullName, Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        }));
    }

    internal static string Sample(string name, [CallerFilePath] string here = "")
    {
        var folder = Environment.GetEnvironmentVariable("HOMESCHOOL_SAMPLES")
            ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "shared", "data"));
        var path = Path.Combine(folder, name);
        Assert.SkipUnless(Path.Exists(path), $"{path} is not here");
        return path;
    }
}
