using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Surveys;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<SurveysDb>("surveys");
builder.AddKeyVault();
builder.AddPersonalData();
builder.Services.AddSingleton<EventConsumer, OpenVisitSatisfaction>();
builder.Services.AddSingleton<SurveyLinks>();

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/surveys").WithTags("Surveys");
api.MapAnswerByLink();
api.MapHandOver();
api.MapReadResults();
api.MapReadAnswers();
api.MapPolicy();

return await app.RunServiceAsync(args);
