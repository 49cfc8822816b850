using System.Text.Json;
using HomeSchool.Activities.FamilyActivities;
using HomeSchool.Activities.Meetings;
using HomeSchool.Activities.ParentClasses;
using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Photos;

/// <summary>What was added.</summary>
/// <param name="Id">The photo.</param>
/// <param name="Released">Whether the class sees it already; else it waits for the teacher.</param>
public sealed record PhotoAdded(Guid Id, bool Released);

/// <summary>
/// Takes a photo of a class (ACT-5) from whoever sees the class's activities. What somebody adds who does not manage them waits
/// for the teacher's release. It is encoded anew from its pixels, smaller and without place and camera, before anything is kept.
/// </summary>
internal static class AddPhoto
{
    /// <summary>Children in a picture at most.</summary>
    public const int MostChildren = 60;

    private const int MostWaiting = 20;

    public static void MapAddPhoto(this IEndpointRouteBuilder api) =>
        api.MapPost("/classes/{classId:guid}/photos", AddAsync).TakesFile(api.ServiceProvider).Command(Permission.ActivityRead)
            .WithName("AddPhoto")
            .WithSummary("Adds a photo: a form with file, of (familyActivity, meeting, parentClass), about (its id) and studentIds, "
                + "the ids of the children in the picture with commas between them.");

    private static async Task<Results<Created<PhotoAdded>, Problem>> AddAsync(
        Guid classId, FileUpload upload, ActivitiesDb db, FileVault files, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, now, cancel);
        var (schools, seen) = (reach.Schools, reach.SeenClasses);
        if (await db.Set<SchoolClass>().AsNoTracking().SingleOrDefaultAsync(c => c.ClassId == classId && c.WithdrawnOn == null
            && (schools.Contains(c.SchoolId) || seen.Contains(c.ClassId)), cancel) is not { } @class)
        {
            return (Problem)Failures.NotFound;
        }

        if (upload.Refusal is { } refused)
            return refused;
        if (!FileTypes.Images.Contains(upload.Type))
            return (Problem)PhotoFailures.NoPhoto;
        var mistakes = new Mistakes();
        var of = ReadOf(upload.Fields.GetValueOrDefault("of"), mistakes);
        var students = ReadStudents(upload.Fields.GetValueOrDefault("studentIds"), mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var zone = (await db.PolicyAtAsync(@class.DistrictId, @class.SchoolId, cancel)).TimeZone;
        if (!Guid.TryParse(upload.Fields.GetValueOrDefault("about"), out var about)
            || await DayOfAsync(db, reach, @class, of, about, zone, cancel) is not { } day)
        {
            return (Problem)Failures.NotFound;
        }

        if (!await db.AreOfClassAsync(@class.SchoolId, classId, students, LocalTime.Day(now, zone), cancel))
            return Problem.Of([ActivitiesFailures.NotInClass.At("studentIds")]);
        if (!await db.MayBeShownAsync(students, cancel))
            return (Problem)PhotoFailures.NoConsent;

        var managed = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        var released = managed.Covers(@class.DistrictId, @class.SchoolId, classId);
        var isStaff = reach.Covers(@class.DistrictId, @class.SchoolId, classId);
        var own = isStaff ? null : Array.Find(reach.Children, child => child.ClassId == classId);
        if (own is not null && await db.Set<Photo>().CountAsync(p => p.SchoolId == @class.SchoolId
            && p.GuardianId == own.GuardianId && p.StudentId == own.StudentId && p.ReleasedAt == null, cancel) >= MostWaiting)
        {
            return PhotoFailures.TooManyWaiting.Because(MostWaiting);
        }

        var subject = new Subject(@class.DistrictId, @class.SchoolId, students);
        await using (var content = upload.Content.Open())
        {
            if (!await files.KeepAsync(db, subject, Photo.SealedContent.Of(upload.Id), content, cancel))
                return (Problem)Failures.Erased;
        }

        var photo = db.Add(new Photo
        {
            SchoolId = @class.SchoolId,
            Id = upload.Id,
            DistrictId = @class.DistrictId,
            ClassId = classId,
            Of = of,
            AboutId = about,
            TakenOn = day,
            FileId = upload.Id,
            Type = upload.Type,
            Bytes = upload.Content.Length,
            Children = students.Length,
            StudentId = own?.StudentId,
            GuardianId = own?.GuardianId,
            AddedAt = now,
            ReleasedAt = released ? now : null,
        }).Entity;
        db.AddRange(students.Select(student => new PhotoChild
        {
            SchoolId = photo.SchoolId,
            PhotoId = photo.Id,
            StudentId = student,
            DistrictId = photo.DistrictId,
        }));
        audit.About("photo", photo.Id, photo.DistrictId, photo.SchoolId);
        return TypedResults.Created((string?)null, new PhotoAdded(photo.Id, released));
    }

    /// <summary>Whether all of these children are in a class on a day.</summary>
    public static async Task<bool> AreOfClassAsync(
        this ActivitiesDb db, Guid school, Guid @class, Guid[] students, DateOnly day, CancellationToken cancel) =>
        await db.OnRoll(day).Where(e => e.SchoolId == school && e.ClassId == @class && students.Contains(e.StudentId))
            .Select(e => e.StudentId).Distinct().CountAsync(cancel) == students.Length;

    // The day of what the photo was taken at, if it is one of the class.
    private static async Task<DateOnly?> DayOfAsync(
        ActivitiesDb db, Reach reach, SchoolClass @class, PhotoOf of, Guid about, string zone, CancellationToken cancel)
    {
        switch (of)
        {
            case PhotoOf.FamilyActivity:
                var activity = await db.Set<FamilyActivity>().AsNoTracking().Seen(reach).SingleOrDefaultAsync(
                    a => a.Id == about && a.SchoolId == @class.SchoolId && (a.ClassId == null || a.ClassId == @class.ClassId), cancel);
                return activity?.StartsOn;
            case PhotoOf.Meeting:
                var meeting = await db.Set<Meeting>().AsNoTracking().SingleOrDefaultAsync(
                    m => m.Id == about && m.SchoolId == @class.SchoolId && m.ClassId == @class.ClassId, cancel);
                return meeting is null ? null : LocalTime.Day(meeting.StartsAt, zone);
            default:
                var lesson = await db.Set<Lesson>().AsNoTracking().SingleOrDefaultAsync(
                    l => l.Id == about && l.SchoolId == @class.SchoolId, cancel);
                return lesson is null || (lesson.Grades.Length > 0 && !lesson.Grades.Contains(@class.Grade, StringComparer.Ordinal))
                    ? null : LocalTime.Day(lesson.StartsAt, zone);
        }
    }

    private static PhotoOf ReadOf(string? text, Mistakes mistakes)
    {
        foreach (var value in Enum.GetValues<PhotoOf>())
        {
            if (NameOf(value) == text)
                return value;
        }

        mistakes.Add(PhotoFailures.OneOf.At("of", string.Join(", ", Enum.GetValues<PhotoOf>().Select(NameOf))));
        return default;
    }

    private static Guid[] ReadStudents(string? text, Mistakes mistakes)
    {
        var students = new HashSet<Guid>();
        var parts = text?.Split(',') ?? [];
        if (parts.Length is 0 or > MostChildren
            || !Array.TrueForAll(parts, part => Guid.TryParse(part, out var id) && students.Add(id)))
        {
            mistakes.Add(PhotoFailures.Children.At("studentIds", MostChildren));
        }

        return [.. students];
    }

    private static string NameOf(PhotoOf value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
