using HomeSchool.Contracts;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.Posts;

/// <summary>Whom a reminder went to.</summary>
/// <param name="Guardians">How many guardians; those who were reminded a short while ago are not among them.</param>
public sealed record Reminded(int Guardians);

/// <summary>
/// Reminds, in one tap, all who have not read a notice, and where it asks for an answer, all whose child nobody has answered for
/// (MSG-4). In one statement, whoever taps twice.
/// </summary>
internal static class RemindUnread
{
    private static readonly string Remind =
        $"""
        WITH waiting AS (
            UPDATE receipt r SET reminded_at = $2 FROM post p
            WHERE p.id = $1 AND r.post_id = $1 AND (r.district_id = ANY ($4) OR r.school_id = ANY ($5) OR r.class_id = ANY ($6))
                AND (r.reminded_at IS NULL OR r.reminded_at <= $3)
                AND (r.read_at IS NULL OR p.asks_answer AND NOT EXISTS (SELECT FROM receipt other
                    WHERE other.school_id = r.school_id AND other.post_id = r.post_id AND other.student_id = r.student_id
                        AND other.answered_at IS NOT NULL))
                -- Who has lost the right to see since then is told nothing more (ARC-13).
                AND NOT EXISTS (SELECT FROM guardian_rights g
                    WHERE g.student_id = r.student_id AND g.guardian_id = r.guardian_id AND NOT g.may_see)
            RETURNING r.school_id, r.guardian_id, r.district_id, r.student_id, p.urgent),
        told AS (
            INSERT INTO notification (school_id, guardian_id, id, district_id, student_ids, kind, about_id, urgent, created_at)
            SELECT school_id, guardian_id, {Notification.NewId("$2")}, district_id, array_agg(student_id), 'PostReminder',
                $1, bool_or(urgent), $2
            FROM waiting GROUP BY school_id, guardian_id, district_id
            RETURNING 1)
        SELECT count(*)::int FROM told
        """;

    public static void MapRemindUnread(this IEndpointRouteBuilder api) =>
        api.MapPost("/posts/{id:guid}/reminders", RemindAsync).Command(Permission.MessagePublish).WithName("RemindUnread")
            .WithSummary("Reminds, in the caller's classes, who has not read a notice or not answered it.");

    private static async Task<Results<Ok<Reminded>, Problem>> RemindAsync(
        Guid id, MessagesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var post = await db.PostsVisibleTo(current, Permission.MessagePublish).SingleOrDefaultAsync(p => p.Id == id, cancel);
        if (post is null)
            return (Problem)Failures.NotFound;
        var now = clock.GetUtcNow();
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var pause = TimeSpan.FromHours((await connection.PolicyAsync(post.DistrictId, cancel)).RemindPauseHours);
        var (districts, schools, classes) = MessagesReach.Of(current, Permission.MessagePublish);
        await using var remind = new NpgsqlCommand(Remind, connection)
            .With(id).With(now).With(now - pause).With(districts).With(schools).With(classes);
        var guardians = (int)(await remind.ExecuteScalarAsync(cancel))!;
        audit.About("post", id, post.DistrictId, post.SchoolId);
        return TypedResults.Ok(new Reminded(guardians));
    }
}
