using System.Globalization;
using HomeSchool.Contracts.Archives;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Roster;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.OffHours;

/// <summary>What a guardian who writes outside of the teacher's working hours is answered at once (MSG-6).</summary>
/// <param name="BackAt">When the teacher's working time begins again. It is no promise of an answer.</param>
/// <param name="Zh">The answer in Chinese; an absence's own line, in whatever language, stands before it.</param>
/// <param name="En">The same in English.</param>
public sealed record AutoReply(DateTimeOffset BackAt, string Zh, string En);

/// <summary>What was written has arrived.</summary>
/// <param name="AutoReply">What to tell the guardian while the teacher is off; <see langword="null"/> in working hours.</param>
public sealed record Answered(AutoReply? AutoReply);

/// <summary>Whether a class's teacher is off, and what families are told then (MSG-6).</summary>
internal static class OffHoursReply
{
    /// <summary>
    /// What a guardian is answered who writes to a class now; <see langword="null"/> while one of its homeroom teachers works, or
    /// where the roster names none. Two round trips.
    /// </summary>
    internal static async Task<AutoReply?> AutoReplyAsync(
        MessagesDb db, Guid district, Guid school, Guid? classId, DateTimeOffset now, CancellationToken cancel)
    {
        if (classId is not { } ofClass)
            return null;
        var kept = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        var policy = kept?.Settings ?? new MessagePolicy();
        var today = policy.Day(now);
        var teachers = await db.Set<StaffPost>().AsNoTracking()
            .Where(p => p.SchoolId == school && p.ClassId == ofClass && p.Role == StaffRole.HomeroomTeacher
                && p.StartsOn <= today && (p.EndsOn == null || p.EndsOn >= today))
            .OrderBy(p => p.StaffId)
            .Select(p => new
            {
                p.StaffId,
                Own = db.StaffHours.FirstOrDefault(h => h.DistrictId == district && h.StaffId == p.StaffId),
            })
            .ToListAsync(cancel);
        return Of(policy, [.. teachers.Select(teacher => teacher.Own?.Hours ?? new OwnHours())], now);
    }

    /// <summary>The same, of teachers with these hours.</summary>
    internal static AutoReply? Of(MessagePolicy policy, IReadOnlyList<OwnHours> teachers, DateTimeOffset now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(policy.TimeZone);
        var off = new List<(DateTimeOffset Back, string? Line)>();
        foreach (var own in teachers)
        {
            var hours = new WorkingHours(zone, own.Week ?? policy.WorkingWeek, own.Absences ?? []);
            if (hours.BackAt(now) is not { } back)
                return null;
            off.Add((back, hours.AbsenceAt(now)?.Reply));
        }

        return off.Count == 0 ? null : Text(off.MinBy(one => one.Back), zone, policy.SafetyContact);
    }

    private static AutoReply Text((DateTimeOffset Back, string? Line) off, TimeZoneInfo zone, string? safety)
    {
        var local = TimeZoneInfo.ConvertTime(off.Back, zone);
        var line = off.Line is null ? "" : off.Line + "\n";
        return new AutoReply(
            off.Back,
            line + string.Create(CultureInfo.InvariantCulture, $"老师现在不在工作时间，{local:M月d日 HH:mm} 起恢复工作。")
                + (safety is null ? "涉及安全的事，请立即联系学校值班人员。" : $"涉及安全的事，请立即联系：{safety}"),
            line + string.Create(CultureInfo.InvariantCulture, $"The teacher is off now and back at work from {local:d MMMM, HH:mm}. ")
                + (safety is null ? "For anything about safety, call the school's staff on duty at once."
                    : $"For anything about safety, turn at once to: {safety}"));
    }
}
