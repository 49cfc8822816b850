using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Contracts.Activities;

namespace HomeSchool.Activities.Tests;

/// <summary>Workshops are never overbooked, whoever signs up and leaves when; the line moves up by itself (ACT-3).</summary>
[Trait("Rule", "ACT-3")]
public sealed class SeatAttackTests(ActivitiesSystem system)
{
    private const int Seats = 20;
    private const int Families = 300;

    /// <summary>How often seats are taken, left and made: <c>HOMESCHOOL_ATTEMPTS</c> (R8 asks for 100,000).</summary>
    private static readonly int Attempts =
        int.Parse(Environment.GetEnvironmentVariable("HOMESCHOOL_ATTEMPTS") ?? "2000", CultureInfo.InvariantCulture);

    private static readonly ParallelOptions Crowd = new() { MaxDegreeOfParallelism = 64 };

    [Fact]
    [Trait("Goal", "R8")]
    public async Task Hundreds_at_once_get_each_seat_once_and_whoever_leaves_makes_room_for_the_first_in_line()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(Families);
        var id = await PlanAsync(school);
        var seat = $"/api/activities/parent-classes/{id}/seat";
        var given = new ConcurrentDictionary<Guid, int?>();

        // Everybody twice at once, as impatient thumbs do.
        await Parallel.ForEachAsync(children.Concat(children), Crowd, async (child, _) =>
            given[child.Guardian] = SeatOf(await system.SendAsync(child.Parent, HttpMethod.Post, seat)));
        given.Values.OfType<int>().Order().ShouldBe(Enumerable.Range(1, Seats));
        (await CountAsync(id)).ShouldBe((Seats, Families - Seats));

