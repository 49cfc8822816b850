using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Identity;

/// <summary>Taking a second factor from somebody who has lost the phone and the recovery codes.</summary>
internal static class ResetSecondFactorFeature
{
    public static void MapResetSecondFactor(this IEndpointRouteBuilder api) => api
        .MapDelete("/accounts/{id:guid}/second-factor", ResetAsync)
        .Command(Permission.AccountInvite).WithName("ResetSecondFactor").WithTags("Accounts")
        .WithSummary("重置他人的两步验证 / Reset somebody's lost second factor")
        .WithDescription(
            "For whoever may invite to every role that the account has. All its sessions end, and its access tokens are void; "
            + "the password stays.");

    private static async Task<Results<NoContent, Problem>> ResetAsync(
        Guid id, IdentityDb db, SecondFactors factors, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        // All of its roles, also where the caller has no say: who may invite parents must not open the account of an
        // administrator who has a child.
        var roles = await db.GrantsOfAsync(id, now, cancel);
        foreach (var role in roles)
        {
            if (!await db.MayInviteAsync(current.Caller, role.ToGrant(), now, cancel))
                return (Problem)Failures.NotFound;
        }

        if (roles.Count == 0)
            return (Problem)Failures.NotFound;
        if (id == current.Caller.AccountId)
            return (Problem)IdentityFailures.OwnSecondFactor;
        if (!await factors.IsOnAsync(id, cancel))
            return (Problem)IdentityFailures.SecondFactorOff;

        await factors.RemoveAsync(id, null, now, cancel);
        audit.About("account", id, roles[0].DistrictId, roles[0].SchoolId);
        return TypedResults.NoContent();
    }
}
