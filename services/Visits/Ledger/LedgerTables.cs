using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>The tables of the ledger, of follow-ups and of disputes.</summary>
internal static class LedgerTables
{
    private const string OfNobodyElse =
        "NOT EXISTS (SELECT FROM ledger_entry o WHERE o.school_id = t.school_id AND o.id = t.id AND o.student_id <> $2)";

    /// <summary>What is sealed.</summary>
    public static readonly SealedColumn[] Sealed =
        [LedgerEntry.SealedContent, FollowUp.SealedText, FollowUp.SealedOutcome, Dispute.SealedCause, Dispute.SealedResolution];

    /// <summary>
    /// What a guardian has of it and what an erasure does: of a contact, its facts and his own words, not the teacher's line;
    /// follow-ups and disputes are the school's working notes.
    /// </summary>
    public static readonly PersonalTable[] Personal =
    [
        new("ledger_entry", DataKind.Visits, "沟通台账", "Contacts of school and family")
        {
            // As in the list: where somebody said which guardians took part, it is theirs; and what was corrected, is not said any more.
            ShownWhere = OfNobodyElse + " AND (t.guardian_ids = '{}' OR $3 = ANY (t.guardian_ids)) AND " + VisitsPersonalData.MayBeVisited
                + " AND NOT t.withdrawn AND NOT EXISTS (SELECT FROM ledger_entry n WHERE n.school_id = t.school_id AND n.id = t.id"
                + " AND n.student_id = t.student_id AND n.version > t.version)",
            Shown =
            [
                new("channel", "方式", "Channel"), new("held_on", "日期", "Day"), new("minutes", "时长（分钟）", "Minutes"),
                new("guardian_took_part", "家长是否参与", "Whether a guardian took part"),
                new("content", "家长反馈", "The guardian's feedback", ["feedbackText"]),
            ],
        },
        new("follow_up", DataKind.Visits, "跟进事项", "Follow-ups"),
        new("dispute", DataKind.Visits, "家校矛盾", "Disputes of home and school"),
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<LedgerEntry>(entry =>
        {
            entry.ToTable("ledger_entry").HasKey(e => new { e.SchoolId, e.Id, e.StudentId, e.Version });
            entry.HasIndex(e => new { e.SchoolId, e.StudentId, e.Id });
            entry.HasIndex(e => new { e.SchoolId, e.ClassId, e.Id });
            entry.Property(e => e.Channel).HasConversion<string>();
            entry.Property(e => e.Purpose).HasConversion<string>();
            entry.Property(e => e.Feedback).HasConversion<string>();
        });
        modelBuilder.Entity<FollowUp>(followUp =>
        {
            followUp.ToTable("follow_up").HasKey(f => new { f.SchoolId, f.Id });
            followUp.HasIndex(f => new { f.SchoolId, f.EntryId });
            followUp.HasIndex(f => new { f.SchoolId, f.DueOn, f.Id });
            followUp.HasIndex(f => new { f.SchoolId, f.OwnerId, f.DueOn, f.Id });
            followUp.Property(f => f.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<FollowUpLoop>().ToTable("follow_up_loop").HasKey(loop => new { loop.SchoolId, loop.EntryId });
        modelBuilder.Entity<Dispute>(dispute =>
        {
            dispute.ToTable("dispute").HasKey(d => new { d.SchoolId, d.Id });
            dispute.HasIndex(d => new { d.DistrictId, d.TermId });
            dispute.Property(d => d.Category).HasConversion<string>();
            dispute.Property(d => d.Version).IsConcurrencyToken();
        });
    }
}
