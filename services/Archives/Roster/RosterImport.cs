using System.Text.Json.Serialization;
using HomeSchool.Archives.Passing;
using HomeSchool.Contracts.Archives;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Roster;

/// <summary>Where an import stands.</summary>
public enum ImportState
{
    /// <summary>Checked: the report shows what would change; nothing has.</summary>
    Checked,

    /// <summary>Being checked: shown only while it lasts, never stored.</summary>
    Checking,

    /// <summary>Confirmed: exactly what the report shows was done.</summary>
    Confirmed,

    /// <summary>Given up by whoever made it.</summary>
    Cancelled,

    /// <summary>A later upload for the district took its place before it was confirmed.</summary>
    Superseded,
}

/// <summary>One upload of a roster (ARC-2), one reorganisation of schools (ALL-10) or one rollover (ARC-14), and what became of it.</summary>
public sealed class RosterImport
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The import.</summary>
    public Guid Id { get; init; }

    /// <summary>Where it stands.</summary>
    public ImportState State { get; private set; }

    /// <summary>The version of the district's roster that the upload was compared with.</summary>
    public long BaseVersion { get; init; }

    /// <summary>When it was uploaded.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who uploaded it: the caller's name in audit rows.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>When it left <see cref="ImportState.Checked"/>.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>The first day of the school year that it begins, if it is a rollover (ARC-14).</summary>
    public DateOnly? RolloverOn { get; init; }

    /// <summary>What the check found.</summary>
    public required RosterReport Report { get; init; }

    /// <summary>The version of the district's roster that a confirmed import left.</summary>
    public long LeftVersion => Report.IsChange ? BaseVersion + 1 : BaseVersion;

    /// <summary>Ends the wait for a decision.</summary>
    public void Decide(ImportState state, DateTimeOffset now) => (State, DecidedAt) = (state, now);

    /// <summary>Gives up what waits for a decision in a district: the next one takes its place.</summary>
    internal static async Task SupersedeAsync(ArchivesDb db, Guid district, TimeProvider clock, CancellationToken cancel)
    {
        var waiting = await db.Set<RosterImport>()
            .SingleOrDefaultAsync(import => import.DistrictId == district && import.State == ImportState.Checked, cancel);
        if (waiting is null)
            return;
        waiting.Decide(ImportState.Superseded, clock.GetUtcNow());
        await db.Set<RosterChange>().Where(change => change.ImportId == waiting.Id).ExecuteDeleteAsync(cancel);
        // Before the new one is added: only one may wait.
        await db.SaveChangesAsync(cancel);
    }
}

/// <summary>What the check of an upload found.</summary>
/// <param name="Files">The files, with their rows.</param>
/// <param name="Changes">What would change, for each kind of record.</param>
/// <param name="Errors">Mistakes whose row is not taken.</param>
/// <param name="Warnings">Mistakes whose row is taken without a part.</param>
/// <param name="Notes">What was taken as what.</param>
/// <param name="Losses">Schools that students would leave.</param>
public sealed record RosterReport(
    IReadOnlyList<FileCount> Files, IReadOnlyList<ChangeCount> Changes, int Errors, int Warnings,
    IReadOnlyList<RosterRemark> Notes, IReadOnlyList<SchoolLoss> Losses)
{
    /// <summary>What the rows of the upload said, see <see cref="RosterPackage.Digest"/>; <see langword="null"/> if this is no upload.</summary>
    public string? Digest { get; init; }

    /// <summary>The newest change that the upload knows of, by its <c>dateLastModified</c>: an older delta comes too late.</summary>
    public DateTimeOffset? ModifiedUntil { get; init; }

    /// <summary>Whether anything changes.</summary>
    [JsonIgnore]
    public bool IsChange => Changes.Any(count => count.Added + count.Changed + count.Withdrawn > 0);

    /// <summary>Classes that move to another school, if this is a reorganisation (ALL-10) instead of an upload.</summary>
    public IReadOnlyList<MovedClass> Moves { get; init; } = [];

    /// <summary>What happens at each school, if this is a rollover (ARC-14) instead of an upload.</summary>
    public RolloverReport? Rollover { get; init; }
}

/// <summary>A file of an upload.</summary>
/// <param name="Name">As it was called in the upload.</param>
/// <param name="TakenAs">The file of OneRoster that it is.</param>
/// <param name="Rows">Rows without the header and blank lines.</param>
/// <param name="Rejected">Rows not taken for a mistake of their own.</param>
public sealed record FileCount(string Name, string TakenAs, int Rows, int Rejected);

