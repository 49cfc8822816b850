using System.Globalization;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>
/// One way in which a request can be refused. Each service lists its own in one file; the code is stable and part of the API,
/// the texts are for people and may change. Texts say what is wrong and how to mend it, and never carry personal data.
/// </summary>
/// <param name="Code">Stable, e.g. <c>visits.double-booked</c>.</param>
/// <param name="Status">The HTTP status, 400–599.</param>
/// <param name="Zh">The text in Chinese; may hold <c>{0}</c> and so on for the arguments of <see cref="Because"/>.</param>
/// <param name="En">The text in English, with the same places.</param>
public sealed record Failure(string Code, int Status, string Zh, string En)
{
    /// <summary>The answer to a request that is refused for this reason.</summary>
    /// <param name="arguments">Fill the places of the texts; ids, numbers and dates only.</param>
    public Problem Because(params object[] arguments) =>
        new(this with { Zh = Fill(Zh, arguments), En = Fill(En, arguments) });

    /// <summary>The same failure as one entry of a list of mistakes in a request's fields.</summary>
    /// <param name="field">The field as the client wrote it, e.g. <c>participants[1].role</c>.</param>
    /// <param name="arguments">Fill the places of the texts.</param>
    public FieldMistake At(string field, params object[] arguments) =>
        new(field, Code, Fill(Zh, arguments), Fill(En, arguments));

    /// <summary>Lets a handler return a failure where its signature says <see cref="Problem"/>.</summary>
    public static implicit operator Problem(Failure failure) => new(failure);

    private static string Fill(string text, object[] arguments) =>
        arguments.Length == 0 ? text : string.Format(CultureInfo.InvariantCulture, text, arguments);
}

/// <summary>A mistake in one field of a request.</summary>
/// <param name="Field">Which field.</param>
/// <param name="Code">Stable code of the mistake.</param>
/// <param name="Zh">What is wrong and how to mend it, in Chinese.</param>
/// <param name="En">The same in English.</param>
public sealed record FieldMistake(string Field, string Code, string Zh, string En);

/// <summary>The failures that every service has in common.</summary>
public static class Failures
{
    /// <summary>The request's fields have mistakes; they are listed in <c>errors</c>.</summary>
    public static readonly Failure Invalid = new("request.invalid", 400,
        "请求内容有误，请按 errors 中的说明修改后重试。", "The request has mistakes; see errors, mend them and try again.");

    /// <summary>A list that is empty, too long, or names something twice.</summary>
    public static readonly Failure List = new("request.list", 400,
        "应有 {0}–{1} 项，且不重复。", "Give {0} to {1} entries, each once.");

    /// <summary>A number out of its range.</summary>
    public static readonly Failure Range = new("request.range", 400,
        "应在 {0} 到 {1} 之间。", "Must be between {0} and {1}.");

    /// <summary>A text that is empty, too long, or holds characters that no keyboard writes.</summary>
    public static readonly Failure Text = new("request.text", 400,
        "应为 {0}–{1} 个字符，不含控制字符。", "Write {0} to {1} characters, no control characters.");

    /// <summary>A time that cannot be read, or lies years away.</summary>
    public static readonly Failure Time = new("request.time", 400,
        "请填写一年之内的时间，如 2026-09-01T19:00。", "Give a time within a year, e.g. 2026-09-01T19:00.");

    /// <summary>The body is not JSON of the expected shape.</summary>
    public static readonly Failure Unreadable = new("request.unreadable", 400,
        "无法读取请求内容:{0}", "The request cannot be read: {0}");

    /// <summary>The body is larger than this endpoint takes.</summary>
    public static readonly Failure TooLarge = new("request.too-large", 413,
        "请求内容超过大小限制。", "The request is larger than allowed.");

    /// <summary>No token, or one that is not valid (any more).</summary>
    public static readonly Failure SignInNeeded = new("access.sign-in-needed", 401,
        "请先登录。", "Please sign in.");

    /// <summary>The token is of a session that ended, or tells roles that hold no longer.</summary>
    public static readonly Failure Revoked = new("access.revoked", 401,
        "登录已结束或权限已变更，请刷新令牌或重新登录。",
        "The session has ended or the roles have changed; refresh the tokens, or sign in again.");

