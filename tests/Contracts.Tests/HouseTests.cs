using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace HomeSchool.Contracts.Tests;

/// <summary>The shape of the house: who may know whom.</summary>
public sealed partial class HouseTests
{
    /// <summary>Every service's project.</summary>
    public static TheoryData<string> Services =>
        [.. Projects().Where(project => project.Contains("/services/", StringComparison.Ordinal)).Select(Name)];

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_knows_no_other_service_but_by_contracts(string service)
    {
        var references = References(Projects().Single(project => Name(project) == service)).ToArray();
        references.Except(["ServiceDefaults", "Contracts"], StringComparer.Ordinal).ShouldBeEmpty(
            "services speak through events and HTTP; a reference would tie their releases together");
    }

    [Fact]
    public void ServiceDefaults_knows_the_contracts_only() =>
        References(Projects().Single(project => Name(project) == "ServiceDefaults")).ShouldBe(["Contracts"]);

    [Fact]
    public void Every_project_folder_has_a_readme() =>
        Projects().Where(project => !project.Contains("/tests/", StringComparison.Ordinal))
            .Select(project => Path.GetDirectoryName(project)!)
            .Where(folder => !File.Exists(Path.Combine(folder, "README.md"))).ShouldBeEmpty();

    [Fact]
    public void Every_link_of_a_readme_leads_somewhere()
    {
        var root = Root();
        var readmes = Directory.EnumerateFiles(root, "*.md", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(root, file).Replace('\\', '/').Split('/').Any(part => part[0] == '.' || part is "bin" or "obj" or "node_modules"))
            .ToArray();
        readmes.Length.ShouldBeGreaterThan(10);
        readmes.SelectMany(file => Link().Matches(File.ReadAllText(file))
                .Select(match => match.Groups["link"].Value)
                .Where(link => !link.StartsWith("http", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, link)))
                .Select(link => $"{Path.GetRelativePath(root, file)} → {link}"))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_package_is_pinned_exactly_and_locked()
    {
        var root = Root();
        var pins = XDocument.Load(Path.Combine(root, "Directory.Packages.props")).Descendants("PackageVersion").ToArray();
        pins.ShouldNotBeEmpty();
        pins.ShouldAllBe(pin => pin.Attribute("Version")!.Value.StartsWith('[') && pin.Attribute("Version")!.Value.EndsWith(']'));
        Projects().Where(project => Name(project) != "AppHost") // its packages are not everywhere to be had; it pins them itself
            .Where(project => !File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json"))).ShouldBeEmpty();
    }

    [GeneratedRegex(@"\]\((?<link>[^)#\s]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Link();

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    private static IEnumerable<string> Projects() => Directory
        .EnumerateFiles(Root(), "*.csproj", SearchOption.AllDirectories)
        .Select(file => file.Replace('\\', '/'))
        .Where(file => !file.Contains("/.", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal));

    private static string Name(string project) => Path.GetFileNameWithoutExtension(project);

    private static IEnumerable<string> References(string project) => XDocument.Load(project).Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
}
