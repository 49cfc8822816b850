using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Surveys.Results;
using Npgsql;

namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// Invites the families of a round that was opened, school by school, each in one statement and one transaction with its event: a whole
/// district is not one request's work. A row lock and <c>invited_at</c> let it be done once, however many replicas run and
/// whenever one is killed.
/// </summary>
public sealed class InviteFamilies(NpgsqlDataSource database, TimeProvider clock, ILogger<InviteFamilies> logger)
    : Recurring(TimeSpan.FromSeconds(1), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            while (await InviteNextAsync(district, cancel))
            {
            }
        }
    }

    private async Task<bool> InviteNextAsync(Guid district, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        Guid school, round;
        SurveyKind kind;
        SurveyPrivacy privacy;
        DateTimeOffset closes;
        await using (var next = new NpgsqlCommand(
            """
            UPDATE survey_round r SET invited_at = $2 FROM (
                SELECT school_id, id FROM survey_round WHERE district_id = $1 AND invited_at IS NULL
                ORDER BY id, school_id LIMIT 1 FOR UPDATE SKIP LOCKED) AS due
            WHERE r.school_id = due.school_id AND r.id = due.id
            RETURNING r.school_id, r.id, r.kind, r.privacy, r.closes_at
            """, connection).With(district).With(now))
        {
            await using var reader = await next.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return false;
            (school, round) = (reader.GetGuid(0), reader.GetGuid(1));
            (kind, privacy) = (Enum.Parse<SurveyKind>(reader.GetString(2)), Enum.Parse<SurveyPrivacy>(reader.GetString(3)));
            closes = await reader.GetFieldValueAsync<DateTimeOffset>(4, cancel);
        }

        var today = DateOnly.FromDateTime((await database.PolicyAsync(district, cancel)).Local(now));
        await using var invite = new NpgsqlCommand(
            """
            WITH child AS (
                SELECT DISTINCT ON (e.student_id) e.student_id,
                    coalesce(e.class_id, '00000000-0000-0000-0000-000000000000') AS class_id, r.kind, r.opened_at, r.remind_at, r.closes_at,
                    r.may_change
                FROM survey_round r
                JOIN enrolment e ON e.school_id = r.school_id
                LEFT JOIN school_class c ON c.school_id = e.school_id AND c.class_id = e.class_id
                WHERE r.school_id = $1 AND r.id = $2 AND e.starts_on <= $4 AND (e.ends_on IS NULL OR e.ends_on >= $4)
                    AND (r.class_id IS NULL OR r.class_id = e.class_id) AND (r.grade IS NULL OR r.grade = coalesce(e.grade, c.grade))
                    -- Nothing is added about a child whose surveys are restricted (ARC-10).
                    AND NOT EXISTS (SELECT FROM platform.restricted_student held
                        WHERE held.student_id = e.student_id AND 'Surveys' = ANY (held.kinds))
                ORDER BY e.student_id, e.starts_on DESC),
            asked AS (
                SELECT child.*, NULL::uuid AS guardian_id FROM child WHERE kind <> 'FamilyIntake'
                UNION ALL
                SELECT child.*, g.guardian_id FROM child JOIN guardianship g ON g.student_id = child.student_id
                LEFT JOIN guardian_rights r ON r.student_id = g.student_id AND r.guardian_id = g.guardian_id
                WHERE kind = 'FamilyIntake' AND (g.withdrawn_on IS NULL OR g.withdrawn_on > $4) AND coalesce(r.may_see, true)),
            invited AS (
                INSERT INTO invitation (school_id, id, district_id, round_id, student_ids, guardian_id, class_id, opened_at, remind_at,
                    closes_at, may_change, answered)
                -- UUIDs of version 7: the milliseconds, and the rest at random.
                SELECT $1, (lpad(to_hex((extract(epoch FROM $5::timestamptz) * 1000)::bigint), 12, '0') || '7'
                    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
                    $3, $2, ARRAY[student_id], guardian_id, class_id, opened_at, remind_at, closes_at, may_change, false
                FROM asked
                RETURNING class_id, id, student_ids, guardian_id),
            counted AS (
                INSERT INTO cell (school_id, round_id, class_id, district_id, invited, shown, staged, staged_first)
                SELECT $1, $2, class_id, $3, count(*), 0, 0, 0 FROM invited GROUP BY class_id)
            SELECT id, student_ids, guardian_id FROM invited ORDER BY id
            """, connection).With(school).With(round).With(district).With(today).With(now);
        var invited = new List<InvitationToRemind>();
        await using (var reader = await invite.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                invited.Add(new InvitationToRemind(
                    reader.GetGuid(0), reader.GetFieldValue<Guid[]>(1), await reader.GetFieldValueAsync<Guid?>(2, cancel), closes));
            }
        }

        await Totals.AddAsync(connection, [new TotalStep(school, round, invited.Count)], cancel);
        await Outbox.InsertAsync(
            connection,
            [new SurveyRoundOpened(district, school, round, 1, now, kind, privacy, invited.Count, closes),
            .. invited.Chunk(SurveyRemindersDue.MostInvitations).Select((some, i) =>
                new SurveyFamiliesInvited(district, school, round, now.UtcTicks + i, now, kind, some))],
            cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }
}
