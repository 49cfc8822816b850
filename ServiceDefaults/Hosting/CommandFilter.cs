using System.Security.Cryptography;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>
/// Runs a command as one transaction: the handler's changes, its events, its audit row and its idempotency key commit together,
/// and only when the answer is 2xx. A refused request changes nothing, by construction.
/// </summary>
internal static class CommandFilter
{
    public static async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        var cancel = http.RequestAborted;
        var services = http.RequestServices;
        var db = services.GetRequiredService<ServiceDb>();
        var key = IdempotencyKey.Of(http);
        db.Database.AutoSavepointsEnabled = false; // a command that fails goes back to its beginning

        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancel);
            if (key is not null && await key.FindAsync(db, cancel) is { } answered)
                return answered;

            var result = await next(invocation);
            var status = StatusOf(result);
            if (status is < 200 or >= 300)
                return result;

            Audit(db, http);
            if (key is not null)
                db.Add(key.Answered(status, http, services.GetRequiredService<TimeProvider>().GetUtcNow()));
            await db.SaveChangesAsync(cancel);
            await transaction.CommitAsync(cancel);
            if (db.HasPublished)
                services.GetRequiredService<RelaySignal>().Wake();
            return result;
        }
        catch (DbUpdateConcurrencyException)
        {
            return new Problem(Failures.ChangedMeanwhile);
        }
        catch (Exception e) when (Refusal(db, e) is { } refusal)
        {
            // Of two requests with one key at the same time, the slower one is refused by a row of the faster one: it answers alike.
            db.ChangeTracker.Clear();
            return key is not null && await key.FindAsync(db, cancel) is { } answered ? answered : new Problem(refusal);
        }
    }

    /// <summary>Adds the audit row of a request, to be saved with everything else.</summary>
    internal static void Audit(ServiceDb db, HttpContext http)
    {
        var services = http.RequestServices;
        var caller = services.GetRequiredService<CurrentCaller>().Caller;
        var trail = services.GetRequiredService<AuditTrail>();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var endpoint = http.GetEndpoint()!;
        db.Add(new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            Actor = caller.Name,
            Action = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? endpoint.DisplayName ?? "",
            Permission = endpoint.Metadata.GetMetadata<AccessRule>()?.Permission?.ToString() ?? "open",
            DistrictId = trail.District ?? caller.Grants.Select(grant => grant.DistrictId).FirstOrDefault(),
            SchoolId = trail.School,
            SubjectKind = trail.Kind,
            SubjectId = trail.Subject,
            Reason = trail.Reason,
            CorrelationId = Correlation.Of(http),
        }.Signed(services.GetRequiredService<AuditKey>()));
    }

    private static int StatusOf(object? result) => result switch
    {
        INestedHttpResult nested => StatusOf(nested.Result),
        IStatusCodeHttpResult { StatusCode: { } status } => status,
        _ => StatusCodes.Status200OK,
    };

    private static Failure? Refusal(ServiceDb db, Exception exception) =>
        (exception as PostgresException ?? exception.InnerException as PostgresException) switch
        {
            { ConstraintName: "idempotency_pkey" } => Failures.TryAgain,
            { ConstraintName: { } constraint } when db.Refusals.TryGetValue(constraint, out var failure) => failure,
            // The policies let nobody write a row that he could not see (ALL-1).
            { SqlState: PostgresErrorCodes.InsufficientPrivilege } => Failures.Forbidden,
            {
                SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
                or PostgresErrorCodes.LockNotAvailable
            } => Failures.TryAgain,
            _ => null,
        };
}

/// <summary>
/// One <c>Idempotency-Key</c> of one client at one route: what was answered, for 24 hours. The body is not kept; a repeated
/// request gets the status and the id of what was made.
/// </summary>
public sealed class IdempotencyKey
{
    /// <summary>The header.</summary>
    public const string Header = "Idempotency-Key";

    private const string HashItem = "homeschool.request-hash";

    /// <summary>The caller's name (see <see cref="Caller"/>).</summary>
    public string Client { get; private init; } = "";

    /// <summary>Method and path.</summary>
    public string Route { get; private init; } = "";

    /// <summary>As the client chose it.</summary>
    public string Key { get; private init; } = "";

    /// <summary>SHA-256 of the body: the same key with another body is a mistake.</summary>
    public byte[] RequestHash { get; private init; } = [];

    /// <summary>The status that was answered.</summary>
    public short Status { get; private set; }

    /// <summary>The resource that was made.</summary>
    public Guid? ResourceId { get; private set; }

    /// <summary>When; forgotten after 24 hours.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    internal static IdempotencyKey? Of(HttpContext http) =>
        http.Items[HashItem] is not byte[] hash ? null : new IdempotencyKey
        {
            Client = http.RequestServices.GetRequiredService<CurrentCaller>().Caller.Name,
            Route = $"{http.Request.Method} {http.Request.Path}",
            Key = http.Request.Headers[Header].ToString(),
            RequestHash = hash,
        };

    internal async Task<IResult?> FindAsync(ServiceDb db, CancellationToken cancel)
    {
        var earlier = await db.Set<IdempotencyKey>().AsNoTracking()
            .SingleOrDefaultAsync(row => row.Client == Client && row.Route == Route && row.Key == Key, cancel);
        return earlier is null ? null
            : earlier.RequestHash.AsSpan().SequenceEqual(RequestHash) ? new Replayed(earlier)
            : new Problem(Failures.KeyReused);
    }

    internal IdempotencyKey Answered(int status, HttpContext http, DateTimeOffset now)
    {
        Status = (short)status;
        ResourceId = http.RequestServices.GetRequiredService<AuditTrail>().Subject;
        CreatedAt = now;
        return this;
    }

    /// <summary>
    /// Hashes the body of a command with a key before anything reads it. It is at the front of the pipeline because filters run
    /// when the body is already bound.
    /// </summary>
    internal static void UseIdempotencyKeys(WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<CommandMarker>() is not null
            && context.Request.Headers.TryGetValue(Header, out var values))
        {
            var key = values.ToString();
            if (key.Length is 0 or > 200 || key.Any(c => c is <= ' ' or > '~'))
            {
                await new Problem(Failures.KeyInvalid).ExecuteAsync(context);
                return;
            }

            if (context.GetEndpoint()!.Metadata.GetMetadata<DigestsOwnBody>() is null)
            {
                context.Request.EnableBuffering();
                context.Items[HashItem] = await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted);
                context.Request.Body.Position = 0;
            }
        }

        await next(context);
    });

    /// <summary>Tells the digest of a body that was received by a <see cref="DigestsOwnBody"/>.</summary>
    internal static void Received(HttpContext http, byte[] digest)
    {
        if (http.Request.Headers.ContainsKey(Header))
            http.Items[HashItem] = digest;
    }

    private sealed class Replayed(IdempotencyKey earlier) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => earlier.Status;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = earlier.Status;
            httpContext.Response.Headers["Idempotency-Replayed"] = "true";
            return earlier.ResourceId is not { } id || earlier.Status == StatusCodes.Status204NoContent
                ? Task.CompletedTask
                : httpContext.Response.WriteAsJsonAsync(new { id }, Json.Options, httpContext.RequestAborted);
        }
    }
}

/// <summary>Marks an endpoint whose parameter receives the body and calls <see cref="IdempotencyKey.Received"/>: a file is large, and must
/// not be buffered on a disk in clear.</summary>
internal sealed class DigestsOwnBody;
