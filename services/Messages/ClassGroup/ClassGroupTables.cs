using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>The tables of classes' groups and of private messages.</summary>
internal static class ClassGroupTables
{
    private const string NamesTheChild =
        "EXISTS (SELECT FROM group_post_child c WHERE c.school_id = t.school_id AND c.post_id = t.id AND c.student_id = $2)";

    /// <summary>What is sealed.</summary>
    public static readonly SealedColumn[] Sealed = [GroupPost.SealedContent, PrivateMessage.SealedContent];

    /// <summary>The tables that a school and its district see.</summary>
    public static readonly string[] SchoolFacts =
    [
        "group_post", "group_post_child", "group_decision", "group_rules", "group_acknowledgement", "group_cadence", "group_committee",
        "group_moderator", "private_message",
    ];

    /// <summary>What a guardian has of it and what an erasure does: a post that names the child goes, for all whom it names.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("group_post", DataKind.Messages, "班级群发言", "Posts in the class's group")
        {
            Where = $"(t.student_id = $2 OR {NamesTheChild})",
            Shown = [new("kind", "类型", "Kind"), new("written_at", "时间", "At"), new("content", "内容", "Text", ["text"])],
            ShownWhere = "t.guardian_id = $3",
        },
        new("group_post_child", DataKind.Messages, "班级群内容涉及的孩子", "Children named in the class's group")
        {
            Where = "(t.student_id = $2 OR NOT EXISTS (SELECT FROM group_post p WHERE p.school_id = t.school_id AND p.id = t.post_id))",
        },
        new("group_acknowledgement", DataKind.Messages, "班级群公约确认", "Rules of the group, acknowledged")
        {
            Shown = [new("version", "公约版本", "Version"), new("acknowledged_at", "时间", "At")],
            ShownWhere = "t.guardian_id = $3",
        },
        new("group_moderator", DataKind.Messages, "班级群管理志愿者", "Volunteers who moderate the group"),
        // The class's log stays whole; who decided is nobody any more.
        new("group_decision", DataKind.Messages, "班级群审核记录", "Decisions in the group")
        {
            Set = "student_id = NULL, guardian_id = NULL",
            Shown = [new("kind", "决定", "Decision"), new("decided_at", "时间", "At")],
            ShownWhere = "t.guardian_id = $3",
        },
        new("private_message", DataKind.Messages, "家校私信", "Private messages")
        {
            Shown =
            [
                new("sent_at", "时间", "At"), new("sent_to", "发给", "To"), new("staff_id", "教师", "Staff"),
                new("content", "内容", "Text", ["text"]),
            ],
            ShownWhere = "t.guardian_id = $3",
        },
        new("photo_consent", DataKind.Basics, "照片使用同意（副本）", "Consent to photos, as the archives told"),
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<GroupPost>(post =>
        {
            post.ToTable("group_post").HasKey(p => new { p.SchoolId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.ClassId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.ClassId, p.Id }, "ix_group_post_held").HasFilter("state = 'Held'");
            post.HasIndex(p => p.StudentId);
            post.HasIndex(p => p.GuardianId);
            post.Property(p => p.Kind).HasConversion<string>();
            post.Property(p => p.State).HasConversion<string>();
            post.PrimitiveCollection(p => p.Concerns).ElementType(one => one.HasConversion<string>());
            post.Property(p => p.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<GroupPostChild>(child =>
        {
            child.ToTable("group_post_child").HasKey(c => new { c.SchoolId, c.PostId, c.StudentId });
            child.HasIndex(c => c.StudentId);
        });
        modelBuilder.Entity<GroupDecision>(decision =>
        {
            decision.ToTable("group_decision").HasKey(d => new { d.SchoolId, d.Id });
            decision.HasIndex(d => new { d.SchoolId, d.ClassId, d.Id });
            decision.HasIndex(d => d.PostId);
            decision.HasIndex(d => d.StudentId);
            decision.Property(d => d.Kind).HasConversion<string>();
            decision.Property(d => d.Reason).HasConversion<string>();
            decision.PrimitiveCollection(d => d.Concerns).ElementType(one => one.HasConversion<string>());
        });
        modelBuilder.Entity<GroupRules>().ToTable("group_rules").HasKey(r => new { r.SchoolId, r.ClassId, r.Version });
        modelBuilder.Entity<GroupAcknowledgement>(acknowledgement =>
        {
            acknowledgement.ToTable("group_acknowledgement").HasKey(a => new { a.SchoolId, a.ClassId, a.Version, a.StudentId, a.GuardianId });
            acknowledgement.HasIndex(a => a.StudentId);
        });
        modelBuilder.Entity<GroupCadence>(cadence =>
        {
            cadence.ToTable("group_cadence").HasKey(c => new { c.SchoolId, c.ClassId });
            cadence.PrimitiveCollection(c => c.Kinds).ElementType(one => one.HasConversion<string>());
            cadence.Property(c => c.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<GroupCommittee>().ToTable("group_committee").HasKey(c => new { c.SchoolId, c.ClassId });
        modelBuilder.Entity<GroupModerator>(moderator =>
        {
            moderator.ToTable("group_moderator").HasKey(m => new { m.SchoolId, m.ClassId, m.GuardianId });
            moderator.HasIndex(m => m.StudentId);
        });
        modelBuilder.Entity<PrivateMessage>(message =>
        {
            message.ToTable("private_message").HasKey(m => new { m.SchoolId, m.Id });
            message.HasIndex(m => new { m.SchoolId, m.ClassId, m.Id });
            message.HasIndex(m => m.StudentId);
            message.HasIndex(m => new { m.GuardianId, m.Id });
            message.Property(m => m.SentTo).HasConversion<string>();
        });
        modelBuilder.Entity<PhotoConsent>(consent =>
        {
            consent.ToTable("photo_consent").HasKey(c => c.StudentId);
            consent.Property(c => c.StudentId).ValueGeneratedNever();
        });
    }
}
