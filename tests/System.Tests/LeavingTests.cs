using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using HomeSchool.Testing;

namespace HomeSchool.SystemTests;

/// <summary>A district can leave with a full export in open formats, and comes elsewhere as it was.</summary>
[Collection("servers")]
[Trait("Rule", "ALL-10")]
public sealed class LeavingTests(LeavingFixture fixture) : IClassFixture<LeavingFixture>
{
    [Fact]
    public void Every_table_has_as_many_rows_there_as_here()
    {
        fixture.Exported.Split('\n').Length.ShouldBeGreaterThan(30);
        fixture.Imported.ShouldBe(fixture.Exported);
    }

    [Fact]
    public void What_arrived_leaves_again_as_it_was()
    {
        foreach (var (service, file) in Tables("left"))
        {
            if (service == "Insights" && file == "coverage.jsonl")
                continue; // its versions are the installation's
            File.ReadAllText(Path.Combine(fixture.Folder("arrived", service), file))
                .Replace($"#{fixture.Accounts[LeavingFixture.SameName]}", "", StringComparison.Ordinal) // see below
                .ShouldBe(File.ReadAllText(Path.Combine(fixture.Folder("left", service), file)), $"{service} {file}");
        }
    }

    [Fact]
    public void A_district_that_is_there_already_stays_as_it_is()
    {
        foreach (var (service, file) in Tables("before"))
        {
            File.ReadAllText(Path.Combine(fixture.Folder("after", service), file))
                .ShouldBe(File.ReadAllText(Path.Combine(fixture.Folder("before", service), file)), $"{service} {file}");
        }
    }

    [Fact]
    public void Nothing_of_another_district_leaves()
    {
        var others = Ids("after");
        others.ShouldContain(fixture.Other);
        var own = Ids("arrived");
        own.ShouldContain(fixture.District);
        own.Intersect(others).Where(id => id != Guid.Empty).ShouldBeEmpty();
    }

    [Fact]
    public async Task Importing_it_once_more_changes_nothing_and_says_so()
    {
        foreach (var service in LeavingFixture.Services)
        {
            var said = await fixture.There.RunAsync(service, $"import-district {fixture.Folder("left", service)}");
            said.ShouldContain("It was imported before; nothing is changed.");
        }
    }

    [Fact]
    public async Task Another_export_of_a_district_that_is_there_is_refused()
    {
        foreach (var service in LeavingFixture.Services)
        {
            var refused = await Should.ThrowAsync<InvalidOperationException>(
                () => fixture.There.RunAsync(service, $"import-district {fixture.Folder("arrived", service)}"));
            refused.Message.ShouldContain("The district is here already");
        }
    }

    [Fact]
    public async Task People_take_up_their_accounts_by_invitation_and_read_what_they_could_read_before()
    {
        var link = await fixture.There.RunAsync("Identity", $"invite-admin {fixture.District}");
        var admin = await Person.AcceptAsync(fixture.There.Gateway, link.Trim().Split("code=")[1], fixture.Admin);
        (await admin.AccountAsync()).ShouldBe(fixture.Accounts[fixture.Admin]);
        var people = new Dictionary<string, Person>(StringComparer.Ordinal);
        foreach (var (name, role) in fixture.Roles)
        {
            people[name] = await admin.InviteAsync(role, name);
            (await people[name].AccountAsync()).ShouldBe(fixture.Accounts[name]);
        }

        (await fixture.ReadAsync(people)).ShouldBe(fixture.Before);
        await people["counselor@school.example"].SendAsync(
            HttpMethod.Post, $"/api/archives/districts/{fixture.District}/sensitive-items/{fixture.Items.Erased}/reads",
            new { purpose = "counselling" }, HttpStatusCode.Gone);
        await OneRosterIsTakenAsync(admin);
    }

    [Fact]
    public async Task Whose_user_name_somebody_has_there_takes_nothing_over()
    {
        var imported = fixture.Accounts[LeavingFixture.SameName];
        (await LeavingFixture.ScalarAsync<string>(
            fixture.There, "Identity", $"SELECT user_name FROM account WHERE id = '{imported}'"))
            .ShouldBe($"{LeavingFixture.SameName}#{imported}");
        var somebody = await Person.SignInAsync(
            fixture.There.Gateway, new Credentials(LeavingFixture.SameName, Person.Password));
        var me = await somebody.SendAsync(HttpMethod.Get, "/api/identity/me");
        me.GetProperty("id").GetGuid().ShouldNotBe(imported);
        me.GetProperty("roles").EnumerateArray().Single().GetProperty("districtId").GetGuid().ShouldBe(fixture.Other);
    }

