using System.Diagnostics;
using System.Globalization;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>
/// Encodes a photo anew from its pixels (ACT-5): upright, in sRGB, and without place, time, camera and whatever else stood in or behind
/// it. libvips reads it in a process of its own with limits of time and memory, which can write no file and is told nothing of ours.
/// </summary>
internal static class PhotoCheck
{
    // Of Debian's util-linux, which is always there.
    private const string Limits = "/usr/bin/prlimit";

    public static async Task<(Spool? Photo, Failure? Failed)> EncodeAnewAsync(
        ReadOnlyMemory<byte> photo, FileType type, FileSettings settings, CancellationToken cancel)
    {
        if (!File.Exists(settings.PhotoProgram) || !File.Exists(Limits))
            return (null, FileFailures.PhotosUnavailable);
        using var program = Process.Start(Start(type, settings))!;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            // Its limit counts seconds of processor; it may also wait.
            patience.CancelAfter(TimeSpan.FromSeconds(2 * settings.PhotoSeconds));
            var errors = program.StandardError.BaseStream.CopyToAsync(Stream.Null, patience.Token);
            var written = Spool.ReceiveAsync(program.StandardOutput.BaseStream, patience.Token);
            await GiveAsync(photo, program.StandardInput.BaseStream, patience.Token);
            var result = await written;
            await errors;
            await program.WaitForExitAsync(patience.Token);
            if (program.ExitCode == 0 && result.Length > 0)
                return (result, null);
            await result.DisposeAsync();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // It took too long.
        }
        finally
        {
            if (!program.HasExited)
                program.Kill(entireProcessTree: true);
        }

        return (null, FileFailures.PhotoUnreadable);
    }

    private static ProcessStartInfo Start(FileType type, FileSettings settings)
    {
        var quality = type == FileType.Png ? "" : ",Q=85";
        var start = new ProcessStartInfo(Limits)
        {
            ArgumentList =
            {
                Argument("--as", settings.PhotoMemory), Argument("--cpu", settings.PhotoSeconds), "--fsize=0", "--core=0",
                settings.PhotoProgram, "stdin", "--size", string.Create(CultureInfo.InvariantCulture, $"{settings.PhotoEdge}x{settings.PhotoEdge}>"),
                "--export-profile", "srgb", "--output", $"{type.Extension()}[strip{quality}]",
            },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // Our own environment has keys and passwords.
        start.Environment.Clear();
        start.Environment["VIPS_BLOCK_UNTRUSTED"] = "1"; // only the loaders that are fuzzed: no SVG, no PDF
        start.Environment["VIPS_CONCURRENCY"] = "1";
        start.Environment["VIPS_DISC_THRESHOLD"] = "1000g"; // pixels stay in memory
        start.Environment["VIPS_NOVECTOR"] = "1"; // which would write a file to make its code in
        return start;
    }

    private static string Argument(string name, long value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");

    // It may end before it has read everything.
    private static async Task GiveAsync(ReadOnlyMemory<byte> photo, Stream to, CancellationToken cancel)
    {
        try
        {
            await using (to)
                await to.WriteAsync(photo, cancel);
        }
        catch (IOException)
        {
            // Its exit code says it.
        }
    }
}
