using HomeSchool.Messages.ClassGroup;

namespace HomeSchool.Messages.Tests;

/// <summary>What a class's group does not carry (MSG-3), found before it is published.</summary>
[Trait("Rule", "MSG-3")]
public sealed class GroupWordingTests
{
    [Theory]
    // Advertisements.
    [InlineData("暑期培训班招生，前三十名优惠！", "培训班招生 优惠")]
    [InlineData("有需要的家长加微信 abc_12345", "加微信 微信 abc_12345")]
    [InlineData("大家帮忙投票 https://vote.example/9", "帮忙投票 https://")]
    [InlineData("优 惠 只剩今天", "优 惠")]
    [InlineData("优\u200b惠只剩今天", "优\u200b惠")]
    [InlineData("全场特价，ＢＵＹ ＮＯＷ", "特价 ＢＵＹ ＮＯＷ")]
    // Venting.
    [InlineData("气死我了，作业又这么多", "气死我了")]
    [InlineData("Shame on this school", "Shame on")]
    // Nothing at all.
    [InlineData("今天的亲子阅读真有意思，谢谢老师！", "")]
    [InlineData("感谢家委会管理财务的家长", "")]
    [InlineData("周五下午 3 点 30 分开家长会，约 40 分钟。", "")]
    public void Advertisements_and_venting_are_found_where_they_stand(string text, string found) =>
        string.Join(' ', GroupWording.Find(text, null, byFamily: true).Select(finding => text.Substring(finding.Start, finding.Length)))
            .ShouldBe(found);

    [Theory]
    [InlineData("期中考试成绩：张明 95，李红 88")]
    [InlineData("王小明：92分\n赵丽：85分\n孙强：77分")]
    [InlineData("王小明 92\n赵丽 85\n孙强 77")]
    [InlineData("单元测：张明 95 李红 88")]
    [InlineData("小明数学成绩：95分")]
    [InlineData("恭喜小明数学考了98分")]
    [InlineData("小明数学考了９８分")]
    [InlineData("这次月考全班第一是小红")]
    [InlineData("本次期末排名已出，前十名如下")]
    [InlineData("语文 第 3 名")]
    [InlineData("Tom scored 95 in the quiz")]
    [InlineData("Maths test: ranked top 3")]
    [InlineData("英语 87.5 分，继续加油")]
    public void A_score_or_a_rank_is_for_the_child_and_its_guardians_only(string text) =>
        GroupWording.ScoreRefusal(("text", text)).ShouldNotBeNull().Failure.Code.ShouldBe("messages.score-to-all");

    [Theory]
    [InlineData("周五下午3点30分开家长会，约40分钟。")]
    [InlineData("接力赛第一名，孩子们真棒！")]
    [InlineData("期末考试时间：1 月 12 日 8 点 30 分，满分 100 分。")]
    [InlineData("数学试卷共20题，每题5分。")]
    [InlineData("期中考试平均分 85 分，谢谢各位家长支持。")]
    [InlineData("请参考书单，思考三分之一的题目。")]
    [InlineData("本班在籍 45 人，今天到 44 人。")]
    [InlineData("数学组 45 人，英语组 44 人参加考试。")]
    [InlineData("本月数学作业提交率 95%，继续保持。")]
    [InlineData("语文 30分钟，数学 30分钟，英语 20分钟，请合理安排。")]
    [InlineData("亲子阅读打卡：第 21 天！")]
    public void What_is_no_score_of_a_child_passes(string text) => GroupWording.ScoreRefusal(("text", text)).ShouldBeNull();

    [Fact]
    public void A_district_has_lists_of_its_own()
    {
        var own = new GroupWords(["砍价"], []);
        GroupWording.Find("气死我了，优惠", own, byFamily: false).ShouldBeEmpty();
        GroupWording.Find("一起砍价", own, byFamily: false).ShouldHaveSingleItem().ShouldBe(new GroupFinding(GroupConcern.Advertisement, 2, 2));
    }

    [Fact]
    public void Each_wording_of_the_lists_is_found_when_it_stands_alone()
    {
        foreach (var word in GroupWords.Default.Advertisement)
            GroupWording.Find(word, null, byFamily: false).ShouldContain(new GroupFinding(GroupConcern.Advertisement, 0, word.Length), word);
        foreach (var word in GroupWords.Default.Venting)
            GroupWording.Find(word, null, byFamily: false).ShouldContain(new GroupFinding(GroupConcern.Venting, 0, word.Length), word);
    }

    [Fact]
    public void A_long_text_is_no_burden() =>
        GroupWording.Find(string.Concat(Enumerable.Repeat("张三 9 分 李四 ", 500)), null, byFamily: true)
            .ShouldAllBe(finding => finding.Length > 0);
}
