using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Visits;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<VisitsDb>("visits");
builder.AddKeyVault();
builder.AddPersonalData();
builder.Services.AddSingleton<EventConsumer, RosterProjection>();
builder.Services.AddSingleton<AnswerLinks>();

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/visits").WithTags("Visits");
api.MapScheduleVisit();
api.MapMoveVisit();
api.MapCancelVisit();
api.MapAnswerVisit();
api.MapAnswerLink();
api.MapStartVisit();
api.MapCompleteVisit();
api.MapReadRecord();
api.MapReadVisit();
api.MapListVisits();
api.MapInvitation();
api.MapPolicy();

return await app.RunServiceAsync(args);