    [Fact]
    public async Task An_account_is_not_taken_up_by_a_role_that_it_does_not_hold()
    {
        var code = await fixture.OtherAdmin.InviteAsync(new { role = "districtAdmin" });
        var accept = new { code, userName = fixture.Roles.Keys.First(), Person.Password };
        using var answer = await fixture.There.Gateway.PostAsJsonAsync(
            new Uri("/api/identity/invitations/accept", UriKind.Relative), accept);
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Only_the_export_has_private_text_in_clear()
    {
        fixture.Canary.CountIn(await File.ReadAllTextAsync(
            Path.Combine(fixture.Folder("left", "Archives"), "sensitive_item.jsonl"))).ShouldBe(1);
        foreach (var database in fixture.There.Databases.Values)
            fixture.Canary.CountIn(await Servers.DumpAsync(database)).ShouldBe(0);
    }

    [Fact]
    public void No_secret_of_the_installation_leaves()
    {
        var account = Columns("Identity", "account");
        account.Contains("user_name", StringComparer.Ordinal).ShouldBeTrue();
        account.Contains("password_hash", StringComparer.Ordinal).ShouldBeFalse();
        Columns("Identity", "invitation").Contains("code_hash", StringComparer.Ordinal).ShouldBeFalse();
        foreach (var staying in (string[])["session", "signing_key", "first_admin_link"])
            File.Exists(Path.Combine(fixture.Folder("left", "Identity"), staying + ".jsonl")).ShouldBeFalse();
    }

    [Fact]
    public async Task Both_steps_are_in_the_audit()
    {
        foreach (var service in LeavingFixture.Services)
        {
            const string Sql =
                "SELECT count(*) FROM platform.audit WHERE actor = 'operator' AND reason LIKE 'sha256:%' AND district_id = ";
            (await LeavingFixture.ScalarAsync<long>(
                fixture.There, service, $"{Sql} '{fixture.District}' AND action = 'ImportDistrict'")).ShouldBe(1, service);
            (await LeavingFixture.ScalarAsync<long>(
                fixture.There, service, $"{Sql} '{fixture.Other}' AND action = 'ExportDistrict'")).ShouldBe(2, service);
        }
    }

    // The same roster, as its own zip: nothing is wrong with it, and nothing would change.
    private async Task OneRosterIsTakenAsync(Person admin)
    {
        using var zip = new ByteArrayContent(
            await File.ReadAllBytesAsync(Path.Combine(fixture.Folder("left", "Archives"), "oneroster-1.1.zip")));
        zip.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        var report = await admin.SendAsync(HttpMethod.Post, $"/api/archives/districts/{fixture.District}/imports", zip);
        report.GetProperty("errors").GetInt32().ShouldBe(0, report.GetRawText());
        foreach (var kind in report.GetProperty("changes").EnumerateArray())
        {
            var changes = (string[])["added", "changed", "withdrawn"];
            changes.Sum(change => kind.GetProperty(change).GetInt32()).ShouldBe(0, report.GetRawText());
            kind.GetProperty("unchanged").GetInt32().ShouldBeGreaterThan(0, report.GetRawText());
        }
    }

    private IEnumerable<(string Service, string File)> Tables(string export) =>
        from service in LeavingFixture.Services
        from path in Directory.EnumerateFiles(fixture.Folder(export, service), "*.jsonl")
        let file = Path.GetFileName(path)
        where file != "audit.jsonl"
        select (service, file);

    private string[] Columns(string service, string table)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(fixture.Folder("left", service), "manifest.json")));
        return [.. manifest.RootElement.GetProperty("tables").EnumerateArray()
            .Single(found => found.GetProperty("name").GetString() == table)
            .GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("name").GetString()!)];
    }

    // Every id in the files of an export, also in the audit's lines and in the roster's zip.
    private HashSet<Guid> Ids(string export)
    {
        var ids = new HashSet<Guid>();
        foreach (var path in LeavingFixture.Services
            .SelectMany(service => Directory.EnumerateFiles(fixture.Folder(export, service))))
        {
            if (Path.GetExtension(path) != ".zip")
            {
                Add(File.ReadAllText(path));
                continue;
            }

            using var zip = ZipFile.OpenRead(path);
            foreach (var entry in zip.Entries)
            {
                using var text = new StreamReader(entry.Open());
                Add(text.ReadToEnd());
            }
        }

        return ids;

        void Add(string text)
        {
            foreach (var word in text.Split('"', ',', '\n', ':'))
            {
                if (Guid.TryParseExact(word, "D", out var id))
                    ids.Add(id);
            }
        }
    }
}
