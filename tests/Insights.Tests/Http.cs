using System.Net;
using System.Net.Http.Json;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Insights.Tests;

/// <summary>Short forms of what every test does.</summary>
internal static class Http
{
    public static async Task<T> ReadAsync<T>(this HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        answer.IsSuccessStatusCode.ShouldBeTrue($"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return (await answer.Content.ReadFromJsonAsync<T>(Json.Options))!;
    }

    public static async Task<(int Status, string Code)> RefusalAsync(this HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        return answer.IsSuccessStatusCode
            ? ((int)answer.StatusCode, "")
            : ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options))!.Code);
    }

    public static async Task<T> GetFromJsonAsync<T>(this HttpClient client, Uri path, HttpStatusCode expected)
    {
        using var answer = await client.GetAsync(path);
        answer.StatusCode.ShouldBe(expected);
        return (await answer.Content.ReadFromJsonAsync<T>(Json.Options))!;
    }

    public static Task<CoverageBody> CoverageAsync(this HttpClient client, NodeKind node, Guid id, string? grade = null, Guid? term = null) =>
        client.ReadAsync<CoverageBody>(CoveragePath(node, id, grade, term));

    public static string CoveragePath(NodeKind node, Guid id, string? grade = null, Guid? term = null) =>
        $"/api/insights/coverage?node={node}&id={id}{(grade is null ? "" : $"&grade={grade}")}{(term is null ? "" : $"&term={term}")}";
}
