using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Plans;

/// <summary>A resource to be offered.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Name">Its name, 1–100 characters.</param>
public sealed record ResourceRequest(ResourceKind Kind, string Name);

/// <summary>A resource.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Kind">What kind.</param>
/// <param name="Name">Its name.</param>
public sealed record ResourceBody(Guid Id, ResourceKind Kind, string Name);

/// <summary>What support is asked for.</summary>
/// <param name="Wish">1–1,000 characters.</param>
public sealed record SupportRequest(string Wish);

/// <summary>Where support comes from.</summary>
/// <param name="ResourceId">A resource of the school's list.</param>
/// <param name="ResponsibleId">Who sees to it: staff of the school; the caller when nobody is named.</param>
/// <param name="Shared">Whether guardians see referral and result.</param>
public sealed record Referral(Guid ResourceId, Guid? ResponsibleId = null, bool Shared = false);

/// <summary>The result of support.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Note">What there is to say, up to 1,000 characters; guardians read it if it is shared.</param>
/// <param name="Shared">Whether guardians see referral and result.</param>
public sealed record SupportClosing(SupportResult Result, string? Note = null, bool Shared = false);

/// <summary>Support for a student.</summary>
/// <param name="Id">The support.</param>
/// <param name="StudentId">The student.</param>
/// <param name="State">How far it has come.</param>
/// <param name="AskedBy">Who asked.</param>
/// <param name="AskedAt">When.</param>
/// <param name="ResourceId">The resource to which it was referred.</param>
/// <param name="ResponsibleId">Who sees to it.</param>
/// <param name="Result">What became of it.</param>
/// <param name="Shared">Whether guardians see referral and result.</param>
public sealed record SupportRow(
    Guid Id, Guid StudentId, SupportState State, Guid AskedBy, DateTimeOffset AskedAt, Guid? ResourceId, Guid? ResponsibleId,
    SupportResult? Result, bool Shared);

/// <summary>Support with its texts.</summary>
/// <param name="Row">As in the list; a guardian with whom it is not shared sees only how far the own wish has come.</param>
/// <param name="Wish">What was asked for: for staff, and for the guardian who did.</param>
/// <param name="Note">What the result was.</param>
public sealed record SupportBody(SupportRow Row, string? Wish, string? Note);

/// <summary>
/// Support (帮扶, ARC-12): asked for by staff or guardians, referred to a resource of the school or the community, closed with a result.
/// Guardians see what they asked for, and what is shared with them.
/// </summary>
internal static class GiveSupport
{
    private const int LongestName = 100;
    private const int LongestText = 1_000;

    public static void MapSupport(this IEndpointRouteBuilder api)
    {
        api.MapPost("/schools/{schoolId:guid}/support-resources", OfferAsync).WithName("OfferSupportResource")
            .WithSummary("Puts a resource on the school's list.").Command(Permission.SupportManage);
        api.MapGet("/schools/{schoolId:guid}/support-resources", ListResourcesAsync).WithName("ListSupportResources")
            .WithSummary("What the school and its community offer.").Query(Permission.SupportRead);
        api.MapDelete("/schools/{schoolId:guid}/support-resources/{id:guid}", WithdrawAsync).WithName("WithdrawSupportResource")
            .WithSummary("Takes a resource off the list; what was referred to it stays.").Command(Permission.SupportManage);
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/support", AskAsync).WithName("AskForSupport")
            .WithSummary("Asks for support for a student.").Command(Permission.SupportAsk);
        api.MapGet("/schools/{schoolId:guid}/support", ListAsync).WithName("ListSupport")
            .WithSummary("Support of a school, a class or one's own children, the newest first.")
            .Command(Permission.SupportRead).Sensitive();
        api.MapGet("/districts/{districtId:guid}/support/{id:guid}", ReadAsync).WithName("ReadSupport")
            .WithSummary("Support with its texts.").Command(Permission.SupportRead).Sensitive();
        api.MapPost("/districts/{districtId:guid}/support/{id:guid}/refer", ReferAsync).WithName("ReferSupport")
            .WithSummary("Refers support to a resource, and says who sees to it.").Command(Permission.SupportManage);
        api.MapPost("/districts/{districtId:guid}/support/{id:guid}/close", CloseAsync).WithName("CloseSupport")
            .WithSummary("Closes support with its result.").Command(Permission.SupportManage);
    }

