using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.SystemTests;

/// <summary>
/// A district made over HTTP in one installation, exported, and imported into another: other databases, another master key, and a
/// district that is there already.
/// </summary>
public sealed class LeavingFixture : IAsyncLifetime
{
    /// <summary>The services that have data of a district.</summary>
    public static readonly string[] Services = ["Identity", "Archives", "Visits", "Surveys", "Insights", "Activities", "Messages"];

    /// <summary>The user name that somebody has here, and somebody else there.</summary>
    public const string SameName = "principal@school.example";

    private static readonly string[] Small = ["--schools", "2", "--students-per-school", "180"];

    private readonly string folder = Directory.CreateTempSubdirectory("homeschool-leaving-").FullName;

    /// <summary>Where the district comes to.</summary>
    internal WholeSystem There { get; private set; } = null!;

    /// <summary>The district.</summary>
    internal Guid District { get; private set; }

    /// <summary>The district that is there already.</summary>
    internal Guid Other { get; private set; }

    /// <summary>Its administrator.</summary>
    internal Person OtherAdmin { get; private set; } = null!;

    /// <summary>A completed visit.</summary>
    internal Guid Visit { get; private set; }

    /// <summary>A sensitive item of a student; and one of a student who was erased before the district left.</summary>
    internal (Guid Item, Guid Erased) Items { get; private set; }

    /// <summary>What people of the district read before it left.</summary>
    internal Texts Before { get; private set; } = null!;

    /// <summary>Stands in a sensitive item.</summary>
    internal Canary Canary { get; } = new();

    /// <summary>The people's accounts before, by their user names.</summary>
    internal Dictionary<string, Guid> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>The homeroom teacher, the counselor and the officer, as they are invited, by their user names.</summary>
    internal Dictionary<string, object> Roles { get; } = new(StringComparer.Ordinal);

    /// <summary>The administrator's user name.</summary>
    internal string Admin { get; private set; } = "";

    /// <summary>What the import printed, of all services.</summary>
    internal string Imported { get; private set; } = "";

    /// <summary>What the export printed, of all services.</summary>
    internal string Exported { get; private set; } = "";

    /// <summary>The folder of an export: the district's <c>left</c>, of the other installation's two <c>arrived</c>,
    /// <c>before</c> and <c>after</c>.</summary>
    public string Folder(string export, string service) => Path.Combine(folder, export, service);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await using (var here = await WholeSystem.StartAsync(("Keys__Master", new string('a', 40))))
        {
            var credentials = await Story.TellAsync(here, Small);
            Admin = credentials.UserName;
            await WriteAsync(here, await Person.SignInAsync(here.Gateway, credentials));
            Exported = await ExportAsync(here, District, "left");
        }

