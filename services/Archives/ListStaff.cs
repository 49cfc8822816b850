using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives;

/// <summary>Lists who works at a school today, and as what: one entry for each post.</summary>
internal static class ListStaff
{
    public static void MapListStaff(this IEndpointRouteBuilder api) =>
        api.MapGet("/schools/{schoolId:guid}/staff", HandleAsync)
            .WithName("ListStaff")
            .WithSummary("The posts of a school's or a class's staff today.")
            .Query(Permission.RosterRead);

    private static async Task<Results<Ok<Page<StaffRow>>, Problem>> HandleAsync(
        Guid schoolId, Guid? classId, Choice<StaffRole>? role, string? after, int? size, ArchivesDb db, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return Failures.CursorInvalid.Because();
        var take = Cursor.Size(size);
        var wanted = role?.Value;
        var today = LocalDay.Today(clock);
        var rows = await (
            from post in db.Set<StaffPost>().AsNoTracking()
            where post.SchoolId == schoolId && post.StartsOn <= today && (post.EndsOn == null || post.EndsOn >= today)
                && (classId == null || post.ClassId == classId) && (wanted == null || post.Role == wanted)
                && (last == null || post.Id > last)
            join staff in db.Set<Staff>().AsNoTracking()
                on new { post.DistrictId, Id = post.StaffId } equals new { staff.DistrictId, staff.Id }
            orderby post.Id
            select new StaffRow(
                post.Id, staff.Id, staff.FamilyName, staff.GivenName, post.Role, post.ClassId, post.Subject, staff.Phone, staff.Email))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.PostId));
    }
}

/// <summary>A post in a list.</summary>
/// <param name="PostId">The post.</param>
/// <param name="StaffId">Who has it.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Role">As what.</param>
/// <param name="ClassId">The class; <see langword="null"/> for a post at the whole school.</param>
/// <param name="Subject">Of a subject teacher.</param>
/// <param name="Phone">How to reach them at work.</param>
/// <param name="Email">How to reach them at work.</param>
public sealed record StaffRow(
    Guid PostId, Guid StaffId, string FamilyName, string GivenName, StaffRole Role, Guid? ClassId, string? Subject, string? Phone,
    string? Email);
