using HomeSchool.DemoDistrict.Generator;

namespace HomeSchool.DemoDistrict.Tests;

/// <summary>The command line refuses what it does not understand.</summary>
public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("There is no option --sede.", "--sede", "1")]
    [InlineData("--seed needs a value.", "--seed")]
    [InlineData("--seed is there twice.", "--seed", "1", "--seed", "2")]
    [InlineData("--schools is a whole number from 1 to 2000, not many.", "--schools", "many")]
    [InlineData("--schools is a whole number from 1 to 2000, not 0.", "--schools", "0")]
    [InlineData("--subject-classes is yes or no, not maybe.", "--subject-classes", "maybe")]
    public void A_wrong_option_is_told(string message, params string[] args) =>
        Should.Throw<UsageException>(() => Plan(args)).Message.ShouldBe(message);

    [Fact]
    public void Options_make_the_plan() =>
        Plan("--seed", "-3", "--schools", "7", "--students-per-school", "99", "--school-year", "2025", "--subject-classes", "no")
            .ShouldBe(GeneratedRoster.Plan(-3, 7, 99, 2025, subjectClasses: false));

    private static DistrictPlan Plan(params string[] args) =>
        GenerateCommand.Plan(new Arguments(args, GenerateCommand.Options), TimeProvider.System);
}
