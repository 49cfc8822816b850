using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>What is unusual about some records.</summary>
public enum OutlierKind
{
    /// <summary>Many of one teacher within minutes, by day; entering a batch in the evening is normal.</summary>
    ManyWithinMinutes,

    /// <summary>The same text in several records of one teacher.</summary>
    EqualText,
}

/// <summary>Records to talk about with a teacher (INS-5): a reason for a question, nothing else follows from it.</summary>
/// <param name="Kind">What is unusual.</param>
/// <param name="TeacherId">Who visited.</param>
/// <param name="FirstAt">When the first was completed.</param>
/// <param name="LastAt">When the last was completed.</param>
/// <param name="VisitIds">The visits.</param>
public sealed record Outlier(
    OutlierKind Kind, Guid TeacherId, DateTimeOffset FirstAt, DateTimeOffset LastAt, IReadOnlyList<Guid> VisitIds);

/// <summary>Shows unusual records to the officer, so that they talk with the teacher.</summary>
internal static class ListOutliers
{
    private const int MostDays = 92;
    private const int DaysBack = 30;
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    public static void MapListOutliers(this IEndpointRouteBuilder api) =>
        api.MapGet("/outliers", ListAsync)
            .WithName("ListOutliers")
            .WithSummary("Many records within minutes, and equal texts, of at most 92 days; of the last 30 days when nothing is asked for.")
            .Query(Permission.VisitSupervise);

    private static async Task<Results<Ok<Page<Outlier>>, Problem>> ListAsync(
        Guid schoolId, VisitsDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        if (from is not null)
            mistakes.Time("from", from, now);
        if (to is not null)
            mistakes.Time("to", to, now);
        if (mistakes.Refusal is { } odd)
            return odd;
        var end = (to ?? now + OneDay).ToUniversalTime();
        var begin = (from ?? (to ?? now).AddDays(-DaysBack)).ToUniversalTime();
        if (end - begin > TimeSpan.FromDays(MostDays) || end < begin)
            return Problem.Of([Failures.Time.At("from")]);
        if (current.Caller.With(Permission.VisitSupervise).FirstOrDefault(grant => grant.SchoolId == schoolId) is not { } at)
            return TypedResults.Ok(new Page<Outlier>([], null));

        var policies = await db.Policies.AsNoTracking().Where(p => p.NodeId == schoolId || p.NodeId == at.DistrictId).ToListAsync(cancel);
        var policy = Policy.InForce(at.DistrictId, schoolId, policies);
        var marks = await db.Set<RecordMark>().AsNoTracking()
            .Where(mark => mark.SchoolId == schoolId && mark.RecordedAt >= begin && mark.RecordedAt < end)
            .OrderBy(mark => mark.RecordedAt).ThenBy(mark => mark.VisitId).ToListAsync(cancel);
        return TypedResults.Ok(new Page<Outlier>([.. Find(marks, policy).OrderBy(found => found.FirstAt)], null));
    }

    /// <summary>What is unusual among records.</summary>
    /// <param name="marks">Of one school, by time.</param>
    /// <param name="policy">Says how many are many, and when evening is.</param>
    internal static IEnumerable<Outlier> Find(IReadOnlyCollection<RecordMark> marks, VisitPolicy policy)
    {
        var limits = policy.WorkList;
        foreach (var teacher in marks.GroupBy(mark => mark.TeacherId))
        {
            foreach (var equal in teacher.GroupBy(mark => mark.SummaryHash, StringComparer.Ordinal).Where(group => group.Count() > 1))
                yield return Of(OutlierKind.EqualText, [.. equal]);

            var row = new List<RecordMark>();
            foreach (var mark in teacher.Where(mark => !IsEvening(mark)))
            {
                // A run goes on while so many records before it lie within the minutes.
                if (row.Count > 0 && mark.RecordedAt - row[^1].RecordedAt > TimeSpan.FromMinutes(limits.ManyWithinMinutes))
                {
                    if (IsMany(row, limits))
                        yield return Of(OutlierKind.ManyWithinMinutes, row);
                    row = [];
                }

                row.Add(mark);
            }

            if (IsMany(row, limits))
                yield return Of(OutlierKind.ManyWithinMinutes, row);
        }

        bool IsEvening(RecordMark mark) =>
            limits.IsEvening(TimeOnly.FromDateTime(LocalTime.At(mark.RecordedAt, policy.TimeZone).DateTime));

        static Outlier Of(OutlierKind kind, IReadOnlyList<RecordMark> found) => new(
            kind, found[0].TeacherId, found[0].RecordedAt, found[^1].RecordedAt, [.. found.Select(mark => mark.VisitId)]);
    }

    private static bool IsMany(List<RecordMark> row, WorkListPolicy limits) => Enumerable
        .Range(0, Math.Max(0, row.Count - limits.ManyRecords + 1))
        .Any(i => row[i + limits.ManyRecords - 1].RecordedAt - row[i].RecordedAt <= TimeSpan.FromMinutes(limits.ManyWithinMinutes));
}
