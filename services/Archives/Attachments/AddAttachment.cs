using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HomeSchool.Archives.Attachments;

/// <summary>
/// Puts a file into a student's archive (ARC-1). What a guardian sends is labelled 内部资料, until staff file it anew; what staff label, they
/// must be allowed to read themselves (ARC-7).
/// </summary>
internal static class AddAttachment
{
    private const int LongestTitle = 100;

    public static void MapAddAttachment(this IEndpointRouteBuilder api) =>
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/attachments", AddAsync)
            .WithName("AddAttachment")
            .WithSummary("Adds a file: a form with file, kind (photo, portrait, document, scan), and, if wanted, title, forFamily, "
                + "sensitiveKind. Photos are encoded anew, without place and camera.")
            .TakesFile(api.ServiceProvider)
            .Command(Permission.AttachmentAdd);

    private static async Task<Results<Created<Made>, Problem>> AddAsync(
        Guid districtId, Guid studentId, FileUpload upload, ArchivesDb db, KeyVault vault, FileVault files, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.AttachmentAdd, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        if (upload.Refusal is { } refused)
            return refused;
        var mistakes = new Mistakes();
        var form = new Form(upload, mistakes);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (!Attachment.TypesOf(form.Kind).Contains(upload.Type))
            return (Problem)AttachmentFailures.KindMismatch;
        var adders = caller.With(Permission.AttachmentAdd).Where(grant => SensitiveReach.Reaches(grant, at)).ToArray();
        var fromFamily = Array.TrueForAll(adders, grant => grant.StudentId is not null);
        var label = fromFamily ? form.SensitiveKind ?? SensitiveKind.MedicalHistory : form.SensitiveKind;
        if (label is { } kind && !fromFamily)
        {
            var policy = (await db.SensitivePolicyAsync(districtId, cancel))?.Settings ?? new SensitiveSettings();
            if (!Array.Exists(adders, grant => policy.Of(grant.Role, kind) == Sees.Content))
                return (Problem)ArchivesFailures.KindNotYours;
        }

        var id = upload.Id;
        var about = new Subject(districtId, at.SchoolId, studentId);
        await using var content = upload.Content.Open();
        if (await vault.SealAsync(about, Attachment.SealedTitle.Of(id), Encoding.UTF8.GetBytes(form.Title), cancel) is not { } title
            || !await files.KeepAsync(db, about, Attachment.SealedContent.Of(id), content, cancel))
        {
            return (Problem)Failures.Erased;
        }

        db.Add(new Attachment
        {
            DistrictId = districtId,
            Id = id,
            SchoolId = at.SchoolId,
            StudentId = studentId,
            Kind = form.Kind,
            Type = upload.Type,
            Bytes = upload.Content.Length,
            Title = title,
            SensitiveKind = label,
            ForFamily = form.ForFamily && label is null,
            AccountId = caller.AccountId!.Value,
            AuthorId = adders.Select(grant => grant.PersonId).FirstOrDefault(person => person is not null),
            FromFamily = fromFamily,
            AddedAt = clock.GetUtcNow(),
        });
        audit.About("attachment", id, districtId, at.SchoolId);
        return TypedResults.Created((string?)null, new Made(id));
    }

    // The fields beside the file.
    private sealed class Form
    {
        public Form(FileUpload upload, Mistakes mistakes)
        {
            var fields = upload.Fields;
            Kind = Read<AttachmentKind>(fields, "kind", mistakes) ?? default;
            if (!fields.ContainsKey("kind"))
                mistakes.Add(OneOf<AttachmentKind>("kind"));
            SensitiveKind = Read<SensitiveKind>(fields, "sensitiveKind", mistakes);
            if (fields.TryGetValue("forFamily", out var family) && bool.TryParse(family, out var forFamily))
                ForFamily = forFamily;
            else if (family is not null)
                mistakes.Add(AttachmentFailures.OneOf.At("forFamily", "true, false"));
            if (ForFamily && SensitiveKind is not null)
                mistakes.Add(AttachmentFailures.InternalForFamily.At("forFamily"));
            var title = fields.GetValueOrDefault("title");
            Title = mistakes.Text("title", string.IsNullOrWhiteSpace(title) ? upload.Name : title, LongestTitle);
        }

        public AttachmentKind Kind { get; }

        public SensitiveKind? SensitiveKind { get; }

        public bool ForFamily { get; }

        public string Title { get; }

        private static T? Read<T>(IReadOnlyDictionary<string, string> fields, string field, Mistakes mistakes)
            where T : struct, Enum
        {
            if (!fields.TryGetValue(field, out var text))
                return null;
            foreach (var value in Enum.GetValues<T>())
            {
                if (NameOf(value) == text)
                    return value;
            }

            mistakes.Add(OneOf<T>(field));
            return null;
        }

        private static FieldMistake OneOf<T>(string field)
            where T : struct, Enum =>
            AttachmentFailures.OneOf.At(field, string.Join(", ", Enum.GetValues<T>().Select(NameOf)));

        private static string NameOf<T>(T value)
            where T : struct, Enum =>
            JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
    }
}
