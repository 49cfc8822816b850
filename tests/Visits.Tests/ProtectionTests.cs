using System.Text.Json;
using System.Text.RegularExpressions;
using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Emergencies;
using HomeSchool.Visits.Protection;

namespace HomeSchool.Visits.Tests;

/// <summary>Children in danger: what nobody else may learn of, searched for everywhere.</summary>
[Trait("Rule", "VIS-17")]
public sealed class ProtectionTests(VisitsSystem system) : IAsyncLifetime
{
    private const string Cases = "/api/visits/protected-cases";

    private readonly Canary canary = new();
    private District district = null!;
    private HttpClient reporter = null!;
    private HttpClient lead = null!;

    private Guid Student => district.One.A.Students[3];

    private Grant LeadGrant => district.AtSchool(Role.Counselor, district.One) with { PersonId = district.One.Colleague };

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        reporter = system.As(district.SubjectTeacher(district.One.B));
        lead = system.As(LeadGrant);
        await system.As(district.AtSchool(Role.VicePrincipal, district.One)).PutJsonAsync(
            $"/api/visits/protection-leads/{district.One.Id}", new ProtectionLeadsBody([district.One.Colleague])).ShouldSucceedAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Any_staff_member_opens_a_case_in_one_tap_and_learns_what_to_do_and_whom_to_tell()
    {
        var visits = (await system.As(district.Admin()).GetAsync<Page<VisitView>>($"/api/visits?schoolId={district.One.Id}")).Items.Count;
        foreach (var grant in new[]
        {
            district.SubjectTeacher(district.One.B), district.Teacher(district.One.A), district.Admin(),
            district.AtSchool(Role.SchoolAdmin, district.One), district.AtSchool(Role.MoralEducationOfficer, district.One),
        })
        {
            var answer = await system.As(grant).PostJsonAsync(
                Cases, new { studentId = Student, kind = "abuse" }, language: grant.Role == Role.SchoolAdmin ? "en" : null);
            var receipt = await answer.ReadAsync<ProtectionReceipt>();
            receipt.DoNow.ShouldNotBeEmpty();
            receipt.Tell.Select(contact => contact.Authority).ShouldBe([Authority.Police, Authority.CivilAffairs, Authority.Education]);
            receipt.Tell[0].Name.ShouldBe(grant.Role == Role.SchoolAdmin ? "Police" : "公安机关");
            receipt.LeadIds.ShouldBe([district.One.Colleague]);
        }

        await system.As(district.AtSchool(Role.SchoolAdmin, district.Two))
            .PostJsonAsync(Cases, new { studentId = Student, kind = "abuse" }).ShouldBeUnknownAsync();
        await system.As(district.Guardian(district.One.A)).PostJsonAsync(Cases, new { studentId = Student, kind = "abuse" })
            .ShouldBeForbiddenAsync();
        (await ListedAsync(lead)).Count.ShouldBe(5);
        (await system.As(district.Admin()).GetAsync<Page<VisitView>>($"/api/visits?schoolId={district.One.Id}")).Items.Count.ShouldBe(visits);
    }

    [Fact]
    public async Task The_district_edits_what_people_are_told()
    {
        var admin = system.As(district.Admin());
        var policy = new
        {
            protection = new
            {
                tell = new[] { new { authority = "police", zh = "城关派出所", en = "Chengguan police", phone = "0931-110" } },
            },
        };
        await admin.PutJsonAsync($"/api/visits/policies/{district.Id}", policy, 0).ShouldSucceedAsync();
        var receipt = await (await reporter.PostJsonAsync(Cases, new { studentId = Student, kind = "neglect" })).ReadAsync<ProtectionReceipt>();
        (receipt.Tell.Single().Name, receipt.Tell.Single().Phone).ShouldBe(("城关派出所", "0931-110"));
        receipt.DoNow.Count.ShouldBe(new ProtectionPolicy().DoNow.Count);
        await admin.PutJsonAsync($"/api/visits/policies/{district.Id}", new { protection = new { doNow = Array.Empty<object>() } }, 1)
            .ShouldBeRefusedAsync(400, "request.invalid");
    }

