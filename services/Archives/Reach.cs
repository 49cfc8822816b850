using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Archives;

/// <summary>
/// How far a caller's roles reach inside a school: the query's own filter, the first lock before row-level security (ALL-1).
/// </summary>
/// <param name="Everybody">Whether all students of the school are within reach.</param>
/// <param name="Classes">The classes within reach, if not.</param>
/// <param name="Students">The caller's own children.</param>
internal sealed record Reach(bool Everybody, IReadOnlyCollection<Guid> Classes, IReadOnlyCollection<Guid> Students)
{
    /// <summary>The reach of a permission in one school of a district.</summary>
    public static Reach Of(Caller caller, Permission permission, Guid district, Guid school)
    {
        var grants = caller.With(permission)
            .Where(grant => grant.DistrictId == district && (grant.SchoolId is null || grant.SchoolId == school)).ToArray();
        return new Reach(
            grants.Any(grant => grant.ClassId is null && grant.StudentId is null),
            [.. grants.Where(grant => grant.ClassId is not null && grant.StudentId is null).Select(grant => grant.ClassId!.Value)],
            [.. grants.Where(grant => grant.StudentId is not null).Select(grant => grant.StudentId!.Value)]);
    }
}
