using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace HomeSchool.SystemTests;

/// <summary>Somebody who is signed in at a gateway.</summary>
internal sealed class Person(HttpClient gateway, string token)
{
    /// <summary>What everybody's password is.</summary>
    public const string Password = "correct horse battery staple";

    public static async Task<Person> SignInAsync(HttpClient gateway, Credentials credentials)
    {
        using var answer = await gateway.PostAsJsonAsync(new Uri("/api/identity/sign-in", UriKind.Relative), credentials);
        return new Person(gateway, (await ReadAsync(answer)).GetProperty("accessToken").GetString()!);
    }

    /// <summary>Accepts an invitation with a user name, and signs in.</summary>
    public static async Task<Person> AcceptAsync(HttpClient gateway, string code, string userName)
    {
        using var answer = await gateway.PostAsJsonAsync(
            new Uri("/api/identity/invitations/accept", UriKind.Relative), new { code, userName, Password });
        await ReadAsync(answer);
        return await SignInAsync(gateway, new Credentials(userName, Password));
    }

    /// <summary>Invites somebody, who accepts and signs in.</summary>
    public async Task<Person> InviteAsync(object role, string userName) =>
        await AcceptAsync(gateway, await InviteAsync(role), userName);

    /// <summary>Invites somebody.</summary>
    /// <returns>The code.</returns>
    public async Task<string> InviteAsync(object role) =>
        (await SendAsync(HttpMethod.Post, "/api/identity/invitations", role)).GetProperty("code").GetString()!;

    public async Task<Guid> AccountAsync() =>
        (await SendAsync(HttpMethod.Get, "/api/identity/me")).GetProperty("id").GetGuid();

    /// <summary>Asks, and reads the answer, which must be 2xx unless another status is expected.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null, HttpStatusCode? expected = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (method != HttpMethod.Get)
            request.Headers.TryAddWithoutValidation("If-Match", "*"); // whichever version there is
        if (body is not null)
            request.Content = body as HttpContent ?? JsonContent.Create(body);
        using var answer = await gateway.SendAsync(request);
        return await ReadAsync(answer, expected);
    }

    /// <summary>Fetches a file, which must be there.</summary>
    public async Task<byte[]> FetchAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await gateway.SendAsync(request);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue($"{path}: {(int)answer.StatusCode} {System.Text.Encoding.UTF8.GetString(bytes)}");
        return bytes;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, HttpStatusCode? expected = null)
    {
        var text = await answer.Content.ReadAsStringAsync();
        if (expected is null)
            answer.IsSuccessStatusCode.ShouldBeTrue($"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {text}");
        else
            answer.StatusCode.ShouldBe(expected.Value, text);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }
}
