using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Surveys;

/// <summary>
/// What Surveys holds about a child (ARC-10). A copy has no answers: they are confidential (SUR-4), and another guardian may have given
/// them. What was counted stays counted: results tell of nobody.
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
            new PersonalTable("answer", DataKind.Surveys, "问卷答案", "Answers to surveys") { Where = OfChild },
            new PersonalTable("invitation", DataKind.Surveys, "问卷邀请", "Invitations to surveys")
            {
                Where = "$2 = ANY (t.student_ids)",
                ErasedWhere = "cardinality(t.student_ids) = 1",
                Shown = [new("kind", "问卷", "Survey"), new("opened_at", "发出时间", "Opened"), new("closes_at", "截止时间", "Closes")],
            },
            new PersonalTable("invitation", DataKind.Surveys, "与兄弟姐妹共同的问卷邀请", "Invitations about siblings")
            {
                Where = "$2 = ANY (t.student_ids)",
                Set = "student_ids = array_remove(t.student_ids, $2)",
            },
        ],
    };
}
