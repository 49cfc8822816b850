namespace HomeSchool.Visits.Appointments;

/// <summary>
/// That one person is taken by one visit. A person table across schools: the database's exclusion constraints over it are what
/// makes a double booking impossible (VIS-4), whoever may see the rows.
/// </summary>
public sealed class BusyTime
{
    /// <summary>A visitor, a student, or a guardian.</summary>
    public Guid PersonId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school whose visit it is.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Whether the person is a visitor; otherwise one of the family.</summary>
    public bool IsStaff { get; init; }

    /// <summary>Begin.</summary>
    public DateTimeOffset StartsAt { get; init; }

    /// <summary>End; itself free.</summary>
    public DateTimeOffset EndsAt { get; init; }

    /// <summary>Everybody whom a visit takes: its visitors, its students and their guardians.</summary>
    public static IEnumerable<BusyTime> Of(Visit visit, IEnumerable<Guid> guardians) =>
        visit.VisitorIds.Select(person => For(visit, person, isStaff: true))
            .Concat(visit.Students.Select(student => student.StudentId).Union(guardians)
                .Select(person => For(visit, person, isStaff: false)));

    private static BusyTime For(Visit visit, Guid person, bool isStaff) => new()
    {
        PersonId = person,
        VisitId = visit.Id,
        DistrictId = visit.DistrictId,
        SchoolId = visit.SchoolId,
        IsStaff = isStaff,
        StartsAt = visit.StartsAt,
        EndsAt = visit.EndsAt,
    };
}
