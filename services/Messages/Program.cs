using HomeSchool.Messages;
using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Delivery;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.OffHours;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Posts;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<MessagesDb>("messages");
builder.AddKeyVault();
builder.AddPersonalData();
builder.Services.AddSingleton<EventConsumer, RosterProjection>();
builder.Services.AddSingleton<EventConsumer, FollowArrangements>();
builder.Services.AddSingleton<EventConsumer, FollowGroup>();
builder.Services.AddHostedService<SendPosts>();
builder.AddDelivery();

var app = builder.Build();
app.UseServiceDefaults();

var api = app.MapGroup("/api/messages").WithTags("Messages");
api.MapInbox();
api.MapPublishPost();
api.MapListPosts();
api.MapReadReceipts();
api.MapRemindUnread();
api.MapAnswerPost();
api.MapReadRates();
api.MapKeepContactBook();
api.MapReplyToEntry();
api.MapReadGroup();
api.MapWriteGroupPost();
api.MapModerateGroup();
api.MapKeepRules();
api.MapSuggestPosts();
api.MapWritePrivately();
api.MapKeepOffHours();
api.MapPolicy();
api.MapReadRestricted();
api.MapDelivery();

return await app.RunServiceAsync(args);
