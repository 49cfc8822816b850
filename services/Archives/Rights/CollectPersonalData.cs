using System.Text.Json;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Archives.Rights;

/// <summary>
/// Gathers the services' answers (ARC-10), in any order and however often. When the last one is there, a copy can be fetched; an erasure
/// of everything ends with the destruction of the child's key, which no copy or backup survives.
/// </summary>
public sealed class CollectPersonalData(KeyVault vault, TimeProvider clock) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "archives.personal-data-answers";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(PersonalDataAnswered), typeof(PersonalDataPart)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        foreach (var part in batch.Of<PersonalDataPart>())
            await KeepAsync(batch.Connection, part, cancel);
        foreach (var answer in batch.Of<PersonalDataAnswered>())
            await KeepAsync(batch.Connection, answer, cancel);
        foreach (var request in batch.Events.Select(e => (e.DistrictId, e.AggregateId)).Distinct().Order())
            await EndAsync(batch.Connection, request.DistrictId, request.AggregateId, cancel);
    }

    private async Task KeepAsync(NpgsqlConnection connection, PersonalDataPart part, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(
            "SELECT student_id FROM personal_data_request WHERE district_id = $1 AND id = $2 AND state = 'Running'", connection)
        {
            Parameters = { new() { Value = part.DistrictId }, new() { Value = part.AggregateId } },
        };
        if (await find.ExecuteScalarAsync(cancel) is not Guid student)
            return; // a copy that expired, or one of another installation
        var content = Convert.FromBase64String(part.Content);
        if (!part.Sealed)
        {
            var place = AnswerPersonalData.SealedPart.Of(part.PartId);
            if (await vault.SealAsync(new Subject(part.DistrictId, null, student), place, content, cancel) is not { } text)
                return;
            content = text;
        }

        await using var keep = new NpgsqlCommand(
            """
            INSERT INTO personal_data_part (district_id, id, request_id, service, run_id, number, content)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """, connection)
        {
            Parameters =
            {
                new() { Value = part.DistrictId }, new() { Value = part.PartId }, new() { Value = part.AggregateId },
                new() { Value = part.Service }, new() { Value = part.RunId }, new() { Value = (int)part.Version }, new() { Value = content },
            },
        };
        await keep.ExecuteNonQueryAsync(cancel);
    }

    // The first answer of a service counts; one that nobody expected yet counts, too.
    private static async Task KeepAsync(NpgsqlConnection connection, PersonalDataAnswered answer, CancellationToken cancel)
    {
        await using var keep = new NpgsqlCommand(
            """
            INSERT INTO personal_data_reply AS r (district_id, request_id, service, answered_at, run_id, parts, tables, kept)
            SELECT district_id, id, $3, $4, $5, $6, $7, $8 FROM personal_data_request WHERE district_id = $1 AND id = $2
            ON CONFLICT (district_id, request_id, service) DO UPDATE
            SET answered_at = excluded.answered_at, run_id = excluded.run_id, parts = excluded.parts, tables = excluded.tables,
                kept = excluded.kept
            WHERE r.answered_at IS NULL
            """, connection)
        {
            Parameters =
            {
                new() { Value = answer.DistrictId }, new() { Value = answer.AggregateId }, new() { Value = answer.Service },
                new() { Value = answer.OccurredAt }, new() { Value = answer.RunId }, new() { Value = answer.Parts },
                AsJson(answer.Tables), AsJson(answer.Kept),
            },
        };
        await keep.ExecuteNonQueryAsync(cancel);

        static NpgsqlParameter AsJson<T>(T value) =>
            new() { Value = JsonSerializer.Serialize(value, Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb };
    }

    private async Task EndAsync(NpgsqlConnection connection, Guid district, Guid request, CancellationToken cancel)
    {
        // Of two batches with the last two answers, the second to come here sees both.
        await using var turn = new NpgsqlCommand(
            "SELECT student_id, matter, kinds IS NULL FROM personal_data_request "
            + "WHERE district_id = $1 AND id = $2 AND state = 'Running' FOR UPDATE", connection)
        {
            Parameters = { new() { Value = district }, new() { Value = request } },
        };
        Guid student;
        bool erases, all;
        await using (var reader = await turn.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
                return;
            (student, erases, all) = (reader.GetGuid(0), reader.GetString(1) == "Erasure", reader.GetBoolean(2));
        }

        await using var missing = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM personal_data_reply r WHERE r.district_id = $1 AND r.request_id = $2
                AND (r.answered_at IS NULL OR r.parts > (SELECT count(*) FROM personal_data_part p
                    WHERE p.district_id = $1 AND p.request_id = $2 AND p.service = r.service AND p.run_id = r.run_id)))
            """, connection)
        {
            Parameters = { new() { Value = district }, new() { Value = request } },
        };
        if (await missing.ExecuteScalarAsync(cancel) is true)
            return;

        if (erases)
            await DropCopiesAsync(connection, district, student, cancel);
        // Last, and before the commit: if that fails, it is destroyed once more.
        if (erases && all)
            await vault.EraseAsync(district, student, cancel);
        await using var end = new NpgsqlCommand(
            """
            UPDATE personal_data_request SET state = $3, ended_at = $4, key_destroyed = $5, version = version + 1,
                expires_at = CASE WHEN $3 = 'Ready' THEN $4 + make_interval(days => copy_days) END
            WHERE district_id = $1 AND id = $2
            """, connection)
        {
            Parameters =
            {
                new() { Value = district }, new() { Value = request },
                new() { Value = erases ? nameof(RequestState.Erased) : nameof(RequestState.Ready) },
                new() { Value = clock.GetUtcNow() }, new() { Value = erases && all },
            },
        };
        await end.ExecuteNonQueryAsync(cancel);
    }

    // A copy would outlive what was erased.
    private static async Task DropCopiesAsync(NpgsqlConnection connection, Guid district, Guid student, CancellationToken cancel)
    {
        await using var drop = new NpgsqlCommand(
            """
            WITH dropped AS (
                UPDATE personal_data_request SET state = 'Expired', version = version + 1
                WHERE district_id = $1 AND student_id = $2 AND matter = 'Copy' AND state IN ('Running', 'Ready') RETURNING id)
            DELETE FROM personal_data_part WHERE district_id = $1 AND request_id IN (SELECT id FROM dropped)
            """, connection)
        {
            Parameters = { new() { Value = district }, new() { Value = student } },
        };
        await drop.ExecuteNonQueryAsync(cancel);
    }
}
