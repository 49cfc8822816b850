using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Surveys;

/// <summary>The places where somebody has a permission: whole districts, whole schools, and classes alone.</summary>
/// <param name="Districts">Districts as a whole.</param>
/// <param name="Schools">Schools as a whole.</param>
/// <param name="Classes">Classes.</param>
/// <param name="ClassSchools">The schools of those classes.</param>
internal sealed record SurveyReach(Guid[] Districts, Guid[] Schools, Guid[] Classes, Guid[] ClassSchools)
{
    /// <summary>Where the caller has it.</summary>
    public static SurveyReach Of(CurrentCaller current, Permission permission)
    {
        var grants = current.Caller.With(permission).ToArray();
        return new SurveyReach(
            [.. grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId)],
            [.. grants.Where(grant => grant is { SchoolId: not null, ClassId: null }).Select(grant => grant.SchoolId!.Value)],
            [.. grants.Where(grant => grant.ClassId is not null).Select(grant => grant.ClassId!.Value)],
            [.. grants.Where(grant => grant.ClassId is not null).Select(grant => grant.SchoolId!.Value)]);
    }

    /// <summary>Whether it covers a whole school, or without one the whole district.</summary>
    public bool Covers(Guid district, Guid? school) =>
        Districts.Contains(district) || (school is { } one && Schools.Contains(one));
}
