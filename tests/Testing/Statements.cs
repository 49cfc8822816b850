using System.Collections.Concurrent;
using System.Diagnostics;

namespace HomeSchool.Testing;

/// <summary>
/// Counts what a piece of a test asks of PostgreSQL, as Npgsql traces it. It counts the flow of calls that began it and nothing of
/// other tests beside it; a host in this process belongs to the flow when its <c>Server.PreserveExecutionContext</c> is set.
/// </summary>
/// <example><code>
/// using var statements = Statements.Count();
/// await client.GetAsync(address);
/// statements.Texts.Count.ShouldBe(3);
/// </code></example>
public sealed class Statements : IDisposable
{
    private static readonly AsyncLocal<Statements?> Flow = new();

    private readonly ConcurrentQueue<string> commands = new();
    private readonly ActivityListener listener;

    private Statements()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref _) => Flow.Value == this ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(listener);
    }

    /// <summary>Commands and batches, each of which is one round trip.</summary>
    public int RoundTrips => commands.Count;

    /// <summary>The statements in them; a batch has several, the scope of row-level security (<c>set_config</c>) among
    /// them.</summary>
    public IReadOnlyList<string> Texts =>
        [.. commands.SelectMany(command => command.Split(";\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Begins to count, until it is disposed of.</summary>
    public static Statements Count() => Flow.Value = new Statements();

    /// <summary>Ends the counting.</summary>
    public void Dispose()
    {
        Flow.Value = null;
        listener.Dispose();
    }

    // Opening a connection is traced too, without a text. Npgsql joins a batch's texts as it joins statements in one.
    private void Keep(Activity activity)
    {
        if (Flow.Value == this && activity.GetTagItem("db.query.text") is string text)
            commands.Enqueue(text);
    }
}
