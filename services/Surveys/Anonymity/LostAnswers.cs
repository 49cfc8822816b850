using System.Globalization;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Surveys.Anonymity;

/// <summary>
/// After a restore, anonymous answers may wait whose batch key was destroyed since: nobody can open them (SUR-4). Their class
/// takes no answer and their round cannot close while they are there. <c>dotnet Surveys.dll lost-answers</c> lists them,
/// <c>lost-answers forget</c> removes them. The service does not do it by itself: a folder of keys that is only mounted wrongly
/// looks the same.
/// </summary>
internal static class LostAnswers
{
    /// <summary>Does the step that the arguments name.</summary>
    /// <returns>What to print; <see langword="null"/> when they name another one.</returns>
    public static async Task<string?> RunAsync(IServiceProvider services, string[] args, CancellationToken cancel)
    {
        if (args is not (["lost-answers"] or ["lost-answers", "forget"]))
            return null;
        var batches = services.GetRequiredService<BatchKeys>();
        if (!batches.AreKept)
            return "未配置密钥目录(Surveys:BatchKeys)。The folder of keys (Surveys:BatchKeys) is not configured.";

        var database = services.GetRequiredService<NpgsqlDataSource>();
        var lost = new List<LostBatch>();
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            await using var connection = await database.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginAsync(district, cancel);
            var staged = await StagedAsync(connection, district, cancel);
            var found = staged.FindAll(one => batches.Find(district, one.Batch) is null);
            lost.AddRange(found);
            if (args.Length == 1 || found.Count == 0)
                continue;
            await ForgetAsync(connection, found, cancel);
            var (key, now) = (services.GetRequiredService<AuditKey>(), services.GetRequiredService<TimeProvider>().GetUtcNow());
            await using var audit = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    AuditEntry.Insert([.. found.Select(one => AuditEntry.ByOperator(
                        key, now, "ForgetLostAnswers", district, "survey-round", one.Round,
                        one.Answers.ToString(CultureInfo.InvariantCulture)))]),
                },
            };
            await audit.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
        }

        var answers = lost.Sum(one => one.Answers);
        return args.Length == 2
            ? $"已清除 {answers} 份无法解密的匿名答卷。{answers} anonymous answers without a key are forgotten."
            : $"""
              有 {answers} 份匿名答卷的密钥已不存在；若密钥目录挂载正确，请运行 lost-answers forget。
              {answers} anonymous answers have lost their key. If the folder of keys is the right one, run: lost-answers forget
              {string.Join('\n', lost.Select(one => $"{one.School} {one.Round} {one.Answers}"))}
              """;
    }

    private static async Task<List<LostBatch>> StagedAsync(NpgsqlConnection connection, Guid district, CancellationToken cancel)
    {
        // Locked, so that no answer joins a batch while it is looked for.
        await using var staged = new NpgsqlCommand(
            """
            SELECT school_id, round_id, batch_id, staged FROM cell WHERE district_id = $1 AND batch_id IS NOT NULL
            ORDER BY school_id, round_id, class_id FOR UPDATE
            """, connection).With(district);
        var batches = new List<LostBatch>();
        await using var reader = await staged.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            batches.Add(new LostBatch(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetInt32(3)));
        return batches;
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, List<LostBatch> lost, CancellationToken cancel)
    {
        await using var forget = new NpgsqlCommand(
            """
            WITH gone AS (DELETE FROM staged_answer a USING unnest($1, $2) AS l (school_id, batch_id)
                WHERE a.school_id = l.school_id AND a.batch_id = l.batch_id)
            UPDATE cell c SET staged = 0, staged_first = 0, batch_id = NULL
            FROM unnest($1, $2) AS l (school_id, batch_id) WHERE c.school_id = l.school_id AND c.batch_id = l.batch_id
            """, connection).With(lost.Select(one => one.School).ToArray()).With(lost.Select(one => one.Batch).ToArray());
        await forget.ExecuteNonQueryAsync(cancel);
    }

    private sealed record LostBatch(Guid School, Guid Round, Guid Batch, int Answers);
}
