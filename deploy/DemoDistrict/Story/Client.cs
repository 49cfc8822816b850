using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Somebody who speaks to the gateway, and to nothing else: anybody, or an account that signs in when it must.</summary>
/// <param name="gateway">Has the gateway's address.</param>
/// <param name="account">Who; <see langword="null"/> for anybody.</param>
/// <param name="clock">Tells when a token is old.</param>
internal sealed class Client(HttpClient gateway, Credentials? account, TimeProvider clock)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // Shorter than tokens last.
    private static readonly TimeSpan TokenIsFresh = TimeSpan.FromMinutes(10);

    private string? token;
    private long tokenSince;

    /// <summary>A client of the gateway without an account.</summary>
    public static Client Anybody(Uri address, TimeProvider clock)
    {
        // A gateway on this machine is not reached by a proxy; and an import may take as long as it takes.
        var gateway = new HttpClient(new SocketsHttpHandler { UseProxy = !address.IsLoopback, AllowAutoRedirect = false })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        gateway.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        return new Client(gateway, null, clock);
    }

    /// <summary>The same gateway with an account.</summary>
    public Client As(Credentials credentials) => new(gateway, credentials, clock);

    public Task<Answer> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, cancel);

    /// <summary>Reads a list to its last page.</summary>
    public async Task<List<T>> ListAsync<T>(string path, CancellationToken cancel)
    {
        var items = new List<T>();
        string? next = null;
        do
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var after = next is null ? "" : $"&after={Uri.EscapeDataString(next)}";
            var page = (await GetAsync($"{path}{separator}size=500{after}", cancel)).As<Page<T>>();
            items.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);
        return items;
    }

    /// <summary>Asks for something to be done.</summary>
    /// <param name="path">Where.</param>
    /// <param name="body">What, to be written as JSON; or content as it is.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="ifMatch">The version that was read, where one is asked for.</param>
    /// <param name="key">The Idempotency-Key, if any.</param>
    public Task<Answer> PostAsync(
        string path, object body, CancellationToken cancel, string? ifMatch = null, string? key = null) =>
        SendAsync(HttpMethod.Post, path, body, cancel, ifMatch, key);

    /// <summary>Puts.</summary>
    /// <param name="path">Where.</param>
    /// <param name="body">What.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="ifMatch">The version that was read, where one is asked for.</param>
    public Task<Answer> PutAsync(string path, object body, CancellationToken cancel, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, path, body, cancel, ifMatch);

    /// <summary>Takes back.</summary>
    public Task<Answer> DeleteAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Delete, path, null, cancel);

    /// <summary>Opens a stream of Server-Sent Events.</summary>
    /// <param name="path">Where.</param>
    /// <param name="after">The id of the last event that was received; <see langword="null"/> to begin now.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<HttpResponseMessage> OpenStreamAsync(string path, string? after, CancellationToken cancel)
    {
        using var request = await RequestAsync(HttpMethod.Get, path, cancel);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (after is not null)
            request.Headers.Add("Last-Event-ID", after);
        var response = await gateway.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.StatusCode == HttpStatusCode.OK)
            return response;
        using (response)
            throw (await Answer.ReadAsync(request, response, cancel)).Unexpected("200");
    }

    private async Task<Answer> SendAsync(
        HttpMethod method, string path, object? body, CancellationToken cancel, string? ifMatch = null, string? key = null)
    {
        using var request = await RequestAsync(method, path, cancel);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body, body.GetType(), options: Json));
        if (ifMatch is not null)
            request.Headers.Add("If-Match", ifMatch);
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await gateway.SendAsync(request, cancel);
        return await Answer.ReadAsync(request, response, cancel);
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(method, path);
        if (account is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(account, cancel));
        return request;
    }

    private async Task<string> TokenAsync(Credentials credentials, CancellationToken cancel)
    {
        if (token is null || clock.GetElapsedTime(tokenSince) > TokenIsFresh)
        {
            tokenSince = clock.GetTimestamp();
            var anybody = new Client(gateway, null, clock);
            token = (await anybody.PostAsync("/api/identity/sign-in", credentials, cancel)).As<SignedIn>().AccessToken;
        }

        return token;
    }

    private sealed record SignedIn(string AccessToken);
}

/// <summary>What an account signs in with.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="Password">The password.</param>
internal sealed record Credentials(string UserName, string Password)
{
    /// <summary>Credentials of a new account that nobody else can guess.</summary>
    /// <param name="who">Begins the user name.</param>
    public static Credentials New(string who) => new(
        $"{who}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}@demo.example",
        RandomNumberGenerator.GetHexString(24, lowercase: true));
}

/// <summary>What the gateway answered.</summary>
/// <param name="Asked">Method and path, for messages.</param>
/// <param name="Status">The status.</param>
/// <param name="ETag">The version of what was answered, for <c>If-Match</c>.</param>
/// <param name="Body">As text.</param>
/// <param name="Code">Why it is refused; <see langword="null"/> when it is not.</param>
internal sealed record Answer(string Asked, HttpStatusCode Status, string? ETag, string Body, string? Code)
{
    public static async Task<Answer> ReadAsync(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel)
    {
        var body = await response.Content.ReadAsStringAsync(cancel);
        var code = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? JsonSerializer.Deserialize<Refusal>(body, Client.Json)!.Code
            : null;
        return new Answer(
            $"{request.Method} {request.RequestUri}", response.StatusCode, response.Headers.ETag?.ToString(), body, code);
    }

    private bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The body of a success.</summary>
    /// <exception cref="StoryFailedException">It is a refusal.</exception>
    public T As<T>()
    {
        IsDone();
        return JsonSerializer.Deserialize<T>(Body, Client.Json)!;
    }

    /// <summary>Makes sure that it was done.</summary>
    /// <exception cref="StoryFailedException">It was refused.</exception>
    public Answer IsDone() => IsSuccess ? this : throw Unexpected("success");

    /// <summary>Makes sure that it was refused for the right reason.</summary>
    /// <exception cref="StoryFailedException">It was done, or refused for another reason.</exception>
    /// <returns>The reason, for people.</returns>
    public string IsRefused(HttpStatusCode status, string code) => Status == status && Code == code
        ? $"refused, {(int)status} {code}"
        : throw Unexpected($"{(int)status} {code}");

    /// <summary>What to throw when it is not what should have come.</summary>
    public StoryFailedException Unexpected(string expected) =>
        new($"{Asked} answered {(int)Status} instead of {expected}:\n{Body}");

    private sealed record Refusal(string? Code);
}

/// <summary>A page of a list.</summary>
/// <param name="Items">The entries.</param>
/// <param name="Next">Where the next page begins; <see langword="null"/> on the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>A step of the story was wrong.</summary>
/// <param name="message">What was expected and what was seen.</param>
internal sealed class StoryFailedException(string message) : Exception(message);
