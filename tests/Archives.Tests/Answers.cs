using System.Net;
using System.Text.Json.Nodes;

namespace HomeSchool.Archives.Tests;

/// <summary>What tests say about answers.</summary>
internal static class Answers
{
    /// <summary>Asserts a refusal, and shows its body.</summary>
    public static async Task<JsonNode> ShouldBeProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var body = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(status, body);
        var problem = JsonNode.Parse(body)!;
        ((string?)problem["code"]).ShouldBe(code);
        return problem;
    }
}
