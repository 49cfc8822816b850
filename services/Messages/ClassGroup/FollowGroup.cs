using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Messages.ClassGroup;

/// <summary>
/// Keeps who of the parent committees moderates which group (ACT-6, MSG-3), and which children may be shown in photos. The highest version
/// counts, in whatever order events come.
/// </summary>
public sealed class FollowGroup : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "messages.class-group";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(CommitteeNamed), typeof(ConsentChanged)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var consents = batch.Of<ConsentChanged>().Where(consent => consent.Purpose == PhotoConsent.Purpose)
            .GroupBy(consent => consent.AggregateId).OrderBy(child => child.Key)
            .Select(child => child.MaxBy(consent => consent.Version)!).ToArray();
        if (consents.Length > 0)
        {
            await using var keep = new NpgsqlCommand(
                """
                INSERT INTO photo_consent (student_id, district_id, given, version) SELECT * FROM unnest($1, $2, $3, $4)
                ON CONFLICT (student_id) DO UPDATE SET given = excluded.given, version = excluded.version
                WHERE photo_consent.version < excluded.version
                """, batch.Connection)
                .With(Column(consents, r => r.AggregateId)).With(Column(consents, r => r.DistrictId))
                .With(Column(consents, r => r.Given)).With(Column(consents, r => r.Version));
            await keep.ExecuteNonQueryAsync(cancel);
        }

        var committees = batch.Of<CommitteeNamed>().GroupBy(named => (named.SchoolId, named.AggregateId)).OrderBy(ofClass => ofClass.Key)
            .Select(ofClass => ofClass.MaxBy(named => named.Version)!).ToArray();
        if (committees.Length > 0)
            await KeepAsync(batch.Connection, committees, cancel);
    }

    private static async Task KeepAsync(NpgsqlConnection connection, CommitteeNamed[] committees, CancellationToken cancel)
    {
        await using var newest = new NpgsqlCommand(
            """
            INSERT INTO group_committee AS kept (school_id, class_id, district_id, version) SELECT * FROM unnest($1, $2, $3, $4)
            ON CONFLICT (school_id, class_id) DO UPDATE SET version = excluded.version WHERE kept.version < excluded.version
            RETURNING class_id
            """, connection)
            .With(Column(committees, c => c.SchoolId)).With(Column(committees, c => c.AggregateId))
            .With(Column(committees, c => c.DistrictId)).With(Column(committees, c => c.Version));
        var news = new HashSet<Guid>();
        await using (var reader = await newest.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                news.Add(reader.GetGuid(0));
        }

        var moderators = committees.Where(c => news.Contains(c.AggregateId))
            .SelectMany(c => c.Members.Where(member => member.ModeratesGroup), (c, member) => (Class: c, Member: member)).ToArray();
        await using var replace = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("DELETE FROM group_moderator WHERE class_id = ANY ($1)")
                {
                    Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. news] } },
                },
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO group_moderator (school_id, class_id, guardian_id, student_id, district_id)
                    SELECT m.* FROM unnest($1, $2, $3, $4, $5) AS m (school_id, class_id, guardian_id, student_id, district_id)
                    WHERE NOT EXISTS (SELECT FROM platform.erased_student gone WHERE gone.student_id = m.student_id)
                        AND NOT EXISTS (SELECT FROM platform.restricted_student held
                            WHERE held.student_id = m.student_id AND 'Messages' = ANY (held.kinds))
                    """)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<Guid[]> { TypedValue = Column(moderators, m => m.Class.SchoolId) },
                        new NpgsqlParameter<Guid[]> { TypedValue = Column(moderators, m => m.Class.AggregateId) },
                        new NpgsqlParameter<Guid[]> { TypedValue = Column(moderators, m => m.Member.GuardianId) },
                        new NpgsqlParameter<Guid[]> { TypedValue = Column(moderators, m => m.Member.StudentId) },
                        new NpgsqlParameter<Guid[]> { TypedValue = Column(moderators, m => m.Class.DistrictId) },
                    },
                },
            },
        };
        await replace.ExecuteNonQueryAsync(cancel);
    }

    private static T[] Column<TRow, T>(TRow[] rows, Func<TRow, T> value) => [.. rows.Select(value)];
}
