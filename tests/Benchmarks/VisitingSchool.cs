using System.Net;
using System.Net.Http.Headers;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Benchmarks;

/// <summary>The whole system, and one school whose classes have a teacher each; events of the archives have told it to all services.</summary>
internal sealed class VisitingSchool : IAsyncDisposable
{
    private readonly TestIdentity identity;
    private readonly int classesOfFamily;

    private VisitingSchool(TestIdentity identity, WholeSystem system, int classesOfFamily) =>
        (this.identity, System, this.classesOfFamily) = (identity, system, classesOfFamily);

    public WholeSystem System { get; }

    public Guid District { get; } = Guid.CreateVersion7();

    public Guid School { get; } = Guid.CreateVersion7();

    public IReadOnlyList<VisitingClass> Classes { get; private set; } = [];

    /// <summary>Starts everything, and tells of the school.</summary>
    /// <param name="classes">How many classes.</param>
    /// <param name="classSize">Students of each.</param>
    /// <param name="classesOfFamily">In how many classes, one after another, each family has a child.</param>
    public static async Task<VisitingSchool> StartAsync(int classes, int classSize, int classesOfFamily = 1)
    {
        var issuer = await TestIdentity.StartAsync();
        var system = await WholeSystem.StartAsync(
            ("services__identity__http__0", issuer.Address), // tokens of the benchmark's own
            ("Gateway__AccountPerMinute", "100000000"), ("Gateway__AccountBurst", "1000000"));
        var school = new VisitingSchool(issuer, system, classesOfFamily);
        school.Classes = [.. Enumerable.Range(0, classes).Select(_ => school.CreateClass(classSize))];
        await school.PublishRosterAsync();
        return school;
    }

    /// <summary>Makes an appointment that may be completed at once: the nth of its teacher, so that none overlaps.</summary>
    public async Task<AppointedVisit> AppointAsync(VisitingClass @class, int nth)
    {
        var startsAt = TimeProvider.System.GetUtcNow().AddMinutes(10 + (20 * nth));
        while (true)
        {
            using var answer = await SendAsync(HttpMethod.Post, "/api/visits", @class.Token, null,
                new { studentIds = new[] { @class.Students[nth] }, mode = "inPerson", startsAt, kind = "emergency", minutes = 15 });
            // The last of the roster may still be on its way to Visits.
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                await Task.Delay(50);
                continue;
            }

            answer.EnsureSuccessStatusCode();
            return new AppointedVisit((await answer.Content.ReadFromJsonAsync<Made>())!.Id, @class, answer.Headers.ETag!.Tag);
        }
    }

    /// <summary>Completes a visit with its record.</summary>
    public Task<HttpResponseMessage> CompleteAsync(AppointedVisit visit) => SendAsync(
        HttpMethod.Post, $"/api/visits/{visit.Id}/complete", visit.Class.Token, visit.ETag, BareVisits.Record);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string token, string? ifMatch, object? body)
    {
        var request = new HttpRequestMessage(method, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        return System.Gateway.SendAsync(request);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await System.DisposeAsync();
        await identity.DisposeAsync();
    }

    private VisitingClass CreateClass(int size)
    {
        var (id, teacher) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        return new VisitingClass(
            id, teacher, [.. Enumerable.Range(0, size).Select(_ => Guid.CreateVersion7())],
            identity.Token(new Grant(Role.HomeroomTeacher, teacher, District, School, id, null)));
    }

    private async Task PublishRosterAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var guardianships = Classes.Chunk(classesOfFamily).SelectMany(related =>
        {
            var guardians = related[0].Students.Select(_ => Guid.CreateVersion7()).ToArray();
            return related.SelectMany(@class => @class.Students.Zip(guardians));
        }).Select(pair => new RosterGuardianship(pair.First, pair.Second, GuardianRelation.Parent, LegalStatus.Guardian, 1, null));
        var enrolments = Classes.SelectMany(@class => @class.Students.Select(student =>
            new RosterEnrolment(Guid.CreateVersion7(), student, @class.Id, "07", today.AddDays(-60), null)));

        await using var broker = await RawBroker.ConnectAsync(System.RabbitMq);
        await broker.PublishAsync(new SchoolChanged(District, School, 1, now, "基准中学", null));
        await broker.PublishAsync(new TermChanged(District, Guid.CreateVersion7(), 1, now, "学期", today.AddDays(-60), today.AddDays(80), 20, null));
        foreach (var chunk in guardianships.Chunk(RosterChanged.MostRows))
            await broker.PublishAsync(new GuardianshipsChanged(District, 1, now, chunk));
        foreach (var chunk in Classes.Chunk(RosterChanged.MostRows / 2))
        {
            await broker.PublishAsync(new RosterChanged(
                District, School, 1, now,
                [.. chunk.Select(@class => new RosterClass(@class.Id, "班", "07", null))], [],
                [.. chunk.Select(@class => new RosterPost(
                    Guid.CreateVersion7(), @class.Teacher, @class.Id, StaffRole.HomeroomTeacher, null, today.AddDays(-60), null))]));
        }

        foreach (var chunk in enrolments.Chunk(RosterChanged.MostRows))
            await broker.PublishAsync(new RosterChanged(District, School, 1, now, [], chunk, []));
        var admin = identity.Token(TestIdentity.DistrictAdmin(District));
        await Eventually.GetAsync(
            async () =>
            {
                using var answer = await SendAsync(HttpMethod.Get, $"/api/insights/coverage?node=school&id={School}", admin, null, null);
                return await answer.Content.ReadAsStringAsync();
            },
            text => text.Contains($"\"onRoll\":{Classes.Sum(@class => @class.Students.Length)},", StringComparison.Ordinal), seconds: 120);

        // Visits of many families one after another on one day: the benchmark's may begin long before their hour.
        using var policy = await SendAsync(HttpMethod.Put, $"/api/visits/policies/{District}", admin, "\"0\"", new { startEarlyMinutes = 1440 });
        policy.EnsureSuccessStatusCode();
    }

    private sealed record Made(Guid Id);
}

/// <summary>A class, its homeroom teacher and that teacher's token.</summary>
internal sealed record VisitingClass(Guid Id, Guid Teacher, Guid[] Students, string Token);

/// <summary>A visit to be completed.</summary>
internal sealed record AppointedVisit(Guid Id, VisitingClass Class, string ETag);
