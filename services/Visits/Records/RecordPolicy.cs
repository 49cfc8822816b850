using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Wording;
using HomeSchool.Visits.Outlines;

namespace HomeSchool.Visits.Records;

/// <summary>What a district or a school decides about preparing and recording visits.</summary>
public sealed record RecordPolicy
{
    /// <summary>Whether a visit needs the outline's mandatory part before it starts, emergencies apart (VIS-7).</summary>
    public bool OutlineRequired { get; init; } = true;

    /// <summary>Points of progress that an outline has at least, 0–10 (VIS-7).</summary>
    public int ProgressPoints { get; init; } = 2;

    /// <summary>The teaching week from which visits close the term and agree on the holidays, 1–40 (VIS-2, VIS-16).</summary>
    public int ClosingFromWeek { get; init; } = 17;

    /// <summary>The roles that read internal parts of a record (ARC-7), among those that read records at all;
    /// <see langword="null"/>: homeroom teacher and counselor.</summary>
    public IReadOnlyList<Role>? InternalReaders { get; init; }

    /// <summary>Wordings to avoid (VIS-14); <see langword="null"/>: <see cref="ToneWord.Defaults"/>.</summary>
    public IReadOnlyList<ToneWord>? ToneWords { get; init; }

    /// <summary>The outline's template (VIS-7); <see langword="null"/>: <see cref="OutlineTemplate.Default"/>.</summary>
    public OutlineTemplate? Outline { get; init; }

    /// <summary>Whether a role reads internal parts.</summary>
    public bool ShowsInternalTo(Role role) => InternalReaders?.Contains(role) ?? role is Role.HomeroomTeacher or Role.Counselor;

    /// <summary>Adds what is wrong with it.</summary>
    internal void Check(Mistakes mistakes)
    {
        mistakes.Range("records.progressPoints", ProgressPoints, 0, OutlineContent.MostPoints);
        mistakes.Range("records.closingFromWeek", ClosingFromWeek, 1, 40);
        if (InternalReaders?.All(role => Access.Allows(role, Permission.VisitInternalRead)) == false)
            mistakes.Add(RecordFailures.InternalReader.At("records.internalReaders"));
        ToneWord.Check(mistakes, "records.toneWords", ToneWords);
        Outline?.Check(mistakes);
    }
}
