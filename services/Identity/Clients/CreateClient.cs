using HomeSchool.Contracts;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.Clients;

/// <summary>Making a machine client for one's own district or school.</summary>
internal static class CreateClientFeature
{
    private static readonly IReadOnlySet<Permission> Most = Access.Table.Of(Role.MachineClient);

    public static void MapCreateClient(this IEndpointRouteBuilder api) => api.MapPost("/clients", CreateAsync)
        .Command(Permission.ClientManage).WithName("CreateClient").WithTags("Machine clients")
        .WithSummary("创建机器客户端 / Create a machine client")
        .WithDescription(
            "For programs such as dashboards. Answers with its id and secret; the secret is shown this once, and not when an "
            + $"Idempotency-Key is repeated. Scopes are some of: {Scopes.Join(Most)}.");

    private static async Task<Results<Created<ClientSecret>, Problem>> CreateAsync(
        CreateClient request, IdentityDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (Mistakes(request, now) is { Count: > 0 } mistakes)
            return Problem.Of(mistakes);

        var grants = current.Caller.With(Permission.ClientManage).ToArray();
        Guid? district;
        if (request.SchoolId is { } asked)
        {
            // The day in UTC, as for invitations.
            var today = DateOnly.FromDateTime(now.UtcDateTime);
            var school = await db.Set<KnownSchool>().AsNoTracking().SingleOrDefaultAsync(
                s => s.SchoolId == asked && (s.WithdrawnOn == null || s.WithdrawnOn > today), cancel);
            district = grants
                .FirstOrDefault(g => g.DistrictId == school?.DistrictId && (g.SchoolId ?? asked) == asked)?.DistrictId;
            if (district is null)
                return (Problem)IdentityFailures.SchoolUnknown;
        }
        else
        {
            district = grants.FirstOrDefault(grant => grant.SchoolId is null)?.DistrictId;
            if (district is null)
                return (Problem)Failures.Forbidden;
        }

        var client = new Client
        {
            Id = Guid.CreateVersion7(now),
            DistrictId = district.Value,
            SchoolId = request.SchoolId,
            Name = request.Name,
            Scope = Scopes.Join(request.Scopes),
            CreatedBy = current.Caller.AccountId!.Value,
            CreatedAt = now,
            ExpiresAt = request.ExpiresAt?.ToUniversalTime(),
        };
        var secret = client.NewSecret();
        db.Add(client);
        audit.About("client", client.Id, client.DistrictId, client.SchoolId);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new ClientSecret(client.Id, secret));
    }

    private static List<FieldMistake> Mistakes(CreateClient request, DateTimeOffset now)
    {
        var mistakes = new List<FieldMistake>();
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > Client.LongestName
            || request.Name.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            mistakes.Add(IdentityFailures.ClientNameInvalid.At("name", Client.LongestName));
        }

        if (request.Scopes.Count == 0 || !request.Scopes.All(Most.Contains))
            mistakes.Add(IdentityFailures.ScopeNotForMachines.At("scopes", Scopes.Join(Most)));
        if (request.ExpiresAt <= now)
            mistakes.Add(IdentityFailures.EndPassed.At("expiresAt"));
        return mistakes;
    }
}

/// <summary>A machine client to make.</summary>
/// <param name="Name">What it is, for administrators; 1–100 characters.</param>
/// <param name="Scopes">What it may; at least one.</param>
/// <param name="SchoolId">The school that it sees; without it the caller's whole district.</param>
/// <param name="ExpiresAt">It ends then; without it only when it is withdrawn.</param>
public sealed record CreateClient(
    string Name, IReadOnlyList<Permission> Scopes, Guid? SchoolId = null, DateTimeOffset? ExpiresAt = null);

/// <summary>What a machine client signs in with.</summary>
/// <param name="Id">Its id (<c>client_id</c>).</param>
/// <param name="Secret">Its secret (<c>client_secret</c>); shown this once.</param>
public sealed record ClientSecret(Guid Id, string Secret);
