namespace HomeSchool.Contracts.Archives;

/// <summary>What a staff member is at a school; a fact of the roster, which by itself allows nothing.</summary>
public enum StaffRole
{
    /// <summary>教师, at the school.</summary>
    Teacher,

    /// <summary>班主任 of a class.</summary>
    HomeroomTeacher,

    /// <summary>副班主任 of a class.</summary>
    DeputyHomeroomTeacher,

    /// <summary>学科教师 of students of a class.</summary>
    SubjectTeacher,

    /// <summary>行政人员, at the school.</summary>
    Administrator,

    /// <summary>教辅人员, at the school.</summary>
    Aide,
}

/// <summary>How a guardian is related to a student, as far as the roster says.</summary>
public enum GuardianRelation
{
    /// <summary>父母.</summary>
    Parent,

    /// <summary>其他监护人.</summary>
    Guardian,

    /// <summary>亲属.</summary>
    Relative,
}

/// <summary>A legal status, not the same as taking care (ARC-13).</summary>
public enum LegalStatus
{
    /// <summary>监护人.</summary>
    Guardian,

    /// <summary>委托照护人.</summary>
    Caregiver,
}

/// <summary>What a guardian may do about a child (ARC-13).</summary>
public enum GuardianRight
{
    /// <summary>See what is kept of the child, and answer about it.</summary>
    See,

    /// <summary>Sign for the child: consents, covenants.</summary>
    Sign,

    /// <summary>Be visited and invited: appointments, meetings.</summary>
    BeVisited,

    /// <summary>Pick the child up at school.</summary>
    PickUp,
}

/// <summary>How a guardian is reached; who is not reached by app is never counted as not answering (ARC-13).</summary>
public enum GuardianChannel
{
    /// <summary>The guardian answers in the app.</summary>
    App,

    /// <summary>No smartphone: by phone; the teacher enters what the guardian says.</summary>
    Phone,

    /// <summary>No smartphone: on paper; the teacher enters what came back.</summary>
    Paper,
}

/// <summary>Who lives with the child (家庭结构).</summary>
public enum FamilyStructure
{
    /// <summary>父母与孩子同住.</summary>
    BothParents,

    /// <summary>单亲家庭.</summary>
    SingleParent,

    /// <summary>重组家庭.</summary>
    Blended,

    /// <summary>三代同堂.</summary>
    ThreeGenerations,

    /// <summary>祖辈照护.</summary>
    Grandparents,

    /// <summary>亲属或他人照护.</summary>
    OtherCaregivers,
}

/// <summary>A guardian's schooling (文化程度).</summary>
public enum Education
{
    /// <summary>小学及以下.</summary>
    Primary,

    /// <summary>初中.</summary>
    LowerSecondary,

    /// <summary>高中、中专.</summary>
    UpperSecondary,

    /// <summary>大专、本科.</summary>
    Tertiary,

    /// <summary>研究生.</summary>
    Postgraduate,
}

/// <summary>A school came in, changed, or left the district.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The school.</param>
/// <param name="Version">Of the district's roster.</param>
/// <param name="OccurredAt">When the roster was confirmed.</param>
/// <param name="Name">The school's name.</param>
/// <param name="WithdrawnOn">The day from which it is no longer in the roster; <see langword="null"/> while it is.</param>
[EventName("archives.school-changed")]
public sealed record SchoolChanged(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, string Name, DateOnly? WithdrawnOn) : IEvent
{
    Guid? IEvent.SchoolId => AggregateId;
}

/// <summary>A term of the district came in, changed, or was withdrawn.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The term.</param>
/// <param name="Version">Of the district's roster.</param>
/// <param name="OccurredAt">When the roster was confirmed.</param>
/// <param name="Title">E.g. 2026–2027 学年第一学期.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day.</param>
/// <param name="TeachingWeeks">Numbered from 1; the first begins on <paramref name="StartsOn"/>.</param>
/// <param name="WithdrawnOn">The day from which it is no longer in the roster; <see langword="null"/> while it is.</param>
[EventName("archives.term-changed")]
public sealed record TermChanged(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    string Title, DateOnly StartsOn, DateOnly EndsOn, int TeachingWeeks, DateOnly? WithdrawnOn) : IEvent
{
    Guid? IEvent.SchoolId => null;
}

