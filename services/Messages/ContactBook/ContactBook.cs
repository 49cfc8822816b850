using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Messages.ContactBook;

/// <summary>What of learning went well in a week (学习习惯).</summary>
public enum StudyHabit
{
    /// <summary>阅读.</summary>
    Reading,

    /// <summary>按时完成作业.</summary>
    Homework,

    /// <summary>专心听讲.</summary>
    Listening,

    /// <summary>预习复习.</summary>
    Review,

    /// <summary>整理.</summary>
    Tidiness,

    /// <summary>运动.</summary>
    Exercise,
}

/// <summary>How a child, or most of a class, felt in a week (情绪).</summary>
public enum Mood
{
    /// <summary>开朗.</summary>
    Cheerful,

    /// <summary>平稳.</summary>
    Calm,

    /// <summary>疲惫.</summary>
    Tired,

    /// <summary>低落.</summary>
    Low,

    /// <summary>紧张.</summary>
    Tense,
}

/// <summary>An entry of the contact book: chips, and a line of text. One of the three is enough.</summary>
/// <param name="Habits">What went well.</param>
/// <param name="Mood">The mood.</param>
/// <param name="Text">What to say, up to 500 characters.</param>
public sealed record EntryText(IReadOnlyList<StudyHabit>? Habits = null, Mood? Mood = null, string? Text = null);

/// <summary>What a guardian replies, to three prompts of which one is enough (MSG-1).</summary>
/// <param name="Observation">观察: what the family saw at home, up to 500 characters.</param>
/// <param name="Affirmation">肯定: what deserves praise, up to 500 characters.</param>
/// <param name="Question">疑问: what to ask the teacher, up to 500 characters.</param>
public sealed record ReplyText(string? Observation = null, string? Affirmation = null, string? Question = null);

/// <summary>A week of a class's contact book: what holds for all its children but those with an entry of their own.</summary>
public sealed class ContactWeek
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The week's Monday.</summary>
    public DateOnly Week { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What is said to all, as JSON. It is about nobody in particular, and stands in clear as notices do.</summary>
    public EntryText Common { get; set; } = new();

    /// <summary>Who wrote it last; <see langword="null"/> for a program.</summary>
    public Guid? AuthorId { get; set; }

    /// <summary>Since when families read it; <see langword="null"/> while it is a draft.</summary>
    public DateTimeOffset? PublishedAt { get; set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>A child's page in a week of the contact book.</summary>
public sealed class ContactEntry
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The entry.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The week's Monday.</summary>
    public DateOnly Week { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary><see cref="EntryText"/> as JSON, sealed for the child; <see langword="null"/> where the class's holds.</summary>
    public byte[]? Content { get; set; }

    /// <summary>Since when the family reads it.</summary>
    public DateTimeOffset? PublishedAt { get; set; }

    /// <summary>Grows with every change and reply: the version of the contact in the ledger (VIS-12).</summary>
    public long Version { get; set; }

    /// <summary>The column of the texts.</summary>
    internal static readonly SealedColumn SealedContent = new("messages.contact_entry", "content", "id");
}

/// <summary>What a guardian replied to an entry; each guardian has one, and does not see the others'.</summary>
public sealed class ContactReply
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The reply.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The entry.</summary>
    public Guid EntryId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary><see cref="ReplyText"/> as JSON, sealed for the child.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>When it was given or last changed.</summary>
    public DateTimeOffset RepliedAt { get; set; }

    /// <summary>When the class's staff first opened it as it is now.</summary>
    public DateTimeOffset? SeenAt { get; set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The column of the texts.</summary>
    internal static readonly SealedColumn SealedContent = new("messages.contact_reply", "content", "id");
}
