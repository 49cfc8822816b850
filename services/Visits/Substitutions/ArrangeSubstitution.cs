using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Substitutions;

/// <summary>Who does whose visits and follow-ups.</summary>
/// <param name="TeacherId">Who is away, or has left.</param>
/// <param name="SubstituteId">Who does it instead; works at the school on the first day.</param>
/// <param name="StartsOn">The first day; not in the past.</param>
/// <param name="EndsOn">The last day, up to a year after the first; <see langword="null"/> for good.</param>
public sealed record SubstitutionRequest(Guid TeacherId, Guid SubstituteId, DateOnly StartsOn, DateOnly? EndsOn = null);

/// <summary>What changed hands.</summary>
/// <param name="Id">The substitution.</param>
/// <param name="VisitIds">The open visits of these days that the substitute holds now.</param>
/// <param name="FollowUpIds">The open follow-ups that are due in these days; when they begin today, also those that are overdue.</param>
/// <param name="DoubleBookedIds">Visits that stay, since the substitute is taken at that time: move or cancel them.</param>
public sealed record SubstitutionMade(
    Guid Id, IReadOnlyList<Guid> VisitIds, IReadOnlyList<Guid> FollowUpIds, IReadOnlyList<Guid> DoubleBookedIds);

/// <summary>A substitution as the school sees it.</summary>
/// <param name="Id">The substitution.</param>
/// <param name="TeacherId">Who is away.</param>
/// <param name="SubstituteId">Who does it instead.</param>
/// <param name="StartsOn">The first day.</param>
/// <param name="EndsOn">The last day.</param>
/// <param name="ArrangedAt">When it was arranged.</param>
/// <param name="EndedAt">When what was left was given back.</param>
public sealed record SubstitutionView(
    Guid Id, Guid TeacherId, Guid SubstituteId, DateOnly StartsOn, DateOnly? EndsOn, DateTimeOffset ArrangedAt,
    DateTimeOffset? EndedAt);

/// <summary>
/// A substitute, or another teacher for good (VIS-20): appointments and follow-ups change hands in one transaction, and nothing is
/// left without an owner. Emergencies need none of it: their clock calls roles, and the role at the class is the administrator's to
/// give. A role does not come with it either.
/// </summary>
internal static class ArrangeSubstitution
{
    private const int MostDays = 366;
    private const int MostListed = 200;

    public static void MapSubstitutions(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{school:guid}/substitutions", ArrangeAsync)
            .Command(Permission.SubstituteArrange).WithName("ArrangeSubstitution");
        api.MapGet("/schools/{school:guid}/substitutions", ListAsync)
            .Query(Permission.SubstituteArrange).WithName("ListSubstitutions");
    }

