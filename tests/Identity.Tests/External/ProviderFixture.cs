using System.Globalization;
using HomeSchool.Identity.External;
using HomeSchool.Testing;

namespace HomeSchool.Identity.Tests.External;

/// <summary>Shares the installation.</summary>
[CollectionDefinition(nameof(ProviderFixture))]
public sealed class ProviderCollection : ICollectionFixture<ProviderFixture>;

/// <summary>An installation whose people may sign in by providers; one replica is a process, which providers can reach.</summary>
public sealed class ProviderFixture : IdentityFixture
{
    private readonly string secret = Path.GetTempFileName();
    private ServiceProcess process = null!;

    /// <summary>Those that are configured; but for <c>node</c> and <c>away</c> all are <see cref="OwnProvider"/>'s.</summary>
    internal static readonly string[] Providers = ["good", "token", "keys", "misnamed", "moved", "huge", "rotating"];

    internal NodeProvider Node { get; } = new();

    internal OwnProvider Own { get; private set; } = null!;

    /// <summary>The replica that is a process.</summary>
    internal HttpClient Process => process.Client;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        var port = ServiceProcess.FreePort();
        Own = await OwnProvider.StartAsync();
        await Node.StartAsync(
            "https://homeschool.example/api/identity/external/node/callback",
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/api/identity/external/node/logout"));
        await File.WriteAllTextAsync(secret, NodeProvider.ClientSecret + "\n");
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["External__node__Issuer"] = Node.Issuer,
            ["External__node__ClientId"] = NodeProvider.ClientId,
            ["External__node__ClientSecretFile"] = secret,
            ["External__node__Zh"] = "区县统一身份",
            ["External__node__En"] = "District sign-in",
        };
        foreach (var name in Providers.Append("away"))
        {
            settings[$"External__{name}__Issuer"] = name == "away" ? "http://127.0.0.1:9" : Own.Issuer(name);
            settings[$"External__{name}__ClientId"] = OwnProvider.ClientId;
            settings[$"External__{name}__ClientSecret"] = "a test's";
        }

        await InitializeAsync(settings);
        process = await System.StartProcessAsync(port);
    }

    /// <summary>Links an account to an identity of a provider.</summary>
    internal static async Task<string> LinkAsync(
        Person person, Browser browser, string code, string password = IdentitySystem.Password)
    {
        using var answer = await person.Client.PostAsync(
            "/api/identity/me/providers", new LinkProvider(code, browser.Verifier, password));
        return answer.IsSuccessStatusCode ? "" : await answer.CodeAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Node.Dispose();
        await process.DisposeAsync();
        await Own.DisposeAsync();
        await base.DisposeAsync();
        File.Delete(secret);
    }
}
