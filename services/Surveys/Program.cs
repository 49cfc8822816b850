using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Surveys;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Answering;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Policies;
using HomeSchool.Surveys.Results;
using HomeSchool.Surveys.Roster;
using HomeSchool.Surveys.Rounds;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<SurveysDb>("surveys");
builder.AddKeyVault();
builder.AddPersonalData();
builder.Services.AddSingleton<EventConsumer, RosterProjection>();
builder.Services.AddSingleton<EventConsumer, OpenVisitSatisfaction>();
builder.Services.AddSingleton<SurveyLinks>();
builder.Services.AddSingleton<BatchKeys>();
builder.Services.AddSingleton<Mixer>();
builder.Services.AddSingleton<StageAnswers>();
builder.Services.AddSingleton<Tally>();
builder.Services.AddSingleton<KnownRounds>();
builder.Services.AddSingleton<StoreAnswers>();
builder.Services.AddSingleton<TakeAnswer>();
builder.Services.AddHostedService<InviteFamilies>();
builder.Services.AddHostedService<RemindFamilies>();
builder.Services.AddHostedService<MixAnswers>();
builder.Services.AddHostedService<CloseRounds>();
builder.Services.AddHostedService<AnnounceCounts>();

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/surveys").WithTags("Surveys");
api.MapDesignSurvey();
api.MapRounds();
api.MapAnswerByLink();
api.MapHandOver();
api.MapReadResults();
api.MapReadTrend();
api.MapReadTexts();
api.MapExportResults();
api.MapReadAnswers();
api.MapExportAnswers();
api.MapPolicy();
api.MapReadRestricted();

if (await LostAnswers.RunAsync(app.Services, args, CancellationToken.None) is { } done)
{
    await Console.Out.WriteLineAsync(done);
    return 0;
}

return await app.RunServiceAsync(args);
