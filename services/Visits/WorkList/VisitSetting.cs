using HomeSchool.Visits.Appointments;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.WorkList;

/// <summary>
/// What is special about the visits to a student (VIS-22). Like a cadence, it says what follows and not why: no disability and no
/// circumstance is named.
/// </summary>
public sealed class VisitSetting
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Visits are planned for weekends (寄宿生), and the boarding teacher takes part.</summary>
    public bool WeekendsOnly { get; set; }

    /// <summary>Online counts fully as a visit (随迁子女): a deep contact is one.</summary>
    public bool OnlineCounts { get; set; }

    /// <summary>Text counts like speech.</summary>
    public bool TextCounts { get; set; }

    /// <summary>Each lesson at home counts as a visit (送教上门).</summary>
    public bool HomeLessonsCount { get; set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>What settings decide.</summary>
internal static class VisitSettings
{
    /// <summary>Whether text counts like speech with the family of a visit.</summary>
    public static Task<bool> TextCountsAsync(this VisitsDb db, Visit visit, CancellationToken cancel)
    {
        var students = visit.Students.Select(student => student.StudentId).ToArray();
        return db.Set<VisitSetting>().AnyAsync(setting => students.Contains(setting.StudentId) && setting.TextCounts, cancel);
    }
}
