using System.Globalization;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Visits.Outlines;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using QRCoder;

namespace HomeSchool.Visits.Appointments;

/// <summary>A link that the teacher hands over, on paper or by message.</summary>
/// <param name="Url">The link; whoever has it can answer for the family.</param>
/// <param name="Qr">The same as a QR code, in SVG.</param>
/// <param name="ExpiresAt">The appointment's begin.</param>
public sealed record HandedLink(Uri Url, string Qr, DateTimeOffset ExpiresAt);

/// <summary>An appointment as the holder of a link sees it: nobody's name.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Mode">How.</param>
/// <param name="StartsAt">When.</param>
/// <param name="Minutes">The expected length.</param>
/// <param name="TimeZone">The district's time zone.</param>
/// <param name="Topics">What about.</param>
/// <param name="ProposedStartsAt">The time that the family proposed.</param>
/// <param name="Version">Send it back in <c>If-Match</c>, in quotes.</param>
public sealed record LinkedAppointment(
    VisitState State, VisitMode Mode, DateTimeOffset StartsAt, int Minutes, string TimeZone, IReadOnlyList<string> Topics,
    DateTimeOffset? ProposedStartsAt, long Version);

/// <summary>The form of <see cref="AppointmentPage"/>; all of it is text, so that a slip shows on the page.</summary>
public sealed class AnswerForm
{
    /// <summary>One of <see cref="AnswerKind"/>, or <c>ask</c> to say what the family wants to talk about (VIS-7).</summary>
    public string? Answer { get; init; }

    /// <summary>The version that the page showed.</summary>
    public string? Version { get; init; }

    /// <summary>The proposed time on the district's clocks.</summary>
    public string? StartsAt { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>To ask: a question a line; none says that there are none.</summary>
    public string? Questions { get; init; }
}

/// <summary>
/// Answering an appointment by a link (VIS-6): for programs as JSON, for people as a page that works on an old phone without
/// scripts.
/// </summary>
internal static class AnswerLink
{
    private const string Address = "/answers/{token}";
    internal const string Why = "who holds the link that the teacher handed over answers for the family";

    public static void MapAnswerLink(this IEndpointRouteBuilder api)
    {
        api.MapGet("/{id:guid}/answer-link", HandOverAsync).Query(Permission.VisitSchedule).WithName("ReadAnswerLink");
        // The filter that opens the link stands before the command's own: that one's transaction begins with the link's tenancy.
        api.MapGet(Address, ReadAsync).AddEndpointFilter(OpenLinkAsync).Open(Why).WithName("ReadLinkedAppointment");
        api.MapPost(Address, AnswerAsync).AddEndpointFilter(OpenLinkAsync).OpenCommand(Why).WithName("AnswerByLink");
        api.MapPost(Address, SubmitAsync).AddEndpointFilter(OpenLinkAsync).OpenCommand(Why).WithName("AnswerByForm")
            .DisableAntiforgery().ExcludeFromDescription(); // the page is its only client
    }

    /// <summary>
    /// Lets a signed link in: from here on the request has the tenancy of the link's school. People who open a page get refusals
    /// as a page too.
    /// </summary>
    internal static async ValueTask<object?> OpenLinkAsync(
        EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        var services = http.RequestServices;
        http.Response.Headers.CacheControl = "no-store";
        object? result;
        if (services.GetRequiredService<AnswerLinks>().Read(http.GetRouteValue("token") as string) is { } target)
        {
            services.GetRequiredService<CurrentTenancy>().Scope = new TenantScope([], [target.SchoolId]);
            services.GetRequiredService<CurrentCaller>().Caller = new Caller(null, $"link:{target.VisitId:N}", []);
            result = await next(invocation);
        }
        else
        {
            result = (Problem)Failures.NotFound;
        }

        var answer = result is INestedHttpResult nested ? nested.Result : result;
        return answer is Problem problem && AppointmentPage.IsWantedBy(http) ? AppointmentPage.Refusing(problem.Failure) : result;
    }

    /// <summary>The visit of an opened link, as long as the link is good.</summary>
    internal static async Task<(Visit? Visit, Problem? Refused)> FindAsync(
        VisitsDb db, AnswerLinks links, string token, DateTimeOffset now, CancellationToken cancel)
    {
        var target = links.Read(token)!;
        var visit = await db.Visits.SingleOrDefaultAsync(v => v.SchoolId == target.SchoolId && v.Id == target.VisitId, cancel);
        return visit is null ? (null, Failures.NotFound)
            : now >= visit.StartsAt || target.Serial != visit.LinkSerial ? (null, VisitsFailures.LinkExpired)
            : (visit, null);
    }

