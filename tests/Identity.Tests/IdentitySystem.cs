using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(HomeSchool.Identity.Tests.IdentityFixture))]

namespace HomeSchool.Identity.Tests;

/// <summary>An installation of Identity: its own database and virtual host, and as many replicas as a test wants.</summary>
public sealed class IdentitySystem : IAsyncDisposable
{
    /// <summary>What everybody's password is in these tests.</summary>
    public const string Password = "correct horse battery staple";

    private static readonly string Assembly = typeof(IdentityDb).Assembly.Location;

    private readonly Servers servers;
    private readonly List<Replica> replicas = [];

    private readonly IReadOnlyDictionary<string, string> more;

    private IdentitySystem(Servers servers, string database, IReadOnlyDictionary<string, string> more) =>
        (this.servers, Database, this.more) = (servers, database, more);

    /// <summary>The database, as the administrator.</summary>
    public string Database { get; }

    /// <summary>The service's configuration. There is no address of an Identity service in it: it asks nobody.</summary>
    public Dictionary<string, string> Settings => new(more, StringComparer.Ordinal)
    {
        ["ConnectionStrings__identity-db"] = Database,
        ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
        ["Keys__Master"] = "a test's master key, of no value to anybody",
        ["PublicUrl"] = "https://homeschool.example/",
    };

    /// <summary>Prepares database and queues, starts nothing.</summary>
    /// <param name="more">Configuration beside what every installation has.</param>
    public static async Task<IdentitySystem> PrepareAsync(IReadOnlyDictionary<string, string>? more = null)
    {
        var own = await Servers.StartAsync();
        var system = new IdentitySystem(
            own, await own.CreateDatabaseAsync(), more ?? new Dictionary<string, string>(StringComparer.Ordinal));
        await ServiceProcess.RunAsync(Assembly, "migrate", system.Settings);
        return system;
    }

    /// <summary>A name that nobody else has.</summary>
    public static string NewName() => $"{Guid.CreateVersion7():N}@school.example";

    /// <summary>Starts a replica in this process, with a clock of its own.</summary>
    public Replica Start()
    {
        var replica = new Replica(Settings);
        replicas.Add(replica);
        return replica;
    }

    /// <summary>Starts a replica as a process.</summary>
    public Task<ServiceProcess> StartProcessAsync() => ServiceProcess.StartAsync(Assembly, Settings);

    /// <summary>Starts a replica as a process, on a port that was chosen before.</summary>
    public async Task<ServiceProcess> StartProcessAsync(int port)
    {
        var process = new ServiceProcess(Assembly, Settings, port);
        await process.StartAsync();
        return process;
    }

    /// <summary>Runs <c>first-admin</c>.</summary>
    /// <returns>Its exit code and what it printed.</returns>
    public async Task<(int ExitCode, string Printed)> PrintFirstAdminLinkAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Assembly, "first-admin"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetDirectoryName(Assembly),
        };
        foreach (var (name, value) in Settings)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, printed);
    }

    /// <summary>The token of a new link.</summary>
    public async Task<string> FirstAdminTokenAsync()
    {
        var (exitCode, printed) = await PrintFirstAdminLinkAsync();
        exitCode.ShouldBe(0);
        const string Link = "https://homeschool.example/api/identity/first-admin?token=";
        printed.ShouldStartWith(Link);
        return printed[Link.Length..].TrimEnd('\n');
    }

    /// <summary>Asks the database itself.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetValue(0).ToString()!);
        return rows;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var replica in replicas)
            await replica.DisposeAsync();
        await servers.DisposeAsync();
    }
}

/// <summary>The service in the test's process.</summary>
public sealed class Replica(Dictionary<string, string> settings) : WebApplicationFactory<IdentityDb>
{
    /// <summary>The replica's clock.</summary>
    public TestClock Clock { get; } = new();

    /// <summary>A client with an access token, or without.</summary>
    public HttpClient Client(string? accessToken = null)
    {
        var client = CreateClient();
        if (accessToken is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return client;
    }

    /// <summary>A browser without scripts: it keeps cookies, says where its forms come from, and does not follow
    /// redirects.</summary>
    public HttpClient Browser()
    {
        var browser = CreateClient(new WebApplicationFactoryClientOptions
        {
            BaseAddress = new Uri("https://homeschool.example"),
            AllowAutoRedirect = false,
        });
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        return browser;
    }

    /// <summary>Delivers events through the broker, as Archives would, and waits for their effect.</summary>
    public Task PublishAsync(params IEvent[] events) => Services.DeliverAsync(settings["ConnectionStrings__identity-db"], events);

    /// <inheritdoc/>
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (name, value) in settings)
            builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
        builder.ConfigureServices(services => services.AddSingleton<TimeProvider>(Clock));
    }
}

