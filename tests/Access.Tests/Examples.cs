using System.Text.Json;

namespace HomeSchool.AccessTests;

/// <summary>How one endpoint is called, and whose thing that asks for: from this and the table of ALL-1 follows what each caller
/// must be answered.</summary>
/// <param name="Endpoint">The service and the endpoint's name.</param>
/// <param name="Call">Makes what the call needs. It is called anew for each caller who may do it.</param>
internal sealed record Example(string Endpoint, Func<World, Task<Call>> Call)
{
    /// <summary>Whose thing it is: for all others it does not exist. <see langword="null"/> when the call asks for nothing in
    /// particular, and its answer is for whoever asks.</summary>
    public Func<World, Node>? Of { get; init; }

    /// <summary>Whether those below that place may, too.</summary>
    public bool Downwards { get; init; }

    /// <summary>Whether an empty list is an answer for those who may not see it.</summary>
    public bool IsList { get; init; }

    /// <summary>What the answer must show to at least one caller, lest it shows nothing to anybody.</summary>
    public Func<World, Guid>? Shows { get; init; }

    /// <summary>The status for those to whom the thing does not exist.</summary>
    public int Hidden { get; init; } = 404;

    /// <summary>The status for those who may, when the example cannot succeed; otherwise 2xx.</summary>
    public int? Answers { get; init; }

    /// <summary>Whether, although open, it asks for an account.</summary>
    public bool NeedsAccount { get; init; }

    /// <summary>Whether what it shows is for whoever makes this call, such as what a link leads to.</summary>
    public bool ShowsAnybody { get; init; }
}

/// <summary>
/// An example of every endpoint. One more endpoint needs one more here: a Thing of a place, a List, Any for what is no place's, a
/// Link for what a link opens.
/// </summary>
internal static class Examples
{
    private const string FirstAdmin = "/api/identity/first-admin";
    private const string Accept = "/api/identity/invitations/accept";

    /// <summary>All of them, for the services of an installation.</summary>
    public static IEnumerable<Example> Of(IEnumerable<string> services) =>
    [
        .. services.SelectMany(service => In(service, Common(service))),
        .. In("archives", Archives), .. In("archives", Families), .. In("archives", Needs), .. In("archives", Rights),
        .. In("archives", Attachments), .. In("archives", Passing), .. In("archives", OneRoster),
        .. In("visits", Visits), .. In("visits", Records), .. In("visits", Planning), .. In("visits", VisitWork), .. In("visits", Ledger), .. In("visits", SpotChecks), .. In("visits", Safety),
        .. In("surveys", Surveys), .. In("insights", Insights), .. In("activities", Activities), .. In("messages", Messages),
        .. In("identity", Identity),
    ];

    private static readonly object NoSpecialDays = new { days = Array.Empty<object>() };

    private static Example[] Archives =>
    [
        List("ListSchools", District, w => $"{OfDistrict(w)}/schools", w => w.School.Id, downwards: true),
        List("ListTerms", District, w => $"{OfDistrict(w)}/terms", downwards: true),
        List("ListClasses", School, w => $"{OfSchool(w)}/classes", w => w.Class.Id, downwards: true),
        List("ListStaff", School, w => $"{OfSchool(w)}/staff", w => w.Class.Person!.Value, downwards: true),
        List("ListStudents", School, w => $"{OfSchool(w)}/students", w => w.Child.Id, downwards: true),
        List("ListStudents", Class, w => $"{OfSchool(w)}/students?classId={w.Class.Id}", w => w.Child.Id),
        List("FindStudents", District, w => $"{OfDistrict(w)}/students?size=500", w => w.Child.Id, downwards: true),
        List("FindStudents", Class, w => $"{OfDistrict(w)}/students?schoolId={w.School.Id}&classId={w.Class.Id}", w => w.Child.Id),
        Thing("ReadStudent", Child, w => Call.Get($"{OfDistrict(w)}/students/{w.Child.Id}")),
        Thing("ImportRoster", District, w => Call.Post($"{OfDistrict(w)}/imports", World.Roster().Zip())),
        Any("DownloadRosterTemplate", w => Call.Get($"{OfDistrict(w)}/imports/template.xlsx")),
        Any("DownloadRosterTemplateCsv", w => Call.Get($"{OfDistrict(w)}/imports/template.csv")),
        List("ListImports", District, w => $"{OfDistrict(w)}/imports", w => w.Import),
        Thing("ReadImport", District, w => Call.Get($"{OfDistrict(w)}/imports/{w.Import}")),
        List("ListImportMistakes", District, w => $"{OfDistrict(w)}/imports/{w.Import}/mistakes"),
        List("DownloadImportMistakes", District, w => $"{OfDistrict(w)}/imports/{w.Import}/mistakes.csv"),
        List("ListImportChanges", District, w => $"{OfDistrict(w)}/imports/{w.Import}/changes?kind=student"),
        Thing("ConfirmImport", District, async w => Call.Post(
            $"{OfDistrict(w)}/imports/{await w.ImportAsync(w.District, World.Roster())}/confirm", new { })),
        Thing("CancelImport", District, async w => Call.Post(
            $"{OfDistrict(w)}/imports/{await w.ImportAsync(w.District, World.Roster())}/cancel", new { })),
        Thing("Reorganise", District, w => Call.Post($"{OfDistrict(w)}/reorganisations", World.NewSchool())),

        Thing("WriteSensitiveItem", Child, w => Call.Post($"{OfChild(w)}/sensitive-items", World.Note)),
        Thing("ListSensitiveItems", Child, w => Call.Get($"{OfChild(w)}/sensitive-items")) with { Shows = w => w.Item },
        Thing("ReadSensitiveItem", Child,
            w => Call.Post($"{OfDistrict(w)}/sensitive-items/{w.Item}/reads", new { purpose = "support" })),
        Thing("ReadSensitiveItemInCrisis", Child,
            w => Call.Post($"{OfDistrict(w)}/sensitive-items/{w.Item}/emergency-reads", World.Crisis)),
        Thing("ListSensitiveReads", Child, w => Call.Get($"{OfChild(w)}/sensitive-reads")) with { Shows = w => w.EmergencyRead },
        Thing("AskForSensitiveAccess", Child, w => Call.Post($"{OfChild(w)}/sensitive-access", World.Wish)),
        Any("ListSensitiveAccess", w => Call.Get($"{OfDistrict(w)}/sensitive-access?size=500")) with { Shows = w => w.Access },
        Thing("DecideSensitiveAccess", Child, async w => Call.Post(
            $"{OfDistrict(w)}/sensitive-access/{await w.AskAsync(w.Child)}/decision", new { granted = false })),
        Thing("WithdrawSensitiveAccess", Child, async w => Call.Post(
            $"{OfDistrict(w)}/sensitive-access/{await w.AskAsync(w.Child)}/withdraw", new { })),
        Any("ListEmergencyReads", w => Call.Get($"{OfDistrict(w)}/emergency-reads?size=500")) with { Shows = w => w.EmergencyRead },
        // All callers have one account, and nobody reviews the own read.
        Thing("ReviewEmergencyRead", Child, w => Call.Post(
            $"{OfDistrict(w)}/emergency-reads/{w.EmergencyRead}/review", new { finding = "justified", note = "核实" })) with { Answers = 403 },
        Thing("ReadSensitivePolicy", District, w => Call.Get($"{OfDistrict(w)}/sensitive-policy"), downwards: true),
        Thing("ChangeSensitivePolicy", District, w => Call.Put($"{OfDistrict(w)}/sensitive-policy", World.SensitivePolicy)),

        Thing("OpenComplianceCase", District, w => Call.Post(Cases(w), World.Assessment)),
        List("ListComplianceCases", District, Cases, w => w.Case),
        Thing("ExportComplianceCases", District, w => Call.Get($"{Cases(w)}/export")) with { Shows = w => w.Case },
        Thing("ReadComplianceCase", District, w => Call.Get($"{Cases(w)}/{w.Case}")),
        Thing("WriteCompliancePart", District, w => Call.Put($"{Cases(w)}/{w.Case}/parts/impact", new { text = "内容" })),
        Thing("CloseComplianceCase", District, w => Call.Post($"{Cases(w)}/{w.Case}/close", new { })) with { Answers = 409 },
        Thing("PrintComplianceDocument", District, w => Call.Get($"{Cases(w)}/{w.Case}/documents/report")),
    ];

    private static Example[] Families =>
    [
        Thing("ReadArchive", Child, w => Call.Get($"{OfChild(w)}/archive")) with { Shows = w => w.Child.Person!.Value },
        Thing("ListGuardians", Child, w => Call.Get($"{OfChild(w)}/guardians")) with { Shows = w => w.Child.Person!.Value },
        Thing("ListPickUp", Class, w => Call.Get($"{OfSchool(w)}/classes/{w.Class.Id}/pick-up")) with { Shows = w => w.Child.Person!.Value },
        Thing("ChangeGuardian", Child, w => Call.Put($"{OfGuardian(w)}", new { language = "zh" })),
        Thing("RestrictGuardian", Child, w => Call.Post($"{OfGuardian(w)}/restrictions", World.PoliceDocument)),
        Thing("LiftGuardianRestriction", Child, async w => Call.Post(
            $"{OfDistrict(w)}/guardian-restrictions/{await w.RestrictAsync(w.Child)}/lift", new { })),
        Thing("ListGuardianRestrictions", Child, w => Call.Get($"{OfChild(w)}/guardian-restrictions")) with { Shows = w => w.Restriction },
        Thing("ReadFamily", Child, w => Call.Get($"{OfChild(w)}/family")) with { Shows = w => w.Child.Person!.Value },
        Thing("ChangeFamily", Child, w => Call.Put($"{OfChild(w)}/family", World.FamilyOf(w.Child))),
        Thing("ListSiblings", Child, w => Call.Get($"{OfChild(w)}/family/siblings")),
        // The child has none.
        Thing("JoinSiblings", Child, w => Call.Post($"{OfChild(w)}/family/siblings", new { studentIds = new[] { w.Classmate.Id } }))
            with { Answers = 400 },
        Thing("LeaveSiblings", Child, w => Call.Delete($"{OfChild(w)}/family/siblings")),
        Thing("ReadCareNeeds", Child, w => Call.Get($"{OfChild(w)}/care-needs")),
        Thing("ChangeCareNeeds", Child, w => Call.Put($"{OfChild(w)}/care-needs", World.CareNeeds)),
        Thing("ListTimeline", Child, w => Call.Get($"{OfChild(w)}/timeline")) with { Shows = w => w.CompletedVisit },
    ];

