using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Wording;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>What a class's group does not carry (MSG-3).</summary>
public enum GroupConcern
{
    /// <summary>广告: something is offered, or readers are led elsewhere.</summary>
    Advertisement,

    /// <summary>情绪宣泄: anger in front of everybody.</summary>
    Venting,

    /// <summary>成绩、排名: they reach the child and its guardians only (未成年人学校保护规定 10).</summary>
    Score,
}

/// <summary>A passage that a class's group does not carry.</summary>
/// <param name="Concern">What it is.</param>
/// <param name="Start">Where it begins, in UTF-16 units from 0.</param>
/// <param name="Length">Its length in UTF-16 units.</param>
public sealed record GroupFinding(GroupConcern Concern, int Start, int Length);

/// <summary>A district's lists of wordings; upper and lower case, full and half width are alike.</summary>
/// <param name="Advertisement">Wordings of advertisements, up to 500 of 1–30 characters.</param>
/// <param name="Venting">Wordings of anger, up to 500 of 1–30 characters.</param>
public sealed record GroupWords(IReadOnlyList<string> Advertisement, IReadOnlyList<string> Venting)
{
    private const int Most = 500;
    private const int Longest = 30;

    /// <summary>The lists of a district that has none of its own.</summary>
    public static readonly GroupWords Default = new(
        [
            "优惠", "促销", "特价", "折扣", "团购", "拼团", "代购", "微商", "包邮", "现货", "招代理", "加盟", "限时抢购", "秒杀", "砍一刀", "助力领",
            "免费试听", "试听课", "培训班招生", "辅导班招生", "报名热线", "一对一辅导", "有偿补课", "推广", "返现", "返利", "贷款", "保险产品", "理财",
            "刷单", "日结", "扫码领", "扫码进群", "加我微信", "加微信", "私信下单", "欢迎选购", "帮忙投票", "帮孩子投票", "点赞拉票",
            "on sale", "special offer", "discount code", "buy now", "free trial", "sign up now", "promo code",
        ],
        [
            "气死我了", "气死了", "太过分了", "忍无可忍", "受够了", "什么破学校", "破学校", "垃圾学校", "什么老师", "垃圾老师", "不配当老师", "误人子弟",
            "不负责任的老师", "黑心", "混蛋", "王八蛋", "滚蛋", "闭嘴", "有病吧", "神经病", "不要脸", "无耻", "瞎了眼", "曝光你", "曝光他们", "举报你",
            "等着瞧", "走着瞧", "谁家孩子这么", "管管你家孩子",
            "disgusting", "shame on", "fed up", "what a joke", "shut up", "useless teacher", "idiot",
        ]);

    /// <summary>Adds what is wrong with them.</summary>
    internal void Check(Mistakes mistakes)
    {
        mistakes.Texts("groupWords.advertisement", Advertisement, Most, Longest);
        mistakes.Texts("groupWords.venting", Venting, Most, Longest);
    }
}

/// <summary>
/// Finds advertisements, venting and scores before they are published (MSG-3). Words count where they begin and end with one;
/// spread out by blanks or hidden characters they count all the same.
/// </summary>
internal static partial class GroupWording
{
    /// <summary>Scores or ranks in something that goes to more than one family.</summary>
    public static readonly Failure ScoreToAll = new("messages.score-to-all", 422,
        "成绩和排名只能告知学生本人及其监护人，请删去 errors 所指内容，或逐一告知各家庭。",
        "Scores and ranks are for the child and its guardians only: take out what errors points at, or tell each family by itself.");

    // Each pattern is bounded, and takes a moment; a machine that stands still for a while must not refuse a message.
    private const int Patience = 60_000;

