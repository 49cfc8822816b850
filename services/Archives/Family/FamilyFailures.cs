using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Family;

/// <summary>What guardians' and families' endpoints refuse, and how to mend it.</summary>
internal static class FamilyFailures
{
    /// <summary>Only a court or the police takes from a guardian what is his.</summary>
    public static readonly Failure ByDocumentOnly = new("archives.by-document-only", 400,
        "监护人的权利只能依据法院或公安机关的文书限制，请登记文书。",
        "A guardian is restricted by a court's or the police's document only; record the document.");

    /// <summary>Entrustment is for caregivers: guardians have their rights anyway.</summary>
    public static readonly Failure CaregiversOnly = new("archives.caregivers-only", 400,
        "委托只适用于委托照护人。", "Only a caregiver is entrusted.");

    /// <summary>Dates in the wrong order or too far away.</summary>
    public static readonly Failure Days = new("archives.days", 400,
        "日期应在 {0:yyyy-MM-dd} 到 {1:yyyy-MM-dd} 之间，且结束日不早于开始日。",
        "Days must be from {0:yyyy-MM-dd} to {1:yyyy-MM-dd}, the last not before the first.");

    /// <summary>Not a language tag.</summary>
    public static readonly Failure Language = new("archives.language", 400,
        "请填写语言代码，如 zh、bo、ug、yue。", "Give a language tag such as zh, bo, ug or yue.");

    /// <summary>Somebody who is no guardian of the child, or not the caller himself.</summary>
    public static readonly Failure NotAGuardian = new("archives.not-a-guardian", 400,
        "只能填写该学生监护人的信息；监护人只能填写本人的信息。",
        "This is for the student's guardians only; a guardian writes his own part.");

    /// <summary>Who shares no guardian at this school is not joined.</summary>
    public static readonly Failure NotASibling = new("archives.not-a-sibling", 400,
        "该学生在本校没有与其共同的监护人。", "They share no guardian, or are not at this school.");

    /// <summary>A restriction that was lifted already.</summary>
    public static readonly Failure Lifted = new("archives.lifted", 409,
        "该限制已解除。", "This restriction has been lifted already.");
}
