using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives;

/// <summary>How the archives refuse a request.</summary>
internal static class ArchivesFailures
{
    /// <summary>An upload that cannot be taken at all; the places and reasons are in <c>errors</c>.</summary>
    public static readonly Failure RosterRefused = new("archives.roster-refused", 422,
        "名册无法导入，未做任何更改；原因见 errors。", "The roster cannot be imported and nothing was changed; see errors.");

    /// <summary>The id that the client chose is an import's already.</summary>
    public static readonly Failure ImportExists = new("archives.import-exists", 409,
        "此编号的导入已存在，请另选编号。", "There is an import of this id; choose another.");

    /// <summary>Somebody cancelled the import while it was being checked.</summary>
    public static readonly Failure ImportCancelled = new("archives.import-cancelled", 409,
        "导入已被取消，未做任何更改。", "The import was cancelled; nothing was changed.");

    /// <summary>The import was decided already.</summary>
    public static readonly Failure ImportDecided = new("archives.import-decided", 409,
        "该次导入已处理({0}),请重新上传。", "This import is {0} already; upload the file again.");

    /// <summary>The roster changed between check and confirmation.</summary>
    public static readonly Failure RosterChanged = new("archives.roster-changed", 409,
        "检查之后名册已有变化，请重新上传并核对差异。", "The roster changed after the check; upload the file again and look at the difference.");

    /// <summary>Many students would leave a school.</summary>
    public static readonly Failure WithdrawalsNotAccepted = new("archives.withdrawals-not-accepted", 409,
        "将有较多学生离开学校（见 losses）;如确认无误，请带上 acceptWithdrawals: true。",
        "Many students would leave their school (see losses); if that is right, send acceptWithdrawals: true.");

    /// <summary>A school or class that the district does not have, or has no longer.</summary>
    public static readonly Failure NotThere = new("archives.not-there", 400,
        "名册中没有此学校或班级。", "The roster has no such school or class.");

    /// <summary>A new school under an id that is taken.</summary>
    public static readonly Failure SchoolExists = new("archives.school-exists", 400,
        "该编号已被使用。", "This id is taken.");

    /// <summary>A move to the school itself, or to one that closes.</summary>
    public static readonly Failure NoPlaceToGo = new("archives.no-place-to-go", 400,
        "不能迁入本校或即将撤销的学校。", "They cannot move to the same school, or to one that closes.");

    /// <summary>A class, or all of a school, moves once.</summary>
    public static readonly Failure MovesTwice = new("archives.moves-twice", 400,
        "重复迁出。", "This moves twice.");

    /// <summary>The other school has a class of that id.</summary>
    public static readonly Failure ClassExists = new("archives.class-exists", 400,
        "目标学校已有相同编号的班级，请先在名册系统中更改编号。", "The other school has a class of this id; change one of them in the roster first.");

    /// <summary>A role that cannot be named in the policy of sensitive items.</summary>
    public static readonly Failure ReaderNotAllowed = new("archives.reader-not-allowed", 400,
        "此角色不能查阅内部资料。", "This role cannot read sensitive items.");

    /// <summary>Neither policy nor a granted access lets the caller read the item.</summary>
    public static readonly Failure AccessNeeded = new("archives.access-needed", 403,
        "此内部资料需经分管校长授权后查阅，请先提交申请(sensitive-access)。",
        "Reading this item needs an approver's grant; ask for it (sensitive-access).");

    /// <summary>Who may not read a kind of sensitive items cannot write it.</summary>
    public static readonly Failure KindNotYours = new("archives.kind-not-yours", 403,
        "此类内部资料由政策指定的人员填写。", "Items of this kind are written by those whom the policy names.");

    /// <summary>Reading in a crisis has an address of its own.</summary>
    public static readonly Failure CrisisElsewhere = new("archives.crisis-elsewhere", 400,
        "危机情况请使用紧急查阅(emergency-reads)。", "In a crisis, use emergency-reads.");

    /// <summary>A day that is over, or too far away.</summary>
    public static readonly Failure DayOutOfRange = new("archives.day-out-of-range", 400,
        "日期应在 {0:yyyy-MM-dd} 到 {1:yyyy-MM-dd} 之间。", "The day must be from {0:yyyy-MM-dd} to {1:yyyy-MM-dd}.");

    /// <summary>The account's role names no staff member.</summary>
    public static readonly Failure NamesNobody = new("archives.names-nobody", 403,
        "您的账号未关联教职工，无法署名；请联系管理员。", "Your account names no staff member; ask an administrator.");

    /// <summary>Access that was decided, or taken back, already.</summary>
    public static readonly Failure AccessDecided = new("archives.access-decided", 409,
        "该申请已处理。", "This request for access is decided already.");

    /// <summary>Nobody grants access to himself.</summary>
    public static readonly Failure OwnAccess = new("archives.own-access", 403,
        "不能审批本人的申请。", "You cannot decide on your own request.");

    /// <summary>A read that was reviewed already.</summary>
    public static readonly Failure Reviewed = new("archives.reviewed", 409,
        "该次查阅已复核。", "This read has been reviewed already.");

    /// <summary>Nobody reviews what he did himself.</summary>
    public static readonly Failure OwnReview = new("archives.own-review", 403,
        "不能复核本人的查阅。", "You cannot review your own read.");

    /// <summary>A breach without the time when it was noticed, or noticed in the future.</summary>
    public static readonly Failure NoticedAt = new("archives.noticed-at", 400,
        "请填写发现事件的时间，不晚于现在。", "Say when the breach was noticed, not later than now.");

    /// <summary>A district has one audit a year.</summary>
    public static readonly Failure AuditExists = new("archives.audit-exists", 409,
        "该年度审计已建立。", "The audit of this year exists already.");

    /// <summary>Nothing of a closed case changes.</summary>
    public static readonly Failure CaseClosed = new("archives.case-closed", 409,
        "该事项已结案，不能再修改。", "This case is closed and changes no more.");

    /// <summary>A case that does not say all that it must.</summary>
    public static readonly Failure CaseIncomplete = new("archives.case-incomplete", 409,
        "尚有必填内容未填写，见 errors。", "The case lacks what the law asks for; see errors.");

    /// <summary>One part that is missing.</summary>
    public static readonly Failure PartMissing = new("archives.part-missing", 409,
        "请填写此项。", "Write this part.");

    /// <summary>A part that must be written.</summary>
    public static readonly Failure PartNeeded = new("archives.part-needed", 400,
        "此项必须填写内容；填写内容后不需要说明理由。", "This part needs its text; a reason cannot stand in its place, nor beside it.");
}
