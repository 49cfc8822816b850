using HomeSchool.Identity;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;

var builder = WebApplication.CreateBuilder(args);
builder.UseOwnKeysForTokenCheck();
builder.AddServiceDefaults<IdentityDb>("identity");
builder.Services.AddSingleton<SigningKeys>();
builder.Services.AddSingleton<Passwords>();
builder.Services.AddSingleton<PublicAddress>();
builder.Services.AddSingleton<EventConsumer, RosterConsumer>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDiscovery();

var api = app.MapGroup("/api/identity");
api.MapFirstAdmin();
api.MapSignIn();
api.MapRefresh();
api.MapSignOut();
api.MapReadMe();
api.MapInvite();
api.MapListInvitations();
api.MapAcceptInvitation();

return args is ["first-admin"] ? await FirstAdmin.PrintLinkAsync(app.Services) : await app.RunServiceAsync(args);