    private static Example[] Needs =>
    [
        Thing("ChangeNeeds", Child, w => Call.Put($"{OfChild(w)}/needs", World.Struggling)),
        Thing("ReconfirmNeeds", Child, w => Call.Post($"{OfSchool(w)}/needs/reconfirm", new { studentIds = new[] { w.Child.Id } })),
        Thing("ReadNeeds", Child, w => Call.Get($"{OfChild(w)}/needs")),
        List("ListNeeds", Class, w => $"{OfSchool(w)}/needs?classId={w.Class.Id}", w => w.Child.Id),
        List("FindStudentsByTier", Class, w => $"{OfDistrict(w)}/students/by-tier?academic=struggling&schoolId={w.School.Id}&classId={w.Class.Id}",
            w => w.Child.Id),
        Thing("ReadNeedPolicy", District, w => Call.Get($"{OfDistrict(w)}/need-policy"), downwards: true),
        Thing("ChangeNeedPolicy", District, w => Call.Put($"{OfDistrict(w)}/need-policy", new { })),
        Thing("NoteAttention", Child, w => Call.Post($"{OfChild(w)}/attention", World.FamilyChange)),
        List("ListAttention", Class, w => $"{OfSchool(w)}/attention?classId={w.Class.Id}&size=500", w => w.Attention),
        Thing("ReadAttention", Child, w => Call.Get($"{OfDistrict(w)}/attention/{w.Attention}")),
        Thing("ConfirmAttention", Child, async w => Call.Post(
            $"{OfDistrict(w)}/attention/{await w.NoteAsync(w.Child)}/confirm", new { })),
        Thing("DismissAttention", Child, async w => Call.Post(
            $"{OfDistrict(w)}/attention/{await w.NoteAsync(w.Child)}/dismiss", new { reason = "已核实" })),
        Thing("EndAttention", Child, async w => Call.Post(
            $"{OfDistrict(w)}/attention/{await w.NoteAsync(w.Child)}/end", new { })) with { Answers = 409 }, // not confirmed yet
        Thing("ReportScores", Child, w => Call.Post($"{OfSchool(w)}/scores", World.ScoresOf(w.Child))),
        Thing("ImportScores", School, w => Call.Post(
            $"{OfSchool(w)}/scores.csv?kind=monthly&heldOn={World.Day(0)}&outOf=100", "number,subject,score\n"u8.ToArray()), downwards: true),
        Thing("ListScores", Child, w => Call.Get($"{OfChild(w)}/scores")),
        Thing("ReportHomework", Class, w => Call.Post(
            $"{OfSchool(w)}/classes/{w.Class.Id}/homework", new { subject = "数学", dueOn = World.Day(0), missed = new[] { w.Child.Id } })),
        Thing("ImportHomework", Class, w => Call.Post(
            $"{OfSchool(w)}/classes/{w.Class.Id}/homework.csv", "subject,dueOn,number\n"u8.ToArray())),
        List("ListOutcomes", Class, w => $"{OfSchool(w)}/outcomes?termId={w.Term}&classId={w.Class.Id}", w => w.Child.Id),
        Thing("DecideOutcome", Child, w => Call.Put($"{OfDistrict(w)}/outcomes/{w.Outcome}", new { improved = true })),
        List("ReadImprovement", Class, w => $"{OfSchool(w)}/improvement?termId={w.Term}"),

        Thing("DraftPlan", Child, w => Call.Post($"{OfChild(w)}/plans", World.SmallGoal)),
        Thing("ChangePlan", Child, w => Call.Put($"{OfDistrict(w)}/plans/{w.RunningPlan}", World.SmallGoal)),
        Thing("BeginPlan", Child, async w => Call.Post($"{OfDistrict(w)}/plans/{await w.DraftAsync(w.Child)}/begin", new { agreedBy = "oral" })),
        Thing("ReviewPlan", Child, w => Call.Post($"{OfDistrict(w)}/plans/{w.RunningPlan}/review", new { note = "有进步", reviewOn = World.Day(9) })),
        Thing("ClosePlan", Child, async w => Call.Post($"{OfDistrict(w)}/plans/{await w.DraftAsync(w.Child)}/close", new { outcome = "givenUp" })),
        List("ListPlans", Child, w => $"{OfSchool(w)}/plans?studentId={w.Child.Id}&running=true", w => w.RunningPlan),
        Thing("ReadPlan", Child, w => Call.Get($"{OfDistrict(w)}/plans/{w.RunningPlan}")),
        Thing("MarkPlan", Child, w => Call.Put($"{OfDistrict(w)}/plans/{w.RunningPlan}/marks/{World.Day(0)}", new { })),
        Thing("MarkClassPlans", Class, w => Call.Post(
            $"{OfSchool(w)}/classes/{w.Class.Id}/plan-marks", new { day = World.Day(0), marks = new[] { new { planId = w.RunningPlan } } })),

        Thing("BeginWatch", Child, w => Call.Post($"{OfChild(w)}/watch", World.Watching)),
        List("ListWatch", School, w => $"{OfSchool(w)}/watch-list?size=500", w => w.Watch),
        Thing("ReadWatch", Child, w => Call.Get($"{OfDistrict(w)}/watch/{w.Watch}")),
        Thing("ChangeWatch", Child, w => Call.Put($"{OfDistrict(w)}/watch/{w.Watch}", World.Watching)),
        Thing("EndWatch", Child, async w => Call.Post($"{OfDistrict(w)}/watch/{await w.WatchAsync(w.Child)}/end", new { })),
        Thing("AssignStudentTask", Child, w => Call.Post($"{OfDistrict(w)}/watch/{w.Watch}/tasks", World.TaskOf(w.Child))),
        // Nobody's: it is there for the one who is asked only.
        Any("DoStudentTask", w => Call.Post($"{OfDistrict(w)}/student-tasks/{w.Item}/done", new { })) with { Answers = 404 },
        Any("ListStudentTasks", "/api/archives/student-tasks?size=500") with { Shows = w => w.StudentTask },

        Thing("OfferSupportResource", School, w => Call.Post($"{OfSchool(w)}/support-resources", World.Library)),
        List("ListSupportResources", School, w => $"{OfSchool(w)}/support-resources?size=500", w => w.Resource, downwards: true),
        Thing("WithdrawSupportResource", School, async w => Call.Delete(
            $"{OfSchool(w)}/support-resources/{await w.OfferAsync(w.Child)}")),
        Thing("AskForSupport", Child, w => Call.Post($"{OfChild(w)}/support", new { wish = "课后辅导" })),
        List("ListSupport", Child, w => $"{OfSchool(w)}/support?studentId={w.Child.Id}&size=500", w => w.Support),
        Thing("ReadSupport", Child, w => Call.Get($"{OfDistrict(w)}/support/{w.Support}")),
        Thing("ReferSupport", Child, w => Call.Post(
            $"{OfDistrict(w)}/support/{w.Support}/refer", new { resourceId = w.Resource, shared = true })),
        Thing("CloseSupport", Child, async w => Call.Post(
            $"{OfDistrict(w)}/support/{await w.AskForSupportAsync(w.Child)}/close", new { result = "notTaken" })),
    ];

    private static Example[] Rights =>
    [
        Thing("AskForPersonalData", Child, async w =>
        {
            await w.RefuseErasuresAsync();
            return Call.Post($"{OfChild(w)}/personal-data-requests", World.ErasureOf(w.Child));
        }),
        Thing("ListChildsPersonalDataRequests", Child, w => Call.Get($"{OfChild(w)}/personal-data-requests?size=500"))
            with { Shows = w => w.DataRequest },
        List("ListPersonalDataRequests", School, w => $"{OfDistrict(w)}/personal-data-requests?size=500", w => w.DataRequest),
        Thing("ReadPersonalDataRequest", Child, w => Call.Get($"{OfDistrict(w)}/personal-data-requests/{w.DataRequest}")),
        Thing("DecidePersonalDataRequest", District, async w => Call.Post(
            $"{OfDistrict(w)}/personal-data-requests/{await w.AskForErasureAsync(w.Child)}/decision",
            new { granted = false, reason = "notProven" })),
        Thing("FetchPersonalDataCopy", Child, w => Call.Get($"{OfDistrict(w)}/personal-data-requests/{w.DataRequest}/copy")),
        // Nobody of these children has left.
        Thing("PrintErasureCertificate", Child, async w => Call.Get(
            $"{OfDistrict(w)}/personal-data-requests/{await w.AskForErasureAsync(w.Child)}/certificate")) with { Answers = 409 },
        Thing("SetLegalHold", District, w => Call.Post($"{OfChild(w)}/legal-hold", World.Hold)) with { Answers = 409 },
        Thing("LiftLegalHold", District, async w =>
        {
            var child = $"{OfDistrict(w)}/students/{w.Schoolmate.Id}/legal-hold";
            await w.TryAsync(Call.Post(child, World.Hold));
            return Call.Delete(child);
        }),
        List("ListLegalHolds", District, w => $"{OfDistrict(w)}/legal-holds?size=500", w => w.Child.Id),
        Thing("ReadPersonalDataPolicy", District, w => Call.Get($"{OfDistrict(w)}/personal-data-policy")),
        Thing("ChangePersonalDataPolicy", District, w => Call.Put($"{OfDistrict(w)}/personal-data-policy", new { copyDays = 5 })),
        Thing("ReadConsentPurposes", District, w => Call.Get($"{OfDistrict(w)}/consent-purposes"), downwards: true),
        Thing("ChangeConsentPurposes", District, w => Call.Put($"{OfDistrict(w)}/consent-purposes", new { })),
        Thing("RecordConsent", Child, w => Call.Post($"{OfChild(w)}/consents", World.ConsentOf(w.Child))),
        Thing("ListConsents", Child, w => Call.Get($"{OfChild(w)}/consents")),
        Thing("AskForCorrection", Child, w => Call.Post($"{OfChild(w)}/corrections", World.CorrectionOf(w.Child))),
        Thing("ListChildsCorrections", Child, w => Call.Get($"{OfChild(w)}/corrections?size=500"))
            with { Shows = w => w.Correction },
        List("ListCorrections", School, w => $"{OfDistrict(w)}/corrections?size=500", w => w.Correction),
        Thing("DecideCorrection", School, async w => Call.Post(
            $"{OfDistrict(w)}/corrections/{await w.AskForCorrectionAsync(w.Child)}/decision", new { corrected = true })),
        RestrictedRead("archives"),
        List("ListConsentStanding", School, w => $"{OfSchool(w)}/consents?purpose=photos&size=500", w => w.Child.Id, downwards: true),
        Thing("ReadRetentionPolicy", District, w => Call.Get($"{OfDistrict(w)}/retention/policy")),
        Thing("ChangeRetentionPolicy", District, w => Call.Put($"{OfDistrict(w)}/retention/policy", new { })),
        Thing("ListRetentionDue", District, w => Call.Get($"{OfDistrict(w)}/retention/due")),
    ];

