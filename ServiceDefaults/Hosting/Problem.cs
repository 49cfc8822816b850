using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>A refusal on its way out: RFC 9457 problem details in the caller's language.</summary>
/// <param name="failure">Why.</param>
/// <param name="mistakes">The fields at fault, when it is about fields.</param>
public sealed class Problem(Failure failure, IReadOnlyList<FieldMistake>? mistakes = null)
    : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    // What any endpoint that can refuse may answer; services choose among these.
    private static readonly int[] Statuses = [400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 503];

    /// <summary>Why the request is refused.</summary>
    public Failure Failure { get; } = failure;

    /// <summary>The fields at fault, when it is about fields.</summary>
    public IReadOnlyList<FieldMistake> Mistakes { get; } = mistakes ?? [];

    /// <inheritdoc/>
    public int? StatusCode => Failure.Status;

    /// <summary>A refusal for the listed fields.</summary>
    public static Problem Of(IReadOnlyList<FieldMistake> mistakes) => new(Failures.Invalid, mistakes);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var chinese = Language.IsChinese(httpContext);
        var response = httpContext.Response;
        response.StatusCode = Failure.Status;
        response.Headers.ContentLanguage = chinese ? "zh-CN" : "en";
        response.Headers.Append("Vary", "Accept-Language");
        if (Failure.Status is 429 or 503 && !response.Headers.ContainsKey("Retry-After"))
            response.Headers.RetryAfter = "1";
        var body = new ProblemBody(
            $"urn:homeschool:problem:{Failure.Code}",
            chinese ? Failure.Zh : Failure.En,
            Failure.Status,
            Failure.Code,
            Correlation.Of(httpContext),
            Mistakes.Count == 0
                ? null
                : [.. Mistakes.Select(mistake => new ProblemField(mistake.Field, mistake.Code, chinese ? mistake.Zh : mistake.En))]);
        return response.WriteAsJsonAsync(body, Json.Options, "application/problem+json", httpContext.RequestAborted);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in Statuses)
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemBody), ["application/problem+json"]));
    }
}

/// <summary>The body of every refusal (RFC 9457).</summary>
/// <param name="Type">A URN made of the code.</param>
/// <param name="Title">What is wrong and how to mend it, in the caller's language.</param>
/// <param name="Status">The HTTP status again.</param>
/// <param name="Code">Stable; programs decide by this.</param>
/// <param name="CorrelationId">Finds the request in the logs of every service it passed.</param>
/// <param name="Errors">The fields at fault, when it is about fields.</param>
public sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Code,
    string CorrelationId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ProblemField>? Errors = null);

/// <summary>One field at fault.</summary>
/// <param name="Field">Which.</param>
/// <param name="Code">Stable code of the mistake.</param>
/// <param name="Message">What is wrong and how to mend it, in the caller's language.</param>
public sealed record ProblemField(string Field, string Code, string Message);
