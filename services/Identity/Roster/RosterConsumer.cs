using System.Text.Json;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Identity.Roster;

/// <summary>
/// Keeps what an invitation is checked against: ids of schools, classes, students, staff and guardians, and who belongs where.
/// A row that ended stays, so that an older event that arrives later cannot bring it back.
/// </summary>
public sealed class RosterConsumer(TimeProvider clock) : EventConsumer
{
    private static readonly JsonSerializerOptions AsColumns = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <inheritdoc/>
    public override string Queue => "identity.roster";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
        [typeof(SchoolChanged), typeof(RosterChanged), typeof(GuardianshipsChanged), typeof(GuardianRightsChanged), typeof(ClassesMoved)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var rosters = batch.Of<RosterChanged>().ToArray();
        await using var writes = new NpgsqlBatch(batch.Connection);
        Keep(writes, "known_school", "school_id", ["withdrawn_on"],
            from e in batch.Of<SchoolChanged>()
            select new KnownSchool(e.AggregateId, e.DistrictId, e.WithdrawnOn, e.Version));
        Keep(writes, "known_class", "school_id, class_id", ["withdrawn_on"],
            from e in rosters
            from row in e.Classes
            select new KnownClass(e.SchoolId, row.ClassId, e.DistrictId, row.WithdrawnOn, e.Version));
        Keep(writes, "known_enrolment", "school_id, enrolment_id", ["student_id", "class_id", "starts_on", "ends_on"],
            from e in rosters
            from row in e.Enrolments
            select new KnownEnrolment(
                e.SchoolId, row.EnrolmentId, e.DistrictId, row.StudentId, row.ClassId, row.StartsOn, row.EndsOn, e.Version));
        Keep(writes, "known_post", "school_id, post_id", ["staff_id", "class_id", "ends_on"],
            from e in rosters
            from row in e.Posts
            select new KnownPost(e.SchoolId, row.PostId, e.DistrictId, row.StaffId, row.ClassId, row.EndsOn, e.Version));
        Keep(writes, "known_guardianship", "district_id, student_id, guardian_id", ["withdrawn_on"],
            from e in batch.Of<GuardianshipsChanged>()
            from row in e.Guardianships
            select new KnownGuardianship(e.DistrictId, row.StudentId, row.GuardianId, row.WithdrawnOn, e.Version));
        Keep(writes, "known_guardian_right", "district_id, student_id, guardian_id", ["hidden_since"],
            from e in batch.Of<GuardianRightsChanged>()
            select new KnownGuardianRight(
                e.DistrictId, e.StudentId, e.GuardianId,
                e.Rights.Contains(GuardianRight.See) ? null : Inviting.DayOf(e.OccurredAt), e.Version));
        await writes.ExecuteNonQueryAsync(cancel);

        var roles = new RolesFollowRoster(batch.Connection, clock.GetUtcNow());
        // First those that move, before the roster's rows end them.
        await roles.FollowAsync(
            [.. batch.Of<ClassesMoved>().SelectMany(e => e.Classes, (e, moved) => (moved, e.On))], cancel);
        await roles.FollowAsync(
            [.. rosters.SelectMany(e => e.Posts, (_, row) => row.StaffId).Distinct()],
            [
                .. rosters.SelectMany(e => e.Enrolments, (_, row) => row.StudentId)
                    .Concat(batch.Of<GuardianshipsChanged>().SelectMany(e => e.Guardianships, (_, row) => row.StudentId))
                    .Concat(batch.Of<GuardianRightsChanged>().Select(e => e.StudentId)).Distinct(),
            ],
            cancel);
    }

    // Of several versions of a row the highest counts, within the batch and against what is kept; in the order of the keys, so
    // that two batches at the same time cannot wait for each other in a circle.
    private static void Keep<T>(NpgsqlBatch writes, string table, string key, string[] facts, IEnumerable<T> rows) =>
        writes.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            INSERT INTO {table} AS kept
            SELECT DISTINCT ON ({key}) * FROM jsonb_populate_recordset(NULL::{table}, $1) ORDER BY {key}, version DESC
            ON CONFLICT ({key}) DO UPDATE
            SET version = excluded.version, {string.Join(", ", facts.Select(fact => $"{fact} = excluded.{fact}"))}
            WHERE kept.version < excluded.version
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string>
                {
                    TypedValue = JsonSerializer.Serialize(rows, AsColumns), NpgsqlDbType = NpgsqlDbType.Jsonb,
                },
            },
        });
}
