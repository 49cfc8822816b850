using System.Globalization;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace HomeSchool.Messages.Delivery;

/// <summary>
/// E-mail by the district's own SMTP server (<c>Delivery:Smtp</c>: <c>Host</c>, <c>Port</c>, <c>From</c>, <c>User</c>,
/// <c>Password</c>, and <c>Security</c>: <c>StartTls</c> unless it says <c>Tls</c> or, for a server on this machine, <c>None</c>).
/// </summary>
internal sealed class SmtpChannel : IChannel
{
    private readonly TimeSpan patience;
    private readonly string host;
    private readonly int port;
    private readonly SecureSocketOptions security;
    private readonly MailboxAddress from;
    private readonly string? user;
    private readonly string? password;
    private readonly string domain;
    private readonly TimeProvider clock;

    public SmtpChannel(IConfiguration configuration, TimeProvider clock)
    {
        this.clock = clock;
        var settings = configuration.GetSection("Delivery:Smtp");
        host = settings["Host"] ?? "";
        security = settings["Security"] switch
        {
            "Tls" => SecureSocketOptions.SslOnConnect,
            "None" => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls, // refused, not left out, where the server has none
        };
        port = settings.GetValue("Port", security == SecureSocketOptions.SslOnConnect ? 465 : 587);
        patience = TimeSpan.FromSeconds(settings.GetValue("PatienceSeconds", 30));
        (user, password) = (settings["User"], settings["Password"]);
        from = MailboxAddress.Parse(settings["From"] ?? "no-reply@localhost");
        domain = from.Domain;
    }

    public Channel Channel => Channel.Email;

    public async Task SendAsync(Letter letter, CancellationToken cancel)
    {
        using var message = new MimeMessage();
        message.From.Add(from);
        message.To.Add(new MailboxAddress("", letter.Address));
        message.Subject = letter.Subject;
        message.Date = clock.GetUtcNow();
        message.MessageId = $"{letter.Id:N}@{domain}"; // the same at every attempt
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated"); // RFC 3834: no out-of-office answers to it
        message.Headers.Add(HeaderId.ContentLanguage, letter.Language == MessageLanguage.En ? "en" : "zh-CN");
        message.Body = new TextPart("plain") { Text = letter.Text };

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        using var client = new SmtpClient { LocalDomain = domain, Timeout = (int)patience.TotalMilliseconds };
        try
        {
            await client.ConnectAsync(host, port, security, limit.Token);
            if (user is not null)
                await client.AuthenticateAsync(user, password ?? "", limit.Token);
            await client.SendAsync(message, limit.Token);
        }
        catch (SmtpCommandException e)
        {
            // Only what is said of this recipient or this message is for ever: a sender or a login that is refused is a setting's
            // mistake, and its letters must be there when it is mended.
            throw new NotTakenException(
                string.Create(CultureInfo.InvariantCulture, $"smtp-{(int)e.StatusCode}"),
                (int)e.StatusCode >= 500 && e.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted
                    && (int)e.StatusCode >= 500);
        }
        catch (Exception e) when (e is AuthenticationException or SslHandshakeException or NotSupportedException)
        {
            throw new NotTakenException("smtp-not-secure-or-not-signed-in", forEver: false);
        }
        catch (Exception e) when (e is ProtocolException or ServiceNotConnectedException)
        {
            throw new NotTakenException("smtp-broken-off", forEver: false);
        }

        // It is accepted: how the connection ends changes nothing.
        try
        {
            await client.DisconnectAsync(quit: true, limit.Token);
        }
        catch (Exception e) when (e is IOException or ProtocolException or OperationCanceledException or CommandException)
        {
        }
    }
}
