using System.Text.Json;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Planning;

/// <summary>Where a plan stands.</summary>
public enum PlanState
{
    /// <summary>Proposed; its teachers adjust it.</summary>
    Draft,

    /// <summary>Its visits are appointments.</summary>
    Published,
}

/// <summary>A term's plan of a class, a grade or a school (VIS-2, VIS-5).</summary>
public sealed class Plan
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The plan.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The class; <see langword="null"/> for a grade or the whole school.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade, as the roster writes it; <see langword="null"/> for a class or the whole school.</summary>
    public string? Grade { get; init; }

    /// <summary>What it was asked for.</summary>
    public PlanWish Wish { get; set; } = new(0);

    /// <summary>Where it stands.</summary>
    public PlanState State { get; set; }

    /// <summary>Classes that miss their target for the opening weeks (VIS-2).</summary>
    public ClassShortfall[] OpeningShort { get; set; } = [];

    /// <summary>When it was proposed.</summary>
    public DateTimeOffset ProposedAt { get; init; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>What a plan is asked for.</summary>
/// <param name="Seed">Another seed proposes another plan, as good; the same one the same.</param>
/// <param name="Mode">How to visit where nothing else matters.</param>
/// <param name="SiblingsTogether">Whether siblings share a visit.</param>
public sealed record PlanWish(int Seed, VisitMode Mode = VisitMode.Video, bool SiblingsTogether = true);

/// <summary>A class that misses its target for the opening weeks.</summary>
/// <param name="ClassId">The class.</param>
/// <param name="Students">By how many students.</param>
public sealed record ClassShortfall(Guid ClassId, int Students);

/// <summary>Where a visit of a plan stands.</summary>
public enum PlanItemState
{
    /// <summary>Proposed; another proposal may move it.</summary>
    Proposed,

    /// <summary>Set by a person; no proposal moves it.</summary>
    Set,

    /// <summary>Wanted, but it fits nowhere; <see cref="PlanItem.Reason"/> says why.</summary>
    Unmet,

    /// <summary>An appointment was made of it.</summary>
    Published,

    /// <summary>No appointment could be made of it; <see cref="PlanItem.Refusal"/> says why.</summary>
    Refused,
}

/// <summary>A visit of a plan.</summary>
public sealed class PlanItem
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The plan.</summary>
    public Guid PlanId { get; init; }

    /// <summary>The item; its order in lists.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whom it is about.</summary>
    public Guid[] StudentIds { get; init; } = [];

    /// <summary>Their classes, in the same order.</summary>
    public Guid[] ClassIds { get; init; } = [];

    /// <summary>Who visits; <see langword="null"/> when it is unmet.</summary>
    public Guid? TeacherId { get; set; }

    /// <summary>When; <see langword="null"/> when it is unmet.</summary>
    public DateTimeOffset? StartsAt { get; set; }

    /// <summary>How long.</summary>
    public int Minutes { get; set; }

    /// <summary>How.</summary>
    public VisitMode Mode { get; set; }

    /// <summary>Why.</summary>
    public VisitKind Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public PlanItemState State { get; set; }

    /// <summary>Why it is unmet, or comes after the opening weeks although it is about a priority student.</summary>
    public UnmetReason? Reason { get; set; }

    /// <summary>The code of the failure for which no appointment was made.</summary>
    public string? Refusal { get; set; }

    /// <summary>The appointment.</summary>
    public Guid? VisitId { get; set; }
}

/// <summary>The tables of planning.</summary>
internal static class PlanningTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Plan>(plan =>
        {
            plan.HasKey(p => new { p.SchoolId, p.Id });
            plan.Property(p => p.State).HasConversion<string>();
            plan.Property(p => p.Version).IsConcurrencyToken();
            plan.Property(p => p.Wish).HasColumnType("jsonb").HasConversion(
                wish => JsonSerializer.Serialize(wish, Json.Options),
                text => JsonSerializer.Deserialize<PlanWish>(text, Json.Options)!);
            plan.Property(p => p.OpeningShort).HasColumnType("jsonb").HasConversion(
                classes => JsonSerializer.Serialize(classes, Json.Options),
                text => JsonSerializer.Deserialize<ClassShortfall[]>(text, Json.Options)!);
        });
        modelBuilder.Entity<PlanItem>(item =>
        {
            item.HasKey(i => new { i.SchoolId, i.PlanId, i.Id });
            item.HasOne<Plan>().WithMany().HasForeignKey(i => new { i.SchoolId, i.PlanId });
            item.Property(i => i.Mode).HasConversion<string>();
            item.Property(i => i.Kind).HasConversion<string>();
            item.Property(i => i.State).HasConversion<string>();
            item.Property(i => i.Reason).HasConversion<string>();
        });
        modelBuilder.Entity<FamilyTimes>(times =>
        {
            times.HasKey(t => new { t.SchoolId, t.StudentId });
            times.Property(t => t.Version).IsConcurrencyToken();
            times.Property(t => t.Hours).HasColumnType("jsonb").HasConversion(
                hours => JsonSerializer.Serialize(hours, Json.Options),
                text => JsonSerializer.Deserialize<StatedHours>(text, Json.Options)!);
        });
        modelBuilder.Entity<BusyHours>(busy =>
        {
            busy.HasKey(b => new { b.SchoolId, b.Id });
            busy.HasIndex(b => new { b.SchoolId, b.StaffId });
        });
        modelBuilder.Entity<BusyCalendar>(busy =>
        {
            busy.HasKey(b => new { b.SchoolId, b.StaffId, b.Name });
            busy.Property(b => b.Times).HasColumnType("tstzmultirange");
        });
    }
}
