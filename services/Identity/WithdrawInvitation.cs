using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>Taking an invitation back that nobody has accepted: sent to the wrong person, or too early.</summary>
internal static class WithdrawInvitationFeature
{
    public static void MapWithdrawInvitation(this IEndpointRouteBuilder api) => api
        .MapDelete("/invitations/{id:guid}", WithdrawAsync)
        .Command(Permission.AccountInvite).WithName("WithdrawInvitation").WithTags("Invitations")
        .WithSummary("撤回邀请 / Take an invitation back")
        .WithDescription(
            "Whoever may invite may take back, also what a colleague sent. The code then answers as an unknown one.");

    public static async Task<Results<NoContent, Problem>> WithdrawAsync(
        Guid id, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        // Locked: whoever accepts at the same moment comes before or after.
        var invitation = await db.Set<Invitation>()
            .FromSql($"SELECT * FROM invitation WHERE id = {id} AND withdrawn_at IS NULL FOR UPDATE")
            .SingleOrDefaultAsync(cancel);
        if (invitation is null || !await db.MayInviteAsync(current.Caller, invitation.ToGrant(), clock.GetUtcNow(), cancel))
            return (Problem)Failures.NotFound;
        if (invitation.Withdraw(clock.GetUtcNow()) is { } refusal)
            return (Problem)refusal;

        audit.About("invitation", invitation.Id, invitation.DistrictId, invitation.SchoolId);
        return TypedResults.NoContent();
    }
}