    private static Example[] Attachments =>
    [
        Thing("AddAttachment", Child, w => Call.Post($"{OfChild(w)}/attachments", World.File())),
        Thing("ListAttachments", Child, w => Call.Get($"{OfChild(w)}/attachments")) with { Shows = w => w.Attachments.ForFamily },
        Thing("ReadAttachment", Child, w => Call.Get($"{OfDistrict(w)}/attachments/{w.Attachments.ForFamily}/content")),
        Thing("ReadInternalAttachment", Child,
            w => Call.Post($"{OfDistrict(w)}/attachments/{w.Attachments.Internal}/reads", new { purpose = "support" })),
        Thing("ReadAttachmentInCrisis", Child,
            w => Call.Post($"{OfDistrict(w)}/attachments/{w.Attachments.Internal}/emergency-reads", World.Crisis)),
        Thing("DeleteAttachment", Child, async w => Call.Delete($"{OfDistrict(w)}/attachments/{await w.AttachAsync(w.Child)}"))
            with { Answers = 409 }, // the child's data is on hold
    ];

    private static Example[] Passing =>
    [
        Thing("UploadRollover", District, w => Call.Post(
            $"{OfDistrict(w)}/rollovers/upload", new Upload(JsonSerializer.SerializeToUtf8Bytes(World.Rollover), "rollover.json"))),
        Thing("StartRollover", District, w => Call.Post($"{OfDistrict(w)}/rollovers", World.Rollover)),
        List("ListHandovers", School, w => $"{OfSchool(w)}/handovers", downwards: true),
        Thing("PrintHandoverSheet", Child, w => Call.Get($"{OfDistrict(w)}/handovers/{w.Handover}/sheet")) with { Shows = w => w.Handover },
        Thing("AcceptHandover", Child, w => Call.Post($"{OfDistrict(w)}/handovers/{w.Handover}/accept", new { })),
        Thing("AcceptHandovers", Class, w => Call.Post($"{OfSchool(w)}/handovers/accept", new { classId = w.Class.Id })),
        Thing("AdmitStudent", School, w => Call.Post($"{OfSchool(w)}/students", World.Admission)),
        // To the school where the child is.
        Thing("TransferStudent", Child, w => Call.Post(
            $"{OfChild(w)}/transfers", new { kind = "within", firstDay = "2026-09-01", toSchoolId = w.School.Id })) with { Answers = 400 },
        List("ListTransfers", School, w => $"{OfSchool(w)}/transfers", w => w.Transfer),
        Thing("ReadTransferFile", Child, w => Call.Get($"{OfDistrict(w)}/transfers/{w.Transfer}/file")),
        // A leave needs nobody's acceptance.
        .. new[] { ("AcceptTransfer", "accept"), ("RefuseTransfer", "refuse"), ("CancelTransfer", "cancel"), ("RecordTransferBasis", "basis"),
            ("ReceiveTransferredItems", "receive") }.Select(act => Thing(
                act.Item1, Child, w => Call.Post($"{OfDistrict(w)}/transfers/{w.Transfer}/{act.Item2}", new { })) with { Answers = 409 }),
    ];

    // Ids are those of the exporting system, alike in all districts here: whose rows are shown, Shows says.
    private static IEnumerable<Example> OneRoster
    {
        get
        {
            const string root = "/ims/oneroster/rostering/v1p2";
            foreach (var (path, shows) in new (string, Func<World, Guid>?)[]
            {
                ("orgs", w => w.School.Id), ("schools", w => w.School.Id), ("academicSessions", null), ("terms", null),
                ("classes", w => w.Class.Id), ("users", w => w.Child.Id), ("students", w => w.Child.Id), ("teachers", null), ("enrollments", null),
            })
            {
                var name = char.ToUpperInvariant(path[0]) + path[1..];
                yield return Any($"OneRosterList{name}", _ => Call.Get($"{root}/{path}?limit=1000")) with { Shows = shows };
                yield return Any($"OneRosterRead{name}", $"{root}/{path}/nothing") with { Answers = 404 };
            }

            foreach (var (name, path) in new[]
            {
                ("ClassesOfSchools", "schools/nothing/classes"), ("EnrollmentsOfSchools", "schools/nothing/enrollments"),
                ("StudentsOfSchools", "schools/nothing/students"), ("TeachersOfSchools", "schools/nothing/teachers"),
                ("StudentsOfClasses", "classes/nothing/students"), ("TeachersOfClasses", "classes/nothing/teachers"),
            })
            {
                yield return Any($"OneRosterList{name}", $"{root}/{path}") with { Answers = 404 };
            }
        }
    }

    private static Example[] Planning =>
    [
        Thing("ProposePlan", Class, w => Call.Post($"{Plans(w)}", new { classId = w.Class.Id })),
        Thing("Replan", Class, async w => Call.Post($"{Plans(w)}/{await w.PlanAsync(w.Class)}/replan", new { })),
        List("ListPlans", School, Plans, w => w.Plan, downwards: true),
        Thing("ReadPlan", Class, w => Call.Get($"{Plans(w)}/{w.Plan}")),
        List("ListPlanItems", Class, w => $"{Plans(w)}/{w.Plan}/items"),
        Thing("SetPlanItem", Class, async w => Call.Put(
            $"{Plans(w)}/{w.Plan}/items/{await w.PlanItemAsync(w.Class, w.Plan)}",
            new { startsAt = TimeProvider.System.GetUtcNow().AddDays(20), teacherId = w.Class.Person })),
        Thing("RemovePlanItem", Class, async w =>
        {
            var plan = await w.PlanAsync(w.Class);
            return Call.Delete($"{Plans(w)}/{plan}/items/{await w.PlanItemAsync(w.Class, plan)}");
        }),
        Thing("PublishPlan", Class, async w => Call.Post($"{Plans(w)}/{await w.PlanAsync(w.Class, empty: true)}/publish", new { })),
        Thing("ReadFamilyTimes", Child, w => Call.Get(FamilyTimes(w))),
        Thing("ChangeFamilyTimes", Child, w => Call.Put(FamilyTimes(w), World.NoTimes)),
        Thing("ImportBusyHours", School, w => Call.Post($"/api/visits/schools/{w.School.Id}/busy-hours?dryRun=true", World.Timetable),
            downwards: true),
        List("ListBusyHours", School, w => $"/api/visits/schools/{w.School.Id}/busy-hours", downwards: true),
        // Nobody's: not known at the school, and not one's own.
        Any("ImportBusyCalendar", w => Call.Put(
            $"/api/visits/schools/{w.School.Id}/staff/{Guid.CreateVersion7()}/busy-calendars/x", World.BusyCalendar))
            with { Answers = 404 },
        Any("DeleteBusyCalendar", w => Call.Delete(
            $"/api/visits/schools/{w.School.Id}/staff/{Guid.CreateVersion7()}/busy-calendars/x")) with { Answers = 404 },
        List("ListBusyCalendars", School, w => $"/api/visits/schools/{w.School.Id}/staff/{Guid.CreateVersion7()}/busy-calendars"),
        // There are none.
        Any("DeleteBusyHours", w => Call.Delete($"/api/visits/schools/{w.School.Id}/busy-hours/{Guid.CreateVersion7()}"))
            with { Answers = 404 },
    ];

    private static Example[] VisitWork =>
    [
        List("ListWork", Class, w => $"/api/visits/work?all=true&classId={w.Class.Id}&size=500", w => w.Child.Id),
        List("ListWork", School, w => $"/api/visits/work?all=true&schoolId={w.School.Id}&size=500", w => w.Child.Id, downwards: true),
        Any("CountWork", "/api/visits/work/counts"),
        List("ListOutliers", School, w => $"/api/visits/outliers?schoolId={w.School.Id}"),
        Thing("ReadVisitSetting", Child, w => Call.Get($"/api/visits/settings/{w.Child.Id}")),
        Thing("ChangeVisitSetting", Child, w => Call.Put($"/api/visits/settings/{w.Child.Id}", new { weekendsOnly = true })),
        Thing("ReadVisitProgramme", School, w => Call.Get($"/api/visits/programmes/{w.School.Id}/{w.Term}"), downwards: true),
        Thing("PrintVisitProgramme", School, w => Call.Get($"/api/visits/programmes/{w.School.Id}/{w.Term}/sheet"), downwards: true),
        Thing("PublishVisitProgramme", School, w => Call.Put($"/api/visits/programmes/{w.School.Id}/{w.Term}", World.Programme)),
        Thing("ReadClassProgramme", Class, w => Call.Get($"/api/visits/classes/{w.Class.Id}/programme")),
    ];

