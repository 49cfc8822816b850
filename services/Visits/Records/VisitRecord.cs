using HomeSchool.ServiceDefaults.Keys;

namespace HomeSchool.Visits.Records;

/// <summary>The guardian's feedback in one tap (VIS-10).</summary>
public enum GuardianFeedback
{
    /// <summary>满意.</summary>
    Satisfied,

    /// <summary>一般.</summary>
    Neutral,

    /// <summary>有顾虑.</summary>
    Concerned,
}

/// <summary>
/// A version of a visit's record (VIS-10), apart from the visit itself: its content is for education staff of the class and their
/// supervisors only, and is stored as ciphertext under the keys of the visit's students. Versions are only ever added.
/// </summary>
public sealed class VisitRecord
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>1 for the record with which the visit was completed; one more with each correction.</summary>
    public int Version { get; init; }

    /// <summary>This version.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member who wrote it; <see langword="null"/> when the account has none.</summary>
    public Guid? AuthorId { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset RecordedAt { get; init; }

    /// <summary>Whether the visit was completed after its record was due; a correction does not change that.</summary>
    public bool Late { get; init; }

    /// <summary>What it says: a <see cref="RecordContent"/> as JSON, sealed.</summary>
    public required byte[] Content { get; init; }

    /// <summary>The part labelled 内部资料 (ARC-7): a text, sealed; <see langword="null"/> when there is none.</summary>
    public byte[]? Internal { get; init; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("visits.visit_record", "content", "id");

    /// <summary>The column of the internal part.</summary>
    internal static readonly SealedColumn SealedInternal = new("visits.visit_record", "internal", "id");
}

/// <summary>What a record says.</summary>
/// <param name="Summary">What was talked about, 1–4,000 characters.</param>
/// <param name="Agreed">What was agreed, 1–2,000 characters.</param>
/// <param name="Feedback">The guardian's feedback, in one tap.</param>
/// <param name="FeedbackText">The same in words, up to 1,000 characters.</param>
/// <param name="Student">Habits, interests, mood, peers.</param>
/// <param name="Family">Atmosphere, parenting, support.</param>
/// <param name="Needs">Suggestions, difficulties, support wanted.</param>
/// <param name="Holiday">What was agreed for the holidays (VIS-16).</param>
public sealed record RecordContent(
    string Summary, string Agreed, GuardianFeedback Feedback, string? FeedbackText,
    RecordDimension? Student, RecordDimension? Family, RecordDimension? Needs, HolidayPlan? Holiday = null);

/// <summary>One of the three dimensions of a record.</summary>
/// <param name="Chips">Short labels that were tapped, up to 10 of 30 characters.</param>
/// <param name="Text">In words, up to 2,000 characters.</param>
public sealed record RecordDimension(IReadOnlyList<string>? Chips = null, string? Text = null);

/// <summary>The holiday growth plan (VIS-16), which closing visits agree on and the guardian can read again.</summary>
/// <param name="Reading">The reading list, up to 20 titles of 100 characters.</param>
/// <param name="Tasks">Household tasks, up to 20 of 100 characters.</param>
public sealed record HolidayPlan(IReadOnlyList<string>? Reading = null, IReadOnlyList<string>? Tasks = null);
