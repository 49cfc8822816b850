using HomeSchool.Archives.Family;
using HomeSchool.Archives.Plans;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>
/// From the day on which a student begins at another school, the family is contacted as that school knows it (VIS-3), whatever brought
/// the student there: a transfer, an upload, a rollover or a reorganisation of schools. What the former school said holds up to that day.
/// </summary>
internal static class FollowSchool
{
    /// <summary>Announces it for those whom a change of the roster brought, or lets their first day announce it.</summary>
    public static async Task OfChangeAsync(ArchivesDb db, Guid district, long version, TimeProvider clock, CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        var come = await Come(db, district).Where(e => e.Version == version && (e.EndsOn == null || e.EndsOn >= today)).ToListAsync(cancel);
        await AnnounceAsync(db, district, come.Where(e => e.StartsOn <= today), clock, cancel);
        foreach (var day in come.Select(e => e.StartsOn).Where(day => day > today).Distinct())
            await db.TurnOnAsync(district, day, cancel);
    }

    /// <summary>Announces it for those who begin on these days. With the scope of the district.</summary>
    public static async Task OnDaysAsync(ArchivesDb db, Guid district, DateOnly[] days, TimeProvider clock, CancellationToken cancel) =>
        await AnnounceAsync(
            db, district, await Come(db, district).Where(e => days.Contains(e.StartsOn)).ToListAsync(cancel), clock, cancel);

    /// <summary>Announces it for students where they are now; of one who is at two schools, where the student came last.</summary>
    public static async Task AnnounceAsync(
        ArchivesDb db, Guid district, IEnumerable<Enrolment> enrolments, TimeProvider clock, CancellationToken cancel)
    {
        var last = enrolments.GroupBy(e => e.StudentId).Select(of => of.MaxBy(e => e.StartsOn)!).ToArray();
        if (last.Length == 0)
            return;
        await db.LockCadencesAsync(district, last.Select(e => e.StudentId), cancel);
        var settings = await db.NeedSettingsAsync(district, cancel);
        var now = clock.GetUtcNow();
        foreach (var school in last.GroupBy(e => e.SchoolId))
        {
            var students = school.Select(e => e.StudentId).ToArray();
            var known = (await Standing.OfAsync(db, district, school.Key, students, LocalDay.Of(now), cancel))
                .ToDictionary(standing => standing.StudentId);
            await db.PublishAsync(
                [.. students.Order().Select(student =>
                    (known.GetValueOrDefault(student) ?? new Standing(district, school.Key, student, null, null, false))
                        .Announce(settings, now))],
                cancel);
        }
    }

    // Who was at another school, if only by an enrolment that was withdrawn on its first day, and of whom some school has said something.
    private static IQueryable<Enrolment> Come(ArchivesDb db, Guid district)
    {
        var said = db.Set<StudentNeeds>().Where(n => n.DistrictId == district).Select(n => n.StudentId)
            .Union(db.Set<Attention>().Where(a => a.DistrictId == district && a.PriorityUntil != null).Select(a => a.StudentId))
            .Union(db.Set<Plan>().Where(p => p.DistrictId == district && p.Kind == PlanKind.BehaviourContract).Select(p => p.StudentId));
        var enrolments = db.Set<Enrolment>().Where(e => e.DistrictId == district);
        return enrolments.AsNoTracking().Where(e => (e.EndsOn == null || e.EndsOn >= e.StartsOn) && said.Contains(e.StudentId)
            && enrolments.Any(before =>
                before.StudentId == e.StudentId && before.SchoolId != e.SchoolId && before.StartsOn <= e.StartsOn));
    }
}
