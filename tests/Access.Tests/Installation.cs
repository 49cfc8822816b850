using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using HomeSchool.Activities;
using HomeSchool.Archives;
using HomeSchool.Identity;
using HomeSchool.Insights;
using HomeSchool.Messages;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys;
using HomeSchool.Testing;
using HomeSchool.Visits;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(HomeSchool.AccessTests.Installation))]

namespace HomeSchool.AccessTests;

/// <summary>
/// All services, each with its own database, behind real sockets but in this process, so that their endpoints can be asked for
/// what they say about themselves. Tokens are Identity's: signed with its key, of an account and a session that it knows.
/// </summary>
public sealed class Installation : IAsyncLifetime
{
    /// <summary>What everybody's password is in these tests.</summary>
    public const string Password = "correct horse battery staple";

    private readonly Dictionary<string, string> settings = new(StringComparer.Ordinal);
    private readonly List<IAsyncDisposable> hosts = [];
    private readonly string files = Directory.CreateTempSubdirectory("homeschool-files-").FullName;
    private Servers servers = null!;
    private string liveToken = "";
    private string revokedToken = "";

    /// <summary>The services by name: identity, archives, visits, surveys, insights, activities, messages.</summary>
    public Dictionary<string, RunningService> Services { get; } = new(StringComparer.Ordinal);

    /// <summary>What everybody in these tests sees or must not see.</summary>
    public World World { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        var identity = ServiceProcess.FreePort();
        settings["ConnectionStrings__rabbitmq"] = servers.RabbitMq;
        settings["ConnectionStrings__keys-db"] = await servers.CreateDatabaseAsync();
        settings["Keys__Master"] = "a test's master key, of no value to anybody";
        settings["Files__Folder"] = files;
        settings["services__identity__http__0"] = $"http://127.0.0.1:{identity}";
        foreach (var name in new[] { "identity", "archives", "visits", "surveys", "insights", "activities", "messages" })
            settings[$"ConnectionStrings__{name}-db"] = await servers.CreateDatabaseAsync();

        // All migrations before anything starts: what is published to an exchange without a queue is lost without an error.
        var programs = new[]
        {
            typeof(IdentityDb), typeof(ArchivesDb), typeof(VisitsDb), typeof(SurveysDb), typeof(InsightsDb), typeof(ActivitiesDb),
            typeof(MessagesDb),
        };
        await Parallel.ForEachAsync(programs, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (program, cancel) =>
            await ServiceProcess.RunAsync(program.Assembly.Location, "migrate", settings, cancel));
        Start<IdentityDb>("identity", identity);
        Start<ArchivesDb>("archives", 0);
        Start<VisitsDb>("visits", 0);
        Start<SurveysDb>("surveys", 0);
        Start<InsightsDb>("insights", 0);
        Start<ActivitiesDb>("activities", 0);
        Start<MessagesDb>("messages", 0);
        await SignInAsync();
        World = await World.CreateAsync(this);
    }

    /// <summary>A token of somebody with these roles.</summary>
    public Task<string> TokenAsync(params Grant[] grants) => TokenAsync(liveToken, grants);

    /// <summary>A token of a session that has ended, and which every service knows to have.</summary>
    public Task<string> RevokedTokenAsync(params Grant[] grants) => TokenAsync(revokedToken, grants);

    /// <summary>Sends a request with a token, or without.</summary>
    public async Task<Answer> SendAsync(string service, Call call, string? token = null)
    {
        using var request = call.ToRequest();
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await Services[service].Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var body = answer.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? await ReadUntilSilenceAsync(answer.Content)
            : await answer.Content.ReadAsStringAsync();
        return new Answer((int)answer.StatusCode, body);
    }

    /// <summary>Sends a request that must succeed.</summary>
    /// <returns>The answer's JSON; nothing when it has none, or lines of it.</returns>
    public async Task<JsonElement> DoAsync(string service, Call call, string? token)
    {
        var answer = await SendAsync(service, call, token);
        answer.IsSuccess.ShouldBeTrue($"{call}: {answer.Status} {answer.Body}");
        return answer.Body.Length == 0 || answer.Body.Contains("\n{", StringComparison.Ordinal) ? default : answer.ToJson();
    }

    /// <summary>The broker's address.</summary>
    public string RabbitMq => settings["ConnectionStrings__rabbitmq"];

