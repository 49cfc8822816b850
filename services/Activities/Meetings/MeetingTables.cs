using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Meetings;

/// <summary>How a family was reached (ACT-1).</summary>
public enum Reached
{
    /// <summary>现场签到: by the code that was shown on the spot.</summary>
    Code,

    /// <summary>教师登记: the teacher saw it there.</summary>
    Teacher,

    /// <summary>补会: absent, and the meeting was made up with it.</summary>
    MakeUp,
}

/// <summary>A class's parent meeting (家长会, ACT-1): three a term, one of each kind.</summary>
public sealed class Meeting
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The meeting.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The term that it counts in.</summary>
    public Guid TermId { get; init; }

    /// <summary>Which of the term's meetings.</summary>
    public MeetingKind Kind { get; init; }

    /// <summary>Its begin.</summary>
    public DateTimeOffset StartsAt { get; set; }

    /// <summary>Where.</summary>
    public string Location { get; set; } = "";

    /// <summary>What is talked about, in order.</summary>
    public string[] Agenda { get; set; } = [];

    /// <summary>The code with which families check in; <see langword="null"/> before the first.</summary>
    public string? Code { get; set; }

    /// <summary>Until when the code holds.</summary>
    public DateTimeOffset? CodeUntil { get; set; }

    /// <summary>Grows by one with every change that families are told; the ETag.</summary>
    public long Version { get; set; }
}

/// <summary>That the family of a student was reached by a meeting.</summary>
public sealed class MeetingFamily
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The meeting.</summary>
    public Guid MeetingId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>How.</summary>
    public Reached How { get; init; }

    /// <summary>The day.</summary>
    public DateOnly HeldOn { get; init; }

    /// <summary>It was noted by mistake: the row stays, so that others hear of the correction in order.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; init; }
}

/// <summary>The tables of parent meetings.</summary>
internal static class MeetingTables
{
    public static readonly PersonalTable[] Personal =
    [
        new("meeting_family", DataKind.Activities, "家长会出席", "Attendance of parent meetings")
        {
            ShownWhere = "NOT t.withdrawn",
            Shown = [new("how", "方式", "How"), new("held_on", "日期", "Day")],
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Meeting>(meeting =>
        {
            meeting.HasKey(m => new { m.SchoolId, m.Id });
            meeting.HasIndex(m => new { m.SchoolId, m.ClassId, m.TermId, m.Kind }).IsUnique();
            meeting.HasIndex(m => m.Id);
            meeting.Property(m => m.Kind).HasConversion<string>();
            meeting.Property(m => m.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<MeetingFamily>(family =>
        {
            family.HasKey(f => new { f.SchoolId, f.MeetingId, f.StudentId });
            family.HasIndex(f => f.StudentId);
            family.Property(f => f.How).HasConversion<string>();
        });
    }
}
