using HomeSchool.Contracts.PersonalData;

namespace HomeSchool.Archives.Rights;

/// <summary>What codes say to people; to be read by the district's lawyer.</summary>
internal static class RightsTexts
{
    private static readonly Dictionary<string, (string Zh, string En)> Kept = new(StringComparer.Ordinal)
    {
        ["auditEvidence"] = (
            "审计记录：谁在何时做了什么，仅含编号，依法作为证据保存", "the audit: who did what and when, ids only, kept as evidence by law"),
        ["eventLog"] = (
            "系统间的事件记录：仅含编号或密文，到期自动删除", "events between services: ids or ciphertext only, deleted by themselves on the day"),
        ["parked"] = ("待人工处理的事件：仅含编号；重放时不会恢复资料", "events set aside for an operator: ids only; replayed, they bring nothing back"),
        ["idempotency"] = ("防止重复提交的记录：不含内容，次日删除", "marks against repeated requests: no content, deleted the next day"),
        ["proofOfErasure"] = ("关于资料的请求及其办理结果：本证明的依据", "the requests about the data and what came of them: what this certificate rests on"),
        ["proofOfConsent"] = ("同意与撤回的记录：仅含编号，证明处理合法", "consents and withdrawals: ids only, the proof that what was done was lawful"),
    };

    /// <summary>Why something stays.</summary>
    public static (string Zh, string En) Because(string code) => Kept.GetValueOrDefault(code, (code, code));

    /// <summary>A kind of data, in both languages.</summary>
    public static string Of(DataKind kind) => kind switch
    {
        DataKind.Basics => "基本信息 Basics",
        DataKind.Sensitive => "内部资料 Sensitive items",
        DataKind.ReadLog => "查阅记录 Log of reads",
        DataKind.Requests => "同意与请求 Consents and requests",
        DataKind.Family => "家庭情况 Family",
        DataKind.Support => "支持与成长 Support",
        DataKind.Files => "附件 Files",
        DataKind.Visits => "家访 Home visits",
        DataKind.Surveys => "问卷 Surveys",
        DataKind.Activities => "活动 Activities",
        DataKind.Messages => "消息 Messages",
        DataKind.Accounts => "账号 Accounts",
        DataKind.Figures => "统计 Figures",
    };

    /// <summary>What is left to do for a correction.</summary>
    public static string Next(CorrectedIn place, bool chinese) => place switch
    {
        CorrectedIn.Roster => chinese
            ? "请在导出花名册的系统（如学籍系统）中更正，下次导入后生效；只在此处更正会被导入覆盖。"
            : "Correct it in the system that exports the roster; the next import brings it. A change here alone would be undone by an import.",
        CorrectedIn.Visits => chinese ? "请在家访记录中更正。" : "Correct it in the record of the visit.",
        CorrectedIn.Archive => chinese ? "请在学生档案中更正。" : "Correct it in the student's archive.",
    };

    /// <summary>Why a request was refused.</summary>
    public static string? Of(RefusalReason? reason, bool chinese) => reason switch
    {
        RefusalReason.NotProven => chinese
            ? "申请人未能证明其为该学生的监护人。" : "Who asked has not shown to be the child's guardian.",
        RefusalReason.KeptByLaw => chinese
            ? "法律、行政法规要求保存，或规定的保存期限未届满（《个人信息保护法》第四十七条）。"
            : "The law asks for keeping it, or its period is not over (PIPL, article 47).",
        RefusalReason.StillNeeded => chinese
            ? "处理目的尚未实现，仍为实现该目的所必需（《个人信息保护法》第四十七条）。"
            : "It is still needed for what it was gathered for (PIPL, article 47).",
        RefusalReason.Repeated => chinese
            ? "近期已办理过相同的请求。" : "The same was asked for and done a short while ago.",
        _ => null,
    };
}