        // Half of the seated and a part of the line leave while others sign up again: the line moves up, nobody beyond the seats.
        var seated = children.Where(child => given[child.Guardian] is not null).Take(Seats / 2).ToArray();
        var waiting = children.Where(child => given[child.Guardian] is null).Take(50).ToArray();
        await Parallel.ForEachAsync(
            [
                .. seated.Concat(waiting).Select(child => (child, Joins: false)),
                .. waiting.Select(child => (child, Joins: true)),
            ],
            Crowd,
            async (attempt, _) => await system.SendAsync(
                attempt.child.Parent, attempt.Joins ? HttpMethod.Post : HttpMethod.Delete, seat, null,
                attempt.Joins ? HttpStatusCode.OK : HttpStatusCode.NoContent));
        (await CountAsync(id)).Seated.ShouldBe(Seats);
        (await system.GetAsync(school.Officer, $"/api/activities/parent-classes/{id}/seats")).EnumerateArray()
            .Select(SeatOf).OfType<int>().ShouldBe(Enumerable.Range(1, Seats));
    }

    [Fact]
    [Trait("Goal", "R8")]
    public async Task Families_that_come_and_go_at_random_and_seats_that_grow_and_shrink_never_overbook_a_workshop()
    {
        const int Workshops = 3;
        const int Writers = 24;
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(60);
        var ids = new Guid[Workshops];
        for (var i = 0; i < Workshops; i++)
            ids[i] = await PlanAsync(school, seats: 8);
        var answers = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var over = 0L;
        var left = Attempts;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            // One client each: making them would cost more than the requests. What it does is the same at every run.
            var random = new Random(writer);
            using var officer = system.As(school.Officer);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var id = ids[random.Next(Workshops)];
                var path = $"/api/activities/parent-classes/{id}";
                var what = random.Next(100);
                var child = children[random.Next(children.Length)];
                using var family = system.As(child.Parent);
                using var answer = what switch
                {
                    < 55 => await family.PostAsync(path + "/seat", null),
                    < 95 => await family.DeleteAsync(path + "/seat"),
                    _ => await ResizeAsync(officer, path, random.Next(4, 13)),
                };
                answers.AddOrUpdate(
                    $"{(what < 55 ? "take" : what < 95 ? "leave" : "resize")} {(int)answer.StatusCode}", 1, (_, count) => count + 1);
                if (what % 10 == 0)
                    Interlocked.Add(ref over, await OverbookedAsync(ids));
            }
        }));

        over.ShouldBe(0);
        (await OverbookedAsync(ids)).ShouldBe(0);
        answers.Keys.Except(["take 200", "leave 204", "resize 204", "resize 409", "resize 412"], StringComparer.Ordinal)
            .ShouldBeEmpty(string.Join(", ", answers));
        TestContext.Current.SendDiagnosticMessage($"{Attempts} attempts: {string.Join(", ", answers.OrderBy(a => a.Key, StringComparer.Ordinal))}");

        async Task<HttpResponseMessage> ResizeAsync(HttpClient officer, string path, int seats)
        {
            var id = Guid.Parse(path[^36..]);
            using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(Request(seats)) };
            var version = await system.ScalarAsync<long>("SELECT version FROM lesson WHERE id = $1", id);
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
            return await officer.SendAsync(request);
        }
    }

    // Workshops with more families than seats, a seat twice, or a free seat while somebody waits.
    private Task<long> OverbookedAsync(Guid[] lessons) => system.ScalarAsync<long>(
        """
        SELECT count(*) FROM lesson l CROSS JOIN LATERAL (
            SELECT count(seat_no) AS seated, count(DISTINCT seat_no) AS numbers, coalesce(max(seat_no), 0) AS last,
                count(*) - count(seat_no) AS waiting
            FROM lesson_sign_up s WHERE s.school_id = l.school_id AND s.lesson_id = l.id) AS s
        WHERE l.id = ANY ($1) AND (seated > l.seats OR numbers < seated OR last > l.seats OR (waiting > 0 AND seated < l.seats))
        """, lessons);

    [Fact]
    public async Task The_line_keeps_its_order_and_who_moves_up_is_told()
    {
        var school = new TestSchool(system);
        var children = await school.EnrolAsync(4);
        var id = await PlanAsync(school, seats: 1);
        var seat = $"/api/activities/parent-classes/{id}/seat";
        foreach (var (child, ahead) in children.Zip([0, 0, 1, 2]))
            (await system.SendAsync(child.Parent, HttpMethod.Post, seat, new { })).GetProperty("ahead").GetInt32().ShouldBe(ahead);

        await system.SendAsync(children[0].Parent, HttpMethod.Delete, seat, null, HttpStatusCode.NoContent);
        await system.SendAsync(children[0].Parent, HttpMethod.Delete, seat, null, HttpStatusCode.NoContent); // twice is once
        (await OrderAsync(school, id)).ShouldBe([children[1].Guardian, children[2].Guardian, children[3].Guardian]);
        await system.SendAsync(
            school.Officer, HttpMethod.Put, $"/api/activities/parent-classes/{id}", Request(2), HttpStatusCode.NoContent, 1);
        (await CountAsync(id)).ShouldBe((2, 1));
        await system.SendAsync(
            school.Officer, HttpMethod.Put, $"/api/activities/parent-classes/{id}", Request(1), HttpStatusCode.Conflict, 2);
        var signUps = await system.ScalarAsync<Guid[]>(
            "SELECT array_agg(id ORDER BY place) FROM lesson_sign_up WHERE lesson_id = $1", id);
        foreach (var (signUp, child) in signUps.Zip(children.Skip(1).Take(2)))
            (await system.PublishedAsync<SeatGiven>(signUp)).ShouldHaveSingleItem().GuardianId.ShouldBe(child.Guardian);
        (await system.PublishedAsync<SeatGiven>(signUps[2])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_workshop_or_once_it_has_begun_there_is_no_signing_up()
    {
        var school = new TestSchool(system);
        var child = (await school.EnrolAsync(1))[0];
        var without = await PlanAsync(school, seats: 0);
        await system.SendAsync(
            child.Parent, HttpMethod.Post, $"/api/activities/parent-classes/{without}/seat", new { }, HttpStatusCode.Conflict);
        var id = await PlanAsync(school);
        system.Ahead = TimeSpan.FromHours(25);
        try
        {
            foreach (var method in new[] { HttpMethod.Post, HttpMethod.Delete })
            {
                await system.SendAsync(
                    child.Parent, method, $"/api/activities/parent-classes/{id}/seat", null, HttpStatusCode.Conflict);
            }
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }
    }

    private static int? SeatOf(JsonElement place) =>
        place.TryGetProperty("seat", out var seat) && seat.ValueKind == JsonValueKind.Number ? seat.GetInt32() : null;

    private object Request(int seats) => new
    {
        series = "亲子沟通",
        title = "工作坊",
        lecturerKind = "counselor",
        lecturer = "王老师",
        startsAt = system.Now.AddHours(24),
        minutes = 60,
        seats,
    };

    private async Task<Guid> PlanAsync(TestSchool school, int seats = Seats) => (await system.SendAsync(
        school.Officer, HttpMethod.Post, $"/api/activities/schools/{school.Id}/parent-classes", Request(seats),
        HttpStatusCode.Created)).GetProperty("id").GetGuid();

    private async Task<(long Seated, long Waiting)> CountAsync(Guid lesson) => (
        await system.ScalarAsync<long>(
            "SELECT count(*) FROM lesson_sign_up WHERE lesson_id = $1 AND seat_no IS NOT NULL", lesson),
        await system.ScalarAsync<long>("SELECT count(*) FROM lesson_sign_up WHERE lesson_id = $1 AND seat_no IS NULL", lesson));

    private async Task<Guid[]> OrderAsync(TestSchool school, Guid lesson) =>
        [.. (await system.GetAsync(school.Officer, $"/api/activities/parent-classes/{lesson}/seats")).EnumerateArray()
            .Select(s => s.GetProperty("guardianId").GetGuid())];
}
