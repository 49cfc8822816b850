using HomeSchool.Testing;

namespace HomeSchool.SystemTests;

/// <summary>The main job on the whole system, as <c>deploy/demo</c> tells it: every service and the gateway as processes.</summary>
[Collection("servers")]
public sealed class FirstFamilyVisitTests
{
    [Fact]
    [Trait("Rule", "ARC-2")]
    [Trait("Rule", "VIS-6")]
    [Trait("Rule", "VIS-10")]
    [Trait("Rule", "SUR-2")]
    [Trait("Rule", "INS-1")]
    [Trait("Rule", "INS-3")]
    public async Task A_district_goes_from_its_roster_to_the_first_family_visit_and_its_survey() =>
        await TellAsync();

    [Fact]
    [Trait("Rule", "ARC-2")]
    public async Task The_same_on_a_roster_that_another_system_exported()
    {
        var roster = Path.Combine(Samples(), "oneroster-1.1-4-schools.zip");
        Assert.SkipUnless(File.Exists(roster), $"{roster} is not there");
        await TellAsync("--roster", roster);
    }

    private static async Task TellAsync(params string[] more)
    {
        await using var system = await WholeSystem.StartAsync();
        await Story.TellAsync(system, more);
    }

    private static string Samples() => Environment.GetEnvironmentVariable("HOMESCHOOL_SAMPLES")
        ?? Path.Combine(WholeSystem.Root(), "..", "shared", "data");
}
