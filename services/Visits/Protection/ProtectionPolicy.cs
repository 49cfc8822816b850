using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Protection;

/// <summary>
/// What people are told when a child is in danger; a district puts its own telephone numbers here (VIS-17, VIS-18).
/// </summary>
public sealed record ProtectionPolicy
{
    private const int MostEntries = 20;
    private const int LongestText = 300;

    /// <summary>What to do at once when harm is suspected (VIS-17).</summary>
    public IReadOnlyList<Instruction> DoNow { get; init; } =
    [
        new("safe", "确保孩子当前安全，有危险立即拨打 110。", "See that the child is safe now; in danger call 110 at once."),
        new("listen", "倾听并原话记录，不追问、不承诺保密。", "Listen and note the child's own words; do not probe, promise no secrecy."),
        new("report", "立即向公安机关报告，并告知学校儿童保护负责人。", "Report to the police at once, and tell the school's child-protection lead."),
        new("silence", "不得告知或质问可能的加害人，包括家长。", "Neither tell nor question who may have done it, parents included."),
        new("evidence", "保留衣物、照片、聊天记录等证据。", "Keep evidence: clothes, photos, messages."),
    ];

    /// <summary>Whom to tell (VIS-17).</summary>
    public IReadOnlyList<AuthorityContact> Tell { get; init; } =
    [
        new(Authority.Police, "公安机关", "Police", "110"),
        new(Authority.CivilAffairs, "民政部门（未成年人保护热线）", "Civil affairs (child protection)", "12345"),
        new(Authority.Education, "区县教育主管部门", "Education authority", null),
    ];

    /// <summary>What is done in a crisis, and ticked (VIS-18).</summary>
    public IReadOnlyList<Instruction> CrisisChecklist { get; init; } =
    [
        new("not-alone", "有人陪伴，绝不让学生独处。", "Somebody stays with the student, all the time."),
        new("guardian-told", "已当面或电话告知监护人（不以文字告知）。", "A guardian was told in person or by voice, not in writing."),
        new("referral", "已转介专业机构就诊或评估。", "Referred to professionals."),
        new("return-plan", "已制定返校支持计划。", "There is a plan for the return to school."),
    ];

    internal void Check(Mistakes mistakes)
    {
        CheckAll("protection.doNow", DoNow, mistakes);
        CheckAll("protection.crisisChecklist", CrisisChecklist, mistakes);
        if (Tell.Count is 0 or > MostEntries)
            mistakes.Add(Failures.List.At("protection.tell", 1, MostEntries));
        for (var i = 0; i < Math.Min(Tell.Count, MostEntries); i++)
        {
            mistakes.Text($"protection.tell[{i}].zh", Tell[i].Zh, LongestText);
            mistakes.Text($"protection.tell[{i}].en", Tell[i].En, LongestText);
            mistakes.OptionalText($"protection.tell[{i}].phone", Tell[i].Phone, LongestText);
        }
    }

    private static void CheckAll(string field, IReadOnlyList<Instruction> list, Mistakes mistakes)
    {
        if (list.Count is 0 or > MostEntries || list.DistinctBy(item => item.Code, StringComparer.Ordinal).Count() != list.Count)
            mistakes.Add(Failures.List.At(field, 1, MostEntries));
        for (var i = 0; i < Math.Min(list.Count, MostEntries); i++)
        {
            mistakes.Text($"{field}[{i}].code", list[i].Code, 40);
            mistakes.Text($"{field}[{i}].zh", list[i].Zh, LongestText);
            mistakes.Text($"{field}[{i}].en", list[i].En, LongestText);
        }
    }
}

/// <summary>Something to do.</summary>
/// <param name="Code">Stable; up to 40 characters.</param>
/// <param name="Zh">In Chinese, up to 300 characters.</param>
/// <param name="En">In English, up to 300 characters.</param>
public sealed record Instruction(string Code, string Zh, string En);

/// <summary>To whom harm is reported (强制报告).</summary>
public enum Authority
{
    /// <summary>公安.</summary>
    Police,

    /// <summary>民政.</summary>
    CivilAffairs,

    /// <summary>教育.</summary>
    Education,

    /// <summary>检察.</summary>
    Procuratorate,

    /// <summary>医疗机构.</summary>
    Hospital,
}

/// <summary>How an authority is reached.</summary>
/// <param name="Authority">Which.</param>
/// <param name="Zh">Its name in Chinese.</param>
/// <param name="En">Its name in English.</param>
/// <param name="Phone">Its number; <see langword="null"/> until the district has entered it.</param>
public sealed record AuthorityContact(Authority Authority, string Zh, string En, string? Phone);
