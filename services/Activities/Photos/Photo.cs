using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Photos;

/// <summary>What a photo was taken at.</summary>
public enum PhotoOf
{
    /// <summary>A family activity.</summary>
    FamilyActivity,

    /// <summary>A parent meeting.</summary>
    Meeting,

    /// <summary>A parent class.</summary>
    ParentClass,
}

/// <summary>
/// A photo of a class (ACT-5). Its file is sealed under the keys of all children in it, and it is shown while it is released and
/// each of them has a guardian's consent: that is asked at every look, so a consent that is withdrawn hides it at once.
/// </summary>
public sealed class Photo
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The photo.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class that sees it.</summary>
    public Guid ClassId { get; init; }

    /// <summary>What it was taken at.</summary>
    public PhotoOf Of { get; init; }

    /// <summary>Which activity, meeting or parent class.</summary>
    public Guid AboutId { get; init; }

    /// <summary>Its day, or the first of its days.</summary>
    public DateOnly TakenOn { get; init; }

    /// <summary>The file in the store: another one whenever other children are named, since others' keys seal it.</summary>
    public Guid FileId { get; set; }

    /// <summary>What the file is.</summary>
    public FileType Type { get; init; }

    /// <summary>The file's length in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>How many children are in it, 1–60. Who cannot see the rows of all of them, as when the data of one is restricted,
    /// does not see the photo.</summary>
    public int Children { get; set; }

    /// <summary>The child whose guardian sent it; <see langword="null"/> when staff did.</summary>
    public Guid? StudentId { get; init; }

    /// <summary>The guardian who sent it.</summary>
    public Guid? GuardianId { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When the teacher released it; <see langword="null"/> while it waits for that.</summary>
    public DateTimeOffset? ReleasedAt { get; set; }

    /// <summary>Where the file belongs.</summary>
    internal static readonly SealedColumn SealedContent = new("activities.photo", "content", "file_id");
}

/// <summary>That a child is in a photo.</summary>
public sealed class PhotoChild
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The photo.</summary>
    public Guid PhotoId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }
}

/// <summary>Whether a child may be shown in photos, as the archives say (ARC-10); without a row it may not.</summary>
public sealed class PhotoConsent
{
    /// <summary>The purpose of a consent that this is about.</summary>
    public const string Purpose = "photos";

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Given, or withdrawn.</summary>
    public bool Given { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }
}

/// <summary>The tables of photos.</summary>
internal static class PhotoTables
{
    private const string ShowsTheChild =
        "EXISTS (SELECT FROM photo_child c WHERE c.school_id = t.school_id AND c.photo_id = t.id AND c.student_id = $2)";

    /// <summary>The files that leave with a district.</summary>
    public static readonly StoredFiles Stored = new(Photo.SealedContent, "true");

    /// <summary>
    /// What a guardian's copy has, and what an erasure takes: a photo that shows the child goes, for all who are in it.
    /// </summary>
    public static readonly PersonalTable[] Personal =
    [
        // The file goes with the row: a trigger names it to the cleaner.
        new("photo", DataKind.Activities, "班级活动照片", "Photos of the class")
        {
            Where = ShowsTheChild,
            Shown = [new("of", "活动类型", "Taken at"), new("taken_on", "日期", "Day"), new("added_at", "上传时间", "Added")],
        },
        // Sent by the child's guardian, but of other children.
        new("photo", DataKind.Activities, "上传的照片", "Photos sent")
        {
            ErasedWhere = $"NOT {ShowsTheChild}",
            Set = "student_id = NULL, guardian_id = NULL",
        },
        new("photo_child", DataKind.Activities, "照片中的孩子", "Children in photos")
        {
            Where = "(t.student_id = $2 OR NOT EXISTS (SELECT FROM photo p WHERE p.school_id = t.school_id AND p.id = t.photo_id))",
        },
        new("photo_consent", DataKind.Basics, "照片使用同意（副本）", "Consent to photos, as the archives told"),
    ];

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Photo>(photo =>
        {
            photo.HasKey(p => new { p.SchoolId, p.Id });
            photo.HasIndex(p => p.Id).IsUnique();
            photo.HasIndex(p => new { p.SchoolId, p.ClassId, p.TakenOn, p.Id });
            photo.HasIndex(p => p.StudentId);
            photo.Property(p => p.Of).HasConversion<string>();
            photo.Property(p => p.Type).HasConversion<string>();
        });
        modelBuilder.Entity<PhotoChild>(child =>
        {
            child.HasKey(c => new { c.SchoolId, c.PhotoId, c.StudentId });
            child.HasIndex(c => c.StudentId);
        });
        modelBuilder.Entity<PhotoConsent>(consent =>
        {
            consent.HasKey(c => c.StudentId);
            consent.Property(c => c.StudentId).ValueGeneratedNever();
        });
    }

    /// <summary>The photos that may be shown now to whoever sees their class: released, and with everybody's consent.</summary>
    public static IQueryable<Photo> ShownPhotos(this ActivitiesDb db) => db.Set<Photo>().AsNoTracking().Where(p =>
        p.ReleasedAt != null && p.Children == db.Set<PhotoChild>().Count(c => c.SchoolId == p.SchoolId && c.PhotoId == p.Id
            && db.Set<PhotoConsent>().Any(consent => consent.StudentId == c.StudentId && consent.Given)));

    /// <summary>The photos of the classes that somebody sees: as staff, or by a child on the roll. A district is no class.</summary>
    public static IQueryable<Photo> Within(this IQueryable<Photo> photos, Reach reach)
    {
        var (schools, classes) = (reach.Schools, reach.SeenClasses);
        return photos.Where(p => schools.Contains(p.SchoolId) || classes.Contains(p.ClassId));
    }

    /// <summary>Whether each of these children has consent.</summary>
    public static async Task<bool> MayBeShownAsync(this ActivitiesDb db, Guid[] students, CancellationToken cancel) =>
        await db.Set<PhotoConsent>().CountAsync(c => c.Given && students.Contains(c.StudentId), cancel) == students.Length;
}

/// <summary>How what concerns photos is refused.</summary>
internal static class PhotoFailures
{
    /// <summary>A field of the form that is none of its values.</summary>
    public static readonly Failure OneOf = new("activities.one-of", 400, "应为以下之一：{0}。", "Give one of: {0}.");

    /// <summary>The children in the picture are not named, or not by id.</summary>
    public static readonly Failure Children = new("activities.photo-children", 400,
        "请填写照片中每个孩子的编号（1–{0} 个，用逗号分隔，不重复）。",
        "Give the id of each child in the picture: 1 to {0}, with commas between them, each once.");

    /// <summary>The file is no photo.</summary>
    public static readonly Failure NoPhoto = new("activities.no-photo", 422,
        "请上传 JPEG、PNG 或 WebP 照片。", "Send a photo in JPEG, PNG or WebP.");

    /// <summary>A child in the picture may not be shown. Which one is not said: that is between its family and the school.</summary>
    public static readonly Failure NoConsent = new("activities.photo-consent", 409,
        "照片中有孩子未获得家长的照片使用同意，不能上传或发布。",
        "Not every child in the picture has a guardian's consent to photos: it cannot be taken or released.");

    /// <summary>A guardian has sent many that nobody has released.</summary>
    public static readonly Failure TooManyWaiting = new("activities.photos-waiting", 409,
        "您有 {0} 张照片等待老师发布，请稍后再上传。", "{0} of your photos wait for the teacher's release; send more later.");
}
