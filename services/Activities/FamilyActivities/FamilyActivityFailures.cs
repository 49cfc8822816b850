using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>How what concerns family activities is refused.</summary>
internal static class FamilyActivityFailures
{
    /// <summary>The first day is past, or the last one before the first, or too far away.</summary>
    public static readonly Failure Days = new("activities.family-activity-days", 400,
        "活动应从今天或以后一年内开始，持续 1–{0} 天。", "It begins today or within a year, and takes 1 to {0} days.");

    /// <summary>A reading marathon has its own length (ACT-4).</summary>
    public static readonly Failure Marathon = new("activities.marathon-days", 400,
        "阅读马拉松为连续 {0} 天，无需填写结束日期。", "A reading marathon takes {0} consecutive days: leave the last day out.");

    /// <summary>Seats are taken already.</summary>
    public static readonly Failure SeatsTaken = new("activities.seats-taken", 409,
        "已有更多家庭报名成功，名额不能少于已报名数。", "More families have a seat already: there cannot be fewer seats.");

    /// <summary>Nobody signs up for what is over or cancelled.</summary>
    public static readonly Failure Over = new("activities.family-activity-over", 409,
        "活动已结束或已取消。", "The activity is over, or cancelled.");

    /// <summary>A check-in, or a reflection, of a family that has not signed up or waits for a seat.</summary>
    public static readonly Failure NotIn = new("activities.not-signed-up", 409,
        "孩子尚未报名，或仍在候补。", "The child is not signed up, or waits for a seat.");

    /// <summary>A phone's clock that is fast.</summary>
    public static readonly Failure Ahead = new("activities.check-in-ahead", 400,
        "打卡时间晚于现在，请检查手机时间。", "That time is still to come; check the phone's clock.");

    /// <summary>A phone that was offline for too long.</summary>
    public static readonly Failure TooOld = new("activities.check-in-too-old", 409,
        "离线打卡须在三天内上传；可按活动规则补打卡。",
        "What was tapped offline must arrive within three days; it may be made up by the activity's rule.");

    /// <summary>A moment outside of the activity's days.</summary>
    public static readonly Failure NoDayOfIt = new("activities.check-in-no-day", 409,
        "当天不在活动日期内。", "That is no day of the activity.");

    /// <summary>Only a day that is over can be made up.</summary>
    public static readonly Failure NotMissed = new("activities.check-in-not-missed", 409,
        "只能为活动中已过去的日期补打卡。", "Only a day of the activity that is over can be made up.");

    /// <summary>The activity's rule is exhausted.</summary>
    public static readonly Failure NoMakeUp = new("activities.check-in-no-make-up", 409,
        "已超过补打卡期限或次数。", "By the activity's rule this day can be made up no more.");

    /// <summary>One or the other.</summary>
    public static readonly Failure EitherOr = new("activities.check-in-either-or", 400,
        "请只填写打卡时间，或只填写要补打卡的日期。", "Give either when it happened or the day that is made up.");
}
