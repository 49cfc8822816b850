using HomeSchool.Contracts;
using HomeSchool.Contracts.Messages;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>The rules of a class's group, to be published.</summary>
/// <param name="Lines">1–30 lines of up to 300 characters.</param>
public sealed record GroupRulesRequest(IReadOnlyList<string> Lines);

/// <summary>The rules of a class's group.</summary>
/// <param name="Version">Which version; 0 for a proposal that nobody has published yet.</param>
/// <param name="Lines">What they say.</param>
/// <param name="PublishedAt">When.</param>
/// <param name="AcknowledgedFor">The caller's own children for whom this version was acknowledged; empty for staff.</param>
public sealed record GroupRulesBody(
    long Version, IReadOnlyList<string> Lines, DateTimeOffset? PublishedAt, IReadOnlyList<Guid> AcknowledgedFor);

/// <summary>What a guardian acknowledges.</summary>
/// <param name="Version">The version that was read.</param>
public sealed record AcknowledgeRequest(long Version);

/// <summary>A family of the class and whether it has read the newest rules.</summary>
/// <param name="StudentId">Whose family.</param>
/// <param name="Guardians">How many of its guardians have.</param>
public sealed record FamilyAcknowledgement(Guid StudentId, int Guardians);

/// <summary>The rules of a class's group (班级群公约, MSG-3): published in versions, each to be acknowledged.</summary>
internal static class KeepRules
{
    private const string Route = "/schools/{schoolId:guid}/classes/{classId:guid}/group/rules";
    private const int MostLines = 30;
    private const int LongestLine = 300;

    // What a teacher begins with, and changes.
    private static readonly string[] Proposal =
    [
        "不发布广告、投票拉票和与班级无关的信息", "不在群里公布、议论孩子的成绩和排名", "不在群里议论、比较、批评任何一位孩子",
        "有意见和情绪，先私信老师，不在群里宣泄", "未经同意，不转发群内照片和信息", "晚上九点至早上七点，请不在群里发消息",
    ];

    public static void MapKeepRules(this IEndpointRouteBuilder api)
    {
        api.MapGet(Route, ReadAsync).Query(Permission.GroupRead).WithName("ReadGroupRules")
            .WithSummary("The newest rules of a class's group; before the first, a proposal.");
        api.MapPut(Route, PublishAsync).Command(Permission.GroupManage).WithName("PublishGroupRules")
            .WithSummary("Publishes a new version, to be acknowledged anew.");
        api.MapPost(Route + "/acknowledgements", AcknowledgeAsync).Command(Permission.MessageReceive).WithName("AcknowledgeGroupRules");
        api.MapGet(Route + "/acknowledgements", ListAsync).Query(Permission.GroupManage).WithName("ListGroupAcknowledgements")
            .WithSummary("Each family of the class and whether it has read the newest version.");
    }

    /// <summary>The newest version of a class's rules; 0 without any.</summary>
    internal static async Task<long> NewestAsync(MessagesDb db, Guid school, Guid ofClass, CancellationToken cancel) =>
        await db.Set<GroupRules>().Where(r => r.SchoolId == school && r.ClassId == ofClass).MaxAsync(r => (long?)r.Version, cancel) ?? 0;

    private static async Task<Results<Ok<GroupRulesBody>, Problem>> ReadAsync(
        Guid schoolId, Guid classId, MessagesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupRead, clock.GetUtcNow(), cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var rules = await db.Set<GroupRules>().AsNoTracking().Where(r => r.SchoolId == schoolId && r.ClassId == classId)
            .OrderByDescending(r => r.Version).FirstOrDefaultAsync(cancel);
        ETag.Set(http, rules?.Version ?? 0);
        if (rules is null)
            return TypedResults.Ok(new GroupRulesBody(0, Proposal, null, []));
        var children = place.Children.Select(child => child.StudentId).ToArray();
        var guardians = place.Children.Select(child => child.GuardianId).ToArray();
        var acknowledged = children.Length == 0 ? [] : await db.Set<GroupAcknowledgement>().AsNoTracking()
            .Where(a => a.SchoolId == schoolId && a.ClassId == classId && a.Version == rules.Version
                && children.Contains(a.StudentId) && guardians.Contains(a.GuardianId))
            .Select(a => a.StudentId).Distinct().ToListAsync(cancel);
        return TypedResults.Ok(new GroupRulesBody(rules.Version, rules.Lines, rules.PublishedAt, acknowledged));
    }

