using System.Collections.Frozen;
using System.Reflection;
using HomeSchool.Contracts;

namespace HomeSchool.ServiceDefaults.Messaging;

/// <summary>The wire name of every event in <c>HomeSchool.Contracts</c>, both ways.</summary>
public static class EventNames
{
    private static readonly FrozenDictionary<string, Type> ByName = Assembly.GetAssembly(typeof(IEvent))!.GetExportedTypes()
        .Where(type => type is { IsAbstract: false, IsInterface: false } && typeof(IEvent).IsAssignableFrom(type))
        .ToFrozenDictionary(NameOf);

    private static readonly FrozenDictionary<Type, string> ByType = ByName.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The name of an event type.</summary>
    /// <exception cref="InvalidOperationException">The type is not an event of the contracts.</exception>
    public static string Of(Type type) => ByType.TryGetValue(type, out var name)
        ? name
        : throw new InvalidOperationException($"{type} is not an event of HomeSchool.Contracts.");

    /// <summary>The type of a name; <see langword="null"/> for a name that this version does not know.</summary>
    public static Type? Find(string name) => ByName.GetValueOrDefault(name);

    private static string NameOf(Type type) => type.GetCustomAttribute<EventNameAttribute>()?.Name
        ?? throw new InvalidOperationException($"{type} lacks [EventName].");
}
