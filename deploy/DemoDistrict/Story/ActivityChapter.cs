using System.Globalization;
using System.Net;
using System.Text.Json.Serialization;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>
/// What school and families do together (ACT-1 to ACT-4, ACT-7): a meeting, a covenant, questions, a parent class with few seats,
/// a reading marathon with a suggestion. An earlier run leaves its traces: each class has a meeting once, and a covenant in
/// versions.
/// </summary>
internal sealed class ActivityChapter(
    Administrator admin, Scene scene, ActivePeople people, Narrator narrator, TimeProvider clock)
{
    private static readonly string[] Agenda = ["本学期教学安排", "家校共育公约"];
    private static readonly string[] Promises = ["每周至少三次亲子共读", "不在群里比较孩子", "有事先私下沟通"];
    private static readonly string[] Methods = ["一起定规则", "手机停放处"];

    private const string Path = "/api/activities";

    // Parent classes are planned from now on, not for the very moment.
    private static readonly TimeSpan Notice = TimeSpan.FromDays(2);

    private readonly Client teacher = people.Teacher;
    private readonly Client guardian = people.Guardian;

    private Family First => scene.First;

    private Family Second => scene.Second;

    /// <summary>What the class does.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var policy = await narrator.StepAsync("The roster has reached Activities", async () =>
        {
            var read = (await narrator.UntilAsync(
                "the roster has reached Activities",
                () => admin.Client.GetAsync($"{Path}/policies/{scene.School.Id}", cancel),
                answer => answer.Status != HttpStatusCode.NotFound, cancel)).As<Policy>();
            return (read, $"days by {read.TimeZone}, parent classes in weeks {read.LessonsFromWeek} to {read.LessonsUntilWeek}");
        });
        var terms = await admin.Client.ListAsync<Term>($"/api/archives/districts/{admin.DistrictId}/terms", cancel);
        var today = DayOf(clock.GetUtcNow(), policy);
        await MeetAsync(terms.Find(term => term.StartsOn <= today && today <= term.EndsOn), today, cancel);
        await SignAsync(cancel);
        var topic = await AskAsync(cancel);
        await LearnAsync(WeekOfLessons(terms, today, policy), policy, topic, cancel);
        await ReadTogetherAsync(today, cancel);
    }

    private static DateOnly DayOf(DateTimeOffset instant, Policy policy) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(policy.TimeZone)).DateTime);

    // The next day on which the policy has parent classes; none after the last term.
    private static DateOnly? WeekOfLessons(List<Term> terms, DateOnly today, Policy policy) => terms
        .Select(term => (
            From: Later(term.StartsOn.AddDays(7 * (policy.LessonsFromWeek - 1)), today.AddDays(Notice.Days)),
            To: Earlier(term.EndsOn, term.StartsOn.AddDays((7 * policy.LessonsUntilWeek) - 1))))
        .Where(days => days.From <= days.To).Select(days => (DateOnly?)days.From).Min();

    private static DateOnly Later(DateOnly one, DateOnly other) => one > other ? one : other;

    private static DateOnly Earlier(DateOnly one, DateOnly other) => one < other ? one : other;

    private async Task MeetAsync(Term? term, DateOnly today, CancellationToken cancel)
    {
        if (term is null)
            return; // holidays: nobody meets
        var meeting = await narrator.StepAsync("The teacher holds the opening parent meeting of the term", async () =>
        {
            var known = (await teacher.ListAsync<Meeting>($"{Path}/meetings?classId={scene.Class.Id}&termId={term.Id}", cancel))
                .Find(one => one.Kind == "opening");
            var held = known ?? (await narrator.UntilAsync(
                "the class has reached Activities",
                () => teacher.PostAsync(
                    $"{Path}/meetings",
                    new
                    {
                        classId = scene.Class.Id,
                        kind = "opening",
                        startsAt = clock.GetUtcNow(),
                        location = "学校报告厅",
                        agenda = Agenda,
                    }, cancel),
                answer => answer.Status != HttpStatusCode.NotFound, cancel)).As<Meeting>();
            return (held, known is null ? $"begins {held.StartsAt:yyyy-MM-dd HH:mm}Z" : "held in an earlier run, still open");
        });
        var at = $"{Path}/meetings/{meeting.Id}";
        var code = await narrator.StepAsync("The code for checking in is shown on the spot; a wrong one is refused", async () =>
        {
            var shown = (await teacher.PostAsync($"{at}/code", new { }, cancel)).As<Code>();
            var wrong = (await narrator.UntilAsync(
                "the family has reached Activities",
                () => guardian.PostAsync($"{at}/check-in", new { code = "000000" }, cancel),
                answer => answer.Status != HttpStatusCode.NotFound, cancel))
                .IsRefused(HttpStatusCode.Conflict, "activities.code-wrong");
            return (shown.Value, $"good until {shown.Until:HH:mm:ss}Z; {wrong}");
        });
        await narrator.StepAsync("The first family's guardian checks in by the code, and once more by mistake", async () =>
        {
            foreach (var typed in (string[])[code, code.ToLowerInvariant()])
                (await guardian.PostAsync($"{at}/check-in", new { code = typed }, cancel)).IsDone();
            return "noted once";
        });
        await narrator.StepAsync("The second family could not come: the teacher makes the meeting up with it", async () =>
        {
            var made = new { studentIds = new[] { Second.StudentId }, madeUpOn = today };
            (await teacher.PostAsync($"{at}/attendance", made, cancel)).IsDone();
            var families = (await teacher.GetAsync($"{at}/families", cancel)).As<List<Attendance>>();
            var reached = families.Where(family => family.How is not null)
                .ToDictionary(family => family.StudentId, family => family.How);
            Expect.Equal("code", reached.GetValueOrDefault(First.StudentId), "How the first was reached");
            Expect.Equal("makeUp", reached.GetValueOrDefault(Second.StudentId), "How the second was reached");
            return $"{reached.Count} of {families.Count} families reached; the others are listed";
        });
        await narrator.StepAsync("The figure counts both, and does not tell which was made up", async () =>
        {
            var reach = (await teacher.GetAsync($"{Path}/schools/{scene.School.Id}/reach?termId={term.Id}", cancel))
                .As<List<Reach>>();
            var own = reach.Single();
            Expect.Equal(scene.Class.Id, own.ClassId, "The only class that a homeroom teacher sees");
            Expect.That(own.Opening >= 2, $"{own.Opening} families are reached.");
            return $"{own.Opening} of {own.OnRoll}";
        });
    }

    private async Task SignAsync(CancellationToken cancel)
    {
        var covenant = $"{Path}/classes/{scene.Class.Id}/covenant";
        var version = await narrator.StepAsync("The teacher publishes the class's covenant", async () =>
        {
            var before = await teacher.GetAsync(covenant, cancel);
            var text = new { promises = Promises };
            var published = await narrator.UntilAsync(
                "the class has reached Activities",
                () => teacher.PutAsync(covenant, text, cancel, before.ETag ?? "\"0\""),
                answer => answer.Status != HttpStatusCode.NotFound, cancel);
            published.IsDone();
            return (long.Parse(published.ETag!.Trim('"'), CultureInfo.InvariantCulture), $"version {published.ETag}");
        });
        await narrator.StepAsync("The guardian reads and signs it; a version that is not the newest cannot be signed", async () =>
        {
            var refused = (await guardian.PostAsync($"{covenant}/signatures", new { version = version + 1 }, cancel))
                .IsRefused(HttpStatusCode.Conflict, "activities.covenant-newer");
            (await guardian.PostAsync($"{covenant}/signatures", new { version }, cancel)).IsDone();
            var read = (await guardian.GetAsync(covenant, cancel)).As<Covenant>();
            Expect.That(read.SignedFor.Contains(First.StudentId), "The guardian does not see the signature.");
            var families = (await teacher.GetAsync($"{covenant}/signatures", cancel)).As<List<Signature>>();
            return $"{families.Count(family => family.Guardians > 0)} of {families.Count} families signed; {refused}";
        });
    }

    private async Task<Guid> AskAsync(CancellationToken cancel)
    {
        var questions = await narrator.StepAsync("Both families ask what puzzles them", async () =>
        {
            var asked = new List<Guid> { await AskAsync(guardian, First, "孩子回家总玩手机，怎么办？", cancel) };
            if (people.Second is { } second)
                asked.Add(await AskAsync(second, Second, "晚上不肯放下手机，怎么约定时间？", cancel));
            return (asked, "sealed, and without a name for who merges them");
        });
        var topic = await narrator.StepAsync("The teacher merges them into one topic for the class", async () =>
        {
            var read = await teacher.ListAsync<Question>($"{Path}/schools/{scene.School.Id}/questions?merged=false", cancel);
            var texts = read.Where(question => questions.Contains(question.Id) && question.Text is not null);
            Expect.Equal(questions.Count, texts.Count(), "The number of questions that can be read");
            return ((await teacher.PostAsync(
                $"{Path}/schools/{scene.School.Id}/topics",
                new { title = "手机怎么管", questionIds = questions, classId = scene.Class.Id }, cancel)).As<Made>().Id, "手机怎么管");
        });
        await narrator.StepAsync("Families vote for it, each guardian once", async () =>
        {
            foreach (var voter in (Client?[])[guardian, guardian, people.Second])
            {
                if (voter is not null)
                    (await voter.PutAsync($"{Path}/topics/{topic}/vote", new { }, cancel)).IsDone();
            }

            var seen = (await guardian.ListAsync<Topic>($"{Path}/topics", cancel)).Single(one => one.Id == topic);
            Expect.Equal(questions.Count, seen.Questions, "The number of questions");
            Expect.Equal(people.Second is null ? 1 : 2, seen.Votes, "The number of votes");
            return $"{seen.Questions} questions, {seen.Votes} votes";
        });
        return topic;
    }

    private static async Task<Guid> AskAsync(Client by, Family family, string text, CancellationToken cancel) =>
        (await by.PostAsync($"{Path}/questions", new { studentId = family.StudentId, text }, cancel)).As<Made>().Id;

    private async Task LearnAsync(DateOnly? day, Policy policy, Guid topic, CancellationToken cancel)
    {
        if (day is not { } on)
            return; // no term is left in the roster
        var start = on.ToDateTime(new TimeOnly(19, 0));
        var startsAt = new DateTimeOffset(start, TimeZoneInfo.FindSystemTimeZoneById(policy.TimeZone).GetUtcOffset(start));
        var lesson = await narrator.StepAsync("The officer plans a parent class on the topic, with one seat", async () =>
        {
            var planned = (await people.Officer.PostAsync(
                $"{Path}/schools/{scene.School.Id}/parent-classes",
                new
                {
                    series = "智慧家长课堂",
                    title = "和孩子约定屏幕时间",
                    lecturerKind = "counselor",
                    lecturer = "王老师",
                    startsAt,
                    minutes = 60,
                    methods = Methods,
                    liveUrl = "https://live.example/parents",
                    seats = 1,
                    topicId = topic,
                }, cancel)).As<Lesson>();
            Expect.Equal(topic, planned.TopicId, "The topic that it answers");
            return (planned.Id, $"{startsAt:yyyy-MM-dd HH:mm}");
        });
        var seat = $"{Path}/parent-classes/{lesson}/seat";
        await narrator.StepAsync("The first family takes the seat", async () =>
        {
            var taken = (await guardian.PostAsync(seat, new { }, cancel)).As<Seat>();
            Expect.Equal(1, taken.Number, "The seat");
            return "seat 1";
        });
        if (people.Second is not { } second)
            return;
        await narrator.StepAsync("The second family stands in line; once more is no second place", async () =>
        {
            for (var time = 0; time < 2; time++)
            {
                var waiting = (await second.PostAsync(seat, new { }, cancel)).As<Seat>();
                Expect.Equal(null, waiting.Number, "The seat of who waits");
                Expect.Equal(0, waiting.Ahead, "How many wait before it");
            }

            return "first in line";
        });
        await narrator.StepAsync("The first family gives its seat up: the second has it in the same moment", async () =>
        {
            (await guardian.DeleteAsync(seat, cancel)).IsDone();
            var seats = (await people.Officer.GetAsync($"{Path}/parent-classes/{lesson}/seats", cancel)).As<List<SignUp>>();
            Expect.Equal((Second.StudentId, 1), (seats.Single().StudentId, seats.Single().Seat ?? 0), "The only sign-up");
            return "one seat, one family, nobody in line";
        });
    }

    private async Task ReadTogetherAsync(DateOnly today, CancellationToken cancel)
    {
        var activity = await narrator.StepAsync("The teacher plans a reading marathon of 21 days for the class", async () =>
        {
            var planned = (await teacher.PostAsync(
                $"{Path}/family-activities",
                new
                {
                    schoolId = scene.School.Id,
                    classId = scene.Class.Id,
                    kind = "readingMarathon",
                    title = "亲子阅读马拉松",
                    startsOn = today,
                    preview = "每天一起读二十分钟，点一下就算打卡。",
                }, cancel)).As<Activity>();
            Expect.Equal(20, planned.EndsOn.DayNumber - planned.StartsOn.DayNumber, "The days after the first");
            return (planned.Id, $"{planned.StartsOn:yyyy-MM-dd} to {planned.EndsOn:yyyy-MM-dd}");
        });
        var at = $"{Path}/family-activities/{activity}";
        await narrator.StepAsync("The first family signs up and checks in with one tap; a second counts for nothing", async () =>
        {
            (await guardian.PutAsync($"{at}/sign-ups/{First.StudentId}", new { }, cancel)).IsDone();
            var tap = new { studentId = First.StudentId };
            (await guardian.PostAsync($"{at}/check-ins", tap, cancel)).IsDone();
            var again = (await guardian.PostAsync($"{at}/check-ins", tap, cancel)).As<CheckIn>();
            // Midnight may lie between the two.
            Expect.Equal(again.Streak.Days, again.Streak.Current, "The days in a row");
            return $"a streak of {again.Streak.Current} of 21 days";
        });
        if (people.Second is { } second)
        {
            await narrator.StepAsync("Who has not signed up cannot check in, and sees nobody else's days", async () =>
            {
                var refused = (await second.PostAsync($"{at}/check-ins", new { studentId = Second.StudentId }, cancel))
                    .IsRefused(HttpStatusCode.Conflict, "activities.not-signed-up");
                var shown = (await second.GetAsync($"{at}/families", cancel)).As<List<Taking>>();
                Expect.Equal(0, shown.Count, "The number of families that are shown");
                return refused;
            });
        }

        await narrator.StepAsync("The guardian suggests something, and the teacher answers", async () =>
        {
            var suggested = (await guardian.PostAsync(
                $"{at}/suggestions", new { studentId = First.StudentId, text = "希望推荐一份书单。" }, cancel)).As<Made>();
            var answer = new { text = "书单周五发到班级公告。" };
            (await teacher.PostAsync($"{Path}/suggestions/{suggested.Id}/answer", answer, cancel)).IsDone();
            var read = (await guardian.GetAsync($"{at}/suggestions", cancel)).As<List<Suggestion>>();
            Expect.Equal(answer.text, read.Single().Answer, "The answer");
            return "between the family and its teachers";
        });
    }

    private sealed record Policy(string TimeZone, int LessonsFromWeek, int LessonsUntilWeek);

    private sealed record Term(Guid Id, DateOnly StartsOn, DateOnly EndsOn);

    private sealed record Meeting(Guid Id, string Kind, DateTimeOffset StartsAt);

    private sealed record Code([property: JsonPropertyName("code")] string Value, DateTimeOffset Until);

    private sealed record Attendance(Guid StudentId, string? How);

    private sealed record Reach(Guid ClassId, int OnRoll, int? Opening);

    private sealed record Covenant(IReadOnlyList<Guid> SignedFor);

    private sealed record Signature(Guid StudentId, int Guardians);

    private sealed record Made(Guid Id);

    private sealed record Question(Guid Id, string? Text);

    private sealed record Topic(Guid Id, int Questions, int Votes);

    private sealed record Lesson(Guid Id, Guid? TopicId);

    private sealed record Seat([property: JsonPropertyName("seat")] int? Number, int Ahead);

    private sealed record SignUp(Guid StudentId, int? Seat);

    private sealed record Activity(Guid Id, DateOnly StartsOn, DateOnly EndsOn);

    private sealed record CheckIn(Streak Streak);

    private sealed record Streak(int Days, int Current);

    private sealed record Taking(Guid StudentId);

    private sealed record Suggestion(string? Answer);
}

/// <summary>Who takes part in what school and families do together.</summary>
/// <param name="Teacher">Homeroom teacher of the class.</param>
/// <param name="Officer">The school's moral-education officer.</param>
/// <param name="Guardian">Of the first family.</param>
/// <param name="Second">Of the second family; <see langword="null"/> when the roster knows none.</param>
internal sealed record ActivePeople(Client Teacher, Client Officer, Client Guardian, Client? Second);