    /// <summary>Identity has not been heard for so long that sensitive things are not shown.</summary>
    public static readonly Failure RightsUnknown = new("access.rights-unknown", 503,
        "暂时无法核实您的权限，敏感内容不予显示；请稍后重试。",
        "Who may see this cannot be checked at the moment, so it is not shown; please try again shortly.");

    /// <summary>The caller's roles do not carry the permission.</summary>
    public static readonly Failure Forbidden = new("access.forbidden", 403,
        "您没有此操作的权限。", "You are not allowed to do this.");

    /// <summary>It does not exist, or the caller may not know that it does: both answer alike (ALL-1).</summary>
    public static readonly Failure NotFound = new("request.not-found", 404,
        "没有找到，或您无权查看。", "Not found, or not yours to see.");

    /// <summary>The HTTP method does not exist at this address.</summary>
    public static readonly Failure MethodNotAllowed = new("request.method-not-allowed", 405,
        "此地址不支持该操作。", "This address does not support this method.");

    /// <summary>The Content-Type is not one that the endpoint reads.</summary>
    public static readonly Failure UnsupportedMediaType = new("request.unsupported-media-type", 415,
        "不支持的内容类型(Content-Type)。", "The content type is not supported.");

    /// <summary>Somebody changed it in between; <c>If-Match</c> carried an older version.</summary>
    public static readonly Failure ChangedMeanwhile = new("request.changed-meanwhile", 412,
        "内容已被他人修改，请刷新后重试。", "It was changed meanwhile; read it again and retry.");

    /// <summary>An update without <c>If-Match</c>.</summary>
    public static readonly Failure IfMatchNeeded = new("request.if-match-needed", 428,
        "请在 If-Match 中带上读取时的 ETag。", "Send the ETag you read in If-Match.");

    /// <summary>The same <c>Idempotency-Key</c> with another body.</summary>
    public static readonly Failure KeyReused = new("request.idempotency-key-reused", 422,
        "同一个 Idempotency-Key 已用于内容不同的请求。", "This Idempotency-Key was used for a different request.");

    /// <summary>An <c>Idempotency-Key</c> that is empty or too long.</summary>
    public static readonly Failure KeyInvalid = new("request.idempotency-key-invalid", 400,
        "Idempotency-Key 应为 1–200 个可见 ASCII 字符。", "Idempotency-Key must be 1–200 visible ASCII characters.");

    /// <summary>A page cursor that this service did not give out.</summary>
    public static readonly Failure CursorInvalid = new("request.cursor-invalid", 400,
        "分页参数 after 无效，请使用上一页返回的 next。", "The cursor is not valid; use the next of the page before.");

    /// <summary>The keys of a student whom it is about are destroyed: it can be neither read nor written any more.</summary>
    public static readonly Failure Erased = new("keys.erased", 410,
        "相关学生的资料已按规定删除，无法再读写。", "The student's data has been erased; this can no longer be read or written.");

    /// <summary>Law or a hold keeps what was to be erased: it is neither used nor added to. Which, is not said.</summary>
    public static readonly Failure Restricted = new("personal-data.restricted", 409,
        "相关学生的此类资料已依法限制处理，不能增补。", "By law this kind of the student's data is restricted; nothing can be added.");

    /// <summary>A sealed value was changed, or stands in another's place; the log says which.</summary>
    public static readonly Failure Tampered = new("keys.tampered", 409,
        "加密内容损坏或被改动过，请联系管理员从备份恢复。",
        "What is sealed here is damaged or was changed; an administrator can restore it from a backup.");

    /// <summary>Something else holds what the request needs; trying again helps.</summary>
    public static readonly Failure TryAgain = new("service.try-again", 503,
        "服务繁忙，请稍后重试。", "Busy; please try again shortly.");

    /// <summary>Our fault. The correlation id finds it in the logs.</summary>
    public static readonly Failure Internal = new("service.internal", 500,
        "系统内部错误，请联系管理员并提供编号 correlationId。", "An internal error; report it with the correlationId.");
}
