using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Archives.Passing;

/// <summary>How rollovers, handovers and transfers refuse a request.</summary>
internal static class PassingFailures
{
    /// <summary>A district rolls over once a year.</summary>
    public static readonly Failure RolledOver = new("archives.rolled-over", 409,
        "本学年的升级已于 {0:yyyy-MM-dd} 生效，不能重复进行。", "This school year's rollover is done already, for {0:yyyy-MM-dd}.");

    /// <summary>An upload says in rollover.json what happens beside the placements.</summary>
    public static readonly Failure RolloverMissing = new("archives.rollover-missing", 400,
        "请在同一次上传中附上一个 rollover.json（至少写明 firstDay），其余文件为分班名单。",
        "Send one rollover.json along that can be read (with firstDay at least); the other files are placement sheets.");

    /// <summary>A grade that is no number from 1 to 12.</summary>
    public static readonly Failure GradeUnknown = new("archives.grade-unknown", 400,
        "年级应为 1 到 12 的数字，如 07。", "A grade is a number from 1 to 12, e.g. 07.");

    /// <summary>A student or teacher whom the roster does not have.</summary>
    public static readonly Failure NobodyThere = new("archives.nobody-there", 400,
        "名册中没有此人。", "The roster has nobody of this id.");

    /// <summary>The same thing is said twice.</summary>
    public static readonly Failure SaidTwice = new("archives.said-twice", 400,
        "重复填写。", "This is said twice.");

    /// <summary>The id of a class that the school has, or had.</summary>
    public static readonly Failure ClassIdTaken = new("archives.class-id-taken", 400,
        "该校已有此编号的班级。", "The school has, or had, a class of this id.");

    /// <summary>A class whose students graduate takes nobody.</summary>
    public static readonly Failure ClassGraduates = new("archives.class-graduates", 400,
        "该班级本学年毕业，不能编入学生或指定班主任。", "This class graduates: nobody can be placed there.");

    /// <summary>A transfer of the student waits already.</summary>
    public static readonly Failure TransferWaits = new("archives.transfer-waits", 409,
        "该学生已有待处理的转学申请。", "A transfer of this student waits to be decided already.");

    /// <summary>A transfer that was decided already.</summary>
    public static readonly Failure TransferDecided = new("archives.transfer-decided", 409,
        "该转学申请已处理。", "This transfer is decided already.");

    /// <summary>Who joins from outside is no student here yet.</summary>
    public static readonly Failure AdmittedInstead = new("archives.admitted-instead", 400,
        "区外转入请在学校名下登记新学生。", "Who joins from outside is entered as a new student of the school.");

    /// <summary>The number of somebody who is, or was, in the district's roster.</summary>
    public static readonly Failure NumberTaken = new("archives.number-taken", 409,
        "本区名册中已有此学籍号的学生；请办理区内转学或复学。",
        "The district's roster has, or had, a student of this number: transfer the student, or take the student back.");

    /// <summary>The student is not on the roll of the school that lets go any more.</summary>
    public static readonly Failure NotOnRoll = new("archives.not-on-roll", 409,
        "该学生已不在转出学校的名册上。", "The student is not on the releasing school's roll.");

    /// <summary>What goes along is taken while the student is at the next school.</summary>
    public static readonly Failure NotAtNextSchool = new("archives.not-at-next-school", 409,
        "该学生今天不在接收学校的名册上；资料在学生到校后接收。",
        "The student is not on the next school's roll today: what goes along is taken when the student is there.");

    /// <summary>A proposal that nobody decided in time.</summary>
    public static readonly Failure TransferTooLate = new("archives.transfer-too-late", 409,
        "转学日期已过 {0} 天以上，请由转出学校撤回后重新提出。",
        "The first day is more than {0} days ago: the releasing school cancels this transfer and proposes another.");

    /// <summary>Who comes back must have been let go by this school, and be nowhere else.</summary>
    public static readonly Failure NothingToReturnFrom = new("archives.nothing-to-return-from", 409,
        "该学生没有在本校休学或转出，或已在其他学校就读。",
        "The student neither left this school nor is on leave from it, or is at another school.");

    /// <summary>A transfer within the district names another school; the others name none.</summary>
    public static readonly Failure OtherSchoolNeeded = new("archives.other-school-needed", 400,
        "区内转学请填写本区另一所学校；其他情形不填。", "A transfer within the district names another of its schools; others name none.");

    /// <summary>More than the basics needs the guardian's consent, or a duty of the law, but not both.</summary>
    public static readonly Failure BasisNeeded = new("archives.basis-needed", 400,
        "请填写监护人同意或法定职责之一。", "Give either the guardian's consent or the duty of the law.");

    /// <summary>The consent of somebody who is no legal guardian of the student, or may not sign (ARC-13).</summary>
    public static readonly Failure NoGuardian = new("archives.no-guardian", 400,
        "此人不是该学生可签字的监护人。", "This person is not a guardian of the student who may sign.");

    /// <summary>There is nothing to hand over to another school.</summary>
    public static readonly Failure NotWithin = new("archives.not-within", 409,
        "只有区内转学可以移交更多资料。", "Only a transfer within the district hands more over.");
}
