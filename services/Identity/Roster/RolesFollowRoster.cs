using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Identity.Roster;

/// <summary>
/// Lets roles end with what they rest on, and come back with it: a teacher who leaves the class or the school, a guardianship that
/// was withdrawn, a guardian who may not see the child's data (ARC-13), a child that left. A guardian's role follows the child to
/// the next school. A roster that left half of a school out
/// by mistake is mended by the right one; nobody need be invited again.
/// </summary>
/// <param name="connection">Open, within a transaction whose tenancy covers the districts of the persons.</param>
/// <param name="now">The time.</param>
internal sealed class RolesFollowRoster(NpgsqlConnection connection, DateTimeOffset now)
{
    // Days end at midnight here, as in Archives.
    private const string TimeZone = "Asia/Shanghai";

    private const string Settle =
        $"""
        WITH last_day AS (
            -- Who has, or had, posts in the class of a role at a class, has the role with them; a substitute, as long as any post at
            -- the school.
            SELECT g.id, post.ends_on FROM role_grant g CROSS JOIN LATERAL (
                SELECT max(coalesce(p.ends_on, 'infinity')) AS ends_on FROM known_post p
                WHERE p.school_id = g.school_id AND p.staff_id = g.person_id
                    AND (g.class_id IS NULL OR p.class_id = g.class_id OR NOT EXISTS (
                        SELECT FROM known_post own WHERE own.school_id = g.school_id AND own.staff_id = g.person_id
                            AND own.class_id = g.class_id))) post
            WHERE g.student_id IS NULL AND g.person_id = ANY ($1) AND g.withdrawn_at IS NULL
            UNION ALL
            SELECT g.id, least(enrolment.ends_on, guardianship.ends_on, hidden.ends_on) FROM role_grant g
            CROSS JOIN LATERAL (
                SELECT max(coalesce(e.ends_on, 'infinity')) AS ends_on FROM known_enrolment e
                WHERE e.school_id = g.school_id AND e.student_id = g.student_id) enrolment
            LEFT JOIN LATERAL (
                SELECT coalesce(k.withdrawn_on - 1, 'infinity') AS ends_on FROM known_guardianship k
                WHERE k.district_id = g.district_id AND k.student_id = g.student_id AND k.guardian_id = g.person_id) guardianship
                ON true
            LEFT JOIN LATERAL (
                SELECT r.hidden_since - 1 AS ends_on FROM known_guardian_right r
                WHERE r.district_id = g.district_id AND r.student_id = g.student_id AND r.guardian_id = g.person_id) hidden
                ON true
            WHERE g.student_id = ANY ($2) AND g.withdrawn_at IS NULL),
        settled AS (
            SELECT id, CASE WHEN ends_on < 'infinity' THEN (ends_on + 1)::timestamp AT TIME ZONE '{TimeZone}' END AS holds_to
            FROM last_day WHERE ends_on IS NOT NULL),
        changed AS (
            UPDATE role_grant g SET holds_to = s.holds_to FROM settled s
            WHERE g.id = s.id AND g.holds_to IS DISTINCT FROM s.holds_to
            RETURNING g.account_id)
        UPDATE account a SET permission_version = permission_version + 1, revoked_version = permission_version + 1, revoked_at = $3
        WHERE a.id IN (SELECT account_id FROM changed)
        """;

    // A child on roll, from its first day there, at a school where its guardian, who had the role at another, has none yet.
    private const string Moved =
        $"""
        SELECT g.account_id, g.person_id, e.district_id, e.school_id, g.student_id,
            min(e.starts_on)::timestamp AT TIME ZONE '{TimeZone}', '{nameof(Role.Guardian)}', NULL::uuid
        FROM role_grant g
        JOIN known_enrolment e ON e.student_id = g.student_id AND e.ends_on IS NULL
        JOIN known_guardianship k
            ON k.district_id = e.district_id AND k.student_id = g.student_id AND k.guardian_id = g.person_id AND k.withdrawn_on IS NULL
        WHERE g.student_id = ANY ($1) AND g.withdrawn_at IS NULL AND NOT EXISTS (
            SELECT FROM known_guardian_right r WHERE r.district_id = e.district_id AND r.student_id = g.student_id
                AND r.guardian_id = g.person_id AND r.hidden_since IS NOT NULL) AND NOT EXISTS (
            SELECT FROM role_grant there WHERE there.account_id = g.account_id AND there.student_id = g.student_id
                AND there.school_id = e.school_id AND there.withdrawn_at IS NULL)
        GROUP BY g.account_id, g.person_id, e.district_id, e.school_id, g.student_id
        ORDER BY g.account_id, e.school_id
        """;

