using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HomeSchool.Archives.Roster;

/// <summary>The columns of the Chinese roster sheet that have a purpose here, and what schools call them.</summary>
internal static class SheetColumns
{
    public const string SchoolCode = "学校标识码";
    public const string SchoolName = "学校名称";
    public const string Grade = "年级";
    public const string Class = "班号";
    public const string Name = "姓名";
    public const string Sex = "性别";
    public const string BirthDate = "出生日期";
    public const string Number = "学籍号";
    public const string IdNumber = "身份证件号";
    public const string EnteredOn = "入学年月";

    /// <summary>The line on which a header must be found at the latest: titles and remarks may stand above it.</summary>
    public const int LastHeaderLine = 10;

    /// <summary>Guardians on one row.</summary>
    public const int Guardians = 2;

    private static readonly Dictionary<string, string[]> Names = new(StringComparer.Ordinal)
    {
        [SchoolCode] = [SchoolCode, "学校代码", "学校编码"],
        [SchoolName] = [SchoolName, "学校", "所在学校", "就读学校"],
        [Grade] = [Grade, "所在年级", "年级名称"],
        [Class] = [Class, "班级", "班级名称", "所在班级", "行政班"],
        [Name] = [Name, "学生姓名", "学生"],
        [Sex] = [Sex, "学生性别"],
        [BirthDate] = [BirthDate, "出生年月日", "生日"],
        [Number] = [Number, "全国学籍号", "全国学籍编号", "学籍编号", "学籍辅号"],
        [IdNumber] = [IdNumber, "身份证号", "身份证号码", "身份证件号码", "证件号码", "学生身份证号", "学生身份证件号"],
        [EnteredOn] = [EnteredOn, "入学时间", "入学日期", "入学年份"],
        [GuardianName(1)] = [GuardianName(1), "成员1或监护人姓名", "监护人1姓名", "监护人姓名", "监护人", "家长姓名", "家长"],
        [Relation(1)] = [Relation(1), "监护人1关系", "监护人关系", "与学生关系", "关系"],
        [Phone(1)] = [Phone(1), "监护人1联系电话", "监护人联系电话", "监护人电话", "家长电话", "手机号", "手机", "联系电话"],
        [IsGuardian(1)] = [IsGuardian(1), "监护人1是否监护人", "是否监护人"],
        [GuardianId(1)] = [GuardianId(1), "监护人1身份证件号", "监护人身份证号", "监护人身份证件号"],
        [GuardianName(2)] = [GuardianName(2), "成员2或监护人姓名", "监护人2姓名"],
        [Relation(2)] = [Relation(2), "监护人2关系"],
        [Phone(2)] = [Phone(2), "监护人2联系电话"],
        [IsGuardian(2)] = [IsGuardian(2), "监护人2是否监护人"],
        [GuardianId(2)] = [GuardianId(2), "监护人2身份证件号"],
    };

    /// <summary>The sheet. Only the name must be there as a column; what a row needs beyond it is checked row by row.</summary>
    public static readonly RosterFile File = new("sheet", [Name], [.. Names.Keys.Where(name => name != Name)]) { Variants = Names };

    public static string GuardianName(int place) => $"成员{place}姓名";

    public static string Relation(int place) => $"成员{place}关系";

    public static string Phone(int place) => $"成员{place}联系电话";

    public static string IsGuardian(int place) => $"成员{place}是否监护人";

    public static string GuardianId(int place) => $"成员{place}身份证件号";

    /// <summary>Whether a line is the sheet's header: it has the name and two more columns that are known.</summary>
    public static bool IsHeader(IReadOnlyList<string> names)
    {
        var plain = names.Select(Plain).ToHashSet(StringComparer.Ordinal);
        return Names[Name].Any(plain.Contains) && Names.Values.Count(variants => variants.Any(plain.Contains)) >= 3;
    }

