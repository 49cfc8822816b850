using System.Net;
using System.Text.Json;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Plans;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>What support students need: who says it, for how long, and who learns of it.</summary>
[Trait("Rule", "ARC-4")]
public sealed class NeedTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly NeedScene scene = new(archives);

    public async ValueTask InitializeAsync() => await scene.OpenAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_change_is_dated_and_signed_with_a_reason_and_the_history_keeps_what_was()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("期中后成绩持续下降", AcademicTier.Struggling, Circumstances: [FamilyCircumstance.LeftBehind]), 0)
            .ShouldBeDoneAsync();
        await ChangeAsync(scene.Counselor, new NeedsRequest("已恢复", Conduct: ConductTier.Exemplary), 1).ShouldBeDoneAsync();

        var seen = await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"));
        seen.Tiers.ShouldBe(new Tiers(AcademicTier.Typical, ConductTier.Exemplary, [], false));
        seen.HoldsUntil.ShouldBe(NeedScene.TermEnd);
        seen.History.Select(change => (change.Tiers.Academic, change.Reason)).ShouldBe(
            [(AcademicTier.Typical, "已恢复"), (AcademicTier.Struggling, "期中后成绩持续下降")]);
        seen.History[1].AuthorId.ShouldBe(scene.HomeroomTeacher);
        seen.History[1].ChangedAt.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(-5));
    }

    [Fact]
    public async Task Wrong_input_and_a_stale_version_change_nothing()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest(" "), 0).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await ChangeAsync(scene.Homeroom, new NeedsRequest("重复", Circumstances: [FamilyCircumstance.Hardship, FamilyCircumstance.Hardship]), 0)
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Homeroom.PutAsync(scene.OfStudent("needs"), new { reason = "x", academic = "gifted" }, 0)
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.unreadable");
        await ChangeAsync(scene.Homeroom, new NeedsRequest("无版本"), null)
            .ShouldBeRefusedAsync(HttpStatusCode.PreconditionRequired, "request.if-match-needed");
        await ChangeAsync(scene.Homeroom, new NeedsRequest("旧版本"), 7)
            .ShouldBeRefusedAsync(HttpStatusCode.PreconditionFailed, "request.changed-meanwhile");
        (await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).History.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            ChangeAsync(i % 2 == 0 ? scene.Homeroom : scene.Counselor, new NeedsRequest($"同时{i}", AcademicTier.Struggling), 0)));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(3);
        (await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).History.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Guardians_and_subject_teachers_never_see_tiers_and_strangers_find_nothing()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Struggling, ConductTier.Concern, [FamilyCircumstance.Hardship]), 0)
            .ShouldBeDoneAsync();
        foreach (var client in new[] { scene.Guardian, scene.Subject, scene.SchoolAdmin, scene.District.Admin })
        {
            await client.GetAsync(scene.OfStudent("needs")).ShouldBeForbiddenAsync();
            await client.GetAsync(scene.OfSchool("needs")).ShouldBeForbiddenAsync();
            await ChangeAsync(client, new NeedsRequest("x"), 1).ShouldBeForbiddenAsync();
        }

        foreach (var client in await scene.StrangersAsync())
        {
            await client.GetAsync(scene.OfStudent("needs")).ShouldBeHiddenAsync();
            await ChangeAsync(client, new NeedsRequest("x"), 1).ShouldBeHiddenAsync();
            await client.DoAsync(scene.OfSchool("needs/reconfirm"), new ReconfirmRequest([scene.Student])).ShouldBeHiddenAsync();
        }

        (await scene.OtherHomeroom.SeeAllAsync<NeedsRow>(scene.OfSchool("needs"))).ShouldBeEmpty();
        // Nothing that guardians or whole schools see tells of it.
        foreach (var (client, address) in new[]
        {
            (scene.Guardian, scene.OfStudent("")), (scene.Guardian, scene.OfSchool("plans")), (scene.Homeroom, scene.OfSchool("students")),
            (scene.Homeroom, scene.OfSchool("classes")),
        })
        {
            var text = await client.GetStringAsync(new Uri(address.ToString().TrimEnd('/'), UriKind.Relative));
            foreach (var word in new[] { "struggling", "concern", "hardship", "priority" })
                text.ShouldNotContain(word, Case.Insensitive);
        }
    }

    [Fact]
    public async Task Supervisors_see_tiers_without_reasons_and_without_psychological_sensitivity()
    {
        await ChangeAsync(scene.Counselor, new NeedsRequest("量表结果", PsychologicallySensitive: true), 0).ShouldBeDoneAsync();
        foreach (var supervisor in new[] { scene.Vice, scene.Officer })
        {
            (await supervisor.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).ShouldSatisfyAllConditions(
                seen => seen.Tiers.ShouldBeNull(), seen => seen.HoldsUntil.ShouldBeNull(), seen => seen.History.ShouldBeEmpty());
            (await supervisor.SeeAllAsync<NeedsRow>(scene.OfSchool("needs"))).ShouldBeEmpty();
        }

        await ChangeAsync(scene.Homeroom, new NeedsRequest("父母外出", Circumstances: [FamilyCircumstance.LeftBehind], PsychologicallySensitive: true), 1)
            .ShouldBeDoneAsync();
        var change = (await scene.Vice.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).History.ShouldHaveSingleItem();
        change.Tiers.ShouldBe(new Tiers(AcademicTier.Typical, ConductTier.Typical, [FamilyCircumstance.LeftBehind], false));
        change.Reason.ShouldBeNull();
        (await scene.Officer.SeeAllAsync<NeedsRow>(scene.OfSchool("needs"))).ShouldHaveSingleItem().Tiers.PsychologicallySensitive.ShouldBeFalse();
        (await scene.Counselor.SeeAllAsync<NeedsRow>(scene.OfSchool("needs"))).ShouldHaveSingleItem().Tiers.PsychologicallySensitive.ShouldBeTrue();
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE subject_id = $1 AND action = 'ReadNeeds'", scene.Student)).ShouldBe(3);
    }

    [Fact]
    public async Task Supervisors_learn_of_psychological_sensitivity_by_no_entry_day_or_number()
    {
        await ChangeAsync(scene.Counselor, new NeedsRequest("量表结果", PsychologicallySensitive: true), 0).ShouldBeDoneAsync();
        archives.Clock.DaysAhead = 40;
        (await ReconfirmAsync(scene.Student)).Reconfirmed.ShouldBe([scene.Student]);
        (await scene.Vice.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).ShouldSatisfyAllConditions(
            seen => seen.History.ShouldBeEmpty(), seen => seen.HoldsUntil.ShouldBeNull());
        using (var answer = await scene.Vice.GetAsync(scene.OfStudent("needs")))
            answer.Headers.ETag.ShouldBeNull();

        // What had lapsed and is said anew is shown, whatever is said with it.
        archives.Clock.DaysAhead = 0;
        var classmate = scene.OfStudent("needs", scene.Classmate);
        await scene.Homeroom.PutAsync(classmate, new NeedsRequest("原因", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        archives.Clock.DaysAhead = 90;
        await scene.Homeroom.PutAsync(classmate, new NeedsRequest("原因", AcademicTier.Struggling, PsychologicallySensitive: true), 1)
            .ShouldBeDoneAsync();
        (await scene.Vice.SeeAsync<NeedsBody>(classmate)).ShouldSatisfyAllConditions(
            seen => seen.Tiers!.Academic.ShouldBe(AcademicTier.Struggling), seen => seen.HoldsUntil.ShouldBe(NeedScene.NextTermEnd),
            seen => seen.History.Count.ShouldBe(2), seen => seen.History.ShouldAllBe(change => !change.Tiers.PsychologicallySensitive));
    }

    [Fact]
    public async Task It_lapses_when_the_term_ends_and_one_tap_keeps_it()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        await scene.Homeroom.PutAsync(scene.OfStudent("needs", scene.Classmate), new NeedsRequest("原因", Conduct: ConductTier.Concern), 0)
            .ShouldBeDoneAsync();
        (await ReconfirmAsync(scene.Student)).Reconfirmed.ShouldBeEmpty(); // it holds to the end of this term already

        archives.Clock.DaysAhead = 61;
        (await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).ShouldSatisfyAllConditions(
            seen => seen.Tiers.ShouldBeNull(), seen => seen.HoldsUntil.ShouldBe(NeedScene.TermEnd), seen => seen.History.ShouldHaveSingleItem());
        var lapsed = await scene.Homeroom.SeeAllAsync<NeedsRow>(scene.OfSchool("needs?lapsed=true"));
        lapsed.Select(row => row.StudentId).ShouldBe([scene.Student, scene.Classmate], ignoreOrder: true);
        (await scene.Homeroom.SeeAllAsync<NeedsRow>(scene.OfSchool("needs?lapsed=false"))).ShouldBeEmpty();

        var tap = await ReconfirmAsync([.. lapsed.Select(row => row.StudentId)]);
        tap.Reconfirmed.Count.ShouldBe(2);
        (await ReconfirmAsync([.. lapsed.Select(row => row.StudentId)])).Unchanged.Count.ShouldBe(2); // a second tap does nothing
        var again = await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"));
        (again.Tiers!.Academic, again.HoldsUntil, again.History.Count).ShouldBe((AcademicTier.Struggling, NeedScene.NextTermEnd, 2));
    }

    [Fact]
    public async Task In_the_last_weeks_one_tap_reaches_into_the_next_term()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        archives.Clock.DaysAhead = 40;
        (await ReconfirmAsync(scene.Student)).Reconfirmed.ShouldBe([scene.Student]);
        (await ReconfirmAsync(scene.Student)).Unchanged.ShouldBe([scene.Student]);
        (await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).HoldsUntil.ShouldBe(NeedScene.NextTermEnd);
    }

    [Fact]
    public async Task The_public_event_says_only_that_needs_changed_and_services_learn_a_cadence_without_a_tier()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Struggling, ConductTier.Concern), 0).ShouldBeDoneAsync();
        var told = (await scene.EventsAsync<SupportNeedsChanged>()).ShouldHaveSingleItem();
        (told.SchoolId, told.Students).ShouldBe((scene.School, 1));
        JsonSerializer.Serialize(told, Json.Options).ShouldNotContain($"{scene.Student}");
        var cadence = (await scene.EventsAsync<CadenceChanged>()).ShouldHaveSingleItem();
        cadence.ShouldSatisfyAllConditions(
            e => (e.StudentId, e.HoldsUntil, e.PriorityUntil).ShouldBe((scene.Student, NeedScene.TermEnd, null)),
            e => e.Cadence.ShouldBe(new ContactCadence(1, 7, 7, 30, 30, MeetFirst: true)));
        var text = JsonSerializer.Serialize(cadence, Json.Options);
        foreach (var tier in Enum.GetNames<AcademicTier>().Concat(Enum.GetNames<ConductTier>()).Concat(Enum.GetNames<FamilyCircumstance>()))
            text.ShouldNotContain(tier, Case.Insensitive);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task A_changed_policy_is_announced_for_everybody_it_concerns()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Excellent), 0).ShouldBeDoneAsync();
        var policy = scene.District.Address("need-policy");
        await scene.Homeroom.PutAsync(policy, new NeedSettings(), 0).ShouldBeForbiddenAsync();
        await scene.SchoolAdmin.PutAsync(policy, new NeedSettings(), 0).ShouldBeHiddenAsync();
        await scene.District.Admin.PutAsync(policy, new NeedSettings { ScoreChangePercent = 0 }, 0)
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.District.Admin.PutAsync(policy, new NeedSettings { Excellent = new(3) }, 0).ShouldBeDoneAsync();
        await scene.District.Admin.PutAsync(policy, new NeedSettings(), 0)
            .ShouldBeRefusedAsync(HttpStatusCode.PreconditionFailed, "request.changed-meanwhile");
        (await scene.EventsAsync<CadenceChanged>()).Select(e => e.Cadence.ContactsATerm).ShouldBe([2, 3]);
        (await scene.Homeroom.SeeAsync<NeedSettings>(policy)).Excellent.ContactsATerm.ShouldBe(3);
    }

    [Fact]
    [Trait("Rule", "VIS-3")]
    public async Task A_policy_changes_only_while_nobodys_cadence_is_being_announced()
    {
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Excellent), 0).ShouldBeDoneAsync();
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var announcing = await connection.BeginTransactionAsync();
        await using (var held = new NpgsqlCommand(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended('archives.cadence/' || $1::text, 4))", connection, announcing))
        {
            held.Parameters.AddWithValue(scene.District.Id);
            await held.ExecuteNonQueryAsync();
        }

        var change = scene.District.Admin.PutAsync(scene.District.Address("need-policy"), new NeedSettings { Excellent = new(3) }, 0);
        (await Eventually.GetAsync(
            () => archives.ScalarAsync<long>(
                """
                SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """),
            waiting => waiting > 0)).ShouldBeGreaterThan(0);
        change.IsCompleted.ShouldBeFalse();
        await announcing.CommitAsync();
        await change.ShouldBeDoneAsync();
        (await scene.EventsAsync<CadenceChanged>()).Last().Cadence.ContactsATerm.ShouldBe(3);
    }

    [Theory]
    [Trait("Rule", "VIS-3")]
    [InlineData(AcademicTier.Typical, ConductTier.Typical, false, false, 1, null, null, null, false)]
    [InlineData(AcademicTier.Struggling, ConductTier.Typical, false, false, 1, 7, 30, null, false)]
    [InlineData(AcademicTier.Typical, ConductTier.Concern, false, false, 1, 7, null, 30, true)]
    [InlineData(AcademicTier.Typical, ConductTier.Concern, false, true, 1, 1, null, 30, true)]
    [InlineData(AcademicTier.Typical, ConductTier.Typical, true, false, 1, null, null, 30, false)]
    [InlineData(AcademicTier.Excellent, ConductTier.Exemplary, false, false, 2, null, null, null, false)]
    public void The_cadence_is_the_closest_of_all_that_applies(
        AcademicTier academic, ConductTier conduct, bool leftBehind, bool contract, int contacts, int? feedback, int? visit, int? deep,
        bool meetFirst)
    {
        var tiers = new Tiers(academic, conduct, leftBehind ? [FamilyCircumstance.LeftBehind] : [], false);
        var cadence = Standing.Cadence(tiers, contract, new NeedSettings());
        (cadence.ContactsATerm, cadence.FeedbackEveryDays, cadence.VisitEveryDays, cadence.DeepContactEveryDays, cadence.MeetFirst)
            .ShouldBe((contacts, feedback, visit, deep, meetFirst));
    }

    [Fact]
    [Trait("Rule", "ARC-9")]
    public async Task An_outcome_stands_against_the_baseline_and_freezes_when_the_term_ends()
    {
        await ScoreAsync(NeedScene.Today.AddDays(-20), "60");
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        await ScoreAsync(NeedScene.Today, "75");
        var term = await scene.IdAsync("term", "T1");
        var list = scene.OfSchool($"outcomes?termId={term}");
        var row = (await scene.Homeroom.SeeAllAsync<OutcomeRow>(list)).ShouldHaveSingleItem();
        (row.Kind, row.Baseline, row.Now, row.Proposed, row.Improved, row.Frozen).ShouldBe(
            (OutcomeKind.Struggling, 0.6m, 0.75m, true, null, false));

        var address = scene.District.Address($"outcomes/{row.Id}");
        await scene.Counselor.PutAsync(address, new OutcomeRequest(true)).ShouldBeForbiddenAsync();
        await scene.OtherHomeroom.PutAsync(address, new OutcomeRequest(true)).ShouldBeHiddenAsync();
        (await scene.OtherHomeroom.SeeAllAsync<OutcomeRow>(list)).ShouldBeEmpty();
        await scene.Homeroom.PutAsync(address, new OutcomeRequest(true)).ShouldBeDoneAsync();
        // Whoever is no longer struggling stays counted.
        await ChangeAsync(scene.Homeroom, new NeedsRequest("进步"), 1).ShouldBeDoneAsync();
        archives.Clock.DaysAhead = 61;
        await scene.Homeroom.PutAsync(address, new OutcomeRequest(false)).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.term-over");
        (await scene.Homeroom.SeeAllAsync<OutcomeRow>(list)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            o => o.Improved.ShouldBe(true), o => o.Frozen.ShouldBeTrue());
    }

    [Fact]
    [Trait("Rule", "ARC-9")]
    public async Task What_was_not_measured_is_no_nought_and_each_is_measured_from_the_own_day_whoever_is_on_the_page()
    {
        await scene.Homeroom.PutAsync(scene.OfStudent("needs", scene.Classmate), new NeedsRequest("原因", AcademicTier.Struggling), 0)
            .ShouldBeDoneAsync();
        archives.Clock.DaysAhead = 1;
        await ScoreAsync(NeedScene.Today.AddDays(1), "60");
        archives.Clock.DaysAhead = 2;
        await ChangeAsync(scene.Homeroom, new NeedsRequest("原因", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        var outcomes = await scene.Homeroom.SeeAllAsync<OutcomeRow>(
            scene.OfSchool($"outcomes?termId={await scene.IdAsync("term", "T1")}"));
        outcomes.Select(row => (row.StudentId, row.Baseline, row.Now, row.Proposed)).ShouldBe(
            [(scene.Classmate, null, null, null), (scene.Student, 0.6m, null, null)]);
    }

    [Fact]
    [Trait("Rule", "ARC-9")]
    public async Task The_rate_is_the_share_who_improved_and_small_figures_are_hidden()
    {
        foreach (var student in new[] { scene.Student, scene.Classmate })
        {
            await scene.Homeroom.PutAsync(scene.OfStudent("needs", student), new NeedsRequest("原因", AcademicTier.Struggling), 0)
                .ShouldBeDoneAsync();
        }

        var term = await scene.IdAsync("term", "T1");
        var first = (await scene.Homeroom.SeeAllAsync<OutcomeRow>(scene.OfSchool($"outcomes?termId={term}")))[0];
        await scene.Homeroom.PutAsync(scene.District.Address($"outcomes/{first.Id}"), new OutcomeRequest(true)).ShouldBeDoneAsync();
        var address = scene.OfSchool($"improvement?termId={term}");
        (await scene.District.Admin.SeeAsync<ImprovementRate[]>(address)).ShouldAllBe(rate => rate.Students == null && rate.Rate == null);
        await scene.District.Admin.PutAsync(scene.District.Address("need-policy"), new NeedSettings { SmallestShown = 2 }, 0).ShouldBeDoneAsync();
        var rates = await scene.District.Admin.SeeAsync<ImprovementRate[]>(address);
        rates.Where(rate => rate.Kind == OutcomeKind.Struggling).ShouldBe(
            [new(null, OutcomeKind.Struggling, 2, 1, 1, 0.5m), new(scene.Class, OutcomeKind.Struggling, 2, 1, 1, 0.5m)]);
        (await scene.Homeroom.SeeAsync<ImprovementRate[]>(address)).ShouldHaveSingleItem().ClassId.ShouldBe(scene.Class);
        (await scene.OtherHomeroom.SeeAsync<ImprovementRate[]>(address)).ShouldBeEmpty();
        await scene.Guardian.GetAsync(address).ShouldBeForbiddenAsync();
    }

    [Theory]
    [Trait("Rule", "ARC-9")]
    [InlineData("7 8 9", "")]
    [InlineData("2 8 9", "2 8")] // else 2 would follow from the school's figure
    [InlineData("2 3 9", "2 3")]
    [InlineData("1 2 9", "1 2 9")]
    public void No_small_figure_follows_from_the_others(string classes, string hidden)
    {
        var counts = classes.Split(' ').Select(n => new ReadOutcomes.Count(Guid.CreateVersion7(), OutcomeKind.Concern, int.Parse(n, null), 0, 0));
        string.Join(' ', ReadOutcomes.Hidden(counts, 5).Select(c => c.Students).Order()).ShouldBe(hidden);
    }

    [Fact]
    public async Task Lists_and_taps_cost_as_many_statements_for_a_dozen_students_as_for_two()
    {
        var (few, many) = (await CostsAsync(0), await CostsAsync(10));
        many.ShouldBe(few);
        few.ShouldAllBe(roundTrips => roundTrips > 0);

        async Task<int[]> CostsAsync(int more)
        {
            var here = await new NeedScene(archives).OpenAsync(roster =>
            {
                for (var i = 0; i < more; i++)
                {
                    roster.Add("users.csv", TestRoster.Student($"Q{i}", "S1", "03"));
                    roster.Add("enrollments.csv", $"F{i},,,C1,S1,Q{i},student,,,");
                }
            });
            Guid[] students = [here.Student, here.Classmate, .. await Task.WhenAll(Enumerable.Range(0, more).Select(i => here.IdAsync("student", $"Q{i}")))];
            foreach (var student in students)
            {
                await here.Homeroom.PutAsync(here.OfStudent("needs", student), new NeedsRequest("原因", AcademicTier.Struggling), 0).ShouldBeDoneAsync();
                await here.Homeroom.DoAsync(here.OfStudent("attention", student), new NoteRequest(AttentionCause.Observation, "观察")).MadeAsync();
                await here.Homeroom.DoAsync(here.OfStudent("plans", student), new PlanRequest(PlanKind.SmallGoal, "目标", NeedScene.Today)).MadeAsync();
                await here.Homeroom.DoAsync(here.OfStudent("support", student), new SupportRequest("辅导")).MadeAsync();
            }

            var costs = new List<int>();
            foreach (var list in new[] { "needs", "attention", "plans", "support", $"outcomes?termId={await here.IdAsync("term", "T1")}" })
            {
                using var statements = Statements.Count();
                (await here.Homeroom.SeeAllAsync<JsonElement>(here.OfSchool(list))).Count.ShouldBe(students.Length, list);
                costs.Add(statements.RoundTrips);
            }

            archives.Clock.DaysAhead = 61;
            using var tap = Statements.Count();
            using var answer = await here.Homeroom.DoAsync(here.OfSchool("needs/reconfirm"), new ReconfirmRequest(students));
            (await answer.ShouldBeAsync<Reconfirmation>(HttpStatusCode.OK)).Reconfirmed.Count.ShouldBe(students.Length);
            costs.Add(tap.RoundTrips);
            archives.Clock.DaysAhead = 0;
            return [.. costs];
        }
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task What_was_written_is_found_in_no_dump_no_message_and_no_log()
    {
        var canary = new Canary();
        await using var broker = await RawBroker.ConnectAsync(archives.RabbitMq);
        var messages = await broker.OverhearAsync();
        var settings = new Dictionary<string, string>(archives.Settings, StringComparer.Ordinal) { ["Logging__LogLevel__Default"] = "Trace" };
        await using var process = await ServiceProcess.StartAsync(typeof(ArchivesDb).Assembly.Location, settings);
        HttpClient As(HttpClient client)
        {
            process.Client.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;
            return process.Client;
        }

        await ChangeAsync(As(scene.Homeroom), new NeedsRequest(canary.In("理由"), AcademicTier.Struggling), 0).ShouldBeDoneAsync();
        (await As(scene.Homeroom).SeeAsync<NeedsBody>(scene.OfStudent("needs"))).History[0].Reason.ShouldBe(canary.In("理由"));
        var attention = await As(scene.Guardian).DoAsync(
            scene.OfStudent("attention"), new NoteRequest(AttentionCause.FamilyChange, canary.In("家里有变故"))).MadeAsync();
        (await As(scene.Homeroom).SeeAsync<AttentionBody>(scene.District.Address($"attention/{attention}"))).Notes[0].Text
            .ShouldBe(canary.In("家里有变故"));
        await As(scene.Homeroom).DoAsync(scene.District.Address($"attention/{attention}/dismiss"), new DismissRequest(canary.In("已了解")))
            .ShouldBeDoneAsync();
        await PlanTests.WriteEverythingAsync(scene, As, canary);

        var dump = await Servers.DumpAsync(archives.Database);
        dump.ShouldContain(attention.ToString());
        process.Output.ShouldContain("\"LogLevel\":\"Debug\"");
        await Eventually.GetAsync(() => Task.FromResult(messages.Count), count => count > 2);
        messages.Count.ShouldBeGreaterThan(2);
        canary.CountIn(dump).ShouldBe(0);
        canary.CountIn(string.Concat(messages)).ShouldBe(0);
        canary.CountIn(process.Output).ShouldBe(0);
    }

    private Task<HttpResponseMessage> ChangeAsync(HttpClient client, NeedsRequest request, long? version) =>
        client.PutAsync(scene.OfStudent("needs"), request, version);

    private async Task<Reconfirmation> ReconfirmAsync(params Guid[] students)
    {
        using var answer = await scene.Homeroom.DoAsync(scene.OfSchool("needs/reconfirm"), new ReconfirmRequest(students));
        return await answer.ShouldBeAsync<Reconfirmation>(HttpStatusCode.OK);
    }

    private async Task ScoreAsync(DateOnly day, string score)
    {
        using var answer = await scene.Subject.DoAsync(
            scene.OfSchool("scores"), new ScoresRequest(ExamKind.Monthly, day, [new ScoreEntry(scene.Student, score)], 100, "数学"));
        await answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
    }
}
