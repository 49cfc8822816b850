using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Covenant;

/// <summary>A covenant to publish.</summary>
/// <param name="Promises">What school and families promise each other: 1–30 lines of up to 300 characters.</param>
public sealed record CovenantRequest(IReadOnlyList<string> Promises);

/// <summary>A class's covenant.</summary>
/// <param name="ClassId">The class.</param>
/// <param name="Version">Which version; sign it by this number.</param>
/// <param name="Promises">What it says.</param>
/// <param name="PublishedAt">When.</param>
/// <param name="SignedFor">The caller's own children for whom this version is signed by the caller; empty for staff.</param>
public sealed record CovenantBody(
    Guid ClassId, long Version, IReadOnlyList<string> Promises, DateTimeOffset PublishedAt, IReadOnlyList<Guid> SignedFor);

/// <summary>What a guardian signs.</summary>
/// <param name="Version">The version that was read.</param>
public sealed record SignRequest(long Version);

/// <summary>A family of the class and whether it signed the newest version.</summary>
/// <param name="StudentId">Whose family.</param>
/// <param name="Guardians">How many of its guardians signed.</param>
/// <param name="SignedAt">When the first of them did; <see langword="null"/> when none has.</param>
public sealed record FamilySignature(Guid StudentId, int Guardians, DateTimeOffset? SignedAt);

/// <summary>A class's covenant: publishing versions, reading and signing them (ACT-2).</summary>
internal static class SignCovenant
{
    private const int MostPromises = 30;
    private const int LongestPromise = 300;

    public static void MapCovenant(this IEndpointRouteBuilder api)
    {
        api.MapGet("/classes/{classId:guid}/covenant", ReadAsync).Query(Permission.MeetingRead).WithName("ReadCovenant")
            .WithSummary("The newest version of a class's covenant, or the one asked for.");
        api.MapPut("/classes/{classId:guid}/covenant", PublishAsync).Command(Permission.MeetingManage)
            .WithName("PublishCovenant").WithSummary("Publishes a new version, to be signed anew.");
        api.MapPost("/classes/{classId:guid}/covenant/signatures", SignAsync).Command(Permission.TakePart)
            .WithName("SignCovenant").WithSummary("A guardian signs the newest version for the own children in the class.");
        api.MapGet("/classes/{classId:guid}/covenant/signatures", ListAsync).Query(Permission.MeetingManage)
            .WithName("ListCovenantSignatures").WithSummary("Each family of the class and whether it signed the newest version.");
    }

    private static async Task<Results<Ok<CovenantBody>, Problem>> ReadAsync(
        Guid classId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel,
        long? version = null)
    {
        var reach = await Reach.OfAsync(db, current, Permission.MeetingRead, clock.GetUtcNow(), cancel);
        var seen = reach.SeenClasses;
        var covenant = await db.Set<ClassCovenant>().AsNoTracking()
            .Where(c => c.ClassId == classId && (version == null || c.Version == version)
                && (reach.Schools.Contains(c.SchoolId) || seen.Contains(c.ClassId)))
            .OrderByDescending(c => c.Version).FirstOrDefaultAsync(cancel);
        if (covenant is null)
            return (Problem)Failures.NotFound;
        var (children, guardians) = (reach.Children.Select(c => c.StudentId).ToArray(), Guardians(reach.Children));
        var signed = children.Length == 0
            ? []
            : await db.Set<CovenantSignature>().AsNoTracking()
                .Where(s => s.ClassId == classId && s.Version == covenant.Version && children.Contains(s.StudentId)
                    && guardians.Contains(s.GuardianId))
                .Select(s => s.StudentId).Distinct().ToListAsync(cancel);
        ETag.Set(http, covenant.Version);
        return TypedResults.Ok(new CovenantBody(classId, covenant.Version, covenant.Promises, covenant.PublishedAt, signed));
    }

