using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.SystemTests;

/// <summary>A guardian's rights over every service: a copy of all that is held of a child, and its erasure.</summary>
[Collection("servers")]
[Trait("Rule", "ARC-10")]
public sealed class PersonalDataTests : IAsyncLifetime
{
    private static readonly string[] Services = ["Activities", "Archives", "Identity", "Insights", "Messages", "Surveys", "Visits"];

    private readonly Canary agreed = new();
    private readonly Canary notes = new();
    private readonly Canary injury = new();
    private readonly Canary secret = new();
    private WholeSystem system = null!;
    private Person admin = null!;
    private Person guardian = null!;
    private Person counselor = null!;
    private Guid district;
    private Guid student;
    private Guid item;

    private string Requests => $"/api/archives/districts/{district}/personal-data-requests";

    private string Child => $"/api/archives/districts/{district}/students/{student}";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        system = await WholeSystem.StartAsync();
        admin = await Person.SignInAsync(
            system.Gateway, await Story.TellAsync(system, "--schools", "2", "--students-per-school", "180"));
        district = await ScalarAsync<Guid>("Archives", "SELECT district_id FROM district_roster");
        var school = await ScalarAsync<Guid>("Visits", "SELECT school_id FROM visit ORDER BY id LIMIT 1");
        // A child with two guardians and no sibling, of whom nobody has told anything yet.
        student = await ScalarAsync<Guid>(
            "Archives",
            $"""
            SELECT e.student_id FROM enrolment e WHERE e.school_id = '{school}' AND e.class_id IS NOT NULL
                AND EXISTS (SELECT FROM guardianship g WHERE g.student_id = e.student_id AND g.legal_status = 'Guardian')
            ORDER BY (SELECT count(*) FROM guardianship g WHERE g.student_id = e.student_id) DESC, e.student_id DESC LIMIT 1
            """);
        var @class = await ScalarAsync<Guid>("Archives", $"SELECT class_id FROM enrolment WHERE student_id = '{student}'");
        var parent = await ScalarAsync<Guid>(
            "Archives", $"SELECT guardian_id FROM guardianship WHERE student_id = '{student}' AND legal_status = 'Guardian' ORDER BY contact_order");
        var teacherId = await ScalarAsync<Guid>(
            "Archives", $"SELECT staff_id FROM staff_post WHERE class_id = '{@class}' AND role = 'HomeroomTeacher'");
        guardian = await admin.InviteAsync(new { role = "guardian", personId = parent, studentId = student }, "parent@home.example");
        counselor = await admin.InviteAsync(
            new { role = "counselor", schoolId = school, personId = teacherId }, "rights-counselor@school.example");
        var teacher = await admin.InviteAsync(
            new { role = "homeroomTeacher", schoolId = school, classId = @class, personId = teacherId }, "rights-teacher@school.example");

        item = await WriteAsync("medicalHistory", secret.In("哮喘"));
        await WriteAsync("violence", injury.In("手臂有瘀伤"));
        var visit = await teacher.SendAsync(HttpMethod.Post, "/api/visits", new
        {
            studentIds = new[] { student },
            mode = "video",
            kind = "emergency",
            startsAt = TimeProvider.System.GetUtcNow().AddHours(-3),
            minutes = 5,
        });
        await teacher.SendAsync(HttpMethod.Post, $"/api/visits/{visit.GetProperty("id").GetGuid()}/complete", new
        {
            summary = notes.In("孩子不愿提起父亲"),
            agreed = agreed.In("每天阅读二十分钟"),
            guardianFeedback = "satisfied",
        });
        var invited = await Eventually.GetAsync(
            () => ScalarAsync<long>("Surveys", $"SELECT count(*) FROM invitation WHERE '{student}' = ANY (student_ids)"), n => n > 0);
        invited.ShouldBe(1);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => system.DisposeAsync();

    [Fact]
    public async Task A_guardian_has_a_copy_and_then_an_erasure_that_every_service_answers_for()
    {
        await ACopyHasWhatIsTheChildsAndNothingElseAsync();
        await AnErasureIsDoneWhenTheLastServiceHasAnsweredAsync();
        await NothingComesBackAsync();
    }

