using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.ParentClasses;

/// <summary>Who gives a parent class.</summary>
public enum LecturerKind
{
    /// <summary>心理教师.</summary>
    Counselor,

    /// <summary>专家.</summary>
    Expert,

    /// <summary>家长.</summary>
    Parent,
}

/// <summary>How a family came to master a method (ACT-3). There are no exams.</summary>
public enum MasteredBy
{
    /// <summary>试过了: a guardian ticked it.</summary>
    TriedIt,

    /// <summary>工作坊练习: practised in the workshop.</summary>
    Practised,
}

/// <summary>A parent class (家长课堂, ACT-3): live with replay, and perhaps a workshop with seats.</summary>
public sealed class Lesson
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The parent class.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The term that it counts in.</summary>
    public Guid TermId { get; init; }

    /// <summary>The series that it belongs to, e.g. 小升初衔接.</summary>
    public string Series { get; set; } = "";

    /// <summary>The grades that it is for, as the roster writes them; empty for all.</summary>
    public string[] Grades { get; set; } = [];

    /// <summary>What it is about.</summary>
    public string Title { get; set; } = "";

    /// <summary>The topic of guardians' questions that it answers (ACT-2), if it does.</summary>
    public Guid? TopicId { get; set; }

    /// <summary>Who gives it.</summary>
    public LecturerKind LecturerKind { get; set; }

    /// <summary>The lecturer's name, as families are to read it.</summary>
    public string Lecturer { get; set; } = "";

    /// <summary>Its begin.</summary>
    public DateTimeOffset StartsAt { get; set; }

    /// <summary>How long, in minutes.</summary>
    public int Minutes { get; set; }

    /// <summary>Where it is live; https.</summary>
    public string? LiveUrl { get; set; }

    /// <summary>Where it is to be seen again; https.</summary>
    public string? ReplayUrl { get; set; }

    /// <summary>Seats of its workshop; 0 without one.</summary>
    public int Seats { get; set; }

    /// <summary>The methods that it teaches; each is known by its place here, from 0.</summary>
    public string[] Methods { get; set; } = [];

    /// <summary>Grows by one with every change; the ETag.</summary>
    public long Version { get; set; }

    /// <summary>When it was called off.</summary>
    public DateTimeOffset? CancelledAt { get; set; }

    /// <summary>Its end.</summary>
    public DateTimeOffset EndsAt => StartsAt.AddMinutes(Minutes);
}

/// <summary>A family's sign-up for a workshop: it has a seat, or it waits in line.</summary>
public sealed class LessonSignUp
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The parent class.</summary>
    public Guid LessonId { get; init; }

    /// <summary>Who comes.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The sign-up.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose family.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The place in line: smaller ones move up first.</summary>
    public int Place { get; init; }

    /// <summary>The seat, from 1, which nobody else has; <see langword="null"/> while the family waits.</summary>
    public int? SeatNo { get; init; }
}

/// <summary>What a guardian saw of a parent class.</summary>
public sealed class LessonPresence
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The parent class.</summary>
    public Guid LessonId { get; init; }

    /// <summary>Whose family.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Who.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When it was first opened while it was live.</summary>
    public DateTimeOffset? LiveAt { get; init; }

    /// <summary>When the workshop was noted as attended.</summary>
    public DateTimeOffset? WorkshopAt { get; init; }

    /// <summary>How often the replay was opened.</summary>
    public int ReplayViews { get; init; }
}

/// <summary>A method that a family masters (ACT-3).</summary>
public sealed class MasteredMethod
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Whose family.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The parent class that taught it.</summary>
    public Guid LessonId { get; init; }

    /// <summary>Which of its methods, from 0.</summary>
    public int Method { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>How.</summary>
    public MasteredBy How { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>The tables of parent classes.</summary>
internal static class LessonTables
{
    private const string Own = "t.guardian_id = $3";

    public static readonly PersonalTable[] Personal =
    [
        new("mastered_method", DataKind.Activities, "掌握的家庭教育方法", "Methods mastered")
        {
            ShownWhere = Own,
            Shown = [new("method", "方法序号", "Method"), new("how", "方式", "How"), new("at", "时间", "At")],
        },
        new("lesson_presence", DataKind.Activities, "家长课堂参加情况", "Attendance of parent classes")
        {
            ShownWhere = Own,
            Shown =
            [
                new("live_at", "观看直播", "Watched live"), new("workshop_at", "参加工作坊", "Workshop"),
                new("replay_views", "观看回放次数", "Replays"),
            ],
        },
        new("lesson_sign_up", DataKind.Activities, "工作坊报名", "Sign-ups for workshops")
        {
            ShownWhere = Own,
            Shown = [new("asked_at", "报名时间", "Signed up at"), new("seat_no", "座位", "Seat")],
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Lesson>(lesson =>
        {
            lesson.HasKey(l => new { l.SchoolId, l.Id });
            lesson.HasIndex(l => l.Id);
            lesson.HasIndex(l => new { l.SchoolId, l.StartsAt });
            lesson.Property(l => l.LecturerKind).HasConversion<string>();
            lesson.Property(l => l.Version).IsConcurrencyToken();
            lesson.Ignore(l => l.EndsAt);
        });
        modelBuilder.Entity<LessonSignUp>(signUp =>
        {
            signUp.HasKey(s => new { s.SchoolId, s.LessonId, s.GuardianId });
            signUp.HasIndex(s => new { s.SchoolId, s.LessonId, s.SeatNo }).IsUnique();
            signUp.HasIndex(s => s.StudentId);
        });
        modelBuilder.Entity<LessonPresence>(presence =>
        {
            presence.HasKey(p => new { p.SchoolId, p.LessonId, p.StudentId, p.GuardianId });
            presence.HasIndex(p => p.StudentId);
        });
        modelBuilder.Entity<MasteredMethod>(mastered =>
        {
            mastered.HasKey(m => new { m.SchoolId, m.StudentId, m.LessonId, m.Method });
            mastered.HasIndex(m => m.StudentId);
            mastered.Property(m => m.How).HasConversion<string>();
        });
    }
}
