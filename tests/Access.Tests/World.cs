using System.Globalization;
using System.Text.Json;
using HomeSchool.Archives.Tests;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Npgsql;

namespace HomeSchool.AccessTests;

/// <summary>A district, school, class or child, in the tree of ALL-1.</summary>
/// <param name="place">Which kind.</param>
/// <param name="id">Its id.</param>
/// <param name="parent">Where it belongs; <see langword="null"/> for a district.</param>
/// <param name="person">The homeroom teacher of a class, the guardian of a child.</param>
public sealed class Node(PlaceKind place, Guid id, Node? parent, Guid? person = null)
{
    /// <summary>Which kind.</summary>
    public PlaceKind Place { get; } = place;

    /// <summary>Its id.</summary>
    public Guid Id { get; } = id;

    /// <summary>Where it belongs; <see langword="null"/> for a district.</summary>
    public Node? Parent { get; } = parent;

    /// <summary>The homeroom teacher of a class, the guardian of a child.</summary>
    public Guid? Person { get; } = person;

    /// <summary>Whether the other is this one or belongs to it.</summary>
    public bool Covers(Node other) => this == other || (other.Parent is { } parent && Covers(parent));

    /// <summary>The node above, or this one, of a kind.</summary>
    public Node Up(PlaceKind kind) => Place == kind ? this : Parent!.Up(kind);

    /// <summary>A role that holds here.</summary>
    public Grant As(Role role) => new(
        role,
        Place == PlaceKind.Child || role == Role.HomeroomTeacher ? Person : Guid.CreateVersion7(),
        Up(PlaceKind.District).Id,
        Place == PlaceKind.District ? null : Up(PlaceKind.School).Id,
        Place == PlaceKind.Class ? Id : null,
        Place == PlaceKind.Child ? Id : null);
}

/// <summary>An id by which one sees whose data an answer shows.</summary>
/// <param name="Id">The id.</param>
/// <param name="Of">Whose it is: everybody above may see it.</param>
/// <param name="Downwards">Whether everybody below may see it, too.</param>
public sealed record Mark(Guid Id, Node Of, bool Downwards)
{
    /// <summary>Whether somebody whose place is <paramref name="node"/> may see it.</summary>
    public bool IsFor(Node node) => node.Covers(Of) || (Downwards && Of.Covers(node));

