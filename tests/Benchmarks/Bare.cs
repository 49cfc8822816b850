namespace HomeSchool.Benchmarks;

/// <summary>The least that a web service can be: the ceiling for start-up and memory.</summary>
internal static class Bare
{
    public static async Task<int> ServeAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add(url);
        app.MapGet("/health", () => "ok");
        await app.RunAsync();
        return 0;
    }
}
