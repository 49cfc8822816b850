using System.Diagnostics.Metrics;
using System.Net.Sockets;
using MassTransit;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>What to do while the database or the broker is away.</summary>
internal static class Backoff
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Waits 50 ms, then twice as long each time, up to 2 s, with jitter so that replicas do not come back as one.</summary>
    public static Task DelayAsync(int failures, CancellationToken cancel)
    {
        var delay = TimeSpan.FromMilliseconds(50 * Math.Pow(2, Math.Min(failures - 1, 10)));
        var jitter = 0.5 + Random.Shared.NextDouble();
        return Task.Delay((delay < Longest ? delay : Longest) * jitter, cancel).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Whether trying again later can help, without anybody changing anything.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        // Npgsql counts lost connections, shutdowns, deadlocks and serialization failures as transient, but not a killed
        // backend's "terminating connection" (57P01) and start-up (57P03), nor lock timeouts.
        PostgresException postgres => postgres.IsTransient || postgres.SqlState is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.TooManyConnections,
        NpgsqlException or TimeoutException or SocketException or IOException or OperationCanceledException => true,
        BrokerUnreachableException or AlreadyClosedException or OperationInterruptedException or ConnectionException => true,
        _ => exception.InnerException is { } inner && IsTransient(inner),
    };
}

/// <summary>The meter of the platform's own figures.</summary>
internal static class PlatformMeter
{
    public const string Name = "HomeSchool";

    public static readonly Meter Meter = new(Name);
}
