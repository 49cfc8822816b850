using HomeSchool.Contracts.Surveys;
using HomeSchool.Surveys.Definitions;

namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// A survey as it is asked at one school: a round that was opened for a class, a grade or the school; a district's round, which has one
/// id and one row in each school; or the standing round of visit satisfaction, one a school and term. A school fact: all that an
/// answer needs to know beside its invitation is in this one row, which never changes but for its times.
/// </summary>
public sealed class Round
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The round.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it is about.</summary>
    public SurveyKind Kind { get; init; }

    /// <summary>Who learns whose an answer is (SUR-4).</summary>
    public SurveyPrivacy Privacy { get; init; }

    /// <summary>What it asks, as it was when it was opened (SUR-1).</summary>
    public required Definition Definition { get; init; }

    /// <summary>The design that this is a copy of; <see langword="null"/> for a ready-made one.</summary>
    public Guid? DesignId { get; init; }

    /// <summary>The version of that design; 1 for a ready-made one.</summary>
    public int DesignVersion { get; init; } = 1;

    /// <summary>The term, of visit satisfaction.</summary>
    public Guid? TermId { get; init; }

    /// <summary>The class that is asked; <see langword="null"/> for more than a class.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade that is asked; <see langword="null"/> for a class, or for all grades.</summary>
    public string? Grade { get; init; }

    /// <summary>Whether the whole district is asked, and not one school or a part of it.</summary>
    public bool DistrictWide { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>When families were invited; <see langword="null"/> until they are.</summary>
    public DateTimeOffset? InvitedAt { get; init; }

    /// <summary>When families that have not answered are reminded, once; <see langword="null"/> for never.</summary>
    public DateTimeOffset? RemindAt { get; init; }

    /// <summary>Until when it can be answered; <see langword="null"/> for visit satisfaction, where each invitation says.</summary>
    public DateTimeOffset? ClosesAt { get; set; }

    /// <summary>When results became as they will stay; <see langword="null"/> until they are.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Whether an answer can be changed until it closes (SUR-3); never an anonymous one.</summary>
    public bool MayChange { get; init; }

    /// <summary>In steps of how many answers results advance (SUR-4).</summary>
    public int SmallestCell { get; init; }
}
