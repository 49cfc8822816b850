using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Rounds;

namespace HomeSchool.Surveys.Answering;

/// <summary>An answer as it was sent, and the promise to tell what became of it.</summary>
/// <param name="target">Where its link leads.</param>
/// <param name="http">Its request: who sent it, by which endpoint, and with which <c>Idempotency-Key</c>.</param>
/// <param name="read">Reads what was sent, once it is known what was asked.</param>
/// <param name="mayChange">Whether the sender gave the answer that this one may replace.</param>
internal sealed class SentAnswer(
    LinkTarget target, HttpContext http, Func<Round, IReadOnlyDictionary<string, JsonElement>> read, bool mayChange)
{
    private readonly TaskCompletionSource<TakenAnswer> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinkTarget Target { get; } = target;

    /// <summary>Whether the sender gave the answer that this one may replace.</summary>
    public bool MayChange { get; } = mayChange;

    public IdempotencyKey? Key { get; } = IdempotencyKey.Of(http);

    /// <summary>Who, for the audit.</summary>
    public string Actor { get; } = http.RequestServices.GetRequiredService<CurrentCaller>().Caller.Name;

    /// <summary>The endpoint's name, for the audit.</summary>
    public string Action { get; } = http.GetEndpoint()!.Metadata.GetRequiredMetadata<IEndpointNameMetadata>().EndpointName;

    public string CorrelationId { get; } = Correlation.Of(http);

    /// <summary>What became of it, once that is on the disk.</summary>
    public Task<TakenAnswer> Outcome => outcome.Task;

    public IReadOnlyDictionary<string, JsonElement> Read(Round round) => read(round);

    public void Tell(TakenAnswer taken) => outcome.TrySetResult(taken);

    public void Fail(Exception exception) => outcome.TrySetException(exception);

    /// <summary>Nobody waits for it any more: if it is not under way, it is left out.</summary>
    public void GiveUp(CancellationToken cancel) => outcome.TrySetCanceled(cancel);
}

/// <summary>What became of an answer.</summary>
/// <param name="Refused">Why it was not taken; <see langword="null"/> when it was.</param>
/// <param name="Round">What was asked, if that is known.</param>
/// <param name="Invitation">Who was asked, as it was before.</param>
/// <param name="Given">What was sent.</param>
/// <param name="WasTakenBefore">Whether the same request was answered before (<c>Idempotency-Key</c>).</param>
internal sealed record TakenAnswer(
    Problem? Refused, Round? Round = null, Invitation? Invitation = null, IReadOnlyDictionary<string, JsonElement>? Given = null,
    bool WasTakenBefore = false);
