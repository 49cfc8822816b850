using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Development;

/// <summary>What a training is about (ACT-8).</summary>
public enum TrainingTopic
{
    /// <summary>家校沟通.</summary>
    Communication,

    /// <summary>平台使用.</summary>
    Platform,

    /// <summary>隐私保护.</summary>
    Privacy,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>Whom a training is for.</summary>
public enum TrainingFor
{
    /// <summary>All teachers.</summary>
    Teachers,

    /// <summary>德育干部.</summary>
    Officers,

    /// <summary>心理教师.</summary>
    Counselors,
}

/// <summary>A training of a school's staff (ACT-8).</summary>
public sealed class Training
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The training.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The term of its day.</summary>
    public Guid TermId { get; init; }

    /// <summary>Whom it is for.</summary>
    public TrainingFor For { get; init; }

    /// <summary>What it is about.</summary>
    public TrainingTopic Topic { get; init; }

    /// <summary>What it is called.</summary>
    public string Title { get; init; } = "";

    /// <summary>The day.</summary>
    public DateOnly HeldOn { get; init; }

    /// <summary>Grows by one whenever the roll is taken.</summary>
    public long Version { get; set; } = 1;
}

/// <summary>That somebody was at a training, by the roll.</summary>
public sealed class TrainingAttendance
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The training.</summary>
    public Guid TrainingId { get; init; }

    /// <summary>Who.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}

/// <summary>A training to be held.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="For">Whom it is for.</param>
/// <param name="Topic">What it is about.</param>
/// <param name="Title">1–100 characters.</param>
/// <param name="HeldOn">The day, within a term.</param>
public sealed record TrainingRequest(Guid SchoolId, TrainingFor For, TrainingTopic Topic, string Title, DateOnly HeldOn);

/// <summary>A training.</summary>
/// <param name="Id">The training.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="TermId">The term.</param>
/// <param name="For">Whom it is for.</param>
/// <param name="Topic">What it is about.</param>
/// <param name="Title">What it is called.</param>
/// <param name="HeldOn">The day.</param>
/// <param name="StaffIds">Who was there.</param>
public sealed record TrainingBody(
    Guid Id, Guid SchoolId, Guid TermId, TrainingFor For, TrainingTopic Topic, string Title, DateOnly HeldOn,
    IReadOnlyList<Guid> StaffIds);

/// <summary>The roll of a training, all of it.</summary>
/// <param name="StaffIds">Who was there, up to 1,000.</param>
public sealed record RollBody(IReadOnlyList<Guid> StaffIds);

/// <summary>How many of a school's teachers were at a training in a term; the goal is all of them, once.</summary>
/// <param name="Teachers">How many teach at the school today.</param>
/// <param name="Trained">How many of them were at a training for teachers.</param>
public sealed record TrainingRate(int Teachers, int Trained);

/// <summary>Holds trainings, one a term, and takes the roll (ACT-8).</summary>
internal static class HoldTraining
{
    private const int LongestTitle = 100;
    private const int LongestRoll = 1_000;

    private static readonly StaffRole[] Teaching =
        [StaffRole.Teacher, StaffRole.HomeroomTeacher, StaffRole.DeputyHomeroomTeacher, StaffRole.SubjectTeacher];

    public static void MapTrainings(this IEndpointRouteBuilder api)
    {
        api.MapPost("/trainings", PlanAsync).Command(Permission.TrainingManage).WithName("PlanTraining");
        api.MapGet("/trainings", ListAsync).Query(Permission.TrainingManage).WithName("ListTrainings");
        api.MapPut("/trainings/{id:guid}/roll", TakeRollAsync).Command(Permission.TrainingManage).WithName("TakeTrainingRoll");
        api.MapGet("/trainings/rate", RateAsync).Query(Permission.TrainingManage).WithName("ReadTrainingRate")
            .WithSummary("How many of a school's teachers were at a training in the term; without names.");
    }

    private static async Task<Results<Created<TrainingBody>, Problem>> PlanAsync(
        TrainingRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", request.Title, LongestTitle);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (current.Caller.With(Permission.TrainingManage).FirstOrDefault(grant => grant.SchoolId == request.SchoolId)
            is not { DistrictId: var district })
        {
            return (Problem)Failures.NotFound;
        }

        if (await db.Set<Term>().AsNoTracking().Where(t => t.DistrictId == district && t.WithdrawnOn == null
                && t.StartsOn <= request.HeldOn && t.EndsOn >= request.HeldOn)
            .OrderBy(t => t.StartsOn).ThenBy(t => t.Id).FirstOrDefaultAsync(cancel) is not { } term)
        {
            return Problem.Of([ActivitiesFailures.NoTerm.At("heldOn")]);
        }