    private static Example[] Safety =>
    [
        Thing("ReportEmergency", Child, w => Call.Post("/api/visits/emergencies", new { studentId = w.Child.Id, kind = "other" })),
        List("ListEmergencies", Child, w => $"/api/visits/emergencies?studentId={w.Child.Id}&size=500", w => w.Emergency),
        Thing("ReadEmergency", Child, w => Call.Get($"/api/visits/emergencies/{w.Emergency}")),
        Thing("LogEmergencyContact", Child, async w => Call.Post(
            $"/api/visits/emergencies/{await w.ReportAsync(w.Child)}/contact", new { mode = "voice" })),
        // Nobody is on duty here.
        Any("ReadEmergencyOnDuty", w => Call.Get($"/api/visits/emergencies/on-duty/{w.Emergency}")) with { Answers = 404 },
        Any("LogEmergencyContactOnDuty", w => Call.Post(
            $"/api/visits/emergencies/on-duty/{w.Emergency}/contact", new { mode = "voice" })) with { Answers = 404 },
        // The visit is of no such emergency.
        Thing("LinkEmergencyVisit", Child, w => Call.Post($"/api/visits/emergencies/{w.Emergency}/visit", new { visitId = w.Visit }))
            with { Answers = 400 },
        // Nobody has been reached yet.
        Thing("CloseEmergency", Child, w => Call.Post($"/api/visits/emergencies/{w.Emergency}/close", new
        {
            ownerId = w.Class.Person, dueOn = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(3), what = "谈话",
        })) with { Answers = 409 },
        Thing("AskForPriorityVisit", Child, w => Call.Post(
            "/api/visits/priority-visits", new { studentId = w.Child.Id, node = "adolescence" })),
        List("ListPriorityVisits", Class, w => $"/api/visits/priority-visits?classId={w.Class.Id}", w => w.PriorityVisit),
        Any("ListAlerts", "/api/visits/alerts"),
        Thing("ReadDutyRoster", School, w => Call.Get($"/api/visits/duty-rosters/{w.School.Id}"), downwards: true),
        Thing("ChangeDutyRoster", School, w => Call.Put($"/api/visits/duty-rosters/{w.School.Id}", NoSpecialDays)),
        // Any child of the school, also of another class.
        Thing("OpenProtectedCase", School, w => Call.Post(
            "/api/visits/protected-cases", new { studentId = w.Child.Id, kind = "abuse" }), downwards: true),
        Thing("RaiseCrisis", School, w => Call.Post("/api/visits/crises", new { studentId = w.Child.Id }), downwards: true),
        // A role alone shows no case: nobody is named here.
        Any("ListProtectedCases", "/api/visits/protected-cases"),
        Any("ReadProtectedCase", "/api/visits/protected-cases/reads", new { caseId = Guid.Empty }) with { Answers = 404 },
        Any("WriteProtectedCase", "/api/visits/protected-cases/entries", new { caseId = Guid.Empty, text = "注" }) with { Answers = 404 },
        Any("GrantProtectedCase", "/api/visits/protected-cases/grants",
            new { caseId = Guid.Empty, staffId = Guid.Empty, purpose = "评估", days = 1 }) with { Answers = 404 },
        Any("RevokeProtectedCase", "/api/visits/protected-cases/revocations",
            new { caseId = Guid.Empty, staffId = Guid.Empty }) with { Answers = 404 },
        Thing("ReadProtectionLeads", School, w => Call.Get($"/api/visits/protection-leads/{w.School.Id}"), downwards: true),
        Thing("NameProtectionLeads", School, w => Call.Put(
            $"/api/visits/protection-leads/{w.School.Id}", new { staffIds = Array.Empty<Guid>() })),
        Any("ListCrises", "/api/visits/crises"),
        Any("ListCrisesOfLeads", "/api/visits/crises/of-leads"),
        Thing("ReadCrisis", Child, w => Call.Get($"/api/visits/crises/{w.RaisedCrisis}")),
        Thing("AcknowledgeCrisis", Child, w => Call.Post($"/api/visits/crises/{w.RaisedCrisis}/acknowledge", new { })),
        Thing("TickCrisis", Child, w => Call.Post($"/api/visits/crises/{w.RaisedCrisis}/ticks", new { code = "referral" })),
    ];

    private static Example[] Visits =>
    [
        Thing("ScheduleVisit", Child, w => Call.Post("/api/visits", w.VisitOf(w.Child))),
        Thing("MoveVisit", Child, async w => Call.Post($"/api/visits/{await w.ScheduleAsync(w.Child)}/move", w.VisitOf(w.Child))),
        Thing("CancelVisit", Child, async w => Call.Post($"/api/visits/{await w.ScheduleAsync(w.Child)}/cancel", new { })),
        Thing("AnswerVisit", Child, async w => Call.Post(
            $"/api/visits/{await w.ScheduleAsync(w.Child)}/answer", new { answer = "confirm" })),
        Thing("StartVisit", Child, async w => Call.Post(
            $"/api/visits/{await w.ScheduleAsync(w.Child, past: true)}/start", new { })),
        Thing("CompleteVisit", Child, async w => Call.Post(
            $"/api/visits/{await w.ScheduleAsync(w.Child, past: true)}/complete", World.Record)),
        Thing("ReadVisitRecord", Child, w => Call.Get($"/api/visits/{w.CompletedVisit}/record")),
        Thing("ReadVisit", Child, w => Call.Get($"/api/visits/{w.Visit}")),
        Thing("ReadInvitation", Child, w => Call.Get($"/api/visits/{w.Visit}/invitation.ics")),
        Thing("ReplyToInvitation", Child, w => Call.Post($"/api/visits/{w.Visit}/reply", World.NoReply)) with { Answers = 422 },
        Thing("ArrangeSubstitution", School, w => Call.Post($"/api/visits/schools/{w.School.Id}/substitutions", new
        {
            teacherId = Guid.Empty, substituteId = Guid.Empty, startsOn = "2026-01-01",
        })) with { Answers = 400 },
        List("ListSubstitutions", School, w => $"/api/visits/schools/{w.School.Id}/substitutions", w => w.Substitution),
        Thing("MakeCalendarFeed", School, w => Call.Post($"/api/visits/schools/{w.School.Id}/calendar-feed", new { }), downwards: true),
        Thing("EndCalendarFeed", School, w => Call.Delete($"/api/visits/schools/{w.School.Id}/calendar-feed"), downwards: true),
        Any("ReadCalendarFeed", "/api/visits/feeds/none") with { Answers = 404 }, // the link is its only key
        Thing("ReadAnswerLink", Child, w => Call.Get($"/api/visits/{w.Visit}/answer-link")),
        List("ListVisits", Child, w => $"/api/visits?schoolId={w.School.Id}&studentId={w.Child.Id}", w => w.Visit),
        List("ListVisits", School, w => $"/api/visits?schoolId={w.School.Id}&size=500", w => w.Visit, downwards: true),
        List("ListStrandedVisits", School, w => $"/api/visits/schools/{w.School.Id}/stranded-visits", downwards: true),
        Thing("ReadVisitPolicy", School, w => Call.Get($"/api/visits/policies/{w.School.Id}"), downwards: true),
        RestrictedRead("visits"),
        Thing("ReadVisitPolicy", District, w => Call.Get($"/api/visits/policies/{w.District.Id}")),
        Thing("ChangeVisitPolicy", School, w => Call.Put($"/api/visits/policies/{w.School.Id}", World.VisitPolicy)),
        Thing("ChangeVisitPolicy", District, w => Call.Put($"/api/visits/policies/{w.District.Id}", World.VisitPolicy)),
        Thing("ReadSchoolCalendar", School, w => Call.Get($"/api/visits/calendars/{w.School.Id}"), downwards: true),
        Thing("ReadSchoolCalendar", District, w => Call.Get($"/api/visits/calendars/{w.District.Id}")),
        Thing("ChangeSchoolCalendar", School, w => Call.Put($"/api/visits/calendars/{w.School.Id}", NoSpecialDays)),
        Thing("ChangeSchoolCalendar", District, w => Call.Put($"/api/visits/calendars/{w.District.Id}", NoSpecialDays)),
        Link("ReadLinkedAppointment", w => Call.Get(w.VisitLink)),
        Link("ReadInvitationByLink", w => Call.Get(w.VisitLink + "/invitation.ics")),
        Link("ReplyToInvitationByLink", w => Call.Post(w.VisitLink + "/reply", World.NoReply)) with { Answers = 422 },
        Link("AnswerByLink", w => Call.Post(w.VisitLink, new { answer = "confirm" })),
        // Without the version that the page showed.
        Link("AnswerByForm", w => Call.Post(w.VisitLink, new Form([KeyValuePair.Create("answer", "confirm")])))
            with { Answers = 412 },
    ];

    private static Example[] Records =>
    [
        Thing("CorrectVisitRecord", Child, w => Call.Put($"/api/visits/{w.CompletedVisit}/record", World.Record)),
        Thing("ReadInternalPart", Child, w => Call.Get($"/api/visits/{w.CompletedVisit}/record/internal")),
        Thing("PrintVisitRecord", Child, w => Call.Get($"/api/visits/{w.CompletedVisit}/record/print")),
        Thing("KeepVisitDraft", Child, w => Call.Put($"/api/visits/{w.Visit}/draft", World.Draft)),
        Thing("ReadVisitDraft", Child, w => Call.Get($"/api/visits/{w.Visit}/draft")),
        List("ListDueRecords", School, w => $"/api/visits/records/due?schoolId={w.School.Id}&size=500"),
        Thing("ReadAgreement", Child, w => Call.Get($"/api/visits/{w.CompletedVisit}/agreement")),
        Thing("CheckTone", School, w => Call.Post(
            "/api/visits/tone", new { nodeId = w.School.Id, texts = new { summary = "聊了学习习惯" } }), downwards: true),
        Thing("WriteVisitOutline", Child, w => Call.Put($"/api/visits/{w.Visit}/outline", World.Outline)),
        Thing("ReadVisitOutline", Child, w => Call.Get($"/api/visits/{w.Visit}/outline")) with { Shows = w => w.Visit },
        Thing("PrintVisitOutline", Child, w => Call.Get($"/api/visits/{w.Visit}/outline/print")),
        Thing("AskVisitQuestions", Child, w => Call.Put($"/api/visits/{w.Visit}/questions", World.Questions)),
        Link("AskVisitQuestionsByLink", w => Call.Put(w.VisitLink + "/questions", World.Questions)),
        // Nobody who calls is invited to this visit.
        Thing("WriteVisitNote", Child, w => Call.Put($"/api/visits/{w.Visit}/note", World.JointNote)) with { Answers = 403 },
        Thing("ReadVisitNote", Child, w => Call.Get($"/api/visits/{w.Visit}/note")) with { Answers = 403 },
        Thing("ReadVisitNotes", Child, w => Call.Get($"/api/visits/{w.Visit}/notes")),
    ];