    private async Task ACopyHasWhatIsTheChildsAndNothingElseAsync()
    {
        await admin.SendAsync(
            HttpMethod.Put, $"/api/archives/districts/{district}/personal-data-policy",
            new { guardiansSee = new[] { "violence" } }, HttpStatusCode.BadRequest);
        await ExecuteAsync(
            "Archives",
            $"INSERT INTO personal_data_policy VALUES ('{district}', '{{\"guardiansSee\": [\"medicalHistory\"]}}', 1)");
        var asked = await guardian.SendAsync(HttpMethod.Post, $"{Child}/personal-data-requests", new { matter = "copy" });
        var id = asked.GetProperty("id").GetGuid();
        (await StateAsync(id, "ready")).ShouldBe("ready");

        await admin.SendAsync(HttpMethod.Get, $"{Requests}/{id}/copy", null, HttpStatusCode.NotFound);
        using var zip = new ZipArchive(new MemoryStream(await guardian.FetchAsync($"{Requests}/{id}/copy")));
        var files = zip.Entries.ToDictionary(entry => entry.Name, Read, StringComparer.Ordinal);
        files.Keys.Order(StringComparer.Ordinal).ShouldBe(
            [
                "activities.json", "archives.json", "files.json", "identity.json", "index.html", "insights.json", "messages.json", "surveys.json",
                "visits.json",
            ]);
        foreach (var json in files.Where(file => file.Key is not ("index.html" or "files.json")))
            JsonDocument.Parse(json.Value).RootElement.GetProperty("tables").GetArrayLength().ShouldBeGreaterThan(0, json.Key);
        secret.CountIn(files["archives.json"]).ShouldBe(1);
        agreed.CountIn(files["visits.json"]).ShouldBe(1);
        RowsOf(files["surveys.json"], "invitation").ShouldBe(1);
        RowsOf(files["insights.json"], "student_in_term").ShouldBeGreaterThan(0);
        RowsOf(files["identity.json"], "role_grant").ShouldBe(1);
        RowsOf(files["archives.json"], "guardianship").ShouldBe(1);
        secret.CountIn(files["index.html"]).ShouldBe(1);
        foreach (var file in files.Values)
        {
            notes.CountIn(file).ShouldBe(0);
            injury.CountIn(file).ShouldBe(0);
            file.ShouldNotContain("iolence");
            file.ShouldNotContain("<script");
        }

        foreach (var other in await OthersAsync())
            files.Values.ShouldAllBe(file => !file.Contains(other, StringComparison.Ordinal));
        // While it can be fetched, whoever looks into a database, its event log included, sees ciphertext.
        await NobodyReadsInDumpsAsync();
    }

    private async Task AnErasureIsDoneWhenTheLastServiceHasAnsweredAsync()
    {
        var asked = await guardian.SendAsync(HttpMethod.Post, $"{Child}/personal-data-requests", new { matter = "erasure" });
        var id = asked.GetProperty("id").GetGuid();
        await guardian.SendAsync(HttpMethod.Post, $"{Requests}/{id}/decision", new { granted = true }, HttpStatusCode.Forbidden);
        await DecideAsync(id, new { granted = true }, HttpStatusCode.Conflict); // still on the roll
        await ExecuteAsync("Archives", "CREATE SCHEMA backup");
        await ExecuteAsync(
            "Archives",
            $"UPDATE enrolment SET starts_on = current_date - 99, ends_on = current_date - 2 WHERE student_id = '{student}'");
        foreach (var table in new[] { "student", "enrolment", "sensitive_item" })
        {
            var key = table == "student" ? "id" : "student_id";
            await ExecuteAsync("Archives", $"CREATE TABLE backup.{table} AS SELECT * FROM public.{table} WHERE {key} = '{student}'");
        }

        // What a hold keeps is restricted, and erased by itself when the hold ends.
        await system.Parts["Visits"].KillAsync();
        await admin.SendAsync(HttpMethod.Post, $"{Child}/legal-hold", new { reason = "诉讼" });
        await DecideAsync(id, new { granted = true }, HttpStatusCode.NoContent);
        (await StateAsync(id, "restricted")).ShouldBe("restricted");
        await admin.SendAsync(HttpMethod.Delete, $"{Child}/legal-hold");
        var answered = await Eventually.GetAsync(
            async () => (await admin.SendAsync(HttpMethod.Get, $"{Requests}/{id}")).GetProperty("services").EnumerateArray()
                .Count(service => service.GetProperty("answeredAt").ValueKind != JsonValueKind.Null),
            count => count == 6);
        answered.ShouldBe(6);
        (await StateAsync(id, "running")).ShouldBe("running");
        await ExecuteAsync("Archives", $"UPDATE personal_data_request SET answers_due_at = now() - interval '1 hour' WHERE id = '{id}'");
        var late = (await admin.SendAsync(HttpMethod.Get, $"{Requests}?overdue=true")).GetProperty("items").EnumerateArray().Single();
        late.GetProperty("id").GetGuid().ShouldBe(id);
        late.GetProperty("services").EnumerateArray().Where(service => service.GetProperty("overdue").GetBoolean())
            .Select(service => service.GetProperty("service").GetString()).ShouldBe(["visits"]);

        await system.Parts["Visits"].StartAsync();
        (await StateAsync(id, "erased")).ShouldBe("erased");
        var certificate = Encoding.UTF8.GetString(await admin.FetchAsync($"{Requests}/{id}/certificate"));
        foreach (var service in Services)
            certificate.ShouldContain($"<td>{service.ToLowerInvariant()}</td>");
        certificate.ShouldContain("visit_record");
        certificate.ShouldContain("已销毁");
        (await ScalarAsync<bool>("Keys", $"SELECT wrapped IS NULL FROM data_key WHERE id = '{student}'")).ShouldBeTrue();
        foreach (var service in Services)
            (await ScalarAsync<long>(service, CountSql)).ShouldBe(0, service);
        await NobodyReadsInDumpsAsync();
    }

