using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys;

/// <summary>How Surveys refuses.</summary>
internal static class SurveysFailures
{
    public static readonly Failure Closed = new("surveys.closed", 410,
        "此问卷已截止，感谢您的关注。", "This survey is closed. Thank you for your interest.");

    public static readonly Failure NoSuchLink = new("surveys.no-such-link", 404,
        "此链接已失效，打不开问卷。如有疑问，请与学校联系。", "This link no longer opens a survey. If you have a question, please ask the school.");

    public static readonly Failure AnsweredAlready = new("surveys.answered-already", 409,
        "您已提交过答卷，不可修改。", "You have answered already; the answer stays as it is.");

    public static readonly Failure AnswerNeeded = new("surveys.answer-needed", 400,
        "请回答此题。", "Please answer this question.");

    public static readonly Failure NumberOutOfRange = new("surveys.number-out-of-range", 400,
        "请填写 {0} 到 {1} 之间的整数。", "Give a whole number from {0} to {1}.");

    public static readonly Failure TextTooLong = new("surveys.text-too-long", 400,
        "请填写不超过 {0} 个字的文字。", "Give text of at most {0} characters.");

    public static readonly Failure NoSuchChoice = new("surveys.no-such-choice", 400,
        "请从所给选项中选择。", "Choose from what is offered.");

    public static readonly Failure NotADate = new("surveys.not-a-date", 400,
        "请填写日期，如 2026-09-01。", "Give a date, e.g. 2026-09-01.");

    public static readonly Failure NoSuchQuestion = new("surveys.no-such-question", 400,
        "问卷中没有此题，请删除。", "The survey has no such question; remove it.");

    public static readonly Failure Unreadable = new("surveys.unreadable", 400,
        "文字含有无法识别的字符，请重新填写。", "The text has characters that cannot be read; write it again.");

    public static readonly Failure NodeNeeded = new("surveys.node-needed", 400,
        "请用 node=class|school|district 和 id 指明范围。", "Say which node: node=class|school|district and its id.");

    public static readonly Failure RoundNeeded = new("surveys.round-needed", 400,
        "请给出 roundId，或家访满意度的 termId 之一。", "Give either roundId or, of visit satisfaction, termId.");

    public static readonly Failure DefinitionNeeded = new("surveys.definition-needed", 400,
        "请给出 definitionId，或现成问卷的 readyMade 之一。", "Give either definitionId, or readyMade, the kind of a ready-made one.");

    public static readonly Failure SearchTooLong = new("surveys.search-too-long", 400,
        "搜索内容不超过 {0} 个字。", "Search for at most {0} characters.");

    public static readonly Failure IntakeIsInTheArchive = new("surveys.intake-is-in-the-archive", 409,
        "家庭情况调研表的文字答案在学生档案中查看。", "What families wrote in the intake survey is in the child's archive.");

    public static readonly Failure NoSingleAnswers = new("surveys.no-single-answers", 409,
        "匿名问卷不提供逐份答卷。", "An anonymous survey has no single answers to show.");

    public static readonly Failure OutOfRange = new("surveys.policy-out-of-range", 400,
        "请填写 {0} 到 {1} 之间的整数。", "Give a whole number from {0} to {1}.");

    public static readonly Failure TimeZone = new("surveys.time-zone", 400,
        "请填写 IANA 时区，如 Asia/Shanghai。", "Give an IANA time zone, e.g. Asia/Shanghai.");

    public static readonly Failure TooMany = new("surveys.too-many-questions", 400,
        "一份问卷最多 {0} 题。", "A survey has at most {0} questions.");

    public static readonly Failure TooMuchText = new("surveys.too-much-text", 400,
        "各文字题的字数上限合计不超过 {0}。", "The texts may have at most {0} characters in all.");

    public static readonly Failure TooManyNumbers = new("surveys.too-many-numbers", 400,
        "请填写最小值 lowest 和最大值 highest，最多 {0} 个整数。", "Give lowest and highest, with at most {0} whole numbers.");

