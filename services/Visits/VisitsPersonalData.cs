using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Visits.Emergencies;
using HomeSchool.Visits.Ledger;
using HomeSchool.Visits.Outlines;
using HomeSchool.Visits.Protection;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.SpotChecks;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits;

/// <summary>
/// What Visits holds about a child (ARC-10). Of a record a guardian has what was agreed with him and what he said himself; the rest is
/// the working notes of education staff (VIS-10), where a suspicion might stand.
/// </summary>
internal static class VisitsPersonalData
{
    internal const string OfChild =
        "EXISTS (SELECT FROM visit_student s WHERE s.school_id = t.school_id AND s.visit_id = t.visit_id AND s.student_id = $2)";

    private const string VisitOfChild =
        "EXISTS (SELECT FROM visit_student s WHERE s.school_id = t.school_id AND s.visit_id = t.id AND s.student_id = $2)";

    // What was said about several children is of the others, too.
    internal const string OfNobodyElse =
        "NOT EXISTS (SELECT FROM visit_student o WHERE o.school_id = t.school_id AND o.visit_id = t.visit_id AND o.student_id <> $2)";

    /// <summary>Not of a guardian whom a document keeps from being visited (ARC-13).</summary>
    internal const string MayBeVisited =
        "NOT EXISTS (SELECT FROM guardian_rights g WHERE g.student_id = $2 AND g.guardian_id = $3 AND NOT g.may_be_visited)";

    public static readonly PersonalDataRules Rules = new()
    {
        Announced = ErasedFollowUps.LoopsAsync,
        Tables =
        [
            .. RecordTables.Personal,
            .. OutlineTables.Personal,
            .. WorkListTables.PersonalData,
            new PersonalTable("visit_answer", DataKind.Visits, "对预约的答复", "Answers to appointments")
            {
                Where = OfChild,
                ShownWhere = OfNobodyElse + " AND " + MayBeVisited,
                Shown = [new("kind", "答复", "Answer"), new("answered_at", "时间", "At")],
            },
            new PersonalTable("busy", DataKind.Visits, "占用时间", "Times that are taken")
            {
                Where = "t.person_id = $2 OR (" + OfChild + " AND " + OfNobodyElse + ")",
            },
            .. LedgerTables.Personal,
            .. SpotCheckTables.Personal,
            new PersonalTable("visit", DataKind.Visits, "家访", "Home visits")
            {
                Where = VisitOfChild,
                ShownWhere = MayBeVisited,
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
            // What was to be talked about may name the one who is erased.
            new PersonalTable("visit", DataKind.Visits, "与兄弟姐妹共同家访的主题", "Topics of visits shared with siblings")
            {
                Where = VisitOfChild,
                Set = "topics = '{}'",
            },
            new PersonalTable("visit_student", DataKind.Visits, "家访涉及的学生", "Children that a visit is about"),
            // A visit that siblings were to share is planned anew without the child.
            new PersonalTable("plan_item", DataKind.Visits, "家访计划中的安排", "Visits that are planned")
            {
                Where = "$2 = ANY (t.student_ids)",
            },
            new PersonalTable("family_times", DataKind.Visits, "方便家访的时间", "When the family can be visited")
            {
                Shown = [new("hours", "填写的时间", "The times stated")],
            },
            new PersonalTable("guardian_rights", DataKind.Basics, "监护人权利（副本）", "Guardians' rights, as the archives told"),
            new PersonalTable("guardianship", DataKind.Basics, "监护关系（副本）", "Guardianships, as the archives told"),
            new PersonalTable("cadence", DataKind.Support, "联系频次（副本）", "How often to contact, as the archives told"),
            .. EmergencyTables.PersonalData,
            .. ProtectionTables.PersonalData,
            new PersonalTable("enrolment", DataKind.Basics, "学籍（副本）", "Enrolments, as the archives told"),
        ],
    };
}
