using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Photos;

/// <summary>A photo in a list; its picture is read by itself.</summary>
/// <param name="Id">The photo.</param>
/// <param name="Of">What it was taken at.</param>
/// <param name="AboutId">Which activity, meeting or parent class.</param>
/// <param name="TakenOn">Its day.</param>
/// <param name="Type">What the file is.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="Released">Whether the teacher has released it.</param>
/// <param name="Shown">Whether the class sees it now: released, and with the consent of each child in it.</param>
/// <param name="StudentIds">The children in it, for those who manage the class's activities; empty for others.</param>
public sealed record PhotoBody(
    Guid Id, PhotoOf Of, Guid AboutId, DateOnly TakenOn, FileType Type, long Bytes, bool Released, bool Shown,
    IReadOnlyList<Guid> StudentIds);

/// <summary>Who of a class may be in pictures.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="MayBeShown">Whether a guardian consents to photos.</param>
public sealed record PhotoConsentBody(Guid StudentId, bool MayBeShown);

/// <summary>
/// Shows a class's photos (ACT-5) to the class: its staff, and the guardians of children on its roll who may see what concerns
/// the child. A photo without everybody's consent is shown to nobody; who manages the class's activities learns that it is there.
/// </summary>
internal static class ReadPhotos
{
    public static void MapReadPhotos(this IEndpointRouteBuilder api)
    {
        api.MapGet("/photos", ListAsync).Query(Permission.ActivityRead).WithName("ListPhotos")
            .WithSummary("Photos of the caller's classes, the latest first; of a class or an activity, if asked for.");
        api.MapGet("/photos/{id:guid}/content", ReadAsync).Query(Permission.ActivityRead).WithName("ReadPhoto")
            .WithSummary("The picture itself, without place and camera.");
        api.MapGet("/classes/{classId:guid}/photo-consents", ListConsentsAsync).Query(Permission.ActivityManage)
            .WithName("ListPhotoConsents").WithSummary("Each child of the class and whether it may be in pictures.");
    }

    /// <summary>What a caller sees: what the class sees; who manages it, all; and everybody what one sent oneself.</summary>
    public static async Task<IQueryable<Photo>> PhotosSeenAsync(
        this ActivitiesDb db, CurrentCaller current, Reach reach, DateTimeOffset now, CancellationToken cancel)
    {
        var managed = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        var (schools, classes) = (managed.Schools, managed.Classes);
        var guardians = reach.Children.Select(child => child.GuardianId).OfType<Guid>().ToArray();
        var shown = db.ShownPhotos().Select(p => p.Id);
        return db.Set<Photo>().AsNoTracking().Within(reach).Where(p => shown.Contains(p.Id) || schools.Contains(p.SchoolId)
            || classes.Contains(p.ClassId) || (p.ReleasedAt == null && guardians.Contains(p.GuardianId!.Value)));
    }

    private static async Task<Results<Ok<Page<PhotoBody>>, Problem>> ListAsync(
        ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel, Guid? classId = null,
        Guid? aboutId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Last>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, now, cancel);
        var photos = await db.PhotosSeenAsync(current, reach, now, cancel);
        if (classId is not null)
            photos = photos.Where(p => p.ClassId == classId);
        if (aboutId is not null)
            photos = photos.Where(p => p.AboutId == aboutId);
        if (last is not null)
        {
            photos = photos.Where(p => EF.Functions.LessThan(
                ValueTuple.Create(p.TakenOn, p.Id), ValueTuple.Create(last.TakenOn, last.Id)));
        }

        var managed = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        var (schools, classes) = (managed.Schools, managed.Classes);
        var take = Cursor.Size(size);
        var shown = db.ShownPhotos().Select(p => p.Id);
        var rows = await photos.OrderByDescending(p => p.TakenOn).ThenByDescending(p => p.Id).Take(take + 1)
            .Select(p => new PhotoBody(
                p.Id, p.Of, p.AboutId, p.TakenOn, p.Type, p.Bytes, p.ReleasedAt != null, shown.Contains(p.Id),
                db.Set<PhotoChild>().Where(c => c.SchoolId == p.SchoolId && c.PhotoId == p.Id
                    && (schools.Contains(p.SchoolId) || classes.Contains(p.ClassId)))
                    .OrderBy(c => c.StudentId).Select(c => c.StudentId).ToList()))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, p => new Last(p.TakenOn, p.Id)));
    }

    private static async Task<Results<FileAnswer, Problem>> ReadAsync(
        Guid id, ActivitiesDb db, FileVault files, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, now, cancel);
        // Those who manage the class look at what waits before they release it; without consent nobody looks.
        var seen = await db.PhotosSeenAsync(current, reach, now, cancel);
        var photo = await seen.SingleOrDefaultAsync(p => p.Id == id && p.Children == db.Set<PhotoChild>().Count(
            c => c.SchoolId == p.SchoolId && c.PhotoId == p.Id
                && db.Set<PhotoConsent>().Any(consent => consent.StudentId == c.StudentId && consent.Given)), cancel);
        if (photo is null)
            return (Problem)Failures.NotFound;
        return await files.OpenAsync(photo.DistrictId, Photo.SealedContent.Of(photo.FileId), cancel) is { } file
            ? new FileAnswer(file, photo.Type, $"photo-{photo.TakenOn:yyyyMMdd}")
            : (Problem)Failures.Erased;
    }

    private static async Task<Results<Ok<IReadOnlyList<PhotoConsentBody>>, Problem>> ListConsentsAsync(
        Guid classId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        if (await db.ClassWithinAsync(reach, classId, cancel) is not { } @class)
            return (Problem)Failures.NotFound;
        var today = LocalTime.Day(now, (await db.PolicyAtAsync(@class.DistrictId, @class.SchoolId, cancel)).TimeZone);
        return TypedResults.Ok<IReadOnlyList<PhotoConsentBody>>(await db.OnRoll(today)
            .Where(e => e.SchoolId == @class.SchoolId && e.ClassId == classId).Select(e => e.StudentId).Distinct()
            .OrderBy(student => student)
            .Select(student => new PhotoConsentBody(
                student, db.Set<PhotoConsent>().Any(c => c.StudentId == student && c.Given)))
            .ToListAsync(cancel));
    }

    private sealed record Last(DateOnly TakenOn, Guid Id);
}
