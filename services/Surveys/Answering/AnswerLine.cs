using System.Diagnostics;

namespace HomeSchool.Surveys.Answering;

/// <summary>
/// Answers that wait to be stored, in the order in which they came. A group is stored at a time; what comes meanwhile is the
/// next one, so that an answer that comes alone waits for nobody, and of a hundred at once each waits for two commits. Who would
/// have to wait for too long is refused at once (SUR-6): what waits in front is what makes everybody slow.
/// </summary>
internal sealed class AnswerLine(StoreAnswers store)
{
    /// <summary>Answers of one group at most: so many rows cost PostgreSQL some tens of milliseconds.</summary>
    public const int MostOfGroup = 200;

    /// <summary>How long an answer may have to wait for its turn.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    // However fast it was of late: a bound for memory.
    private const int MostWaiting = 5_000;

    private readonly Lock gate = new();
    private readonly Queue<SentAnswer> waiting = [];
    private bool isStoring;
    private long storingSince;
    private TimeSpan groupTakes;

    /// <summary>How many wait for their turn.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return waiting.Count;
        }
    }

    /// <summary>Adds an answer, unless it would have to wait for too long.</summary>
    public bool TryAdd(SentAnswer sent)
    {
        lock (gate)
        {
            if (isStoring && (waiting.Count >= MostWaiting || ExpectedWait() > LongestWait))
                return false;
            waiting.Enqueue(sent);
            if (isStoring)
                return true;
            (isStoring, storingSince) = (true, Stopwatch.GetTimestamp());
        }

        _ = StoreAsync();
        return true;
    }

    // The groups in front, each as long as those before; and when the present one takes longer, it is not known how long it will.
    private TimeSpan ExpectedWait() =>
        (groupTakes * (waiting.Count / MostOfGroup)) + Stopwatch.GetElapsedTime(storingSince);

    // Never throws: whoever waits is told.
    private async Task StoreAsync()
    {
        await Task.Yield(); // the request that came first does not do the work of all
        while (Next() is { Count: > 0 } group)
        {
            await store.StoreAsync(group);
            lock (gate)
                groupTakes = (groupTakes + Stopwatch.GetElapsedTime(storingSince)) / 2;
        }
    }

    private List<SentAnswer> Next()
    {
        lock (gate)
        {
            var group = new List<SentAnswer>(Math.Min(waiting.Count, MostOfGroup));
            var invitations = new HashSet<Guid>();
            for (var left = waiting.Count; left > 0 && group.Count < MostOfGroup; left--)
            {
                var sent = waiting.Dequeue();
                if (sent.Outcome.IsCompleted)
                    continue; // its sender is gone
                // Two of one family are decided one after the other.
                if (invitations.Add(sent.Target.InvitationId))
                    group.Add(sent);
                else
                    waiting.Enqueue(sent);
            }

            (isStoring, storingSince) = (group.Count > 0, Stopwatch.GetTimestamp());
            return group;
        }
    }
}
