using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Wording;

/// <summary>What a wording does that should be avoided (VIS-14).</summary>
public enum ToneKind
{
    /// <summary>It labels the child or the family (负面标签).</summary>
    Label,

    /// <summary>It complains about the child (告状式).</summary>
    Complaint,
}

/// <summary>A wording that a record or a post should not have, and what to write instead (VIS-14).</summary>
/// <param name="Text">The wording, 1–30 characters; upper and lower case are alike.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Zh">What to write instead, in Chinese, up to 100 characters.</param>
/// <param name="En">The same in English.</param>
public sealed record ToneWord(string Text, ToneKind Kind, string Zh, string En)
{
    private const int Most = 500;
    private const int Longest = 30;
    private const int LongestSuggestion = 100;

    private const string BehaviourZh = "请写看到的具体行为，以及希望如何一起帮助孩子";
    private const string BehaviourEn = "Write what was observed, and how to help together";
    private const string LearningZh = "请写明哪一处需要帮助，以及已有的进步";
    private const string LearningEn = "Write what help is needed where, and what is better already";
    private const string FamilyZh = "请写明家庭的难处，以及学校可以怎样支持";
    private const string FamilyEn = "Write what is hard for the family, and how the school can help";
    private const string OnceZh = "请写一次具体的情形（何时、何事），不用“总是”“从来不”";
    private const string OnceEn = "Write one occasion (when, what) instead of always or never";

    /// <summary>The list of a district that has none of its own.</summary>
    public static readonly IReadOnlyList<ToneWord> Defaults =
    [
        .. Of(ToneKind.Label, LearningZh, LearningEn,
            "差生", "学渣", "笨", "真笨", "太笨", "很笨", "笨蛋", "愚笨", "蠢", "愚蠢", "脑子不好使", "智商低", "不是读书的料", "拖后腿",
            "成绩差", "很差", "太差", "差劲", "没救了", "无药可救", "不可救药", "烂泥扶不上墙",
            "stupid", "dumb", "slow learner", "hopeless", "a failure"),
        .. Of(ToneKind.Label, BehaviourZh, BehaviourEn,
            "懒", "懒惰", "偷懒成性", "坏孩子", "坏学生", "问题学生", "问题儿童", "问题孩子", "没出息", "不争气", "没教养", "野孩子",
            "屡教不改", "撒谎成性", "调皮捣蛋", "素质低", "素质差", "品行恶劣", "惹是生非", "害群之马", "丢人", "丢脸",
            "lazy", "bad child", "bad kid", "naughty", "troublemaker", "problem child", "liar"),
        .. Of(ToneKind.Label, FamilyZh, FamilyEn,
            "问题家庭", "不负责任", "没有家教", "缺乏家教", "不配合", "不称职", "只会溺爱",
            "irresponsible", "broken home", "bad parents", "uncooperative"),
        .. Of(ToneKind.Complaint, OnceZh, OnceEn,
            "总是捣乱", "总是打架", "总是迟到", "总是不听话", "老是捣乱", "老是打架", "老是迟到", "天天惹事", "天天迟到", "从来不写作业",
            "从来不听", "又不交作业", "又不写作业", "你家孩子又", "你们家长怎么", "影响全班", "全班最差", "别的孩子都", "说了多少次",
            "always late", "never listens", "never does", "how many times", "worst in the class", "every other child"),
    ];

    /// <summary>Adds what is wrong with a district's list.</summary>
    /// <param name="mistakes">What is wrong so far.</param>
    /// <param name="field">Where the list stands.</param>
    /// <param name="words">The list; nothing is wrong with none.</param>
    public static void Check(Mistakes mistakes, string field, IReadOnlyList<ToneWord>? words)
    {
        ArgumentNullException.ThrowIfNull(mistakes);
        if (words?.Count > Most)
            mistakes.Add(Failures.List.At(field, 0, Most));
        foreach (var (word, i) in (words ?? []).Take(Most).Select((word, i) => (word, i)))
        {
            mistakes.Text($"{field}[{i}].text", word.Text, Longest);
            mistakes.Text($"{field}[{i}].zh", word.Zh, LongestSuggestion);
            mistakes.Text($"{field}[{i}].en", word.En, LongestSuggestion);
        }
    }

    private static IEnumerable<ToneWord> Of(ToneKind kind, string zh, string en, params string[] texts) =>
        texts.Select(text => new ToneWord(text, kind, zh, en));
}