    private static async Task<Results<NoContent, Problem>> PublishAsync(
        Guid classId, CovenantRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        if (request.Promises.Count == 0)
            mistakes.Add(Failures.List.At("promises", 1, MostPromises));
        var promises = mistakes.Texts("promises", request.Promises, MostPromises, LongestPromise);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, classId, current, now, cancel) is not { } @class)
            return (Problem)Failures.NotFound;
        var newest = await NewestAsync(db, @class, cancel);
        if (ETag.Mismatch(http, newest) is { } stale)
            return (Problem)stale;

        db.Add(new ClassCovenant
        {
            SchoolId = @class.SchoolId,
            ClassId = classId,
            Version = newest + 1,
            DistrictId = @class.DistrictId,
            Promises = [.. promises],
            PublishedAt = now,
        });
        db.Publish(new CovenantPublished(@class.DistrictId, @class.SchoolId, classId, newest + 1, now));
        audit.About("covenant", classId, @class.DistrictId, @class.SchoolId);
        ETag.Set(http, newest + 1);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> SignAsync(
        Guid classId, SignRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        var children = Array.FindAll(reach.Children, child => child.ClassId == classId && child.GuardianId is not null);
        var newest = children.Length == 0 ? 0 : await db.Set<ClassCovenant>()
            .Where(c => c.SchoolId == children[0].SchoolId && c.ClassId == classId).MaxAsync(c => (long?)c.Version, cancel) ?? 0;
        if (newest == 0)
            return (Problem)Failures.NotFound;
        children = Array.FindAll(children, child => child.MaySign);
        if (children.Length == 0)
            return (Problem)ActivitiesFailures.NoRight;
        if (request.Version != newest)
            return (Problem)CovenantFailures.NewerVersion;
        // To sign twice is to have signed.
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO covenant_signature (school_id, class_id, version, student_id, guardian_id, district_id, signed_at, on_paper)
            SELECT {children[0].SchoolId}, {classId}, {newest}, s.student, s.guardian, {children[0].DistrictId}, {now}, false
            FROM unnest({children.Select(c => c.StudentId).ToArray()}, {children.Select(c => c.GuardianId!.Value).ToArray()})
                AS s (student, guardian)
            ON CONFLICT DO NOTHING
            """, cancel);
        audit.About("covenant", classId, children[0].DistrictId, children[0].SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<FamilySignature>>, Problem>> ListAsync(
        Guid classId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, classId, current, now, cancel) is not { } @class)
            return (Problem)Failures.NotFound;
        var newest = await NewestAsync(db, @class, cancel);
        var today = LocalTime.Day(now, (await db.PolicyAtAsync(@class.DistrictId, @class.SchoolId, cancel)).TimeZone);
        var signatures = db.Set<CovenantSignature>()
            .Where(s => s.SchoolId == @class.SchoolId && s.ClassId == classId && s.Version == newest);
        return TypedResults.Ok<IReadOnlyList<FamilySignature>>(await db.OnRoll(today)
            .Where(e => e.SchoolId == @class.SchoolId && e.ClassId == classId).OrderBy(e => e.StudentId)
            .Select(e => new FamilySignature(
                e.StudentId, signatures.Count(s => s.StudentId == e.StudentId),
                signatures.Where(s => s.StudentId == e.StudentId).Min(s => (DateTimeOffset?)s.SignedAt)))
            .ToListAsync(cancel));
    }

    internal static async Task<SchoolClass?> FindAsync(
        ActivitiesDb db, Guid classId, CurrentCaller current, DateTimeOffset now, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.MeetingManage, now, cancel);
        return await db.ClassWithinAsync(reach, classId, cancel);
    }

    private static async Task<long> NewestAsync(ActivitiesDb db, SchoolClass @class, CancellationToken cancel) =>
        await db.Set<ClassCovenant>().Where(c => c.SchoolId == @class.SchoolId && c.ClassId == @class.ClassId)
            .MaxAsync(c => (long?)c.Version, cancel) ?? 0;

    private static Guid[] Guardians(OwnChild[] children) => [.. children.Select(child => child.GuardianId).OfType<Guid>()];
}
