using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;
using Microsoft.Extensions.Configuration;
using RabbitMQ.Client;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>
/// The only place that knows MassTransit: publishing to one topic exchange with the event's name as routing key, and one quorum
/// queue per consumer. The body is the event's JSON as it is and all we need is in headers of our own, so another client of the
/// broker can read it, and leaving MassTransit 8 concerns this file.
/// </summary>
public sealed class Transport(IBus bus)
{
    /// <summary>The exchange that all events pass.</summary>
    public const string Exchange = "homeschool.events";

    internal const string MessageIdHeader = "event-id";
    internal const string NameHeader = "event-name";
    internal const string TraceparentHeader = "traceparent";

    /// <summary>A message that was delivered this often and never acknowledged kills its consumer: it is set aside.</summary>
    private const int DeliveryLimit = 50;

    // At most as many unacknowledged as two batches: one in the database, one gathering meanwhile.
    private const int Prefetch = 2 * EventPump.BatchSize;

    private static readonly Uri ExchangeAddress = new($"exchange:{Exchange}?type=topic&durable=true");

    /// <summary>The broker's address.</summary>
    /// <exception cref="InvalidOperationException"><c>ConnectionStrings:rabbitmq</c> is missing.</exception>
    internal static Uri AddressIn(IConfiguration configuration) => new(configuration.GetConnectionString("rabbitmq")
        ?? throw new InvalidOperationException("ConnectionStrings:rabbitmq must be the broker's amqp:// address."));

    /// <summary>Publishes events and returns when the broker has confirmed every one.</summary>
    /// <exception cref="OperationCanceledException">The broker did not answer in time.</exception>
    public async Task PublishAsync(IReadOnlyCollection<Envelope> events, CancellationToken cancel)
    {
        var endpoint = await bus.GetSendEndpoint(ExchangeAddress);
        await Task.WhenAll(events.Select(e => SendAsync(endpoint, e, e.Name, mandatory: false, cancel)));
    }

    /// <summary>Sends events to one queue only: for a consumer that was added later or restored.</summary>
    /// <exception cref="MessageReturnedException">The broker has no such queue.</exception>
    public async Task SendAsync(string queue, IReadOnlyCollection<Envelope> events, CancellationToken cancel)
    {
        // The queue exists (its service's `migrate` declared it); sending must not declare it again with other arguments.
        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{queue}"));
        await Task.WhenAll(events.Select(e => SendAsync(endpoint, e, queue, mandatory: true, cancel)));
    }

    private static Task SendAsync(ISendEndpoint endpoint, Envelope e, string routingKey, bool mandatory, CancellationToken cancel) =>
        endpoint.Send(
            Incoming.Nothing,
            context =>
            {
                context.Serializer = new AsIs(e.Payload);
                context.MessageId = e.MessageId;
                context.SetRoutingKey(routingKey);
                context.TryGetPayload(out RabbitMqSendContext? rabbit);
                rabbit!.Mandatory = mandatory;
                context.Headers.Set(MessageIdHeader, e.MessageId.ToString());
                context.Headers.Set(NameHeader, e.Name);
                if (e.Traceparent is not null)
                    context.Headers.Set(TraceparentHeader, e.Traceparent);
            },
            cancel);

