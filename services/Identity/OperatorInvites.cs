using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;

namespace HomeSchool.Identity;

/// <summary>
/// The step <c>dotnet Identity.dll invite-admin DISTRICT</c>: the way into a district that was imported (ALL-10), whose accounts
/// came without passwords. Its administrator accepts with the old user name, and invites the others anew.
/// </summary>
internal static class OperatorInvites
{
    /// <summary>Prints a link that invites an administrator of a district.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> PrintLinkAsync(IServiceProvider services, string district)
    {
        if (!Guid.TryParse(district, out var id))
        {
            await Console.Error.WriteLineAsync($"{district} 不是区县的编号。{district} is not a district's id.");
            return 2;
        }

        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentTenancy>().Scope = TenantScope.Of([id]);
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        if (!db.Set<RoleGrant>().Any(grant => grant.DistrictId == id))
        {
            await Console.Error.WriteLineAsync($"没有区县 {id}。There is no district {id}.");
            return 1;
        }

        var now = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        var (invitation, code) = Invitation.To(
            new Grant(Role.DistrictAdmin, null, id, null, null, null), createdBy: Guid.Empty, now);
        db.Add(invitation);
        db.Add(AuditEntry.ByOperator(
            scope.ServiceProvider.GetRequiredService<AuditKey>(), now, "InviteAdmin", id, "invitation", invitation.Id));
        await db.SaveChangesAsync();
        var address = scope.ServiceProvider.GetRequiredService<PublicAddress>();
        await Console.Out.WriteLineAsync(address.Of($"/api/identity/invitations/accept?code={code}"));
        return 0;
    }
}
