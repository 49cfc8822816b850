using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>A student of the same school with a guardian in common.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="ClassId">The class today.</param>
/// <param name="Joined">Whether they are one family already.</param>
public sealed record SiblingRow(Guid StudentId, string FamilyName, string GivenName, Guid? ClassId, bool Joined);

/// <summary>Who is a sibling indeed.</summary>
/// <param name="StudentIds">Students whom the proposal names, 1–20.</param>
public sealed record JoinRequest(IReadOnlyList<Guid> StudentIds);

/// <summary>
/// Siblings share a family (ARC-13): the system proposes them from the guardians that they have in common, somebody who knows the
/// family confirms. Who does not belong leaves with a copy of what is known.
/// </summary>
internal static class JoinSiblings
{
    private const int MostSiblings = 20;

    public static void MapSiblings(this IEndpointRouteBuilder api)
    {
        const string address = "/districts/{districtId:guid}/students/{studentId:guid}/family/siblings";
        api.MapGet(address, ListAsync)
            .WithName("ListSiblings")
            .WithSummary("Students of the same school who share a guardian, and whether they are joined.")
            .Query(Permission.GuardianChange);
        api.MapPost(address, JoinAsync)
            .WithName("JoinSiblings")
            .WithSummary("Confirms siblings: what is known of the family stands in the archive of each from now on.")
            .Command(Permission.GuardianChange);
        api.MapDelete(address, LeaveAsync)
            .WithName("LeaveSiblings")
            .WithSummary("Takes a student out of the family, with a copy of what is known.")
            .Command(Permission.GuardianChange);
    }

    private static async Task<Results<Ok<IReadOnlyList<SiblingRow>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, ArchivesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        if (await db.FindOnRollAsync(current.Caller, Permission.GuardianChange, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var joined = await db.FamilyOf(at).Select(file => file.StudentId).ToListAsync(cancel);
        var rows = await (
            from sibling in SiblingsOf(db, at, today)
            join student in db.Set<Student>().AsNoTracking()
                on new { sibling.DistrictId, Id = sibling.StudentId } equals new { student.DistrictId, student.Id }
            orderby student.FamilyName, student.GivenName, student.Id
            select new { student.Id, student.FamilyName, student.GivenName, sibling.ClassId }).Take(MostSiblings).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<SiblingRow>>(
            [.. rows.Select(row => new SiblingRow(row.Id, row.FamilyName, row.GivenName, row.ClassId, joined.Contains(row.Id)))]);
    }

    private static async Task<Results<NoContent, Problem>> JoinAsync(
        Guid districtId, Guid studentId, JoinRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (now, today) = (clock.GetUtcNow(), LocalDay.Today(clock));
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, MostSiblings);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindOnRollAsync(current.Caller, Permission.GuardianChange, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var siblings = await SiblingsOf(db, at, today).Where(e => request.StudentIds.Contains(e.StudentId)).ToListAsync(cancel);
        for (var i = 0; i < request.StudentIds.Count; i++)
        {
            if (!siblings.Exists(sibling => sibling.StudentId == request.StudentIds[i]))
                mistakes.Add(FamilyFailures.NotASibling.At($"studentIds[{i}]"));
        }

        if (mistakes.Refusal is { } strangers)
            return strangers;

        Enrolment[] all = [at, .. siblings];
        var files = await db.LockFamiliesAsync(at.SchoolId, [.. all.Select(e => e.StudentId)], cancel);
        foreach (var missing in all.Where(e => !files.Exists(file => file.StudentId == e.StudentId)))
            files.Add(db.Add(FamilyFile.Begin(missing, Guid.CreateVersion7(now))).Entity);
        var own = files.Find(file => file.StudentId == studentId)!;
        foreach (var file in files)
            file.FamilyId = own.FamilyId;
        var guardians = await db.GuardiansOfAsync(districtId, [.. files.Select(file => file.StudentId)], cancel);
        if (!await files.WriteAllAsync(vault, await files.MergedAsync(vault, cancel), guardians, own, byGuardian: false, now, cancel))
            return (Problem)Failures.Erased;
        db.RemoveRange(files.Where(file => file.Facts.Length == 0)); // of a sibling who is erased there is nothing to keep
        audit.About("family", own.FamilyId, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> LeaveAsync(
        Guid districtId, Guid studentId, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.FindOnRollAsync(current.Caller, Permission.GuardianChange, districtId, studentId, LocalDay.Of(now), cancel) is not { } at
            || (await db.LockFamiliesAsync(at.SchoolId, [studentId], cancel)).Find(file => file.StudentId == studentId) is not { } own)
        {
            return (Problem)Failures.NotFound;
        }

        own.FamilyId = Guid.CreateVersion7(now);
        var facts = await own.ReadAsync(vault, cancel) ?? FamilyFacts.Nothing;
        if (!await own.WriteAsync(vault, facts, own.Version + 1, byGuardian: false, now, cancel))
            return (Problem)Failures.Erased;
        audit.About("family", own.FamilyId, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    // Today's enrolments at the school of those who share a guardian with the student.
    private static IQueryable<Enrolment> SiblingsOf(ArchivesDb db, Enrolment at, DateOnly today) =>
        db.Set<Enrolment>().AsNoTracking().Where(e => e.SchoolId == at.SchoolId && e.StudentId != at.StudentId
            && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
            && db.Set<Guardianship>().Any(own => own.DistrictId == at.DistrictId && own.StudentId == at.StudentId
                && own.WithdrawnOn == null && db.Set<Guardianship>().Any(
                    other => other.DistrictId == at.DistrictId && other.GuardianId == own.GuardianId
                        && other.StudentId == e.StudentId && other.WithdrawnOn == null)));
}