    /// <summary>Whether a text has it, with hyphens or without.</summary>
    public bool IsIn(string text) =>
        text.Contains($"{Id}", StringComparison.OrdinalIgnoreCase)
        || text.Contains($"{Id:N}", StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// Two districts of two schools, with families that were visited and asked. Everything comes over HTTP, the way it comes in a
/// district, but the parked messages, since no request makes one.
/// </summary>
public sealed class World
{
    private readonly Installation installation;
    private int slots;

    private World(Installation installation) => this.installation = installation;

    /// <summary>The child whose family most examples are about.</summary>
    public Node Child { get; private set; } = null!;

    /// <summary>A child of another family in the same class.</summary>
    public Node Classmate { get; private set; } = null!;

    /// <summary>A child of another class of the school.</summary>
    public Node Schoolmate { get; private set; } = null!;

    /// <summary>A child of another school of the district.</summary>
    public Node OtherSchool { get; private set; } = null!;

    /// <summary>A child of another district.</summary>
    public Node OtherDistrict { get; private set; } = null!;

    public Node Class => Child.Up(PlaceKind.Class);

    public Node School => Child.Up(PlaceKind.School);

    public Node District => Child.Up(PlaceKind.District);

    /// <summary>An import of <see cref="District"/> that waits to be confirmed.</summary>
    public Guid Import { get; private set; }

    /// <summary>A visit of <see cref="Child"/> that is still to come.</summary>
    public Guid Visit { get; private set; }

    /// <summary>A visit of <see cref="Child"/> that has a record.</summary>
    public Guid CompletedVisit { get; private set; }

    /// <summary>A message of <see cref="District"/> that every service has parked.</summary>
    public Guid ParkedMessage { get; } = Guid.CreateVersion7();

    /// <summary>The path of the survey about <see cref="CompletedVisit"/>.</summary>
    public string SurveyLink { get; private set; } = "";

    /// <summary>The path at which the family of <see cref="Visit"/> answers.</summary>
    public string VisitLink { get; private set; } = "";

    /// <summary>A sensitive item about <see cref="Child"/>.</summary>
    public Guid Item { get; private set; }

    /// <summary>That somebody read it in a crisis.</summary>
    public Guid EmergencyRead { get; private set; }

    /// <summary>An access to <see cref="Child"/>'s sensitive items that somebody asked for.</summary>
    public Guid Access { get; private set; }

    /// <summary>A compliance case of <see cref="District"/>.</summary>
    public Guid Case { get; private set; }

    /// <summary>A machine client of <see cref="School"/>.</summary>
    public Guid Client { get; private set; }

    /// <summary>A session of the guardian of <see cref="Child"/>.</summary>
    public Guid Session { get; private set; }

    /// <summary>Ids that show whose data somebody sees.</summary>
    public List<Mark> Marks { get; } = [];

    /// <summary>Makes it.</summary>
    public static async Task<World> CreateAsync(Installation installation)
    {
        var world = new World(installation);
        var far = await world.EnrolAsync(new Node(PlaceKind.District, Guid.CreateVersion7(), null), Roster());
        var near = await world.EnrolAsync(new Node(PlaceKind.District, Guid.CreateVersion7(), null), Roster());
        (world.Child, world.Classmate, world.Schoolmate) = (near["小P1"], near["小P2"], near["小P3"]);
        (world.OtherSchool, world.OtherDistrict) = (near["小P5"], far["小P1"]);
        foreach (var child in new[] { world.OtherDistrict, world.OtherSchool, world.Schoolmate, world.Classmate, world.Child })
            await world.TellStoryOfAsync(child);
        await world.DecideAsync();
        await world.ParkAsync();
        await world.LeaveProgressAsync();
        return world;
    }

    /// <summary>A token of a role at a place.</summary>
    public Task<string> TokenAsync(Role role, Node node) => installation.TokenAsync(node.As(role));

    /// <summary>Imports a roster.</summary>
    /// <returns>The children, by their given names.</returns>
    public async Task<Dictionary<string, Node>> EnrolAsync(Node district, TestRoster roster)
    {
        var import = await ImportAsync(district, roster);
        await ConfirmAsync(district, import);
        Marks.Add(new Mark(import, district, Downwards: false));
        Keep(district, downwards: true);
        var children = new Dictionary<string, Node>(StringComparer.Ordinal);
        var admin = await TokenAsync(Role.DistrictAdmin, district);
        foreach (var term in await ListAsync($"districts/{district.Id}/terms"))
            Marks.Add(new Mark(IdOf(term), district, Downwards: true));
        foreach (var found in await ListAsync($"districts/{district.Id}/schools"))
        {
            var school = Keep(new Node(PlaceKind.School, IdOf(found), district), downwards: true);
            foreach (var post in await ListAsync($"schools/{school.Id}/staff"))
                Marks.Add(new Mark(post.GetProperty("staffId").GetGuid(), school, Downwards: true));
            var classes = new List<Node>();
            foreach (var row in await ListAsync($"schools/{school.Id}/classes"))
            {
                classes.Add(new Node(PlaceKind.Class, IdOf(row), school, row.GetProperty("homeroomTeacherId").GetGuid()));
                Marks.Add(new Mark(IdOf(row), school, Downwards: true)); // the school's list of classes is open to all its staff
            }

            foreach (var row in await ListAsync($"schools/{school.Id}/students"))
            {
                var student = await installation.DoAsync(
                    "archives", Call.Get($"/api/archives/districts/{district.Id}/students/{IdOf(row)}"), admin);
                var child = Keep(new Node(
                    PlaceKind.Child, IdOf(row), classes.Single(c => c.Id == row.GetProperty("classId").GetGuid()),
                    IdOf(student.GetProperty("guardians")[0])), downwards: false);
                Marks.Add(new Mark(child.Person!.Value, child, Downwards: false));
                children[row.GetProperty("givenName").GetString()!] = child;
            }
        }

        return children;

        async Task<IReadOnlyList<JsonElement>> ListAsync(string path) =>
            [.. Items(await installation.DoAsync("archives", Call.Get("/api/archives/" + path), admin))];
    }

    /// <summary>Uploads a roster.</summary>
    /// <returns>The import, which waits to be confirmed.</returns>
    public async Task<Guid> ImportAsync(Node district, TestRoster roster) => IdOf(await installation.DoAsync(
        "archives",
        Call.Post($"/api/archives/districts/{district.Id}/imports", roster.Zip()),
        await TokenAsync(Role.DistrictAdmin, district)));

    /// <summary>Does what an import shows.</summary>
    public async Task ConfirmAsync(Node district, Guid import) => await installation.DoAsync(
        "archives",
        Call.Post($"/api/archives/districts/{district.Id}/imports/{import}/confirm", new { acceptWithdrawals = true }),
        await TokenAsync(Role.DistrictAdmin, district));

    /// <summary>The body of a visit at a time that nobody has yet.</summary>
    public object VisitOf(Node child, bool past = false)
    {
        // Within the last day, to be held now; or in the weeks to come.
        var slot = TimeSpan.FromMinutes(5 * ++slots);
        var startsAt = TimeProvider.System.GetUtcNow() + (past ? slot - TimeSpan.FromHours(23) : slot + TimeSpan.FromDays(5));
        return new
        {
            studentIds = new[] { child.Id },
            mode = "video",
            kind = past ? "emergency" : "routine",
            startsAt,
            minutes = 5,
            teacherId = child.Parent!.Person, // who is no teacher has to say whose visit it is
        };
    }

    /// <summary>Makes an appointment, as the class's teacher.</summary>
    public async Task<Guid> ScheduleAsync(Node child, bool past = false)
    {
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        // The roster reaches Visits a moment after it was confirmed.
        var answer = await Eventually.GetAsync(
            () => installation.SendAsync("visits", Call.Post("/api/visits", VisitOf(child, past)), teacher), a => a.IsSuccess);
        answer.Status.ShouldBe(201, answer.Body);
        var visit = IdOf(JsonSerializer.Deserialize<JsonElement>(answer.Body));
        Marks.Add(new Mark(visit, child, Downwards: false));
        return visit;
    }

    /// <summary>Invites the guardian of a child.</summary>
    /// <returns>The invitation's id and code.</returns>
    public async Task<(Guid Id, string Code)> InviteAsync(Node child)
    {
        var admin = await TokenAsync(Role.DistrictAdmin, child.Up(PlaceKind.District));
        var invite = Call.Post("/api/identity/invitations", GuardianOf(child));
        var answer = await Eventually.GetAsync(() => installation.SendAsync("identity", invite, admin), a => a.IsSuccess);
        answer.Status.ShouldBe(201, answer.Body);
        var invited = JsonSerializer.Deserialize<JsonElement>(answer.Body);
        Marks.Add(new Mark(IdOf(invited), child, Downwards: false));
        return (IdOf(invited), invited.GetProperty("code").GetString()!);
    }

    /// <summary>The body of an invitation for the guardian of a child.</summary>
    public static object GuardianOf(Node child) => new { role = "guardian", personId = child.Person, studentId = child.Id };

    /// <summary>Gives the guardian of a child an account.</summary>
    /// <returns>The guardian's role, and the name to sign in with.</returns>
    public async Task<(Guid Role, string UserName)> JoinAsync(Node child)
    {
        var (_, code) = await InviteAsync(child);
        var userName = $"{Guid.CreateVersion7():N}@school.example";
        var accept = Call.Post("/api/identity/invitations/accept", new { code, userName, password = Installation.Password });
        var account = IdOf(await installation.DoAsync("identity", accept, null));
        Marks.Add(new Mark(account, child, Downwards: false));
        var roles = await installation.DoAsync(
            "identity", Call.Get($"/api/identity/roles?personId={child.Person}"),
            await TokenAsync(Role.DistrictAdmin, child.Up(PlaceKind.District)));
        var role = IdOf(Items(roles).First(item => item.GetProperty("accountId").GetGuid() == account));
        Marks.Add(new Mark(role, child, Downwards: false));
        return (role, userName);
    }

    /// <summary>A record of a visit.</summary>
    public static object Record => new { summary = "聊了学习习惯", agreed = "每天阅读二十分钟", guardianFeedback = "satisfied" };

    /// <summary>Answers to the survey about a visit.</summary>
    public static object SurveyAnswers => new { answers = new { conversation = 5, helpful = 8 } };

    /// <summary>A sensitive item of a kind that <see cref="SensitivePolicy"/> lets all read who may read any.</summary>
    public static object Note => new { kind = "medicalHistory", content = "花生过敏", advice = "就餐时留意" };

    /// <summary>Why somebody breaks the glass.</summary>
    public static object Crisis => new { reason = "学生晕倒，正在送往医院急救" };

    /// <summary>A wish for access.</summary>
    public static object Wish => new
    {
        kinds = new[] { "custody" },
        purpose = "核实接送人",
        until = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(7),
    };

    /// <summary>A policy by which every role that may read sensitive items at all reads those of <see cref="Note"/>'s kind.</summary>
    public static object SensitivePolicy => new
    {
        readers = Contracts.Access.Table.Of(Permission.SensitiveRead).Roles
            .Select(role => new { role = JsonNamingPolicy.CamelCase.ConvertName($"{role}"), kind = "medicalHistory", sees = "content" }),
    };

    /// <summary>A case to open.</summary>
    public static object Assessment => new { kind = "impactAssessment", title = "上线新功能" };

    /// <summary>A reorganisation that adds a school.</summary>
    public static object NewSchool() => new { newSchools = new[] { new { sourceId = $"N{Guid.CreateVersion7():N}", name = "新校" } } };

    /// <summary>A machine client of a school.</summary>
    public static object ClientAt(Node school) => new { name = "看板", scopes = new[] { "feedRead" }, schoolId = school.Id };

    /// <summary>Asks for access, as the class's teacher.</summary>
    public async Task<Guid> AskAsync(Node child)
    {
        var ask = Call.Post($"/api/archives/districts/{child.Up(PlaceKind.District).Id}/students/{child.Id}/sensitive-access", Wish);
        var access = IdOf(await installation.DoAsync("archives", ask, await TokenAsync(Role.HomeroomTeacher, child.Parent!)));
        Marks.Add(new Mark(access, child, Downwards: false));
        return access;
    }

    /// <summary>Makes a machine client of a school.</summary>
    public async Task<Guid> CreateClientAsync(Node school)
    {
        var client = IdOf(await installation.DoAsync(
            "identity", Call.Post("/api/identity/clients", ClientAt(school)), await TokenAsync(Role.SchoolAdmin, school)));
        Marks.Add(new Mark(client, school, Downwards: false));
        return client;
    }

    /// <summary>The account of a new guardian of a child.</summary>
    public async Task<Guid> AccountAsync(Node child)
    {
        var (role, _) = await JoinAsync(child);
        var roles = await installation.DoAsync(
            "identity", Call.Get($"/api/identity/roles?personId={child.Person}"),
            await TokenAsync(Role.DistrictAdmin, child.Up(PlaceKind.District)));
        return Items(roles).First(item => IdOf(item) == role).GetProperty("accountId").GetGuid();
    }

    /// <summary>The query of an export of the whole audit.</summary>
    public const string AllTimes = "from=2026-01-01T00:00:00Z&to=2126-01-01T00:00:00Z";

    /// <summary>Six families in two schools: two in each of three classes. The term has begun and goes on for months.</summary>
    public static TestRoster Roster()
    {
        var today = TimeProvider.System.GetUtcNow();
        var term = string.Create(
            CultureInfo.InvariantCulture,
            $"T1,,,学期,semester,{today.AddDays(-30):yyyy-MM-dd},{today.AddDays(150):yyyy-MM-dd},Y,2027");
        string[] pupils = ["P1", "P2", "P3", "P4", "P5", "P6"];
        return TestRoster.Standard()
            .Change("academicSessions.csv", "T1", _ => term)
            .Remove("users.csv", [.. pupils, "G1", "G2", "G3"])
            .Add("users.csv",
            [
                .. pupils.Select(p => TestRoster.Student(p, SchoolOf(p), "03", $"G{p[1]}")),
                .. pupils.Select(p => TestRoster.Adult($"G{p[1]}", SchoolOf(p), "parent")),
                TestRoster.Adult("A4", "S2", "teacher"),
            ])
            .Remove("enrollments.csv", "E8", "E9", "E10", "E11", "E12")
            .Add("enrollments.csv", "E8,,,C2,S1,A2,teacher,true,,", "E9,,,C3,S2,A4,teacher,true,,");

        static string SchoolOf(string pupil) => pupil is "P5" or "P6" ? "S2" : "S1";
    }

    /// <summary>The items of a page.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement page) => page.GetProperty("items").EnumerateArray();

    private static Guid IdOf(JsonElement body) => body.GetProperty("id").GetGuid();

    // Booked, answered, held, recorded, asked, and an account for the guardian.
    private async Task TellStoryOfAsync(Node child)
    {
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        var admin = await TokenAsync(Role.DistrictAdmin, child.Up(PlaceKind.District));
        Visit = await ScheduleAsync(child);
        var confirm = Call.Post($"/api/visits/{Visit}/answer", new { answer = "confirm" });
        await installation.DoAsync("visits", confirm, await TokenAsync(Role.Guardian, child));
        var handed = await installation.DoAsync("visits", Call.Get($"/api/visits/{Visit}/answer-link"), teacher);
        VisitLink = handed.GetProperty("url").Deserialize<Uri>()!.PathAndQuery;

        CompletedVisit = await ScheduleAsync(child, past: true);
        await installation.DoAsync("visits", Call.Post($"/api/visits/{CompletedVisit}/complete", Record), teacher);
        var open = Call.Get($"/api/surveys/invitations?visitId={CompletedVisit}");
        var surveys = await Eventually.GetAsync(
            async () => Items(await installation.DoAsync("surveys", open, admin)).ToArray(), found => found.Length > 0);
        var survey = surveys.ShouldHaveSingleItem();
        Marks.Add(new Mark(IdOf(survey), child, Downwards: false));
        SurveyLink = survey.GetProperty("url").Deserialize<Uri>()!.PathAndQuery;
        await installation.DoAsync("surveys", Call.Post(SurveyLink, SurveyAnswers), null);

        var students = $"/api/archives/districts/{child.Up(PlaceKind.District).Id}";
        var counselor = await TokenAsync(Role.Counselor, child.Up(PlaceKind.School));
        Item = IdOf(await installation.DoAsync("archives", Call.Post($"{students}/students/{child.Id}/sensitive-items", Note), counselor));
        var read = await installation.DoAsync(
            "archives", Call.Post($"{students}/sensitive-items/{Item}/emergency-reads", Crisis), counselor);
        EmergencyRead = read.GetProperty("readId").GetGuid();
        Marks.Add(new Mark(Item, child, Downwards: false));
        Marks.Add(new Mark(EmergencyRead, child, Downwards: false));
        Access = await AskAsync(child);
        Client = await CreateClientAsync(child.Up(PlaceKind.School));

        await InviteAsync(child);
        var (_, userName) = await JoinAsync(child);
        var signedIn = await installation.DoAsync(
            "identity", Call.Post("/api/identity/sign-in", new { userName, password = Installation.Password }), null);
        Session = Guid.Parse(new JsonWebToken(signedIn.GetProperty("accessToken").GetString()).GetClaim("sid").Value);
        var coverage = Call.Get($"/api/insights/coverage?node=class&id={child.Parent!.Id}");
        var visited = await Eventually.GetAsync(
            async () => (await installation.DoAsync("insights", coverage, admin)).GetProperty("visited").GetProperty("any")
                .GetProperty("students").GetInt32(),
            students => students > 0);
        visited.ShouldBeGreaterThan(0);
    }

    // Districts and schools that have decided for themselves, import something, and look at their audits.
    private async Task DecideAsync()
    {
        foreach (var district in new[] { OtherDistrict.Up(PlaceKind.District), District })
        {
            var admin = await TokenAsync(Role.DistrictAdmin, district);
            await installation.DoAsync("surveys", Call.Put($"/api/surveys/policies/{district.Id}", new { daysOpen = 8 }), admin);
            foreach (var service in installation.Services.Keys)
                await installation.DoAsync(service, Call.Get($"/api/{service}/operations/audit/export?{AllTimes}"), admin);
            var archives = $"/api/archives/districts/{district.Id}";
            await installation.DoAsync("archives", Call.Put($"{archives}/sensitive-policy", SensitivePolicy), admin);
            Case = IdOf(await installation.DoAsync("archives", Call.Post($"{archives}/compliance-cases", Assessment), admin));
            Marks.Add(new Mark(Case, district, Downwards: false));
            // It waits to be confirmed, with a change to show and a mistake.
            Import = await ImportAsync(
                district, Roster().Remove("enrollments.csv", "E6").Add("enrollments.csv", "E10,,,C1,S1,nobody,student,,,"));
            Marks.Add(new Mark(Import, district, Downwards: false));
            foreach (var node in new[] { district, OtherDistrict.Up(PlaceKind.School), OtherSchool.Up(PlaceKind.School), School })
            {
                var decide = Call.Put($"/api/visits/policies/{node.Id}", new { noticeDays = 3 });
                if (district.Covers(node))
                    await installation.DoAsync("visits", decide, admin);
            }
        }
    }

    private async Task ParkAsync()
    {
        var far = OtherDistrict.Up(PlaceKind.District);
        foreach (var (district, id) in new[] { (District, ParkedMessage), (far, Guid.CreateVersion7()) })
        {
            Marks.Add(new Mark(id, district, Downwards: false));
            foreach (var service in installation.Services.Keys)
            {
                await using var database = NpgsqlDataSource.Create(installation.Database(service));
                await using var park = database.CreateCommand(
                    """
                    INSERT INTO platform.parked_message (id, consumer, message_id, name, district_id, payload, reason, parked_at)
                    VALUES ($1, 'nobody', $1, 'nothing', $2, '{}', 'a test', now())
                    """);
                park.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
                park.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = district.Id });
                await park.ExecuteNonQueryAsync();
            }
        }
    }

    // Of imports that nobody checks any more: whoever uploads next removes them.
    private async Task LeaveProgressAsync()
    {
        await using var database = NpgsqlDataSource.Create(installation.Database("archives"));
        foreach (var district in new[] { District, OtherDistrict.Up(PlaceKind.District) })
        {
            await using var leave = database.CreateCommand(
                """
                INSERT INTO import_progress (district_id, import_id, phase, rows, started_at, seen_at, cancelled)
                VALUES ($1, $2, 'Reading', 1, now(), now(), false)
                """);
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = district.Id });
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
            await leave.ExecuteNonQueryAsync();
        }
    }

    private Node Keep(Node node, bool downwards)
    {
        Marks.Add(new Mark(node.Id, node, downwards));
        return node;
    }
}
