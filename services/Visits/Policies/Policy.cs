namespace HomeSchool.Visits.Policies;

/// <summary>The policy that a district, or one of its schools, has set.</summary>
public sealed class Policy
{
    /// <summary>Where it holds: a school's id, or a district's.</summary>
    public Guid NodeId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school; <see langword="null"/> for the whole district.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>What it says.</summary>
    public VisitPolicy Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    /// <summary>The policy in force: the school's own, or else the district's, or else the defaults.</summary>
    public static VisitPolicy InForce(Guid district, Guid school, IReadOnlyCollection<Policy> policies) =>
        (policies.FirstOrDefault(p => p.NodeId == school) ?? policies.FirstOrDefault(p => p.NodeId == district))?.Settings
            ?? new VisitPolicy();
}
