using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.Covenant;

/// <summary>How covenants are refused.</summary>
internal static class CovenantFailures
{
    public static readonly Failure NewerVersion = new("activities.covenant-newer", 409,
        "公约已有新的版本，请阅读后再签署。", "The covenant has a newer version; read it before you sign.");

    public static readonly Failure NotOfChild = new("activities.covenant-not-of-child", 400,
        "应为该学生的监护人，且学生在本班。", "Must be a guardian of that student, who is in this class.");

    public static readonly Failure GuardianMayNotSign = new("activities.covenant-guardian-right", 409,
        "按学校登记的法律文书，该监护人不能代表孩子签署。",
        "By a document that the school holds this guardian cannot sign for the child.");
}
