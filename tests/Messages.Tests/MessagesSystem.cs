using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// One test sets the clock that all share.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(HomeSchool.Messages.Tests.MessagesSystem))]

namespace HomeSchool.Messages.Tests;

/// <summary>The Messages service with a database and a broker of its own, shared by all tests; each test makes a school of its
/// own.</summary>
public sealed class MessagesSystem : IAsyncLifetime
{
    private Servers servers = null!;
    private TestIdentity identity = null!;
    private Host host = null!;
    private Dictionary<string, string> settings = [];

    /// <summary>Where letters go; <see langword="null"/> where no SMTP server is installed.</summary>
    public SmtpPeer? Smtp { get; private set; }

    /// <summary>The providers of text messages, of WeCom's messages and of robots.</summary>
    public Receiver Provider { get; private set; } = null!;

    /// <summary>What the service and the provider sign with.</summary>
    public static byte[] ProviderSecret { get; } = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    /// <summary>The service's database, past row-level security.</summary>
    public string Database { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        servers = await Servers.StartAsync();
        identity = await TestIdentity.StartAsync();
        Database = await servers.CreateDatabaseAsync();
        Smtp = await SmtpPeer.StartAsync();
        Provider = await Receiver.StartAsync();
        settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__messages-db"] = Database,
            ["ConnectionStrings__keys-db"] = await servers.CreateDatabaseAsync(),
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["services__identity__http__0"] = identity.Address,
            ["Keys__Master"] = "a test's master key, of no value to anybody",
            ["PublicUrl"] = "http://localhost",
            ["Delivery__Smtp__Host"] = "127.0.0.1",
            ["Delivery__Smtp__Port"] = (Smtp?.Port ?? 9).ToString(CultureInfo.InvariantCulture),
            ["Delivery__Smtp__Security"] = "None",
            ["Delivery__Smtp__From"] = "school@district.example",
            ["Delivery__Smtp__PatienceSeconds"] = "3",
            ["Delivery__Sms__Url"] = Provider.Address + "/sms",
            ["Delivery__Sms__Secret"] = Convert.ToBase64String(ProviderSecret),
            ["Delivery__PatienceSeconds"] = "3",
            ["Delivery__RobotRelay"] = Provider.Address,
            ["Outgoing__TrustedHosts"] = Provider.Authority,
        };
        await ServiceProcess.RunAsync(typeof(MessagesDb).Assembly.Location, "migrate", settings);
        host = new Host(settings);
        host.CreateClient().Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await Provider.DisposeAsync();
        Smtp?.Dispose();
        await identity.DisposeAsync();
        await servers.DisposeAsync();
    }

    /// <summary>How far the service's clock is ahead.</summary>
    public TimeSpan Ahead
    {
        get => host.Clock.Ahead;
        set => host.Clock.Ahead = value;
    }

    /// <summary>A client with the token of somebody with these roles; without any, one that is not signed in.</summary>
    public HttpClient As(params Grant[] grants)
    {
        var client = host.CreateClient();
        if (grants.Length > 0)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", identity.Token(grants));
        return client;
    }

    /// <summary>Delivers events through the broker, each as a message of its own, and waits for their effect.</summary>
    public Task PublishAsync(params IEvent[] events) => host.Services.DeliverAsync(Database, events);

    /// <summary>Another process of the service on the same database: it can be killed.</summary>
    public Task<ServiceProcess> StartReplicaAsync() => ServiceProcess.StartAsync(typeof(MessagesDb).Assembly.Location, settings);

    /// <summary>Runs a statement past row-level security.</summary>
    public async Task RunAsync(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>How many round trips to the database a piece of a test takes.</summary>
    public async Task<int> RoundTripsAsync(Func<Task> piece)
    {
        host.Server.PreserveExecutionContext = true;
        using var statements = Statements.Count();
        await piece();
        return statements.RoundTrips;
    }

    /// <summary>Asks the database directly, past row-level security.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = Command(connection, sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return command;
    }

    private sealed class Host(Dictionary<string, string> settings) : WebApplicationFactory<MessagesDb>
    {
        public ShiftedClock Clock { get; } = new();

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
            builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(Clock));
        }
    }

    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}

/// <summary>A child on roll and its guardians.</summary>
/// <param name="Student">The child.</param>
/// <param name="Guardians">The guardians.</param>
public sealed record Child(Guid Student, params Guid[] Guardians)
{
    /// <summary>The first of them.</summary>
    public Guid Guardian => Guardians[0];
}

/// <summary>A school with one class, and what happens in it.</summary>
public sealed class School(MessagesSystem system)
{
    private static readonly DateOnly Begin = new(2026, 9, 1);

    /// <summary>Its district.</summary>
    public Guid District { get; init; } = Guid.CreateVersion7();

    /// <summary>The school.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>Its class.</summary>
    public Guid Class { get; } = Guid.CreateVersion7();

    /// <summary>The class's teacher.</summary>
    public Grant Teacher => new(Role.HomeroomTeacher, Guid.CreateVersion7(), District, Id, Class, null);

    /// <summary>The school's officer.</summary>
    public Grant Officer => new(Role.MoralEducationOfficer, null, District, Id, null, null);

    /// <summary>The district's administrator.</summary>
    public Grant Admin => TestIdentity.DistrictAdmin(District);

    /// <summary>A guardian of a child.</summary>
    public Grant GuardianOf(Child child, int which = 0) =>
        new(Role.Guardian, child.Guardians[which], District, Id, Class, child.Student);

    /// <summary>Another school of the same district.</summary>
    public School Neighbour() => new(system) { District = District };

