using System.Globalization;
using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>
/// Home visits from the appointment to the record (VIS-1, VIS-4, VIS-6, VIS-10), what coverage makes of them (INS-1), and what the
/// dashboards see meanwhile (INS-3).
/// </summary>
internal sealed class VisitChapter(
    Client anybody, Scene scene, People people, Dashboards dashboards, Narrator narrator, TimeProvider clock)
{
    private const string Scheduled = "homeschool.visits.visit-scheduled";
    private const string Confirmed = "homeschool.visits.visit-confirmed";
    private const string Completed = "homeschool.visits.visit-completed";

    private readonly Client teacher = people.Teacher;

    /// <summary>Both families are visited.</summary>
    public async Task<Visits> TellAsync(CancellationToken cancel)
    {
        var before = await CoverageBeforeAsync(cancel);
        var slots = await FindSlotsAsync(cancel);
        var first = await ScheduleAsync(slots, cancel);
        var second = await RefusalsAsync(first, slots, cancel);
        await AreSeenAsync(Scheduled, cancel, first, second);
        await CoverageMovesAsync(before with { Planned = before.Planned + 2 }, clock.GetTimestamp(), cancel);

        await ConfirmAsync(first, second, cancel);
        await AreSeenAsync(Confirmed, cancel, first, second);

        await narrator.StepAsync("The school's dashboard loses its connection", async () =>
        {
            await dashboards.School.DisconnectAsync();
            return $"{dashboards.School.Seen.Count} events seen so far";
        });
        var completedAt = await CompleteAsync(first, second, cancel);
        await CoverageMovesAsync(
            new Coverage(before.OnRoll, before.Planned + 2, before.Visited + 2, before.Effective + 2), completedAt, cancel);
        return new Visits(first, second, completedAt);
    }

    private async Task<Coverage> CoverageBeforeAsync(CancellationToken cancel)
    {
        var before = new Coverage(0, 0, 0, 0);
        await narrator.StepAsync("The roster has reached Insights: coverage counts the class's students", async () =>
        {
            before = await narrator.UntilAsync(
                $"coverage of the class counts {scene.Class.Students} students", () => CoverageAsync(cancel),
                coverage => coverage.OnRoll == scene.Class.Students, cancel);
            return $"{scene.Class.Title}: {before}";
        });
        return before;
    }

    // As the policy in force prefers, in a week in which the teacher has no visit yet.
    private async Task<(DateTimeOffset First, DateTimeOffset Second)> FindSlotsAsync(CancellationToken cancel)
    {
        (DateTimeOffset, DateTimeOffset) slots = default;
        await narrator.StepAsync("The teacher looks for two free times among those that the policy prefers", async () =>
        {
            var policy = (await narrator.UntilAsync(
                "the roster has reached Visits",
                () => teacher.GetAsync($"/api/visits/policies/{scene.School.Id}", cancel),
                answer => answer.Status != HttpStatusCode.NotFound, cancel)).As<VisitPolicy>();
            var visits = await teacher.ListAsync<Visit>($"/api/visits?teacherId={scene.Class.HomeroomTeacherId}", cancel);
            var from = visits.Select(visit => visit.StartsAt.AddDays(7)).Append(clock.GetUtcNow().AddDays(policy.NoticeDays + 1)).Max();
            var zone = TimeZoneInfo.FindSystemTimeZoneById(policy.TimeZone);
            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, zone).DateTime);
            var window = day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? policy.Weekends : policy.Weekdays;
            var start = day.ToDateTime(window.From);
            var first = new DateTimeOffset(start, zone.GetUtcOffset(start));
            slots = (first, first.AddMinutes(policy.LongestMinutes));
            return $"{slots.Item1:yyyy-MM-dd HH:mm} and {slots.Item2:HH:mm} ({policy.TimeZone})";
        });
        return slots;
    }

    private async Task<Guid> ScheduleAsync((DateTimeOffset First, DateTimeOffset Second) slots, CancellationToken cancel)
    {
        var visit = Guid.Empty;
        var key = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        await narrator.StepAsync("The teacher schedules a home visit with the first family", async () =>
        {
            var appointment = (await teacher.PostAsync("/api/visits", Request(scene.First, slots.First), cancel, key: key)).As<Appointment>();
            visit = appointment.Id;
            Expect.Equal("scheduled", appointment.State, "The visit's state");
            Expect.Equal(0, appointment.Warnings.Count, "The number of warnings");
            return $"{appointment.StartsAt:yyyy-MM-dd HH:mm}Z, {appointment.Minutes} minutes, no warnings";
        });
        await narrator.StepAsync("The same request with the same Idempotency-Key is the same visit", async () =>
        {
            var again = (await teacher.PostAsync("/api/visits", Request(scene.First, slots.First), cancel, key: key)).As<Appointment>();
            Expect.Equal(visit, again.Id, "The visit");
            return "one visit";
        });
        return visit;
    }

    private async Task<Guid> RefusalsAsync(Guid first, (DateTimeOffset First, DateTimeOffset Second) slots, CancellationToken cancel)
    {
        await narrator.StepAsync("Nobody is booked twice: the second family at the same time is refused", async () =>
            (await teacher.PostAsync("/api/visits", Request(scene.Second, slots.First), cancel))
                .IsRefused(HttpStatusCode.Conflict, "visits.double-booked"));
        await narrator.StepAsync("A visit tomorrow is refused: families have days to prepare", async () =>
            (await teacher.PostAsync("/api/visits", Request(scene.Second, clock.GetUtcNow().AddDays(1)), cancel))
                .IsRefused(HttpStatusCode.UnprocessableEntity, "visits.notice-too-short"));
        if (people.Strangers is { } strangers)
        {
            await narrator.StepAsync("The other school's teacher and admin neither see the visit nor schedule one here", async () =>
            {
                foreach (var stranger in (Client[])[strangers.Teacher, strangers.SchoolAdmin])
                {
                    (await stranger.GetAsync($"/api/visits/{first}", cancel)).IsRefused(HttpStatusCode.NotFound, "request.not-found");
                    (await stranger.PostAsync("/api/visits", Request(scene.Second, slots.Second), cancel))
                        .IsRefused(HttpStatusCode.NotFound, "request.not-found");
                }

                return "not found, as if there were none";
            });
        }

        await narrator.StepAsync("Without signing in nothing is to be seen", async () =>
            (await anybody.GetAsync($"/api/visits/{first}", cancel)).IsRefused(HttpStatusCode.Unauthorized, "access.sign-in-needed"));
        var second = Guid.Empty;
        await narrator.StepAsync("Right after the first visit there is time for the second family", async () =>
        {
            var appointment = (await teacher.PostAsync("/api/visits", Request(scene.Second, slots.Second), cancel)).As<Appointment>();
            second = appointment.Id;
            return $"{appointment.StartsAt:yyyy-MM-dd HH:mm}Z";
        });
        return second;
    }

    private async Task ConfirmAsync(Guid first, Guid second, CancellationToken cancel)
    {
        if (people.Guardian is { } guardian)
        {
            await narrator.StepAsync("The first family's guardian sees the appointment and confirms it, with the account", async () =>
            {
                var read = await guardian.GetAsync($"/api/visits/{first}", cancel);
                Expect.Equal("scheduled", read.As<VisitDetails>().Visit.State, "The visit's state");
                (await guardian.PostAsync($"/api/visits/{first}/answer", new { answer = "confirm" }, cancel, read.ETag)).IsDone();
                return await StateAsync(first, "confirmed", cancel);
            });
            await narrator.StepAsync("The guardian does not see the other family's", async () =>
                (await guardian.GetAsync($"/api/visits/{second}", cancel)).IsRefused(HttpStatusCode.NotFound, "request.not-found"));
        }
        else
        {
            await ConfirmByLinkAsync("The first family", first, cancel);
        }

        await ConfirmByLinkAsync("The second family", second, cancel);
    }

    private Task ConfirmByLinkAsync(string who, Guid visit, CancellationToken cancel) =>
        narrator.StepAsync($"{who} confirms by the link that the teacher handed over, without an account", async () =>
        {
            var link = (await teacher.GetAsync($"/api/visits/{visit}/answer-link", cancel)).As<AnswerLink>().Url.PathAndQuery;
            var read = await anybody.GetAsync(link, cancel);
            Expect.Equal("scheduled", read.As<Appointment>().State, "The visit's state");
            (await anybody.PostAsync(link, new { answer = "confirm" }, cancel, read.ETag)).IsDone();
            var forged = link[..^1] + (link[^1] == 'A' ? 'Q' : 'A');
            (await anybody.GetAsync(forged, cancel)).IsRefused(HttpStatusCode.NotFound, "request.not-found");
            return await StateAsync(visit, "confirmed", cancel) + "; a link with one other character opens nothing";
        });

    private async Task<long> CompleteAsync(Guid first, Guid second, CancellationToken cancel)
    {
        var completedAt = 0L;
        await narrator.StepAsync("The first visit is held, sooner than agreed, and the teacher records it: it is an effective contact", async () =>
        {
            var held = await CompleteAsync(first, cancel);
            Expect.That(held.Effective, "The visit should be effective.");
            return $"held on {held.HeldOn:yyyy-MM-dd}";
        });
        await narrator.StepAsync("A visit has one record", async () =>
        {
            var read = await teacher.GetAsync($"/api/visits/{first}", cancel);
            return (await teacher.PostAsync($"/api/visits/{first}/complete", Record(), cancel, read.ETag))
                .IsRefused(HttpStatusCode.Conflict, "visits.already-completed");
        });
        await narrator.StepAsync("The second visit is held and recorded", async () =>
        {
            var held = await CompleteAsync(second, cancel);
            completedAt = clock.GetTimestamp();
            return $"held on {held.HeldOn:yyyy-MM-dd}";
        });
        return completedAt;
    }

    private async Task<CompletedVisit> CompleteAsync(Guid visit, CancellationToken cancel)
    {
        var read = await teacher.GetAsync($"/api/visits/{visit}", cancel);
        return (await teacher.PostAsync($"/api/visits/{visit}/complete", Record(), cancel, read.ETag)).As<CompletedVisit>();
    }

    private async Task CoverageMovesAsync(Coverage expected, long since, CancellationToken cancel)
    {
        await narrator.StepAsync("Coverage of the class moves", async () =>
        {
            var now = await narrator.UntilAsync(
                $"coverage is {expected}", () => CoverageAsync(cancel), coverage => coverage == expected, cancel);
            return $"{now}; {narrator.Milliseconds(since)} ms after the gateway's answer";
        });
    }

    private async Task AreSeenAsync(string type, CancellationToken cancel, params Guid[] visits)
    {
        await narrator.StepAsync($"The district's and the school's dashboards see {type.Split('.')[^1]}", async () =>
        {
            foreach (var dashboard in (Dashboard[])[dashboards.District, dashboards.School])
            {
                foreach (var visit in visits)
                    await dashboard.SeesAsync($"{type} of {visit}", e => e.Type == type && e.Subject == visit, cancel);
            }

            return $"{visits.Length} events";
        });
    }

    private async Task<string> StateAsync(Guid visit, string expected, CancellationToken cancel)
    {
        var details = (await teacher.GetAsync($"/api/visits/{visit}", cancel)).As<VisitDetails>();
        Expect.Equal(expected, details.Visit.State, "The visit's state");
        return $"the teacher sees it {expected}";
    }

    private async Task<Coverage> CoverageAsync(CancellationToken cancel)
    {
        var answer = await teacher.GetAsync($"/api/insights/coverage?node=class&id={scene.Class.Id}", cancel);
        // Until the roster is there, the class is not.
        if (answer.Status == HttpStatusCode.NotFound)
            return new Coverage(0, 0, 0, 0);
        var body = answer.As<CoverageBody>();
        return new Coverage(body.OnRoll, body.Planned.Students, body.Visited.Any.Students, body.Effective.Any.Students);
    }

    private static object Request(Family family, DateTimeOffset startsAt) => new
    {
        studentIds = new[] { family.StudentId },
        mode = "inPerson",
        startsAt,
        topics = new[] { "学习习惯", "在家阅读" },
    };

    private object Record() => new
    {
        summary = "孩子近来上课积极发言,作业按时完成;在家能主动整理书包。",
        agreed = "家长每周陪读三次,老师每两周反馈一次。",
        guardianFeedback = "satisfied",
        heldAt = clock.GetUtcNow().AddMinutes(-40),
    };

    private sealed record Coverage(int OnRoll, int Planned, int Visited, int Effective)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{OnRoll} on roll, {Planned} planned, {Visited} visited, {Effective} effectively contacted");
    }

    private sealed record CoverageBody(int OnRoll, Share Planned, Shares Visited, Shares Effective);

    private sealed record Share(int Students);

    private sealed record Shares(Share Any);

    private sealed record VisitPolicy(string TimeZone, Window Weekdays, Window Weekends, int LongestMinutes, int NoticeDays);

    private sealed record Window(TimeOnly From, TimeOnly To);

    private sealed record Appointment(Guid Id, DateTimeOffset StartsAt, int Minutes, string State, IReadOnlyList<Warning> Warnings);

    private sealed record Warning(string Code);

    private sealed record VisitDetails(Visit Visit);

    private sealed record Visit(Guid Id, string State, DateTimeOffset StartsAt);

    private sealed record AnswerLink(Uri Url);

    private sealed record CompletedVisit(DateOnly HeldOn, bool Effective);
}

/// <summary>The visits of the story.</summary>
/// <param name="First">With the first family.</param>
/// <param name="Second">With the second family.</param>
/// <param name="CompletedAt">When the gateway answered that the second was complete, by the clock's timestamp.</param>
internal sealed record Visits(Guid First, Guid Second, long CompletedAt);
