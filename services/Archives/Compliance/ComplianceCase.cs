using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Compliance;

/// <summary>What stands for one part of a case.</summary>
/// <param name="Text">What it says; <see langword="null"/> where it is not needed.</param>
/// <param name="NotNeededBecause">Why it is not needed.</param>
/// <param name="WrittenAt">When.</param>
/// <param name="WrittenBy">By which account, as in audit rows.</param>
public sealed record CasePart(string? Text, string? NotNeededBecause, DateTimeOffset WrittenAt, string WrittenBy);

/// <summary>One of the law's workflows, from its start to its documents (ALL-9). It is kept, never deleted.</summary>
public sealed class ComplianceCase
{
    /// <summary>Years that a case is kept after it was closed, at least (PIPL 56).</summary>
    public const int YearsKept = 3;

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The case.</summary>
    public Guid Id { get; init; }

    /// <summary>Which workflow.</summary>
    public CaseKind Kind { get; init; }

    /// <summary>What it is about, without names.</summary>
    public string Title { get; init; } = "";

    /// <summary>The calendar year that a yearly audit is about; <see langword="null"/> for the others.</summary>
    public int? Year { get; init; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>By which account, as in audit rows.</summary>
    public string OpenedBy { get; init; } = "";

    /// <summary>When a breach was noticed; its notices are due from then.</summary>
    public DateTimeOffset? NoticedAt { get; init; }

    /// <summary>When it is due: the notice of a breach, the filing of an audit; <see langword="null"/> for an assessment.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>What it says so far; replaced as a whole.</summary>
    public IReadOnlyDictionary<string, CasePart> Parts { get; private set; } = new Dictionary<string, CasePart>(StringComparer.Ordinal);

    /// <summary>When it was closed; nothing of it changes afterwards.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>The day until which it must be kept; <see langword="null"/> while it is open.</summary>
    public DateOnly? KeepUntil { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>The parts that it still lacks.</summary>
    internal IEnumerable<CasePartForm> Missing => CaseForm.Of(Kind).Parts.Where(part => !Parts.ContainsKey(part.Key));

    /// <summary>Whether it should have been done by now.</summary>
    public bool IsOverdue(DateTimeOffset now) => ClosedAt is null && DueAt < now;

    /// <summary>Writes a part.</summary>
    public Failure? Write(string key, CasePart part)
    {
        if (ClosedAt is not null)
            return ArchivesFailures.CaseClosed;
        Parts = new Dictionary<string, CasePart>(Parts, StringComparer.Ordinal) { [key] = part };
        Version++;
        return null;
    }

    /// <summary>Closes it, when it says all that it must.</summary>
    public Problem? Close(DateTimeOffset now)
    {
        if (ClosedAt is not null)
            return ArchivesFailures.CaseClosed;
        var missing = Missing.Select(part => ArchivesFailures.PartMissing.At($"parts.{part.Key}")).ToArray();
        if (missing.Length > 0)
            return new Problem(ArchivesFailures.CaseIncomplete, missing);
        ClosedAt = now;
        KeepUntil = LocalDay.Of(now).AddYears(YearsKept);
        Version++;
        return null;
    }
}