/// <summary>The real time, and what a test adds to it.</summary>
public sealed class TestClock : TimeProvider
{
    private TimeSpan ahead;

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan time) => ahead += time;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}

/// <summary>One installation for all tests that do not need one for themselves, with its first administrator.</summary>
public class IdentityFixture : IAsyncLifetime
{
    /// <summary>The installation.</summary>
    public IdentitySystem System { get; private set; } = null!;

    /// <summary>A replica whose clock nobody moves.</summary>
    public Replica Replica { get; private set; } = null!;

    /// <summary>The district.</summary>
    public Guid District { get; private set; }

    /// <summary>The district's administrator.</summary>
    public Person Admin { get; private set; } = null!;

    /// <inheritdoc/>
    public virtual ValueTask InitializeAsync() => InitializeAsync(new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Prepares an installation with more configuration than every one has.</summary>
    protected async ValueTask InitializeAsync(IReadOnlyDictionary<string, string> settings)
    {
        System = await IdentitySystem.PrepareAsync(settings);
        Replica = System.Start();
        var name = IdentitySystem.NewName();
        using var client = Replica.Client();
        using var answer = await client.PostAsync(
            "/api/identity/first-admin",
            new CreateFirstAdmin(await System.FirstAdminTokenAsync(), name, IdentitySystem.Password));
        District = (await answer.ReadAsync<FirstAdminCreated>(HttpStatusCode.Created)).DistrictId;
        Admin = await SignInAsync(name);
    }

    /// <summary>Signs in.</summary>
    public Task<Person> SignInAsync(string userName) => Person.SignInAsync(Replica, userName);

    /// <summary>Publishes a small roster of the district and waits until it counts.</summary>
    public async Task<TestRoster> RosterAsync()
    {
        var roster = new TestRoster(District);
        await Replica.PublishAsync(roster.Events(version: 10));
        foreach (var school in new[] { roster.A, roster.B })
        {
            // Events may be taken in several batches, in any order: the school, its roster with posts and children, the guardians.
            await Eventually.GetAsync(
                () => System.QueryAsync($"SELECT school_id::text FROM known_school WHERE school_id = '{school.Id}'"),
                rows => rows.Count == 1);
            await Eventually.GetAsync(
                () => Admin.TryInviteAsync(new Invite(Role.Guardian, PersonId: school.Guardian, StudentId: school.Student)),
                status => status == HttpStatusCode.Created);
        }

        return roster;
    }

    /// <summary>Makes an account for what the administrator invites to.</summary>
    public async Task<Person> JoinAsync(Invite invite)
    {
        var invited = await Admin.InviteAsync(invite);
        var name = IdentitySystem.NewName();
        using var client = Replica.Client();
        using var answer = await client.PostAsync(
            "/api/identity/invitations/accept", new AcceptInvitation(invited.Code, name, IdentitySystem.Password));
        await answer.ReadAsync<AccountCreated>(HttpStatusCode.Created);
        return await SignInAsync(name);
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await System.DisposeAsync();
    }
}

/// <summary>Somebody who is signed in.</summary>
/// <param name="Name">The user name.</param>
/// <param name="Tokens">The tokens.</param>
/// <param name="Client">Carries the access token.</param>
public sealed record Person(string Name, SignedIn Tokens, HttpClient Client)
{
    /// <summary>Signs in at a replica.</summary>
    public static async Task<Person> SignInAsync(Replica replica, string userName)
    {
        using var client = replica.Client();
        using var answer = await client.PostAsync("/api/identity/sign-in", new SignIn(userName, IdentitySystem.Password));
        var tokens = await answer.ReadAsync<SignedIn>(HttpStatusCode.OK);
        return new Person(userName, tokens, replica.Client(tokens.AccessToken));
    }

    /// <summary>Invites, and expects that it succeeds.</summary>
    public async Task<Invited> InviteAsync(Invite invite)
    {
        using var answer = await Client.PostAsync("/api/identity/invitations", invite);
        return await answer.ReadAsync<Invited>(HttpStatusCode.Created);
    }

    /// <summary>Invites.</summary>
    public async Task<HttpStatusCode> TryInviteAsync(Invite invite)
    {
        using var answer = await Client.PostAsync("/api/identity/invitations", invite);
        return answer.StatusCode;
    }

    /// <summary>What the service says about this account.</summary>
    public Task<Me> MeAsync() => Client.GetAsync<Me>("/api/identity/me");
}

/// <summary>Two schools, each with two classes, a student and guardian in each, and a teacher.</summary>
public sealed class TestRoster(Guid district)
{
    /// <summary>A school.</summary>
    public TestSchool A { get; } = new();

