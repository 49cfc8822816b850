using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Insights;

/// <summary>
/// What Insights holds about a child (ARC-10): what it counts in. An erasure puts an id in the child's place that stands for nobody, so
/// that past figures do not change (ARC-14). It has no vault: a copy has ids, dates and counts only.
/// </summary>
internal static class InsightsPersonalData
{
    public static readonly PersonalDataRules Rules = new()
    {
        Tables =
        [
            new PersonalTable("student_in_term", DataKind.Figures, "统计", "What the child counts in")
            {
                Set = "student_id = $4",
                Shown =
                [
                    new("term_id", "学期编号", "Term"), new("planned", "已预约家访", "Visits planned"),
                    new("visited", "已家访", "Visits held"), new("effective", "有效家访", "Of these, effective"),
                ],
            },
            new PersonalTable("enrolment", DataKind.Figures, "在校统计", "Where the child counts") { Set = "student_id = $4" },
            new PersonalTable("counted_visit", DataKind.Figures, "计入统计的家访", "Visits that are counted")
            {
                Where = "$2 = ANY (t.student_ids)",
                Set = "student_ids = array_replace(t.student_ids, $2, $4)",
            },
        ],
    };
}
