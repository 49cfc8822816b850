using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>What every service has in common, so that its own <c>Program.cs</c> is a table of contents.</summary>
public static class ServiceHost
{
    /// <summary>Adds everything that <see cref="UseServiceDefaults"/> and <see cref="RunServiceAsync"/> need.</summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="name">The service's name, lower case, e.g. <c>visits</c>: its database is <c>visits-db</c>, its runtime role
    /// <c>visits_app</c>, its routes begin with <c>/api/visits</c>.</param>
    /// <typeparam name="TDb">The service's database.</typeparam>
    public static void AddServiceDefaults<TDb>(this WebApplicationBuilder builder, string name)
        where TDb : ServiceDb
    {
        var services = builder.Services;
        builder.AddWebDefaults(name);

        var database = ServiceDatabase.For(name, builder.Configuration);
        services.AddSingleton(database);
        services.AddSingleton(_ => database.Open());
        services.AddScoped<CurrentTenancy>();
        services.AddScoped<TenancyInterceptor>();
        services.AddDbContext<TDb>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>())
            .AddInterceptors(provider.GetRequiredService<TenancyInterceptor>()));
        services.AddScoped<ServiceDb>(provider => provider.GetRequiredService<TDb>());

        services.AddSingleton<OpenForOwner>(provider => owner => ActivatorUtilities.CreateInstance<TDb>(
            provider, new DbContextOptionsBuilder<TDb>().UseNpgsql(owner).Options));

        services.AddSingleton<RevocationsOverHttp>();
        services.TryAddSingleton<ReadRevocations>(provider => provider.GetRequiredService<RevocationsOverHttp>().ReadAsync);
        services.AddSingleton<Revocations>();
        services.AddHostedService(provider => provider.GetRequiredService<Revocations>());

        services.AddScoped<AuditTrail>();
        services.AddSingleton(_ => new AuditKey(MasterKey.From(builder.Configuration).Derive("audit/" + name)));
        services.AddSingleton(_ => new SealKey(MasterKey.From(builder.Configuration), name));
        services.AddSingleton<AnchorFiles>();
        services.AddSingleton<AuditVerification>();
        services.AddHostedService<AuditSealer>();
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database", tags: [DatabaseHealth.Tag]);
        builder.AddMessaging();
    }

    /// <summary>The part that a service without a database (the gateway) needs too.</summary>
    public static void AddWebDefaults(this WebApplicationBuilder builder, string name)
    {
        var services = builder.Services;
        services.AddSingleton(new ServiceName(name));
        services.AddSingleton(TimeProvider.System);
        services.Configure<JsonOptions>(options => Json.Configure(options.SerializerOptions));
        services.AddScoped<CurrentCaller>();
        services.AddHealthChecks();
        services.AddExceptionHandler<ExceptionAnswers>();
        services.AddOpenApi(name, DescribeAccess.Add);
        builder.AddTokenCheck();
        builder.AddTelemetry(name);
        services.Configure<KestrelServerOptions>(kestrel => kestrel.AddServerHeader = false);
    }

    /// <summary>The pipeline in front of the service's own routes.</summary>
    public static void UseServiceDefaults(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(ExceptionAnswers.WriteStatusAsync);
        app.Use(async (context, next) =>
        {
            context.Response.Headers["X-Correlation-Id"] = Correlation.Of(context);
            await next(context);
        });
        app.UseAuthentication();
        app.UseAccessRules();
        IdempotencyKey.UseIdempotencyKeys(app);
        app.MapHealthChecks("/alive", new() { Predicate = _ => false }).Open("says only that the process lives");
        app.MapHealthChecks("/health", new() { Predicate = check => check.Tags.Contains(DatabaseHealth.Tag) })
            .Open("says only whether the service can work");
        app.MapOpenApi("/openapi/{documentName}.json").Open("the API's description is public");
    }

    /// <summary>
    /// Serves; or, when the arguments name a step (<c>migrate</c>, <c>verify-audit</c>, or one of <see cref="KeySteps"/> or
    /// <see cref="LeavingSteps"/>), does that, and ends.
    /// </summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunServiceAsync(this WebApplication app, string[] args)
    {
        if (args is ["migrate"])
        {
            await Migration.RunAsync(app.Services);
            return 0;
        }

        if (args is ["verify-audit", .. var arguments])
            return await AuditOperations.RunAsync(app.Services, arguments);

        if (await LeavingSteps.RunAsync(app.Services, args, CancellationToken.None) is { } code)
            return code;

        if (await KeySteps.RunAsync(app.Services, args, CancellationToken.None) is { } done)
        {
            await Console.Out.WriteLineAsync(done);
            return 0;
        }

        app.MapMessagingOperations();
        app.MapAuditOperations();
        app.RequireAccessRules();
        await app.RunAsync();
        return 0;
    }

    private static void AddMessaging(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<RelaySignal>();
        services.AddSingleton<Transport>();
        services.AddHostedService<Relay>();
        services.AddHostedService<Housekeeping>();
        services.AddSingleton<EventPumps>();
        services.AddHostedService(provider => provider.GetRequiredService<EventPumps>());
        services.AddMassTransit(bus => bus.UsingRabbitMq((_, rabbit) =>
        {
            rabbit.Host(Transport.AddressIn(builder.Configuration));
            Transport.Configure(rabbit);
        }));
        // Commands must work while the broker is away, so neither start nor readiness waits for it.
        services.Configure<MassTransitHostOptions>(options => options.WaitUntilStarted = false);
        // Added behind the pumps, it ends before them: what was delivered has its effect.
        services.AddSingleton<Receiving>();
        services.AddHostedService(provider => provider.GetRequiredService<Receiving>());
    }
}

/// <summary>The service's name, lower case; also the first part of its routes and of its queues' names.</summary>
/// <param name="Value">E.g. <c>visits</c>.</param>
public sealed record ServiceName(string Value);
