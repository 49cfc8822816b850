using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Outgoing;

namespace HomeSchool.Messages.Delivery;

/// <summary>The client for everything that leaves by HTTP.</summary>
internal sealed class OutgoingHttp(IConfiguration configuration) : IDisposable
{
    /// <summary>Refuses what leads into the house.</summary>
    public HttpClient Client { get; } = GuardedHttp.Create(
        configuration, TimeSpan.FromSeconds(configuration.GetValue("Delivery:PatienceSeconds", 15)));

    public void Dispose() => Client.Dispose();

    /// <summary>What an answer's status says about the letter.</summary>
    /// <exception cref="NotTakenException">The letter was not taken.</exception>
    public static void Judge(HttpStatusCode status)
    {
        var code = (int)status;
        if (code is >= 200 and < 300)
            return;
        var reason = code is >= 300 and < 400 ? "redirect-refused" : string.Create(CultureInfo.InvariantCulture, $"http-{code}");
        // What is wrong with this letter stays wrong; a server that is down, busy, or does not know us may get better.
        throw new NotTakenException(reason, forEver: code is (>= 300 and < 400) or 400 or 410 or 413 or 415 or 422);
    }
}

/// <summary>
/// A provider's adapter for text messages or WeCom application messages: a letter as JSON, signed (<c>Delivery:Sms</c> and
/// <c>Delivery:WeCom</c>: <c>Url</c> and <c>Secret</c>, Base64). The adapter knows its provider; this knows the adapter.
/// </summary>
internal sealed class WebhookChannel : IChannel
{
    private readonly OutgoingHttp http;
    private readonly TimeProvider clock;
    private readonly Uri address;
    private readonly byte[] secret;

    public WebhookChannel(Channel channel, IConfiguration configuration, OutgoingHttp http, TimeProvider clock)
    {
        (Channel, this.http, this.clock) = (channel, http, clock);
        address = new Uri(configuration[$"Delivery:{channel}:Url"]!);
        secret = Convert.FromBase64String(configuration[$"Delivery:{channel}:Secret"] ?? "");
        if (secret.Length < 24)
            throw new InvalidOperationException($"Delivery:{channel}:Secret must be Base64 of 24 bytes at least.");
    }

    public Channel Channel { get; }

    public async Task SendAsync(Letter letter, CancellationToken cancel)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new WebhookBody(letter.Id, Channel, letter.Address, letter.Subject, letter.Text, letter.Language), Json.Options);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json") { CharSet = Encoding.UTF8.WebName };
        WebhookSignature.Sign(request, letter.Id.ToString(), clock.GetUtcNow(), body, secret);
        using var answer = await http.Client.SendAsync(request, cancel);
        OutgoingHttp.Judge(answer.StatusCode);
    }
}

/// <summary>A letter as an adapter gets it.</summary>
/// <param name="Id">The same at each attempt.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="To">The mobile number or account.</param>
/// <param name="Subject">What it is called.</param>
/// <param name="Text">What it says.</param>
/// <param name="Language">In which language.</param>
internal sealed record WebhookBody(Guid Id, Channel Channel, string To, string Subject, string Text, MessageLanguage Language);
