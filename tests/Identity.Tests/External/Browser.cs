using System.Net;
using System.Text.RegularExpressions;
using HomeSchool.Identity.External;
using Microsoft.AspNetCore.WebUtilities;

namespace HomeSchool.Identity.Tests.External;

/// <summary>A browser with its cookies, and the verifier of the client that runs in it.</summary>
internal sealed partial class Browser(Replica replica) : IDisposable
{
    /// <summary>The path that the client wants the code at.</summary>
    public const string ReturnTo = "/console/signed-in?from=school";

    private static readonly Uri Home = new("https://homeschool.example");

    private readonly HttpClient home = replica.CreateClient(new() { BaseAddress = Home, AllowAutoRedirect = false });
    private readonly HttpClient outside = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    /// <summary>The client's PKCE verifier.</summary>
    public string Verifier { get; } = $"a verifier of {Guid.CreateVersion7()}";

    /// <summary>Opens an address of ours.</summary>
    public Task<HttpResponseMessage> OpenAsync(string address) => home.GetAsync(new Uri(Home, address));

    /// <summary>Begins: the page of the provider that the browser is sent to.</summary>
    public async Task<Uri> StartAsync(string provider)
    {
        using var answer = await OpenAsync(
            $"/api/identity/external/{provider}/start?challenge={Pkce.Challenge(Verifier)}"
            + $"&return={Uri.EscapeDataString(ReturnTo)}");
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!;
    }

    /// <summary>Fills in the provider's forms until it sends the browser back.</summary>
    /// <param name="page">Where to begin.</param>
    /// <param name="name">Who to be; <see langword="null"/> to give up at the first form.</param>
    /// <returns>The address of ours that it sends back to.</returns>
    public async Task<Uri> VisitAsync(Uri page, string? name)
    {
        HttpContent? form = null;
        while (page.Host != Home.Host)
        {
            using var answer = form is null ? await outside.GetAsync(page) : await outside.PostAsync(page, form);
            if (answer.Headers.Location is { } location)
            {
                (page, form) = (new Uri(page, location), null);
                continue;
            }

            var html = await answer.Content.ReadAsStringAsync();
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, html);
            if (name is null)
            {
                (page, form) = (new Uri(page, page.AbsolutePath + "/abort"), null);
                continue;
            }

            var fields = HiddenField().Matches(html).ToDictionary(
                field => field.Groups["name"].Value, field => field.Groups["value"].Value, StringComparer.Ordinal);
            fields["login"] = name;
            fields["password"] = "any";
            fields["logout"] = "yes";
            (page, form) = (new Uri(page, FormAction().Match(html).Groups["address"].Value), new FormUrlEncodedContent(fields));
        }

        return page;
    }

    /// <summary>Signs out at the provider.</summary>
    public async Task SignOutAtAsync(string issuer)
    {
        using var answer = await outside.GetAsync(new Uri(issuer + "/session/end"));
        var html = await answer.Content.ReadAsStringAsync();
        var fields = HiddenField().Matches(html).ToDictionary(
            field => field.Groups["name"].Value, field => field.Groups["value"].Value, StringComparer.Ordinal);
        fields["logout"] = "yes";
        using var done = await outside.PostAsync(
            new Uri(FormAction().Match(html).Groups["address"].Value), new FormUrlEncodedContent(fields));
        ((int)done.StatusCode).ShouldBeInRange(200, 399, html);
    }

    /// <summary>Comes back from the provider, which must go well.</summary>
    /// <returns>The one-time code.</returns>
    public async Task<string> ComeBackAsync(Uri callback)
    {
        using var answer = await OpenAsync(callback.PathAndQuery);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync());
        var location = answer.Headers.Location!.OriginalString;
        location.ShouldStartWith(ReturnTo + "&signInCode=");
        return QueryHelpers.ParseQuery(new Uri(Home, location).Query)["signInCode"]!;
    }

    /// <summary>All of the way.</summary>
    /// <returns>The one-time code.</returns>
    public async Task<string> CodeAsync(string provider, string name) =>
        await ComeBackAsync(await VisitAsync(await StartAsync(provider), name));

    /// <summary>Trades the code.</summary>
    public Task<HttpResponseMessage> SignInAsync(string code) =>
        home.PostAsync("/api/identity/external/sign-in", new SignInExternally(code, Verifier, "a browser"));

    /// <summary>Accepts an invitation.</summary>
    public Task<HttpResponseMessage> AcceptAsync(AcceptExternally request) =>
        home.PostAsync("/api/identity/external/invitations", request);

    /// <inheritdoc/>
    public void Dispose()
    {
        home.Dispose();
        outside.Dispose();
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex HiddenField();

    [GeneratedRegex("<form[^>]* action=\"(?<address>[^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex FormAction();
}
