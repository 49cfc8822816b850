using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.Programme;

/// <summary>How a programme is refused.</summary>
internal static class ProgrammeFailures
{
    /// <summary>Quotas that fall, weeks that go back, or an end before everybody is visited (VIS-1).</summary>
    public static readonly Failure Quotas = new("visits.quotas", 400,
        "周次须逐项递增且不超过学期教学周数，比例不得下降，最后一项须为 100%。",
        "Weeks must grow and lie within the term, shares must not fall, and the last one must be 100 %.");

    /// <summary>A phase that is not within the term.</summary>
    public static readonly Failure Phase = new("visits.phase", 400,
        "阶段的起止日期应在学期之内（{0} 至 {1}），且先始后终。", "A phase lies within the term, {0} to {1}, and begins before it ends.");
}
