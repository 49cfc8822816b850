using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;

namespace HomeSchool.Visits.Tests;

/// <summary>The aggregate: pure decisions.</summary>
public sealed class VisitTests
{
    private static readonly VisitPolicy Policy = new();
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Start = Now.AddDays(4);
    private static readonly VisitHeld AsAgreed = new(null, null, null, GuardianTookPart: true);

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void An_appointment_needs_three_days_notice_to_the_minute()
    {
        Scheduled(Now.AddDays(3)).Refused.ShouldBeNull();
        var refused = Scheduled(Now.AddDays(3).AddMinutes(-1)).Refused.ShouldNotBeNull();
        refused.Failure.Code.ShouldBe("visits.notice-too-short");
        refused.Failure.En.ShouldContain("2026-09-04 10:00"); // in Shanghai
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void The_notice_is_what_the_policy_says()
    {
        Visit.Schedule(Plan(Now.AddDays(1)), Policy with { NoticeDays = 1 }, SchoolCalendar.Plain, Now).Refused.ShouldBeNull();
        Visit.Schedule(Plan(Now.AddDays(4)), Policy with { NoticeDays = 5 }, SchoolCalendar.Plain, Now).Refused.ShouldNotBeNull();
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void An_emergency_needs_no_notice_but_is_no_way_to_write_history()
    {
        Scheduled(Now, VisitKind.Emergency).Refused.ShouldBeNull();
        Scheduled(Now.AddHours(-23), VisitKind.Emergency).Refused.ShouldBeNull();
        Scheduled(Now.AddDays(-2), VisitKind.Emergency).Refused!.Failure.Code.ShouldBe("visits.start-passed");
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void The_time_that_the_family_proposed_is_agreed_and_needs_no_notice()
    {
        var visit = Offered();
        var soon = Now.AddDays(1);
        visit.Propose(soon, Now).ShouldBeNull();
        visit.State.ShouldBe(VisitState.Proposed);
        visit.StartsAt.ShouldBe(Start);

        visit.Move(visit.TermId, visit.Mode, soon.AddHours(1), visit.Minutes, Policy, SchoolCalendar.Plain, Now)!
            .Failure.Code.ShouldBe("visits.notice-too-short");
        visit.Move(visit.TermId, visit.Mode, soon, visit.Minutes, Policy, SchoolCalendar.Plain, Now).ShouldBeNull();
        visit.State.ShouldBe(VisitState.Confirmed);
        visit.StartsAt.ShouldBe(soon);
        visit.ProposedStartsAt.ShouldBeNull();
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void A_proposal_is_not_agreed_to_with_another_mode()
    {
        var visit = Offered();
        visit.Propose(Start.AddDays(1), Now);
        visit.Move(visit.TermId, VisitMode.InPerson, Start.AddDays(1), visit.Minutes, Policy, SchoolCalendar.Plain, Now).ShouldBeNull();
        visit.State.ShouldBe(VisitState.Scheduled);
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void Moving_asks_the_family_again_and_tells_calendars()
    {
        var visit = Offered();
        visit.Confirm(Now).ShouldBeNull();
        visit.Sequence.ShouldBe(0);
        visit.Move(visit.TermId, visit.Mode, Start.AddDays(1), 45, Policy, SchoolCalendar.Plain, Now).ShouldBeNull();
        (visit.State, visit.Sequence, visit.Minutes).ShouldBe((VisitState.Scheduled, 1, 45));
    }

    [Fact]
    [Trait("Rule", "VIS-6")]
    public void Answers_come_before_the_appointment_begins()
    {
        Offered().Confirm(Start).ShouldNotBeNull().Failure.Code.ShouldBe("visits.answer-too-late");
        Offered().Propose(Start.AddDays(1), Start).ShouldNotBeNull();
        Offered().Decline(Start).ShouldNotBeNull();
        Offered().Propose(Now, Now)!.Failure.Code.ShouldBe("visits.start-passed");
    }

    [Fact]
    public void What_is_over_stays_as_it_is()
    {
        var completed = Ended(visit => visit.Complete(AsAgreed, Start));
        foreach (var over in new[] { Ended(visit => visit.Decline(Now)), Ended(visit => visit.Cancel(Now)), completed })
        {
            var before = (over.State, over.Version, over.Sequence);
            over.Confirm(Now).ShouldNotBeNull();
            over.Propose(Start, Now).ShouldNotBeNull();
            over.Decline(Now).ShouldNotBeNull();
            over.Cancel(Now).ShouldNotBeNull();
            over.Start(Start).ShouldNotBeNull();
            over.Complete(AsAgreed, Start).ShouldNotBeNull();
            over.Move(over.TermId, over.Mode, Start.AddDays(9), 30, Policy, SchoolCalendar.Plain, Now).ShouldNotBeNull();
            (over.State, over.Version, over.Sequence).ShouldBe(before);
        }
    }

    [Fact]
    public void A_visit_is_started_from_half_an_hour_before()
    {
        Offered().Start(Start.AddMinutes(-31))!.Failure.Code.ShouldBe("visits.too-early");
        var visit = Offered();
        visit.Start(Start.AddMinutes(-30)).ShouldBeNull();
        visit.Cancel(Start).ShouldBeNull(); // nobody was there
    }

    [Theory]
    [Trait("Rule", "VIS-1")]
    [InlineData(VisitMode.InPerson, true, true)]
    [InlineData(VisitMode.Video, true, true)]
    [InlineData(VisitMode.Voice, true, true)]
    [InlineData(VisitMode.AtSchool, true, true)]
    [InlineData(VisitMode.Text, true, false)]
    [InlineData(VisitMode.InPerson, false, false)]
    public void A_contact_is_effective_when_a_guardian_took_part_and_it_was_more_than_text(
        VisitMode mode, bool guardian, bool effective)
    {
        var visit = Offered();
        visit.Complete(new VisitHeld(null, null, mode, guardian), Start).ShouldBeNull();
        visit.ToCompleted().Effective.ShouldBe(effective);
        visit.ToCompleted().Mode.ShouldBe(mode);
    }

    [Fact]
    [Trait("Rule", "VIS-10")]
    public void What_the_record_does_not_say_comes_from_the_appointment()
    {
        var visit = Offered();
        visit.Start(Start.AddMinutes(5));
        visit.Complete(AsAgreed, Start.AddDays(2)).ShouldBeNull();
        (visit.HeldAt, visit.HeldMinutes, visit.HeldMode).ShouldBe((Start.AddMinutes(5), 30, VisitMode.Video));
        visit.HeldOn.ShouldBe(new DateOnly(2026, 9, 5));
        visit.RecordDueOn.ShouldBe(new DateOnly(2026, 9, 8));
    }

    [Fact]
    [Trait("Rule", "VIS-10")]
    public void A_visit_held_on_another_day_says_so()
    {
        Offered().Complete(AsAgreed, Now.AddDays(1))!.Failure.Code.ShouldBe("visits.too-early");
        var visit = Offered();
        visit.Complete(new VisitHeld(Now.AddDays(1), 20, null, true), Now.AddDays(2)).ShouldBeNull();
        (visit.HeldOn, visit.HeldMinutes).ShouldBe((new DateOnly(2026, 9, 2), 20));
        foreach (var (at, now) in new[] { (Now.AddDays(3), Now.AddDays(2)), (Now.AddDays(-9), Start) })
            Offered().Complete(AsAgreed with { At = at }, now)!.Failure.Code.ShouldBe("visits.held-at-impossible");
    }

    [Fact]
    [Trait("Rule", "ALL-3")]
    public void The_day_is_that_of_the_districts_clocks()
    {
        var late = new DateTimeOffset(2026, 9, 10, 16, 30, 0, TimeSpan.Zero); // 00:30 of the 11th in Shanghai
        var visit = Visit.Schedule(Plan(late), Policy, SchoolCalendar.Plain, Now).Visit!;
        visit.Complete(AsAgreed, late).ShouldBeNull();
        visit.HeldOn.ShouldBe(new DateOnly(2026, 9, 11));
    }

    [Fact]
    public void Each_change_grows_the_version()
    {
        var visit = Offered();
        visit.Version.ShouldBe(1);
        visit.Confirm(Now);
        visit.Start(Start);
        visit.Complete(AsAgreed, Start);
        visit.Version.ShouldBe(4);
        visit.ToCompleted().Version.ShouldBe(4);
    }

    private static (Visit? Visit, Problem? Refused) Scheduled(DateTimeOffset at, VisitKind kind = VisitKind.Routine) =>
        Visit.Schedule(Plan(at) with { Kind = kind }, Policy, SchoolCalendar.Plain, Now);

    private static Visit Offered() => Scheduled(Start).Visit!;

    private static Visit Ended(Func<Visit, Problem?> end)
    {
        var visit = Offered();
        end(visit).ShouldBeNull();
        return visit;
    }

    private static VisitPlan Plan(DateTimeOffset at) => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), [],
        [(Guid.CreateVersion7(), Guid.CreateVersion7())], VisitMode.Video, VisitKind.Routine, at, 30, []);
}
