using System.Net;
using System.Text.Json;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>What a data-protection officer asks first: who reads what is private, who learns of it, and whether the audit is whole.</summary>
internal sealed class TrustChapter(Administrator admin, Scene scene, People people, Narrator narrator)
{
    private static readonly string[] Sealing = ["archives", "visits", "surveys", "identity"];

    // What has been told of these has guardians in it: on a roster without any, their audit has nothing to seal.
    private static readonly string[] WithGuardians = ["activities", "messages"];

    private string District => $"/api/archives/districts/{admin.DistrictId}";

    /// <summary>A sensitive item is kept and read, and the audit verified.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var items = $"{District}/students/{scene.First.StudentId}/sensitive-items";
        var written = await narrator.StepAsync("The teacher keeps a medical note, encrypted under a key of the child", async () =>
        {
            var made = (await people.Teacher.PostAsync(
                items, new { kind = "medicalHistory", content = "对花生过敏", advice = "就餐时留意" }, cancel)).As<Made>();
            return (made.Id, "kept");
        });
        await narrator.StepAsync("The school's administrator sees that it exists, not what it says", async () =>
        {
            var row = (await people.SchoolAdmin.ListAsync<Item>(items, cancel)).Single(item => item.Id == written);
            Expect.Equal(null, row.Kind, "The kind that is shown");
            return (await people.SchoolAdmin.PostAsync($"{District}/sensitive-items/{written}/reads", new { purpose = "support" }, cancel))
                .IsRefused(HttpStatusCode.Forbidden, "access.forbidden");
        });
        await narrator.StepAsync("The teacher reads it before a visit, and says what for", async () =>
        {
            var read = (await people.Teacher.PostAsync(
                $"{District}/sensitive-items/{written}/reads", new { purpose = "visitPreparation" }, cancel)).As<Item>();
            Expect.Equal("对花生过敏", read.Content, "What the note says");
            return "read, and logged";
        });
        if (people.Guardian is { } guardian)
        {
            await narrator.StepAsync("The guardian sees who has read it, when and what for", async () =>
            {
                var reads = await guardian.ListAsync<Read>($"{District}/students/{scene.First.StudentId}/sensitive-reads", cancel);
                Expect.That(reads.Exists(read => read.ItemId == written && read.Purpose == "visitPreparation"), "The read is not listed.");
                return "one read, by the homeroom teacher";
            });
        }

        foreach (var service in people.Guardian is null ? Sealing : [.. Sealing, .. WithGuardians])
        {
            await narrator.StepAsync($"The audit of {service} is whole, as the heads that Insights keeps show", async () =>
            {
                var anchors = await narrator.UntilAsync(
                    "a signed head has arrived",
                    async () => (await admin.Client.GetAsync($"/api/insights/operations/audit/anchors?service={service}", cancel))
                        .IsDone().Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        .Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList(),
                    heads => heads.Count > 0, cancel);
                var report = (await admin.Client.PostAsync($"/api/{service}/operations/audit/verifications", new { anchors }, cancel)).As<Report>();
                Expect.Equal(0, report.Breaks, "The number of breaks");
                Expect.That(report.Anchors >= anchors.Count, $"{report.Anchors} of {anchors.Count} heads were compared.");
                return $"{report.Sealed:N0} rows sealed, {report.Anchors} heads compared";
            });
        }
    }

    private sealed record Made(Guid Id);

    private sealed record Item(Guid Id, string? Kind, string? Content);

    private sealed record Read(Guid ItemId, string Purpose);

    private sealed record Report(long Sealed, long Breaks, long Anchors);
}
