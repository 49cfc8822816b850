using System.Net.Sockets;
using HomeSchool.ServiceDefaults.Outgoing;

namespace HomeSchool.Messages.Delivery;

/// <summary>What leaves: a link, no name and no content (MSG-5).</summary>
/// <param name="Id">Of the delivery; the channel is told it at every attempt.</param>
/// <param name="Address">Where to, as its owner wrote it.</param>
/// <param name="Subject">What it is called.</param>
/// <param name="Text">What it says, the link in it.</param>
/// <param name="Language">In which language.</param>
internal sealed record Letter(Guid Id, string Address, string Subject, string Text, MessageLanguage Language);

/// <summary>A channel did not take a letter.</summary>
/// <param name="reason">A stable code; never what the other side said, which may repeat the address.</param>
/// <param name="forEver">Whether another attempt cannot help.</param>
internal sealed class NotTakenException(string reason, bool forEver) : Exception(reason)
{
    public string Reason { get; } = reason;

    public bool ForEver { get; } = forEver;
}

/// <summary>One way out of the house.</summary>
internal interface IChannel
{
    /// <summary>Which one.</summary>
    Channel Channel { get; }

    /// <summary>Hands a letter over; returns when the other side has accepted it.</summary>
    /// <exception cref="NotTakenException">It has not.</exception>
    Task SendAsync(Letter letter, CancellationToken cancel);
}

/// <summary>The channels that the operator has set up.</summary>
internal sealed class Channels(IConfiguration configuration)
{
    /// <summary>For guardians to choose among; the inbox always.</summary>
    public IReadOnlyList<Channel> SetUp { get; } =
    [
        Channel.Inbox,
        .. configuration["Delivery:Smtp:Host"] is not null ? [Channel.Email] : Array.Empty<Channel>(),
        .. new[] { Channel.Sms, Channel.WeCom }.Where(channel => configuration[$"Delivery:{channel}:Url"] is not null),
    ];
}

/// <summary>Why an attempt failed, as a code.</summary>
internal static class Reasons
{
    /// <summary>Reads an exception of an attempt.</summary>
    public static (string Reason, bool ForEver) Of(Exception exception) => exception switch
    {
        NotTakenException known => (known.Reason, known.ForEver),
        OutgoingRefusedException refused => (refused.Reason, true),
        HttpRequestException { InnerException: OutgoingRefusedException refused } => (refused.Reason, true),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => ("answer-too-long", false),
        OperationCanceledException or TimeoutException => ("timeout", false),
        HttpRequestException or SocketException or IOException => ("unreachable", false),
        _ => ("error", false),
    };
}
