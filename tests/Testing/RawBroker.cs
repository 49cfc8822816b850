using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HomeSchool.Testing;

/// <summary>Speaks to the broker past our own code, as a stranger might.</summary>
public sealed class RawBroker : IAsyncDisposable
{
    private readonly IConnection connection;
    private readonly IChannel channel;

    private RawBroker(IConnection connection, IChannel channel) => (this.connection, this.channel) = (connection, channel);

    /// <summary>Connects. What is sent is awaited until the broker has it: a queue that has just begun may lose what nobody asks after.</summary>
    public static async Task<RawBroker> ConnectAsync(string address)
    {
        var opened = await new ConnectionFactory { Uri = new Uri(address) }.CreateConnectionAsync();
        return new RawBroker(opened, await opened.CreateChannelAsync(new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true,
            outstandingPublisherConfirmationsRateLimiter: null)));
    }

    /// <summary>Puts a message into a queue, with an event's headers or without.</summary>
    public async Task SendAsync(string queue, string body, (string Name, Guid Id)? headers = null)
    {
        var properties = new BasicProperties { ContentType = "application/json", Persistent = true };
        if (headers is { } given)
        {
            properties.Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["event-name"] = given.Name,
                ["event-id"] = given.Id.ToString(),
            };
        }

        await channel.BasicPublishAsync("", queue, mandatory: true, properties, Encoding.UTF8.GetBytes(body));
    }

    /// <summary>Publishes an event as its service would.</summary>
    public async Task PublishAsync(IEvent happened)
    {
        var name = EventNames.Of(happened.GetType());
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Persistent = true,
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["event-name"] = name,
                ["event-id"] = Guid.CreateVersion7().ToString(),
            },
        };
        await channel.BasicPublishAsync(
            Transport.Exchange, name, mandatory: false, properties, JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), Json.Options));
    }

    /// <summary>Takes a copy of every event that is published from now on.</summary>
    /// <returns>The bodies and headers so far; it grows.</returns>
    public async Task<ConcurrentQueue<string>> OverhearAsync()
    {
        var heard = new ConcurrentQueue<string>();
        var queue = (await channel.QueueDeclareAsync()).QueueName; // exclusive: gone with the connection
        await channel.QueueBindAsync(queue, Transport.Exchange, "#");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            heard.Enqueue(Encoding.UTF8.GetString(delivery.Body.Span) + JsonSerializer.Serialize(
                delivery.BasicProperties.Headers?.Values.Select(value => value is byte[] text ? Encoding.UTF8.GetString(text) : value)));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return heard;
    }

    /// <summary>How many messages a queue has; 0 when it does not exist.</summary>
    public async Task<uint> CountAsync(string queue)
    {
        await using var asking = await connection.CreateChannelAsync(); // a queue that is not there closes the channel
        try
        {
            return (await asking.QueueDeclarePassiveAsync(queue)).MessageCount;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return 0;
        }
    }

    /// <summary>Takes the queue's only message and gives it back, until the broker does not offer it any more.</summary>
    /// <returns>How often it was offered.</returns>
    public async Task<int> RejectUntilGoneAsync(string queue)
    {
        await Eventually.GetAsync(() => CountAsync(queue), count => count == 1);
        for (var offered = 0; ; offered++)
        {
            var delivery = await Eventually.GetAsync(() => channel.BasicGetAsync(queue, autoAck: false), got => got is not null, seconds: 2);
            if (delivery is null)
                return offered;
            await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: true);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }
}
