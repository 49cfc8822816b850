using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Surveys;
using HomeSchool.Contracts.Visits;
using HomeSchool.Messages.Notices;

namespace HomeSchool.Messages.Tests;

/// <summary>What other services arrange with a family stands in its guardians' inboxes (MSG-5).</summary>
public sealed class ArrangementTests(MessagesSystem system)
{
    private readonly School school = new(system);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task An_appointment_its_reminder_and_its_end_reach_each_guardian_once()
    {
        var (child, other) = ((await school.EnrolAsync(2, guardians: 2)) is [var one, var two] ? (one, two) : default);
        var visit = Guid.CreateVersion7();
        await system.PublishAsync(Scheduled(visit, 1, child));
        await system.PublishAsync(new VisitReminderDue(school.District, school.Id, visit, 1, Now, [child.Student], Now.AddDays(1)));
        await system.PublishAsync(Cancelled(visit, 2, child));
        for (var guardian = 0; guardian < 2; guardian++)
        {
            (await LinesAsync(child, guardian)).ShouldBe(
                [(NotificationKind.VisitCancelled, visit), (NotificationKind.VisitReminder, visit), (NotificationKind.Visit, visit)],
                ignoreOrder: true);
        }

        (await LinesAsync(other)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task Nobody_is_told_what_is_no_longer_so()
    {
        var child = (await school.EnrolAsync(1))[0];
        var visit = Guid.CreateVersion7();
        await system.PublishAsync(Cancelled(visit, 3, child));
        await system.PublishAsync(Scheduled(visit, 2, child));
        await system.PublishAsync(new VisitReminderDue(school.District, school.Id, visit, 2, Now, [child.Student], Now.AddDays(1)));
        await system.PublishAsync(Scheduled(Guid.CreateVersion7(), 1, child, Now.AddDays(-1))); // noted afterwards
        (await LinesAsync(child)).ShouldBe([(NotificationKind.VisitCancelled, visit)]);
    }

    [Fact]
    [Trait("Rule", "MSG-6")]
    public async Task Only_an_emergency_is_urgent()
    {
        var child = (await school.EnrolAsync(1))[0];
        var (routine, emergency) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await system.PublishAsync(
            Scheduled(routine, 1, child), Scheduled(emergency, 1, child) with { Kind = VisitKind.Emergency });
        var lines = await school.InboxAsync(school.GuardianOf(child));
        lines.Single(line => line.AboutId == routine).Urgent.ShouldBeFalse();
        lines.Single(line => line.AboutId == emergency).Urgent.ShouldBeTrue();
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task Who_is_not_invited_to_visits_hears_of_none_and_who_may_not_see_the_child_of_nothing()
    {
        var child = (await school.EnrolAsync(1, guardians: 3))[0];
        await AllowAsync(child, 1, GuardianRight.See);
        await AllowAsync(child, 2);
        await system.PublishAsync(Scheduled(Guid.CreateVersion7(), 1, child), Meeting(Guid.CreateVersion7(), 1));
        (await KindsAsync(child, 0)).ShouldBe([NotificationKind.Visit, NotificationKind.Meeting], ignoreOrder: true);
        (await KindsAsync(child, 1)).ShouldBe([NotificationKind.Meeting]);
        (await KindsAsync(child, 2)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "MSG-5")]
    public async Task A_survey_asks_the_family_or_the_guardian_whom_it_names_and_reminds_the_same()
    {
        var child = (await school.EnrolAsync(1, guardians: 2))[0];
        var (family, mother) = (Invitation(child, null), Invitation(child, child.Guardians[0]));
        await system.PublishAsync(
            new SurveyFamiliesInvited(
                school.District, school.Id, Guid.CreateVersion7(), 1, Now, SurveyKind.Needs, [family, mother]),
            new SurveyRemindersDue(school.District, school.Id, Guid.CreateVersion7(), 1, Now, SurveyKind.Needs, [mother]));
        (await LinesAsync(child)).ShouldBe(
            [(NotificationKind.Survey, family.InvitationId), (NotificationKind.Survey, mother.InvitationId),
                (NotificationKind.SurveyReminder, mother.InvitationId)],
            ignoreOrder: true);
        (await LinesAsync(child, 1)).ShouldBe([(NotificationKind.Survey, family.InvitationId)]);
    }

    [Fact]
    [Trait("Rule", "ACT-1")]
    public async Task A_meeting_is_told_to_the_families_of_its_class_and_siblings_share_a_line()
    {
        var mother = Guid.CreateVersion7();
        Child[] siblings = [new(Guid.CreateVersion7(), [mother]), new(Guid.CreateVersion7(), [mother])];
        await school.EnrolAsync(siblings, school.Class);
        var elsewhere = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        var meeting = Guid.CreateVersion7();
        await system.PublishAsync(Meeting(meeting, 1));
        await system.PublishAsync(Meeting(meeting, 2) with { Cancelled = true });
        var lines = await school.InboxAsync(school.GuardianOf(siblings[0]), school.GuardianOf(siblings[1]));
        lines.Select(line => line.Kind).ShouldBe([NotificationKind.MeetingCancelled, NotificationKind.Meeting], ignoreOrder: true);
        lines.ShouldAllBe(line => line.StudentIds.Count == 2);
        (await LinesAsync(elsewhere)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ACT-3")]
    public async Task A_seat_is_told_to_the_guardian_who_asked_for_it()
    {
        var child = (await school.EnrolAsync(1, guardians: 2))[0];
        var seat = Guid.CreateVersion7();
        await system.PublishAsync(new SeatGiven(
            school.District, school.Id, seat, 2, Now, Guid.CreateVersion7(), child.Student, child.Guardians[1]));
        (await LinesAsync(child, 1)).ShouldBe([(NotificationKind.Seat, seat)]);
        (await LinesAsync(child)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ACT-3")]
    public async Task That_a_parent_class_is_called_off_is_told_to_those_who_had_signed_up()
    {
        var children = await school.EnrolAsync(3);
        var lesson = Guid.CreateVersion7();
        await system.PublishAsync(new LessonCancelled(
            school.District, school.Id, lesson, 2, Now, Guid.CreateVersion7(), Now.AddDays(3),
            [children[0].Student, children[1].Student], [children[0].Guardian, children[1].Guardian]));
        (await LinesAsync(children[0])).ShouldBe([(NotificationKind.LessonCancelled, lesson)]);
        (await LinesAsync(children[1])).ShouldBe([(NotificationKind.LessonCancelled, lesson)]);
        (await LinesAsync(children[2])).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ACT-4")]
    public async Task A_family_activity_is_told_to_its_class_or_the_whole_school_and_its_end_as_well()
    {
        var (own, other) = ((await school.EnrolAsync(1))[0], (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0]);
        var (ofClass, ofSchool, past) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await system.PublishAsync(
            Activity(ofClass, 1, school.Class), Activity(ofSchool, 1, null),
            Activity(past, 1, null) with { StartsOn = Today.AddDays(-9), EndsOn = Today.AddDays(-3) });
        await system.PublishAsync(Activity(ofClass, 2, school.Class) with { Cancelled = true });
        (await LinesAsync(own)).ShouldBe(
            [(NotificationKind.FamilyActivity, ofClass), (NotificationKind.FamilyActivity, ofSchool),
                (NotificationKind.FamilyActivityCancelled, ofClass)],
            ignoreOrder: true);
        (await LinesAsync(other)).ShouldBe([(NotificationKind.FamilyActivity, ofSchool)]);
        (await LinesAsync((await school.Neighbour().EnrolAsync(1))[0])).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ACT-2")]
    [Trait("Rule", "ACT-7")]
    public async Task A_covenant_is_told_to_the_class_and_the_answer_to_a_suggestion_to_who_made_it()
    {
        var child = (await school.EnrolAsync(1, guardians: 2))[0];
        var suggestion = Guid.CreateVersion7();
        await system.PublishAsync(
            new CovenantPublished(school.District, school.Id, school.Class, 1, Now),
            new SuggestionAnswered(school.District, school.Id, suggestion, 1, Now, child.Student, child.Guardians[1]));
        (await LinesAsync(child)).ShouldBe([(NotificationKind.Covenant, school.Class)]);
        (await LinesAsync(child, 1)).ShouldBe(
            [(NotificationKind.Covenant, school.Class), (NotificationKind.Suggestion, suggestion)], ignoreOrder: true);
    }

    private static DateOnly Today => DateOnly.FromDateTime(Now.UtcDateTime);

    private FamilyActivityPlanned Activity(Guid activity, long version, Guid? ofClass) => new(
        school.District, school.Id, activity, version, Now, ofClass, FamilyActivityKind.CommunityService, Today.AddDays(2),
        Today.AddDays(3), Cancelled: false);

    private static InvitationToRemind Invitation(Child child, Guid? guardian) =>
        new(Guid.CreateVersion7(), [child.Student], guardian, Now.AddDays(7));

    private VisitScheduled Scheduled(Guid visit, long version, Child child, DateTimeOffset? starts = null) => new(
        school.District, school.Id, visit, version, Now, Guid.CreateVersion7(), [child.Student], VisitMode.Video, VisitKind.Routine,
        starts ?? Now.AddDays(4));

    private VisitCancelled Cancelled(Guid visit, long version, Child child) => new(
        school.District, school.Id, visit, version, Now, Guid.CreateVersion7(), [child.Student], Declined: false);

    private MeetingPlanned Meeting(Guid meeting, long version) => new(
        school.District, school.Id, meeting, version, Now, Guid.CreateVersion7(), school.Class, MeetingKind.Opening, Now.AddDays(5),
        Cancelled: false);

    private Task AllowAsync(Child child, int which, params GuardianRight[] rights) => system.PublishAsync(new GuardianRightsChanged(
        school.District, Guid.CreateVersion7(), 5, Now, child.Student, child.Guardians[which], rights, GuardianChannel.App));

    private async Task<IEnumerable<(NotificationKind Kind, Guid About)>> LinesAsync(Child child, int which = 0) =>
        (await school.InboxAsync(school.GuardianOf(child, which))).Select(line => (line.Kind, line.AboutId));

    private async Task<IEnumerable<NotificationKind>> KindsAsync(Child child, int which) =>
        (await LinesAsync(child, which)).Select(line => line.Kind);
}
