using System.Globalization;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// The appointment for a calendar (VIS-6): iTIP (RFC 5546) REQUEST while it stands and CANCEL when it does not, with one UID for
/// its whole life. Calendars are synchronised to who knows where, so it names nobody and no topic; the addresses of organizer and
/// attendee are URNs of the school and the visit, which RFC 5545 allows where there is no e-mail.
/// </summary>
internal static class Invitation
{
    private const string MediaType = "text/calendar; charset=utf-8; method=";

    public static void MapInvitation(this IEndpointRouteBuilder api)
    {
        api.MapGet("/{id:guid}/invitation.ics", ReadAsync).Query(Permission.VisitRead).WithName("ReadInvitation");
        api.MapGet("/answers/{token}/invitation.ics", ReadByLinkAsync).AddEndpointFilter(AnswerLink.OpenLinkAsync)
            .Open(AnswerLink.Why).WithName("ReadInvitationByLink");
    }

    /// <summary>Writes the calendar object.</summary>
    /// <param name="visit">The visit.</param>
    /// <param name="answerAt">Where to answer; <see langword="null"/> for readers with an account.</param>
    /// <param name="chinese">The language.</param>
    /// <param name="now">When this object is made (DTSTAMP).</param>
    public static string Write(Visit visit, Uri? answerAt, bool chinese, DateTimeOffset now)
    {
        var calendar = new ICalendar();
        calendar.Line("BEGIN", "VCALENDAR");
        calendar.Line("VERSION", "2.0");
        calendar.Line("PRODID", "-//HomeSchool//Visits//EN");
        calendar.Line("METHOD", Method(visit));
        WriteEvent(calendar, visit, answerAt, chinese, now, published: false);
        calendar.Line("END", "VCALENDAR");
        return calendar.ToString();
    }

    /// <summary>The UID of a visit, the same for its whole life and in every calendar.</summary>
    public static string UidOf(Visit visit) => $"{visit.Id}@homeschool";

    /// <summary>Writes the event within a calendar.</summary>
    /// <param name="calendar">What to add to.</param>
    /// <param name="visit">The visit.</param>
    /// <param name="answerAt">Where to answer.</param>
    /// <param name="chinese">The language.</param>
    /// <param name="stamped">DTSTAMP.</param>
    /// <param name="published">It is one of a feed: nobody is asked to answer.</param>
    public static void WriteEvent(
        ICalendar calendar, Visit visit, Uri? answerAt, bool chinese, DateTimeOffset stamped, bool published)
    {
        var called = chinese ? $"家访（{Name(visit.Mode, chinese)}）" : $"Home visit ({Name(visit.Mode, chinese)})";
        var about = chinese ? $"预计 {visit.Minutes} 分钟；详情请见预约页面。" : $"About {visit.Minutes} minutes; see the appointment's page.";
        calendar.Line("BEGIN", "VEVENT");
        calendar.Line("UID", UidOf(visit));
        calendar.Line("SEQUENCE", visit.Sequence.ToString(CultureInfo.InvariantCulture));
        calendar.Line("DTSTAMP", ICalendar.Utc(stamped));
        calendar.Line("DTSTART", ICalendar.Utc(visit.StartsAt));
        calendar.Line("DTEND", ICalendar.Utc(visit.EndsAt));
        calendar.Line("SUMMARY", ICalendar.Text(called));
        calendar.Line("DESCRIPTION", ICalendar.Text(about));
        calendar.Line("STATUS", visit.State switch
        {
            VisitState.Declined or VisitState.Cancelled => "CANCELLED",
            VisitState.Scheduled or VisitState.Proposed => "TENTATIVE",
            VisitState.Confirmed or VisitState.Started or VisitState.Completed => "CONFIRMED",
        });
        calendar.Line("CLASS", "PRIVATE");
        if (!published)
        {
            calendar.Line("ORGANIZER", $"urn:uuid:{visit.SchoolId}");
            calendar.Line(
                $"ATTENDEE;CUTYPE=GROUP;ROLE=REQ-PARTICIPANT;PARTSTAT={Participation(visit.State)};RSVP=FALSE",
                $"urn:uuid:{visit.Id}");
        }

        if (answerAt is not null)
            calendar.Line("URL", answerAt.AbsoluteUri);
        calendar.Line("END", "VEVENT");
    }

    private static async Task<Results<FileContentHttpResult, Problem>> ReadAsync(
        Guid id, VisitsDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var visit = await db.VisibleTo(current.Caller, Permission.VisitRead).AsNoTracking()
            .SingleOrDefaultAsync(v => v.Id == id, cancel);
        return visit is null ? (Problem)Failures.NotFound : Answer(visit, null, http, clock.GetUtcNow());
    }

    private static async Task<Results<FileContentHttpResult, Problem>> ReadByLinkAsync(
        string token, VisitsDb db, AnswerLinks links, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (visit, refused) = await AnswerLink.FindAsync(db, links, token, now, cancel);
        return visit is null ? refused! : Answer(visit, links.To(visit), http, now);
    }

    private static FileContentHttpResult Answer(Visit visit, Uri? answerAt, HttpContext http, DateTimeOffset now)
    {
        var calendar = Write(visit, answerAt, Language.IsChinese(http), now);
        return TypedResults.Bytes(Encoding.UTF8.GetBytes(calendar), MediaType + Method(visit), "invitation.ics");
    }

    private static string Method(Visit visit) =>
        visit.State is VisitState.Declined or VisitState.Cancelled ? "CANCEL" : "REQUEST";

    private static string Participation(VisitState state) => state switch
    {
        VisitState.Scheduled or VisitState.Cancelled => "NEEDS-ACTION",
        VisitState.Proposed => "TENTATIVE",
        VisitState.Confirmed or VisitState.Started or VisitState.Completed => "ACCEPTED",
        VisitState.Declined => "DECLINED",
    };

    private static string Name(VisitMode mode, bool chinese) => mode switch
    {
        VisitMode.InPerson => chinese ? "入户" : "at home",
        VisitMode.Video => chinese ? "视频" : "video",
        VisitMode.Voice => chinese ? "语音" : "voice",
        VisitMode.Text => chinese ? "文字" : "text",
        VisitMode.AtSchool => chinese ? "到校面谈" : "at school",
    };
}
