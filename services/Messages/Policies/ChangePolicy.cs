using HomeSchool.Contracts;
using HomeSchool.Messages.OffHours;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Policies;

/// <summary>A district reads and changes its policy of messages.</summary>
internal static class ChangePolicy
{
    private const int Week = 168;

    public static void MapPolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet("/policies/{district:guid}", ReadAsync).Query(Permission.PolicyChange).WithName("ReadMessagePolicy");
        api.MapPut("/policies/{district:guid}", ChangeAsync).Command(Permission.PolicyChange).WithName("ChangeMessagePolicy");
    }

    /// <summary>The policy in force; its ETag is "0" while the defaults hold.</summary>
    private static async Task<Results<Ok<MessagePolicy>, Problem>> ReadAsync(
        Guid district, MessagesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!IsAdministered(district, current))
            return (Problem)Failures.NotFound;
        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new MessagePolicy());
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid district, MessagePolicy settings, MessagesDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        if (Refusal(settings) is { } refused)
            return refused;
        if (!IsAdministered(district, current))
            return (Problem)Failures.NotFound;
        var policy = await db.Policies.SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        policy ??= db.Add(new Policy { DistrictId = district }).Entity;
        policy.Set(settings);
        audit.About("message-policy", district, district, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }

    private static Problem? Refusal(MessagePolicy settings)
    {
        var mistakes = new Mistakes();
        mistakes.Range("timelyHours", settings.TimelyHours, 1, Week);
        mistakes.Range("remindPauseHours", settings.RemindPauseHours, 1, Week);
        settings.GroupWords?.Check(mistakes);
        ToneWord.Check(mistakes, "toneWords", settings.ToneWords);
        if (settings.DigestAt.IsBetween(settings.QuietFrom, settings.QuietUntil))
            mistakes.Add(MessagesFailures.QuietHours.At("digestAt"));
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(settings.TimeZone, out var zone) || !zone.HasIanaId)
            mistakes.Add(MessagesFailures.TimeZone.At("timeZone"));
        KeepOffHours.Check(mistakes, "workingWeek", settings.WorkingWeek);
        mistakes.OptionalText("safetyContact", settings.SafetyContact, 100);
        mistakes.Range("noticesAWeek", settings.NoticesAWeek, 1, 100);
        mistakes.Range("teacherMinutesAWeek", settings.TeacherMinutesAWeek, 1, 2_400);
        return mistakes.Refusal;
    }

    private static bool IsAdministered(Guid district, CurrentCaller current) =>
        current.Caller.With(Permission.PolicyChange).Any(grant => grant.SchoolId is null && grant.DistrictId == district);
}
