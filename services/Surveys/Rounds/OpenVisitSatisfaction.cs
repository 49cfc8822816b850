using HomeSchool.Contracts.Surveys;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Policies;
using HomeSchool.Surveys.Results;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// SUR-2: a completed visit opens its satisfaction survey for that family by itself, once, and at most one a family in 30 days. The
/// database decides both, so repeated, shuffled and simultaneous deliveries open one.
/// </summary>
public sealed class OpenVisitSatisfaction(TimeProvider clock) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "surveys.visit-satisfaction";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(VisitCompleted)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        // A visit that nobody of the family took part in, or by text alone, leaves nothing to be satisfied with.
        var visits = batch.Of<VisitCompleted>().Where(visit => visit.Effective)
            .OrderBy(visit => visit.FamilyId).ThenBy(visit => visit.OccurredAt).ToArray();
        var now = clock.GetUtcNow();
        await StandAsync(batch.Connection, visits, now, cancel);
        var opened = await OpenAsync(batch.Connection, visits, now, cancel);
        await CountAsync(batch.Connection, [.. opened.Select(survey => survey.Id)], cancel);

        var causes = batch.Deliveries.DistinctBy(delivery => delivery.Event.AggregateId)
            .ToDictionary(delivery => delivery.Event.AggregateId, delivery => delivery.Envelope.Traceparent);
        var visitOf = visits.DistinctBy(visit => visit.AggregateId).ToDictionary(visit => visit.AggregateId);
        await batch.PublishAsync([.. opened.GroupBy(survey => (survey.School, survey.Round)).Select(round => OutboxMessage.Of(
            new SurveyFamiliesInvited(
                visitOf[round.First().VisitId].DistrictId, round.Key.School, round.Key.Round, now.UtcTicks, now,
                SurveyKind.VisitSatisfaction,
                [.. round.Select(survey => new InvitationToRemind(survey.Id, survey.StudentIds, null, survey.ClosesAt))]),
            causes[round.First().VisitId]))], cancel);
        await batch.PublishAsync(
            [.. opened.Select(survey => OutboxMessage.Of(
                new SurveyOpened(
                    visitOf[survey.VisitId].DistrictId, visitOf[survey.VisitId].SchoolId, survey.Id, 1, now,
                    SurveyKind.VisitSatisfaction, survey.VisitId, survey.ClosesAt),
                causes[survey.VisitId]))],
            cancel);
    }

    // The round that stands in each school and term: one, whoever is first.
    private static async Task StandAsync(
        NpgsqlConnection connection, VisitCompleted[] visits, DateTimeOffset now, CancellationToken cancel)
    {
        var rounds = visits.Select(visit => (visit.SchoolId, visit.DistrictId, visit.TermId)).Distinct().Order().ToArray();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO survey_round (school_id, id, district_id, kind, privacy, definition, design_version, term_id, district_wide, opened_at,
                invited_at, may_change, smallest_cell)
            SELECT r.school_id, r.id, r.district_id, 'VisitSatisfaction', 'Confidential', $5::jsonb, 1, r.term_id, true, $6, $6, true,
                coalesce(p.smallest_cell, $7)
            FROM unnest($1, $2, $3, $4) AS r (school_id, id, district_id, term_id) LEFT JOIN policy p USING (district_id)
            -- The row is locked, also where it is there: CloseRounds must not close it without these. A late visit opens it anew.
            ON CONFLICT (school_id, term_id) WHERE kind = 'VisitSatisfaction' DO UPDATE SET closed_at = NULL
            WHERE survey_round.closed_at IS NOT NULL
            """, connection)
            .With(rounds.Select(round => round.SchoolId).ToArray()).With(rounds.Select(_ => Guid.CreateVersion7(now)).ToArray())
            .With(rounds.Select(round => round.DistrictId).ToArray()).With(rounds.Select(round => round.TermId).ToArray())
            .With(ReadyMade.All[SurveyKind.VisitSatisfaction].Write()).With(now).With(new SurveyPolicy().SmallestCell);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<List<Opened>> OpenAsync(
        NpgsqlConnection connection, VisitCompleted[] visits, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO invitation (school_id, id, district_id, round_id, visit_id, family_id, student_ids, class_id,
                opened_at, remind_at, closes_at, quiet_until, may_change, answered)
            SELECT v.school_id, v.id, v.district_id, r.id, v.visit_id, v.family_id,
                string_to_array(v.student_ids, ',')::uuid[], v.class_id,
                $9, $9 + make_interval(days => p.days_open) / 2, $9 + make_interval(days => p.days_open),
                $9 + make_interval(days => p.quiet_days), p.may_change, false
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY
                AS v (school_id, id, district_id, visit_id, family_id, student_ids, class_id, term_id, n)
            JOIN survey_round r ON r.school_id = v.school_id AND r.term_id = v.term_id AND r.kind = 'VisitSatisfaction'
            CROSS JOIN LATERAL (
                SELECT coalesce(max(days_open), $10) AS days_open, coalesce(max(quiet_days), $11) AS quiet_days,
                    coalesce(bool_and(may_change), $12) AS may_change
                FROM policy WHERE policy.district_id = v.district_id) p
            -- Nothing is added about a child whose surveys are restricted (ARC-10).
            WHERE NOT EXISTS (SELECT FROM platform.restricted_student held
                WHERE held.student_id = ANY (string_to_array(v.student_ids, ',')::uuid[]) AND 'Surveys' = ANY (held.kinds))
            ORDER BY v.n
            ON CONFLICT DO NOTHING
            RETURNING school_id, round_id, id, visit_id, student_ids, closes_at
            """, connection);
        Add(NpgsqlDbType.Uuid, visits.Select(visit => visit.SchoolId).ToArray());
        Add(NpgsqlDbType.Uuid, visits.Select(_ => Guid.CreateVersion7(now)).ToArray());
        Add(NpgsqlDbType.Uuid, visits.Select(visit => visit.DistrictId).ToArray());
        Add(NpgsqlDbType.Uuid, visits.Select(visit => visit.AggregateId).ToArray());
        Add(NpgsqlDbType.Uuid, visits.Select(visit => visit.FamilyId).ToArray());
        Add(NpgsqlDbType.Text, visits.Select(visit => string.Join(',', visit.StudentIds)).ToArray());
        Add(NpgsqlDbType.Uuid, visits.Select(visit => visit.ClassIds?.DefaultIfEmpty().Min() ?? Guid.Empty).ToArray());
        Add(NpgsqlDbType.Uuid, visits.Select(visit => visit.TermId).ToArray());
        var defaults = new SurveyPolicy();
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = defaults.DaysOpen });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = defaults.QuietDays });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = defaults.MayChange });
        var opened = new List<Opened>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            opened.Add(new Opened(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetGuid(3), reader.GetFieldValue<Guid[]>(4),
                await reader.GetFieldValueAsync<DateTimeOffset>(5, cancel)));
        }

        return opened;

        void Add<T>(NpgsqlDbType type, T[] values) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private static async Task CountAsync(NpgsqlConnection connection, Guid[] opened, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO cell AS c (school_id, round_id, class_id, district_id, invited, shown, staged, staged_first)
            SELECT school_id, round_id, class_id, district_id, count(*), 0, 0, 0 FROM invitation WHERE id = ANY ($1)
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3
            ON CONFLICT (school_id, round_id, class_id) DO UPDATE SET invited = c.invited + excluded.invited
            """, connection).With(opened);
        await command.ExecuteNonQueryAsync(cancel);

        await using var sums = new NpgsqlCommand(
            "SELECT school_id, round_id, count(*)::int FROM invitation WHERE id = ANY ($1) GROUP BY 1, 2", connection).With(opened);
        var steps = new List<TotalStep>();
        await using (var reader = await sums.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                steps.Add(new TotalStep(reader.GetGuid(0), reader.GetGuid(1), Invited: reader.GetInt32(2)));
        }

        await Totals.AddAsync(connection, steps, cancel);
    }

    private sealed record Opened(
        Guid School, Guid Round, Guid Id, Guid VisitId, IReadOnlyList<Guid> StudentIds, DateTimeOffset ClosesAt);
}
