using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Gateway;

/// <summary>What the gateway refuses by itself, beside what every service does.</summary>
internal static class GatewayFailures
{
    /// <summary>This client asks too often; <c>Retry-After</c> says when to go on.</summary>
    public static readonly Failure TooManyRequests = new("gateway.too-many-requests", 429,
        "请求过于频繁，请按 Retry-After 稍后重试。", "Too many requests; try again after Retry-After.");

    /// <summary>The service has as many requests in its hands as it may.</summary>
    public static readonly Failure Overloaded = new("gateway.overloaded", 503,
        "当前使用人数过多，请稍后重试。", "Too busy at the moment; please try again shortly.");

    /// <summary>The service does not answer. What was asked may have happened: repeat it with its Idempotency-Key.</summary>
    public static readonly Failure Unavailable = new("gateway.service-unavailable", 503,
        "服务暂时不可用，请稍后重试。", "The service is not available at the moment; please try again shortly.");

    /// <summary>The service took the request and did not answer in time.</summary>
    public static readonly Failure Timeout = new("gateway.timeout", 504,
        "服务未能及时响应，请稍后重试。", "The service did not answer in time; please try again later.");
}