/// <summary>
/// What changed in a school's roster: only the rows that did, at most <see cref="MostRows"/> in one event. Several events may carry
/// the same version; each row has that version for itself, and the highest of a row counts, in whatever order events arrive.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school, which is also the aggregate.</param>
/// <param name="Version">Of the district's roster, and so of each row.</param>
/// <param name="OccurredAt">When the roster was confirmed.</param>
/// <param name="Classes">Classes (班级).</param>
/// <param name="Enrolments">Who is on roll, in which class, from when to when.</param>
/// <param name="Posts">Which staff members work there, as what.</param>
[EventName("archives.roster-changed")]
public sealed record RosterChanged(
    Guid DistrictId, Guid SchoolId, long Version, DateTimeOffset OccurredAt,
    IReadOnlyList<RosterClass> Classes, IReadOnlyList<RosterEnrolment> Enrolments, IReadOnlyList<RosterPost> Posts) : IEvent
{
    /// <summary>Rows in one event at most, of all three kinds together.</summary>
    public const int MostRows = 1_000;

    Guid? IEvent.SchoolId => SchoolId;

    Guid IEvent.AggregateId => SchoolId;
}

/// <summary>A class as it is now.</summary>
/// <param name="ClassId">The class.</param>
/// <param name="Title">E.g. 七年级(3)班.</param>
/// <param name="Grade">The grade as the school's system writes it, e.g. <c>07</c>; <see langword="null"/> when it does not say.</param>
/// <param name="WithdrawnOn">The day from which it is no longer in the roster; <see langword="null"/> while it is.</param>
public sealed record RosterClass(Guid ClassId, string Title, string? Grade, DateOnly? WithdrawnOn);

/// <summary>A student's time on a school's roll in one class and grade, as it is now.</summary>
/// <param name="EnrolmentId">The enrolment; a change of class or grade ends one and begins another.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class; <see langword="null"/> for a student of the school without a class.</param>
/// <param name="Grade">The grade; <see langword="null"/> when the roster does not say.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day; <see langword="null"/> while it is open. The day before <paramref name="StartsOn"/> when it never
/// came about.</param>
public sealed record RosterEnrolment(
    Guid EnrolmentId, Guid StudentId, Guid? ClassId, string? Grade, DateOnly StartsOn, DateOnly? EndsOn);

/// <summary>A post of a staff member, as it is now.</summary>
/// <param name="PostId">The post.</param>
/// <param name="StaffId">The staff member.</param>
/// <param name="ClassId">The class; <see langword="null"/> for a post at the whole school.</param>
/// <param name="Role">As what.</param>
/// <param name="Subject">Of a subject teacher; <see langword="null"/> for the others.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day; <see langword="null"/> while it is open. The day before <paramref name="StartsOn"/> when it never
/// came about.</param>
public sealed record RosterPost(
    Guid PostId, Guid StaffId, Guid? ClassId, StaffRole Role, string? Subject, DateOnly StartsOn, DateOnly? EndsOn);

/// <summary>
/// Who is a guardian of whom changed, in the whole district; only the rows that did, at most <see cref="RosterChanged.MostRows"/>.
/// Versions as in <see cref="RosterChanged"/>.
/// </summary>
/// <param name="DistrictId">The district, which is also the aggregate.</param>
/// <param name="Version">Of the district's roster, and so of each row.</param>
/// <param name="OccurredAt">When the roster was confirmed.</param>
/// <param name="Guardianships">The rows.</param>
[EventName("archives.guardianships-changed")]
public sealed record GuardianshipsChanged(
    Guid DistrictId, long Version, DateTimeOffset OccurredAt, IReadOnlyList<RosterGuardianship> Guardianships) : IEvent
{
    Guid? IEvent.SchoolId => null;

    Guid IEvent.AggregateId => DistrictId;
}

/// <summary>That a guardian belongs to a student, as it is now (ARC-13).</summary>
/// <param name="StudentId">The student.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="Relation">How they are related.</param>
/// <param name="Status">The legal status.</param>
/// <param name="ContactOrder">1 is called first.</param>
/// <param name="WithdrawnOn">The day from which it no longer holds; <see langword="null"/> while it does.</param>
public sealed record RosterGuardianship(
    Guid StudentId, Guid GuardianId, GuardianRelation Relation, LegalStatus Status, int ContactOrder, DateOnly? WithdrawnOn);

/// <summary>
/// Classes of the district moved to other schools with everybody in them, because schools merged or split (ALL-10). The rows that change by
/// it are announced as ever, in <see cref="RosterChanged"/>; this says which class is which. At most
/// <see cref="RosterChanged.MostRows"/> in one event.
/// </summary>
/// <param name="DistrictId">The district, which is also the aggregate.</param>
/// <param name="Version">Of the district's roster.</param>
/// <param name="OccurredAt">When it was confirmed.</param>
/// <param name="On">The first day at the new school.</param>
/// <param name="Classes">The classes.</param>
[EventName("archives.classes-moved")]
public sealed record ClassesMoved(
    Guid DistrictId, long Version, DateTimeOffset OccurredAt, DateOnly On, IReadOnlyList<MovedClass> Classes) : IEvent
{
    Guid? IEvent.SchoolId => null;

    Guid IEvent.AggregateId => DistrictId;
}

