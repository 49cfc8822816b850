using HomeSchool.Archives.Sensitive;
using HomeSchool.Archives.Timeline;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>A student's archive on one screen (一生一档).</summary>
/// <param name="Student">The basics, the enrolments, and the guardians with how to reach them.</param>
/// <param name="Guardians">What is recorded about those guardians, and what each may do.</param>
/// <param name="CareNeeds">What to look out for; <see langword="null"/> for whom that is not.</param>
/// <param name="Family">The family; <see langword="null"/> for whom that is not.</param>
/// <param name="Intakes">What guardians said in the intake survey, the latest first; <see langword="null"/> for whom that is
/// not.</param>
/// <param name="Timeline">The latest of the timeline.</param>
/// <param name="SensitiveItems">How many sensitive items exist (ARC-7), as far as the caller may know.</param>
public sealed record ArchiveBody(
    StudentBody Student, IReadOnlyList<GuardianDetailBody> Guardians, CareNeedsBody? CareNeeds, FamilyBody? Family,
    IReadOnlyList<IntakeBody>? Intakes, IReadOnlyList<TimelineRow> Timeline, int SensitiveItems);

/// <summary>Shows a whole archive (ARC-1), with a constant number of statements.</summary>
internal static class ReadArchive
{
    private const int LatestEntries = 10;

    public static void MapReadArchive(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/archive", ReadAsync)
            .WithName("ReadArchive")
            .WithSummary("The archive on one screen: basics, guardians, needs, family, latest entries; what is not for the caller is null.")
            .Query(Permission.ArchiveRead);

    private static async Task<Results<Ok<ArchiveBody>, Problem>> ReadAsync(
        Guid districtId, Guid studentId, ArchivesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await ReadStudent.FindAsync(db, caller, districtId, studentId, today, cancel) is not { } found
            || found.Enrolments.OnRoll(caller, Permission.ArchiveRead, today) is not { } at)
        {
            return (Problem)Failures.NotFound;
        }

        var standings = await db.StandingsAsync(districtId, [studentId], cancel);
        var needs = Reaches(Permission.CareNeedsRead) ? await db.CareNeedsAsync(vault, caller, at, cancel) : null;
        IReadOnlyList<IntakeBody>? intakes = null;
        FamilyBody? family = null;
        if (Reaches(Permission.FamilyRead))
        {
            intakes = await db.IntakesAsync(vault, caller, at, cancel);
            family = await db.FamilyAsync(
                vault, caller, at, [.. standings.Select(standing => standing.Guardianship.GuardianId)], intakes, cancel);
        }

        var timeline = await db.TimelineAsync(caller, at, standings, found.Enrolments, last: null, LatestEntries, today, cancel);
        var asStaff = ChangeGuardian.OwnGuardians(caller, at, Permission.ArchiveRead) is null;
        var items = await db.Set<SensitiveItem>().CountAsync(
            item => item.SchoolId == at.SchoolId && item.StudentId == studentId && (asStaff || item.Kind != SensitiveKind.Violence), cancel);
        return TypedResults.Ok(new ArchiveBody(
            found.Body, ChangeGuardian.BodiesFor(caller, at, standings, today), needs, family, intakes, timeline, items));

        bool Reaches(Permission permission) => caller.With(permission).Any(grant => SensitiveReach.Reaches(grant, at));
    }
}
