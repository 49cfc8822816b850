using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Visits;

/// <summary>
/// What Visits holds about a child (ARC-10). Of a record a guardian has what was agreed with him and what he said himself; the rest is
/// the working notes of education staff (VIS-10), where a suspicion might stand.
/// </summary>
internal static class VisitsPersonalData
{
    private const string OfChild =
        "EXISTS (SELECT FROM visit_student s WHERE s.school_id = t.school_id AND s.visit_id = t.visit_id AND s.student_id = $2)";

    private const string VisitOfChild =
        "EXISTS (SELECT FROM visit_student s WHERE s.school_id = t.school_id AND s.visit_id = t.id AND s.student_id = $2)";

    // What was said about several children is of the others, too.
    private const string OfNobodyElse =
        "NOT EXISTS (SELECT FROM visit_student o WHERE o.school_id = t.school_id AND o.visit_id = t.visit_id AND o.student_id <> $2)";

    public static readonly PersonalDataRules Rules = new()
    {
        Tables =
        [
            new PersonalTable("visit_record", DataKind.Visits, "家访记录", "Records of home visits")
            {
                Where = OfChild,
                ShownWhere = OfNobodyElse,
                Shown =
                [
                    new("recorded_at", "填写时间", "Written at"),
                    new("content", "约定与家长反馈", "What was agreed, and the guardian's feedback", ["agreed", "feedback", "feedbackText"]),
                ],
            },
            new PersonalTable("visit_answer", DataKind.Visits, "对预约的答复", "Answers to appointments")
            {
                Where = OfChild,
                ShownWhere = OfNobodyElse,
                Shown = [new("kind", "答复", "Answer"), new("answered_at", "时间", "At")],
            },
            new PersonalTable("busy", DataKind.Visits, "占用时间", "Times that are taken")
            {
                Where = "t.person_id = $2 OR (" + OfChild + " AND " + OfNobodyElse + ")",
            },
            new PersonalTable("visit", DataKind.Visits, "家访", "Home visits")
            {
                Where = VisitOfChild,
                // A visit to siblings stays, without the child.
                ErasedWhere = "NOT EXISTS (SELECT FROM visit_student o "
                    + "WHERE o.school_id = t.school_id AND o.visit_id = t.id AND o.student_id <> $2)",
                Shown =
                [
                    new("kind", "类型", "Kind"), new("mode", "方式", "Mode"), new("starts_at", "预约时间", "Appointed for"),
                    new("minutes", "时长（分钟）", "Minutes"), new("topics", "主题", "Topics"), new("state", "状态", "State"),
                    new("held_on", "实际日期", "Held on"),
                ],
            },
            new PersonalTable("visit_student", DataKind.Visits, "家访涉及的学生", "Children that a visit is about"),
            new PersonalTable("guardian_rights", DataKind.Basics, "监护人权利（副本）", "Guardians' rights, as the archives told"),
            new PersonalTable("guardianship", DataKind.Basics, "监护关系（副本）", "Guardianships, as the archives told"),
            new PersonalTable("enrolment", DataKind.Basics, "学籍（副本）", "Enrolments, as the archives told"),
        ],
    };
}
