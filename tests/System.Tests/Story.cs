using System.Diagnostics;
using System.Text.Json;
using HomeSchool.Testing;
using static System.FormattableString;

namespace HomeSchool.SystemTests;

/// <summary>The demonstration of <c>deploy/demo</c>, told to a system: a district with visits and surveys, over HTTP.</summary>
internal static class Story
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Tells it, on a system without a district.</summary>
    /// <returns>The administrator that it made.</returns>
    public static async Task<Credentials> TellAsync(WholeSystem system, params string[] more)
    {
        var printed = await system.RunAsync("Identity", "first-admin");
        var link = printed.Split('\n').First(line => line.StartsWith("http", StringComparison.Ordinal)).Trim();
        var credentials = Path.Combine(
            Path.GetTempPath(), Invariant($"homeschool-demo-{Environment.ProcessId}-{Guid.CreateVersion7():N}"));
        try
        {
            await RunAsync(system, [], ["--admin-link", link, "--admin-file", credentials, .. more]);
            return JsonSerializer.Deserialize<Credentials>(await File.ReadAllTextAsync(credentials), Json)!;
        }
        finally
        {
            File.Delete(credentials);
        }
    }

    /// <summary>Tells it once more, with the administrator of the first time.</summary>
    /// <returns>What was told.</returns>
    public static Task<string> TellAgainAsync(WholeSystem system, Credentials admin, params string[] more) => RunAsync(
        system, new(StringComparer.Ordinal) { ["HOMESCHOOL_ADMIN_PASSWORD"] = admin.Password },
        ["--admin", admin.UserName, "--replace", "yes", .. more]);

    private static async Task<string> RunAsync(
        WholeSystem system, Dictionary<string, string> environment, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                WholeSystem.Built("deploy/DemoDistrict", "DemoDistrict"), "story",
                "--url", system.Gateway.BaseAddress!.ToString(), .. arguments,
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var story = Process.Start(start)!;
        var told = story.StandardOutput.ReadToEndAsync();
        var failed = story.StandardError.ReadToEndAsync();
        await story.WaitForExitAsync();
        story.ExitCode.ShouldBe(0, await told + await failed);
        return await told;
    }
}

/// <summary>With which somebody signs in.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="Password">The password.</param>
internal sealed record Credentials(string UserName, string Password);
