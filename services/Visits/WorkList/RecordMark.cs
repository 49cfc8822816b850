using System.Text;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.WorkList;

/// <summary>
/// When a record was completed and by whom, and a keyed hash of its summary: what unusual records are found by (INS-5). Of the text
/// it tells nothing but whether two are equal.
/// </summary>
public sealed class RecordMark
{
    private const int HashBytes = 16;

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The visit.</summary>
    public Guid VisitId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Who visited.</summary>
    public Guid TeacherId { get; init; }

    /// <summary>When the record was completed.</summary>
    public DateTimeOffset RecordedAt { get; init; }

    /// <summary>The hash, in hexadecimal.</summary>
    public required string SummaryHash { get; init; }

    /// <summary>The mark of a record.</summary>
    internal static async Task<RecordMark> OfAsync(
        Visit visit, string summary, KeyVault vault, DateTimeOffset now, CancellationToken cancel)
    {
        // Blanks, punctuation and width are what people change first.
        var plain = string.Concat(summary.Normalize(NormalizationForm.FormKC).Where(char.IsLetterOrDigit)).ToUpperInvariant();
        var hash = await vault.BlindIndexAsync(visit.DistrictId, "visits.record_mark", "summary_hash", plain, cancel);
        return new RecordMark
        {
            SchoolId = visit.SchoolId,
            VisitId = visit.Id,
            DistrictId = visit.DistrictId,
            TeacherId = visit.TeacherId,
            RecordedAt = now,
            SummaryHash = Convert.ToHexString(hash.AsSpan(0, HashBytes)),
        };
    }
}
