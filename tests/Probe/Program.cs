using HomeSchool.Contracts;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults<ProbeDb>("probe");
if (builder.Configuration.GetConnectionString("keys-db") is not null)
    builder.AddKeyVault();
if (builder.Configuration["Probe:Consumer"] is { } queue)
    builder.Services.AddSingleton<EventConsumer>(new CountFacts(queue, builder.Configuration["Probe:Poison"]));

if (!builder.Configuration.GetValue("Probe:Seals", true))
    builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(AuditSealer)));

if (builder.Configuration.GetValue<bool>("Probe:DieWhenApplied"))
    SelfDestruction.Arm();

var app = builder.Build();
app.UseServiceDefaults();
app.MapPost("/api/probe/facts", Results<Created<Fact>, Problem> (Fact fact, ProbeDb db, AuditTrail audit, TimeProvider clock) =>
{
    db.Add(fact);
    if (fact.SchoolId == Guid.Empty)
        return Problem.Of([ProbeDb.SchoolNeeded.At("schoolId")]); // after the change, to show that none of it stays
    audit.About("fact", fact.Id, fact.DistrictId, fact.SchoolId);
    db.Publish(fact.Happened(clock.GetUtcNow()));
    return TypedResults.Created((string?)null, fact);
}).Command(Permission.OperateMessaging).WithName("StateFact");
// No filter of its own on purpose: what it shows, row-level security alone has let through.
app.MapGet("/api/probe/facts", async Task<Results<Ok<Page<Fact>>, Problem>> (
    ProbeDb db, CancellationToken cancel, int? size, string? after) =>
{
    if (!Cursor.TryRead<Guid>(after, out var last))
        return (Problem)Failures.CursorInvalid;
    var limit = Cursor.Size(size);
    var rows = await db.Facts.Where(fact => fact.Id > last).OrderBy(fact => fact.Id).Take(limit + 1).ToListAsync(cancel);
    return TypedResults.Ok(Page.From(rows, limit, fact => fact.Id));
}).Query(Permission.RosterRead).WithName("ListFacts");
app.MapGet("/api/probe/effects", async (NpgsqlDataSource database, CancellationToken cancel) =>
{
    await using var command = database.CreateCommand("SELECT count(*), count(DISTINCT fact_id) FROM effect");
    await using var reader = await command.ExecuteReaderAsync(cancel);
    await reader.ReadAsync(cancel);
    return new Effects(reader.GetInt64(0), reader.GetInt64(1));
}).Query(Permission.OperateMessaging).WithName("CountEffects");
app.MapGet("/api/probe/secret", () => TypedResults.Ok("a secret")).Query(Permission.RosterRead).Sensitive().WithName("ReadSecret");
return await app.RunServiceAsync(args);
