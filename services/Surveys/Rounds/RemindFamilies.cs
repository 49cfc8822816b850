using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Npgsql;

namespace HomeSchool.Surveys.Rounds;

/// <summary>
/// Reminds families that have not answered, once (SUR-2, SUR-5), in the hours that the district's policy allows. Taking the time out of the
/// row and announcing the reminder are one transaction. It knows who has answered, never what: that is all it needs.
/// </summary>
public sealed class RemindFamilies(NpgsqlDataSource database, TimeProvider clock, ILogger<RemindFamilies> logger)
    : Recurring(TimeSpan.FromSeconds(10), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await database.DistrictsAsync(cancel))
        {
            if (!(await database.PolicyAsync(district, cancel)).MayRemind(clock.GetUtcNow()))
                continue;
            while (await RemindAsync(district, cancel) == SurveyRemindersDue.MostInvitations)
            {
            }
        }
    }

    private async Task<int> RemindAsync(Guid district, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginAsync(district, cancel);
        await using var take = new NpgsqlCommand(
            $"""
            UPDATE invitation i SET remind_at = NULL FROM (
                SELECT school_id, id FROM invitation WHERE district_id = $1 AND remind_at <= $2
                ORDER BY remind_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) AS due, survey_round r
            WHERE i.school_id = due.school_id AND i.id = due.id AND r.school_id = i.school_id AND r.id = i.round_id
            RETURNING i.school_id, i.round_id, r.kind, i.id, i.student_ids, i.guardian_id, i.closes_at,
                {Invitation.Stands}
            """, connection).With(district).With(now).With(SurveyRemindersDue.MostInvitations);
        var taken = 0;
        var due = new List<(Guid School, Guid Round, SurveyKind Kind, InvitationToRemind Invitation)>();
        await using (var reader = await take.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                taken++;
                if (!reader.GetBoolean(7))
                    continue;
                due.Add((reader.GetGuid(0), reader.GetGuid(1), Enum.Parse<SurveyKind>(reader.GetString(2)), new InvitationToRemind(
                    reader.GetGuid(3), reader.GetFieldValue<Guid[]>(4), await reader.IsDBNullAsync(5, cancel) ? null : reader.GetGuid(5),
                    await reader.GetFieldValueAsync<DateTimeOffset>(6, cancel))));
            }
        }

        // What closed while the service was down needs none.
        var reminders = due.Where(one => one.Invitation.ClosesAt > now).GroupBy(one => (one.School, one.Round, one.Kind))
            .Select(group => (IEvent)new SurveyRemindersDue(
                district, group.Key.School, group.Key.Round, now.UtcTicks, now, group.Key.Kind,
                [.. group.Select(one => one.Invitation).OrderBy(invitation => invitation.InvitationId)]));
        await Outbox.InsertAsync(connection, reminders.ToArray(), cancel);
        await transaction.CommitAsync(cancel);
        return taken;
    }
}
