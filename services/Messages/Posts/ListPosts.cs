using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Posts;

/// <summary>A notice.</summary>
/// <param name="Id">The notice.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school; <see langword="null"/> for the whole district.</param>
/// <param name="ClassId">The class; <see langword="null"/> for more than one.</param>
/// <param name="Grade">The grade; <see langword="null"/> for all.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Text">What it says.</param>
/// <param name="Urgent">Whether it is about safety.</param>
/// <param name="AsksAnswer">Whether families are to answer.</param>
/// <param name="AuthorId">The staff member who sent it.</param>
/// <param name="PublishedAt">When it was sent.</param>
/// <param name="Replaces">Which form this one replaces.</param>
public sealed record PostBody(
    Guid Id, Guid DistrictId, Guid? SchoolId, Guid? ClassId, string? Grade, string Title, string Text, bool Urgent,
    bool AsksAnswer,
    Guid? AuthorId, DateTimeOffset PublishedAt, string? Replaces)
{
    internal static PostBody Of(Post p) => new(
        p.Id, p.DistrictId, p.SchoolId, p.ClassId, p.Grade, p.Title, p.Text, p.Urgent, p.AsksAnswer, p.AuthorId, p.PublishedAt,
        p.Replaces);
}

/// <summary>Notices as people see them: staff those of their place, guardians those that were sent to them.</summary>
internal static class ListPosts
{
    public static void MapListPosts(this IEndpointRouteBuilder api)
    {
        api.MapGet("/posts", ListAsync).Query(Permission.MessageRead).WithName("ListPosts").WithSummary("Notices, newest first.");
        api.MapGet("/posts/{id:guid}", ReadAsync).Query(Permission.MessageRead).WithName("ReadPost");
    }

    /// <summary>
    /// The posts that the caller may see. A class's teachers see what went to their class, to its school or to the district,
    /// as its families
    /// do; whoever is of the whole school sees all of the school's.
    /// </summary>
    internal static IQueryable<Post> PostsVisibleTo(this MessagesDb db, CurrentCaller current, Permission permission)
    {
        var (districts, schools, classes) = MessagesReach.Of(current, permission);
        var (guardians, students) = FamilyReach.Of(current, permission);
        var staff = current.Caller.With(permission).Where(grant => grant.StudentId is null).ToArray();
        Guid[] ofDistricts = [.. staff.Select(grant => grant.DistrictId).Distinct()];
        Guid[] ofSchools = [.. staff.Where(grant => grant.ClassId is not null).Select(grant => grant.SchoolId!.Value).Distinct()];
        return db.Posts.AsNoTracking().Where(p =>
            districts.Contains(p.DistrictId)
            || schools.Contains(p.SchoolId!.Value)
            || classes.Contains(p.ClassId!.Value)
            || (p.SchoolId == null && ofDistricts.Contains(p.DistrictId))
            || (p.ClassId == null && ofSchools.Contains(p.SchoolId!.Value))
            || db.Receipts.Any(r => r.PostId == p.Id && guardians.Contains(r.GuardianId) && students.Contains(r.StudentId)));
    }

    private static async Task<Results<Ok<Page<PostBody>>, Problem>> ListAsync(
        MessagesDb db, CurrentCaller current, CancellationToken cancel, Guid? schoolId = null, Guid? classId = null,
        int? size = null,
        string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var limit = Cursor.Size(size);
        var rows = await db.PostsVisibleTo(current, Permission.MessageRead)
            .Where(p => (schoolId == null || p.SchoolId == schoolId) && (classId == null || p.ClassId == classId))
            .Where(p => last == null || p.Id < last)
            .OrderByDescending(p => p.Id).Take(limit + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows.ConvertAll(PostBody.Of), limit, post => post.Id));
    }

    private static async Task<Results<Ok<PostBody>, Problem>> ReadAsync(
        Guid id, MessagesDb db, CurrentCaller current, CancellationToken cancel) =>
        await db.PostsVisibleTo(current, Permission.MessageRead).SingleOrDefaultAsync(p => p.Id == id, cancel) is { } post
            ? TypedResults.Ok(PostBody.Of(post))
            : (Problem)Failures.NotFound;
}
