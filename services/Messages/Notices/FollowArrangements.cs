using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Messaging;
using Npgsql;

namespace HomeSchool.Messages.Notices;

/// <summary>
/// Tells guardians what the other services arrange with them (MSG-5): appointments of visits, their reminders, surveys, meetings, seats, covenants, family activities, answers to suggestions.
/// One line for each guardian and thing; who may not see the child, or is not invited to its visits, has none (ARC-13). Whatever the
/// order in which events come, nobody is told what is no longer so.
/// </summary>
public sealed class FollowArrangements(TimeProvider clock) : EventConsumer
{
    /// <inheritdoc/>
    public override string Queue => "messages.arrangements";

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Events { get; } =
    [
        typeof(VisitScheduled), typeof(VisitCancelled), typeof(VisitReminderDue), typeof(SurveyFamiliesInvited),
        typeof(SurveyRemindersDue), typeof(MeetingPlanned), typeof(SeatGiven), typeof(LessonCancelled),
        typeof(FamilyActivityPlanned), typeof(CovenantPublished), typeof(SuggestionAnswered),
    ];

    /// <inheritdoc/>
    public override async Task ApplyAsync(EventBatch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var news = await NewsAsync(
            batch.Connection,
            [
                .. batch.Of<VisitScheduled>().Select(visit => new News(
                    visit.DistrictId, visit.SchoolId, visit.AggregateId, visit.Version, NotificationKind.Visit, visit.StudentIds)
                {
                    Urgent = visit.Kind == VisitKind.Emergency, // for safety (MSG-6)
                    IsPast = visit.StartsAt <= visit.OccurredAt,
                }),
                .. batch.Of<VisitCancelled>().Select(visit => new News(
                    visit.DistrictId, visit.SchoolId, visit.AggregateId, visit.Version, NotificationKind.VisitCancelled,
                    visit.StudentIds)),
                .. batch.Of<MeetingPlanned>().Select(meeting => new News(
                    meeting.DistrictId, meeting.SchoolId, meeting.AggregateId, meeting.Version,
                    meeting.Cancelled ? NotificationKind.MeetingCancelled : NotificationKind.Meeting, [])
                {
                    ClassId = meeting.ClassId,
                    IsPast = meeting.StartsAt <= meeting.OccurredAt,
                }),
                .. batch.Of<FamilyActivityPlanned>().Select(activity => new News(
                    activity.DistrictId, activity.SchoolId, activity.AggregateId, activity.Version,
                    activity.Cancelled ? NotificationKind.FamilyActivityCancelled : NotificationKind.FamilyActivity, [])
                {
                    ClassId = activity.ClassId,
                    IsOfSchool = activity.ClassId is null,
                    IsPast = activity.EndsOn < DateOnly.FromDateTime(activity.OccurredAt.UtcDateTime),
                }),
                .. batch.Of<CovenantPublished>().Select(covenant => new News(
                    covenant.DistrictId, covenant.SchoolId, covenant.AggregateId, covenant.Version, NotificationKind.Covenant, [])
                {
                    ClassId = covenant.AggregateId,
                }),
            ],
            cancel);
        var reminders = await StillStandingAsync(
            batch.Connection,
            [
                .. batch.Of<VisitReminderDue>().Select(visit => new News(
                    visit.DistrictId, visit.SchoolId, visit.AggregateId, visit.Version, NotificationKind.VisitReminder,
                    visit.StudentIds)),
            ],
            cancel);
        var surveys = batch.Of<SurveyFamiliesInvited>().SelectMany(
                round => round.Invitations, (round, asked) => News.Of(round.DistrictId, round.SchoolId, NotificationKind.Survey, asked))
            .Concat(batch.Of<SurveyRemindersDue>().SelectMany(
                round => round.Invitations,
                (round, asked) => News.Of(round.DistrictId, round.SchoolId, NotificationKind.SurveyReminder, asked)));
        var seats = batch.Of<SeatGiven>().Select(seat => new News(
            seat.DistrictId, seat.SchoolId, seat.AggregateId, seat.Version, NotificationKind.Seat, [seat.StudentId])
        {
            GuardianId = seat.GuardianId,
        });
        var cancelled = batch.Of<LessonCancelled>().SelectMany(lesson => lesson.StudentIds.Zip(
            lesson.GuardianIds, (student, guardian) => new News(
                lesson.DistrictId, lesson.SchoolId, lesson.AggregateId, lesson.Version, NotificationKind.LessonCancelled, [student])
            {
                GuardianId = guardian,
            }));
        var answered = batch.Of<SuggestionAnswered>().Select(suggestion => new News(
            suggestion.DistrictId, suggestion.SchoolId, suggestion.AggregateId, suggestion.Version, NotificationKind.Suggestion,
            [suggestion.StudentId])
        {
            GuardianId = suggestion.GuardianId,
        });
        await Telling.TellAsync(
            batch.Connection, [.. news, .. reminders, .. surveys, .. seats, .. cancelled, .. answered], clock.GetUtcNow(), cancel);
    }

    // Of everything the newest, and only if nothing newer was told.
    private static async Task<IEnumerable<News>> NewsAsync(NpgsqlConnection connection, News[] all, CancellationToken cancel)
    {
        var newest = all.GroupBy(news => (news.SchoolId, news.AboutId)).OrderBy(about => about.Key)
            .Select(about => about.MaxBy(news => news.Version)!).ToArray();
        if (newest.Length == 0)
            return [];
        await using var keep = new NpgsqlCommand(
            """
            INSERT INTO announcement AS kept (school_id, about_id, district_id, version) SELECT * FROM unnest($1, $2, $3, $4)
            ON CONFLICT (school_id, about_id) DO UPDATE SET version = excluded.version WHERE kept.version < excluded.version
            RETURNING about_id
            """, connection)
            .With(Column(newest, news => news.SchoolId)).With(Column(newest, news => news.AboutId))
            .With(Column(newest, news => news.DistrictId)).With(Column(newest, news => news.Version));
        var told = await IdsAsync(keep, cancel);
        return newest.Where(news => told.Contains(news.AboutId) && !news.IsPast);
    }

    // A reminder of what was moved or called off meanwhile is none.
    private static async Task<IEnumerable<News>> StillStandingAsync(
        NpgsqlConnection connection, News[] reminders, CancellationToken cancel)
    {
        if (reminders.Length == 0)
            return [];
        await using var find = new NpgsqlCommand(
            """
            SELECT r.about_id FROM unnest($1, $2, $3) AS r (school_id, about_id, version)
            JOIN announcement a ON a.school_id = r.school_id AND a.about_id = r.about_id AND a.version > r.version
            """, connection)
            .With(Column(reminders, news => news.SchoolId)).With(Column(reminders, news => news.AboutId))
            .With(Column(reminders, news => news.Version));
        var overtaken = await IdsAsync(find, cancel);
        return reminders.Where(news => !overtaken.Contains(news.AboutId));
    }

    private static async Task<HashSet<Guid>> IdsAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        var ids = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetGuid(0));
        return ids;
    }

    private static T[] Column<TRow, T>(TRow[] rows, Func<TRow, T> value) => [.. rows.Select(value)];
}