        There = await WholeSystem.StartAsync(("Keys__Master", new string('b', 40)));
        OtherAdmin = await Person.SignInAsync(There.Gateway, await Story.TellAsync(There, [.. Small, "--seed", "2"]));
        Other = await ScalarAsync<Guid>(There, "Archives", "SELECT district_id FROM district_roster");
        await InviteSameNameAsync(There, OtherAdmin);
        await QuietAsync(There);
        await ExportAsync(There, Other, "before");
        foreach (var service in Services)
            Imported += await There.RunAsync(service, $"import-district {Folder("left", service)}");
        await ExportAsync(There, Other, "after");
        await ExportAsync(There, District, "arrived");
    }

    /// <summary>Asks a database, as the administrator.</summary>
    internal static async Task<T> ScalarAsync<T>(WholeSystem system, string service, string sql)
    {
        await using var connection = new NpgsqlConnection(system.Databases[service]);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await There.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<string> ExportAsync(WholeSystem system, Guid district, string export)
    {
        var printed = "";
        foreach (var service in Services)
            printed += await system.RunAsync(service, $"export-district {district} {Folder(export, service)}");
        return printed;
    }

    // Beside what the story did: people of the school, a sensitive item, and one of a student who is erased.
    private async Task WriteAsync(WholeSystem here, Person admin)
    {
        District = await ScalarAsync<Guid>(here, "Archives", "SELECT district_id FROM district_roster");
        Visit = await ScalarAsync<Guid>(here, "Visits", "SELECT id FROM visit WHERE state = 'Completed' ORDER BY id LIMIT 1");
        var school = await ScalarAsync<Guid>(here, "Visits", $"SELECT school_id FROM visit WHERE id = '{Visit}'");
        var student = await ScalarAsync<Guid>(here, "Visits", $"SELECT student_id FROM visit_student WHERE visit_id = '{Visit}'");
        var @class = await ScalarAsync<Guid>(here, "Visits", $"SELECT class_id FROM visit_student WHERE visit_id = '{Visit}'");
        var other = await ScalarAsync<Guid>(
            here, "Visits",
            $"SELECT student_id FROM enrolment e WHERE school_id = '{school}' AND NOT EXISTS (SELECT FROM visit_student v "
            + "WHERE v.student_id = e.student_id)");
        var staff = await ScalarAsync<Guid>(
            here, "Archives", $"SELECT staff_id FROM staff_post WHERE school_id = '{school}' AND class_id IS NULL ORDER BY id");
        var teacher = await ScalarAsync<Guid>(
            here, "Archives", $"SELECT staff_id FROM staff_post WHERE class_id = '{@class}' AND role = 'HomeroomTeacher'");
        Roles["teacher@school.example"] =
            new { role = "homeroomTeacher", schoolId = school, classId = @class, personId = teacher };
        Roles["counselor@school.example"] = new { role = "counselor", schoolId = school, personId = staff };
        Roles["officer@school.example"] = new { role = "moralEducationOfficer", schoolId = school, personId = staff };
        var people = new Dictionary<string, Person>(StringComparer.Ordinal);
        foreach (var (name, role) in Roles)
        {
            people[name] = await admin.InviteAsync(role, name);
            Accounts[name] = await people[name].AccountAsync();
        }

        Accounts[Admin] = await admin.AccountAsync();
        Accounts[SameName] = await InviteSameNameAsync(here, admin);
        var counselor = people["counselor@school.example"];
        var item = await WriteItemAsync(counselor, student, Canary.In("量表得分偏高"), "多鼓励");
        var erased = await WriteItemAsync(counselor, other, "将被删除的内容", null);
        Items = (item, erased);
        Before = await ReadAsync(people);
        await here.RunAsync("Archives", $"erase-student {District} {other}");
        await QuietAsync(here);
    }

    private static async Task<Guid> InviteSameNameAsync(WholeSystem system, Person admin)
    {
        var school = await ScalarAsync<Guid>(system, "Archives", "SELECT school_id FROM school");
        return await (await admin.InviteAsync(new { role = "schoolAdmin", schoolId = school }, SameName)).AccountAsync();
    }

    private async Task<Guid> WriteItemAsync(Person counselor, Guid student, string content, string? advice)
    {
        var path = $"/api/archives/districts/{District}/students/{student}/sensitive-items";
        var made = await counselor.SendAsync(HttpMethod.Post, path, new { kind = "psychologicalAssessment", content, advice });
        return made.GetProperty("id").GetGuid();
    }

    /// <summary>Reads what is most private, each as who may.</summary>
    internal async Task<Texts> ReadAsync(Dictionary<string, Person> people)
    {
        var record = await people["teacher@school.example"].SendAsync(HttpMethod.Get, $"/api/visits/{Visit}/record");
        var answers = await people["officer@school.example"].SendAsync(HttpMethod.Get, "/api/surveys/answers");
        var item = await people["counselor@school.example"].SendAsync(
            HttpMethod.Post, $"/api/archives/districts/{District}/sensitive-items/{Items.Item}/reads",
            new { purpose = "counselling" });
        return new Texts(
            record.GetRawText(), answers.GetRawText(), item.GetProperty("content").GetString()!,
            item.GetProperty("advice").GetString());
    }

    // Until nothing is on its way to another service.
    private static async Task QuietAsync(WholeSystem system)
    {
        foreach (var service in Services)
        {
            var waiting = await Eventually.GetAsync(
                () => ScalarAsync<long>(system, service, "SELECT count(*) FROM platform.outbox"), count => count == 0);
            waiting.ShouldBe(0);
        }
    }

    /// <summary>What was read.</summary>
    internal sealed record Texts(string Record, string Answers, string Item, string? Advice);
}
