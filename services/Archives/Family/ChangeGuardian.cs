using System.Text.RegularExpressions;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Archives.Family;

/// <summary>What guardians entrusted to a caregiver (委托照护), and for which days.</summary>
/// <param name="Rights">What the caregiver may do, each once.</param>
/// <param name="StartsOn">The first day.</param>
/// <param name="EndsOn">The last day.</param>
public sealed record Entrustment(IReadOnlyList<GuardianRight> Rights, DateOnly StartsOn, DateOnly EndsOn);

/// <summary>What is recorded about a guardian of a child; it replaces what was.</summary>
/// <param name="Kinship">The relation in detail.</param>
/// <param name="LegalStatus"><see cref="LegalStatus.Guardian"/> for a legal guardian whom the roster calls a caregiver.</param>
/// <param name="ContactOrder">1–99; 1 is called first. Without it the roster's order.</param>
/// <param name="Language">The preferred language (BCP 47).</param>
/// <param name="NeedsInterpreter">Whether talks need an interpreter.</param>
/// <param name="Channel">How the guardian is reached.</param>
/// <param name="Accommodations">What the guardian needs so as to take part.</param>
/// <param name="Entrustment">For a caregiver: what the guardians entrusted.</param>
public sealed record GuardianRequest(
    Kinship? Kinship = null, LegalStatus? LegalStatus = null, int? ContactOrder = null, string? Language = null,
    bool NeedsInterpreter = false, GuardianChannel Channel = GuardianChannel.App, IReadOnlyList<Accommodation>? Accommodations = null,
    Entrustment? Entrustment = null);

/// <summary>A guardian of a child, and what the guardian may do today.</summary>
/// <param name="GuardianId">The guardian.</param>
/// <param name="Relation">The relation in the roster.</param>
/// <param name="Kinship">The relation in detail, if it is recorded.</param>
/// <param name="LegalStatus">Guardian or caregiver.</param>
/// <param name="ContactOrder">1 is called first.</param>
/// <param name="Language">The preferred language, if it is not the school's.</param>
/// <param name="NeedsInterpreter">Whether talks need an interpreter.</param>
/// <param name="Channel">How the guardian is reached; who is not reached by app is not counted as not answering.</param>
/// <param name="Accommodations">What the guardian needs.</param>
/// <param name="Entrustment">For a caregiver: what the guardians entrusted, if it is recorded.</param>
/// <param name="Rights">What the guardian may do today.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes; 0 while nothing is recorded.</param>
public sealed record GuardianDetailBody(
    Guid GuardianId, GuardianRelation Relation, Kinship? Kinship, LegalStatus LegalStatus, int ContactOrder, string? Language,
    bool NeedsInterpreter, GuardianChannel Channel, IReadOnlyList<Accommodation> Accommodations, Entrustment? Entrustment,
    IReadOnlyList<GuardianRight> Rights, long Version)
{
    internal static GuardianDetailBody Of(GuardianStanding standing, DateOnly today)
    {
        var (guardianship, detail) = (standing.Guardianship, standing.Detail);
        return new GuardianDetailBody(
            guardianship.GuardianId, guardianship.Relation, detail?.Kinship, standing.Status, standing.ContactOrder, detail?.Language,
            detail?.NeedsInterpreter ?? false, detail?.Channel ?? GuardianChannel.App, detail?.Accommodations ?? [],
            detail?.EntrustedRights is { } rights
                ? new Entrustment(rights, detail.EntrustedFrom!.Value, detail.EntrustedUntil!.Value)
                : null,
            standing.RightsOn(today), detail?.Version ?? 0);
    }
}

/// <summary>
/// Shows a child's guardians with what they may do, and records what the roster does not know (ARC-13): relation, language,
/// channel, entrustment.
/// </summary>
internal static partial class ChangeGuardian
{
    private const int LastInOrder = 99;
    private const int LongestEntrustmentYears = 10;

    public static void MapGuardians(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/guardians", ListAsync)
            .WithName("ListGuardians")
            .WithSummary("Guardians and caregivers with what they may do today, in the order of contact; a guardian sees the own entry.")
            .Query(Permission.ArchiveRead);
        api.MapPut("/districts/{districtId:guid}/students/{studentId:guid}/guardians/{guardianId:guid}", ChangeAsync)
            .WithName("ChangeGuardian")
            .WithSummary("Replaces what is recorded about a guardian of this child beyond the roster.")
            .Command(Permission.GuardianChange);
    }

