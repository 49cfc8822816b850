using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Wording;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Messages.ContactBook;

/// <summary>A week of the contact book, as one screen writes it.</summary>
/// <param name="Common">What holds for all children without an entry of their own.</param>
/// <param name="Individual">Entries of single children, at most one each.</param>
/// <param name="Publish">Whether families are to read it; otherwise it is kept as a draft. What was published stays published.</param>
/// <param name="AcceptTone">The writer has seen the hint about wording and keeps it (VIS-14).</param>
public sealed record ContactBookRequest(
    EntryText Common, IReadOnlyList<IndividualEntry>? Individual = null, bool Publish = false, bool AcceptTone = false);

/// <summary>An entry for one child.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="Entry">What it says.</param>
public sealed record IndividualEntry(Guid StudentId, EntryText Entry);

/// <summary>A week of the contact book, as one screen shows it.</summary>
/// <param name="Week">The week's Monday.</param>
/// <param name="PublishedAt">Since when families read it; <see langword="null"/> for a draft.</param>
/// <param name="Common">What holds for all; of a week that nobody has begun, the chips of the week before.</param>
/// <param name="Children">The children on the roll today, and those who have an entry.</param>
public sealed record ContactBookBody(
    DateOnly Week, DateTimeOffset? PublishedAt, EntryText Common, IReadOnlyList<ContactChild> Children);

/// <summary>A child's line on the screen.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="EntryId">The entry; <see langword="null"/> while there is none.</param>
/// <param name="Entry">What is said of this child alone; <see langword="null"/> where the class's holds, or it is erased.</param>
/// <param name="Replies">What its guardians replied.</param>
public sealed record ContactChild(Guid StudentId, Guid? EntryId, EntryText? Entry, IReadOnlyList<ContactReplyBody> Replies);

/// <summary>A guardian's reply.</summary>
/// <param name="GuardianId">The guardian.</param>
/// <param name="RepliedAt">When.</param>
/// <param name="IsNew">Whether nobody of the class's staff has opened it before.</param>
/// <param name="Reply">What it says; <see langword="null"/> when it is erased.</param>
public sealed record ContactReplyBody(Guid GuardianId, DateTimeOffset RepliedAt, bool IsNew, ReplyText? Reply);

/// <summary>
/// The contact book (MSG-1): a week of a class is one screen. One text holds for all; single children have one of their own by exception.
/// A client may send the same screen twice or late: the ETag says whether somebody else was there meanwhile.
/// </summary>
internal static class KeepContactBook
{
    private const int MostChildren = 200;
    private const int MostText = 500;
    private const string Route = "/schools/{schoolId:guid}/classes/{classId:guid}/contact-book/{week}";

    public static void MapKeepContactBook(this IEndpointRouteBuilder api)
    {
        api.MapGet(Route, ReadAsync).Command(Permission.MessageAnswerRead).Sensitive().WithName("ReadContactBook")
            .WithSummary("A class's week: what is said to all and to single children, and what families replied.");
        api.MapPut(Route, WriteAsync).Command(Permission.ContactBookWrite).WithName("WriteContactBook")
            .WithSummary("Writes a class's week as a whole, as a draft or for the families.");
    }

