using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>A notice to the class, and what comes of it (MSG-4): received once, read, answered, reminded of, counted.</summary>
internal sealed class NoticeChapter(
    Administrator admin, Scene scene, People people, ActivePeople active, Narrator narrator, TimeProvider clock)
{
    private const string Path = "/api/messages";
    private const string Answer = "会参加，带雨衣。";

    // Longer than a notice to a class takes.
    private static readonly TimeSpan RosterIsLate = TimeSpan.FromSeconds(15);

    private readonly Client teacher = active.Teacher;
    private readonly Client guardian = active.Guardian;

    /// <summary>What becomes of the notice.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var post = await narrator.StepAsync("The teacher sends the class a notice that asks for an answer", async () =>
        {
            var sent = await SendAsync(cancel);
            var receipts = await ReceiptsAsync(sent, cancel);
            var children = receipts.DistinctBy(one => one.StudentId).Count();
            Expect.Equal(
                receipts.DistinctBy(one => (one.StudentId, one.GuardianId)).Count(), receipts.Count, "The number of receipts");
            return (sent, $"{receipts.Count} receipts of {children} children, none twice");
        });
        if (people.Strangers is var (_, otherTeacher))
        {
            await narrator.StepAsync("Another school's teacher finds no such notice", async () =>
                (await otherTeacher.GetAsync($"{Path}/posts/{post}/receipts", cancel))
                    .IsRefused(HttpStatusCode.NotFound, "request.not-found"));
        }

        await narrator.StepAsync("The first family's guardian has one line in the inbox, and opens it", async () =>
        {
            var line = (await InboxAsync(guardian, post, cancel)).Single();
            Expect.Equal("post", line.Kind, "What it is about");
            foreach (var mark in (string[])["delivered", "read"])
                (await guardian.PostAsync($"{Path}/inbox/{mark}", new { ids = new[] { line.Id } }, cancel)).IsDone();
            var read = (await guardian.GetAsync($"{Path}/posts/{post}", cancel)).As<Post>();
            var receipt = Own(await ReceiptsAsync(post, cancel), scene.First);
            Expect.That(receipt is { DeliveredAt: not null, ReadAt: not null }, "The receipt does not say so.");
            return read.Title;
        });
        await narrator.StepAsync("The guardian answers for the child; the teacher reads it, and that is logged", async () =>
        {
            var answer = new { studentId = scene.First.StudentId, text = Answer };
            (await guardian.PutAsync($"{Path}/posts/{post}/answer", answer, cancel)).IsDone();
            var answers = await teacher.ListAsync<Answered>($"{Path}/posts/{post}/answers?classId={scene.Class.Id}", cancel);
            Expect.Equal((scene.First.StudentId, Answer), (answers.Single().StudentId, answers.Single().Text), "The only answer");
            return "sealed under the child's key";
        });
        await RemindAsync(post, cancel);
        await narrator.StepAsync("The class's rates count what arrived in time and who answered", async () =>
        {
            var rates = await RatesAsync(cancel);
            Expect.That(rates is { Timely: >= 1, Answered: >= 1 }, $"They are {rates}.");
            return $"{rates.Timely} of {rates.Receipts} in time, {rates.Answered} of {rates.Asked} families answered";
        });
    }

    private async Task RemindAsync(Guid post, CancellationToken cancel)
    {
        await narrator.StepAsync("One tap reminds all who have not read or answered it, a second tap nobody", async () =>
        {
            var waiting = (await ReceiptsAsync(post, cancel, "&unreadOnly=true")).DistinctBy(one => one.GuardianId).Count();
            var reminded = (await teacher.PostAsync($"{Path}/posts/{post}/reminders", new { }, cancel)).As<Reminded>();
            Expect.Equal(waiting, reminded.Guardians, "The number of guardians who are reminded");
            var again = (await teacher.PostAsync($"{Path}/posts/{post}/reminders", new { }, cancel)).As<Reminded>();
            Expect.Equal(0, again.Guardians, "The number of guardians who are reminded twice");
            Expect.Equal(1, (await InboxAsync(guardian, post, cancel)).Count, "What the one who answered was told");
            return $"{reminded.Guardians} guardians";
        });
        if (active.Second is { } second)
        {
            await narrator.StepAsync("The second family's guardian is reminded, and cannot answer for the first", async () =>
            {
                var told = await InboxAsync(second, post, cancel);
                Expect.That(told.Exists(line => line.Kind == "postReminder"), "There is no reminder.");
                return (await second.PutAsync(
                    $"{Path}/posts/{post}/answer", new { studentId = scene.First.StudentId, text = Answer }, cancel))
                    .IsRefused(HttpStatusCode.NotFound, "request.not-found");
            });
        }
    }

    // Who is on the roll when it is sent gets it. Nothing says that Messages knows all families already; so if the two do not
    // have it, it was too soon, and another is sent.
    private async Task<Guid> SendAsync(CancellationToken cancel)
    {
        var (sent, since) = (Guid.Empty, 0L);
        await narrator.UntilAsync(
            "both families have the notice",
            async () =>
            {
                if (sent == Guid.Empty || clock.GetElapsedTime(since) > RosterIsLate)
                {
                    var answer = await teacher.PostAsync($"{Path}/posts", Notice(), cancel);
                    if (answer.Status == HttpStatusCode.NotFound)
                        return new List<Receipt>();
                    (sent, since) = (answer.As<Made>().Id, clock.GetTimestamp());
                }

                return await ReceiptsAsync(sent, cancel);
            },
            receipts => new[] { scene.First, scene.Second }.All(family => family.Guardians.Count == 0
                || receipts.Exists(one => one.StudentId == family.StudentId && one.GuardianId == family.Guardians[0])), cancel);
        return sent;
    }

    private object Notice() => new
    {
        districtId = admin.DistrictId,
        schoolId = scene.School.Id,
        classId = scene.Class.Id,
        title = "秋游通知",
        text = "周五去植物园，请准备雨衣和水，并回复是否参加。",
        asksAnswer = true,
    };

    private Task<List<Receipt>> ReceiptsAsync(Guid post, CancellationToken cancel, string more = "") =>
        teacher.ListAsync<Receipt>($"{Path}/posts/{post}/receipts?classId={scene.Class.Id}{more}", cancel);

    private static Receipt Own(List<Receipt> receipts, Family family) =>
        receipts.Single(one => one.StudentId == family.StudentId && one.GuardianId == family.Guardians[0]);

    private static async Task<List<Line>> InboxAsync(Client by, Guid post, CancellationToken cancel) =>
        (await by.ListAsync<Line>($"{Path}/inbox", cancel)).FindAll(line => line.AboutId == post);

    // Whatever zone the district has, yesterday and tomorrow are in it.
    private async Task<Rates> RatesAsync(CancellationToken cancel)
    {
        var day = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return (await teacher.GetAsync(
            $"{Path}/rates?from={day.AddDays(-1):yyyy-MM-dd}&to={day.AddDays(1):yyyy-MM-dd}&classId={scene.Class.Id}", cancel))
            .As<List<Rates>>().Single();
    }

    private sealed record Made(Guid Id);

    private sealed record Post(string Title);

    private sealed record Receipt(Guid StudentId, Guid GuardianId, DateTimeOffset? DeliveredAt, DateTimeOffset? ReadAt);

    private sealed record Line(Guid Id, string Kind, Guid AboutId);

    private sealed record Answered(Guid StudentId, string? Text);

    private sealed record Reminded(int Guardians);

    private sealed record Rates(long Receipts, long Timely, long Asked, long Answered);
}
