using System.Globalization;
using System.Text.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys;

/// <summary>A survey as the holder of its link sees it: nobody's name.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Questions">The questions, in their order.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
/// <param name="Answered">Whether it was answered. What was answered is not shown again: who hands the link out would read it (SUR-4).</param>
/// <param name="MayChange">Whether an answer can be changed until it closes.</param>
public sealed record LinkedSurvey(
    SurveyKind Kind, IReadOnlyList<Question> Questions, DateTimeOffset ClosesAt, bool Answered, bool MayChange);

/// <summary>An answer.</summary>
/// <param name="Answers">By the question's id: a number, or text.</param>
public sealed record AnswerRequest(Dictionary<string, JsonElement> Answers);

/// <summary>
/// Answering by the link, without an account (SUR-3): for programs as JSON, for people as a page that works on an old phone without
/// scripts.
/// </summary>
internal static class AnswerByLink
{
    private const string Address = "/answers/{token}";
    private const string Why = "who holds the link answers for the family";

    public static void MapAnswerByLink(this IEndpointRouteBuilder api)
    {
        // The filter that opens the link stands before the command's own: that one's transaction begins with the link's tenancy.
        api.MapGet(Address, ReadAsync).AddEndpointFilter(OpenLinkAsync).Open(Why).WithName("ReadLinkedSurvey");
        api.MapPost(Address, AnswerAsync).AddEndpointFilter(OpenLinkAsync).OpenCommand(Why).WithName("AnswerSurvey");
        api.MapPost(Address, SubmitAsync).AddEndpointFilter(OpenLinkAsync).OpenCommand(Why).WithName("AnswerSurveyByForm")
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
            result = (Problem)Failures.NotFound;
        }

        return (result is INestedHttpResult nested ? nested.Result : result) is Problem problem && SurveyPage.IsWantedBy(http)
            ? SurveyPage.Refusing(problem)
            : result;
    }

    private static async Task<Results<Ok<LinkedSurvey>, SurveyPage, Problem>> ReadAsync(
        string token, SurveysDb db, SurveyLinks links, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, links, token, cancel) is not var (invitation, definition))
            return (Problem)Failures.NotFound;
        if (clock.GetUtcNow() >= invitation.ClosesAt)
            return (Problem)SurveysFailures.Closed;
        var answered = invitation.Answer is not null;
        if (SurveyPage.IsWantedBy(http))
            return SurveyPage.Of(definition, answered);
        return TypedResults.Ok(new LinkedSurvey(
            invitation.Kind, definition.Questions, invitation.ClosesAt, answered, invitation.MayChange));
    }

    private static async Task<Results<NoContent, Problem>> AnswerAsync(
        string token, AnswerRequest request, SurveysDb db, KeyVault vault, SurveyLinks links, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (await FindAsync(db, links, token, cancel) is not var (invitation, definition))
            return (Problem)Failures.NotFound;
        return await TakeAsync(invitation, definition, request.Answers, db, vault, audit, clock, cancel) is { } refused
            ? refused
            : TypedResults.NoContent();
    }

    private static async Task<Results<SurveyPage, Problem>> SubmitAsync(
        string token, HttpContext http, SurveysDb db, KeyVault vault, SurveyLinks links, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await FindAsync(db, links, token, cancel) is not var (invitation, definition))
            return (Problem)Failures.NotFound;
        var form = await http.Request.ReadFormAsync(cancel);
        var given = definition.Questions.Where(question => form.ContainsKey(question.Id))
            .ToDictionary(question => question.Id, question => Typed(question, form[question.Id].ToString()), StringComparer.Ordinal);
        return await TakeAsync(invitation, definition, given, db, vault, audit, clock, cancel) is { } refused
            ? refused
            : SurveyPage.Thanking(invitation);
    }

    private static async Task<Problem?> TakeAsync(
        Invitation invitation, Definition definition, IReadOnlyDictionary<string, JsonElement> given, SurveysDb db,
        KeyVault vault, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (answers, mistakes) = definition.Check(given);
        if (mistakes.Count > 0)
            return Problem.Of(mistakes);
        var (before, erased) = await OpenAsync(invitation, vault, cancel);
        var (about, place) = (invitation.ToSubject(), Answer.AnswersOf(invitation.Id));
        if (erased || await vault.SealAsync(about, place, Answer.Write(answers), cancel) is not { } taken)
            return Failures.Erased;
        if (invitation.Take(taken, now) is { } refused)
            return refused;
        var (numbersBefore, numbers) = (Numbers(definition, before), Numbers(definition, answers));
        if (await Tally.StageAsync(db, invitation, numbersBefore, numbers, cancel) is { } shown)
        {
            db.Publish(new SurveyAnswersCounted(
                invitation.DistrictId, invitation.SchoolId, Version: shown, now, invitation.Kind, shown));
        }

        // The invitation, not the answer: the audit must not say what the officer alone may see.
        audit.About("survey-invitation", invitation.Id, invitation.DistrictId, invitation.SchoolId);
        return null;
    }

    private static async Task<(Dictionary<string, JsonElement>? Answers, bool Erased)> OpenAsync(
        Invitation invitation, KeyVault vault, CancellationToken cancel)
    {
        if (invitation.Answer is not { } answer)
            return (null, false);
        var opened = await vault.OpenAsync(invitation.DistrictId, Answer.AnswersOf(invitation.Id), answer.Answers, cancel);
        return opened is null ? (null, true) : (Answer.Read(opened), false);
    }

    private static async Task<(Invitation Invitation, Definition Definition)?> FindAsync(
        SurveysDb db, SurveyLinks links, string token, CancellationToken cancel)
    {
        var target = links.Read(token)!;
        var invitation = await db.Invitations.Include(i => i.Answer)
            .SingleOrDefaultAsync(i => i.SchoolId == target.SchoolId && i.Id == target.InvitationId, cancel);
        if (invitation is null)
            return null;
        return (invitation, await db.Definitions.AsNoTracking()
            .SingleAsync(d => d.Kind == invitation.Kind && d.Version == invitation.DefinitionVersion, cancel));
    }

    private static Dictionary<string, int> Numbers(Definition definition, Dictionary<string, JsonElement>? answers) =>
        definition.Questions.Where(question => question.Type != QuestionType.Text && answers?.ContainsKey(question.Id) == true)
            .ToDictionary(question => question.Id, question => answers![question.Id].GetInt32(), StringComparer.Ordinal);

    // A form has text only; what is no number stays text and is named as a mistake.
    private static JsonElement Typed(Question question, string text) =>
        question.Type != QuestionType.Text && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? JsonSerializer.SerializeToElement(number)
            : JsonSerializer.SerializeToElement(text);
}
