using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Family;

/// <summary>A child of a class, and the adults around it.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Adults">Guardians and caregivers in the order of contact; also those who may not, so that nobody takes them for
/// somebody who may.</param>
public sealed record PickUpRow(Guid StudentId, string FamilyName, string GivenName, IReadOnlyList<PickUpAdult> Adults);

/// <summary>An adult, and what the adult may do today; never why not.</summary>
/// <param name="GuardianId">The guardian.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Relation">The relation in the roster.</param>
/// <param name="Kinship">The relation in detail, if it is recorded.</param>
/// <param name="MayPickUp">Whether the child may be handed over to the adult.</param>
/// <param name="MaySign">Whether the adult signs for the child.</param>
public sealed record PickUpAdult(
    Guid GuardianId, string FamilyName, string GivenName, GuardianRelation Relation, Kinship? Kinship, bool MayPickUp, bool MaySign);

/// <summary>
/// Who may pick up which child of a class today, and sign for it, on one screen (ARC-13): for the teacher at the gate, in four statements
/// whatever the size of the class.
/// </summary>
internal static class ListPickUp
{
    public static void MapListPickUp(this IEndpointRouteBuilder api) =>
        api.MapGet("/schools/{schoolId:guid}/classes/{classId:guid}/pick-up", ListAsync)
            .WithName("ListPickUp")
            .WithSummary("Who may pick up the children of a class today, and sign for them; who may not, is shown as that.")
            .Query(Permission.PickUpRead);

    private static async Task<Results<Ok<IReadOnlyList<PickUpRow>>, Problem>> ListAsync(
        Guid schoolId, Guid classId, ArchivesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        var students = await (
            from e in db.Set<Enrolment>().AsNoTracking()
            where e.SchoolId == schoolId && e.ClassId == classId && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
            join s in db.Set<Student>().AsNoTracking() on new { e.DistrictId, Id = e.StudentId } equals new { s.DistrictId, s.Id }
            orderby s.FamilyName, s.GivenName, s.Id
            select new { e.DistrictId, s.Id, s.FamilyName, s.GivenName }).ToListAsync(cancel);
        if (students is not [{ DistrictId: var district }, ..])
            return (Problem)Failures.NotFound;
        var reach = Reach.Of(current.Caller, Permission.PickUpRead, district, schoolId);
        if (!reach.Everybody && !reach.Classes.Contains(classId))
            return (Problem)Failures.NotFound;

        var standings = (await db.StandingsAsync(district, [.. students.Select(s => s.Id)], cancel))
            .ToLookup(standing => standing.Guardianship.StudentId);
        var ids = standings.SelectMany(child => child).Select(standing => standing.Guardianship.GuardianId).Distinct().ToArray();
        var names = await db.Set<Guardian>().AsNoTracking().Where(g => g.DistrictId == district && ids.Contains(g.Id))
            .Select(g => new { g.Id, g.FamilyName, g.GivenName }).ToDictionaryAsync(g => g.Id, cancel);
        return TypedResults.Ok<IReadOnlyList<PickUpRow>>(
        [
            .. from s in students
               select new PickUpRow(s.Id, s.FamilyName, s.GivenName,
               [
                   .. from standing in standings[s.Id]
                      let of = standing.Guardianship
                      where names.ContainsKey(of.GuardianId)
                      let rights = standing.RightsOn(today)
                      select new PickUpAdult(
                          of.GuardianId, names[of.GuardianId].FamilyName, names[of.GuardianId].GivenName, of.Relation,
                          standing.Detail?.Kinship, rights.Contains(GuardianRight.PickUp), rights.Contains(GuardianRight.Sign)),
               ]),
        ]);
    }
}
