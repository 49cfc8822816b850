using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.Insights.Feed;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Insights.Tests;

/// <summary>The event feed for dashboards (INS-3).</summary>
public sealed class FeedTests(InsightsSystem system)
{
    private readonly TestDistrict district = new();

    [Fact]
    [Trait("Rule", "INS-3")]
    public async Task An_event_comes_as_a_CloudEvent_within_a_second_and_names_no_student_or_family()
    {
        using var client = system.As(district.At(district.School));
        var reader = new FeedReader(client);
        using var stop = new CancellationTokenSource();
        var reading = reader.ReadAsync(stop.Token);
        (await Eventually.GetAsync(() => Task.FromResult(reader.IsConnected), connected => connected)).ShouldBeTrue();

        var student = district.Class.Students[0];
        var visit = district.Completed(Guid.CreateVersion7(), 3, VisitMode.InPerson, true, student);
        var message = (await system.PublishAsync(visit)).Single();
        var received = (await Eventually.GetAsync(
            () => Task.FromResult(reader.Received), events => events.Count > 0, seconds: 5))[0].Event;
        await stop.CancelAsync();
        await reading;

        received.GetProperty("specversion").GetString().ShouldBe("1.0");
        received.GetProperty("id").GetGuid().ShouldBe(message);
        received.GetProperty("source").GetString().ShouldBe("/homeschool/visits");
        received.GetProperty("type").GetString().ShouldBe("homeschool.visits.visit-completed");
        received.GetProperty("subject").GetGuid().ShouldBe(visit.AggregateId);
        received.GetProperty("time").GetDateTimeOffset().ShouldBe(visit.OccurredAt);
        received.GetProperty("datacontenttype").GetString().ShouldBe("application/json");
        received.GetProperty("districtid").GetGuid().ShouldBe(district.Id);
        received.GetProperty("schoolid").GetGuid().ShouldBe(district.School.Id);
        // CloudEvents: attributes' names are lower-case letters and digits.
        received.EnumerateObject().ShouldAllBe(attribute => attribute.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)));
        var data = received.GetProperty("data");
        data.EnumerateObject().Select(member => member.Name).ShouldBe(["version", "termId", "students", "mode", "heldOn", "effective"]);
        data.GetProperty("mode").GetString().ShouldBe("inPerson");
        var text = received.GetRawText();
        text.ShouldNotContain(student.ToString());
        text.ShouldNotContain(visit.FamilyId.ToString());
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_machine_that_was_withdrawn_receives_nothing_more_on_an_open_connection()
    {
        var machine = Guid.CreateVersion7();
        using var client = system.AsNobody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", system.Identity.MachineToken(
            machine, "feedRead", new Grant(Role.MachineClient, null, district.Id, null, null, null)));
        var reader = new FeedReader(client);
        var reading = reader.ReadAsync(CancellationToken.None);
        (await Eventually.GetAsync(() => Task.FromResult(reader.IsConnected), connected => connected)).ShouldBeTrue();

        system.Identity.Revoke(machine);
        await Eventually.GetAsync(
            async () =>
            {
                using var again = await client.GetAsync(new Uri("/api/insights/coverage", UriKind.Relative));
                return again.StatusCode;
            },
            status => status == System.Net.HttpStatusCode.Unauthorized);
        await system.PublishAsync(district.Completed(district.Class.Students[0]));
        await reading.WaitAsync(TimeSpan.FromSeconds(10));
        reader.Received.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "INS-3")]
    public async Task Coverage_is_announced_with_its_last_figures_and_far_less_often_than_it_moves()
    {
        using var client = system.As(district.At(district.School));
        var reader = new FeedReader(client);
        using var stop = new CancellationTokenSource();
        var reading = reader.ReadAsync(stop.Token);
        await Eventually.GetAsync(() => Task.FromResult(reader.IsConnected), connected => connected);

        await system.ApplyAsync([.. district.Roster()]);
        var students = district.School.Classes.SelectMany(c => c.Students).ToArray();
        foreach (var student in students)
            await system.ApplyAsync(district.Completed(student));
        var announced = await Eventually.GetAsync(
            () => Task.FromResult(Announced()), events => events.Any(data => data.GetProperty("visited").GetInt32() == students.Length), seconds: 10);
        await stop.CancelAsync();
        await reading;

        announced.Count.ShouldBeLessThan(students.Length);
        var last = announced[^1];
        last.GetProperty("onRoll").GetInt32().ShouldBe(10);
        last.GetProperty("visited").GetInt32().ShouldBe(10);
        announced.Select(data => data.GetProperty("version").GetInt64()).ShouldBeInOrder();

        List<JsonElement> Announced() => [.. reader.Received.Select(e => e.Event)
            .Where(e => e.GetProperty("type").GetString() == "homeschool.insights.coverage-changed").Select(e => e.GetProperty("data"))];
    }

    [Fact]
    [Trait("Rule", "INS-3")]
    [Trait("Rule", "ALL-1")]
    public async Task A_reader_gets_the_events_of_its_own_schools_and_districts_only()
    {
        var foreign = new TestDistrict();
        Grant[][] readers = [[district.Admin], [district.At(district.School)], [district.At(district.Schools[1])], [foreign.Admin]];
        var clients = readers.Select(grants => system.As(grants)).ToArray();
        var feeds = clients.Select(client => new FeedReader(client)).ToArray();
        using var stop = new CancellationTokenSource();
        var reading = feeds.Select(feed => feed.ReadAsync(stop.Token)).ToArray();
        await Eventually.GetAsync(() => Task.FromResult(feeds), all => all.All(feed => feed.IsConnected));

        IEvent[] events =
        [
            district.Completed(district.School.Classes[0].Students[0]), district.Completed(district.Schools[1].Classes[0].Students[0]),
            foreign.Completed(foreign.Class.Students[0]), district.TermOf(district.Term, district.TermStartsOn),
            // The last one for each reader: what had to come before it has come.
            district.Completed(district.School.Classes[0].Students[1]), district.Completed(district.Schools[1].Classes[0].Students[1]),
            foreign.Completed(foreign.Class.Students[1]),
        ];
        foreach (var happened in events)
            await system.ApplyAsync(happened);
        await Eventually.GetAsync(() => Task.FromResult(feeds), all => all.Select(Subjects).Zip([5, 2, 2, 2]).All(pair => pair.First.Count >= pair.Second));
        await stop.CancelAsync();
        await Task.WhenAll(reading);

        Guid[] subjects = [.. events.Select(e => e.AggregateId)];
        Subjects(feeds[0]).ShouldBe([subjects[0], subjects[1], subjects[3], subjects[4], subjects[5]]);
        Subjects(feeds[1]).ShouldBe([subjects[0], subjects[4]]);
        Subjects(feeds[2]).ShouldBe([subjects[1], subjects[5]]);
        Subjects(feeds[3]).ShouldBe([subjects[2], subjects[6]]);

        // Coming back from the beginning, out of the table, is no way around it.
        var again = new FeedReader(clients[2]) { LastEventId = "0" };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await again.ReadAsync(limit.Token, enough: 2);
        Subjects(again).ShouldBe([subjects[1], subjects[5]]);
        foreach (var client in clients)
            client.Dispose();

        static List<Guid> Subjects(FeedReader feed) =>
            [.. feed.Received.Select(e => e.Event.GetProperty("subject").GetGuid())];
    }

    [Fact]
    [Trait("Rule", "INS-3")]
    [Trait("Goal", "P12")]
    public async Task Readers_that_come_and_go_miss_nothing_and_get_nothing_twice_while_events_flow_and_the_service_is_killed()
    {
        await using var own = await InsightsSystem.StartAsync();
        await using var process = await ServiceProcess.StartAsync(typeof(InsightsDb).Assembly.Location, own.Settings);
        own.SignIn(process.Client, district.Admin);
        using var atReplica = own.As(district.Admin);
        // All begin at the start of the feed; one of them at a replica that is not killed.
        FeedReader[] readers = [.. Enumerable.Range(0, 4).Select(i => new FeedReader(i == 0 ? atReplica : process.Client) { LastEventId = "0" })];
        using var stop = new CancellationTokenSource();
        var reading = readers.Select((reader, i) => reader.ReadOnAsync(new Random(i), stop.Token)).ToArray();

        var visits = Enumerable.Range(0, 600).Select(i => district.Completed(district.Class.Students[i % 5])).ToArray();
        var published = new List<Guid>();
        foreach (var (part, i) in visits.Chunk(20).Select((part, i) => (part, i)))
        {
            published.AddRange(await own.PublishAsync([.. part]));
            if (i is 10 or 20)
            {
                await process.KillAsync();
                await process.StartAsync();
            }
            else
            {
                await Task.Delay(20);
            }
        }

        await Eventually.GetAsync(() => Task.FromResult(readers), all => all.All(reader => Visits(reader).Count >= visits.Length), seconds: 60);
        await stop.CancelAsync();
        await Task.WhenAll(reading);
        foreach (var reader in readers)
        {
            Visits(reader).Order().ShouldBe(published.Order());
            // Nobody else's events are in this feed: to a reader of all of it, positions have no gap.
            reader.Received.Select(e => e.Position).ShouldBe(Enumerable.Range(1, reader.Received.Count).Select(position => (long)position));
        }

        static List<Guid> Visits(FeedReader reader) => [.. reader.Received.Select(e => e.Event)
            .Where(e => e.GetProperty("type").GetString() == "homeschool.visits.visit-completed").Select(e => e.GetProperty("id").GetGuid())];
    }

    [Fact]
    [Trait("Rule", "INS-3")]
    public async Task Several_replicas_write_one_feed_that_reads_alike_at_each()
    {
        await using var own = await InsightsSystem.StartAsync();
        var other = own.AddReplica();
        using var here = own.As(district.Admin);
        using var there = own.AsAt(other, district.Admin);
        FeedReader[] readers = [new(here) { LastEventId = "0" }, new(there) { LastEventId = "0" }];
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var reading = readers.Select(reader => reader.ReadAsync(stop.Token, enough: 5_000)).ToArray();

        // One district alone; a roster event now and then keeps the projections busy with the same rows.
        foreach (var part in Enumerable.Range(0, 5_000).Select(_ => district.Completed(district.Class.Students[0])).Chunk(250))
            await own.PublishAsync([.. part]);
        await Task.WhenAll(reading);

        readers[0].Received.Select(e => e.Position).ShouldBe(Enumerable.Range(1, 5_000).Select(position => (long)position));
        readers[1].Received.Select(e => (e.Position, e.Event.GetRawText())).ShouldBe(readers[0].Received.Select(e => (e.Position, e.Event.GetRawText())));
    }

    [Fact]
    [Trait("Rule", "INS-3")]
    public async Task A_position_that_is_forgotten_unknown_or_no_number_is_refused_with_what_to_do()
    {
        await using var own = await InsightsSystem.StartAsync();
        using var client = own.As(district.Admin);
        await own.ApplyAsync([.. district.Roster()]);
        (await client.RefusalAsync("/api/insights/feed?after=x")).ShouldBe((400, "insights.position-invalid"));
        (await client.RefusalAsync("/api/insights/feed?after=-1")).ShouldBe((400, "insights.position-invalid"));
        (await client.RefusalAsync("/api/insights/feed?after=1000000")).ShouldBe((410, "insights.position-gone"));

        // Eight days later, at a replica's start.
        own.Ahead = TimeSpan.FromDays(8);
        var replica = own.AddReplica();
        await Eventually.GetAsync(() => own.ScalarAsync<long>("SELECT count(*) FROM feed"), rows => rows == 0);
        using var later = own.AsAt(replica, district.Admin);
        (await later.RefusalAsync("/api/insights/feed?after=1")).ShouldBe((410, "insights.position-gone"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/insights/feed?after=4") { Headers = { { "Last-Event-ID", "1" } } };
        using var answer = await later.SendAsync(request);
        ((int)answer.StatusCode).ShouldBe(410, "the header counts, which a browser sends by itself");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task The_connection_ends_with_the_token()
    {
        await using var own = await InsightsSystem.StartAsync();
        using var client = own.As(district.Admin);
        var reader = new FeedReader(client);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var reading = reader.ReadAsync(limit.Token);
        await Eventually.GetAsync(() => Task.FromResult(reader.IsConnected), connected => connected);

        own.Ahead = TimeSpan.FromHours(2);
        await own.PublishAsync(district.Completed(district.Class.Students[0]));
        await reading;
        limit.IsCancellationRequested.ShouldBeFalse("the service ended it");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Only_those_who_lead_a_school_or_district_may_read_it()
    {
        foreach (var grant in new[]
            { district.HomeroomTeacher(district.Class), district.Guardian(district.Class), district.At(district.School, Role.Counselor) })
        {
            using var client = system.As(grant);
            (await client.RefusalAsync("/api/insights/feed")).ShouldBe((403, "access.forbidden"));
        }

        using var nobody = system.AsNobody();
        (await nobody.RefusalAsync("/api/insights/feed")).ShouldBe((401, "access.sign-in-needed"));
    }

    [Fact]
    [Trait("Rule", "INS-3")]
    public void The_list_of_public_events_is_this_one() =>
        PublicEvents.Types.Select(EventNames.Of).Order(StringComparer.Ordinal).ShouldBe([
            "activities.covenant-published", "activities.family-activity-attended", "activities.family-activity-planned",
            "activities.lesson-attended", "activities.lesson-cancelled", "activities.lesson-planned",
            "activities.meeting-attended", "activities.meeting-planned", "archives.roster-changed", "archives.school-changed", "archives.support-needs-changed",
            "archives.term-changed", "insights.coverage-changed", "messages.group-post-published",
            "messages.group-rules-published", "messages.notice-sent",
            "surveys.answers-counted", "surveys.survey-opened", "visits.visit-cancelled", "visits.visit-completed",
            "visits.visit-confirmed", "visits.visit-scheduled", "visits.visit-time-proposed"]);
}