    private static Example[] Ledger =>
    [
        Thing("LogContact", Child, w => Call.Post("/api/visits/ledger", World.ContactWith(w.Child))),
        Thing("LogClassContacts", Child, w => Call.Post("/api/visits/ledger/class", World.FeedbackTo(w.Child))),
        Thing("CorrectLedgerEntry", Child, async w => Call.Post(
            $"/api/visits/ledger/{await w.LogAsync(w.Child)}/corrections", new { line = "实为面谈" })),
        List("ListLedger", Child, w => $"/api/visits/ledger?studentId={w.Child.Id}", w => w.Contact),
        Thing("ReadLedgerEntry", Child, w => Call.Get($"/api/visits/ledger/{w.Contact}")),
        Thing("ReadLedgerEntry", Child, w => Call.Get($"/api/visits/ledger/{w.CompletedVisit}")),
        Thing("PrintLedger", Child, w => Call.Get($"/api/visits/ledger/sheet?studentId={w.Child.Id}")),
        Thing("AddFollowUps", Child, w => Call.Post($"/api/visits/ledger/{w.Contact}/follow-ups", World.FollowUpsOf(w.Child))),
        List("ListFollowUps", Child, w => $"/api/visits/follow-ups?studentId={w.Child.Id}", w => w.FollowUp),
        // A subject teacher reaches the own ones only, whosever class it is; the service's own tests have who reaches which.
        Any("ReadFollowUp", w => Call.Get($"/api/visits/follow-ups/{w.Item}")) with { Answers = 404 },
        Any("CloseFollowUp", w => Call.Post($"/api/visits/follow-ups/{w.Item}/close", new { outcome = "已解决" }))
            with { Answers = 404 },
        Thing("ReassignFollowUp", Child, async w => Call.Post(
            $"/api/visits/follow-ups/{await w.FollowUpAsync(w.Child)}/owner", new { ownerId = w.Child.Parent!.Person })),
        Thing("RecordDispute", Child, w => Call.Post("/api/visits/disputes", World.DisputeAbout(w.Child))),
        Thing("ResolveDispute", Child, async w => Call.Post(
            $"/api/visits/disputes/{await w.DisputeAsync(w.Child)}/resolve", new { resolution = "已沟通解决" })),
        List("ListDisputes", Child, w => $"/api/visits/disputes?studentId={w.Child.Id}", w => w.Dispute),
        Thing("ReadDispute", Child, w => Call.Get($"/api/visits/disputes/{w.Dispute}")),
        Thing("ReadDisputeRates", Class, w => Call.Get($"/api/visits/disputes/rates?schoolId={w.School.Id}&classId={w.Class.Id}")),
    ];

    private static Example[] SpotChecks =>
    [
        Thing("DrawSpotCheck", School, w => Call.Post("/api/visits/spot-checks", World.CheckOf(w.School))),
        List("ListSpotChecks", School, w => $"/api/visits/spot-checks?schoolId={w.School.Id}", w => w.SpotCheck),
        Thing("ReadSpotCheck", School, w => Call.Get($"/api/visits/spot-checks/{w.SpotCheck}")),
        Thing("ReadSpotCheckPopulation", School, w => Call.Get($"/api/visits/spot-checks/{w.SpotCheck}/population")),
        Thing("PrintSpotCheck", School, w => Call.Get($"/api/visits/spot-checks/{w.SpotCheck}/sheet")),
        Thing("GradeSpotCheck", School, w => Call.Put(
            $"/api/visits/spot-checks/{w.SpotCheck}/records/{w.CompletedVisit}", World.Excellent)),
        Any("ReadOwnSpotCheckResults", "/api/visits/spot-checks/results") with { Shows = w => w.CompletedVisit },
        Thing("ProposeExcellentCase", School, w => Call.Post(
            $"/api/visits/spot-checks/{w.SpotCheck}/records/{w.CompletedVisit}/case", World.CaseText)),
        Thing("ReadExcellentCase", Child, w => Call.Get($"/api/visits/spot-checks/cases/{w.ExcellentCase}")),
        Thing("ConsentToExcellentCase", Child, async w => Call.Post(
            $"/api/visits/spot-checks/cases/{await w.ProposeCaseAsync(w.Child)}/consent", new { })),
        Thing("ShareExcellentCase", School, async w => Call.Post(
            $"/api/visits/spot-checks/cases/{await w.ConsentedCaseAsync(w.Child)}/share", new { })),
        Thing("WithdrawExcellentCase", School, async w => Call.Post(
            $"/api/visits/spot-checks/cases/{await w.ProposeCaseAsync(w.Child)}/withdraw", new { })),
        Any("ListSharedCases", "/api/visits/spot-checks/cases/shared") with { Shows = w => w.ExcellentCase },
    ];

    private static Example[] Surveys =>
    [
        Any("ListReadyMadeSurveys", "/api/surveys/ready-made"),
        Any("ListSurveyDefinitions", "/api/surveys/definitions?size=500") with { Shows = w => w.SurveyDesign },
        Thing("DesignSurvey", School, w => Call.Post("/api/surveys/definitions", World.DesignOf(w.School))),
        Thing("DesignSurvey", District, w => Call.Post("/api/surveys/definitions", World.DesignOf(w.District))),
        Thing("ReadSurveyDefinition", School, w => Call.Get($"/api/surveys/definitions/{w.SurveyDesign}"), downwards: true),
        Thing("ExportSurveyDefinition", School, w => Call.Get($"/api/surveys/definitions/{w.SurveyDesign}/surveyjs"), downwards: true),
        Thing("ChangeSurveyDefinition", School, w => Call.Put(
            $"/api/surveys/definitions/{w.SurveyDesign}", new { content = World.SurveyContent })),
        Thing("OpenSurveyRound", Class, w => Call.Post("/api/surveys/rounds", World.RoundOf(w.Class))),
        Thing("OpenSurveyRound", School, w => Call.Post("/api/surveys/rounds", World.RoundOf(w.School))),
        Thing("OpenSurveyRound", District, w => Call.Post("/api/surveys/rounds", World.RoundOf(w.District))),
        Any("ListSurveyRounds", "/api/surveys/rounds?size=500") with { Shows = w => w.SurveyRound },
        Thing("CloseSurveyRound", Class, w => Call.Post($"/api/surveys/rounds/{w.SurveyRound}/close", new { })),
        List("ListSurveyInvitations", Child, w => $"/api/surveys/invitations?visitId={w.CompletedVisit}", w => w.CompletedVisit),
        Any("ListSurveyInvitations", "/api/surveys/invitations?size=500"),
        Any("ListMySurveys", "/api/surveys/mine") with { Shows = w => w.CompletedVisit },
        Thing("ReadSurveyResults", Class, w => Call.Get($"/api/surveys/results?node=class&id={w.Class.Id}")),
        Thing("ReadSurveyResults", School, w => Call.Get($"/api/surveys/results?node=school&id={w.School.Id}")),
        Thing("ReadSurveyResults", District, w => Call.Get($"/api/surveys/results?node=district&id={w.District.Id}")),
        Thing("ReadSurveyTrend", Class, w => Call.Get($"/api/surveys/trend?node=class&id={w.Class.Id}&readyMade=visitSatisfaction")),
        Thing("ReadSurveyTrend", School, w => Call.Get($"/api/surveys/trend?node=school&id={w.School.Id}&readyMade=visitSatisfaction")),
        Thing("ReadSurveyTrend", District, w => Call.Get($"/api/surveys/trend?node=district&id={w.District.Id}&readyMade=visitSatisfaction")),
        Thing("ReadSurveyTexts", Class, w => Call.Get($"/api/surveys/texts?node=class&id={w.Class.Id}&roundId={w.SurveyRound}")),
        Thing("ReadSurveyTexts", School, w => Call.Get($"/api/surveys/texts?node=school&id={w.School.Id}&roundId={w.SurveyRound}")),
        Thing("ReadSurveyTexts", District, w => Call.Get($"/api/surveys/texts?node=district&id={w.District.Id}&roundId={w.SurveyRound}")),
        Thing("ExportSurveyResults", Class, w => Call.Get($"/api/surveys/results.csv?roundId={w.SurveyRound}")) with { Shows = w => w.Class.Id },
        Thing("ExportSurveyAnswers", School, w => Call.Get($"/api/surveys/answers.csv?roundId={w.SurveyRound}")),
        Any("ReadSurveyAnswers", "/api/surveys/answers?size=500") with { Shows = w => w.CompletedVisit },
        RestrictedRead("surveys"),
        Thing("ReadSurveyPolicy", District, w => Call.Get($"/api/surveys/policies/{w.District.Id}")),
        Thing("ChangeSurveyPolicy", District, w => Call.Put($"/api/surveys/policies/{w.District.Id}", new { daysOpen = 8 })),
        Link("ReadLinkedSurvey", w => Call.Get(w.SurveyLink)),
        Link("AnswerSurvey", w => Call.Post(w.SurveyLink, World.SurveyAnswers)),
        Link("AnswerSurveyByForm", w => Call.Post(
            w.SurveyLink, new Form([KeyValuePair.Create("conversation", "5"), KeyValuePair.Create("helpful", "8")]))),
    ];

