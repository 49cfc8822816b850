using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.Records;

/// <summary>What is written about a visit (VIS-10): three fields are required. It is also the body of a correction,
/// whole.</summary>
/// <param name="Summary">What was talked about, 1–4,000 characters.</param>
/// <param name="Agreed">What was agreed, 1–2,000 characters.</param>
/// <param name="GuardianFeedback">The guardian's feedback, in one tap.</param>
/// <param name="FeedbackText">The same in words, up to 1,000 characters.</param>
/// <param name="Student">Habits, interests, mood, peers.</param>
/// <param name="Family">Atmosphere, parenting, support.</param>
/// <param name="Needs">Suggestions, difficulties, support wanted.</param>
/// <param name="Holiday">What was agreed for the holidays (VIS-16).</param>
/// <param name="Internal">The part labelled 内部资料, up to 4,000 characters: read only by whom the policy names (ARC-7).</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public record RecordTexts(
    string Summary, string Agreed, GuardianFeedback GuardianFeedback, string? FeedbackText = null,
    RecordDimension? Student = null, RecordDimension? Family = null, RecordDimension? Needs = null,
    HolidayPlan? Holiday = null, string? Internal = null, bool AcceptTone = false)
{
    internal const int LongestSummary = 4_000;
    internal const int LongestText = 2_000;
    internal const int LongestFeedback = 1_000;

    private const int MostChips = 10;
    private const int LongestChip = 30;
    private const int MostEntries = 20;
    private const int LongestEntry = 100;

    /// <summary>Adds what is wrong; what is left is what will be kept.</summary>
    internal (RecordContent Content, string? Internal) Check(Mistakes mistakes) => (
        new RecordContent(
            mistakes.Text("summary", Summary, LongestSummary),
            mistakes.Text("agreed", Agreed, LongestText),
            GuardianFeedback,
            mistakes.OptionalText("feedbackText", FeedbackText, LongestFeedback),
            Checked("student", Student, mistakes),
            Checked("family", Family, mistakes),
            Checked("needs", Needs, mistakes),
            Checked("holiday", Holiday, mistakes)),
        mistakes.OptionalText("internal", Internal, LongestSummary));

    /// <summary>A dimension as it will be kept; <see langword="null"/> when it says nothing.</summary>
    internal static RecordDimension? Checked(string field, RecordDimension? dimension, Mistakes mistakes)
    {
        var chips = mistakes.Texts($"{field}.chips", dimension?.Chips, MostChips, LongestChip);
        var text = mistakes.OptionalText($"{field}.text", dimension?.Text, LongestText);
        return chips.Count == 0 && text is null ? null : new RecordDimension(chips, text);
    }

    /// <summary>A holiday plan as it will be kept; <see langword="null"/> when it says nothing.</summary>
    internal static HolidayPlan? Checked(string field, HolidayPlan? plan, Mistakes mistakes)
    {
        var reading = mistakes.Texts($"{field}.reading", plan?.Reading, MostEntries, LongestEntry);
        var tasks = mistakes.Texts($"{field}.tasks", plan?.Tasks, MostEntries, LongestEntry);
        return reading.Count == 0 && tasks.Count == 0 ? null : new HolidayPlan(reading, tasks);
    }

    /// <summary>
    /// The texts whose wording is looked at (VIS-14). Not the guardian's own words, nor the internal part, where things are to be
    /// called by their names.
    /// </summary>
    internal static IEnumerable<(string Field, string? Text)> Worded(RecordContent content) =>
    [
        ("summary", content.Summary), ("agreed", content.Agreed),
        .. Of("student", content.Student), .. Of("family", content.Family), .. Of("needs", content.Needs),
    ];

    /// <summary>Seals a version of a record.</summary>
    /// <returns><see langword="null"/> when a student of the visit is erased.</returns>
    internal static async Task<VisitRecord?> SealAsync(
        Visit visit, int version, bool late, RecordContent content, string? internalPart, Guid? author, KeyVault vault,
        DateTimeOffset now, CancellationToken cancel)
    {
        var (id, about) = (Guid.CreateVersion7(now), visit.ToSubject());
        var text = JsonSerializer.SerializeToUtf8Bytes(content, Json.Options);
        if (await vault.SealAsync(about, VisitRecord.SealedContent.Of(id), text, cancel) is not { } sealedContent)
            return null;
        return new VisitRecord
        {
            SchoolId = visit.SchoolId,
            VisitId = visit.Id,
            Version = version,
            Id = id,
            DistrictId = visit.DistrictId,
            AuthorId = author,
            RecordedAt = now,
            Late = late,
            Content = sealedContent,
            Internal = internalPart is null ? null
                : await vault.SealAsync(about, VisitRecord.SealedInternal.Of(id), Encoding.UTF8.GetBytes(internalPart), cancel),
        };
    }

    private static IEnumerable<(string Field, string? Text)> Of(string field, RecordDimension? dimension) =>
        dimension is null ? [] : [.. (dimension.Chips ?? []).Select((chip, i) => ($"{field}.chips[{i}]", (string?)chip)),
            ($"{field}.text", dimension.Text)];
}
