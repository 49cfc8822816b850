using HomeSchool.Archives;
using HomeSchool.Archives.Attachments;
using HomeSchool.Archives.Compliance;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.OneRoster;
using HomeSchool.Archives.Passing;
using HomeSchool.Archives.Plans;
using HomeSchool.Archives.Rights;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Search;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Archives.Timeline;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<ArchivesDb>("archives");
builder.AddKeyVault();
builder.AddPersonalData();
builder.AddFiles();
builder.Services.Configure<ComplianceDeadlines>(builder.Configuration.GetSection("Compliance"));
builder.Services.Configure<RosterLimits>(builder.Configuration.GetSection("Roster"));
builder.Services.AddSingleton(_ => SheetSecret.From(builder.Configuration));
builder.Services.Configure<PersonalDataServices>(builder.Configuration.GetSection("PersonalData"));
builder.Services.AddSingleton<EventConsumer, CollectPersonalData>();
builder.Services.AddHostedService<ForgetCopies>();
builder.Services.AddHostedService<EndRetention>();
builder.Services.AddSingleton<EventConsumer, KeepAnchors>(); // Insights keeps them for all others, Archives for Insights
builder.Services.AddSingleton<EventConsumer, KeepFamilyIntakes>();
builder.Services.AddSingleton<EventConsumer, FollowEvents>();
builder.Services.AddHostedService<TurnRights>();

var app = builder.Build();
app.UseServiceDefaults();
app.UseGuardianSight();

var api = app.MapGroup("/api/archives");
// What is restricted is compared with a roster, too, and comes back with it.
var roster = api.MapGroup("").SeesRestricted();
roster.MapImportRoster();
api.MapRosterTemplate();
api.MapListImports();
api.MapReadImport();
api.MapListImportMistakes();
api.MapListImportChanges();
roster.MapConfirmImport();
api.MapCancelImport();
roster.MapReorganise();

roster.MapStartRollover();
api.MapListHandovers();
api.MapAcceptHandover();
api.MapTransfers();
api.MapAdmitStudent();

api.MapListSchools();
api.MapListTerms();
api.MapListClasses();
api.MapListStudents();
api.MapFindStudents();
api.MapReadStudent();
api.MapListStaff();

api.MapReadArchive();
api.MapGuardians();
api.MapListPickUp();
api.MapRestrictions();
api.MapFamily();
api.MapSiblings();
api.MapCareNeeds();
api.MapListTimeline();

api.MapWriteSensitiveItem();
api.MapListSensitiveItems();
api.MapReadSensitiveItem();
api.MapSensitiveAccess();
api.MapReviewEmergencyReads();
api.MapListSensitiveReads();
api.MapSensitivePolicy();

api.MapChangeNeeds();
api.MapReadNeeds();
api.MapNeedPolicy();
api.MapAttention();
api.MapImportScores();
api.MapReadScores();
api.MapReportHomework();
api.MapOutcomes();

api.MapWritePlan();
api.MapReadPlans();
api.MapMarkPlan();
api.MapKeepWatch();
api.MapSupport();

api.MapAddAttachment();
api.MapListAttachments();
api.MapReadAttachment();
api.MapDeleteAttachment();

api.MapCases();

api.MapPersonalData();
api.MapConsents();
api.MapCorrections();
api.MapRetention();
api.MapReadRestricted();

app.MapRosterApi();

return await app.RunServiceAsync(args);
