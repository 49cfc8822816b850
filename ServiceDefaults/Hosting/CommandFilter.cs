using System.Security.Cryptography;
using System.Text;
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

            var apart = services.GetRequiredService<AuditTrail>().IsApart;
            if (!apart)
                Audit(db, http);
            if (key is not null && !apart)
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
            { ConstraintName: "restricted_student" } => Failures.Restricted,
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

    /// <summary>The header of an answer that was given before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const string HashItem = "homeschool.request-hash";

    /// <summary>The caller's name (see <see cref="Caller"/>).</summary>
    public string Client { get; private init; } = "";

    /// <summary>Method and path, the path under a key of this service: it may be a link that opens what it is about.</summary>
    public string Route { get; private init; } = "";

    /// <summary>As the client chose it.</summary>
    public string Key { get; private init; } = "";

    /// <summary>Tells the body from others, under the same key: the same key with another body is a mistake.</summary>
    public byte[] RequestHash { get; private init; } = [];

    /// <summary>The status that was answered.</summary>
    public short Status { get; private set; }

    /// <summary>The resource that was made.</summary>
    public Guid? ResourceId { get; private set; }

    /// <summary>When; forgotten after 24 hours.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>The key that a command came with, if it did.</summary>
    public static IdempotencyKey? Of(HttpContext http)
    {
        if (http.Items[HashItem] is not byte[] hash)
            return null;
        var secret = http.RequestServices.GetRequiredService<AuditKey>();
        return new IdempotencyKey
        {
            Client = http.RequestServices.GetRequiredService<CurrentCaller>().Caller.Name,
            Route = $"{http.Request.Method} {Convert.ToHexString(secret.MacOf(Encoding.UTF8.GetBytes(http.Request.Path)))}",
            Key = http.Request.Headers[Header].ToString(),
            RequestHash = secret.MacOf(hash),
        };
    }

    internal async Task<IResult?> FindAsync(ServiceDb db, CancellationToken cancel)
    {
        var earlier = await db.Set<IdempotencyKey>().AsNoTracking()
            .SingleOrDefaultAsync(row => row.Client == Client && row.Route == Route && row.Key == Key, cancel);
        return earlier is null ? null
            : earlier.IsSame(this) ? new Replayed(earlier)
            : new Problem(Failures.KeyReused);
    }

    internal IdempotencyKey Answered(int status, HttpContext http, DateTimeOffset now) =>
        Answered(status, http.RequestServices.GetRequiredService<AuditTrail>().Subject, now);

    /// <summary>Notes what was answered.</summary>
    public IdempotencyKey Answered(int status, Guid? resource, DateTimeOffset now)
    {
        (Status, ResourceId, CreatedAt) = ((short)status, resource, now);
        return this;
    }

    /// <summary>Whether a request with the same key is the same one: it has the same body.</summary>
    public bool IsSame(IdempotencyKey request) => RequestHash.AsSpan().SequenceEqual(request.RequestHash);

    /// <summary>What was answered to commands with these keys before, for those that are committed in a group.</summary>
    public static async Task<List<IdempotencyKey>> FindAsync(
        NpgsqlConnection connection, IReadOnlyCollection<IdempotencyKey> keys, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(
            """
            SELECT client, route, key, i.request_hash, i.status, i.resource_id, i.created_at
            FROM platform.idempotency i JOIN unnest($1, $2, $3) AS k (client, route, key) USING (client, route, key)
            """, connection);
        find.Give(keys.Select(key => key.Client).ToArray());
        find.Give(keys.Select(key => key.Route).ToArray());
        find.Give(keys.Select(key => key.Key).ToArray());
        var found = new List<IdempotencyKey>();
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new IdempotencyKey
            {
                Client = reader.GetString(0),
                Route = reader.GetString(1),
                Key = reader.GetString(2),
                RequestHash = reader.GetFieldValue<byte[]>(3),
                Status = reader.GetInt16(4),
                ResourceId = reader.IsDBNull(5) ? null : reader.GetGuid(5),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(6),
            });
        }

        return found;
    }

    /// <summary>Keeps the keys of a group, in its transaction.</summary>
    public static async Task InsertAsync(
        NpgsqlConnection connection, IReadOnlyCollection<IdempotencyKey> keys, CancellationToken cancel)
    {
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO platform.idempotency (client, route, key, request_hash, status, resource_id, created_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            """, connection);
        insert.Give(keys.Select(key => key.Client).ToArray());
        insert.Give(keys.Select(key => key.Route).ToArray());
        insert.Give(keys.Select(key => key.Key).ToArray());
        insert.Give(keys.Select(key => key.RequestHash).ToArray());
        insert.Give(keys.Select(key => key.Status).ToArray());
        insert.Give(keys.Select(key => key.ResourceId).ToArray());
        insert.Give(keys.Select(key => key.CreatedAt).ToArray());
        await insert.ExecuteNonQueryAsync(cancel);
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
            httpContext.Response.Headers[ReplayedHeader] = "true";
            return earlier.ResourceId is not { } id || earlier.Status == StatusCodes.Status204NoContent
                ? Task.CompletedTask
                : httpContext.Response.WriteAsJsonAsync(new { id }, Json.Options, httpContext.RequestAborted);
        }
    }
}

/// <summary>Marks an endpoint whose parameter receives the body and calls <see cref="IdempotencyKey.Received"/>: a file is large, and must
/// not be buffered on a disk in clear.</summary>
internal sealed class DigestsOwnBody;
