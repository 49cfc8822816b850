using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Leavers;

/// <summary>
/// An open visit of which no student is at its school on its day any more (ARC-15): the school where they are now owes them
/// theirs
/// (VIS-3), and this one is called off a day after it was noticed, unless the roster was wrong, or somebody is quicker.
/// </summary>
public sealed class StrandedVisit
{
    /// <summary>The school that has the visit.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Since when it is known.</summary>
    public DateTimeOffset NoticedAt { get; init; }

    /// <summary>When it was called off by itself.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The table.</summary>
    internal static void Map(ModelBuilder modelBuilder) =>
        modelBuilder.Entity<StrandedVisit>().ToTable("stranded_visit").HasKey(s => new { s.SchoolId, s.VisitId });
}
