namespace HomeSchool.Contracts;

/// <summary>
/// A fact that a service announces to the others. Events carry ids and facts, never names or sensitive content (INS-3).
/// Names and members are forever: add optional members only; <c>Contracts.Tests</c> holds the wire format.
/// </summary>
public interface IEvent
{
    /// <summary>The district in which it happened.</summary>
    Guid DistrictId { get; }

    /// <summary>The school in which it happened; <see langword="null"/> for facts of the whole district.</summary>
    Guid? SchoolId { get; }

    /// <summary>What it happened to (a visit, a school's roster, a survey, …).</summary>
    Guid AggregateId { get; }

    /// <summary>
    /// Grows with every change of <see cref="AggregateId"/>. A consumer keeps the highest it has seen and ignores lower ones,
    /// so delivery may be repeated and out of order.
    /// </summary>
    long Version { get; }

    /// <summary>When it happened (UTC), not when it was sent.</summary>
    DateTimeOffset OccurredAt { get; }
}

/// <summary>The event's name on the wire and in the event logs, e.g. <c>visits.visit-completed</c>; also its routing key.</summary>
/// <param name="name">The publishing service, a dot, and what happened in the past tense; lower case.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class EventNameAttribute(string name) : Attribute
{
    /// <summary>The name; never changes once published.</summary>
    public string Name { get; } = name;
}