    private static async Task<Results<NoContent, Problem>> PublishAsync(
        Guid schoolId, Guid classId, GroupRulesRequest request, MessagesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        if (request.Lines.Count == 0)
            mistakes.Add(Failures.List.At("lines", 1, MostLines));
        var lines = mistakes.Texts("lines", request.Lines, MostLines, LongestLine);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupManage, now, cancel) is not { IsStaff: true } place)
            return (Problem)Failures.NotFound;
        var newest = await NewestAsync(db, schoolId, classId, cancel);
        if (ETag.Mismatch(http, newest) is { } stale)
            return (Problem)stale;
        var district = place.Class.DistrictId;
        db.Add(new GroupRules
        {
            SchoolId = schoolId,
            ClassId = classId,
            Version = newest + 1,
            DistrictId = district,
            Lines = [.. lines],
            PublishedAt = now,
        });
        db.Publish(new GroupRulesPublished(district, schoolId, classId, newest + 1, now));
        audit.About("group-rules", classId, district, schoolId);
        ETag.Set(http, newest + 1);
        await Telling.TellAsync(
            (NpgsqlConnection)db.Database.GetDbConnection(),
            [new News(district, schoolId, classId, newest + 1, NotificationKind.GroupRules, []) { ClassId = classId }], now, cancel);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> AcknowledgeAsync(
        Guid schoolId, Guid classId, AcknowledgeRequest request, MessagesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.MessageReceive, now, cancel)
            is not { Children.Count: > 0 } place)
        {
            return (Problem)Failures.NotFound;
        }

        if (request.Version != await NewestAsync(db, schoolId, classId, cancel))
            return (Problem)(request.Version > 0 ? GroupFailures.RulesNewer : Failures.NotFound);
        var (students, guardians) = (
            place.Children.Select(child => child.StudentId).ToArray(), place.Children.Select(child => child.GuardianId).ToArray());
        // To acknowledge twice is to have acknowledged.
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO group_acknowledgement (school_id, class_id, version, student_id, guardian_id, district_id, acknowledged_at)
            SELECT {schoolId}, {classId}, {request.Version}, own.student_id, own.guardian_id, {place.Class.DistrictId}, {now}
            FROM unnest({students}, {guardians}) AS own (student_id, guardian_id) ON CONFLICT DO NOTHING
            """, cancel);
        audit.About("group-rules", classId, place.Class.DistrictId, schoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<FamilyAcknowledgement>>, Problem>> ListAsync(
        Guid schoolId, Guid classId, MessagesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupManage, clock.GetUtcNow(), cancel)
            is not { IsStaff: true } place)
        {
            return (Problem)Failures.NotFound;
        }

        var newest = await NewestAsync(db, schoolId, classId, cancel);
        var roll = await GroupPlace.OnRollAsync(db, schoolId, classId, place.Today, cancel);
        var counts = await db.Set<GroupAcknowledgement>()
            .Where(a => a.SchoolId == schoolId && a.ClassId == classId && a.Version == newest)
            .GroupBy(a => a.StudentId).Select(own => new { own.Key, Guardians = own.Count() })
            .ToDictionaryAsync(own => own.Key, own => own.Guardians, cancel);
        return TypedResults.Ok<IReadOnlyList<FamilyAcknowledgement>>(
            [.. roll.Order().Select(student => new FamilyAcknowledgement(student, counts.GetValueOrDefault(student)))]);
    }
}
