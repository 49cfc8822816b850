using System.Text;
using HomeSchool.Activities.FamilyActivities;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Suggestions;

/// <summary>A suggestion.</summary>
/// <param name="StudentId">The guardian's child.</param>
/// <param name="Text">1–1,000 characters.</param>
public sealed record SuggestionRequest(Guid StudentId, string Text);

/// <summary>An answer.</summary>
/// <param name="Text">1–1,000 characters.</param>
public sealed record AnswerRequest(string Text);

/// <summary>A suggestion with its answer.</summary>
/// <param name="Id">The suggestion.</param>
/// <param name="StudentId">The child.</param>
/// <param name="Text">What is suggested.</param>
/// <param name="MadeAt">When.</param>
/// <param name="Answer">What the school answered; <see langword="null"/> before.</param>
/// <param name="AnsweredAt">When.</param>
public sealed record SuggestionBody(
    Guid Id, Guid StudentId, string Text, DateTimeOffset MadeAt, string? Answer, DateTimeOffset? AnsweredAt);

/// <summary>Takes what guardians suggest about an activity and answers it (ACT-7), between the family and its teachers.</summary>
internal static class Suggest
{
    private const int LongestText = 1_000;

    public static void MapSuggestions(this IEndpointRouteBuilder api)
    {
        api.MapPost("/family-activities/{id:guid}/suggestions", SuggestAsync).Command(Permission.TakePart).WithName("Suggest");
        api.MapGet("/family-activities/{id:guid}/suggestions", ListAsync).Query(Permission.ActivityRead)
            .WithName("ListSuggestions")
            .WithSummary("To staff those of their class or school; to guardians their own.");
        api.MapPost("/suggestions/{id:guid}/answer", AnswerAsync).Command(Permission.ActivityManage).WithName("AnswerSuggestion");
    }

    private static async Task<Results<Created<SuggestionBody>, Problem>> SuggestAsync(
        Guid id, SuggestionRequest request, ActivitiesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindForAsync(current, id, request.StudentId, now, cancel) is not var (activity, child))
            return (Problem)Failures.NotFound;
        var made = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(child.DistrictId, child.SchoolId, child.StudentId), Suggestion.SealedContent.Of(made),
            Encoding.UTF8.GetBytes(text), cancel) is not { } content)
        {
            return (Problem)Failures.Erased;
        }

        db.Add(new Suggestion
        {
            SchoolId = activity.SchoolId,
            Id = made,
            ActivityId = id,
            DistrictId = activity.DistrictId,
            ClassId = child.ClassId,
            StudentId = child.StudentId,
            GuardianId = child.GuardianId,
            Content = content,
            MadeAt = now,
        });
        audit.About("suggestion", made, activity.DistrictId, activity.SchoolId);
        return TypedResults.Created((string?)null, new SuggestionBody(made, child.StudentId, text, now, null, null));
    }

    private static async Task<Results<Ok<IReadOnlyList<SuggestionBody>>, Problem>> ListAsync(
        Guid id, ActivitiesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, clock.GetUtcNow(), cancel);
        if (await db.Set<FamilyActivity>().AsNoTracking().Seen(reach)
            .SingleOrDefaultAsync(a => a.Id == id, cancel) is not { } activity)
        {
            return (Problem)Failures.NotFound;
        }

        var all = reach.CoversSchool(activity.DistrictId, activity.SchoolId);
        var classes = reach.Classes;
        var guardians = reach.Children.Select(child => child.GuardianId).OfType<Guid>().ToArray();
        var rows = await db.Set<Suggestion>().AsNoTracking()
            .Where(s => s.SchoolId == activity.SchoolId && s.ActivityId == id
                && (all || classes.Contains(s.ClassId!.Value) || guardians.Contains(s.GuardianId!.Value)))
            .OrderBy(s => s.Id).ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(row => row.Content), cancel);
        var opened = new List<SuggestionBody>(rows.Count);
        foreach (var row in rows)
        {
            if (await OpenAsync(vault, row.DistrictId, Suggestion.SealedContent.Of(row.Id), row.Content, cancel) is { } text)
            {
                opened.Add(new SuggestionBody(
                    row.Id, row.StudentId, text, row.MadeAt,
                    await OpenAsync(vault, row.DistrictId, Suggestion.SealedAnswer.Of(row.Id), row.Answer, cancel),
                    row.AnsweredAt));
            }
        }

        return TypedResults.Ok<IReadOnlyList<SuggestionBody>>(opened);
    }

    private static async Task<Results<NoContent, Problem>> AnswerAsync(
        Guid id, AnswerRequest request, ActivitiesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        var found = await db.Set<Suggestion>().FromSql($"SELECT * FROM suggestion WHERE id = {id} FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        if (found is null || !reach.Covers(found.DistrictId, found.SchoolId, found.ClassId))
            return (Problem)Failures.NotFound;
        if (found.AnsweredAt is not null)
            return (Problem)SuggestionFailures.Answered;
        if (await vault.SealAsync(
            new Subject(found.DistrictId, found.SchoolId, found.StudentId), Suggestion.SealedAnswer.Of(id),
            Encoding.UTF8.GetBytes(text), cancel) is not { } answer)
        {
            return (Problem)Failures.Erased;
        }

        (found.Answer, found.AnsweredAt) = (answer, now);
        if (found.GuardianId is { } guardian)
            db.Publish(new SuggestionAnswered(found.DistrictId, found.SchoolId, id, 1, now, found.StudentId, guardian));
        audit.About("suggestion", id, found.DistrictId, found.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<string?> OpenAsync(
        KeyVault vault, Guid district, Place place, byte[]? content, CancellationToken cancel) =>
        content is not null && await vault.OpenAsync(district, place, content, cancel) is { } text
            ? Encoding.UTF8.GetString(text) : null;
}
