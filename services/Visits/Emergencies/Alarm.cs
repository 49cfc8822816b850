using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Visits.Emergencies;

/// <summary>Why people are called.</summary>
public enum AlarmKind
{
    /// <summary>An emergency waits for its first contact (VIS-9).</summary>
    Emergency,

    /// <summary>A crisis waits until somebody acknowledges it (VIS-18).</summary>
    Crisis,
}

/// <summary>
/// Calls people until somebody acts. Its steps are rows with a time, so they survive a restart; <see cref="Alarms"/> takes each
/// in one transaction with all that it does, so each happens once, however many replicas there are.
/// </summary>
public sealed class Alarm
{
    private readonly List<AlarmStep> steps = [];

    private Alarm()
    {
    }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; private init; }

    /// <summary>The emergency or crisis.</summary>
    public Guid Id { get; private init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; private init; }

    /// <summary>Which of them.</summary>
    public AlarmKind Kind { get; private init; }

    /// <summary>The class whose homeroom teacher is called.</summary>
    public Guid? ClassId { get; private init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset RaisedAt { get; private init; }

    /// <summary>Until when somebody must have acted.</summary>
    public DateTimeOffset? DueAt { get; private init; }

    /// <summary>When somebody did.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Calls made and calls to come.</summary>
    public IReadOnlyList<AlarmStep> Steps => steps;

    /// <summary>
    /// Of an emergency (VIS-9): the homeroom teacher at once, then the officer, then the vice principal; when the time is over,
    /// all of them.
    /// </summary>
    public static Alarm Of(Emergency emergency, EmergencyPolicy policy)
    {
        var alarm = new Alarm
        {
            SchoolId = emergency.SchoolId,
            Id = emergency.Id,
            DistrictId = emergency.DistrictId,
            Kind = AlarmKind.Emergency,
            ClassId = emergency.ClassId,
            RaisedAt = emergency.ReportedAt,
            DueAt = emergency.DueAt,
        };
        var time = emergency.DueAt - emergency.ReportedAt;
        alarm.Add(emergency.ReportedAt, emergency.ClassId is null ? Role.MoralEducationOfficer : Role.HomeroomTeacher);
        alarm.Add(emergency.ReportedAt + (time * policy.OfficerAtPercent / 100), Role.MoralEducationOfficer);
        alarm.Add(emergency.ReportedAt + (time * policy.VicePrincipalAtPercent / 100), Role.VicePrincipal);
        alarm.Add(emergency.DueAt, Role.HomeroomTeacher, Role.MoralEducationOfficer, Role.VicePrincipal);
        return alarm;
    }

    /// <summary>Of a crisis (VIS-18): counselor, vice principal and homeroom teacher at once, again and again.</summary>
    public static Alarm OfCrisis(Guid district, Guid school, Guid id, Guid? classId, DateTimeOffset now)
    {
        var alarm = new Alarm
        {
            SchoolId = school,
            Id = id,
            DistrictId = district,
            Kind = AlarmKind.Crisis,
            ClassId = classId,
            RaisedAt = now,
        };
        alarm.Add(now, Role.Counselor, Role.VicePrincipal, Role.HomeroomTeacher);
        return alarm;
    }

    /// <summary>Makes a call that is due.</summary>
    /// <param name="step">Which.</param>
    /// <param name="staff">Whom else, beside the roles.</param>
    /// <param name="now">When.</param>
    public AlertDue Call(AlarmStep step, IReadOnlyList<Guid> staff, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(step);
        step.Done(step.Roles, staff, now);
        return new AlertDue(
            DistrictId, SchoolId, Id, step.Number, now, [.. step.Roles.Select(Enum.Parse<Role>)], ClassId, step.StaffIds);
    }

    /// <summary>Of a crisis: calls again at a time.</summary>
    public AlarmStep CallAgain(DateTimeOffset at) => Add(at, Role.Counselor, Role.VicePrincipal, Role.HomeroomTeacher);

    /// <summary>Somebody has acted: nobody is called any more.</summary>
    public void End(DateTimeOffset now)
    {
        EndedAt ??= now;
        steps.RemoveAll(step => step.DoneAt is null);
    }

    /// <summary>Whether somebody is among those who have been called.</summary>
    public bool HasCalled(Grant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        var inReach = grant.SchoolId == SchoolId && (grant.ClassId is null || grant.ClassId == ClassId);
        return steps.Exists(step => step.DoneAt is not null
            && ((inReach && step.Roles.Contains($"{grant.Role}"))
                || (grant.SchoolId == SchoolId && grant.PersonId is { } person && step.StaffIds.Contains(person))));
    }

    private AlarmStep Add(DateTimeOffset at, params IEnumerable<Role> roles)
    {
        var step = new AlarmStep(SchoolId, Id, steps.Count + 1, DistrictId, at, [.. roles.Select(role => $"{role}")]);
        steps.Add(step);
        return step;
    }
}

/// <summary>One call of an alarm.</summary>
public sealed class AlarmStep
{
    private AlarmStep()
    {
    }

    internal AlarmStep(Guid school, Guid alarm, int number, Guid district, DateTimeOffset dueAt, string[] roles) =>
        (SchoolId, AlarmId, Number, DistrictId, DueAt, Roles) = (school, alarm, number, district, dueAt, roles);

    /// <summary>The school.</summary>
    public Guid SchoolId { get; private init; }

    /// <summary>The alarm.</summary>
    public Guid AlarmId { get; private init; }

    /// <summary>From 1.</summary>
    public int Number { get; private init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; private init; }

    /// <summary>When the call is to be made.</summary>
    public DateTimeOffset DueAt { get; private init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? DoneAt { get; private set; }

    /// <summary>The roles that are called.</summary>
    public string[] Roles { get; private set; } = [];

    /// <summary>Staff who are called by name: on duty, or leads.</summary>
    public Guid[] StaffIds { get; private set; } = [];

    internal void Done(string[] roles, IReadOnlyList<Guid> staff, DateTimeOffset now) =>
        (Roles, StaffIds, DoneAt) = (roles, [.. staff], now);
}
