using HomeSchool.Contracts;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>What became of invitations.</summary>
internal static class ListInvitationsFeature
{
    public static void MapListInvitations(this IEndpointRouteBuilder api) => api.MapGet("/invitations", ListAsync)
        .Query(Permission.AccountInvite).WithName("ListInvitations").WithTags("Invitations")
        .WithSummary("查询邀请 / List invitations")
        .WithDescription(
            "Newest first, never with the code. Administrators see those of their district or school, homeroom teachers those to "
            + "guardians of their class.");

    public static async Task<Results<Ok<Page<InvitationState>>, Problem>> ListAsync(
        IdentityDb db, CurrentCaller current, TimeProvider clock, CancellationToken cancel,
        Guid? schoolId = null, Guid? studentId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.AccountInvite).ToArray();
        var districts = grants.Where(g => g.SchoolId is null).Select(g => g.DistrictId).ToArray();
        var schools = grants.Where(g => g is { SchoolId: not null, ClassId: null }).Select(g => g.SchoolId).ToArray();
        var classes = grants.Where(g => g.ClassId is not null).Select(g => g.ClassId).ToArray();

        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var limit = Cursor.Size(size);
        var rows = await db.Set<Invitation>().AsNoTracking()
            .Where(i => districts.Contains(i.DistrictId) || schools.Contains(i.SchoolId)
                || (i.Role == Role.Guardian && db.Set<KnownEnrolment>().Any(
                    e => e.StudentId == i.StudentId && e.SchoolId == i.SchoolId && classes.Contains(e.ClassId)
                        && (e.EndsOn == null || e.EndsOn >= today))))
            .Where(i => (schoolId == null || i.SchoolId == schoolId) && (studentId == null || i.StudentId == studentId)
                && (last == null || i.Id < last))
            .OrderByDescending(i => i.Id)
            .Take(limit + 1)
            .Select(i => new InvitationState(
                i.Id, i.Role, i.SchoolId, i.ClassId, i.PersonId, i.StudentId, i.CreatedBy, i.CreatedAt, i.ExpiresAt, i.UsedAt,
                i.WithdrawnAt))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, limit, row => row.Id));
    }
}

/// <summary>An invitation without its code.</summary>
/// <param name="Id">The invitation.</param>
/// <param name="Role">The role.</param>
/// <param name="SchoolId">The school; <see langword="null"/> for a role at the district.</param>
/// <param name="ClassId">The class of a teacher.</param>
/// <param name="PersonId">The staff member or guardian.</param>
/// <param name="StudentId">The guardian's child.</param>
/// <param name="CreatedBy">The account that invited.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">The code is good until then.</param>
/// <param name="UsedAt">When it was accepted; <see langword="null"/> while it waits.</param>
/// <param name="WithdrawnAt">When it was taken back.</param>
public sealed record InvitationState(
    Guid Id, Role Role, Guid? SchoolId, Guid? ClassId, Guid? PersonId, Guid? StudentId, Guid CreatedBy,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt, DateTimeOffset? WithdrawnAt);