/// <summary>A class that moved.</summary>
/// <param name="FromSchoolId">The school it left.</param>
/// <param name="FromClassId">The class there.</param>
/// <param name="ToSchoolId">The school it came to.</param>
/// <param name="ToClassId">The class there.</param>
public sealed record MovedClass(Guid FromSchoolId, Guid FromClassId, Guid ToSchoolId, Guid ToClassId);

/// <summary>
/// What a guardian may do about a child changed, or how the guardian is reached (ARC-13): flags, never the reason. Until the
/// first of these a guardian may do everything, a caregiver all but sign. It comes on the day from which it holds, also when a
/// dated restriction begins or ends by itself.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="AggregateId">The guardianship.</param>
/// <param name="Version">Of what is recorded about it.</param>
/// <param name="OccurredAt">From when it holds.</param>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian or caregiver.</param>
/// <param name="Rights">All that the guardian may do now.</param>
/// <param name="Channel">How the guardian is reached.</param>
[EventName("archives.guardian-rights-changed")]
public sealed record GuardianRightsChanged(
    Guid DistrictId, Guid AggregateId, long Version, DateTimeOffset OccurredAt,
    Guid StudentId, Guid GuardianId, IReadOnlyList<GuardianRight> Rights, GuardianChannel Channel) : IEvent
{
    Guid? IEvent.SchoolId => null;
}

/// <summary>
/// That support needs of students of a school changed (ARC-4): neither whose nor which, since it is public and a change alone would mark
/// a student.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school, which is also the aggregate.</param>
/// <param name="Version">Grows with time.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Students">How many students it concerns.</param>
[EventName("archives.support-needs-changed")]
public sealed record SupportNeedsChanged(
    Guid DistrictId, Guid SchoolId, long Version, DateTimeOffset OccurredAt, int Students) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;

    Guid IEvent.AggregateId => SchoolId;
}

/// <summary>
/// How often a student's family is to be contacted (VIS-3), as it is now; no tier. For services only: it must not become public, for
/// a close cadence tells that there is a reason.
/// </summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="StudentId">The student, who is also the aggregate.</param>
/// <param name="Version">Grows with time.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Cadence">How often.</param>
/// <param name="HoldsUntil">Its last day, after which it is that of all others; <see langword="null"/> when it does not end by itself.</param>
/// <param name="PriorityUntil">The last day as a priority student (ARC-5); <see langword="null"/> for others.</param>
[EventName("archives.cadence-changed")]
public sealed record CadenceChanged(
    Guid DistrictId, Guid SchoolId, Guid StudentId, long Version, DateTimeOffset OccurredAt, ContactCadence Cadence,
    DateOnly? HoldsUntil, DateOnly? PriorityUntil) : IEvent
{
    Guid? IEvent.SchoolId => SchoolId;

    Guid IEvent.AggregateId => StudentId;
}

/// <summary>How often a family is contacted (VIS-3). Where there is no interval, nothing of the kind is asked for.</summary>
/// <param name="ContactsATerm">Deep contacts in a term at least.</param>
/// <param name="FeedbackEveryDays">Days between feedbacks at most.</param>
/// <param name="SummaryEveryDays">Days between summaries at most.</param>
/// <param name="VisitEveryDays">Days between visits at most.</param>
/// <param name="DeepContactEveryDays">Days between visits or deep contacts in any other way at most.</param>
/// <param name="MeetFirst">Whether the first contact is a visit or a meeting at school.</param>
public sealed record ContactCadence(
    int ContactsATerm, int? FeedbackEveryDays = null, int? SummaryEveryDays = null, int? VisitEveryDays = null,
    int? DeepContactEveryDays = null, bool MeetFirst = false);

/// <summary>A guardian consented to something for a child, or took it back (ARC-10); in force at once.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The child's school.</param>
/// <param name="AggregateId">The child.</param>
/// <param name="Version">Counts the child's consents; of one purpose the highest counts.</param>
/// <param name="OccurredAt">When.</param>
/// <param name="Purpose">What for, e.g. <c>photos</c>.</param>
/// <param name="Given">Given or withdrawn.</param>
[EventName("archives.consent-changed")]
public sealed record ConsentChanged(
    Guid DistrictId, Guid? SchoolId, Guid AggregateId, long Version, DateTimeOffset OccurredAt, string Purpose, bool Given) : IEvent;
