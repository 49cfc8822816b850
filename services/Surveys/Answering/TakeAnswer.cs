namespace HomeSchool.Surveys.Answering;

/// <summary>
/// The one way in which an answer is taken, whichever way it came (SUR-3, SUR-4, SUR-6). Answers of one moment are stored
/// together: who comes while others are being stored waits for the next group. Answers of one school stand in one line, so that
/// groups of one process never wait for each other's rows.
/// </summary>
/// <param name="store">Stores groups of them.</param>
public sealed class TakeAnswer(StoreAnswers store)
{
    // As many as there are processors, and two at least: one is answered while the other is stored.
    private readonly AnswerLine[] lines =
        [.. Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount)).Select(_ => new AnswerLine(store))];

    /// <summary>How many answers wait for their turn.</summary>
    internal int Waiting => lines.Sum(line => line.Waiting);

    /// <summary>Takes an answer; returns when it is on the disk, or refused.</summary>
    /// <exception cref="OperationCanceledException">The sender is gone. The answer may have been taken.</exception>
    internal async Task<TakenAnswer> TakeAsync(SentAnswer sent, CancellationToken cancel)
    {
        if (!lines[(uint)sent.Target.SchoolId.GetHashCode() % lines.Length].TryAdd(sent))
            return new TakenAnswer(SurveysFailures.Busy);
        await using var gone = cancel.UnsafeRegister(static (sent, token) => ((SentAnswer)sent!).GiveUp(token), sent);
        return await sent.Outcome;
    }
}
