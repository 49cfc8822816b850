using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Passing;

/// <summary>A row of a placement sheet (分班名单): which student comes into which class of the new year.</summary>
/// <param name="Student">学籍号, or the id in the system that exports the roster.</param>
/// <param name="School">学校标识码, name or id; <see langword="null"/> for the school where the student is.</param>
/// <param name="Class">The class as it stands there: its title in the new year, or its id.</param>
/// <param name="Title">The title that this and the grade make: 四年级(1)班 of 四年级 and 1.</param>
/// <param name="StudentAt">Where a mistake about the student is, e.g. <c>分班.csv:5:学籍号</c>.</param>
/// <param name="SchoolAt">The same about the school.</param>
/// <param name="ClassAt">The same about the class.</param>
internal sealed record PlacementRow(
    string Student, string? School, string Class, string Title, string StudentAt, string SchoolAt, string ClassAt)
{
    private const string Number = SheetColumns.Number;
    private const string SchoolCode = SheetColumns.SchoolCode;

    // As the roster sheet calls its columns, and as OneRoster does.
    private static readonly RosterFile Sheet = new(
        "placements.csv", [Number, SheetColumns.Class], [SchoolCode, SheetColumns.SchoolName, SheetColumns.Grade, SheetColumns.EnteredOn])
    {
        Variants = SheetColumns.File.Variants.ToDictionary(
            column => column.Key,
            column => column.Key switch
            {
                Number => [.. column.Value, "学号", "number", "studentSourcedId", "userSourcedId"],
                SheetColumns.Class => [.. column.Value, "新班级", "编入班级", "分班结果", "class", "classSourcedId"],
                SchoolCode => [.. column.Value, "school", "schoolSourcedId"],
                _ => column.Value,
            }, StringComparer.Ordinal),
    };

    /// <summary>A title as it is compared: without spaces, full-width characters as plain ones.</summary>
    public static string Plain(string title) => SheetRow.Plain(title);

    /// <summary>Reads sheets (csv in UTF-8 or GB18030). What is wrong with a row, and what keeps a file from being read at
    /// all, is among the remarks, with file, line and column.</summary>
    public static async Task<List<PlacementRow>> ReadAsync(
        IEnumerable<UploadedFile> files, RosterRemarks remarks, CancellationToken cancel)
    {
        var rows = new List<PlacementRow>();
        foreach (var file in files)
        {
            if (await NeedFiles.OpenAsync(file, Sheet, remarks, cancel) is not var (csv, header))
                continue;
            using (csv)
            {
                var schoolColumn = header[SchoolCode] >= 0 ? SchoolCode : SheetColumns.SchoolName;
                var line = new RosterLine(csv, header, file.Name, remarks);
                while (await NeedFiles.NextAsync(csv, header, line, cancel) is { } hasFields)
                {
                    if (!hasFields)
                        continue;
                    var student = line.Required(Number, RosterLine.LongestId);
                    if (student.Contains("E+", StringComparison.OrdinalIgnoreCase))
                        line.Reject(RosterTexts.DigitsLost, Number, student);
                    var @class = line.Required(SheetColumns.Class, 100);
                    var school = line.Text(SchoolCode, 255) ?? line.Text(SheetColumns.SchoolName, 255);
                    var title = SheetRow.ClassOf(line).Title;
                    if (line.Good)
                    {
                        rows.Add(new PlacementRow(
                            student.TrimStart('\''), school, @class, title!, At(Number), At(schoolColumn), At(SheetColumns.Class)));
                    }

                    string At(string column) => $"{file.Name}:{line.Number}:{header.NameOf(column)}";
                }
            }
        }

        return rows;
    }
}