    private static async Task<Results<Ok<ContactBookBody>, Problem>> ReadAsync(
        Guid schoolId, Guid classId, DateOnly week, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var monday = Monday(week);
        if (await FindClassAsync(db, schoolId, classId, current, Permission.MessageAnswerRead, cancel) is not { } ofClass)
            return (Problem)Failures.NotFound;
        var now = clock.GetUtcNow();
        var kept = await db.Set<ContactWeek>().AsNoTracking().Where(w => w.SchoolId == schoolId && w.ClassId == classId
            && w.Week <= monday).OrderByDescending(w => w.Week).FirstOrDefaultAsync(cancel);
        var isBegun = kept?.Week == monday;
        var entries = await EntriesAsync(db.Set<ContactEntry>().AsNoTracking(), schoolId, classId, monday, cancel);
        var replies = await db.Set<ContactReply>().Where(r => r.SchoolId == schoolId
            && db.Set<ContactEntry>().Any(e => e.SchoolId == schoolId && e.Id == r.EntryId && e.ClassId == classId && e.Week == monday))
            .ToListAsync(cancel);
        await vault.FetchAsync([.. entries.Select(e => e.Content).OfType<byte[]>(), .. replies.Select(r => r.Content)], cancel);

        var byStudent = entries.ToDictionary(entry => entry.StudentId);
        var children = new List<ContactChild>();
        var roll = await OnRollAsync(db, ofClass, now, cancel);
        foreach (var student in roll.Union(byStudent.Keys).Order())
        {
            var entry = byStudent.GetValueOrDefault(student);
            var bodies = new List<ContactReplyBody>();
            foreach (var reply in replies.Where(reply => reply.StudentId == student).OrderBy(reply => reply.RepliedAt))
            {
                bodies.Add(new ContactReplyBody(
                    reply.GuardianId, reply.RepliedAt, reply.SeenAt is null,
                    await OpenAsync<ReplyText>(vault, reply.DistrictId, ContactReply.SealedContent.Of(reply.Id), reply.Content, cancel)));
                reply.SeenAt ??= now;
            }

            children.Add(new ContactChild(
                student, entry?.Id,
                entry?.Content is { } content
                    ? await OpenAsync<EntryText>(vault, entry.DistrictId, ContactEntry.SealedContent.Of(entry.Id), content, cancel)
                    : null,
                bodies));
        }

        ETag.Set(http, isBegun ? kept!.Version : 0);
        audit.About("contact-book", classId, ofClass.DistrictId, schoolId);
        return TypedResults.Ok(new ContactBookBody(
            monday, isBegun ? kept!.PublishedAt : null,
            isBegun ? kept!.Common : new EntryText(kept?.Common.Habits, kept?.Common.Mood), children));
    }

    private static async Task<Results<NoContent, Problem>> WriteAsync(
        Guid schoolId, Guid classId, DateOnly week, ContactBookRequest request, MessagesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var (monday, now) = (Monday(week), clock.GetUtcNow());
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (monday < today.AddDays(-60) || monday > today.AddDays(14))
            return Problem.Of([MessagesFailures.Week.At("week")]);
        if (await FindClassAsync(db, schoolId, classId, current, Permission.ContactBookWrite, cancel) is not { } ofClass)
            return (Problem)Failures.NotFound;
        var roll = await OnRollAsync(db, ofClass, now, cancel);
        // Nothing is added about a child who is erased, or whose messages are restricted (ARC-10).
        roll.ExceptWith(await db.Database.SqlQuery<Guid>(
            $"""
            SELECT student_id AS "Value" FROM platform.restricted_student
            WHERE student_id = ANY ({roll.ToArray()}) AND 'Messages' = ANY (kinds)
            UNION SELECT student_id FROM platform.erased_student WHERE student_id = ANY ({roll.ToArray()})
            """).ToListAsync(cancel));
        var common = request.Common ?? new EntryText();
        if (Refusal(common, request.Individual ?? [], roll) is { } refused)
            return refused;
        if (await WordingAsync(db, ofClass.DistrictId, common, request, cancel) is { } hint)
            return hint;
        var kept = await db.Set<ContactWeek>().SingleOrDefaultAsync(
            w => w.SchoolId == schoolId && w.ClassId == classId && w.Week == monday, cancel);
        if (ETag.Mismatch(http, kept?.Version ?? 0) is { } stale)
            return (Problem)stale;

        kept ??= db.Add(new ContactWeek
        {
            SchoolId = schoolId,
            ClassId = classId,
            Week = monday,
            DistrictId = ofClass.DistrictId,
        }).Entity;
        kept.Common = common;
        kept.AuthorId = current.Caller.With(Permission.ContactBookWrite)
            .FirstOrDefault(grant => grant.ClassId == classId)?.PersonId;
        if (request.Publish)
            kept.PublishedAt ??= now;
        kept.Version++;
        var told = await KeepEntriesAsync(kept, roll, request.Individual ?? [], db, vault, now, cancel);
        audit.About("contact-book", classId, ofClass.DistrictId, schoolId);
        ETag.Set(http, kept.Version);
        await Telling.TellAsync((NpgsqlConnection)db.Database.GetDbConnection(), told, now, cancel);
        return TypedResults.NoContent();
    }