    /// <summary>A connection string, as the administrator.</summary>
    public string Database(string service) => settings[$"ConnectionStrings__{service}-db"];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
        await servers.DisposeAsync();
        Directory.Delete(files, recursive: true);
    }

    private void Start<TDb>(string name, int port)
        where TDb : class
    {
        var host = new Host<TDb>(settings, port);
        host.UseKestrel();
        host.StartServer();
        hosts.Add(host);
        Services[name] = new RunningService(host.CreateClient(), host.Services);
    }

    // The first administrator, of a district without anything; what the tokens of these tests grant is each test's own.
    private async Task SignInAsync()
    {
        var printed = await ServiceProcess.RunAsync(typeof(IdentityDb).Assembly.Location, "first-admin", settings);
        var link = printed.Split('=')[^1].Trim();
        var who = new { token = link, userName = "admin@school.example", password = Password };
        await DoAsync("identity", Call.Post("/api/identity/first-admin", who), null);
        var credentials = Call.Post("/api/identity/sign-in", new { who.userName, who.password });
        liveToken = (await DoAsync("identity", credentials, null)).GetProperty("accessToken").GetString()!;
        var other = await DoAsync("identity", credentials, null);
        revokedToken = other.GetProperty("accessToken").GetString()!;
        var signOut = Call.Post("/api/identity/sign-out", new { refreshToken = other.GetProperty("refreshToken") });
        await DoAsync("identity", signOut, null);
        foreach (var service in Services.Keys)
        {
            var known = await Eventually.GetAsync(
                () => SendAsync(service, Call.Get("/alive"), revokedToken), answer => answer.Status == 401);
            known.Status.ShouldBe(401);
        }
    }

    // The same account, session and version as Identity's own token has.
    private async Task<string> TokenAsync(string like, Grant[] grants)
    {
        var key = await Services["identity"].Provider.GetRequiredService<SigningKeys>()
            .CurrentAsync(TestContext.Current.CancellationToken);
        var issued = new JsonWebToken(like);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issued.Issuer,
            Audience = issued.Audiences.Single(),
            IssuedAt = issued.IssuedAt,
            NotBefore = issued.ValidFrom,
            Expires = issued.ValidTo,
            Subject = new ClaimsIdentity(
            [
                .. issued.Claims.Where(claim => claim.Type is "sub" or "sid" or "pv"),
                .. grants.Select(grant => new Claim(Caller.GrantClaim, grant.ToString())),
            ]),
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    // The feed never ends: what there is comes at once.
    private static async Task<string> ReadUntilSilenceAsync(HttpContent content)
    {
        var text = new StringBuilder();
        var buffer = new byte[16_384];
        await using var stream = await content.ReadAsStreamAsync();
        using var silence = new CancellationTokenSource();
        try
        {
            while (true)
            {
                silence.CancelAfter(TimeSpan.FromMilliseconds(300));
                var read = await stream.ReadAsync(buffer, silence.Token);
                if (read == 0)
                    return text.ToString();
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested)
        {
            return text.ToString();
        }
    }

    private sealed class Host<TDb>(Dictionary<string, string> settings, int port) : WebApplicationFactory<TDb>
        where TDb : class
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            // UseKestrel(port) sets it while the program goes on starting, and is sometimes too late.
            builder.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        }
    }
}

/// <summary>A service that runs.</summary>
/// <param name="Client">Speaks to it.</param>
/// <param name="Provider">What it is made of.</param>
public sealed record RunningService(HttpClient Client, IServiceProvider Provider)
{
    /// <summary>Its endpoints, with what each says about itself.</summary>
    public IEnumerable<RouteEndpoint> Endpoints =>
        Provider.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
}

/// <summary>What came back.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, as text.</param>
public sealed record Answer(int Status, string Body)
{
    /// <summary>Whether it is 2xx.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The code of a refusal; empty for any other answer.</summary>
    public string Code =>
        Status >= 400 && Body.StartsWith('{') && ToJson().TryGetProperty("code", out var code) ? code.GetString()! : "";

    /// <summary>The body, which must be JSON.</summary>
    public JsonElement ToJson() => JsonSerializer.Deserialize<JsonElement>(Body);
}

/// <summary>A request that can be sent again and again.</summary>
/// <param name="Method">GET, POST, …</param>
/// <param name="Path">With the query.</param>
/// <param name="Body">Sent as JSON; bytes as a file, a <see cref="Form"/> as such.</param>
public sealed record Call(string Method, string Path, object? Body = null)
{
    public static Call Get(string path) => new("GET", path);

    public static Call Post(string path, object body) => new("POST", path, body);

    public static Call Put(string path, object body) => new("PUT", path, body);

    public static Call Delete(string path) => new("DELETE", path);

    /// <summary>Makes the request, for whichever version of the thing there is.</summary>
    public HttpRequestMessage ToRequest()
    {
        var request = new HttpRequestMessage(new HttpMethod(Method), new Uri(Path, UriKind.Relative));
        if (Method != "GET")
            request.Headers.TryAddWithoutValidation("If-Match", "*");
        request.Content = Body switch
        {
            null => null,
            byte[] file => new ByteArrayContent(file) { Headers = { ContentType = new("application/octet-stream") } },
            Form form => new FormUrlEncodedContent(form.Fields),
            Upload upload => upload.ToContent(),
            _ => JsonContent.Create(Body, Body.GetType(), options: Json.Options),
        };
        return request;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>A form as a page sends it.</summary>
/// <param name="Fields">Its fields.</param>
public sealed record Form(IEnumerable<KeyValuePair<string, string>> Fields);

/// <summary>A form with a file.</summary>
/// <param name="File">The file.</param>
/// <param name="Name">The file's name.</param>
/// <param name="Fields">Its fields.</param>
public sealed record Upload(byte[] File, string Name, params IReadOnlyList<(string Name, string Value)> Fields)
{
    internal HttpContent ToContent()
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(File), "file", Name } };
        foreach (var (name, value) in Fields)
            form.Add(new StringContent(value), name);
        return form;
    }
}
