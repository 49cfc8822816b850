using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Timeline;

/// <summary>What stands on a student's timeline (ARC-8): kinds and dates, never texts.</summary>
public enum TimelineKind
{
    /// <summary>入校或进班; comes from the roster.</summary>
    Enrolled,

    /// <summary>离班或离校; comes from the roster.</summary>
    EnrolmentEnded,

    /// <summary>家访已预约.</summary>
    VisitPlanned,

    /// <summary>家访已完成.</summary>
    VisitHeld,

    /// <summary>家访已取消.</summary>
    VisitCancelled,

    /// <summary>家长会.</summary>
    Meeting,

    /// <summary>活动.</summary>
    Activity,

    /// <summary>成长寄语.</summary>
    GrowthMessage,

    /// <summary>一人一策开始; for who may see needs.</summary>
    PlanStarted,

    /// <summary>一人一策复盘; for who may see needs.</summary>
    PlanReviewed,

    /// <summary>一人一策结束; for who may see needs.</summary>
    PlanEnded,

    /// <summary>学期成效; for who may see needs.</summary>
    Outcome,
}

/// <summary>
/// That something happened, or is to happen, to a student. One entry for each thing that it refers to: when that is moved,
/// corrected or called off, the higher version replaces the entry.
/// </summary>
public sealed class TimelineEntry
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The school where it happened.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>What it refers to: a visit, a plan.</summary>
    public Guid RefId { get; init; }

    /// <summary>The day, where the district is.</summary>
    public DateOnly On { get; init; }

    /// <summary>What it is.</summary>
    public TimelineKind Kind { get; init; }

    /// <summary>The service that knows more about <see cref="RefId"/>, e.g. <c>visits</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Of what it refers to.</summary>
    public long Version { get; init; }

    /// <summary>Whether it was taken off the timeline; the row stays, so that an older version cannot bring it back.</summary>
    public bool Withdrawn { get; init; }

    internal static void Map(ModelBuilder modelBuilder) => modelBuilder.Entity<TimelineEntry>(entry =>
    {
        entry.HasKey(e => new { e.SchoolId, e.StudentId, e.RefId });
        // What a timeline is read by: a student's few hundred rows at most, in whatever schools.
        entry.HasIndex(e => new { e.DistrictId, e.StudentId, e.On, e.RefId });
        entry.Property(e => e.Kind).HasConversion<string>();
    });
}

/// <summary>Writes the timeline.</summary>
public static class TimelineEntries
{
    /// <summary>
    /// Puts entries on timelines, in the connection's current transaction: a command's (<c>db.Database.GetDbConnection()</c>) or
    /// a consumer's. Of two entries for one thing and student the one with the higher version stays.
    /// </summary>
    public static async Task PutAsync(NpgsqlConnection connection, IEnumerable<TimelineEntry> entries, CancellationToken cancel)
    {
        // One row a key, the newest; in the order of the keys, so that two batches do not lock crosswise.
        var rows = entries.GroupBy(entry => (entry.SchoolId, entry.StudentId, entry.RefId)).OrderBy(group => group.Key)
            .Select(group => group.MaxBy(entry => entry.Version)!).ToArray();
        if (rows.Length == 0)
            return;
        await using var put = new NpgsqlCommand(
            """
            INSERT INTO timeline_entry AS kept
                (district_id, school_id, student_id, ref_id, "on", kind, source, version, withdrawn)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (school_id, student_id, ref_id) DO UPDATE SET
                "on" = excluded."on", kind = excluded.kind, version = excluded.version, withdrawn = excluded.withdrawn
            WHERE kept.version < excluded.version
            """, connection);
        Give(row => row.DistrictId);
        Give(row => row.SchoolId);
        Give(row => row.StudentId);
        Give(row => row.RefId);
        Give(row => row.On);
        Give(row => row.Kind.ToString());
        Give(row => row.Source);
        Give(row => row.Version);
        Give(row => row.Withdrawn);
        await put.ExecuteNonQueryAsync(cancel);

        void Give<T>(Func<TimelineEntry, T> column) =>
            put.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = Array.ConvertAll(rows, row => column(row)) });
    }
}
