using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Archives;

/// <summary>
/// What the archives hold about a child (ARC-10). A copy has nothing of other people (the other guardian, who wrote or read), nothing of a
/// protected case, and of sensitive items the kinds that the district lets guardians see: by default none.
/// </summary>
internal static class ArchivesPersonalData
{
    public static readonly PersonalDataRules Rules = new()
    {
        Tables =
        [
            new PersonalTable("sensitive_item", DataKind.Sensitive, "内部资料", "Sensitive items")
            {
                ShownWhere = "t.kind <> 'Violence' AND lower(t.kind) IN (SELECT lower(jsonb_array_elements_text(p.settings->'guardiansSee')) "
                    + "FROM personal_data_policy p WHERE p.district_id = $1)",
                Shown =
                [
                    new("kind", "类别", "Kind"), new("written_at", "填写时间", "Written at"), new("content", "内容", "Content"),
                    new("advice", "建议", "Advice"),
                ],
            },
            new PersonalTable("sensitive_access", DataKind.ReadLog, "查阅授权", "Access that was granted"),
            new PersonalTable("sensitive_read", DataKind.ReadLog, "内部资料查阅记录", "Reads of sensitive items")
            {
                ShownWhere = "NOT t.protected AND (t.basis <> 'Emergency' OR t.reviewed_at IS NOT NULL)",
                Shown = [new("read_at", "时间", "At"), new("role", "角色", "Role"), new("purpose", "用途", "Purpose")],
            },

            // What the counselor watches is not for the family to read; neither are tiers and what draws attention (ARC-4, ARC-5).
            new PersonalTable("student_task", DataKind.Sensitive, "关注任务", "Tasks of watching"),
            new PersonalTable("watch", DataKind.Sensitive, "重点关注", "The watch list"),
            new PersonalTable("attention_note", DataKind.Support, "观察与变故（本人填写）", "Observations: the own ones")
            {
                ShownWhere = "t.author_id = $3",
                Shown = [new("written_at", "填写时间", "Written at"), new("text", "内容", "In words")],
            },
            new PersonalTable("attention", DataKind.Support, "提醒", "Attention"),
            new PersonalTable("student_needs", DataKind.Support, "支持需求", "Support needs"),
            new PersonalTable("term_outcome", DataKind.Figures, "学期结果", "Outcomes of terms")
            {
                Set = "student_id = $4",
            },
            new PersonalTable("score", DataKind.Support, "成绩", "Scores")
            {
                Shown =
                [
                    new("kind", "考试", "Exam"), new("held_on", "日期", "On"), new("subject", "学科", "Subject"),
                    new("points", "分数", "Points"), new("out_of", "满分", "Out of"), new("level", "等级", "Level"),
                ],
            },
            new PersonalTable("homework", DataKind.Support, "未交作业", "Missed homework")
            {
                Where = "t.district_id = $1 AND $2 = ANY (t.missed)",
                Set = "missed = array_remove(t.missed, $2)",
            },
            new PersonalTable("plan_mark", DataKind.Support, "计划打勾", "Ticks of plans")
            {
                Shown = [new("day", "日期", "Day"), new("side", "谁", "By"), new("kept", "做到", "Kept"), new("of", "共", "Of")],
            },
            new PersonalTable("plan", DataKind.Support, "学生计划", "Plans")
            {
                ShownWhere = "t.starts_on IS NOT NULL",
                Shown =
                [
                    new("kind", "类型", "Kind"), new("state", "状态", "State"), new("starts_on", "起", "From"),
                    new("goals", "目标", "Goals"), new("measures", "措施", "Measures"), new("note", "复核与结果", "Review and outcome"),
                ],
            },
            new PersonalTable("support", DataKind.Support, "帮扶", "Support")
            {
                ShownWhere = "t.shared",
                Shown =
                [
                    new("asked_at", "申请时间", "Asked at"), new("state", "状态", "State"), new("result", "结果", "Result"),
                    new("note", "说明", "In words"),
                ],
            },
            // What the asking guardian wished for himself; other wishes are other people's words.
            new PersonalTable("support", DataKind.Support, "帮扶申请（本人）", "Support that the guardian asked for")
            {
                Where = "t.student_id = $2 AND t.asked_by = $3",
                Shown = [new("asked_at", "申请时间", "Asked at"), new("state", "状态", "State"), new("wish", "申请内容", "Wish")],
            },

            new PersonalTable("care_needs", DataKind.Family, "健康与照护需要", "Needs of care")
            {
                Shown = [new("entries", "内容", "In words")],
            },
            // Where the other guardian lives and works is not shown (ARC-13).
            new PersonalTable("family_file", DataKind.Family, "家庭情况", "The family")
            {
                Shown =
                [
                    new("changed_at", "填写时间", "Written at"),
                    new("facts", "内容", "In words", ["structure", "parenting", "language"]),
                ],
            },
            new PersonalTable("family_intake", DataKind.Family, "家庭情况调研", "The family intake survey")
            {
                ShownWhere = "t.guardian_id = $3",
                Shown = [new("answered_at", "填写时间", "Answered at"), new("content", "内容", "In words")],
            },
            // The file goes with the row: a trigger names it to the cleaner.
            new PersonalTable("attachment", DataKind.Files, "附件", "Files")
            {
                ShownWhere = "t.for_family AND t.deleted_at IS NULL",
                Shown = [new("added_at", "时间", "At"), new("kind", "类型", "Kind"), new("title", "名称", "Title")],
            },

            new PersonalTable("timeline_entry", DataKind.Basics, "时间线", "The timeline"),
            new PersonalTable("handover", DataKind.Basics, "班主任交接", "Handovers"),
            new PersonalTable("transfer", DataKind.Basics, "转学、休学与复学", "Transfers")
            {
                Shown = [new("kind", "类型", "Kind"), new("first_day", "起", "From"), new("state", "状态", "State")],
            },
            // Whose right a document restricts, and that there is one, is not the other guardian's to learn.
            new PersonalTable("guardian_restriction", DataKind.Basics, "法律文书", "Documents of courts and the police"),
            new PersonalTable("guardian_detail", DataKind.Basics, "监护人的联系方式与委托", "How a guardian is reached; entrustment")
            {
                ShownWhere = "t.guardian_id = $3",
                Shown =
                [
                    new("kinship", "关系", "Kinship"), new("language", "语言", "Language"), new("channel", "联系方式", "Channel"),
                    new("entrusted_from", "委托起", "Entrusted from"), new("entrusted_until", "委托止", "Entrusted until"),
                ],
            },
            new PersonalTable("student_search", DataKind.Basics, "检索", "What a child is found by"),

            new PersonalTable("roster_change", DataKind.Basics, "待确认的名册变更", "Changes of a roster that wait to be confirmed")
            {
                Where = "t.district_id = $1 AND (t.id = $2 OR t.student_id = $2)",
            },
            // The other guardian's name and phone are not the child's, nor the asking guardian's.
            new PersonalTable("guardian", DataKind.Basics, "监护人（本人）", "The guardian who asks")
            {
                Where = "EXISTS (SELECT FROM guardianship g "
                    + "WHERE g.district_id = t.district_id AND g.guardian_id = t.id AND g.student_id = $2)",
                ShownWhere = "t.id = $3",
                ErasedWhere = "NOT EXISTS (SELECT FROM guardianship g "
                    + "WHERE g.district_id = t.district_id AND g.guardian_id = t.id AND g.student_id <> $2)",
                Shown =
                [
                    new("family_name", "姓", "Family name"), new("given_name", "名", "Given name"), new("phone", "电话", "Phone"),
                    new("email", "邮箱", "Email"), new("metadata", "名册中的其他信息", "Further data of the roster"),
                ],
            },
            new PersonalTable("guardianship", DataKind.Basics, "监护关系", "Guardianship")
            {
                ShownWhere = "t.guardian_id = $3",
                Shown =
                [
                    new("relation", "关系", "Relation"), new("legal_status", "法律身份", "Legal status"),
                    new("contact_order", "联系顺序", "Order of contact"),
                ],
            },
            new PersonalTable("student", DataKind.Basics, "基本信息", "Basics")
            {
                Where = "t.district_id = $1 AND t.id = $2",
                Shown =
                [
                    new("family_name", "姓", "Family name"), new("given_name", "名", "Given name"), new("number", "学号", "Number"),
                    new("birth_date", "出生日期", "Date of birth"), new("sex", "性别", "Sex"),
                    new("metadata", "名册中的其他信息", "Further data of the roster"),
                ],
            },
            new PersonalTable("enrolment", DataKind.Basics, "学籍", "Enrolments")
            {
                Shown =
                [
                    new("school_id", "学校编号", "School"), new("grade", "年级", "Grade"), new("starts_on", "起", "From"),
                    new("ends_on", "止", "To"), new("metadata", "名册中的其他信息", "Further data of the roster"),
                ],
            },

            new PersonalTable("personal_data_part", DataKind.Requests, "副本", "Copies that were made")
            {
                Where = "t.district_id = $1 AND t.request_id IN (SELECT r.id FROM personal_data_request r "
                    + "WHERE r.district_id = $1 AND r.student_id = $2)",
            },
            new PersonalTable("personal_data_request", DataKind.Requests, "关于资料的请求", "Requests about the data")
            {
                KeptBecause = "proofOfErasure",
                ShownWhere = "t.guardian_id = $3",
                Shown = [new("matter", "请求", "Request"), new("asked_at", "时间", "At"), new("state", "状态", "State")],
            },
            new PersonalTable("consent", DataKind.Requests, "同意", "Consents")
            {
                KeptBecause = "proofOfConsent",
                ShownWhere = "t.guardian_id = $3",
                Shown =
                [
                    new("purpose", "事项", "Purpose"), new("text_version", "文本版本", "Text"), new("given", "同意", "Given"),
                    new("at", "时间", "At"),
                ],
            },
            new PersonalTable("correction_request", DataKind.Requests, "更正请求", "Corrections asked for")
            {
                ShownWhere = "t.guardian_id = $3",
                Shown =
                [
                    new("field", "内容", "What"), new("asked_at", "时间", "At"), new("state", "状态", "State"),
                    new("content", "说明", "In words"),
                ],
            },
            new PersonalTable("legal_hold", DataKind.Requests, "保全", "Holds"),
        ],
    };
}
