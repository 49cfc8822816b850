using HomeSchool.Contracts;
using HomeSchool.Messages.Policies;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Posts;

/// <summary>How a class's families are reached (MSG-4). Rates are from 0 to 1, and <see langword="null"/> where there is
/// nothing to
/// count.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class; the empty id for children without one.</param>
/// <param name="Receipts">Notices to guardians with the app whose hours are over, or that have arrived: those that count.</param>
/// <param name="Timely">Those that arrived in time.</param>
/// <param name="TimelyRate">The share of them.</param>
/// <param name="Asked">Children whose family was asked for an answer, once for each notice.</param>
/// <param name="Answered">Those for whom a guardian answered.</param>
/// <param name="FeedbackRate">The share of them.</param>
public sealed record ClassRates(
    Guid SchoolId, Guid ClassId, long Receipts, long Timely, double? TimelyRate, long Asked, long Answered, double? FeedbackRate);

/// <summary>
/// The timely-delivery rate and the feedback rate per class (MSG-4), counted when they are asked for. What can still arrive in
/// time does
/// not count yet. Guardians without the app are counted only when it arrived or they answered: being without never counts
/// against a
/// family (ARC-13).
/// </summary>
internal static class ReadRates
{
    public static void MapReadRates(this IEndpointRouteBuilder api) =>
        api.MapGet("/rates", ReadAsync).Query(Permission.ReceiptRead).WithName("ReadMessageRates")
            .WithSummary("Timely delivery and feedback per class, of the notices of some days.");

    private static async Task<Results<Ok<IReadOnlyList<ClassRates>>, Problem>> ReadAsync(
        DateOnly from, DateOnly to, MessagesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        Guid? schoolId = null, Guid? classId = null)
    {
        if (to < from || to.DayNumber - from.DayNumber > 366 || from.Year < 2000 || to.Year > 9000)
            return Problem.Of([MessagesFailures.Period.At("to")]);
        var (districts, schools, classes) = MessagesReach.Of(current, Permission.ReceiptRead);
        // Days and hours by the policy of the caller's district.
        var district = current.Caller.With(Permission.ReceiptRead).Select(grant => grant.DistrictId).First();
        var set = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        var policy = set?.Settings ?? new MessagePolicy();
        var (begin, end, timely) = (policy.Begin(from), policy.Begin(to.AddDays(1)), TimeSpan.FromHours(policy.TimelyHours));
        var counted = await db.Database.SqlQuery<Counted>(
            $"""
            SELECT school_id AS "SchoolId", class_id AS "ClassId", sum(receipts)::bigint AS "Receipts",
                sum(timely)::bigint AS "Timely",
                count(*) FILTER (WHERE asked) AS "Asked", count(*) FILTER (WHERE answered) AS "Answered"
            FROM (
                SELECT r.school_id, r.class_id,
                    count(*) FILTER (WHERE r.delivered_at IS NOT NULL
                        OR r.channel = 'App' AND p.published_at <= {clock.GetUtcNow() - timely}) AS receipts,
                    count(*) FILTER (WHERE r.delivered_at <= p.published_at + {timely}) AS timely,
                    p.asks_answer AND bool_or(r.channel = 'App' OR r.answered_at IS NOT NULL) AS asked,
                    p.asks_answer AND bool_or(r.answered_at IS NOT NULL) AS answered
                FROM post p JOIN receipt r ON r.post_id = p.id
                WHERE p.published_at >= {begin} AND p.published_at < {end}
                    AND (r.district_id = ANY ({districts}) OR r.school_id = ANY ({schools}) OR r.class_id = ANY ({classes}))
                    AND ({schoolId}::uuid IS NULL OR r.school_id = {schoolId})
                    AND ({classId}::uuid IS NULL OR r.class_id = {classId})
                GROUP BY r.school_id, r.class_id, r.student_id, p.id) AS of_child
            GROUP BY school_id, class_id ORDER BY school_id, class_id
            """).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<ClassRates>>(counted.ConvertAll(c => new ClassRates(
            c.SchoolId, c.ClassId, c.Receipts, c.Timely, Share(c.Timely, c.Receipts), c.Asked, c.Answered,
            Share(c.Answered, c.Asked))));
    }

    private static double? Share(long part, long whole) => whole == 0 ? null : Math.Round((double)part / whole, 4);

    private sealed record Counted(Guid SchoolId, Guid ClassId, long Receipts, long Timely, long Asked, long Answered);
}
