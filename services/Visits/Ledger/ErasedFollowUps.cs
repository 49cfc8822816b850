using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Contracts.PersonalData;
using Npgsql;

namespace HomeSchool.Visits.Ledger;

/// <summary>Announces what becomes of the loops of contacts when a child's follow-ups are erased (ARC-10, VIS-11).</summary>
internal static class ErasedFollowUps
{
    private const string OfChild =
        """
        l.district_id = $1 AND EXISTS (
            SELECT FROM follow_up f
            WHERE f.school_id = l.school_id AND f.entry_id = l.entry_id AND f.student_id = $2)
        """;

    /// <summary>The loops that change, as they are without the child; asked before its follow-ups go, in the same
    /// transaction.</summary>
    public static async Task<IReadOnlyList<IEvent>> LoopsAsync(
        NpgsqlConnection connection, PersonalDataAsked asked, DateTimeOffset now, CancellationToken cancel)
    {
        if (asked.Kinds?.Contains(DataKind.Visits) == false)
            return [];
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // Whoever else changes one of them waits, so that the statement after this one counts what is there.
                Command($"UPDATE follow_up_loop l SET version = version + 1 WHERE {OfChild}"),
                Command(
                    $"""
                    SELECT l.school_id, l.entry_id, l.version, count(o.id), count(o.closed_at)
                    FROM follow_up_loop l
                    LEFT JOIN follow_up o ON o.school_id = l.school_id AND o.entry_id = l.entry_id AND o.student_id <> $2
                    WHERE {OfChild}
                    GROUP BY l.school_id, l.entry_id
                    """),
            },
        };
        var changed = new List<IEvent>();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            changed.Add(new LoopChanged(
                asked.DistrictId, reader.GetGuid(0), reader.GetGuid(1), reader.GetInt64(2), now, (int)reader.GetInt64(3),
                (int)reader.GetInt64(4)));
        }

        return changed;

        NpgsqlBatchCommand Command(string sql) => new(sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = asked.DistrictId },
                new NpgsqlParameter<Guid> { TypedValue = asked.StudentId },
            },
        };
    }
}
