using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Visits.Roster;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>The tables of the work list.</summary>
internal static class WorkListTables
{
    /// <summary>What they hold about a child (ARC-10). All of it follows from what stands elsewhere, and a copy shows it there.</summary>
    public static readonly PersonalTable[] PersonalData =
    [
        new("due", DataKind.Support, "待办：家访与沟通", "What is due: visits and contacts"),
        new("done_contact", DataKind.Visits, "已完成的沟通（计数）", "Contacts had, as they are counted")
        {
            Shown = [new("held_on", "日期", "On"), new("sort", "类型", "Kind"), new("mode", "方式", "Mode"), new("minutes", "分钟", "Minutes")],
        },
        new("cadence_step", DataKind.Support, "联系频次的历次变化（副本）", "How often to contact, as the archives told over time"),
        new("visit_setting", DataKind.Support, "家访的特殊安排", "What is special about visits")
        {
            Shown =
            [
                new("weekends_only", "周末家访", "At weekends"), new("online_counts", "线上等同家访", "Online counts"),
                new("text_counts", "文字等同沟通", "Text counts"), new("home_lessons_count", "送教上门计为家访", "Home lessons count"),
            ],
        },
        new("work_mark", DataKind.Support, "待重新计算的学生", "Whose list is to be computed anew"),
        new("record_mark", DataKind.Visits, "记录的特征值", "What tells equal records apart")
        {
            Where = "EXISTS (SELECT FROM visit_student s WHERE s.school_id = t.school_id AND s.visit_id = t.visit_id AND s.student_id = $2)",
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Due>(due =>
        {
            due.HasKey(d => new { d.SchoolId, d.StudentId, d.Kind, d.FromOn });
            due.Property(d => d.Kind).HasConversion<string>();
            due.HasIndex(d => new { d.StudentId, d.TermId });
            due.HasIndex(d => new { d.SchoolId, d.ClassId, d.DueOn });
            due.HasIndex(d => new { d.DistrictId, d.UntilOn });
        });
        // The roster is asked for a school's students; the work list asks for a student's schools.
        modelBuilder.Entity<Enrolment>().HasIndex(enrolment => enrolment.StudentId);
        modelBuilder.Entity<CadenceStep>().HasKey(step => new { step.StudentId, step.Version });
        modelBuilder.Entity<DoneContact>(contact =>
        {
            contact.HasKey(c => new { c.StudentId, c.Id });
            contact.Property(c => c.Sort).HasConversion<string>();
            contact.Property(c => c.Mode).HasConversion<string>();
        });
        modelBuilder.Entity<VisitSetting>(setting =>
        {
            setting.HasKey(s => s.StudentId);
            setting.Property(s => s.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<WorkMark>(mark =>
        {
            mark.HasKey(m => m.Position);
            mark.Property(m => m.Position).UseIdentityAlwaysColumn();
        });
        modelBuilder.Entity<RecordMark>(mark =>
        {
            mark.HasKey(m => new { m.SchoolId, m.VisitId });
            mark.HasIndex(m => new { m.SchoolId, m.RecordedAt });
        });
    }
}
