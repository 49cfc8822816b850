using System.Collections.Frozen;
using System.Text.Json;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Surveys.Definitions;

/// <summary>The definitions that come with the service (SUR-1), embedded as data: <c>ReadyMade/&lt;kind&gt;.json</c>.</summary>
internal static class ReadyMade
{
    /// <summary>By their kind; a <see cref="SurveyKind.Designed"/> has none.</summary>
    public static FrozenDictionary<SurveyKind, Definition> All { get; } = Enum.GetValues<SurveyKind>()
        .Where(kind => kind != SurveyKind.Designed).ToFrozenDictionary(kind => kind, Read);

    private static Definition Read(SurveyKind kind)
    {
        using var file = typeof(ReadyMade).Assembly.GetManifestResourceStream($"{kind}.json")!;
        return JsonSerializer.Deserialize<Definition>(file, Json.Options)!;
    }
}