    [Fact]
    public async Task Only_named_leads_and_whom_they_grant_it_read_a_case_and_the_others_cannot_tell_it_from_none()
    {
        var id = await OpenAsync();
        var content = (await ReadAsync(lead, id)).Content;
        (content.StudentId, content.Kind, content.Note).ShouldBe((Student, HarmKind.SexualHarm, canary.In("她说")));

        var absent = Guid.CreateVersion7();
        Grant[] others =
        [
            district.AtSchool(Role.VicePrincipal, district.One), district.AtSchool(Role.MoralEducationOfficer, district.One),
            district.AtSchool(Role.SchoolAdmin, district.One), district.AtSchool(Role.Counselor, district.One),
            district.Teacher(district.One.A), district.SubjectTeacher(district.One.A),
            district.AtSchool(Role.Counselor, district.Two) with { PersonId = district.One.Colleague },
        ];
        foreach (var grant in others)
        {
            var client = system.As(grant);
            (await ListedAsync(client)).ShouldBeEmpty();
            foreach (var asked in new[] { id, absent })
            {
                await client.PostJsonAsync(Cases + "/reads", new ProtectedCaseRead(asked)).ShouldBeUnknownAsync();
                await client.PostJsonAsync(Cases + "/entries", new CaseEntryRequest(asked, Text: "x")).ShouldBeUnknownAsync();
                await client.PostJsonAsync(
                    Cases + "/grants", new CaseGrantRequest(asked, district.One.A.Teacher, "x", 1)).ShouldBeUnknownAsync();
            }
        }

        await system.As(district.Admin()).TryGetAsync(Cases).ShouldBeForbiddenAsync();
        await system.As(district.Guardian(district.One.A, 3)).TryGetAsync(Cases).ShouldBeForbiddenAsync();

        // The staff of another school cannot be granted it.
        await lead.PostJsonAsync(Cases + "/grants", new CaseGrantRequest(id, district.Two.Colleague, "x", 7))
            .ShouldBeRefusedAsync(400, "request.invalid");

        // Who is named no longer reads no longer.
        await system.As(district.AtSchool(Role.VicePrincipal, district.One)).PutJsonAsync(
            $"/api/visits/protection-leads/{district.One.Id}", new ProtectionLeadsBody([])).ShouldSucceedAsync();
        (await ListedAsync(lead)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_grant_is_for_one_case_and_ends()
    {
        var (id, other) = (await OpenAsync(), await OpenAsync());
        var teacher = system.As(district.Teacher(district.One.A));
        await lead.PostJsonAsync(Cases + "/grants", new CaseGrantRequest(id, district.One.A.Teacher, "评估安全", 2)).ShouldSucceedAsync();
        (await ListedAsync(teacher)).Single().Id.ShouldBe(id);
        (await ReadAsync(teacher, id)).Trail[^1].Kind.ShouldBe(CaseEntryKind.Read);
        await teacher.PostJsonAsync(Cases + "/reads", new ProtectedCaseRead(other)).ShouldBeUnknownAsync();
        await teacher.PostJsonAsync(Cases + "/entries", new CaseEntryRequest(id, Text: "x")).ShouldBeUnknownAsync();
        (await ListedAsync(system.AsIn(TimeSpan.FromDays(3), district.Teacher(district.One.A)))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_grant_can_be_taken_back_and_given_again()
    {
        var id = await OpenAsync();
        var teacher = system.As(district.Teacher(district.One.A));
        await GrantAsync();
        (await ListedAsync(teacher)).Single().Id.ShouldBe(id);
        var revocation = new CaseRevocationRequest(id, district.One.A.Teacher);
        await teacher.PostJsonAsync(Cases + "/revocations", revocation).ShouldBeUnknownAsync();
        await lead.PostJsonAsync(Cases + "/revocations", revocation).ShouldSucceedAsync();
        (await ListedAsync(teacher)).ShouldBeEmpty();
        await teacher.PostJsonAsync(Cases + "/reads", new ProtectedCaseRead(id)).ShouldBeUnknownAsync();
        // The database itself shows it no more.
        (await system.SeenProtectedAsync("protected_case", district.Id, district.One.Id, district.One.A.Teacher)).ShouldBe(0);
        await GrantAsync();
        (await ListedAsync(teacher)).Single().Id.ShouldBe(id);
        (await ReadAsync(lead, id)).Trail.Select(entry => entry.Kind)
            .ShouldBe(
            [
                CaseEntryKind.Opened, CaseEntryKind.Granted, CaseEntryKind.Revoked, CaseEntryKind.Granted, CaseEntryKind.Read,
            ]);

        Task GrantAsync() => lead.PostJsonAsync(
            Cases + "/grants", new CaseGrantRequest(id, district.One.A.Teacher, "评估安全", 30)).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Who_told_whom_and_when_and_who_has_read_stands_in_a_trail_from_which_no_line_can_be_taken()
    {
        var id = await OpenAsync();
        await lead.PostJsonAsync(
            Cases + "/entries", new CaseEntryRequest(id, Authority.Police, Http.Now.AddHours(-1), "京公2026-17", "已出警")).ShouldSucceedAsync();
        await lead.PostJsonAsync(Cases + "/entries", new CaseEntryRequest(id, Text: "安排心理教师陪同")).ShouldSucceedAsync();
        var read = await ReadAsync(lead, id);
        read.Trail.Select(entry => entry.Kind)
            .ShouldBe([CaseEntryKind.Opened, CaseEntryKind.Reported, CaseEntryKind.Noted, CaseEntryKind.Read]);
        (read.Trail[1].Authority, read.Trail[1].Reference, read.Trail[1].ById)
            .ShouldBe((Authority.Police, "京公2026-17", district.One.Colleague));
        read.TrailIsWhole.ShouldBeTrue();

        await system.CountAsync(
            """
            WITH gone AS (DELETE FROM protected.protected_entry WHERE case_id = $1 AND number = 2 RETURNING 1) SELECT count(*) FROM gone
            """, id);
        (await ReadAsync(lead, id)).TrailIsWhole.ShouldBeFalse();
    }

    [Fact]
    [Trait("Rule", "VIS-9")]
    public async Task An_emergency_with_a_suspected_family_is_a_protected_case_and_nothing_else()
    {
        var teacher = system.As(district.Teacher(district.One.A));
        var visit = await teacher.ScheduleAsync(new VisitRequest([Student], VisitMode.InPerson, Http.Evening()));
        var receipt = await (await teacher.PostJsonAsync("/api/visits/emergencies", new EmergencyRequest(
            Student, EmergencyKind.Conflict, canary.In("父亲打的"), FamilySuspected: true))).ReadAsync<EmergencyReceipt>();
        (receipt.Id, receipt.DueAt).ShouldBe((null, null));
        receipt.Protection.ShouldNotBeNull().DoNow.ShouldNotBeEmpty();
        (await teacher.GetAsync<Page<EmergencyView>>("/api/visits/emergencies")).Items.ShouldBeEmpty();
        (await teacher.GetAsync<List<AlertView>>("/api/visits/alerts")).ShouldBeEmpty();
        (await system.CountAsync("SELECT count(*) FROM alarm WHERE school_id = $1", district.One.Id)).ShouldBe(0);

        // The appointment stands, and nothing is said of it.
        (await teacher.GetAsync<VisitDetails>($"/api/visits/{visit.Id}")).Visit.State.ShouldBe(VisitState.Scheduled);
        (await system.EventsOfAsync(visit.Id)).Count.ShouldBe(1);
        var opened = await ReadAsync(lead, (await ListedAsync(lead)).Single().Id);
        (opened.Content.FamilySuspected, opened.Content.Note).ShouldBe((true, canary.In("父亲打的")));
    }

    [Fact]
    [Trait("Goal", "R7")]
    public async Task It_is_found_in_no_event_no_message_no_log_no_audit_no_list_and_in_a_dump_as_ciphertext_only()
    {
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var messages = await broker.OverhearAsync();
        await using var process = await system.StartProcessAsync();
        var client = system.SignIn(process.Client, district.Teacher(district.One.A));
        using var another = new HttpClient { BaseAddress = process.Client.BaseAddress };
        var leading = system.SignIn(another, LeadGrant);
        var student = district.One.A.Students[7];
        var before = await ShownAsync();
        await client.PostJsonAsync(
            Cases, new ProtectedCaseRequest(student, HarmKind.SexualHarm, true, canary.In("她说")), key: Guid.CreateVersion7().ToString())
            .ShouldSucceedAsync();
        await client.PostJsonAsync(
            "/api/visits/emergencies", new EmergencyRequest(student, EmergencyKind.Other, canary.In("家里"), FamilySuspected: true))
            .ShouldSucceedAsync();
        var ids = (await ListedAsync(leading)).Select(c => c.Id).ToArray();
        ids.Length.ShouldBe(2);
        foreach (var id in ids)
        {
            (await ReadAsync(leading, id)).Content.Note!.ShouldContain("canary");
            await leading.PostJsonAsync(
                Cases + "/entries", new CaseEntryRequest(id, Authority.Police, null, canary.In("号"), canary.In("注"))).ShouldSucceedAsync();
            await leading.PostJsonAsync(
                Cases + "/grants", new CaseGrantRequest(id, district.One.B.Teacher, canary.In("目的"), 1)).ShouldSucceedAsync();
        }

        // Something that may be seen, after it: so the others have had their time.
        var visit = await client.ScheduleAsync(new VisitRequest([district.One.A.Students[8]], VisitMode.Video, Http.Evening()));
        await Eventually.GetAsync(
            () => Task.FromResult(string.Concat(messages)), all => all.Contains(visit.Id.ToString(), StringComparison.Ordinal));
        await client.OnAsync(visit.Id, "cancel", new { }, 1).ShouldSucceedAsync();

        var said = string.Concat(messages) + process.Output;
        var (dump, keys) = await system.DumpAsync();
        dump.ShouldContain(ids[0].ToString());
        // What stands of the student there is the roster, and of the case its own rows.
        dump.Split('\n').Where(line => line.Contains(ids[0].ToString(), StringComparison.Ordinal))
            .ShouldAllBe(line => !line.Contains(student.ToString(), StringComparison.Ordinal));
        (dump + keys + said).ShouldSatisfyAllConditions(
            all => canary.CountIn(all).ShouldBe(0), all => all.ShouldNotContain("SexualHarm"), all => all.ShouldNotContain("sexualHarm"));
        foreach (var id in ids)
        {
            said.ShouldNotContain(id.ToString());
            said.ShouldNotContain(id.ToString("N"));
        }

        said.ShouldNotContain(student.ToString());
        process.Output.ShouldContain("\"LogLevel\":\"Debug\"");
        foreach (var table in new[] { "platform.audit", "platform.outbox", "platform.event_log", "platform.idempotency" })
        {
            (await system.CountAsync(
                $"""
                SELECT count(*) FROM {table} t WHERE t::text ~ 'rotectedCase|rotected-case|{student}' AND t::text !~ 'ListCrisesOfLeads'
                    AND $1 IS NOT NULL AND t::text !~ 'archives[.]'
                """, Guid.Empty)).ShouldBe(0, table);
        }

        (await ShownAsync()).ShouldBe(before);

        // Whatever the others are shown of the school, it is what they were shown before.
        async Task<string> ShownAsync()
        {
            var shown = "";
            foreach (var grant in new[]
            {
                district.Admin(), district.AtSchool(Role.VicePrincipal, district.One),
                district.AtSchool(Role.MoralEducationOfficer, district.One), district.Teacher(district.One.A),
                district.Guardian(district.One.A, 7),
            })
            {
                var seer = system.As(grant);
                foreach (var path in new[]
                {
                    $"/api/visits?studentId={student}&schoolId={district.One.Id}", "/api/visits/emergencies", "/api/visits/alerts",
                    "/api/visits/priority-visits", "/api/visits/protected-cases", "/api/visits/crises/of-leads",
                })
                {
                    using var answer = await seer.GetAsync(new Uri(path, UriKind.Relative));
                    shown += answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : $"{answer.StatusCode}";
                }

                using var audit = await seer.GetAsync(new Uri(
                    "/api/visits/operations/audit/export?from=2026-01-01&to=2100-01-01", UriKind.Relative));
                if (audit.IsSuccessStatusCode)
                {
                    var lines = (await audit.Content.ReadAsStringAsync()).Split('\n');
                    lines.ShouldAllBe(line => !line.Contains("rotectedCase", StringComparison.Ordinal)
                        || line.Contains("ListCrisesOfLeads", StringComparison.Ordinal));
                }
            }

            return shown;
        }
    }

    [Fact]
    public async Task The_database_shows_a_case_to_no_scope_of_school_or_district_and_lets_nobody_change_one()
    {
        var id = await OpenAsync();
        foreach (var table in new[] { "protected_case", "protected_entry", "protected_grant" })
        {
            (await system.SeenProtectedAsync(table, district.Id, district.One.Id, null)).ShouldBe(0);
            (await system.SeenProtectedAsync(table, district.Id, district.One.Id, district.One.A.Teacher)).ShouldBe(0);
        }

        (await system.SeenProtectedAsync("protected_case", district.Id, district.One.Id, district.One.Colleague)).ShouldBe(1);
        (await system.SeenProtectedAsync("protected_case", Guid.CreateVersion7(), district.Two.Id, district.One.Colleague)).ShouldBe(0);
        (await system.CountAsync(
            """
            SELECT count(*) FROM information_schema.role_table_grants
            WHERE grantee = 'visits_app' AND table_schema = 'protected' AND privilege_type NOT IN ('SELECT', 'INSERT') AND $1 IS NOT NULL
            """, id)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task Erasing_the_student_does_not_erase_the_case()
    {
        var student = district.One.B.Students[9];
        await reporter.PostJsonAsync(Cases, new ProtectedCaseRequest(student, HarmKind.Neglect, false, canary.In("没人管"))).ShouldSucceedAsync();
        await system.StepAsync($"erase-student {district.Id} {student}");
        (await ReadAsync(lead, (await ListedAsync(lead))[0].Id)).Content.Note.ShouldBe(canary.In("没人管"));
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task A_copy_and_an_erasure_are_answered_alike_with_a_case_and_without_one()
    {
        var (with, without) = (district.One.B.Students[10], district.One.B.Students[11]);
        await reporter.PostJsonAsync(
            Cases, new ProtectedCaseRequest(with, HarmKind.Abuse, true, canary.In("伤痕"))).ShouldSucceedAsync();
        foreach (var matter in new[] { PersonalDataMatter.Copy, PersonalDataMatter.Erasure })
        {
            var answers = new List<string>();
            foreach (var (student, guardian) in new[]
            {
                (with, district.One.B.Guardians[10]), (without, district.One.B.Guardians[11]),
            })
            {
                var asked = new PersonalDataAsked(district.Id, Guid.CreateVersion7(), 1, Http.Now, student, guardian, matter, null);
                await system.PublishAsync(asked);
                var answered = await Eventually.GetAsync(
                    () => system.EventsOfAsync(asked.AggregateId),
                    events => events.Exists(e => e.Name == "platform.personal-data-answered"));
                var answer = answered.Single(e => e.Name == "platform.personal-data-answered").Payload;
                answer.ShouldNotContain("protected");
                using var parsed = JsonDocument.Parse(answer);
                // Days are by the clock of whichever replica answers; that of other tests' may be ahead.
                answers.Add(Regex.Replace(
                    string.Concat(parsed.RootElement.EnumerateObject()
                        .Where(member => member.Name is not ("aggregateId" or "occurredAt" or "runId")).Select(member => $"{member}\n")),
                    "\"until\":\"[0-9-]+\"", "\"until\":\"a day\"", RegexOptions.None, TimeSpan.FromSeconds(1)));
            }

            answers[0].ShouldBe(answers[1]);
        }

        // It stays.
        (await ReadAsync(lead, (await ListedAsync(lead)).Single().Id)).Content.Note.ShouldBe(canary.In("伤痕"));
    }

    private static async Task<List<ProtectedCaseView>> ListedAsync(HttpClient client) => await client.GetAsync<List<ProtectedCaseView>>(Cases);

    private static async Task<ProtectedCaseDetails> ReadAsync(HttpClient client, Guid id) =>
        await (await client.PostJsonAsync(Cases + "/reads", new ProtectedCaseRead(id))).ReadAsync<ProtectedCaseDetails>();

    private async Task<Guid> OpenAsync()
    {
        var known = (await ListedAsync(lead)).Select(c => c.Id).ToHashSet();
        await reporter.PostJsonAsync(Cases, new ProtectedCaseRequest(Student, HarmKind.SexualHarm, false, canary.In("她说"))).ShouldSucceedAsync();
        return (await ListedAsync(lead)).Single(c => !known.Contains(c.Id)).Id;
    }
}
