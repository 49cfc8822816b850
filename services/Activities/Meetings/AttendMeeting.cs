using System.Security.Cryptography;
using System.Text;
using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Activities.Meetings;

/// <summary>A code to show on the spot.</summary>
/// <param name="Code">Six characters.</param>
/// <param name="Until">Until when it holds.</param>
public sealed record MeetingCode(string Code, DateTimeOffset Until);

/// <summary>What a guardian types in.</summary>
/// <param name="Code">The code that is shown; small letters and blanks around it do not matter.</param>
public sealed record CheckInRequest(string Code);

/// <summary>Families to note.</summary>
/// <param name="StudentIds">Whose families: 1–100 students of the class.</param>
/// <param name="MadeUpOn">The day on which it was made up with them; <see langword="null"/> when they came to it.</param>
public sealed record AttendanceRequest(IReadOnlyList<Guid> StudentIds, DateOnly? MadeUpOn = null);

/// <summary>Families that were noted by mistake.</summary>
/// <param name="StudentIds">Whose families: 1–100 students.</param>
public sealed record AttendanceCorrection(IReadOnlyList<Guid> StudentIds);

/// <summary>A family of the class and whether the meeting reached it.</summary>
/// <param name="StudentId">Whose family.</param>
/// <param name="How">How; <see langword="null"/> while it is to be made up with it.</param>
/// <param name="On">The day.</param>
public sealed record FamilyAttendance(Guid StudentId, Reached? How, DateOnly? On);

/// <summary>
/// Who came to a parent meeting, by a code on the spot or as the teacher notes, and with whom it was made up (ACT-1).
/// </summary>
internal static class AttendMeeting
{
    private const int MostStudents = 100;
    private const int CodeLength = 6;

    // No letter that is taken for a digit. 30^6 codes in ten minutes are none to guess, also without counting mistakes.
    private const string CodeLetters = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly TimeSpan DoorsOpen = TimeSpan.FromMinutes(30);

    public static void MapAttendMeeting(this IEndpointRouteBuilder api)
    {
        api.MapPost("/meetings/{id:guid}/code", ShowCodeAsync).Command(Permission.MeetingManage).WithName("ShowMeetingCode")
            .WithSummary("A new code for checking in, from half an hour before the meeting; the one before ends.");
        api.MapPost("/meetings/{id:guid}/check-in", CheckInAsync).Command(Permission.TakePart).WithName("CheckInToMeeting")
            .WithSummary("A guardian checks in by the code; counts for each of the own children in the class.");
        api.MapGet("/meetings/{id:guid}/families", ListAsync).Query(Permission.MeetingManage).WithName("ListMeetingFamilies")
            .WithSummary("Each family of the class and whether the meeting reached it.");
        api.MapPost("/meetings/{id:guid}/attendance", NoteAsync).Command(Permission.MeetingManage).WithName("NoteAttendance")
            .WithSummary("Notes families that came, or with whom the meeting was made up.");
        api.MapPost("/meetings/{id:guid}/attendance/corrections", CorrectAsync).Command(Permission.MeetingManage)
            .WithName("CorrectAttendance").WithSummary("Takes back what was noted by mistake.");
    }

