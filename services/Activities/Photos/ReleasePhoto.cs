using HomeSchool.Activities.Policies;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Photos;

/// <summary>What the teacher says of a photo.</summary>
/// <param name="StudentIds">All children in the picture, 1–60: who sent it may have named only some.</param>
public sealed record ReleaseRequest(IReadOnlyList<Guid> StudentIds);

/// <summary>An expected file, as a handler's parameter: before the command's transaction begins, as the store asks for.</summary>
/// <param name="Id">Under which it can be kept.</param>
public sealed record NewFile(Guid Id)
{
    /// <summary>Names a file that may be stored; if none is, nothing stays of it.</summary>
    public static async ValueTask<NewFile> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new NewFile(await context.RequestServices.GetRequiredService<FileVault>().ExpectAsync(context.RequestAborted));
    }
}

/// <summary>
/// Releases photos to the class, names who is in them, and takes them away (ACT-5). When other children are named, the file is
/// sealed anew under the keys of those who are in it, so that the erasure of each of them erases it in every copy of the store.
/// </summary>
internal static class ReleasePhoto
{
    public static void MapReleasePhoto(this IEndpointRouteBuilder api)
    {
        api.MapPost("/photos/{id:guid}/release", ReleaseAsync).Command(Permission.ActivityManage).WithName("ReleasePhoto")
            .WithSummary("Names the children in a photo and shows it to the class; also to correct who was named.");
        api.MapDelete("/photos/{id:guid}", DeleteAsync).Command(Permission.ActivityManage).WithName("DeletePhoto");
        api.MapDelete("/photos/mine/{id:guid}", TakeBackAsync).Command(Permission.TakePart).WithName("TakePhotoBack")
            .WithSummary("Deletes a photo that the guardian sent, released or not.");
    }

    private static async Task<Results<NoContent, Problem>> ReleaseAsync(
        Guid id, ReleaseRequest request, NewFile file, ActivitiesDb db, FileVault files, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, AddPhoto.MostChildren);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        if (await LockAsync(db, id, cancel) is not { } photo || !reach.Covers(photo.DistrictId, photo.SchoolId, photo.ClassId))
            return (Problem)Failures.NotFound;

        Guid[] students = [.. request.StudentIds.Distinct().Order()];
        var named = await db.Set<PhotoChild>().Where(c => c.SchoolId == photo.SchoolId && c.PhotoId == id).ToListAsync(cancel);
        // Who was named before and is hidden now must not drop out of the count that hides the photo.
        if (named.Count != photo.Children)
            return (Problem)Failures.Restricted;
        var added = students.Except(named.Select(child => child.StudentId)).ToArray();
        var today = LocalTime.Day(now, (await db.PolicyAtAsync(photo.DistrictId, photo.SchoolId, cancel)).TimeZone);
        if (added.Length > 0 && !await db.AreOfClassAsync(photo.SchoolId, photo.ClassId, added, today, cancel))
            return Problem.Of([ActivitiesFailures.NotInClass.At("studentIds")]);
        if (!await db.MayBeShownAsync(students, cancel))
            return (Problem)PhotoFailures.NoConsent;

        if (added.Length > 0 || named.Count != students.Length)
        {
            await using var old = await files.OpenAsync(photo.DistrictId, Photo.SealedContent.Of(photo.FileId), cancel);
            if (old is null)
                return (Problem)Failures.Erased;
            using var content = new MemoryStream();
            await old.CopyToAsync(content, cancel);
            content.Position = 0;
            var subject = new Subject(photo.DistrictId, photo.SchoolId, students);
            if (!await files.KeepAsync(db, subject, Photo.SealedContent.Of(file.Id), content, cancel))
                return (Problem)Failures.Erased;
            await files.GiveUpAsync(db, photo.FileId, cancel);
            (photo.FileId, photo.Children) = (file.Id, students.Length);
            db.RemoveRange(named.Where(child => !students.Contains(child.StudentId)));
            db.AddRange(added.Select(student => new PhotoChild
            {
                SchoolId = photo.SchoolId,
                PhotoId = id,
                StudentId = student,
                DistrictId = photo.DistrictId,
            }));
        }

        photo.ReleasedAt ??= now;
        audit.About("photo", id, photo.DistrictId, photo.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> DeleteAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, clock.GetUtcNow(), cancel);
        var photo = await LockAsync(db, id, cancel);
        return photo is not null && reach.Covers(photo.DistrictId, photo.SchoolId, photo.ClassId)
            ? await RemoveAsync(photo, db, audit, cancel) : (Problem)Failures.NotFound;
    }

    private static async Task<Results<NoContent, Problem>> TakeBackAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, clock.GetUtcNow(), cancel);
        var photo = await LockAsync(db, id, cancel);
        return photo?.GuardianId is { } sender
            && Array.Exists(reach.Children, child => child.StudentId == photo.StudentId && child.GuardianId == sender)
                ? await RemoveAsync(photo, db, audit, cancel) : (Problem)Failures.NotFound;
    }

    // Its file goes with it: a trigger names it to the cleaner.
    private static async Task<NoContent> RemoveAsync(Photo photo, ActivitiesDb db, AuditTrail audit, CancellationToken cancel)
    {
        await db.Set<PhotoChild>().Where(c => c.SchoolId == photo.SchoolId && c.PhotoId == photo.Id).ExecuteDeleteAsync(cancel);
        db.Remove(photo);
        audit.About("photo", photo.Id, photo.DistrictId, photo.SchoolId);
        return TypedResults.NoContent();
    }

    // One after another: who is named decides under whose keys the file is sealed.
    private static Task<Photo?> LockAsync(ActivitiesDb db, Guid id, CancellationToken cancel) => db
        .Set<Photo>().FromSql($"SELECT * FROM photo WHERE id = {id} FOR UPDATE").SingleOrDefaultAsync(cancel);
}
