using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Tests;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Activities.Tests;

/// <summary>《班级亲子成长手册》: what is in it, and what it looks like on paper (ACT-5, ALL-7).</summary>
[Trait("Rule", "ACT-5")]
public sealed class HandbookTests(ActivitiesSystem system)
{
    private const string Chromium = "/usr/bin/chromium";

    private readonly TestSchool school = new(system);

    private string Handbook => $"/api/activities/classes/{school.Class}/handbooks/{school.Term}";

    [Fact]
    public async Task The_teacher_chooses_and_orders_and_what_may_no_longer_be_printed_is_left_out()
    {
        var (children, activity, photos) = await FillAsync();
        var material = (await system.GetAsync(school.Teacher, Handbook + "/material")).EnumerateArray()
            .Select(m => (Part: m.GetProperty("part").GetString()!, Id: m.GetProperty("id").GetGuid())).ToArray();
        material.Count(m => m.Part == "photo").ShouldBe(3);
        var reflection = material.Single(m => m.Part == "reflection").Id; // the other family's is not for the class
        await ComposeAsync([("activity", activity), ("photo", photos[1]), ("photo", photos[0]), ("reflection", reflection)], 0);
        await ComposeAsync([("activity", activity)], 0, HttpStatusCode.PreconditionFailed);
        await ComposeAsync([("photo", Guid.CreateVersion7())], 1, HttpStatusCode.BadRequest);
        await ComposeAsync([("photo", photos[0]), ("photo", photos[0])], 1, HttpStatusCode.BadRequest);
        (await system.GetAsync(school.Teacher, Handbook)).GetProperty("items").GetArrayLength().ShouldBe(4);

        var page = await PrintAsync(school.Teacher);
        page.ShouldContain("《班级亲子成长手册》");
        page.ShouldContain("一起打扫了社区");
        page.ShouldContain("2 个家庭参加");
        page.ShouldContain("孩子第一次&lt;自己&gt;扫地");
        page.ShouldNotContain("只给老师看");
        page.ShouldContain("学校盖章");
        Images(page).ShouldBe(2);
        var code = CodeOf(page);
        code.ShouldEndWith("-1");
        foreach (var child in children)
            page.ShouldNotContain(child.Student.ToString());

        await school.ConsentAsync(given: false, version: 2, children[1]);
        var less = await PrintAsync(school.Teacher);
        Images(less).ShouldBe(1);
        string.Equals(CodeOf(less), code, StringComparison.Ordinal).ShouldBeFalse(); // another print
        await system.SendAsync(
            children[0].Parent, HttpMethod.Put, $"/api/activities/family-activities/{activity}/reflections/{children[0].Student}",
            new { text = "不给别人看了", forClass = false }, HttpStatusCode.NoContent);
        (await PrintAsync(school.Teacher)).ShouldNotContain("blockquote>孩子");
        await school.ConsentAsync(given: true, version: 3, children[1]);
        Images(await PrintAsync(school.Teacher)).ShouldBe(2);
        (await PrintAsync(school.Teacher, "en")).ShouldContain("Handbook of the class");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Families_of_the_class_print_it_once_the_teacher_says_so_and_nobody_else()
    {
        var (children, activity, photos) = await FillAsync();
        await ComposeAsync([("activity", activity), ("photo", photos[0])], 0);
        (await StatusAsync(children[0].Parent)).ShouldBe(HttpStatusCode.NotFound);
        await ComposeAsync([("activity", activity), ("photo", photos[0])], 1, forFamilies: true);
        (await StatusAsync(children[0].Parent)).ShouldBe(HttpStatusCode.OK);
        var neighbour = (await school.EnrolAsync(1, Guid.CreateVersion7()))[0];
        var stranger = new TestSchool(system) { District = school.District };
        foreach (var who in new[] { neighbour.Parent, stranger.Teacher, stranger.Officer })
        {
            (await StatusAsync(who)).ShouldBe(HttpStatusCode.NotFound);
            await system.GetAsync(stranger.Teacher, Handbook, HttpStatusCode.NotFound);
        }

        await system.GetAsync(children[0].Parent, Handbook, HttpStatusCode.Forbidden);
        (await system.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE action = 'PrintHandbook' AND subject_id = $1", school.Class))
            .ShouldBeGreaterThan(0);
    }

    [Fact]
    [Trait("Rule", "ALL-7")]
    public async Task It_prints_on_pages_of_A4()
    {
        Assert.SkipUnless(File.Exists(Chromium), "Debian's chromium is not installed: apt-get install chromium");
        var (_, activity, photos) = await FillAsync();
        var reflection = (await system.GetAsync(school.Teacher, Handbook + "/material")).EnumerateArray()
            .Single(m => m.GetProperty("part").GetString() == "reflection").GetProperty("id").GetGuid();
        await ComposeAsync([("activity", activity), .. photos.Select(photo => ("photo", photo)), ("reflection", reflection)], 0);
        var folder = Directory.CreateTempSubdirectory("homeschool-handbook-");
        try
        {
            var (page, pdf) = (Path.Combine(folder.FullName, "handbook.html"), Path.Combine(folder.FullName, "handbook.pdf"));
            await File.WriteAllTextAsync(page, await PrintAsync(school.Teacher));
            using var process = Process.Start(new ProcessStartInfo(Chromium)
            {
                ArgumentList =
                {
                    "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                    $"--user-data-dir={Path.Combine(folder.FullName, "profile")}", $"--print-to-pdf={pdf}", $"file://{page}",
                },
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            var said = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            File.Exists(pdf).ShouldBeTrue(await said);
            var file = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(pdf));
            file.ShouldStartWith("%PDF-");
            Pages(file).ShouldBeInRange(2, 6); // the cover, and what follows
            file.ShouldContain("/MediaBox [0 0 594.95996 841.91998]"); // A4 in points
            if (Environment.GetEnvironmentVariable("HOMESCHOOL_KEEP") is { } keep)
            {
                File.Copy(pdf, Path.Combine(keep, "handbook.pdf"), overwrite: true);
                File.Copy(page, Path.Combine(keep, "handbook.html"), overwrite: true);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Two families that took part; what one wrote is for the class. Two photos show both children, one the first.
    private async Task<(Child[] Children, Guid Activity, Guid[] Photos)> FillAsync()
    {
        var children = await school.EnrolAsync(2);
        await school.ConsentAsync(given: true, version: 1, children);
        var activity = (await system.SendAsync(
            school.Teacher, HttpMethod.Post, "/api/activities/family-activities",
            new
            {
                schoolId = school.Id,
                classId = school.Class,
                kind = "communityService",
                title = "社区服务日",
                startsOn = DateOnly.FromDateTime(system.Now.UtcDateTime.AddHours(8)),
            },
            HttpStatusCode.Created)).GetProperty("id").GetGuid();
        var path = $"/api/activities/family-activities/{activity}";
        await system.SendAsync(
            school.Teacher, HttpMethod.Put, path, new { title = "社区服务日", recap = "我们一起打扫了社区，也认识了邻居。" },
            HttpStatusCode.NoContent, ifMatch: 1);
        foreach (var (child, text) in children.Zip(["孩子第一次<自己>扫地，很有成就感。", "只给老师看"]))
        {
            await system.SendAsync(child.Parent, HttpMethod.Put, $"{path}/sign-ups/{child.Student}", new { });
            await system.SendAsync(child.Parent, HttpMethod.Post, path + "/check-ins", new { studentId = child.Student });
            await system.SendAsync(
                child.Parent, HttpMethod.Put, $"{path}/reflections/{child.Student}",
                new { text, forClass = child == children[0] }, HttpStatusCode.NoContent);
        }

        return (children, activity,
        [
            await AddAsync(activity, children[..1]), await AddAsync(activity, children), await AddAsync(activity, children),
        ]);
    }

    private async Task<Guid> AddAsync(Guid activity, Child[] children)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent("familyActivity"), "of" },
            { new StringContent(activity.ToString()), "about" },
            { new StringContent(string.Join(',', children.Select(child => child.Student))), "studentIds" },
            { new ByteArrayContent(TestFiles.Jpeg), "file", "a.jpg" },
        };
        var (status, body, _) = await system.RawAsync(
            school.Teacher, HttpMethod.Post, $"/api/activities/classes/{school.Class}/photos", form);
        status.ShouldBe(HttpStatusCode.Created);
        return JsonSerializer.Deserialize<JsonElement>(body).GetProperty("id").GetGuid();
    }

    private Task<JsonElement> ComposeAsync(
        (string Part, Guid Id)[] items, long ifMatch, HttpStatusCode expected = HttpStatusCode.NoContent, bool forFamilies = false) =>
        system.SendAsync(
            school.Teacher, HttpMethod.Put, Handbook,
            new { items = items.Select(item => new { part = item.Part, id = item.Id }), forFamilies }, expected, ifMatch);

    private async Task<HttpStatusCode> StatusAsync(Grant who) =>
        (await system.RawAsync(who, HttpMethod.Get, Handbook + "/print")).Status;

    private async Task<string> PrintAsync(Grant who, string language = "zh")
    {
        var (status, page, answer) = await system.RawAsync(who, HttpMethod.Get, $"{Handbook}/print?lang={language}");
        status.ShouldBe(HttpStatusCode.OK);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("img-src data:");
        return Encoding.UTF8.GetString(page);
    }

    private static int Images(string page) => page.Split("src=\"data:image/jpeg;base64,", StringSplitOptions.None).Length - 1;

    private static string CodeOf(string page)
    {
        var from = page.IndexOf("HB-", StringComparison.Ordinal);
        return page[from..page.IndexOf('<', from)];
    }

    // "/Type /Page", and not "/Type /Pages".
    private static int Pages(string pdf) => pdf.Split("/Type /Page\n", StringSplitOptions.None).Length - 1;
}
