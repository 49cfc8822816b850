using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Ledger;

/// <summary>
/// A contact with the family of a student, as one version says (VIS-12). A contact about siblings stands in the ledger of each,
/// with one id. Rows are only ever added: the database refuses changes.
/// </summary>
public sealed class LedgerEntry
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The contact; of a visit, the visit's id.</summary>
    public Guid Id { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>1 as it was first written; the highest counts.</summary>
    public long Version { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student's class at the time, whose teachers see it, if there was one.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>By which channel.</summary>
    public ContactChannel Channel { get; init; }

    /// <summary>What for.</summary>
    public ContactPurpose Purpose { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset HeldAt { get; init; }

    /// <summary>The day, in the school's time zone.</summary>
    public DateOnly HeldOn { get; init; }

    /// <summary>How long; 0 for text.</summary>
    public int Minutes { get; init; }

    /// <summary>Whether a guardian took part.</summary>
    public bool GuardianTookPart { get; init; }

    /// <summary>Whether it is a deep contact (VIS-3); of a visit, an effective one (VIS-1).</summary>
    public bool Deep { get; init; }

    /// <summary>The staff who took part.</summary>
    public Guid[] StaffIds { get; init; } = [];

    /// <summary>The guardians who took part, as far as somebody said who.</summary>
    public Guid[] GuardianIds { get; init; } = [];

    /// <summary>The guardian's feedback in one tap.</summary>
    public GuardianFeedback? Feedback { get; init; }

    /// <summary>Which text this is; siblings share it.</summary>
    public Guid TextId { get; init; }

    /// <summary>A <see cref="LedgerContent"/> as JSON, sealed; <see langword="null"/> where the text stands elsewhere: in the
    /// visit's record, or with the service that told the contact.</summary>
    public byte[]? Content { get; init; }

    /// <summary>The staff member who wrote this version; <see langword="null"/> when another service told it.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When this version was written.</summary>
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>It was entered by mistake: it stays, and counts no more.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("visits.ledger_entry", "content", "text_id");

    /// <summary>Whether a channel is text, which takes no minutes and complements other contacts (VIS-1).</summary>
    internal static bool IsText(ContactChannel channel) => channel is ContactChannel.ContactBook or ContactChannel.Message;

    /// <summary>Whether a contact other than a visit is a deep one (VIS-3).</summary>
    internal static bool IsDeep(ContactChannel channel, int minutes, bool guardianTookPart, WorkListPolicy policy) =>
        guardianTookPart && !IsText(channel) && minutes >= policy.DeepContactMinutes;

    /// <summary>The entries of a completed visit, one for each student; they point to its record and copy nothing of
    /// it.</summary>
    internal static IEnumerable<LedgerEntry> Of(Visit visit, VisitRecord record, GuardianFeedback feedback) =>
        visit.Students.Select(student => new LedgerEntry
        {
            SchoolId = visit.SchoolId,
            Id = visit.Id,
            StudentId = student.StudentId,
            Version = record.Version,
            DistrictId = visit.DistrictId,
            ClassId = student.ClassId,
            Channel = ContactChannel.Visit,
            HeldAt = visit.HeldAt!.Value,
            HeldOn = visit.HeldOn!.Value,
            Minutes = visit.HeldMinutes!.Value,
            GuardianTookPart = visit.GuardianTookPart!.Value,
            Deep = visit.Effective!.Value,
            StaffIds = [.. visit.VisitorIds],
            Feedback = feedback,
            TextId = visit.Id,
            AuthorId = record.AuthorId,
            WrittenAt = record.RecordedAt,
        });

    /// <summary>The event of one version of a contact.</summary>
    /// <param name="rows">Its rows, one for each student.</param>
    /// <param name="term">The term that a lesson at home counts in, as a visit (VIS-22).</param>
    internal static ContactMade ToEvent(IReadOnlyList<LedgerEntry> rows, Guid? term = null)
    {
        var first = rows[0];
        return new ContactMade(
            first.DistrictId, first.SchoolId, first.Id, first.Version, first.WrittenAt, [.. rows.Select(row => row.StudentId)],
            first.Channel, first.Purpose, first.HeldOn, first.Minutes, first.GuardianTookPart, first.Deep, first.Withdrawn,
            term);
    }
}

/// <summary>What an entry says.</summary>
/// <param name="Line">What the contact was about, 1–1,000 characters.</param>
/// <param name="FeedbackText">The guardian's feedback in words, up to 1,000 characters.</param>
public sealed record LedgerContent(string Line, string? FeedbackText);
