using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Identity.External;

/// <summary>Accepting an invitation with an identity of a provider: an account without a password.</summary>
internal static class AcceptExternallyFeature
{
    public static void MapAcceptExternally(this IEndpointRouteBuilder api) => api.MapPost("/external/invitations", AcceptAsync)
        .OpenCommand("whoever holds both codes has no account yet; they say who and what for")
        .WithName("AcceptInvitationExternally").WithTags("Sign-in by a provider")
        .WithSummary("通过身份提供方接受邀请 / Accept an invitation with an identity of a provider")
        .WithDescription("Creates an account without a password. The same sign-in code then signs in.");

    private static async Task<Results<Created<AccountCreated>, Problem>> AcceptAsync(
        AcceptExternally request, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (Credentials.ReadUserName(request.UserName) is not { } userName)
        {
            return Problem.Of(
                [IdentityFailures.UserNameInvalid.At("userName", Credentials.ShortestUserName, Credentials.LongestUserName)]);
        }

        var now = clock.GetUtcNow();
        if (await db.LockExternalSignInAsync(request.SignInCode, request.Verifier, now, cancel) is not { } proved)
            return (Problem)IdentityFailures.SignInCodeVoid;
        if (await AcceptInvitationFeature.LockAsync(db, request.Code, now, cancel) is not { } invitation)
            return (Problem)IdentityFailures.CodeUnknown;
        var account = new Account
        {
            Id = Guid.CreateVersion7(now),
            DistrictId = invitation.DistrictId,
            UserName = userName,
            Language = request.Language,
            CreatedAt = now,
        };
        if (invitation.Use(account.Id, now) is { } refusal)
            return (Problem)refusal;

        db.Add(account);
        db.Add(account.Give(invitation.ToGrant(), now));
        db.Add(new ExternalIdentity
        {
            Id = Guid.CreateVersion7(now),
            AccountId = account.Id,
            Provider = proved.Provider,
            Subject = proved.Subject,
            LinkedAt = now,
        });
        await db.ShowGrantsOfAsync(account.Id, cancel);
        current.Caller = new Caller(null, $"link:{invitation.Id:N}", []);
        audit.About("account", account.Id, invitation.DistrictId, invitation.SchoolId);
        return TypedResults.Created((string?)null, new AccountCreated(account.Id));
    }
}

/// <summary>An account to create with an invitation and an identity of a provider.</summary>
/// <param name="Code">The invitation's code, in any way of writing it.</param>
/// <param name="SignInCode">The one-time code that the browser came back with.</param>
/// <param name="Verifier">What the challenge at the start was the SHA-256 of.</param>
/// <param name="UserName">Phone number, e-mail address or staff number: what the account is called.</param>
/// <param name="Language">The language that texts for this person are written in; Chinese by default.</param>
public sealed record AcceptExternally(
    string Code, string SignInCode, string Verifier, string UserName, DisplayLanguage Language = DisplayLanguage.Zh);