    /// <summary>A column's name without what schools put around it: a star, spaces, a remark in parentheses.</summary>
    public static string Plain(string name)
    {
        var plain = name.Normalize(NormalizationForm.FormKC);
        var remark = plain.IndexOf('(', StringComparison.Ordinal);
        if (remark > 0)
            plain = plain[..remark];
        return string.Concat(plain.Where(c => !char.IsWhiteSpace(c) && c is not ('*' or ':')));
    }
}

/// <summary>A guardian on a row of the sheet.</summary>
/// <param name="Key">An id that tells nothing about the person; the same in every upload.</param>
/// <param name="Name">The whole name.</param>
/// <param name="Role">OneRoster's role: <c>parent</c>, <c>guardian</c> or <c>relative</c>.</param>
/// <param name="Legal">Whether they are a guardian by law, not only a caregiver.</param>
/// <param name="Phone">How to reach them.</param>
internal sealed record SheetGuardian(string Key, string Name, string Role, bool Legal, string? Phone);

/// <summary>A row of the Chinese roster sheet: a student in a class, with guardians.</summary>
internal sealed record SheetRow(
    int Line, string? SchoolCode, string? SchoolName, string? Class, string? Grade, string Key, string? Number, string Name,
    DateOnly? BirthDate, string? Sex, SheetGuardian?[] Guardians, bool Good) : IRosterRow
{
    private static readonly string[] Days = ["yyyyMMdd", "yyyy-M-d", "yyyy/M/d", "yyyy.M.d", "yyyy年M月d日"];

    private static readonly SearchValues<char> Relatives = SearchValues.Create("祖外爷奶姥公婆叔伯姑舅姨兄姐哥");

    public bool Identified => Key.Length > 0;

    /// <summary>Reads a row.</summary>
    /// <param name="line">The row.</param>
    /// <param name="secret">Makes ids out of what must not be kept (ID card numbers, names).</param>
    public static SheetRow Read(RosterLine line, byte[] secret)
    {
        var (code, school) = (line.Text(SheetColumns.SchoolCode, 100), line.Text(SheetColumns.SchoolName, 255));
        var name = Plain(line.Required(SheetColumns.Name, 100));
        var number = ReadNumber(line);
        var id = ReadId(line, SheetColumns.IdNumber);
        var idInNumber = number is ['G', ..] ? number[1..] : null;
        if (idInNumber is not null && id is { Length: 18 } && idInNumber != id)
            line.Warn(RosterTexts.NumberMismatch, SheetColumns.Number);
        var birth = ReadBirthDate(line, id is { Length: 18 } ? id : idInNumber);
        var (title, grade) = ClassOf(line);
        var key = number
            ?? (id is not null ? Blind(secret, "student", id)
                : name.Length > 0 && birth is { } day ? Blind(secret, "student", $"{code ?? school}|{name}|{day:yyyyMMdd}") : "");
        if (key.Length == 0 && line.Good)
            line.Reject(RosterTexts.SheetNoKey);
        var guardians = new SheetGuardian?[SheetColumns.Guardians];
        for (var place = 1; place <= guardians.Length; place++)
            guardians[place - 1] = Guardian(line, place, key, secret);
        return new SheetRow(
            line.Number, code, school, title, grade, key, number, name, birth, SexOf(line), guardians, line.Good);
    }

    /// <summary>Whether the last of 18 characters is right (ISO 7064 MOD 11-2).</summary>
    public static bool CheckDigitFits(ReadOnlySpan<char> id)
    {
        var rest = 0;
        foreach (var c in id[..17])
            rest = (rest + (c - '0')) * 2 % 11;
        var check = (12 - rest) % 11;
        return id[17] == (check == 10 ? 'X' : (char)('0' + check));
    }

    private static string? ReadNumber(RosterLine line)
    {
        var number = Id(line, SheetColumns.Number, 19);
        if (number is null)
            return null;
        if (number.Length != 19 || number[0] is not ('G' or 'J' or 'L') || !HasIdForm(number.AsSpan(1)))
            line.Warn(RosterTexts.NumberForm, SheetColumns.Number);
        // The end of a temporary number is drawn by lot.
        else if (number[0] != 'L' && !CheckDigitFits(number.AsSpan(1)))
            line.Warn(RosterTexts.CheckDigit, SheetColumns.Number);
        return number;
    }

    private static string? ReadId(RosterLine line, string column)
    {
        var id = Id(line, column, 30);
        // Others than 18 characters are passports and permits.
        if (id is { Length: 18 } && (!HasIdForm(id) || !CheckDigitFits(id)))
            line.Warn(RosterTexts.CheckDigit, column);
        return id;
    }

    // An id as text; one that went through a number has lost its end.
    private static string? Id(RosterLine line, string column, int longest)
    {
        var value = Plain(line.Raw(column).TrimStart('\'').ToString()).ToUpperInvariant();
        if (value.Length == 0)
            return null;
        if (value.Contains("E+", StringComparison.Ordinal))
            line.Reject(RosterTexts.DigitsLost, column, value);
        else if (value.Length > longest || value.AsSpan().ContainsAny(", \t\""))
            line.Reject(RosterTexts.TooLong, column, null, longest.ToString(CultureInfo.InvariantCulture));
        else
            return value;
        return null;
    }

    private static bool HasIdForm(ReadOnlySpan<char> id) =>
        !id[..17].ContainsAnyExceptInRange('0', '9') && (char.IsAsciiDigit(id[17]) || id[17] == 'X');

    private static DateOnly? ReadBirthDate(RosterLine line, string? id)
    {
        var inId = id is not null && DateOnly.TryParseExact(
            id.AsSpan(6, 8), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var born)
            && born >= Roster.Days.EarliestBirth && born <= Roster.Days.Latest ? born : (DateOnly?)null;
        var value = Plain(line.Raw(SheetColumns.BirthDate).ToString());
        if (value.Length == 0)
            return inId;
        if (!DateOnly.TryParseExact(value, Days, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            line.Reject(RosterTexts.SheetDate, SheetColumns.BirthDate, value);
            return null;
        }

        if (day < Roster.Days.EarliestBirth || day > Roster.Days.Latest)
        {
            line.Reject(RosterTexts.DateImplausible, SheetColumns.BirthDate, value,
                $"{Roster.Days.EarliestBirth:yyyy-MM-dd}–{Roster.Days.Latest:yyyy-MM-dd}");
            return null;
        }

        if (inId is not null && inId != day)
            line.Warn(RosterTexts.BirthMismatch, SheetColumns.BirthDate);
        return day;
    }

    private static string? SexOf(RosterLine line)
    {
        var value = Plain(line.Raw(SheetColumns.Sex).ToString());
        switch (value)
        {
            case "":
                return null;
            case ['男' or '1' or 'M' or 'm', ..]:
                return "Male";
            case ['女' or '2' or 'F' or 'f', ..]:
                return "Female";
            default:
                line.Warn(RosterTexts.SheetValue, SheetColumns.Sex, value, "男, 女");
                return null;
        }
    }

    // 三年级(2)班 of 年级 and 班号; of the year of entering where the grade is not given; or as the school writes it.
    internal static (string? Title, string? Grade) ClassOf(RosterLine line)
    {
        var grade = Plain(line.Text(SheetColumns.Grade, 20) ?? "");
        var title = Plain(line.Text(SheetColumns.Class, 100) ?? "");
        var code = SchoolGrade.Code(grade);
        if (title.Length == 0)
            return (null, code ?? (grade.Length > 0 ? grade : null));
        var number = title.TrimEnd('班').Trim('(', ')');
        if (number.Length is 0 or > 3 || number.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return (title, code ?? (grade.Length > 0 ? grade : SchoolGrade.Code(title)));
        number = number.TrimStart('0') is { Length: > 0 } rest ? rest : number;
        var entered = Plain(line.Raw(SheetColumns.EnteredOn).ToString());
        var group = code is not null ? SchoolGrade.Name(code)
            : grade.Length > 0 ? grade
            : entered.Length >= 4 && !entered.AsSpan(0, 4).ContainsAnyExceptInRange('0', '9') ? entered[..4] + "级" : "";
        return ($"{group}({number})班", code ?? (grade.Length > 0 ? grade : null));
    }

    private static SheetGuardian? Guardian(RosterLine line, int place, string student, byte[] secret)
    {
        var name = Plain(line.Text(SheetColumns.GuardianName(place), 100) ?? "");
        var phone = line.Text(SheetColumns.Phone(place), 50);
        if (phone is not null && phone.Contains("E+", StringComparison.OrdinalIgnoreCase))
            line.Reject(RosterTexts.DigitsLost, SheetColumns.Phone(place), phone);
        var id = ReadId(line, SheetColumns.GuardianId(place));
        if (name.Length == 0 || student.Length == 0)
            return null;
        var relation = Plain(line.Text(SheetColumns.Relation(place), 50) ?? "");
        var isGuardian = Plain(line.Raw(SheetColumns.IsGuardian(place)).ToString()) switch
        {
            ['是' or '1' or 'Y' or 'y' or 'T' or 't', ..] => true,
            ['否' or '0' or 'N' or 'n' or 'F' or 'f', ..] => false,
            _ => (bool?)null,
        };
        var role = Role(relation, isGuardian);
        return new SheetGuardian(
            id is not null ? Blind(secret, "guardian", id) : Blind(secret, "guardian", $"{student}|{name}"),
            name, role, isGuardian ?? role != "relative", phone);
    }

    private static string Role(string relation, bool? isGuardian) =>
        // 祖父 and 外婆 before 父 and 母.
        relation.AsSpan().ContainsAny(Relatives) ? "relative"
        : relation.AsSpan().ContainsAny("父母爸妈") || relation.StartsWith("51", StringComparison.Ordinal)
            || relation.StartsWith("52", StringComparison.Ordinal) ? "parent"
        : relation.Contains("监护", StringComparison.Ordinal) || relation.Length == 0 && isGuardian != false ? "guardian"
        : "relative";

    // A keyed hash: the same in every upload, and nobody finds the number or name by trying all.
    private static string Blind(byte[] secret, string kind, string value) =>
        $"{kind}-{Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{kind}|{value}")).AsSpan(0, 16))}";

    internal static string Plain(string value) =>
        string.Concat(value.Normalize(NormalizationForm.FormKC).Where(c => !char.IsWhiteSpace(c)));
}

/// <summary>Grades as Chinese schools write them.</summary>
internal static class SchoolGrade
{
    private static readonly string[] Names =
        ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级", "高一年级", "高二年级", "高三年级"];

    private static readonly (string Text, int Grade)[] Written =
    [
        .. Names.Select((name, i) => (name, i + 1)), .. Names[..9].Select((name, i) => (name[..1], i + 1)),
        ("初一", 7), ("初二", 8), ("初三", 9), ("高一", 10), ("高二", 11), ("高三", 12),
    ];

    /// <summary>OneRoster's way to write it, <c>01</c> to <c>12</c>; <see langword="null"/> when it is not clear.</summary>
    public static string? Code(string text)
    {
        var number = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given is >= 1 and <= 12 ? given
            : Written.Where(grade => grade.Text.Length == 1 ? text == grade.Text : text.StartsWith(grade.Text, StringComparison.Ordinal))
                .Select(grade => grade.Grade).FirstOrDefault();
        return number == 0 ? null : number.ToString("00", CultureInfo.InvariantCulture);
    }

    /// <summary>The Chinese name of a grade.</summary>
    public static string Name(string code) => Names[int.Parse(code, CultureInfo.InvariantCulture) - 1];
}
