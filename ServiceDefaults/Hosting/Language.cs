using System.Collections;
using System.Diagnostics;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace HomeSchool.ServiceDefaults.Hosting;

/// <summary>Chinese or English (ALL-3): Chinese unless the caller prefers English.</summary>
public static class Language
{
    /// <summary>The part of an address that chooses: <c>?lang=en</c> or <c>?lang=zh</c>, for the switch of a page.</summary>
    public const string Parameter = "lang";

    /// <summary>
    /// Decides by the switch of the page, if it was used, and else by <c>Accept-Language</c>; the one with the higher quality wins,
    /// Chinese when they are equal.
    /// </summary>
    public static bool IsChinese(HttpContext context)
    {
        if (context.Request.Query[Parameter].ToString() is ("zh" or "en") and var chosen)
            return chosen == "zh";
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

    /// <summary>The link of a page to itself in the other language; the forms of the page then stay in it.</summary>
    public static string Switch(bool chinese) => chinese
        ? $"""<p><a href="?{Parameter}=en" lang="en" hreflang="en">English</a></p>"""
        : $"""<p><a href="?{Parameter}=zh" lang="zh-CN" hreflang="zh-CN">中文</a></p>""";
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
        options.TypeInfoResolver =
            (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(RefuseNullElements);
        return options;
    }

    // RespectNullableAnnotations does not look into lists: what is declared without null must be without it there, too. Texts are looked at
    // where they are checked, which can say more.
    private static void RefuseNullElements(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            var listed = property.PropertyType;
            if (listed == typeof(string) || !listed.IsAssignableTo(typeof(IEnumerable)) || property.AttributeProvider is not PropertyInfo declared)
                continue;
            var annotated = new NullabilityInfoContext().Create(declared);
            var element = annotated.ElementType ?? annotated.GenericTypeArguments.LastOrDefault();
            if (element is { ReadState: NullabilityState.NotNull, Type.IsValueType: false } && element.Type != typeof(string))
            {
                property.CustomConverter =
                    (JsonConverter)Activator.CreateInstance(typeof(WithoutNulls<>).MakeGenericType(listed))!;
            }
        }
    }

    private sealed class WithoutNulls<TList> : JsonConverter<TList>
        where TList : IEnumerable
    {
        public override TList? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var list = JsonSerializer.Deserialize<TList>(ref reader, options);
            return list is null || list.Cast<object?>().All(element => element is not null)
                ? list
                : throw new JsonException("null in a list that has none");
        }

        public override void Write(Utf8JsonWriter writer, TList value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, options);
    }
}
