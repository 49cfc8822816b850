using System.Diagnostics;
using HomeSchool.Gateway;
using HomeSchool.ServiceDefaults.Hosting;

var builder = WebApplication.CreateBuilder(args);
var settings = GatewaySettings.From(builder.Configuration);
if (PlainHttp.Refusal(builder.Configuration, settings) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return 1;
}

builder.AddWebDefaults("gateway");
builder.Services.AddSingleton<DistributedContextPropagator, NewTrace>();
builder.AddKnownTokens();
builder.AddRateLimits(settings);
builder.AddForwarding(settings);

var app = builder.Build();
app.UseExceptionHandler(_ => { });
app.UseSecurityHeaders();
app.UseTrustedHeaders(settings);
app.UseKnownTokens();
app.UseRateLimiter();
app.UseTokenCheck();
app.UseApiPage();

app.MapHealth();
app.MapServices(settings);
app.MapGet("/", () => TypedResults.Redirect(ApiPage.Path));
app.Map("/{**path}", () => new Problem(Failures.NotFound));
await app.RunAsync();
return 0;