    private static async Task<Results<Ok<HandedLink>, Problem>> HandOverAsync(
        Guid id, VisitsDb db, CurrentCaller current, AnswerLinks links, TimeProvider clock, CancellationToken cancel)
    {
        if (await db.FindAsync(current.Caller, Permission.VisitSchedule, id, cancel) is not { } visit)
            return (Problem)Failures.NotFound;
        if (!visit.IsOpen || clock.GetUtcNow() >= visit.StartsAt)
            return (Problem)VisitsFailures.NotOpen;
        var url = links.To(visit);
        using var code = QRCodeGenerator.GenerateQrCode(url.AbsoluteUri, QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(code);
        return TypedResults.Ok(new HandedLink(url, svg.GetGraphic(4), visit.StartsAt));
    }

    private static async Task<Results<Ok<LinkedAppointment>, AppointmentPage, Problem>> ReadAsync(
        string token, VisitsDb db, AnswerLinks links, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (visit, refused) = await FindAsync(db, links, token, clock.GetUtcNow(), cancel);
        if (visit is null)
            return refused!;
        if (AppointmentPage.IsWantedBy(http))
            return AppointmentPage.Of(visit, await AskedAtAsync(db, visit, cancel));
        ETag.Set(http, visit.Version);
        return TypedResults.Ok(new LinkedAppointment(
            visit.State, visit.Mode, visit.StartsAt, visit.Minutes, visit.TimeZone, visit.Topics, visit.ProposedStartsAt,
            visit.Version));
    }

    private static async Task<Results<NoContent, Problem>> AnswerAsync(
        string token, AnswerRequest request, VisitsDb db, KeyVault vault, AnswerLinks links, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (visit, refused) = await FindAsync(db, links, token, now, cancel);
        if (visit is null)
            return refused!;
        if (ETag.Mismatch(http, visit.Version) is { } stale)
            return (Problem)stale;
        if (await AnswerVisit.TakeAsync(visit, request, db, vault, current.Caller, audit, now, cancel) is { } untaken)
            return untaken;
        ETag.Set(http, visit.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<AppointmentPage, Problem>> SubmitAsync(
        string token, [FromForm] AnswerForm form, VisitsDb db, KeyVault vault, AnswerLinks links, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (visit, refused) = await FindAsync(db, links, token, now, cancel);
        if (visit is null)
            return refused!;
        if (!long.TryParse(form.Version, CultureInfo.InvariantCulture, out var shown) || shown != visit.Version)
            return (Problem)Failures.ChangedMeanwhile;
        if (form.Answer == "ask")
        {
            var questions = (form.Questions ?? "")
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (!AskQuestions.AreFew(questions))
                return (Problem)VisitsFailures.QuestionsTooMany;
            var asked = new QuestionsBody(questions);
            return await AskQuestions.TakeAsync(visit, asked, db, vault, current.Caller, audit, now, cancel) is { } unasked
                ? unasked
                : AppointmentPage.Of(visit, now);
        }

        if (!Enum.TryParse<AnswerKind>(form.Answer, ignoreCase: true, out var answer) || !Enum.IsDefined(answer))
            return (Problem)Failures.Invalid;
        var proposed = answer == AnswerKind.Propose ? LocalTime.Read(form.StartsAt, visit.TimeZone) : null;
        if (answer == AnswerKind.Propose && proposed is null)
            return (Problem)Failures.Time;
        var request = new AnswerRequest(answer, proposed, form.Reason);
        return await AnswerVisit.TakeAsync(visit, request, db, vault, current.Caller, audit, now, cancel) is { } untaken
            ? untaken
            : AppointmentPage.Of(visit, await AskedAtAsync(db, visit, cancel));
    }

    // When, not what: the page is open to whoever finds a printed link.
    private static Task<DateTimeOffset?> AskedAtAsync(VisitsDb db, Visit visit, CancellationToken cancel) =>
        db.Set<VisitQuestions>().Where(asked => asked.SchoolId == visit.SchoolId && asked.VisitId == visit.Id)
            .Select(asked => (DateTimeOffset?)asked.AskedAt).SingleOrDefaultAsync(cancel);
}
