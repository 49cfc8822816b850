using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.Roster;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests;

/// <summary>
/// Hundreds of things happen, in any order and some of them twice; then the work list is what somebody finds who walks through the
/// calendar day by day with everything in hand. That walk knows nothing of stretches, of steps or of the service's own function.
/// </summary>
[Trait("Rule", "VIS-3")]
public sealed class WorkListEqualityTests(VisitsSystem system)
{
    private const string Zone = "Asia/Shanghai";
    private const int Moving = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_list_is_what_a_walk_through_the_calendar_finds(int seed)
    {
        var district = await system.CreateDistrictAsync();
        var truth = new Truth(district, new Random(seed));
        foreach (var happen in truth.Story(system))
            await happen();
        truth.Happened.ShouldBeGreaterThan(300);

        using var one = system.As(district.AtSchool(Role.VicePrincipal, district.One));
        using var two = system.As(district.AtSchool(Role.VicePrincipal, district.Two));
        foreach (var day in new[] { -55, -31, -12, -1, 0, 1, 6, 20, 47, 79, 83, 86, 100, 180 }.Select(d => truth.Today.AddDays(d)))
        {
            string[] expected = [.. truth.WorkOn(day).Order(StringComparer.Ordinal)];
            var found = await Eventually.GetAsync(
                async () => (await ListAsync(one, day)).Concat(await ListAsync(two, day)).Order(StringComparer.Ordinal).ToArray(),
                rows => rows.SequenceEqual(expected, StringComparer.Ordinal));
            found.ShouldBe(expected, $"{day}");
        }
    }

    private static async Task<IEnumerable<string>> ListAsync(HttpClient client, DateOnly day) =>
        (await client.GetAsync<Page<WorkItem>>($"/api/visits/work?all=true&size=500&on={day:yyyy-MM-dd}")).Items
            .Select(w => Text(w.StudentId, w.SchoolId, w.ClassId, w.TermId, w.Kind, w.DueOn, w.DoneOn, w.Done, w.Why!));

    private static string Text(
        Guid student, Guid school, Guid? @class, Guid term, WorkKind kind, DateOnly? due, DateOnly? done, int times, WorkReason why) =>
        $"{student} {kind} due {due:yyyy-MM-dd} done {times}x {done:yyyy-MM-dd} {why} in {school} {@class} {term}";

    /// <summary>What really happened.</summary>
    private sealed class Truth(District district, Random random)
    {
        private readonly List<Enrolment> enrolments = [];
        private readonly List<CadenceChanged> cadences = [];
        private readonly Dictionary<Guid, DoneContact> contacts = [];
        private readonly Dictionary<Guid, VisitSettingBody> settings = [];
        private readonly Dictionary<Guid, SpecialDay[]> calendars = [];
        private readonly Dictionary<Guid, WorkListPolicy> policies = [];
        private readonly List<Term> terms = [];

        public DateOnly Today { get; } = LocalTime.Day(Http.Now, Zone);

        public int Happened { get; private set; }

        private Guid[] Students => [.. district.One.A.Students.Take(Moving)];

        /// <summary>The things that happen, shuffled; each is also remembered as it happens, or as the highest version of it.</summary>
        public IReadOnlyList<Func<Task>> Story(VisitsSystem system)
        {
            // A setting is refused while, in the middle of the story, its student is nowhere.
            var (first, story) = (new List<Func<Task>>(), new List<Func<Task>>());
            Terms(system, story);
            foreach (var student in Students)
            {
                Moves(system, story, student);
                Cadences(system, story, student);
                Contacts(system, story, student);
                first.Add(async () => settings[student] = await PutAsync(
                    system, $"settings/{student}", new VisitSettingBody(Chance(2), Chance(3), Chance(3), Chance(2)), body => body));
            }

            // Who stays.
            enrolments.AddRange(new[] { (district.One, district.One.A), (district.One, district.One.B), (district.Two, district.Two.A), (district.Two, district.Two.B) }
                .SelectMany(c => c.Item2.Students.Except(Students).Select(s => new Enrolment
                {
                    Id = Guid.CreateVersion7(),
                    SchoolId = c.Item1.Id,
                    ClassId = c.Item2.Id,
                    StudentId = s,
                    StartsOn = UtcToday.AddDays(-60),
                })));
            foreach (var node in new[] { district.Id, district.One.Id, district.Two.Id })
            {
                for (var version = 0; version < 3; version++)
                {
                    story.Add(async () => calendars[node] = await PutAsync(system, $"calendars/{node}", Days(), days => new CalendarBody(days)));
                    story.Add(async () => policies[node] = await PutAsync(system, $"policies/{node}", Numbers(), p => new VisitPolicy { WorkList = p }));
                }
            }

            Visits(system, story);
            var shuffled = story.ToArray();
            random.Shuffle(shuffled);
            Happened = shuffled.Length;
            return [.. first, .. shuffled];
        }

