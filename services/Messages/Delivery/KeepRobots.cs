using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Delivery;

/// <summary>A group robot to be called.</summary>
/// <param name="Url">The webhook address as WeCom or DingTalk gave it.</param>
/// <param name="Secret">DingTalk's secret for signing (加签), if it is set there.</param>
public sealed record RobotRequest(string Url, string? Secret = null);

/// <summary>A group robot. Its address and secret are not shown: who has them can write to the group.</summary>
/// <param name="Id">The robot.</param>
/// <param name="Provider">Whose it is.</param>
/// <param name="SetAt">When it was set.</param>
public sealed record RobotBody(Guid Id, RobotProvider Provider, DateTimeOffset SetAt);

/// <summary>Those who publish to a class say which robots its group has (MSG-5).</summary>
internal static class KeepRobots
{
    private const string WeComHost = "qyapi.weixin.qq.com";
    private const string DingTalkHost = "oapi.dingtalk.com";

    public static void MapKeepRobots(this IEndpointRouteBuilder api)
    {
        const string OfClass = "/classes/{classId:guid}/robots";
        api.MapGet(OfClass, ListAsync).Query(Permission.MessagePublish).WithName("ListClassRobots")
            .WithSummary("The robots of a class's group.");
        api.MapPut(OfClass + "/{provider}", SetAsync).Command(Permission.MessagePublish).WithName("SetClassRobot")
            .WithSummary("Sets the robot of a class's group, in the place of the one before.");
        api.MapDelete(OfClass + "/{provider}", RemoveAsync).Command(Permission.MessagePublish).WithName("RemoveClassRobot");
    }

    private static async Task<Results<Ok<IReadOnlyList<RobotBody>>, Problem>> ListAsync(
        Guid classId, MessagesDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (await FindAsync(db, current, classId, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        IReadOnlyList<RobotBody> robots = await db.ClassRobots.AsNoTracking()
            .Where(r => r.SchoolId == at.SchoolId && r.ClassId == classId).OrderBy(r => r.Id)
            .Select(r => new RobotBody(r.Id, r.Provider, r.SetAt)).ToListAsync(cancel);
        return TypedResults.Ok(robots);
    }

    private static async Task<Results<NoContent, Problem>> SetAsync(
        Guid classId, string provider, RobotRequest request, MessagesDb db, KeyVault vault, IConfiguration configuration,
        CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (KnownOf(provider) is not { } known)
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        var url = mistakes.Text("url", request.Url, 500);
        var secret = mistakes.OptionalText("secret", request.Secret, 200);
        if (!IsRobot(url, known, configuration))
            mistakes.Add(MessagesFailures.RobotAddress.At("url"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await FindAsync(db, current, classId, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        await DeleteAsync(db, at, known, cancel);
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var access = await vault.SealAsync(
            new Subject(at.DistrictId, at.SchoolId, id), ClassRobot.SealedAccess.Of(id),
            JsonSerializer.SerializeToUtf8Bytes(new RobotAccess(known, url, secret), Json.Options), cancel);
        db.Add(new ClassRobot
        {
            SchoolId = at.SchoolId,
            Id = id,
            DistrictId = at.DistrictId,
            ClassId = classId,
            Provider = known,
            Access = access!, // a new key is not destroyed
            SetAt = now,
        });
        audit.About("class-robot", id, at.DistrictId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> RemoveAsync(
        Guid classId, string provider, MessagesDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (KnownOf(provider) is not { } known || await FindAsync(db, current, classId, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        await DeleteAsync(db, at, known, cancel);
        audit.About("class-robot", classId, at.DistrictId, at.SchoolId);
        return TypedResults.NoContent();
    }

    // As JSON writes it, in whatever case.
    private static RobotProvider? KnownOf(string provider) =>
        Enum.TryParse<RobotProvider>(provider, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : null;

    private static Task<int> DeleteAsync(MessagesDb db, Roster.SchoolClass at, RobotProvider provider, CancellationToken cancel) =>
        db.ClassRobots.Where(r => r.SchoolId == at.SchoolId && r.ClassId == at.ClassId && r.Provider == provider)
            .ExecuteDeleteAsync(cancel);

    private static async Task<Roster.SchoolClass?> FindAsync(
        MessagesDb db, CurrentCaller current, Guid classId, CancellationToken cancel)
    {
        var found = await db.Set<Roster.SchoolClass>().AsNoTracking()
            .OrderBy(c => c.SchoolId).FirstOrDefaultAsync(c => c.ClassId == classId && c.WithdrawnOn == null, cancel);
        return found is not null
            && MessagesReach.Of(current, Permission.MessagePublish).Covers(found.DistrictId, found.SchoolId, classId) ? found : null;
    }

    // The providers' own hosts and no others: what else somebody enters is not called. The operator may name a relay.
    private static bool IsRobot(string url, RobotProvider provider, IConfiguration configuration) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.UserInfo.Length == 0 && address.Fragment.Length == 0
        && ((address.Scheme == Uri.UriSchemeHttps && address.IsDefaultPort
                && address.Host == (provider == RobotProvider.WeCom ? WeComHost : DingTalkHost))
            || (configuration["Delivery:RobotRelay"] is { } relay && new Uri(relay).Authority == address.Authority));
}
