namespace HomeSchool.Archives.Compliance;

/// <summary>What the law has a district do about personal information (ALL-9).</summary>
public enum CaseKind
{
    /// <summary>个人信息泄露、篡改、丢失: a breach, or the possibility of one (PIPL 57).</summary>
    Breach,

    /// <summary>年度合规审计: the yearly audit of how minors' information is handled (未成年人网络保护条例 37).</summary>
    YearlyAudit,

    /// <summary>个人信息保护影响评估: the impact assessment before sensitive handling (PIPL 55–56).</summary>
    ImpactAssessment,
}

/// <summary>One thing that a case must say.</summary>
/// <param name="Key">Its name in addresses.</param>
/// <param name="Zh">Its title in Chinese.</param>
/// <param name="En">Its title in English.</param>
/// <param name="Source">The article that asks for it.</param>
/// <param name="MayBeNotNeeded">Whether a reason why it is not needed can stand in its place.</param>
internal sealed record CasePartForm(string Key, string Zh, string En, string Source, bool MayBeNotNeeded = false);

/// <summary>A document that a case gives, to be printed and sealed.</summary>
/// <param name="Key">Its name in addresses.</param>
/// <param name="Zh">Its title in Chinese.</param>
/// <param name="En">Its title in English.</param>
/// <param name="Parts">What it says, in its order; <see langword="null"/> for everything.</param>
internal sealed record CaseDocumentForm(string Key, string Zh, string En, IReadOnlyList<string>? Parts = null);

/// <summary>What a case of a kind must say before it can be closed, and which documents come of it: as the articles list it.</summary>
/// <param name="Parts">What it must say.</param>
/// <param name="Documents">What comes of it.</param>
internal sealed record CaseForm(IReadOnlyList<CasePartForm> Parts, IReadOnlyList<CaseDocumentForm> Documents)
{
    private static readonly CaseForm Breach = new(
        [
            new("facts", "发生经过与原因", "What happened, and why", "PIPL 57(1)"),
            new("information", "涉及的个人信息种类与人数", "Kinds of information, and how many people", "PIPL 57(1)"),
            new("harm", "可能造成的危害", "Harm that may follow", "PIPL 57(1)"),
            new("measures", "已采取的补救措施", "What was done about it", "PIPL 57(2)"),
            new("advice", "个人可以采取的减轻危害的措施", "What those concerned can do", "PIPL 57(2)"),
            new("contact", "联系方式", "Whom to ask", "PIPL 57(3)"),
            new("authority-notice", "向主管部门报告情况（部门、时间）", "Notice to the authority: which, and when", "PIPL 57"),
            new("persons-notice", "告知个人情况（方式、时间）", "Notice to those concerned: how, and when", "PIPL 57", MayBeNotNeeded: true),
            new("lessons", "整改与复盘", "What changes so that it does not happen again", "条例 35", MayBeNotNeeded: true),
        ],
        [
            new("authority", "个人信息安全事件报告", "Notice of a personal-information breach to the authority",
                ["facts", "information", "harm", "measures", "advice", "contact"]),
            new("persons", "个人信息安全事件告知书", "Notice of a personal-information breach to those concerned",
                ["information", "facts", "harm", "measures", "advice", "contact"]),
            new("record", "事件处置记录", "Record of the case"),
        ]);

    private static readonly CaseForm YearlyAudit = new(
        [
            new("scope", "审计范围、依据与人员", "Scope, basis and auditors", "条例 37"),
            new("consent", "告知、同意与个人权利响应", "Notice, consent and how requests were answered", "PIPL 17, 31, 45–47; 条例 34"),
            new("access", "最小授权与查阅审批、记录", "Least privilege, approved and logged access", "条例 36"),
            new("security", "安全措施与事件", "Protective measures and incidents", "PIPL 51; 条例 35"),
            new("sharing", "委托处理、共享与对外提供", "Processors, sharing and disclosure", "PIPL 21, 23", MayBeNotNeeded: true),
            new("findings", "发现的问题", "Findings", "条例 37"),
            new("measures", "整改措施、责任人与期限", "Measures, owners and deadlines", "条例 37"),
            new("filed", "报送情况（部门、时间）", "Filed: where, and when", "条例 37"),
        ],
        [new("report", "未成年人个人信息保护合规审计报告", "Compliance audit on the protection of minors' personal information")]);

    private static readonly CaseForm ImpactAssessment = new(
        [
            new("occasion", "评估事由（敏感信息、自动化决策、委托、提供、公开、出境等）", "Occasion: sensitive information, automated decisions, processors, disclosure …", "PIPL 55"),
            new("purpose", "处理目的、方式是否合法、正当、必要", "Whether purpose and manner are lawful, legitimate and necessary", "PIPL 56(1)"),
            new("impact", "对个人权益的影响及安全风险", "Impact on people's rights, and risks", "PIPL 56(2)"),
            new("measures", "保护措施是否合法、有效并与风险程度相适应", "Whether the protection is lawful, effective and proportionate", "PIPL 56(3)"),
            new("decision", "结论、批准人与复评时间", "Conclusion, who approved it, and when it is looked at again", "PIPL 56"),
        ],
        [new("report", "个人信息保护影响评估报告", "Personal information protection impact assessment")]);

    /// <summary>The form of a kind.</summary>
    public static CaseForm Of(CaseKind kind) => kind switch
    {
        CaseKind.Breach => Breach,
        CaseKind.YearlyAudit => YearlyAudit,
        _ => ImpactAssessment,
    };
}
