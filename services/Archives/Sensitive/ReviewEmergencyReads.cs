using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>A read in a crisis, for its review.</summary>
/// <param name="Id">The read.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ItemId">The item.</param>
/// <param name="ReaderId">Who read.</param>
/// <param name="Role">In which role.</param>
/// <param name="ReadAt">When.</param>
/// <param name="Reason">What was happening; <see langword="null"/> when the student's key is destroyed.</param>
/// <param name="DueOn">The day by which it is reviewed.</param>
/// <param name="Overdue">Whether that day has passed without a review.</param>
/// <param name="Finding">What the review found.</param>
/// <param name="ReviewedAt">When it was reviewed.</param>
/// <param name="ReviewerId">By whom.</param>
public sealed record EmergencyReadBody(
    Guid Id, Guid StudentId, Guid ItemId, Guid? ReaderId, Role Role, DateTimeOffset ReadAt, string? Reason, DateOnly DueOn,
    bool Overdue, ReviewFinding? Finding, DateTimeOffset? ReviewedAt, Guid? ReviewerId);

/// <summary>What a review found.</summary>
/// <param name="Finding">Whether it was right to read.</param>
/// <param name="Note">Why, 1–1,000 characters.</param>
/// <param name="Withhold">Whether guardians are not told of the read, because the case is protected.</param>
public sealed record ReviewRequest(ReviewFinding Finding, string Note, bool Withhold = false);

/// <summary>Reads in a crisis are reviewed the next day, by somebody else (ALL-8).</summary>
internal static class ReviewEmergencyReads
{
    private const int LongestNote = 1_000;

    public static void MapReviewEmergencyReads(this IEndpointRouteBuilder api)
    {
        api.MapGet("/districts/{districtId:guid}/emergency-reads", ListAsync)
            .WithName("ListEmergencyReads")
            .WithSummary("Reads in a crisis of the caller's schools, the newest first; with open=true those not reviewed yet.")
            .Command(Permission.SensitiveReview).Sensitive(); // for its audit row: reasons are sensitive
        api.MapPost("/districts/{districtId:guid}/emergency-reads/{id:guid}/review", ReviewAsync)
            .WithName("ReviewEmergencyRead")
            .WithSummary("Says whether it was right to read; once, and never of one's own.")
            .Command(Permission.SensitiveReview);
    }

    private static async Task<Results<Ok<Page<EmergencyReadBody>>, Problem>> ListAsync(
        Guid districtId, bool? open, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (take, today) = (Cursor.Size(size), LocalDay.Today(clock));
        var rows = await VisibleTo(db, current.Caller, districtId).AsNoTracking()
            .Where(read => (open != true || read.ReviewedAt == null) && (last == null || read.Id < last))
            .OrderByDescending(read => read.Id).Take(take + 1).ToListAsync(cancel);
        await vault.FetchAsync(rows.Select(read => read.Reason!), cancel);
        var bodies = new List<EmergencyReadBody>(rows.Count);
        foreach (var read in rows)
        {
            bodies.Add(new EmergencyReadBody(
                read.Id, read.StudentId, read.ItemId, read.ReaderId, read.Role, read.ReadAt,
                await vault.OpenTextAsync(districtId, SensitiveRead.ReasonOf(read.Id), read.Reason, cancel), read.ReviewDueOn!.Value,
                read.ReviewedAt is null && read.ReviewDueOn < today, read.Finding, read.ReviewedAt, read.ReviewerId));
        }

        audit.About("sensitive-read", null, current.Caller.With(Permission.SensitiveReview).First().DistrictId, null);
        return TypedResults.Ok(Page.From(bodies, take, body => body.Id));
    }

    private static async Task<Results<NoContent, Problem>> ReviewAsync(
        Guid districtId, Guid id, ReviewRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var note = mistakes.Text("note", request.Note, LongestNote);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var caller = current.Caller;
        if (await VisibleTo(db, caller, districtId).SingleOrDefaultAsync(read => read.Id == id, cancel) is not { } read)
            return (Problem)Failures.NotFound;
        var about = new Subject(districtId, read.SchoolId, read.StudentId);
        if (await vault.SealAsync(about, SensitiveRead.ReviewNoteOf(id), Encoding.UTF8.GetBytes(note), cancel) is not { } sealedNote)
            return (Problem)Failures.Erased;
        var reviewer = caller.With(Permission.SensitiveReview).First(grant => grant.SchoolId == read.SchoolId).PersonId;
        if (read.Review(request.Finding, sealedNote, request.Withhold, caller.AccountId!.Value, reviewer, clock.GetUtcNow())
            is { } refused)
        {
            return (Problem)refused;
        }

        audit.About("sensitive-read", id, districtId, read.SchoolId, request.Finding.ToString());
        return TypedResults.NoContent();
    }

    private static IQueryable<SensitiveRead> VisibleTo(ArchivesDb db, Caller caller, Guid district)
    {
        var schools = caller.With(Permission.SensitiveReview).Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        return db.Set<SensitiveRead>().Where(read => read.DistrictId == district && schools.Contains(read.SchoolId)
            && read.Basis == ReadBasis.Emergency);
    }
}
