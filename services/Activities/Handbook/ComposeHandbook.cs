using HomeSchool.Activities.FamilyActivities;
using HomeSchool.Activities.Photos;
using HomeSchool.Activities.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Handbook;

/// <summary>A part of a handbook.</summary>
/// <param name="Part">What it is.</param>
/// <param name="Id">Which activity, photo or reflection.</param>
public sealed record HandbookItem(HandbookPart Part, Guid Id);

/// <summary>A handbook as the teacher wants it; all of it is replaced.</summary>
/// <param name="Items">Up to 120 parts in order, of them up to 60 photos; each once.</param>
/// <param name="ForFamilies">Whether the class's families may print it.</param>
public sealed record HandbookRequest(IReadOnlyList<HandbookItem> Items, bool ForFamilies = false);

/// <summary>A handbook.</summary>
/// <param name="ClassId">The class.</param>
/// <param name="TermId">The term.</param>
/// <param name="Items">Its parts in order.</param>
/// <param name="ForFamilies">Whether the class's families may print it.</param>
/// <param name="Version">Send it back in <c>If-Match</c>; 0 while nobody has composed one.</param>
public sealed record HandbookBody(Guid ClassId, Guid TermId, IReadOnlyList<HandbookItem> Items, bool ForFamilies, long Version);

/// <summary>What could be in a handbook.</summary>
/// <param name="Part">What it is.</param>
/// <param name="Id">Which.</param>
/// <param name="On">Its day, or first day.</param>
/// <param name="Title">What an activity is called; <see langword="null"/> for others.</param>
/// <param name="AboutId">The activity, meeting or parent class that a photo or a reflection is of.</param>
public sealed record HandbookMaterial(HandbookPart Part, Guid Id, DateOnly On, string? Title, Guid? AboutId);

/// <summary>
/// Composes a class's handbook of a term (ACT-5): the teacher chooses from what is there and orders it, and it is printed. Photos
/// are in it with everybody's consent at the moment of printing, and reflections while the family lets the class read them.
/// </summary>
internal static class ComposeHandbook
{
    private const int MostItems = 120;
    private const int MostPhotos = 60;
    private const int MostMaterial = 500;

    public static void MapHandbook(this IEndpointRouteBuilder api)
    {
        api.MapGet("/classes/{classId:guid}/handbooks/{termId:guid}", ReadAsync).Query(Permission.ActivityManage)
            .WithName("ReadHandbook");
        api.MapGet("/classes/{classId:guid}/handbooks/{termId:guid}/material", ListAsync).Query(Permission.ActivityManage)
            .WithName("ListHandbookMaterial").WithSummary("What of the term can be printed now: activities, photos, reflections.");
        api.MapPut("/classes/{classId:guid}/handbooks/{termId:guid}", ComposeAsync).Command(Permission.ActivityManage)
            .WithName("ComposeHandbook").WithSummary("Replaces the handbook: what is in it, and in what order.");
        api.MapGet("/classes/{classId:guid}/handbooks/{termId:guid}/print", PrintAsync)
            .Command(Permission.ActivityRead).Sensitive() // for its audit row
            .WithName("PrintHandbook").WithSummary("The handbook on A4; for families once the teacher says so.");
    }

