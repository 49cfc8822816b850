using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives;

/// <summary>How the archives refuse a request.</summary>
internal static class ArchivesFailures
{
    /// <summary>An upload that cannot be taken at all; the places and reasons are in <c>errors</c>.</summary>
    public static readonly Failure RosterRefused = new("archives.roster-refused", 422,
        "名册无法导入,未做任何更改;原因见 errors。", "The roster cannot be imported and nothing was changed; see errors.");

    /// <summary>The import was decided already.</summary>
    public static readonly Failure ImportDecided = new("archives.import-decided", 409,
        "该次导入已处理({0}),请重新上传。", "This import is {0} already; upload the file again.");

    /// <summary>The roster changed between check and confirmation.</summary>
    public static readonly Failure RosterChanged = new("archives.roster-changed", 409,
        "检查之后名册已有变化,请重新上传并核对差异。", "The roster changed after the check; upload the file again and look at the difference.");

    /// <summary>Many students would leave a school.</summary>
    public static readonly Failure WithdrawalsNotAccepted = new("archives.withdrawals-not-accepted", 409,
        "将有较多学生离开学校(见 losses);如确认无误,请带上 acceptWithdrawals: true。",
        "Many students would leave their school (see losses); if that is right, send acceptWithdrawals: true.");
}
