using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Committee;

/// <summary>In what field a parent is skilled.</summary>
public enum ResourceField
{
    /// <summary>健康.</summary>
    Health,

    /// <summary>安全.</summary>
    Safety,

    /// <summary>法律.</summary>
    Law,

    /// <summary>教育与心理.</summary>
    Education,

    /// <summary>科技.</summary>
    Science,

    /// <summary>文化艺术.</summary>
    Arts,

    /// <summary>体育.</summary>
    Sports,

    /// <summary>手工技艺与生产.</summary>
    Crafts,

    /// <summary>公共服务.</summary>
    PublicService,

    /// <summary>其他.</summary>
    Other,
}

/// <summary>For what a parent may be asked.</summary>
public enum ResourceUse
{
    /// <summary>家长讲师: to speak in a parent class (ACT-3).</summary>
    Lecturer,

    /// <summary>职业体验日: to show the work (ACT-4).</summary>
    CareerDay,

    /// <summary>志愿服务: to help with activities.</summary>
    Helper,
}

/// <summary>What a parent offers (ACT-6); kept as long as the parent agrees.</summary>
public sealed class ParentResource
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The offer.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class of the child.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The parent.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The field.</summary>
    public ResourceField Field { get; init; }

    /// <summary>What the parent may be asked for.</summary>
    public ResourceUse Use { get; init; }

    /// <summary>Whether the whole school may ask, or the class alone.</summary>
    public bool ForSchool { get; init; }

    /// <summary>A <see cref="ResourceContent"/> as JSON, sealed.</summary>
    public required byte[] Content { get; init; }

    /// <summary>When the parent agreed.</summary>
    public DateTimeOffset ConsentedAt { get; init; }

    /// <summary>The column of the content.</summary>
    internal static readonly SealedColumn SealedContent = new("activities.parent_resource", "content", "id");
}

/// <summary>What an offer says.</summary>
/// <param name="Skill">What the parent can do.</param>
/// <param name="Times">When.</param>
public sealed record ResourceContent(string Skill, string? Times);

/// <summary>An offer.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="Field">The field.</param>
/// <param name="Use">What for.</param>
/// <param name="Skill">What the parent can do, 1–500 characters.</param>
/// <param name="Consent">That the school keeps it and asks for this purpose; without, nothing is kept.</param>
/// <param name="Times">When, up to 200 characters.</param>
/// <param name="ForSchool">Whether the whole school may ask, or the class alone.</param>
public sealed record ResourceRequest(
    Guid StudentId, ResourceField Field, ResourceUse Use, string Skill, bool Consent, string? Times = null,
    bool ForSchool = false);

/// <summary>An offer as it is seen.</summary>
/// <param name="Id">The offer.</param>
/// <param name="GuardianId">The parent.</param>
/// <param name="ClassId">The class of the child.</param>
/// <param name="Field">The field.</param>
/// <param name="Use">What for.</param>
/// <param name="Skill">What the parent can do.</param>
/// <param name="Times">When.</param>
/// <param name="ForSchool">Whether the whole school may ask.</param>
public sealed record ResourceBody(
    Guid Id, Guid GuardianId, Guid? ClassId, ResourceField Field, ResourceUse Use, string Skill, string? Times, bool ForSchool);

/// <summary>The bank of what parents offer (ACT-6), from which lecturers and hosts of career days are asked.</summary>
internal static class OfferResource
{
    private const int LongestSkill = 500;
    private const int LongestTimes = 200;

    public static void MapOfferResource(this IEndpointRouteBuilder api)
    {
        api.MapPost("/resources", OfferAsync).Command(Permission.TakePart).WithName("OfferResource");
        api.MapGet("/resources/mine", ListMineAsync).Query(Permission.TakePart).WithName("ListMyResources");
        api.MapDelete("/resources/{id:guid}", WithdrawAsync).Command(Permission.TakePart).WithName("WithdrawResource")
            .WithSummary("Takes the consent back: nothing of the offer is kept.");
        api.MapGet("/resources", ListAsync).Command(Permission.ResourceUse).Sensitive().WithName("ListResources")
            .WithSummary("What parents offer to the caller's class, or to the whole school; logged.");
    }

    private static async Task<Results<Created<Offered>, Problem>> OfferAsync(
        ResourceRequest request, ActivitiesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var content = new ResourceContent(
            mistakes.Text("skill", request.Skill, LongestSkill), mistakes.OptionalText("times", request.Times, LongestTimes));
        if (!request.Consent)
            mistakes.Add(CommitteeFailures.ConsentNeeded.At("consent"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.TakePart, now, cancel);
        if (Array.Find(reach.Children, own => own.StudentId == request.StudentId) is not { GuardianId: { } guardian } child)
            return (Problem)Failures.NotFound;

        var id = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(child.DistrictId, child.SchoolId, child.StudentId), ParentResource.SealedContent.Of(id),
            JsonSerializer.SerializeToUtf8Bytes(content, Json.Options), cancel) is not { } sealedContent)
        {
            return (Problem)Failures.Erased;
        }