    /// <summary>Puts children on roll and waits until Messages knows of them.</summary>
    public async Task<Child[]> EnrolAsync(int children, int guardians = 1, Guid? inClass = null, string grade = "07")
    {
        var enrolled = Enumerable.Range(0, children)
            .Select(_ => new Child(Guid.CreateVersion7(), [.. Enumerable.Range(0, guardians).Select(_ => Guid.CreateVersion7())]))
            .ToArray();
        await EnrolAsync(enrolled, inClass ?? Class, grade);
        return enrolled;
    }

    /// <summary>Puts these on roll.</summary>
    public async Task EnrolAsync(Child[] children, Guid inClass, string grade = "07")
    {
        var now = TimeProvider.System.GetUtcNow();
        await system.PublishAsync(
            [new SchoolChanged(District, Id, 1, now, "学校", null),
            .. children.Chunk(RosterChanged.MostRows / 2).Select(some => new RosterChanged(
                District, Id, 1, now, [new RosterClass(inClass, "班", grade, null)],
                [.. some.Select(child => new RosterEnrolment(
                    Guid.CreateVersion7(), child.Student, inClass, grade, Begin, null))],
                [])),
            .. children.Chunk(RosterChanged.MostRows / 4).Select(some => new GuardianshipsChanged(
                District, 1, now, [.. some.SelectMany(child => child.Guardians.Select((guardian, i) => new RosterGuardianship(
                    child.Student, guardian, GuardianRelation.Parent, LegalStatus.Guardian, i + 1, null)))]))]);
        var students = children.Select(child => child.Student).ToArray();
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                "SELECT (SELECT count(*) FROM enrolment WHERE student_id = ANY ($1)) "
                + "+ (SELECT count(*) FROM guardianship WHERE student_id = ANY ($1)) "
                + "+ (SELECT count(*) FROM school WHERE school_id = $2)", students, Id),
            known => known == students.Length + children.Sum(child => child.Guardians.Length) + 1);
    }

    /// <summary>Makes somebody a homeroom teacher of the class, or of the one that is said, and waits until Messages knows.</summary>
    public async Task<Grant> EmployAsync(Guid? inClass = null, Guid? staff = null)
    {
        var teacher = Teacher with { PersonId = staff ?? Guid.CreateVersion7(), ClassId = inClass ?? Class };
        var post = Guid.CreateVersion7();
        await system.PublishAsync(new RosterChanged(
            District, Id, 1, TimeProvider.System.GetUtcNow(), [], [],
            [new RosterPost(post, teacher.PersonId!.Value, teacher.ClassId, StaffRole.HomeroomTeacher, null, Begin, null)]));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM staff_post WHERE id = $1", post), known => known == 1);
        return teacher;
    }

    /// <summary>Changes the district's policy.</summary>
    public async Task DecideAsync(object policy)
    {
        using var client = system.As(Admin);
        client.DefaultRequestHeaders.Add("If-Match", "*");
        using var answer = await client.PutAsJsonAsync($"/api/messages/policies/{District}", policy, Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Says what a guardian may see, and waits until Messages knows.</summary>
    public async Task AllowAsync(Child child, bool maySee, GuardianChannel channel = GuardianChannel.App, int which = 0)
    {
        var version = TimeProvider.System.GetTimestamp();
        await system.PublishAsync(new GuardianRightsChanged(
            District, Guid.CreateVersion7(), version, TimeProvider.System.GetUtcNow(), child.Student, child.Guardians[which],
            maySee ? [GuardianRight.See] : [], channel));
        await Eventually.GetAsync(
            () => system.ScalarAsync<long>("SELECT count(*) FROM guardian_rights WHERE student_id = $1 AND version = $2",
                child.Student, version),
            known => known == 1);
    }

    /// <summary>Sends a notice to the class, or to what is said, without waiting until anybody has it.</summary>
    public async Task<Guid> PublishAsync(Grant asWhom, object? to = null)
    {
        using var answer = await system.As(asWhom).PostAsJsonAsync(
            "/api/messages/posts", to ?? Notice(schoolId: Id, classId: Class), Json.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<PublishedPost>(Json.Options))!.Id;
    }

    /// <summary>The same, and waits until everybody has it.</summary>
    public async Task<Guid> SendAsync(Grant asWhom, object? to = null)
    {
        var post = await PublishAsync(asWhom, to);
        await SentAsync(post);
        return post;
    }

    /// <summary>Waits until everybody has a notice.</summary>
    public Task SentAsync(Guid post) => Eventually.GetAsync(
        () => system.ScalarAsync<long>("SELECT count(*) FROM post_progress WHERE post_id = $1 AND done_at IS NULL", post),
            left => left == 0);

    /// <summary>A notice.</summary>
    public object Notice(
        Guid? schoolId = null, Guid? classId = null, string? grade = null, bool urgent = false,
        bool asksAnswer = false) =>
        new { districtId = District, title = "家长会", text = "周五下午三点。", schoolId, classId, grade, urgent, asksAnswer };

    /// <summary>The inbox of a guardian.</summary>
    public async Task<IReadOnlyList<InboxLine>> InboxAsync(params Grant[] guardian) =>
        (await system.As(guardian).GetFromJsonAsync<Page<InboxLine>>("/api/messages/inbox?size=500", Json.Options))!.Items;

    /// <summary>The receipts of a notice as somebody sees them.</summary>
    public async Task<IReadOnlyList<ReceiptBody>> ReceiptsAsync(Grant asWhom, Guid post, string more = "") =>
        (await system.As(asWhom).GetFromJsonAsync<Page<ReceiptBody>>(
            $"/api/messages/posts/{post}/receipts?size=500{more}", Json.Options))!.Items;
}
