using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;
using HomeSchool.ServiceDefaults.Security;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>
/// A district whose term ends in 60 days, and the people around the student P1 of class C1: those who support him, and those who must
/// not learn of it.
/// </summary>
public sealed class NeedScene(ArchivesFixture archives)
{
    /// <summary>The day from which tests count.</summary>
    public static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);

    /// <summary>The last day of the term.</summary>
    public static DateOnly TermEnd => Today.AddDays(60);

    /// <summary>The last day of the next one.</summary>
    public static DateOnly NextTermEnd => Today.AddDays(200);

    public TestDistrict District { get; } = new(archives);

    public Guid School { get; private set; }

    public Guid Class { get; private set; }

    public Guid Student { get; private set; }

    public Guid Classmate { get; private set; }

    public Guid Schoolmate { get; private set; }

    public Guid HomeroomTeacher { get; private set; }

    public HttpClient Homeroom { get; private set; } = null!;

    public HttpClient Subject { get; private set; } = null!;

    public HttpClient Counselor { get; private set; } = null!;

    public HttpClient Vice { get; private set; } = null!;

    public HttpClient Officer { get; private set; } = null!;

    public HttpClient SchoolAdmin { get; private set; } = null!;

    public HttpClient Guardian { get; private set; } = null!;

    /// <summary>The homeroom teacher of another class of the school.</summary>
    public HttpClient OtherHomeroom { get; private set; } = null!;

    /// <summary>Makes it.</summary>
    public async Task<NeedScene> OpenAsync(Action<TestRoster>? change = null)
    {
        var roster = TestRoster.Standard()
            .Change("academicSessions.csv", "T1", _ => Line("T1", Today.AddDays(-60), TermEnd))
            .Change("academicSessions.csv", "T2", _ => Line("T2", TermEnd.AddDays(20), NextTermEnd));
        change?.Invoke(roster);
        await District.ImportAsync(roster.Zip());
        (School, Class) = (await IdAsync("school", "S1", "school_id"), await IdAsync("class", "C1"));
        (Student, Classmate, Schoolmate) = (await IdAsync("student", "P1"), await IdAsync("student", "P2"), await IdAsync("student", "P3"));
        HomeroomTeacher = await IdAsync("staff", "A1");
        var teacher = await IdAsync("staff", "A2");
        Homeroom = archives.Client(At(Role.HomeroomTeacher, HomeroomTeacher, Class));
        Subject = archives.Client(At(Role.SubjectTeacher, teacher, Class));
        OtherHomeroom = archives.Client(At(Role.HomeroomTeacher, teacher, await IdAsync("class", "C2")));
        Counselor = archives.Client(At(Role.Counselor, Guid.CreateVersion7()));
        Vice = archives.Client(At(Role.VicePrincipal, Guid.CreateVersion7()));
        Officer = archives.Client(At(Role.MoralEducationOfficer, Guid.CreateVersion7()));
        SchoolAdmin = archives.Client(At(Role.SchoolAdmin, Guid.CreateVersion7()));
        Guardian = archives.Client(new Grant(Role.Guardian, await IdAsync("guardian", "G1"), District.Id, School, null, Student));
        return this;

        static string Line(string id, DateOnly from, DateOnly to) => string.Create(
            CultureInfo.InvariantCulture, $"{id},,,学期,semester,{from:yyyy-MM-dd},{to:yyyy-MM-dd},Y,2027");
    }

    /// <summary>Whoever must find nothing of the student: by class, school and district.</summary>
    public async Task<HttpClient[]> StrangersAsync() =>
    [
        OtherHomeroom,
        archives.Client(new Grant(
            Role.HomeroomTeacher, Guid.CreateVersion7(), District.Id, await IdAsync("school", "S2", "school_id"), await IdAsync("class", "C3"), null)),
        archives.Client(new Grant(Role.HomeroomTeacher, Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), null)),
    ];

    /// <summary>A role at the school.</summary>
    public Grant At(Role role, Guid? person, Guid? @class = null) => new(role, person, District.Id, School, @class, null);

    /// <summary>An id of the roster.</summary>
    public Task<Guid> IdAsync(string table, string sourceId, string column = "id") => archives.ScalarAsync<Guid>(
        $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", District.Id, sourceId);

    public Uri OfStudent(string path, Guid? student = null) => District.Address($"students/{student ?? Student}/{path}");

    public Uri OfSchool(string path) => new($"/api/archives/schools/{School}/{path}", UriKind.Relative);

    /// <summary>The events of the district so far, by the service's own log of them.</summary>
    public async Task<List<T>> EventsAsync<T>()
    {
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT payload::text FROM (
                SELECT payload::text, version FROM platform.outbox WHERE name = $1 AND district_id = $2
                UNION SELECT payload::text, version FROM platform.event_log WHERE name = $1 AND district_id = $2) e ORDER BY version
            """, connection)
        {
            Parameters = { new() { Value = EventNames.Of(typeof(T)) }, new() { Value = District.Id } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<T>();
        while (await reader.ReadAsync())
            events.Add(JsonSerializer.Deserialize<T>(reader.GetString(0), Json.Options)!);
        return events;
    }
}

/// <summary>Short forms of what tests say over HTTP.</summary>
internal static class Speaking
{
    public static Task<HttpResponseMessage> DoAsync(this HttpClient client, Uri address, object? body = null) =>
        client.PostAsJsonAsync(address, body ?? new { }, Json.Options);

    public static async Task<HttpResponseMessage> PutAsync(this HttpClient client, Uri address, object body, long? version = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = JsonContent.Create(body, options: Json.Options) };
        if (version is not null)
            request.Headers.Add("If-Match", $"\"{version}\"");
        return await client.SendAsync(request);
    }

    public static async Task<HttpResponseMessage> UploadAsync(
        this HttpClient client, Uri address, string csv, string language = "zh", Encoding? encoding = null)
    {
        using var content = new ByteArrayContent((encoding ?? Encoding.UTF8).GetBytes(csv));
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        request.Headers.Add("Accept-Language", language);
        return await client.SendAsync(request);
    }

    public static async Task<T> SeeAsync<T>(this HttpClient client, Uri address)
    {
        using var answer = await client.GetAsync(address);
        return await answer.ShouldBeAsync<T>(HttpStatusCode.OK);
    }

    public static async Task<IReadOnlyList<T>> SeeAllAsync<T>(this HttpClient client, Uri address) =>
        (await client.SeeAsync<Page<T>>(address)).Items;

    public static async Task<T> ShouldBeAsync<T>(this HttpResponseMessage answer, HttpStatusCode status)
    {
        answer.StatusCode.ShouldBe(status, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<T>(Json.Options))!;
    }

    public static async Task<Guid> MadeAsync(this Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return (await answer.ShouldBeAsync<Made>(HttpStatusCode.Created)).Id;
    }

    public static async Task ShouldBeDoneAsync(this Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    public static async Task ShouldBeRefusedAsync(this Task<HttpResponseMessage> asked, HttpStatusCode status, string code)
    {
        using var answer = await asked;
        await answer.ShouldBeProblemAsync(status, code);
    }

    public static async Task ShouldBeHiddenAsync(this Task<HttpResponseMessage> asked) =>
        await asked.ShouldBeRefusedAsync(HttpStatusCode.NotFound, "request.not-found");

    public static async Task ShouldBeForbiddenAsync(this Task<HttpResponseMessage> asked) =>
        await asked.ShouldBeRefusedAsync(HttpStatusCode.Forbidden, "access.forbidden");
}
