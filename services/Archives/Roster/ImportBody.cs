using HomeSchool.Archives.Passing;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Roster;

/// <summary>An import, for people: its report in their language.</summary>
/// <param name="Id">The import.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedAt">When it was uploaded.</param>
/// <param name="DecidedAt">When it was confirmed, cancelled or superseded.</param>
/// <param name="Files">The files, with their rows.</param>
/// <param name="Changes">What changes, for each kind of record.</param>
/// <param name="Errors">Mistakes whose row is not taken; listed by <c>…/mistakes</c>.</param>
/// <param name="Warnings">Mistakes whose row is taken without a part.</param>
/// <param name="Notes">What was taken as what.</param>
/// <param name="Losses">Schools that students leave by it.</param>
/// <param name="Moves">Classes that move to another school, if this is a reorganisation instead of an upload.</param>
/// <param name="NeedsAcceptWithdrawals">Whether confirming needs <c>acceptWithdrawals</c>.</param>
public sealed record ImportBody(
    Guid Id, Guid DistrictId, ImportState State, DateTimeOffset CreatedAt, DateTimeOffset? DecidedAt,
    IReadOnlyList<FileCount> Files, IReadOnlyList<ChangeCount> Changes, int Errors, int Warnings,
    IReadOnlyList<RemarkBody> Notes, IReadOnlyList<SchoolLoss> Losses,
    IReadOnlyList<MovedClass> Moves, bool NeedsAcceptWithdrawals)
{
    /// <summary>What happens at each school, if this is a rollover instead of an upload.</summary>
    public RolloverReport? Rollover { get; init; }

    /// <summary>Writes an import for the caller.</summary>
    public static ImportBody Of(RosterImport import, RosterLimits limits, HttpContext http)
    {
        var chinese = Language.IsChinese(http);
        var report = import.Report;
        return new ImportBody(
            import.Id, import.DistrictId, import.State, import.CreatedAt, import.DecidedAt, report.Files, report.Changes, report.Errors,
            report.Warnings, [.. report.Notes.Select(note => RemarkBody.Of(note, chinese))], report.Losses, report.Moves,
            NeedsAccept(report, limits))
        {
            Rollover = report.Rollover,
        };
    }

    /// <summary>Whether so many students would leave a school that it must be said explicitly.</summary>
    public static bool NeedsAccept(RosterReport report, RosterLimits limits) =>
        report.Losses.Any(loss => loss.Leaving > loss.OnRoll * limits.WithdrawalShare);
}

/// <summary>A remark, for people.</summary>
/// <param name="File">The file; empty for the upload as a whole.</param>
/// <param name="Line">The line, from 1; 0 for the file as a whole.</param>
/// <param name="Column">The column; empty for the whole row.</param>
/// <param name="Code">Stable.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Value">What was found there.</param>
/// <param name="Reason">What is wrong, or what was taken as what.</param>
/// <param name="Mend">How to mend it; empty for a note.</param>
public sealed record RemarkBody(
    string File, int Line, string Column, string Code, Severity Severity, string? Value, string Reason, string Mend)
{
    /// <summary>Writes a remark in one language.</summary>
    public static RemarkBody Of(RosterRemark remark, bool chinese)
    {
        var text = RosterTexts.Of(remark.Code);
        return new RemarkBody(
            remark.File, remark.Line, remark.Column, remark.Code, text.Severity, remark.Value,
            text.Reason(chinese, remark.Value, remark.Detail), text.Mend(chinese, remark.Value, remark.Detail));
    }
}
