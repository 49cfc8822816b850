using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>The family's facts; they replace those that the caller sees.</summary>
/// <param name="Structure">Who lives with the child.</param>
/// <param name="Parenting">How the parents bring up the child.</param>
/// <param name="Language">The language spoken at home (BCP 47).</param>
/// <param name="Adults">Guardians of this student, each once; a guardian writes the own entry only.</param>
public sealed record FamilyRequest(
    FamilyStructure? Structure = null, ParentingStyle? Parenting = null, string? Language = null,
    IReadOnlyList<FamilyAdult>? Adults = null);

/// <summary>A family as the caller sees it.</summary>
/// <param name="Structure">Who lives with the child.</param>
/// <param name="Parenting">How the parents bring up the child.</param>
/// <param name="Language">The language spoken at home.</param>
/// <param name="Adults">The guardians; for a guardian the own entry, since separated parents' addresses are hidden from each
/// other.</param>
/// <param name="SiblingIds">Siblings at this school in whose archives the same stands; for a guardian the own children.</param>
/// <param name="ChangedAt">When it was changed last; <see langword="null"/> while it only comes from the intake survey, or there
/// is nothing.</param>
/// <param name="ByGuardian">Whether a guardian changed it last.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes; 0 while nobody has confirmed or changed anything.</param>
public sealed record FamilyBody(
    FamilyStructure? Structure, ParentingStyle? Parenting, string? Language, IReadOnlyList<FamilyAdult> Adults,
    IReadOnlyList<Guid> SiblingIds, DateTimeOffset? ChangedAt, bool ByGuardian, long Version);

/// <summary>
/// The family's facts (ARC-1): written once for all siblings at the school; prefilled from the intake survey (ALL-6); guardians
/// correct and supplement their own part.
/// </summary>
internal static class ChangeFamily
{
    private const int LongestOccupation = 50;
    private const int LongestAddress = 200;
    private const int MostAdults = 20;

    public static void MapFamily(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/family", ReadAsync)
            .WithName("ReadFamily")
            .WithSummary("The family's facts; as long as nobody wrote any, prefilled with what guardians said in the intake survey.")
            .Query(Permission.FamilyRead);
        api.MapPut("/districts/{districtId:guid}/students/{studentId:guid}/family", WriteAsync)
            .WithName("ChangeFamily")
            .WithSummary("Replaces the family's facts, for all siblings at the school at once.")
            .Command(Permission.ArchiveChange);
    }

