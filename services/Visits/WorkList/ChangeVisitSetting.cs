using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>What is special about the visits to a student (VIS-22); it replaces what was.</summary>
/// <param name="WeekendsOnly">Visits are planned for weekends (寄宿生); the boarding teacher takes part.</param>
/// <param name="OnlineCounts">Online counts fully (随迁子女).</param>
/// <param name="TextCounts">Text counts like speech.</param>
/// <param name="HomeLessonsCount">Each lesson at home counts as a visit (送教上门).</param>
public sealed record VisitSettingBody(
    bool WeekendsOnly = false, bool OnlineCounts = false, bool TextCounts = false, bool HomeLessonsCount = false);

/// <summary>Shows and changes what is special about the visits to a student; the homeroom teacher says it.</summary>
internal static class ChangeVisitSetting
{
    public static void MapVisitSetting(this IEndpointRouteBuilder api)
    {
        api.MapGet("/settings/{studentId:guid}", ReadAsync).Query(Permission.VisitRecordRead).WithName("ReadVisitSetting");
        api.MapPut("/settings/{studentId:guid}", ChangeAsync).Command(Permission.VisitRecord).WithName("ChangeVisitSetting");
    }

    private static async Task<Results<Ok<VisitSettingBody>, Problem>> ReadAsync(
        Guid studentId, VisitsDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current, Permission.VisitRecordRead, studentId, clock, cancel) is null)
            return (Problem)Failures.NotFound;
        var setting = await db.Set<VisitSetting>().AsNoTracking().SingleOrDefaultAsync(s => s.StudentId == studentId, cancel);
        ETag.Set(http, setting?.Version ?? 0);
        return TypedResults.Ok(setting is null
            ? new VisitSettingBody()
            : new VisitSettingBody(setting.WeekendsOnly, setting.OnlineCounts, setting.TextCounts, setting.HomeLessonsCount));
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid studentId, VisitSettingBody body, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await FindAsync(db, current, Permission.VisitRecord, studentId, clock, cancel) is not { } enrolment)
            return (Problem)Failures.NotFound;
        var setting = await db.Set<VisitSetting>().SingleOrDefaultAsync(s => s.StudentId == studentId, cancel);
        if (ETag.Mismatch(http, setting?.Version ?? 0) is { } stale)
            return (Problem)stale;
        setting ??= db.Add(new VisitSetting { StudentId = studentId, DistrictId = enrolment.DistrictId }).Entity;
        (setting.WeekendsOnly, setting.OnlineCounts) = (body.WeekendsOnly, body.OnlineCounts);
        (setting.TextCounts, setting.HomeLessonsCount) = (body.TextCounts, body.HomeLessonsCount);
        setting.Version++;
        db.Add(new WorkMark { DistrictId = enrolment.DistrictId, StudentId = studentId });
        audit.About("visit-setting", studentId, enrolment.DistrictId, enrolment.SchoolId);
        ETag.Set(http, setting.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Enrolment?> FindAsync(
        VisitsDb db, CurrentCaller current, Permission permission, Guid student, TimeProvider clock, CancellationToken cancel)
    {
        var grants = current.Caller.With(permission).ToArray();
        var schools = grants.Select(grant => grant.SchoolId).ToArray();
        var found = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.StudentId == student && schools.Contains(e.SchoolId)).ToListAsync(cancel);
        var nodes = found.SelectMany(e => new[] { e.SchoolId, e.DistrictId }).Distinct().ToArray();
        var policies = await db.Policies.AsNoTracking().Where(policy => nodes.Contains(policy.NodeId)).ToListAsync(cancel);
        var now = clock.GetUtcNow();
        return found.GroupBy(e => (e.DistrictId, e.SchoolId))
            .Select(at => Enrolment.Of(LocalDay.At(at.Key.DistrictId, at.Key.SchoolId, policies, now), at)).OfType<Enrolment>()
            .FirstOrDefault(e => grants.Any(g => g.SchoolId == e.SchoolId && (g.ClassId is null || g.ClassId == e.ClassId)));
    }
}
