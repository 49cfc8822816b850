using HomeSchool.Archives.Passing;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using Npgsql;

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
/// <param name="NeedsAcceptWithdrawals">Whether confirming needs <c>acceptWithdrawals</c>: more is withdrawn than a roster should.</param>
public sealed record ImportBody(
    Guid Id, Guid DistrictId, ImportState State, DateTimeOffset CreatedAt, DateTimeOffset? DecidedAt,
    IReadOnlyList<FileCount> Files, IReadOnlyList<ChangeCount> Changes, int Errors, int Warnings,
    IReadOnlyList<RemarkBody> Notes, IReadOnlyList<SchoolLoss> Losses,
    IReadOnlyList<MovedClass> Moves, bool NeedsAcceptWithdrawals)
{
    /// <summary>What happens at each school, if this is a rollover instead of an upload.</summary>
    public RolloverReport? Rollover { get; init; }

    /// <summary>While it is being checked, how far it is.</summary>
    public ProgressBody? Progress { get; init; }

    /// <summary>While it waits for its decision, the first few records of each kind and change.</summary>
    public IReadOnlyList<ChangeExample> Examples { get; init; } = [];

    /// <summary>Writes an import that is being checked.</summary>
    internal static ImportBody Of(ImportProgress progress) =>
        new(progress.ImportId, progress.DistrictId, ImportState.Checking, progress.StartedAt, null, [], [], 0, 0, [], [], [], false)
        {
            Progress = new ProgressBody(progress.Phase, progress.Rows),
        };

    /// <summary>Writes an import for the caller, with examples of what it would change.</summary>
    public static async Task<ImportBody> OfAsync(
        RosterImport import, NpgsqlBatch batch, RosterLimits limits, HttpContext http, CancellationToken cancel) =>
        Of(import, limits, http) with { Examples = await ChangeExample.ReadAsync(import, batch, cancel) };

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

    /// <summary>
    /// Whether so much would be withdrawn that it must be said explicitly: of a school's students, or of a kind of record in the district.
    /// </summary>
    public static bool NeedsAccept(RosterReport report, RosterLimits limits) =>
        report.Losses.Any(loss => loss.Leaving > loss.OnRoll * limits.WithdrawalShare)
        || report is { Moves.Count: 0, Rollover: null } && report.Changes.Any(count =>
            count.Kind is RecordKind.School or RecordKind.Class or RecordKind.Guardian or RecordKind.Staff
            && count.Withdrawn > (count.Withdrawn + count.Changed + count.Unchanged) * limits.WithdrawalShare);
}

/// <summary>How far a check is.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="Rows">Rows read so far, of all files.</param>
public sealed record ProgressBody(ImportPhase Phase, int Rows);

/// <summary>A record that an import would change, to see what its counts are about.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Change">What happens to it.</param>
/// <param name="Id">The record.</param>
/// <param name="SourceId">The id, in the exporting system, of the record or of the person it is about.</param>
/// <param name="Name">Its name, where it has one.</param>
/// <param name="Fields">For a changed record, which columns differ.</param>
public sealed record ChangeExample(
    RecordKind Kind, ChangeKind Change, Guid Id, string SourceId, string? Name, IReadOnlyList<string> Fields)
{
    /// <summary>Examples of each kind and change.</summary>
    public const int Each = 3;

    /// <summary>Reads the examples of an import. The batch may begin with what must come first, e.g. the tenancy.</summary>
    internal static async Task<IReadOnlyList<ChangeExample>> ReadAsync(RosterImport import, NpgsqlBatch batch, CancellationToken cancel)
    {
        var wanted = import.Report.Changes.SelectMany(count => new (RecordKind Kind, ChangeKind Change, int Count)[]
        {
            (count.Kind, ChangeKind.Added, count.Added), (count.Kind, ChangeKind.Changed, count.Changed),
            (count.Kind, ChangeKind.Withdrawn, count.Withdrawn),
        }).Where(one => one.Count > 0).ToArray();
        if (import.State != ImportState.Checked || wanted.Length == 0)
            return [];
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            SELECT w.kind, w.change, c.id, {RosterChange.NamedBy},
                coalesce(c.name, c.title, concat(c.family_name, c.given_name)), c.fields
            FROM unnest($2, $3) AS w (kind, change) CROSS JOIN LATERAL (
                SELECT * FROM roster_change r WHERE r.import_id = $1 AND r.kind = w.kind AND r.change = w.change
                ORDER BY r.id LIMIT {Each}) c
            """)
        {
            Parameters =
            {
                new() { Value = import.Id }, new() { Value = Array.ConvertAll(wanted, one => one.Kind.ToString()) },
                new() { Value = Array.ConvertAll(wanted, one => one.Change.ToString()) },
            },
        });
        var examples = new List<ChangeExample>();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        for (var results = batch.BatchCommands.Count; results > 1; results--)
            await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            examples.Add(new ChangeExample(
                Enum.Parse<RecordKind>(reader.GetString(0)), Enum.Parse<ChangeKind>(reader.GetString(1)), reader.GetGuid(2), reader.GetString(3),
                reader.GetString(4) is { Length: > 0 } name ? name : null, reader.GetFieldValue<string[]>(5)));
        }

        return examples;
    }
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
