namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// Who is responsible for an invitation: whoever has its class now. After a reorganisation (ALL-10) that is another school than
/// the one that opened the round.
/// </summary>
internal static class Responsible
{
    /// <summary>Of invitations those that somebody is responsible for.</summary>
    /// <param name="invitations">The invitations.</param>
    /// <param name="db">Knows which classes have moved.</param>
    /// <param name="districts">Districts as a whole.</param>
    /// <param name="schools">Schools as a whole.</param>
    /// <param name="classes">Classes.</param>
    public static IQueryable<Invitation> ResponsibleIn(
        this IQueryable<Invitation> invitations, SurveysDb db, Guid[] districts, Guid[] schools, Guid[] classes) =>
        invitations.Where(i => districts.Contains(i.DistrictId)
            || ((schools.Contains(i.SchoolId) || classes.Contains(i.ClassId))
                && !db.MovedClasses.Any(moved => moved.FromSchoolId == i.SchoolId && moved.FromClassId == i.ClassId))
            || db.MovedClasses.Any(moved => moved.FromSchoolId == i.SchoolId && moved.FromClassId == i.ClassId
                && (schools.Contains(moved.SchoolId) || classes.Contains(moved.ClassId))));
}
