using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Roster;
using HomeSchool.Visits.WorkList;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Programme;

/// <summary>A share of the students, visited by the end of a teaching week.</summary>
/// <param name="Week">The teaching week, 1–53.</param>
/// <param name="SharePercent">The share, 0–100.</param>
public sealed record Quota(int Week, int SharePercent);

/// <summary>A phase of the programme.</summary>
/// <param name="Name">E.g. 学期初集中家访; up to 60 characters.</param>
/// <param name="From">First day.</param>
/// <param name="To">Last day.</param>
public sealed record ProgrammePhase(string Name, DateOnly From, DateOnly To);

/// <summary>What a school's visit programme says (VIS-19); class plans inherit it.</summary>
/// <param name="Title">E.g. 第一中学 2026–2027 学年第一学期全校家访工作方案; up to 100 characters.</param>
/// <param name="Quotas">1–10, growing with the weeks; the first one's week is when priority students are visited, and the last one is
/// everybody (VIS-1, VIS-2).</param>
/// <param name="Themes">Up to 10, each up to 100 characters.</param>
/// <param name="Phases">Up to 10.</param>
/// <param name="Prompts">What a talk is to touch, for the outlines; up to 20, each up to 200 characters.</param>
public sealed record ProgrammeContent(
    string Title, IReadOnlyList<Quota> Quotas, IReadOnlyList<string> Themes, IReadOnlyList<ProgrammePhase> Phases,
    IReadOnlyList<string> Prompts)
{
    private const int Everybody = 100;

    /// <summary>The quotas that hold where no programme is published: the policy's.</summary>
    internal static ProgrammeContent Default(WorkListPolicy policy, Term term) => new(
        "",
        policy.OpeningWeeks < term.TeachingWeeks
            ? [new Quota(policy.OpeningWeeks, policy.OpeningSharePercent), new Quota(term.TeachingWeeks, Everybody)]
            : [new Quota(Math.Max(1, term.TeachingWeeks), Everybody)],
        [], [], []);
}

/// <summary>A version of a school's visit programme for a term (全校家访工作方案, VIS-19). Rows are added; the newest counts.</summary>
public sealed class VisitProgramme
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>1, 2, 3, …; the ETag.</summary>
    public long Version { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Who published it; <see langword="null"/> when the account has no staff member.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>What it says.</summary>
    public required ProgrammeContent Content { get; init; }
}

/// <summary>The table of programmes.</summary>
internal static class ProgrammeTables
{
    public static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<VisitProgramme>(programme =>
    {
        programme.HasKey(p => new { p.SchoolId, p.TermId, p.Version });
        programme.Property(p => p.Content).HasColumnType("jsonb").HasConversion(
            content => JsonSerializer.Serialize(content, Json.Options),
            text => JsonSerializer.Deserialize<ProgrammeContent>(text, Json.Options)!);
    });
}
