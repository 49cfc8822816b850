using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// Takes a guardian out of open appointments when the right to be visited ends (ARC-13: effective at once): the links that were handed out
/// lead nowhere any more, so that the teacher hands a new one to whom it is for, and the appointment takes none of the guardian's time.
/// </summary>
internal static class EndInvitations
{
    /// <summary>Follows what is stored after the batch, so that an event that comes late does nothing.</summary>
    public static async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var pairs = batch.Of<GuardianRightsChanged>().Where(e => !e.Rights.Contains(GuardianRight.BeVisited))
            .Select(e => (e.StudentId, e.GuardianId))
            .Concat(batch.Of<GuardianshipsChanged>().SelectMany(e => e.Guardianships).Where(row => row.WithdrawnOn is not null)
                .Select(row => (row.StudentId, row.GuardianId)))
            .Distinct().Order().ToArray();
        if (pairs.Length == 0)
            return;
        await using var end = new NpgsqlCommand(
            """
            WITH ended AS (
                SELECT p.student_id, p.guardian_id FROM unnest($1, $2) AS p (student_id, guardian_id)
                WHERE EXISTS (SELECT FROM guardian_rights r
                        WHERE r.student_id = p.student_id AND r.guardian_id = p.guardian_id AND NOT r.may_be_visited)
                    OR EXISTS (SELECT FROM guardianship g
                        WHERE g.student_id = p.student_id AND g.guardian_id = p.guardian_id AND g.withdrawn_on IS NOT NULL)),
            invited AS (
                SELECT s.school_id, s.visit_id, e.guardian_id FROM ended e
                JOIN visit_student s ON s.student_id = e.student_id
                JOIN visit v ON v.school_id = s.school_id AND v.id = s.visit_id AND v.state IN ('Scheduled', 'Confirmed', 'Proposed')),
            links AS (
                UPDATE visit v SET link_serial = v.link_serial + 1
                FROM (SELECT DISTINCT school_id, visit_id FROM invited) i WHERE v.school_id = i.school_id AND v.id = i.visit_id)
            -- Of siblings who share the visit, one may still be visited with this guardian.
            DELETE FROM busy b USING invited i
            WHERE b.person_id = i.guardian_id AND b.visit_id = i.visit_id AND NOT b.is_staff AND NOT EXISTS (
                SELECT FROM visit_student s JOIN guardianship g ON g.student_id = s.student_id AND g.guardian_id = i.guardian_id
                LEFT JOIN guardian_rights r ON r.student_id = s.student_id AND r.guardian_id = i.guardian_id
                WHERE s.school_id = i.school_id AND s.visit_id = i.visit_id AND g.withdrawn_on IS NULL AND r.may_be_visited IS NOT false)
            """, batch.Connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. pairs.Select(pair => pair.StudentId)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. pairs.Select(pair => pair.GuardianId)] },
            },
        };
        await end.ExecuteNonQueryAsync(cancel);
    }
}
