using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Security;

/// <summary>What an endpoint asks of its caller, as metadata of the endpoint.</summary>
/// <param name="Permission">The permission; <see langword="null"/> when anybody may call it.</param>
/// <param name="OpenBecause">Why anybody may call it.</param>
public sealed record AccessRule(Permission? Permission, string? OpenBecause);

/// <summary>How an endpoint states who may call it. One that says nothing keeps the service from starting.</summary>
public static class EndpointAccess
{
    /// <summary>A read: needs the permission, changes nothing.</summary>
    public static TBuilder Query<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(permission, null));

    /// <summary>
    /// Shows something sensitive: beside its permission, it is refused while this process cannot know what was revoked
    /// (<see cref="Revocations.IsStale"/>).
    /// </summary>
    public static TBuilder Sensitive<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(SensitiveMarker.Instance);

    /// <summary>
    /// A change: needs the permission, and runs in one transaction with its events and its audit row. What it answers decides:
    /// 2xx commits, anything else leaves no trace. Honours <c>Idempotency-Key</c>.
    /// </summary>
    public static RouteHandlerBuilder Command(this RouteHandlerBuilder endpoint, Permission permission) =>
        endpoint.WithMetadata(new AccessRule(permission, null), CommandMarker.Instance)
            .AddEndpointFilter(CommandFilter.InvokeAsync);

    /// <summary>A piece of work that is no single transaction (an upload, a replay): it keeps its own, and its own audit.</summary>
    public static TBuilder Operation<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(permission, null));

    /// <summary>Works on what is restricted, too (ARC-10): a roster that must not be compared with a part of what there is, or a read for
    /// what it is kept for.</summary>
    public static TBuilder SeesRestricted<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(RestrictedMarker.Instance);

    /// <summary>A read that anybody may make, with the reason why.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder endpoint, string because)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(null, because));

    /// <summary>A change that anybody may make (who holds a link, or is about to sign in), with the reason why.</summary>
    public static RouteHandlerBuilder OpenCommand(this RouteHandlerBuilder endpoint, string because) =>
        endpoint.WithMetadata(new AccessRule(null, because), CommandMarker.Instance)
            .AddEndpointFilter(CommandFilter.InvokeAsync);

    /// <summary>
    /// A change that anybody may make, of which the service commits many in one transaction: it sees itself to what
    /// <see cref="OpenCommand"/> does for a single one, the audit row and the <c>Idempotency-Key</c>.
    /// </summary>
    public static TBuilder OpenGroupedCommand<TBuilder>(this TBuilder endpoint, string because)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AccessRule(null, because), CommandMarker.Instance);

    /// <summary>
    /// The doorkeeper: decides before the request's body is read, so that who may not call learns nothing from how it fails.
    /// </summary>
    internal static void UseAccessRules(this WebApplication app) => app.Use(async (context, next) =>
    {
        // No endpoint: 404. Not a route: the framework's own answers 405 and 415.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            await next(context);
            return;
        }

        var rule = endpoint.Metadata.GetMetadata<AccessRule>();
        var caller = Caller.Of(context.User);
        var revocations = context.RequestServices.GetRequiredService<Revocations>();
        var refusal = rule is null ? Failures.Forbidden : Refusal(rule, caller, revocations);
        if (refusal is null && revocations.IsStale && endpoint.Metadata.GetMetadata<SensitiveMarker>() is not null)
            refusal = Failures.RightsUnknown;
        if (refusal is not null)
        {
            await new Problem(refusal).ExecuteAsync(context);
            return;
        }

        context.RequestServices.GetRequiredService<CurrentCaller>().Caller = caller;
        if (rule!.Permission is { } permission)
        {
            context.RequestServices.GetRequiredService<CurrentTenancy>().Scope = caller.ScopeOf(permission) with
            {
                SeesRestricted = endpoint.Metadata.GetMetadata<RestrictedMarker>() is not null,
            };
        }

        await next(context);
    });

    /// <summary>Fails when an endpoint does not say who may call it.</summary>
    /// <exception cref="InvalidOperationException">Names the endpoints.</exception>
    internal static void RequireAccessRules(this IEndpointRouteBuilder routes)
    {
        var silent = routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<AccessRule>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText)
            .ToArray();
        if (silent.Length > 0)
            throw new InvalidOperationException($"These endpoints do not say who may call them: {string.Join(", ", silent)}");
    }

    private static Failure? Refusal(AccessRule rule, Caller caller, Revocations revocations) =>
        // Also where anybody may ask: there the handler may look at who it is.
        revocations.Cover(caller) ? Failures.Revoked
        : rule.Permission is not { } permission ? null
        : caller is { AccountId: null, ClientId: null } ? Failures.SignInNeeded
        : caller.With(permission).Any() ? null
        : Failures.Forbidden;
}

/// <summary>The caller of the current request, for handlers.</summary>
public sealed class CurrentCaller
{
    /// <summary>Who asks; a handler that trusts a link names its holder here.</summary>
    public Caller Caller { get; set; } = Caller.Anonymous;
}

internal sealed class SensitiveMarker
{
    public static readonly SensitiveMarker Instance = new();
}

internal sealed class RestrictedMarker
{
    public static readonly RestrictedMarker Instance = new();
}

internal sealed class CommandMarker
{
    public static readonly CommandMarker Instance = new();
}