        db.Add(new ParentResource
        {
            SchoolId = child.SchoolId,
            Id = id,
            DistrictId = child.DistrictId,
            ClassId = child.ClassId,
            StudentId = child.StudentId,
            GuardianId = guardian,
            Field = request.Field,
            Use = request.Use,
            ForSchool = request.ForSchool,
            Content = sealedContent,
            ConsentedAt = now,
        });
        audit.About("parent-resource", id, child.DistrictId, child.SchoolId);
        return TypedResults.Created((string?)null, new Offered(id));
    }

    private static async Task<Ok<IReadOnlyList<ResourceBody>>> ListMineAsync(
        ActivitiesDb db, KeyVault vault, CurrentCaller current, CancellationToken cancel)
    {
        var own = OwnOf(current);
        var rows = await db.Set<ParentResource>().AsNoTracking().Where(r => own.Contains(r.GuardianId)).OrderBy(r => r.Id)
            .ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<ResourceBody>>(await OpenAsync(vault, rows, cancel));
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid id, ActivitiesDb db, CurrentCaller current, AuditTrail audit, CancellationToken cancel)
    {
        var own = OwnOf(current);
        if (await db.Set<ParentResource>().SingleOrDefaultAsync(r => r.Id == id && own.Contains(r.GuardianId), cancel)
            is not { } found)
        {
            return (Problem)Failures.NotFound;
        }

        db.Remove(found);
        audit.About("parent-resource", id, found.DistrictId, found.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<ResourceBody>>, Problem>> ListAsync(
        ActivitiesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel,
        string? field = null, string? use = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var mistakes = new Mistakes();
        var (wantedField, wantedUse) = (Read<ResourceField>("field", field, mistakes), Read<ResourceUse>("use", use, mistakes));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var reach = await Reach.OfAsync(db, current, Permission.ResourceUse, clock.GetUtcNow(), cancel);
        var (schools, classes) = (reach.Schools, reach.Classes);
        // What is offered to the class alone is for its own teachers.
        var resources = db.Set<ParentResource>().AsNoTracking().Where(r =>
            classes.Contains(r.ClassId!.Value) || (r.ForSchool && schools.Contains(r.SchoolId)));
        if (wantedField is not null)
            resources = resources.Where(r => r.Field == wantedField);
        if (wantedUse is not null)
            resources = resources.Where(r => r.Use == wantedUse);
        if (last is { } before)
            resources = resources.Where(r => r.Id > before);
        var take = Cursor.Size(size);
        var page = Page.From(await resources.OrderBy(r => r.Id).Take(take + 1).ToListAsync(cancel), take, r => (Guid?)r.Id);
        var grant = current.Caller.With(Permission.ResourceUse).First();
        audit.About("parent-resources", null, grant.DistrictId, grant.SchoolId);
        return TypedResults.Ok(new Page<ResourceBody>(await OpenAsync(vault, page.Items, cancel), page.Next));
    }

    // As it stands in the answers.
    private static T? Read<T>(string name, string? text, Mistakes mistakes)
        where T : struct, Enum
    {
        var names = Enum.GetValues<T>().ToDictionary(
            value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()), StringComparer.Ordinal);
        if (text is null)
            return null;
        if (names.TryGetValue(text, out var value))
            return value;
        mistakes.Add(CommitteeFailures.OneOf.At(name, string.Join(", ", names.Keys)));
        return null;
    }

    private static Guid[] OwnOf(CurrentCaller current) =>
        [.. current.Caller.With(Permission.TakePart).Select(grant => grant.PersonId).OfType<Guid>().Distinct()];

    private static async Task<List<ResourceBody>> OpenAsync(
        KeyVault vault, IReadOnlyList<ParentResource> rows, CancellationToken cancel)
    {
        await vault.FetchAsync(rows.Select(row => row.Content), cancel);
        var opened = new List<ResourceBody>(rows.Count);
        foreach (var row in rows)
        {
            var place = ParentResource.SealedContent.Of(row.Id);
            if (await vault.OpenAsync(row.DistrictId, place, row.Content, cancel) is not { } json)
                continue; // erased
            var content = JsonSerializer.Deserialize<ResourceContent>(json, Json.Options)!;
            opened.Add(new ResourceBody(
                row.Id, row.GuardianId, row.ClassId, row.Field, row.Use, content.Skill, content.Times, row.ForSchool));
        }

        return opened;
    }
}

/// <summary>An offer was taken.</summary>
/// <param name="Id">The offer.</param>
public sealed record Offered(Guid Id);
