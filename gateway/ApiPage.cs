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
    public static void UseApiPage(this WebApplication app) =>
        // Swagger UI matches every path it sees with regular expressions: it sees its own only.
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase), branch =>
        {
            branch.Use((context, next) =>
            {
                context.Response.Headers.ContentSecurityPolicy = Policy;
                return next(context);
            });
            branch.UseSwaggerUI(page =>
            {
                page.RoutePrefix = Path[1..];
                page.DocumentTitle = "HomeSchool API";
                foreach (var service in Routes.Services)
                    page.SwaggerEndpoint($"/openapi/{service.Name}.json", service.Title);
            });
        });
}
