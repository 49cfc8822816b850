using System.Reflection;
using System.Text.Json.Serialization;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.Metadata;

namespace HomeSchool.Identity;

/// <summary>
/// A refusal in the shape of RFC 6749 §5.2, which libraries understand. <c>error_description</c> may only be
/// ASCII there; <c>title</c> is the text in the caller's language.
/// </summary>
/// <param name="error">The RFC's code.</param>
/// <param name="problem">Why, in our words.</param>
internal sealed class OAuthError(string error, Problem problem) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    public static readonly OAuthError InvalidRequest = new("invalid_request", IdentityFailures.TokenRequestInvalid);
    public static readonly OAuthError InvalidClient = new("invalid_client", IdentityFailures.ClientRefused);
    public static readonly OAuthError UnsupportedGrantType = new("unsupported_grant_type", IdentityFailures.GrantTypeUnsupported);
    public static readonly OAuthError InvalidLogoutToken = new("invalid_request", IdentityFailures.ProviderTokenInvalid);

    public int? StatusCode => problem.StatusCode;

    public static OAuthError InvalidScope(string has) => new("invalid_scope", IdentityFailures.ScopeRefused.Because(has));

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in new[] { StatusCodes.Status400BadRequest, StatusCodes.Status401Unauthorized })
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(OAuthErrorBody), ["application/json"]));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var failure = problem.Failure;
        var response = httpContext.Response;
        response.StatusCode = failure.Status;
        if (failure.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Basic realm=\"homeschool\"";
        var title = Language.IsChinese(httpContext) ? failure.Zh : failure.En;
        return response.WriteAsJsonAsync(
            new OAuthErrorBody(error, failure.En, title, failure.Code), Json.Options, httpContext.RequestAborted);
    }
}

/// <summary>Why there is no token.</summary>
/// <param name="Error">The code of RFC 6749 §5.2.</param>
/// <param name="ErrorDescription">The reason in English.</param>
/// <param name="Title">The reason in the caller's language.</param>
/// <param name="Code">Our own code of it.</param>
internal sealed record OAuthErrorBody(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string ErrorDescription,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("code")] string Code);