        var planned = db.Add(new Training
        {
            SchoolId = request.SchoolId,
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            DistrictId = district,
            TermId = term.Id,
            For = request.For,
            Topic = request.Topic,
            Title = title,
            HeldOn = request.HeldOn,
        }).Entity;
        audit.About("training", planned.Id, district, request.SchoolId);
        return TypedResults.Created((string?)null, BodyOf(planned, []));
    }

    private static async Task<Results<Ok<Page<TrainingBody>>, Problem>> ListAsync(
        ActivitiesDb db, CurrentCaller current, CancellationToken cancel, Guid? termId = null, int? size = null,
        string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var trainings = OwnOf(db, current).AsNoTracking();
        if (termId is not null)
            trainings = trainings.Where(t => t.TermId == termId);
        if (last is not null)
        {
            trainings = trainings.Where(t => EF.Functions.LessThan(
                ValueTuple.Create(t.HeldOn, t.Id), ValueTuple.Create(last.HeldOn, last.Id)));
        }

        var take = Cursor.Size(size);
        var rows = await trainings.OrderByDescending(t => t.HeldOn).ThenByDescending(t => t.Id).Take(take + 1)
            .Select(t => new
            {
                Training = t,
                Staff = db.Set<TrainingAttendance>().Where(a => a.SchoolId == t.SchoolId && a.TrainingId == t.Id)
                    .OrderBy(a => a.StaffId).Select(a => a.StaffId).ToList(),
            }).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            [.. rows.Select(row => BodyOf(row.Training, row.Staff))], take, t => new Last(t.HeldOn, t.Id)));
    }

    private static async Task<Results<NoContent, Problem>> TakeRollAsync(
        Guid id, RollBody roll, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        mistakes.Ids("staffIds", roll.StaffIds, 0, LongestRoll);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await OwnOf(db, current).SingleOrDefaultAsync(t => t.Id == id, cancel) is not { } training)
            return (Problem)Failures.NotFound;
        var (school, day) = (training.SchoolId, training.HeldOn);
        if (day > LocalTime.Day(clock.GetUtcNow(), (await db.PolicyAtAsync(training.DistrictId, school, cancel)).TimeZone))
            return (Problem)DevelopmentFailures.NotHeldYet;
        var working = await db.Set<Post>().Where(p => p.SchoolId == school && roll.StaffIds.Contains(p.StaffId)
            && p.StartsOn <= day && (p.EndsOn == null || p.EndsOn >= day)).Select(p => p.StaffId).Distinct().CountAsync(cancel);
        if (working < roll.StaffIds.Count)
            return Problem.Of([DevelopmentFailures.NotStaff.At("staffIds")]);

        var known = await db.Set<TrainingAttendance>().Where(a => a.SchoolId == school && a.TrainingId == id).ToListAsync(cancel);
        db.RemoveRange(known.Where(a => !roll.StaffIds.Contains(a.StaffId)));
        db.AddRange(roll.StaffIds.Except(known.Select(a => a.StaffId)).Select(staff => new TrainingAttendance
        {
            SchoolId = school,
            TrainingId = id,
            StaffId = staff,
            DistrictId = training.DistrictId,
        }));
        training.Version++;
        audit.About("training", id, training.DistrictId, school);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<TrainingRate>, Problem>> RateAsync(
        Guid schoolId, Guid termId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (current.Caller.With(Permission.TrainingManage).FirstOrDefault(grant => grant.SchoolId == schoolId)
            is not { DistrictId: var district })
        {
            return (Problem)Failures.NotFound;
        }

        var today = LocalTime.Day(clock.GetUtcNow(), (await db.PolicyAtAsync(district, schoolId, cancel)).TimeZone);
        var teachers = db.Set<Post>().Where(p => p.SchoolId == schoolId && Teaching.Contains(p.Role)
            && p.StartsOn <= today && (p.EndsOn == null || p.EndsOn >= today)).Select(p => p.StaffId).Distinct();
        var trainings = db.Set<Training>().Where(t =>
            t.SchoolId == schoolId && t.TermId == termId && t.For == TrainingFor.Teachers).Select(t => t.Id);
        return TypedResults.Ok(new TrainingRate(
            await teachers.CountAsync(cancel),
            await teachers.CountAsync(staff => db.Set<TrainingAttendance>().Any(a =>
                a.SchoolId == schoolId && a.StaffId == staff && trainings.Contains(a.TrainingId)), cancel)));
    }

    private static IQueryable<Training> OwnOf(ActivitiesDb db, CurrentCaller current)
    {
        var schools = current.Caller.With(Permission.TrainingManage).Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        return db.Set<Training>().Where(training => schools.Contains(training.SchoolId));
    }

    private static TrainingBody BodyOf(Training t, IReadOnlyList<Guid> staff) =>
        new(t.Id, t.SchoolId, t.TermId, t.For, t.Topic, t.Title, t.HeldOn, staff);

    private sealed record Last(DateOnly HeldOn, Guid Id);
}
