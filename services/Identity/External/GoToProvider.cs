using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.External;

/// <summary>Which providers there are, and the browser's way to one and back.</summary>
internal static class GoToProviderFeature
{
    private const string NobodyYet = "whoever wants to sign in is nobody yet";

    public static void MapGoToProvider(this IEndpointRouteBuilder api)
    {
        // A mistake in their configuration shows when the service starts.
        _ = api.ServiceProvider.GetRequiredService<ExternalProviders>();
        var group = api.MapGroup("/external").WithTags("Sign-in by a provider");
        group.MapGet("", List).Open(NobodyYet).WithName("ListProviders")
            .WithSummary("可用于登录的身份提供方 / The providers that one can sign in with");
        group.MapGet("/{provider}/start", StartAsync).Open(NobodyYet).WithName("GoToProvider")
            .WithSummary("前往身份提供方登录 / Go to a provider to sign in")
            .WithDescription(
                "For browsers, which are sent there and come back to the path 'return' of this host with ?signInCode=: "
                + "a one-time code that the client trades at /external/sign-in, together with the verifier of which 'challenge' "
                + "is the SHA-256 in base64url (PKCE, S256).");
        group.MapGet("/{provider}/callback", FinishAsync).Open("the provider's answer fits the browser's cookie, or is refused")
            .WithName("ComeBackFromProvider").ExcludeFromDescription();
    }

    /// <summary>Where providers send the browser back to: it must be registered there, exactly so.</summary>
    public static string CallbackOf(this PublicAddress address, ExternalProvider provider) =>
        address.Of($"/api/identity/external/{provider.Key}/callback");

    private static Ok<IReadOnlyList<SignInProvider>> List(ExternalProviders providers, HttpContext http)
    {
        var chinese = Language.IsChinese(http);
        return TypedResults.Ok<IReadOnlyList<SignInProvider>>(
            [.. providers.ByKey.Values.Select(known => new SignInProvider(known.Key, chinese ? known.Zh : known.En))]);
    }

    private static async Task<Results<RedirectHttpResult, MessagePage>> StartAsync(
        string provider, string? challenge, string? @return, ExternalProviders providers, PublicAddress address, HttpContext http,
        CancellationToken cancel)
    {
        if (!providers.ByKey.TryGetValue(provider, out var asked))
            return new MessagePage(Failures.NotFound);
        if (!Pkce.IsChallenge(challenge) || !SignInAttempt.IsOwnPath(@return))
            return new MessagePage(IdentityFailures.ProviderStartInvalid);
        var attempt = SignInAttempt.Begin(provider, challenge!, @return!);
        if (await asked.AuthorizationAddressAsync(attempt, address.CallbackOf(asked), cancel) is not { } page)
            return new MessagePage(IdentityFailures.ProviderAway, @return);
        var (name, options) = Cookie(address);
        http.Response.Cookies.Append(name, attempt.ToString(), options);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Redirect(page);
    }

    private static async Task<Results<RedirectHttpResult, MessagePage>> FinishAsync(
        string provider, string? code, string? state, string? iss, string? error, ExternalProviders providers, IdentityDb db,
        PublicAddress address, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (!providers.ByKey.TryGetValue(provider, out var asked))
            return new MessagePage(Failures.NotFound);
        var (name, options) = Cookie(address);
        var attempt = SignInAttempt.Read(provider, http.Request.Cookies[name]);
        http.Response.Cookies.Delete(name, options);
        http.Response.Headers.CacheControl = "no-store";
        if (attempt is null || !Pkce.AreEqual(state, attempt.State))
            return new MessagePage(IdentityFailures.ProviderAnswerUnexpected);
        if (!await asked.IsAnswerOfAsync(iss, cancel))
            return new MessagePage(IdentityFailures.ProviderAnswerUnexpected, attempt.ReturnTo);
        if (error is not null || string.IsNullOrEmpty(code))
            return new MessagePage(IdentityFailures.ProviderRefused, attempt.ReturnTo);
        var (token, refusal) = await asked.RedeemAsync(code, attempt, address.CallbackOf(asked), cancel);
        if (token is null)
            return new MessagePage(refusal!, attempt.ReturnTo);

        var now = clock.GetUtcNow();
        var signInCode = Secrets.NewToken();
        await db.Set<ExternalSignIn>().Where(row => row.ExpiresAt <= now).ExecuteDeleteAsync(cancel);
        db.Add(new ExternalSignIn
        {
            CodeHash = Secrets.Hash(signInCode),
            Provider = provider,
            Subject = token.Subject,
            ProviderSession = token.Claim("sid"),
            Challenge = attempt.Challenge,
            ExpiresAt = now + ExternalSignIn.Lifetime,
        });
        await db.SaveChangesAsync(cancel);
        // The code may be seen in logs on its way: it is of no use without the client's verifier.
        return TypedResults.Redirect(QueryHelpers.AddQueryString(attempt.ReturnTo, "signInCode", signInCode));
    }

    // Lax: it must come along when the provider sends the browser back.
    private static (string Name, CookieOptions Options) Cookie(PublicAddress address)
    {
        var secure = address.Of("").StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        return ((secure ? "__Host-" : "") + "homeschool-sign-in", new CookieOptions
        {
            HttpOnly = true,
            Secure = secure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = SignInAttempt.Lifetime,
        });
    }
}

/// <summary>A provider that one can sign in with.</summary>
/// <param name="Key">Its name in addresses.</param>
/// <param name="Name">Its name in the caller's language.</param>
public sealed record SignInProvider(string Key, string Name);
