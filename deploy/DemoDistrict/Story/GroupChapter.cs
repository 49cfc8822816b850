using System.Globalization;
using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>The class's group (MSG-2, MSG-3): its rules, a highlight, a score that goes to nobody, a complaint that goes on privately.</summary>
internal sealed class GroupChapter(Scene scene, ActivePeople people, Narrator narrator)
{
    private const string Complaint = "气死我了，作业怎么又这么多！";

    private static readonly string[] Rules = ["不发布广告", "不公布成绩和排名", "有意见先私信老师"];

    private readonly Client teacher = people.Teacher;
    private readonly Client guardian = people.Guardian;

    private string OfClass => $"/api/messages/schools/{scene.School.Id}/classes/{scene.Class.Id}";

    private string Group => $"{OfClass}/group";

    /// <summary>What happens in the group.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var version = await narrator.StepAsync("The teacher publishes the rules of the class's group", async () =>
        {
            var before = (await teacher.GetAsync($"{Group}/rules", cancel)).ETag!;
            var published = await teacher.PutAsync($"{Group}/rules", new { lines = Rules }, cancel, before);
            published.IsDone();
            return (long.Parse(published.ETag!.Trim('"'), CultureInfo.InvariantCulture), $"version {published.ETag}");
        });
        await narrator.StepAsync("A family writes there once it has acknowledged them", async () =>
        {
            var hello = new { kind = "talk", text = "大家好，请多关照。" };
            var refused = (await guardian.PostAsync($"{Group}/posts", hello, cancel))
                .IsRefused(HttpStatusCode.Conflict, "messages.group-rules-unread");
            (await guardian.PostAsync($"{Group}/rules/acknowledgements", new { version }, cancel)).IsDone();
            var written = (await guardian.PostAsync($"{Group}/posts", hello, cancel)).As<Written>();
            Expect.Equal("published", written.State, "What became of it");
            return $"{refused}, then published";
        });
        await narrator.StepAsync("The next highlight is of a child whom none has named for the longest time", async () =>
        {
            var next = (await teacher.GetAsync($"{Group}/suggestions", cancel)).As<Suggestions>().NextChildren[0];
            var highlight = new { kind = "highlight", text = "今天主动整理了图书角。", studentIds = new[] { next } };
            (await teacher.PostAsync($"{Group}/posts", highlight, cancel)).IsDone();
            var after = (await teacher.GetAsync($"{Group}/suggestions", cancel)).As<Suggestions>().NextChildren[0];
            Expect.That(after != next, "The same child is next again.");
            return "and it goes round";
        });
        await narrator.StepAsync("Scores do not go to the group, whoever writes", async () =>
            (await teacher.PostAsync($"{Group}/posts", new { kind = "talk", text = "数学测验：张明 95，李红 88" }, cancel))
                .IsRefused(HttpStatusCode.UnprocessableEntity, "messages.score-to-all"));
        await ComplainAsync(cancel);
    }

    private async Task ComplainAsync(CancellationToken cancel)
    {
        var held = await narrator.StepAsync("An angry post waits for a moderator, and the class does not see it", async () =>
        {
            var written = (await guardian.PostAsync($"{Group}/posts", new { kind = "talk", text = Complaint }, cancel)).As<Written>();
            Expect.Equal("held", written.State, "What became of it");
            var read = await teacher.ListAsync<Written>($"{Group}/posts", cancel);
            Expect.That(read.TrueForAll(post => post.Id != written.Id), "The class reads it.");
            return (written.Id, "held");
        });
        await narrator.StepAsync("The teacher stops it, with a reason; the guardian sends it privately instead", async () =>
        {
            (await teacher.PostAsync($"{Group}/posts/{held}/decisions", new { kind = "stop", reason = "betterPrivately" }, cancel)).IsDone();
            (await guardian.PostAsync($"{Group}/posts/{held}/private", new { to = "homeroomTeacher" }, cancel)).IsDone();
            var letter = (await teacher.ListAsync<Letter>($"{OfClass}/private-messages", cancel)).First(one => one.GroupPostId == held);
            Expect.Equal(Complaint, letter.Text, "What the teacher reads");
            var answer = new { studentId = scene.First.StudentId, letter.GuardianId, text = "谢谢告知，我们一起调整。" };
            (await teacher.PostAsync($"{OfClass}/private-messages", answer, cancel)).IsDone();
            var log = await teacher.ListAsync<Decision>($"{Group}/decisions", cancel);
            Expect.That(log.Exists(one => one.PostId == held), "The decision is not logged.");
            return "answered, and the decision is logged";
        });
    }

    private sealed record Written(Guid Id, string? State);

    private sealed record Suggestions(IReadOnlyList<Guid> NextChildren);

    private sealed record Letter(Guid? GroupPostId, Guid GuardianId, string? Text);

    private sealed record Decision(Guid PostId);
}
