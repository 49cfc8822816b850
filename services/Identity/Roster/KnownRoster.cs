namespace HomeSchool.Identity.Roster;

/// <summary>A school, as far as Identity must know whom it may invite where.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="DistrictId">Its district.</param>
/// <param name="WithdrawnOn">Not in the roster from that day on.</param>
/// <param name="Version">The roster's version that says so; the highest counts.</param>
public sealed record KnownSchool(Guid SchoolId, Guid DistrictId, DateOnly? WithdrawnOn, long Version);

/// <summary>A class of a school.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="ClassId">The class.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="WithdrawnOn">Not in the roster from that day on.</param>
/// <param name="Version">The roster's version that says so; the highest counts.</param>
public sealed record KnownClass(Guid SchoolId, Guid ClassId, Guid DistrictId, DateOnly? WithdrawnOn, long Version);

/// <summary>A student's time in a school and class.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="EnrolmentId">The enrolment.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="StudentId">The student.</param>
/// <param name="ClassId">The class, if any.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day; <see langword="null"/> while it is open.</param>
/// <param name="Version">The roster's version that says so; the highest counts.</param>
public sealed record KnownEnrolment(
    Guid SchoolId, Guid EnrolmentId, Guid DistrictId, Guid StudentId, Guid? ClassId, DateOnly StartsOn, DateOnly? EndsOn,
    long Version);

/// <summary>A staff member's post at a school.</summary>
/// <param name="SchoolId">The school.</param>
/// <param name="PostId">The post.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="StaffId">The staff member.</param>
/// <param name="ClassId">The class; <see langword="null"/> for a post at the whole school.</param>
/// <param name="EndsOn">Last day; <see langword="null"/> while it is open.</param>
/// <param name="Version">The roster's version that says so; the highest counts.</param>
public sealed record KnownPost(
    Guid SchoolId, Guid PostId, Guid DistrictId, Guid StaffId, Guid? ClassId, DateOnly? EndsOn, long Version);

/// <summary>That a guardian belongs to a student.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="StudentId">The student.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="WithdrawnOn">Holds no longer from that day on.</param>
/// <param name="Version">The roster's version that says so; the highest counts.</param>
public sealed record KnownGuardianship(Guid DistrictId, Guid StudentId, Guid GuardianId, DateOnly? WithdrawnOn, long Version);

/// <summary>Whether a guardian may see what is kept of the child (ARC-13).</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="StudentId">The student.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="HiddenSince">The day from which the guardian may not; <see langword="null"/> while he may.</param>
/// <param name="Version">The version that says so; the highest counts.</param>
public sealed record KnownGuardianRight(Guid DistrictId, Guid StudentId, Guid GuardianId, DateOnly? HiddenSince, long Version);
