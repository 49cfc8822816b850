using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Surveys.Results;

/// <summary>
/// The smallest unit of results: one class in one round. Answers are staged in it and become visible together when there are at
/// least five (SUR-4). School and district are sums of what is visible in their classes, so all levels advance together and no
/// difference between two of them, or between two moments, is fewer than five answers.
/// </summary>
public sealed class Cell
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The round.</summary>
    public Guid RoundId { get; init; }

    /// <summary>The class; all zeros for answers that belong to none.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Invitations.</summary>
    public int Invited { get; init; }

    /// <summary>Answers that results show.</summary>
    public int Shown { get; init; }

    /// <summary>Answers that are new or were changed since the last step; one that is changed twice counts once.</summary>
    public int Staged { get; init; }

    /// <summary>Of the staged, first answers.</summary>
    public int StagedFirst { get; init; }

    /// <summary>How many steps there were, of named or confidential answers: those of later ones are not shown.</summary>
    public int Step { get; init; }

    /// <summary>The batch that anonymous answers of this class go into; <see langword="null"/> while none is staged.</summary>
    public Guid? BatchId { get; init; }
}

/// <summary>
/// What was given in named or confidential answers that are staged, until their cell takes a step (<see cref="Tally"/>). Sealed:
/// row versions tell whose answers they are, and the answers are the officer's alone to read (SUR-4).
/// </summary>
public sealed class StagedCount
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Random.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The round.</summary>
    public Guid RoundId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>A line an option; sealed under a key of the round.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>The column of what was given.</summary>
    internal static readonly SealedColumn SealedContent = new("surveys.staged_count", "content", "id");
}

/// <summary>How often one option of one question was given in a cell.</summary>
public sealed class CellCount
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The round.</summary>
    public Guid RoundId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The question; of a matrix, with its row: <c>question.row</c>.</summary>
    public string QuestionId { get; init; } = "";

    /// <summary>The choice, number or date; empty for a text, of which only that there is one is counted.</summary>
    public string Option { get; init; } = "";

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>How often, as results show it.</summary>
    public int Shown { get; init; }
}

/// <summary>A school whose counters have advanced since it was last told (<see cref="AnnounceCounts"/>).</summary>
public sealed class UntoldCount
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>What the survey is about.</summary>
    public SurveyKind Kind { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}

/// <summary>Names a cell.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="RoundId">The round.</param>
/// <param name="ClassId">The class; all zeros for none.</param>
internal sealed record CellKey(Guid SchoolId, Guid RoundId, Guid ClassId);
