using System.Runtime.CompilerServices;

namespace HomeSchool.Contracts.Tests;

/// <summary>The table of who may do what: a broken one fails here, not in a district.</summary>
[Trait("Rule", "ALL-1")]
public sealed class AccessTableTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Root(), "services", "Contracts", AccessTable.FileName));

    [Fact]
    public void Every_role_has_its_place_and_every_permission_somebody()
    {
        Access.Table.Roles.Select(row => row.Role).ShouldBe(Enum.GetValues<Role>(), ignoreOrder: true);
        Access.Table.Permissions.Select(row => row.Permission).ShouldBe(Enum.GetValues<Permission>(), ignoreOrder: true);
        Access.Table.Permissions.ShouldAllBe(row => row.Roles.Count > 0);
        Access.Table.Roles.ShouldAllBe(row => Access.Table.Permissions.Any(permission => permission.Roles.Contains(row.Role)));
    }

    [Fact]
    public void A_mark_is_a_permission_and_no_mark_is_none()
    {
        Access.Allows(Role.HomeroomTeacher, Permission.VisitRecord).ShouldBeTrue();
        Access.Allows(Role.SubjectTeacher, Permission.VisitRecord).ShouldBeFalse();
        AccessTable.Parse(Text.Replace("✓", " ", StringComparison.Ordinal)).Permissions.ShouldAllBe(row => row.Roles.Count == 0);
    }

    [Theory]
    [InlineData("| 监护人     | Guardian ", "| 监护人     | Parent   ", "must be one of DistrictAdmin, ")]
    [InlineData("| Guardian              | Child ", "| Guardian              | Family ", "must be one of District, ")]
    [InlineData("| SubjectTeacher ", "| HomeroomTeacher ", "this role has a row already")]
    [InlineData("\n| 监护人     | Guardian ", "\n监护人     | Guardian ", "below, a row is missing for Guardian")]
    [InlineData("\n| AuditRead  ", "\nAuditRead  ", "below, a row is missing for AuditRead")]
    [InlineData("| AuditRead  ", "| FeedRead   ", "this permission has a row already")]
    [InlineData("| AuditRead  ", "| Audit      ", "must be one of RosterImport, ")]
    [InlineData("| 导出并校验审计 ", "| ", "must not be empty")]
    [InlineData("| 班主任 |", "| 班主 |", "the head of this column must be 班主任")]
    [InlineData("✓", "x", "must be ✓ or empty; it is 'x'")]
    [InlineData("verify the audit                            |", "verify the audit", "the row must have 12 columns, not 11")]
    [InlineData("✓    |\n", "✓\n", "a row must end with |")]
    [InlineData("| Permission ", "| Right ", "there must be a table of roles, and one of permissions")]
    public void A_broken_table_is_refused_with_its_line_and_column(string before, string after, string why)
    {
        Text.ShouldContain(before);
        var broken = Text.Replace(before, after, StringComparison.Ordinal);
        var message = Should.Throw<FormatException>(() => AccessTable.Parse(broken)).Message;
        message.ShouldMatch(@"^Access\.md\(\d+,\d+\): ");
        message.ShouldContain(why);
    }

    [Fact]
    public void The_line_and_column_are_those_of_the_cell()
    {
        var at = Text.IndexOf('✓', Text.IndexOf("\n| RosterRead", StringComparison.Ordinal));
        var (line, column) = (Text[..at].Count(c => c == '\n') + 1, at - Text.LastIndexOf('\n', at));
        Should.Throw<FormatException>(() => AccessTable.Parse(Text.Remove(at, 1).Insert(at, "x"))).Message
            .ShouldStartWith($"Access.md({line},{column}): must be ✓ or empty");
    }

    [Fact]
    public void The_readme_says_what_the_table_says()
    {
        var table = string.Join('\n', Access.Table.Roles.Select(role =>
            $"| {role.Zh} {role.Role} | {role.Place} | "
            + string.Join("; ", Access.Table.Permissions.Where(row => row.Roles.Contains(role.Role)).Select(row => Small(row.En)))
            + " |"));
        var readme = File.ReadAllText(Path.Combine(Root(), "README.md"));
        readme.Contains($"|---|\n{table}\n\n", StringComparison.Ordinal).ShouldBeTrue(
            $"Paste these rows into the table of README.md, in place of those that are there:\n{table}\n");

        static string Small(string words) => char.ToLowerInvariant(words[0]) + words[1..];
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
