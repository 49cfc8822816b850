using HomeSchool.Insights;
using HomeSchool.Insights.Feed;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<InsightsDb>("insights");
builder.AddPersonalData();

builder.Services.AddSingleton<EventConsumer, FollowRoster>();
builder.Services.AddSingleton<EventConsumer, CountVisits>();
builder.Services.AddHostedService<TurnOfDay>();
builder.Services.AddHostedService<AnnounceCoverage>();

builder.Services.AddSingleton<EventConsumer, RecordFeed>();
builder.Services.AddSingleton<FeedTail>();
builder.Services.AddHostedService(services => services.GetRequiredService<FeedTail>());
builder.Services.AddHostedService<ForgetFeed>();

builder.Services.AddSingleton<EventConsumer, KeepAnchors>();

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/insights").WithTags("Insights");
api.MapReadCoverage();
api.MapListCoverage();
api.MapReadFeed();

return await app.RunServiceAsync(args);