    private static async Task<Results<Ok<FamilyBody>, Problem>> ReadAsync(
        Guid districtId, Guid studentId, ArchivesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var caller = current.Caller;
        if (await db.FindOnRollAsync(caller, Permission.FamilyRead, districtId, studentId, LocalDay.Today(clock), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var intakes = await db.IntakesAsync(vault, caller, at, cancel);
        var guardians = (await db.GuardiansOfAsync(districtId, [studentId], cancel))[studentId].ToArray();
        var family = await db.FamilyAsync(vault, caller, at, guardians, intakes, cancel);
        ETag.Set(http, family.Version);
        return TypedResults.Ok(family);
    }

    /// <summary>The family as the caller sees it.</summary>
    internal static async Task<FamilyBody> FamilyAsync(
        this ArchivesDb db, KeyVault vault, Caller caller, Enrolment at, IReadOnlyCollection<Guid> guardians,
        IReadOnlyList<IntakeBody> intakes, CancellationToken cancel)
    {
        var files = await db.FamilyOf(at).AsNoTracking().OrderBy(file => file.StudentId).ToListAsync(cancel);
        var own = files.Find(file => file.StudentId == at.StudentId);
        var facts = own is null ? Prefilled(intakes) : await own.ReadAsync(vault, cancel) ?? FamilyFacts.Nothing;
        var asGuardian = ChangeGuardian.OwnGuardians(caller, at, Permission.FamilyRead);
        facts = facts.Of([.. asGuardian is null ? guardians : guardians.Intersect(asGuardian)]);
        var children = caller.With(Permission.FamilyRead).Select(grant => grant.StudentId).ToHashSet();
        return new FamilyBody(
            facts.Structure, facts.Parenting, facts.Language, facts.Adults,
            [
                .. files.Select(file => file.StudentId)
                    .Where(sibling => sibling != at.StudentId && (asGuardian is null || children.Contains(sibling))),
            ],
            own?.ChangedAt, own?.ByGuardian ?? false, own?.Version ?? 0);
    }

    // Of what several guardians said about the home, the latest counts; of himself each says his own.
    private static FamilyFacts Prefilled(IReadOnlyList<IntakeBody> intakes) => new(
        intakes.Select(intake => intake.Said?.Structure).FirstOrDefault(structure => structure is not null),
        Parenting: null,
        intakes.Select(intake => intake.Said?.Language).FirstOrDefault(language => language is not null),
        [
            .. from intake in intakes
               where intake.Said is { Occupation: not null } or { Education: not null } or { Address: not null }
               select new FamilyAdult(intake.GuardianId, intake.Said!.Occupation, intake.Said.Education, intake.Said.Address),
        ]);

    private static async Task<Results<NoContent, Problem>> WriteAsync(
        Guid districtId, Guid studentId, FamilyRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.FindOnRollAsync(caller, Permission.ArchiveChange, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var files = await db.LockFamiliesAsync(at.SchoolId, [studentId], cancel);
        var guardians = await db.GuardiansOfAsync(districtId, [.. files.Select(file => file.StudentId).Append(studentId).Distinct()], cancel);
        var asGuardian = ChangeGuardian.OwnGuardians(caller, at, Permission.ArchiveChange);
        Guid[] writable = [.. asGuardian is null ? guardians[studentId] : guardians[studentId].Intersect(asGuardian)];
        if (FactsIn(request, writable, out var facts) is { } invalid)
            return invalid;
        var own = files.Find(file => file.StudentId == studentId);
        if (ETag.Mismatch(http, own?.Version ?? 0) is { } stale)
            return (Problem)stale;
        if (own is null)
        {
            own = db.Add(FamilyFile.Begin(at, Guid.CreateVersion7(now))).Entity;
            files.Add(own);
            // What the form was prefilled with but the caller does not see is not lost by the first edit.
            var intakes = await db.IntakesAsync(vault, caller: null, at, cancel);
            facts = Prefilled(intakes).Replace(facts, writable);
        }

        var known = await files.MergedAsync(vault, cancel);
        if (!await files.WriteAllAsync(vault, known.Replace(facts, writable), guardians, own, asGuardian is not null, now, cancel))
            return (Problem)Failures.Erased;
        audit.About("family", own.FamilyId, districtId, at.SchoolId);
        ETag.Set(http, own.Version);
        return TypedResults.NoContent();
    }

    private static Problem? FactsIn(FamilyRequest request, Guid[] writable, out FamilyFacts facts)
    {
        var mistakes = new Mistakes();
        if (request.Language is { } language && !ChangeGuardian.LanguageTag().IsMatch(language))
            mistakes.Add(FamilyFailures.Language.At("language"));
        var adults = request.Adults ?? [];
        mistakes.Ids("adults", [.. adults.Select(adult => adult.GuardianId)], 0, MostAdults);
        var read = new List<FamilyAdult>(adults.Count);
        for (var i = 0; i < adults.Count; i++)
        {
            if (!writable.Contains(adults[i].GuardianId))
                mistakes.Add(FamilyFailures.NotAGuardian.At($"adults[{i}].guardianId"));
            read.Add(adults[i] with
            {
                Occupation = mistakes.OptionalText($"adults[{i}].occupation", adults[i].Occupation, LongestOccupation),
                Address = mistakes.OptionalText($"adults[{i}].address", adults[i].Address, LongestAddress),
            });
        }

        facts = new FamilyFacts(request.Structure, request.Parenting, request.Language, read);
        return mistakes.Refusal;
    }

    /// <summary>What all siblings' files say together: about the home and about each adult, what was written last.</summary>
    internal static async Task<FamilyFacts> MergedAsync(this IReadOnlyCollection<FamilyFile> files, KeyVault vault, CancellationToken cancel)
    {
        await vault.FetchAsync(files.Select(file => file.Facts).Where(facts => facts.Length > 0), cancel);
        var merged = FamilyFacts.Nothing;
        foreach (var file in files.OrderBy(file => file.ChangedAt))
        {
            if (await file.ReadAsync(vault, cancel) is { } facts)
                merged = merged.Replace(facts, [.. facts.Adults.Select(adult => adult.GuardianId)]);
        }

        return merged;
    }

    /// <summary>Writes the facts into each sibling's file, with that one's guardians only. The file of an erased sibling stays as
    /// it is.</summary>
    /// <returns>Whether <paramref name="own"/> could be written.</returns>
    internal static async Task<bool> WriteAllAsync(
        this IReadOnlyCollection<FamilyFile> files, KeyVault vault, FamilyFacts facts, ILookup<Guid, Guid> guardians, FamilyFile own,
        bool byGuardian, DateTimeOffset now, CancellationToken cancel)
    {
        var version = files.Max(file => file.Version) + 1;
        var written = false;
        foreach (var file in files)
        {
            var done = await file.WriteAsync(vault, facts.Of([.. guardians[file.StudentId]]), version, byGuardian, now, cancel);
            written |= done && file == own;
        }

        return written;
    }
}
