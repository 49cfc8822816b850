using System.Diagnostics;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Planning;

namespace HomeSchool.Visits.Tests;

/// <summary>npm's ical.js, the second implementation of iCalendar: what it understands, and what it answers.</summary>
internal static class CalendarObjects
{
    private static readonly string Folder = Path.Combine(WholeSystem.Root(), "tests", "Visits.Tests", "ical");

    /// <summary>What it reads.</summary>
    public static async Task<ReadCalendar> ReadAsync(string calendar) =>
        JsonSerializer.Deserialize<ReadCalendar>(await RunAsync(calendar, "read"), Json.Options)!;

    /// <summary>What it answers to an invitation.</summary>
    public static Task<string> AnswerAsync(string invitation, params string[] answer) => RunAsync(invitation, answer);

    /// <summary>When it finds somebody busy, in order.</summary>
    public static async Task<BusySpan[]> BusyAsync(string calendar, BusySpan window) => JsonSerializer.Deserialize<BusySpan[]>(
        await RunAsync(calendar, "busy", window.From.ToString("O"), window.Until.ToString("O")), Json.Options)!;

    private static async Task<string> RunAsync(string calendar, params string[] arguments)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "ical.js")))
            Assert.Skip("npm ci --prefix tests/Visits.Tests/ical installs the second implementation");
        var start = new ProcessStartInfo("node", ["calendar.mjs", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Folder,
            Environment = { ["TZ"] = "Asia/Shanghai" }, // where times without a zone are
        };
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(calendar);
        node.StandardInput.Close();
        var said = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        node.ExitCode.ShouldBe(0, calendar);
        return said;
    }
}

/// <summary>A calendar object as it was understood.</summary>
internal sealed record ReadCalendar(string Method, IReadOnlyList<ReadEvent> Events);

/// <summary>An event as it was understood.</summary>
internal sealed record ReadEvent(string Uid, int Sequence, DateTimeOffset Start, DateTimeOffset End, string Status, string Summary);
