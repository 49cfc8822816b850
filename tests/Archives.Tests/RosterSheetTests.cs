using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using HomeSchool.Archives.Roster;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Tests;

/// <summary>The Chinese roster sheet comes in as OneRoster does: checked, shown, confirmed (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class RosterSheetTests(ArchivesFixture archives)
{
    private const string Header =
        "学校标识码,学校名称,年级,班号,学生姓名*,性别,出生日期(YYYYMMDD),全国学籍号,身份证号,民族,血型,"
        + "成员1姓名,成员1关系,成员1联系电话,成员1是否监护人,成员2姓名,成员2关系,成员2联系电话,成员2是否监护人";

    // Made up; only the check digits are real.
    private static readonly string[] Numbers = ["G" + Id("20160915", 1), "G" + Id("20160916", 2), "G" + Id("20160917", 3), "L31010420160918000X"];

    private readonly TestDistrict district = new(archives);

    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("gb18030", false)]
    public async Task A_sheet_is_taken_in_each_encoding_and_found_unchanged(string name, bool mark)
    {
        var import = await district.ImportAsync(Csv(Standard(), name, mark));
        Counts(import).ShouldBe("School +1 Class +2 Student +4 Guardian +3 Guardianship +3 Enrolment +4");
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        import.Notes.Single(note => note.Code == "columns.not-kept").Value.ShouldBe("民族, 血型");

        var school = (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).Single();
        (school.Name, school.Code).ShouldBe(("第一小学", "3101000001"));
        (await district.ListAsync<ClassBody>($"schools/{school.Id}/classes")).Select(c => (c.Title, c.Grade, c.Students))
            .ShouldBe([("四年级(1)班", "04", 3), ("四年级(2)班", "04", 1)], ignoreOrder: true);
        var row = (await district.ListAsync<StudentRow>($"schools/{school.Id}/students")).Single(student => student.Number == Numbers[0]);
        var student = await StudentAsync(row.Id);
        (student.FamilyName, student.BirthDate, student.Sex).ShouldBe(("张一", new DateOnly(2016, 9, 15), Sex.Male));
        student.Guardians.Select(g => (g.FamilyName, g.Relation, g.LegalStatus, g.ContactOrder, g.Phone)).ShouldBe(
        [
            ("张父", GuardianRelation.Parent, LegalStatus.Guardian, 1, "13800000001"),
            ("张奶", GuardianRelation.Relative, LegalStatus.Caregiver, 2, "13800000002"),
        ]);
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM student t JOIN guardian g USING (district_id) WHERE district_id = $1 AND (t::text || g::text) LIKE '%310104201609150011%'",
            district.Id)).ShouldBe(0);

        var again = await district.ImportAsync(Csv(Standard()));
        Counts(again).ShouldBe("");
        again.Changes.Sum(count => count.Unchanged).ShouldBe(17);
    }

    [Fact]
    public async Task Mistakes_have_line_and_column_and_take_nothing_away()
    {
        await district.ImportAsync(Csv(Standard()));
        var rows = Standard();
        rows[1] = rows[1].Replace(",20160915,", ",2016年13月,", StringComparison.Ordinal);
        rows[2] = rows[2].Replace(Numbers[1], "3.10104E+17", StringComparison.Ordinal);
        rows[3] = rows[3].Replace("男", "不详", StringComparison.Ordinal);
        rows.Insert(2, ",,,,,,,,,,,,,,,,,,");
        rows.Add("3101000001,第一小学,四年级,1,,女,20160101,,,,,,,,,,,,");
        rows.Add("9999,,四年级,1,王五,女,20160101,,,,,,,,,,,,");
        rows.Add(Row("1", "张一", "男", "20160915", Numbers[0]));
        var import = await district.CheckAsync(Csv(rows));
        var mistakes = await district.MistakesAsync(import.Id);
        mistakes.Select(mistake => (mistake.Line, mistake.Column, mistake.Code)).ShouldBe(
        [
            (2, "出生日期(YYYYMMDD)", "sheet.date"), (4, "全国学籍号", "id.digits-lost"), (5, "性别", "sheet.value"),
            (7, "学生姓名*", "value.missing"), (8, "学校标识码", "sheet.school"), (9, "全国学籍号", "sheet.twice"),
        ], ignoreOrder: true);
        import.Changes.Sum(count => count.Withdrawn).ShouldBe(0);
        import.Notes.ShouldContain(note => note.Code == "rows.blank" && note.Value == "1");
    }

    [Fact]
    public async Task Numbers_that_do_not_fit_are_warned_about_and_taken()
    {
        var wrong = Numbers[0][..18] + (Numbers[0][18] == '0' ? '1' : '0');
        var import = await district.CheckAsync(Csv(
        [
            Header,
            Row("1", "一", "男", "20160915", wrong), Row("1", "二", "男", "20160915", Numbers[1]), Row("1", "三", "男", "20160101", "X123"),
            Row("1", "四", "男", "20160917", Numbers[2], id: Id("20160917", 9)),
            Row("1", "五", "女", "20160101", "", id: "E12345678"), Row("1", "五", "女", "20160101", "", id: "E12345679"),
        ]));
        (import.Errors, import.Changes.Single(count => count.Kind == RecordKind.Student).Added).ShouldBe((0, 6));
        (await district.MistakesAsync(import.Id)).Select(mistake => (mistake.Line, mistake.Code, mistake.Value)).ShouldBe(
        [
            (2, "number.check-digit", null), (3, "number.birth-date", null), (4, "number.form", null), (5, "number.mismatch", null),
            (7, "sheet.same-person", null),
        ]);
    }

    [Fact]
    public async Task A_sheet_of_one_school_leaves_all_others_untouched()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var school = (await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools")).Single(school => school.Code == "3101").Id;
        const string header = "班级,姓名,性别,出生日期,学籍号";
        // P1 by name and birth date, P2 by the number; P3 and P4 have left.
        byte[] sheet = Encoding.UTF8.GetBytes(string.Join('\n',
            header, "三年级(1)班,张小P1,男,20170115,", "三年级(1)班,张小P2,女,2017/2/15,XP2", "三年级(2)班,新生,女,20170301,L31010420170301000X"));

        var import = await CheckAsync(sheet, school);
        Counts(import).ShouldBe("Student +1 -2 Enrolment +1 -2");
        import.NeedsAcceptWithdrawals.ShouldBeTrue();
        import.Losses.ShouldBe([new SchoolLoss(school, 4, 2)]);
        import.Notes.ShouldContain(note => note.Code == "sheet.by-name" && note.Value == "1");
        (await district.ConfirmAsync(import.Id, acceptWithdrawals: true)).StatusCode.ShouldBe(HttpStatusCode.OK);
        Counts(await CheckAsync(sheet, school)).ShouldBe("");
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM staff_post WHERE district_id = $1 AND ends_on IS NULL", district.Id)).ShouldBe(8);
    }

    [Fact]
    public async Task Who_moves_between_schools_is_one_student_whichever_sheet_comes_first()
    {
        var rows = Standard();
        rows.Add(Row("1", "赵六", "男", "20160918", "J" + Id("20160918", 6)).Replace("3101000001,第一小学", "3101000002,第二小学", StringComparison.Ordinal));
        await district.ImportAsync(Csv(rows));
        var schools = await district.ListAsync<SchoolRow>($"districts/{district.Id}/schools");
        var (from, to) = (schools.Single(school => school.Code == "3101000001").Id, schools.Single(school => school.Code == "3101000002").Id);

        var arrived = Encoding.UTF8.GetBytes(string.Join('\n', Header, rows[1], rows[^1])
            .Replace("3101000001,第一小学", "3101000002,第二小学", StringComparison.Ordinal));
        var import = await CheckAsync(arrived, to);
        Counts(import).ShouldBe("Enrolment +1");
        (await district.MistakesAsync(import.Id)).Single().Code.ShouldBe("sheet.elsewhere");
        (await district.ConfirmAsync(import.Id)).StatusCode.ShouldBe(HttpStatusCode.OK);

        rows.RemoveAt(1);
        rows.RemoveAt(rows.Count - 1);
        var left = await CheckAsync(Csv(rows), from);
        Counts(left).ShouldBe("Enrolment -1");
        (await district.ConfirmAsync(left.Id, acceptWithdrawals: true)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await archives.ScalarAsync<long>("SELECT count(*) FROM student WHERE district_id = $1 AND withdrawn_on IS NULL", district.Id)).ShouldBe(5);
    }

    [Fact]
    public async Task The_template_filled_in_is_taken_without_a_mistake()
    {
        var bytes = await district.Admin.GetByteArrayAsync(district.Address("imports/template.xlsx"));
        var filled = Fill(bytes, [
            ["3101000001", "第一小学", "四年级", "1", "张一", "男", "20160915", Numbers[0], "张父", "父亲", "13800000001", "是"],
            ["3101000001", "第一小学", "四年级", "2", "李二", "女", "20160916", Numbers[1]],
        ]);
        var import = await district.ImportAsync(filled);
        (import.Errors, import.Warnings).ShouldBe((0, 0));
        import.Notes.ShouldNotContain(note => note.Code == "columns.not-kept");
        import.Notes.ShouldContain(note => note.Code == "file.worksheet-not-read");
        Counts(import).ShouldBe("School +1 Class +2 Student +2 Guardian +1 Guardianship +1 Enrolment +2");

        var csv = await district.Admin.GetByteArrayAsync(district.Address("imports/template.csv"));
        Counts(await district.CheckAsync([
            .. csv, .. Encoding.UTF8.GetBytes($"3101000001,第一小学,四年级,1,张一,男,20160915,{Numbers[0]},张父,父亲,13800000001,是,,,,\n"),
            .. Encoding.UTF8.GetBytes($"3101000001,第一小学,四年级,2,李二,女,20160916,{Numbers[1]},,,,,,,,\n"),
        ])).ShouldBe("");
    }

    [Fact]
    public async Task A_workbook_may_have_a_title_dates_and_numbers()
    {
        var book = Workbook([
            ["第一小学学籍名册"],
            ["学校标识码", "学校", "班级", "姓名", "出生日期", "学籍号", "监护人", "关系", "手机号"],
            [3101000001d, "第一小学", "三年级(2)班", "张一", new DateTime(2016, 9, 15), Numbers[0], "张母", "母亲", 13800000001d],
            [3101000001d, "第一小学", "三年级(2)班", "李二", 20160916d, 310104201609160022d, null, null, null],
        ]);
        var import = await district.CheckAsync(book);
        Counts(import).ShouldBe("School +1 Class +1 Student +1 Guardian +1 Guardianship +1 Enrolment +1");
        var mistake = (await district.MistakesAsync(import.Id)).Single();
        (mistake.Line, mistake.Column, mistake.Code).ShouldBe((4, "学籍号", "id.digits-lost"));
        mistake.Reason.ShouldContain("末尾几位丢失");
        var example = import.Examples.Single(example => example.Kind == RecordKind.Student);
        (example.Name, example.Change, example.SourceId).ShouldBe(("张一", ChangeKind.Added, Numbers[0]));
    }

    [Fact]
    public async Task What_is_no_sheet_is_refused_and_says_why()
    {
        await RefusedAsync(Workbook([["a", "b"], [1d, 2d]]), "sheet.no-header");
        await RefusedAsync([0xD0, 0xCF, 0x11, 0xE0, 0, 0], "file.old-workbook");
        await RefusedAsync(TestRoster.Zip([("名册.csv", Csv(Standard())), ("orgs.csv", Encoding.UTF8.GetBytes("sourcedId,name,type\nS,x,school"))]), "sheet.alone");
        await RefusedAsync(Encoding.UTF8.GetBytes(Header), "file.no-rows");
        var cut = Workbook([["姓名", "性别", "出生日期"], ["张一", "男", "20160915"]]);
        await RefusedAsync(cut[..(cut.Length / 2)], "zip.broken");
        using var content = new ByteArrayContent(Csv(Standard()));
        using var answer = await district.Admin.PostAsync(district.Address($"imports?schoolId={Guid.CreateVersion7()}"), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task RefusedAsync(byte[] body, string code)
        {
            using var refused = await district.UploadAsync(body);
            var problem = await refused.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.roster-refused");
            ((string?)problem["errors"]![0]!["code"]).ShouldBe(code);
        }
    }

    internal static string Counts(ImportBody import) => string.Join(' ', import.Changes
        .Where(count => count.Added + count.Changed + count.Withdrawn > 0)
        .Select(count => $"{count.Kind}{Part("+", count.Added)}{Part("~", count.Changed)}{Part("-", count.Withdrawn)}"));

    private static string Part(string sign, int count) => count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {sign}{count}");

    private static List<string> Standard() =>
    [
        Header,
        Row("1", "张一", "男", "20160915", Numbers[0], "张父,父亲,13800000001,是,张奶,祖母,13800000002,否"),
        Row("1", "李二", "女", "20160916", Numbers[1], "李母,母亲,13800000003,是,,,,"),
        Row("01", "孙三", "男", "2016-09-17", Numbers[2]), Row("2", "钱四", "女", "2016年9月18日", Numbers[3]),
    ];

    private static string Row(
        string @class, string name, string sex, string birth, string number, string family = ",,,,,,,", string id = "") =>
        $"3101000001,第一小学,四年级,{@class},{name},{sex},{birth},{number},{id},汉族,A,{family}";

    private static byte[] Csv(IEnumerable<string> rows, string encoding = "utf-8", bool mark = false)
    {
        var text = string.Join("\r\n", rows);
        return encoding == "gb18030" ? CodePagesEncodingProvider.Instance.GetEncoding("GB18030")!.GetBytes(text)
            : [.. mark ? Encoding.UTF8.Preamble : [], .. Encoding.UTF8.GetBytes(text)];
    }

    // 18 characters with their check digit, found by trying.
    private static string Id(string birth, int sequence) => Enumerable.Range(0, 11)
        .Select(i => $"310104{birth}{sequence:000}{(i == 10 ? "X" : i)}").Single(id => SheetRow.CheckDigitFits(id));

    private async Task<ImportBody> CheckAsync(byte[] body, Guid school)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        using var answer = await district.Admin.PostAsync(district.Address($"imports?schoolId={school}"), content);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<ImportBody>(Json.Options))!;
    }

    private async Task<StudentBody> StudentAsync(Guid id) =>
        (await district.Admin.GetFromJsonAsync<StudentBody>(district.Address($"students/{id}"), Json.Options))!;

    private static byte[] Fill(byte[] template, string[][] rows)
    {
        using var memory = new MemoryStream();
        memory.Write(template);
        using (var document = SpreadsheetDocument.Open(memory, isEditable: true))
        {
            var book = document.WorkbookPart!;
            var first = (WorksheetPart)book.GetPartById(book.Workbook.Descendants<Sheet>().First().Id!);
            first.Worksheet.GetFirstChild<SheetData>()!.Append(rows.Select(row => new Row(row.Select(text => Cell(text)))));
        }

        return memory.ToArray();
    }

    private static byte[] Workbook(object?[][] rows)
    {
        using var memory = new MemoryStream();
        using (var document = SpreadsheetDocument.Create(memory, SpreadsheetDocumentType.Workbook))
        {
            var book = document.AddWorkbookPart();
            book.AddNewPart<WorkbookStylesPart>().Stylesheet = new Stylesheet(
                new Fonts(new Font()), new Fills(new Fill()), new Borders(new Border()),
                new CellFormats(new CellFormat(), new CellFormat { NumberFormatId = 14, ApplyNumberFormat = true }));
            var part = book.AddNewPart<WorksheetPart>();
            part.Worksheet = new Worksheet(new SheetData(rows.Select(row => new Row(row.Select(Cell)))));
            book.Workbook = new Workbook(new Sheets(new Sheet { Id = book.GetIdOfPart(part), SheetId = 1, Name = "名册" }));
        }

        return memory.ToArray();
    }

    private static Cell Cell(object? value) => value switch
    {
        null => new Cell(),
        DateTime day => new Cell { StyleIndex = 1, CellValue = new CellValue(day.ToOADate().ToString(CultureInfo.InvariantCulture)) },
        double number => new Cell { CellValue = new CellValue(number.ToString("0", CultureInfo.InvariantCulture)) },
        _ => new Cell { DataType = CellValues.InlineString, InlineString = new InlineString(new Text((string)value)) },
    };
}
