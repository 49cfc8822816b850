using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Messages;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>A post in a class's group.</summary>
/// <param name="Id">The post.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">What it says.</param>
/// <param name="StaffId">The staff member who wrote it.</param>
/// <param name="GuardianId">The guardian who wrote it.</param>
/// <param name="StudentId">The child whose guardian that is; a family is told of its own alone.</param>
/// <param name="StudentIds">The children who are named; a family is told of its own alone, whatever the text says.</param>
/// <param name="PhotoIds">The photos, while each child who is named has consent; Activities shows them.</param>
/// <param name="AnswerTo">The post that it answers.</param>
/// <param name="WrittenAt">When it was written.</param>
/// <param name="PublishedAt">Since when the class reads it.</param>
public sealed record GroupPostBody(
    Guid Id, GroupPostKind Kind, string Text, Guid? StaffId, Guid? GuardianId, Guid? StudentId, IReadOnlyList<Guid> StudentIds,
    IReadOnlyList<Guid> PhotoIds, Guid? AnswerTo, DateTimeOffset WrittenAt, DateTimeOffset? PublishedAt);

/// <summary>A family's own post, and what became of it.</summary>
/// <param name="Post">The post; its text is empty once it went as a private message.</param>
/// <param name="State">What became of it.</param>
/// <param name="Reason">What the moderator says; <see langword="null"/> while nobody has decided.</param>
/// <param name="MayGoPrivate">Whether it can go as a private message.</param>
public sealed record OwnGroupPost(GroupPostBody Post, GroupPostState State, GroupReason? Reason, bool MayGoPrivate);

/// <summary>Reads a class's group (MSG-2): its staff and the families of the children who are in it today.</summary>
internal static class ReadGroup
{
    public static void MapReadGroup(this IEndpointRouteBuilder api)
    {
        api.MapGet(WriteGroupPost.Route, ListAsync).Query(Permission.GroupRead).WithName("ListGroupPosts")
            .WithSummary("What a class's group has, newest first.");
        api.MapGet(WriteGroupPost.Route + "/mine", MineAsync).Query(Permission.MessageReceive).WithName("ListOwnGroupPosts")
            .WithSummary("What the caller wrote there, and what became of it.");
    }

    /// <summary>Opens posts; who cannot be read any more, since a child is erased or restricted, is left out.</summary>
    internal static async Task<List<GroupPostBody>> OpenAsync(
        MessagesDb db, KeyVault vault, IReadOnlyList<GroupPost> posts, CancellationToken cancel)
    {
        var ids = posts.Select(post => post.Id).ToArray();
        var schools = posts.Select(post => post.SchoolId).Distinct().ToArray();
        var children = posts.All(post => post.Children == 0) ? [] : await db.Set<GroupPostChild>().AsNoTracking()
            .Where(c => schools.Contains(c.SchoolId) && ids.Contains(c.PostId))
            .Select(c => new
            {
                c.PostId,
                c.StudentId,
                MayBeShown = db.Set<PhotoConsent>().Any(consent => consent.StudentId == c.StudentId && consent.Given),
            }).ToListAsync(cancel);
        var named = children.ToLookup(child => child.PostId);
        await vault.FetchAsync(posts.Select(post => post.Content).OfType<byte[]>(), cancel);
        var bodies = new List<GroupPostBody>(posts.Count);
        foreach (var post in posts)
        {
            var text = post.Content is null ? post.Text ?? "" : await TextAsync(vault, post, cancel);
            if (text is null || named[post.Id].Count() != post.Children)
                continue;
            bodies.Add(new GroupPostBody(
                post.Id, post.Kind, text, post.StaffId, post.GuardianId, post.StudentId,
                [.. named[post.Id].Select(child => child.StudentId).Order()],
                named[post.Id].All(child => child.MayBeShown) ? post.PhotoIds : [], post.AnswerTo, post.WrittenAt, post.PublishedAt));
        }

        return bodies;
    }

    /// <summary>What a family, or a volunteer of one, is shown of a post: ids of its own children only.</summary>
    internal static GroupPostBody For(GroupPlace place, GroupPostBody post)
    {
        var own = place.Children.Select(child => child.StudentId).ToHashSet();
        return post with
        {
            StudentId = post.StudentId is { } student && own.Contains(student) ? student : null,
            StudentIds = [.. post.StudentIds.Where(own.Contains)],
        };
    }

    /// <summary>What is sealed of a post; <see langword="null"/> when a key is destroyed.</summary>
    internal static async Task<string?> TextAsync(KeyVault vault, GroupPost post, CancellationToken cancel) =>
        await vault.OpenAsync(post.DistrictId, GroupPost.SealedContent.Of(post.Id), post.Content!, cancel) is { } opened
            ? JsonSerializer.Deserialize<GroupContent>(opened, Json.Options)!.Text
            : null;

    private static async Task<Results<Ok<Page<GroupPostBody>>, Problem>> ListAsync(
        Guid schoolId, Guid classId, MessagesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        string? kind = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        GroupPostKind? wanted = Enum.TryParse<GroupPostKind>(kind, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : null;
        if (kind is not null && wanted is null)
            return Problem.Of([GroupFailures.OneOf.At("kind", string.Join("、", Enum.GetNames<GroupPostKind>()))]);
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.GroupRead, clock.GetUtcNow(), cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var limit = Cursor.Size(size);
        var rows = await db.Set<GroupPost>().AsNoTracking()
            .Where(p => p.SchoolId == schoolId && p.ClassId == classId && p.State == GroupPostState.Published
                && (wanted == null || p.Kind == wanted) && (last == null || p.Id < last))
            .OrderByDescending(p => p.Id).Take(limit + 1).ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Id);
        var opened = await OpenAsync(db, vault, page.Items, cancel);
        return TypedResults.Ok(new Page<GroupPostBody>(place.IsStaff ? opened : opened.ConvertAll(post => For(place, post)), page.Next));
    }

    private static async Task<Results<Ok<Page<OwnGroupPost>>, Problem>> MineAsync(
        Guid schoolId, Guid classId, MessagesDb db, KeyVault vault, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await GroupPlace.FindAsync(db, schoolId, classId, current, Permission.MessageReceive, clock.GetUtcNow(), cancel) is not { } place)
            return (Problem)Failures.NotFound;
        var (limit, guardians) = (Cursor.Size(size), place.Children.Select(child => child.GuardianId).ToArray());
        var rows = await db.Set<GroupPost>().AsNoTracking()
            .Where(p => p.SchoolId == schoolId && p.ClassId == classId && guardians.Contains(p.GuardianId!.Value)
                && (last == null || p.Id < last))
            .OrderByDescending(p => p.Id).Take(limit + 1)
            .Select(p => new
            {
                Post = p,
                Reason = db.Set<GroupDecision>().Where(d => d.SchoolId == schoolId && d.PostId == p.Id)
                    .OrderByDescending(d => d.Id).Select(d => (GroupReason?)d.Reason).FirstOrDefault(),
            }).ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Post.Id);
        var opened = (await OpenAsync(db, vault, [.. page.Items.Select(row => row.Post)], cancel)).ToDictionary(post => post.Id);
        return TypedResults.Ok(new Page<OwnGroupPost>(
            [.. page.Items.Where(row => opened.ContainsKey(row.Post.Id)).Select(row => new OwnGroupPost(
                opened[row.Post.Id], row.Post.State, row.Reason, row.Post.State is GroupPostState.Held or GroupPostState.Stopped))],
            page.Next));
    }
}
