using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Covenant;

/// <summary>A version of a class's covenant (家校公约, ACT-2). Rows are added; the newest counts.</summary>
public sealed class ClassCovenant
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>1, 2, 3, …; the ETag.</summary>
    public long Version { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What school and families promise each other, a line each.</summary>
    public string[] Promises { get; init; } = [];

    /// <summary>When it was published.</summary>
    public DateTimeOffset PublishedAt { get; init; }
}

/// <summary>That a guardian signed a version of the covenant for a child. It stays as it is when a later version comes.</summary>
public sealed class CovenantSignature
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The version that was signed.</summary>
    public long Version { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Who signed.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>When it was signed here, or a signature on paper was entered.</summary>
    public DateTimeOffset SignedAt { get; init; }

    /// <summary>Whether it was signed on paper, and staff entered that.</summary>
    public bool OnPaper { get; init; }
}

/// <summary>The tables of covenants.</summary>
internal static class CovenantTables
{
    public static readonly PersonalTable[] Personal =
    [
        new("covenant_signature", DataKind.Activities, "家校公约签署", "Signatures under covenants")
        {
            ShownWhere = "t.guardian_id = $3",
            Shown =
            [
                new("version", "公约版本", "Version of the covenant"), new("signed_at", "签署时间", "Signed at"),
                new("on_paper", "纸质签署", "On paper"),
            ],
        },
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ClassCovenant>().HasKey(c => new { c.SchoolId, c.ClassId, c.Version });
        modelBuilder.Entity<CovenantSignature>(signature =>
        {
            signature.HasKey(s => new { s.SchoolId, s.ClassId, s.Version, s.StudentId, s.GuardianId });
            signature.HasIndex(s => s.StudentId);
        });
    }
}