    private static async Task<Results<Ok<HandbookBody>, Problem>> ReadAsync(
        Guid classId, Guid termId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, clock.GetUtcNow(), cancel);
        if (await FindAsync(db, reach, classId, termId, cancel) is not var (@class, _))
            return (Problem)Failures.NotFound;
        var handbook = await HandbookAsync(db, @class, termId, cancel);
        ETag.Set(http, handbook?.Version ?? 0);
        return TypedResults.Ok(new HandbookBody(
            classId, termId, handbook is null ? [] : ItemsOf(handbook), handbook?.ForFamilies ?? false, handbook?.Version ?? 0));
    }

    private static async Task<Results<Ok<IReadOnlyList<HandbookMaterial>>, Problem>> ListAsync(
        Guid classId, Guid termId, ActivitiesDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, clock.GetUtcNow(), cancel);
        if (await FindAsync(db, reach, classId, termId, cancel) is not var (@class, term))
            return (Problem)Failures.NotFound;
        var activities = await ActivitiesOf(db, @class, term).OrderBy(a => a.StartsOn).ThenBy(a => a.Id).Take(MostMaterial)
            .Select(a => new HandbookMaterial(HandbookPart.Activity, a.Id, a.StartsOn, a.Title, null)).ToListAsync(cancel);
        var photos = await PhotosOf(db, @class, term).OrderBy(p => p.TakenOn).ThenBy(p => p.Id).Take(MostMaterial)
            .Select(p => new HandbookMaterial(HandbookPart.Photo, p.Id, p.TakenOn, null, p.AboutId)).ToListAsync(cancel);
        var days = activities.ToDictionary(a => a.Id, a => a.On);
        var reflections = await ReflectionsOf(db, @class, term).OrderBy(r => r.ActivityId).ThenBy(r => r.Id).Take(MostMaterial)
            .Select(r => new { r.Id, r.ActivityId }).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<HandbookMaterial>>(
        [
            .. activities, .. photos,
            .. reflections.Where(r => days.ContainsKey(r.ActivityId)).Select(r => new HandbookMaterial(
                HandbookPart.Reflection, r.Id, days[r.ActivityId], null, r.ActivityId)),
        ]);
    }

    private static async Task<Results<NoContent, Problem>> ComposeAsync(
        Guid classId, Guid termId, HandbookRequest request, ActivitiesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (request.Items.Count > MostItems || request.Items.Count(item => item.Part == HandbookPart.Photo) > MostPhotos)
            return Problem.Of([Failures.List.At("items", 0, MostItems)]);
        var reach = await Reach.OfAsync(db, current, Permission.ActivityManage, now, cancel);
        if (await FindAsync(db, reach, classId, termId, cancel) is not var (@class, term))
            return (Problem)Failures.NotFound;
        var handbook = await HandbookAsync(db, @class, termId, cancel);
        if (ETag.Mismatch(http, handbook?.Version ?? 0) is { } stale)
            return (Problem)stale;
        var known = await PrintableAsync(db, @class, term, request.Items, cancel);
        // Each once. What was chosen before and may not be printed now stays chosen: a consent can be given again.
        var before = handbook is null ? [] : ItemsOf(handbook).ToHashSet();
        if (request.Items.Distinct().Count() < request.Items.Count
            || request.Items.Any(item => !known.Contains(item) && !before.Contains(item)))
        {
            return Problem.Of([HandbookFailures.NotThere.At("items")]);
        }

        handbook ??= db.Add(new ClassHandbook
        {
            SchoolId = @class.SchoolId,
            ClassId = classId,
            TermId = termId,
            DistrictId = @class.DistrictId,
        }).Entity;
        handbook.Parts = [.. request.Items.Select(item => item.Part.ToString())];
        handbook.Refs = [.. request.Items.Select(item => item.Id)];
        (handbook.ForFamilies, handbook.ChangedAt) = (request.ForFamilies, now);
        handbook.Version++;
        audit.About("handbook", classId, @class.DistrictId, @class.SchoolId);
        ETag.Set(http, handbook.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<HandbookSheet, Problem>> PrintAsync(
        Guid classId, Guid termId, ActivitiesDb db, FileVault files, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, now, cancel);
        if (await FindAsync(db, reach, classId, termId, cancel) is not var (@class, term)
            || await HandbookAsync(db, @class, termId, cancel) is not { } handbook
            || !(handbook.ForFamilies || reach.Covers(@class.DistrictId, @class.SchoolId, classId)))
        {
            return (Problem)Failures.NotFound;
        }

        var items = ItemsOf(handbook);
        var printable = await PrintableAsync(db, @class, term, items, cancel);
        var ids = printable.Select(item => item.Id).ToArray();
        var activities = await ActivitiesOf(db, @class, term).Where(a => ids.Contains(a.Id))
            .Select(a => new ActivityResult(
                a.Id, a.Kind, a.Title, a.StartsOn, a.EndsOn, a.Recap,
                db.Set<FamilyCheckIn>().Where(c => c.SchoolId == a.SchoolId && c.ActivityId == a.Id && db.Set<FamilySignUp>().Any(
                    s => s.SchoolId == c.SchoolId && s.ActivityId == c.ActivityId && s.StudentId == c.StudentId
                        && s.ClassId == classId)).Select(c => c.StudentId).Distinct().Count(),
                db.Set<FamilyCheckIn>().Count(c => c.SchoolId == a.SchoolId && c.ActivityId == a.Id && db.Set<FamilySignUp>().Any(
                    s => s.SchoolId == c.SchoolId && s.ActivityId == c.ActivityId && s.StudentId == c.StudentId
                        && s.ClassId == classId))))
            .ToDictionaryAsync(a => a.Id, cancel);
        var reflections = await ReflectionsOf(db, @class, term).Where(r => ids.Contains(r.Id)).ToListAsync(cancel);
        var texts = new Dictionary<Guid, string>();
        foreach (var reflection in reflections)
        {
            // One that is erased is left out.
            var opened = await Reflect.OpenAsync(vault, [reflection], cancel);
            if (opened is [{ } text])
                texts[reflection.Id] = text.Text;
        }

        var pictures = new Dictionary<Guid, HandbookPicture>();
        foreach (var photo in await PhotosOf(db, @class, term).Where(p => ids.Contains(p.Id)).ToListAsync(cancel))
        {
            if (await files.OpenAsync(photo.DistrictId, Photo.SealedContent.Of(photo.FileId), cancel) is not { } file)
                continue;
            http.Response.RegisterForDisposeAsync(file);
            pictures[photo.Id] = new HandbookPicture(file, photo.Type, photo.TakenOn);
        }

        var school = await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == @class.SchoolId, cancel);
        audit.About("handbook", classId, @class.DistrictId, @class.SchoolId);
        return new HandbookSheet(
            handbook, school?.Name ?? "", @class.Title, term, [.. items.Where(printable.Contains)], activities, texts, pictures);
    }

    private static IReadOnlyList<HandbookItem> ItemsOf(ClassHandbook handbook) =>
        [.. handbook.Parts.Zip(handbook.Refs, (part, id) => new HandbookItem(Enum.Parse<HandbookPart>(part), id))];

    private static Task<ClassHandbook?> HandbookAsync(
        ActivitiesDb db, SchoolClass @class, Guid term, CancellationToken cancel) => db.Set<ClassHandbook>()
        .SingleOrDefaultAsync(h => h.SchoolId == @class.SchoolId && h.ClassId == @class.ClassId && h.TermId == term, cancel);

    // A class that somebody sees and a term of its district.
    private static async Task<(SchoolClass Class, Term Term)?> FindAsync(
        ActivitiesDb db, Reach reach, Guid classId, Guid termId, CancellationToken cancel)
    {
        var (schools, classes) = (reach.Schools, reach.SeenClasses);
        var @class = await db.Set<SchoolClass>().AsNoTracking().SingleOrDefaultAsync(c => c.ClassId == classId
            && c.WithdrawnOn == null && (schools.Contains(c.SchoolId) || classes.Contains(c.ClassId)), cancel);
        var term = @class is null ? null : await db.Set<Term>().AsNoTracking().SingleOrDefaultAsync(
            t => t.Id == termId && t.DistrictId == @class.DistrictId && t.WithdrawnOn == null, cancel);
        return term is null ? null : (@class!, term);
    }

    private static IQueryable<FamilyActivity> ActivitiesOf(ActivitiesDb db, SchoolClass @class, Term term) =>
        db.Set<FamilyActivity>().AsNoTracking().Where(a => a.SchoolId == @class.SchoolId && a.CancelledAt == null
            && (a.ClassId == null || a.ClassId == @class.ClassId) && a.StartsOn >= term.StartsOn && a.StartsOn <= term.EndsOn);

    private static IQueryable<Photo> PhotosOf(ActivitiesDb db, SchoolClass @class, Term term) => db.ShownPhotos().Where(p =>
        p.SchoolId == @class.SchoolId && p.ClassId == @class.ClassId && p.TakenOn >= term.StartsOn && p.TakenOn <= term.EndsOn);

    private static IQueryable<Reflection> ReflectionsOf(ActivitiesDb db, SchoolClass @class, Term term)
    {
        var activities = ActivitiesOf(db, @class, term).Select(a => a.Id);
        return db.Set<Reflection>().AsNoTracking().Where(r => r.SchoolId == @class.SchoolId && r.ClassId == @class.ClassId
            && r.ForClass && activities.Contains(r.ActivityId));
    }

    // Which of these may be printed now.
    private static async Task<HashSet<HandbookItem>> PrintableAsync(
        ActivitiesDb db, SchoolClass @class, Term term, IReadOnlyList<HandbookItem> items, CancellationToken cancel)
    {
        var (a, p, r) = (IdsOf(HandbookPart.Activity), IdsOf(HandbookPart.Photo), IdsOf(HandbookPart.Reflection));
        var activities = await ActivitiesOf(db, @class, term).Where(x => a.Contains(x.Id)).Select(x => x.Id).ToListAsync(cancel);
        var photos = await PhotosOf(db, @class, term).Where(x => p.Contains(x.Id)).Select(x => x.Id).ToListAsync(cancel);
        var reflections = await ReflectionsOf(db, @class, term).Where(x => r.Contains(x.Id)).Select(x => x.Id).ToListAsync(cancel);
        return
        [
            .. activities.Select(id => new HandbookItem(HandbookPart.Activity, id)),
            .. photos.Select(id => new HandbookItem(HandbookPart.Photo, id)),
            .. reflections.Select(id => new HandbookItem(HandbookPart.Reflection, id)),
        ];

        Guid[] IdsOf(HandbookPart part) => [.. items.Where(item => item.Part == part).Select(item => item.Id)];
    }
}
