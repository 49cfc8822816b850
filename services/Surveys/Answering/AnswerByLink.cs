using System.Text.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Policies;
using HomeSchool.Surveys.Rounds;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Answering;

/// <summary>A survey as the holder of its link sees it: nobody's name.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Privacy">Who learns whose the answer is (SUR-4).</param>
/// <param name="Title">What it is called.</param>
/// <param name="Pages">The questions.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
/// <param name="MayChange">Whether who answers can change the answer until it closes.</param>
public sealed record LinkedSurvey(
    SurveyKind Kind, SurveyPrivacy Privacy, Wording Title, IReadOnlyList<QuestionPage> Pages, DateTimeOffset ClosesAt,
    bool MayChange);

/// <summary>An answer.</summary>
/// <param name="Answers">By the question's id: a number, a text, the id of a choice, a list of ids, or of a matrix an id for each row.</param>
public sealed record AnswerRequest(Dictionary<string, JsonElement> Answers);

/// <summary>
/// Answering by the link, without an account (SUR-3): for programs as JSON, for people as a page that works on an old phone without
/// scripts. Reading a link does not tell whether it was answered, nor what: who handed it out would learn it (SUR-4). Whoever answers
/// gets another link, by which alone the answer is changed.
/// </summary>
internal static class AnswerByLink
{
    private const string Address = "/answers/{token}";
    private const string Why = "who holds the link answers for the family";

    public static void MapAnswerByLink(this IEndpointRouteBuilder api)
    {
        api.MapGet(Address, ReadAsync).AddEndpointFilter(OpenLinkAsync).Open(Why).WithName("ReadLinkedSurvey");
        api.MapPost(Address, AnswerAsync).AddEndpointFilter(OpenLinkAsync).OpenGroupedCommand(Why).WithName("AnswerSurvey");
        api.MapPost(Address, SubmitAsync).AddEndpointFilter(OpenLinkAsync).OpenGroupedCommand(Why).WithName("AnswerSurveyByForm")
            .Accepts<IFormCollection>("application/x-www-form-urlencoded").DisableAntiforgery().ExcludeFromDescription();
    }

    private static async ValueTask<object?> OpenLinkAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        var services = http.RequestServices;
        http.Response.Headers.CacheControl = "no-store";
        object? result;
        if (services.GetRequiredService<SurveyLinks>().Read(http.GetRouteValue("token") as string) is { } target)
        {
            services.GetRequiredService<CurrentTenancy>().Scope = new TenantScope([], [target.SchoolId]);
            services.GetRequiredService<CurrentCaller>().Caller = new Caller(null, $"link:{target.InvitationId:N}", []);
            result = await next(invocation);
        }
        else
        {
            result = (Problem)SurveysFailures.NoSuchLink;
        }

        return (result is INestedHttpResult nested ? nested.Result : result) is Problem problem && SurveyPage.IsWantedBy(http)
            ? SurveyPage.Refusing(problem)
            : result;
    }

    private static async Task<Results<Ok<LinkedSurvey>, SurveyPage, Problem>> ReadAsync(
        string token, SurveysDb db, SurveyLinks links, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, links, token, cancel) is not var (round, invitation))
            return (Problem)SurveysFailures.NoSuchLink;
        if (clock.GetUtcNow() >= invitation.ClosesAt)
            return (Problem)SurveysFailures.Closed;
        if (SurveyPage.IsWantedBy(http))
        {
            var changes = MayChange(round, invitation) && links.MayChange(http.Request, invitation.Id);
            return http.Request.Query.ContainsKey(SurveyPage.Done)
                ? SurveyPage.Thanking(round, changes ? links.ProofOf(invitation.Id) : null)
                : SurveyPage.Of(round, changes, await ClosingAsync(db, invitation, cancel));
        }

        return TypedResults.Ok(new LinkedSurvey(
            round.Kind, round.Privacy, round.Definition.Title, round.Definition.Pages, invitation.ClosesAt, MayChange(round, invitation)));
    }

    private static async Task<Results<NoContent, Problem>> AnswerAsync(
        string token, AnswerRequest request, SurveyLinks links, TakeAnswer take, HttpContext http, CancellationToken cancel)
    {
        var taken = await take.TakeAsync(Sent(links, token, http, _ => request.Answers), cancel);
        if (taken.Refused is { } refused)
            return refused;
        if (MayChange(taken.Round!, taken.Invitation!))
            http.Response.Headers.Location = links.ToChange(taken.Invitation!.SchoolId, taken.Invitation.Id).PathAndQuery;
        if (taken.WasTakenBefore)
            http.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        return TypedResults.NoContent();
    }

    private static async Task<Results<SurveyPage, Problem>> SubmitAsync(
        string token, SurveysDb db, SurveyLinks links, TakeAnswer take, HttpContext http, CancellationToken cancel)
    {
        IFormCollection form;
        try
        {
            form = await http.Request.ReadFormAsync(cancel);
        }
        catch (InvalidDataException)
        {
            return (Problem)Failures.Invalid; // more fields, or longer names, than any page of ours has
        }

        var taken = await take.TakeAsync(Sent(links, token, http, round => round.Definition.FromForm(form)), cancel);
        // What was filled in comes back with what is wrong, or to be sent again later: nobody types a survey twice.
        return taken.Refused switch
        {
            // Elsewhere, so that a page that is loaded anew sends nothing again.
            null => SurveyPage.Taken(http, MayChange(taken.Round!, taken.Invitation!) ? links.ProofOf(taken.Invitation!.Id) : null),
            { Mistakes.Count: > 0 } wrong => SurveyPage.Asking(
                taken.Round!, links.MayChange(http.Request, taken.Invitation!.Id),
                await ClosingAsync(db, taken.Invitation, cancel), taken.Given!, wrong.Mistakes),
            { StatusCode: StatusCodes.Status503ServiceUnavailable } later => SurveyPage.AskingLater(later, form),
            var refused => refused,
        };
    }

    // On the district's clocks: a family reads it as it lives.
    private static async Task<DateTime> ClosingAsync(SurveysDb db, Invitation invitation, CancellationToken cancel)
    {
        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == invitation.DistrictId, cancel);
        return (policy?.Settings ?? new SurveyPolicy()).Local(invitation.ClosesAt);
    }

    private static bool MayChange(Round round, Invitation invitation) =>
        invitation.MayChange && round.Privacy != SurveyPrivacy.Anonymous;

    private static SentAnswer Sent(
        SurveyLinks links, string token, HttpContext http, Func<Round, IReadOnlyDictionary<string, JsonElement>> read)
    {
        var target = links.Read(token)!;
        return new SentAnswer(target, http, read, links.MayChange(http.Request, target.InvitationId));
    }

    private static async Task<(Round Round, Invitation Invitation)?> FindAsync(
        SurveysDb db, SurveyLinks links, string token, CancellationToken cancel)
    {
        var target = links.Read(token)!;
        var invitation = await db.Invitations
            .FromSqlRaw($"SELECT i.* FROM invitation i WHERE i.school_id = {{0}} AND i.id = {{1}} AND {Invitation.Stands}",
                target.SchoolId, target.InvitationId)
            .AsNoTracking().SingleOrDefaultAsync(cancel);
        if (invitation is null)
            return null;
        return (await db.Rounds.AsNoTracking().SingleAsync(r => r.SchoolId == target.SchoolId && r.Id == invitation.RoundId, cancel), invitation);
    }
}
