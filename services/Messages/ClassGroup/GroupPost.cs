using HomeSchool.Contracts.Messages;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>What became of a post (MSG-3).</summary>
public enum GroupPostState
{
    /// <summary>The class reads it.</summary>
    Published,

    /// <summary>It waits for a moderator.</summary>
    Held,

    /// <summary>A moderator stopped it, before or after it was published; its author reads why, and may send it privately.</summary>
    Stopped,

    /// <summary>Its author sent it privately instead.</summary>
    Private,
}

/// <summary>
/// A post in a class's group. What names children or comes from a family is sealed for those children; what a teacher says to all
/// stands in clear, like a notice.
/// </summary>
public sealed class GroupPost
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post; grows with time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>What it is.</summary>
    public GroupPostKind Kind { get; init; }

    /// <summary>The post that it answers.</summary>
    public Guid? AnswerTo { get; init; }

    /// <summary>The staff member who wrote it; <see langword="null"/> for a family's.</summary>
    public Guid? StaffId { get; init; }

    /// <summary>The guardian who wrote it; <see langword="null"/> for staff.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>The child whose guardian wrote it.</summary>
    public Guid? StudentId { get; init; }

    /// <summary>How many children are named. Who cannot see the rows of all of them, as when the data of one is restricted, does not
    /// see the post.</summary>
    public int Children { get; init; }

    /// <summary>The photos, as Activities knows them: it asks for everybody's consent at each look.</summary>
    public Guid[] PhotoIds { get; init; } = [];

    /// <summary>What it says, when it is about nobody in particular.</summary>
    public string? Text { get; init; }

    /// <summary><see cref="GroupContent"/> as JSON, sealed for the children; <see langword="null"/> when <see cref="Text"/> says it.</summary>
    public byte[]? Content { get; set; }

    /// <summary>What became of it.</summary>
    public GroupPostState State { get; set; }

    /// <summary>Why it waited: the concerns that were found.</summary>
    public GroupConcern[] Concerns { get; init; } = [];

    /// <summary>When it was written.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>When the class could first read it.</summary>
    public DateTimeOffset? PublishedAt { get; set; }

    /// <summary>Grows by one with every change: of two moderators one decides.</summary>
    public long Version { get; set; } = 1;

    /// <summary>The column of the texts.</summary>
    internal static readonly SealedColumn SealedContent = new("messages.group_post", "content", "id");
}

/// <summary>What is sealed of a post.</summary>
/// <param name="Text">What it says.</param>
internal sealed record GroupContent(string Text);

/// <summary>That a post is about a child.</summary>
public sealed class GroupPostChild
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid PostId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}

/// <summary>What a moderator does.</summary>
public enum GroupDecisionKind
{
    /// <summary>发布: what waited is published.</summary>
    Release,

    /// <summary>不予发布、撤下: what waited is not published, or what was is taken down.</summary>
    Stop,
}

/// <summary>A moderator's decision (MSG-3): kept as long as its class's group, and never changed.</summary>
public sealed class GroupDecision
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The decision; grows with time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The post.</summary>
    public Guid PostId { get; init; }

    /// <summary>What was decided.</summary>
    public GroupDecisionKind Kind { get; init; }

    /// <summary>What was found in it by itself.</summary>
    public GroupConcern[] Concerns { get; init; } = [];

    /// <summary>What the moderator says of it to the author, by choice from a list: it names nobody.</summary>
    public GroupReason Reason { get; init; }

    /// <summary>The staff member who decided; <see langword="null"/> for a volunteer.</summary>
    public Guid? StaffId { get; init; }

    /// <summary>The volunteer who decided.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>The volunteer's child.</summary>
    public Guid? StudentId { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset DecidedAt { get; init; }
}

/// <summary>Why a moderator decided as he did.</summary>
public enum GroupReason
{
    /// <summary>符合公约.</summary>
    WithinRules,

    /// <summary>广告.</summary>
    Advertisement,

    /// <summary>情绪宣泄，宜私下沟通.</summary>
    BetterPrivately,

    /// <summary>成绩、排名.</summary>
    Score,

    /// <summary>与班级无关.</summary>
    OffTopic,

    /// <summary>涉及他人隐私.</summary>
    OthersPrivacy,
}

/// <summary>A version of the rules of a class's group (班级群公约, MSG-3). Rows are added; the newest counts.</summary>
public sealed class GroupRules
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>1, 2, 3, …; the ETag.</summary>
    public long Version { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says, a line each.</summary>
    public string[] Lines { get; init; } = [];

    /// <summary>When it was published.</summary>
    public DateTimeOffset PublishedAt { get; init; }
}

/// <summary>That a guardian has read a version of the rules, because of a child in the class.</summary>
public sealed class GroupAcknowledgement
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The version.</summary>
    public long Version { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset AcknowledgedAt { get; init; }
}

/// <summary>What a class's teacher wants to be reminded of in the group (MSG-2); without a row nothing.</summary>
public sealed class GroupCadence
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The kinds that are suggested.</summary>
    public GroupPostKind[] Kinds { get; set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>The newest parent committee of a class that was heard of (ACT-6).</summary>
public sealed class GroupCommittee
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Its version.</summary>
    public long Version { get; init; }
}

/// <summary>A volunteer of the parent committee who moderates the class's group (MSG-3).</summary>
public sealed class GroupModerator
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The guardian's child in the class.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}

/// <summary>Whether a child may be shown in photos, as the archives say (ARC-10); without a row it may not.</summary>
public sealed class PhotoConsent
{
    /// <summary>The purpose of a consent that this is about.</summary>
    public const string Purpose = "photos";

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Given, or withdrawn.</summary>
    public bool Given { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }
}
