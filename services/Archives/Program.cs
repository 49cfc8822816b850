using HomeSchool.Archives;
using HomeSchool.Archives.Compliance;
using HomeSchool.Archives.OneRoster;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Sensitive;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<ArchivesDb>("archives");
builder.AddKeyVault();
builder.Services.Configure<ComplianceDeadlines>(builder.Configuration.GetSection("Compliance"));
builder.Services.Configure<RosterLimits>(builder.Configuration.GetSection("Roster"));
builder.Services.AddSingleton(_ => SheetSecret.From(builder.Configuration));
builder.Services.AddSingleton<EventConsumer, KeepAnchors>(); // Insights keeps them for all others, Archives for Insights

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/archives");
api.MapImportRoster();
api.MapRosterTemplate();
api.MapListImports();
api.MapReadImport();
api.MapListImportMistakes();
api.MapListImportChanges();
api.MapConfirmImport();
api.MapCancelImport();
api.MapReorganise();

api.MapListSchools();
api.MapListTerms();
api.MapListClasses();
api.MapListStudents();
api.MapReadStudent();
api.MapListStaff();

api.MapWriteSensitiveItem();
api.MapListSensitiveItems();
api.MapReadSensitiveItem();
api.MapSensitiveAccess();
api.MapReviewEmergencyReads();
api.MapListSensitiveReads();
api.MapSensitivePolicy();

api.MapCases();

app.MapRosterApi();

return await app.RunServiceAsync(args);
