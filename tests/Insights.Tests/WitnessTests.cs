using System.Text.Json;
using HomeSchool.Contracts.Audit;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;

namespace HomeSchool.Insights.Tests;

/// <summary>Insights keeps what others sealed, so that none of them can take it back.</summary>
public sealed class WitnessTests(InsightsSystem system)
{
    [Fact]
    [Trait("Rule", "ALL-2")]
    [Trait("Goal", "R14")]
    public async Task A_head_of_another_service_is_kept_as_it_was_signed_and_a_second_one_does_not_replace_it()
    {
        var service = "t" + Guid.CreateVersion7().ToString("N");
        var head = Head(service, 7, "first");
        var rewritten = head with { Hash = "other" };
        await system.ApplyAsync(Head(service, 9, "later"), head, head, rewritten);
        (await KeptAsync(service)).ShouldBe([head, rewritten, Head(service, 9, "later")]);
    }

    [Fact]
    [Trait("Rule", "ALL-2")]
    public async Task It_is_no_witness_for_itself()
    {
        await system.ApplyAsync(Head("insights", long.MaxValue, "own"));
        (await KeptAsync("insights")).ShouldBeEmpty();
    }

    private static AuditSealed Head(string service, long position, string hash) =>
        new(service, position, hash, new DateTimeOffset(2026, 9, 1, 8, 30, 0, TimeSpan.Zero), "key", "signature");

    private async Task<AuditSealed[]> KeptAsync(string service)
    {
        using var client = system.As(TestIdentity.DistrictAdmin(Guid.CreateVersion7()));
        var anchors = new Uri($"/api/insights/operations/audit/anchors?service={service}", UriKind.Relative);
        var lines = await client.GetStringAsync(anchors);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<AuditSealed>(line, Json.Options)!)];
    }
}
