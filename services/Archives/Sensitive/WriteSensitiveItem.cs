using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Archives.Sensitive;

/// <summary>A sensitive item to be kept.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Content">What it says, 1–8,000 characters.</param>
/// <param name="Advice">What to do about it, for those who need not know why; up to 2,000 characters.</param>
public sealed record SensitiveItemRequest(SensitiveKind Kind, string Content, string? Advice = null);

/// <summary>Something that was made.</summary>
/// <param name="Id">Its id.</param>
public sealed record Made(Guid Id);

/// <summary>Puts a sensitive item into a student's archive (ARC-7). Who may not read a kind by role cannot write it either.</summary>
internal static class WriteSensitiveItem
{
    private const int LongestContent = 8_000;
    private const int LongestAdvice = 2_000;

    public static void MapWriteSensitiveItem(this IEndpointRouteBuilder api) =>
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/sensitive-items", WriteAsync)
            .WithName("WriteSensitiveItem")
            .WithSummary("Keeps a sensitive item, encrypted; those without access see only that it exists.")
            .Command(Permission.SensitiveWrite);

    private static async Task<Results<Created<Made>, Problem>> WriteAsync(
        Guid districtId, Guid studentId, SensitiveItemRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var content = mistakes.Text("content", request.Content, LongestContent);
        var advice = mistakes.OptionalText("advice", request.Advice, LongestAdvice);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.SensitiveWrite, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var policy = (await db.SensitivePolicyAsync(districtId, cancel))?.Settings ?? new SensitiveSettings();
        var writers = caller.With(Permission.SensitiveWrite).Where(grant => SensitiveReach.Reaches(grant, at)).ToArray();
        if (!Array.Exists(writers, grant => policy.Of(grant.Role, request.Kind) == Sees.Content))
            return (Problem)ArchivesFailures.KindNotYours;

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var about = new Subject(districtId, at.SchoolId, studentId);
        var sealedContent = await vault.SealAsync(about, SensitiveItem.ContentOf(id), Encoding.UTF8.GetBytes(content), cancel);
        var sealedAdvice = advice is null
            ? null
            : await vault.SealAsync(about, SensitiveItem.AdviceOf(id), Encoding.UTF8.GetBytes(advice), cancel);
        if (sealedContent is null || (advice is not null && sealedAdvice is null))
            return (Problem)Failures.Erased;
        db.Add(new SensitiveItem
        {
            DistrictId = districtId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = studentId,
            Kind = request.Kind,
            AuthorId = writers.Select(grant => grant.PersonId).FirstOrDefault(person => person is not null),
            WrittenAt = now,
            Content = sealedContent,
            Advice = sealedAdvice,
        });
        audit.About("sensitive-item", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }
}
