namespace HomeSchool.Contracts;

/// <summary>The roles of ALL-1. A role holds at a node of the organisation tree, at a class, or for one's own children.</summary>
public enum Role
{
    /// <summary>区县管理员; holds at a district.</summary>
    DistrictAdmin,

    /// <summary>学校管理员; holds at a school.</summary>
    SchoolAdmin,

    /// <summary>分管校长; holds at a school.</summary>
    VicePrincipal,

    /// <summary>德育干部; holds at a school.</summary>
    MoralEducationOfficer,

    /// <summary>心理教师; holds at a school.</summary>
    Counselor,

    /// <summary>班主任, 副班主任 and 代班主任; holds at a class.</summary>
    HomeroomTeacher,

    /// <summary>学科教师; holds at a class.</summary>
    SubjectTeacher,

    /// <summary>监护人; holds for one's own child.</summary>
    Guardian,

    /// <summary>机器客户端: a program such as a dashboard; holds at a district or a school. Its row is the most that any may:
    /// the scopes of each token leave less of it.</summary>
    MachineClient,
}

/// <summary>What an endpoint asks of its caller. Each endpoint states exactly one; without one nobody gets in.</summary>
public enum Permission
{
    /// <summary>Check and confirm a roster (ARC-2).</summary>
    RosterImport,

    /// <summary>See schools, terms, classes, staff and the names of students.</summary>
    RosterRead,

    /// <summary>See one student's archive (ARC-1).</summary>
    ArchiveRead,

    /// <summary>Invite staff and hand out guardians' invitation codes.</summary>
    AccountInvite,

    /// <summary>Create and withdraw machine clients.</summary>
    ClientManage,

    /// <summary>Schedule, move and cancel home visits (VIS-4, VIS-6).</summary>
    VisitSchedule,

    /// <summary>See appointments and their state.</summary>
    VisitRead,

    /// <summary>Hold a visit and write its record (VIS-10).</summary>
    VisitRecord,

    /// <summary>Read a visit's record (VIS-10: education staff of the class and their supervisors).</summary>
    VisitRecordRead,

    /// <summary>Answer an appointment: confirm, propose another time, decline (VIS-6).</summary>
    VisitAnswer,

    /// <summary>Change what a district or a school decides for itself: windows, notice periods and the like.</summary>
    PolicyChange,

    /// <summary>See surveys' results (SUR-5).</summary>
    SurveyRead,

    /// <summary>See whose an answer to a confidential survey is (SUR-4).</summary>
    SurveyAnswerRead,

    /// <summary>Answer surveys about one's own children.</summary>
    SurveyAnswer,

    /// <summary>See coverage (INS-1).</summary>
    CoverageRead,

    /// <summary>Read the event feed for dashboards (INS-3).</summary>
    FeedRead,

    /// <summary>List and replay parked messages, redeliver the event log.</summary>
    OperateMessaging,

    /// <summary>Export the audit and verify that nobody changed it (ALL-2).</summary>
    AuditRead,
}

/// <summary>Who may do what: the one table that every check, the OpenAPI description and the documentation are derived from.</summary>
public static class Access
{
    /// <summary>The permissions of each role, at the place where the role holds.</summary>
    public static IReadOnlyDictionary<Role, IReadOnlySet<Permission>> Table { get; } =
        new Dictionary<Role, IReadOnlySet<Permission>>
        {
            [Role.DistrictAdmin] = Set(
                Permission.RosterImport, Permission.RosterRead, Permission.ArchiveRead, Permission.AccountInvite,
                Permission.ClientManage, Permission.VisitRead, Permission.PolicyChange, Permission.SurveyRead,
                Permission.CoverageRead, Permission.FeedRead, Permission.OperateMessaging, Permission.AuditRead),
            [Role.SchoolAdmin] = Set(
                Permission.RosterRead, Permission.ArchiveRead, Permission.AccountInvite, Permission.ClientManage,
                Permission.VisitSchedule, Permission.VisitRead, Permission.PolicyChange, Permission.SurveyRead,
                Permission.CoverageRead, Permission.FeedRead),
            [Role.VicePrincipal] = Set(
                Permission.RosterRead, Permission.ArchiveRead, Permission.VisitRead, Permission.VisitRecordRead,
                Permission.SurveyRead, Permission.CoverageRead, Permission.FeedRead),
            [Role.MoralEducationOfficer] = Set(
                Permission.RosterRead, Permission.ArchiveRead, Permission.VisitRead, Permission.VisitRecordRead,
                Permission.SurveyRead, Permission.SurveyAnswerRead, Permission.CoverageRead, Permission.FeedRead,
                Permission.AuditRead),
            [Role.Counselor] = Set(
                Permission.RosterRead, Permission.ArchiveRead, Permission.VisitRead, Permission.VisitRecordRead),
            [Role.HomeroomTeacher] = Set(
                Permission.RosterRead, Permission.ArchiveRead, Permission.AccountInvite, Permission.VisitSchedule,
                Permission.VisitRead, Permission.VisitRecord, Permission.VisitRecordRead, Permission.CoverageRead,
                Permission.SurveyRead),
            [Role.SubjectTeacher] = Set(Permission.RosterRead, Permission.VisitRead),
            [Role.Guardian] = Set(Permission.ArchiveRead, Permission.VisitRead, Permission.VisitAnswer, Permission.SurveyAnswer),
            // Nothing about a single child beyond the roster: no archive, no record, no answer.
            [Role.MachineClient] = Set(Permission.RosterRead, Permission.CoverageRead, Permission.FeedRead),
        };

    /// <summary>Whether <paramref name="role"/> carries <paramref name="permission"/> where it holds.</summary>
    public static bool Allows(Role role, Permission permission) =>
        Table.TryGetValue(role, out var permissions) && permissions.Contains(permission);

    private static HashSet<Permission> Set(params Permission[] permissions) => [.. permissions];
}
