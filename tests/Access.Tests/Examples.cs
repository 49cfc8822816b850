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
        .. In("visits", Visits), .. In("surveys", Surveys), .. In("insights", Insights),
        .. In("identity", Identity),
    ];

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
        Thing("DeleteAttachment", Child, async w => Call.Delete($"{OfDistrict(w)}/attachments/{await w.AttachAsync(w.Child)}")),
    ];

    private static Example[] Passing =>
    [
        Thing("StartRollover", District, w => Call.Post($"{OfDistrict(w)}/rollovers", World.Rollover)),
        List("ListHandovers", School, w => $"{OfSchool(w)}/handovers", downwards: true),
        Thing("PrintHandoverSheet", Child, w => Call.Get($"{OfDistrict(w)}/handovers/{w.Handover}/sheet")) with { Shows = w => w.Handover },
        Thing("AcceptHandover", Child, w => Call.Post($"{OfDistrict(w)}/handovers/{w.Handover}/accept", new { })),
        Thing("AcceptHandovers", Class, w => Call.Post($"{OfSchool(w)}/handovers/accept", new { classId = w.Class.Id })),
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
        Thing("ReadAnswerLink", Child, w => Call.Get($"/api/visits/{w.Visit}/answer-link")),
        List("ListVisits", Child, w => $"/api/visits?schoolId={w.School.Id}&studentId={w.Child.Id}", w => w.Visit),
        List("ListVisits", School, w => $"/api/visits?schoolId={w.School.Id}&size=500", w => w.Visit, downwards: true),
        Thing("ReadVisitPolicy", School, w => Call.Get($"/api/visits/policies/{w.School.Id}"), downwards: true),
        Thing("ReadVisitPolicy", District, w => Call.Get($"/api/visits/policies/{w.District.Id}")),
        Thing("ChangeVisitPolicy", School, w => Call.Put($"/api/visits/policies/{w.School.Id}", new { noticeDays = 3 })),
        Thing("ChangeVisitPolicy", District, w => Call.Put($"/api/visits/policies/{w.District.Id}", new { noticeDays = 3 })),
        Link("ReadLinkedAppointment", w => Call.Get(w.VisitLink)),
        Link("ReadInvitationByLink", w => Call.Get(w.VisitLink + "/invitation.ics")),
        Link("AnswerByLink", w => Call.Post(w.VisitLink, new { answer = "confirm" })),
        // Without the version that the page showed.
        Link("AnswerByForm", w => Call.Post(w.VisitLink, new Form([KeyValuePair.Create("answer", "confirm")])))
            with { Answers = 412 },
    ];

    private static Example[] Surveys =>
    [
        List("ListSurveyInvitations", Child, w => $"/api/surveys/invitations?visitId={w.CompletedVisit}", w => w.CompletedVisit),
        Any("ListSurveyInvitations", "/api/surveys/invitations?size=500"),
        Any("ListMySurveys", "/api/surveys/mine") with { Shows = w => w.CompletedVisit },
        Thing("ReadSurveyResults", Class, w => Call.Get($"/api/surveys/results?node=class&id={w.Class.Id}")),
        Thing("ReadSurveyResults", School, w => Call.Get($"/api/surveys/results?node=school&id={w.School.Id}")),
        Thing("ReadSurveyResults", District, w => Call.Get($"/api/surveys/results?node=district&id={w.District.Id}")),
        Any("ReadSurveyAnswers", "/api/surveys/answers?size=500") with { Shows = w => w.CompletedVisit },
        Thing("ReadSurveyPolicy", District, w => Call.Get($"/api/surveys/policies/{w.District.Id}")),
        Thing("ChangeSurveyPolicy", District, w => Call.Put($"/api/surveys/policies/{w.District.Id}", new { daysOpen = 8 })),
        Link("ReadLinkedSurvey", w => Call.Get(w.SurveyLink)),
        Link("AnswerSurvey", w => Call.Post(w.SurveyLink, World.SurveyAnswers)),
        Link("AnswerSurveyByForm", w => Call.Post(
            w.SurveyLink, new Form([KeyValuePair.Create("conversation", "5"), KeyValuePair.Create("helpful", "8")]))),
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

    private static string Cases(World world) => $"{OfDistrict(world)}/compliance-cases";

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
