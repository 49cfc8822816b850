using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>A sample of a school's records, drawn so that everybody can draw it again (VIS-13): from seed, algorithm and
/// <see cref="SpotCheckPopulation"/>. Never changes once it is drawn.</summary>
public sealed class SpotCheck
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The check.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The seed; published with the sample.</summary>
    public string Seed { get; init; } = "";

    /// <summary>Whether the officer chose the seed, such as numbers of a public lottery; otherwise the service did.</summary>
    public bool SeedWasGiven { get; init; }

    /// <summary>How it was drawn, e.g. <see cref="Draw.Algorithm"/>.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Only visits of that term.</summary>
    public Guid? TermId { get; init; }

    /// <summary>Only visits to students of that class.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>Only that teacher's visits.</summary>
    public Guid? TeacherId { get; init; }

    /// <summary>Only visits held on that day or later.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Only visits held on that day or before.</summary>
    public DateOnly? To { get; init; }

    /// <summary>How many records could have been drawn.</summary>
    public int PopulationSize { get; internal set; }

    /// <summary>What holds them fast, see <see cref="Draw.HashOf"/>.</summary>
    public string PopulationHash { get; internal set; } = "";

    /// <summary>The checklist as it was then.</summary>
    public ChecklistItem[] Items { get; init; } = [];

    /// <summary>Who drew; <see langword="null"/> when the account is no staff member's.</summary>
    public Guid? DrawnBy { get; init; }

    /// <summary>When; later records are none of the population.</summary>
    public DateTimeOffset DrawnAt { get; init; }
}

/// <summary>
/// What a sample was drawn from, as it was then: visits that are completed later, or erased, do not change it. Ids only, apart
/// from the
/// check, because they are many.
/// </summary>
public sealed class SpotCheckPopulation
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The check.</summary>
    public Guid CheckId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The visits, by their ids as text.</summary>
    public Guid[] VisitIds { get; init; } = [];
}

/// <summary>A record that was drawn, and its grade.</summary>
public sealed class SpotCheckRecord
{
    /// <summary>The points of an item at most.</summary>
    public const int MostPoints = 5;

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The drawn record.</summary>
    public Guid Id { get; init; }

    /// <summary>The check.</summary>
    public Guid CheckId { get; init; }

    /// <summary>The visit whose record it is.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The teacher who visited.</summary>
    public Guid TeacherId { get; init; }

    /// <summary>Its place in the draw, from 1.</summary>
    public int Position { get; init; }

    /// <summary>The version of the record that was read and graded; a correction since then has not been.</summary>
    public int? RecordVersion { get; private set; }

    /// <summary>Points of each item in the checklist's order, 0–5; <see langword="null"/> until it is graded.</summary>
    public int[]? Points { get; private set; }

    /// <summary>The weighted points, 0–100.</summary>
    public decimal? Score { get; private set; }

    /// <summary>Whether it is an excellent case.</summary>
    public bool Excellent { get; private set; }

    /// <summary>What the teacher should know; sealed.</summary>
    public byte[]? Comment { get; private set; }

    /// <summary>Who graded it.</summary>
    public Guid? GradedBy { get; private set; }

    /// <summary>When.</summary>
    public DateTimeOffset? GradedAt { get; private set; }

    /// <summary>Grows by one with every grading; 0 before the first.</summary>
    public long Version { get; private set; }

    /// <summary>The column of the comment.</summary>
    internal static readonly SealedColumn SealedComment = new("visits.spot_check_record", "comment", "id");

    /// <summary>Grades it.</summary>
    internal void Grade(
        int recordVersion, IReadOnlyList<int> points, IReadOnlyList<ChecklistItem> items, bool excellent, byte[]? comment,
        Guid? by, DateTimeOffset now)
    {
        RecordVersion = recordVersion;
        Points = [.. points];
        Score = Math.Round(
            100m * points.Zip(items, (p, item) => p * item.Weight).Sum() / (MostPoints * items.Sum(item => item.Weight)), 1);
        (Excellent, Comment, GradedBy, GradedAt) = (excellent, comment, by, now);
        Version++;
    }
}

/// <summary>Where an excellent case stands.</summary>
public enum CaseState
{
    /// <summary>待教师同意: the officer has written it.</summary>
    Proposed,

    /// <summary>教师已同意.</summary>
    Consented,

    /// <summary>已共享.</summary>
    Shared,

    /// <summary>已撤回. Final.</summary>
    Withdrawn,
}

/// <summary>
/// An excellent case on its way to be shared: the officer writes it without names, the teacher who held the visit agrees, the
/// officer approves. Its text may still hold what should not be shared, so it is sealed under the keys of the visit's students.
/// </summary>
public sealed class ExcellentCase
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The case.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The visit whose record it is made of.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The teacher who visited, and has to agree.</summary>
    public Guid TeacherId { get; init; }

    /// <summary>A <see cref="CaseText"/> as JSON, sealed.</summary>
    public required byte[] Text { get; init; }

    /// <summary>Where it stands.</summary>
    public CaseState State { get; private set; }

    /// <summary>Who wrote it.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset ProposedAt { get; init; }

    /// <summary>When the teacher agreed.</summary>
    public DateTimeOffset? ConsentedAt { get; private set; }

    /// <summary>Who approved it for sharing.</summary>
    public Guid? ApprovedBy { get; private set; }

    /// <summary>When.</summary>
    public DateTimeOffset? SharedAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>The column of the text.</summary>
    internal static readonly SealedColumn SealedText = new("visits.excellent_case", "text", "id");

    /// <summary>The teacher agrees.</summary>
    /// <returns>Whether there was something to agree to.</returns>
    internal bool Consent(DateTimeOffset now)
    {
        if (State != CaseState.Proposed)
            return false;
        (State, ConsentedAt) = (CaseState.Consented, now);
        Version++;
        return true;
    }

    /// <summary>The officer approves it. Needs <see cref="CaseState.Consented"/>.</summary>
    internal void Share(Guid? by, DateTimeOffset now)
    {
        (State, ApprovedBy, SharedAt) = (CaseState.Shared, by, now);
        Version++;
    }

    /// <summary>Takes it back, whether it was shared or not.</summary>
    internal void Withdraw()
    {
        State = CaseState.Withdrawn;
        Version++;
    }
}

/// <summary>What a case says, without names.</summary>
/// <param name="Title">1–80 characters.</param>
/// <param name="Text">1–4,000 characters.</param>
public sealed record CaseText(string Title, string Text);

/// <summary>A case as colleagues read it: nobody's any more, so it is not sealed.</summary>
public sealed class SharedCase
{
    /// <summary>The case.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school that reads it; <see langword="null"/> when all of the district's do.</summary>
    public Guid? SchoolId { get; init; }

    /// <summary>Its title.</summary>
    public string Title { get; init; } = "";

    /// <summary>Its text.</summary>
    public string Text { get; init; } = "";

    /// <summary>When it was shared.</summary>
    public DateTimeOffset SharedAt { get; init; }
}
