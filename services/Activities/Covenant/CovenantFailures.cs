using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.Covenant;

/// <summary>How covenants are refused.</summary>
internal static class CovenantFailures
{
    public static readonly Failure NewerVersion = new("activities.covenant-newer", 409,
        "公约已有新的版本，请阅读后再签署。", "The covenant has a newer version; read it before you sign.");
}