    // Roles at classes that moved to another school; those that had ended before it did stay behind. A role at the whole school that
    // was left is no role at the other one.
    private const string MovedWithClass =
        $"""
        SELECT DISTINCT ON (g.account_id, m.to_class, g.role)
            g.account_id, g.person_id, g.district_id, m.to_school, g.student_id, m.day::timestamp AT TIME ZONE '{TimeZone}', g.role, m.to_class
        FROM unnest($1, $2, $3, $4, $5) AS m (from_school, from_class, to_school, to_class, day)
        JOIN role_grant g ON g.school_id = m.from_school AND g.class_id = m.from_class AND g.student_id IS NULL
        WHERE g.withdrawn_at IS NULL AND (g.holds_to IS NULL OR g.holds_to >= m.day::timestamp AT TIME ZONE '{TimeZone}')
            AND NOT EXISTS (
                SELECT FROM role_grant there WHERE there.account_id = g.account_id AND there.school_id = m.to_school
                    AND there.class_id = m.to_class AND there.role = g.role AND there.withdrawn_at IS NULL)
        ORDER BY g.account_id, m.to_class, g.role
        """;

    private const string Give =
        """
        INSERT INTO role_grant (id, account_id, role, person_id, district_id, school_id, student_id, holds_from, class_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    /// <summary>Settles the roles of these persons.</summary>
    public async Task FollowAsync(Guid[] staff, Guid[] students, CancellationToken cancel)
    {
        await AloneAsync(cancel);
        await using (var settle = new NpgsqlCommand(Settle, connection))
        {
            settle.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = staff });
            settle.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = students });
            settle.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
            await settle.ExecuteNonQueryAsync(cancel);
        }

        await using var moved = new NpgsqlCommand(Moved, connection);
        moved.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = students });
        await GiveAsync(moved, cancel);
    }

    /// <summary>Gives whoever has a role at a class that moved to another school the same role at the class there.</summary>
    public async Task FollowAsync(IReadOnlyList<(MovedClass Class, DateOnly Day)> moves, CancellationToken cancel)
    {
        if (moves.Count == 0)
            return;
        await AloneAsync(cancel);
        await using var moved = new NpgsqlCommand(MovedWithClass, connection);
        foreach (var column in new Func<MovedClass, Guid>[] { m => m.FromSchoolId, m => m.FromClassId, m => m.ToSchoolId, m => m.ToClassId })
            moved.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. moves.Select(move => column(move.Class))] });
        moved.Parameters.Add(new NpgsqlParameter<DateOnly[]> { TypedValue = [.. moves.Select(move => move.Day)] });
        await GiveAsync(moved, cancel);
    }

    // Of two batches at once, in two replicas, the second sees all that the first knows: what it settles is settled.
    private async Task AloneAsync(CancellationToken cancel)
    {
        await using var alone = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtext('identity.roles'))", connection);
        await alone.ExecuteNonQueryAsync(cancel);
    }

    private async Task GiveAsync(NpgsqlCommand moved, CancellationToken cancel)
    {
        await using var gifts = new NpgsqlBatch(connection);
        await using (var reader = await moved.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                gifts.BatchCommands.Add(Gift(reader));
        }

        if (gifts.BatchCommands.Count > 0)
            await gifts.ExecuteNonQueryAsync(cancel);
    }

    private NpgsqlBatchCommand Gift(NpgsqlDataReader row) => new(Give)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(now) },
            new NpgsqlParameter<Guid> { TypedValue = row.GetGuid(0) },
            new NpgsqlParameter<string> { TypedValue = row.GetString(6) },
            Optional(row, 1),
            new NpgsqlParameter<Guid> { TypedValue = row.GetGuid(2) },
            new NpgsqlParameter<Guid> { TypedValue = row.GetGuid(3) },
            Optional(row, 4),
            new NpgsqlParameter<DateTime> { TypedValue = row.GetDateTime(5), NpgsqlDbType = NpgsqlDbType.TimestampTz },
            Optional(row, 7),
        },
    };

    private static NpgsqlParameter Optional(NpgsqlDataReader row, int column) =>
        new() { Value = row.GetValue(column), NpgsqlDbType = NpgsqlDbType.Uuid };
}
