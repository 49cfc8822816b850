using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace HomeSchool.SystemTests;

/// <summary>
/// The messaging core under everything that happens to it: each test breaks a part under load and reconciles what was
/// acknowledged with what had its effect, to the last row.
/// </summary>
[Collection("servers")] // they stop and kill servers: one at a time
public sealed class MessagingTests : IAsyncLifetime
{
    private ProbeSystem system = null!;

    public async ValueTask InitializeAsync() => system = await ProbeSystem.PrepareAsync();

    public ValueTask DisposeAsync() => system.DisposeAsync();

    [Fact]
    [Trait("Goal", "R2")]
    public async Task Commands_are_accepted_while_the_broker_is_away_and_have_their_effect_when_it_is_back()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        await system.StartConsumerAsync();
        using var stop = new CancellationTokenSource();
        var load = system.LoadAsync([publisher], stop.Token, atMost: 30_000);

        await MoreEffectsAsync(100);
        await Servers.ControlAsync("rabbitmq", "stop");
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(30)); // the outage itself
            using var health = await publisher.Client.GetAsync(new Uri("/health", UriKind.Relative));
            health.StatusCode.ShouldBe(HttpStatusCode.OK); // or a supervisor would stop what works
        }
        finally
        {
            await Servers.ControlAsync("rabbitmq", "start");
        }

        await stop.CancelAsync();
        await load;
        system.Refused.ShouldBeEmpty();
        (await system.ReconcileAsync(120)).ShouldClose(atLeast: 2_000);
    }

    [Fact]
    [Trait("Goal", "R2")]
    public async Task Who_receives_nothing_although_something_waits_begins_anew()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        var clock = new AheadOfTime();
        await using var consumer = new InProcess(system.ConsumerSettings(), clock);
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 100);
        var receiving = consumer.Services.GetRequiredService<Receiving>(); // starts it
        await EffectsAsync(atLeast: 100);

        // However it came about: the queue fills, and the bus knows nothing of it.
        await receiving.Bus!.StopAsync(CancellationToken.None);
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 100);
        (await system.CountEffectsAsync()).ShouldBe(100);

        await Eventually.GetAsync(
            () =>
            {
                clock.Ahead += Receiving.Patience; // the queues are asked at every tick
                return system.CountEffectsAsync();
            },
            effects => effects >= 200, seconds: 60);
        (await system.ReconcileAsync()).ShouldClose(atLeast: 200);
    }

    [Fact]
    [Trait("Goal", "R1")]
    public async Task A_relay_killed_again_and_again_beside_a_second_replica_loses_and_repeats_nothing()
    {
        await system.MigrateConsumerAsync();
        var (killed, other) = (await system.StartPublisherAsync(), await system.StartPublisherAsync());
        await system.StartConsumerAsync();
        using var stop = new CancellationTokenSource();
        var load = system.LoadAsync([killed, other], stop.Token);

        for (var kill = 0; kill < 6; kill++)
        {
            await MoreEffectsAsync(200);
            await killed.KillAsync();
            await killed.StartAsync();
        }

        await stop.CancelAsync();
        await load;
        (await system.ReconcileAsync()).ShouldClose(atLeast: 1_000);
    }

    [Fact]
    [Trait("Goal", "R1")]
    public async Task A_consumer_killed_between_its_effect_and_its_acknowledgement_has_the_effect_once()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 2_000);

        // It kills itself when a batch has been committed, before anything is acknowledged.
        for (var kill = 0; kill < 3; kill++)
        {
            var before = await system.CountEffectsAsync();
            var doomed = await system.StartConsumerAsync(("Probe__DieWhenApplied", "true"));
            (await Eventually.GetAsync(() => Task.FromResult(doomed.HasExited), exited => exited)).ShouldBeTrue();
            (await system.CountEffectsAsync()).ShouldBeGreaterThan(before);
        }

        await system.StartConsumerAsync();
        (await system.ReconcileAsync()).ShouldClose(atLeast: 2_000);
    }

    [Fact]
    [Trait("Goal", "R3")]
    public async Task Every_event_delivered_again_twice_and_shuffled_changes_nothing()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        var consumer = await system.StartConsumerAsync();
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 1_000);
        await EffectsAsync(atLeast: 1_000);

        await using var sender = new InProcess(system.PublisherSettings());
        var again = await system.LoggedAsync();
        var deliveries = again.Concat(again).ToArray();
        new Random(20261122).Shuffle(deliveries);
        await sender.Services.GetRequiredService<Transport>().SendAsync(ProbeSystem.Queue, deliveries, CancellationToken.None);

        // A last fact behind them all shows that they have been consumed.
        await system.StateAsync([publisher], 0, Guid.CreateVersion7());
        await EffectsAsync(atLeast: 1_001);
        consumer.HasExited.ShouldBeFalse();
        (await system.ReconcileAsync()).ShouldClose(atLeast: 1_001);
    }

    [Fact]
    [Trait("Goal", "R1")]
    public async Task A_database_restarted_under_load_loses_and_repeats_nothing()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        await system.StartConsumerAsync();
        using var stop = new CancellationTokenSource();
        var load = system.LoadAsync([publisher], stop.Token);

        for (var restart = 0; restart < 3; restart++)
        {
            await MoreEffectsAsync(200);
            await Servers.ControlAsync("postgres", "restart");
        }

        await MoreEffectsAsync(200);
        await stop.CancelAsync();
        await load;
        (await system.ReconcileAsync()).ShouldClose(atLeast: 800);
    }

    [Fact]
    [Trait("Goal", "R4")]
    public async Task A_poison_message_is_parked_alone_with_its_reason_and_replayed_exactly_once_through_the_api()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 250);
        var poison = Guid.CreateVersion7();
        await system.StateAsync([publisher], 0, poison);
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 249);

        // All 500 wait in the queue when the consumer starts: it meets the poison in the midst of others.
        var consumer = await system.StartConsumerAsync(("Probe__Poison", poison.ToString()));
        await EffectsAsync(atLeast: 499);
        var parked = (await Eventually.GetAsync(() => ParkedAsync(consumer), page => page.Items.Count > 0)).Items.ShouldHaveSingleItem();
        parked.Reason.ShouldContain("The poison was met");
        parked.Consumer.ShouldBe(ProbeSystem.Queue);
        parked.Payload.ShouldContain(poison.ToString());
        (await system.CountEffectsAsync()).ShouldBe(499);

        // As long as the cause stands, a replay fails with a clear answer and keeps the message.
        using (var refused = await ReplayAsync(consumer, parked.Id))
            refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ParkedAsync(consumer)).Items.ShouldHaveSingleItem();
        await consumer.KillAsync();

        var mended = await system.StartConsumerAsync(("Probe__Poison", "fixed"));
        var replays = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ReplayAsync(mended, parked.Id)));
        replays.ShouldAllBe(replay => replay.StatusCode == HttpStatusCode.NoContent);
        (await ParkedAsync(mended)).Items.ShouldBeEmpty();
        (await system.ReconcileAsync()).ShouldClose(atLeast: 500);
    }

    [Fact]
    [Trait("Goal", "R4")]
    public async Task What_is_no_event_goes_to_the_error_queue_what_cannot_be_read_is_parked_and_the_rest_flows()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        var consumer = await system.StartConsumerAsync();
        await using var broker = await RawBroker.ConnectAsync(system.RabbitMq);
        var completed = EventNames.Of(typeof(VisitCompleted));

        await broker.SendAsync(ProbeSystem.Queue, "no headers, no JSON");
        await broker.SendAsync(ProbeSystem.Queue, "{\"visit\":1}", (completed, Guid.CreateVersion7()));
        await broker.SendAsync(ProbeSystem.Queue, "{}", ("visits.from-the-future", Guid.CreateVersion7()));
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 100);

        (await system.ReconcileAsync()).ShouldClose(atLeast: 100);
        var parked = (await Eventually.GetAsync(() => ParkedAsync(consumer), page => page.Items.Count == 2)).Items;
        parked.Select(message => message.Reason).ShouldBe(
            ["Unknown event visits.from-the-future.", "The event cannot be read: $"], ignoreOrder: true);
        (await Eventually.GetAsync(() => broker.CountAsync(ProbeSystem.Queue + "_error"), count => count == 1)).ShouldBe(1u);
    }

    [Fact]
    [Trait("Goal", "R4")]
    public async Task A_message_that_nobody_ever_acknowledges_is_parked_in_the_end()
    {
        await system.MigrateConsumerAsync();
        var publisher = await system.StartPublisherAsync();
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 1);

        // As a consumer that dies with it each time.
        await using (var broker = await RawBroker.ConnectAsync(system.RabbitMq))
            (await broker.RejectUntilGoneAsync(ProbeSystem.Queue)).ShouldBe(51);

        var consumer = await system.StartConsumerAsync();
        var parked = (await Eventually.GetAsync(() => ParkedAsync(consumer), page => page.Items.Count > 0)).Items.ShouldHaveSingleItem();
        parked.Reason.ShouldContain("50");
        using (var replay = await ReplayAsync(consumer, parked.Id))
            replay.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await system.ReconcileAsync()).ShouldClose(atLeast: 1);
    }

    [Fact]
    public async Task A_service_added_later_catches_up_from_the_event_log_while_events_go_on()
    {
        var publisher = await system.StartPublisherAsync();
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 1_500); // nobody listens: gone, but for the log
        using var stop = new CancellationTokenSource();
        var load = system.LoadAsync([publisher], stop.Token);

        await system.MigrateConsumerAsync();
        await system.StartConsumerAsync();
        using var answer = await publisher.Client.PostAsJsonAsync(
            new Uri("/api/probe/operations/redeliveries", UriKind.Relative),
            new Redeliver(ProbeSystem.Queue, [EventNames.Of(typeof(VisitCompleted))], DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-1)));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadFromJsonAsync<Redelivered>())!.Events.ShouldBeGreaterThanOrEqualTo(1_500);

        await stop.CancelAsync();
        await load;
        (await system.ReconcileAsync()).ShouldClose(atLeast: 1_500);
    }

    [Fact]
    public async Task Redelivery_to_a_queue_that_does_not_exist_is_refused()
    {
        var publisher = await system.StartPublisherAsync();
        await system.LoadAsync([publisher], CancellationToken.None, atMost: 1);
        await Eventually.GetAsync(system.LoggedAsync, events => events.Count == 1);
        using var answer = await publisher.Client.PostAsJsonAsync(
            new Uri("/api/probe/operations/redeliveries", UriKind.Relative),
            new Redeliver("nobody.listens", [EventNames.Of(typeof(VisitCompleted))], DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime)));
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    private static async Task<Page<ParkedMessage>> ParkedAsync(ServiceProcess consumer) =>
        (await consumer.Client.GetFromJsonAsync<Page<ParkedMessage>>(
            new Uri("/api/probe/operations/parked-messages", UriKind.Relative), Json.Options))!;

    private static Task<HttpResponseMessage> ReplayAsync(ServiceProcess consumer, Guid id) =>
        consumer.Client.PostAsync(new Uri($"/api/probe/operations/parked-messages/{id}/replay", UriKind.Relative), null);

    // Waits until the load has had so many effects more: whatever was broken before works again.
    private async Task MoreEffectsAsync(int more)
    {
        var before = await Eventually.GetAsync(system.CountEffectsAsync, effects => effects >= 0, seconds: 60);
        await EffectsAsync(before + more);
    }

    private async Task EffectsAsync(long atLeast) =>
        (await Eventually.GetAsync(system.CountEffectsAsync, effects => effects >= atLeast, seconds: 60)).ShouldBeGreaterThanOrEqualTo(atLeast);

    /// <summary>A probe inside the test's process, to speak to the broker as a service does.</summary>
    private sealed class InProcess(Dictionary<string, string> settings, TimeProvider? clock = null)
        : WebApplicationFactory<HomeSchool.Probe.ProbeDb>
    {
        protected override void ConfigureWebHost(Microsoft.AspNetCore.Hosting.IWebHostBuilder builder)
        {
            if (clock is not null)
                builder.ConfigureServices(services => services.AddSingleton(clock));
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
        }
    }
}
