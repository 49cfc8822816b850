using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Messages.Posts;

/// <summary>A notice (通知) to the families of a class, a grade, a school or the district (MSG-4). It stays as it was
/// sent.</summary>
public sealed class Post
{
    /// <summary>The post; grows with time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The class; <see langword="null"/> for more than one.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade; <see langword="null"/> for all.</summary>
    public string? Grade { get; init; }

    /// <summary>What it is called, 1–100 characters.</summary>
    public string Title { get; init; } = "";

    /// <summary>What it says, 1–5,000 characters.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether it is about safety and waits for nothing (MSG-6).</summary>
    public bool Urgent { get; init; }

    /// <summary>Whether it asks for an answer: only then does the feedback rate count it.</summary>
    public bool AsksAnswer { get; init; }

    /// <summary>Which form of the school or district this one replaces (ALL-6), up to 200 characters.</summary>
    public string? Replaces { get; init; }

    /// <summary>The staff member who sent it; <see langword="null"/> for who is in no roster, such as a district's
    /// administrator.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When it was sent.</summary>
    public DateTimeOffset PublishedAt { get; init; }
}

/// <summary>How far a post has come at a school: the guardians have it one after the other, in the order of their ids.</summary>
public sealed class PostProgress
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid PostId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whose turn it is; the smallest first.</summary>
    public PostTurn Turn { get; init; }

    /// <summary>The last guardian who has it; changes in the transaction of the rows, so nobody gets it twice or never.</summary>
    public Guid LastGuardianId { get; init; }

    /// <summary>How many guardians have it.</summary>
    public int Guardians { get; init; }

    /// <summary>When the last one had it; <see langword="null"/> while some wait.</summary>
    public DateTimeOffset? DoneAt { get; init; }
}

/// <summary>Whose turn it is: what a teacher sends does not wait for what a whole district does.</summary>
public enum PostTurn
{
    /// <summary>What is about safety.</summary>
    Urgent,

    /// <summary>What a school or one of its classes sends.</summary>
    School,

    /// <summary>What goes to a whole district.</summary>
    District,
}

/// <summary>That a post went to a guardian because of a child, and what came of it (MSG-4).</summary>
public sealed class Receipt
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid PostId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child's class then; the empty id without one.</summary>
    public Guid ClassId { get; init; }

    /// <summary>How the guardian was to be reached then; who is not reached by app is not counted against the family
    /// (ARC-13).</summary>
    public GuardianChannel Channel { get; init; }

    /// <summary>When it arrived: the app has it, or a channel has accepted it.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When the guardian opened it.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>When the guardian answered about this child.</summary>
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>When the guardian was last reminded.</summary>
    public DateTimeOffset? RemindedAt { get; init; }
}

/// <summary>What a guardian answered to a post about a child.</summary>
public sealed class PostAnswer
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The answer.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The post.</summary>
    public Guid PostId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The child's class when the post was sent.</summary>
    public Guid ClassId { get; init; }

    /// <summary><see cref="AnswerContent"/> as JSON, sealed for the child.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>When it was given or last changed.</summary>
    public DateTimeOffset AnsweredAt { get; set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The column of the texts.</summary>
    internal static readonly SealedColumn SealedContent = new("messages.post_answer", "content", "id");
}

/// <summary>What is sealed of an answer.</summary>
/// <param name="Text">What the guardian wrote.</param>
internal sealed record AnswerContent(string Text);
