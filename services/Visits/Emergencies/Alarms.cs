using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Tenancy;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Protection;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Visits.Emergencies;

/// <summary>
/// Makes the calls of alarms that are due (VIS-9, VIS-18). A step is locked, called and marked in one transaction; what another
/// replica has locked is passed over, and what a killed one had locked is free again.
/// </summary>
public sealed class Alarms(IServiceScopeFactory scopes, NpgsqlDataSource database, TimeProvider clock, ILogger<Alarms> logger)
    : Recurring(TimeSpan.FromSeconds(2), logger)
{
    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        foreach (var district in await DueAsync(cancel))
        {
            while (await StepAsync(district, cancel))
            {
                // The next one.
            }
        }
    }

    /// <summary>Makes one call, with all that follows from it; within a transaction.</summary>
    internal static async Task CallAsync(VisitsDb db, Alarm alarm, AlarmStep step, DateTimeOffset now, CancellationToken cancel)
    {
        Guid[] nodes = [alarm.DistrictId, alarm.SchoolId];
        var policies = await db.Policies.AsNoTracking().Where(policy => nodes.Contains(policy.NodeId)).ToListAsync(cancel);
        var policy = Policies.Policy.InForce(alarm.DistrictId, alarm.SchoolId, policies);
        if (alarm.Kind == AlarmKind.Crisis)
        {
            var leads = step.Number <= policy.Emergencies.CrisisCallsBeforeLeads ? []
                : await db.Set<ProtectionLead>().Where(lead => lead.SchoolId == alarm.SchoolId)
                    .Select(lead => lead.StaffId).ToArrayAsync(cancel);
            db.Publish(alarm.Call(step, leads, now));
            alarm.CallAgain(now.AddMinutes(policy.Emergencies.CrisisRepeatMinutes));
            return;
        }

        var calendars = await db.Calendars.AsNoTracking().Where(days => nodes.Contains(days.NodeId)).ToListAsync(cancel);
        var today = LocalTime.Day(now, policy.TimeZone);
        var roster = CalendarOfNode.InForce(alarm.DistrictId, alarm.SchoolId, calendars).IsSchoolDay(today) ? null
            : await db.Set<DutyRoster>().AsNoTracking().SingleOrDefaultAsync(roster => roster.SchoolId == alarm.SchoolId, cancel);
        var onDuty = roster?.On(today) ?? [];
        // Whoever is on duty is called beside those who may not be there.
        db.Publish(alarm.Call(step, onDuty, now));
        if (now < alarm.DueAt)
            return;
        var emergency = await db.Set<Emergency>().SingleAsync(e => e.SchoolId == alarm.SchoolId && e.Id == alarm.Id, cancel);
        if (emergency.Breach(now))
            db.Publish(emergency.ToBreached());
    }

    private async Task<List<Guid>> DueAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SELECT set_config('app.alarms', 'due', true)"),
                new NpgsqlBatchCommand("SELECT DISTINCT district_id FROM alarm_step WHERE done_at IS NULL AND due_at <= $1")
                {
                    Parameters = { new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        var districts = new List<Guid>();
        while (await reader.ReadAsync(cancel))
            districts.Add(reader.GetGuid(0));
        return districts;
    }

    private async Task<bool> StepAsync(Guid district, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentTenancy>().Scope = TenantScope.Of([district]);
        var db = scope.ServiceProvider.GetRequiredService<VisitsDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var now = clock.GetUtcNow();
        var due = await db.Set<AlarmStep>().FromSql(
            $"""
            SELECT * FROM alarm_step WHERE done_at IS NULL AND due_at <= {now} AND district_id = {district}
            ORDER BY due_at, number LIMIT 1 FOR UPDATE SKIP LOCKED
            """).AsNoTracking().ToListAsync(cancel);
        if (due.Count == 0)
            return false;
        var alarm = await db.Set<Alarm>().Include(alarm => alarm.Steps)
            .SingleAsync(alarm => alarm.SchoolId == due[0].SchoolId && alarm.Id == due[0].AlarmId, cancel);
        await CallAsync(db, alarm, alarm.Steps.Single(step => step.Number == due[0].Number), now, cancel);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }
}
