using HomeSchool.Archives.Family;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Timeline;

/// <summary>One entry of a timeline.</summary>
/// <param name="On">The day; in the future for what is planned.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Source">The service that knows more about it.</param>
/// <param name="RefId">What it refers to there.</param>
/// <param name="ClassId">Of an enrolment: the class.</param>
public sealed record TimelineRow(DateOnly On, TimelineKind Kind, string Source, Guid RefId, Guid? ClassId);

/// <summary>
/// Shows a student's timeline (ARC-8). What others announced is stored; when the student came and went is read from the
/// enrolments, so that a corrected roster corrects the timeline.
/// </summary>
internal static class ListTimeline
{
    private static readonly TimelineKind[] Visits = [TimelineKind.VisitPlanned, TimelineKind.VisitHeld, TimelineKind.VisitCancelled];

    // Plans and outcomes tell of support needs, which guardians' screens do not show (ARC-4).
    private static readonly TimelineKind[] ForStaff =
        [TimelineKind.PlanStarted, TimelineKind.PlanReviewed, TimelineKind.PlanEnded, TimelineKind.Outcome];

    // The order of PostgreSQL.
    private static readonly Comparer<Guid> ByBytes = Comparer<Guid>.Create(
        (a, b) => a.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(b.ToByteArray(bigEndian: true)));

    public static void MapListTimeline(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/timeline", ListAsync)
            .WithName("ListTimeline")
            .WithSummary("What happened and is planned, the newest first; guardians see the kinds that are for them.")
            .Query(Permission.ArchiveRead);

    private static async Task<Results<Ok<Page<TimelineRow>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<TimelineKey>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.ArchiveRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var standings = ChangeGuardian.OwnGuardians(caller, at, Permission.ArchiveRead) is null
            ? []
            : await db.StandingsAsync(districtId, [studentId], cancel);
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.DistrictId == districtId && e.StudentId == studentId).ToListAsync(cancel);
        var take = Cursor.Size(size);
        var rows = await db.TimelineAsync(caller, at, standings, enrolments, last, take + 1, today, cancel);
        return TypedResults.Ok(Page.From(rows, take, row => new TimelineKey(row.On, row.RefId, row.Kind)));
    }

    /// <summary>Part of the timeline as the caller sees it.</summary>
    /// <param name="db">The database.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="at">Where the student is, as far as the caller reaches.</param>
    /// <param name="standings">The student's guardians, if the caller may be one.</param>
    /// <param name="enrolments">The student's, those that the caller may see.</param>
    /// <param name="last">The entry behind which to begin.</param>
    /// <param name="take">How many.</param>
    /// <param name="today">Today.</param>
    /// <param name="cancel">Gives up.</param>
    internal static async Task<List<TimelineRow>> TimelineAsync(
        this ArchivesDb db, Caller caller, Enrolment at, IReadOnlyList<GuardianStanding> standings,
        IReadOnlyList<Enrolment> enrolments, TimelineKey? last, int take, DateOnly today, CancellationToken cancel)
    {
        var grants = caller.With(Permission.ArchiveRead).Where(grant => SensitiveReach.Reaches(grant, at)).ToArray();
        var everywhere = Array.Exists(grants, grant => grant.SchoolId is null);
        // That there is a plan tells of a need (ARC-4): only those who may see needs learn of it.
        TimelineKind[] hidden = Array.Exists(grants, grant => grant.StudentId is null)
            ? caller.With(Permission.NeedRead).Any(grant => SensitiveReach.Reaches(grant, at)) ? [] : ForStaff
            : standings.Any(standing => Array.Exists(grants, grant => grant.PersonId == standing.Guardianship.GuardianId)
                && standing.RightsOn(today).Contains(GuardianRight.BeVisited)) ? ForStaff
            : [.. ForStaff, .. Visits];

        var (on, reference) = (last?.On ?? DateOnly.MaxValue, last?.RefId ?? Guid.Empty);
        var stored = await db.Set<TimelineEntry>().AsNoTracking()
            .Where(e => e.DistrictId == at.DistrictId && e.StudentId == at.StudentId && (everywhere || e.SchoolId == at.SchoolId)
                && !e.Withdrawn && !hidden.Contains(e.Kind)
                && (last == null || e.On < on || (e.On == on && e.RefId < reference)))
            .OrderByDescending(e => e.On).ThenByDescending(e => e.RefId).Take(take)
            .Select(e => new TimelineRow(e.On, e.Kind, e.Source, e.RefId, null)).ToListAsync(cancel);
        var roster = enrolments
            .Where(e => (everywhere || e.SchoolId == at.SchoolId) && (e.EndsOn is null || e.EndsOn >= e.StartsOn))
            .SelectMany(RowsOf)
            .Where(row => last is null || Compare(row, last) < 0);
        return [.. stored.Concat(roster).OrderByDescending(row => row.On).ThenByDescending(row => row.RefId, ByBytes)
            .ThenByDescending(row => row.Kind).Take(take)];
    }

    private static IEnumerable<TimelineRow> RowsOf(Enrolment enrolment)
    {
        yield return new TimelineRow(enrolment.StartsOn, TimelineKind.Enrolled, "archives", enrolment.Id, enrolment.ClassId);
        if (enrolment.EndsOn is { } end)
            yield return new TimelineRow(end, TimelineKind.EnrolmentEnded, "archives", enrolment.Id, enrolment.ClassId);
    }

    private static int Compare(TimelineRow row, TimelineKey last) =>
        (row.On, ByBytes.Compare(row.RefId, last.RefId), row.Kind).CompareTo((last.On, 0, last.Kind));

    /// <summary>Where a page ends.</summary>
    /// <param name="On">The day.</param>
    /// <param name="RefId">What it refers to.</param>
    /// <param name="Kind">What it is.</param>
    internal sealed record TimelineKey(DateOnly On, Guid RefId, TimelineKind Kind);
}
