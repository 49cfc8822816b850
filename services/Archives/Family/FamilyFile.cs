using System.Text.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>How parents bring up their child (教养方式), as they or the teacher describe it.</summary>
public enum ParentingStyle
{
    /// <summary>引导协商.</summary>
    Guiding,

    /// <summary>要求严格.</summary>
    Strict,

    /// <summary>宽松包容.</summary>
    Lenient,

    /// <summary>较少参与.</summary>
    LittleInvolved,

    /// <summary>家人方式不一.</summary>
    Mixed,
}

/// <summary>A guardian in the family. The address is the guardian's own: separated parents have two (ARC-13).</summary>
/// <param name="GuardianId">The guardian.</param>
/// <param name="Occupation">Up to 50 characters.</param>
/// <param name="Education">Schooling.</param>
/// <param name="Address">Up to 200 characters.</param>
public sealed record FamilyAdult(Guid GuardianId, string? Occupation = null, Education? Education = null, string? Address = null);

/// <summary>What is known of a family; stands sealed in <see cref="FamilyFile.Facts"/>.</summary>
/// <param name="Structure">Who lives with the child.</param>
/// <param name="Parenting">How the parents bring up the child.</param>
/// <param name="Language">The language spoken at home (BCP 47).</param>
/// <param name="Adults">The guardians, each once.</param>
public sealed record FamilyFacts(
    FamilyStructure? Structure, ParentingStyle? Parenting, string? Language, IReadOnlyList<FamilyAdult> Adults)
{
    internal static readonly FamilyFacts Nothing = new(null, null, null, []);

    /// <summary>With other entries for some adults, and those of all others as they are.</summary>
    internal FamilyFacts Replace(FamilyFacts by, IReadOnlyCollection<Guid> adults) =>
        by with { Adults = [.. Adults.Where(adult => !adults.Contains(adult.GuardianId)), .. by.Adults] };

    /// <summary>Without the adults who are not among these.</summary>
    internal FamilyFacts Of(IReadOnlyCollection<Guid> adults) =>
        this with { Adults = [.. Adults.Where(adult => adults.Contains(adult.GuardianId))] };
}

/// <summary>
/// A student's copy of the family's facts at a school (ARC-1). Siblings who were joined have one <see cref="FamilyId"/> and
/// version: what is changed for one is written for each, sealed under that one's own key and with that one's own guardians only.
/// </summary>
public sealed class FamilyFile
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The file.</summary>
    public Guid Id { get; init; }

    /// <summary>The school that keeps it: what one school learns of a family, another does not read (ARC-13).</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The family at this school.</summary>
    public Guid FamilyId { get; set; }

    /// <summary><see cref="FamilyFacts"/>, sealed.</summary>
    public byte[] Facts { get; private set; } = [];

    /// <summary>When they were changed last.</summary>
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>Whether a guardian changed them last.</summary>
    public bool ByGuardian { get; private set; }

    /// <summary>The same for all siblings; grows by one with every change.</summary>
    public long Version { get; private set; }

    internal static readonly SealedColumn SealedFacts = new("archives.family_file", "facts", "id");

    internal static FamilyFile Begin(Enrolment at, Guid id) => new()
    {
        DistrictId = at.DistrictId,
        Id = id,
        SchoolId = at.SchoolId,
        StudentId = at.StudentId,
        FamilyId = id,
    };

    /// <summary>What it says; <see langword="null"/> when nothing is written yet, or it is erased.</summary>
    internal async ValueTask<FamilyFacts?> ReadAsync(KeyVault vault, CancellationToken cancel) =>
        Facts.Length > 0 && await vault.OpenAsync(DistrictId, SealedFacts.Of(Id), Facts, cancel) is { } bytes
            ? JsonSerializer.Deserialize<FamilyFacts>(bytes, Json.Options)
            : null;

    /// <summary>Writes it.</summary>
    /// <returns>Whether it could be: not when the student is erased.</returns>
    internal async ValueTask<bool> WriteAsync(
        KeyVault vault, FamilyFacts facts, long version, bool byGuardian, DateTimeOffset now, CancellationToken cancel)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(facts, Json.Options);
        if (await vault.SealAsync(new Subject(DistrictId, SchoolId, StudentId), SealedFacts.Of(Id), bytes, cancel) is not { } written)
            return false;
        (Facts, Version, ByGuardian, ChangedAt) = (written, version, byGuardian, now);
        return true;
    }
}

/// <summary>Finds families' files.</summary>
internal static class FamilyFiles
{
    /// <summary>The files of a student and the siblings joined with him at the school; none while nothing is written.</summary>
    public static IQueryable<FamilyFile> FamilyOf(this ArchivesDb db, Enrolment at) =>
        db.Set<FamilyFile>().Where(file => file.SchoolId == at.SchoolId && db.Set<FamilyFile>()
            .Any(own => own.SchoolId == at.SchoolId && own.StudentId == at.StudentId && own.FamilyId == file.FamilyId));

    /// <summary>
    /// The files of the families of some students, to be written. Who writes at the same time waits, in the same order, and then
    /// finds another version.
    /// </summary>
    public static Task<List<FamilyFile>> LockFamiliesAsync(
        this ArchivesDb db, Guid school, IReadOnlyCollection<Guid> students, CancellationToken cancel) =>
        db.Set<FamilyFile>().FromSql(
            $"""
            SELECT * FROM family_file WHERE school_id = {school} AND family_id IN (
                SELECT family_id FROM family_file WHERE school_id = {school} AND student_id = ANY ({students.ToArray()}))
            ORDER BY id FOR UPDATE
            """).ToListAsync(cancel);

    /// <summary>The guardians of students, as the roster has them.</summary>
    public static async Task<ILookup<Guid, Guid>> GuardiansOfAsync(
        this ArchivesDb db, Guid district, IReadOnlyCollection<Guid> students, CancellationToken cancel) =>
        (await db.Set<Guardianship>().AsNoTracking()
            .Where(g => g.DistrictId == district && students.Contains(g.StudentId) && g.WithdrawnOn == null)
            .Select(g => new { g.StudentId, g.GuardianId }).ToListAsync(cancel))
        .ToLookup(g => g.StudentId, g => g.GuardianId);
}
