using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Archives.Roster;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(HomeSchool.Archives.Tests.ArchivesFixture))]

namespace HomeSchool.Archives.Tests;

/// <summary>One Archives service for all tests; each test has a district of its own.</summary>
public sealed class ArchivesFixture : IAsyncLifetime
{
    private Servers servers = null!;
    private Host host = null!;

    /// <summary>The issuer of the tokens.</summary>
    public TestIdentity Identity { get; private set; } = null!;

    /// <summary>The database, as the administrator.</summary>
    public string Database { get; private set; } = "";

    /// <summary>The key store, as the administrator.</summary>
    public string Keys { get; private set; } = "";

    /// <summary>The folder of the stored files.</summary>
    public string Files { get; } = Directory.CreateTempSubdirectory("homeschool-files-").FullName;

    /// <summary>The broker's address.</summary>
    public string RabbitMq => servers.RabbitMq;

    /// <summary>The service's clock: tests move it, each by asking for a client of its own day.</summary>
    public TestClock Clock { get; } = new();

    /// <summary>The service's configuration.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings__archives-db"] = Database,
        ["ConnectionStrings__keys-db"] = Keys,
        ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
        ["services__identity__http__0"] = Identity.Address,
        ["Keys__Master"] = "a test's master key, of no value to anybody",
        ["PersonalData__Services"] = "archives",
        ["Files__Folder"] = Files,
    };

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        Identity = await TestIdentity.StartAsync();
        Database = await servers.CreateDatabaseAsync();
        Keys = await servers.CreateDatabaseAsync();
        await ServiceProcess.RunAsync(typeof(ArchivesDb).Assembly.Location, "migrate", Settings);
        host = new Host(Settings, Clock);
        // The clock's day flows with the test that set it.
        host.Server.PreserveExecutionContext = true;
    }

    /// <summary>A client with a token for these roles.</summary>
    public HttpClient Client(params Grant[] grants) => Client(Guid.CreateVersion7(), grants);

    /// <summary>The same for an account that matters.</summary>
    public HttpClient Client(Guid account, params Grant[] grants)
    {
        var client = host.CreateClient();
        client.Timeout = TimeSpan.FromMinutes(5);
        if (grants.Length > 0)
        {
            client.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Bearer", Identity.Token(account, TokenTime.Valid, grants));
        }

        return client;
    }

    /// <summary>Delivers an event through the broker, as another service does, and waits for its effect.</summary>
    public Task PublishAsync(IEvent happened) => host.Services.DeliverAsync(Database, happened);

    /// <summary>Seals as another service does, which has the same key store.</summary>
    public async Task<byte[]> SealAsync(Subject about, Place place, byte[] value) =>
        (await host.Services.GetRequiredService<KeyVault>().SealAsync(about, place, value, CancellationToken.None))!;

    /// <summary>Opens what stands at a place.</summary>
    public async Task<byte[]?> OpenAsync(Guid district, Place place, byte[] value) =>
        await host.Services.GetRequiredService<KeyVault>().OpenAsync(district, place, value, CancellationToken.None);

    /// <summary>Destroys a student's key.</summary>
    public Task EraseAsync(Guid district, Guid student) =>
        host.Services.GetRequiredService<KeyVault>().EraseAsync(district, student, CancellationToken.None);

    /// <summary>Asks the database directly, past row-level security.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await Identity.DisposeAsync();
        await servers.DisposeAsync();
        Directory.Delete(Files, recursive: true);
    }

    private sealed class Host(Dictionary<string, string> settings, TimeProvider clock) : WebApplicationFactory<ArchivesDb>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            builder.ConfigureServices(services => services.AddSingleton(clock));
        }
    }
}

/// <summary>A clock whose day a test sets for its own flow of calls; the time of day is the real one.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly AsyncLocal<int> days = new();

    /// <summary>Days that the calling test is ahead.</summary>
    public int DaysAhead
    {
        get => days.Value;
        set => days.Value = value;
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(DaysAhead);
}

/// <summary>A district as its administrator sees it over HTTP.</summary>
public sealed class TestDistrict(ArchivesFixture archives)
{
    /// <summary>The district.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>Its administrator.</summary>
    public HttpClient Admin => field ??= archives.Client(TestIdentity.DistrictAdmin(Id));

    /// <summary>Uploads a body.</summary>
    public async Task<HttpResponseMessage> UploadAsync(byte[] body, string type = "application/zip")
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return await Admin.PostAsync(Address("imports"), content);
    }

    /// <summary>Uploads a roster that must be taken, and shows the report.</summary>
    public async Task<ImportBody> CheckAsync(byte[] body)
    {
        using var answer = await UploadAsync(body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<ImportBody>(Json.Options))!;
    }

    /// <summary>Confirms an import.</summary>
    public Task<HttpResponseMessage> ConfirmAsync(Guid import, bool acceptWithdrawals = false) =>
        Admin.PostAsJsonAsync(Address($"imports/{import}/confirm"), new ConfirmRequest(acceptWithdrawals), Json.Options);

    /// <summary>Uploads and confirms.</summary>
    public async Task<ImportBody> ImportAsync(byte[] body, bool acceptWithdrawals = false)
    {
        var import = await CheckAsync(body);
        using var answer = await ConfirmAsync(import.Id, acceptWithdrawals);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return import;
    }

    /// <summary>All mistakes of an import.</summary>
    public async Task<IReadOnlyList<RemarkBody>> MistakesAsync(Guid import, string? language = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address($"imports/{import}/mistakes?size=500"));
        if (language is not null)
            request.Headers.Add("Accept-Language", language);
        using var answer = await Admin.SendAsync(request);
        return (await answer.Content.ReadFromJsonAsync<Page<RemarkBody>>(Json.Options))!.Items;
    }

    /// <summary>Reads all pages of a list under <c>/api/archives</c>.</summary>
    public async Task<List<T>> ListAsync<T>(string path)
    {
        var items = new List<T>();
        string? next = null;
        do
        {
            var page = await Admin.GetFromJsonAsync<Page<T>>(
                new Uri($"/api/archives/{path}{(path.Contains('?') ? "&" : "?")}after={next}", UriKind.Relative), Json.Options);
            items.AddRange(page!.Items);
            next = page.Next;
        }
        while (next is not null);
        return items;
    }

    /// <summary>A path under the district.</summary>
    public Uri Address(string path) => new($"/api/archives/districts/{Id}/{path}", UriKind.Relative);
}
