using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Messages.Delivery;

/// <summary>Group robots of WeCom and DingTalk, as their developers' handbooks have them.</summary>
internal sealed class RobotChannel(OutgoingHttp http, TimeProvider clock) : IChannel
{
    // Busy, or called too often: WeCom's system error and rate limits, DingTalk's.
    private static readonly int[] Passing = [-1, 45009, 45033, 130101, 410100, 660026];

    public Channel Channel => Channel.Robot;

    public async Task SendAsync(Letter letter, CancellationToken cancel)
    {
        var access = RobotAccess.Read(letter.Address);
        object body = access.Provider == RobotProvider.WeCom
            ? new { msgtype = "text", text = new { content = $"{letter.Subject}\n{letter.Text}" } }
            : new { msgtype = "text", msgUuid = letter.Id.ToString("N"), text = new { content = $"{letter.Subject}\n{letter.Text}" } };
        using var answer = await http.Client.PostAsJsonAsync(Signed(access), body, Json.Options, cancel);
        OutgoingHttp.Judge(answer.StatusCode);
        int code;
        try
        {
            code = (await answer.Content.ReadFromJsonAsync<RobotAnswer>(Json.Options, cancel))?.Code ?? 0;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new NotTakenException("robot-unreadable", forEver: false);
        }

        if (code != 0)
        {
            throw new NotTakenException(
                string.Create(CultureInfo.InvariantCulture, $"robot-{code}"), forEver: !Passing.Contains(code));
        }
    }

    // DingTalk (加签): milliseconds, a line feed and the secret, under the secret.
    private Uri Signed(RobotAccess access)
    {
        if (access is not { Provider: RobotProvider.DingTalk, Secret: { } secret })
            return new Uri(access.Url);
        var timestamp = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}\n{secret}")));
        var more = access.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        return new Uri($"{access.Url}{more}timestamp={timestamp}&sign={Uri.EscapeDataString(signature)}");
    }

    private sealed record RobotAnswer([property: JsonPropertyName("errcode")] int? Code);
}