    private static async Task<Results<Ok<IReadOnlyList<GuardianDetailBody>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, ArchivesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.ArchiveRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var standings = await db.StandingsAsync(districtId, [studentId], cancel);
        return TypedResults.Ok(BodiesFor(caller, at, standings, today));
    }

    /// <summary>What the caller sees of a child's guardians: staff all, a guardian the own entry.</summary>
    internal static IReadOnlyList<GuardianDetailBody> BodiesFor(
        Caller caller, Enrolment at, IReadOnlyList<GuardianStanding> standings, DateOnly today)
    {
        var own = OwnGuardians(caller, at, Permission.ArchiveRead);
        return
        [
            .. standings.Where(standing => own is null || own.Contains(standing.Guardianship.GuardianId))
                .Select(standing => GuardianDetailBody.Of(standing, today)),
        ];
    }

    /// <summary>As which guardians the caller asks; <see langword="null"/> when he asks as staff.</summary>
    internal static IReadOnlyCollection<Guid>? OwnGuardians(Caller caller, Enrolment at, Permission permission)
    {
        var grants = caller.With(permission).Where(grant => SensitiveReach.Reaches(grant, at)).ToArray();
        return Array.Exists(grants, grant => grant.StudentId is null)
            ? null
            : [.. grants.Select(grant => grant.PersonId).OfType<Guid>()];
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid districtId, Guid studentId, Guid guardianId, GuardianRequest request, ArchivesDb db, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (now, today) = (clock.GetUtcNow(), LocalDay.Today(clock));
        if (await db.FindOnRollAsync(current.Caller, Permission.GuardianChange, districtId, studentId, today, cancel) is not { } at
            || (await db.StandingsAsync(districtId, [studentId], cancel))
                .FirstOrDefault(found => found.Guardianship.GuardianId == guardianId) is not { } standing)
        {
            return (Problem)Failures.NotFound;
        }

        if (MistakesIn(request, standing.Guardianship, today) is { } invalid)
            return invalid;
        var detail = await db.DetailAsync(standing.Guardianship, cancel);
        if (ETag.Mismatch(http, detail.Version) is { } stale)
            return (Problem)stale;
        detail.Kinship = request.Kinship;
        detail.LegalStatus = request.LegalStatus == standing.Guardianship.LegalStatus ? null : request.LegalStatus;
        detail.ContactOrder = request.ContactOrder;
        detail.Language = request.Language;
        detail.NeedsInterpreter = request.NeedsInterpreter;
        detail.Channel = request.Channel;
        detail.Accommodations = [.. request.Accommodations ?? []];
        detail.EntrustedRights = request.Entrustment is { } entrusted ? [.. entrusted.Rights] : null;
        (detail.EntrustedFrom, detail.EntrustedUntil) = (request.Entrustment?.StartsOn, request.Entrustment?.EndsOn);
        await db.AnnounceAsync(standing with { Detail = detail }, detail, now, cancel);
        audit.About("guardianship", standing.Guardianship.Id, districtId, at.SchoolId);
        ETag.Set(http, detail.Version);
        return TypedResults.NoContent();
    }

    private static Problem? MistakesIn(GuardianRequest request, Guardianship guardianship, DateOnly today)
    {
        var mistakes = new Mistakes();
        mistakes.Range("contactOrder", request.ContactOrder, 1, LastInOrder);
        if (request.Language is { } language && !LanguageTag().IsMatch(language))
            mistakes.Add(FamilyFailures.Language.At("language"));
        if (request.Accommodations is { } needs && needs.Distinct().Count() != needs.Count)
            mistakes.Add(Failures.List.At("accommodations", 0, Enum.GetValues<Accommodation>().Length));
        if (request.LegalStatus == LegalStatus.Caregiver && guardianship.LegalStatus == LegalStatus.Guardian)
            mistakes.Add(FamilyFailures.ByDocumentOnly.At("legalStatus"));
        if (request.Entrustment is { } entrusted)
        {
            var (first, last) = (today.AddYears(-LongestEntrustmentYears), today.AddYears(LongestEntrustmentYears));
            if ((request.LegalStatus ?? guardianship.LegalStatus) == LegalStatus.Guardian)
                mistakes.Add(FamilyFailures.CaregiversOnly.At("entrustment"));
            if (entrusted.Rights.Distinct().Count() != entrusted.Rights.Count)
                mistakes.Add(Failures.List.At("entrustment.rights", 0, Enum.GetValues<GuardianRight>().Length));
            if (entrusted.StartsOn < first || entrusted.EndsOn > last || entrusted.EndsOn < entrusted.StartsOn)
                mistakes.Add(FamilyFailures.Days.At("entrustment.endsOn", first, last));
        }

        return mistakes.Refusal;
    }

    /// <summary>The shape of a language tag, e.g. <c>zh</c>, <c>zh-Hant</c>.</summary>
    [GeneratedRegex(
        "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    internal static partial Regex LanguageTag();
}
