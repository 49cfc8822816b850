using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Emergencies;

/// <summary>How what concerns emergencies is refused.</summary>
internal static class EmergencyFailures
{
    /// <summary>The follow-up comes after the contact (VIS-9).</summary>
    public static readonly Failure NoContact = new("visits.emergency-no-contact", 409,
        "尚未登记与家庭的首次联系。", "The first contact with the family has not been logged yet.");

    /// <summary>The first contact is logged once.</summary>
    public static readonly Failure ContactLogged = new("visits.emergency-contact-logged", 409,
        "首次联系已登记。", "The first contact is logged already.");

    /// <summary>An emergency ends with its visit (VIS-9).</summary>
    public static readonly Failure NoVisit = new("visits.emergency-no-visit", 409,
        "尚未关联应急家访。", "No emergency visit is linked yet.");

    /// <summary>The visit is about somebody else, of another kind, or not to be seen.</summary>
    public static readonly Failure NotItsVisit = new("visits.emergency-not-its-visit", 400,
        "应为该学生在本校的应急家访。", "Must be an emergency visit to this student by this school.");

    /// <summary>Nothing more happens to a closed emergency.</summary>
    public static readonly Failure Closed = new("visits.emergency-closed", 409,
        "该紧急情况已办结。", "This emergency is closed.");

    /// <summary>A follow-up is for the days to come.</summary>
    public static readonly Failure DuePassed = new("visits.emergency-due-passed", 400,
        "期限应为今天或以后一年之内。", "The due date must be today or within a year.");
}
