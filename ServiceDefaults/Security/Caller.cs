using System.Collections.Frozen;
using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Tenancy;

namespace HomeSchool.ServiceDefaults.Security;

/// <summary>A role and where it holds (ALL-1).</summary>
/// <param name="Role">The role.</param>
/// <param name="PersonId">Who the account is there: a staff member or a guardian of the archives.</param>
/// <param name="DistrictId">The district; the whole of it when <paramref name="SchoolId"/> is <see langword="null"/>.</param>
/// <param name="SchoolId">The school, or <see langword="null"/> for a role at the district.</param>
/// <param name="ClassId">The class, or <see langword="null"/> for a role at the whole school.</param>
/// <param name="StudentId">The guardian's child; <see langword="null"/> for staff.</param>
public sealed record Grant(Role Role, Guid? PersonId, Guid DistrictId, Guid? SchoolId, Guid? ClassId, Guid? StudentId)
{
    private static readonly FrozenDictionary<string, Role> Roles =
        Enum.GetValues<Role>().ToFrozenDictionary(NameOf);

    /// <summary>As it stands in a token: <c>role/person/district/school/class/student</c>, the end cut where it is empty.</summary>
    public override string ToString() =>
        $"{NameOf(Role)}/{PersonId:N}/{DistrictId:N}/{SchoolId:N}/{ClassId:N}/{StudentId:N}".TrimEnd('/');

    /// <summary>Reads what <see cref="ToString"/> wrote; <see langword="null"/> for anything else, also for a role that this
    /// version does not know: it carries no permission here.</summary>
    public static Grant? Parse(string text)
    {
        var parts = text.Split('/');
        return parts.Length >= 3 && Roles.TryGetValue(parts[0], out var role) && Guid.TryParseExact(parts[2], "N", out var district)
            ? new Grant(role, Id(1), district, Id(3), Id(4), Id(5))
            : null;

        Guid? Id(int index) => index < parts.Length && Guid.TryParseExact(parts[index], "N", out var id) ? id : null;
    }

    /// <summary>The role's name in tokens and in the API, e.g. <c>homeroom-teacher</c>.</summary>
    public static string NameOf(Role role) => JsonNamingPolicy.KebabCaseLower.ConvertName(role.ToString());
}

/// <summary>Who asks, as the token says.</summary>
/// <param name="AccountId">The account; <see langword="null"/> for a machine, and for somebody who holds a link instead.</param>
/// <param name="Name">The actor in audit rows and the client of idempotency keys: <c>account:…</c>, <c>client:…</c> or
/// <c>link:…</c>.</param>
/// <param name="Grants">The roles.</param>
public sealed record Caller(Guid? AccountId, string Name, IReadOnlyList<Grant> Grants)
{
    /// <summary>The claim that carries a <see cref="Grant"/>; a token has one for each.</summary>
    public const string GrantClaim = "grant";

    /// <summary>The claim that carries the scopes of a token (RFC 9068).</summary>
    public const string ScopeClaim = "scope";

    /// <summary>The claim that tells a machine's token from a person's (RFC 9068).</summary>
    public const string ClientClaim = "client_id";

    /// <summary>Nobody in particular.</summary>
    public static readonly Caller Anonymous = new(null, "anonymous", []);

    /// <summary>The session of the token; <see langword="null"/> without one.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>The version that the token tells (<c>pv</c>) of the account's roles, or of the machine client.</summary>
    public int PermissionVersion { get; init; }

    /// <summary>The machine client; <see langword="null"/> for people.</summary>
    public Guid? ClientId { get; init; }

    /// <summary>The permissions that the token leaves of those that the grants carry; <see langword="null"/> for all.</summary>
    public IReadOnlySet<Permission>? Scopes { get; init; }

    /// <summary>The grants that carry a permission.</summary>
    public IEnumerable<Grant> With(Permission permission) => Scopes?.Contains(permission) == false
        ? []
        : Grants.Where(grant => Access.Allows(grant.Role, permission));

    /// <summary>
    /// What the database shows for a permission: whole districts for roles at a district, and the schools of all others. Within
    /// a school, the query's own filter narrows it to class and child.
    /// </summary>
    public TenantScope ScopeOf(Permission permission)
    {
        var grants = With(permission).ToArray();
        return new TenantScope(
            [.. grants.Where(g => g.SchoolId is null).Select(g => g.DistrictId).Distinct()],
            [.. grants.Where(g => g.SchoolId is not null).Select(g => g.SchoolId!.Value).Distinct()]);
    }

    /// <summary>Reads the caller from a validated token.</summary>
    public static Caller Of(ClaimsPrincipal principal)
    {
        if (principal.Identity?.IsAuthenticated != true || !Guid.TryParse(principal.FindFirstValue("sub"), out var subject))
            return Anonymous;
        var isMachine = principal.HasClaim(claim => claim.Type == ClientClaim);
        // A machine's token that names no scope is good for nothing.
        var scope = principal.FindFirstValue(ScopeClaim) ?? (isMachine ? "" : null);
        return new Caller(isMachine ? null : subject, $"{(isMachine ? "client" : "account")}:{subject:N}",
            [.. principal.FindAll(GrantClaim).Select(claim => Grant.Parse(claim.Value)).OfType<Grant>()])
        {
            ClientId = isMachine ? subject : null,
            Scopes = scope?.Split(' ').Select(Security.Scopes.Parse).OfType<Permission>().ToHashSet(),
            SessionId = Guid.TryParse(principal.FindFirstValue("sid"), out var session) ? session : null,
            PermissionVersion = int.TryParse(principal.FindFirstValue("pv"), CultureInfo.InvariantCulture, out var version)
                ? version : 0,
        };
    }
}
