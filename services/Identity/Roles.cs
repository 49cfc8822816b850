using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Who has which role, and taking one back. Whoever may give a role may take it (<see cref="Inviting"/>).</summary>
internal static class RolesFeature
{
    public static void MapRoles(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/roles").WithTags("Roles");
        group.MapGet("", ListAsync).Query(Permission.AccountInvite).WithName("ListRoles")
            .WithSummary("查询角色 / List who has which role")
            .WithDescription("Newest first; administrators see those of their district or school. Ended ones too.");
        group.MapDelete("/{id:guid}", WithdrawAsync).Command(Permission.AccountInvite).WithName("WithdrawRole")
            .WithSummary("撤销角色 / Take a role back")
            .WithDescription(
                "Within 2 seconds every token of the account is void; refreshed ones tell the roles that are left. Roles that rest "
                + "on a post or a guardianship end with it by themselves.");
    }

    private static async Task<Results<Ok<Page<RoleState>>, Problem>> ListAsync(
        IdentityDb db, CurrentCaller current, CancellationToken cancel,
        Guid? schoolId = null, Guid? personId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.AccountInvite).Where(grant => grant.ClassId is null).ToArray();
        var districts = grants.Where(g => g.SchoolId is null).Select(g => g.DistrictId).ToArray();
        var schools = grants.Where(g => g.SchoolId is not null).Select(g => g.SchoolId).ToArray();
        var limit = Cursor.Size(size);
        var rows = await db.Set<RoleGrant>().AsNoTracking()
            .Where(g => (districts.Contains(g.DistrictId) || schools.Contains(g.SchoolId))
                && (schoolId == null || g.SchoolId == schoolId) && (personId == null || g.PersonId == personId)
                && (last == null || g.Id < last))
            .OrderByDescending(g => g.Id)
            .Take(limit + 1)
            .Select(g => new RoleState(
                g.Id, g.AccountId, g.Role, g.PersonId, g.SchoolId, g.ClassId, g.StudentId, g.HoldsFrom, g.HoldsTo, g.WithdrawnAt))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, limit, row => row.Id));
    }

    private static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid id, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var role = await db.Set<RoleGrant>().SingleOrDefaultAsync(g => g.Id == id && g.WithdrawnAt == null, cancel);
        if (role is null || !await db.MayInviteAsync(current.Caller, role.ToGrant(), clock.GetUtcNow(), cancel))
            return (Problem)Failures.NotFound;
        if (role.AccountId == current.Caller.AccountId)
            return (Problem)IdentityFailures.OwnRole;
        // Locked, so that two changes of an account's roles at the same time are two steps of its permission version.
        var account = await db.Set<Account>().FromSql($"SELECT * FROM account WHERE id = {role.AccountId} FOR UPDATE")
            .SingleAsync(cancel);
        account.Take(role, clock.GetUtcNow());
        audit.About("role", role.Id, role.DistrictId, role.SchoolId);
        return TypedResults.NoContent();
    }
}

/// <summary>A role of somebody.</summary>
/// <param name="Id">The role.</param>
/// <param name="AccountId">Whose.</param>
/// <param name="Role">Which.</param>
/// <param name="PersonId">The staff member or guardian that the account is there.</param>
/// <param name="SchoolId">The school; <see langword="null"/> for the whole district.</param>
/// <param name="ClassId">The class; <see langword="null"/> for the whole school.</param>
/// <param name="StudentId">The guardian's child.</param>
/// <param name="HoldsFrom">Since when.</param>
/// <param name="HoldsTo">Until when, as the roster says.</param>
/// <param name="WithdrawnAt">When it was taken back.</param>
public sealed record RoleState(
    Guid Id, Guid AccountId, Role Role, Guid? PersonId, Guid? SchoolId, Guid? ClassId, Guid? StudentId, DateTimeOffset HoldsFrom,
    DateTimeOffset? HoldsTo, DateTimeOffset? WithdrawnAt);
