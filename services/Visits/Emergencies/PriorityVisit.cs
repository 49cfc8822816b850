using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Appointments;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Emergencies;

/// <summary>A special node (特殊節點) at which a family is visited (VIS-9).</summary>
public enum SpecialNode
{
    /// <summary>青春期.</summary>
    Adolescence,

    /// <summary>升学压力.</summary>
    EntranceExam,
}

/// <summary>That a student's family is to be visited at a special node; done when a visit has been held since.</summary>
public sealed class PriorityVisit
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The entry.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The class then.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>Why.</summary>
    public SpecialNode Node { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset RaisedAt { get; init; }

    /// <summary>The last day; holidays do not count (VIS-21).</summary>
    public DateOnly DueOn { get; init; }
}

/// <summary>A visit that is asked for at a special node.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="Node">Why.</param>
public sealed record PriorityVisitRequest(Guid StudentId, SpecialNode Node);

/// <summary>A visit that is due at a special node.</summary>
/// <param name="Id">The entry.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Node">Why.</param>
/// <param name="RaisedAt">Since when.</param>
/// <param name="DueOn">The last day.</param>
public sealed record PriorityVisitView(
    Guid Id, Guid SchoolId, Guid? ClassId, Guid StudentId, SpecialNode Node, DateTimeOffset RaisedAt, DateOnly DueOn);

/// <summary>Asks for visits at special nodes, and lists those not yet held.</summary>
internal static class PriorityVisits
{
    public static void MapPriorityVisits(this IEndpointRouteBuilder api)
    {
        api.MapPost("/priority-visits", AskAsync).Command(Permission.EmergencyHandle).WithName("AskForPriorityVisit");
        api.MapGet("/priority-visits", ListAsync).Query(Permission.EmergencyHandle).WithName("ListPriorityVisits");
    }

    private static async Task<Results<Created<PriorityVisitView>, Problem>> AskAsync(
        PriorityVisitRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await ChildOnRoll.FindAsync(
            db, current.Caller, Permission.EmergencyHandle, request.StudentId, anyClass: false, now, cancel) is not { } child)
        {
            return (Problem)Failures.NotFound;
        }

        var asked = db.Add(new PriorityVisit
        {
            SchoolId = child.SchoolId,
            Id = Guid.CreateVersion7(now),
            DistrictId = child.DistrictId,
            StudentId = child.StudentId,
            ClassId = child.ClassId,
            Node = request.Node,
            RaisedAt = now,
            DueOn = child.Calendar.After(child.Today, child.Policy.Emergencies.PriorityVisitDays),
        }).Entity;
        audit.About("priority-visit", asked.Id, asked.DistrictId, asked.SchoolId);
        return TypedResults.Created((string?)null, Of(asked));
    }

    // Up to 500; whoever has more asks for a class.
    private static async Task<Ok<IReadOnlyList<PriorityVisitView>>> ListAsync(
        VisitsDb db, CurrentCaller current, CancellationToken cancel, Guid? schoolId = null, Guid? classId = null)
    {
        var (schools, classes) = current.Caller.ReachOf(Permission.EmergencyHandle);
        var asked = await db.Set<PriorityVisit>().AsNoTracking()
            .Where(p => schools.Contains(p.SchoolId) || classes.Contains(p.ClassId!.Value))
            .Where(p => (schoolId == null || p.SchoolId == schoolId) && (classId == null || p.ClassId == classId))
            .Where(p => !db.Visits.Any(visit => visit.SchoolId == p.SchoolId && visit.State == VisitState.Completed
                && visit.HeldAt >= p.RaisedAt && visit.Students.Any(student => student.StudentId == p.StudentId)))
            .OrderBy(p => p.DueOn).ThenBy(p => p.Id).Take(Cursor.MaximumSize).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<PriorityVisitView>>([.. asked.Select(Of)]);
    }

    private static PriorityVisitView Of(PriorityVisit p) =>
        new(p.Id, p.SchoolId, p.ClassId, p.StudentId, p.Node, p.RaisedAt, p.DueOn);
}
