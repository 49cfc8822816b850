using System.Globalization;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Tests;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.Extensions.DependencyInjection;
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
    private Task? keptByLaw;

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

    /// <summary>An emergency of the child.</summary>
    public Guid Emergency { get; private set; }

    /// <summary>A crisis of the child.</summary>
    public Guid RaisedCrisis { get; private set; }

    /// <summary>A visit to the child that is due at a special node.</summary>
    public Guid PriorityVisit { get; private set; }

    /// <summary>A message of <see cref="District"/> that every service has parked.</summary>
    public Guid ParkedMessage { get; } = Guid.CreateVersion7();

    /// <summary>A plan of <see cref="Class"/>.</summary>
    public Guid Plan { get; private set; }

    /// <summary>A survey that <see cref="School"/> has designed.</summary>
    public Guid SurveyDesign { get; private set; }

    /// <summary>A round of a survey in <see cref="Class"/>.</summary>
    public Guid SurveyRound { get; private set; }

    /// <summary>A notice to the child's class.</summary>
    public Guid Post { get; private set; }

    /// <summary>The child's page of this week's contact book.</summary>
    public Guid ContactEntry { get; private set; }

    /// <summary>What the child's guardian wrote into the class's group, and a moderator stopped.</summary>
    public Guid GroupPost { get; private set; }

    /// <summary>What the guardian wrote to the homeroom teacher.</summary>
    public Guid PrivateMessage { get; private set; }

    /// <summary>The group of a class.</summary>
    public static string GroupOf(Node @class) => $"/api/messages/schools/{@class.Up(PlaceKind.School).Id}/classes/{@class.Id}/group";

    /// <summary>A letter that no attempt could deliver.</summary>
    public Guid DeadLetter { get; private set; }

    /// <summary>One that arrived.</summary>
    public Guid SentLetter { get; private set; }

    /// <summary>The robot of a class's group.</summary>
    public static object Robot { get; } = new { url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a" };

    /// <summary>This week of the contact book of a class.</summary>
    public static string ContactBookOf(Node @class) =>
        $"/api/messages/schools/{@class.Up(PlaceKind.School).Id}/classes/{@class.Id}/contact-book/"
        + TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>What it says.</summary>
    public static object ContactBookSays { get; } = new { common = new { habits = new[] { "reading" }, text = "读书" }, publish = true };

    /// <summary>A teacher's working hours.</summary>
    public static object Hours { get; } = new { week = new[] { new { day = "monday", from = "08:00:00", until = "17:00:00" } } };

    /// <summary>The days around today, as a question has them.</summary>
    public static string ThisYear
    {
        get
        {
            var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime);
            return $"from={today.AddDays(-180):yyyy-MM-dd}&to={today.AddDays(180):yyyy-MM-dd}";
        }
    }

    /// <summary>The path of the survey about <see cref="CompletedVisit"/>, for the family that has answered it.</summary>
    public string SurveyLink { get; private set; } = "";

    /// <summary>The path at which the family of <see cref="Visit"/> answers.</summary>
    public string VisitLink { get; private set; } = "";

    /// <summary>Somebody's visits that another holds.</summary>
    public Guid Substitution { get; private set; }

    /// <summary>A sensitive item about <see cref="Child"/>.</summary>
    public Guid Item { get; private set; }

    /// <summary>A file in the archive of <see cref="Child"/>, for the family; and one that is labelled 内部资料.</summary>
    public (Guid ForFamily, Guid Internal) Attachments { get; private set; }

    /// <summary>That somebody read it in a crisis.</summary>
    public Guid EmergencyRead { get; private set; }

    /// <summary>An access to <see cref="Child"/>'s sensitive items that somebody asked for.</summary>
    public Guid Access { get; private set; }

    /// <summary>A document against the guardian of <see cref="Child"/>; it withholds nothing that the examples need.</summary>
    public Guid Restriction { get; private set; }

    /// <summary>A contact about <see cref="Child"/>.</summary>
    public Guid Contact { get; private set; }

    /// <summary>What is left to do after <see cref="Contact"/>.</summary>
    public Guid FollowUp { get; private set; }

    /// <summary>A dispute about <see cref="Child"/>.</summary>
    public Guid Dispute { get; private set; }

    /// <summary>A check that drew the record of <see cref="CompletedVisit"/>, and graded it as excellent.</summary>
    public Guid SpotCheck { get; private set; }

    /// <summary>A case made of it, shared with the school.</summary>
    public Guid ExcellentCase { get; private set; }

    /// <summary>A handover of <see cref="Child"/>.</summary>
    public Guid Handover { get; private set; }

    /// <summary>A leave of absence of <see cref="Child"/>, still to come.</summary>
    public Guid Transfer { get; private set; }

    /// <summary>A compliance case of <see cref="District"/>.</summary>
    public Guid Case { get; private set; }

    /// <summary>A term of <see cref="District"/>.</summary>
    public Guid Term { get; private set; }

    /// <summary>That <see cref="Child"/> draws attention.</summary>
    public Guid Attention { get; private set; }

    /// <summary>The outcome of <see cref="Child"/> in <see cref="Term"/>.</summary>
    public Guid Outcome { get; private set; }

    /// <summary>A plan for <see cref="Child"/> that runs.</summary>
    public Guid RunningPlan { get; private set; }

    /// <summary>An entry of the watch list about <see cref="Child"/>.</summary>
    public Guid Watch { get; private set; }

    /// <summary>What the homeroom teacher of <see cref="Class"/> is asked to do for <see cref="Child"/>.</summary>
    public Guid StudentTask { get; private set; }

    /// <summary>A resource of <see cref="School"/>.</summary>
    public Guid Resource { get; private set; }

    /// <summary>Support for <see cref="Child"/>.</summary>
    public Guid Support { get; private set; }

    /// <summary>A copy of the data of <see cref="Child"/>, ready to be fetched.</summary>
    public Guid DataRequest { get; private set; }

    /// <summary>A correction that was asked for about <see cref="Child"/>.</summary>
    public Guid Correction { get; private set; }

    /// <summary>A machine client of <see cref="School"/>.</summary>
    public Guid Client { get; private set; }

    /// <summary>A session of the guardian of <see cref="Child"/>.</summary>
    public Guid Session { get; private set; }

    /// <summary>A parent meeting of <see cref="Class"/> that has begun.</summary>
    public Guid Meeting { get; private set; }

    /// <summary>A question of the guardian of <see cref="Child"/>.</summary>
    public Guid Question { get; private set; }

    /// <summary>A family activity of <see cref="Class"/> in which <see cref="Child"/> takes part.</summary>
    public Guid FamilyActivity { get; private set; }

    /// <summary>A photo that shows <see cref="Child"/>.</summary>
    public Guid ClassPhoto { get; private set; }

    /// <summary>A training at <see cref="School"/>.</summary>
    public Guid Training { get; private set; }

    /// <summary>A topic of <see cref="School"/>.</summary>
    public Guid Topic { get; private set; }

    /// <summary>A parent class of <see cref="School"/> that is still to come, with a workshop.</summary>
    public Guid Lesson { get; private set; }

    /// <summary>A parent class of <see cref="School"/> that is live.</summary>
    public Guid LiveLesson { get; private set; }

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
        foreach (var child in new[] { world.OtherDistrict, world.Child })
            await world.PassTimeAsync(child);
        foreach (var child in new[] { world.OtherDistrict, world.OtherSchool, world.Schoolmate, world.Classmate, world.Child })
        {
            await world.TellStoryOfAsync(child);
            await world.UseRightsOfAsync(child);
            await world.KeepSafeAsync(child);
        }

        foreach (var child in new[] { world.OtherDistrict, world.OtherSchool, world.Schoolmate, world.Child })
            await world.MeetAsync(child);
        await world.DecideAsync();
        await world.ParkAsync();
        await world.LeaveStrandedAsync();
        await world.LeaveAnonymousAnswersAsync();
        await world.LeaveProgressAsync();
        return world;
    }

    /// <summary>A token of a role at a place.</summary>
    public Task<string> TokenAsync(Role role, Node node) => installation.TokenAsync(node.As(role));

    /// <summary>Imports a roster.</summary>
    /// <returns>The children, by their given names.</returns>
    public async Task<Dictionary<string, Node>> EnrolAsync(Node district, TestRoster roster)
    {
        // One class had another teacher before.
        var earlier = Roster().Change("enrollments.csv", "E7", line => line.Replace("A1", "A2", StringComparison.Ordinal));
        await ConfirmAsync(district, await ImportAsync(district, earlier));
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
    public object VisitOf(Node child, bool past = false, params Guid[] jointVisitorIds)
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
            jointVisitorIds,
        };
    }

    /// <summary>Makes an appointment, as the class's teacher.</summary>
    public async Task<Guid> ScheduleAsync(Node child, bool past = false, params Guid[] jointVisitorIds)
    {
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        var body = VisitOf(child, past, jointVisitorIds);
        // The roster reaches Visits a moment after it was confirmed.
        var answer = await Eventually.GetAsync(
            () => installation.SendAsync("visits", Call.Post("/api/visits", body), teacher), a => a.IsSuccess);
        answer.Status.ShouldBe(201, answer.Body);
        var visit = IdOf(JsonSerializer.Deserialize<JsonElement>(answer.Body));
        Marks.Add(new Mark(visit, child, Downwards: false));
        return visit;
    }

    /// <summary>Proposes a plan of a class, as its teacher.</summary>
    public async Task<Guid> PlanAsync(Node @class, bool empty = false)
    {
        var teacher = await TokenAsync(Role.HomeroomTeacher, @class);
        var plans = $"/api/visits/schools/{@class.Parent!.Id}/plans";
        var plan = IdOf(await installation.DoAsync("visits", Call.Post(plans, new { classId = @class.Id }), teacher));
        Marks.Add(new Mark(plan, @class, Downwards: false));
        while (empty && await FirstItemAsync(@class, plan) is { } item)
            await installation.DoAsync("visits", Call.Delete($"{plans}/{plan}/items/{item}"), teacher);
        return plan;
    }

    /// <summary>An item of a plan.</summary>
    public async Task<Guid> PlanItemAsync(Node @class, Guid plan) => (await FirstItemAsync(@class, plan))!.Value;

    /// <summary>A family that says nothing about its times.</summary>
    public static object NoTimes =>
        new { unavailable = Array.Empty<object>(), preferred = Array.Empty<object>(), away = Array.Empty<object>() };

    /// <summary>A calendar without events.</summary>
    public static byte[] BusyCalendar => "BEGIN:VCALENDAR\nEND:VCALENDAR\n"u8.ToArray();

    /// <summary>A file of timetables without lines.</summary>
    public static byte[] Timetable => "staffId,weekday,from,to,firstDay,lastDay\n"u8.ToArray();

    private async Task<Guid?> FirstItemAsync(Node @class, Guid plan)
    {
        var items = Items(await installation.DoAsync(
            "visits", Call.Get($"/api/visits/schools/{@class.Parent!.Id}/plans/{plan}/items"),
            await TokenAsync(Role.HomeroomTeacher, @class))).ToArray();
        return items.Length == 0 ? null : IdOf(items[0]);
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

    /// <summary>What is prepared for a visit.</summary>
    public static object Outline => new { content = new { progress = new[] { "主动发言", "作业整洁" }, tasks = new[] { "一起读书" } } };

    /// <summary>A record that is not finished.</summary>
    public static object Draft => new { revision = 1, draft = new { summary = "聊了学习习惯" } };

    /// <summary>What somebody who comes along brings to a visit.</summary>
    public static object JointNote => new { content = new { advice = "每天口算五分钟" } };

    /// <summary>What a family wants to ask.</summary>
    public static object Questions => new { questions = new[] { "和同学相处得怎么样？" } };

    /// <summary>A policy by which every role that may read internal parts at all reads them.</summary>
    public static object VisitPolicy => new
    {
        noticeDays = 3,
        records = new { internalReaders = new[] { "vicePrincipal", "moralEducationOfficer", "counselor", "homeroomTeacher" } },
    };

    /// <summary>A call with the guardian of a child.</summary>
    public static object ContactWith(Node child) => new
    {
        studentIds = new[] { child.Id },
        channel = "phone",
        line = "聊了作业",
        guardianIds = new[] { child.Person!.Value },
    };

    /// <summary>The weekly feedback about a child.</summary>
    public static object FeedbackTo(Node child) =>
        new { channel = "message", entries = new[] { new { studentId = child.Id, line = "本周进步明显" } } };

    /// <summary>Something that the teacher of a child's class shall do.</summary>
    public static object FollowUpsOf(Node child) =>
        new { items = new[] { new { text = "再打一次电话", ownerId = child.Parent!.Person, studentId = child.Id } } };

    /// <summary>A dispute about a child.</summary>
    public static object DisputeAbout(Node child) => new { studentId = child.Id, category = "learning", cause = "作业量" };

    /// <summary>A check of a school that draws all of its records.</summary>
    public static object CheckOf(Node school) => new { schoolId = school.Id, count = 200 };

    /// <summary>The best grade.</summary>
    public static object Excellent => new { recordVersion = 1, points = new[] { 5, 5, 5, 5 }, excellent = true, comment = "很好" };

    /// <summary>A case without names.</summary>
    public static object CaseText => new { title = "从沉默到开口", text = "某同学起初不愿说话。" };

    /// <summary>Logs a call, as the class's teacher.</summary>
    public async Task<Guid> LogAsync(Node child)
    {
        var entry = IdOf(await installation.DoAsync(
            "visits", Call.Post("/api/visits/ledger", ContactWith(child)), await TokenAsync(Role.HomeroomTeacher, child.Parent!)));
        Marks.Add(new Mark(entry, child, Downwards: false));
        return entry;
    }

    /// <summary>Leaves something to do after a call.</summary>
    public async Task<Guid> FollowUpAsync(Node child)
    {
        var added = await installation.DoAsync(
            "visits", Call.Post($"/api/visits/ledger/{await LogAsync(child)}/follow-ups", FollowUpsOf(child)),
            await TokenAsync(Role.HomeroomTeacher, child.Parent!));
        var followUp = added.GetProperty("ids")[0].GetGuid();
        Marks.Add(new Mark(followUp, child, Downwards: false));
        return followUp;
    }

    /// <summary>Records a dispute.</summary>
    public async Task<Guid> DisputeAsync(Node child)
    {
        var dispute = IdOf(await installation.DoAsync(
            "visits", Call.Post("/api/visits/disputes", DisputeAbout(child)), await TokenAsync(Role.HomeroomTeacher, child.Parent!)));
        Marks.Add(new Mark(dispute, child, Downwards: false));
        return dispute;
    }

    /// <summary>Makes a case of the record that was drawn last.</summary>
    public async Task<Guid> ProposeCaseAsync(Node child)
    {
        var excellent = IdOf(await installation.DoAsync(
            "visits", Call.Post($"/api/visits/spot-checks/{SpotCheck}/records/{CompletedVisit}/case", CaseText),
            await TokenAsync(Role.MoralEducationOfficer, child.Up(PlaceKind.School))));
        Marks.Add(new Mark(excellent, child.Up(PlaceKind.School), Downwards: true)); // once it is shared, the school reads it
        return excellent;
    }

    /// <summary>The same, and the teacher has agreed.</summary>
    public async Task<Guid> ConsentedCaseAsync(Node child)
    {
        var excellent = await ProposeCaseAsync(child);
        await installation.DoAsync(
            "visits", Call.Post($"/api/visits/spot-checks/cases/{excellent}/consent", new { }),
            await TokenAsync(Role.HomeroomTeacher, child.Parent!));
        return excellent;
    }

    /// <summary>What a survey asks.</summary>
    public static object SurveyContent => new
    {
        title = new { zh = "午餐", en = "Lunch" },
        pages = new[] { new { questions = new[] { new { id = "lunch", type = "rating", text = new { zh = "满意吗", en = "Good?" }, highest = 5 } } } },
    };

    /// <summary>A survey that a school or district designs.</summary>
    public static object DesignOf(Node place) => new
    {
        districtId = place.Up(PlaceKind.District).Id,
        schoolId = place.Place == PlaceKind.School ? place.Id : (Guid?)null,
        kind = "designed",
        content = SurveyContent,
    };

    /// <summary>A round of a ready-made survey in a class, a school or a district.</summary>
    public static object RoundOf(Node place) => new
    {
        districtId = place.Up(PlaceKind.District).Id,
        schoolId = place.Place == PlaceKind.District ? (Guid?)null : place.Up(PlaceKind.School).Id,
        classId = place.Place == PlaceKind.Class ? place.Id : (Guid?)null,
        readyMade = "needs",
        privacy = "confidential",
        closesAt = TimeProvider.System.GetUtcNow().AddDays(7),
    };

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

    /// <summary>A school year to begin.</summary>
    public static object Rollover => new { firstDay = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(30) };

    /// <summary>A student who joins from outside; another each time.</summary>
    public static object Admission => new
    {
        familyName = "周",
        givenName = "新来",
        number = $"{Guid.CreateVersion7():N}"[^12..],
        birthDate = "2016-05-01",
        firstDay = Day(0),
    };

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

    /// <summary>A file for a student's archive.</summary>
    public static Upload File(params (string Name, string Value)[] fields) =>
        new("%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF"u8.ToArray(), "通知.pdf", [("kind", "document"), .. fields]);

    /// <summary>Puts a file into a child's archive, as the counselor.</summary>
    public async Task<Guid> AttachAsync(Node child, params (string Name, string Value)[] fields)
    {
        var add = Call.Post(
            $"/api/archives/districts/{child.Up(PlaceKind.District).Id}/students/{child.Id}/attachments", File(fields));
        var added = IdOf(await installation.DoAsync("archives", add, await TokenAsync(Role.Counselor, child.Up(PlaceKind.School))));
        Marks.Add(new Mark(added, child, Downwards: false));
        return added;
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

    /// <summary>A request for the erasure of a child's data, by whoever may ask.</summary>
    public static object ErasureOf(Node child) => new { matter = "erasure", guardianId = child.Person };

    /// <summary>Why nothing is erased.</summary>
    public static object Hold => new { reason = "诉讼" };

    /// <summary>A consent of a child's guardian.</summary>
    public static object ConsentOf(Node child) => new { purpose = "photos", textVersion = 1, given = true, guardianId = child.Person };

    /// <summary>A correction that a child's guardian asks for.</summary>
    public static object CorrectionOf(Node child) => new { field = "birthDate", text = "应为 2017-01-16", guardianId = child.Person };

    /// <summary>Asks for the erasure of a child's data.</summary>
    public async Task<Guid> AskForErasureAsync(Node child)
    {
        await RefuseErasuresAsync();
        var made = await installation.DoAsync(
            "archives", Call.Post($"{PathOf(child)}/personal-data-requests", ErasureOf(child)), await TokenAsync(Role.Guardian, child));
        Marks.Add(new Mark(IdOf(made), child, Downwards: false));
        return IdOf(made);
    }

    /// <summary>Once: asks for the erasure of one kind of <see cref="Schoolmate"/>'s data, which the law keeps.</summary>
    public Task KeepByLawAsync() => keptByLaw ??= KeepAsync(Schoolmate);

    private async Task KeepAsync(Node child)
    {
        await RefuseErasuresAsync();
        var ask = new { matter = "erasure", kinds = new[] { "surveys" }, guardianId = child.Person };
        var made = await installation.DoAsync(
            "archives", Call.Post($"{PathOf(child)}/personal-data-requests", ask), await TokenAsync(Role.Guardian, child));
        Marks.Add(new Mark(IdOf(made), child, Downwards: false));
        var keptUntil = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime).AddYears(1);
        await installation.DoAsync(
            "archives",
            Call.Post(
                $"/api/archives/districts/{District.Id}/personal-data-requests/{IdOf(made)}/decision",
                new { granted = false, reason = "keptByLaw", keptUntil }),
            await TokenAsync(Role.DistrictAdmin, District));
        foreach (var service in (string[])["archives", "visits", "surveys", "activities", "messages"])
        {
            await using var database = NpgsqlDataSource.Create(installation.Database(service));
            (await Eventually.GetAsync(
                async () =>
                {
                    await using var known = database.CreateCommand(
                        $"SELECT EXISTS (SELECT FROM platform.restricted_student WHERE request_id = '{IdOf(made)}')");
                    return await known.ExecuteScalarAsync() is true;
                },
                known => known)).ShouldBeTrue(service);
        }
    }

    /// <summary>Refuses what was asked for the same way before: it is asked for once at a time.</summary>
    public async Task RefuseErasuresAsync()
    {
        var admin = await TokenAsync(Role.DistrictAdmin, District);
        var requests = $"/api/archives/districts/{District.Id}/personal-data-requests";
        foreach (var open in Items(await installation.DoAsync("archives", Call.Get(requests + "?size=500"), admin)))
        {
            if (open.GetProperty("state").GetString() == "asked")
            {
                await installation.DoAsync(
                    "archives", Call.Post($"{requests}/{IdOf(open)}/decision", new { granted = false, reason = "repeated" }), admin);
            }
        }
    }

    /// <summary>Asks for a correction about a child.</summary>
    public async Task<Guid> AskForCorrectionAsync(Node child)
    {
        var made = await installation.DoAsync(
            "archives", Call.Post($"{PathOf(child)}/corrections", CorrectionOf(child)), await TokenAsync(Role.Guardian, child));
        Marks.Add(new Mark(IdOf(made), child, Downwards: false));
        return IdOf(made);
    }

    /// <summary>Sends something for the district's administrator, whether it succeeds or was done already.</summary>
    public async Task TryAsync(Call call) =>
        await installation.SendAsync("archives", call, await TokenAsync(Role.DistrictAdmin, District));

    /// <summary>The query of an export of the whole audit.</summary>
    public const string AllTimes = "from=2026-01-01T00:00:00Z&to=2126-01-01T00:00:00Z";

    /// <summary>
    /// Six families in two schools: two in each of three classes; and a teacher without a class. The term has begun and goes on for months.
    /// </summary>
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
                TestRoster.Adult("A5", "S1", "teacher"),
            ])
            .Remove("enrollments.csv", "E8", "E9", "E10", "E11", "E12")
            .Add("enrollments.csv", "E8,,,C2,S1,A2,teacher,true,,", "E9,,,C3,S2,A4,teacher,true,,");

        static string SchoolOf(string pupil) => pupil is "P5" or "P6" ? "S2" : "S1";
    }

    /// <summary>The items of a page.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement page) => page.GetProperty("items").EnumerateArray();

    private static Guid IdOf(JsonElement body) => body.GetProperty("id").GetGuid();

    // Handed over to the class's teacher, and on leave in two months.
    private async Task PassTimeAsync(Node child)
    {
        var (district, school) = (child.Up(PlaceKind.District), child.Up(PlaceKind.School));
        var admin = await TokenAsync(Role.SchoolAdmin, school);
        var handovers = Items(await installation.DoAsync("archives", Call.Get($"/api/archives/schools/{school.Id}/handovers"), admin));
        Handover = IdOf(handovers.Single(row => row.GetProperty("studentId").GetGuid() == child.Id));
        Marks.Add(new Mark(Handover, child, Downwards: false));
        var firstDay = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(59);
        var leave = Call.Post($"/api/archives/districts/{district.Id}/students/{child.Id}/transfers", new { kind = "leave", firstDay });
        Transfer = IdOf(await installation.DoAsync("archives", leave, admin));
        Marks.Add(new Mark(Transfer, child, Downwards: false));
    }

    // Booked, answered, held, recorded, asked, and an account for the guardian.
    private static string PathOf(Node child) =>
        $"/api/archives/districts/{child.Up(PlaceKind.District).Id}/students/{child.Id}";

    // A copy that every service has answered for, a consent, a correction and a hold.
    private async Task UseRightsOfAsync(Node child)
    {
        var guardian = await TokenAsync(Role.Guardian, child);
        var admin = await TokenAsync(Role.DistrictAdmin, child.Up(PlaceKind.District));
        var copy = Call.Post($"{PathOf(child)}/personal-data-requests", new { matter = "copy" });
        DataRequest = IdOf(await installation.DoAsync("archives", copy, guardian));
        Marks.Add(new Mark(DataRequest, child, Downwards: false));
        await installation.DoAsync("archives", Call.Post($"{PathOf(child)}/consents", ConsentOf(child)), guardian);
        Correction = await AskForCorrectionAsync(child);
        var hold = await installation.DoAsync("archives", Call.Post($"{PathOf(child)}/legal-hold", Hold), admin);
        Marks.Add(new Mark(IdOf(hold), child, Downwards: false));
        var read = Call.Get($"/api/archives/districts/{child.Up(PlaceKind.District).Id}/personal-data-requests/{DataRequest}");
        var state = await Eventually.GetAsync(
            async () => (await installation.DoAsync("archives", read, guardian)).GetProperty("state").GetString(), s => s == "ready");
        state.ShouldBe("ready");
    }

    private async Task TellStoryOfAsync(Node child)
    {
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        var admin = await TokenAsync(Role.DistrictAdmin, child.Up(PlaceKind.District));
        var colleague = await ColleagueAsync(child);
        Visit = await ScheduleAsync(child, past: false, colleague);
        var confirm = Call.Post($"/api/visits/{Visit}/answer", new { answer = "confirm" });
        await installation.DoAsync("visits", confirm, await TokenAsync(Role.Guardian, child));
        var handed = await installation.DoAsync("visits", Call.Get($"/api/visits/{Visit}/answer-link"), teacher);
        VisitLink = handed.GetProperty("url").Deserialize<Uri>()!.PathAndQuery;

        await PrepareAsync(child, colleague);
        Plan = await PlanAsync(child.Parent!);

        CompletedVisit = await ScheduleAsync(child, past: true);
        await installation.DoAsync("visits", Call.Post($"/api/visits/{CompletedVisit}/complete", Record), teacher);
        var open = Call.Get($"/api/surveys/invitations?visitId={CompletedVisit}");
        var surveys = await Eventually.GetAsync(
            async () => Items(await installation.DoAsync("surveys", open, admin)).ToArray(), found => found.Length > 0);
        var survey = surveys.ShouldHaveSingleItem();
        Marks.Add(new Mark(IdOf(survey), child, Downwards: false));
        await installation.DoAsync(
            "surveys", Call.Post(survey.GetProperty("url").Deserialize<Uri>()!.PathAndQuery, SurveyAnswers), null);
        // The link by which the family changes its answer: the one that is handed out answers once.
        var mine = await installation.DoAsync(
            "surveys", Call.Get("/api/surveys/mine"), await TokenAsync(Role.Guardian, child));
        SurveyLink = mine.EnumerateArray().Single(own => IdOf(own) == IdOf(survey)).GetProperty("url").Deserialize<Uri>()!.PathAndQuery;
        var asks = await TokenAsync(Role.MoralEducationOfficer, child.Up(PlaceKind.School));
        SurveyDesign = IdOf(await installation.DoAsync(
            "surveys", Call.Post("/api/surveys/definitions", DesignOf(child.Up(PlaceKind.School))), asks));
        Marks.Add(new Mark(SurveyDesign, child.Up(PlaceKind.School), Downwards: true)); // a teacher may open it for the class
        SurveyRound = IdOf(await installation.DoAsync("surveys", Call.Post("/api/surveys/rounds", RoundOf(child.Parent!)), asks));
        Marks.Add(new Mark(SurveyRound, child.Parent!, Downwards: true)); // families find it
        await Eventually.GetAsync(
            async () => Items(await installation.DoAsync("surveys", Call.Get($"/api/surveys/invitations?roundId={SurveyRound}"), admin)).Any(),
            invited => invited);
        Post = await NotifyAsync(child);

        var students = $"/api/archives/districts/{child.Up(PlaceKind.District).Id}";
        var counselor = await TokenAsync(Role.Counselor, child.Up(PlaceKind.School));
        Item = IdOf(await installation.DoAsync("archives", Call.Post($"{students}/students/{child.Id}/sensitive-items", Note), counselor));
        var read = await installation.DoAsync(
            "archives", Call.Post($"{students}/sensitive-items/{Item}/emergency-reads", Crisis), counselor);
        EmergencyRead = read.GetProperty("readId").GetGuid();
        Marks.Add(new Mark(Item, child, Downwards: false));
        Attachments = (await AttachAsync(child, ("forFamily", "true")), await AttachAsync(child, ("sensitiveKind", "medicalHistory")));
        Marks.Add(new Mark(EmergencyRead, child, Downwards: false));
        Access = await AskAsync(child);
        await TellFamilyOfAsync(child);
        await SupportAsync(child);
        await ArrangeVisitsOfAsync(child);
        await KeepTimesOfAsync(child);
        await KeepLedgerOfAsync(child);
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

    // What is written before a visit, by all who write then.
    private async Task PrepareAsync(Node child, Guid colleague)
    {
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        var school = child.Up(PlaceKind.School);
        var counselor = await installation.TokenAsync(
            new Grant(Role.Counselor, colleague, child.Up(PlaceKind.District).Id, school.Id, null, null));
        foreach (var (path, body, token) in new[]
        {
            ("outline", Outline, teacher), ("draft", Draft, teacher), ("note", JointNote, counselor),
            ("questions", Questions, await TokenAsync(Role.Guardian, child)),
        })
        {
            await installation.DoAsync("visits", Call.Put($"/api/visits/{Visit}/{path}", body), token);
        }
    }

    // Somebody of the school's staff who is not the class's teacher.
    private async Task<Guid> ColleagueAsync(Node child)
    {
        var school = child.Up(PlaceKind.School);
        var staff = Items(await installation.DoAsync(
            "archives", Call.Get($"/api/archives/schools/{school.Id}/staff"), await TokenAsync(Role.SchoolAdmin, school)));
        // Who comes along sees the visit: nobody whom the table says to see nothing of it.
        return staff.Select(row => row.GetProperty("staffId").GetGuid())
            .First(id => id != child.Parent!.Person && id != Schoolmate.Parent!.Person);
    }

    // When the teacher of a child and its family have no time, and the teacher's calendar.
    private async Task KeepTimesOfAsync(Node child)
    {
        var school = $"/api/visits/schools/{child.Up(PlaceKind.School).Id}";
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        var timetable = $"staffId,weekday,from,to,firstDay,lastDay\n{child.Parent!.Person},2,08:00,09:00,2026-09-01,2027-01-20\n";
        await installation.DoAsync("visits", Call.Post($"{school}/busy-hours", Encoding.UTF8.GetBytes(timetable)), teacher);
        await installation.DoAsync(
            "visits", Call.Put($"{school}/staff/{child.Parent!.Person}/busy-calendars/x", BusyCalendar), teacher);
        await installation.DoAsync("visits", Call.Put($"{school}/students/{child.Id}/family-times", NoTimes), teacher);
        await installation.DoAsync("visits", Call.Post($"{school}/calendar-feed", new { }), teacher);
        var far = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(300); // when nothing is appointed
        Substitution = IdOf(await installation.DoAsync(
            "visits",
            Call.Post($"{school}/substitutions", new
            {
                teacherId = child.Parent!.Person,
                substituteId = await ColleagueAsync(child),
                startsOn = far,
                endsOn = far,
            }),
            await TokenAsync(Role.SchoolAdmin, child.Up(PlaceKind.School))));
        Marks.Add(new Mark(Substitution, child.Up(PlaceKind.School), Downwards: false));
    }

    /// <summary>What is no reply of a calendar.</summary>
    public static byte[] NoReply => "BEGIN:VCALENDAR\n"u8.ToArray();

    // What is special about the visits to a child, and the programme of its school.
    private async Task ArrangeVisitsOfAsync(Node child)
    {
        var school = child.Up(PlaceKind.School);
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        await installation.DoAsync("visits", Call.Put($"/api/visits/settings/{child.Id}", new { weekendsOnly = true }), teacher);
        await installation.DoAsync(
            "visits", Call.Put($"/api/visits/programmes/{school.Id}/{Term}", Programme),
            await TokenAsync(Role.MoralEducationOfficer, school));
    }

    /// <summary>A programme of visits.</summary>
    public static object Programme => new
    {
        title = "全校家访工作方案",
        quotas = new[] { new { week = 1, sharePercent = 100 } },
        themes = new[] { "习惯" },
        phases = Array.Empty<object>(),
        prompts = Array.Empty<string>(),
    };

    // What is written about contacts with a child's family, and what officers make of records.
    private async Task KeepLedgerOfAsync(Node child)
    {
        var school = child.Up(PlaceKind.School);
        var officer = await TokenAsync(Role.MoralEducationOfficer, school);
        Contact = await LogAsync(child);
        FollowUp = await FollowUpAsync(child);
        Dispute = await DisputeAsync(child);
        SpotCheck = IdOf(await installation.DoAsync("visits", Call.Post("/api/visits/spot-checks", CheckOf(school)), officer));
        Marks.Add(new Mark(SpotCheck, school, Downwards: true)); // a teacher's results name it
        await installation.DoAsync(
            "visits", Call.Put($"/api/visits/spot-checks/{SpotCheck}/records/{CompletedVisit}", Excellent), officer);
        ExcellentCase = await ConsentedCaseAsync(child);
        await installation.DoAsync("visits", Call.Post($"/api/visits/spot-checks/cases/{ExcellentCase}/share", new { }), officer);
    }

    // What is known of a child's family, and what its guardian said in the intake survey: sealed by Surveys, opened by Archives.
    private async Task TellFamilyOfAsync(Node child)
    {
        var (district, school) = (child.Up(PlaceKind.District).Id, child.Up(PlaceKind.School).Id);
        var path = $"/api/archives/districts/{district}/students/{child.Id}";
        var teacher = await TokenAsync(Role.HomeroomTeacher, child.Parent!);
        await installation.DoAsync("archives", Call.Put($"{path}/family", FamilyOf(child)), teacher);
        await installation.DoAsync("archives", Call.Put($"{path}/care-needs", CareNeeds), teacher);
        Restriction = await RestrictAsync(child);

        var answer = Guid.CreateVersion7();
        var content = await installation.Services["surveys"].Provider.GetRequiredService<KeyVault>().SealAsync(
            new Subject(district, school, child.Id), new Place(FamilyIntake.Table, FamilyIntake.Column, answer),
            JsonSerializer.SerializeToUtf8Bytes(new FamilyIntake(Worries: "写作业拖拉"), Json.Options), CancellationToken.None);
        await using var broker = await RawBroker.ConnectAsync(installation.RabbitMq);
        await broker.PublishAsync(new FamilyIntakeAnswered(
            district, school, answer, 1, TimeProvider.System.GetUtcNow(), child.Id, child.Person!.Value, content!));
        var said = await Eventually.GetAsync(
            async () => (await installation.DoAsync("archives", Call.Get($"{path}/archive"), teacher)).GetProperty("intakes"),
            intakes => intakes.GetArrayLength() > 0);
        said[0].GetProperty("said").GetProperty("worries").GetString().ShouldBe("写作业拖拉");
    }

    /// <summary>Records a document against the guardian of a child, as the school's vice principal.</summary>
    public async Task<Guid> RestrictAsync(Node child)
    {
        var guardian = $"/api/archives/districts/{child.Up(PlaceKind.District).Id}/students/{child.Id}/guardians/{child.Person}";
        var restriction = IdOf(await installation.DoAsync(
            "archives", Call.Post($"{guardian}/restrictions", PoliceDocument), await TokenAsync(Role.VicePrincipal, child.Up(PlaceKind.School))));
        Marks.Add(new Mark(restriction, child, Downwards: false));
        return restriction;
    }

    /// <summary>A document that withholds what no example is about.</summary>
    public static object PoliceDocument => new
    {
        kind = "policeDocument",
        number = "文书1号",
        withheld = new[] { "pickUp" },
        startsOn = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime),
    };

    /// <summary>Facts of a child's family.</summary>
    public static object FamilyOf(Node child) =>
        new { structure = "threeGenerations", adults = new[] { new { guardianId = child.Person, occupation = "教师" } } };

    /// <summary>Needs of a child.</summary>
    public static object CareNeeds => new { needs = new[] { new { kind = "allergy", text = "花生" } } };

    // Tiers, scores, homework, what draws attention, a plan with a tick, watching with a task, support.
    private async Task SupportAsync(Node child)
    {
        var (district, school, @class) = (child.Up(PlaceKind.District), child.Up(PlaceKind.School), child.Parent!);
        var (ofDistrict, ofSchool) = ($"/api/archives/districts/{district.Id}", $"/api/archives/schools/{school.Id}");
        var teacher = await TokenAsync(Role.HomeroomTeacher, @class);
        await DoAsync(Call.Put($"{ofDistrict}/students/{child.Id}/needs", Struggling), teacher);
        await DoAsync(Call.Post($"{ofSchool}/scores", ScoresOf(child)), teacher);
        await DoAsync(
            Call.Post($"{ofSchool}/classes/{@class.Id}/homework", new { subject = "数学", dueOn = Day(-1), missed = new[] { child.Id } }), teacher);
        Attention = await NoteAsync(child);
        var terms = await DoAsync(Call.Get($"{ofDistrict}/terms"), teacher);
        Term = IdOf(Items(terms).MinBy(term => term.GetProperty("endsOn").GetString(), StringComparer.Ordinal));
        var outcomes = await DoAsync(Call.Get($"{ofSchool}/outcomes?termId={Term}&size=500"), teacher);
        Outcome = IdOf(Items(outcomes).First(item => item.GetProperty("studentId").GetGuid() == child.Id));
        Marks.Add(new Mark(Outcome, child, Downwards: false));

        RunningPlan = await DraftAsync(child);
        await DoAsync(Call.Post($"{ofDistrict}/plans/{RunningPlan}/begin", new { agreedBy = "paper" }), teacher);
        await DoAsync(Call.Put($"{ofDistrict}/plans/{RunningPlan}/marks/{Day(0)}", new { }), teacher);
        Watch = await WatchAsync(child);
        StudentTask = IdOf(await DoAsync(
            Call.Post($"{ofDistrict}/watch/{Watch}/tasks", TaskOf(child)), await TokenAsync(Role.Counselor, school)));
        Marks.Add(new Mark(StudentTask, child, Downwards: false));
        Resource = await OfferAsync(child);
        Support = await AskForSupportAsync(child);
        await DoAsync(
            Call.Post($"{ofDistrict}/support/{Support}/refer", new { resourceId = Resource, shared = true }),
            await TokenAsync(Role.Counselor, school));

        Task<JsonElement> DoAsync(Call call, string token) => installation.DoAsync("archives", call, token);
    }

    /// <summary>A day near today, as it is written.</summary>
    public static string Day(int daysAhead) => DateOnly
        .FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime).AddDays(daysAhead)
        .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Needs of a child.</summary>
    public static object Struggling => new { reason = "成绩持续下降", academic = "struggling" };

    /// <summary>What everybody may note who may note anything.</summary>
    public static object FamilyChange => new { cause = "familyChange", note = "近期搬家" };

    /// <summary>A plan.</summary>
    public static object SmallGoal => new { kind = "smallGoal", goals = "每天读二十分钟", reviewOn = Day(30) };

    /// <summary>An entry of the watch list.</summary>
    public static object Watching => new { level = "notice", reviewOn = Day(7), why = "访谈" };

    /// <summary>A resource.</summary>
    public static object Library => new { kind = "library", name = "图书馆" };

    /// <summary>Scores of a child.</summary>
    public static object ScoresOf(Node child) =>
        new { kind = "monthly", heldOn = Day(-1), outOf = 100, subject = "数学", scores = new[] { new { studentId = child.Id, score = "88" } } };

    /// <summary>A task for the child's homeroom teacher.</summary>
    public static object TaskOf(Node child) => new { assigneeId = child.Parent!.Person, what = "每天观察", until = Day(9) };

    /// <summary>Notes a change in the child's family, as the class's teacher.</summary>
    public Task<Guid> NoteAsync(Node child) => MakeAsync(child, "attention", FamilyChange, Role.HomeroomTeacher);

    /// <summary>Drafts a plan, as the class's teacher.</summary>
    public Task<Guid> DraftAsync(Node child) => MakeAsync(child, "plans", SmallGoal, Role.HomeroomTeacher);

    /// <summary>Asks for support, as the class's teacher.</summary>
    public Task<Guid> AskForSupportAsync(Node child) => MakeAsync(child, "support", new { wish = "课后辅导" }, Role.HomeroomTeacher);

    /// <summary>Puts a child on the watch list.</summary>
    public Task<Guid> WatchAsync(Node child) => MakeAsync(child, "watch", Watching, Role.Counselor);

    /// <summary>Reports an emergency.</summary>
    public async Task<Guid> ReportAsync(Node child)
    {
        var report = Call.Post("/api/visits/emergencies", new { studentId = child.Id, kind = "gradeDrop", text = "成绩下降" });
        var emergency = IdOf(await installation.DoAsync("visits", report, await TokenAsync(Role.HomeroomTeacher, child.Parent!)));
        Marks.Add(new Mark(emergency, child, Downwards: false));
        return emergency;
    }

    /// <summary>Raises a crisis.</summary>
    public async Task<Guid> RaiseAsync(Node child)
    {
        var raise = Call.Post("/api/visits/crises", new { studentId = child.Id });
        var crisis = IdOf(await installation.DoAsync("visits", raise, await TokenAsync(Role.HomeroomTeacher, child.Parent!)));
        Marks.Add(new Mark(crisis, child, Downwards: false));
        return crisis;
    }

    // An emergency, a crisis, a visit at a special node, and a protected case that its lead has granted.
    private async Task KeepSafeAsync(Node child)
    {
        var (school, teacher) = (child.Up(PlaceKind.School), await TokenAsync(Role.HomeroomTeacher, child.Parent!));
        Emergency = await ReportAsync(child);
        RaisedCrisis = await RaiseAsync(child);
        var ask = Call.Post("/api/visits/priority-visits", new { studentId = child.Id, node = "entranceExam" });
        PriorityVisit = IdOf(await installation.DoAsync("visits", ask, teacher));
        Marks.Add(new Mark(PriorityVisit, child, Downwards: false));
        await installation.DoAsync(
            "visits", Call.Put($"/api/visits/duty-rosters/{school.Id}", new { days = Array.Empty<object>() }),
            await TokenAsync(Role.SchoolAdmin, school));

        var principal = await TokenAsync(Role.VicePrincipal, school);
        var lead = child.Parent!.Person!.Value;
        await installation.DoAsync("visits", Call.Put($"/api/visits/protection-leads/{school.Id}", new { staffIds = new[] { lead } }), principal);
        await installation.DoAsync(
            "visits", Call.Post("/api/visits/protected-cases", new { studentId = child.Id, kind = "neglect" }), teacher);
        var cases = await installation.DoAsync("visits", Call.Get("/api/visits/protected-cases"), teacher);
        var grant = new { caseId = IdOf(cases[0]), staffId = await ColleagueAsync(child), purpose = "评估", days = 7 };
        await installation.DoAsync("visits", Call.Post("/api/visits/protected-cases/grants", grant), teacher);
        // At the child's own school nobody is lead, so that the roles alone are tried there.
        if (school == Child.Up(PlaceKind.School))
        {
            await installation.DoAsync(
                "visits", Call.Put($"/api/visits/protection-leads/{school.Id}", new { staffIds = Array.Empty<Guid>() }), principal);
        }
    }

    /// <summary>A parent meeting of a class that has begun.</summary>
    public static object MeetingOf(Node @class) => new
    {
        classId = @class.Id,
        kind = "opening",
        startsAt = TimeProvider.System.GetUtcNow().AddMinutes(-5),
        location = "教室",
        agenda = new[] { "公约" },
    };

    /// <summary>A covenant.</summary>
    public static object Covenant => new { promises = new[] { "每天阅读二十分钟" } };

    /// <summary>A question about a child.</summary>
    public static object QuestionOf(Node child) => new { studentId = child.Id, text = "作业拖拉怎么办" };

    /// <summary>A parent class with a workshop, that soon.</summary>
    public static object LessonIn(TimeSpan time) => new
    {
        series = "亲子沟通",
        title = "积极倾听",
        lecturerKind = "expert",
        lecturer = "专家",
        startsAt = TimeProvider.System.GetUtcNow() + time,
        minutes = 300,
        methods = new[] { "积极倾听" },
        liveUrl = "https://live.school.example/1",
        seats = 1,
    };

    /// <summary>Where it is to be seen again.</summary>
    public static object Replay => new { url = "https://replay.school.example/1" };

    /// <summary>An activity for the families of a class, today and tomorrow.</summary>
    public static object FamilyActivityOf(Node @class) => new
    {
        schoolId = @class.Up(PlaceKind.School).Id,
        classId = @class.Id,
        kind = "communityService",
        title = "社区服务",
        startsOn = TodayInShanghai,
        endsOn = TodayInShanghai.AddDays(1),
    };

    /// <summary>A suggestion about it.</summary>
    public static object SuggestionOf(Node child) => new { studentId = child.Id, text = "希望安排在周末" };

    /// <summary>A committee of nobody's guardians.</summary>
    public static object Committee => new
    {
        members = Enumerable.Range(0, 3).Select(_ => new { guardianId = Guid.CreateVersion7(), role = "activityPlanning" }),
    };

    /// <summary>What a guardian offers.</summary>
    public static object ResourceOf(Node child) => new
    {
        studentId = child.Id,
        field = "safety",
        use = "careerDay",
        skill = "消防演练",
        consent = true,
    };

    /// <summary>A training at a school.</summary>
    public static object TrainingOf(Node school) =>
        new { schoolId = school.Id, @for = "teachers", topic = "privacy", title = "隐私保护", heldOn = TodayInShanghai };

    private static DateOnly TodayInShanghai => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().AddHours(8).DateTime);

    /// <summary>Plans an activity for the families of a class.</summary>
    public async Task<Guid> FamilyActivityAsync(Node @class)
    {
        var planned = IdOf(await installation.DoAsync(
            "activities", Call.Post("/api/activities/family-activities", FamilyActivityOf(@class)),
            await TokenAsync(Role.HomeroomTeacher, @class)));
        Marks.Add(new Mark(planned, @class, Downwards: true));
        return planned;
    }

    /// <summary>Suggests something about <see cref="FamilyActivity"/>, as a child's guardian.</summary>
    public async Task<Guid> SuggestionAsync(Node child)
    {
        var made = IdOf(await installation.DoAsync(
            "activities", Call.Post($"/api/activities/family-activities/{FamilyActivity}/suggestions", SuggestionOf(child)),
            await TokenAsync(Role.Guardian, child)));
        Marks.Add(new Mark(made, child, Downwards: false));
        return made;
    }

    /// <summary>Offers something, as a child's guardian.</summary>
    public async Task<Guid> ResourceAsync(Node child)
    {
        var offered = IdOf(await installation.DoAsync(
            "activities", Call.Post("/api/activities/resources", ResourceOf(child)), await TokenAsync(Role.Guardian, child)));
        Marks.Add(new Mark(offered, child, Downwards: false));
        return offered;
    }

    /// <summary>A code with which one checks in to <see cref="Meeting"/> now.</summary>
    public async Task<string> MeetingCodeAsync() => (await installation.DoAsync(
        "activities", Call.Post($"/api/activities/meetings/{Meeting}/code", new { }), await TokenAsync(Role.HomeroomTeacher, Class)))
        .GetProperty("code").GetString()!;

    /// <summary>The newest version of the covenant of <see cref="Class"/>.</summary>
    public async Task<long> CovenantVersionAsync() => (await installation.DoAsync(
        "activities", Call.Get($"/api/activities/classes/{Class.Id}/covenant"), await TokenAsync(Role.HomeroomTeacher, Class)))
        .GetProperty("version").GetInt64();

    /// <summary>A photo of <see cref="FamilyActivity"/> that shows a child.</summary>
    public Upload PhotoOf(Node child) => new(
        Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
        "photo.png", ("of", "familyActivity"), ("about", FamilyActivity.ToString()), ("studentIds", child.Id.ToString()));

    /// <summary>Adds such a photo, as the homeroom teacher.</summary>
    public Task<Guid> AddClassPhotoAsync() => AddClassPhotoAsync(Role.HomeroomTeacher, Class);

    /// <summary>Sends such a photo, as the child's guardian.</summary>
    public Task<Guid> SendClassPhotoAsync() => AddClassPhotoAsync(Role.Guardian, Child);

    private async Task<Guid> AddClassPhotoAsync(Role role, Node at)
    {
        var photo = IdOf(await installation.DoAsync(
            "activities", Call.Post($"/api/activities/classes/{Class.Id}/photos", PhotoOf(Child)), await TokenAsync(role, at)));
        Marks.Add(new Mark(photo, Class, Downwards: true));
        return photo;
    }

    /// <summary>Plans a parent class of <see cref="School"/> that is still to come.</summary>
    public async Task<Guid> LessonAsync()
    {
        var lesson = IdOf(await installation.DoAsync(
            "activities", Call.Post($"/api/activities/schools/{School.Id}/parent-classes", LessonIn(TimeSpan.FromDays(1))),
            await TokenAsync(Role.MoralEducationOfficer, School)));
        Marks.Add(new Mark(lesson, School, Downwards: true));
        return lesson;
    }

    /// <summary>Asks a question about a child, as its guardian.</summary>
    public async Task<Guid> QuestionAsync(Node child)
    {
        var question = IdOf(await installation.DoAsync(
            "activities", Call.Post("/api/activities/questions", QuestionOf(child)), await TokenAsync(Role.Guardian, child)));
        Marks.Add(new Mark(question, child, Downwards: false));
        return question;
    }

    // What the child's class and school and its family did together.
    private async Task MeetAsync(Node child)
    {
        var (@class, school) = (child.Parent!, child.Up(PlaceKind.School));
        var teacher = await TokenAsync(Role.HomeroomTeacher, @class);
        var officer = await TokenAsync(Role.MoralEducationOfficer, school);
        var guardian = await TokenAsync(Role.Guardian, child);
        // The roster reaches Activities a moment after it was confirmed.
        var planned = await Eventually.GetAsync(
            () => installation.SendAsync("activities", Call.Post("/api/activities/meetings", MeetingOf(@class)), teacher),
            answer => answer.IsSuccess);
        Meeting = IdOf(planned.ToJson());
        Marks.Add(new Mark(Meeting, @class, Downwards: true));
        await DoAsync(teacher, Call.Post($"/api/activities/meetings/{Meeting}/attendance", new { studentIds = new[] { child.Id } }));
        await DoAsync(teacher, Call.Put($"/api/activities/classes/{@class.Id}/covenant", Covenant));
        await DoAsync(guardian, Call.Post($"/api/activities/classes/{@class.Id}/covenant/signatures", new { version = 1 }));
        Question = await QuestionAsync(child);
        Topic = IdOf(await DoAsync(officer, Call.Post(
            $"/api/activities/schools/{school.Id}/topics", new { title = "作业", questionIds = new[] { Question } })));
        Marks.Add(new Mark(Topic, school, Downwards: true));
        await DoAsync(guardian, Call.Put($"/api/activities/topics/{Topic}/vote", new { }));
        FamilyActivity = await FamilyActivityAsync(@class);
        var activity = $"/api/activities/family-activities/{FamilyActivity}";
        await DoAsync(guardian, Call.Put($"{activity}/sign-ups/{child.Id}", new { }));
        await DoAsync(guardian, Call.Post($"{activity}/check-ins", new { studentId = child.Id }));
        await DoAsync(guardian, Call.Put($"{activity}/reflections/{child.Id}", new { text = "很有意义" }));
        await SuggestionAsync(child);
        await ResourceAsync(child);
        // So does the consent to photos.
        var added = await Eventually.GetAsync(
            () => installation.SendAsync("activities", Call.Post($"/api/activities/classes/{@class.Id}/photos", PhotoOf(child)), teacher),
            answer => answer.IsSuccess);
        ClassPhoto = IdOf(added.ToJson());
        Marks.Add(new Mark(ClassPhoto, @class, Downwards: true));
        var term = child == Child ? Term : planned.ToJson().GetProperty("termId").GetGuid(); // Term is of the child's district
        await DoAsync(teacher, Call.Put(
            $"/api/activities/classes/{@class.Id}/handbooks/{term}", new { items = Array.Empty<object>(), forFamilies = true }));

        Training = IdOf(await DoAsync(officer, Call.Post("/api/activities/trainings", TrainingOf(school))));
        Marks.Add(new Mark(Training, school, Downwards: false));
        await DoAsync(officer, Call.Put($"/api/activities/trainings/{Training}/roll", new { staffIds = new[] { @class.Person } }));
        await DoAsync(teacher, Call.Post(
            "/api/activities/development-notes", new { schoolId = school.Id, kind = "book", text = "读后感" }));
        await LeaveCommitteeMemberAsync(child);
        Lesson = await PlanAsync(TimeSpan.FromDays(1));
        LiveLesson = await PlanAsync(TimeSpan.FromMinutes(-5));
        await DoAsync(officer, Call.Put($"/api/activities/parent-classes/{LiveLesson}/replay", Replay));
        await DoAsync(guardian, Call.Post($"/api/activities/parent-classes/{Lesson}/seat", new { }));
        await DoAsync(guardian, Call.Post($"/api/activities/parent-classes/{LiveLesson}/live", new { }));
        await DoAsync(guardian, Call.Post($"/api/activities/parent-classes/{LiveLesson}/methods/0/tried", new { }));

        Task<JsonElement> DoAsync(string token, Call call) => installation.DoAsync("activities", call, token);

        async Task<Guid> PlanAsync(TimeSpan time)
        {
            var lesson = IdOf(await DoAsync(
                officer, Call.Post($"/api/activities/schools/{school.Id}/parent-classes", LessonIn(time))));
            Marks.Add(new Mark(lesson, school, Downwards: true));
            return lesson;
        }
    }

    /// <summary>Offers a resource of the child's school.</summary>
    public async Task<Guid> OfferAsync(Node child)
    {
        var school = child.Up(PlaceKind.School);
        var offer = Call.Post($"/api/archives/schools/{school.Id}/support-resources", Library);
        var resource = IdOf(await installation.DoAsync("archives", offer, await TokenAsync(Role.Counselor, school)));
        Marks.Add(new Mark(resource, school, Downwards: true));
        return resource;
    }

    /// <summary>A notice to the families of a place.</summary>
    public static object NoticeOf(Node place) => new
    {
        districtId = place.Up(PlaceKind.District).Id,
        schoolId = place.Place == PlaceKind.District ? (Guid?)null : place.Up(PlaceKind.School).Id,
        classId = place.Place == PlaceKind.Class ? place.Id : (Guid?)null,
        title = "家长会",
        text = "周五下午三点。",
        asksAnswer = true,
    };

    // A notice that the child's guardian has got and answered.
    private async Task<Guid> NotifyAsync(Node child)
    {
        await using var database = NpgsqlDataSource.Create(installation.Database("messages"));
        await Eventually.GetAsync(() => AnyAsync($"guardianship g JOIN enrolment USING (student_id) WHERE student_id = '{child.Id}'"), known => known);
        await Eventually.GetAsync(() => AnyAsync($"school WHERE school_id = '{child.Up(PlaceKind.School).Id}'"), known => known);
        var post = IdOf(await installation.DoAsync(
            "messages", Call.Post("/api/messages/posts", NoticeOf(child.Parent!)), await TokenAsync(Role.HomeroomTeacher, child.Parent!)));
        Marks.Add(new Mark(post, child.Parent!, Downwards: true)); // families read it
        await Eventually.GetAsync(() => AnyAsync($"receipt WHERE post_id = '{post}' AND student_id = '{child.Id}'"), sent => sent);
        await installation.DoAsync(
            "messages", Call.Put($"/api/messages/posts/{post}/answer", new { studentId = child.Id, text = "会来" }),
            await TokenAsync(Role.Guardian, child));
        await installation.DoAsync(
            "messages", Call.Put(ContactBookOf(child.Parent!), ContactBookSays), await TokenAsync(Role.HomeroomTeacher, child.Parent!));
        ContactEntry = IdOf(Items(await installation.DoAsync(
            "messages", Call.Get("/api/messages/contact-book"), await TokenAsync(Role.Guardian, child))).First());
        Marks.Add(new Mark(ContactEntry, child, Downwards: false));
        await installation.DoAsync(
            "messages", Call.Put($"/api/messages/contact-book/{ContactEntry}/reply", new { question = "读什么？" }),
            await TokenAsync(Role.Guardian, child));
        await installation.DoAsync(
            "messages", Call.Put("/api/messages/channel", new { channel = "inbox" }), await TokenAsync(Role.Guardian, child));
        await installation.DoAsync(
            "messages", Call.Put($"/api/messages/classes/{child.Parent!.Id}/robots/weCom", Robot),
            await TokenAsync(Role.HomeroomTeacher, child.Parent!));
        await FillGroupAsync(child, database);
        await Eventually.GetAsync(() => AnyAsync($"staff_post WHERE staff_id = '{child.Parent!.Person}'"), known => known);
        await installation.DoAsync(
            "messages", Call.Put("/api/messages/off-hours", Hours), await TokenAsync(Role.HomeroomTeacher, child.Parent!));
        DeadLetter = await LetterAsync("Dead");
        SentLetter = await LetterAsync("Sent");
        return post;

        // No request makes one that is dead: a server must refuse it.
        async Task<Guid> LetterAsync(string state)
        {
            var id = Guid.CreateVersion7();
            await using var send = database.CreateCommand(
                """
                INSERT INTO delivery (school_id, id, district_id, guardian_id, student_ids, notification_ids, kind, channel, state, urgent,
                    put_off, due_at, attempts, reason, created_at)
                VALUES ($1, $2, $3, $4, ARRAY[$5], '{}', 'Notice', 'Email', $6, false, false, now(), 8, 'a test', now())
                """);
            foreach (var value in (object[])[
                child.Up(PlaceKind.School).Id, id, child.Up(PlaceKind.District).Id, child.Person!.Value, child.Id, state])
            {
                send.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            await send.ExecuteNonQueryAsync();
            Marks.Add(new Mark(id, child, Downwards: false));
            return id;
        }

        async Task<bool> AnyAsync(string rows)
        {
            await using var ask = database.CreateCommand($"SELECT EXISTS (SELECT FROM {rows})");
            return await ask.ExecuteScalarAsync() is true;
        }
    }

    /// <summary>The child's guardian acknowledges the newest rules of the class's group.</summary>
    /// <returns>Their version.</returns>
    public async Task<long> AcknowledgeAsync(Node child)
    {
        var (rules, token) = (GroupOf(child.Parent!) + "/rules", await TokenAsync(Role.Guardian, child));
        var version = (await installation.DoAsync("messages", Call.Get(rules), token)).GetProperty("version").GetInt64();
        await installation.DoAsync("messages", Call.Post(rules + "/acknowledgements", new { version }), token);
        return version;
    }

    private async Task FillGroupAsync(Node child, NpgsqlDataSource database)
    {
        var (group, @class) = (GroupOf(child.Parent!), child.Parent!);
        var (teacher, guardian) = (await TokenAsync(Role.HomeroomTeacher, @class), await TokenAsync(Role.Guardian, child));
        await installation.DoAsync("messages", Call.Put(group + "/rules", new { lines = new[] { "不发广告" } }), teacher);
        await AcknowledgeAsync(child);
        await installation.DoAsync("messages", Call.Put(group + "/cadence", new { kinds = new[] { "highlight" } }), teacher);
        var highlight = new { kind = "highlight", text = "今天很专心。", studentIds = new[] { child.Id } };
        Marks.Add(new Mark(IdOf(await installation.DoAsync("messages", Call.Post(group + "/posts", highlight), teacher)), @class, Downwards: true));
        GroupPost = IdOf(await installation.DoAsync(
            "messages", Call.Post(group + "/posts", new { kind = "talk", text = "气死我了" }), guardian));
        Marks.Add(new Mark(GroupPost, @class, Downwards: true));
        await installation.DoAsync(
            "messages", Call.Post($"{group}/posts/{GroupPost}/decisions", new { kind = "stop", reason = "betterPrivately" }), teacher);
        PrivateMessage = IdOf(await installation.DoAsync(
            "messages", Call.Post("/api/messages/private-messages", new { studentId = child.Id, text = "请留意" }), guardian));
        Marks.Add(new Mark(PrivateMessage, child, Downwards: false));
        // A committee has three members at least, and no class here has so many families.
        await using var volunteer = database.CreateCommand(
            """
            WITH committee AS (
                INSERT INTO group_committee (school_id, class_id, district_id, version) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING),
            consent AS (
                INSERT INTO photo_consent (student_id, district_id, given, version) VALUES ($5, $3, true, 1) ON CONFLICT DO NOTHING)
            INSERT INTO group_moderator (school_id, class_id, guardian_id, student_id, district_id) VALUES ($1, $2, $4, $5, $3)
            """);
        foreach (var id in (Guid[])[@class.Up(PlaceKind.School).Id, @class.Id, child.Up(PlaceKind.District).Id, child.Person!.Value, child.Id])
            volunteer.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await volunteer.ExecuteNonQueryAsync();
    }

    private async Task<Guid> MakeAsync(Node child, string what, object body, Role role)
    {
        var make = Call.Post($"/api/archives/districts/{child.Up(PlaceKind.District).Id}/students/{child.Id}/{what}", body);
        var place = role == Role.HomeroomTeacher ? child.Parent! : child.Up(PlaceKind.School);
        var made = IdOf(await installation.DoAsync("archives", make, await TokenAsync(role, place)));
        Marks.Add(new Mark(made, child, Downwards: false));
        return made;
    }

    // Districts and schools that have decided for themselves, import something, and look at their audits.
    private async Task DecideAsync()
    {
        foreach (var district in new[] { OtherDistrict.Up(PlaceKind.District), District })
        {
            var admin = await TokenAsync(Role.DistrictAdmin, district);
            await installation.DoAsync("surveys", Call.Put($"/api/surveys/policies/{district.Id}", new { daysOpen = 8 }), admin);
            await installation.DoAsync("messages", Call.Put($"/api/messages/policies/{district.Id}", new { timelyHours = 24 }), admin);
            foreach (var service in installation.Services.Keys)
                await installation.DoAsync(service, Call.Get($"/api/{service}/operations/audit/export?{AllTimes}"), admin);
            var archives = $"/api/archives/districts/{district.Id}";
            await installation.DoAsync("archives", Call.Put($"{archives}/sensitive-policy", SensitivePolicy), admin);
            await installation.DoAsync("archives", Call.Put($"{archives}/need-policy", new { }), admin);
            await installation.DoAsync("archives", Call.Put($"{archives}/personal-data-policy", new { copyDays = 5 }), admin);
            await installation.DoAsync("archives", Call.Put($"{archives}/consent-purposes", new { }), admin);
            await installation.DoAsync("archives", Call.Put($"{archives}/retention/policy", new { }), admin);
            Case = IdOf(await installation.DoAsync("archives", Call.Post($"{archives}/compliance-cases", Assessment), admin));
            Marks.Add(new Mark(Case, district, Downwards: false));
            // It waits to be confirmed, with a change to show and a mistake.
            Import = await ImportAsync(
                district, Roster().Remove("enrollments.csv", "E6").Add("enrollments.csv", "E10,,,C1,S1,nobody,student,,,"));
            Marks.Add(new Mark(Import, district, Downwards: false));
            foreach (var node in new[] { district, OtherDistrict.Up(PlaceKind.School), OtherSchool.Up(PlaceKind.School), School })
            {
                var decide = Call.Put($"/api/visits/policies/{node.Id}", VisitPolicy);
                if (district.Covers(node))
                {
                    await installation.DoAsync("activities", Call.Put($"/api/activities/policies/{node.Id}", new { }), admin);
                    await installation.DoAsync("visits", decide, admin);
                    await installation.DoAsync(
                        "visits", Call.Put($"/api/visits/calendars/{node.Id}", new { days = Array.Empty<object>() }), admin);
                }
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

    // Of a transfer some time ago: the service itself would find none here.
    private async Task LeaveStrandedAsync()
    {
        await using var database = NpgsqlDataSource.Create(installation.Database("visits"));
        foreach (var child in new[] { Child, OtherSchool, OtherDistrict })
        {
            await using var leave = database.CreateCommand(
                """
                INSERT INTO stranded_visit (school_id, visit_id, district_id, noticed_at, ended_at)
                VALUES ($1, $2, $3, now(), now())
                """);
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.School).Id });
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.District).Id });
            await leave.ExecuteNonQueryAsync();
        }
    }

    // What some families answered anonymously, and a class that came from a school that is no more: no request shows one of them.
    private async Task LeaveAnonymousAnswersAsync()
    {
        await using var database = NpgsqlDataSource.Create(installation.Database("surveys"));
        foreach (var child in new[] { Child, OtherSchool, OtherDistrict })
        {
            await using var leave = database.CreateCommand(
                """
                WITH staged AS (INSERT INTO staged_answer (school_id, id, district_id, batch_id, content) VALUES ($1, $2, $3, $2, '')),
                    moved AS (INSERT INTO moved_class (from_school_id, from_class_id, district_id, school_id, class_id, version)
                        VALUES ($2, $2, $3, $1, $4, 1)),
                    counted AS (INSERT INTO cell_count (school_id, round_id, class_id, question_id, option, district_id, shown)
                        VALUES ($1, $2, $4, 'q', '1', $3, 5))
                INSERT INTO anonymous_answer (school_id, id, district_id, round_id, class_id, shown, content)
                VALUES ($1, $2, $3, $2, $4, true, '')
                """);
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.School).Id });
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.District).Id });
            leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.Class).Id });
            await leave.ExecuteNonQueryAsync();
        }
    }

    // A committee has three members at least, and no class here has so many families. Its class sees who they are.
    private async Task LeaveCommitteeMemberAsync(Node child)
    {
        await using var database = NpgsqlDataSource.Create(installation.Database("activities"));
        await using var leave = database.CreateCommand(
            """
            WITH committee AS (
                INSERT INTO parent_committee (school_id, class_id, district_id, version) VALUES ($1, $2, $4, 1) ON CONFLICT DO NOTHING)
            INSERT INTO committee_member (school_id, class_id, guardian_id, district_id, student_id, role, since)
            VALUES ($1, $2, $3, $4, $5, 'ActivityPlanning', now())
            """);
        leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.School).Id });
        leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.Class).Id });
        leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
        leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Up(PlaceKind.District).Id });
        leave.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = child.Id });
        await leave.ExecuteNonQueryAsync();
    }

    private Node Keep(Node node, bool downwards)
    {
        Marks.Add(new Mark(node.Id, node, downwards));
        return node;
    }
}
