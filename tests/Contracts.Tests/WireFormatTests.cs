using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;

namespace HomeSchool.Contracts.Tests;

/// <summary>
/// Holds the wire format: event logs and queues carry what was published years ago. Each event has a file <c>Wire/&lt;name&gt;.json</c>
/// as it was first published. Members may be added (optional ones); none may be renamed, retyped or removed.
/// </summary>
public sealed class WireFormatTests
{
    /// <summary>Every event of the contracts.</summary>
    public static TheoryData<string> Names =>
        [.. Events.Select(EventNames.Of).Order(StringComparer.Ordinal)];

    private static IEnumerable<Type> Events => typeof(IEvent).Assembly.GetExportedTypes()
        .Where(type => !type.IsInterface && typeof(IEvent).IsAssignableFrom(type));

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_is_written_as_it_was_first_published(string name)
    {
        var written = JsonSerializer.SerializeToNode(Sample.Of(EventNames.Find(name)!), EventNames.Find(name)!, Json.Options)!;
        var file = Path.Combine(Folder(), name + ".json");
        if (!File.Exists(file))
        {
            // A new event: its first format is written down for ever. The test fails once, so that the file is looked at.
            File.WriteAllText(file, written.ToJsonString(new JsonSerializerOptions(Json.Options) { WriteIndented = true }) + "\n");
            Assert.Fail($"{file} was made. Look at it: it holds for ever once it is published.");
        }

        var first = JsonNode.Parse(File.ReadAllText(file))!;
        Missing(first, written, "$").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_was_published_first_can_still_be_read(string name)
    {
        var first = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), name + ".json")))!;
        var read = JsonSerializer.Deserialize(first, EventNames.Find(name)!, Json.Options)!;
        Missing(first, JsonSerializer.SerializeToNode(read, read.GetType(), Json.Options)!, "$").ShouldBeEmpty();
    }

    [Fact]
    public void No_event_that_was_published_is_gone() =>
        Directory.GetFiles(Folder(), "*.json").Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => EventNames.Find(name!) is null).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Rule", "INS-3")]
    public void An_event_has_no_member_that_could_name_a_person(string name)
    {
        // Names of schools, classes and terms are allowed; of people, and free text, are not.
        string[] telling = ["givenName", "familyName", "fullName", "phone", "email", "address", "summary", "reason", "comment", "note"];
        Members(JsonSerializer.SerializeToNode(Sample.Of(EventNames.Find(name)!), EventNames.Find(name)!, Json.Options)!)
            .Intersect(telling, StringComparer.OrdinalIgnoreCase).ShouldBeEmpty();
    }

    [Fact]
    public void Contracts_have_no_packages_and_no_project_behind_them() =>
        typeof(IEvent).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(reference => !reference.StartsWith("System.", StringComparison.Ordinal)).ShouldBeEmpty();

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Wire");

    // What the first format has and the present one has not, or has otherwise.
    private static IEnumerable<string> Missing(JsonNode? first, JsonNode? now, string path) => (first, now) switch
    {
        (JsonObject a, JsonObject b) => a.SelectMany(member =>
            b.ContainsKey(member.Key) ? Missing(member.Value, b[member.Key], $"{path}.{member.Key}") : [$"{path}.{member.Key} is gone"]),
        (JsonArray a, JsonArray b) when a.Count == b.Count => a.SelectMany((item, i) => Missing(item, b[i], $"{path}[{i}]")),
        _ => JsonNode.DeepEquals(first, now) ? [] : [$"{path} was {first?.ToJsonString()}, is {now?.ToJsonString()}"],
    };

    private static IEnumerable<string> Members(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(member => Members(member.Value).Prepend(member.Key)),
        JsonArray a => a.SelectMany(Members),
        _ => [],
    };

    /// <summary>Makes a value of any contract type, always the same.</summary>
    private static class Sample
    {
        public static object Of(Type type)
        {
            var number = 0;
            return Make(type, "", ref number)!;
        }

        private static object? Make(Type type, string name, ref int number)
        {
            number++;
            if (Nullable.GetUnderlyingType(type) is { } inner)
                return Make(inner, name, ref number);
            if (type == typeof(Guid))
                return new Guid(number, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 1]);
            if (type == typeof(string))
                return name;
            if (type == typeof(DateTimeOffset))
                return new DateTimeOffset(2026, 9, 1, 8, 30, 0, TimeSpan.Zero);
            if (type == typeof(DateOnly))
                return new DateOnly(2026, 9, 1);
            if (type == typeof(bool))
                return true;
            if (type == typeof(byte[]))
                return new byte[] { 1, 2, 3 }; // what is sealed
            if (type.IsEnum)
                return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1);
            if (type.IsPrimitive || type == typeof(decimal))
                return Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
            if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
            {
                var element = type.GetGenericArguments()[0];
                var list = Array.CreateInstance(element, 1);
                list.SetValue(Make(element, name, ref number), 0);
                return list;
            }

            var constructor = type.GetConstructors().Single(c => c.GetParameters().Length > 0);
            var values = new List<object?>();
            foreach (var parameter in constructor.GetParameters())
                values.Add(Make(parameter.ParameterType, parameter.Name!, ref number));
            return constructor.Invoke([.. values]);
        }
    }
}
