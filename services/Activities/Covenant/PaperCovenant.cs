using System.Globalization;
using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Covenant;

/// <summary>A signature on paper.</summary>
/// <param name="Version">The version that was signed.</param>
/// <param name="StudentId">For which child.</param>
/// <param name="GuardianId">Who signed.</param>
public sealed record PaperSignature(long Version, Guid StudentId, Guid GuardianId);

/// <summary>
/// The covenant on paper (ACT-2, ALL-7): printed with room for signature and seal, and what was signed there is entered by the
/// teacher. It counts as any other, so no family is worse off without a smartphone.
/// </summary>
internal static class PaperCovenant
{
    public static void MapPaperCovenant(this IEndpointRouteBuilder api)
    {
        api.MapGet("/classes/{classId:guid}/covenant/print", PrintAsync).Query(Permission.MeetingRead).WithName("PrintCovenant")
            .WithSummary("The newest version of a class's covenant on A4, or the one asked for.");
        api.MapPost("/classes/{classId:guid}/covenant/paper-signatures", EnterAsync).Command(Permission.MeetingManage)
            .WithName("EnterPaperSignature").WithSummary("Enters that a guardian signed a version of the covenant on paper.");
    }

    private static async Task<Results<CovenantSheet, Problem>> PrintAsync(
        Guid classId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel, long? version = null)
    {
        var reach = await Reach.OfAsync(db, current, Permission.MeetingRead, clock.GetUtcNow(), cancel);
        var (schools, seen) = (reach.Schools, reach.SeenClasses);
        var covenant = await db.Set<ClassCovenant>().AsNoTracking()
            .Where(c => c.ClassId == classId && (version == null || c.Version == version)
                && (schools.Contains(c.SchoolId) || seen.Contains(c.ClassId)))
            .OrderByDescending(c => c.Version).FirstOrDefaultAsync(cancel);
        if (covenant is null)
            return (Problem)Failures.NotFound;
        var school = await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == covenant.SchoolId, cancel);
        var @class = await db.Set<SchoolClass>().AsNoTracking()
            .SingleOrDefaultAsync(c => c.SchoolId == covenant.SchoolId && c.ClassId == classId, cancel);
        var zone = (await db.PolicyAtAsync(covenant.DistrictId, covenant.SchoolId, cancel)).TimeZone;
        return new CovenantSheet(covenant, school?.Name ?? "", @class?.Title ?? "", LocalTime.Day(covenant.PublishedAt, zone));
    }

    private static async Task<Results<NoContent, Problem>> EnterAsync(
        Guid classId, PaperSignature request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await SignCovenant.FindAsync(db, classId, current, now, cancel) is not { } @class
            || !await db.Set<ClassCovenant>().AnyAsync(
                c => c.SchoolId == @class.SchoolId && c.ClassId == classId && c.Version == request.Version, cancel))
        {
            return (Problem)Failures.NotFound;
        }

        var today = LocalTime.Day(now, (await db.PolicyAtAsync(@class.DistrictId, @class.SchoolId, cancel)).TimeZone);
        var (student, guardian) = (request.StudentId, request.GuardianId);
        if (!await db.OnRoll(today).AnyAsync(
                e => e.SchoolId == @class.SchoolId && e.ClassId == classId && e.StudentId == student, cancel)
            || !await db.Set<Guardianship>().AnyAsync(
                g => g.StudentId == student && g.GuardianId == guardian && (g.WithdrawnOn == null || g.WithdrawnOn > today), cancel))
        {
            return Problem.Of([CovenantFailures.NotOfChild.At("guardianId")]);
        }

        if (await db.Set<GuardianRights>().AnyAsync(
            r => r.StudentId == student && r.GuardianId == guardian && !r.MaySign, cancel))
        {
            return (Problem)CovenantFailures.GuardianMayNotSign;
        }

        // To sign twice is to have signed, here or on paper.
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO covenant_signature (school_id, class_id, version, student_id, guardian_id, district_id, signed_at, on_paper)
            VALUES ({@class.SchoolId}, {classId}, {request.Version}, {student}, {guardian}, {@class.DistrictId}, {now}, true)
            ON CONFLICT DO NOTHING
            """, cancel);
        audit.About("covenant", classId, @class.DistrictId, @class.SchoolId);
        return TypedResults.NoContent();
    }
}

/// <summary>A class's covenant on A4, with version, code and room for signatures and the seal (ALL-7).</summary>
internal sealed class CovenantSheet(ClassCovenant covenant, string school, string @class, DateOnly publishedOn)
    : IResult, IStatusCodeHttpResult
{
    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        return PrintPage.WriteAsync(httpContext, chinese, Title(chinese), Body(chinese));
    }

    private static string Title(bool chinese) => chinese ? "家校公约" : "Covenant of school and families";

    private string Body(bool chinese)
    {
        var promises = string.Concat(covenant.Promises.Select(promise => $"<li>{PrintPage.Html.Encode(promise)}</li>\n"));
        var version = covenant.Version.ToString(CultureInfo.InvariantCulture);
        return
            $"""
            <h1>{Title(chinese)}</h1>
            <dl>
            <dt>{(chinese ? "学校" : "School")}</dt><dd>{PrintPage.Html.Encode(school)}</dd>
            <dt>{(chinese ? "班级" : "Class")}</dt><dd>{PrintPage.Html.Encode(@class)}</dd>
            <dt>{(chinese ? "学生" : "Student")}</dt><dd>________________</dd>
            <dt>{(chinese ? "发布日期" : "Published")}</dt>
            <dd>{publishedOn.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}</dd>
            <dt>{(chinese ? "版本" : "Version")}</dt><dd>{version}</dd>
            <dt>{(chinese ? "编号" : "Code")}</dt><dd>CV-{covenant.ClassId:N}-{version}</dd>
            </dl>
            <ol>
            {promises}</ol>
            <div class="sign">
            <div>{(chinese ? "家长签字 / 日期" : "Guardian: signature / date")}</div>
            <div>{(chinese ? "班主任签字 / 日期" : "Homeroom teacher: signature / date")}</div>
            <div>{(chinese ? "学校盖章" : "Seal of the school")}</div>
            </div>
            """;
    }
}
