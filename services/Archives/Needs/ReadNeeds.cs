using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>What support a student needs.</summary>
/// <param name="Tiers">Today; <see langword="null"/> when nobody has said anything, or it has lapsed.</param>
/// <param name="HoldsUntil">The last day of what was said last.</param>
/// <param name="PriorityUntil">The last day as a priority student (ARC-5); <see langword="null"/> for others.</param>
/// <param name="History">What was said, the newest first, up to 100 changes.</param>
public sealed record NeedsBody(
    Tiers? Tiers, DateOnly? HoldsUntil, DateOnly? PriorityUntil, IReadOnlyList<NeedsChange> History);

/// <summary>A change of tiers.</summary>
/// <param name="Tiers">From then on.</param>
/// <param name="ChangedAt">When.</param>
/// <param name="AuthorId">The staff member who said it.</param>
/// <param name="Reason">Why; <see langword="null"/> for a reconfirmation, and for those who do not read reasons.</param>
/// <param name="HoldsUntil">The last day.</param>
public sealed record NeedsChange(Tiers Tiers, DateTimeOffset ChangedAt, Guid AuthorId, string? Reason, DateOnly HoldsUntil);

/// <summary>A student who needs support, in a list.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class today.</param>
/// <param name="Tiers">What was said last.</param>
/// <param name="HoldsUntil">The last day.</param>
/// <param name="Lapsed">Whether that is over, so that somebody has to reconfirm it.</param>
/// <param name="HasPlan">Whether a plan runs (ARC-6).</param>
public sealed record NeedsRow(Guid StudentId, Guid? ClassId, Tiers Tiers, DateOnly HoldsUntil, bool Lapsed, bool HasPlan);

/// <summary>
/// Shows what support students need, to the education staff of the class and their supervisors only (ARC-4). Commands, for their
/// audit rows.
/// </summary>
internal static class ReadNeeds
{
    private const int LongestHistory = 100;

    public static void MapReadNeeds(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/needs", ReadAsync)
            .WithName("ReadNeeds")
            .WithSummary("The tiers of a student with their history; psychological sensitivity and reasons only for those who write them.")
            .Command(Permission.NeedRead).Sensitive();
        api.MapGet("/schools/{schoolId:guid}/needs", ListAsync)
            .WithName("ListNeeds")
            .WithSummary("Students of a school or class who need support; with lapsed=true those to be reconfirmed.")
            .Command(Permission.NeedRead).Sensitive();
    }

    private static async Task<Results<Ok<NeedsBody>, Problem>> ReadAsync(
        Guid districtId, Guid studentId, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.NeedRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var seesReasons = caller.SeesReasons(at);
        var rows = await db.Set<StudentNeeds>().AsNoTracking()
            .Where(n => n.SchoolId == at.SchoolId && n.StudentId == studentId)
            .OrderByDescending(n => n.Id).Take(LongestHistory).ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(n => n.Reason).OfType<byte[]>(), cancel);
        var history = new List<NeedsChange>();
        for (var i = 0; i < rows.Count; i++)
        {
            var (n, shown) = (rows[i], Shown(rows[i]));
            // A change of nothing but what one does not learn of would tell of it; so would a last day for nothing.
            if (!seesReasons && shown == (i + 1 < rows.Count ? Shown(rows[i + 1]) : new Tiers(default, default, [], false))
                && (!shown.Any || (n.PsychologicallySensitive != rows[i + 1].PsychologicallySensitive
                    && n.HoldsUntil == rows[i + 1].HoldsUntil)))
                continue;
            var reason = seesReasons ? await vault.OpenTextAsync(districtId, StudentNeeds.ReasonOf(n.Id), n.Reason, cancel) : null;
            history.Add(new NeedsChange(shown, n.ChangedAt, n.AuthorId, reason, n.HoldsUntil));
        }

        var standing = await Standing.OfAsync(db, at, today, cancel);
        audit.About("student", studentId, districtId, at.SchoolId);
        if (seesReasons) // the number of changes would tell of those that are not shown
            ETag.Set(http, rows.Count == 0 ? 0 : rows[0].Version);
        return TypedResults.Ok(new NeedsBody(
            history.Count > 0 && today <= history[0].HoldsUntil ? history[0].Tiers : null,
            history.Count > 0 ? history[0].HoldsUntil : null, standing.PriorityUntil, history));

        Tiers Shown(StudentNeeds n) => seesReasons ? n.Tiers : n.Tiers.WithoutPsychology;
    }

    private static async Task<Results<Ok<Page<NeedsRow>>, Problem>> ListAsync(
        Guid schoolId, Guid? classId, bool? lapsed, string? after, int? size, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var (caller, today, take) = (current.Caller, LocalDay.Today(clock), Cursor.Size(size));
        var reach = Reach.Of(caller, Permission.NeedRead, school.DistrictId, schoolId);
        var writes = Reach.Of(caller, Permission.NeedWrite, school.DistrictId, schoolId);
        var rows = await (
            from enrolment in db.Set<Enrolment>().AsNoTracking()
            where enrolment.SchoolId == schoolId && enrolment.StartsOn <= today
                && (enrolment.EndsOn == null || enrolment.EndsOn >= today) && (classId == null || enrolment.ClassId == classId)
                && (reach.Everybody || enrolment.ClassId != null && reach.Classes.Contains(enrolment.ClassId.Value))
            join n in db.Set<StudentNeeds>().AsNoTracking().Newest()
                on new { enrolment.SchoolId, enrolment.StudentId } equals new { n.SchoolId, n.StudentId }
            let sees = writes.Everybody || enrolment.ClassId != null && writes.Classes.Contains(enrolment.ClassId.Value)
            where (n.Academic != AcademicTier.Typical || n.Conduct != ConductTier.Typical || n.Circumstances.Length > 0
                    || n.PsychologicallySensitive && sees)
                && (lapsed == null || lapsed == n.HoldsUntil < today) && (last == null || n.StudentId > last)
            orderby n.StudentId
            select new
            {
                Needs = n,
                enrolment.ClassId,
                Sees = sees,
                HasPlan = db.Set<Plan>().Any(p =>
                    p.SchoolId == schoolId && p.StudentId == n.StudentId && Plan.Running.Contains(p.State)),
            })
            .Take(take + 1).ToListAsync(cancel);
        audit.About("school", schoolId, school.DistrictId, schoolId);
        return TypedResults.Ok(Page.From(
            [
                .. rows.Select(row => new NeedsRow(
                    row.Needs.StudentId, row.ClassId, row.Sees ? row.Needs.Tiers : row.Needs.Tiers.WithoutPsychology,
                    row.Needs.HoldsUntil, row.Needs.HoldsUntil < today, row.HasPlan)),
            ],
            take, row => row.StudentId));
    }
}
