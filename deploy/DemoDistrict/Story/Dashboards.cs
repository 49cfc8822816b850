namespace HomeSchool.DemoDistrict.Story;

/// <summary>Who watches: the district all the time, the school with a break, another school in vain.</summary>
/// <param name="District">The district's screen.</param>
/// <param name="School">The school's screen.</param>
/// <param name="Elsewhere">Another school's; <see langword="null"/> when there is none.</param>
internal sealed record Dashboards(Dashboard District, Dashboard School, Dashboard? Elsewhere) : IAsyncDisposable
{
    private IEnumerable<Dashboard> All => Elsewhere is null ? [District, School] : [District, School, Elsewhere];

    /// <summary>Connects all of them.</summary>
    public static Task<Dashboards> OpenAsync(Administrator admin, People people, Narrator narrator, CancellationToken cancel) =>
        narrator.StepAsync("Dashboards of the district, the school and another school connect to the event feed", async () =>
        {
            var dashboards = new Dashboards(
                new Dashboard(admin.Client), new Dashboard(people.SchoolAdmin),
                people.Strangers is { } strangers ? new Dashboard(strangers.SchoolAdmin) : null);
            foreach (var dashboard in dashboards.All)
                await dashboard.ConnectAsync(cancel);
            return (dashboards, "Server-Sent Events, from now on");
        });

    /// <summary>Compares what they saw.</summary>
    /// <param name="school">The school of the visits.</param>
    /// <param name="visits">The visits.</param>
    /// <param name="narrator">Tells.</param>
    public async Task CompareAsync(School school, Visits visits, Narrator narrator)
    {
        await narrator.StepAsync("Each saw every event once and in order; the break lost nothing and repeated nothing", () =>
        {
            foreach (var positions in All.Select(dashboard => dashboard.Seen.Select(e => e.Position).ToList()))
                Expect.That(positions.SequenceEqual(positions.Distinct().Order()), $"Seen: {string.Join(' ', positions)}");

            // One screen may be some events ahead of the other: what both have reached must be the same.
            var wanted = District.Seen.Where(e => e.SchoolId == school.Id).Select(e => e.Position).ToList();
            var had = School.Seen.Select(e => e.Position).ToList();
            var reached = Math.Min(wanted[^1], had[^1]);
            Expect.That(
                wanted.Where(position => position <= reached).SequenceEqual(had.Where(position => position <= reached)),
                $"The school saw {string.Join(' ', had)}, the district {string.Join(' ', wanted)}.");
            return Task.FromResult($"{wanted.Count} events of the school");
        });
        await narrator.StepAsync("Of each visit they saw what happened in the order in which it did", () =>
        {
            foreach (var visit in (Guid[])[visits.First, visits.Second])
            {
                Expect.Equal(
                    "visit-scheduled, visit-confirmed, visit-completed",
                    string.Join(", ", School.Seen.Where(e => e.Subject == visit).Select(e => e.Type.Split('.')[^1])),
                    "What the school's dashboard saw of a visit");
            }

            return Task.FromResult("scheduled, confirmed, completed");
        });
        if (Elsewhere is null)
            return;
        await narrator.StepAsync("The other school's dashboard saw nothing of it", () =>
        {
            Expect.That(Elsewhere.Seen.All(e => e.SchoolId != school.Id), "It saw an event of the school.");
            return Task.FromResult($"{Elsewhere.Seen.Count} events of its own");
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var dashboard in All)
            await dashboard.DisposeAsync();
    }
}
