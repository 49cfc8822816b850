using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using Npgsql;

namespace HomeSchool.Visits.WorkList;

/// <summary>What a contact with a family was.</summary>
public enum ContactSort
{
    /// <summary>家访: a completed visit.</summary>
    Visit,

    /// <summary>Any other talk: a call, a meeting at school, a message.</summary>
    Talk,

    /// <summary>反馈, e.g. a tick of a behaviour contract.</summary>
    Feedback,

    /// <summary>小结.</summary>
    Summary,

    /// <summary>送教上门: a lesson at the child's home (VIS-22).</summary>
    HomeLesson,
}

/// <summary>
/// A contact with a family that was had: what the work list counts. It has no content; that stands in the record or in the ledger.
/// </summary>
/// <remarks>Whoever keeps contacts calls <see cref="AddAsync"/> in the transaction in which a contact is recorded or corrected.</remarks>
public sealed record DoneContact
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The visit or the contact.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school whose contact it was; it counts wherever the student goes within the district.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The day it was had.</summary>
    public DateOnly HeldOn { get; init; }

    /// <summary>What it was.</summary>
    public ContactSort Sort { get; init; }

    /// <summary>How.</summary>
    public VisitMode Mode { get; init; }

    /// <summary>How long; <see langword="null"/> when nobody said.</summary>
    public int? Minutes { get; init; }

    /// <summary>Whether a guardian took part; without one, only feedback, summaries and lessons at home count.</summary>
    public bool GuardianTookPart { get; init; }

    /// <summary>It was entered by mistake and counts for nothing.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>The term that it counts in, where that is decided; <see langword="null"/> for that of the day.</summary>
    public Guid? TermId { get; init; }

    /// <summary>Of what was said of it; the highest counts, in whatever order they arrive.</summary>
    public long Version { get; init; }

    /// <summary>A completed visit, which counts for each of its students.</summary>
    internal static DoneContact[] Of(Visit visit) =>
    [
        .. visit.Students.Select(student => new DoneContact
        {
            StudentId = student.StudentId,
            Id = visit.Id,
            DistrictId = visit.DistrictId,
            SchoolId = visit.SchoolId,
            HeldOn = visit.HeldOn!.Value,
            Sort = ContactSort.Visit,
            Mode = visit.HeldMode!.Value,
            Minutes = visit.HeldMinutes,
            GuardianTookPart = visit.GuardianTookPart == true,
            TermId = visit.TermId,
        }),
    ];

    /// <summary>Contacts as they stand in the ledger.</summary>
    internal static DoneContact[] Of(IEnumerable<LedgerEntry> entries) =>
    [
        .. entries.Select(entry => new DoneContact
        {
            StudentId = entry.StudentId,
            Id = entry.Id,
            DistrictId = entry.DistrictId,
            SchoolId = entry.SchoolId,
            HeldOn = entry.HeldOn,
            Sort = entry.Purpose switch
            {
                ContactPurpose.Feedback => ContactSort.Feedback,
                ContactPurpose.Summary => ContactSort.Summary,
                ContactPurpose.Talk => ContactSort.Talk,
                ContactPurpose.HomeLesson => ContactSort.HomeLesson,
            },
            Mode = entry.Channel switch
            {
                ContactChannel.Meeting when entry.Purpose == ContactPurpose.HomeLesson => VisitMode.InPerson,
                ContactChannel.Visit => VisitMode.InPerson,
                ContactChannel.Phone => VisitMode.Voice,
                ContactChannel.Meeting => VisitMode.AtSchool,
                ContactChannel.ContactBook or ContactChannel.Message => VisitMode.Text,
            },
            Minutes = entry.Minutes,
            GuardianTookPart = entry.GuardianTookPart,
            Withdrawn = entry.Withdrawn,
            Version = entry.Version,
        }),
    ];

    /// <summary>
    /// Counts contacts, in one statement of the current transaction. The same contact again replaces what was said of it.
    /// </summary>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyCollection<DoneContact> contacts, CancellationToken cancel)
    {
        // In one order for everybody, lest two wait for each other.
        var rows = contacts.OrderBy(contact => contact.StudentId).ThenBy(contact => contact.Id).ToArray();
        await using var command = new NpgsqlCommand(
            """
            WITH done AS (
                INSERT INTO done_contact (student_id, id, district_id, school_id, held_on, sort, mode, minutes, guardian_took_part, withdrawn,
                    term_id, version)
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                ON CONFLICT (student_id, id) DO UPDATE SET held_on = excluded.held_on, sort = excluded.sort, mode = excluded.mode,
                    minutes = excluded.minutes, guardian_took_part = excluded.guardian_took_part, withdrawn = excluded.withdrawn,
                    term_id = excluded.term_id, version = excluded.version
                WHERE done_contact.version <= excluded.version
                RETURNING district_id, student_id)
            INSERT INTO work_mark (district_id, student_id) SELECT DISTINCT district_id, student_id FROM done
            """, connection)
        {
            Parameters =
            {
                Column(c => c.StudentId), Column(c => c.Id), Column(c => c.DistrictId), Column(c => c.SchoolId), Column(c => c.HeldOn),
                Column(c => c.Sort.ToString()), Column(c => c.Mode.ToString()), Column(c => c.Minutes), Column(c => c.GuardianTookPart),
                Column(c => c.Withdrawn), Column(c => c.TermId), Column(c => c.Version),
            },
        };
        await command.ExecuteNonQueryAsync(cancel);

        NpgsqlParameter<T[]> Column<T>(Func<DoneContact, T> value) => new() { TypedValue = [.. rows.Select(value)] };
    }
}
