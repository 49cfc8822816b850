using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Identity.Pages;

/// <summary>Writes the parts of a page in its language, and marks the fields at fault.</summary>
/// <param name="isChinese">In Chinese or in English.</param>
/// <param name="mistakes">What was wrong; without a field where it is about none.</param>
internal sealed class Markup(bool isChinese, IReadOnlyList<FieldMistake> mistakes)
{
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    /// <summary>In Chinese or in English.</summary>
    public bool IsChinese => isChinese;

    /// <summary>One of two texts; they stand in the page as they are.</summary>
    public string this[string zh, string en] => isChinese ? zh : en;

    /// <summary>A text from outside.</summary>
    public static string Encode(string text) => Html.Encode(text);

    /// <summary>A time where the district is (ALL-3).</summary>
    public static string Time(DateTimeOffset at) =>
        TimeZoneInfo.ConvertTime(at, Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A field with its label, and what was wrong with it.</summary>
    /// <param name="name">The field.</param>
    /// <param name="label">Its label.</param>
    /// <param name="attributes">Further attributes of the input.</param>
    /// <param name="value">What it held.</param>
    /// <param name="hint">What to know before one types.</param>
    /// <param name="id">Where one page has two fields of a name.</param>
    public string Field(string name, string label, string attributes, string value = "", string? hint = null, string? id = null)
    {
        id ??= name;
        var mistake = mistakes.FirstOrDefault(m => m.Field == name);
        var described = string.Join(
            ' ', new[] { hint is null ? null : id + "-hint", mistake is null ? null : id + "-mistake" }.OfType<string>());
        return
            $"""
            <label for="{id}">{label}</label>
            {(hint is null ? "" : $"""<p class="hint" id="{id}-hint">{hint}</p>""")}
            {(mistake is null ? "" : $"""<p class="mistake" id="{id}-mistake">{Encode(this[mistake.Zh, mistake.En])}</p>""")}
            <input id="{id}" name="{name}" value="{Encode(value)}" required {attributes}
            {(described.Length == 0 ? "" : $"aria-describedby=\"{described}\"")}
            {(mistake is null ? "" : "aria-invalid=\"true\"")}>
            """;
    }

    /// <summary>What was wrong, with a link to each field; the cursor goes there.</summary>
    public string Summary()
    {
        if (mistakes.Count == 0)
            return "";
        var items = string.Concat(mistakes.Select(mistake => mistake.Field.Length == 0
            ? $"<li>{Encode(this[mistake.Zh, mistake.En])}</li>"
            : $"""<li><a href="#{Encode(mistake.Field)}">{Encode(this[mistake.Zh, mistake.En])}</a></li>"""));
        return
            $"""
            <div class="box" role="alert" tabindex="-1" autofocus>
            <h2>{this["请检查", "Please check"]}</h2><ul>{items}</ul></div>
            """;
    }
}

/// <summary>The language of the pages: as chosen with the switch, else as the browser asks (ALL-3).</summary>
internal static class PageLanguage
{
    /// <summary>Chinese or English.</summary>
    public static bool IsChinese(HttpContext http) => Chosen(http) switch
    {
        "zh" => true,
        "en" => false,
        _ => Language.IsChinese(http),
    };

    /// <summary>Keeps what somebody chose with the switch.</summary>
    public static ValueTask<object?> KeepAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var http = invocation.HttpContext;
        if (http.Request.Query[Language.Parameter].ToString() is "zh" or "en")
            http.RequestServices.GetRequiredService<PageCookies>().Keep(http, PageCookies.Language, Chosen(http)!);
        return next(invocation);
    }

    private static string? Chosen(HttpContext http) =>
        http.Request.Query[Language.Parameter].ToString() is { Length: > 0 } chosen
            ? chosen
            : http.RequestServices.GetRequiredService<PageCookies>().Read(http, PageCookies.Language);
}
