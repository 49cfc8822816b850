using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Handbook;

/// <summary>What a part of a handbook is.</summary>
public enum HandbookPart
{
    /// <summary>A family activity: what it was, how many families took part, what was told of it afterwards.</summary>
    Activity,

    /// <summary>A photo of the class.</summary>
    Photo,

    /// <summary>What a family wrote of an activity and agreed that the class may read.</summary>
    Reflection,
}

/// <summary>
/// A class's handbook of a term (班级亲子成长手册, ACT-5): what the teacher chose, in order. It holds references only; what may be
/// printed is asked at every print.
/// </summary>
public sealed class ClassHandbook
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What each part is, in order.</summary>
    public string[] Parts { get; set; } = [];

    /// <summary>Which activity, photo or reflection each part is.</summary>
    public Guid[] Refs { get; set; } = [];

    /// <summary>Whether the class's families may print it.</summary>
    public bool ForFamilies { get; set; }

    /// <summary>When it was changed.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Grows by one with every change; the ETag, and printed.</summary>
    public long Version { get; set; }
}

/// <summary>The table of handbooks.</summary>
internal static class HandbookTables
{
    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<ClassHandbook>(handbook =>
    {
        handbook.HasKey(h => new { h.SchoolId, h.ClassId, h.TermId });
        handbook.Property(h => h.Version).IsConcurrencyToken();
    });
}

/// <summary>How what concerns handbooks is refused.</summary>
internal static class HandbookFailures
{
    /// <summary>A part is nothing of the class and term, or may not be printed.</summary>
    public static readonly Failure NotThere = new("activities.handbook-part", 400,
        "手册中有内容不属于本班本学期，或不能刊印，请从素材中选择。",
        "Not every part is of this class and term, or may be printed; choose from the material.");
}
