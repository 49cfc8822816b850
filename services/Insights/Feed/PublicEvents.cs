using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Insights;
using HomeSchool.Contracts.Messages;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Messaging;

namespace HomeSchool.Insights.Feed;

/// <summary>
/// The events that the public feed carries, and what it tells of each: ids of things and counts. It tells nothing of single students
/// and families, and not why a visit is held, since a priority visit marks a priority student. What is not listed here stays inside.
/// </summary>
internal static class PublicEvents
{
    private static readonly FrozenDictionary<Type, Func<IEvent, object>> Facts = new Dictionary<Type, Func<IEvent, object>>
    {
        [typeof(SchoolChanged)] = Tell<SchoolChanged>(e => new { e.Version, e.WithdrawnOn }),
        [typeof(TermChanged)] = Tell<TermChanged>(e => new
        {
            e.Version,
            e.Title,
            e.StartsOn,
            e.EndsOn,
            e.TeachingWeeks,
            e.WithdrawnOn,
        }),
        [typeof(RosterChanged)] = Tell<RosterChanged>(e => new
        {
            e.Version,
            Classes = e.Classes.Count,
            Enrolments = e.Enrolments.Count,
            Posts = e.Posts.Count,
        }),
        [typeof(SupportNeedsChanged)] = Tell<SupportNeedsChanged>(e => new { e.Version, e.Students }),
        [typeof(VisitScheduled)] = Tell<VisitScheduled>(e => new
        {
            e.Version,
            e.TermId,
            Students = e.StudentIds.Count,
            e.Mode,
            e.StartsAt,
        }),
        [typeof(VisitConfirmed)] = Tell<VisitConfirmed>(e => new { e.Version, e.TermId, Students = e.StudentIds.Count, e.StartsAt }),
        [typeof(VisitTimeProposed)] = Tell<VisitTimeProposed>(e => new
        {
            e.Version,
            e.TermId,
            Students = e.StudentIds.Count,
            e.StartsAt,
            e.ProposedStartsAt,
        }),
        [typeof(VisitCancelled)] = Tell<VisitCancelled>(e => new { e.Version, e.TermId, Students = e.StudentIds.Count, e.Declined }),
        [typeof(VisitCompleted)] = Tell<VisitCompleted>(e => new
        {
            e.Version,
            e.TermId,
            Students = e.StudentIds.Count,
            e.Mode,
            e.HeldOn,
            e.Effective,
        }),
        [typeof(CoverageChanged)] = Tell<CoverageChanged>(e => new
        {
            e.Version,
            e.TermId,
            e.OnRoll,
            e.Planned,
            e.Visited,
            e.Effective,
        }),
        [typeof(NoticeSent)] = Tell<NoticeSent>(e => new { e.Version, e.Guardians, e.AsksAnswer }),
        [typeof(GroupPostPublished)] = Tell<GroupPostPublished>(e => new { e.Version, e.ClassId, e.Kind, e.ByStaff }),
        [typeof(GroupRulesPublished)] = Tell<GroupRulesPublished>(e => new { e.Version }),
        [typeof(SurveyOpened)] = Tell<SurveyOpened>(e => new { e.Version, e.Kind, e.ClosesAt }),
        [typeof(MeetingPlanned)] = Tell<MeetingPlanned>(e => new { e.Version, e.TermId, e.ClassId, e.Kind, e.StartsAt, e.Cancelled }),
        [typeof(MeetingAttended)] = Tell<MeetingAttended>(e => new
        {
            e.Version,
            e.TermId,
            e.ClassId,
            e.Kind,
            Families = e.StudentIds.Count,
            e.MadeUp,
            e.Withdrawn,
        }),
        [typeof(CovenantPublished)] = Tell<CovenantPublished>(e => new { e.Version }),
        [typeof(LessonPlanned)] = Tell<LessonPlanned>(e => new { e.Version, e.TermId, e.Grades, e.StartsAt, e.Seats }),
        [typeof(LessonAttended)] = Tell<LessonAttended>(e => new { e.Version, e.TermId, Families = e.StudentIds.Count, e.On }),
        [typeof(LessonCancelled)] = Tell<LessonCancelled>(e => new { e.Version, e.TermId, e.StartsAt, Families = e.StudentIds.Count }),
        [typeof(FamilyActivityPlanned)] = Tell<FamilyActivityPlanned>(
            e => new { e.Version, e.ClassId, e.Kind, e.StartsOn, e.EndsOn, e.Cancelled }),
        [typeof(FamilyActivityAttended)] = Tell<FamilyActivityAttended>(
            e => new { e.Version, Families = e.StudentIds.Count, e.On, e.Withdrawn }),
        [typeof(SurveyAnswersCounted)] = Tell<SurveyAnswersCounted>(e => new { e.Version, e.Kind, e.Answers }),
    }.ToFrozenDictionary();

    /// <summary>The public events.</summary>
    public static IReadOnlyList<Type> Types => Facts.Keys;

    /// <summary>The event as the feed carries it: CloudEvents 1.0, JSON format, structured mode.</summary>
    public static string Write(DeliveredEvent delivery)
    {
        var (envelope, happened) = delivery;
        return JsonSerializer.Serialize(
            new CloudEvent(
                "1.0", envelope.MessageId, $"/homeschool/{envelope.Name.Split('.')[0]}", $"homeschool.{envelope.Name}",
                happened.AggregateId, happened.OccurredAt.ToUniversalTime(), "application/json", happened.DistrictId,
                happened.SchoolId, Facts[happened.GetType()](happened)),
            Json.Options);
    }

    private static Func<IEvent, object> Tell<T>(Func<T, object> facts)
        where T : IEvent => happened => facts((T)happened);

    // The attributes' names are all lower case by the specification; district and school are extension attributes.
    private sealed record CloudEvent(
        [property: JsonPropertyName("specversion")] string SpecVersion,
        Guid Id,
        string Source,
        string Type,
        Guid Subject,
        DateTimeOffset Time,
        [property: JsonPropertyName("datacontenttype")] string DataContentType,
        [property: JsonPropertyName("districtid")] Guid DistrictId,
        [property: JsonPropertyName("schoolid"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? SchoolId,
        object Data);
}
