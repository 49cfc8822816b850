using System.Text.Json;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>What a caller gets when something threw: a clear 4xx for what the client sent, 503 for what passes, else 500.</summary>
internal sealed partial class ExceptionAnswers(ILogger<ExceptionAnswers> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
            return true; // nobody listens any more
        var problem = ProblemOf(exception);
        if (problem.StatusCode >= 500 || exception is TamperedValueException)
            LogFailed(logger, exception, httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName);
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>A body for the answers that the framework gives without one: unknown address, wrong method, wrong media type.</summary>
    public static Task WriteStatusAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        Failure? failure = http.Response.StatusCode switch
        {
            StatusCodes.Status401Unauthorized => Failures.SignInNeeded,
            StatusCodes.Status403Forbidden => Failures.Forbidden,
            StatusCodes.Status404NotFound => Failures.NotFound,
            StatusCodes.Status405MethodNotAllowed => Failures.MethodNotAllowed,
            StatusCodes.Status413PayloadTooLarge => Failures.TooLarge,
            StatusCodes.Status415UnsupportedMediaType => Failures.UnsupportedMediaType,
            _ => null,
        };
        return failure is null ? Task.CompletedTask : new Problem(failure).ExecuteAsync(http);
    }

    private static Problem ProblemOf(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Failures.TooLarge,
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Failures.UnsupportedMediaType,
        BadHttpRequestException { InnerException: JsonException json } => Unreadable(json),
        // The framework's messages name the parameter and what it expected, never its value's owner.
        BadHttpRequestException bad => Failures.Unreadable.Because(bad.Message),
        JsonException json => Unreadable(json),
        DamagedFileException => FileFailures.Damaged,
        TamperedValueException => Failures.Tampered,
        // The store of files is away, or refuses this service.
        Amazon.Runtime.AmazonServiceException or Amazon.Runtime.AmazonClientException => Failures.TryAgain,
        // A NUL in a text, which PostgreSQL cannot keep.
        { } unkept when (unkept as PostgresException ?? unkept.InnerException as PostgresException)
            ?.SqlState == PostgresErrorCodes.CharacterNotInRepertoire => Failures.Invalid,
        _ when Backoff.IsTransient(exception) => Failures.TryAgain,
        _ => Failures.Internal,
    };

    private static Problem Unreadable(JsonException json) =>
        Failures.Unreadable.Because($"{json.Path ?? "$"} (line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1})");

    [LoggerMessage(30, LogLevel.Error, "{Endpoint} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string? endpoint);
}
