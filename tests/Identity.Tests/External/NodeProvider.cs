using System.Diagnostics;
using HomeSchool.Testing;

namespace HomeSchool.Identity.Tests.External;

/// <summary>A provider that others wrote: npm's oidc-provider, as a process.</summary>
internal sealed class NodeProvider : IDisposable
{
    /// <summary>Its client, which is us.</summary>
    public const string ClientId = "homeschool";

    /// <summary>The client's secret.</summary>
    public const string ClientSecret = "a test's secret: of no value to anybody";

    private Process? process;

    /// <summary>Where it listens.</summary>
    public string Issuer { get; } = $"http://127.0.0.1:{ServiceProcess.FreePort()}";

    /// <summary>Why it does not run; <see langword="null"/> when it does.</summary>
    public string? Missing { get; private set; }

    /// <summary>Starts it, if it is installed.</summary>
    public async Task StartAsync(string redirectUri, string logoutUri)
    {
        var folder = Folder();
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "oidc-provider")))
        {
            Missing = $"npm's oidc-provider is not installed: npm ci --prefix {folder}";
            return;
        }

        var start = new ProcessStartInfo("node", ["provider.js"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
            Environment =
            {
                ["ISSUER"] = Issuer,
                ["CLIENT_ID"] = ClientId,
                ["CLIENT_SECRET"] = ClientSecret,
                ["REDIRECT_URI"] = redirectUri,
                ["LOGOUT_URI"] = logoutUri,
            },
        };
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginErrorReadLine();
        string? said;
        do
            said = await process.StandardOutput.ReadLineAsync();
        while (said is not (null or "ready"));
        said.ShouldBe("ready");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (process is { HasExited: false })
            process.Kill();
        process?.Dispose();
    }

    // The tests run from their output folder, somewhere below the project.
    private static string Folder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "oidc", "provider.js")))
                return Path.Combine(folder, "oidc");
        }

        throw new InvalidOperationException("The tests do not run from a folder of their project.");
    }
}
