using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Posts;

/// <summary>The tables of notices.</summary>
internal static class PostTables
{
    /// <summary>What is sealed.</summary>
    public static readonly SealedColumn[] Sealed = [PostAnswer.SealedContent];

    /// <summary>What a guardian has of it and what an erasure does. What a notice says is about nobody: it goes to a class or
    /// more.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("post_answer", DataKind.Messages, "对通知的答复", "Answers to notices")
        {
            Shown = [new("answered_at", "时间", "At"), new("content", "答复", "Answer", ["text"])],
            ShownWhere = "t.guardian_id = $3",
        },
        new("receipt", DataKind.Messages, "通知的送达和阅读", "Notices that arrived and were read")
        {
            Shown =
            [
                new("delivered_at", "送达时间", "Arrived"), new("read_at", "阅读时间", "Read"), new("answered_at", "答复时间", "Answered"),
            ],
            ShownWhere = "t.guardian_id = $3",
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Post>(post =>
        {
            post.ToTable("post").HasKey(p => p.Id);
            post.HasIndex(p => new { p.DistrictId, p.PublishedAt });
            post.HasIndex(p => new { p.SchoolId, p.PublishedAt });
        });
        modelBuilder.Entity<PostProgress>(progress =>
        {
            progress.ToTable("post_progress").HasKey(p => new { p.SchoolId, p.PostId });
            progress.HasIndex(p => new { p.DistrictId, p.Turn, p.PostId, p.SchoolId }).HasFilter("done_at IS NULL");
        });
        modelBuilder.Entity<Receipt>(receipt =>
        {
            receipt.ToTable("receipt").HasKey(r => new { r.SchoolId, r.PostId, r.GuardianId, r.StudentId });
            receipt.Property(r => r.Channel).HasConversion<string>();
        });
        modelBuilder.Entity<PostAnswer>(answer =>
        {
            answer.ToTable("post_answer").HasKey(a => new { a.SchoolId, a.Id });
            answer.HasIndex(a => new { a.SchoolId, a.PostId, a.GuardianId, a.StudentId }).IsUnique();
            answer.Property(a => a.Version).IsConcurrencyToken();
        });
    }
}
