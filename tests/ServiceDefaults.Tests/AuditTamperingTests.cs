using System.Net.Http.Json;
using System.Security.Cryptography;
using HomeSchool.Contracts.Audit;
using HomeSchool.Probe;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Tests;

/// <summary>
/// What somebody does who may write anything in the database, but has not the service's keys: all of it is found.
/// </summary>
public sealed class AuditTamperingTests(UnsealedProbe probe) : IClassFixture<UnsealedProbe>, IAsyncLifetime
{
    private const int Batches = 4;

    private const int Rows = 40;

    private const string LastHead = "position = (SELECT max(position) FROM platform.audit_head)";

    // Each statement changes something; $1 and $2 are different positions, $1 the lower one.
    private static readonly string[] Edits =
    [
        .. new[]
        {
            "at = at + interval '1 microsecond'", "at = at + interval '1 day'", "at = '200000-01-01'", "at = 'infinity'",
            "actor = 'system'", "action = action || ' '", "permission = 'open'", "district_id = gen_random_uuid()",
            "school_id = NULL", "school_id = gen_random_uuid()", "subject_kind = ''", "subject_id = gen_random_uuid()",
            "reason = ''", "reason = 'because'", "correlation_id = 'x'", "mac = '\\x00'", "id = gen_random_uuid()",
            // Moves a character from one field to the next.
            "action = left(action, -1), permission = right(action, 1) || permission",
        }.Select(change => $"UPDATE platform.audit SET {change} WHERE id = ({Row("$1")})"),
        $"DELETE FROM platform.audit WHERE id = ({Row("$1")})",
        $"DELETE FROM platform.audit WHERE id IN (SELECT audit_id FROM platform.audit_seal WHERE position BETWEEN $1 AND $2)",
        "DELETE FROM platform.audit_seal WHERE position = $1",
        "DELETE FROM platform.audit_seal",
        "TRUNCATE platform.audit, platform.audit_seal",
        "UPDATE platform.audit_seal SET leaf = hash WHERE position = $1",
        "UPDATE platform.audit_seal SET hash = leaf WHERE position = $1",
        "UPDATE platform.audit_seal SET audit_id = gen_random_uuid() WHERE position = $1",
        "UPDATE platform.audit_seal SET position = -$1 WHERE position = $1",
        $"UPDATE platform.audit_head SET hash = '\\x00' WHERE {LastHead}",
        $"UPDATE platform.audit_head SET signature = '\\x00' WHERE {LastHead}",
        "UPDATE platform.audit_head SET sealed_at = sealed_at + interval '1 second'",
        $"DELETE FROM platform.audit_head WHERE {LastHead}",
        "DELETE FROM platform.audit_head",
        // Reorders: what two rows say, what two seals stand for, and both with their digests.
        Swap("audit", "id", $"({Row("$1")})", $"({Row("$2")})", ["actor", "action", "subject_id", "at", "mac", "correlation_id"]),
        Swap("audit_seal", "position", "$1", "$2", ["leaf"]),
        Swap("audit_seal", "position", "$1", "$2", ["leaf", "hash"]),
        // A row between old ones, and one with the seal of another.
        $"""
        INSERT INTO platform.audit SELECT gen_random_uuid(), at, actor, action, permission, district_id, school_id,
            subject_kind, subject_id, reason, correlation_id, mac, '3'::xid8 FROM platform.audit WHERE id = ({Row("$1")})
        """,
        """
        INSERT INTO platform.audit_seal SELECT max(position) + 1, gen_random_uuid(), '\x00', '\x00' FROM platform.audit_seal
        """,
    ];

    private readonly Guid district = Guid.CreateVersion7();
    private NpgsqlConnection tamperer = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        tamperer = new NpgsqlConnection(probe.Database);
        await tamperer.OpenAsync();
        await ExecuteAsync("DROP SCHEMA IF EXISTS kept CASCADE; TRUNCATE platform.audit, platform.audit_seal, platform.audit_head");
        if (Directory.Exists(probe.Anchors))
            Directory.Delete(probe.Anchors, recursive: true);
        using var sealer = Sealer();
        for (var i = 0; i < Batches; i++)
        {
            await StateAsync(Rows / Batches);
            (await sealer.SealAsync(CancellationToken.None)).ShouldBe(Rows / Batches);
        }