    private static async Task<Results<Ok<MeetingCode>, Problem>> ShowCodeAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.FindManagedAsync(id, current, now, cancel) is not { } meeting)
            return (Problem)Failures.NotFound;
        if (now < meeting.StartsAt - DoorsOpen)
            return (Problem)MeetingFailures.NotBegun;
        var policy = await db.PolicyAtAsync(meeting.DistrictId, meeting.SchoolId, cancel);
        var code = RandomNumberGenerator.GetString(CodeLetters, CodeLength);
        (meeting.Code, meeting.CodeUntil) = (code, now.AddMinutes(policy.CodeMinutes));
        audit.About("parent-meeting", meeting.Id, meeting.DistrictId, meeting.SchoolId);
        return TypedResults.Ok(new MeetingCode(code, meeting.CodeUntil.Value));
    }

    private static async Task<Results<NoContent, Problem>> CheckInAsync(
        Guid id, CheckInRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        var classes = reach.SeenClasses;
        var meeting = await db.Set<Meeting>().AsNoTracking()
            .SingleOrDefaultAsync(m => m.Id == id && classes.Contains(m.ClassId), cancel);
        if (meeting is null)
            return (Problem)Failures.NotFound;
        Guid[] children =
        [
            .. reach.Children.Where(child => child.ClassId == meeting.ClassId && child.MayBeInvited)
                .Select(child => child.StudentId),
        ];
        if (children.Length == 0)
            return (Problem)ActivitiesFailures.NoRight;
        if (meeting.CodeUntil is not { } until || until < now || !IsSame(meeting.Code!, request.Code))
            return (Problem)MeetingFailures.CodeWrong;
        var today = LocalTime.Day(now, (await db.PolicyAtAsync(meeting.DistrictId, meeting.SchoolId, cancel)).TimeZone);
        await KeepAsync(db, meeting, children, Reached.Code, today, now, cancel);
        audit.About("parent-meeting", meeting.Id, meeting.DistrictId, meeting.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<FamilyAttendance>>, Problem>> ListAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await db.FindManagedAsync(id, current, now, cancel) is not { } meeting)
            return (Problem)Failures.NotFound;
        var today = LocalTime.Day(now, (await db.PolicyAtAsync(meeting.DistrictId, meeting.SchoolId, cancel)).TimeZone);
        return TypedResults.Ok<IReadOnlyList<FamilyAttendance>>(await (
            from enrolment in db.OnRoll(today)
            where enrolment.SchoolId == meeting.SchoolId && enrolment.ClassId == meeting.ClassId
            join f in db.Set<MeetingFamily>().Where(f => f.SchoolId == meeting.SchoolId && f.MeetingId == id && !f.Withdrawn)
                on enrolment.StudentId equals f.StudentId into found
            from family in found.DefaultIfEmpty()
            orderby enrolment.StudentId
            select new FamilyAttendance(
                enrolment.StudentId, family == null ? null : (Reached?)family.How,
                family == null ? null : (DateOnly?)family.HeldOn))
            .ToListAsync(cancel));
    }

    private static async Task<Results<NoContent, Problem>> NoteAsync(
        Guid id, AttendanceRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, MostStudents);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindManagedAsync(id, current, now, cancel) is not { } meeting)
            return (Problem)Failures.NotFound;
        if (now < meeting.StartsAt)
            return (Problem)MeetingFailures.NotBegun;
        var zone = (await db.PolicyAtAsync(meeting.DistrictId, meeting.SchoolId, cancel)).TimeZone;
        var (held, today) = (LocalTime.Day(meeting.StartsAt, zone), LocalTime.Day(now, zone));
        if (request.MadeUpOn < held || request.MadeUpOn > today)
            mistakes.Add(MeetingFailures.Future.At("madeUpOn"));
        // Who was in the class at any time since: a family that has left since was at the meeting all the same.
        var inClass = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.SchoolId == meeting.SchoolId && e.ClassId == meeting.ClassId && request.StudentIds.Contains(e.StudentId)
                && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= held))
            .Select(e => e.StudentId).Distinct().CountAsync(cancel);
        if (inClass < request.StudentIds.Count)
            mistakes.Add(ActivitiesFailures.NotInClass.At("studentIds"));
        if (mistakes.Refusal is { } wrong)
            return wrong;

        await KeepAsync(
            db, meeting, [.. request.StudentIds], request.MadeUpOn is null ? Reached.Teacher : Reached.MakeUp,
            request.MadeUpOn ?? held, now, cancel);
        audit.About("parent-meeting", meeting.Id, meeting.DistrictId, meeting.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CorrectAsync(
        Guid id, AttendanceCorrection request, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, MostStudents);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindManagedAsync(id, current, now, cancel) is not { } meeting)
            return (Problem)Failures.NotFound;
        await WriteAsync(
            db, meeting, now, withdrawn: true,
            """
            UPDATE meeting_family SET withdrawn = true, version = version + 1
            WHERE school_id = $1 AND meeting_id = $2 AND student_id = ANY ($3) AND NOT withdrawn
            RETURNING student_id, version, held_on, how
            """, cancel, (object)request.StudentIds.ToArray());
        audit.About("parent-meeting", meeting.Id, meeting.DistrictId, meeting.SchoolId);
        return TypedResults.NoContent();
    }

    // Who is noted already stays as first noted: a guardian may check in and be seen by the teacher at the same moment.
    private static Task KeepAsync(
        ActivitiesDb db, Meeting meeting, Guid[] students, Reached how, DateOnly on, DateTimeOffset now,
        CancellationToken cancel) =>
        WriteAsync(
            db, meeting, now, withdrawn: false,
            """
            INSERT INTO meeting_family AS known (school_id, meeting_id, student_id, district_id, how, held_on, withdrawn, version)
            SELECT $1, $2, student, $4, $5, $6, false, 1 FROM unnest($3) AS student ORDER BY student
            ON CONFLICT (school_id, meeting_id, student_id) DO UPDATE SET how = excluded.how, held_on = excluded.held_on,
                withdrawn = false, version = known.version + 1
            WHERE known.withdrawn
            RETURNING student_id, version, held_on, how
            """, cancel, students, meeting.DistrictId, how.ToString(), on);

    private static async Task WriteAsync(
        ActivitiesDb db, Meeting meeting, DateTimeOffset now, bool withdrawn, string sql, CancellationToken cancel,
        params object[] values)
    {
        await using var write = new NpgsqlCommand(sql, (NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var value in (object[])[meeting.SchoolId, meeting.Id, .. values])
            write.Parameters.AddWithValue(value);
        var written = new List<(Guid Student, long Version, DateOnly On, string How)>();
        await using (var reader = await write.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                written.Add((reader.GetGuid(0), reader.GetInt64(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3)));
        }

        await db.PublishAsync(
            [
                .. written.GroupBy(row => (row.Version, row.On, row.How)).Select(group => new MeetingAttended(
                    meeting.DistrictId, meeting.SchoolId, meeting.Id, group.Key.Version, now, meeting.TermId, meeting.ClassId,
                    meeting.Kind, [.. group.Select(row => row.Student)], group.Key.On, group.Key.How == nameof(Reached.MakeUp),
                    withdrawn)),
            ], cancel);
    }

    private static bool IsSame(string code, string typed) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(code), Encoding.UTF8.GetBytes(typed.Trim().ToUpperInvariant()));
}
