using HomeSchool.Contracts;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>
/// Which roles hold only with a second factor (<c>SecondFactor:RequiredFor</c>; none by default). Without one the account signs
/// in as ever, and its tokens lack those roles: they are good for enrolling, and for what the other roles allow.
/// </summary>
internal sealed class SecondFactorPolicy(IConfiguration configuration)
{
    private readonly Role[] required = configuration.GetSection("SecondFactor:RequiredFor").Get<Role[]>() ?? [];

    /// <summary>The roles of an account that hold now and may be used.</summary>
    /// <returns>The roles, and whether others wait for a second factor.</returns>
    /// <remarks>Needs a transaction: see <see cref="IdentityDb.ShowGrantsOfAsync"/>.</remarks>
    public async Task<(List<RoleGrant> Grants, bool OthersWait)> GrantsInForceAsync(
        IdentityDb db, Guid account, DateTimeOffset now, CancellationToken cancel)
    {
        var grants = await db.GrantsOfAsync(account, now, cancel);
        if (!grants.Any(Needs) || await db.Set<SecondFactor>().AnyAsync(
            factor => factor.AccountId == account && factor.ConfirmedAt != null, cancel))
        {
            return (grants, false);
        }

        return ([.. grants.Where(grant => !Needs(grant))], true);
    }

    private bool Needs(RoleGrant grant) => required.Contains(grant.Role);
}