        var report = await VerifyAsync();
        (report.Sealed, report.Anchors, report.Breaks).ShouldBe((Rows, Batches, 0));
        await ExecuteAsync(
            """
            CREATE SCHEMA kept;
            CREATE TABLE kept.audit AS TABLE platform.audit;
            CREATE TABLE kept.audit_seal AS TABLE platform.audit_seal;
            CREATE TABLE kept.audit_head AS TABLE platform.audit_head;
            """);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => tamperer.DisposeAsync();

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task Every_edit_deletion_and_reordering_is_found()
    {
        var random = new Random(14);
        var unnoticed = new List<string>();
        for (var i = 0; i < 4 * Edits.Length; i++)
        {
            var edit = Edits[i % Edits.Length];
            var (one, other) = (random.NextInt64(1, Rows), random.NextInt64(1, Rows));
            if (one == other)
                other++;
            await ExecuteAsync(edit, Math.Min(one, other), Math.Max(one, other));
            if ((await VerifyAsync()).Breaks == 0)
                unnoticed.Add($"{edit} ({one}, {other})");
            await PutBackAsync();
        }

        unnoticed.ShouldBeEmpty();
        (await VerifyAsync()).Breaks.ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task Each_fault_is_named_where_it_is()
    {
        (Guid id, var at) = (await RowAtAsync(7), 7L);
        await ExecuteAsync("UPDATE platform.audit SET actor = 'nobody' WHERE id = $1", id);
        (await FoundAsync()).ShouldBe(new AuditBreak(AuditFault.RowChanged, at, id));
        await ExecuteAsync("DELETE FROM platform.audit WHERE id = $1", id);
        (await FoundAsync()).ShouldBe(new AuditBreak(AuditFault.RowMissing, at, id));
        await ExecuteAsync($"UPDATE platform.audit_head SET signature = sha512('') WHERE {LastHead}");
        (await FoundAsync()).Fault.ShouldBe(AuditFault.HeadForged);
        await ExecuteAsync(Edits[^2], 3L, 4L);
        (await FoundAsync()).Fault.ShouldBe(AuditFault.RowInserted);

        async Task<AuditBreak> FoundAsync()
        {
            var report = await VerifyAsync();
            await PutBackAsync();
            report.Breaks.ShouldBe(1);
            return report.First.ShouldHaveSingleItem();
        }
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_tail_that_is_cut_off_everywhere_in_the_database_is_found_by_the_anchors()
    {
        for (var head = 0; head < Batches; head++)
        {
            await CutAsync(head * Rows / Batches);
            var report = await VerifyAsync();
            report.First.ShouldAllBe(found => found.Fault == AuditFault.TailCut);
            report.Breaks.ShouldBe(Batches - head);
            await PutBackAsync();
        }
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_tail_that_is_cut_off_and_has_grown_again_is_found_by_the_anchors()
    {
        await CutAsync(Rows / Batches);
        await StateAsync(Rows);
        using var sealer = Sealer();
        (await sealer.SealAsync(CancellationToken.None)).ShouldBe(Rows);
        var report = await VerifyAsync();
        report.First.ShouldAllBe(found => found.Fault == AuditFault.Rewritten);
        report.Breaks.ShouldBe(Batches - 1);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_sealer_that_has_seen_more_signs_nothing_after_a_tail_that_was_cut_off()
    {
        using var sealer = Sealer();
        (await sealer.SealAsync(CancellationToken.None)).ShouldBe(0);
        foreach (var head in new[] { Rows / Batches, 0 })
        {
            await CutAsync(head);
            await StateAsync(1);
            await Should.ThrowAsync<BrokenChainException>(() => sealer.SealAsync(CancellationToken.None));
        }
    }

    [Theory]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    [InlineData($"UPDATE platform.audit_head SET hash = sha256('') WHERE {LastHead}")]
    [InlineData("UPDATE platform.audit_head SET sealed_at = sealed_at + interval '1 second'")]
    [InlineData("DELETE FROM platform.audit_seal WHERE position = (SELECT max(position) FROM platform.audit_seal)")]
    [InlineData("DELETE FROM platform.audit_head")]
    [InlineData("INSERT INTO platform.audit_seal SELECT max(position) + 1, gen_random_uuid(), '', '' FROM platform.audit_seal")]
    public async Task No_sealer_signs_for_a_chain_whose_end_does_not_hold(string tampering)
    {
        await ExecuteAsync(tampering);
        await StateAsync(1);
        using var sealer = Sealer();
        await Should.ThrowAsync<BrokenChainException>(() => sealer.SealAsync(CancellationToken.None));
    }

    [Theory]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chain_that_somebody_computes_anew_is_found_because_he_cannot_sign_it(bool withOwnSignature)
    {
        // Without the row at 5, with all seals after it and one head as a true sealer would have made them.
        await ExecuteAsync("DELETE FROM platform.audit WHERE id = $1", await RowAtAsync(5));
        await ExecuteAsync("TRUNCATE platform.audit_seal");
        var hash = AuditChain.Genesis("probe");
        var rows = await ReadAsync<(Guid Id, byte[] Leaf)>(
            "SELECT audit_id, leaf FROM kept.audit_seal WHERE position <> 5 ORDER BY position",
            reader => (reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)));
        for (var i = 0; i < rows.Count; i++)
        {
            hash = AuditChain.Next(hash, i + 1, rows[i].Leaf);
            await ExecuteAsync(
                "INSERT INTO platform.audit_seal VALUES ($1, $2, $3, $4)", (long)(i + 1), rows[i].Id, rows[i].Leaf, hash);
        }

        var own = new ConfigurationBuilder().AddInMemoryCollection([new("Keys:Master", new string('x', 32))]).Build();
        var stranger = new SealKey(MasterKey.From(own), "probe");
        var now = TimeProvider.System.GetUtcNow();
        var head = stranger.Sign(rows.Count, hash, now.AddTicks(-(now.Ticks % 10)));
        await ExecuteAsync("TRUNCATE platform.audit_head");
        await ExecuteAsync(
            "INSERT INTO platform.audit_head VALUES ($1, $2, $3, $4, '3')", head.Position, hash, head.OccurredAt,
            withOwnSignature ? Convert.FromBase64String(head.Signature) : RandomNumberGenerator.GetBytes(64));
        var report = await VerifyAsync();
        report.First.ShouldContain(found => found.Fault == AuditFault.HeadForged);
        report.First.ShouldContain(found => found.Fault == AuditFault.Rewritten);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_row_with_a_forged_mac_is_found_even_when_it_is_sealed()
    {
        await ExecuteAsync(
            """
            INSERT INTO platform.audit SELECT gen_random_uuid(), at, actor, action, permission, district_id, school_id,
                subject_kind, subject_id, reason, correlation_id, mac FROM platform.audit LIMIT 1
            """);
        using var sealer = Sealer();
        (await sealer.SealAsync(CancellationToken.None)).ShouldBe(1);
        (await VerifyAsync()).First.ShouldHaveSingleItem().Fault.ShouldBe(AuditFault.RowChanged);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_database_that_was_restored_into_another_server_goes_on_being_sealed()
    {
        // There the transactions count from the beginning again.
        await StateAsync(3);
        await ExecuteAsync("UPDATE platform.audit SET xid = '1000000000000'; UPDATE platform.audit_head SET horizon = '1000000000001'");
        await StateAsync(2);
        using var sealer = Sealer();
        (await sealer.SealAsync(CancellationToken.None)).ShouldBe(5);
        await StateAsync(1);
        (await sealer.SealAsync(CancellationToken.None)).ShouldBe(1);
        var report = await VerifyAsync();
        (report.Sealed, report.Unsealed, report.Breaks).ShouldBe((Rows + 6, 0, 0));
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task An_anchor_that_the_service_never_signed_accuses_nobody()
    {
        var head = (await AnchorFiles.ReadAsync(probe.Anchors).ToListAsync())[^1];
        var report = await VerifyAsync(
            head with { Position = head.Position + 1 }, head with { Hash = "nonsense" }, head with { Signature = "" },
            head with { Service = "another", Hash = "nonsense" }, head with { Hash = "nonsense", Key = "nonsense" });
        report.First.Select(found => found.Fault).ShouldBe(Enumerable.Repeat(AuditFault.AnchorForged, 3));
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task The_step_verify_audit_fails_and_names_the_row()
    {
        var row = await RowAtAsync(3);
        await ExecuteAsync("UPDATE platform.audit SET actor = 'nobody' WHERE id = $1", row);
        (await Should.ThrowAsync<InvalidOperationException>(() => probe.RunAsync("verify-audit"))).Message
            .ShouldContain($"RowChanged at 3 {row}");
    }

    private static string Row(string position) => $"SELECT audit_id FROM platform.audit_seal WHERE position = {position}";

    private static string Swap(string table, string key, string one, string other, string[] columns) =>
        $"""
        UPDATE platform.{table} t SET {string.Join(", ", columns.Select(column => $"{column} = o.{column}"))}
        FROM platform.{table} o
        WHERE (t.{key} = {one} AND o.{key} = {other}) OR (t.{key} = {other} AND o.{key} = {one})
        """;

    // As if nothing after this head had ever been sealed.
    private async Task CutAsync(int head)
    {
        await ExecuteAsync(
            "DELETE FROM platform.audit WHERE id IN (SELECT audit_id FROM platform.audit_seal WHERE position > $1)", head);
        await ExecuteAsync("DELETE FROM platform.audit_seal WHERE position > $1", head);
        await ExecuteAsync("DELETE FROM platform.audit_head WHERE position > $1", head);
    }

    private Task PutBackAsync() => ExecuteAsync(
        """
        TRUNCATE platform.audit, platform.audit_seal, platform.audit_head;
        INSERT INTO platform.audit TABLE kept.audit;
        INSERT INTO platform.audit_seal TABLE kept.audit_seal;
        INSERT INTO platform.audit_head TABLE kept.audit_head;
        """);

    private AuditSealer Sealer() => ActivatorUtilities.CreateInstance<AuditSealer>(probe.Services);

    private Task<Guid> RowAtAsync(long position) =>
        probe.ScalarAsync<Guid>("SELECT audit_id FROM platform.audit_seal WHERE position = $1", position);

    private async Task StateAsync(int rows)
    {
        var client = probe.Client(TestIdentity.DistrictAdmin(district));
        for (var i = 0; i < rows; i++)
        {
            (await client.PostAsJsonAsync(
                new Uri("/api/probe/facts", UriKind.Relative), new Fact(Guid.CreateVersion7(), district, Guid.CreateVersion7())))
                .EnsureSuccessStatusCode();
        }
    }

    private async Task<AuditReport> VerifyAsync(params AuditSealed[] anchors)
    {
        using var answer = await probe.Client(TestIdentity.DistrictAdmin(district)).PostAsJsonAsync(
            new Uri("/api/probe/operations/audit/verifications", UriKind.Relative), new VerifyAudit(Anchors: anchors));
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<AuditReport>(Json.Options))!;
    }

    private Task<AuditReport> VerifyAsync() => VerifyAsync([]);

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, tamperer);
        for (var i = 0; i < values.Length && sql.Contains($"${i + 1}", StringComparison.Ordinal); i++)
            command.Parameters.AddWithValue(values[i]);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var command = new NpgsqlCommand(sql, tamperer);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }
}
