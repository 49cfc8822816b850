using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;

namespace HomeSchool.Archives.Family;

/// <summary>
/// Takes from the caller the roles at children whom he may not see any more (ARC-13), before any handler asks for them. So a
/// document is in force with its commit for every endpoint here; the other services follow its event.
/// </summary>
internal static class GuardianSight
{
    /// <summary>Stands behind <see cref="ServiceHost.UseServiceDefaults"/>, in front of the routes.</summary>
    public static void UseGuardianSight(this WebApplication app) => app.Use(async (http, next) =>
    {
        var services = http.RequestServices;
        var current = services.GetRequiredService<CurrentCaller>();
        var guardian = current.Caller.Grants.Where(grant => grant is { StudentId: not null, PersonId: not null }).ToArray();
        if (guardian.Length > 0 && http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>()?.Permission is { } permission)
        {
            var (db, today) = (
                services.GetRequiredService<ArchivesDb>(), LocalDay.Today(services.GetRequiredService<TimeProvider>()));
            var hidden = new HashSet<(Guid Person, Guid Student)>();
            foreach (var district in guardian.GroupBy(grant => grant.DistrictId, grant => grant.StudentId!.Value))
            {
                foreach (var standing in await db.StandingsAsync(district.Key, [.. district.Distinct()], http.RequestAborted))
                {
                    if (!standing.RightsOn(today).Contains(GuardianRight.See))
                        hidden.Add((standing.Guardianship.GuardianId, standing.Guardianship.StudentId));
                }
            }

            if (hidden.Count > 0)
            {
                current.Caller = current.Caller with
                {
                    Grants =
                    [
                        .. current.Caller.Grants.Where(grant => grant is not { StudentId: { } student, PersonId: { } person }
                            || !hidden.Contains((person, student))),
                    ],
                };
                if (!current.Caller.With(permission).Any())
                {
                    await ((Problem)Failures.NotFound).ExecuteAsync(http);
                    return;
                }

                services.GetRequiredService<CurrentTenancy>().Scope = current.Caller.ScopeOf(permission);
            }
        }

        await next(http);
    });
}
