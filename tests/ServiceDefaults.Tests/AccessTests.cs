using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>Who may, and whose data: deny by default, and row-level security behind every query.</summary>
public sealed class AccessTests(ProbeFixture probe) : IClassFixture<ProbeFixture>
{
    private static readonly Uri Facts = new("/api/probe/facts", UriKind.Relative);

    private readonly Guid district = Guid.CreateVersion7();

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Without_a_token_nobody_gets_in()
    {
        using var answer = await probe.Client().GetAsync(Facts);
        await ShouldBeRefusedAsync(answer, HttpStatusCode.Unauthorized, "access.sign-in-needed");
    }

    [Theory]
    [Trait("Rule", "ALL-1")]
    [InlineData("expired")]
    [InlineData("forged")]
    [InlineData("garbage")]
    public async Task A_token_that_is_not_good_is_no_token(string kind)
    {
        await using var stranger = await TestIdentity.StartAsync();
        var grant = TestIdentity.DistrictAdmin(district);
        var client = probe.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", kind switch
        {
            "expired" => probe.Identity.Token(Guid.CreateVersion7(), TokenTime.Expired, grant),
            "forged" => stranger.Token(grant), // the same key id, another key
            _ => "e30.e30.e30",
        });
        using var answer = await client.GetAsync(Facts);
        await ShouldBeRefusedAsync(answer, HttpStatusCode.Unauthorized, "access.sign-in-needed");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_role_without_the_permission_is_refused_before_its_request_is_read()
    {
        var client = probe.Client(new Grant(Role.HomeroomTeacher, null, district, Guid.CreateVersion7(), Guid.CreateVersion7(), null));
        using var answer = await client.PostAsync(Facts, new StringContent("{ not even JSON", null, "application/json"));
        await ShouldBeRefusedAsync(answer, HttpStatusCode.Forbidden, "access.forbidden");
    }

