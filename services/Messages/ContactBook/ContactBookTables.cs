using System.Text.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ContactBook;

/// <summary>The tables of the contact book.</summary>
internal static class ContactBookTables
{
    /// <summary>What is sealed.</summary>
    public static readonly SealedColumn[] Sealed = [ContactEntry.SealedContent, ContactReply.SealedContent];

    /// <summary>What a guardian has of it and what an erasure does.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("contact_entry", DataKind.Messages, "家校联系本", "The contact book")
        {
            Shown =
            [
                new("week", "周", "Week"),
                new("content", "内容", "Entry", ["habits", "mood", "text"]),
            ],
            ShownWhere = "t.published_at IS NOT NULL",
        },
        new("contact_reply", DataKind.Messages, "家校联系本的答复", "Replies in the contact book")
        {
            Shown =
            [
                new("replied_at", "时间", "At"),
                new("content", "答复", "Reply", ["observation", "affirmation", "question"]),
            ],
            ShownWhere = "t.guardian_id = $3",
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ContactWeek>(week =>
        {
            week.ToTable("contact_week").HasKey(w => new { w.SchoolId, w.ClassId, w.Week });
            week.HasIndex(w => new { w.DistrictId, w.Week });
            week.Property(w => w.Version).IsConcurrencyToken();
            week.Property(w => w.Common).HasColumnType("jsonb").HasConversion(
                text => JsonSerializer.Serialize(text, Json.Options),
                text => JsonSerializer.Deserialize<EntryText>(text, Json.Options)!);
        });
        modelBuilder.Entity<ContactEntry>(entry =>
        {
            entry.ToTable("contact_entry").HasKey(e => new { e.SchoolId, e.Id });
            entry.HasIndex(e => new { e.SchoolId, e.ClassId, e.Week, e.StudentId }).IsUnique();
            entry.HasIndex(e => e.StudentId);
            entry.Property(e => e.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<ContactReply>(reply =>
        {
            reply.ToTable("contact_reply").HasKey(r => new { r.SchoolId, r.Id });
            reply.HasIndex(r => new { r.SchoolId, r.EntryId, r.GuardianId }).IsUnique();
            reply.HasIndex(r => r.StudentId);
            reply.Property(r => r.Version).IsConcurrencyToken();
        });
    }
}
