using System.Diagnostics;

namespace HomeSchool.Gateway;

/// <summary>
/// A trace begins at the gateway: its id is the correlation id that services put into logs, audit rows and events, so a client
/// must not be able to choose it. Towards the services it travels as W3C <c>traceparent</c>.
/// </summary>
internal sealed class NewTrace : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier, PropagatorGetterCallback? getter) => null;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        // Only the hosting layer asks this propagator, and it only extracts.
    }
}