    [Theory]
    [Trait("Rule", "ALL-1")]
    [InlineData("rosterRead", null)]
    [InlineData("feedRead rosterRead", null)]
    [InlineData("feedRead", "access.forbidden")]
    [InlineData("", "access.forbidden")]
    [InlineData("somethingNew", "access.forbidden")]
    public async Task A_machine_may_what_its_row_and_its_scopes_both_allow(string scope, string? refusal)
    {
        var grant = new Grant(Role.MachineClient, null, district, null, null, null);
        var client = probe.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", probe.Identity.MachineToken(Guid.CreateVersion7(), scope, grant));
        using var answer = await client.GetAsync(Facts);
        if (refusal is null)
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        else
            await ShouldBeRefusedAsync(answer, HttpStatusCode.Forbidden, refusal);

        // Whatever a token says: its row has no command.
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", probe.Identity.MachineToken(Guid.CreateVersion7(), "rosterImport policyChange visitSchedule", grant));
        using var written = await client.PostAsJsonAsync(Facts, new Fact(Guid.CreateVersion7(), district, Guid.CreateVersion7()));
        await ShouldBeRefusedAsync(written, HttpStatusCode.Forbidden, "access.forbidden");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public void No_machine_may_what_the_person_who_made_it_may_not()
    {
        foreach (var role in Access.Table.Of(Permission.ClientManage).Roles)
            Access.Table.Of(role).IsSupersetOf(Access.Table.Of(Role.MachineClient)).ShouldBeTrue($"{role}");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_school_never_sees_another_schools_data_even_from_a_query_without_a_filter()
    {
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var elsewhere = Guid.CreateVersion7();
        var admin = probe.Client(TestIdentity.DistrictAdmin(district), TestIdentity.DistrictAdmin(elsewhere));
        var (ours, theirs) = (new Fact(Guid.CreateVersion7(), district, one), new Fact(Guid.CreateVersion7(), district, other));
        var abroad = new Fact(Guid.CreateVersion7(), elsewhere, one);
        foreach (var fact in new[] { ours, theirs, abroad })
            (await admin.PostAsJsonAsync(Facts, fact)).StatusCode.ShouldBe(HttpStatusCode.Created);

        var school = probe.Client(new Grant(Role.SchoolAdmin, null, district, other, null, null));
        (await ListAsync(school)).ShouldBe([theirs]);
        (await ListAsync(probe.Client(TestIdentity.DistrictAdmin(district)))).ShouldBe([ours, theirs], ignoreOrder: true);
        (await ListAsync(probe.Client(TestIdentity.DistrictAdmin(Guid.CreateVersion7())))).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_command_cannot_write_into_a_school_outside_of_its_scope()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        using var answer = await client.PostAsJsonAsync(Facts, new Fact(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()));
        await ShouldBeRefusedAsync(answer, HttpStatusCode.Forbidden, "access.forbidden");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_scope_of_one_request_does_not_leak_into_the_next_on_its_connection()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        await client.PostAsJsonAsync(Facts, new Fact(Guid.CreateVersion7(), district, Guid.CreateVersion7()));
        for (var i = 0; i < 50; i++)
            (await ListAsync(client)).Count.ShouldBe(1);

        await using var scope = probe.Services.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<ProbeDb>().Facts.CountAsync()).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_scope_reaches_every_way_in_which_ef_core_asks()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        var school = Guid.CreateVersion7();
        await client.PostAsJsonAsync(Facts, new Fact(Guid.CreateVersion7(), district, school));
        await using var services = probe.Services.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CurrentTenancy>().Scope = new TenantScope([], [school]);
        var db = services.ServiceProvider.GetRequiredService<ProbeDb>();

        (await db.Facts.CountAsync()).ShouldBe(1);
        db.Facts.Count().ShouldBe(1);
        db.Facts.ToList().Count.ShouldBe(1);
        (await db.Database.SqlQuery<int>($"SELECT count(*)::int AS \"Value\" FROM fact").SingleAsync()).ShouldBe(1);
        (await db.Facts.ExecuteUpdateAsync(set => set.SetProperty(fact => fact.SchoolId, school))).ShouldBe(1);
        db.Facts.ExecuteUpdate(set => set.SetProperty(fact => fact.SchoolId, school)).ShouldBe(1);
        await using (await db.Database.BeginTransactionAsync())
            (await db.Facts.CountAsync()).ShouldBe(1);
        using (db.Database.BeginTransaction())
            db.Facts.Count().ShouldBe(1);
        await Should.ThrowAsync<Npgsql.PostgresException>(() => db.Database.ExecuteSqlAsync($"SELECT 1/0"));
        (await db.Facts.CountAsync()).ShouldBe(1); // a failed command leaves the connection usable
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task An_endpoint_that_does_not_say_who_may_call_it_keeps_the_service_from_starting()
    {
        await using var app = WebApplication.CreateBuilder().Build();
        app.MapGet("/silent", () => "nobody said who may");
        Should.Throw<InvalidOperationException>(app.RequireAccessRules).Message.ShouldContain("/silent");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_runtime_role_owns_nothing_and_cannot_bypass_row_level_security()
    {
        (await probe.ScalarAsync<bool>("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = 'probe_app'")).ShouldBeFalse();
        (await probe.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relowner = 'probe_app'::regrole")).ShouldBe(0);
        (await probe.Client().GetStringAsync(new Uri("/health", UriKind.Relative))).ShouldBe("Healthy");
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        await client.PostAsJsonAsync(Facts, new Fact(Guid.CreateVersion7(), district, Guid.CreateVersion7()));
        await probe.MigrateAsync();
        (await ListAsync(client)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_address_and_a_wrong_method_have_problem_bodies()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        await ShouldBeRefusedAsync(await client.GetAsync(new Uri("/api/probe/nothing", UriKind.Relative)), HttpStatusCode.NotFound, "request.not-found");
        await ShouldBeRefusedAsync(await client.DeleteAsync(Facts), HttpStatusCode.MethodNotAllowed, "request.method-not-allowed");
        await ShouldBeRefusedAsync(
            await client.PostAsync(Facts, new StringContent("{}", null, "text/plain")), HttpStatusCode.UnsupportedMediaType, "request.unsupported-media-type");
    }

    private static async Task<IReadOnlyList<Fact>> ListAsync(HttpClient client) => (await client.GetFromJsonAsync<Page<Fact>>(Facts))!.Items;

    private static async Task ShouldBeRefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        answer.StatusCode.ShouldBe(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code.ShouldBe(code);
    }
}
