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

    /// <summary>See a family's circumstances: who lives together, occupation, education, address (ARC-1).</summary>
    FamilyRead,

    /// <summary>See what teachers must look out for: allergies, medication and the like (ARC-1).</summary>
    CareNeedsRead,

    /// <summary>Supplement and correct the family's circumstances and the child's needs (ARC-1); guardians their own
    /// part.</summary>
    ArchiveChange,

    /// <summary>Record relation, language, channel, entrustment of guardians, and who are siblings (ARC-13).</summary>
    GuardianChange,

    /// <summary>See who may pick up the children of a class, and sign for them, today (ARC-13).</summary>
    PickUpRead,

    /// <summary>Record a court's or the police's document that restricts a guardian (ARC-13).</summary>
    CourtDocumentWrite,

    /// <summary>Put a file into a student's archive (ARC-1).</summary>
    AttachmentAdd,

    /// <summary>Delete a file of a student's archive.</summary>
    AttachmentDelete,

    /// <summary>Put a sensitive item into an archive; which kinds, the policy says (ARC-7).</summary>
    SensitiveWrite,

    /// <summary>Read sensitive items as far as policy or a granted access let, and ask for access (ARC-7).</summary>
    SensitiveRead,

    /// <summary>Grant or refuse access to sensitive items (ARC-7).</summary>
    SensitiveGrant,

    /// <summary>Read a sensitive item in a crisis (ALL-8).</summary>
    SensitiveEmergency,

    /// <summary>Review reads in a crisis (ALL-8).</summary>
    SensitiveReview,

    /// <summary>See who read sensitive items (ARC-7).</summary>
    ReadLogRead,

    /// <summary>See handovers of students and print them (ARC-14).</summary>
    HandoverRead,

    /// <summary>Accept handovers addressed to oneself (ARC-14).</summary>
    HandoverAccept,

    /// <summary>Transfer students, send them on leave and take them back (ARC-15).</summary>
    TransferManage,

    /// <summary>See what support students need (ARC-4), what draws attention (ARC-5) and outcomes (ARC-9).</summary>
    NeedRead,

    /// <summary>Say what support a student needs, and read why (ARC-4).</summary>
    NeedWrite,

    /// <summary>Confirm or dismiss what draws attention (ARC-5), say whether a student improved (ARC-9).</summary>
    NeedDecide,

    /// <summary>Note a change in the family or what a teacher observed (ARC-5).</summary>
    AttentionNote,

    /// <summary>See how many students improved, without names (ARC-9).</summary>
    ImprovementRead,

    /// <summary>Bring in scores and missed homework (ARC-5).</summary>
    ScoreWrite,

    /// <summary>See a student's scores (MSG-3: the staff of the class and the own guardians).</summary>
    ScoreRead,

    /// <summary>Write, begin, review and close plans (ARC-6).</summary>
    PlanWrite,

    /// <summary>Read plans (ARC-6).</summary>
    PlanRead,

    /// <summary>Tick a day of a plan (ARC-6).</summary>
    PlanTick,

    /// <summary>Keep the counselors' watch list (ARC-11).</summary>
    WatchKeep,

    /// <summary>See and do what one is asked to do for a student (ARC-11).</summary>
    StudentTaskDo,

    /// <summary>Ask for support for a student (ARC-12).</summary>
    SupportAsk,

    /// <summary>See support and resources (ARC-12).</summary>
    SupportRead,

    /// <summary>Refer and close support, keep the list of resources (ARC-12).</summary>
    SupportManage,

    /// <summary>Start, fill in and close the law's workflows: breaches, audits, assessments (ALL-9).</summary>
    ComplianceManage,

    /// <summary>Use a child's rights to its data: copy, erasure, correction, consent; a guardian, or the school on paper (ARC-10).</summary>
    PersonalDataAsk,

    /// <summary>Decide about those requests, set holds and periods of retention (ARC-10, ALL-5).</summary>
    PersonalDataDecide,

    /// <summary>Invite staff and hand out guardians' invitation codes.</summary>
    AccountInvite,

    /// <summary>Create and withdraw machine clients.</summary>
    ClientManage,

    /// <summary>Schedule, move and cancel home visits (VIS-4, VIS-6).</summary>
    VisitSchedule,

    /// <summary>Propose, adjust and publish a term's visits (VIS-2, VIS-5); bring in timetables and absences (VIS-23).</summary>
    VisitPlan,

    /// <summary>Say when a family can be visited (VIS-5).</summary>
    FamilyTimesChange,

    /// <summary>See appointments and their state.</summary>
    VisitRead,

    /// <summary>Hold a visit and write its record (VIS-10).</summary>
    VisitRecord,

    /// <summary>Read a visit's record (VIS-10: education staff of the class and their supervisors).</summary>
    VisitRecordRead,

    /// <summary>Read the internal part of a record, as far as the policy lets (VIS-10, ARC-7).</summary>
    VisitInternalRead,

    /// <summary>Bring a note to a visit one is invited to (VIS-8).</summary>
    VisitNoteWrite,

    /// <summary>Read what was agreed in a visit, and the holiday plan (VIS-16).</summary>
    VisitAgreementRead,

    /// <summary>Answer an appointment: confirm, propose another time, decline (VIS-6).</summary>
    VisitAnswer,

    /// <summary>Subscribe a calendar to one's own visits.</summary>
    CalendarSubscribe,

    /// <summary>Arrange who does whose visits and follow-ups (VIS-20).</summary>
    SubstituteArrange,

    /// <summary>See what visits and contacts are due (VIS-3); which and why, only with <see cref="NeedRead"/>.</summary>
    WorkListRead,

    /// <summary>Publish the school's visit programme (VIS-19), see unusual records (INS-5).</summary>
    VisitSupervise,

    /// <summary>Write contacts, corrections and follow-ups into the ledger (VIS-11, VIS-12).</summary>
    LedgerWrite,

    /// <summary>See which contacts the ledger has (VIS-12); guardians, those in which they took part.</summary>
    LedgerRead,

    /// <summary>See and close the follow-ups that one owns, or oversees (VIS-11).</summary>
    FollowUpDo,

    /// <summary>Record and resolve disputes between home and school (VIS-15).</summary>
    DisputeManage,

    /// <summary>See how many disputes there were, without names (VIS-15).</summary>
    DisputeRateRead,

    /// <summary>Draw and grade samples of records, share excellent cases (VIS-13).</summary>
    SpotCheck,

    /// <summary>Report what cannot wait about a child: an emergency (VIS-9), a suspected harm (VIS-17), a crisis (VIS-18); and
    /// see what one is called to.</summary>
    ConcernReport,

    /// <summary>See and handle emergencies, ask for visits at special nodes (VIS-9).</summary>
    EmergencyHandle,

    /// <summary>See and handle crises (VIS-18).</summary>
    CrisisHandle,

    /// <summary>Read protected cases, as far as one is named or granted (VIS-17): the role alone shows none.</summary>
    ProtectedCaseRead,

    /// <summary>Name a school's child-protection leads (VIS-17).</summary>
    ProtectionLeadName,

    /// <summary>Change what a district or a school decides for itself: windows, notice periods and the like.</summary>
    PolicyChange,

    /// <summary>Design surveys, open and close rounds of them (SUR-1).</summary>
    SurveyManage,

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

    // Activities.

    /// <summary>Hold parent meetings and note who came (ACT-1), publish covenants (ACT-2).</summary>
    MeetingManage,

    /// <summary>See meetings and covenants; guardians, those of their children's classes (ACT-1, ACT-2).</summary>
    MeetingRead,

    /// <summary>See how many families were reached and how many mastered methods, without names (ACT-1, ACT-3).</summary>
    ReachRead,

    /// <summary>Merge guardians' questions into topics (ACT-2).</summary>
    QuestionManage,

    /// <summary>Plan parent classes and note who came (ACT-3).</summary>
    ParentClassManage,

    /// <summary>See parent classes (ACT-3).</summary>
    ParentClassRead,

    /// <summary>Take part as a family: check in, sign, ask, vote, sign up, tick "tried it" (ACT-1 to ACT-3).</summary>
    TakePart,

    /// <summary>Plan family activities, answer suggestions, name parent committees (ACT-4, ACT-6, ACT-7).</summary>
    ActivityManage,

    /// <summary>See family activities and committees; guardians, those of their children's classes (ACT-4 to ACT-7).</summary>
    ActivityRead,

    /// <summary>See what parents offer (ACT-6).</summary>
    ResourceUse,

    /// <summary>Keep books and reflections of one's own (ACT-8); the role shows nobody else's.</summary>
    DevelopmentKeep,

    /// <summary>Hold trainings and take the roll (ACT-8).</summary>
    TrainingManage,

    // Messages.

    /// <summary>Publish notices to families, and remind those who have not read them (MSG-4).</summary>
    MessagePublish,

    /// <summary>See notices of one's place; guardians, those that were sent to them (MSG-4).</summary>
    MessageRead,

    /// <summary>Receive notices and answer them, about one's own child (MSG-4).</summary>
    MessageReceive,

    /// <summary>See who got and read a notice, and the rates of a class (MSG-4).</summary>
    ReceiptRead,

    /// <summary>Read what families answered (MSG-4).</summary>
    MessageAnswerRead,

    /// <summary>Write the contact book of a class (MSG-1).</summary>
    ContactBookWrite,

    /// <summary>Read a class's group (MSG-2).</summary>
    GroupRead,

    /// <summary>Write into a class's group (MSG-2).</summary>
    GroupWrite,

    /// <summary>Decide on what waits in a class's group (MSG-3); guardians, as volunteers of the parent committee.</summary>
    GroupModerate,

    /// <summary>Publish a class's group's rules, choose its cadence, see who decided what (MSG-2, MSG-3).</summary>
    GroupManage,

    /// <summary>Read and answer what families write privately (MSG-3).</summary>
    PrivateMessageKeep,

    /// <summary>Set one's own working hours and days of absence (MSG-6).</summary>
    OffHoursKeep,
}

/// <summary>Where a role holds (ALL-1).</summary>
public enum PlaceKind
{
    /// <summary>The whole district.</summary>
    District,

    /// <summary>One school.</summary>
    School,

    /// <summary>One class.</summary>
    Class,

    /// <summary>One's own child.</summary>
    Child,
}

/// <summary>Who may do what: the check behind every endpoint, by the one table in <c>Access.md</c>.</summary>
public static class Access
{
    /// <summary>The table.</summary>
    public static AccessTable Table { get; } = AccessTable.Parse(Text());

    /// <summary>Whether <paramref name="role"/> carries <paramref name="permission"/> where it holds.</summary>
    public static bool Allows(Role role, Permission permission) => Table.Allows(role, permission);

    private static string Text()
    {
        using var file = new StreamReader(typeof(Access).Assembly.GetManifestResourceStream(AccessTable.FileName)!);
        return file.ReadToEnd();
    }
}
