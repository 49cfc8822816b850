using System.Net;
using HomeSchool.ServiceDefaults.Outgoing;
using Microsoft.Extensions.Configuration;

namespace HomeSchool.Messages.Tests;

/// <summary>Addresses that people entered lead nowhere inside (MSG-5).</summary>
public sealed class GuardedHttpTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001::1")]
    [InlineData("fc00::1")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [Trait("Rule", "MSG-5")]
    public void What_is_not_of_the_public_network_is_no_address_to_call(string address) =>
        GuardedHttp.IsPublic(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("119.29.29.29")]
    [InlineData("172.32.0.1")]
    [InlineData("2400:3200::1")]
    [Trait("Rule", "MSG-5")]
    public void What_is_of_the_public_network_may_be_called(string address) =>
        GuardedHttp.IsPublic(IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_name_that_leads_inside_and_plain_HTTP_are_refused_before_anything_is_sent()
    {
        await using var inside = await Receiver.StartAsync();
        using var client = GuardedHttp.Create(new ConfigurationBuilder().Build(), TimeSpan.FromSeconds(10));
        var port = new Uri(inside.Address).Port;

        (await ReasonAsync($"http://localhost:{port}/")).ShouldBe("not-https");
        (await ReasonAsync($"https://localhost:{port}/")).ShouldBe("address-refused");
        (await ReasonAsync($"https://127.0.0.1:{port}/")).ShouldBe("address-refused");
        (await ReasonAsync($"https://[::ffff:127.0.0.1]:{port}/")).ShouldBe("address-refused");
        inside.Requests.ShouldBeEmpty();

        async Task<string?> ReasonAsync(string address)
        {
            var refused = await Should.ThrowAsync<Exception>(() => client.GetAsync(new Uri(address)));
            return (refused as OutgoingRefusedException ?? refused.InnerException as OutgoingRefusedException)?.Reason;
        }
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_trusted_host_is_called_but_not_followed_and_its_answer_is_read_to_a_limit()
    {
        await using var receiver = await Receiver.StartAsync();
        using var client = GuardedHttp.Create(
            new ConfigurationBuilder().AddInMemoryCollection([new("Outgoing:TrustedHosts", receiver.Authority)]).Build(),
            TimeSpan.FromSeconds(10));
        receiver.Answers = (arrived, context) =>
        {
            context.Response.StatusCode = arrived.Path == "/away" ? 302 : 200;
            context.Response.Headers.Location = "/followed";
            return arrived.Path == "/long"
                ? context.Response.Body.WriteAsync(new byte[GuardedHttp.LongestAnswer + 1]).AsTask()
                : Task.CompletedTask;
        };

        using var away = await client.GetAsync(new Uri(receiver.Address + "/away"));
        away.StatusCode.ShouldBe(HttpStatusCode.Found);
        await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri(receiver.Address + "/long")));
        receiver.Requests.ShouldNotContain(request => request.Path == "/followed");
    }
}
