using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Identity.Tests;

/// <summary>The second lock of ALL-1, tried without the first: as the service's own role, but with SQL of our own.</summary>
public sealed class TenancyTests(IdentityFixture fixture)
{
    private static readonly string[] Exempt =
    [
        "__EFMigrationsHistory", "account", "client", "external_identity",
        "external_sign_in", "first_admin_link", "logout_token", "second_factor", "session",
        "signing_key",
    ];

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Every_table_is_under_row_level_security_but_those_that_are_asked_before_a_tenant_is_known()
    {
        var open = await fixture.System.QueryAsync(
            """
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname COLLATE "C"
            """);
        open.ShouldBe(Exempt);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_school_sees_nothing_of_another_and_nobody_sees_anything_without_a_scope()
    {
        var roster = await fixture.RosterAsync();
        foreach (var school in new[] { roster.A, roster.B })
        {
            await fixture.JoinAsync(school.Invite(Role.SchoolAdmin));
            await fixture.JoinAsync(school.Invite(Role.Guardian));
            await fixture.Replica.PublishAsync(new GuardianRightsChanged(
                fixture.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), school.Student, school.Guardian,
                Enum.GetValues<GuardianRight>(), GuardianChannel.App));
        }

        foreach (var school in new[] { roster.A, roster.B })
        {
            await Eventually.GetAsync(
                () => fixture.System.QueryAsync($"SELECT version::text FROM known_guardian_right WHERE student_id = '{school.Student}'"),
                rows => rows.Count == 1);
        }

        var tables = await fixture.System.QueryAsync(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'");
        foreach (var table in tables.Except(Exempt, StringComparer.Ordinal))
        {
            (await CountAsync(table, "true")).ShouldBe(0, table);
            (await CountAsync(table, "true", ("app.schools", $"{{{roster.A.Id}}}"))).ShouldBeGreaterThan(0, table);
            (await CountAsync(table, "true", ("app.districts", $"{{{Guid.CreateVersion7()}}}"))).ShouldBe(0, table);
            if (table is not ("known_guardianship" or "known_guardian_right"))
            {
                (await CountAsync(table, $"school_id IS DISTINCT FROM '{roster.A.Id}'", ("app.schools", $"{{{roster.A.Id}}}")))
                    .ShouldBe(0, table);
            }
        }

        foreach (var (school, rows) in new[] { (roster.A, 0), (roster.B, 1) })
        {
            foreach (var table in new[] { "known_guardianship", "known_guardian_right" })
            {
                (await CountAsync(table, $"student_id = '{roster.B.Student}'", ("app.schools", $"{{{school.Id}}}")))
                    .ShouldBe(rows, table);
            }
        }
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Beside_its_tenant_an_account_sees_its_own_roles_and_a_code_its_own_invitation()
    {
        var roster = await fixture.RosterAsync();
        var parent = await (await fixture.JoinAsync(roster.A.Invite(Role.Guardian))).MeAsync();
        await fixture.JoinAsync(roster.B.Invite(Role.Guardian));
        (await CountAsync("role_grant", "true", ("app.account", parent.Id.ToString()))).ShouldBe(1);

        var hash = (await fixture.System.QueryAsync(
            $"SELECT encode(code_hash, 'hex') FROM invitation WHERE student_id = '{roster.A.Student}' LIMIT 1"))[0];
        (await CountAsync("invitation", "true", ("app.invitation", hash))).ShouldBe(1);
    }

    private async Task<long> CountAsync(string table, string condition, params (string Setting, string Value)[] settings)
    {
        await using var connection = new NpgsqlConnection(fixture.System.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("SET LOCAL ROLE identity_app") } };
        foreach (var (setting, value) in settings)
            batch.BatchCommands.Add(new($"SET LOCAL {setting} = '{value}'"));
        await batch.ExecuteNonQueryAsync();
        await using var count = new NpgsqlCommand($"SELECT count(*) FROM {table} WHERE {condition}", connection);
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
