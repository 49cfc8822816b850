using System.Net;
using System.Net.Http.Json;
using HomeSchool.Archives.Family;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Archives.Tests;

/// <summary>
/// A district with a family: the mother G1 has P1 and P3, of two classes of one school, and P5 at another; the father G3 has P1
/// and P2, the grandmother G2, a caregiver, P1; P4 has nobody.
/// </summary>
public sealed class FamilyWorld(ArchivesFixture archives)
{
    private static readonly string[] Students = ["P1", "P2", "P3", "P4", "P5"];
    private static readonly string[] Guardians = ["G1", "G2", "G3"];
    private readonly Dictionary<string, Guid> ids = new(StringComparer.Ordinal);

    public TestDistrict District { get; } = new(archives);

    public HttpClient Homeroom { get; private set; } = null!;

    public HttpClient SubjectTeacher { get; private set; } = null!;

    public HttpClient SchoolAdmin { get; private set; } = null!;

    public HttpClient VicePrincipal { get; private set; } = null!;

    /// <summary>The homeroom teacher of P3's class.</summary>
    public HttpClient OtherClass { get; private set; } = null!;

    /// <summary>An administrator of P5's school.</summary>
    public HttpClient OtherSchool { get; private set; } = null!;

    /// <summary>G1, with all three children.</summary>
    public HttpClient Mother { get; private set; } = null!;

    /// <summary>G3, with P1.</summary>
    public HttpClient Father { get; private set; } = null!;

    /// <summary>G2, with P1.</summary>
    public HttpClient Grandmother { get; private set; } = null!;

    public static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);

    /// <summary>The id of a record of the roster.</summary>
    public Guid this[string sourceId] => ids[sourceId];

    public async Task CreateAsync()
    {
        await District.ImportAsync(TestRoster.Standard()
            .Change("users.csv", "P1", _ => TestRoster.Student("P1", "S1", "03", "\"G1,G2,G3\""))
            .Change("users.csv", "P3", _ => TestRoster.Student("P3", "S1", "03", "G1"))
            .Change("users.csv", "P5", _ => TestRoster.Student("P5", "S2", "04", "G1")).Zip());
        foreach (var (table, column, sourceIds) in new[]
        {
            ("student", "id", Students), ("guardian", "id", Guardians), ("class", "id", ["C1", "C2", "C3"]),
            ("school", "school_id", ["S1", "S2"]), ("staff", "id", ["A1", "A2"]),
        })
        {
            foreach (var source in sourceIds)
            {
                ids[source] = await archives.ScalarAsync<Guid>(
                    $"SELECT {column} FROM {table} WHERE district_id = $1 AND source_id = $2", District.Id, source);
            }
        }

        Homeroom = archives.Client(At(Role.HomeroomTeacher, "A1", "C1"));
        SubjectTeacher = archives.Client(At(Role.SubjectTeacher, "A2", "C1"));
        SchoolAdmin = archives.Client(At(Role.SchoolAdmin));
        VicePrincipal = archives.Client(At(Role.VicePrincipal));
        OtherClass = archives.Client(At(Role.HomeroomTeacher, "A2", "C2"));
        OtherSchool = archives.Client(At(Role.SchoolAdmin, school: "S2"), At(Role.HomeroomTeacher, @class: "C3", school: "S2"));
        Mother = archives.Client(OwnChild("G1", "P1"), OwnChild("G1", "P3"), OwnChild("G1", "P5", "S2"));
        Father = archives.Client(OwnChild("G3", "P1"));
        Grandmother = archives.Client(OwnChild("G2", "P1"));
    }

    public Grant At(Role role, string? person = null, string? @class = null, string school = "S1") => new(
        role, person is null ? Guid.CreateVersion7() : ids[person], District.Id, ids[school], @class is null ? null : ids[@class], null);

    public Grant OwnChild(string guardian, string child, string school = "S1") =>
        new(Role.Guardian, ids[guardian], District.Id, ids[school], null, ids[child]);

    /// <summary>A path under a student.</summary>
    public Uri Of(string student, string path) => District.Address($"students/{ids[student]}/{path}");

    public Task<HttpResponseMessage> GetAsync(HttpClient client, string student, string path) => client.GetAsync(Of(student, path));

    public async Task<T> ReadAsync<T>(HttpClient client, string student, string path)
    {
        using var answer = await client.GetAsync(Of(student, path));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<T>(Json.Options))!;
    }

    public async Task<HttpResponseMessage> PutAsync<T>(HttpClient client, string student, string path, T body, long? version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Of(student, path))
        {
            Content = JsonContent.Create(body, options: Json.Options),
        };
        if (version is not null)
            request.Headers.Add("If-Match", $"\"{version}\"");
        return await client.SendAsync(request);
    }

    public Task<HttpResponseMessage> PostAsync<T>(HttpClient client, string student, string path, T body) =>
        client.PostAsJsonAsync(Of(student, path), body, Json.Options);

    /// <summary>Records a document against a guardian of P1.</summary>
    public async Task<Guid> RestrictAsync(
        string guardian, DateOnly startsOn, DateOnly? endsOn, string number, params GuardianRight[] withheld)
    {
        using var answer = await PostAsync(
            VicePrincipal, "P1", $"guardians/{ids[guardian]}/restrictions",
            new RestrictionRequest(CourtDocumentKind.ProtectionOrder, number, withheld, startsOn, endsOn));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Made>(Json.Options))!.Id;
    }

    /// <summary>What a guardian may do, as staff see it.</summary>
    public async Task<GuardianDetailBody> GuardianAsync(string student, string guardian) =>
        (await ReadAsync<GuardianDetailBody[]>(SchoolAdmin, student, "guardians")).Single(found => found.GuardianId == ids[guardian]);
}
