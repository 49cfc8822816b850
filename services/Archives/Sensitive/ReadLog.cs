using System.Text;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Archives.Sensitive;

/// <summary>What is labelled 内部资料: a sensitive item, or an attachment.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="Id">Itself.</param>
/// <param name="SchoolId">The school that holds it.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Kind">What it is about.</param>
public sealed record Confidential(Guid DistrictId, Guid Id, Guid SchoolId, Guid StudentId, SensitiveKind Kind);

/// <summary>The log of reads (ARC-7): a line commits, or nobody reads.</summary>
internal sealed record ReadLog(ArchivesDb Db, KeyVault Vault, AuditTrail Audit, TimeProvider Clock)
{
    /// <summary>Adds a line, to be saved with the command.</summary>
    /// <returns>The read; <see langword="null"/> when the reason cannot be sealed, since the student's key is destroyed.</returns>
    public async Task<Guid?> WriteAsync(
        string subject, Confidential what, Caller caller, Grant grant, ReadBasis basis, ReadPurpose purpose, string? reason,
        DateOnly? reviewDueOn, CancellationToken cancel)
    {
        var now = Clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var sealedReason = reason is null
            ? null
            : await Vault.SealAsync(
                new Subject(what.DistrictId, what.SchoolId, what.StudentId), SensitiveRead.ReasonOf(id),
                Encoding.UTF8.GetBytes(reason), cancel);
        if (reason is not null && sealedReason is null)
            return null;
        Db.Add(SensitiveRead.Of(
            what, id, caller.AccountId!.Value, grant.PersonId, grant.Role, basis, purpose, sealedReason, reviewDueOn, now));
        Audit.About(subject, what.Id, what.DistrictId, what.SchoolId, $"{basis}/{purpose}");
        return id;
    }
}

/// <summary>Why somebody reads, checked.</summary>
internal static class ReadReasons
{
    internal const int Longest = 500;
    private const int ShortestCrisis = 10;

    /// <summary>Checks a purpose.</summary>
    /// <returns>What is wrong with it.</returns>
    public static Problem? Check(this ReadRequest request, out string? reason)
    {
        var mistakes = new Mistakes();
        reason = mistakes.OptionalText("reason", request.Reason, Longest);
        if (request.Purpose == ReadPurpose.Crisis)
            mistakes.Add(ArchivesFailures.CrisisElsewhere.At("purpose"));
        return mistakes.Refusal;
    }

    /// <summary>Checks the reason of a read in a crisis.</summary>
    /// <returns>What is wrong with it.</returns>
    public static Problem? Check(this EmergencyReadRequest request, out string reason)
    {
        var mistakes = new Mistakes();
        reason = mistakes.Text("reason", request.Reason, Longest);
        if (reason.Length < ShortestCrisis)
            mistakes.Add(Failures.Text.At("reason", ShortestCrisis, Longest));
        return mistakes.Refusal;
    }
}
