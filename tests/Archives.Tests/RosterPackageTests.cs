using System.Text;
using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Tests;

/// <summary>What may be uploaded, and what refuses an upload as a whole: told with file, line, column and how to mend it.</summary>
[Trait("Rule", "ARC-2")]
public sealed class RosterPackageTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_complete_zip_is_taken()
    {
        var (package, remarks) = await OpenAsync(("roster.zip", TestRoster.Standard().Zip()));
        remarks.Refusals.ShouldBeEmpty();
        (await UsersAsync(package)).ShouldContain(user => user.SourceId == "P1");
    }

    [Fact]
    public async Task Single_files_are_taken_under_any_name_by_their_columns()
    {
        var (package, remarks) = await OpenAsync(("名单.csv", Csv("users.csv")), ("Orgs (1).CSV", Csv("orgs.csv")));
        remarks.Refusals.ShouldBeEmpty();
        remarks.Notes.ShouldContain(note => note.Code == "file.taken-as" && note.Value == "名单.csv" && note.Detail == "users.csv");
        remarks.Notes.ShouldContain(note => note.Code == "manifest.missing");
        (await UsersAsync(package)).Count.ShouldBe(12);
    }

    [Fact]
    public async Task Files_in_a_folder_of_the_zip_are_taken_and_what_macOS_adds_is_passed_over()
    {
        var zip = TestRoster.Standard().Files.Select(file => ("export/" + file.Key, Encoding.UTF8.GetBytes(string.Join('\n', file.Value))))
            .Append(("__MACOSX/export/._users.csv", [0, 1, 2])).Append(("export/.DS_Store", [0, 1])).Append(("export/readme.txt", [65]));
        var (_, remarks) = await OpenAsync(("roster.zip", TestRoster.Zip(zip)));
        remarks.Refusals.ShouldBeEmpty();
        remarks.Notes.ShouldContain(note => note.Code == "zip.folder" && note.Value == "export/");
        remarks.Notes.ShouldContain(note => note.Code == "file.not-read" && note.Value == "export/readme.txt");
    }

    [Fact]
    public async Task Known_variants_of_the_header_are_taken_and_named()
    {
        var roster = TestRoster.Standard();
        roster.Files["users.csv"][0] = roster.Files["users.csv"][0].Replace("orgSourcedIds", "OrgSourcedId", StringComparison.Ordinal);
        roster.Files["classes.csv"].Insert(1, roster.Files["classes.csv"][0]);
        roster.Files["orgs.csv"][0] += ",,";
        var (package, remarks) = await OpenAsync(("roster.zip", roster.Zip()));
        remarks.Refusals.ShouldBeEmpty();
        remarks.Notes.ShouldContain(note => note.Code == "header.variant" && note.Value == "OrgSourcedId" && note.Detail == "orgSourcedIds");
        (await package.RowsAsync(RosterFile.Classes, ClassRow.Read, default).ToListAsync()).Count.ShouldBe(4);
        (await package.RowsAsync(RosterFile.Orgs, OrgRow.Read, default).ToListAsync()).ShouldAllBe(org => org.Good);
        remarks.Notes.ShouldContain(note => note.Code == "header.twice" && note.Line == 2);
    }

    [Fact]
    public async Task A_byte_order_mark_is_passed_over()
    {
        var (package, remarks) = await OpenAsync(("users.csv", [0xEF, 0xBB, 0xBF, .. Csv("users.csv")]));
        remarks.Refusals.ShouldBeEmpty();
        (await UsersAsync(package)).ShouldAllBe(user => user.Good);
    }

    [Fact]
    public async Task A_csv_in_GB18030_is_taken_as_that_and_said_so()
    {
        var gb = CodePagesEncodingProvider.Instance.GetEncoding("GB18030")!;
        var roster = TestRoster.Standard().Change("users.csv", "P1", line => line.Replace("张", "𠮷", StringComparison.Ordinal));
        var (package, remarks) = await OpenAsync(("users.csv", gb.GetBytes(string.Join("\r\n", roster.Files["users.csv"]))));
        remarks.Refusals.ShouldBeEmpty();
        remarks.Notes.ShouldContain(note => note.Code == "file.gb18030" && note.Line == 2);
        (await UsersAsync(package)).First(user => user.SourceId == "P1").FamilyName.ShouldBe("𠮷");
    }

    [Fact]
    public async Task The_encoding_is_recognised_wherever_a_character_is_cut_by_the_buffer()
    {
        for (var shift = 0; shift < 4; shift++)
        {
            var roster = TestRoster.Standard();
            for (var i = 0; i < 9_000; i++)
                roster.Add("users.csv", TestRoster.Student($"N{i}", "S1", "03").Replace("张", "欧阳𠮷"[..2] + new string('a', shift), StringComparison.Ordinal));
            var (package, remarks) = await OpenAsync(("users.csv", Encoding.UTF8.GetBytes(string.Join('\n', roster.Files["users.csv"]))));
            remarks.Notes.ShouldNotContain(note => note.Code == "file.gb18030");
            (await UsersAsync(package)).Count.ShouldBe(9_012);
        }
    }

    [Fact]
    public async Task What_is_no_roster_is_refused_with_the_reason()
    {
        (await RefusedAsync(("photo.jpg", [0xFF, 0xD8, 0, 0, 1]))).ShouldBe(["photo.jpg:0 file.not-text"]);
        (await RefusedAsync(("a.csv", "milk,eggs\n1,2"u8.ToArray()))).ShouldBe([":0 file.none-recognised"]);
        (await RefusedAsync(("users.csv", []))).ShouldBe(["users.csv:0 file.empty"]);
        (await RefusedAsync(("users.csv", "\n\n"u8.ToArray()))).ShouldBe(["users.csv:1 header.unreadable"]);
        (await RefusedAsync(("users.csv", Encoding.Unicode.GetBytes("sourcedId,role")))).ShouldBe(["users.csv:0 file.not-text"]);
        (await RefusedAsync(("x.csv", "a\nb\n\xFF\xFFz"u8.ToArray().Append((byte)0xFF).ToArray()))).ShouldBe(["x.csv:3 file.encoding"]);
        (await RefusedAsync(("r.zip", TestRoster.Zip([("[Content_Types].xml", [65])])))).ShouldBe(["r.zip:0 zip.broken"]);
        (await RefusedAsync(("r.zip", TestRoster.Zip([])))).ShouldBe([":0 file.none-recognised"]);
        (await RefusedAsync()).ShouldBe([":0 upload.empty"]);
    }

    [Fact]
    public async Task A_zip_that_is_cut_off_anywhere_is_refused()
    {
        var zip = TestRoster.Standard().Zip();
        for (var length = 4; length < zip.Length; length += zip.Length / 23)
            (await RefusedAsync(("r.zip", zip[..length]))).ShouldBe(["r.zip:0 zip.broken"], $"cut at {length}");
    }

    [Fact]
    public async Task A_zip_bomb_is_refused_before_it_is_unpacked()
    {
        var bomb = TestRoster.Zip([("users.csv", new byte[200_000_000].Select(_ => (byte)'a').ToArray())]);
        bomb.Length.ShouldBeLessThan(2_000_000);
        (await RefusedAsync(("r.zip", bomb))).ShouldBe(["users.csv:0 zip.bomb"]);
        (await RefusedAsync(("r.zip", TestRoster.Zip(Enumerable.Range(0, 101).Select(i => ($"{i}.csv", new byte[] { 65 }))))))
            .ShouldBe(["r.zip:0 upload.too-many-files"]);
        (await RefusedAsync(new RosterLimits { UnpackedBytes = 1_000 }, ("users.csv", Csv("users.csv")))).ShouldBe(["users.csv:0 zip.bomb"]);
    }

    [Fact]
    public async Task A_wrong_header_is_refused_column_by_column()
    {
        var roster = TestRoster.Standard();
        roster.Files["users.csv"][0] = roster.Files["users.csv"][0]
            .Replace("familyName", "surname", StringComparison.Ordinal).Replace(",identifier", ",role", StringComparison.Ordinal);
        (await RefusedAsync(("r.zip", roster.Zip()))).ShouldBe(
            ["users.csv:1 header.column-twice role", "users.csv:1 header.column-missing familyName"]);
    }

    [Fact]
    public async Task An_export_of_the_next_version_needs_its_roles()
    {
        var users = "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName\n1,,,true,a,b,c"u8.ToArray();
        (await RefusedAsync(("users.csv", users))).ShouldBe(
            ["users.csv:1 header.column-missing role", "users.csv:1 header.column-missing orgSourcedIds"]);
    }

    [Fact]
    public async Task The_manifest_is_held_to_its_word()
    {
        var roster = TestRoster.Standard();
        roster.Files.Remove("demographics.csv");
        (await RefusedAsync(("r.zip", roster.Zip()))).ShouldBe(["manifest.csv:10 manifest.file-missing value"]);

        roster = TestRoster.Standard();
        roster.Files["manifest.csv"][3] = "file.orgs,delta";
        var (package, none) = await OpenAsync(("r.zip", roster.Zip()));
        none.Refusals.ShouldBeEmpty();
        (package.IsPartial(RosterFile.Orgs), package.IsPartial(RosterFile.Users), package.IsPartial(RosterFile.Roles)).ShouldBe((true, false, true));

        roster = TestRoster.Standard();
        roster.Files["manifest.csv"][3] = "file.orgs,absent";
        var (_, remarks) = await OpenAsync(("r.zip", roster.Zip()));
        remarks.Refusals.ShouldBeEmpty();
        remarks.Notes.ShouldContain(note => note.Code == "manifest.file-present");
    }

    [Fact]
    public async Task A_file_that_makes_sense_only_beside_another_is_not_taken_alone()
    {
        (await RefusedAsync(("enrollments.csv", Csv("enrollments.csv")))).ShouldBe(["enrollments.csv:0 file.needs-other"]);
        (await RefusedAsync(("users.csv", Csv("users.csv")), ("users (1).csv", Csv("users.csv")))).ShouldBe(["users (1).csv:0 file.twice"]);
    }

    [Fact]
    public void Every_remark_has_its_text_in_both_languages_and_says_how_to_mend_it()
    {
        RosterTexts.All.Count().ShouldBeGreaterThan(50);
        foreach (var text in RosterTexts.All)
        {
            foreach (var chinese in new[] { true, false })
            {
                text.Reason(chinese, "v", "d").ShouldNotBeNullOrWhiteSpace();
                (text.Mend(chinese, "v", "d").Length > 0).ShouldBe(text.Severity != Severity.Note, text.Code);
            }

            text.Zh.ShouldMatch(@"\p{IsCJKUnifiedIdeographs}", text.Code);
            text.En.ShouldNotMatch(@"\p{IsCJKUnifiedIdeographs}", text.Code);
        }
    }

    private static byte[] Csv(string file) => Encoding.UTF8.GetBytes(string.Join("\r\n", TestRoster.Standard().Files[file]));

    private static async Task<List<UserRow>> UsersAsync(RosterPackage package) =>
        await package.RowsAsync(RosterFile.Users, UserRow.Read, default).ToListAsync();

    private Task<string[]> RefusedAsync(params (string Name, byte[] Bytes)[] files) => RefusedAsync(new RosterLimits(), files);

    private async Task<string[]> RefusedAsync(RosterLimits limits, params (string Name, byte[] Bytes)[] files) =>
        [.. (await OpenAsync(limits, files)).Remarks.Refusals.Select(refusal =>
            $"{refusal.File}:{refusal.Line} {refusal.Code} {refusal.Column}".TrimEnd())];

    private Task<(RosterPackage Package, RosterRemarks Remarks)> OpenAsync(params (string Name, byte[] Bytes)[] files) =>
        OpenAsync(new RosterLimits(), files);

    private async Task<(RosterPackage Package, RosterRemarks Remarks)> OpenAsync(
        RosterLimits limits, (string Name, byte[] Bytes)[] files)
    {
        var uploads = new List<UploadedFile>();
        foreach (var (name, bytes) in files)
        {
            var path = Path.Combine(folder.FullName, $"{uploads.Count}-{Guid.CreateVersion7():N}");
            await File.WriteAllBytesAsync(path, bytes);
            uploads.Add(new UploadedFile(name, () => File.OpenRead(path)));
        }

        var remarks = new RosterRemarks();
        return (await RosterPackage.OpenAsync(uploads, limits, null, [], null, remarks, default), remarks);
    }
}
