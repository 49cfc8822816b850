using System.Net;
using System.Net.Http.Headers;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>One child, one file: found, supported without a label, seen by the family, and copied on demand.</summary>
internal sealed class ArchiveChapter(Administrator admin, Scene scene, People people, Narrator narrator, TimeProvider clock)
{
    // The smallest page that a reader of PDF opens.
    private const string Pdf =
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        + "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

    private string District => $"/api/archives/districts/{admin.DistrictId}";

    private string Child => $"{District}/students/{scene.First.StudentId}";

    /// <summary>What a teacher, a guardian and an administrator do with a child's file.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        await narrator.StepAsync("The teacher finds a student by the beginning of the name", async () =>
        {
            var student = (await people.Teacher.GetAsync(Child, cancel)).As<Student>();
            var name = (student.FamilyName + student.GivenName)[..1];
            var found = await people.Teacher.ListAsync<Found>($"{District}/students?search={Uri.EscapeDataString(name)}", cancel);
            Expect.That(found.Exists(row => row.Id == scene.First.StudentId), "The student is not found.");
            return $"{found.Count} of the class begin so";
        });
        await narrator.StepAsync("The teacher says what support the student needs; the event says only that something changed", async () =>
        {
            var needs = (await people.Teacher.GetAsync($"{Child}/needs", cancel)).IsDone();
            (await people.Teacher.PutAsync($"{Child}/needs", new { reason = "数学跟不上", academic = "struggling" }, cancel, needs.ETag)).IsDone();
            return "kept with author, day and reason; it lapses at the end of the term";
        });
        await narrator.StepAsync("The school's administrator is told nothing of it", async () =>
            (await people.SchoolAdmin.GetAsync($"{Child}/needs", cancel)).IsRefused(HttpStatusCode.Forbidden, "access.forbidden"));
        var plan = await narrator.StepAsync("A small plan is agreed with the family on paper, and begins", async () =>
        {
            var review = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(14);
            var made = (await people.Teacher.PostAsync(
                $"{Child}/plans", new { kind = "smallGoal", goals = "每天读二十分钟", reviewOn = review }, cancel)).As<Made>();
            (await people.Teacher.PostAsync($"{District}/plans/{made.Id}/begin", new { agreedBy = "paper" }, cancel)).IsDone();
            return (made.Id, $"reviewed on {review:yyyy-MM-dd}");
        });
        await narrator.StepAsync("The teacher adds a document; it is checked, and encrypted under a key of the child", async () =>
        {
            using var form = new MultipartFormDataContent
            {
                { new StringContent("document"), "kind" }, { new StringContent("true"), "forFamily" },
            };
            using var file = new ByteArrayContent(System.Text.Encoding.ASCII.GetBytes(Pdf));
            file.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
            form.Add(file, "file", "notice.pdf");
            (await people.Teacher.PostAsync($"{Child}/attachments", form, cancel)).IsDone();
            return $"{Pdf.Length} bytes";
        });
        await narrator.StepAsync("A page that calls itself a photo is refused", async () =>
        {
            using var form = new MultipartFormDataContent { { new StringContent("photo"), "kind" } };
            form.Add(new ByteArrayContent("<html><script>1</script></html>"u8.ToArray()), "file", "photo.jpg");
            var answer = await people.Teacher.PostAsync($"{Child}/attachments", form, cancel);
            Expect.That(answer.Status == HttpStatusCode.BadRequest || answer.Status == HttpStatusCode.UnsupportedMediaType
                || answer.Status == HttpStatusCode.UnprocessableEntity, $"It was answered {answer.Status}.");
            return answer.Code ?? "refused";
        });
        if (people.Guardian is { } guardian)
            await TellGuardianAsync(guardian, plan, cancel);
    }

    private async Task TellGuardianAsync(Client guardian, Guid plan, CancellationToken cancel)
    {
        await narrator.StepAsync("The guardian sees the plan and the document, not the tier behind them", async () =>
        {
            Expect.Equal("每天读二十分钟", (await guardian.GetAsync($"{District}/plans/{plan}", cancel)).As<Plan>().Goals, "The goal");
            Expect.Equal(1, (await guardian.ListAsync<Made>($"{Child}/attachments", cancel)).Count, "The number of files");
            return (await guardian.GetAsync($"{Child}/needs", cancel)).IsRefused(HttpStatusCode.Forbidden, "access.forbidden");
        });
        await narrator.StepAsync("The guardian ticks a day of the plan", async () =>
        {
            var today = DateOnly.FromDateTime(clock.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);
            (await guardian.PutAsync($"{District}/plans/{plan}/marks/{today:yyyy-MM-dd}", new { }, cancel)).IsDone();
            return "one tap";
        });
        await narrator.StepAsync("The guardian asks for a copy of all that is held; every service answers", async () =>
        {
            var asked = (await guardian.PostAsync($"{Child}/personal-data-requests", new { matter = "copy" }, cancel)).As<Made>();
            var request = $"{District}/personal-data-requests/{asked.Id}";
            await narrator.UntilAsync(
                "the copy is ready",
                async () => (await guardian.GetAsync(request, cancel)).As<Request>(), read => read.State == "ready", cancel);
            var copy = (await guardian.GetAsync($"{request}/copy", cancel)).IsDone();
            return $"a zip of some {copy.Body.Length:N0} characters";
        });
    }

    private sealed record Student(string FamilyName, string GivenName);

    private sealed record Found(Guid Id);

    private sealed record Made(Guid Id);

    private sealed record Plan(string Goals);

    private sealed record Request(string State);
}
