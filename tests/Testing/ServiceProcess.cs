using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HomeSchool.Testing;

/// <summary>A service as a process of its own, as it runs in a district: it can be killed.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly string assembly;
    private readonly IReadOnlyDictionary<string, string> environment;
    private readonly StringBuilder output = new();
    private Process? process;

    /// <summary>Prepares a service on a port; <see cref="StartAsync(CancellationToken)"/> or <see cref="Launch()"/> starts it.</summary>
    public ServiceProcess(string assembly, IReadOnlyDictionary<string, string> environment, int port)
    {
        this.assembly = assembly;
        this.environment = environment;
        Client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
    }

    /// <summary>Speaks to the service.</summary>
    public HttpClient Client { get; }

    /// <summary>The process's id, while it runs.</summary>
    public int Id => process!.Id;

    /// <summary>Whether it has ended, by whatever cause.</summary>
    public bool HasExited => process!.HasExited;

    /// <summary>What it wrote to its console.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts a service and waits until it is healthy.</summary>
    /// <param name="assembly">The service's dll.</param>
    /// <param name="environment">Its configuration.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<ServiceProcess> StartAsync(
        string assembly, IReadOnlyDictionary<string, string> environment, CancellationToken cancel = default)
    {
        var service = new ServiceProcess(assembly, environment, FreePort());
        await service.StartAsync(cancel);
        return service;
    }

    /// <summary>Runs a step such as <c>migrate</c>, or <c>verify-audit --anchors FOLDER</c>, to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It did not end with 0; the message has what it printed.</exception>
    public static async Task<string> RunAsync(
        string assembly, string step, IReadOnlyDictionary<string, string> environment, CancellationToken cancel = default)
    {
        using var running = Launch(assembly, step, environment);
        var written = running.StandardOutput.ReadToEndAsync(cancel);
        var errors = running.StandardError.ReadToEndAsync(cancel);
        await running.WaitForExitAsync(cancel);
        if (running.ExitCode != 0)
            throw new InvalidOperationException($"{Path.GetFileName(assembly)} {step}: {await written}{await errors}");
        return await written;
    }

    /// <summary>Starts it (again) on its port and waits until it is healthy.</summary>
    public async Task StartAsync(CancellationToken cancel = default)
    {
        Launch();
        await WaitUntilHealthyAsync(cancel);
    }

    /// <summary>Starts it without waiting.</summary>
    public void Launch()
    {
        process = Launch(assembly, "", new Dictionary<string, string>(environment, StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = Client.BaseAddress!.GetLeftPart(UriPartial.Authority),
        });
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits until it answers that it is healthy.</summary>
    public async Task WaitUntilHealthyAsync(CancellationToken cancel = default)
    {
        var healthy = await Eventually.GetAsync(
            async () =>
            {
                try
                {
                    using var answer = await Client.GetAsync(new Uri("/health", UriKind.Relative), cancel);
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            healthy => healthy || HasExited,
            seconds: 60);
        if (!healthy)
            throw new InvalidOperationException($"{Path.GetFileName(assembly)} did not become healthy: {Output}");
    }

    /// <summary>SIGKILL: no chance to finish anything.</summary>
    public async Task KillAsync()
    {
        process!.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await KillAsync();
        process?.Dispose();
        Client.Dispose();
    }

    private static Process Launch(string assembly, string? step, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. step?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? []])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(assembly),
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>A port on which nobody listens now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }
}
