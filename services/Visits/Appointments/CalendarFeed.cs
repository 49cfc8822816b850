using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Appointments;

/// <summary>That a staff member's calendar may subscribe to the visits at a school (VIS-6).</summary>
public sealed class CalendarFeed
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>Whose visits.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Which of the links made so far is good; 0 when none is.</summary>
    public int Serial { get; set; }

    /// <summary>How many links were made.</summary>
    public int Made { get; set; }
}

/// <summary>Where a calendar subscribes to.</summary>
/// <param name="Url">Whoever has it can read when there are visits, of what mode; nobody's name and no topic.</param>
public sealed record FeedLink(Uri Url);

/// <summary>The addresses of feeds: a link names school, staff member and which of the links made so far it is.</summary>
/// <param name="configuration">See <see cref="SignedLinks"/>.</param>
public sealed class FeedLinks(IConfiguration configuration)
{
    private const int IdLength = 16;
    private const int Length = (2 * IdLength) + sizeof(int);

    private readonly SignedLinks links = new(configuration, "visits/calendar-feed", "/api/visits/feeds/", Length);

    internal Uri To(CalendarFeed feed)
    {
        Span<byte> named = stackalloc byte[Length];
        feed.SchoolId.TryWriteBytes(named);
        feed.StaffId.TryWriteBytes(named[IdLength..]);
        BinaryPrimitives.WriteInt32BigEndian(named[(2 * IdLength)..], feed.Serial);
        return links.To(named);
    }

    internal (Guid School, Guid Staff, int Serial)? Read(string? token)
    {
        Span<byte> named = stackalloc byte[Length];
        return links.TryRead(token, named)
            ? (new Guid(named[..IdLength]), new Guid(named[IdLength..(2 * IdLength)]),
                BinaryPrimitives.ReadInt32BigEndian(named[(2 * IdLength)..]))
            : null;
    }
}

/// <summary>
/// A staff member's visits at a school, own and joint, for any calendar that subscribes by address (VIS-6). A new link ends the one
/// before; the roles behind it are those of the post, so it ends with that, too.
/// </summary>
internal static class ReadFeed
{
    private const string Why = "a calendar subscribes without a token: the link is signed, can be ended, and shows nobody's name";
    private static readonly TimeSpan Past = TimeSpan.FromDays(60);
    private static readonly TimeSpan Future = TimeSpan.FromDays(250);

    public static void MapCalendarFeed(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{school:guid}/calendar-feed", MakeAsync).Command(Permission.CalendarSubscribe).WithName("MakeCalendarFeed");
        api.MapDelete("/schools/{school:guid}/calendar-feed", EndAsync).Command(Permission.CalendarSubscribe).WithName("EndCalendarFeed");
        api.MapGet("/feeds/{token}", ReadAsync).AddEndpointFilter(OpenAsync).Open(Why).WithName("ReadCalendarFeed");
    }

    private static async Task<Results<Ok<FeedLink>, Problem>> MakeAsync(
        Guid school, VisitsDb db, FeedLinks links, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (Staff(current.Caller, school) is not ({ } staff, { } district))
            return (Problem)Failures.NotFound;
        var feed = await db.Feeds.SingleOrDefaultAsync(feed => feed.SchoolId == school && feed.StaffId == staff, cancel)
            ?? db.Add(new CalendarFeed { SchoolId = school, StaffId = staff, DistrictId = district }).Entity;
        feed.Made++;
        feed.Serial = feed.Made;
        audit.About("calendar-feed", staff, district, school);
        return TypedResults.Ok(new FeedLink(links.To(feed)));
    }

    private static async Task<Results<NoContent, Problem>> EndAsync(
        Guid school, VisitsDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        if (Staff(current.Caller, school) is not ({ } staff, { } district))
            return (Problem)Failures.NotFound;
        await db.Feeds.Where(feed => feed.SchoolId == school && feed.StaffId == staff)
            .ExecuteUpdateAsync(set => set.SetProperty(feed => feed.Serial, 0), cancel);
        audit.About("calendar-feed", staff, district, school);
        return TypedResults.NoContent();
    }

    // The link's tenancy is its school.
    private static async ValueTask<object?> OpenAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        if (http.RequestServices.GetRequiredService<FeedLinks>().Read(http.GetRouteValue("token") as string) is not { } named)
            return (Problem)Failures.NotFound;
        http.RequestServices.GetRequiredService<CurrentTenancy>().Scope = new TenantScope([], [named.School]);
        http.RequestServices.GetRequiredService<CurrentCaller>().Caller = new Caller(null, $"feed:{named.Staff:N}", []);
        return await next(invocation);
    }

    private static async Task<Results<FileContentHttpResult, Problem>> ReadAsync(
        string token, VisitsDb db, FeedLinks links, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (school, staff, serial) = links.Read(token)!.Value;
        var now = clock.GetUtcNow();
        var (from, to) = (now - Past, now + Future);
        var feed = await db.Feeds.AsNoTracking().SingleOrDefaultAsync(
            feed => feed.SchoolId == school && feed.StaffId == staff && feed.Serial == serial, cancel);
        if (feed is null || !await IsOnStaffAsync(db, feed, now, cancel))
            return (Problem)Failures.NotFound;
        var visits = await db.Visits.AsNoTracking()
            .Where(visit => visit.SchoolId == school && visit.StartsAt >= from && visit.StartsAt < to
                && (visit.TeacherId == staff || visit.JointVisitorIds.Contains(staff)))
            .OrderBy(visit => visit.StartsAt).ThenBy(visit => visit.Id).ToListAsync(cancel);
        http.Response.Headers.CacheControl = "private, max-age=300";
        var calendar = Write(visits, Language.IsChinese(http));
        var tag = new Microsoft.Net.Http.Headers.EntityTagHeaderValue(
            string.Create(CultureInfo.InvariantCulture, $"\"{Convert.ToHexStringLower(SHA256.HashData(calendar))[..32]}\""));
        return TypedResults.Bytes(calendar, "text/calendar; charset=utf-8; method=PUBLISH", entityTag: tag);
    }

    private static async Task<bool> IsOnStaffAsync(VisitsDb db, CalendarFeed feed, DateTimeOffset now, CancellationToken cancel)
    {
        var today = await db.TodayAtAsync(feed.DistrictId, feed.SchoolId, now, cancel);
        return await db.Set<Post>().AnyAsync(
            post => post.SchoolId == feed.SchoolId && post.StaffId == feed.StaffId
                && (post.EndsOn == null || post.EndsOn >= today && post.EndsOn >= post.StartsOn),
            cancel);
    }

    private static byte[] Write(IEnumerable<Visit> visits, bool chinese)
    {
        var calendar = new ICalendar();
        calendar.Line("BEGIN", "VCALENDAR");
        calendar.Line("VERSION", "2.0");
        calendar.Line("PRODID", "-//HomeSchool//Visits//EN");
        calendar.Line("METHOD", "PUBLISH");
        calendar.Line("X-WR-CALNAME", chinese ? "家访" : "Home visits");
        calendar.Line("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
        foreach (var visit in visits)
            Invitation.WriteEvent(calendar, visit, answerAt: null, chinese, visit.ChangedAt, published: true);
        calendar.Line("END", "VCALENDAR");
        return Encoding.UTF8.GetBytes(calendar.ToString());
    }

    private static (Guid? Staff, Guid? District) Staff(Caller caller, Guid school) => caller.With(Permission.CalendarSubscribe)
        .Where(grant => grant.SchoolId == school && grant.PersonId is not null)
        .Select(grant => ((Guid?, Guid?))(grant.PersonId, grant.DistrictId)).FirstOrDefault();
}