    private async Task NothingComesBackAsync()
    {
        // What was told of the child comes once more, as if it had been late.
        var onRoll = "SELECT coalesce(sum(on_roll), 0) FROM coverage WHERE kind = 'District'";
        var before = await ScalarAsync<long>("Insights", onRoll);
        foreach (var service in new[] { "Archives", "Visits" })
        {
            await ExecuteAsync(
                service,
                $"""
                INSERT INTO platform.outbox
                    (message_id, name, district_id, school_id, aggregate_id, version, occurred_at, traceparent, payload)
                SELECT gen_random_uuid(), name, district_id, school_id, aggregate_id, version + 10, occurred_at, traceparent,
                    regexp_replace(payload, '"version":(\d+)', '"version":1\1')
                FROM platform.event_log WHERE payload LIKE '%{student}%' AND name NOT LIKE '%personal-data%'
                """);
        }

        // The same event tells of others, who show that it has arrived.
        foreach (var (service, table) in new[] { ("Visits", "enrolment"), ("Identity", "known_enrolment"), ("Insights", "enrolment") })
        {
            var arrived = await Eventually.GetAsync(
                () => ScalarAsync<long>(service, $"SELECT count(*) FROM {table} WHERE version > 10"), count => count > 0);
            arrived.ShouldBeGreaterThan(0, service);
        }

        foreach (var service in Services)
            (await ScalarAsync<long>(service, CountSql)).ShouldBe(0, service);
        (await ScalarAsync<long>("Insights", onRoll)).ShouldBe(before);

        // A backup brings the rows back, but not what they said.
        foreach (var table in new[] { "student", "enrolment", "sensitive_item" })
        {
            await ExecuteAsync(
                "Archives", $"SET session_replication_role = replica; INSERT INTO public.{table} SELECT * FROM backup.{table}");
        }

        await ExecuteAsync("Archives", $"UPDATE enrolment SET ends_on = NULL WHERE student_id = '{student}'");
        await counselor.SendAsync(
            HttpMethod.Post, $"/api/archives/districts/{district}/sensitive-items/{item}/reads", new { purpose = "counselling" },
            HttpStatusCode.Gone);
    }

    // Rows about the child in whatever table has a column for it, but the proof of the request itself.
    private string CountSql =>
        $"""
        SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml(format(
            'SELECT count(*) AS n FROM public.%I t WHERE t.%I::text LIKE ''%%{student}%%''', c.relname, a.attname), false, true, '')))[1]
            ::text::bigint), 0)::bigint
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'personal_data_request'
            AND a.attname IN ('student_id', 'student_ids', 'person_id')
        """;

    private async Task NobodyReadsInDumpsAsync()
    {
        foreach (var database in system.Databases.Values)
        {
            var dump = await Servers.DumpAsync(database);
            foreach (var canary in new[] { agreed, notes, injury, secret })
                canary.CountIn(dump).ShouldBe(0);
        }
    }

    // How the other guardians of the child are called and reached.
    private async Task<string[]> OthersAsync() => await ScalarAsync<string[]>(
        "Archives",
        $"""
        SELECT coalesce(array_agg(o.phone) FILTER (WHERE o.phone <> own.phone), ARRAY[]::text[])
        FROM guardianship g JOIN guardian o ON o.id = g.guardian_id,
            (SELECT p.phone FROM guardianship x JOIN guardian p ON p.id = x.guardian_id
             WHERE x.student_id = '{student}' AND x.legal_status = 'Guardian' ORDER BY x.contact_order LIMIT 1) own
        WHERE g.student_id = '{student}'
        """);

    private async Task<Guid> WriteAsync(string kind, string content) =>
        (await counselor.SendAsync(HttpMethod.Post, $"{Child}/sensitive-items", new { kind, content })).GetProperty("id").GetGuid();

    private Task<JsonElement> DecideAsync(Guid id, object decision, HttpStatusCode expected) =>
        admin.SendAsync(HttpMethod.Post, $"{Requests}/{id}/decision", decision, expected);

    private Task<string?> StateAsync(Guid id, string awaited) => Eventually.GetAsync(
        async () => (await admin.SendAsync(HttpMethod.Get, $"{Requests}/{id}")).GetProperty("state").GetString(),
        state => state == awaited);

    private static long RowsOf(string part, string table) => JsonDocument.Parse(part).RootElement.GetProperty("tables").EnumerateArray()
        .Where(found => found.GetProperty("table").GetString() == table).Sum(found => found.GetProperty("rows").GetArrayLength());

    private static string Read(ZipArchiveEntry entry)
    {
        using var text = new StreamReader(entry.Open());
        return text.ReadToEnd();
    }

    private Task<T> ScalarAsync<T>(string service, string sql) => LeavingFixture.ScalarAsync<T>(system, service, sql);

    private async Task ExecuteAsync(string service, string sql)
    {
        await using var connection = new NpgsqlConnection(system.Databases[service]);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
