using System.Diagnostics;
using Npgsql;

namespace HomeSchool.Benchmarks;

/// <summary>What a benchmark asks of a database, past the service.</summary>
internal static class Rows
{
    /// <summary>Asks for one value.</summary>
    public static async Task<T> ScalarAsync<T>(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Does something.</summary>
    public static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Waits until a count has come.</summary>
    /// <exception cref="TimeoutException">It has not after two minutes.</exception>
    public static async Task UntilAsync(Func<Task<long>> count, long expected)
    {
        var limit = Stopwatch.StartNew();
        while (await count() < expected)
        {
            if (limit.Elapsed.TotalSeconds > 120)
                throw new TimeoutException("The projections never agreed: the backlog is not flat.");
            await Task.Delay(10);
        }
    }

    /// <summary>Ends the run when there are other rows than were written.</summary>
    public static void MustBe(long rows, long expected, string what)
    {
        if (rows != expected)
            throw new InvalidOperationException($"{what}: {rows} rows instead of {expected}: this round does not count.");
    }
}
