using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Development;

/// <summary>The tables of staff development: of staff alone, so nothing of them is a child's personal data.</summary>
internal static class DevelopmentTables
{
    /// <summary>What does not leave with a district.</summary>
    public static readonly StayingTable[] Staying =
    [
        new("development_note",
            "an export is in clear, and these notes are for their authors alone: they take them along themselves"),
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<DevelopmentNote>(note =>
        {
            note.HasKey(n => new { n.SchoolId, n.Id });
            note.HasIndex(n => new { n.SchoolId, n.StaffId, n.Id });
            note.Property(n => n.Kind).HasConversion<string>();
        });
        modelBuilder.Entity<Training>(training =>
        {
            training.HasKey(t => new { t.SchoolId, t.Id });
            training.HasIndex(t => new { t.SchoolId, t.TermId, t.HeldOn });
            training.Property(t => t.Topic).HasConversion<string>();
            training.Property(t => t.For).HasConversion<string>();
            training.Property(t => t.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<TrainingAttendance>(attendance =>
        {
            attendance.HasKey(a => new { a.SchoolId, a.TrainingId, a.StaffId });
            attendance.HasIndex(a => new { a.SchoolId, a.StaffId });
        });
    }
}

/// <summary>How what concerns staff development is refused.</summary>
internal static class DevelopmentFailures
{
    /// <summary>Somebody on the roll who does not work at the school.</summary>
    public static readonly Failure NotStaff = new("activities.not-staff", 400,
        "名单中有人当日不在本校任职。", "Not all of these work at the school on that day.");

    /// <summary>The roll is taken when the training was held.</summary>
    public static readonly Failure NotHeldYet = new("activities.training-not-held-yet", 409,
        "培训尚未举行，不能登记出席。", "The training is still to come: nobody was there yet.");
}
