using HomeSchool.ServiceDefaults.Wording;

namespace HomeSchool.Visits.Tests;

[Trait("Rule", "VIS-14")]
public sealed class ToneTests
{
    [Theory]
    [InlineData("他很懒", "懒")]
    [InlineData("孩子懒得写", "")]
    [InlineData("坏孩子", "坏孩子")]
    [InlineData("不要破坏孩子的兴趣", "")]
    [InlineData("成绩差", "成绩差")]
    [InlineData("两次成绩差距不大", "")]
    [InlineData("笨拙的字", "")]
    [InlineData("他说自己真笨，总是打架", "真笨 总是打架")]
    [InlineData("A lazy boy", "lazy")]
    [InlineData("Lazybones", "")]
    [InlineData("LAZY", "LAZY")]
    [InlineData("主动举手，字写得工整", "")]
    public void A_wording_counts_where_it_is_a_word(string text, string found) =>
        string.Join(' ', Tone.Find([("summary", text)], null).Select(hint => text.Substring(hint.Start, hint.Length))).ShouldBe(found);

    [Fact]
    public void Of_overlapping_wordings_the_longest_is_shown()
    {
        var words = new[] { "迟到", "总是迟到" }.Select(text => new ToneWord(text, ToneKind.Complaint, "x", "x")).ToArray();
        var hint = Tone.Find([("summary", "孩子总是迟到")], words).ShouldHaveSingleItem();
        (hint.Start, hint.Length).ShouldBe((2, 4));
    }

    [Fact]
    public void Words_are_found_by_ICU() => WordBreaks.Of("爸爸常出差")!.Order().ShouldBe([0, 2, 3, 5]);

    [Fact]
    public void Every_default_wording_is_found_where_it_stands_alone()
    {
        foreach (var word in ToneWord.Defaults)
            Tone.Find([("x", word.Text)], null).ShouldHaveSingleItem(word.Text).Length.ShouldBe(word.Text.Length, word.Text);
    }
}
