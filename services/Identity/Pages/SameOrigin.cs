namespace HomeSchool.Identity.Pages;

/// <summary>
/// Takes forms from our own pages only. The cookies are SameSite=Strict already; this also guards the forms that need no cookie
/// (signing somebody in to a stranger's account) and browsers that do not know SameSite.
/// </summary>
/// <remarks>
/// Not the framework's antiforgery tokens: they need a ring of keys that all replicas share and that somebody must protect, to
/// learn what every browser says of itself.
/// </remarks>
internal static class SameOrigin
{
    /// <summary>Refuses a form that does not say it comes from here: by <c>Sec-Fetch-Site</c>, or, from browsers that do not send
    /// it, by <c>Origin</c>.</summary>
    public static ValueTask<object?> CheckAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        var headers = http.Request.Headers;
        var isOurs = headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
            ? site == "same-origin"
            : headers.Origin.ToString() == http.RequestServices.GetRequiredService<PublicAddress>().Origin;
        return isOurs || HttpMethods.IsGet(http.Request.Method)
            ? next(invocation)
            : ValueTask.FromResult<object?>(HtmlPage.Refusing(IdentityFailures.FormFromElsewhere, SignInPages.Path));
    }
}
