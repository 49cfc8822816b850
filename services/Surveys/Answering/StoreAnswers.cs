using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Rounds;
using Npgsql;

namespace HomeSchool.Surveys.Answering;

/// <summary>
/// Stores a group of answers in one transaction (SUR-6): each is checked against the frozen questions, then either sealed and
/// counted beside its invitation, or staged so that nobody can tell whose it is (SUR-4). What is wrong with one concerns that
/// one alone.
/// </summary>
public sealed partial class StoreAnswers(
    NpgsqlDataSource database, KnownRounds rounds, KeyVault vault, StageAnswers stage, Tally tally, AuditKey auditKey,
    RelaySignal relay, TimeProvider clock, ILogger<StoreAnswers> logger)
{
    /// <summary>Stores a group, of each invitation one answer at most, and tells each what became of it. Does not
    /// throw.</summary>
    internal async Task StoreAsync(IReadOnlyList<SentAnswer> group)
    {
        try
        {
            var answers = await StoreTogetherAsync(group, CancellationToken.None); // when one sender goes, the others stay
            foreach (var answer in answers)
                answer.Sent.Tell(answer.Outcome);
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            LogAway(logger, e, group.Count);
            foreach (var sent in group)
                sent.Tell(new TakenAnswer(Failures.TryAgain));
        }
        catch (Exception) when (group.Count > 1)
        {
            // One of them is what no check foresaw, or another process was in the way: each by itself.
            foreach (var sent in group)
                await StoreAsync([sent]);
        }
        catch (Exception e)
        {
            group[0].Fail(e);
        }
    }

    private async Task<List<CheckedAnswer>> StoreTogetherAsync(IReadOnlyList<SentAnswer> group, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var invitations = await LockAsync(connection, group, cancel);
        var asked = await rounds.OfAsync(connection, invitations.Values, cancel);
        var replays = await ReplaysAsync(connection, group, cancel);
        var answers = group.Select(sent => invitations.TryGetValue(sent.Target.InvitationId, out var invitation)
            ? Check(sent, asked[(invitation.SchoolId, invitation.RoundId)], invitation, replays, now)
            : new CheckedAnswer(sent) { Outcome = new TakenAnswer(SurveysFailures.NoSuchLink) }).ToList();

        await Task.WhenAll(Accepted(isAnonymous: false).Select(answer => SealAsync(answer, cancel)));
        await stage.SealAsync(connection, Accepted(isAnonymous: true), cancel);
        await WriteAsync(connection, Accepted(isAnonymous: false), Accepted(isAnonymous: true), now, cancel);
        await transaction.CommitAsync(cancel);
        if (answers.Exists(answer => answer.IsAccepted && answer.Round.Kind == SurveyKind.FamilyIntake))
            relay.Wake();
        return answers;

        CheckedAnswer[] Accepted(bool isAnonymous) => [.. answers.Where(answer =>
            answer.IsAccepted && (answer.Round.Privacy == SurveyPrivacy.Anonymous) == isAnonymous)];
    }

    // Two statements: the second one sees what a group stored for which the first one waited.
    private static async Task<Dictionary<Guid, Invitation>> LockAsync(
        NpgsqlConnection connection, IReadOnlyList<SentAnswer> group, CancellationToken cancel)
    {
        var schools = group.Select(sent => sent.Target.SchoolId).ToArray();
        var ids = group.Select(sent => sent.Target.InvitationId).ToArray();
        await using var batch = new TenantScope([], [.. schools.Distinct()]).Batch(connection);
        batch.BatchCommands.Add(Of(
            $"""
            SELECT i.school_id, i.id, i.district_id, i.round_id, i.student_ids, i.guardian_id, i.class_id, i.closes_at,
                i.may_change, i.answered
            FROM unnest($1, $2) AS s (school_id, id) JOIN invitation i ON i.school_id = s.school_id AND i.id = s.id
            WHERE {Invitation.Stands}
            ORDER BY i.school_id, i.id FOR NO KEY UPDATE OF i
            """));
        batch.BatchCommands.Add(Of(
            """
            SELECT a.school_id, a.invitation_id, a.district_id, a.content, a.answered_at, a.version, a.step
            FROM unnest($1, $2) AS s (school_id, id) JOIN answer a ON a.school_id = s.school_id AND a.invitation_id = s.id
            """));
        var invitations = new Dictionary<Guid, Invitation>(group.Count);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            invitations.Add(reader.GetGuid(1), new Invitation
            {
                SchoolId = reader.GetGuid(0),
                Id = reader.GetGuid(1),
                DistrictId = reader.GetGuid(2),
                RoundId = reader.GetGuid(3),
                StudentIds = reader.GetFieldValue<Guid[]>(4),
                GuardianId = reader.IsDBNull(5) ? null : reader.GetGuid(5),
                ClassId = reader.GetGuid(6),
                ClosesAt = reader.GetFieldValue<DateTimeOffset>(7),
                MayChange = reader.GetBoolean(8),
                Answered = reader.GetBoolean(9),
            });
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (invitations.TryGetValue(reader.GetGuid(1), out var invitation))
            {
                invitation.Answer = new Answer
                {
                    SchoolId = reader.GetGuid(0),
                    InvitationId = reader.GetGuid(1),
                    DistrictId = reader.GetGuid(2),
                    Content = reader.GetFieldValue<byte[]>(3),
                    AnsweredAt = reader.GetFieldValue<DateTimeOffset>(4),
                    Version = reader.GetInt64(5),
                    Step = reader.GetInt32(6),
                };
            }
        }

        return invitations;

        NpgsqlBatchCommand Of(string text) => new NpgsqlBatchCommand(text).With(schools).With(ids);
    }

    private static async Task<List<IdempotencyKey>> ReplaysAsync(
        NpgsqlConnection connection, IReadOnlyList<SentAnswer> group, CancellationToken cancel)
    {
        var keys = group.Select(sent => sent.Key).OfType<IdempotencyKey>().ToArray();
        return keys.Length == 0 ? [] : await IdempotencyKey.FindAsync(connection, keys, cancel);
    }

    private static CheckedAnswer Check(
        SentAnswer sent, Round round, Invitation invitation, List<IdempotencyKey> replays, DateTimeOffset now)
    {
        if (sent.Key is { } key && replays.Find(
            one => one.Client == key.Client && one.Route == key.Route && one.Key == key.Key) is { } earlier)
        {
            return new CheckedAnswer(sent)
            {
                Outcome = new TakenAnswer(
                    earlier.IsSame(key) ? null : (Problem)Failures.KeyReused, round, invitation, WasTakenBefore: true),
            };
        }

        var given = sent.Read(round);
        var (answers, mistakes) = round.Definition.Check(given);
        Problem? refused = mistakes.Count > 0 ? Problem.Of(mistakes)
            : invitation.Refusal(round.Privacy, sent.MayChange, now) is { } refusal ? (Problem)refusal : null;
        return new CheckedAnswer(sent)
        {
            Outcome = new TakenAnswer(refused, round, invitation, given),
            Answers = answers,
        };
    }

    /// <summary>Seals an answer that says whose it is, under the keys of the children it is about.</summary>
    private async Task SealAsync(CheckedAnswer answer, CancellationToken cancel)
    {
        var invitation = answer.Invitation;
        var place = Answer.SealedContent.Of(invitation.Id);
        if (invitation.Answer is { } earlier)
        {
            if (await vault.OpenAsync(invitation.DistrictId, place, earlier.Content, cancel) is { } opened
                && await vault.SealAsync(invitation.ToSubject(), Answer.SealedEarlier.Of(invitation.Id), opened, cancel) is { } kept)
            {
                (answer.Before, answer.Earlier) = (Answers.Read(opened), kept);
            }
            else
            {
                answer.Refuse(Failures.Erased);
            }
        }

        if (!answer.IsAccepted)
            return;
        if (await vault.SealAsync(invitation.ToSubject(), place, Answers.Write(answer.Answers), cancel) is { } content)
            answer.Content = content;
        else
            answer.Refuse(Failures.Erased);
    }

    private async Task WriteAsync(
        NpgsqlConnection connection, CheckedAnswer[] kept, CheckedAnswer[] staged, DateTimeOffset now, CancellationToken cancel)
    {
        if (kept.Length + staged.Length == 0)
            return;
        var first = kept.Concat(staged).Where(answer => !answer.Invitation.Answered).ToArray();
        var spend = Of(
            """
            UPDATE invitation i SET answered = true, remind_at = NULL
            FROM unnest($1, $2) AS s (school_id, id) WHERE i.school_id = s.school_id AND i.id = s.id AND NOT i.answered
            """, first);
        await using var write = new NpgsqlBatch(connection) { BatchCommands = { spend } };
        if (staged.Length > 0)
            write.BatchCommands.Add(StageAnswers.Insert(staged));
        var due = kept.Length == 0 ? [] : await tally.StageAsync(connection, kept, cancel);
        foreach (var command in kept.Length == 0 ? [] : Keep(kept, now))
            write.BatchCommands.Add(command);
        await write.ExecuteNonQueryAsync(cancel);
        // The row decides (SUR-3): it is locked, so this cannot be; and were it not, no answer would be stored twice.
        if (spend.RecordsAffected != first.Length)
            throw new InvalidOperationException("An invitation was answered although it was locked.");

        var keys = kept.Where(answer => answer.Sent.Key is not null)
            .Select(answer => answer.Sent.Key!.Answered(StatusCodes.Status204NoContent, answer.Invitation.Id, now)).ToArray();
        if (keys.Length > 0)
            await IdempotencyKey.InsertAsync(connection, keys, cancel);
        await TellArchiveAsync(connection, kept, now, cancel);
        if (due.Length > 0)
            await tally.AdvanceAsync(connection, due, cancel);
    }

    private IEnumerable<NpgsqlBatchCommand> Keep(CheckedAnswer[] kept, DateTimeOffset now)
    {
        // Of one invitation there is one row: its key refuses a second one.
        var first = kept.Where(answer => answer.Invitation.Answer is null).ToArray();
        if (first.Length > 0)
        {
            yield return Of(
                """
                INSERT INTO answer (school_id, invitation_id, content, step, district_id, answered_at, version)
                SELECT school_id, id, content, step, district_id, $6, 1
                FROM unnest($1, $2, $3, $4, $5) AS s (school_id, id, content, step, district_id)
                """, first).With(first.Select(answer => answer.Content).ToArray()).With(first.Select(answer => answer.Step).ToArray())
                .With(first.Select(answer => answer.Invitation.DistrictId).ToArray()).With(now);
        }

        var changed = kept.Where(answer => answer.Invitation.Answer is not null).ToArray();
        if (changed.Length > 0)
        {
            yield return Of(
                """
                UPDATE answer a SET content = s.content, answered_at = $6, version = a.version + 1, step = s.step,
                    earlier = CASE WHEN a.step < s.step THEN s.earlier ELSE a.earlier END -- what results show until that step
                FROM unnest($1, $2, $3, $4, $5) AS s (school_id, id, content, step, earlier)
                WHERE a.school_id = s.school_id AND a.invitation_id = s.id
                """, changed).With(changed.Select(answer => answer.Content).ToArray()).With(changed.Select(answer => answer.Step).ToArray())
                .With(changed.Select(answer => answer.Earlier).ToArray()).With(now);
        }

        yield return AuditEntry.Insert([.. kept.Select(answer => AuditOf(answer, now))]);
    }

    private static NpgsqlBatchCommand Of(string text, CheckedAnswer[] answers) => new NpgsqlBatchCommand(text)
        .With(answers.Select(answer => answer.Invitation.SchoolId).ToArray())
        .With(answers.Select(answer => answer.Invitation.Id).ToArray());

    // The audit must not say what the officer alone may see: not what was answered, and of a confidential round not by whom.
    private AuditEntry AuditOf(CheckedAnswer answer, DateTimeOffset now) => new AuditEntry
    {
        Id = Guid.CreateVersion7(now),
        At = now,
        Actor = IsNamed(answer) ? answer.Sent.Actor : "link",
        Action = answer.Sent.Action,
        Permission = "open",
        DistrictId = answer.Invitation.DistrictId,
        SchoolId = answer.Invitation.SchoolId,
        SubjectKind = IsNamed(answer) ? "survey-invitation" : "survey-round",
        SubjectId = IsNamed(answer) ? answer.Invitation.Id : answer.Round.Id,
        CorrelationId = answer.Sent.CorrelationId,
    }.Signed(auditKey);

    private static bool IsNamed(CheckedAnswer answer) => answer.Round.Privacy == SurveyPrivacy.Named;

    // ARC-3: it travels as ciphertext that opens with the child's key only.
    private async Task TellArchiveAsync(
        NpgsqlConnection connection, CheckedAnswer[] kept, DateTimeOffset now, CancellationToken cancel)
    {
        var events = new List<IEvent>();
        foreach (var answer in kept.Where(answer => answer.Round.Kind == SurveyKind.FamilyIntake))
        {
            var intake = new FamilyIntake(
                Of<FamilyStructure?>("structure"), Of<string>("language"), Of<string>("occupation"), Of<Education?>("education"),
                Of<string>("address"), Of<string>("views"), Of<string>("worries"));
            var invitation = answer.Invitation;
            var content = await vault.SealAsync(
                invitation.ToSubject(), new Place(FamilyIntake.Table, FamilyIntake.Column, invitation.Id),
                JsonSerializer.SerializeToUtf8Bytes(intake, Json.Options), cancel);
            if (content is not null)
            {
                events.Add(new FamilyIntakeAnswered(
                    invitation.DistrictId, invitation.SchoolId, invitation.Id, 1 + (invitation.Answer?.Version ?? 0), now,
                    invitation.StudentIds.Single(), invitation.GuardianId!.Value, content));
            }

            T? Of<T>(string question) =>
                answer.Answers.TryGetValue(question, out var given) ? given.Deserialize<T>(Json.Options) : default;
        }

        await Outbox.InsertAsync(connection, events, cancel);
    }

    [LoggerMessage(620, LogLevel.Warning, "The database does not answer; {Count} answers are refused for now")]
    private static partial void LogAway(ILogger logger, Exception exception, int count);
}
