using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Outlines;

/// <summary>The tables of what is prepared for a visit.</summary>
internal static class OutlineTables
{
    /// <summary>What they hold about a child: of the guardian's own are the questions, the rest is the staff's.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("visit_outline", DataKind.Visits, "家访提纲", "Outlines of home visits") { Where = VisitsPersonalData.OfChild },
        new("visit_note", DataKind.Visits, "参访教师的说明", "Notes of those who came along") { Where = VisitsPersonalData.OfChild },
        new("visit_question", DataKind.Visits, "家长的问题", "The parents' questions")
        {
            Where = VisitsPersonalData.OfChild,
            ShownWhere = VisitsPersonalData.OfNobodyElse + " AND " + VisitsPersonalData.MayBeVisited,
            Shown = [new("asked_at", "时间", "At"), new("content", "问题", "Questions")],
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<VisitOutline>(outline =>
        {
            outline.ToTable("visit_outline").HasKey(o => new { o.SchoolId, o.VisitId });
            outline.Property(o => o.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<VisitQuestions>().ToTable("visit_question").HasKey(q => new { q.SchoolId, q.VisitId });
        modelBuilder.Entity<VisitNote>(note =>
        {
            note.ToTable("visit_note").HasKey(n => new { n.SchoolId, n.VisitId, n.StaffId });
            note.HasIndex(n => new { n.SchoolId, n.StaffId });
            note.Property(n => n.Version).IsConcurrencyToken();
        });
    }
}