        /// <summary>A walk: the rows of a day.</summary>
        public IEnumerable<string> WorkOn(DateOnly day)
        {
            if (terms.SingleOrDefault(t => t.StartsOn <= day && day <= t.EndsOn) is not { } term)
                yield break;
            foreach (var student in enrolments.Select(e => e.StudentId).Distinct())
            {
                if (AtOn(student, day) is not { } at)
                    continue;
                var setting = settings.GetValueOrDefault(student) ?? new VisitSettingBody();
                var policy = policies.GetValueOrDefault(at.SchoolId) ?? policies.GetValueOrDefault(district.Id) ?? new WorkListPolicy();
                var calendar = new SchoolCalendar([.. calendars.GetValueOrDefault(district.Id) ?? [], .. calendars.GetValueOrDefault(at.SchoolId) ?? []]);
                var had = contacts.Values.Where(c => c.StudentId == student
                    && (c.GuardianTookPart || c.Sort is ContactSort.Feedback or ContactSort.Summary or ContactSort.HomeLesson)
                    && (c.TermId ?? Term.Of(c.HeldOn, terms)!.Id) == term.Id).ToArray();
                foreach (var kind in Enum.GetValues<WorkKind>())
                {
                    if (Row(day, term, student, at, setting, policy, calendar, had, kind) is { } row)
                        yield return row;
                }
            }
        }

        private DateOnly UtcToday => DateOnly.FromDateTime(Http.Now.UtcDateTime);

        private string? Row(
            DateOnly day, Term term, Guid student, Enrolment at, VisitSettingBody setting, WorkListPolicy policy, SchoolCalendar calendar,
            DoneContact[] had, WorkKind kind)
        {
            var (every, times) = Ask(kind, CadenceOn(student, day));
            if (every is null && times == 0)
                return null;
            var meetSince = Since(d => CadenceOn(student, d)?.MeetFirst == true);
            var met = had.Where(c => c.HeldOn >= meetSince && c.GuardianTookPart && (c.Mode == VisitMode.AtSchool || c.Sort == ContactSort.HomeLesson
                || (c.Sort == ContactSort.Visit && c.Mode != VisitMode.Text))).Select(c => (DateOnly?)c.HeldOn).Min();
            var visits = had.Where(c => IsVisit(c)).ToArray();
            var deep = had.Where(IsDeep).Where(c => meetSince is null || c.HeldOn < meetSince || c.HeldOn >= met).ToArray();
            var asVisits = setting.OnlineCounts ? had.Where(IsDeep).ToArray() : visits;
            var done = kind switch
            {
                WorkKind.Visit => every is not null && policy.DeepContactCountsAsVisit ? [.. had.Where(IsDeep)] : asVisits,
                WorkKind.DeepContact => deep,
                WorkKind.Feedback => [.. had.Where(c => c.GuardianTookPart || c.Sort is ContactSort.Feedback or ContactSort.Summary)],
                _ => [.. had.Where(c => c.Sort == ContactSort.Summary)],
            };
            var counted = kind switch { WorkKind.Visit => asVisits.Length, WorkKind.DeepContact => deep.Length, _ => 0 };

            DateOnly? due = null;
            if (every is { } days)
            {
                var clock = Since(d => Ask(kind, CadenceOn(student, d)).Every == days)!.Value;
                var last = done.Select(c => c.HeldOn).Append(clock).Max();
                var next = calendar.After(last, days);
                due = next <= term.EndsOn ? next : null;
            }

            if (counted < times)
            {
                var end = kind == WorkKind.Visit ? WeekEnd(20) : WeekEnd(20 * (counted + 1) / times);
                if (kind == WorkKind.Visit && Since(d => IsPriority(student, d)) is { } since)
                {
                    var soon = calendar.After(since, policy.PriorityDays);
                    end = new[] { end, new[] { soon, WeekEnd(policy.OpeningWeeks) }.Max() }.Min();
                }

                due = due < end ? due : end;
            }

            // The first day of this ask in this class, without a break.
            var first = day;
            while (first > term.StartsOn && AtOn(student, first.AddDays(-1)) is { } before
                && (before.SchoolId, before.ClassId) == (at.SchoolId, at.ClassId) && Ask(kind, CadenceOn(student, first.AddDays(-1))) == (every, times))
                first = first.AddDays(-1);
            due = due < first ? first : due;
            return Text(
                student, at.SchoolId, at.ClassId, term.Id, kind, due, done.Length == 0 ? null : done.Max(c => c.HeldOn), done.Length,
                new WorkReason(every, kind == WorkKind.DeepContact && meetSince is not null && met is null, IsPriority(student, day)));

            // Back from the day, over the days on no roll, while it holds.
            DateOnly? Since(Func<DateOnly, bool> holds)
            {
                DateOnly? since = null;
                for (var d = day; d >= term.StartsOn; d = d.AddDays(-1))
                {
                    if (AtOn(student, d) is null)
                        continue;
                    if (!holds(d))
                        break;
                    since = d;
                }

                return since;
            }

            DateOnly WeekEnd(int week) => new[] { term.EndsOn, term.StartsOn.AddDays(7 * Math.Max(1, week) - 1) }.Min();

            bool IsVisit(DoneContact c) => (c.Sort == ContactSort.Visit && (c.Mode != VisitMode.Text || setting.TextCounts))
                || (c.Sort == ContactSort.HomeLesson && setting.HomeLessonsCount);

            bool IsDeep(DoneContact c) => IsVisit(c) || (c.Sort == ContactSort.Talk
                && (c.Mode == VisitMode.Text ? setting.TextCounts : c.Minutes >= policy.DeepContactMinutes));
        }

