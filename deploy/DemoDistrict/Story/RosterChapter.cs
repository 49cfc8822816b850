using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>A roster is imported: dry run, confirmation, and once more without an effect (ARC-2).</summary>
internal sealed class RosterChapter(Administrator admin, Narrator narrator)
{
    private readonly string imports = $"/api/archives/districts/{admin.DistrictId}/imports";

    /// <summary>Imports a roster.</summary>
    /// <param name="path">The zip.</param>
    /// <param name="mustBeClean">Whether a mistake in it is a mistake of ours.</param>
    /// <param name="mayReplace">Whether students of another roster may leave by it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task TellAsync(string path, bool mustBeClean, bool mayReplace, CancellationToken cancel)
    {
        var before = await SchoolsAsync(cancel);
        var import = await narrator.StepAsync("The roster is uploaded and checked: a dry run shows the difference", async () =>
        {
            var import = await UploadAsync(path, cancel);
            Expect.Equal("checked", import.State, "The import's state");
            Expect.That(!mustBeClean || import.Errors + import.Warnings == 0, $"The generated roster has mistakes: {import}");
            var rows = import.Files.Sum(file => file.Rows);
            return (import, $"{rows:N0} rows; {import.Errors:N0} mistakes, {import.Warnings:N0} warnings\n{import.Differences}");
        });
        await narrator.StepAsync("The dry run has changed nothing", async () =>
        {
            var now = await SchoolsAsync(cancel);
            Expect.That(before.SequenceEqual(now), "The district's schools changed by a dry run.");
            return $"{now.Count} schools, as before";
        });

        var withdrawals = import.NeedsAcceptWithdrawals;
        Expect.That(
            !withdrawals || mayReplace,
            "By this roster many students would leave their schools: the district has another one. --replace yes replaces it.");
        await narrator.StepAsync("The import is confirmed: exactly what it showed is done", async () =>
        {
            var confirmed = (await ConfirmAsync(import, withdrawals, cancel)).As<Import>();
            Expect.Equal("confirmed", confirmed.State, "The import's state");
            var schools = await SchoolsAsync(cancel);
            var expected = import.Changes.Single(change => change.Kind == "school");
            Expect.Equal(expected.Added + expected.Changed + expected.Unchanged, schools.Count, "The number of schools");
            return $"{schools.Count} schools" + (withdrawals ? "; the roster before is withdrawn, its history stays" : "");
        });
        await narrator.StepAsync("It cannot be confirmed twice", async () =>
            (await ConfirmAsync(import, withdrawals, cancel)).IsRefused(HttpStatusCode.Conflict, "archives.import-decided"));
        await narrator.StepAsync("The same file again changes nothing", async () =>
        {
            var again = await UploadAsync(path, cancel);
            var unchanged = again.Changes.All(change => change is { Added: 0, Changed: 0, Withdrawn: 0 });
            Expect.That(unchanged, $"It would: {again.Differences}");
            (await admin.Client.PostAsync($"{imports}/{again.Id}/cancel", new { }, cancel)).IsDone();
            return $"{again.Changes.Sum(change => change.Unchanged):N0} records, all unchanged";
        });
    }

    private Task<List<School>> SchoolsAsync(CancellationToken cancel) =>
        admin.Client.ListAsync<School>($"/api/archives/districts/{admin.DistrictId}/schools", cancel);

    private Task<Answer> ConfirmAsync(Import import, bool acceptWithdrawals, CancellationToken cancel) =>
        admin.Client.PostAsync($"{imports}/{import.Id}/confirm", new { acceptWithdrawals }, cancel);

    private async Task<Import> UploadAsync(string path, CancellationToken cancel)
    {
        using var zip = new StreamContent(File.OpenRead(path));
        zip.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        return (await admin.Client.PostAsync(imports, zip, cancel)).As<Import>();
    }

    private sealed record Import(
        Guid Id, string State, IReadOnlyList<FileCount> Files, IReadOnlyList<ChangeCount> Changes, int Errors, int Warnings,
        bool NeedsAcceptWithdrawals)
    {
        public string Differences => string.Join("; ", Changes.Select(change => string.Create(
            CultureInfo.InvariantCulture,
            $"{change.Kind} +{change.Added:N0} ~{change.Changed:N0} -{change.Withdrawn:N0} ={change.Unchanged:N0}")));
    }

    private sealed record FileCount(string Name, int Rows, int Rejected);

    private sealed record ChangeCount(string Kind, int Added, int Changed, int Withdrawn, int Unchanged);
}

/// <summary>A school of the district.</summary>
/// <param name="Id">The school.</param>
/// <param name="Name">Its name.</param>
internal sealed record School(Guid Id, string Name);
