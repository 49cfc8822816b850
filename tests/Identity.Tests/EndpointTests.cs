using System.Net;
using System.Text;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.Identity.Tests;

public sealed class EndpointTests(IdentityFixture fixture)
{
    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Without_a_token_only_what_is_open_on_purpose_answers()
    {
        string[] open =
        [
            "AcceptInvitation", "AcceptInvitationExternally", "AcceptInvitationOnPage", "AcceptInvitationSignedIn",
            "AcceptInvitationSignedInOnPage", "BeginSecondFactor", "BeginSecondFactorOnPage", "ChangePassword",
            "ChangePasswordOnPage", "ChooseProvider", "ComeBackFromProvider", "ConfirmSecondFactor",
            "ConfirmSecondFactorOnPage", "CreateFirstAdmin", "CreateFirstAdminOnPage", "EndOtherSessions",
            "EndOtherSessionsOnPage", "EndSecondFactor", "EndSecondFactorOnPage", "EndSession", "EndSessionOnPage",
            "GoToProvider", "IssueClientToken", "LinkProvider", "LinkProviderOnPage", "ListMyProviders", "ListProviders",
            "ListSessions", "LogOutByProvider", "ReadAuditKey", "ReadDiscovery", "ReadKeys", "ReadMe", "ReadRevocations",
            "ReadSecondFactor", "Refresh", "RenewRecoveryCodes", "RenewRecoveryCodesOnPage", "ShowAccount", "ShowCode",
            "ShowFirstAdmin", "ShowInvitation", "ShowInvitations", "ShowPassword", "ShowProvider", "ShowSecondFactor",
            "ShowSignIn", "SignIn", "SignInByProviderOnPage", "SignInExternally", "SignInOnPage", "SignInWithCode",
            "SignInWithCodeOnPage", "SignOut", "SignOutOnPage", "UnlinkProvider", "WithdrawInvitationOnPage",
        ];
        using var client = fixture.Replica.Client();
        var own = fixture.Replica.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal)
                || e.RoutePattern.RawText.StartsWith("/account", StringComparison.Ordinal)
                || e.RoutePattern.RawText.StartsWith("/.well-known/", StringComparison.Ordinal))
            .ToArray();
        own.Where(e => e.Metadata.GetMetadata<AccessRule>()!.OpenBecause is not null)
            .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName)
            .Order(StringComparer.Ordinal).ShouldBe(open);

        foreach (var closed in own.Where(e => e.Metadata.GetMetadata<AccessRule>()!.OpenBecause is null))
        {
            var path = closed.RoutePattern.RawText!.Replace("{id:guid}", $"{Guid.CreateVersion7()}", StringComparison.Ordinal);
            var method = closed.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        }

        using var me = await client.GetAsync(new Uri("/api/identity/me", UriKind.Relative));
        me.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var accept = await client.PostAsync("/api/identity/me/invitations", new AcceptWithAccount("7K2M-Q0XV-93TD-RB5H"));
        accept.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Nothing_that_a_client_can_send_is_answered_with_5xx()
    {
        string[] paths =
        [
            "sign-in", "sign-in/code", "refresh", "sign-out", "invitations", "invitations/accept", "me/invitations",
            "first-admin", "me/password", "me/second-factor", "me/second-factor/confirm", "me/second-factor/recovery-codes",
            "me/second-factor/end",
            "clients", "external/sign-in", "external/invitations", "me/providers",
        ];
        var name = IdentitySystem.NewName();
        var person = await fixture.JoinAsync(new Invite(Contracts.Role.DistrictAdmin)); // too many wrong passwords lock it
        var (none, far) = (Guid.Empty, new string('x', 5000));
        string[] bodies =
        [
            "", "null", "[]", "1", "\"text\"", "{", "{}",
            """{"userName":null,"password":null}""",
            """{"userName":1,"password":{}}""",
            """{"userName":"a\u0000b@c","password":"\u0000"}""",
            """{"userName":"\ud800\ud800\ud800\ud800","password":"\udc00"}""",
            """{"userName":"a\u0000b@c","password":"","device":"\u0000"}""",
            """{"code":"\u0000","token":"\u0000","refreshToken":"\u0000","userName":"abcd","password":"0123456789"}""",
            $$"""{"userName":"{{far}}","password":"{{far}}","code":"{{far}}","token":"{{far}}","refreshToken":"{{far}}"}""",
            """{"userName":"\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa","password":"0123456789","code":"0","token":"0"}""",
            $$"""{"userName":"{{name}}","password":"wrong","device":"{{far}}"}""",
            """{"ticket":"\u0000","code":"\ud800","password":"\udc00","currentPassword":"","newPassword":"\ud800"}""",
            $$"""{"ticket":"{{far}}","code":"{{far}}","password":"{{far}}","currentPassword":"{{far}}","newPassword":""}""",
            """{"ticket":"AAAA","code":"123456","password":""}""",
            """{"role":"nobody"}""", """{"role":0}""", """{"role":"machineClient"}""",
            """{"name":"\u0000","scopes":["feedRead"]}""", """{"name":"\ud800","scopes":["feedRead"]}""",
            """{"name":"a","scopes":[]}""", """{"name":"a","scopes":["auditRead"]}""", """{"name":"a","scopes":[null]}""",
            """{"name":"a","scopes":["feedRead"],"expiresAt":"0001-01-01T00:00:00Z"}""",
            $$"""{"name":"a","scopes":["feedRead"],"schoolId":"{{none}}"}""",
            """{"role":"guardian","studentId":"no id"}""",
            $$"""{"role":"guardian","studentId":"{{none}}","personId":"{{none}}"}""",
            """{"code":"0","token":"0","userName":"abcd","password":"0123456789","language":"fr"}""",
            """{"code":"\u0000","signInCode":"\u0000","verifier":"\ud800","userName":"abcd","currentPassword":"\u0000"}""",
        ];
        foreach (var path in paths)
        {
            foreach (var body in bodies)
            {
                using var answer = await person.Client.PostAsync(
                    new Uri("/api/identity/" + path, UriKind.Relative),
                    new StringContent(body, Encoding.UTF8, "application/json"));
                ((int)answer.StatusCode).ShouldBeInRange(path == "sign-out" ? 204 : 400, 499, $"{path} {body}");
            }

            using var text = await person.Client.PostAsync(
                new Uri("/api/identity/" + path, UriKind.Relative), new StringContent("sign me in", Encoding.UTF8, "text/plain"));
            text.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType, path);
        }

        using var browser = fixture.Replica.Browser();
        foreach (var path in new[] { "invitations/accept", "first-admin" })
        {
            foreach (var form in new[]
            {
                "", "code=%00&token=%00&userName=%00&password=%FF&language=Zh",
                "code=1&token=1&userName=a&password=b&language=fr",
            })
            {
                using var answer = await browser.PostAsync(
                    new Uri("/api/identity/" + path, UriKind.Relative),
                    new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"));
                ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{path} {form}");
            }
        }

        foreach (var form in new[]
        {
            "", "grant_type=%00", "grant_type=client_credentials&client_id=%00&client_secret=%FF",
            "grant_type=client_credentials&scope=%00", new string('&', 5000), $"grant_type={far}{far}{far}{far}",
        })
        {
            foreach (var authorization in new[] { "", "Basic", "Basic !", "Basic AAAA", "Basic " + far, "Digest x" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/identity/oauth/token");
                request.Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
                if (authorization.Length > 0)
                    request.Headers.TryAddWithoutValidation("Authorization", authorization);
                using var client = fixture.Replica.Client();
                using var answer = await client.SendAsync(request);
                ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"oauth/token {authorization} {form}");
            }
        }

        foreach (var query in new[] { "after=nonsense", "size=many", "schoolId=1", "after=bnVsbA" })
        {
            using var answer = await fixture.Admin.Client.GetAsync(
                new Uri("/api/identity/invitations?" + query, UriKind.Relative));
            ((int)answer.StatusCode).ShouldBeInRange(200, 499, query);
        }
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        using var client = fixture.Replica.Client();
        var document = await client.GetAsync<System.Text.Json.JsonElement>("/openapi/identity.json");
        var paths = document.GetProperty("paths");
        foreach (var (path, method) in new[]
        {
            ("/api/identity/sign-in", "post"), ("/api/identity/sign-in/code", "post"), ("/api/identity/me/second-factor", "get"),
            ("/api/identity/me/second-factor/confirm", "post"), ("/api/identity/refresh", "post"),
            ("/api/identity/sign-out", "post"),
            ("/api/identity/me", "get"), ("/api/identity/invitations", "post"), ("/api/identity/invitations", "get"),
            ("/api/identity/invitations/accept", "post"), ("/api/identity/me/invitations", "post"),
            ("/api/identity/first-admin", "post"), ("/api/identity/clients", "post"), ("/api/identity/oauth/token", "post"),
        })
        {
            var operation = paths.GetProperty(path).GetProperty(method);
            operation.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty();
            operation.GetProperty("responses").EnumerateObject()
                .ShouldContain(answer => answer.Name.StartsWith('2'), $"{method} {path}");
        }
    }
}
