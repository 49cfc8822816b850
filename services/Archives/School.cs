using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>A school (学校) of the district.</summary>
public sealed class School
{
    /// <summary>The school's id in the whole system.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district that runs it.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The id in the system that exports the roster; unique in the district.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>学校标识码 or the exporter's own number.</summary>
    public string? Code { get; init; }

    /// <summary>The day from which it is no longer in the roster; <see langword="null"/> while it is.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}

/// <summary>A term (学期) of the district, with its numbered teaching weeks.</summary>
public sealed class Term
{
    /// <summary>The term.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The id in the system that exports the roster; unique in the district.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>E.g. 2026–2027 学年第一学期.</summary>
    public string Title { get; init; } = "";

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly EndsOn { get; init; }

    /// <summary>20, or as many as the term has; week 1 begins on <see cref="StartsOn"/>.</summary>
    public int TeachingWeeks { get; init; }

    /// <summary>The day from which it is no longer in the roster; <see langword="null"/> while it is.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}

/// <summary>A class (班级, 行政班).</summary>
public sealed class Class
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The id in the system that exports the roster; unique in the school.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>E.g. 七年级(3)班.</summary>
    public string Title { get; init; } = "";

    /// <summary>The grade as the school's system writes it, e.g. <c>07</c>.</summary>
    public string? Grade { get; init; }

    /// <summary>The day from which it is no longer in the roster; <see langword="null"/> while it is.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>What the exporting system says beyond OneRoster's columns, JSON; <see langword="null"/> for nothing.</summary>
    public string? Metadata { get; init; }

    /// <summary>The version of the district's roster that changed it last.</summary>
    public long Version { get; init; }
}

/// <summary>The roster of a district as a whole: its version, and the row that two imports wait for.</summary>
public sealed class DistrictRoster
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Grows by one with every change to any record of the roster; 0 before the first.</summary>
    public long Version { get; init; }

    /// <summary>
    /// Makes the next version, behind the roster's lock. To be called as late as can be: whoever asks for what has changed since
    /// then must not have asked while it was being written.
    /// </summary>
    internal static Task MakeAsync(ArchivesDb db, Guid district, long version, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        db.Add(new RosterVersion
        {
            DistrictId = district,
            Version = version,
            MadeAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond)), // as OneRoster writes times
        });
        return db.Set<DistrictRoster>().Where(roster => roster.DistrictId == district)
            .ExecuteUpdateAsync(set => set.SetProperty(roster => roster.Version, version), cancel);
    }
}

/// <summary>When a version of a district's roster was made: since then its records are as they are.</summary>
public sealed class RosterVersion
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The version.</summary>
    public long Version { get; init; }

    /// <summary>When, in whole milliseconds.</summary>
    public DateTimeOffset MadeAt { get; init; }
}
