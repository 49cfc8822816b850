using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Messaging;

namespace HomeSchool.Archives.Timeline;

/// <summary>
/// Lets the timelines write themselves from what the other services announce (ARC-8). An event joins by one line here; it must
/// say the students, and its version must be that of what it is about. In whatever order events come, the highest version stands.
/// </summary>
public sealed class FollowEvents : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "archives.timeline";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
    [
        typeof(VisitScheduled), typeof(VisitCompleted), typeof(VisitCancelled), typeof(MeetingAttended), typeof(LessonAttended),
        typeof(FamilyActivityAttended),
    ];

    /// <inheritdoc/>
    public override Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return TimelineEntries.PutAsync(batch.Connection, batch.Events.SelectMany(EntriesOf), cancel);
    }

    private static IEnumerable<TimelineEntry> EntriesOf(IEvent happened) => happened switch
    {
        VisitScheduled visit => Each(visit, visit.SchoolId, visit.StudentIds, TimelineKind.VisitPlanned, LocalDay.Of(visit.StartsAt)),
        VisitCompleted visit => Each(visit, visit.SchoolId, visit.StudentIds, TimelineKind.VisitHeld, visit.HeldOn),
        VisitCancelled visit => Each(visit, visit.SchoolId, visit.StudentIds, TimelineKind.VisitCancelled, LocalDay.Of(visit.OccurredAt)),
        MeetingAttended meeting => Each(
            meeting, meeting.SchoolId, meeting.StudentIds, TimelineKind.Meeting, meeting.On, "activities", meeting.Withdrawn),
        LessonAttended lesson => Each(
            lesson, lesson.SchoolId, lesson.StudentIds, TimelineKind.Activity, lesson.On, "activities"),
        FamilyActivityAttended activity => Each(
            activity, activity.SchoolId, activity.StudentIds, TimelineKind.Activity, activity.On, "activities", activity.Withdrawn),
        _ => [],
    };

    private static IEnumerable<TimelineEntry> Each(
        IEvent happened, Guid school, IReadOnlyList<Guid> students, TimelineKind kind, DateOnly on,
        string source = "visits", bool withdrawn = false) =>
        students.Select(student => new TimelineEntry
        {
            DistrictId = happened.DistrictId,
            SchoolId = school,
            StudentId = student,
            RefId = happened.AggregateId,
            On = on,
            Kind = kind,
            Source = source,
            Version = happened.Version,
            Withdrawn = withdrawn,
        });
}
