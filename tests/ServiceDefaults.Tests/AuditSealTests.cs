using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Audit;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>Every audit row is sealed once and soon, and who has an export can check it without us.</summary>
public sealed class AuditSealTests(ProbeFixture probe) : IClassFixture<ProbeFixture>
{
    private static readonly Uri Facts = new("/api/probe/facts", UriKind.Relative);

    private readonly Guid district = Guid.CreateVersion7();
    private readonly Guid school = Guid.CreateVersion7();

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task Every_row_is_sealed_within_two_seconds_while_commands_go_on()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var i = 0; i < 100; i++)
                await StateAsync(client);
        }));
        await SealedAsync(800);
        (await probe.ScalarAsync<double>(
            """
            SELECT max(extract(epoch FROM h.sealed_at - a.at))::float8
            FROM platform.audit a JOIN platform.audit_seal s ON s.audit_id = a.id
            CROSS JOIN LATERAL (SELECT min(sealed_at) AS sealed_at FROM platform.audit_head WHERE position >= s.position) h
            WHERE a.district_id = $1
            """, district)).ShouldBeLessThan(2);
        (await VerifyAsync()).Breaks.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_row_whose_transaction_commits_late_is_sealed_then_and_once()
    {
        await using var open = new NpgsqlConnection(probe.Database);
        await open.OpenAsync();
        await using var transaction = await open.BeginTransactionAsync();
        var late = await InsertAsync(open, probe.Services.GetRequiredService<AuditKey>());

        // Younger rows are sealed meanwhile, in several batches.
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        for (var i = 1; i <= 3; i++)
        {
            await StateAsync(client);
            await SealedAsync(i);
        }

        await transaction.CommitAsync();
        await SealedAsync(4);
        (await probe.ScalarAsync<bool>(
            """
            SELECT position = (SELECT max(s.position) FROM platform.audit_seal s
                JOIN platform.audit a ON a.id = s.audit_id WHERE a.district_id = $1)
            FROM platform.audit_seal WHERE audit_id = $2
            """, district, late)).ShouldBeTrue();
        (await VerifyAsync()).Breaks.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_transaction_that_is_rolled_back_leaves_no_gap()
    {
        var before = await probe.ScalarAsync<long>("SELECT count(*) FROM platform.audit_seal");
        await using (var open = new NpgsqlConnection(probe.Database))
        {
            await open.OpenAsync();
            await using var transaction = await open.BeginTransactionAsync();
            await InsertAsync(open, probe.Services.GetRequiredService<AuditKey>());
        }

        await StateAsync(probe.Client(TestIdentity.DistrictAdmin(district)));
        await SealedAsync(1);
        (await probe.ScalarAsync<long>("SELECT count(*) FROM platform.audit_seal")).ShouldBeGreaterThan(before);
        (await VerifyAsync()).Breaks.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task Several_sealers_at_once_make_one_chain()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        using var stop = new CancellationTokenSource();
        var sealers = Enumerable.Range(0, 4)
            .Select(_ => ActivatorUtilities.CreateInstance<AuditSealer>(probe.Services))
            .Select(async sealer =>
            {
                while (!stop.IsCancellationRequested)
                    await sealer.SealAsync(CancellationToken.None);
            })
            .ToArray();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var i = 0; i < 50; i++)
                await StateAsync(client);
        }));
        await SealedAsync(400);
        await stop.CancelAsync();
        await Task.WhenAll(sealers);
        (await VerifyAsync()).Breaks.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_backlog_larger_than_a_batch_is_sealed_completely()
    {
        await using var connection = new NpgsqlConnection(probe.Database);
        await connection.OpenAsync();
        var key = probe.Services.GetRequiredService<AuditKey>();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            for (var i = 0; i < 5_200; i++)
                await InsertAsync(connection, key);
            await transaction.CommitAsync();
        }

        await SealedAsync(5_200);
        (await VerifyAsync()).Breaks.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task Sealing_goes_on_while_the_broker_is_away()
    {
        await using var alone = new ProbeFixture { BrokerIsAway = true };
        await alone.InitializeAsync();
        await StateAsync(alone.Client(TestIdentity.DistrictAdmin(district)));
        (await Eventually.GetAsync(
            () => alone.ScalarAsync<long>("SELECT count(*) FROM platform.audit_seal"), rows => rows == 1)).ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task Heads_are_announced_to_the_other_services_and_written_to_a_file_and_neither_makes_audit_rows()
    {
        await StateAsync(probe.Client(TestIdentity.DistrictAdmin(district)));
        await SealedAsync(1);
        var announced = JsonSerializer.Deserialize<AuditSealed>(
            await Eventually.GetAsync(
                () => probe.ScalarAsync<string>(
                    """
                    SELECT coalesce((SELECT payload FROM platform.event_log WHERE name = 'platform.audit-sealed'
                        ORDER BY position DESC LIMIT 1), 'null')
                    """),
                payload => payload != "null"),
            Json.Options)!;
        announced.Service.ShouldBe("probe");
        (await probe.ScalarAsync<bool>(
            "SELECT encode(hash, 'base64') = $2 FROM platform.audit_head WHERE position = $1",
            announced.Position, announced.Hash)).ShouldBeTrue();

        var written = await Eventually.GetAsync(
            async () => await AnchorFiles.ReadAsync(probe.Anchors).ToListAsync(),
            heads => heads.Contains(announced)); // a later one of another replica may stand there before it
        written.ShouldContain(announced);
        var report = await VerifyAsync();
        report.Breaks.ShouldBe(0);
        report.Anchors.ShouldBeGreaterThanOrEqualTo(written.Count);
        (await probe.ScalarAsync<long>("SELECT count(*) FROM platform.audit WHERE action NOT IN ('StateFact', 'ExportAudit', 'Test')"))
            .ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task The_runtime_role_can_only_add_to_the_seals()
    {
        foreach (var table in new[] { "audit", "audit_seal", "audit_head", "audit_anchor" })
        {
            (await probe.ScalarAsync<string>(
                """
                SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants
                WHERE grantee = 'probe_app' AND table_schema = 'platform' AND table_name = $1
                """, table)).ShouldBe("INSERT SELECT", table);
        }
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task The_step_verify_audit_says_that_the_audit_is_whole()
    {
        await StateAsync(probe.Client(TestIdentity.DistrictAdmin(district)));
        await SealedAsync(1);
        (await probe.RunAsync("verify-audit")).ShouldContain("The audit is whole");
        (await probe.RunAsync($"verify-audit --anchors {probe.Anchors}")).ShouldContain("The audit is whole");
        (await Should.ThrowAsync<InvalidOperationException>(() => probe.RunAsync("verify-audit --anchors /nowhere")))
            .Message.ShouldContain("There is no /nowhere");
        (await Should.ThrowAsync<InvalidOperationException>(() => probe.RunAsync("verify-audit everything")))
            .Message.ShouldContain("usage");
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task A_verification_can_go_on_where_an_earlier_one_ended()
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        await StateAsync(client);
        await SealedAsync(1);
        var first = await VerifyAsync();
        await StateAsync(client);
        await SealedAsync(2);
        var second = await VerifyAsync(new VerifyAudit(After: first.Position));
        second.Breaks.ShouldBe(0);
        second.Position.ShouldBe(first.Position + second.Sealed);
        second.Sealed.ShouldBeGreaterThan(0);

        foreach (var nonsense in new[] { -1, long.MaxValue, long.MinValue })
        {
            using var refused = await AuditorOf(district).PostAsJsonAsync(Operation("verifications"), new VerifyAudit(nonsense));
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task An_export_is_verified_without_us()
    {
        var from = TimeProvider.System.GetUtcNow();
        var elsewhere = Guid.CreateVersion7();
        var (ours, theirs) = (AuditorOf(district), AuditorOf(elsewhere));
        var facts = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            facts.Add(await StateAsync(ours));
            await StateAsync(theirs, elsewhere);
        }

        await SealedAsync(5);
        await SealedAsync(5, elsewhere);
        var lines = await ExportAsync(AuditorOf(district), from);
        var key = (await probe.Client().GetFromJsonAsync<AuditPublicKey>(Operation("key")))!;
        Verify(lines, key.Key);
        var entries = EntriesOf(lines);
        entries.ShouldAllBe(entry => entry.GetProperty("districtId").GetGuid() == district);
        facts.Except(entries.Select(entry => entry.GetProperty("subjectId").GetGuid())).ShouldBeEmpty();

        // One changed member of one line, and it does not hold any more.
        var text = lines.ConvertAll(line => line.GetRawText());
        var changed = text.FindIndex(line => line.Contains("\"entry\"", StringComparison.Ordinal));
        text[changed] = text[changed].Replace("StateFact", "StateFiction", StringComparison.Ordinal);
        Should.Throw<ShouldAssertException>(() => Verify(text.ConvertAll(Parse), key.Key));
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    [Trait("Rule", "ALL-2")]
    public async Task Who_exports_sees_the_rows_of_his_own_district_or_school_only()
    {
        var from = TimeProvider.System.GetUtcNow();
        var admin = probe.Client(TestIdentity.DistrictAdmin(district));
        var (fact, neighbour) = (await StateAsync(admin), new Fact(Guid.CreateVersion7(), district, Guid.CreateVersion7()));
        (await admin.PostAsJsonAsync(Facts, neighbour)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await SealedAsync(2);

        (await SubjectsAsync(AuditorOf(Guid.CreateVersion7()))).ShouldBeEmpty();
        var officer = new Grant(Role.MoralEducationOfficer, null, district, school, null, null);
        (await SubjectsAsync(probe.Client(officer))).ShouldBe([fact]);
        (await SubjectsAsync(AuditorOf(district))).ShouldBe([fact, neighbour.Id], ignoreOrder: true);

        async Task<Guid[]> SubjectsAsync(HttpClient client) =>
        [
            .. EntriesOf(await ExportAsync(client, from)).Where(entry => entry.GetProperty("action").GetString() == "StateFact")
                .Select(entry => entry.GetProperty("subjectId").GetGuid()),
        ];
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task An_export_is_audited_itself()
    {
        await ExportAsync(AuditorOf(district), TimeProvider.System.GetUtcNow());
        (await probe.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE action = 'ExportAudit' AND district_id = $1", district)).ShouldBe(1);
    }

    [Theory]
    [Trait("Rule", "ALL-1")]
    [InlineData("verifications")]
    [InlineData("export?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z")]
    [InlineData("anchors?service=probe")]
    public async Task Only_who_may_read_the_audit_gets_in(string operation)
    {
        var (admin, teacher) = (new Grant(Role.SchoolAdmin, null, district, school, null, null),
            new Grant(Role.HomeroomTeacher, null, district, school, Guid.CreateVersion7(), null));
        foreach (var (client, status) in new[]
        {
            (probe.Client(), HttpStatusCode.Unauthorized),
            (probe.Client(admin), HttpStatusCode.Forbidden),
            (probe.Client(teacher), HttpStatusCode.Forbidden),
        })
        {
            using var answer = operation == "verifications"
                ? await client.PostAsJsonAsync(Operation(operation), new VerifyAudit())
                : await client.GetAsync(Operation(operation));
            answer.StatusCode.ShouldBe(status);
        }
    }

    [Theory]
    [InlineData("export")]
    [InlineData("export?from=yesterday&to=today")]
    [InlineData("export?from=2026-12-31T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("anchors")]
    public async Task What_is_asked_wrongly_is_the_clients_mistake(string operation)
    {
        using var answer = await AuditorOf(district).GetAsync(Operation(operation));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{"anchors":[null]}""", HttpStatusCode.OK)]
    [InlineData("""{"after":"x"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"anchors":[{}]}""", HttpStatusCode.BadRequest)]
    [InlineData("null", HttpStatusCode.BadRequest)]
    public async Task A_verification_takes_any_body(string body, HttpStatusCode status)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await AuditorOf(district).PostAsync(Operation("verifications"), content);
        answer.StatusCode.ShouldBe(status);
    }

    // What somebody writes who has the README, an export and the public key, and none of our code.
    private static void Verify(List<JsonElement> lines, string key)
    {
        using var publicKey = ECDsa.Create();
        publicKey.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key), out _);
        var hash = lines[0].GetProperty("hash").GetBytesFromBase64();
        var position = lines[0].GetProperty("after").GetInt64();
        foreach (var line in lines.Skip(1))
        {
            if (line.TryGetProperty("head", out var head))
            {
                head.GetProperty("position").GetInt64().ShouldBe(position);
                head.GetProperty("hash").GetBytesFromBase64().ShouldBe(hash);
                publicKey.VerifyData(
                    Fields("homeschool-audit-head", head.GetProperty("service").GetString(), $"{position}",
                        head.GetProperty("hash").GetString(), Microseconds(head.GetProperty("occurredAt"))),
                    head.GetProperty("signature").GetBytesFromBase64(), HashAlgorithmName.SHA256).ShouldBeTrue();
                continue;
            }

            var leaf = line.GetProperty("leaf").GetBytesFromBase64();
            line.GetProperty("position").GetInt64().ShouldBe(++position);
            var number = BitConverter.GetBytes(position);
            Array.Reverse(number);
            hash = SHA256.HashData([.. hash, .. number, .. leaf]);
            line.GetProperty("hash").GetBytesFromBase64().ShouldBe(hash);
            if (line.TryGetProperty("entry", out var entry))
            {
                SHA256.HashData(
                [
                    .. Fields(
                        Hex(entry, "id"), Microseconds(entry.GetProperty("at")), Text(entry, "actor"), Text(entry, "action"),
                        Text(entry, "permission"), Hex(entry, "districtId"), Hex(entry, "schoolId"), Text(entry, "subjectKind"),
                        Hex(entry, "subjectId"), Text(entry, "reason"), Text(entry, "correlationId")),
                    .. entry.GetProperty("mac").GetBytesFromBase64(),
                ]).ShouldBe(leaf);
            }
        }

        lines[^1].TryGetProperty("head", out _).ShouldBeTrue();

        static string? Text(JsonElement entry, string name) => entry.GetProperty(name).GetString();
        static string? Hex(JsonElement entry, string name) => Text(entry, name)?.Replace("-", "", StringComparison.Ordinal);
        static string Microseconds(JsonElement time) =>
            $"{(time.GetDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks / 10}";
        static byte[] Fields(params string?[] fields) => Encoding.UTF8.GetBytes(string.Concat(
            fields.Select(field => $"{(field is null ? -1 : Encoding.UTF8.GetByteCount(field))}:{field};")));
    }

    private static JsonElement[] EntriesOf(List<JsonElement> lines) =>
        [.. lines.Where(line => line.TryGetProperty("entry", out _)).Select(line => line.GetProperty("entry"))];

    private static JsonElement Parse(string line) => JsonSerializer.Deserialize<JsonElement>(line);

    private static Uri Operation(string name) => new($"/api/probe/operations/audit/{name}", UriKind.Relative);

    private static async Task<List<JsonElement>> ExportAsync(HttpClient client, DateTimeOffset from)
    {
        var text = await client.GetStringAsync(
            Operation($"export?from={from.UtcDateTime:O}&to={TimeProvider.System.GetUtcNow().UtcDateTime:O}"));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    private HttpClient AuditorOf(Guid which) => probe.Client(TestIdentity.DistrictAdmin(which));

    private async Task<AuditReport> VerifyAsync(VerifyAudit? request = null)
    {
        using var answer = await AuditorOf(district).PostAsJsonAsync(Operation("verifications"), request ?? new VerifyAudit());
        return (await answer.Content.ReadFromJsonAsync<AuditReport>(Json.Options))!;
    }

    private async Task<Guid> StateAsync(HttpClient client, Guid? where = null)
    {
        var fact = new Fact(Guid.CreateVersion7(), where ?? district, school);
        (await client.PostAsJsonAsync(Facts, fact)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return fact.Id;
    }

    private async Task SealedAsync(long rows, Guid? where = null) => (await Eventually.GetAsync(
        () => probe.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit JOIN platform.audit_seal ON audit_id = id WHERE district_id = $1",
            where ?? district),
        count => count == rows)).ShouldBe(rows);

    // A row as a command writes it, in a transaction that the test holds open.
    private async Task<Guid> InsertAsync(NpgsqlConnection connection, AuditKey key)
    {
        var now = TimeProvider.System.GetUtcNow();
        var entry = new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            Actor = "system",
            Action = "Test",
            Permission = "open",
            DistrictId = district,
            SubjectKind = "nothing",
            CorrelationId = "",
        };
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO platform.audit (id, at, actor, action, permission, district_id, subject_kind, correlation_id, mac)
            VALUES ($1, $2, 'system', 'Test', 'open', $3, 'nothing', '', $4)
            """, connection);
        insert.Parameters.AddWithValue(entry.Id);
        insert.Parameters.AddWithValue(entry.At);
        insert.Parameters.AddWithValue(district);
        insert.Parameters.AddWithValue(key.Mac(entry));
        await insert.ExecuteNonQueryAsync();
        return entry.Id;
    }
}
