using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>A visit as lists show it.</summary>
/// <param name="Id">The visit.</param>
/// <param name="SchoolId">The school.</param>
/// <param name="TermId">The term that it counts in.</param>
/// <param name="TeacherId">Who visits.</param>
/// <param name="JointVisitorIds">Who comes along.</param>
/// <param name="Students">Whom it is about.</param>
/// <param name="Kind">Why.</param>
/// <param name="Mode">How, as agreed.</param>
/// <param name="StartsAt">The appointment.</param>
/// <param name="Minutes">Its length.</param>
/// <param name="TimeZone">The time zone whose days it counts by.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ProposedStartsAt">The time that the family proposes.</param>
/// <param name="ProposalWarnings">What staff should know before they accept that time (VIS-23); <see langword="null"/> when none
/// is proposed, for the family, and where a visit stands beside something else.</param>
/// <param name="RecordDueOn">The last day for its record.</param>
/// <param name="HeldOn">The day it was held, once it is completed.</param>
/// <param name="Effective">Whether it is an effective contact (VIS-1), once it is completed.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes.</param>
public sealed record VisitView(
    Guid Id, Guid SchoolId, Guid TermId, Guid TeacherId, IReadOnlyList<Guid> JointVisitorIds, IReadOnlyList<StudentView> Students,
    VisitKind Kind, VisitMode Mode, DateTimeOffset StartsAt, int Minutes, string TimeZone, VisitState State,
    DateTimeOffset? ProposedStartsAt, IReadOnlyList<WarningText>? ProposalWarnings, DateOnly RecordDueOn, DateOnly? HeldOn,
    bool? Effective, long Version)
{
    internal static VisitView Of(Visit visit, IReadOnlyList<WarningText>? proposalWarnings = null) => new(
        visit.Id, visit.SchoolId, visit.TermId, visit.TeacherId, visit.JointVisitorIds,
        [.. visit.Students.Select(student => new StudentView(student.StudentId, student.ClassId))],
        visit.Kind, visit.Mode, visit.StartsAt, visit.Minutes, visit.TimeZone, visit.State,
        visit.ProposedStartsAt, proposalWarnings, visit.RecordDueOn, visit.HeldOn, visit.Effective, visit.Version);
}

/// <summary>A student whom a visit is about.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class when the visit was scheduled.</param>
public sealed record StudentView(Guid StudentId, Guid? ClassId);

/// <summary>A visit and, for those whom it concerns, what it is about.</summary>
/// <param name="Visit">The visit.</param>
/// <param name="Topics">What about; <see langword="null"/> for those who see the appointment only.</param>
/// <param name="Answers">How the family answered, oldest first; <see langword="null"/> like <paramref name="Topics"/>.</param>
public sealed record VisitDetails(VisitView Visit, IReadOnlyList<string>? Topics, IReadOnlyList<AnswerView>? Answers);

/// <summary>An answer that a family gave.</summary>
/// <param name="Kind">What was said.</param>
/// <param name="AppointedAt">The appointment that was answered.</param>
/// <param name="ProposedStartsAt">The time that was proposed.</param>
/// <param name="Reason">Why; <see langword="null"/> also when it is erased, and for another guardian than the one who gave it.</param>
/// <param name="AnsweredAt">When.</param>
public sealed record AnswerView(
    AnswerKind Kind, DateTimeOffset AppointedAt, DateTimeOffset? ProposedStartsAt, string? Reason, DateTimeOffset AnsweredAt);

/// <summary>Reads one visit.</summary>
internal static class ReadVisit
{
    public static void MapReadVisit(this IEndpointRouteBuilder api) =>
        api.MapGet("/{id:guid}", ReadAsync).Query(Permission.VisitRead).WithName("ReadVisit");

    private static async Task<Results<Ok<VisitDetails>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitRead, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        ETag.Set(http, visit.Version);
        if (!current.Caller.SeesContentOf(visit))
            return TypedResults.Ok(new VisitDetails(VisitView.Of(visit), null, null));

        var asStaff = current.Caller.SeesAsStaff(visit);
        var answers = new List<AnswerView>();
        foreach (var answer in await db.Answers.AsNoTracking()
            .Where(answer => answer.SchoolId == visit.SchoolId && answer.VisitId == id)
            .OrderBy(answer => answer.Id)
            .ToListAsync(cancel))
        {
            // What one guardian writes is not the other's to read (ARC-13).
            var reason = answer.Reason is null || !(asStaff || answer.AnsweredBy == current.Caller.Name) ? null
                : await vault.OpenAsync(answer.DistrictId, VisitAnswer.ReasonOf(answer.Id), answer.Reason, cancel);
            answers.Add(new AnswerView(
                answer.Kind, answer.AppointedAt, answer.ProposedStartsAt, reason is null ? null : Encoding.UTF8.GetString(reason),
                answer.AnsweredAt));
        }

        var warnings = await ProposalWarnings.OfAsync(db, current.Caller, [visit], http, cancel);
        return TypedResults.Ok(new VisitDetails(VisitView.Of(visit, warnings.GetValueOrDefault(id)), visit.Topics, answers));
    }
}
