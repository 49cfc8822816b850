using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace HomeSchool.AppHost;

/// <summary>What the published compose file needs beyond the map; without effect when Aspire itself runs the parts.</summary>
internal static class Compose
{
    /// <summary>Keeps a container running and lets others wait until it answers, not only until it has started.</summary>
    public static IResourceBuilder<T> ComposeHealth<T>(this IResourceBuilder<T> part, string command)
        where T : IComputeResource =>
        part.ComposeKeepRunning().PublishAsDockerComposeService((_, service) => service.Healthcheck = new()
        {
            Test = ["CMD-SHELL", command],
            Interval = "5s",
            Timeout = "10s",
            StartPeriod = "60s",
            Retries = 12,
        });

    /// <summary>Starts a container again when it stops or the host restarts.</summary>
    public static IResourceBuilder<T> ComposeKeepRunning<T>(this IResourceBuilder<T> part)
        where T : IComputeResource =>
        part.PublishAsDockerComposeService((_, service) => service.Restart = "unless-stopped");

    /// <summary>Runs a container to its end, once what it depends on is healthy; Aspire publishes only "started".</summary>
    public static IResourceBuilder<T> ComposeRunOnce<T>(this IResourceBuilder<T> part)
        where T : IComputeResource =>
        part.PublishAsDockerComposeService((_, service) =>
        {
            service.Restart = "no";
            foreach (var dependency in service.DependsOn.Values)
                dependency.Condition = "service_healthy";
        });

    /// <summary>Gives a container a volume.</summary>
    public static IResourceBuilder<T> ComposeVolume<T>(this IResourceBuilder<T> part, string name, string folder)
        where T : IComputeResource =>
        part.PublishAsDockerComposeService((_, service) => service.AddVolume(
            new Aspire.Hosting.Docker.Resources.ServiceNodes.Volume { Name = name, Source = name, Target = folder, Type = "volume" }));

    /// <summary>Publishes the ports on the loopback address: plain HTTP must not leave the host.</summary>
    public static IResourceBuilder<T> ComposeOnThisHostOnly<T>(this IResourceBuilder<T> part)
        where T : IComputeResource =>
        part.PublishAsDockerComposeService((_, service) => service.Ports = [.. service.Ports.Select(OnLoopback)]);

    // "8080:8080" becomes "127.0.0.1:8080:8080".
    private static string OnLoopback(string port) => "127.0.0.1:" + port;
}
