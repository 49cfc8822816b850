using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Surveys;

/// <summary>
/// What Surveys holds about a child (ARC-10). A copy has no answers but a guardian's own to the family intake: the others are
/// confidential (SUR-4), and another guardian may have given them. What was counted stays counted: results tell of nobody.
/// </summary>
internal static class SurveysPersonalData
{
    private const string OfChild =
        "EXISTS (SELECT FROM invitation i WHERE i.school_id = t.school_id AND i.id = t.invitation_id AND $2 = ANY (i.student_ids))";

    public static readonly PersonalDataRules Rules = new()
    {
        Tables =
        [
            // Sealed under the keys of all the children it is about: without one of them nobody reads it.
            new PersonalTable("answer", DataKind.Surveys, "问卷答案", "Answers to surveys")
            {
                Where = OfChild,
                Shown = [new("content", "家庭情况调研表的答案", "Answers to the family intake")],
                ShownWhere = "EXISTS (SELECT FROM invitation i WHERE i.school_id = t.school_id AND i.id = t.invitation_id AND i.guardian_id = $3)",
            },
            new PersonalTable("invitation", DataKind.Surveys, "问卷邀请", "Invitations to surveys")
            {
                Where = "$2 = ANY (t.student_ids)",
                ErasedWhere = "cardinality(t.student_ids) = 1",
                Shown = [new("opened_at", "发出时间", "Opened"), new("closes_at", "截止时间", "Closes")],
                ShownWhere = "t.guardian_id IS NULL OR t.guardian_id = $3",
            },
            new PersonalTable("invitation", DataKind.Surveys, "与兄弟姐妹共同的问卷邀请", "Invitations about siblings")
            {
                Where = "$2 = ANY (t.student_ids)",
                Set = "student_ids = array_remove(t.student_ids, $2)",
            },
            // Nobody can say which of them is about whom, so none is shown and none is erased (SUR-4).
            new PersonalTable("anonymous_answer", DataKind.Surveys, "匿名答案", "Anonymous answers") { Where = "false" },
            // Of several families, until their class takes a step; whose it is is said by the answer, which is erased.
            new PersonalTable("staged_count", DataKind.Surveys, "待统计的选项", "Options that wait to be counted") { Where = "false" },
            new PersonalTable("guardian_rights", DataKind.Basics, "监护人权利（副本）", "Guardians' rights, as the archives told"),
            new PersonalTable("guardianship", DataKind.Basics, "监护关系（副本）", "Guardianships, as the archives told"),
            new PersonalTable("enrolment", DataKind.Basics, "学籍（副本）", "Enrolments, as the archives told"),
        ],
    };
}