        private static (int? Every, int Times) Ask(WorkKind kind, ContactCadence? cadence) => kind switch
        {
            WorkKind.Visit => (cadence?.VisitEveryDays, 1),
            WorkKind.DeepContact => (cadence?.DeepContactEveryDays, cadence?.ContactsATerm > 1 ? cadence.ContactsATerm : 0),
            WorkKind.Feedback => (cadence?.FeedbackEveryDays, 0),
            _ => (cadence?.SummaryEveryDays, 0),
        };

        private Enrolment? AtOn(Guid student, DateOnly day) => enrolments
            .Where(e => e.StudentId == student && e.StartsOn <= day && (e.EndsOn is null || e.EndsOn >= day)).MaxBy(e => (e.StartsOn, e.Id));

        private CadenceChanged? SaidOn(Guid student, DateOnly day) =>
            cadences.Where(c => c.StudentId == student && LocalTime.Day(c.OccurredAt, Zone) <= day).MaxBy(c => c.Version);

        private ContactCadence? CadenceOn(Guid student, DateOnly day) =>
            SaidOn(student, day) is { } said && (said.HoldsUntil is null || said.HoldsUntil >= day) ? said.Cadence : null;

        private bool IsPriority(Guid student, DateOnly day) => SaidOn(student, day)?.PriorityUntil >= day;

        private void Terms(VisitsSystem system, List<Func<Task>> story)
        {
            var next = Guid.CreateVersion7();
            var now = Http.Now;
            TermChanged[] versions =
            [
                new(district.Id, district.Term, 2, now, "T", UtcToday.AddDays(-63), UtcToday.AddDays(79), 20, null),
                new(district.Id, district.Term, 3, now, "T", UtcToday.AddDays(-58), UtcToday.AddDays(82), 20, null),
                new(district.Id, next, 1, now, "N", UtcToday.AddDays(84), UtcToday.AddDays(220), 20, null),
                new(district.Id, next, 2, now, "N", UtcToday.AddDays(86), UtcToday.AddDays(226), 20, null),
                new(district.Id, Guid.CreateVersion7(), 1, now, "W", UtcToday.AddDays(-40), UtcToday.AddDays(20), 20, UtcToday),
            ];
            terms.AddRange(new[] { versions[1], versions[3] }.Select(e => new Term
            {
                Id = e.AggregateId,
                StartsOn = e.StartsOn,
                EndsOn = e.EndsOn,
                TeachingWeeks = e.TeachingWeeks,
            }));
            Tell(system, story, versions);
        }

        // The first enrolment is the roster's own, which ends; then from class to class, some days at none.
        private void Moves(VisitsSystem system, List<Func<Task>> story, Guid student)
        {
            var own = district.One.A.Enrolments[Array.IndexOf(district.One.A.Students, student)];
            var (id, school, @class, from) = (own, district.One, district.One.A, UtcToday.AddDays(-60));
            var version = 10;
            for (var i = 0; i < 4; i++)
            {
                var until = i == 3 ? (DateOnly?)null : from.AddDays(random.Next(10, 60));
                Tell(system, story,
                    Row(id, from, null, version++), Row(id, from, until, version++));
                enrolments.Add(new Enrolment { Id = id, StudentId = student, SchoolId = school.Id, ClassId = @class.Id, StartsOn = from, EndsOn = until });
                from = (until ?? from).AddDays(random.Next(1, 4));
                (id, school) = (Guid.CreateVersion7(), Chance(2) ? district.One : district.Two);
                @class = Chance(2) ? school.A : school.B;
            }

            RosterChanged Row(Guid enrolment, DateOnly starts, DateOnly? ends, long v) => new(
                district.Id, school.Id, v, Http.Now, [], [new(enrolment, student, @class.Id, "07", starts, ends)], []);
        }

