using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Substitutions;

/// <summary>
/// That one staff member does another's visits and follow-ups, for a time or for good (VIS-20). What was written before names who
/// wrote it; only what is still to be done changes hands.
/// </summary>
public sealed class Substitution
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The substitution; ordered by time.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Who is away, or has left.</summary>
    public Guid TeacherId { get; init; }

    /// <summary>Who does it instead.</summary>
    public Guid SubstituteId { get; init; }

    /// <summary>The first day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>The last day; <see langword="null"/> for good.</summary>
    public DateOnly? EndsOn { get; private set; }

    /// <summary>The follow-ups that changed hands; those still open return after the last day.</summary>
    public Guid[] FollowUpIds { get; init; } = [];

    /// <summary>The account that arranged it.</summary>
    public string ArrangedBy { get; init; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset ArrangedAt { get; init; }

    /// <summary>When what was left was given back.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    internal Substitution Until(DateOnly? day)
    {
        EndsOn = day;
        return this;
    }
}

/// <summary>The table of substitutions.</summary>
internal static class SubstitutionTables
{
    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<Substitution>(substitution =>
    {
        substitution.HasKey(s => new { s.SchoolId, s.Id });
        substitution.HasIndex(s => s.EndsOn).HasFilter("ended_at IS NULL");
    });
}
