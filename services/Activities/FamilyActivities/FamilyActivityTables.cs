using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>The tables of family activities.</summary>
internal static class FamilyActivityTables
{
    /// <summary>The sealed columns.</summary>
    public static readonly SealedColumn[] Sealed = [Reflection.SealedContent];

    /// <summary>What a guardian's copy has, and what an erasure takes.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("reflection", DataKind.Activities, "活动感想", "Reflections on activities")
        {
            Shown = [new("content", "感想", "What was written"), new("written_at", "时间", "At")],
        },
        new("family_check_in", DataKind.Activities, "活动打卡", "Check-ins of activities")
        {
            Shown = [new("day", "日期", "Day"), new("made_up", "补打卡", "Made up")],
        },
        new("family_sign_up", DataKind.Activities, "活动报名", "Sign-ups for activities")
        {
            Shown = [new("signed_up_at", "报名时间", "Signed up"), new("seated", "报名成功", "Has a seat")],
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<FamilyActivity>(activity =>
        {
            activity.HasKey(a => new { a.SchoolId, a.Id });
            activity.HasIndex(a => a.Id).IsUnique();
            activity.HasIndex(a => new { a.SchoolId, a.StartsOn, a.Id });
            activity.Property(a => a.Kind).HasConversion<string>();
            activity.Property(a => a.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<FamilySignUp>(signUp =>
        {
            signUp.HasKey(s => new { s.SchoolId, s.ActivityId, s.StudentId });
            signUp.HasIndex(s => s.StudentId);
        });
        modelBuilder.Entity<FamilyCheckIn>(checkIn =>
        {
            checkIn.HasKey(c => new { c.SchoolId, c.ActivityId, c.StudentId, c.Day });
            checkIn.HasIndex(c => c.StudentId);
        });
        modelBuilder.Entity<Reflection>(reflection =>
        {
            reflection.HasKey(r => new { r.SchoolId, r.ActivityId, r.StudentId });
            reflection.HasIndex(r => r.StudentId);
        });
    }
}