        private void Cadences(VisitsSystem system, List<Func<Task>> story, Guid student)
        {
            foreach (var hours in Enumerable.Range(0, 12).Select(_ => random.Next(0, 58 * 24)).Distinct())
            {
                var said = Http.Now.AddHours(-hours);
                var cadence = new ContactCadence(
                    random.Next(0, 4), Any(1, 7), Any(7, 14), Any(14, 30), Any(30, 30), Chance(3));
                cadences.Add(new CadenceChanged(
                    district.Id, Chance(2) ? district.One.Id : district.Two.Id, student, said.UtcTicks, said, cadence,
                    Chance(2) ? Today.AddDays(random.Next(-60, 100)) : null, Chance(3) ? Today.AddDays(random.Next(-40, 100)) : null));
                Tell(system, story, cadences[^1]);
            }

            int? Any(int a, int b) => random.Next(3) switch { 0 => null, 1 => a, _ => b };
        }

        private void Contacts(VisitsSystem system, List<Func<Task>> story, Guid student)
        {
            for (var i = 0; i < 12; i++)
            {
                var first = AnyContact(Guid.CreateVersion7());
                var then = Chance(3) ? AnyContact(first.Id) : first;
                story.Add(async () =>
                {
                    await system.CountContactsAsync(first);
                    await system.CountContactsAsync(then);
                    contacts[then.Id] = then;
                });
            }

            DoneContact AnyContact(Guid id) => new()
            {
                StudentId = student,
                Id = id,
                DistrictId = district.Id,
                SchoolId = district.One.Id,
                HeldOn = Today.AddDays(random.Next(-58, 90)),
                Sort = (ContactSort)random.Next(5),
                Mode = (VisitMode)random.Next(5),
                Minutes = Chance(4) ? null : random.Next(5, 60),
                GuardianTookPart = !Chance(5),
            };
        }

        // Through the service itself: of those who stay, so that nobody moves away in the meantime.
        private void Visits(VisitsSystem system, List<Func<Task>> story)
        {
            for (var i = 0; i < 10; i++)
            {
                var student = district.One.B.Students[1 + i % 6];
                var starts = LocalTime.ToMinute(Http.Now.AddHours(-22).AddMinutes(30 * i));
                var (mode, tookPart) = ((VisitMode)random.Next(5), !Chance(4));
                story.Add(async () =>
                {
                    using var teacher = system.As(district.Teacher(district.One.B));
                    var visit = await teacher.ScheduleAsync(new VisitRequest([student], mode, starts, VisitKind.Emergency, Minutes: 20));
                    var record = new RecordRequest($"第{starts:HHmm}次", "阅读", GuardianFeedback.Satisfied, GuardianTookPart: tookPart);
                    await teacher.OnAsync(visit.Id, "complete", record, version: 1).ShouldSucceedAsync();
                    contacts[visit.Id] = new DoneContact
                    {
                        StudentId = student,
                        Id = visit.Id,
                        HeldOn = LocalTime.Day(starts, Zone),
                        Sort = ContactSort.Visit,
                        Mode = mode,
                        Minutes = 20,
                        GuardianTookPart = tookPart,
                        TermId = district.Term,
                    };
                });
            }
        }

        private SpecialDay[] Days() =>
        [
            .. Enumerable.Range(0, 12).Select(_ => Today.AddDays(random.Next(-50, 120))).Distinct()
                .Select(day => new SpecialDay(day, Chance(4) ? DayKind.SchoolDay : DayKind.Holiday)),
        ];

        private WorkListPolicy Numbers() => new()
        {
            DeepContactMinutes = random.Next(5, 40),
            DeepContactCountsAsVisit = Chance(2),
            PriorityDays = random.Next(3, 20),
            OpeningWeeks = random.Next(1, 15),
        };

        private async Task<T> PutAsync<T>(VisitsSystem system, string path, T what, Func<T, object> body)
        {
            // Teacher of all classes at once: where a student is in the middle of the story does not matter.
            using var admin = system.As(
            [
                district.Admin(), district.Teacher(district.One.A), district.Teacher(district.One.B), district.Teacher(district.Two.A),
                district.Teacher(district.Two.B),
            ]);
            using var now = await admin.TryGetAsync($"/api/visits/{path}");
            var version = long.Parse(now.Headers.ETag!.Tag.Trim('"'), System.Globalization.CultureInfo.InvariantCulture);
            await admin.PutJsonAsync($"/api/visits/{path}", body(what), version).ShouldSucceedAsync();
            return what;
        }

        // Each event, and some of them once more.
        private void Tell(VisitsSystem system, List<Func<Task>> story, params IEvent[] events)
        {
            foreach (var happened in events)
            {
                for (var times = random.Next(1, 3); times > 0; times--)
                    story.Add(() => system.PublishAsync(happened));
            }
        }

        private bool Chance(int oneIn) => random.Next(oneIn) == 0;
    }
}