    public static readonly Failure SchoolNeeded = new("surveys.school-needed", 400,
        "您在多所学校任职，请用 schoolId 指明其中一所。", "You are an officer of several schools: name one of them as schoolId.");

    public static readonly Failure TooManyFields = new("surveys.too-many-fields", 400,
        "选项和矩阵行合计最多 {0} 个，请减少或分成两份问卷。",
        "There may be at most {0} choices to tick and rows of matrices: ask less, or in two surveys.");

    public static readonly Failure IdUnfit = new("surveys.id-unfit", 400,
        "编号应以字母开头，由字母、数字、- 或 _ 组成，最多 40 个字符。",
        "An id begins with a letter and has letters, digits, - or _, at most 40.");

    public static readonly Failure IdTwice = new("surveys.id-twice", 400,
        "此编号重复（不区分大小写）。", "This id is there twice (capitals do not count).");

    public static readonly Failure NotOfThisType = new("surveys.not-of-this-type", 400,
        "此类题目没有这一项，请删除。", "Questions of this type have none; remove it.");

    public static readonly Failure NotEarlier = new("surveys.not-earlier", 400,
        "条件只能依据前面的题目。", "A condition can only be on an earlier question.");

    public static readonly Failure ConditionUnfit = new("surveys.condition-unfit", 400,
        "此条件与所依据题目的类型或选项不符。", "The condition does not fit the type or the choices of its question.");

    public static readonly Failure NotInSurveyJsSubset = new("surveys.not-in-surveyjs-subset", 400,
        "SurveyJS 的这一项无法表示，请删除或改写。", "This part of SurveyJS cannot be represented; remove or rewrite it.");

    public static readonly Failure ContentNeeded = new("surveys.content-needed", 400,
        "请给出 content 或 surveyJs 之一。", "Give either content or surveyJs.");

    public static readonly Failure OpensByItself = new("surveys.opens-by-itself", 409,
        "家访满意度由完成的家访自动发出，无需手动发放。", "Visit satisfaction opens by itself when a visit completes.");

    public static readonly Failure IntakeIsNamed = new("surveys.intake-is-named", 409,
        "家庭情况调研表的答案进入学生档案，只能实名。", "Answers to the family intake go into the archive: it can only be named.");

    public static readonly Failure IntakeIsReadyMade = new("surveys.intake-is-ready-made", 409,
        "家庭情况调研表使用现成问卷，其他问卷请选 designed 等类型。",
        "The family intake is asked as it is ready-made; give another kind to a survey of your own.");

    public static readonly Failure NothingToOpen = new("surveys.nothing-to-open", 400,
        "请给出 definitionId，或现成问卷的 readyMade 之一。", "Give either definitionId, or readyMade, the kind of a ready-made one.");

    public static readonly Failure ClosingTime = new("surveys.closing-time", 400,
        "截止时间应在 1 小时至 180 天之后，提醒时间应在其之前。",
        "It closes in one hour to 180 days; the reminder is before that.");

    public static readonly Failure ScopeUnfit = new("surveys.scope-unfit", 400,
        "按班级发放须给出 classId，按年级须给出 grade，按班级或年级须给出 schoolId；其余留空。",
        "For a class give schoolId and classId, for a grade schoolId and grade, for a school schoolId; nothing else.");

    public static readonly Failure NoBatchKeys = new("surveys.no-batch-keys", 409,
        "尚未配置匿名问卷的密钥目录(Surveys:BatchKeys)，请联系管理员。",
        "The folder of keys for anonymous surveys (Surveys:BatchKeys) is not configured; ask an administrator.");

    public static readonly Failure Busy = new("surveys.busy", 503,
        "现在填写的家长很多，您的答卷还没有提交，请稍等几秒再提交。",
        "Many families are answering right now. Your answer has not been taken yet; please send it again in a few seconds.");

    public static readonly Failure NotAnonymousNow = new("surveys.not-anonymous-now", 503,
        "暂时无法匿名保存答卷，请稍后再提交。", "The answer cannot be kept anonymously at the moment; please send it again later.");
}
