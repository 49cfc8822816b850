using HomeSchool.DemoDistrict.Generator;
using HomeSchool.DemoDistrict.Story;

namespace HomeSchool.DemoDistrict;

/// <summary>Walks the whole story through the gateway.</summary>
internal static class StoryCommand
{
    private static readonly IReadOnlyList<string> Options =
        ["--url", "--roster", "--admin-link", "--admin", "--admin-file", "--replace", .. GenerateCommand.Options];

    public static async Task RunAsync(string[] args, TimeProvider clock, CancellationToken cancel)
    {
        var arguments = new Arguments(args, Options);
        if (!Uri.TryCreate(arguments.Text("--url") ?? "http://127.0.0.1:8080", UriKind.Absolute, out var address))
            throw new UsageException("--url is the address of the gateway.");
        if (arguments.Text("--roster") is { } given && !File.Exists(given))
            throw new UsageException($"There is no file {given}.");
        var replace = arguments.YesOrNo("--replace", fallback: false);
        var plan = GenerateCommand.Plan(arguments, clock);

        var begin = clock.GetTimestamp();
        var narrator = new Narrator(Console.Out, clock);
        var anybody = Client.Anybody(address, clock);
        await narrator.StepAsync($"The gateway at {address} answers, and every service behind it is ready", async () =>
            (await anybody.GetAsync("/health/services", cancel)).IsDone().Body);

        await narrator.ChapterAsync("The roster");
        var admin = await Administrator.FindAsync(
            new AdministratorOptions(arguments.Text("--admin-link"), arguments.Text("--admin"), arguments.Text("--admin-file")),
            anybody, narrator, cancel);
        await ImportAsync(
            new RosterChapter(admin, narrator), arguments.Text("--roster"), plan, admin.IsOurs || replace, narrator, cancel);

        await narrator.ChapterAsync("The people");
        var scene = await Scene.FindAsync(admin, cancel);
        var inviting = new PeopleChapter(admin, anybody, scene, narrator);
        var people = await inviting.TellAsync(cancel);

        await narrator.ChapterAsync("The archive");
        await new ArchiveChapter(admin, scene, people, narrator, clock).TellAsync(cancel);

        await narrator.ChapterAsync("The visits");
        await using var dashboards = await Dashboards.OpenAsync(admin, people, narrator, cancel);
        var visits = await new VisitChapter(admin, anybody, scene, people, dashboards, narrator, clock).TellAsync(cancel);

        await narrator.ChapterAsync("The survey");
        await new SurveyChapter(anybody, scene, people, dashboards, visits, narrator).TellAsync(cancel);

        await narrator.ChapterAsync("What school and families do together");
        if (await inviting.JoinAsync(people, cancel) is { } active)
        {
            await new ActivityChapter(admin, scene, active, narrator, clock).TellAsync(cancel);
            await narrator.ChapterAsync("A notice");
            await new NoticeChapter(admin, scene, people, active, narrator, clock).TellAsync(cancel);
            await narrator.ChapterAsync("The class's group");
            await new GroupChapter(scene, active, narrator).TellAsync(cancel);
        }

        await narrator.ChapterAsync("The dashboards");
        await dashboards.CompareAsync(scene.School, visits, narrator);
        await narrator.ChapterAsync("Trust");
        await new TrustChapter(admin, scene, people, narrator).TellAsync(cancel);
        await narrator.ChapterAsync($"{narrator.Steps} steps, all as they should be, in {narrator.Milliseconds(begin)} ms.");
    }

    private static async Task ImportAsync(
        RosterChapter chapter, string? roster, DistrictPlan plan, bool mayReplace, Narrator narrator, CancellationToken cancel)
    {
        if (roster is not null)
        {
            await chapter.TellAsync(roster, mustBeClean: false, mayReplace, cancel);
            return;
        }

        var file = Path.GetTempFileName();
        try
        {
            await narrator.StepAsync($"A fictional district is generated, seed {plan.Seed}", () =>
            {
                using var zip = File.Create(file);
                var rows = RosterZip.Write(plan, zip, cancel);
                var students = rows["demographics"];
                return Task.FromResult(
                    $"{plan.Schools} schools, {students:N0} students; {rows.Values.Sum():N0} rows, {zip.Length:N0} bytes");
            });
            await chapter.TellAsync(file, mustBeClean: true, mayReplace, cancel);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
