using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Outlines;

/// <summary>The outline of a visit (VIS-7), written before it. Its texts are sealed; what is missing of it is not.</summary>
public sealed class VisitOutline
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member who wrote it last; <see langword="null"/> when the account has none.</summary>
    public Guid? AuthorId { get; set; }

    /// <summary>When it was written last.</summary>
    public DateTimeOffset WrittenAt { get; set; }

    /// <summary>What it lacks, of <see cref="OutlineContent.Mandatory"/>, as the policy said when it was written.</summary>
    public string[] Missing { get; set; } = [];

    /// <summary>An <see cref="OutlineContent"/> as JSON, sealed.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("visits.visit_outline", "content", "visit_id");
}

/// <summary>What an outline says (VIS-7). Of the mandatory part something may be missing until the visit starts.</summary>
/// <param name="Progress">Concrete points of progress at school (进步点), up to 10 of 300 characters; mandatory, by default
/// two.</param>
/// <param name="Tasks">What the family is asked to do, up to 10 of 300 characters; mandatory.</param>
/// <param name="Questions">The parents' questions, as far as the teacher heard them, up to 10 of 300 characters; mandatory,
/// unless the family has said itself what it asks, or <paramref name="NoQuestions"/>.</param>
/// <param name="NoQuestions">The parents were asked and have no questions.</param>
/// <param name="Interests">Interests at home, up to 1,000 characters.</param>
/// <param name="TimeTogether">Time together, up to 1,000 characters.</param>
/// <param name="Expectations">The family's expectations, up to 1,000 characters.</param>
public sealed record OutlineContent(
    IReadOnlyList<string>? Progress = null, IReadOnlyList<string>? Tasks = null, IReadOnlyList<string>? Questions = null,
    bool NoQuestions = false, string? Interests = null, string? TimeTogether = null, string? Expectations = null)
{
    /// <summary>The name of the points of progress among what is missing.</summary>
    public const string ProgressPart = "progress";

    /// <summary>The name of what the family is asked to do.</summary>
    public const string TasksPart = "tasks";

    /// <summary>The name of the parents' questions.</summary>
    public const string QuestionsPart = "questions";

    internal const int MostPoints = 10;
    internal const int LongestPoint = 300;

    private const int LongestText = 1_000;

    /// <summary>The mandatory part.</summary>
    public static readonly IReadOnlyList<string> Mandatory = [ProgressPart, TasksPart, QuestionsPart];

    /// <summary>What it lacks, the questions also when the family has said them itself.</summary>
    public IEnumerable<string> Missing(int progressPoints)
    {
        if ((Progress?.Count ?? 0) < progressPoints)
            yield return ProgressPart;
        if (Tasks is not { Count: > 0 })
            yield return TasksPart;
        if (Questions is not { Count: > 0 } && !NoQuestions)
            yield return QuestionsPart;
    }

    /// <summary>Adds what is wrong; what is left is what will be kept.</summary>
    internal OutlineContent Checked(Mistakes mistakes) => new(
        mistakes.Texts("progress", Progress, MostPoints, LongestPoint),
        mistakes.Texts("tasks", Tasks, MostPoints, LongestPoint),
        mistakes.Texts("questions", Questions, MostPoints, LongestPoint),
        NoQuestions,
        mistakes.OptionalText("interests", Interests, LongestText),
        mistakes.OptionalText("timeTogether", TimeTogether, LongestText),
        mistakes.OptionalText("expectations", Expectations, LongestText));

    /// <summary>The texts whose wording is looked at (VIS-14): not the parents' own words.</summary>
    internal IEnumerable<(string Field, string? Text)> Worded() =>
    [
        .. (Progress ?? []).Select((text, i) => ($"progress[{i}]", (string?)text)),
        .. (Tasks ?? []).Select((text, i) => ($"tasks[{i}]", (string?)text)),
        ("interests", Interests), ("timeTogether", TimeTogether), ("expectations", Expectations),
    ];
}

/// <summary>
/// The prompts of an outline, as a district sets them, or a school for its programme (VIS-7, VIS-19): up to 10 for each part, of
/// 100 characters.
/// </summary>
/// <param name="Progress">For the points of progress.</param>
/// <param name="Tasks">For what the family is asked to do.</param>
/// <param name="Questions">For the parents' questions.</param>
/// <param name="Interests">For interests at home.</param>
/// <param name="TimeTogether">For time together.</param>
/// <param name="Expectations">For the family's expectations.</param>
public sealed record OutlineTemplate(
    IReadOnlyList<string> Progress, IReadOnlyList<string> Tasks, IReadOnlyList<string> Questions,
    IReadOnlyList<string> Interests, IReadOnlyList<string> TimeTogether, IReadOnlyList<string> Expectations)
{
    private const int MostPrompts = 10;
    private const int LongestPrompt = 100;

    /// <summary>The template of a district that has none of its own.</summary>
    public static readonly OutlineTemplate Default = new(
        ["课堂上最近一次主动的表现是什么？", "哪一项作业或习惯比上个月好？", "与同学相处中有哪件值得称赞的事？"],
        ["每天可以一起做的一件小事", "需要家长确认或签字的事项"],
        ["家长最想了解孩子在校的哪一方面？", "家长对学校有什么建议或困难？"],
        ["在家最喜欢做什么？", "会做哪些家务？"],
        ["每周有多少时间陪伴，一起做什么？"],
        ["本学期最希望孩子在哪方面有进步？"]);

    /// <summary>Adds what is wrong with it.</summary>
    internal void Check(Mistakes mistakes)
    {
        foreach (var (name, prompts) in new[]
        {
            ("progress", Progress), ("tasks", Tasks), ("questions", Questions), ("interests", Interests),
            ("timeTogether", TimeTogether), ("expectations", Expectations),
        })
        {
            mistakes.Texts($"records.outline.{name}", prompts, MostPrompts, LongestPrompt);
        }
    }
}
