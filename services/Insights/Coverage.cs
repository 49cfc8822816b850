namespace HomeSchool.Insights;

/// <summary>A place of the organisation tree that coverage is counted for (INS-1).</summary>
public enum NodeKind
{
    /// <summary>班级.</summary>
    Class,

    /// <summary>年级 of one school.</summary>
    Grade,

    /// <summary>学校.</summary>
    School,

    /// <summary>区县.</summary>
    District,
}

/// <summary>
/// The figures of one place in one term: students, each counted once however many visits (INS-1, INS-5). Kept up to date by steps,
/// so reading it is one row whether the place has a thousand students or a million.
/// </summary>
public sealed class Coverage
{
    /// <summary>The class, the school (also for its grades) or the district.</summary>
    public Guid NodeId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The grade, for a place of <see cref="NodeKind.Grade"/>; otherwise empty.</summary>
    public string Grade { get; init; } = "";

    /// <summary>What kind of place.</summary>
    public NodeKind Kind { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>Grows with every change.</summary>
    public long Version { get; init; }

    /// <summary>Students on roll there: today, or on the nearest day of the term when it is over or has not begun.</summary>
    public int OnRoll { get; init; }

    /// <summary>Of these, with a visit agreed or held.</summary>
    public int Planned { get; init; }

    /// <summary>Of these, visited, in whatever way.</summary>
    public int Visited { get; init; }

    /// <summary>Of these, visited at home.</summary>
    public int VisitedInPerson { get; init; }

    /// <summary>Of these, visited by video, voice or (where that counts) text.</summary>
    public int VisitedOnline { get; init; }

    /// <summary>Of these, with an effective contact (VIS-1).</summary>
    public int Effective { get; init; }

    /// <summary>Of these, with one at home.</summary>
    public int EffectiveInPerson { get; init; }

    /// <summary>Of these, with one online.</summary>
    public int EffectiveOnline { get; init; }
}

/// <summary>
/// A student in a term: where they are counted, and how many visits of each sort they have. The figures of <see cref="Coverage"/> are
/// the steps of this row, from none to some and from place to place.
/// </summary>
public sealed class StudentInTerm
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The school that they are on roll of; <see langword="null"/> when on none, or none known yet.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>The class there, if any.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade there, if known.</summary>
    public string? Grade { get; init; }

    /// <summary>Visits agreed or held.</summary>
    public int Planned { get; init; }

    /// <summary>Visits held.</summary>
    public int Visited { get; init; }

    /// <summary>Of these, at home.</summary>
    public int VisitedInPerson { get; init; }

    /// <summary>Of these, online.</summary>
    public int VisitedOnline { get; init; }

    /// <summary>Effective contacts.</summary>
    public int Effective { get; init; }

    /// <summary>Of these, at home.</summary>
    public int EffectiveInPerson { get; init; }

    /// <summary>Of these, online.</summary>
    public int EffectiveOnline { get; init; }
}

/// <summary>A visit as it is counted, in the state of the highest version seen; a cancelled one stays and counts for nothing.</summary>
public sealed class CountedVisit
{
    /// <summary>The school of the teacher who visits.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The version of the visit.</summary>
    public long Version { get; init; }

    /// <summary>The term it counts in.</summary>
    public Guid TermId { get; init; }

    /// <summary>The students it counts for.</summary>
    public Guid[] StudentIds { get; init; } = [];

    /// <summary>It is agreed or held.</summary>
    public bool Planned { get; init; }

    /// <summary>It was held.</summary>
    public bool Visited { get; init; }

    /// <summary>It was an effective contact.</summary>
    public bool Effective { get; init; }

    /// <summary>It was at home.</summary>
    public bool InPerson { get; init; }

    /// <summary>It was online.</summary>
    public bool Online { get; init; }
}

/// <summary>A school whose figures moved and which <see cref="AnnounceCoverage"/> has not announced yet.</summary>
public sealed class Unannounced
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}
