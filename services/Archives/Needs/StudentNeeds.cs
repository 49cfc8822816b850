using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Archives.Needs;

/// <summary>How learning goes (ARC-4): a need for support, not a label.</summary>
public enum AcademicTier
{
    /// <summary>As with most.</summary>
    Typical,

    /// <summary>学业优秀.</summary>
    Excellent,

    /// <summary>学业困难.</summary>
    Struggling,
}

/// <summary>How conduct goes (ARC-4).</summary>
public enum ConductTier
{
    /// <summary>As with most.</summary>
    Typical,

    /// <summary>行为规范.</summary>
    Exemplary,

    /// <summary>行为需支持.</summary>
    Concern,
}

/// <summary>What a family lives with (ARC-4).</summary>
public enum FamilyCircumstance
{
    /// <summary>单亲.</summary>
    SingleParent,

    /// <summary>留守.</summary>
    LeftBehind,

    /// <summary>困境.</summary>
    Hardship,
}

/// <summary>What support a student needs (ARC-4).</summary>
/// <param name="Academic">How learning goes.</param>
/// <param name="Conduct">How conduct goes.</param>
/// <param name="Circumstances">What the family lives with, each once.</param>
/// <param name="PsychologicallySensitive">心理敏感: seen by the homeroom teacher and the counselor only.</param>
public sealed record Tiers(
    AcademicTier Academic, ConductTier Conduct, IReadOnlyList<FamilyCircumstance> Circumstances, bool PsychologicallySensitive)
{
    /// <summary>Whether any need is named.</summary>
    internal bool Any =>
        Academic != AcademicTier.Typical || Conduct != ConductTier.Typical || Circumstances.Count > 0 || PsychologicallySensitive;

    /// <summary>The same for those who do not learn of psychological sensitivity.</summary>
    internal Tiers WithoutPsychology => this with { PsychologicallySensitive = false };

    /// <inheritdoc/>
    public bool Equals(Tiers? other) =>
        other is not null && Academic == other.Academic && Conduct == other.Conduct
        && PsychologicallySensitive == other.PsychologicallySensitive && Circumstances.Order().SequenceEqual(other.Circumstances.Order());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Academic, Conduct, Circumstances.Count, PsychologicallySensitive);
}

/// <summary>
/// What support a student needs, from a change on (ARC-4). Rows are added and never changed: the newest one counts, until the last day
/// of the term for which somebody said it.
/// </summary>
public sealed class StudentNeeds
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The change; in the order of time.</summary>
    public Guid Id { get; init; }

    /// <summary>The school that says it.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>How learning goes.</summary>
    public AcademicTier Academic { get; init; }

    /// <summary>How conduct goes.</summary>
    public ConductTier Conduct { get; init; }

    /// <summary>What the family lives with.</summary>
    public FamilyCircumstance[] Circumstances { get; init; } = [];

    /// <summary>Seen by the homeroom teacher and the counselor only.</summary>
    public bool PsychologicallySensitive { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>The staff member who said it.</summary>
    public Guid AuthorId { get; init; }

    /// <summary>Why, sealed; <see langword="null"/> when it only says that the one before still holds.</summary>
    public byte[]? Reason { get; init; }

    /// <summary>The last day: of a term. After it nothing is known any more, unless somebody reconfirms.</summary>
    public DateOnly HoldsUntil { get; init; }

    /// <summary>1, 2, 3, … of a student at a school; the ETag.</summary>
    public long Version { get; init; }

    internal static readonly SealedColumn SealedReason = new("archives.student_needs", "reason", "id");

    internal static Place ReasonOf(Guid change) => SealedReason.Of(change);

    internal Tiers Tiers => new(Academic, Conduct, Circumstances, PsychologicallySensitive);

    /// <summary>The tiers on a day: none after they lapsed.</summary>
    internal Tiers? On(DateOnly day) => day <= HoldsUntil ? Tiers : null;

    /// <summary>What a change says.</summary>
    internal static StudentNeeds Of(
        Guid id, Enrolment at, Tiers tiers, byte[]? reason, Guid author, DateOnly holdsUntil, StudentNeeds? before, DateTimeOffset now) =>
        new()
        {
            DistrictId = at.DistrictId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = at.StudentId,
            Academic = tiers.Academic,
            Conduct = tiers.Conduct,
            Circumstances = [.. tiers.Circumstances],
            PsychologicallySensitive = tiers.PsychologicallySensitive,
            ChangedAt = now,
            AuthorId = author,
            Reason = reason,
            HoldsUntil = holdsUntil,
            Version = (before?.Version ?? 0) + 1,
        };

    /// <summary>
    /// Until when it holds after one tap (ARC-4): to the end of this term; in the term's last weeks, to the end of the next one.
    /// A second tap does nothing.
    /// </summary>
    /// <param name="terms">The terms that end today or later, the earliest first.</param>
    /// <param name="reconfirmDays">How many days before the end of a term the next one can be reconfirmed.</param>
    /// <param name="today">Today.</param>
    internal DateOnly Reconfirmed(IReadOnlyList<Term> terms, int reconfirmDays, DateOnly today)
    {
        var reached = terms.Count > 1 && today > terms[0].EndsOn.AddDays(-reconfirmDays) ? terms[1] : terms[0];
        return reached.EndsOn > HoldsUntil ? reached.EndsOn : HoldsUntil;
    }
}
