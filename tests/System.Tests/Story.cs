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
            using var story = Process.Start(new ProcessStartInfo(
                "dotnet",
                [
                    WholeSystem.Built("deploy/DemoDistrict", "DemoDistrict"), "story",
                    "--url", system.Gateway.BaseAddress!.ToString(), "--admin-link", link, "--admin-file", credentials, .. more,
                ])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var told = story.StandardOutput.ReadToEndAsync();
            var failed = story.StandardError.ReadToEndAsync();
            await story.WaitForExitAsync();
            story.ExitCode.ShouldBe(0, await told + await failed);
            return JsonSerializer.Deserialize<Credentials>(await File.ReadAllTextAsync(credentials), Json)!;
        }
        finally
        {
            File.Delete(credentials);
        }
    }
}

/// <summary>With which somebody signs in.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="Password">The password.</param>
internal sealed record Credentials(string UserName, string Password);
