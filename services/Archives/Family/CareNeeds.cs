using System.Text.Json;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>What teachers must look out for in everyday life (ARC-1); what is more than that is a sensitive item
/// (ARC-7).</summary>
public enum CareNeed
{
    /// <summary>过敏史: for every teacher of the class.</summary>
    Allergy,

    /// <summary>在校用药: for every teacher of the class.</summary>
    Medication,

    /// <summary>行动不便、运动限制: for every teacher of the class.</summary>
    Mobility,

    /// <summary>听力: for every teacher of the class.</summary>
    Hearing,

    /// <summary>近视矫正: for every teacher of the class.</summary>
    Eyesight,

    /// <summary>饮食: for who is responsible for meals.</summary>
    Diet,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>One need.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">What to do or avoid, up to 500 characters.</param>
public sealed record CareNeedEntry(CareNeed Kind, string? Text = null);

/// <summary>A student's needs; they replace those that were.</summary>
/// <param name="Needs">Each kind once.</param>
public sealed record CareNeedsRequest(IReadOnlyList<CareNeedEntry> Needs);

/// <summary>A student's needs as the caller sees them.</summary>
/// <param name="Needs">Teachers of single subjects see those that concern a lesson.</param>
/// <param name="ChangedAt">When they were changed last; <see langword="null"/> while there are none.</param>
/// <param name="ByGuardian">Whether a guardian changed them last.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes; 0 while there are none.</param>
public sealed record CareNeedsBody(IReadOnlyList<CareNeedEntry> Needs, DateTimeOffset? ChangedAt, bool ByGuardian, long Version);

/// <summary>
/// The needs of a student. They go along to the next school: a school that does not know of an allergy is a danger to the child.
/// </summary>
public sealed class CareNeeds
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The entries, sealed.</summary>
    public byte[] Entries { get; set; } = [];

    /// <summary>When they were changed last.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Whether a guardian changed them last.</summary>
    public bool ByGuardian { get; set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }

    internal static readonly SealedColumn SealedEntries = new("archives.care_needs", "entries", "student_id");
}

/// <summary>Shows and changes a student's needs (ARC-1).</summary>
internal static class ChangeCareNeeds
{
    private const int LongestText = 500;

    public static void MapCareNeeds(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/care-needs", ReadAsync)
            .WithName("ReadCareNeeds")
            .WithSummary("What to look out for: allergies, medication and the like; subject teachers see what concerns a lesson.")
            .Query(Permission.CareNeedsRead);
        api.MapPut("/districts/{districtId:guid}/students/{studentId:guid}/care-needs", WriteAsync)
            .WithName("ChangeCareNeeds")
            .WithSummary("Replaces them; the homeroom teacher or a guardian.")
            .Command(Permission.ArchiveChange);
    }

    private static async Task<Results<Ok<CareNeedsBody>, Problem>> ReadAsync(
        Guid districtId, Guid studentId, ArchivesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await db.FindOnRollAsync(
                current.Caller, Permission.CareNeedsRead, districtId, studentId, LocalDay.Today(clock), cancel) is not { } at)
        {
            return (Problem)Failures.NotFound;
        }

        var needs = await db.CareNeedsAsync(vault, current.Caller, at, cancel);
        ETag.Set(http, needs.Version);
        return TypedResults.Ok(needs);
    }

    /// <summary>The needs as the caller sees them.</summary>
    internal static async Task<CareNeedsBody> CareNeedsAsync(
        this ArchivesDb db, KeyVault vault, Caller caller, Enrolment at, CancellationToken cancel)
    {
        var needs = await db.Set<CareNeeds>().AsNoTracking()
            .SingleOrDefaultAsync(n => n.DistrictId == at.DistrictId && n.StudentId == at.StudentId, cancel);
        if (needs is null)
            return new CareNeedsBody([], null, false, 0);
        var bytes = await vault.OpenAsync(at.DistrictId, CareNeeds.SealedEntries.Of(at.StudentId), needs.Entries, cancel);
        var entries = bytes is null ? [] : JsonSerializer.Deserialize<CareNeedEntry[]>(bytes, Json.Options)!;
        var all = caller.With(Permission.CareNeedsRead)
            .Any(grant => grant.Role != Role.SubjectTeacher && SensitiveReach.Reaches(grant, at));
        return new CareNeedsBody(
            [.. entries.Where(entry => all || ConcernsLessons(entry.Kind))], needs.ChangedAt, needs.ByGuardian, needs.Version);
    }

    private static bool ConcernsLessons(CareNeed kind) => kind switch
    {
        CareNeed.Allergy or CareNeed.Medication or CareNeed.Mobility or CareNeed.Hearing or CareNeed.Eyesight => true,
        CareNeed.Diet or CareNeed.Other => false,
    };

    private static async Task<Results<NoContent, Problem>> WriteAsync(
        Guid districtId, Guid studentId, CareNeedsRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        if (request.Needs.DistinctBy(need => need.Kind).Count() != request.Needs.Count)
            mistakes.Add(Failures.List.At("needs", 0, Enum.GetValues<CareNeed>().Length));
        CareNeedEntry[] entries =
        [
            .. request.Needs.Select((need, i) => need with { Text = mistakes.OptionalText($"needs[{i}].text", need.Text, LongestText) }),
        ];
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await db.FindOnRollAsync(
                current.Caller, Permission.ArchiveChange, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
        {
            return (Problem)Failures.NotFound;
        }

        var needs = await db.Set<CareNeeds>()
            .SingleOrDefaultAsync(n => n.DistrictId == districtId && n.StudentId == studentId, cancel);
        if (ETag.Mismatch(http, needs?.Version ?? 0) is { } stale)
            return (Problem)stale;
        var written = await vault.SealAsync(
            new Subject(districtId, at.SchoolId, studentId), CareNeeds.SealedEntries.Of(studentId),
            JsonSerializer.SerializeToUtf8Bytes(entries, Json.Options), cancel);
        if (written is null)
            return (Problem)Failures.Erased;
        needs ??= db.Add(new CareNeeds { DistrictId = districtId, StudentId = studentId }).Entity;
        (needs.Entries, needs.ChangedAt) = (written, now);
        needs.ByGuardian = ChangeGuardian.OwnGuardians(current.Caller, at, Permission.ArchiveChange) is not null;
        needs.Version++;
        audit.About("care-needs", studentId, districtId, at.SchoolId);
        ETag.Set(http, needs.Version);
        return TypedResults.NoContent();
    }
}
