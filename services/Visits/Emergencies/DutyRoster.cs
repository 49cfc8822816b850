namespace HomeSchool.Visits.Emergencies;

/// <summary>Who is on duty at a school on days without school (VIS-21).</summary>
public sealed class DutyRoster
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The days, in their order; a day may have several people.</summary>
    public DutyDay[] Days { get; set; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>Who is on duty on a day.</summary>
    public Guid[] On(DateOnly day) => [.. Days.Where(duty => duty.Day == day).Select(duty => duty.StaffId).Distinct()];
}

/// <summary>A day of duty.</summary>
/// <param name="Day">The day.</param>
/// <param name="StaffId">Who.</param>
public sealed record DutyDay(DateOnly Day, Guid StaffId);
