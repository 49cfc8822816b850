using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HomeSchool.Probe;

/// <summary>
/// Kills the process at the one moment that matters: when a batch's effect is committed and nothing is acknowledged yet. The
/// pump's own metric tells that moment, so production code needs no hook for it.
/// </summary>
internal static class SelfDestruction
{
    public static void Arm()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "homeschool.consumer.applied")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Process.GetCurrentProcess().Kill());
        listener.Start();
    }
}
