namespace HomeSchool.Archives.Roster;

/// <summary>One remark on an upload: a mistake with its exact place, or a note on what was taken as what.</summary>
/// <param name="File">The file's name in the upload; empty for the upload as a whole.</param>
/// <param name="Line">The line, from 1 (the header); 0 for the file as a whole.</param>
/// <param name="Column">The column's name as OneRoster has it; empty for the whole row.</param>
/// <param name="Code">See <see cref="RosterTexts"/>.</param>
/// <param name="Value">What was found there; never a name.</param>
/// <param name="Detail">What the text needs beside the value, e.g. the values allowed.</param>
public sealed record RosterRemark(string File, int Line, string Column, string Code, string? Value = null, string? Detail = null)
{
    /// <summary>How much it matters.</summary>
    public Severity Severity => RosterTexts.Of(Code).Severity;
}

/// <summary>Collects the remarks of one import; keeps the first <see cref="Kept"/> mistakes and counts the rest.</summary>
internal sealed class RosterRemarks
{
    /// <summary>Mistakes listed one by one; a file that is wrong in every row needs no more to be mended.</summary>
    public const int Kept = 10_000;

    /// <summary>Characters of a mistaken value that are shown.</summary>
    public const int LongestValue = 100;

    private readonly List<RosterRemark> mistakes = [];
    private readonly List<RosterRemark> refusals = [];
    private readonly List<RosterRemark> notes = [];

    /// <summary>Errors and warnings on rows, in the order found, the first <see cref="Kept"/> of them.</summary>
    public IReadOnlyList<RosterRemark> Mistakes => mistakes;

    /// <summary>What refuses the whole upload.</summary>
    public IReadOnlyList<RosterRemark> Refusals => refusals;

    /// <summary>What was taken as what.</summary>
    public IReadOnlyList<RosterRemark> Notes => notes;

    /// <summary>How many errors there are, also beyond those listed.</summary>
    public int Errors { get; private set; }

    /// <summary>How many warnings there are, also beyond those listed.</summary>
    public int Warnings { get; private set; }

    /// <summary>Adds a remark on a place.</summary>
    public void Add(RosterText text, string file, int line = 0, string column = "", string? value = null, string? detail = null)
    {
        var remark = new RosterRemark(file, line, column, text.Code, value, detail);
        switch (text.Severity)
        {
            case Severity.Refused:
                refusals.Add(remark);
                return;
            case Severity.Note:
                notes.Add(remark);
                return;
            case Severity.Error:
                Errors++;
                break;
            default:
                Warnings++;
                break;
        }

        if (mistakes.Count < Kept)
            mistakes.Add(remark with { Value = value is { Length: > LongestValue } ? value[..LongestValue] : value });
    }
}