    /// <summary>What a text has, in its order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="words">The district's lists; <see langword="null"/> for the default ones.</param>
    /// <param name="byFamily">Whether a family writes: whoever is not of the school gives no addresses of shops and chats.</param>
    public static IReadOnlyList<GroupFinding> Find(string text, GroupWords? words, bool byFamily)
    {
        var folded = Folded.Of(text);
        var lists = words ?? GroupWords.Default;
        var findings = Words(folded, lists.Advertisement, GroupConcern.Advertisement)
            .Concat(Words(folded, lists.Venting, GroupConcern.Venting)).Concat(Scores(folded));
        if (byFamily)
            findings = findings.Concat(Matches(Contact(), folded, GroupConcern.Advertisement));
        return [.. findings.Distinct().OrderBy(finding => finding.Start).ThenBy(finding => finding.Concern)];
    }

    /// <summary>Why texts for more than one family are refused, with the places of scores and ranks.</summary>
    public static Problem? ScoreRefusal(params IEnumerable<(string Field, string? Text)> texts)
    {
        var found = texts.SelectMany(one => one.Text is null ? [] : Scores(Folded.Of(one.Text)).Select(finding => Mistake(one.Field, finding)))
            .ToArray();
        return found.Length == 0 ? null : new Problem(ScoreToAll, found);
    }

    // Where it stands, never what it says: answers may be logged by what lies between.
    private static FieldMistake Mistake(string field, GroupFinding finding) => new(
        field, ScoreToAll.Code,
        FormattableString.Invariant($"第 {finding.Start + 1}–{finding.Start + finding.Length} 字是成绩或排名。"),
        FormattableString.Invariant($"Characters {finding.Start + 1}–{finding.Start + finding.Length} are a score or a rank."));

    private static IEnumerable<GroupFinding> Words(Folded text, IReadOnlyList<string> words, GroupConcern concern)
    {
        HashSet<int>? breaks = null;
        var isSegmented = false;
        foreach (var word in words)
        {
            var sought = Folded.Of(word).Squeezed;
            if (sought.Length == 0)
                continue;
            for (var at = text.Squeezed.IndexOf(sought, StringComparison.Ordinal); at >= 0;
                at = at + 1 < text.Squeezed.Length ? text.Squeezed.IndexOf(sought, at + 1, StringComparison.Ordinal) : -1)
            {
                var (start, length) = text.Place(text.AtSqueezed(at), text.AtSqueezed(at + sought.Length - 1));
                if (!isSegmented)
                    (breaks, isSegmented) = (WordBreaks.Of(text.Original), true);
                // Of what is spread out there are no words to ask for.
                if (breaks is null || length != word.Length || (breaks.Contains(start) && breaks.Contains(start + length)))
                    yield return new GroupFinding(concern, start, length);
            }
        }
    }

    private static IEnumerable<GroupFinding> Scores(Folded text)
    {
        var isOfExams = Exams().IsMatch(text.Text);
        if (isOfExams)
        {
            foreach (var finding in Matches(Rank(), text, GroupConcern.Score).Concat(Matches(Points(), text, GroupConcern.Score)))
                yield return finding;
        }

        foreach (var finding in Matches(Achieved(), text, GroupConcern.Score))
            yield return finding;
        // A list of names with numbers: two of them when it is about an exam, three otherwise.
        var named = Matches(Named(), text, GroupConcern.Score).ToArray();
        if (named.Length >= (isOfExams ? 2 : 3))
        {
            foreach (var finding in named)
                yield return finding;
        }
    }

    private static IEnumerable<GroupFinding> Matches(Regex pattern, Folded text, GroupConcern concern) =>
        pattern.Matches(text.Text).Select(match =>
        {
            var (start, length) = text.Place(match.Index, match.Index + match.Length - 1);
            return new GroupFinding(concern, start, length);
        });

