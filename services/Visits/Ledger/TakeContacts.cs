using System.Text.Json;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.WorkList;
using Npgsql;

namespace HomeSchool.Visits.Ledger;

/// <summary>
/// Writes into the ledger what other services say of contacts (VIS-12), without their text. A version that is there already
/// stays, so repetition does nothing, and the highest counts in whatever order they come.
/// </summary>
public sealed class TakeContacts : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "visits.contacts";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } = [typeof(ContactTold)];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        var told = batch.Of<ContactTold>().Where(e => e.StudentIds.Count > 0).ToArray();
        Guid[] nodes = [.. told.SelectMany(e => new[] { e.SchoolId, e.DistrictId }).Distinct()];
        var policies = await PoliciesAsync(batch.Connection, nodes, cancel);
        var contacts = told.Select(e =>
        {
            var policy = Policy.InForce(e.DistrictId, e.SchoolId, policies);
            return (Event: e, HeldOn: LocalTime.Day(e.HeldAt, policy.TimeZone),
                Deep: LedgerEntry.IsDeep(e.Channel, e.Minutes, e.GuardianTookPart, policy.WorkList));
        }).ToArray();
        var rows = contacts
            .SelectMany(c => c.Event.StudentIds.Distinct(), (c, student) => (c.Event, c.HeldOn, c.Deep, Student: student))
            .OrderBy(row => (row.Event.SchoolId, row.Event.AggregateId, row.Student, row.Event.Version)).ToArray();

        await using var command = new NpgsqlCommand(
            """
            INSERT INTO ledger_entry (district_id, school_id, id, student_id, version, channel, purpose, held_at, held_on,
                minutes, guardian_took_part, deep, staff_ids, guardian_ids, written_at, text_id, withdrawn, class_id)
            SELECT t.district, t.school, t.id, t.student, t.version, t.channel, t.purpose, t.held_at, t.held_on, t.minutes,
                t.took_part, t.deep, t.staff::uuid[], t.guardians::uuid[], t.written_at, t.id, false,
                (SELECT e.class_id FROM enrolment e WHERE e.school_id = t.school AND e.student_id = t.student
                    AND e.starts_on <= t.held_on AND (e.ends_on IS NULL OR e.ends_on >= t.held_on)
                    ORDER BY e.starts_on DESC LIMIT 1)
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                AS t (district, school, id, student, version, channel, purpose, held_at, held_on, minutes, took_part, deep, staff,
                    guardians, written_at)
            ON CONFLICT DO NOTHING
            """, batch.Connection);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Column(r => r.Event.DistrictId), Column(r => r.Event.SchoolId), Column(r => r.Event.AggregateId),
            Column(r => r.Student), Column(r => r.Event.Version), Column(r => r.Event.Channel.ToString()),
            Column(r => r.Event.Purpose.ToString()),
            Column(r => r.Event.HeldAt.ToUniversalTime()), Column(r => r.HeldOn), Column(r => r.Event.Minutes),
            Column(r => r.Event.GuardianTookPart), Column(r => r.Deep), Column(r => Array(r.Event.StaffIds)),
            Column(r => Array(r.Event.GuardianIds)), Column(r => r.Event.OccurredAt.ToUniversalTime()),
        ]);
        await command.ExecuteNonQueryAsync(cancel);
        await DoneContact.AddAsync(
            batch.Connection,
            DoneContact.Of(rows.GroupBy(row => (row.Event.AggregateId, row.Student))
                .Select(versions => versions.MaxBy(row => row.Event.Version))
                .Select(row => new LedgerEntry
                {
                    DistrictId = row.Event.DistrictId,
                    SchoolId = row.Event.SchoolId,
                    Id = row.Event.AggregateId,
                    StudentId = row.Student,
                    Version = row.Event.Version,
                    Channel = row.Event.Channel,
                    Purpose = row.Event.Purpose,
                    HeldOn = row.HeldOn,
                    Minutes = row.Event.Minutes,
                    GuardianTookPart = row.Event.GuardianTookPart,
                })),
            cancel);
        await batch.PublishAsync(
            [
                .. contacts.Select(c => OutboxMessage.Of(new ContactMade(
                    c.Event.DistrictId, c.Event.SchoolId, c.Event.AggregateId, c.Event.Version, c.Event.OccurredAt,
                    c.Event.StudentIds, c.Event.Channel, c.Event.Purpose, c.HeldOn, c.Event.Minutes, c.Event.GuardianTookPart,
                    c.Deep, Withdrawn: false))),
            ],
            cancel);

        NpgsqlParameter<T[]> Column<T>(Func<(ContactTold Event, DateOnly HeldOn, bool Deep, Guid Student), T> value) =>
            new() { TypedValue = [.. rows.Select(value)] };
    }

    // An array in an array, which unnest would flatten.
    private static string Array(IReadOnlyList<Guid> ids) => $"{{{string.Join(',', ids)}}}";

    private static async Task<List<Policy>> PoliciesAsync(NpgsqlConnection connection, Guid[] nodes, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("SELECT node_id, settings FROM policy WHERE node_id = ANY ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = nodes });
        var policies = new List<Policy>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            policies.Add(new Policy
            {
                NodeId = reader.GetGuid(0),
                Settings = JsonSerializer.Deserialize<VisitPolicy>(reader.GetString(1), Json.Options)!,
            });
        }

        return policies;
    }
}