    private static async Task<Results<Created<Made>, Problem>> OfferAsync(
        Guid schoolId, ResourceRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var name = mistakes.Text("name", request.Name, LongestName);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await SchoolAsync(db, current.Caller, Permission.SupportManage, schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var resource = new SupportResource
        {
            DistrictId = school.DistrictId,
            SchoolId = schoolId,
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            Kind = request.Kind,
            Name = name,
        };
        db.Add(resource);
        audit.About("support-resource", resource.Id, school.DistrictId, schoolId);
        return TypedResults.Created((string?)null, new Made(resource.Id));
    }

    private static async Task<Results<Ok<Page<ResourceBody>>, Problem>> ListResourcesAsync(
        Guid schoolId, string? after, int? size, ArchivesDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await SchoolAsync(db, current.Caller, Permission.SupportRead, schoolId, cancel) is null)
            return (Problem)Failures.NotFound;
        var take = Cursor.Size(size);
        var rows = await db.Set<SupportResource>().AsNoTracking()
            .Where(r => r.SchoolId == schoolId && r.WithdrawnAt == null && (last == null || r.Id > last))
            .OrderBy(r => r.Id).Select(r => new ResourceBody(r.Id, r.Kind, r.Name)).Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid schoolId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (await SchoolAsync(db, current.Caller, Permission.SupportManage, schoolId, cancel) is not { } school
            || await db.Set<SupportResource>()
                .SingleOrDefaultAsync(r => r.SchoolId == schoolId && r.Id == id, cancel) is not { } resource)
        {
            return (Problem)Failures.NotFound;
        }

        resource.WithdrawnAt ??= clock.GetUtcNow();
        audit.About("support-resource", id, school.DistrictId, schoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Created<Made>, Problem>> AskAsync(
        Guid districtId, Guid studentId, SupportRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var wish = mistakes.Text("wish", request.Wish, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.FindOnRollAsync(caller, Permission.SupportAsk, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        if (caller.PersonAt(Permission.SupportAsk, at) is not { } asker)
            return (Problem)ArchivesFailures.NamesNobody;
        var id = Guid.CreateVersion7(now);
        if (await vault.SealTextAsync(
                new Subject(districtId, at.SchoolId, studentId), Support.SealedWish.Of(id), wish, cancel) is not { } sealedWish)
            return (Problem)Failures.Erased;
        db.Add(new Support
        {
            DistrictId = districtId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = studentId,
            AskedBy = asker,
            AskedAt = now,
            Wish = sealedWish,
        });
        audit.About("support", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<Ok<Page<SupportRow>>, Problem>> ListAsync(
        Guid schoolId, Choice<SupportState>? state, Guid? studentId, string? after, int? size, ArchivesDb db, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var caller = current.Caller;
        if (await SchoolAsync(db, caller, Permission.SupportRead, schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var (today, take, wanted) = (LocalDay.Today(clock), Cursor.Size(size), state?.Value);
        var reach = Reach.Of(caller, Permission.SupportRead, school.DistrictId, schoolId);
        var persons = PersonsOf(caller);
        var rows = await (
            from support in db.Set<Support>().AsNoTracking()
            where support.SchoolId == schoolId && (wanted == null || support.State == wanted)
                && (studentId == null || support.StudentId == studentId) && (last == null || support.Id < last)
            from e in db.Set<Enrolment>().AsNoTracking()
                .Where(e => e.SchoolId == schoolId && e.StudentId == support.StudentId
                    && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today))
                .OrderByDescending(e => e.StartsOn).Take(1)
            let asStaff = reach.Everybody || e.ClassId != null && reach.Classes.Contains(e.ClassId.Value)
            where asStaff || reach.Students.Contains(e.StudentId) && (support.Shared || persons.Contains(support.AskedBy))
            orderby support.Id descending
            select new { Support = support, Full = asStaff || support.Shared }).Take(take + 1).ToListAsync(cancel);
        audit.About("school", schoolId, school.DistrictId, schoolId);
        return TypedResults.Ok(Page.From([.. rows.Select(row => RowOf(row.Support, row.Full))], take, row => row.Id));
    }

    private static async Task<Results<Ok<SupportBody>, Problem>> ReadAsync(
        Guid districtId, Guid id, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var caller = current.Caller;
        if (await FindAsync(db, caller, Permission.SupportRead, districtId, id, LocalDay.Today(clock), cancel) is not var (support, at))
            return (Problem)Failures.NotFound;
        var asStaff = caller.IsStaffAt(Permission.SupportRead, at);
        var own = PersonsOf(caller).Contains(support.AskedBy);
        if (!asStaff && !own && !support.Shared)
            return (Problem)Failures.NotFound;
        var wish = asStaff || own
            ? await vault.OpenTextAsync(districtId, Support.SealedWish.Of(id), support.Wish, cancel)
            : null;
        var note = asStaff || support.Shared
            ? await vault.OpenTextAsync(districtId, Support.SealedNote.Of(id), support.Note, cancel)
            : null;
        audit.About("support", id, districtId, at.SchoolId);
        ETag.Set(http, support.Version);
        return TypedResults.Ok(new SupportBody(RowOf(support, asStaff || support.Shared), wish, note));
    }

    private static async Task<Results<NoContent, Problem>> ReferAsync(
        Guid districtId, Guid id, Referral request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var today = LocalDay.Of(now);
        if (await FindAsync(db, caller, Permission.SupportManage, districtId, id, today, cancel) is not var (support, at))
            return (Problem)Failures.NotFound;
        if ((request.ResponsibleId ?? caller.PersonAt(Permission.SupportManage, at)) is not { } responsible)
            return (Problem)ArchivesFailures.NamesNobody;
        if (request.ResponsibleId is not null && !await db.WorksAtAsync(responsible, at.SchoolId, today, cancel))
            return Problem.Of([PlanFailures.NoStaff.At("responsibleId")]);
        if (!await db.Set<SupportResource>().AnyAsync(
                r => r.SchoolId == at.SchoolId && r.Id == request.ResourceId && r.WithdrawnAt == null, cancel))
            return Problem.Of([PlanFailures.NoResource.At("resourceId")]);
        if (support.Refer(request.ResourceId, responsible, request.Shared, now) is { } refused)
            return (Problem)refused;
        audit.About("support", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> CloseAsync(
        Guid districtId, Guid id, SupportClosing request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var note = mistakes.OptionalText("note", request.Note, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        if (await FindAsync(
                db, current.Caller, Permission.SupportManage, districtId, id, LocalDay.Of(now), cancel) is not var (support, at))
            return (Problem)Failures.NotFound;
        var sealedNote = await vault.SealTextAsync(
            new Subject(districtId, at.SchoolId, at.StudentId), Support.SealedNote.Of(id), note, cancel);
        if (support.Close(request.Result, sealedNote, request.Shared, now) is { } refused)
            return (Problem)refused;
        audit.About("support", id, districtId, at.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<School?> SchoolAsync(
        ArchivesDb db, Caller caller, Permission permission, Guid schoolId, CancellationToken cancel)
    {
        var school = await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel);
        return school is not null && caller.With(permission).Any(grant => grant.SchoolId == schoolId) ? school : null;
    }

    private static async Task<(Support Support, Enrolment At)?> FindAsync(
        ArchivesDb db, Caller caller, Permission permission, Guid district, Guid id, DateOnly today, CancellationToken cancel)
    {
        if (await db.Set<Support>().SingleOrDefaultAsync(s => s.DistrictId == district && s.Id == id, cancel) is not { } support)
            return null;
        var at = await db.FindOnRollAsync(caller, permission, district, support.StudentId, today, cancel, support.SchoolId);
        return at is null ? null : (support, at);
    }

    private static Guid[] PersonsOf(Caller caller) =>
        [.. caller.With(Permission.SupportRead).Select(grant => grant.PersonId).OfType<Guid>()];

    private static SupportRow RowOf(Support support, bool full) => new(
        support.Id, support.StudentId, support.State, support.AskedBy, support.AskedAt, full ? support.ResourceId : null,
        full ? support.ResponsibleId : null, full ? support.Result : null, support.Shared);
}