    private static Example[] Messages =>
    [
        Any("ListInbox", "/api/messages/inbox?size=500") with { Shows = w => w.Post },
        Any("MarkDelivered", w => Call.Post("/api/messages/inbox/delivered", new { ids = new[] { w.Post } })),
        Any("MarkRead", w => Call.Post("/api/messages/inbox/read", new { ids = new[] { w.Post } })),
        Thing("PublishPost", Class, w => Call.Post("/api/messages/posts", World.NoticeOf(w.Class))),
        Thing("PublishPost", School, w => Call.Post("/api/messages/posts", World.NoticeOf(w.School))),
        Thing("PublishPost", District, w => Call.Post("/api/messages/posts", World.NoticeOf(w.District))),
        Thing("CheckPost", Class, w => Call.Post("/api/messages/posts/check", World.NoticeOf(w.Class))),
        Thing("CheckPost", District, w => Call.Post("/api/messages/posts/check", World.NoticeOf(w.District))),
        Any("ListPosts", "/api/messages/posts?size=500") with { Shows = w => w.Post },
        Thing("ReadPost", Class, w => Call.Get($"/api/messages/posts/{w.Post}"), downwards: true),
        Thing("ListReceipts", Class, w => Call.Get($"/api/messages/posts/{w.Post}/receipts")) with { Shows = w => w.Child.Id },
        Thing("RemindUnread", Class, w => Call.Post($"/api/messages/posts/{w.Post}/reminders", new { })),
        Thing("PrintPost", Class, w => Call.Get($"/api/messages/posts/{w.Post}/print?classId={w.Class.Id}")) with { Answers = 409 },
        Thing("EnterPaperReceipt", Class, w => Call.Post(
            $"/api/messages/posts/{w.Post}/paper-receipts", new { studentId = w.Child.Id, guardianId = w.Child.Person })) with { Answers = 409 },
        Thing("AnswerPost", Child, w => Call.Put($"/api/messages/posts/{w.Post}/answer", new { studentId = w.Child.Id, text = "会来" })),
        Thing("ReadPostAnswers", Class, w => Call.Get($"/api/messages/posts/{w.Post}/answers")),
        Thing("ReadContactBook", Class, w => Call.Get(World.ContactBookOf(w.Class))) with { Shows = w => w.ContactEntry },
        Thing("WriteContactBook", Class, w => Call.Put(World.ContactBookOf(w.Class), World.ContactBookSays)),
        Any("ListContactBook", "/api/messages/contact-book") with { Shows = w => w.ContactEntry },
        Thing("ReplyToContactBook", Child, w => Call.Put($"/api/messages/contact-book/{w.ContactEntry}/reply", new { question = "读什么？" })),
        Thing("ReadGroupRules", Class, w => Call.Get(World.GroupOf(w.Class) + "/rules"), downwards: true),
        Thing("PublishGroupRules", Class, w => Call.Put(World.GroupOf(w.Class) + "/rules", new { lines = new[] { "先私信" } })),
        Thing("AcknowledgeGroupRules", Class, async w => Call.Post(
            World.GroupOf(w.Class) + "/rules/acknowledgements", new { version = await w.AcknowledgeAsync(w.Child) })) with { Downwards = true },
        Thing("ListGroupAcknowledgements", Class, w => Call.Get(World.GroupOf(w.Class) + "/rules/acknowledgements"))
            with { Shows = w => w.Child.Id },
        Thing("ListGroupPosts", Class, w => Call.Get(World.GroupOf(w.Class) + "/posts"), downwards: true),
        Thing("ListOwnGroupPosts", Class, w => Call.Get(World.GroupOf(w.Class) + "/posts/mine"), downwards: true)
            with { Shows = w => w.GroupPost },
        Thing("WriteGroupPost", Class, async w =>
        {
            await w.AcknowledgeAsync(w.Child);
            await w.AcknowledgeAsync(w.Classmate);
            return Call.Post(World.GroupOf(w.Class) + "/posts", new { kind = "talk", text = "大家好！" });
        }) with { Downwards = true },
        // Nobody's: only who wrote a post takes it back, or sends it privately.
        Any("WithdrawGroupPost", w => Call.Delete($"{World.GroupOf(w.Class)}/posts/{w.Item}")) with { Answers = 404 },
        Any("SendGroupPostPrivately", w => Call.Post($"{World.GroupOf(w.Class)}/posts/{w.Item}/private", new { })) with { Answers = 404 },
        Thing("ListHeldGroupPosts", Class, w => Call.Get(World.GroupOf(w.Class) + "/queue"), downwards: true),
        Thing("DecideOnGroupPost", Class, w => Call.Post(
            $"{World.GroupOf(w.Class)}/posts/{w.GroupPost}/decisions", new { kind = "release", reason = "withinRules" }), downwards: true)
            with { Answers = 409 }, // it is decided, and nobody decides on a post of his own
        Thing("ListGroupDecisions", Class, w => Call.Get(World.GroupOf(w.Class) + "/decisions")) with { Shows = w => w.GroupPost },
        Thing("ReadGroupCadence", Class, w => Call.Get(World.GroupOf(w.Class) + "/cadence")),
        Thing("ChangeGroupCadence", Class, w => Call.Put(World.GroupOf(w.Class) + "/cadence", new { kinds = new[] { "question" } })),
        Thing("SuggestGroupPosts", Class, w => Call.Get(World.GroupOf(w.Class) + "/suggestions")) with { Shows = w => w.Child.Id },
        Thing("WritePrivateMessage", Child, w => Call.Post(
            "/api/messages/private-messages", new { studentId = w.Child.Id, text = "请留意" })),
        Any("ListOwnPrivateMessages", "/api/messages/private-messages") with { Shows = w => w.PrivateMessage },
        Thing("ListPrivateMessages", Class, w => Call.Get(OfLetters(w) + "?size=500")) with { Shows = w => w.PrivateMessage },
        Thing("AnswerPrivately", Class, w => Call.Post(
            OfLetters(w), new { studentId = w.Child.Id, guardianId = w.Child.Person, text = "谢谢" })),
        // A teacher elsewhere who is in the roster has hours of the own, too.
        List("ReadOffHours", Class, _ => "/api/messages/off-hours"),
        Thing("SetOffHours", Class, w => Call.Put("/api/messages/off-hours", World.Hours)) with { IsList = true },
        Any("ReadChannel", "/api/messages/channel"),
        Any("ChooseChannel", w => Call.Put("/api/messages/channel", new { channel = "inbox" })),
        Any("SendAddressCode", w => Call.Post("/api/messages/channel/code", new { })) with { Answers = 404 },
        Any("ConfirmAddress", w => Call.Post("/api/messages/channel/confirmation", new { code = "AAAAAAAAAAAA" })) with { Answers = 404 },
        Thing("ListClassRobots", Class, w => Call.Get($"/api/messages/classes/{w.Class.Id}/robots")),
        Thing("SetClassRobot", Class, w => Call.Put($"/api/messages/classes/{w.Class.Id}/robots/weCom", World.Robot)),
        Thing("RemoveClassRobot", Class, w => Call.Delete($"/api/messages/classes/{w.Class.Id}/robots/dingTalk")),
        List("ListDeadLetters", District, _ => "/api/messages/operations/dead-letters", w => w.DeadLetter),
        Thing("ReplayDeadLetter", District,
            w => Call.Post($"/api/messages/operations/dead-letters/{w.SentLetter}/replay", new { })) with { Answers = 409 },
        Any("ReadMessageRates", w => Call.Get($"/api/messages/rates?{World.ThisYear}")) with { Shows = w => w.Class.Id },
        RestrictedRead("messages"),
        Thing("ReadMessagePolicy", District, w => Call.Get($"/api/messages/policies/{w.District.Id}")),
        Thing("ChangeMessagePolicy", District, w => Call.Put($"/api/messages/policies/{w.District.Id}", new { timelyHours = 24 })),
    ];

    private static Example[] Insights =>
    [
        Thing("ReadCoverage", Class, w => Call.Get($"/api/insights/coverage?node=class&id={w.Class.Id}")),
        Thing("ReadCoverage", School, w => Call.Get($"/api/insights/coverage?node=grade&grade=03&id={w.School.Id}")),
        Thing("ReadCoverage", School, w => Call.Get($"/api/insights/coverage?node=school&id={w.School.Id}")),
        Thing("ReadCoverage", District, w => Call.Get($"/api/insights/coverage?node=district&id={w.District.Id}")),
        List("ListSchoolCoverage", District, w => $"/api/insights/districts/{w.District.Id}/coverage/schools", w => w.School.Id,
            downwards: true),
        List("ListGradeCoverage", School, w => $"/api/insights/schools/{w.School.Id}/coverage/grades", downwards: true),
        List("ListClassCoverage", School, w => $"/api/insights/schools/{w.School.Id}/coverage/classes", w => w.Class.Id,
            downwards: true),
        Any("ReadFeed", "/api/insights/feed?after=0") with { Shows = w => w.CompletedVisit },
    ];

