using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>Lists the terms of a district with their teaching weeks, the latest first.</summary>
internal static class ListTerms
{
    public static void MapListTerms(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/terms", HandleAsync)
            .WithName("ListTerms")
            .WithSummary("The terms of a district, the latest first.")
            .Query(Permission.RosterRead);

    private static async Task<Results<Ok<Page<TermRow>>, Problem>> HandleAsync(
        Guid districtId, string? after, int? size, ArchivesDb db, CancellationToken cancel)
    {
        if (!Cursor.TryRead<TermKey>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var rows = await db.Set<Term>().AsNoTracking()
            .Where(term => term.DistrictId == districtId && term.WithdrawnOn == null
                && (last == null || term.StartsOn < last.StartsOn || term.StartsOn == last.StartsOn && term.Id < last.Id))
            .OrderByDescending(term => term.StartsOn).ThenByDescending(term => term.Id)
            .Select(term => new TermRow(term.Id, term.Title, term.StartsOn, term.EndsOn, term.TeachingWeeks))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => new TermKey(row.StartsOn, row.Id)));
    }

    private sealed record TermKey(DateOnly StartsOn, Guid Id);
}

/// <summary>A term in a list.</summary>
/// <param name="Id">The term.</param>
/// <param name="Title">Its title.</param>
/// <param name="StartsOn">First day; teaching week 1 begins on it.</param>
/// <param name="EndsOn">Last day.</param>
/// <param name="TeachingWeeks">How many.</param>
public sealed record TermRow(Guid Id, string Title, DateOnly StartsOn, DateOnly EndsOn, int TeachingWeeks);
