using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Rights;

/// <summary>How requests about a child's data are refused.</summary>
internal static class RightsFailures
{
    /// <summary>Only a legal guardian asks, in person or on paper.</summary>
    public static readonly Failure GuardianOnly = new("archives.guardian-only", 403,
        "此请求须由监护人提出；代办请填写监护人编号。", "Only a legal guardian can ask for this; on paper, say which guardian asks.");

    /// <summary>The same is asked for already.</summary>
    public static readonly Failure AskedAlready = new("archives.asked-already", 409,
        "相同的请求正在办理中。", "The same request is under way already.");

    /// <summary>A copy is of all there is.</summary>
    public static readonly Failure CopyOfAll = new("archives.copy-of-all", 400,
        "副本包含全部资料，请勿填写 kinds。", "A copy has everything; leave kinds out.");

    /// <summary>A request that was granted or refused.</summary>
    public static readonly Failure Decided = new("archives.request-decided", 409,
        "该请求已处理。", "This request is decided already.");

    /// <summary>A refusal without its reason, or a grant with one.</summary>
    public static readonly Failure ReasonNeeded = new("archives.refusal-reason", 400,
        "拒绝须说明理由，同意则不填。", "A refusal says why; a grant does not.");

    /// <summary>A day for something that the law does not keep, in the past, or too far ahead.</summary>
    public static readonly Failure KeptUntil = new("archives.kept-until", 400,
        "仅依法保存时填写，且应在今天之后、100 年之内。", "Only for what the law keeps; a day after today, within 100 years.");

    /// <summary>What the law keeps is kept until a day, or nobody would ever look at it again.</summary>
    public static readonly Failure KeptUntilNeeded = new("archives.kept-until-needed", 400,
        "依法保存须写明保存到哪一天；因诉讼、调查等无法确定日期的，请先设置保全。",
        "What the law keeps needs the last day for it; where nobody can know it, as in a proceeding, set a hold first.");

    /// <summary>An erasure of the child's data is under way.</summary>
    public static readonly Failure BeingErased = new("archives.being-erased", 409,
        "该生资料正在删除中，无法再保全；请查看删除申请的办理情况。",
        "The child's data is being erased and cannot be held any more; see how far the request is.");

    /// <summary>Who is on the roll has a file.</summary>
    public static readonly Failure StillOnRoll = new("archives.still-on-roll", 409,
        "学生仍在籍，学籍档案依法保存；可按类别(kinds)删除其他资料。",
        "The child is on the roll, and the law asks for the file; other kinds of data can be erased.");

    /// <summary>The copy is not ready, or no more.</summary>
    public static readonly Failure NotReady = new("archives.copy-not-ready", 409,
        "副本尚未准备好。", "The copy is not ready yet.");

    /// <summary>The copy's time is over.</summary>
    public static readonly Failure CopyExpired = new("archives.copy-expired", 410,
        "副本已过期删除，请重新申请。", "The copy was deleted after its time; ask again.");

    /// <summary>No certificate before the end.</summary>
    public static readonly Failure NotErased = new("archives.not-erased", 409,
        "尚未删除完毕。", "The erasure is not finished.");

    /// <summary>A kind of sensitive item that no copy has.</summary>
    public static readonly Failure NeverShown = new("archives.never-shown", 400,
        "此类资料不得提供给家长。", "This kind is never shown to guardians.");

    /// <summary>A purpose's key is a word.</summary>
    public static readonly Failure PurposeKey = new("archives.purpose-key", 400,
        "应为 1–50 个英文字母。", "Write 1 to 50 letters a–z.");

    /// <summary>The district asks consent for no such thing.</summary>
    public static readonly Failure NoSuchPurpose = new("archives.no-such-purpose", 400,
        "没有此项同意事项。", "The district asks consent for no such purpose.");

    /// <summary>The text was changed after it was read.</summary>
    public static readonly Failure TextChanged = new("archives.consent-text-changed", 409,
        "同意事项的文本已更新，请重新阅读。", "The text has changed; read it again.");

    /// <summary>Another text is another version.</summary>
    public static readonly Failure TextNeedsVersion = new("archives.consent-version", 409,
        "修改文本须同时提高版本号。", "A changed text needs a higher version.");

    /// <summary>A child has one hold at a time.</summary>
    public static readonly Failure HeldAlready = new("archives.held-already", 409,
        "该学生的资料已设保全。", "The child's data is on hold already.");
}
