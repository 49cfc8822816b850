using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Visits.Appointments;

/// <summary>An appointment that is asked for; students, mode and time suffice.</summary>
/// <param name="StudentIds">1–10 students of one family and one school.</param>
/// <param name="Mode">How.</param>
/// <param name="StartsAt">When; seconds are cut off.</param>
/// <param name="Kind">Why.</param>
/// <param name="Minutes">The expected length, 5–240; the policy's shortest when missing.</param>
/// <param name="Topics">Up to 5, each up to 200 characters; the family reads them.</param>
/// <param name="TeacherId">Who visits; the caller when missing, if that is the class's teacher.</param>
/// <param name="JointVisitorIds">Up to 5 others of the school's staff who come along (VIS-8).</param>
public sealed record VisitRequest(
    IReadOnlyList<Guid> StudentIds, VisitMode Mode, DateTimeOffset StartsAt, VisitKind Kind = VisitKind.Routine,
    int? Minutes = null, IReadOnlyList<string>? Topics = null, Guid? TeacherId = null,
    IReadOnlyList<Guid>? JointVisitorIds = null);

/// <summary>The appointment as it was made or moved.</summary>
/// <param name="Id">The visit.</param>
/// <param name="StartsAt">When.</param>
/// <param name="Minutes">Its length.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Warnings">What its maker should know (VIS-4, VIS-23).</param>
public sealed record Appointment(
    Guid Id, DateTimeOffset StartsAt, int Minutes, VisitState State, IReadOnlyList<WarningText> Warnings);

/// <summary>A warning in the caller's language.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Message">For people.</param>
public sealed record WarningText(string Code, string Message);

/// <summary>Makes an appointment for a home visit (VIS-4, VIS-6).</summary>
internal static class ScheduleVisit
{
    public const int ShortestMinutes = 5;
    public const int LongestMinutes = 240;

    private const int MostStudents = 10;
    private const int MostJointVisitors = 5;
    private const int MostTopics = 5;
    private const int LongestTopic = 200;

    public static void MapScheduleVisit(this IEndpointRouteBuilder api) =>
        api.MapPost("", ScheduleAsync).Command(Permission.VisitSchedule).WithName("ScheduleVisit");

    private static async Task<Results<Created<Appointment>, Problem>> ScheduleAsync(
        VisitRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var joint = request.JointVisitorIds ?? [];
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, MostStudents);
        mistakes.Ids("jointVisitorIds", joint, 0, MostJointVisitors);
        mistakes.Range("minutes", request.Minutes, ShortestMinutes, LongestMinutes);
        mistakes.Time("startsAt", request.StartsAt, now);
        var topics = mistakes.Texts("topics", request.Topics, MostTopics, LongestTopic);
        if (mistakes.Refusal is { } invalid)
            return invalid;

        var startsAt = LocalTime.ToMinute(request.StartsAt);
        var grants = current.Caller.With(Permission.VisitSchedule).ToArray();
        var own = grants.Select(grant => grant.PersonId).OfType<Guid>();
        Guid[] visitors = request.TeacherId is { } named ? [.. joint, named] : [.. joint, .. own];
        var facts = await BookingFacts.ReadAsync(
            db, ScopeOf(grants), request.StudentIds, visitors, startsAt, moved: null, cancel);
        if (Destination.Find(facts, request.StudentIds, startsAt, grants) is not { } place)
            return (Problem)Failures.NotFound;