    [GeneratedRegex(
        "考试|月考|期考|联考|模考|中考|高考|统考|抽考|考了|考得|期中|期末|测验|测试|小测|单元测|成绩|分数|得分|总分|语文|数学|英语|物理|化学|\\b(?:exam|test|quiz|scores?|marks?)\\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Exams();

    [GeneratedRegex(
        "排名|名次|排行|倒数第|(?:年级|全班|班级|全校)第|第\\s{0,3}[一二三四五六七八九十百\\d]{1,4}\\s{0,3}名|前\\s{0,3}[一二三四五六七八九十百\\d]{1,4}\\s{0,3}名"
        + "|\\brank(?:ed|ing|s)?\\b|\\btop\\s{1,3}\\d{1,3}\\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Rank();

    // Not a time (8 点 30 分), a span (40 分钟), a part (三分之一), what a paper is worth, an average, or a rate.
    [GeneratedRegex(
        "(?<![\\d.])(?<!(?:[点时共均题线各每差加减率达约]|\\d:|满分为?|总分为?|平均分为?)\\s{0,3})\\d{1,3}(?:\\.\\d)?\\s{0,2}(?:分(?![钟之享类别工组开析为成制值段])|points?\\b|%)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Points();

    [GeneratedRegex(
        "(?:考了|考得|考出|得了|只有|才考|仅考)\\s{0,2}\\d{1,3}(?:\\.\\d)?\\s{0,2}分(?!钟)|\\bscored\\s{1,3}\\d{1,3}\\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Achieved();

    // A number that stands alone: at the end of its line or part, or before the next name. What has a unit is none (45 人).
    [GeneratedRegex(
        "(?<![\\p{IsCJKUnifiedIdeographs}])[\\p{IsCJKUnifiedIdeographs}·]{2,5}[ \\t]{0,3}[:,=\\-—、]?[ \\t]{0,3}(?:1[0-4]\\d|150|\\d{2})(?:\\.\\d)?"
        + "(?:分(?!钟)|(?=[ \\t]{0,3}(?:[,;、。\\r\\n]|$))|(?=[ \\t]{1,3}[\\p{IsCJKUnifiedIdeographs}·]{2,5}[ \\t]{0,3}:?[ \\t]{0,3}\\d))",
        RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Named();

    [GeneratedRegex(
        "https?://|www\\.|(?:微信|v信|vx|wechat|qq)\\s{0,2}(?:号|群)?\\s{0,2}[:为是]?\\s{0,2}[a-z0-9_\\-]{5,20}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience)]
    private static partial Regex Contact();

    // A text as it is compared: half width, lower case, without characters that nobody sees; and where each unit came from.
    private sealed record Folded(string Original, string Text, string Squeezed, IReadOnlyList<int> From, IReadOnlyList<int> FromSqueezed)
    {
        public static Folded Of(string text)
        {
            var (folded, squeezed) = (new StringBuilder(text.Length), new StringBuilder(text.Length));
            var (from, fromSqueezed) = (new List<int>(text.Length), new List<int>(text.Length));
            for (var i = 0; i < text.Length; i++)
            {
                if (char.GetUnicodeCategory(text[i]) == UnicodeCategory.Format)
                    continue;
                var units = char.IsSurrogate(text[i]) ? text[i].ToString() : text[i].ToString().Normalize(NormalizationForm.FormKC);
                foreach (var unit in units)
                {
                    var lower = char.ToLowerInvariant(unit);
                    // Between Latin words a blank is part of the wording.
                    if (!char.IsWhiteSpace(lower) || (folded.Length > 0 && char.IsAsciiLetter(folded[^1])))
                    {
                        squeezed.Append(lower);
                        fromSqueezed.Add(folded.Length);
                    }

                    folded.Append(lower);
                    from.Add(i);
                }
            }

            return new Folded(text, folded.ToString(), squeezed.ToString(), from, fromSqueezed);
        }

        public int AtSqueezed(int at) => FromSqueezed[at];

        /// <summary>The passage in the original from one folded unit to another.</summary>
        public (int Start, int Length) Place(int first, int last) => (From[first], From[last] - From[first] + 1);
    }
}