/// <summary>How many records of a kind an import changes.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Added">New, or back after a gap.</param>
/// <param name="Changed">Changed.</param>
/// <param name="Withdrawn">No longer in the roster: they get an end date and stay with their history.</param>
/// <param name="Unchanged">As they were.</param>
public sealed record ChangeCount(RecordKind Kind, int Added, int Changed, int Withdrawn, int Unchanged);

/// <summary>Students who would leave a school by an import.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="OnRoll">On its roll before.</param>
/// <param name="Leaving">Of these, on its roll no longer.</param>
public sealed record SchoolLoss(Guid SchoolId, int OnRoll, int Leaving);

/// <summary>The kinds of record that a roster holds, in the order in which they are written.</summary>
public enum RecordKind
{
    /// <summary>A <see cref="Archives.School"/>.</summary>
    School,

    /// <summary>A <see cref="Archives.Term"/>.</summary>
    Term,

    /// <summary>A <see cref="Archives.Class"/>.</summary>
    Class,

    /// <summary>A <see cref="Archives.Student"/>.</summary>
    Student,

    /// <summary>A <see cref="Archives.Guardian"/>.</summary>
    Guardian,

    /// <summary>A <see cref="Archives.Guardianship"/>.</summary>
    Guardianship,

    /// <summary>A member of <see cref="Archives.Staff"/>.</summary>
    Staff,

    /// <summary>An <see cref="Archives.Enrolment"/>.</summary>
    Enrolment,

    /// <summary>A <see cref="Archives.StaffPost"/>.</summary>
    StaffPost,
}

/// <summary>What an import does to a record.</summary>
public enum ChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It changes.</summary>
    Changed,

    /// <summary>It is not in the roster any more, and gets an end date.</summary>
    Withdrawn,
}

/// <summary>
/// One change that an import shows and, once confirmed, makes. Kept only until the import is decided. Its table has the columns of
/// all kinds of record beside these (see <see cref="RosterTables"/>), with the record as it will be; those of other kinds are empty.
/// </summary>
public sealed class RosterChange
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The import.</summary>
    public Guid ImportId { get; init; }

    /// <summary>The kind of record.</summary>
    public RecordKind Kind { get; init; }

    /// <summary>The record.</summary>
    public Guid Id { get; init; }

    /// <summary>What happens to it.</summary>
    public ChangeKind Change { get; init; }

    /// <summary>The record's id in the system that exports the roster; <see langword="null"/> if it has none there.</summary>
    public string? SourceId { get; init; }

    /// <summary>For <see cref="ChangeKind.Changed"/>, the columns that differ.</summary>
    public string[] Fields { get; init; } = [];

    /// <summary>
    /// What names a row <c>c</c> in the report: its own id, or that of the person it is about, as it is stored or will be. Looked
    /// up for the rows that are shown, which are few.
    /// </summary>
    internal const string NamedBy =
        """
        coalesce(
            c.source_id,
            (SELECT p.source_id FROM student p WHERE p.district_id = c.district_id AND p.id = c.student_id),
            (SELECT p.source_id FROM staff p WHERE p.district_id = c.district_id AND p.id = c.staff_id),
            (SELECT p.source_id FROM roster_change p
             WHERE p.import_id = c.import_id AND p.kind = 'Student' AND p.id = c.student_id),
            (SELECT p.source_id FROM roster_change p
             WHERE p.import_id = c.import_id AND p.kind = 'Staff' AND p.id = c.staff_id))
        """;
}

/// <summary>One mistake that an import found, by its exact place.</summary>
public sealed class RosterMistake
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The import.</summary>
    public Guid ImportId { get; init; }

    /// <summary>Numbered from 1 by file and line.</summary>
    public int Number { get; init; }

    /// <summary>See <see cref="RosterRemark.File"/>.</summary>
    public string File { get; init; } = "";

    /// <summary>See <see cref="RosterRemark.Line"/>.</summary>
    public int Line { get; init; }

    /// <summary>See <see cref="RosterRemark.Column"/>.</summary>
    public string Column { get; init; } = "";

    /// <summary>See <see cref="RosterRemark.Code"/>.</summary>
    public string Code { get; init; } = "";

    /// <summary>See <see cref="RosterRemark.Value"/>.</summary>
    public string? Value { get; init; }

    /// <summary>See <see cref="RosterRemark.Detail"/>.</summary>
    public string? Detail { get; init; }
}
