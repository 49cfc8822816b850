using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Notices;

/// <summary>The table of the inbox.</summary>
internal static class NoticeTables
{
    /// <summary>What a guardian has of it and what an erasure does.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("notification", DataKind.Messages, "收件箱", "The inbox")
        {
            Where = "$2 = ANY (t.student_ids)",
            ErasedWhere = "cardinality(t.student_ids) = 1",
            Shown = [new("kind", "类型", "Kind"), new("created_at", "时间", "At"), new("read_at", "阅读时间", "Read")],
            ShownWhere = "t.guardian_id = $3",
        },
        new("notification", DataKind.Messages, "与兄弟姐妹共同的收件箱", "The inbox, about siblings")
        {
            Where = "$2 = ANY (t.student_ids)",
            Set = "student_ids = array_remove(t.student_ids, $2)",
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Notification>(notification =>
        {
            notification.ToTable("notification").HasKey(n => new { n.SchoolId, n.GuardianId, n.Id });
            notification.HasIndex(n => new { n.GuardianId, n.Id });
            notification.HasIndex(n => new { n.SchoolId, n.AboutId, n.GuardianId });
            notification.Property(n => n.Kind).HasConversion<string>();
        });
        modelBuilder.Entity<Announcement>().ToTable("announcement").HasKey(a => new { a.SchoolId, a.AboutId });
    }
}