    /// <summary>
    /// Declares what a service receives from, and ends. A publish to an exchange without a queue is lost without an error, so
    /// this runs for every service before any of them starts.
    /// </summary>
    internal static async Task DeclareAsync(IConfiguration configuration, IEnumerable<EventConsumer> consumers, CancellationToken cancel)
    {
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(AddressIn(configuration));
            rabbit.DeployTopologyOnly = true;
            Configure(rabbit, consumers, _ => throw new NotSupportedException("Nothing is received while queues are declared."));
        });
        await bus.DeployAsync(cancel);
    }

    /// <summary>Makes what brings the deliveries of the pumps' queues; it is not yet started.</summary>
    internal static IBusControl CreateReceiver(IConfiguration configuration, EventPumps pumps) => Bus.Factory.CreateUsingRabbitMq(rabbit =>
    {
        rabbit.Host(AddressIn(configuration));
        Configure(rabbit, pumps.All.Select(pump => pump.Consumer), pumps.Of);
    });

    /// <summary>Asks the broker which of these consumers' queues, or their dead-letter queues, have something that nobody was
    /// given.</summary>
    /// <returns>The consumers' queues.</returns>
    internal static async Task<List<string>> FullAsync(
        IConfiguration configuration, IReadOnlyCollection<string> queues, CancellationToken cancel)
    {
        await using var connection = await new ConnectionFactory { Uri = AddressIn(configuration) }.CreateConnectionAsync(cancel);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        var full = new List<string>();
        foreach (var queue in queues)
        {
            if (await channel.MessageCountAsync(queue, cancel) > 0 || await channel.MessageCountAsync(DeadQueue(queue), cancel) > 0)
                full.Add(queue);
        }

        return full;
    }

    /// <summary>Says how events are written; for who sends and who receives.</summary>
    internal static void Configure(IRabbitMqBusFactoryConfigurator bus)
    {
        bus.ClearSerialization();
        bus.UseRawJsonSerializer(RawSerializerOptions.AnyMessageType, isDefault: true);
    }

    // Declares the exchange, and for each consumer its queue, its bindings and its dead-letter queue.
    private static void Configure(
        IRabbitMqBusFactoryConfigurator bus, IEnumerable<EventConsumer> consumers, Func<EventConsumer, IEventReceiver> receiverOf)
    {
        Configure(bus);
        foreach (var consumer in consumers)
        {
            bus.ReceiveEndpoint(consumer.Queue, endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;
                endpoint.SetQuorumQueue();
                endpoint.SetQueueArgument("x-delivery-limit", DeliveryLimit);
                endpoint.SetQueueArgument("x-dead-letter-exchange", DeadQueue(consumer.Queue));
                endpoint.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
                endpoint.SetQueueArgument("x-overflow", "reject-publish");
                endpoint.PrefetchCount = Prefetch;
                foreach (var name in consumer.EventNames)
                {
                    endpoint.Bind(Exchange, binding =>
                    {
                        binding.ExchangeType = "topic";
                        binding.RoutingKey = name;
                    });
                }

                endpoint.Handler<Incoming>(context => receiverOf(consumer).ReceiveAsync(Read(context), context.CancellationToken));
            });
            bus.ReceiveEndpoint(DeadQueue(consumer.Queue), endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;
                endpoint.SetQuorumQueue();
                endpoint.Handler<Incoming>(context => receiverOf(consumer).ParkAsync(
                    Read(context), $"delivered more than {DeliveryLimit} times without an answer", context.CancellationToken));
            });
        }
    }

    private static string DeadQueue(string queue) => queue + ".dead";

    // A message without our headers is not an event: the exception sends it to the broker's error queue.
    private static Envelope Read(ConsumeContext<Incoming> context)
    {
        var headers = context.ReceiveContext.TransportHeaders;
        if (headers.Get<string>(NameHeader) is not { } name || !Guid.TryParse(headers.Get<string>(MessageIdHeader), out var id))
            throw new FormatException($"A message on {context.ReceiveContext.InputAddress.AbsolutePath} lacks the headers of an event.");
        return new Envelope(id, name, headers.Get<string>(TraceparentHeader), context.Message.Json);
    }

    /// <summary>Any JSON document; which event it is, the headers say.</summary>
    [JsonConverter(typeof(IncomingConverter))]
    internal sealed record Incoming(string Json)
    {
        public static readonly Incoming Nothing = new("");
    }

    private sealed class IncomingConverter : JsonConverter<Incoming>
    {
        public override Incoming Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new Incoming(document.RootElement.GetRawText());
        }

        public override void Write(Utf8JsonWriter writer, Incoming value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Json);
    }

    /// <summary>Puts JSON that exists already onto the wire.</summary>
    private sealed class AsIs(string json) : IMessageSerializer
    {
        public ContentType ContentType { get; } = new("application/json");

        public MessageBody GetMessageBody<T>(SendContext<T> context)
            where T : class => new Body(json);

        private sealed class Body(string json) : MessageBody
        {
            private readonly byte[] bytes = Encoding.UTF8.GetBytes(json);

            public long? Length => bytes.Length;

            public Stream GetStream() => new MemoryStream(bytes, writable: false);

            public byte[] GetBytes() => bytes;

            public string GetString() => json;
        }
    }
}

/// <summary>Where deliveries of one queue go.</summary>
internal interface IEventReceiver
{
    /// <summary>Returns when the event's effect is committed (or it is parked); only then is it acknowledged.</summary>
    Task ReceiveAsync(Envelope delivery, CancellationToken cancel);

    /// <summary>Sets a message aside.</summary>
    Task ParkAsync(Envelope delivery, string reason, CancellationToken cancel);
}
