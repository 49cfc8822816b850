using System.Diagnostics;
using System.Globalization;

namespace HomeSchool.Testing;

/// <summary>An S3-compatible store that others wrote: npm's s3rver, as a process, with a bucket.</summary>
public sealed class S3Server : IDisposable
{
    private readonly Process process;
    private readonly int port;

    private S3Server(Process process, int port, string folder) => (this.process, this.port, Folder) = (process, port, folder);

    /// <summary>Where it keeps what it got.</summary>
    public string Folder { get; }

    /// <summary>What a service is told of it.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["Files__S3__Endpoint"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
        ["Files__S3__Bucket"] = "homeschool",
        ["Files__S3__AccessKey"] = "S3RVER",
        ["Files__S3__SecretKey"] = "S3RVER", // the one that it knows
    };

    /// <summary>Starts it.</summary>
    /// <returns><see langword="null"/> when it is not installed: <c>npm ci --prefix tests/Testing/s3</c>.</returns>
    public static async Task<S3Server?> StartAsync()
    {
        var program = Path.Combine(WholeSystem.Root(), "tests", "Testing", "s3");
        if (!Directory.Exists(Path.Combine(program, "node_modules", "s3rver")))
            return null;
        var free = ServiceProcess.FreePort();
        var folder = Directory.CreateTempSubdirectory("homeschool-s3-").FullName;
        var start = new ProcessStartInfo("node", ["store.js"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = program,
            Environment =
            {
                ["PORT"] = free.ToString(CultureInfo.InvariantCulture),
                ["BUCKET"] = "homeschool",
                ["FOLDER"] = folder,
            },
        };
        var started = Process.Start(start)!;
        started.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        started.BeginErrorReadLine();
        var said = await started.StandardOutput.ReadLineAsync();
        return said == "ready"
            ? new S3Server(started, free, folder)
            : throw new InvalidOperationException($"The store did not start: {said}");
    }

    /// <summary>It goes away; what it holds stays.</summary>
    public void Stop()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop(); // a second time changes nothing
        process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
