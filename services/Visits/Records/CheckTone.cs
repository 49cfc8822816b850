using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using HomeSchool.Visits.Policies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Records;

/// <summary>Texts to look at while they are being written.</summary>
/// <param name="NodeId">The school or district whose list counts.</param>
/// <param name="Texts">Fields, up to 20, and what stands there, up to 4,000 characters each.</param>
public sealed record ToneRequest(Guid NodeId, IReadOnlyDictionary<string, string> Texts);

/// <summary>What was found.</summary>
/// <param name="Hints">Passages, up to 20.</param>
public sealed record ToneAnswer(IReadOnlyList<ToneHint> Hints);

/// <summary>Looks at the wording of texts while they are being written (VIS-14). It keeps nothing of them.</summary>
internal static class CheckTone
{
    private const int MostTexts = 20;

    public static void MapCheckTone(this IEndpointRouteBuilder api) =>
        api.MapPost("/tone", CheckAsync).Query(Permission.VisitRead).WithName("CheckTone");

    private static async Task<Results<Ok<ToneAnswer>, Problem>> CheckAsync(
        ToneRequest request, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        if (request.Texts.Count > MostTexts)
            mistakes.Add(Failures.List.At("texts", 0, MostTexts));
        else if (request.Texts.Values.Any(text => text?.Length > RecordTexts.LongestSummary))
            mistakes.Add(Failures.Text.At("texts", 0, RecordTexts.LongestSummary));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await ChangePolicy.FindAsync(request.NodeId, Permission.VisitRead, db, current, cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var policies = await db.Policies.AsNoTracking()
            .Where(policy => policy.NodeId == request.NodeId || policy.NodeId == place.DistrictId).ToListAsync(cancel);
        var policy = Policy.InForce(place.DistrictId, request.NodeId, policies).Records;
        return TypedResults.Ok(new ToneAnswer(
            Tone.Find(request.Texts.Select(text => (text.Key, (string?)text.Value)), policy.ToneWords)));
    }
}