    private static Example[] Activities =>
    [
        Any("ListMeetings", "/api/activities/meetings?size=500") with { Shows = w => w.Meeting },
        Thing("PlanMeeting", Class, w => Call.Post("/api/activities/meetings", World.MeetingOf(w.Class))) with { Answers = 409 }, // once
        Thing("ChangeMeeting", Class, w => Call.Put(OfMeeting(w), World.MeetingOf(w.Class))) with { Answers = 409 }, // it has begun
        Thing("CancelMeeting", Class, w => Call.Delete(OfMeeting(w))) with { Answers = 409 },
        Thing("ShowMeetingCode", Class, w => Call.Post(OfMeeting(w) + "/code", new { })),
        Thing("CheckInToMeeting", Class, async w => Call.Post(OfMeeting(w) + "/check-in", new { code = await w.MeetingCodeAsync() }))
            with { Downwards = true },
        Thing("ListMeetingFamilies", Class, w => Call.Get(OfMeeting(w) + "/families")) with { Shows = w => w.Child.Id },
        Thing("NoteAttendance", Class, w => Call.Post(OfMeeting(w) + "/attendance", new { studentIds = new[] { w.Child.Id } })),
        Thing("CorrectAttendance", Class, w => Call.Post(
            OfMeeting(w) + "/attendance/corrections", new { studentIds = new[] { w.Classmate.Id } })),
        Thing("ReadMeetingReach", School, w => Call.Get($"/api/activities/schools/{w.School.Id}/reach?termId={w.Term}"), downwards: true),
        Thing("ReadCovenant", Class, w => Call.Get(OfCovenant(w)), downwards: true),
        Thing("PublishCovenant", Class, w => Call.Put(OfCovenant(w), World.Covenant)),
        Thing("SignCovenant", Class, async w => Call.Post(
            OfCovenant(w) + "/signatures", new { version = await w.CovenantVersionAsync() })) with { Downwards = true },
        Thing("ListCovenantSignatures", Class, w => Call.Get(OfCovenant(w) + "/signatures")) with { Shows = w => w.Child.Id },
        Thing("AskQuestion", Child, w => Call.Post("/api/activities/questions", World.QuestionOf(w.Child))),
        Thing("ListQuestions", School, w => Call.Get($"/api/activities/schools/{w.School.Id}/questions?size=500"), downwards: true)
            with { Shows = w => w.Question },
        Thing("MakeTopic", School, async w => Call.Post(
            $"/api/activities/schools/{w.School.Id}/topics", new { title = "作业", questionIds = new[] { await w.QuestionAsync(w.Child) } })),
        Thing("MergeQuestions", School, async w => Call.Post(
            $"/api/activities/topics/{w.Topic}/questions", new { questionIds = new[] { await w.QuestionAsync(w.Child) } })),
        Any("ListTopics", "/api/activities/topics?size=500") with { Shows = w => w.Topic },
        Thing("VoteForTopic", School, w => Call.Put($"/api/activities/topics/{w.Topic}/vote", new { }), downwards: true),
        Thing("TakeVoteBack", School, w => Call.Delete($"/api/activities/topics/{w.Topic}/vote"), downwards: true),
        Any("ListParentClasses", "/api/activities/parent-classes?size=500") with { Shows = w => w.Lesson },
        Thing("PlanParentClass", School, w => Call.Post(
            $"/api/activities/schools/{w.School.Id}/parent-classes", World.LessonIn(TimeSpan.FromDays(1)))),
        Thing("ChangeParentClass", School, w => Call.Put(OfLesson(w.Lesson), World.LessonIn(TimeSpan.FromDays(1)))),
        Thing("SetReplay", School, w => Call.Put(OfLesson(w.LiveLesson) + "/replay", World.Replay)),
        Thing("TakeSeat", School, w => Call.Post(OfLesson(w.Lesson) + "/seat", new { }), downwards: true),
        Thing("LeaveSeat", School, w => Call.Delete(OfLesson(w.Lesson) + "/seat"), downwards: true),
        Thing("ListSeats", School, w => Call.Get(OfLesson(w.Lesson) + "/seats")),
        Thing("WatchLive", School, w => Call.Post(OfLesson(w.LiveLesson) + "/live", new { }), downwards: true),
        Thing("WatchReplay", School, w => Call.Post(OfLesson(w.LiveLesson) + "/replay-views", new { }), downwards: true),
        // Nobody signed up for it while that was possible.
        Thing("NoteWorkshopAttendance", School, w => Call.Post(
            OfLesson(w.LiveLesson) + "/attendance", new { studentIds = new[] { w.Child.Id } })) with { Answers = 400 },
        Thing("TickMethod", School, w => Call.Post(OfLesson(w.LiveLesson) + "/methods/0/tried", new { }), downwards: true),
        Thing("ReadMethods", School, w => Call.Get($"/api/activities/schools/{w.School.Id}/methods"), downwards: true),
        Any("ListFamilyActivities", "/api/activities/family-activities?size=500") with { Shows = w => w.FamilyActivity },
        Thing("PlanFamilyActivity", Class, w => Call.Post("/api/activities/family-activities", World.FamilyActivityOf(w.Class))),
        Thing("ReadFamilyActivity", Class, w => Call.Get(OfActivity(w)), downwards: true),
        Thing("ChangeFamilyActivity", Class, w => Call.Put(OfActivity(w), new { title = "社区服务" })),
        Thing("CancelFamilyActivity", Class, async w => Call.Post(
            $"/api/activities/family-activities/{await w.FamilyActivityAsync(w.Class)}/cancel", new { })),
        Thing("SignUpFamily", Child, w => Call.Put($"{OfActivity(w)}/sign-ups/{w.Child.Id}", new { })),
        Thing("SignOffFamily", Child, async w => Call.Delete(
            $"/api/activities/family-activities/{await w.FamilyActivityAsync(w.Class)}/sign-ups/{w.Child.Id}")),
        Thing("CheckInFamily", Child, w => Call.Post($"{OfActivity(w)}/check-ins", new { studentId = w.Child.Id })),
        Thing("ListActivityFamilies", Class, w => Call.Get($"{OfActivity(w)}/families"), downwards: true),
        Thing("WriteReflection", Child, w => Call.Put($"{OfActivity(w)}/reflections/{w.Child.Id}", new { text = "很有意义" })),
        Thing("ListReflections", Class, w => Call.Get($"{OfActivity(w)}/reflections"), downwards: true),
        Thing("Suggest", Child, w => Call.Post($"{OfActivity(w)}/suggestions", World.SuggestionOf(w.Child))),
        Thing("ListSuggestions", Class, w => Call.Get($"{OfActivity(w)}/suggestions"), downwards: true),
        Thing("AnswerSuggestion", Class, async w => Call.Post(
            $"/api/activities/suggestions/{await w.SuggestionAsync(w.Child)}/answer", new { text = "好的" })),
        Thing("ReadCommittee", Class, w => Call.Get($"/api/activities/committees/{w.Class.Id}"), downwards: true),
        Thing("NameCommittee", Class, w => Call.Put($"/api/activities/committees/{w.Class.Id}", World.Committee))
            with { Answers = 400 }, // nobody's guardians
        Thing("OfferResource", Child, w => Call.Post("/api/activities/resources", World.ResourceOf(w.Child))),
        Any("ListMyResources", "/api/activities/resources/mine"),
        Thing("WithdrawResource", Child, async w => Call.Delete($"/api/activities/resources/{await w.ResourceAsync(w.Child)}")),
        Any("ListResources", "/api/activities/resources?size=500"),
        Thing("WriteDevelopmentNote", School, w => Call.Post(
            "/api/activities/development-notes", new { schoolId = w.School.Id, kind = "book", text = "读后感" }), downwards: true),
        Any("ListDevelopmentNotes", "/api/activities/development-notes?size=500"),
        Any("DeleteDevelopmentNote", _ => Call.Delete($"/api/activities/development-notes/{Guid.CreateVersion7()}"))
            with { Answers = 404 }, // not the caller's own
        Thing("PlanTraining", School, w => Call.Post("/api/activities/trainings", World.TrainingOf(w.School))),
        Any("ListTrainings", "/api/activities/trainings?size=500") with { Shows = w => w.Training },
        Thing("TakeTrainingRoll", School, w => Call.Put(
            $"/api/activities/trainings/{w.Training}/roll", new { staffIds = Array.Empty<Guid>() })),
        Thing("ReadTrainingRate", School, w => Call.Get(
            $"/api/activities/trainings/rate?schoolId={w.School.Id}&termId={w.Term}")),
        Thing("ReadActivityPolicy", District, w => Call.Get($"/api/activities/policies/{w.District.Id}")),
        Thing("ReadActivityPolicy", School, w => Call.Get($"/api/activities/policies/{w.School.Id}")),
        Thing("ChangeActivityPolicy", School, w => Call.Put($"/api/activities/policies/{w.School.Id}", new { })),
        Thing("AddPhoto", Class, w => Call.Post($"/api/activities/classes/{w.Class.Id}/photos", w.PhotoOf(w.Child)),
            downwards: true),
        Any("ListPhotos", "/api/activities/photos?size=100") with { Shows = w => w.ClassPhoto },
        Thing("ReadPhoto", Class, w => Call.Get($"/api/activities/photos/{w.ClassPhoto}/content"), downwards: true),
        Thing("ListPhotoConsents", Class, w => Call.Get($"/api/activities/classes/{w.Class.Id}/photo-consents")),
        Thing("ReleasePhoto", Class, w => Call.Post(
            $"/api/activities/photos/{w.ClassPhoto}/release", new { studentIds = new[] { w.Child.Id } })),
        Thing("TakePhotoBack", Child, async w => Call.Delete($"/api/activities/photos/mine/{await w.SendClassPhotoAsync()}")),
        Thing("DeletePhoto", Class, async w => Call.Delete($"/api/activities/photos/{await w.AddClassPhotoAsync()}")),
        Thing("ReadHandbook", Class, w => Call.Get(OfHandbook(w))),
        Thing("ListHandbookMaterial", Class, w => Call.Get($"{OfHandbook(w)}/material")),
        Thing("ComposeHandbook", Class, w => Call.Put(OfHandbook(w), new { items = Array.Empty<object>(), forFamilies = true })),
        Thing("PrintHandbook", Class, w => Call.Get($"{OfHandbook(w)}/print"), downwards: true),
        Thing("PrintCovenant", Class, w => Call.Get(OfCovenant(w) + "/print"), downwards: true),
        Thing("EnterPaperSignature", Class, w => Call.Post(
            OfCovenant(w) + "/paper-signatures", new { version = 1, studentId = w.Child.Id, guardianId = w.Child.Person })),
        Thing("CancelParentClass", School, async w => Call.Post(
            $"/api/activities/parent-classes/{await w.LessonAsync()}/cancel", new { })),
        RestrictedRead("activities"),
    ];