    private static async Task<Results<Ok<SubstitutionMade>, Problem>> ArrangeAsync(
        Guid school, SubstitutionRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (District(current.Caller, school) is not { } district)
            return (Problem)Failures.NotFound;
        var now = clock.GetUtcNow();
        var policies = await db.Policies.AsNoTracking()
            .Where(policy => policy.NodeId == school || policy.NodeId == district).ToListAsync(cancel);
        var zone = Policy.InForce(district, school, policies).TimeZone;
        var today = LocalTime.Day(now, zone);
        var (from, to) = (request.StartsOn, request.EndsOn);
        var mistakes = new Mistakes();
        if (from < today || from > today.AddDays(MostDays))
            mistakes.Add(VisitsFailures.SubstitutionDays.At("startsOn"));
        if (to is { } last && (last < from || last.DayNumber - from.DayNumber > MostDays))
            mistakes.Add(VisitsFailures.SubstitutionDays.At("endsOn"));
        if (request.SubstituteId == request.TeacherId || !await db.Set<Post>().AnyAsync(post => post.SchoolId == school
            && post.StaffId == request.SubstituteId && post.StartsOn <= from && (post.EndsOn == null || post.EndsOn >= from), cancel))
            mistakes.Add(VisitsFailures.NotStaff.At("substituteId"));
        if (!await db.Set<Post>().AnyAsync(post => post.SchoolId == school && post.StaffId == request.TeacherId, cancel))
            mistakes.Add(VisitsFailures.NotStaff.At("teacherId"));
        if (mistakes.Refusal is { } wrong)
            return wrong;

        await BookingFacts.LockAsync(db, [request.TeacherId, request.SubstituteId], cancel);
        var visits = (await db.Visits.Where(visit => visit.SchoolId == school && visit.TeacherId == request.TeacherId
                && (visit.State == VisitState.Scheduled || visit.State == VisitState.Confirmed || visit.State == VisitState.Proposed))
            .OrderBy(visit => visit.StartsAt).ThenBy(visit => visit.Id).ToListAsync(cancel))
            .Where(visit => LocalTime.Day(visit.StartsAt, visit.TimeZone) is var day && day >= from && (to is null || day <= to))
            .ToArray();
        Guid[] ids = [.. visits.Select(visit => visit.Id)];
        var moved = await TakeOverAsync(db, request, ids, cancel);
        var moving = visits.Where(visit => moved.Contains(visit.Id)).ToArray();
        foreach (var visit in moving)
            visit.HandOver(request.SubstituteId, now);
        await db.PublishAsync([.. moving.Select(visit => visit.ToScheduled())], cancel);

        var followUps = await db.Set<FollowUp>().Where(followUp => followUp.SchoolId == school && followUp.OwnerId == request.TeacherId
            && followUp.ClosedAt == null && (from <= today || followUp.DueOn >= from) && (to == null || followUp.DueOn <= to))
            .ToListAsync(cancel);
        foreach (var followUp in followUps)
            followUp.Reassign(request.SubstituteId);

        var made = db.Add(new Substitution
        {
            SchoolId = school,
            Id = Guid.CreateVersion7(now),
            DistrictId = district,
            TeacherId = request.TeacherId,
            SubstituteId = request.SubstituteId,
            StartsOn = from,
            FollowUpIds = [.. followUps.Select(followUp => followUp.Id)],
            ArrangedBy = current.Caller.Name,
            ArrangedAt = now,
        }.Until(to)).Entity;
        audit.About("substitution", made.Id, district, school);
        return TypedResults.Ok(new SubstitutionMade(
            made.Id, [.. moving.Select(visit => visit.Id)], made.FollowUpIds, [.. ids.Where(id => !moved.Contains(id))]));
    }

    // The database decides who is taken, also by other schools' visits, which this school may not see. Whoever came along anyway is
    // taken by the visit itself.
    private static async Task<HashSet<Guid>> TakeOverAsync(
        VisitsDb db, SubstitutionRequest request, Guid[] visits, CancellationToken cancel)
    {
        var (teacher, substitute) = (request.TeacherId, request.SubstituteId);
        var along = await db.Busy.Where(busy => busy.PersonId == substitute && visits.Contains(busy.VisitId))
            .Select(busy => busy.VisitId).ToListAsync(cancel);
        var taken = await db.Database.SqlQuery<Guid>(
            $"""
            INSERT INTO busy (person_id, visit_id, district_id, school_id, is_staff, starts_at, ends_at)
            SELECT {substitute}, visit_id, district_id, school_id, is_staff, starts_at, ends_at FROM busy
            WHERE person_id = {teacher} AND visit_id = ANY ({visits}) AND visit_id <> ALL ({along})
            ORDER BY starts_at, visit_id ON CONFLICT DO NOTHING RETURNING visit_id AS "Value"
            """).ToListAsync(cancel);
        HashSet<Guid> moved = [.. along, .. taken];
        await db.Busy.Where(busy => busy.PersonId == teacher && moved.Contains(busy.VisitId)).ExecuteDeleteAsync(cancel);
        return moved;
    }

    /// <summary>The school's substitutions, the newest first, up to 200.</summary>
    private static async Task<Results<Ok<IReadOnlyList<SubstitutionView>>, Problem>> ListAsync(
        Guid school, VisitsDb db, CurrentCaller current, CancellationToken cancel) =>
        District(current.Caller, school) is null
            ? (Problem)Failures.NotFound
            : TypedResults.Ok<IReadOnlyList<SubstitutionView>>(await db.Set<Substitution>().AsNoTracking()
                .Where(s => s.SchoolId == school).OrderByDescending(s => s.Id).Take(MostListed)
                .Select(s => new SubstitutionView(
                    s.Id, s.TeacherId, s.SubstituteId, s.StartsOn, s.EndsOn, s.ArrangedAt, s.EndedAt)).ToListAsync(cancel));

    private static Guid? District(Caller caller, Guid school) => caller.With(Permission.SubstituteArrange)
        .Where(grant => grant.SchoolId == school).Select(grant => (Guid?)grant.DistrictId).FirstOrDefault();
}
