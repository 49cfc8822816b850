using HomeSchool.Archives;
using HomeSchool.Archives.Roster;
using HomeSchool.ServiceDefaults.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<ArchivesDb>("archives");
builder.Services.Configure<RosterLimits>(builder.Configuration.GetSection("Roster"));

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/archives");
api.MapImportRoster();
api.MapListImports();
api.MapReadImport();
api.MapListImportMistakes();
api.MapListImportChanges();
api.MapConfirmImport();
api.MapCancelImport();

api.MapListSchools();
api.MapListTerms();
api.MapListClasses();
api.MapListStudents();
api.MapReadStudent();
api.MapListStaff();

return await app.RunServiceAsync(args);