    // A score is for one family, and so may stand in a child's own entry only (MSG-3).
    private static async Task<Problem?> WordingAsync(
        MessagesDb db, Guid district, EntryText common, ContactBookRequest request, CancellationToken cancel)
    {
        if (GroupWording.ScoreRefusal(("common.text", common.Text)) is { } score)
            return score;
        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel);
        return Tone.Refusal(
            (request.Individual ?? []).Select((one, i) => ($"individual[{i}].entry.text", one.Entry.Text))
                .Prepend(("common.text", common.Text)),
            policy?.Settings.ToneWords, request.AcceptTone);
    }

    // Of a published week every child on the roll has an entry; of a draft those alone of whom something is said.
    private static async Task<List<News>> KeepEntriesAsync(
        ContactWeek week, IReadOnlyCollection<Guid> roll, IReadOnlyList<IndividualEntry> individual, MessagesDb db, KeyVault vault,
        DateTimeOffset now, CancellationToken cancel)
    {
        var entries = (await EntriesAsync(db.Set<ContactEntry>(), week.SchoolId, week.ClassId, week.Week, cancel))
            .ToDictionary(entry => entry.StudentId);
        var own = individual.ToDictionary(entry => entry.StudentId, entry => entry.Entry);
        var kept = entries.Values.Select(entry => entry.Id).ToArray();
        var replied = (await db.Set<ContactReply>().AsNoTracking().Where(r => r.SchoolId == week.SchoolId && kept.Contains(r.EntryId))
            .Select(r => new { r.EntryId, r.GuardianId }).ToListAsync(cancel)).ToLookup(r => r.EntryId, r => r.GuardianId);
        await vault.PrepareAsync(week.DistrictId, week.SchoolId, own.Keys, cancel);
        var told = new List<News>();
        var toSeal = new List<(ContactEntry Entry, EntryText Said)>();
        foreach (var student in roll.Order())
        {
            var said = own.GetValueOrDefault(student);
            if (!entries.TryGetValue(student, out var entry))
            {
                if (said is null && week.PublishedAt is null)
                    continue;
                entry = db.Add(new ContactEntry
                {
                    SchoolId = week.SchoolId,
                    Id = Guid.CreateVersion7(now),
                    DistrictId = week.DistrictId,
                    ClassId = week.ClassId,
                    Week = week.Week,
                    StudentId = student,
                }).Entity;
            }

            entry.Content = null;
            if (said is not null)
                toSeal.Add((entry, said));
            entry.Version++;
            if (week.PublishedAt is null)
                continue;
            if (entry.PublishedAt is null)
            {
                told.Add(new News(
                    week.DistrictId, week.SchoolId, entry.Id, entry.Version, NotificationKind.ContactBook, [student]));
            }

            entry.PublishedAt ??= now;
        }

        // At once, so that the keys are looked up together. Of a child whose key is destroyed nothing is written any more.
        await Task.WhenAll(toSeal.Select(async one => one.Entry.Content = await vault.SealAsync(
            new Subject(week.DistrictId, week.SchoolId, one.Entry.StudentId), ContactEntry.SealedContent.Of(one.Entry.Id),
            JsonSerializer.SerializeToUtf8Bytes(one.Said, Json.Options), cancel)));
        // What is said to all is no contact with a family; what is said of a child is (VIS-12).
        foreach (var (entry, _) in toSeal.Where(one => one.Entry is { PublishedAt: not null, Content: not null }))
            db.Publish(ContactOf(entry, week.AuthorId, now, [.. replied[entry.Id].Order()]));
        return told;
    }

    /// <summary>The contact that an entry is (VIS-12): weekly feedback, in which a guardian took part who replied.</summary>
    internal static ContactTold ContactOf(ContactEntry entry, Guid? author, DateTimeOffset now, IReadOnlyList<Guid> guardians) => new(
        entry.DistrictId, entry.SchoolId, entry.Id, entry.Version, now, [entry.StudentId], ContactChannel.ContactBook,
        ContactPurpose.Feedback, entry.PublishedAt ?? now, 0, guardians.Count > 0, author is { } who ? [who] : [], guardians);

    /// <summary>The Monday of a day's week.</summary>
    internal static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    /// <summary>What is sealed; <see langword="null"/> when the key is destroyed.</summary>
    internal static async Task<T?> OpenAsync<T>(
        KeyVault vault, Guid district, Place place, byte[] content, CancellationToken cancel)
        where T : class =>
        await vault.OpenAsync(district, place, content, cancel) is { } opened
            ? JsonSerializer.Deserialize<T>(opened, Json.Options)
            : null;

    private static Problem? Refusal(EntryText common, IReadOnlyList<IndividualEntry> individual, HashSet<Guid> roll)
    {
        var mistakes = new Mistakes();
        Check("common", common);
        if (individual.Count > MostChildren)
            mistakes.Add(Failures.List.At("individual", 0, MostChildren));
        var seen = new HashSet<Guid>();
        for (var i = 0; i < Math.Min(individual.Count, MostChildren); i++)
        {
            var field = $"individual[{i}]";
            if (!roll.Contains(individual[i].StudentId) || !seen.Add(individual[i].StudentId))
                mistakes.Add(MessagesFailures.NotInClass.At($"{field}.studentId"));
            if (individual[i].Entry is not { } entry || (entry.Habits is null or [] && entry.Mood is null && string.IsNullOrWhiteSpace(entry.Text)))
                mistakes.Add(MessagesFailures.NothingSaid.At($"{field}.entry"));
            else
                Check($"{field}.entry", entry);
        }

        return mistakes.Refusal;

        void Check(string field, EntryText entry)
        {
            mistakes.OptionalText($"{field}.text", entry.Text, MostText);
            if (entry.Habits is { } habits && (habits.Count != habits.Distinct().Count() || !habits.All(Enum.IsDefined)))
                mistakes.Add(MessagesFailures.Habits.At($"{field}.habits"));
        }
    }

    private static async Task<SchoolClass?> FindClassAsync(
        MessagesDb db, Guid school, Guid ofClass, CurrentCaller current, Permission permission, CancellationToken cancel)
    {
        var found = await db.Set<SchoolClass>().AsNoTracking()
            .SingleOrDefaultAsync(c => c.SchoolId == school && c.ClassId == ofClass, cancel);
        return found is not null && MessagesReach.Of(current, permission).Covers(found.DistrictId, school, ofClass) ? found : null;
    }

    private static Task<List<ContactEntry>> EntriesAsync(
        IQueryable<ContactEntry> entries, Guid school, Guid ofClass, DateOnly week, CancellationToken cancel) =>
        entries.Where(e => e.SchoolId == school && e.ClassId == ofClass && e.Week == week).ToListAsync(cancel);

    private static async Task<HashSet<Guid>> OnRollAsync(MessagesDb db, SchoolClass ofClass, DateTimeOffset now, CancellationToken cancel)
    {
        var policy = await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == ofClass.DistrictId, cancel);
        var today = (policy?.Settings ?? new Policies.MessagePolicy()).Day(now);
        return await GroupPlace.OnRollAsync(db, ofClass.SchoolId, ofClass.ClassId, today, cancel);
    }
}