    /// <summary>Another school.</summary>
    public TestSchool B { get; } = new();

    /// <summary>The roster as Archives announces it.</summary>
    public IEvent[] Events(long version) =>
        [.. A.Events(district, version), .. B.Events(district, version),
            new GuardianshipsChanged(
                district, version, TimeProvider.System.GetUtcNow(), [.. A.Guardianships(), .. B.Guardianships()])];
}

/// <summary>A school of the test's roster.</summary>
public sealed class TestSchool
{
    private static readonly DateOnly Start = new(2026, 9, 1);

    /// <summary>The school.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>A class.</summary>
    public Guid Class { get; } = Guid.CreateVersion7();

    /// <summary>Another class.</summary>
    public Guid OtherClass { get; } = Guid.CreateVersion7();

    /// <summary>A student of <see cref="Class"/>.</summary>
    public Guid Student { get; } = Guid.CreateVersion7();

    /// <summary>The student's guardian.</summary>
    public Guid Guardian { get; } = Guid.CreateVersion7();

    /// <summary>A student of <see cref="OtherClass"/>.</summary>
    public Guid OtherStudent { get; } = Guid.CreateVersion7();

    /// <summary>The other student's guardian.</summary>
    public Guid OtherGuardian { get; } = Guid.CreateVersion7();

    /// <summary>Somebody who works there.</summary>
    public Guid Teacher { get; } = Guid.CreateVersion7();

    /// <summary>The enrolment of <see cref="Student"/>.</summary>
    public Guid Enrolment { get; } = Guid.CreateVersion7();

    /// <summary>The post of <see cref="Teacher"/>.</summary>
    public Guid Post { get; } = Guid.CreateVersion7();

    /// <summary>An invitation for the guardian of the student in the other class.</summary>
    public Invite InviteOther() => new(Role.Guardian, PersonId: OtherGuardian, StudentId: OtherStudent);

    /// <summary>An invitation to a role here, whatever the role needs.</summary>
    public Invite Invite(Role role) => role switch
    {
        Role.DistrictAdmin => new Invite(role),
        Role.SchoolAdmin => new Invite(role, Id),
        Role.HomeroomTeacher or Role.SubjectTeacher => new Invite(role, Id, Class, Teacher),
        Role.Guardian => new Invite(role, PersonId: Guardian, StudentId: Student),
        _ => new Invite(role, Id, PersonId: Teacher),
    };

    internal IEnumerable<IEvent> Events(Guid district, long version)
    {
        var now = TimeProvider.System.GetUtcNow();
        yield return new SchoolChanged(district, Id, version, now, "试验学校", null);
        yield return new RosterChanged(
            district, Id, version, now,
            [new(Class, "七年级(1)班", "07", null), new(OtherClass, "七年级(2)班", "07", null)],
            [
                new(Enrolment, Student, Class, "07", Start, null),
                new(Guid.CreateVersion7(), OtherStudent, OtherClass, "07", Start, null),
            ],
            [new(Post, Teacher, null, StaffRole.Teacher, null, Start, null)]);
    }

    internal IEnumerable<RosterGuardianship> Guardianships() =>
        [Guardianship(Student, Guardian, null), Guardianship(OtherStudent, OtherGuardian, null)];

    internal static RosterGuardianship Guardianship(Guid student, Guid guardian, DateOnly? withdrawnOn) =>
        new(student, guardian, GuardianRelation.Parent, LegalStatus.Guardian, 1, withdrawnOn);
}

/// <summary>Requests and answers as the service writes them.</summary>
public static class Http
{
    /// <summary>Posts JSON.</summary>
    public static Task<HttpResponseMessage> PostAsync<T>(this HttpClient client, string path, T body) =>
        client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, Json.Options);

    /// <summary>Gets JSON.</summary>
    public static async Task<T> GetAsync<T>(this HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        return await answer.ReadAsync<T>(HttpStatusCode.OK);
    }

    /// <summary>Posts a form.</summary>
    public static Task<HttpResponseMessage> PostFormAsync(
        this HttpClient client, string path, params (string Name, string Value)[] fields) =>
        client.PostAsync(
            new Uri(path, UriKind.Relative),
            new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    /// <summary>Reads a body, of an answer that has the expected status.</summary>
    public static async Task<T> ReadAsync<T>(this HttpResponseMessage answer, HttpStatusCode expected)
    {
        answer.StatusCode.ShouldBe(expected, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<T>(Json.Options))!;
    }

    /// <summary>Reads why a request was refused.</summary>
    public static async Task<string> CodeAsync(this HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code;
}
