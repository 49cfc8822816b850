using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Visits.Appointments;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

/// <summary>The tables of records and drafts.</summary>
internal static class RecordTables
{
    /// <summary>
    /// What they hold about a child: of a record the guardian has what was agreed and what was said by himself; a draft is the
    /// writer's.
    /// </summary>
    public static readonly PersonalTable[] Personal =
    [
        new("visit_record", DataKind.Visits, "家访记录", "Records of home visits")
        {
            Where = VisitsPersonalData.OfChild,
            ShownWhere = VisitsPersonalData.OfNobodyElse + " AND " + VisitsPersonalData.MayBeVisited
                + " AND NOT EXISTS (SELECT FROM visit_record n WHERE n.school_id = t.school_id AND n.visit_id = t.visit_id AND n.version > t.version)",
            Shown =
            [
                new("recorded_at", "填写时间", "Written at"),
                new(
                    "content", "约定与家长反馈", "What was agreed, and the guardian's feedback",
                    ["agreed", "holiday", "feedback", "feedbackText"]),
            ],
        },
        new("visit_draft", DataKind.Visits, "家访记录草稿", "Drafts of records") { Where = VisitsPersonalData.OfChild },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<VisitRecord>().ToTable("visit_record").HasKey(r => new { r.SchoolId, r.VisitId, r.Version });
        modelBuilder.Entity<VisitDraft>().ToTable("visit_draft").HasKey(d => new { d.SchoolId, d.VisitId });
        modelBuilder.Entity<Visit>().HasIndex(v => new { v.SchoolId, v.RecordDueOn, v.Id })
            .HasFilter("state IN ('Scheduled', 'Confirmed', 'Proposed', 'Started')");
    }
}
