using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.Testing;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>What a ClamAV daemon is asked, and what its answers mean.</summary>
public sealed class VirusScanTests
{
    private static readonly byte[] File = [.. Enumerable.Range(0, 200_000).Select(i => (byte)i)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stream: OK\0", null)]
    [InlineData("stream: Eicar-Signature FOUND\0", "files.infected")]
    [InlineData("INSTREAM size limit exceeded. ERROR\0", "files.scanner-away")]
    [InlineData("", "files.scanner-away")]
    public async Task The_whole_file_is_sent_and_only_a_clean_answer_lets_it_pass(string answer, string? code)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var received = ServeAsync(listener, answer);
        ((await VirusScan.ScanAsync(listener.LocalEndpoint.ToString()!, File, Cancel))?.Code).ShouldBe(code);
        (await received).ShouldBe(File);
    }

    [Fact]
    public async Task Without_its_daemon_nothing_passes() =>
        (await VirusScan.ScanAsync($"127.0.0.1:{ServiceProcess.FreePort()}", File, Cancel)).ShouldBe(FileFailures.ScannerAway);

    private static async Task<byte[]> ServeAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(Cancel);
        await using var stream = client.GetStream();
        var command = new byte["zINSTREAM\0".Length];
        await stream.ReadExactlyAsync(command, Cancel);
        Encoding.ASCII.GetString(command).ShouldBe("zINSTREAM\0");
        using var file = new MemoryStream();
        var length = new byte[4];
        while (true)
        {
            await stream.ReadExactlyAsync(length, Cancel);
            var piece = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            if (piece.Length == 0)
                break;
            await stream.ReadExactlyAsync(piece, Cancel);
            file.Write(piece);
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Cancel);
        return file.ToArray();
    }
}
