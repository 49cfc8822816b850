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

            new PersonalTable("roster_change", DataKind.Basics, "待确认的名册变更", "Changes of a roster that wait to be confirmed")
            {
                Where = "t.district_id = $1 AND (t.id = $2 OR t.row->>'student_id' = $2::text)",
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
                    new("email", "邮箱", "Email"),
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
                ],
            },
            new PersonalTable("enrolment", DataKind.Basics, "学籍", "Enrolments")
            {
                Shown =
                [
                    new("school_id", "学校编号", "School"), new("grade", "年级", "Grade"), new("starts_on", "起", "From"),
                    new("ends_on", "止", "To"),
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
