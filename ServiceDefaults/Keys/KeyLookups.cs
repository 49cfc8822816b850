namespace HomeSchool.ServiceDefaults.Keys;

/// <summary>
/// Asks the store for keys, one question at a time: who asks while an answer is on its way waits for the next question, which is
/// for all of them. So a single request waits for nobody, and of a hundred at once a few go to the store.
/// </summary>
internal sealed class KeyLookups(KeyStore store)
{
    private readonly Lock gate = new();
    private Question? next;
    private bool isAsking;

    /// <summary>The keys that the store has of these, destroyed ones among them; of the others there is no row.</summary>
    public async Task<List<DataKeyRow>> FindAsync(Guid[] ids, CancellationToken cancel)
    {
        Question question;
        bool isFirst;
        lock (gate)
        {
            question = next ??= new Question();
            question.Ids.UnionWith(ids);
            (isFirst, isAsking) = (!isAsking, true);
        }

        if (isFirst)
            _ = AskAsync();
        var rows = await question.Answer.Task.WaitAsync(cancel);
        return [.. ids.Where(rows.ContainsKey).Select(id => rows[id])];
    }

    // It goes on for the others when the one who began gives up.
    private async Task AskAsync()
    {
        while (Take() is { } question)
        {
            try
            {
                var rows = await store.FindAsync([.. question.Ids], CancellationToken.None);
                question.Answer.SetResult(rows.ToDictionary(row => row.Id));
            }
            catch (Exception e)
            {
                question.Answer.SetException(e);
            }
        }
    }

    private Question? Take()
    {
        lock (gate)
        {
            var question = next;
            next = null;
            isAsking = question is not null;
            return question;
        }
    }

    private sealed class Question
    {
        public HashSet<Guid> Ids { get; } = [];

        public TaskCompletionSource<Dictionary<Guid, DataKeyRow>> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
