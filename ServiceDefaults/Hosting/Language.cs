using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>Chinese or English (ALL-3): Chinese unless the caller prefers English.</summary>
public static class Language
{
    /// <summary>Decides by <c>Accept-Language</c>; the one with the higher quality wins, Chinese when they are equal.</summary>
    public static bool IsChinese(HttpContext context)
    {
        double chinese = 0, english = 0;
        foreach (var language in context.Request.GetTypedHeaders().AcceptLanguage)
        {
            var quality = language.Quality ?? 1;
            if (language.Value.StartsWith("zh", StringComparison.OrdinalIgnoreCase))
                chinese = Math.Max(chinese, quality);
            else if (language.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase))
                english = Math.Max(english, quality);
        }

        return chinese >= english;
    }
}

/// <summary>The id that ties a request to everything it causes, over HTTP and events: the W3C trace id.</summary>
public static class Correlation
{
    /// <summary>The trace id of <paramref name="context"/>, 32 hexadecimal digits; never empty.</summary>
    public static string Of(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
}

/// <summary>How every service writes JSON: camel case, enumerations by name, Chinese readable as it is.</summary>
public static class Json
{
    /// <summary>The options; shared, so that serializers are built once.</summary>
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Applies the same choices to options that someone else owns.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping; // answers are JSON, never put into HTML as they are
        options.RespectRequiredConstructorParameters = true;
        options.RespectNullableAnnotations = true;
        return options;
    }
}