    private static Example[] Identity =>
    [
        Thing("Invite", Child, w => Call.Post("/api/identity/invitations", World.GuardianOf(w.Child))) with { Hidden = 422 },
        List("ListInvitations", Child, w => $"/api/identity/invitations?studentId={w.Child.Id}", w => w.Child.Id),
        Any("ListInvitations", "/api/identity/invitations?size=500"),
        List("ListRoles", Child, w => $"/api/identity/roles?personId={w.Child.Person}", w => w.Child.Id),
        Any("ListRoles", "/api/identity/roles?size=500"),
        Thing("WithdrawRole", Child, async w => Call.Delete($"/api/identity/roles/{(await w.JoinAsync(w.Child)).Role}")),
        Any("ReadDiscovery", "/.well-known/openid-configuration"),
        Any("ReadKeys", "/.well-known/jwks.json"),
        Any("ReadRevocations", "/.well-known/revocations") with { ShowsAnybody = true }, // accounts' ids; not through the gateway
        Any("ShowFirstAdmin", "/api/identity/first-admin"),
        Any("CreateFirstAdmin", FirstAdmin, Stranger("token")) with { Answers = 410 },
        Any("CreateFirstAdminOnPage", FirstAdmin, new Form(Stranger("token"))) with { Answers = 403 }, // from no page of ours
        Any("ShowInvitation", "/api/identity/invitations/accept"),
        Any("AcceptInvitation", Accept, Stranger("code")) with { Answers = 404 },
        Any("AcceptInvitationOnPage", Accept, new Form(Stranger("code"))) with { Answers = 403 },
        Any("AcceptInvitationSignedIn", "/api/identity/me/invitations", Stranger("code"))
            with { Answers = 404, NeedsAccount = true },
        Any("SignIn", "/api/identity/sign-in", Stranger("device")) with { Answers = 401 },
        Any("Refresh", "/api/identity/refresh", new { refreshToken = "nobody's" }) with { Answers = 401 },
        Any("SignOut", "/api/identity/sign-out", new { refreshToken = "nobody's" }),
        Any("ReadMe", "/api/identity/me") with { NeedsAccount = true },
        Any("ListSessions", "/api/identity/me/sessions") with { NeedsAccount = true },
        Any("ChangePassword", "/api/identity/me/password", new { currentPassword = "wrong", newPassword = "another wrong one" })
            with { Answers = 422, NeedsAccount = true },
        // The session of somebody who is none of the callers.
        Any("EndSession", w => Call.Delete($"/api/identity/me/sessions/{w.Session}")) with { Answers = 404, NeedsAccount = true },
        Any("EndOtherSessions", _ => Call.Delete("/api/identity/me/sessions")) with { NeedsAccount = true },
        Thing("WithdrawInvitation", Child, async w => Call.Delete($"/api/identity/invitations/{(await w.InviteAsync(w.Child)).Id}")),
        Any("SignInWithCode", "/api/identity/sign-in/code", new { ticket = "none", code = "000000" }) with { Answers = 401 },
        Any("ReadSecondFactor", "/api/identity/me/second-factor") with { NeedsAccount = true },
        Any("BeginSecondFactor", "/api/identity/me/second-factor", new { password = "wrong" })
            with { Answers = 422, NeedsAccount = true },
        Any("ConfirmSecondFactor", "/api/identity/me/second-factor/confirm", new { code = "000000" })
            with { Answers = 422, NeedsAccount = true },
        Any("RenewRecoveryCodes", "/api/identity/me/second-factor/recovery-codes", WrongTwice)
            with { Answers = 409, NeedsAccount = true },
        Any("EndSecondFactor", "/api/identity/me/second-factor/end", WrongTwice) with { Answers = 409, NeedsAccount = true },
        Thing("ResetSecondFactor", Child, async w => Call.Delete($"/api/identity/accounts/{await w.AccountAsync(w.Child)}/second-factor"))
            with { Answers = 409 }, // there is none

        Thing("CreateClient", School, w => Call.Post("/api/identity/clients", World.ClientAt(w.School))) with { Hidden = 422 },
        Any("ListClients", "/api/identity/clients?size=500") with { Shows = w => w.Client },
        Thing("RenewClientSecret", School, w => Call.Post($"/api/identity/clients/{w.Client}/secret", new { })),
        Thing("WithdrawClient", School, async w => Call.Delete($"/api/identity/clients/{await w.CreateClientAsync(w.School)}")),
        Any("IssueClientToken", _ => Call.Post("/api/identity/oauth/token", new Form(ClientCredentials))) with { Answers = 401 },

        // No provider is configured.
        Any("ListProviders", "/api/identity/external"),
        Any("GoToProvider", "/api/identity/external/none/start?challenge=none&return=/") with { Answers = 404 },
        Any("ComeBackFromProvider", "/api/identity/external/none/callback") with { Answers = 404 },
        Any("LogOutByProvider", _ => Call.Post("/api/identity/external/none/logout", new Form([KeyValuePair.Create("logout_token", "x")])))
            with { Answers = 404 },
        Any("SignInExternally", "/api/identity/external/sign-in", new { signInCode = "none", verifier = "none" }) with { Answers = 401 },
        Any("AcceptInvitationExternally", "/api/identity/external/invitations",
            new { signInCode = "none", verifier = "none", code = "0000-0000-0000-0000", userName = "nobody@school.example", language = "zh" })
            with { Answers = 401 },
        Any("ListMyProviders", "/api/identity/me/providers") with { NeedsAccount = true },
        Any("LinkProvider", "/api/identity/me/providers", new { signInCode = "none", verifier = "none", currentPassword = "wrong" })
            with { Answers = 422, NeedsAccount = true },
        Any("UnlinkProvider", w => Call.Delete($"/api/identity/me/providers/{w.Session}")) with { Answers = 404, NeedsAccount = true },

        // Pages know who asks by their cookie, which nobody here has: the token of the API opens none.
        .. Pages(),
    ];

    private static IEnumerable<Example> Pages()
    {
        const string account = "/account";
        foreach (var (name, path) in new[]
        {
            ("ShowSignIn", "/sign-in"), ("ShowCode", "/code"), ("ShowAccount", ""), ("ShowPassword", "/password"),
            ("ShowSecondFactor", "/second-factor"), ("ShowInvitations", "/invitations"), ("ShowProvider", "/provider"),
        })
        {
            yield return Any(name, account + path);
        }

        foreach (var (name, path) in new[]
        {
            ("SignInOnPage", "/sign-in"), ("SignInWithCodeOnPage", "/code"), ("SignOutOnPage", "/sign-out"), ("ChangePasswordOnPage", "/password"),
            ("EndOtherSessionsOnPage", "/sessions/end-others"), ("AcceptInvitationSignedInOnPage", "/roles"),
            ("BeginSecondFactorOnPage", "/second-factor"), ("ConfirmSecondFactorOnPage", "/second-factor/confirm"),
            ("RenewRecoveryCodesOnPage", "/second-factor/recovery-codes"), ("EndSecondFactorOnPage", "/second-factor/end"),
            ("SignInByProviderOnPage", "/provider"), ("LinkProviderOnPage", "/provider/link"),
        })
        {
            yield return Any(name, _ => Call.Post(account + path, new Form(AllFields))) with { Answers = 403 }; // from no page of ours
        }

        yield return Any("ChooseProvider", account + "/provider/none") with { Answers = 404 };
        yield return Any("EndSessionOnPage", w => Call.Post($"{account}/sessions/{w.Session}/end", new Form([]))) with { Answers = 403 };
        yield return Any("WithdrawInvitationOnPage", w => Call.Post($"{account}/invitations/{w.Session}/withdraw", new Form([])))
            with
        { Answers = 403 };
    }

    private static Example[] Common(string service)
    {
        var operations = $"/api/{service}/operations";
        return
        [
            Any("/alive", "/alive"),
            Any("/health", "/health"),
            Any("/openapi/{documentName}.json", $"/openapi/{service}.json"),
            List("ListParkedMessages", District, _ => $"{operations}/parked-messages", w => w.ParkedMessage),
            Thing("ReplayParkedMessage", District,
                w => Call.Post($"{operations}/parked-messages/{w.ParkedMessage}/replay", new { })) with { Answers = 409 },
            // Sends events of all districts to a queue; shows nobody anything.
            Any("RedeliverEvents", $"{operations}/redeliveries",
                new { queue = "nobody", names = new[] { "nothing" }, since = "2026-09-01" }),
            Any("ReadAuditKey", $"{operations}/audit/key"),
            // Of all districts: ids of rows and places in the chain, nothing that says what they are about.
            Any("VerifyAudit", $"{operations}/audit/verifications", new { }),
            Any("ExportAudit", $"{operations}/audit/export?{World.AllTimes}")
                with { Shows = service == "visits" ? w => w.Visit : null },
            Any("ListAuditAnchors", $"{operations}/audit/anchors?service=visits"),
        ];
    }

    private static IEnumerable<Example> In(string service, IEnumerable<Example> examples) =>
        examples.Select(example => example with { Endpoint = $"{service} {example.Endpoint}" });

    private static Example RestrictedRead(string service) => Thing("ReadRestrictedData", District, async w =>
    {
        await w.KeepByLawAsync();
        return Call.Post(
            $"/api/{service}/districts/{w.District.Id}/students/{w.Schoolmate.Id}/restricted-reads", new { purpose = "legalDuty" });
    });

    private static Example Thing(string endpoint, Func<World, Node> of, Func<World, Task<Call>> call) =>
        new(endpoint, call) { Of = of };

    private static Example Thing(string endpoint, Func<World, Node> of, Func<World, Call> call, bool downwards = false) =>
        new(endpoint, w => Task.FromResult(call(w))) { Of = of, Downwards = downwards };

    private static Example List(
        string endpoint, Func<World, Node> of, Func<World, string> path, Func<World, Guid>? shows = null,
        bool downwards = false) =>
        new(endpoint, w => Task.FromResult(Call.Get(path(w)))) { Of = of, IsList = true, Shows = shows, Downwards = downwards };

    private static Example Any(string endpoint, string path) => Any(endpoint, _ => Call.Get(path));

    private static Example Any(string endpoint, Func<World, Call> call) => new(endpoint, w => Task.FromResult(call(w)));

    private static Example Any(string endpoint, string path, object body) => Any(endpoint, _ => Call.Post(path, body));

    private static Example Link(string endpoint, Func<World, Call> call) => Any(endpoint, call) with { ShowsAnybody = true };

    private static string OfDistrict(World world) => $"/api/archives/districts/{world.District.Id}";

    private static string OfChild(World world) => $"{OfDistrict(world)}/students/{world.Child.Id}";

    private static string OfGuardian(World world) => $"{OfChild(world)}/guardians/{world.Child.Person}";

    private static string OfMeeting(World world) => $"/api/activities/meetings/{world.Meeting}";

    private static string OfLetters(World world) =>
        $"/api/messages/schools/{world.School.Id}/classes/{world.Class.Id}/private-messages";

    private static string OfCovenant(World world) => $"/api/activities/classes/{world.Class.Id}/covenant";

    private static string OfActivity(World world) => $"/api/activities/family-activities/{world.FamilyActivity}";

    private static string OfHandbook(World world) => $"/api/activities/classes/{world.Class.Id}/handbooks/{world.Term}";

    private static string OfLesson(Guid lesson) => $"/api/activities/parent-classes/{lesson}";

    private static string Cases(World world) => $"{OfDistrict(world)}/compliance-cases";

    private static string Plans(World world) => $"/api/visits/schools/{world.School.Id}/plans";

    private static string FamilyTimes(World world) =>
        $"/api/visits/schools/{world.School.Id}/students/{world.Child.Id}/family-times";

    private static string OfSchool(World world) => $"/api/archives/schools/{world.School.Id}";

    private static Node Child(World world) => world.Child;

    private static Node Class(World world) => world.Class;

    private static Node School(World world) => world.School;

    private static Node District(World world) => world.District;

    private static object WrongTwice => new { password = "wrong", code = "000000" };

    // Of any form on a page.
    private static Dictionary<string, string> AllFields =>
        new[] { "userName", "password", "currentPassword", "newPassword", "code", "signInCode" }.ToDictionary(name => name, name => name, StringComparer.Ordinal);

    private static Dictionary<string, string> ClientCredentials => new(StringComparer.Ordinal)
    {
        ["grant_type"] = "client_credentials",
        ["client_id"] = "nobody",
        ["client_secret"] = "nothing",
    };

    // Who has no account, with something secret that nobody gave him.
    private static Dictionary<string, string> Stranger(string secret) => new(StringComparer.Ordinal)
    {
        [secret] = "0000-0000-0000-0000",
        ["userName"] = "nobody@school.example",
        ["password"] = "correct horse battery staple",
        ["language"] = "Zh",
    };
}
