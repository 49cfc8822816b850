using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities;

/// <summary>How Activities refuses whatever the area; each area has its own beside it.</summary>
internal static class ActivitiesFailures
{
    public static readonly Failure TimeZone = new("activities.time-zone", 400,
        "请填写 IANA 时区，如 Asia/Shanghai。", "Give an IANA time zone, e.g. Asia/Shanghai.");

    public static readonly Failure NoTerm = new("activities.no-term", 400,
        "该时间不在任何学期之内，请核对时间，或先导入学期。", "That is within no term: check the time, or import the term first.");

    public static readonly Failure NotInClass = new("activities.not-in-class", 400,
        "名单中有学生不在相应的班级，请核对。", "Not all of these students are in the class; check the list.");

    public static readonly Failure NoRight = new("activities.no-right", 403,
        "按学校登记的法律文书，您不能代表孩子办理此事；请联系班主任。",
        "By a document that the school holds you cannot do this for the child; ask the homeroom teacher.");
}
