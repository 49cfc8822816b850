using HomeSchool.ServiceDefaults.Keys;
using Npgsql;

namespace HomeSchool.Messages.Delivery;

/// <summary>What delivery needs.</summary>
internal static class DeliveryServices
{
    public static void AddDelivery(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Channels>();
        services.AddSingleton<AddressCodes>();
        services.AddSingleton<Texts>();
        services.AddSingleton<OutgoingHttp>();
        services.AddHostedService<GatherDeliveries>();
        foreach (var channel in new Channels(builder.Configuration).SetUp.Append(Channel.Robot))
        {
            if (channel == Channel.Inbox)
                continue;
            // Not AddHostedService: it adds one of a type.
            services.AddSingleton<IHostedService>(provider => new SendDeliveries(
                Open(channel, provider), provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<KeyVault>(),
                provider.GetRequiredService<Texts>(), provider.GetRequiredService<AddressCodes>(),
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SendDeliveries>>()));
        }
    }

    public static void MapDelivery(this IEndpointRouteBuilder api)
    {
        api.MapChooseChannel();
        api.MapKeepRobots();
        api.MapDeadDeliveries();
    }

    private static IChannel Open(Channel channel, IServiceProvider provider)
    {
        var (configuration, clock) =
            (provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<TimeProvider>());
        return channel switch
        {
            Channel.Email => new SmtpChannel(configuration, clock),
            Channel.Robot => new RobotChannel(provider.GetRequiredService<OutgoingHttp>(), clock),
            _ => new WebhookChannel(channel, configuration, provider.GetRequiredService<OutgoingHttp>(), clock),
        };
    }
}
