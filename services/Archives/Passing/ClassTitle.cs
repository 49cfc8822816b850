using System.Globalization;
using System.Text.RegularExpressions;

namespace HomeSchool.Archives.Passing;

/// <summary>
/// Grades and class titles a year later (ARC-14). A grade is a number as the school's system writes it (<c>07</c>, <c>7</c>); a title is
/// recognised where it names that grade in one of the usual forms, and stays as it is otherwise.
/// </summary>
internal static partial class ClassTitle
{
    private static readonly string[] Numerals =
        ["", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];

    /// <summary>The next grade, written as the last one was; <see langword="null"/> when it is no number from 1 to 12.</summary>
    public static string? NextGrade(string grade) =>
        Number(grade) is { } number ? (number + 1).ToString($"D{grade.Length}", CultureInfo.InvariantCulture) : null;

    /// <summary>A grade's number; <see langword="null"/> when it is none from 1 to 12.</summary>
    public static int? Number(string? grade) =>
        grade is { Length: 1 or 2 } && int.TryParse(grade, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is >= 1 and <= 12 ? number : null;

    /// <summary>
    /// The title in the next year, e.g. 八年级(3)班 for 七年级(3)班, 三(1)班, 初一(2)班, 高一3班, 701班, Grade 7 Class 3; the same when none of these
    /// forms names <paramref name="grade"/>.
    /// </summary>
    public static string Next(string title, int grade)
    {
        var found = Named().Match(title);
        if (!found.Success)
            return title;
        foreach (var (group, from, to) in new[]
        {
            ("number", $"{grade}", $"{grade + 1}"),
            ("numeral", Numerals[grade], grade < 12 ? Numerals[grade + 1] : ""),
            // Of three years each: the last of them has no next.
            ("stage", grade % 3 == 0 ? "" : Numerals[(grade - 1) % 3 + 1], Numerals[(grade - 1) % 3 + 2]),
        })
        {
            if (found.Groups[group] is { Success: true } named && named.Value == from && to.Length > 0)
                return string.Concat(title.AsSpan(0, named.Index), to, title.AsSpan(named.Index + named.Length));
        }

        return title;
    }

    [GeneratedRegex(
        """^(?:[初高](?<stage>[一二三])|小?(?<numeral>[一二三四五六七八九]|十[一二]?)(?=年|[(（])|(?<number>\d{1,2})(?=年级|[(（]|\d\d班)|(?:Grade|G)\s*(?<number>\d{1,2})(?!\d))""",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Named();
}
