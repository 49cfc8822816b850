using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Committee;

/// <summary>The tables of parent committees and of what parents offer.</summary>
internal static class CommitteeTables
{
    /// <summary>The sealed columns.</summary>
    public static readonly SealedColumn[] Sealed = [ParentResource.SealedContent];

    /// <summary>What a guardian's copy has, and what an erasure takes.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("committee_member", DataKind.Activities, "家长委员会成员", "Members of parent committees")
        {
            Shown = [new("role", "分工", "Role"), new("since", "起始时间", "Since")],
            ShownWhere = "t.guardian_id = $3",
        },
        new("parent_resource", DataKind.Activities, "家长资源", "What parents offer")
        {
            Shown = [new("field", "领域", "Field"), new("content", "内容", "What is offered")],
            ShownWhere = "t.guardian_id = $3",
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ParentCommittee>(committee =>
        {
            committee.HasKey(c => new { c.SchoolId, c.ClassId });
            committee.Property(c => c.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<CommitteeMember>(member =>
        {
            member.HasKey(m => new { m.SchoolId, m.ClassId, m.GuardianId });
            member.HasIndex(m => m.StudentId);
            member.Property(m => m.Role).HasConversion<string>();
        });
        modelBuilder.Entity<ParentResource>(resource =>
        {
            resource.HasKey(r => new { r.SchoolId, r.Id });
            resource.HasIndex(r => r.StudentId);
            resource.Property(r => r.Field).HasConversion<string>();
            resource.Property(r => r.Use).HasConversion<string>();
        });
    }
}

/// <summary>How what concerns committees is refused.</summary>
internal static class CommitteeFailures
{
    /// <summary>A member who is no guardian of a child of the class.</summary>
    public static readonly Failure NotOfClass = new("activities.not-a-guardian-of-the-class", 400,
        "应为本班学生的监护人。", "Must be a guardian of a child of this class.");

    /// <summary>A filter that is none of its values.</summary>
    public static readonly Failure OneOf = new("activities.one-of", 400,
        "应为以下之一：{0}。", "Give one of: {0}.");

    /// <summary>Nothing is kept without consent.</summary>
    public static readonly Failure ConsentNeeded = new("activities.resource-consent", 400,
        "请同意学校为此用途联系您；可随时撤回。",
        "Agree that the school asks you for this purpose; you can take it back at any time.");
}
