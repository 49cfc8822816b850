using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>How many disputes began in a term.</summary>
/// <param name="TermId">The term.</param>
/// <param name="StartsOn">Its first day.</param>
/// <param name="Disputes">Disputes that began in it.</param>
/// <param name="Resolved">Those of them that are resolved.</param>
/// <param name="Students">Students who were on roll on some day of it.</param>
/// <param name="PerHundred">Disputes for each 100 students; <see langword="null"/> without students.</param>
/// <param name="ChangePercent">By how much that differs from the term before, −50 for half of it; <see langword="null"/> for the
/// first term, and after one without disputes.</param>
/// <param name="GoalReached">Whether they became fewer by as much as the policy's goal; <see langword="null"/> like
/// <paramref name="ChangePercent"/>.</param>
public sealed record DisputeRate(
    Guid TermId, DateOnly StartsOn, int Disputes, int Resolved, int Students, decimal? PerHundred, decimal? ChangePercent,
    bool? GoalReached);

/// <summary>The rates of a class, school or district, oldest term first.</summary>
/// <param name="GoalPercent">By how many per cent disputes should become fewer from term to term.</param>
/// <param name="Terms">The terms that have begun.</param>
public sealed record DisputeRatesView(int GoalPercent, IReadOnlyList<DisputeRate> Terms);

/// <summary>
/// Disputes for each 100 students on roll, term by term (VIS-15): whether a school grows or two are merged, terms can be
/// compared.
/// </summary>
internal static class DisputeRates
{
    /// <summary>Of a class or a school, or of the caller's district.</summary>
    public static async Task<Results<Ok<DisputeRatesView>, Problem>> ReadAsync(
        Guid? schoolId, Guid? classId, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var grants = current.Caller.With(Permission.DisputeRateRead).ToArray();
        if (schoolId is null && classId is not null)
            return Problem.Of([VisitsFailures.SchoolNeeded.At("schoolId")]);
        Guid district;
        if (schoolId is { } school)
        {
            if (await ChangePolicy.FindAsync(school, Permission.DisputeRateRead, db, current, cancel)
                    is not { SchoolId: not null } place
                || !Array.Exists(grants, g => g.SchoolId is null
                    || (g.SchoolId == school && (g.ClassId is null || g.ClassId == classId))))
                return (Problem)Failures.NotFound;
            district = place.DistrictId;
        }
        else if (Array.Find(grants, g => g.SchoolId is null) is { } atDistrict)
        {
            district = atDistrict.DistrictId;
        }
        else
        {
            return Problem.Of([VisitsFailures.SchoolNeeded.At("schoolId")]);
        }

        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == schoolId || p.NodeId == district).ToListAsync(cancel);
        var policy = Policy.InForce(district, schoolId ?? district, policies);
        var today = LocalTime.Day(clock.GetUtcNow(), policy.TimeZone);
        var counts = await db.Set<Term>().Where(t => t.DistrictId == district && t.WithdrawnOn == null && t.StartsOn <= today)
            .OrderBy(t => t.StartsOn)
            .Select(t => new
            {
                t.Id,
                t.StartsOn,
                Disputes = db.Set<Dispute>().Count(d => d.DistrictId == district && d.TermId == t.Id
                    && (schoolId == null || d.SchoolId == schoolId) && (classId == null || d.ClassId == classId)),
                Resolved = db.Set<Dispute>().Count(d => d.DistrictId == district && d.TermId == t.Id && d.ResolvedOn != null
                    && (schoolId == null || d.SchoolId == schoolId) && (classId == null || d.ClassId == classId)),
                Students = db.Set<Enrolment>().Where(e => e.DistrictId == district && e.StartsOn <= t.EndsOn
                        && (e.EndsOn == null || (e.EndsOn >= t.StartsOn && e.EndsOn >= e.StartsOn))
                        && (schoolId == null || e.SchoolId == schoolId) && (classId == null || e.ClassId == classId))
                    .Select(e => e.StudentId).Distinct().Count(),
            })
            .ToListAsync(cancel);

        var goal = policy.Ledger.FewerDisputesPercent;
        var terms = new List<DisputeRate>();
        foreach (var term in counts)
        {
            var rate = term.Students == 0 ? (decimal?)null : 100m * term.Disputes / term.Students;
            var before = terms.Count == 0 || counts[terms.Count - 1] is not { Students: > 0, Disputes: > 0 } earlier
                ? (decimal?)null
                : 100m * earlier.Disputes / earlier.Students;
            // Rounded before it is judged: thirds have no end, and half of a third is a half.
            var change = Rounded(100m * (rate - before) / before);
            terms.Add(new DisputeRate(
                term.Id, term.StartsOn, term.Disputes, term.Resolved, term.Students, Rounded(rate), change,
                change is { } by ? by <= -goal : null));
        }

        return TypedResults.Ok(new DisputeRatesView(goal, terms));
    }

    private static decimal? Rounded(decimal? number) => number is { } known ? Math.Round(known, 2) : null;
}
