using System.Text;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.FamilyActivities;

/// <summary>What a family says of an activity.</summary>
/// <param name="Text">1–1,000 characters.</param>
/// <param name="ForClass">Whether the class may read it, also in its handbook (ACT-5).</param>
public sealed record ReflectionRequest(string Text, bool ForClass = false);

/// <summary>What a family said.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="Text">What it said.</param>
/// <param name="ForClass">Whether the class may read it.</param>
/// <param name="WrittenAt">When.</param>
public sealed record ReflectionBody(Guid StudentId, string Text, bool ForClass, DateTimeOffset WrittenAt);

/// <summary>What a family says of an activity; one for each child, the last counts.</summary>
public sealed class Reflection
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The activity.</summary>
    public Guid ActivityId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The reflection, to which its text is sealed.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The class whose teachers and, if the family likes, families read it.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The guardian who wrote it.</summary>
    public Guid? GuardianId { get; set; }

    /// <summary>The text, sealed.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Whether the class may read it.</summary>
    public bool ForClass { get; set; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset WrittenAt { get; set; }

    /// <summary>The column of the text.</summary>
    internal static readonly SealedColumn SealedContent = new("activities.reflection", "content", "id");
}

/// <summary>Takes and shows what families say of an activity (ACT-4).</summary>
internal static class Reflect
{
    private const int LongestText = 1_000;

    public static void MapReflect(this IEndpointRouteBuilder api)
    {
        api.MapPut("/family-activities/{id:guid}/reflections/{studentId:guid}", WriteAsync)
            .Command(Permission.TakePart).WithName("WriteReflection");
        api.MapGet("/family-activities/{id:guid}/reflections", ListAsync).Query(Permission.ActivityRead)
            .WithName("ListReflections")
            .WithSummary("To staff those of their class; to guardians their own, and those that the class may read.");
    }

    private static async Task<Results<NoContent, Problem>> WriteAsync(
        Guid id, Guid studentId, ReflectionRequest request, ActivitiesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var text = mistakes.Text("text", request.Text, LongestText);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await db.FindForAsync(current, id, studentId, now, cancel) is not var (activity, child))
            return (Problem)Failures.NotFound;
        if (!await db.Set<FamilySignUp>().AnyAsync(s => s.SchoolId == activity.SchoolId && s.ActivityId == id
            && s.StudentId == studentId && s.Seated, cancel))
        {
            return (Problem)FamilyActivityFailures.NotIn;
        }

        var reflection = await db.Set<Reflection>().SingleOrDefaultAsync(r => r.SchoolId == activity.SchoolId
            && r.ActivityId == id && r.StudentId == studentId, cancel);
        reflection ??= db.Add(new Reflection
        {
            SchoolId = activity.SchoolId,
            ActivityId = id,
            StudentId = studentId,
            Id = Guid.CreateVersion7(now),
            DistrictId = activity.DistrictId,
            ClassId = child.ClassId,
        }).Entity;
        if (await vault.SealAsync(
            new Subject(activity.DistrictId, activity.SchoolId, studentId), Reflection.SealedContent.Of(reflection.Id),
            Encoding.UTF8.GetBytes(text), cancel) is not { } content)
        {
            return (Problem)Failures.Erased;
        }

        (reflection.Content, reflection.ForClass, reflection.GuardianId, reflection.WrittenAt) =
            (content, request.ForClass, child.GuardianId, now);
        audit.About("reflection", reflection.Id, activity.DistrictId, activity.SchoolId);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<IReadOnlyList<ReflectionBody>>, Problem>> ListAsync(
        Guid id, ActivitiesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel)
    {
        var reach = await Reach.OfAsync(db, current, Permission.ActivityRead, clock.GetUtcNow(), cancel);
        if (await db.Set<FamilyActivity>().AsNoTracking().Seen(reach)
            .SingleOrDefaultAsync(a => a.Id == id, cancel) is not { } activity)
        {
            return (Problem)Failures.NotFound;
        }

        var all = reach.CoversSchool(activity.DistrictId, activity.SchoolId);
        var (staffed, seen) = (reach.Classes, reach.SeenClasses);
        var children = reach.Children.Select(child => child.StudentId).ToArray();
        var rows = await db.Set<Reflection>().AsNoTracking()
            .Where(r => r.SchoolId == activity.SchoolId && r.ActivityId == id
                && (all || staffed.Contains(r.ClassId!.Value) || children.Contains(r.StudentId)
                    || (r.ForClass && seen.Contains(r.ClassId!.Value))))
            .OrderBy(r => r.WrittenAt).ToListAsync(cancel);
        return TypedResults.Ok<IReadOnlyList<ReflectionBody>>(await OpenAsync(vault, rows, cancel));
    }

    /// <summary>What was written, but for what is erased.</summary>
    public static async Task<List<ReflectionBody>> OpenAsync(KeyVault vault, List<Reflection> rows, CancellationToken cancel)
    {
        await vault.FetchAsync(rows.Select(row => row.Content), cancel);
        var opened = new List<ReflectionBody>(rows.Count);
        foreach (var row in rows)
        {
            if (await vault.OpenAsync(row.DistrictId, Reflection.SealedContent.Of(row.Id), row.Content, cancel) is { } text)
                opened.Add(new ReflectionBody(row.StudentId, Encoding.UTF8.GetString(text), row.ForClass, row.WrittenAt));
        }

        return opened;
    }
}
