using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.ServiceDefaults.Files;

/// <summary>Asks a ClamAV daemon about a file, by its command INSTREAM.</summary>
internal static class VirusScan
{
    private const int Piece = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Scans a file.</summary>
    /// <returns>Why it is not taken; <see langword="null"/> when nothing was found.</returns>
    public static async Task<Failure?> ScanAsync(string scanner, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            var answer = await AskAsync(scanner, data, patience.Token);
            return answer.EndsWith(": OK", StringComparison.Ordinal) ? null
                : answer.EndsWith(" FOUND", StringComparison.Ordinal) ? FileFailures.Infected
                : FileFailures.ScannerAway;
        }
        catch (Exception e) when (e is SocketException or IOException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return FileFailures.ScannerAway;
        }
    }

    private static async Task<string> AskAsync(string scanner, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        using var socket = await ConnectAsync(scanner, cancel);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("zINSTREAM\0"u8.ToArray(), cancel);
        var length = new byte[4];
        for (var at = 0; at < data.Length; at += Piece)
        {
            var count = Math.Min(Piece, data.Length - at);
            BinaryPrimitives.WriteInt32BigEndian(length, count);
            await stream.WriteAsync(length, cancel);
            await stream.WriteAsync(data.Slice(at, count), cancel);
        }

        await stream.WriteAsync(new byte[4], cancel); // no more
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, cancel);
        return Encoding.ASCII.GetString(answer.ToArray()).TrimEnd('\0', '\n');
    }

    private static async Task<Socket> ConnectAsync(string scanner, CancellationToken cancel)
    {
        var local = scanner.StartsWith('/');
        var socket = local
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var colon = scanner.LastIndexOf(':');
            if (local)
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(scanner), cancel);
            else
                await socket.ConnectAsync(scanner[..colon], int.Parse(scanner[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
