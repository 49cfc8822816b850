namespace HomeSchool.Archives.Needs;

/// <summary>A kind of exam: scores are compared within one.</summary>
public enum ExamKind
{
    /// <summary>单元测验.</summary>
    Unit,

    /// <summary>月考.</summary>
    Monthly,

    /// <summary>期中.</summary>
    Midterm,

    /// <summary>期末.</summary>
    Final,

    /// <summary>模拟考.</summary>
    Mock,
}

/// <summary>A graded level, the best first.</summary>
public enum ScoreLevel
{
    /// <summary>优.</summary>
    A,

    /// <summary>良.</summary>
    B,

    /// <summary>中.</summary>
    C,

    /// <summary>及格.</summary>
    D,

    /// <summary>待及格.</summary>
    E,
}

/// <summary>A score of a student in one subject of an exam (ARC-5): points of a maximum, or a level. No rank is ever made of it.</summary>
public sealed class Score
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The score.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The kind of exam.</summary>
    public ExamKind Kind { get; init; }

    /// <summary>The subject.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The day of the exam.</summary>
    public DateOnly HeldOn { get; init; }

    /// <summary>Points, from 0 to <see cref="OutOf"/>; <see langword="null"/> for a level.</summary>
    public decimal? Points { get; init; }

    /// <summary>The most points; <see langword="null"/> for a level.</summary>
    public decimal? OutOf { get; init; }

    /// <summary>The level; <see langword="null"/> for points.</summary>
    public ScoreLevel? Level { get; init; }

    /// <summary>The share of what can be had, 0–1; a level counts in fifths.</summary>
    internal decimal Share => Points is { } points ? points / OutOf!.Value : (5 - (int)Level!.Value) / 5m;

    /// <summary>The average share of the newest score in each subject; <see langword="null"/> without any.</summary>
    internal static decimal? Average(IEnumerable<Score> scores)
    {
        var newest = scores.GroupBy(score => score.Subject, StringComparer.Ordinal)
            .Select(subject => subject.MaxBy(score => score.HeldOn)!.Share).ToArray();
        return newest.Length == 0 ? null : Math.Round(newest.Average(), 4);
    }
}

/// <summary>A homework of a class in one subject, reported by exception: who did not hand it in (ARC-5).</summary>
public sealed class Homework
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The subject.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The day by which it was due.</summary>
    public DateOnly DueOn { get; init; }

    /// <summary>Who missed it; empty when all handed it in.</summary>
    public Guid[] Missed { get; init; } = [];
}
