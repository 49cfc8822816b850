using System.Globalization;
using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// A calendar answers an appointment (VIS-6): iTIP (RFC 5546) REPLY with <c>PARTSTAT</c> accepted or declined, COUNTER with another
/// begin. It must be about this visit and about the revision (<c>SEQUENCE</c>) that stands.
/// </summary>
internal static class CalendarReply
{
    private const int MostBytes = 65_536;
    private const string MediaType = "text/calendar";

    public static void MapCalendarReply(this IEndpointRouteBuilder api)
    {
        api.MapPost("/{id:guid}/reply", ReplyAsync).Accepts<string>(MediaType, "application/octet-stream")
            .Command(Permission.VisitAnswer).WithName("ReplyToInvitation");
        api.MapPost("/answers/{token}/reply", ReplyByLinkAsync).Accepts<string>(MediaType, "application/octet-stream")
            .AddEndpointFilter(AnswerLink.OpenLinkAsync).OpenCommand(AnswerLink.Why).WithName("ReplyToInvitationByLink");
    }

    /// <summary>What a calendar object says to a visit, or why it says nothing.</summary>
    internal static (AnswerRequest? Answer, Problem? Refused) Understand(string text, Visit visit)
    {
        // Time zones that the object defines have times of their own: what is said, the event says.
        var all = ICalendarReader.Read(text).ToList();
        var begin = all.FindIndex(line => line is { Name: "BEGIN", Value: "VEVENT" });
        var lines = all.Skip(Math.Max(0, begin)).ToArray();
        string? Value(string name) => lines.FirstOrDefault(line => line.Name == name)?.Value;
        var method = all.Find(line => line.Name == "METHOD")?.Value;
        if (Value("UID") != Invitation.UidOf(visit))
            return (null, VisitsFailures.OtherInvitation);
        if (!int.TryParse(Value("SEQUENCE") ?? "0", CultureInfo.InvariantCulture, out var sequence) || sequence != visit.Sequence)
            return (null, Failures.ChangedMeanwhile);

        var reason = lines.FirstOrDefault(line => line.Name == "COMMENT")?.Text;
        var attending = lines.FirstOrDefault(line => line.Name == "ATTENDEE")?.Parameters.GetValueOrDefault("PARTSTAT");
        var proposed = lines.FirstOrDefault(line => line.Name == "DTSTART")?.Instant(visit.TimeZone);
        return (method?.ToUpperInvariant(), attending?.ToUpperInvariant()) switch
        {
            ("REPLY", "ACCEPTED") => (new AnswerRequest(AnswerKind.Confirm, null, reason), null),
            ("REPLY", "DECLINED") => (new AnswerRequest(AnswerKind.Decline, null, reason), null),
            ("COUNTER", _) when proposed is not null => (new AnswerRequest(AnswerKind.Propose, proposed, reason), null),
            _ => (null, VisitsFailures.ReplyUnclear),
        };
    }

    private static async Task<Results<NoContent, Problem>> ReplyAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel) =>
        await db.FindAsync(current.Caller, Permission.VisitAnswer, id, cancel) is { } visit
            ? await TakeAsync(visit, db, vault, current, audit, clock.GetUtcNow(), http, cancel)
            : (Problem)Failures.NotFound;

    private static async Task<Results<NoContent, Problem>> ReplyByLinkAsync(
        string token, VisitsDb db, KeyVault vault, AnswerLinks links, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (visit, refused) = await AnswerLink.FindAsync(db, links, token, now, cancel);
        return visit is null ? refused! : await TakeAsync(visit, db, vault, current, audit, now, http, cancel);
    }

    private static async Task<Results<NoContent, Problem>> TakeAsync(
        Visit visit, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, DateTimeOffset now, HttpContext http,
        CancellationToken cancel)
    {
        var bytes = new byte[MostBytes];
        var length = await http.Request.Body.ReadAtLeastAsync(bytes, MostBytes, throwOnEndOfStream: false, cancel);
        if (length == MostBytes)
            return (Problem)VisitsFailures.ReplyUnclear;
        var (answer, unclear) = Understand(Encoding.UTF8.GetString(bytes, 0, length), visit);
        if (answer is null)
            return unclear!;
        if (await AnswerVisit.TakeAsync(visit, answer, db, vault, current.Caller, audit, now, cancel) is { } refused)
            return refused;
        ETag.Set(http, visit.Version);
        return TypedResults.NoContent();
    }
}
