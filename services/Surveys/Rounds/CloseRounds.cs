using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;
using Npgsql;

namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// Ends rounds whose time is over, a minute later, when no answer can be under way any more: a round that stands for a term, when
/// the term is over and none of its invitations is open, until a later visit opens it again. Of an anonymous one it mixes what is
/// left in the classes of a school (SUR-4): together, as the school's rest; results show it when there is enough of it, so that school and
/// district are never fewer than five away from the sum of their classes.
/// </summary>
public sealed partial class CloseRounds(
    NpgsqlDataSource database, Mixer mixer, Tally tally, TimeProvider clock, ILogger<CloseRounds> logger)
    : Recurring(TimeSpan.FromSeconds(10), logger)
{
    // Of a round r; $2 is when an answer that may still be under way was sent.
    private const string NoneIsOpen =
        """
        NOT EXISTS (SELECT FROM invitation i WHERE i.school_id = r.school_id AND i.round_id = r.id AND i.closes_at > $2)
        """;

    private static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            var today = DateOnly.FromDateTime((await database.PolicyAsync(district, cancel)).Local(clock.GetUtcNow()));
            foreach (var (school, round) in await DueAsync(district, today, cancel))
            {
                try
                {
                    await CloseAsync(district, school, round, cancel);
                }
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    LogFailed(logger, e, round, school); // others are not to wait for it
                }
            }
        }
    }

    private async Task<List<(Guid School, Guid Round)>> DueAsync(Guid district, DateOnly today, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        await using var due = new NpgsqlCommand(
            $"""
            SELECT r.school_id, r.id FROM survey_round r
            WHERE r.district_id = $1 AND r.closed_at IS NULL AND r.invited_at IS NOT NULL
                AND (r.closes_at <= $2
                    OR EXISTS (SELECT FROM term t WHERE t.id = r.term_id AND (t.ends_on < $3 OR t.withdrawn_on <= $3))
                    -- Who has its classes now has ended them.
                    OR r.closes_at IS NOT NULL AND EXISTS (SELECT FROM moved_class m WHERE m.from_school_id = r.school_id))
                AND {NoneIsOpen}
            """, connection).With(district).With(clock.GetUtcNow() - UnderWay).With(today);
        var rounds = new List<(Guid, Guid)>();
        await using var reader = await due.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rounds.Add((reader.GetGuid(0), reader.GetGuid(1)));
        return rounds;
    }

    private async Task CloseAsync(Guid district, Guid school, Guid id, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        MixedRound round;
        SurveyKind kind;
        int smallest;
        // A visit that opens an invitation holds the round: what is open is seen once it is locked.
        await using (var hold = new NpgsqlCommand(
            "SELECT FROM survey_round WHERE school_id = $1 AND id = $2 FOR UPDATE", connection).With(school).With(id))
        {
            await hold.ExecuteNonQueryAsync(cancel);
        }

        await using (var close = new NpgsqlCommand(
            $"""
            UPDATE survey_round r SET closed_at = $3 WHERE school_id = $1 AND id = $4 AND closed_at IS NULL AND {NoneIsOpen}
            RETURNING definition, kind, smallest_cell
            """, connection).With(school).With(now - UnderWay).With(now).With(id))
        {
            await using var reader = await close.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return; // another replica was faster
            round = new MixedRound(district, school, id, Definition.Read(reader.GetString(0)));
            (kind, smallest) = (Enum.Parse<SurveyKind>(reader.GetString(1)), reader.GetInt32(2));
        }

        var left = new Dictionary<Guid, int>();
        await using (var staged = new NpgsqlCommand(
            """
            SELECT batch_id, (SELECT count(*) FROM staged_answer s WHERE s.school_id = c.school_id AND s.batch_id = c.batch_id)::int
            FROM cell c WHERE school_id = $1 AND round_id = $2 AND batch_id IS NOT NULL ORDER BY class_id FOR UPDATE
            """, connection).With(round.SchoolId).With(round.Id))
        {
            await using var reader = await staged.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                left.Add(reader.GetGuid(0), reader.GetInt32(1));
        }

        if (left.Count > 0)
            await mixer.MixAsync(connection, round, left.Keys, into: Guid.Empty, shown: left.Values.Sum() >= smallest, cancel);
        await tally.ShowRestAsync(connection, school, id, smallest, cancel);
        // Of one that stands for a term nobody was told that it was opened.
        if (kind != SurveyKind.VisitSatisfaction)
        {
            await Outbox.InsertAsync(
                connection, [new SurveyRoundClosed(district, round.SchoolId, round.Id, 2, now, kind)], cancel);
        }

        await transaction.CommitAsync(cancel);
        mixer.Destroy(district, left.Keys);
    }

    [LoggerMessage(611, LogLevel.Error, "Round {Round} cannot be closed at school {School}")]
    private static partial void LogFailed(ILogger logger, Exception exception, Guid round, Guid school);
}
