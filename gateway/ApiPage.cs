namespace HomeSchool.Gateway;

/// <summary>One page for the descriptions of all services: Swagger UI, its files from this process.</summary>
internal static class ApiPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/docs";

    // Swagger UI styles its elements by script.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Serves the page.</summary>
    public static void UseApiPage(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase), page => page.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            return next(context);
        }));
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = Path[1..];
            page.DocumentTitle = "HomeSchool API";
            foreach (var service in Routes.Services)
                page.SwaggerEndpoint($"/openapi/{service.Name}.json", service.Title);
        });
    }
}