        var guardians = request.StudentIds.Select(student => facts.GuardiansOf(student).ToHashSet()).ToArray();
        if (guardians.Length > 1 && guardians.Aggregate((common, more) => [.. common.Intersect(more)]).Count == 0)
            mistakes.Add(VisitsFailures.NotOneFamily.At("studentIds"));
        var teacher = request.TeacherId ?? place.HomeroomTeacher;
        if (teacher is null)
            mistakes.Add(VisitsFailures.TeacherNeeded.At("teacherId"));
        else if (!own.Contains(teacher.Value) && !facts.IsStaff(place.School, teacher.Value, place.Day))
            mistakes.Add(VisitsFailures.NotStaff.At("teacherId"));
        for (var i = 0; i < joint.Count; i++)
        {
            if (joint[i] == teacher)
                mistakes.Add(Failures.List.At("jointVisitorIds", 0, MostJointVisitors));
            else if (!facts.IsStaff(place.School, joint[i], place.Day))
                mistakes.Add(VisitsFailures.NotStaff.At($"jointVisitorIds[{i}]"));
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        if (facts.TermOf(place.District, place.Day) is not { } term)
            return (Problem)VisitsFailures.NoTerm;

        var family = guardians.SelectMany(ids => ids).Distinct().ToArray();
        var familyId = family.Length > 0 ? family.Min() : request.StudentIds.Min();
        var plan = new VisitPlan(
            place.District, place.School, term.Id, familyId, teacher!.Value, joint, place.Students,
            request.Mode, request.Kind, startsAt, request.Minutes ?? place.Policy.ShortestMinutes, topics);
        var (visit, refused) = Visit.Schedule(plan, place.Policy, facts.CalendarOf(place.District, place.School), now);
        if (visit is null)
            return refused!;

        db.Add(visit);
        db.AddRange(BusyTime.Of(visit, facts.InvitedOf(request.StudentIds)));
        db.Publish(visit.ToScheduled());
        audit.About("visit", visit.Id, visit.DistrictId, visit.SchoolId);
        ETag.Set(http, visit.Version);
        return TypedResults.Created($"/api/visits/{visit.Id}", AppointmentOf(visit, place.Policy, facts, http));
    }

    /// <summary>The answer to scheduling and moving.</summary>
    internal static Appointment AppointmentOf(Visit visit, VisitPolicy policy, BookingFacts facts, HttpContext http)
    {
        var chinese = Language.IsChinese(http);
        var others = visit.VisitorIds.Select(visitor => facts.OtherVisits[visitor]);
        var warnings = policy.Warnings(visit.StartsAt, visit.Minutes, others);
        if (facts.IsBusy(visit, policy.TimeZone))
            warnings = warnings.Append(Warning.VisitorBusy);
        return new Appointment(visit.Id, visit.StartsAt, visit.Minutes, visit.State,
            [.. warnings.Select(warning => warning.In(chinese))]);
    }

    private static BookingScope ScopeOf(Grant[] grants) => new(
        [.. grants.Select(grant => grant.DistrictId).Distinct()],
        [.. grants.Select(grant => grant.SchoolId).OfType<Guid>().Distinct()]);

    /// <summary>The school that has all the students, at least one of them in a class that the caller visits.</summary>
    private sealed record Destination(
        Guid District, Guid School, VisitPolicy Policy, DateOnly Day, IReadOnlyList<(Guid StudentId, Guid? ClassId)> Students,
        Guid? HomeroomTeacher)
    {
        public static Destination? Find(BookingFacts facts, IReadOnlyList<Guid> students, DateTimeOffset startsAt, Grant[] grants)
        {
            foreach (var school in facts.Enrolments.GroupBy(enrolment => (enrolment.DistrictId, enrolment.SchoolId)))
            {
                var policy = facts.PolicyOf(school.Key.DistrictId, school.Key.SchoolId);
                var day = LocalTime.Day(startsAt, policy.TimeZone);
                var found = students.Select(student => Enrolment.Of(day, school.Where(e => e.StudentId == student)))
                    .OfType<Enrolment>().ToArray();
                var reached = grants.Where(grant => grant.SchoolId == school.Key.SchoolId
                    && (grant.ClassId is null || found.Any(enrolment => enrolment.ClassId == grant.ClassId))).ToArray();
                if (found.Length == students.Count && reached.Length > 0)
                {
                    return new Destination(school.Key.DistrictId, school.Key.SchoolId, policy, day,
                        [.. found.Select(enrolment => (enrolment.StudentId, enrolment.ClassId))],
                        reached.FirstOrDefault(grant => grant.Role == Role.HomeroomTeacher)?.PersonId);
                }
            }

            return null;
        }
    }
}
