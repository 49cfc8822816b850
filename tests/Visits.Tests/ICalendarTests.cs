using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.Tests;

public sealed class ICalendarTests
{
    [Fact]
    [Trait("Rule", "VIS-6")]
    public void Any_line_is_folded_at_75_octets_and_unfolds_to_itself() => Prop.ForAll<string>(any =>
    {
        var text = Wellformed(any);
        var calendar = new ICalendar();
        calendar.Line("SUMMARY", ICalendar.Text(text));
        var written = calendar.ToString();
        return written.EndsWith("\r\n", StringComparison.Ordinal)
            && written[..^2].Split("\r\n").All(line => Encoding.UTF8.GetByteCount(line) <= 75 && Wellformed(line) == line)
            && written[..^2].Replace("\r\n ", "", StringComparison.Ordinal) == "SUMMARY:" + ICalendar.Text(text);
    }).QuickCheckThrowOnFailure();

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void Any_text_is_escaped_so_that_it_reads_back() => Prop.ForAll<string>(any =>
    {
        var text = string.Concat(Wellformed(any).Where(c => !char.IsControl(c) || c is '\n' or '\t'));
        var escaped = ICalendar.Text(text);
        return !escaped.Contains('\n', StringComparison.Ordinal) && Unescape(escaped) == text.ReplaceLineEndings("\n");
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_character_of_a_long_chinese_text_is_cut_in_two()
    {
        var calendar = new ICalendar();
        calendar.Line("DESCRIPTION", string.Concat(Enumerable.Repeat("家访👨‍👩‍👧,", 60)));
        calendar.ToString().ShouldNotContain("\uFFFD");
        Encoding.UTF8.GetBytes(calendar.ToString()).Length.ShouldBeGreaterThan(75);
    }

    private static string Wellformed(string? text) =>
        string.Concat((text ?? "").EnumerateRunes().Select(rune => rune.ToString()));

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
            plain.Append(text[i] != '\\' ? text[i] : text[++i] == 'n' ? '\n' : text[i]);
        return plain.ToString();
    }
}
