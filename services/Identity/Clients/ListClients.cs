using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity.Clients;

/// <summary>Which machine clients there are.</summary>
internal static class ListClientsFeature
{
    public static void MapListClients(this IEndpointRouteBuilder api) => api.MapGet("/clients", ListAsync)
        .Query(Permission.ClientManage).WithName("ListClients").WithTags("Machine clients")
        .WithSummary("查询机器客户端 / List machine clients")
        .WithDescription(
            "Newest first, never with the secret; those of the caller's district or school, also those that ended.");

    private static async Task<Results<Ok<Page<ClientState>>, Problem>> ListAsync(
        IdentityDb db, CurrentCaller current, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var limit = Cursor.Size(size);
        var rows = await db.Set<Client>().AsNoTracking().Of(current.Caller)
            .Where(c => last == null || c.Id < last)
            .OrderByDescending(c => c.Id)
            .Take(limit + 1)
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            rows.ConvertAll(c => new ClientState(
                c.Id, c.Name, [.. c.Scope.Split(' ').Select(Scopes.Parse).OfType<Permission>()], c.SchoolId, c.CreatedBy,
                c.CreatedAt, c.ExpiresAt, c.WithdrawnAt)),
            limit, row => row.Id));
    }

    /// <summary>Those that a caller administers.</summary>
    public static IQueryable<Client> Of(this IQueryable<Client> clients, Caller caller)
    {
        var scope = caller.ScopeOf(Permission.ClientManage);
        var (districts, schools) = (scope.Districts, scope.Schools);
        return clients.Where(c => districts.Contains(c.DistrictId) || (c.SchoolId != null && schools.Contains(c.SchoolId.Value)));
    }
}

/// <summary>A machine client without its secret.</summary>
/// <param name="Id">The client.</param>
/// <param name="Name">What it is.</param>
/// <param name="Scopes">What it may.</param>
/// <param name="SchoolId">The school; <see langword="null"/> for the whole district.</param>
/// <param name="CreatedBy">The account that made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">It ends then, if an end was set.</param>
/// <param name="WithdrawnAt">When it was withdrawn.</param>
public sealed record ClientState(
    Guid Id, string Name, IReadOnlyList<Permission> Scopes, Guid? SchoolId, Guid CreatedBy, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt, DateTimeOffset? WithdrawnAt);
