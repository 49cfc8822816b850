using System.Globalization;
using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>
/// Home visits from the appointment to the record (VIS-1, VIS-4, VIS-6, VIS-10), what coverage makes of them (INS-1), and what
/// the dashboards see meanwhile (INS-3).
/// </summary>
internal sealed class VisitChapter(
    Administrator admin, Client anybody, Scene scene, People people, Dashboards dashboards, Narrator narrator, TimeProvider clock)
{
    private const string Path = "/api/visits";

    private readonly Client teacher = people.Teacher;

    /// <summary>Both families are visited.</summary>
    public async Task<Visits> TellAsync(CancellationToken cancel)
    {
        var slots = await FindSlotsAsync(cancel);
        var before = await CoverageBeforeAsync(slots.Term, cancel);
        var first = await ScheduleFirstAsync(slots, cancel);
        await RefuseAsync(first, slots, cancel);
        var second = await ScheduleSecondAsync(slots, cancel);
        var scheduledAt = clock.GetTimestamp();
        await AreSeenAsync("visit-scheduled", first, second, cancel);
        var planned = before with { Planned = before.Planned + 2 };
        await CoverageMovesAsync(slots.Term, planned, scheduledAt, cancel);

        await ConfirmAsync(first, second, cancel);
        await AreSeenAsync("visit-confirmed", first, second, cancel);
        await narrator.StepAsync("The school's dashboard loses its connection", async () =>
        {
            await dashboards.School.DisconnectAsync();
            return $"{dashboards.School.Seen.Count} events seen so far";
        });

        await CompleteAsync(first, second, cancel);
        var completedAt = clock.GetTimestamp();
        var visited = planned with { Visited = before.Visited + 2, Effective = before.Effective + 2 };
        await CoverageMovesAsync(slots.Term, visited, completedAt, cancel);
        return new Visits(first, second, completedAt);
    }

    // As the policy in force prefers, in a week in which the teacher has no visit yet.
    private Task<Slots> FindSlotsAsync(CancellationToken cancel) =>
        narrator.StepAsync("The teacher looks for two free times among those that the policy prefers", async () =>
        {
            var policy = (await narrator.UntilAsync(
                "the roster has reached Visits",
                () => teacher.GetAsync($"{Path}/policies/{scene.School.Id}", cancel),
                answer => answer.Status != HttpStatusCode.NotFound, cancel)).As<VisitPolicy>();
            var visits = await teacher.ListAsync<Visit>($"{Path}?teacherId={scene.Class.HomeroomTeacherId}", cancel);
            var from = visits.Select(visit => visit.StartsAt.AddDays(7))
                .Append(clock.GetUtcNow().AddDays(policy.NoticeDays + 1)).Max();
            var zone = TimeZoneInfo.FindSystemTimeZoneById(policy.TimeZone);
            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, zone).DateTime);
            var window = day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? policy.Weekends : policy.Weekdays;
            var start = day.ToDateTime(window.From);
            var first = new DateTimeOffset(start, zone.GetUtcOffset(start));
            var second = first.AddMinutes(policy.LongestMinutes);
            var term = await TermOfAsync(day, cancel);
            return (new Slots(first, second, term.Id),
                $"{first:yyyy-MM-dd HH:mm} and {second:HH:mm} ({policy.TimeZone}), in {term.Title}");
        });

    // The one under way; in the holidays the next one; after the last one, that.
    private async Task<Term> TermOfAsync(DateOnly day, CancellationToken cancel)
    {
        var terms = await admin.Client.ListAsync<Term>($"/api/archives/districts/{admin.DistrictId}/terms", cancel);
        return terms.Where(term => term.EndsOn >= day).MinBy(term => term.EndsOn)
            ?? terms.MaxBy(term => term.EndsOn)
            ?? throw new StoryFailedException("No term is in the roster.");
    }

    private Task<Coverage> CoverageBeforeAsync(Guid term, CancellationToken cancel) =>
        narrator.StepAsync("The roster has reached Insights: coverage counts the class's students", async () =>
        {
            var before = await narrator.UntilAsync(
                $"coverage of the class counts {scene.Class.Students} students", () => CoverageAsync(term, cancel),
                coverage => coverage.OnRoll == scene.Class.Students, cancel);
            return (before, $"{scene.Class.Title}: {before}");
        });

    private async Task<Guid> ScheduleFirstAsync(Slots slots, CancellationToken cancel)
    {
        var key = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        var first = await narrator.StepAsync("The teacher schedules a home visit with the first family", async () =>
        {
            var appointment = (await ScheduleAsync(teacher, scene.First, slots.First, cancel, key)).As<Appointment>();
            Expect.Equal("scheduled", appointment.State, "The visit's state");
            Expect.Equal(0, appointment.Warnings.Count, "The number of warnings");
            return (appointment.Id, $"{appointment.StartsAt:yyyy-MM-dd HH:mm}Z, {appointment.Minutes} minutes, no warnings");
        });
        await narrator.StepAsync("The same request with the same Idempotency-Key is the same visit", async () =>
        {
            var again = (await ScheduleAsync(teacher, scene.First, slots.First, cancel, key)).As<Appointment>();
            Expect.Equal(first, again.Id, "The visit");
            return "one visit";
        });
        return first;
    }

    private async Task RefuseAsync(Guid first, Slots slots, CancellationToken cancel)
    {
        await narrator.StepAsync("Nobody is booked twice: the second family at the same time is refused", async () =>
            (await ScheduleAsync(teacher, scene.Second, slots.First, cancel))
                .IsRefused(HttpStatusCode.Conflict, "visits.double-booked"));
        await narrator.StepAsync("A visit within the hour is refused: families have days to prepare", async () =>
            (await ScheduleAsync(teacher, scene.Second, clock.GetUtcNow().AddHours(1), cancel))
                .IsRefused(HttpStatusCode.UnprocessableEntity, "visits.notice-too-short"));
        await narrator.StepAsync("Who is not signed in sees nothing", async () =>
            (await anybody.GetAsync($"{Path}/{first}", cancel))
                .IsRefused(HttpStatusCode.Unauthorized, "access.sign-in-needed"));
        if (people.Strangers is not var (otherAdmin, otherTeacher))
            return;
        await narrator.StepAsync("Another school's teacher and admin neither see the visit nor schedule one here", async () =>
        {
            foreach (var stranger in (Client[])[otherTeacher, otherAdmin])
            {
                (await stranger.GetAsync($"{Path}/{first}", cancel)).IsRefused(HttpStatusCode.NotFound, "request.not-found");
                (await ScheduleAsync(stranger, scene.Second, slots.Second, cancel))
                    .IsRefused(HttpStatusCode.NotFound, "request.not-found");
            }

            return "not found, as if there were none";
        });
    }

    private Task<Guid> ScheduleSecondAsync(Slots slots, CancellationToken cancel) =>
        narrator.StepAsync("Right after the first visit there is time for the second family", async () =>
        {
            var appointment = (await ScheduleAsync(teacher, scene.Second, slots.Second, cancel)).As<Appointment>();
            return (appointment.Id, $"{appointment.StartsAt:yyyy-MM-dd HH:mm}Z");
        });

    private async Task ConfirmAsync(Guid first, Guid second, CancellationToken cancel)
    {
        if (people.Guardian is { } guardian)
        {
            await narrator.StepAsync("The first family's guardian sees the appointment and confirms it by account", async () =>
            {
                var read = await guardian.GetAsync($"{Path}/{first}", cancel);
                Expect.Equal("scheduled", read.As<VisitDetails>().Visit.State, "The visit's state");
                (await guardian.PostAsync($"{Path}/{first}/answer", new { answer = "confirm" }, cancel, read.ETag)).IsDone();
                return await IsConfirmedAsync(first, cancel);
            });
            await narrator.StepAsync("The guardian does not see the other family's", async () =>
                (await guardian.GetAsync($"{Path}/{second}", cancel))
                    .IsRefused(HttpStatusCode.NotFound, "request.not-found"));
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
            var link = (await teacher.GetAsync($"{Path}/{visit}/answer-link", cancel)).As<AnswerLink>().Url.PathAndQuery;
            var forged = link[..^1] + (link[^1] == 'A' ? 'Q' : 'A');
            (await anybody.GetAsync(forged, cancel)).IsRefused(HttpStatusCode.NotFound, "request.not-found");
            var read = await anybody.GetAsync(link, cancel);
            Expect.Equal("scheduled", read.As<Appointment>().State, "The visit's state");
            (await anybody.PostAsync(link, new { answer = "confirm" }, cancel, read.ETag)).IsDone();
            return await IsConfirmedAsync(visit, cancel) + "; a link with one other character opens nothing";
        });

    private async Task<string> IsConfirmedAsync(Guid visit, CancellationToken cancel)
    {
        var details = (await teacher.GetAsync($"{Path}/{visit}", cancel)).As<VisitDetails>();
        Expect.Equal("confirmed", details.Visit.State, "The visit's state");
        return "the teacher sees it confirmed";
    }

    private async Task CompleteAsync(Guid first, Guid second, CancellationToken cancel)
    {
        await narrator.StepAsync("A visit without progress, tasks and questions prepared cannot be recorded", async () =>
            (await RecordAsync(first, cancel)).IsRefused(HttpStatusCode.Conflict, "visits.outline-missing"));
        foreach (var visit in (Guid[])[first, second])
            await narrator.StepAsync("The teacher prepares the outline of a visit", () => PrepareAsync(visit, cancel));
        await narrator.StepAsync("The first visit is held, sooner than agreed, and the teacher completes its record", () =>
            HeldAsync(first, cancel));
        await narrator.StepAsync("A visit has one record", async () =>
            (await RecordAsync(first, cancel)).IsRefused(HttpStatusCode.Conflict, "visits.already-completed"));
        await narrator.StepAsync("The second visit is held and recorded", () => HeldAsync(second, cancel));
    }

    private async Task<string> PrepareAsync(Guid visit, CancellationToken cancel)
    {
        var outline = new
        {
            content = new
            {
                progress = new[] { "本周三次主动举手发言", "数学作业连续两周按时完成" },
                tasks = new[] { "每周三次亲子共读" },
                questions = new[] { "孩子在校和同学相处得怎么样？" },
            },
        };
        var read = await teacher.GetAsync($"{Path}/{visit}/outline", cancel);
        (await teacher.PutAsync($"{Path}/{visit}/outline", outline, cancel, read.ETag)).IsDone();
        return "two points of progress, a task, a question";
    }

    private async Task<string> HeldAsync(Guid visit, CancellationToken cancel)
    {
        var held = (await RecordAsync(visit, cancel)).As<CompletedVisit>();
        Expect.That(held.Effective, "A visit with a record and a guardian should be an effective contact.");
        return $"held on {held.HeldOn:yyyy-MM-dd}, an effective contact";
    }

    private async Task<Answer> RecordAsync(Guid visit, CancellationToken cancel)
    {
        var read = await teacher.GetAsync($"{Path}/{visit}", cancel);
        var record = new
        {
            summary = "孩子近来上课积极发言，作业按时完成；在家能主动整理书包。",
            agreed = "家长每周陪读三次，老师每两周反馈一次。",
            guardianFeedback = "satisfied",
            heldAt = clock.GetUtcNow().AddMinutes(-40),
        };
        return await teacher.PostAsync($"{Path}/{visit}/complete", record, cancel, read.ETag);
    }

    private Task CoverageMovesAsync(Guid term, Coverage expected, long since, CancellationToken cancel) =>
        narrator.StepAsync("Coverage of the class moves", async () =>
        {
            var now = await narrator.UntilAsync(
                $"coverage is {expected}", () => CoverageAsync(term, cancel), coverage => coverage == expected, cancel);
            return $"{now}; {narrator.Milliseconds(since)} ms after the gateway's answer at the latest";
        });

    private Task AreSeenAsync(string what, Guid first, Guid second, CancellationToken cancel) =>
        narrator.StepAsync($"The district's and the school's dashboards see {what}", async () =>
        {
            foreach (var dashboard in (Dashboard[])[dashboards.District, dashboards.School])
            {
                foreach (var visit in (Guid[])[first, second])
                {
                    await dashboard.SeesAsync(
                        $"{what} of {visit}", e => e.Type == $"homeschool.visits.{what}" && e.Subject == visit, cancel);
                }
            }

            return "both visits'";
        });

    private static Task<Answer> ScheduleAsync(
        Client by, Family family, DateTimeOffset startsAt, CancellationToken cancel, string? key = null)
    {
        var request = new
        {
            studentIds = new[] { family.StudentId },
            mode = "inPerson",
            startsAt,
            topics = new[] { "学习习惯", "在家阅读" },
        };
        return by.PostAsync(Path, request, cancel, key: key);
    }

    private async Task<Coverage> CoverageAsync(Guid term, CancellationToken cancel)
    {
        var answer = await teacher.GetAsync($"/api/insights/coverage?node=class&id={scene.Class.Id}&term={term}", cancel);
        // Until the roster is there, the class is not.
        if (answer.Status == HttpStatusCode.NotFound)
            return new Coverage(0, 0, 0, 0);
        var body = answer.As<CoverageBody>();
        return new Coverage(body.OnRoll, body.Planned.Students, body.Visited.Any.Students, body.Effective.Any.Students);
    }

    private sealed record Slots(DateTimeOffset First, DateTimeOffset Second, Guid Term);

    private sealed record Coverage(int OnRoll, int Planned, int Visited, int Effective)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{OnRoll} on roll, {Planned} planned, {Visited} visited, {Effective} effectively contacted");
    }

    private sealed record Term(Guid Id, string Title, DateOnly EndsOn);

    private sealed record CoverageBody(int OnRoll, Share Planned, Shares Visited, Shares Effective);

    private sealed record Share(int Students);

    private sealed record Shares(Share Any);

    private sealed record VisitPolicy(string TimeZone, Window Weekdays, Window Weekends, int LongestMinutes, int NoticeDays);

    private sealed record Window(TimeOnly From, TimeOnly To);

    private sealed record Appointment(
        Guid Id, DateTimeOffset StartsAt, int Minutes, string State, IReadOnlyList<Warning> Warnings);

    private sealed record Warning(string Code);

    private sealed record VisitDetails(Visit Visit);

    private sealed record Visit(Guid Id, string State, DateTimeOffset StartsAt);

    private sealed record AnswerLink(Uri Url);

    private sealed record CompletedVisit(DateOnly HeldOn, bool Effective);
}

/// <summary>The visits of the story.</summary>
/// <param name="First">With the first family.</param>
/// <param name="Second">With the second family.</param>
/// <param name="CompletedAt">When the gateway had answered that both were complete, by the clock's timestamp.</param>
internal sealed record Visits(Guid First, Guid Second, long CompletedAt);
