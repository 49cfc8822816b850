using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HomeSchool.Testing;

namespace HomeSchool.Messages.Tests;

/// <summary>A letter as the server got it.</summary>
/// <param name="To">The recipient.</param>
/// <param name="Raw">Headers and body.</param>
public sealed record Mail(string To, string Raw)
{
    /// <summary>Its Message-ID.</summary>
    public string Id => Raw.Split("\r\n").First(line => line.StartsWith("Message-Id:", StringComparison.OrdinalIgnoreCase))
        .Split('<')[1].TrimEnd('>');
}

/// <summary>An SMTP server that others wrote: npm's smtp-server, as a process. What it does is said by the recipient.</summary>
public sealed class SmtpPeer : IDisposable
{
    private readonly Process process;

    private SmtpPeer(Process process, int port) => (this.process, Port) = (process, port);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>What it accepted.</summary>
    public ConcurrentQueue<Mail> Mails { get; } = [];

    /// <summary>Starts it.</summary>
    /// <returns><see langword="null"/> when it is not installed: <c>npm ci --prefix tests/Messages.Tests/smtp</c>.</returns>
    public static async Task<SmtpPeer?> StartAsync(bool withTls = false)
    {
        var program = Path.Combine(WholeSystem.Root(), "tests", "Messages.Tests", "smtp");
        if (!Directory.Exists(Path.Combine(program, "node_modules", "smtp-server")))
            return null;
        var free = ServiceProcess.FreePort();
        var start = new ProcessStartInfo("node", ["server.js"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = program,
            Environment =
            {
                ["PORT"] = free.ToString(CultureInfo.InvariantCulture),
                ["TLS"] = withTls ? "yes" : "no",
            },
        };
        var started = Process.Start(start)!;
        started.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        started.BeginErrorReadLine();
        var said = await started.StandardOutput.ReadLineAsync();
        if (said != "ready")
            throw new InvalidOperationException($"The SMTP server did not start: {said}");
        var peer = new SmtpPeer(started, free);
        _ = peer.ReadAsync(started.StandardOutput); // ends with the process
        return peer;
    }

    private async Task ReadAsync(StreamReader said)
    {
        while (await said.ReadLineAsync() is { } json)
            Mails.Enqueue(JsonSerializer.Deserialize<Mail>(json, JsonSerializerOptions.Web)!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
