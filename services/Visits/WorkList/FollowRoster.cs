using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Visits.WorkList;

/// <summary>Keeps the history of cadences and marks whom a change of the roster concerns, in the transaction that stores it.</summary>
internal static class FollowRoster
{
    public static async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var steps = batch.Of<CadenceChanged>().DistinctBy(e => (e.StudentId, e.Version)).OrderBy(e => e.StudentId).ToArray();
        var students = batch.Of<RosterChanged>().SelectMany(e => e.Enrolments, (e, row) => (e.DistrictId, row.StudentId))
            .Concat(steps.Select(e => (e.DistrictId, e.StudentId))).Distinct().ToArray();
        Guid[] districts = [.. batch.Of<TermChanged>().Select(e => e.DistrictId).Distinct()];
        if (students.Length == 0 && districts.Length == 0)
            return;

        await using var apply = new NpgsqlBatch(batch.Connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO cadence_step (student_id, version, district_id, school_id, said_at, contacts_per_term, feedback_every_days,
                        summary_every_days, visit_every_days, deep_contact_every_days, meet_first, holds_until, priority_until)
                    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                    ON CONFLICT (student_id, version) DO NOTHING
                    """)
                {
                    Parameters =
                    {
                        Column(steps, e => e.StudentId), Column(steps, e => e.Version), Column(steps, e => e.DistrictId),
                        Column(steps, e => e.SchoolId), Column(steps, e => e.OccurredAt.ToUniversalTime()),
                        Column(steps, e => e.Cadence.ContactsATerm), Column(steps, e => e.Cadence.FeedbackEveryDays),
                        Column(steps, e => e.Cadence.SummaryEveryDays), Column(steps, e => e.Cadence.VisitEveryDays),
                        Column(steps, e => e.Cadence.DeepContactEveryDays), Column(steps, e => e.Cadence.MeetFirst),
                        Column(steps, e => e.HoldsUntil), Column(steps, e => e.PriorityUntil),
                    },
                },
                new NpgsqlBatchCommand("INSERT INTO work_mark (district_id, student_id) SELECT * FROM unnest($1, $2)")
                {
                    Parameters = { Column(students, s => s.DistrictId), Column(students, s => s.StudentId) },
                },
                new NpgsqlBatchCommand("INSERT INTO work_mark (district_id) SELECT * FROM unnest($1)")
                {
                    Parameters = { Column(districts, district => district) },
                },
            },
        };
        await apply.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlParameter<T[]> Column<TRow, T>(TRow[] rows, Func<TRow, T> value) =>
        new() { TypedValue = [.. rows.Select(value)] };
}
