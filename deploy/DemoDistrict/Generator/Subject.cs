namespace HomeSchool.DemoDistrict.Generator;

/// <summary>A subject, and how much of it is taught.</summary>
/// <param name="Code">For ids.</param>
/// <param name="Title">As people say it.</param>
/// <param name="From">First grade that has it, 1–12.</param>
/// <param name="To">Last grade that has it, 1–12.</param>
/// <param name="Load">How many classes one teacher of it teaches.</param>
internal sealed record Subject(string Code, string Title, int From, int To, int Load)
{
    /// <summary>
    /// All. The first two are taught in every grade with a load of two: of each two classes the teacher of the one is homeroom
    /// teacher of one, the teacher of the other of the other.
    /// </summary>
    public static readonly IReadOnlyList<Subject> All =
    [
        new("chinese", "语文", 1, 12, 2),
        new("mathematics", "数学", 1, 12, 2),
        new("english", "英语", 3, 12, 2),
        new("morality", "道德与法治", 1, 9, 6),
        new("politics", "思想政治", 10, 12, 6),
        new("science", "科学", 1, 6, 6),
        new("history", "历史", 7, 12, 6),
        new("geography", "地理", 7, 12, 6),
        new("biology", "生物", 7, 12, 6),
        new("physics", "物理", 8, 12, 3),
        new("chemistry", "化学", 9, 12, 3),
        new("sports", "体育与健康", 1, 12, 6),
        new("music", "音乐", 1, 12, 8),
        new("art", "美术", 1, 12, 8),
    ];

    /// <summary>Whether a grade has it.</summary>
    public bool IsTaughtIn(int grade) => From <= grade && grade <= To;
}
