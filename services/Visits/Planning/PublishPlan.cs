using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Visits.Planning;

/// <summary>
/// Publishes a plan in one act: each item becomes an appointment, as <see cref="ScheduleVisit"/> makes them, with its event. One
/// that cannot be, since teacher or family were booked meanwhile or its notice has become too short, is said to be refused; the
/// others are published.
/// </summary>
internal static class PublishPlan
{
    public static void MapPublishPlan(this IEndpointRouteBuilder api) =>
        api.MapPost("/schools/{school:guid}/plans/{id:guid}/publish", PublishAsync)
            .Command(Permission.VisitPlan).WithName("PublishPlan");

    private static async Task<Results<Ok<PlanView>, Problem>> PublishAsync(
        Guid school, Guid id, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await PlanReach.FindAsync(db, current.Caller, school, id, cancel) is not { } plan)
            return (Problem)Failures.NotFound;
        if (plan.State != PlanState.Draft)
            return (Problem)PlanningFailures.AlreadyPublished;
        Guid[] nodes = [plan.SchoolId, plan.DistrictId];
        var policies = await db.Policies.AsNoTracking().Where(p => nodes.Contains(p.NodeId)).ToListAsync(cancel);
        var policy = Policy.InForce(plan.DistrictId, plan.SchoolId, policies);
        var calendars = await db.Calendars.AsNoTracking().Where(c => nodes.Contains(c.NodeId)).ToListAsync(cancel);
        var calendar = CalendarOfNode.InForce(plan.DistrictId, plan.SchoolId, calendars);
        var items = await db.Set<PlanItem>().Where(item => item.SchoolId == school && item.PlanId == id).ToListAsync(cancel);
        Guid[] students = [.. items.SelectMany(item => item.StudentIds).Distinct()];
        var guardians = (await db.Set<Guardianship>().AsNoTracking()
            .Where(g => students.Contains(g.StudentId) && g.WithdrawnOn == null)
            .Select(g => new KnownGuardian(g.StudentId, g.GuardianId, !db.Set<GuardianRights>().Any(r =>
                r.StudentId == g.StudentId && r.GuardianId == g.GuardianId && !r.MayBeVisited)))
            .ToListAsync(cancel)).ToLookup(g => g.StudentId);

        var stays = (await db.Set<Enrolment>().AsNoTracking().Where(e => e.SchoolId == school && students.Contains(e.StudentId))
            .ToListAsync(cancel)).ToLookup(e => e.StudentId);

        var made = new List<(PlanItem Item, Visit Visit)>();
        foreach (var item in items.Where(item => item.State is PlanItemState.Proposed or PlanItemState.Set))
        {
            // Who was proposed may have left since.
            var day = LocalTime.Day(item.StartsAt!.Value, policy.TimeZone);
            if (!item.StudentIds.All(student => Enrolment.Of(day, stays[student]) is not null))
            {
                Refuse(item, PlanningFailures.NotOnRoll);
                continue;
            }

            var (visit, refused) = Visit.Schedule(AppointmentOf(plan, item, guardians), policy, calendar, clock.GetUtcNow());
            if (visit is null)
                Refuse(item, refused!.Failure);
            else
                made.Add((item, visit));
        }

        var booked = await BookAsync(db, made, guardians, cancel);
        foreach (var (item, visit) in made)
        {
            if (booked.Contains(visit.Id))
                (item.State, item.VisitId) = (PlanItemState.Published, visit.Id);
            else
                Refuse(item, VisitsFailures.StaffDoubleBooked);
        }

        var visits = made.Select(pair => pair.Visit).Where(visit => booked.Contains(visit.Id)).ToArray();
        db.AddRange(visits);
        await db.PublishAsync([.. visits.Select(visit => visit.ToScheduled())], cancel);
        plan.State = PlanState.Published;
        plan.Version++;
        audit.About("visit-plan", plan.Id, plan.DistrictId, plan.SchoolId);
        ETag.Set(http, plan.Version);
        return TypedResults.Ok(PlanView.Of(plan, PlanCounts.Of(items)));
    }

    private static void Refuse(PlanItem item, Failure failure) =>
        (item.State, item.Refusal) = (PlanItemState.Refused, failure.Code);

    private static VisitPlan AppointmentOf(Plan plan, PlanItem item, ILookup<Guid, KnownGuardian> guardians)
    {
        Guid[] family = [.. item.StudentIds.SelectMany(student => guardians[student]).Select(guardian => guardian.GuardianId)];
        return new VisitPlan(
            plan.DistrictId, plan.SchoolId, plan.TermId, family.Length > 0 ? family.Min() : item.StudentIds.Min(),
            item.TeacherId!.Value, [],
            [.. item.StudentIds.Zip(item.ClassIds, (student, @class) => (student, (Guid?)@class))], item.Mode,
            // That a visit comes early for a reason is not the family's to see, nor other readers' of appointments (ARC-4).
            VisitKind.Routine,
            item.StartsAt!.Value, item.Minutes, []);
    }

    // Takes everybody's times in one statement; those of a visit that somebody is too busy for are given back. The lock makes
    // single bookings wait for this one, for both might take the same persons crosswise; a lock for each of ten thousand persons,
    // as single bookings have it, would not fit into PostgreSQL's lock table.
    private static async Task<HashSet<Guid>> BookAsync(
        VisitsDb db, List<(PlanItem Item, Visit Visit)> made, ILookup<Guid, KnownGuardian> guardians, CancellationToken cancel)
    {
        BusyTime[] wanted = [.. made.SelectMany(pair => BusyTime.Of(
            pair.Visit, pair.Item.StudentIds.SelectMany(student => guardians[student])
                .Where(guardian => guardian.MayBeVisited).Select(guardian => guardian.GuardianId).Distinct()))];
        var taken = new List<Guid>();
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await using (var take = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("LOCK TABLE busy IN SHARE ROW EXCLUSIVE MODE"),
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO busy (person_id, visit_id, district_id, school_id, is_staff, starts_at, ends_at)
                    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING visit_id
                    """)
                {
                    Parameters =
                    {
                        Column(wanted, b => b.PersonId), Column(wanted, b => b.VisitId), Column(wanted, b => b.DistrictId),
                        Column(wanted, b => b.SchoolId), Column(wanted, b => b.IsStaff), Column(wanted, b => b.StartsAt),
                        Column(wanted, b => b.EndsAt),
                    },
                },
            },
        })
        {
            await using var reader = await take.ExecuteReaderAsync(cancel);
            do
            {
                while (await reader.ReadAsync(cancel))
                    taken.Add(reader.GetGuid(0));
            }
            while (await reader.NextResultAsync(cancel));
        }

        var counts = taken.CountBy(visit => visit).ToDictionary();
        var booked = wanted.CountBy(busy => busy.VisitId).Where(visit => counts.GetValueOrDefault(visit.Key) == visit.Value)
            .Select(visit => visit.Key).ToHashSet();
        await using var giveBack = new NpgsqlCommand("DELETE FROM busy WHERE visit_id = ANY ($1)", connection)
        {
            Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. counts.Keys.Except(booked)] } },
        };
        await giveBack.ExecuteNonQueryAsync(cancel);
        return booked;
    }

    private static NpgsqlParameter<T[]> Column<T>(BusyTime[] rows, Func<BusyTime, T> value) =>
        new() { TypedValue = [.. rows.Select(value)] };
}
