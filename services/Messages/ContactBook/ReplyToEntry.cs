using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Messages.OffHours;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.ContactBook;

/// <summary>An entry as a guardian reads it.</summary>
/// <param name="Id">The entry.</param>
/// <param name="StudentId">The own child.</param>
/// <param name="Week">The week's Monday.</param>
/// <param name="Entry">What the teacher says; <see langword="null"/> when it is erased.</param>
/// <param name="IsOfTheClass">Whether it is said to the whole class.</param>
/// <param name="Reply">What this guardian replied; nobody sees another guardian's.</param>
public sealed record OwnEntry(
    Guid Id, Guid StudentId, DateOnly Week, EntryText? Entry, bool IsOfTheClass, ReplyText? Reply);

/// <summary>A guardian reads the contact book of the own children and replies in one box with three prompts (MSG-1).</summary>
internal static class ReplyToEntry
{
    private const int MostText = 500;

    public static void MapReplyToEntry(this IEndpointRouteBuilder api)
    {
        api.MapGet("/contact-book", ListAsync).Command(Permission.MessageReceive).Sensitive().WithName("ListContactBook")
            .WithSummary("What the contact book says of the caller's children, newest first, with the own replies.");
        api.MapPut("/contact-book/{id:guid}/reply", ReplyAsync).Command(Permission.MessageReceive).WithName("ReplyToContactBook")
            .WithSummary("Replies to an entry about one's own child, or changes the reply.");
    }

    private static async Task<Results<Ok<Page<OwnEntry>>, Problem>> ListAsync(
        MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, CancellationToken cancel,
        int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var limit = Cursor.Size(size);
        var reach = FamilyReach.Of(current, Permission.MessageReceive);
        var rows = await Own(db, reach).Where(e => last == null || e.Id < last)
            .OrderByDescending(e => e.Id).Take(limit + 1)
            .Select(e => new
            {
                Entry = e,
                db.Set<ContactWeek>().Single(w => w.SchoolId == e.SchoolId && w.ClassId == e.ClassId && w.Week == e.Week).Common,
                Reply = db.Set<ContactReply>().FirstOrDefault(
                    r => r.SchoolId == e.SchoolId && r.EntryId == e.Id && reach.Guardians.Contains(r.GuardianId)),
            })
            .AsNoTracking().ToListAsync(cancel);
        var page = Page.From(rows, limit, row => row.Entry.Id);
        await vault.FetchAsync(
            page.Items.SelectMany(row => new[] { row.Entry.Content, row.Reply?.Content }).OfType<byte[]>(), cancel);
        var entries = new List<OwnEntry>();
        foreach (var row in page.Items)
        {
            var (entry, reply) = (row.Entry, row.Reply);
            entries.Add(new OwnEntry(
                entry.Id, entry.StudentId, entry.Week,
                entry.Content is { } content
                    ? await KeepContactBook.OpenAsync<EntryText>(
                        vault, entry.DistrictId, ContactEntry.SealedContent.Of(entry.Id), content, cancel)
                    : row.Common,
                entry.Content is null,
                reply is null
                    ? null
                    : await KeepContactBook.OpenAsync<ReplyText>(
                        vault, reply.DistrictId, ContactReply.SealedContent.Of(reply.Id), reply.Content, cancel)));
        }

        var grant = current.Caller.With(Permission.MessageReceive).First();
        audit.About("contact-book", grant.PersonId ?? grant.DistrictId, grant.DistrictId, grant.SchoolId);
        return TypedResults.Ok(new Page<OwnEntry>(entries, page.Next));
    }

    private static async Task<Results<Ok<Answered>, Problem>> ReplyAsync(
        Guid id, ReplyText request, MessagesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var said = new ReplyText(
            mistakes.OptionalText("observation", request.Observation, MostText),
            mistakes.OptionalText("affirmation", request.Affirmation, MostText),
            mistakes.OptionalText("question", request.Question, MostText));
        if (mistakes.Refusal is null && said == new ReplyText())
            mistakes.Add(MessagesFailures.NothingSaid.At("observation"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        // Who replies at the same moment waits here: the contact's version grows by one for each.
        if (await Own(db, FamilyReach.Of(current, Permission.MessageReceive)).AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancel)
            is not { } found)
        {
            return (Problem)Failures.NotFound;
        }

        await db.Set<ContactEntry>().Where(e => e.SchoolId == found.SchoolId && e.Id == id)
            .ExecuteUpdateAsync(e => e.SetProperty(one => one.Version, one => one.Version + 1), cancel);
        var entry = await db.Set<ContactEntry>().AsNoTracking().SingleAsync(e => e.SchoolId == found.SchoolId && e.Id == id, cancel);
        var guardian = current.Caller.With(Permission.MessageReceive).First(grant => grant.StudentId == entry.StudentId).PersonId!.Value;
        var now = clock.GetUtcNow();
        var reply = await db.Set<ContactReply>().SingleOrDefaultAsync(
            r => r.SchoolId == entry.SchoolId && r.EntryId == id && r.GuardianId == guardian, cancel)
            ?? db.Add(new ContactReply
            {
                SchoolId = entry.SchoolId,
                Id = Guid.CreateVersion7(now),
                DistrictId = entry.DistrictId,
                EntryId = id,
                StudentId = entry.StudentId,
                GuardianId = guardian,
            }).Entity;
        if (await vault.SealAsync(
            new Subject(entry.DistrictId, entry.SchoolId, entry.StudentId), ContactReply.SealedContent.Of(reply.Id),
            JsonSerializer.SerializeToUtf8Bytes(said, Json.Options), cancel) is not { } content)
        {
            return (Problem)Failures.Erased;
        }

        (reply.Content, reply.RepliedAt, reply.SeenAt) = (content, now, null);
        reply.Version++;
        var author = await db.Set<ContactWeek>().Where(w => w.SchoolId == entry.SchoolId && w.ClassId == entry.ClassId
            && w.Week == entry.Week).Select(w => w.AuthorId).SingleOrDefaultAsync(cancel);
        var others = await db.Set<ContactReply>()
            .Where(r => r.SchoolId == entry.SchoolId && r.EntryId == id && r.GuardianId != guardian)
            .Select(r => r.GuardianId).ToListAsync(cancel);
        Guid[] replied = [.. others.Append(guardian).Order()];
        db.Publish(KeepContactBook.ContactOf(entry, author, now, replied));
        audit.About("contact-entry", id, entry.DistrictId, entry.SchoolId);
        return TypedResults.Ok(new Answered(
            await OffHoursReply.AutoReplyAsync(db, entry.DistrictId, entry.SchoolId, entry.ClassId, now, cancel)));
    }

    // What families read, of children whom the guardian may see (ARC-13).
    private static IQueryable<ContactEntry> Own(MessagesDb db, FamilyReach reach) => db.Set<ContactEntry>()
        .Where(e => e.PublishedAt != null && reach.Students.Contains(e.StudentId)
            && !db.Set<Roster.GuardianRights>().Any(r => r.StudentId == e.StudentId && reach.Guardians.Contains(r.GuardianId) && !r.MaySee));
}
