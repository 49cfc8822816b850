using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Archives.Family;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Archives.Tests;

/// <summary>Who may do what about a child, by whose word, and from when to when.</summary>
[Trait("Rule", "ARC-13")]
public sealed class GuardianTests(ArchivesFixture archives) : IAsyncLifetime
{
    private static readonly GuardianRight[] All = Enum.GetValues<GuardianRight>();
    private readonly FamilyWorld world = new(archives);

    public async ValueTask InitializeAsync() => await world.CreateAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Guardians_are_equal_by_default_and_a_caregiver_signs_nothing()
    {
        (await world.GuardianAsync("P1", "G1")).Rights.ShouldBe(All);
        (await world.GuardianAsync("P1", "G3")).Rights.ShouldBe(All);
        (await world.GuardianAsync("P1", "G2")).ShouldSatisfyAllConditions(
            caregiver => caregiver.LegalStatus.ShouldBe(LegalStatus.Caregiver),
            caregiver => caregiver.Rights.ShouldBe([GuardianRight.See, GuardianRight.BeVisited, GuardianRight.PickUp]));
    }

    [Fact]
    public async Task Teachers_see_on_one_screen_who_may_pick_up_a_child_and_sign_for_it_today()
    {
        await world.RestrictAsync("G3", FamilyWorld.Today, FamilyWorld.Today.AddDays(1), "（2026）沪01民初9号", GuardianRight.PickUp, GuardianRight.See);
        foreach (var client in new[] { world.Homeroom, world.SubjectTeacher, world.SchoolAdmin, world.VicePrincipal })
            (await OfP1Async(client)).ShouldBe([("G1", true, true), ("G3", false, true), ("G2", true, false)], ignoreOrder: true);
        archives.Clock.DaysAhead = 2;
        (await OfP1Async(world.SubjectTeacher)).ShouldContain(("G3", true, true));
        archives.Clock.DaysAhead = 0;

        using var answer = await world.Homeroom.GetAsync(PickUp);
        var text = await answer.Content.ReadAsStringAsync();
        text.ShouldNotContain("民初");
        text.ShouldNotContain("13800000000");
        (await world.OtherClass.GetAsync(PickUp)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.OtherSchool.GetAsync(PickUp)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.Mother.GetAsync(PickUp)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        async Task<IEnumerable<(string, bool, bool)>> OfP1Async(HttpClient client)
        {
            var rows = (await client.GetFromJsonAsync<PickUpRow[]>(PickUp, Json.Options))!;
            rows.Select(row => row.GivenName).ShouldBe(["小P1", "小P2"]);
            return rows[0].Adults.Select(adult => (adult.GivenName, adult.MayPickUp, adult.MaySign));
        }
    }

    [Fact]
    public async Task Who_may_pick_up_costs_the_same_for_few_and_for_many()
    {
        (await CostAsync(40)).ShouldBe(await CostAsync(2));

        async Task<(int, int)> CostAsync(int more)
        {
            var district = new TestDistrict(archives);
            var roster = TestRoster.Standard();
            for (var i = 0; i < more; i++)
            {
                roster.Add("users.csv", TestRoster.Student($"Q{i}", "S1", "03", $"H{i}"), TestRoster.Adult($"H{i}", "S1", "parent"));
                roster.Add("enrollments.csv", $"F{i},,,C1,S1,Q{i},student,,,");
            }

            await district.ImportAsync(roster.Zip());
            var school = await archives.ScalarAsync<Guid>(
                "SELECT school_id FROM school WHERE district_id = $1 AND source_id = 'S1'", district.Id);
            var @class = await archives.ScalarAsync<Guid>("SELECT id FROM class WHERE school_id = $1 AND source_id = 'C1'", school);
            using var client = archives.Client(new Grant(Role.HomeroomTeacher, Guid.CreateVersion7(), district.Id, school, @class, null));
            using var statements = Statements.Count();
            (await client.GetFromJsonAsync<PickUpRow[]>(
                new Uri($"/api/archives/schools/{school}/classes/{@class}/pick-up", UriKind.Relative), Json.Options))!.Length.ShouldBe(more + 2);
            return (statements.RoundTrips, statements.Texts.Count);
        }
    }

    [Fact]
    public async Task What_the_roster_does_not_know_is_recorded_for_each_child_apart()
    {
        var request = new GuardianRequest(
            Kinship.Mother, ContactOrder: 2, Language: "bo", NeedsInterpreter: true, Channel: GuardianChannel.Paper,
            Accommodations: [Accommodation.TextInsteadOfVoice]);
        (await ChangeAsync(world.Homeroom, "G1", request, 0)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.GuardianAsync("P1", "G1")).ShouldSatisfyAllConditions(
            mother => mother.Kinship.ShouldBe(Kinship.Mother), mother => mother.ContactOrder.ShouldBe(2),
            mother => mother.Language.ShouldBe("bo"), mother => mother.NeedsInterpreter.ShouldBeTrue(),
            mother => mother.Channel.ShouldBe(GuardianChannel.Paper),
            mother => mother.Accommodations.ShouldBe([Accommodation.TextInsteadOfVoice]), mother => mother.Version.ShouldBe(1));
        // What one school knows of her, the school of her other child does not.
        (await world.ReadAsync<GuardianDetailBody[]>(world.OtherSchool, "P5", "guardians")).ShouldHaveSingleItem().Language.ShouldBeNull();

        await (await ChangeAsync(world.Homeroom, "G1", request, 0)).ShouldBeProblemAsync(
            HttpStatusCode.PreconditionFailed, "request.changed-meanwhile");
        await (await ChangeAsync(world.Homeroom, "G1", request, null)).ShouldBeProblemAsync(
            (HttpStatusCode)428, "request.if-match-needed");
    }

    [Fact]
    public async Task Wrong_input_is_refused_and_who_is_elsewhere_finds_nobody()
    {
        foreach (var wrong in new[]
        {
            new GuardianRequest(ContactOrder: 0), new GuardianRequest(Language: "中文"),
            new GuardianRequest(Accommodations: [Accommodation.LargePrint, Accommodation.LargePrint]),
            new GuardianRequest(LegalStatus: LegalStatus.Caregiver), // nobody but a court makes less of a guardian
            new GuardianRequest(Entrustment: new([GuardianRight.See], FamilyWorld.Today, FamilyWorld.Today)),
        })
        {
            await (await ChangeAsync(world.Homeroom, "G1", wrong, 0)).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        }

        var entrusted = new GuardianRequest(Entrustment: new([GuardianRight.See], FamilyWorld.Today, FamilyWorld.Today.AddDays(-1)));
        await (await ChangeAsync(world.Homeroom, "G2", entrusted, 0)).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        foreach (var elsewhere in new[] { world.OtherClass, world.OtherSchool })
        {
            (await ChangeAsync(elsewhere, "G1", new(), 0)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await world.GetAsync(elsewhere, "P1", "guardians")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        (await ChangeAsync(world.Mother, "G1", new(), 0)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await world.PostAsync(
            world.Homeroom, "P1", $"guardians/{world["G3"]}/restrictions",
            new RestrictionRequest(CourtDocumentKind.PoliceDocument, "1", [GuardianRight.See], FamilyWorld.Today)))
            .StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        foreach (var wrong in new[]
        {
            new RestrictionRequest(CourtDocumentKind.PoliceDocument, " ", [GuardianRight.See], FamilyWorld.Today),
            new RestrictionRequest(CourtDocumentKind.PoliceDocument, "1", [], FamilyWorld.Today),
            new RestrictionRequest(
                CourtDocumentKind.PoliceDocument, "1", [GuardianRight.See], FamilyWorld.Today, FamilyWorld.Today.AddDays(-1)),
        })
        {
            (await world.PostAsync(world.VicePrincipal, "P1", $"guardians/{world["G3"]}/restrictions", wrong))
                .StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_caregiver_may_what_was_entrusted_on_the_days_it_was_entrusted_for()
    {
        var today = FamilyWorld.Today;
        (await ChangeAsync(
            world.Homeroom, "G2",
            new(Kinship.Grandmother, Entrustment: new([GuardianRight.See, GuardianRight.Sign], today, today.AddDays(2))), 0))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.GuardianAsync("P1", "G2")).Rights.ShouldBe([GuardianRight.See, GuardianRight.Sign]);
        (await world.GetAsync(world.Grandmother, "P1", "archive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        archives.Clock.DaysAhead = 3;
        (await world.GuardianAsync("P1", "G2")).Rights.ShouldBeEmpty();
        (await world.GetAsync(world.Grandmother, "P1", "archive")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_document_is_in_force_at_once_from_its_first_day_to_its_last()
    {
        string[] paths = ["", "archive", "guardians", "timeline", "family", "care-needs", "sensitive-items"];
        (await StatusesAsync(world.Father, paths)).ShouldBe([HttpStatusCode.OK]);
        await world.RestrictAsync("G3", FamilyWorld.Today, FamilyWorld.Today.AddDays(1), "（2026）沪01民初1号", GuardianRight.See);
        (await StatusesAsync(world.Father, paths)).ShouldBe([HttpStatusCode.NotFound]);
        (await StatusesAsync(world.Mother, paths)).ShouldBe([HttpStatusCode.OK]);
        (await world.PutAsync(world.Father, "P1", "family", new FamilyRequest(), 0)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.GuardianAsync("P1", "G3")).Rights.ShouldBe([GuardianRight.Sign, GuardianRight.BeVisited, GuardianRight.PickUp]);
        archives.Clock.DaysAhead = 1;
        (await StatusesAsync(world.Father, paths)).ShouldBe([HttpStatusCode.NotFound]);
        archives.Clock.DaysAhead = 2; // it has ended, and the right is back
        (await StatusesAsync(world.Father, paths)).ShouldBe([HttpStatusCode.OK]);
    }

    [Fact]
    public async Task A_restriction_of_one_child_is_none_of_another()
    {
        await world.RestrictAsync("G1", FamilyWorld.Today, null, "案号1", GuardianRight.See);
        (await world.GetAsync(world.Mother, "P1", "archive")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.GetAsync(world.Mother, "P3", "archive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.GetAsync(world.Mother, "P5", "archive")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_was_lifted_holds_no_longer_and_is_lifted_once()
    {
        var id = await world.RestrictAsync("G3", FamilyWorld.Today, null, "案号2", All);
        (await world.GuardianAsync("P1", "G3")).Rights.ShouldBeEmpty();
        var listed = await ListAsync(world.VicePrincipal);
        (listed.Id, listed.Number, listed.LiftedAt).ShouldBe((id, "案号2", null));
        (await world.GetAsync(world.Homeroom, "P1", "guardian-restrictions")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var lift = world.District.Address($"guardian-restrictions/{id}/lift");
        (await world.OtherSchool.PostAsync(lift, null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.VicePrincipal.PostAsync(lift, null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await world.VicePrincipal.PostAsync(lift, null)).ShouldBeProblemAsync(HttpStatusCode.Conflict, "archives.lifted");
        (await world.GuardianAsync("P1", "G3")).Rights.ShouldBe(All);
        (await world.GetAsync(world.Father, "P1", "archive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ListAsync(world.VicePrincipal)).LiftedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_other_services_hear_what_a_guardian_may_and_not_why()
    {
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var heard = await broker.OverhearAsync();
        var canary = new Canary();
        await world.RestrictAsync("G3", FamilyWorld.Today, null, canary.In("案号"), GuardianRight.See, GuardianRight.BeVisited);
        var told = await HeardAsync(heard, 1);
        (told.StudentId, told.GuardianId).ShouldBe((world["P1"], world["G3"]));
        told.Rights.ShouldBe([GuardianRight.Sign, GuardianRight.PickUp]);

        canary.CountIn(string.Concat(heard)).ShouldBe(0);
        canary.CountIn(await Servers.DumpAsync(archives.Database)).ShouldBe(0);
    }

    [Fact]
    public async Task When_the_day_comes_the_other_services_hear_of_it_without_anybodys_doing()
    {
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var heard = await broker.OverhearAsync();
        await world.RestrictAsync("G3", FamilyWorld.Today.AddDays(1), FamilyWorld.Today.AddDays(1), "案号3", GuardianRight.See);
        (await HeardAsync(heard, 1)).Rights.ShouldBe(All);

        await PassAsync();
        (await HeardAsync(heard, 2)).Rights.ShouldNotContain(GuardianRight.See);
        await PassAsync();
        (await HeardAsync(heard, 3)).Rights.ShouldBe(All);

        // A day passes: instead of the clock, the dates move.
        async Task PassAsync()
        {
            await archives.ScalarAsync<DateOnly>(
                """
                UPDATE guardian_restriction SET starts_on = starts_on - 1, ends_on = ends_on - 1
                WHERE district_id = $1 RETURNING starts_on
                """, world.District.Id);
            await archives.ScalarAsync<long>(
                "WITH moved AS (UPDATE rights_turn SET turns_on = turns_on - 1 WHERE district_id = $1 RETURNING 1) SELECT count(*) FROM moved",
                world.District.Id);
        }
    }

    [Fact]
    public async Task A_separated_parent_sees_of_the_other_neither_phone_nor_address_nor_entry()
    {
        (await world.PutAsync(world.Mother, "P1", "family", Lives("G1", "和平路1号"), 0)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await world.PutAsync(world.Father, "P1", "family", Lives("G3", "解放路2号"), 1)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var (his, hers) = (await TextAsync(world.Father), await TextAsync(world.Mother));
        his.ShouldContain("解放路2号");
        his.ShouldNotContain("和平路1号");
        his.ShouldNotContain(world["G1"].ToString());
        hers.ShouldContain("和平路1号");
        hers.ShouldNotContain("解放路2号");
        hers.ShouldNotContain(world["G3"].ToString());
        var staff = await TextAsync(world.Homeroom);
        staff.ShouldContain("和平路1号");
        staff.ShouldContain("解放路2号");

        async Task<string> TextAsync(HttpClient client) =>
            await (await world.GetAsync(client, "P1", "archive")).Content.ReadAsStringAsync()
            + await (await world.GetAsync(client, "P1", "family")).Content.ReadAsStringAsync()
            + await (await world.GetAsync(client, "P1", "guardians")).Content.ReadAsStringAsync();

        FamilyRequest Lives(string guardian, string address) => new(Adults: [new FamilyAdult(world[guardian], Address: address)]);
    }

    private Task<HttpResponseMessage> ChangeAsync(HttpClient client, string guardian, GuardianRequest request, long? version) =>
        world.PutAsync(client, "P1", $"guardians/{world[guardian]}", request, version);

    private async Task<RestrictionBody> ListAsync(HttpClient client) =>
        (await world.ReadAsync<RestrictionBody[]>(client, "P1", "guardian-restrictions")).ShouldHaveSingleItem();

    private async Task<HttpStatusCode[]> StatusesAsync(HttpClient client, string[] paths)
    {
        var statuses = new HashSet<HttpStatusCode>();
        foreach (var path in paths)
            statuses.Add((await world.GetAsync(client, "P1", path)).StatusCode);
        return [.. statuses];
    }

    // The latest of so many events about this district's guardians.
    private async Task<GuardianRightsChanged> HeardAsync(IEnumerable<string> heard, int count)
    {
        var found = await Eventually.GetAsync(
            () => Task.FromResult(heard.Where(text => text.Contains("archives.guardian-rights-changed", StringComparison.Ordinal)
                && text.Contains(world.District.Id.ToString(), StringComparison.Ordinal)).ToArray()),
            texts => texts.Length >= count, seconds: 30);
        found.Length.ShouldBe(count);
        var last = found[^1];
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(last));
        return JsonSerializer.Deserialize<GuardianRightsChanged>(ref reader, Json.Options)!;
    }

    private Uri PickUp => new($"/api/archives/schools/{world["S1"]}/classes/{world["C1"]}/pick-up", UriKind.Relative);
}
