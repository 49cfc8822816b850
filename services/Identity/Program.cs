using HomeSchool.Identity;
using HomeSchool.Identity.Clients;
using HomeSchool.Identity.External;
using HomeSchool.Identity.Pages;
using HomeSchool.Identity.Roster;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.UseOwnKeysForTokenCheck();
builder.Services.AddSingleton<ReadRevocations>(services => new RevocationLists(services).ReadAsync);
builder.AddServiceDefaults<IdentityDb>("identity");
builder.AddPersonalData();
builder.Services.AddSingleton<SigningKeys>();
builder.Services.AddSingleton<Passwords>();
builder.Services.AddSingleton<PublicAddress>();
builder.Services.AddSingleton<ExternalProviders>();
builder.Services.AddSingleton<SecondFactorKey>();
builder.Services.AddSingleton<SignInTickets>();
builder.Services.AddSingleton(new SecondFactorPolicy(builder.Configuration));
builder.Services.AddScoped<SecondFactors>();
builder.Services.AddScoped<SignInSteps>();
builder.Services.AddScoped<TokenIssuer>();
builder.Services.AddSingleton<PageCookies>();
builder.Services.AddScoped<Visitor>();
builder.Services.AddSingleton<EventConsumer, RosterConsumer>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapDiscovery();
app.MapRevocations();

var api = app.MapGroup("/api/identity");
api.MapFirstAdmin();
api.MapSignIn();
api.MapRefresh();
api.MapSignOut();
api.MapReadMe();
api.MapSessions();
api.MapChangePassword();
api.MapMySecondFactor();
api.MapResetSecondFactor();
api.MapInvite();
api.MapListInvitations();
api.MapWithdrawInvitation();
api.MapAcceptInvitation();
api.MapRoles();
api.MapCreateClient();
api.MapListClients();
api.MapChangeClient();
api.MapClientToken();
api.MapGoToProvider();
api.MapSignInExternally();
api.MapAcceptExternally();
api.MapMyProviders();
api.MapBackChannelLogout();

app.MapPages();

return args switch
{
    ["first-admin"] => await FirstAdmin.PrintLinkAsync(app.Services),
    ["invite-admin", var district] => await OperatorInvites.PrintLinkAsync(app.Services, district),
    _ => await app.RunServiceAsync(args),
};
