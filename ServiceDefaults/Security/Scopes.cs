using System.Collections.Frozen;
using System.Text.Json;
using HomeSchool.Contracts;

namespace HomeSchool.ServiceDefaults.Security;

/// <summary>The scopes of OAuth 2.0: permissions by their names in the API, e.g. <c>coverageRead feedRead</c>.</summary>
public static class Scopes
{
    private static readonly FrozenDictionary<string, Permission> Permissions =
        Enum.GetValues<Permission>().ToFrozenDictionary(NameOf, StringComparer.Ordinal);

    /// <summary>Several permissions as one text, always in the same order.</summary>
    public static string Join(IEnumerable<Permission> permissions) =>
        string.Join(' ', permissions.Distinct().Order().Select(NameOf));

    /// <summary>Reads one name; <see langword="null"/> for anything else, also for a permission that this version does not
    /// know.</summary>
    public static Permission? Parse(string name) => Permissions.TryGetValue(name, out var permission) ? permission : null;

    private static string NameOf(Permission permission) => JsonNamingPolicy.CamelCase.ConvertName(permission.ToString());
}
