using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Passing;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Family;

/// <summary>
/// Restrictions and entrustments begin and end, and students pass to the next teacher or school, on days for which no command
/// comes (ARC-13 to ARC-15). When such a day has come, announces what the guardians may do from now on, passes on what the former
/// teachers had in hand, and announces how often the next school contacts the families. Rights Archives itself reads by their dates
/// and does not wait for it. Any number of replicas may run: who deletes a district's days does the work of them.
/// </summary>
public sealed partial class TurnRights(
    IServiceScopeFactory scopes, RelaySignal relay, TimeProvider clock, ILogger<TurnRights> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        do
        {
            try
            {
                foreach (var district in await DueAsync(stoppingToken))
                    await TurnAsync(district, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<List<Guid>> DueAsync(CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ArchivesDb>();
        return await db.Set<RightsTurn>().Where(turn => turn.TurnsOn <= today).Select(turn => turn.DistrictId).Distinct().ToListAsync(cancel);
    }

    private async Task TurnAsync(Guid district, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var today = LocalDay.Of(now);
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentTenancy>().Scope = TenantScope.Of([district]);
        var db = scope.ServiceProvider.GetRequiredService<ArchivesDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        // Another replica that deletes the same rows waits here, and finds none.
        var days = (await db.Database.SqlQuery<DateOnly>(
            $"DELETE FROM rights_turn WHERE district_id = {district} AND turns_on <= {today} RETURNING turns_on").ToListAsync(cancel))
            .ToArray();
        var lastDays = Array.ConvertAll(days, day => day.AddDays(-1));
        var pairs = await db.Set<GuardianRestriction>()
            .Where(r => r.DistrictId == district && r.LiftedAt == null
                && (days.Contains(r.StartsOn) || (r.EndsOn != null && lastDays.Contains(r.EndsOn.Value))))
            .Select(r => new { r.StudentId, r.GuardianId })
            .Union(db.Set<GuardianDetail>()
                .Where(d => d.DistrictId == district && d.EntrustedRights != null
                    && (days.Contains(d.EntrustedFrom!.Value) || lastDays.Contains(d.EntrustedUntil!.Value)))
                .Select(d => new { d.StudentId, d.GuardianId }))
            .ToListAsync(cancel);
        var standings = await db.StandingsAsync(district, [.. pairs.Select(pair => pair.StudentId).Distinct()], cancel);
        foreach (var standing in standings.Where(standing =>
            pairs.Exists(pair => pair.StudentId == standing.Guardianship.StudentId && pair.GuardianId == standing.Guardianship.GuardianId)))
        {
            await db.AnnounceAsync(standing, await db.DetailAsync(standing.Guardianship, cancel), now, cancel);
        }

        await Transfers.ActForDistrictAsync(db, district, cancel);
        await OpenHandovers.PassOnAsync((NpgsqlConnection)db.Database.GetDbConnection(), district, days, cancel);
        await FollowSchool.OnDaysAsync(db, district, days, clock, cancel);
        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        relay.Wake();
    }

    [LoggerMessage(110, LogLevel.Warning, "What begins or ends today could not be announced or passed on; tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
