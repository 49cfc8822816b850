namespace HomeSchool.Messages.Notices;

/// <summary>What a notification is about, and so what its <see cref="Notification.AboutId"/> is the id of.</summary>
public enum NotificationKind
{
    /// <summary>通知: a notice was sent; the post.</summary>
    Post,

    /// <summary>提醒: a notice waits to be read or answered; the post.</summary>
    PostReminder,

    /// <summary>家访预约: a visit was arranged, or moved; the visit.</summary>
    Visit,

    /// <summary>家访取消: a visit was called off; the visit.</summary>
    VisitCancelled,

    /// <summary>家访提醒: a visit is near; the visit.</summary>
    VisitReminder,

    /// <summary>问卷: the family is asked; the invitation.</summary>
    Survey,

    /// <summary>问卷提醒: an invitation waits for its answer; the invitation.</summary>
    SurveyReminder,

    /// <summary>家长会: a meeting was arranged, or moved; the meeting.</summary>
    Meeting,

    /// <summary>家长会取消: a meeting was called off; the meeting.</summary>
    MeetingCancelled,

    /// <summary>家长课堂名额: a place was given to who asked for one; the sign-up.</summary>
    Seat,

    /// <summary>家长课堂取消: a parent class for which the guardian had signed up was called off; the parent class.</summary>
    LessonCancelled,

    /// <summary>家庭活动: the family is invited, or its days changed; the activity.</summary>
    FamilyActivity,

    /// <summary>家庭活动取消: it was called off; the activity.</summary>
    FamilyActivityCancelled,

    /// <summary>家校公约: a new version is to be signed; the class.</summary>
    Covenant,

    /// <summary>建议答复: what the guardian suggested was answered; the suggestion.</summary>
    Suggestion,

    /// <summary>家校联系本: the week's entry is there; the entry.</summary>
    ContactBook,

    /// <summary>班级群公约: new rules of the class's group are to be acknowledged; the class.</summary>
    GroupRules,

    /// <summary>班级群审核: a moderator decided on what the guardian wrote; the post.</summary>
    GroupDecision,

    /// <summary>私信: the school wrote to this guardian alone; the message.</summary>
    PrivateMessage,
}

/// <summary>
/// A line in a guardian's inbox: that there is something, not what it says. Whoever has something to tell writes it in the
/// transaction of its fact; how else it reaches the guardian is decided by those who deliver.
/// </summary>
public sealed class Notification
{
    /// <summary>The school that tells.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The guardian who is told, and nobody else.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The notification; grows with time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The guardian's children whom it concerns.</summary>
    public Guid[] StudentIds { get; init; } = [];

    /// <summary>What it is about.</summary>
    public NotificationKind Kind { get; init; }

    /// <summary>What it is about: the id of what <see cref="Kind"/> says.</summary>
    public Guid AboutId { get; init; }

    /// <summary>Whether it is about safety and waits for nothing (MSG-6).</summary>
    public bool Urgent { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the guardian opened it.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>An id of version 7 in SQL: the milliseconds of an instant, and the rest at random.</summary>
    internal static string NewId(string instant) =>
        $"(lpad(to_hex((extract(epoch FROM {instant}::timestamptz) * 1000)::bigint), 12, '0') || '7' "
        + "|| substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid";
}
