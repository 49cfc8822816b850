using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Policies;

/// <summary>A district reads and changes its policy of surveys. Invitations keep what held when they were opened.</summary>
internal static class ChangePolicy
{
    public static void MapPolicy(this IEndpointRouteBuilder api)
    {
        api.MapGet("/policies/{district:guid}", ReadAsync).Query(Permission.PolicyChange).WithName("ReadSurveyPolicy");
        api.MapPut("/policies/{district:guid}", ChangeAsync).Command(Permission.PolicyChange).WithName("ChangeSurveyPolicy");
    }

    /// <summary>The policy in force; its ETag is "0" while the defaults hold.</summary>
    private static async Task<Results<Ok<SurveyPolicy>, Problem>> ReadAsync(
        Guid district, SurveysDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!IsAdministered(district, current))
            return (Problem)Failures.NotFound;
        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new SurveyPolicy());
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid district, SurveyPolicy settings, SurveysDb db, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new List<FieldMistake>();
        Range("daysOpen", settings.DaysOpen, 1, 60);
        Range("quietDays", settings.QuietDays, 1, 365);
        Range("smallestCell", settings.SmallestCell, 5, 100);
        Range("remindFrom", settings.RemindFrom, 0, 23);
        Range("remindUntil", settings.RemindUntil, settings.RemindFrom + 1, 24);
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(settings.TimeZone, out var zone) || !zone.HasIanaId)
            mistakes.Add(SurveysFailures.TimeZone.At("timeZone"));
        if (mistakes.Count > 0)
            return Problem.Of(mistakes);
        if (!IsAdministered(district, current))
            return (Problem)Failures.NotFound;
        var policy = await db.Policies.SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        policy ??= db.Add(new Policy { DistrictId = district }).Entity;
        policy.Set(settings);
        audit.About("survey-policy", district, district, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();

        void Range(string field, int value, int least, int most)
        {
            if (value < least || value > most)
                mistakes.Add(SurveysFailures.OutOfRange.At(field, least, most));
        }
    }

    private static bool IsAdministered(Guid district, CurrentCaller current) =>
        current.Caller.With(Permission.PolicyChange).Any(grant => grant.SchoolId is null && grant.DistrictId == district);
}
