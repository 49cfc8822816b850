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
    [Trait("Rule", "ACT-1")]
    [Trait("Rule", "ACT-2")]
    [Trait("Rule", "ACT-3")]
    [Trait("Rule", "ACT-4")]
    [Trait("Rule", "ACT-7")]
    [Trait("Rule", "MSG-2")]
    [Trait("Rule", "MSG-3")]
    [Trait("Rule", "MSG-4")]
    public async Task A_district_goes_from_its_roster_to_visits_surveys_meetings_and_notices_and_does_so_again()
    {
        await using var system = await WholeSystem.StartAsync();
        var admin = await Story.TellAsync(system);

        var again = await Story.TellAgainAsync(system, admin);

        foreach (var chapter in (string[])["The survey", "What school and families do together", "A notice", "The class's group", "Trust"])
            again.ShouldContain($"\n{chapter}\n");
    }

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
