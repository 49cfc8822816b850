namespace HomeSchool.Insights;

/// <summary>A district that events were seen of; the one table without tenancy, from which the service's own work learns its scope.</summary>
public sealed class District
{
    /// <summary>The district.</summary>
    public Guid Id { get; init; }

    /// <summary>The day whose roll the figures show; see <see cref="TurnOfDay"/>.</summary>
    public DateOnly CountedOn { get; init; }
}

/// <summary>A school, as the roster last said.</summary>
public sealed class School
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Its district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A class, as the roster last said.</summary>
public sealed class Class
{
    /// <summary>Its school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid Id { get; init; }

    /// <summary>Its district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>E.g. 七年级(3)班.</summary>
    public string Title { get; init; } = "";

    /// <summary>Its grade; empty when the roster does not say.</summary>
    public string Grade { get; init; } = "";

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A term of a district.</summary>
public sealed class Term
{
    /// <summary>The term.</summary>
    public Guid Id { get; init; }

    /// <summary>Its district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>E.g. 2026–2027 学年第一学期.</summary>
    public string Title { get; init; } = "";

    /// <summary>First day; teaching week 1 begins on it.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly EndsOn { get; init; }

    /// <summary>How many weeks are numbered.</summary>
    public int TeachingWeeks { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }

    /// <summary>The teaching week of a day, from 1; <see langword="null"/> before the first and after the last.</summary>
    public int? WeekOf(DateOnly day)
    {
        var week = (day.DayNumber - StartsOn.DayNumber) / 7 + 1;
        return day < StartsOn || day > EndsOn || week > TeachingWeeks ? null : week;
    }
}

/// <summary>A student's time on a school's roll in one class and grade.</summary>
public sealed class Enrolment
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The enrolment.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The class, if any.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade; <see langword="null"/> when the roster does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; <see langword="null"/> while it is open.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}
