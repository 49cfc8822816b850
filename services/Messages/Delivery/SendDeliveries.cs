using System.Text;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Messages.Delivery;

/// <summary>
/// Sends what waits for one channel, so that a channel that hangs holds up no other. A piece is claimed for some minutes, the
/// claim is committed, then it is sent and marked: a process that is killed in between leaves letters that the next one sends
/// again with the same id, and none is lost. A mark counts only for the attempt that it belongs to.
/// </summary>
internal sealed partial class SendDeliveries(
    IChannel channel, NpgsqlDataSource database, KeyVault vault, Texts texts, AddressCodes codes, TimeProvider clock,
    ILogger<SendDeliveries> logger)
    : Recurring(TimeSpan.FromSeconds(0.5), logger)
{
    /// <summary>So many attempts, about four hours, before a letter is given up.</summary>
    internal const int MostAttempts = 8;

    private const int Piece = 20;
    private const int AtOnce = 5;
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    private static readonly string Take =
        """
        UPDATE delivery d SET due_at = $4, attempts = d.attempts + 1
        FROM (
            SELECT school_id, id FROM delivery
            WHERE district_id = $1 AND channel = $2 AND state = 'Waiting' AND due_at <= $3 AND (urgent OR kind = 'Code' OR NOT $5)
            ORDER BY urgent DESC, due_at LIMIT $6 FOR UPDATE SKIP LOCKED) next
        WHERE d.school_id = next.school_id AND d.id = next.id
        RETURNING d.school_id, d.id, d.guardian_id, d.target_id, d.kind, d.urgent, d.attempts, d.notification_ids,
            (SELECT count(*)::int FROM notification n
                WHERE n.id = ANY (d.notification_ids) AND n.guardian_id = d.guardian_id AND n.read_at IS NULL
                    -- Who has lost the right to see since then is told nothing more (ARC-13).
                    AND EXISTS (SELECT FROM unnest(n.student_ids) AS s (student_id) WHERE NOT EXISTS (
                        SELECT FROM guardian_rights g
                        WHERE g.student_id = s.student_id AND g.guardian_id = n.guardian_id AND NOT g.may_see)))
        """;

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        var districts = await database.DistrictsAsync(cancel);
        await Parallel.ForEachAsync(
            districts, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (district, stop) =>
            {
                while (await SendPieceAsync(district, stop) == Piece)
                    stop.ThrowIfCancellationRequested();
            });
    }

    private async Task<int> SendPieceAsync(Guid district, CancellationToken cancel)
    {
        var taken = await TakeAsync(district, cancel);
        await Parallel.ForEachAsync(
            taken, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (one, stop) => await SendAsync(district, one, stop));
        return taken.Count;
    }

    private async Task<List<Taken>> TakeAsync(Guid district, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        var now = clock.GetUtcNow();
        var quiet = (await connection.PolicyAsync(district, cancel)).EndOfQuiet(now) > now;
        await using var take = new NpgsqlCommand(Take, connection)
            .With(district).With(channel.Channel.ToString()).With(now).With(now + Claim).With(quiet).With(Piece);
        var taken = new List<Taken>();
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                taken.Add(new Taken(
                    reader.GetGuid(0), reader.GetGuid(1), await reader.GetFieldValueAsync<Guid?>(2, cancel),
                    await reader.GetFieldValueAsync<Guid?>(3, cancel), Enum.Parse<DeliveryKind>(reader.GetString(4)),
                    reader.GetBoolean(5), reader.GetInt32(6), await reader.GetFieldValueAsync<Guid[]>(7, cancel), reader.GetInt32(8)));
            }
        }

        await transaction.CommitAsync(cancel);
        return taken;
    }

    private async Task SendAsync(Guid district, Taken one, CancellationToken cancel)
    {
        try
        {
            var letter = await LetterAsync(district, one, cancel);
            if (letter is null)
                return;
            await channel.SendAsync(letter, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            var (reason, forEver) = Reasons.Of(e);
            LogNotTaken(logger, channel.Channel, one.Id, one.Attempts, reason);
            await FailedAsync(district, one, reason, forEver, cancel);
            return;
        }

        // Accepted: marked even when the service is about to stop.
        await MarkAsync(
            district, one, "state = 'Sent', done_at = $5, due_at = $5, reason = NULL", null, clock.GetUtcNow(), CancellationToken.None);
    }

    // Null when there is nothing to send any more; then the delivery is gone, or with those who decide again.
    private async Task<Letter?> LetterAsync(Guid district, Taken one, CancellationToken cancel)
    {
        if (one.Attempts > MostAttempts)
            throw new NotTakenException("lost", forEver: true); // claimed again and again, and never marked
        if (one.Kind == DeliveryKind.Notice && one.Unread == 0)
        {
            await MarkAsync(district, one, null, null, clock.GetUtcNow(), cancel);
            return null;
        }

        if (one.Kind == DeliveryKind.Robot)
        {
            if (await RobotAccessAsync(district, one, cancel) is not { } access)
            {
                await MarkAsync(district, one, null, null, clock.GetUtcNow(), cancel);
                return null;
            }

            var (title, say) = texts.Robot(one.Urgent);
            return new Letter(one.Id, access, title, say, MessageLanguage.Zh);
        }

        if (await ChoiceAsync(district, one, cancel) is not { } choice)
        {
            await (one.Kind == DeliveryKind.Code
                ? MarkAsync(district, one, null, null, clock.GetUtcNow(), cancel)
                : MarkAsync(district, one, "state = 'New', due_at = $5, attempts = 0", null, clock.GetUtcNow(), cancel));
            return null;
        }

        var place = GuardianChoice.SealedAddress.Of(choice.AddressId);
        if (await vault.OpenAsync(district, place, choice.Address, cancel) is not { } address)
            throw new NotTakenException("erased", forEver: true);
        var (subject, text) = one.Kind == DeliveryKind.Code
            ? Texts.Code(choice.Language, codes.Of(one.Guardian!.Value, choice.AddressId))
            : texts.Notice(choice.Language, one.Unread, one.Urgent);
        return new Letter(one.Id, Encoding.UTF8.GetString(address), subject, text, choice.Language);
    }

    // What the guardian wants now, if it is still what this delivery was made for.
    private async Task<Chosen?> ChoiceAsync(Guid district, Taken one, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        await using var find = new NpgsqlCommand(
            """
            SELECT address_id, address, language FROM guardian_choice
            WHERE district_id = $1 AND guardian_id = $2 AND channel = $3 AND address IS NOT NULL
                AND CASE WHEN $4 THEN verified_at IS NULL AND address_id = $5 ELSE verified_at IS NOT NULL END
            """, connection)
            .With(district).With(one.Guardian!.Value).With(channel.Channel.ToString()).With(one.Kind == DeliveryKind.Code)
            .With(one.Target ?? Guid.Empty);
        await using var reader = await find.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new Chosen(
                reader.GetGuid(0), await reader.GetFieldValueAsync<byte[]>(1, cancel),
                Enum.Parse<MessageLanguage>(reader.GetString(2)))
            : null;
    }

    // A robot's address and secret as JSON, which its channel reads.
    private async Task<string?> RobotAccessAsync(Guid district, Taken one, CancellationToken cancel)
    {
        byte[]? access;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginAsync(district, cancel);
            await using var find = new NpgsqlCommand(
                "SELECT access FROM class_robot WHERE school_id = $1 AND id = $2", connection)
                .With(one.School).With(one.Target ?? Guid.Empty);
            access = await find.ExecuteScalarAsync(cancel) as byte[];
        }

        return access is not null
            && await vault.OpenAsync(district, ClassRobot.SealedAccess.Of(one.Target!.Value), access, cancel) is { } open
                ? Encoding.UTF8.GetString(open)
                : null;
    }

    private Task FailedAsync(Guid district, Taken one, string reason, bool forEver, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (forEver || one.Attempts >= MostAttempts)
            return MarkAsync(district, one, "state = 'Dead', done_at = $5, reason = $4", reason, now, cancel);
        // One minute, then twice as long each time, with jitter so that a server that comes back is not run over.
        var pause = TimeSpan.FromMinutes(Math.Pow(2, one.Attempts - 1));
        return MarkAsync(
            district, one, "due_at = $5, reason = $4", reason,
            now + ((pause < Longest ? pause : Longest) * (0.8 + (0.4 * Random.Shared.NextDouble()))), cancel);
    }

    // Without anything to set, the delivery is removed.
    private async Task MarkAsync(
        Guid district, Taken one, string? set, string? reason, DateTimeOffset at, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        await using var mark = new NpgsqlCommand(
            $"""
            {(set is null ? "DELETE FROM delivery" : $"UPDATE delivery SET {set}")}
            WHERE school_id = $1 AND id = $2 AND attempts = $3 AND state = 'Waiting' AND ($4 IS NULL OR true) AND $5 IS NOT NULL
            """, connection).With(one.School).With(one.Id).With(one.Attempts);
        mark.Parameters.Add(new NpgsqlParameter
        {
            NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text,
            Value = (object?)reason ?? DBNull.Value,
        });
        mark.With(at);
        var marked = await mark.ExecuteNonQueryAsync(cancel);
        if (marked == 1 && one.Guardian is { } guardian && set?.Contains("'Sent'", StringComparison.Ordinal) == true)
            await Receipts.DeliveredAsync(connection, [guardian], one.Notifications, at, cancel);
        await transaction.CommitAsync(cancel);
    }

    [LoggerMessage(LogLevel.Warning, "{Channel} has not taken delivery {Delivery} at attempt {Attempt}: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, Channel channel, Guid delivery, int attempt, string reason);

    private sealed record Taken(
        Guid School, Guid Id, Guid? Guardian, Guid? Target, DeliveryKind Kind, bool Urgent, int Attempts, Guid[] Notifications,
        int Unread);

    private sealed record Chosen(Guid AddressId, byte[] Address, MessageLanguage Language);
}
