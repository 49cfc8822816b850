using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Messages;

/// <summary>The places where somebody has a permission: whole districts, whole schools, and classes alone.</summary>
/// <param name="Districts">Districts as a whole.</param>
/// <param name="Schools">Schools as a whole.</param>
/// <param name="Classes">Classes.</param>
internal sealed record MessagesReach(Guid[] Districts, Guid[] Schools, Guid[] Classes)
{
    /// <summary>Where the caller has it, as staff: a guardian has it for a child.</summary>
    public static MessagesReach Of(CurrentCaller current, Permission permission)
    {
        var grants = current.Caller.With(permission).Where(grant => grant.StudentId is null).ToArray();
        return new MessagesReach(
            [.. grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId)],
            [.. grants.Where(grant => grant is { SchoolId: not null, ClassId: null }).Select(grant => grant.SchoolId!.Value)],
            [.. grants.Where(grant => grant.ClassId is not null).Select(grant => grant.ClassId!.Value)]);
    }

    /// <summary>Whether it covers a class, without one a whole school, without that the district.</summary>
    public bool Covers(Guid district, Guid? school, Guid? ofClass) =>
        Districts.Contains(district) || (school is { } one && Schools.Contains(one))
            || (ofClass is { } own && Classes.Contains(own));
}

/// <summary>For whom somebody has a permission as a guardian.</summary>
/// <param name="Guardians">Who one is; another one in each district.</param>
/// <param name="Students">The own children.</param>
internal sealed record FamilyReach(Guid[] Guardians, Guid[] Students)
{
    /// <summary>Whom the caller has it for.</summary>
    public static FamilyReach Of(CurrentCaller current, Permission permission)
    {
        var grants = current.Caller.With(permission)
            .Where(grant => grant is { StudentId: not null, PersonId: not null }).ToArray();
        return new FamilyReach(
            [.. grants.Select(grant => grant.PersonId!.Value).Distinct()],
            [.. grants.Select(grant => grant.StudentId!.Value).Distinct()]);
    }
}
