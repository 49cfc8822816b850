using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>Which entries to list; what is missing does not narrow.</summary>
/// <param name="SchoolId">Of a school.</param>
/// <param name="ClassId">Of students of a class, as it was then.</param>
/// <param name="StudentId">Of a student.</param>
/// <param name="StaffId">In which a staff member took part.</param>
/// <param name="Channel">By a channel, named as in the answer.</param>
/// <param name="From">Held on that day or later.</param>
/// <param name="To">Held on that day or before.</param>
/// <param name="OpenOnly">Only those whose loop is not closed (VIS-11).</param>
/// <param name="Size">Entries a page, 1–500; 50 when missing.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public sealed record LedgerFilter(
    Guid? SchoolId, Guid? ClassId, Guid? StudentId, Guid? StaffId, string? Channel, DateOnly? From, DateOnly? To, bool? OpenOnly,
    int? Size, string? After);

/// <summary>The facts of a contact, without what was said.</summary>
/// <param name="Id">The entry; of a visit, the visit.</param>
/// <param name="StudentId">The student whose ledger it stands in.</param>
/// <param name="ClassId">The class then.</param>
/// <param name="Version">Its newest version; send it back in <c>If-Match</c>, in quotes.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="Purpose">What for.</param>
/// <param name="HeldAt">When.</param>
/// <param name="HeldOn">The day.</param>
/// <param name="Minutes">How long.</param>
/// <param name="GuardianTookPart">Whether a guardian took part.</param>
/// <param name="Deep">Whether it is a deep contact (VIS-3).</param>
/// <param name="StaffIds">The staff who took part.</param>
/// <param name="GuardianIds">The guardians who took part, as far as somebody said who.</param>
/// <param name="Feedback">The guardian's feedback.</param>
/// <param name="Withdrawn">It was entered by mistake and does not count.</param>
/// <param name="WrittenAt">When this version was written.</param>
/// <param name="AuthorId">By whom.</param>
/// <param name="Loop">Its follow-ups (VIS-11).</param>
public sealed record LedgerRow(
    Guid Id, Guid StudentId, Guid? ClassId, long Version, ContactChannel Channel, ContactPurpose Purpose, DateTimeOffset HeldAt,
    DateOnly HeldOn, int Minutes, bool GuardianTookPart, bool Deep, IReadOnlyList<Guid> StaffIds, IReadOnlyList<Guid> GuardianIds,
    GuardianFeedback? Feedback, bool Withdrawn, DateTimeOffset WrittenAt, Guid? AuthorId, Loop Loop)
{
    internal static LedgerRow Of(LedgerEntry e, Loop loop) => new(
        e.Id, e.StudentId, e.ClassId, e.Version, e.Channel, e.Purpose, e.HeldAt, e.HeldOn, e.Minutes, e.GuardianTookPart, e.Deep,
        e.StaffIds, e.GuardianIds, e.Feedback, e.Withdrawn, e.WrittenAt, e.AuthorId, loop);
}

/// <summary>The follow-ups of a contact: its loop is closed when all of them are (VIS-11).</summary>
/// <param name="FollowUps">How many there are.</param>
/// <param name="Closed">How many of them have their outcome.</param>
public sealed record Loop(int FollowUps, int Closed)
{
    /// <summary>Whether nothing is left to do.</summary>
    public bool IsClosed => Closed == FollowUps;
}

/// <summary>A version of an entry with what was said.</summary>
/// <param name="Facts">The facts, as this version has them.</param>
/// <param name="Line">What it was about; <see langword="null"/> where it stands elsewhere (of a visit, in its record), or is
/// erased.</param>
/// <param name="FeedbackText">The guardian's feedback in words.</param>
public sealed record LedgerVersion(LedgerRow Facts, string? Line, string? FeedbackText);

/// <summary>An entry with all of its versions.</summary>
/// <param name="Id">The entry.</param>
/// <param name="StudentIds">Whom it is about, as far as the caller reaches them.</param>
/// <param name="Versions">Newest first.</param>
public sealed record LedgerEntryView(Guid Id, IReadOnlyList<Guid> StudentIds, IReadOnlyList<LedgerVersion> Versions);

/// <summary>
/// Lists the ledger and reads an entry (VIS-12). What was said is shown like a record: the read and its audit row commit
/// together.
/// </summary>
internal static class ReadLedger
{
    private static readonly Dictionary<string, ContactChannel?> Channels = Enum.GetValues<ContactChannel>().ToDictionary(
        channel => JsonNamingPolicy.CamelCase.ConvertName(channel.ToString()), ContactChannel? (channel) => channel,
        StringComparer.Ordinal);

    public static void MapReadLedger(this IEndpointRouteBuilder api)
    {
        api.MapGet("/ledger", ListAsync).Query(Permission.LedgerRead).WithName("ListLedger");
        api.MapGet("/ledger/{id:guid}", ReadAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("ReadLedgerEntry");
        api.MapGet("/ledger/sheet", PrintAsync).Command(Permission.VisitRecordRead).Sensitive().WithName("PrintLedger");
    }

    /// <summary>Newest first, by when it was first written: a correction keeps its place.</summary>
    private static async Task<Results<Ok<Page<LedgerRow>>, Problem>> ListAsync(
        [AsParameters] LedgerFilter filter, VisitsDb db, CurrentCaller current, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Last>(filter.After, out var last))
            return (Problem)Failures.CursorInvalid;
        ContactChannel? channel = null;
        if (filter.Channel is not null && !Channels.TryGetValue(filter.Channel, out channel))
            return Problem.Of([VisitsFailures.Choice.At("channel", string.Join(", ", Channels.Keys))]);

        var entries = Narrowed(db.LedgerVisibleTo(current.Caller, Permission.LedgerRead).Newest(db), filter);
        if (channel is not null)
            entries = entries.Where(e => e.Channel == channel);
        if (filter.StaffId is { } staff)
            entries = entries.Where(e => e.StaffIds.Contains(staff));
        if (filter.OpenOnly == true)
        {
            entries = entries.Where(e => db.Set<FollowUp>().Any(f =>
                f.SchoolId == e.SchoolId && f.EntryId == e.Id && f.ClosedAt == null));
        }

        if (last is not null)
        {
            entries = entries.Where(e => EF.Functions.LessThan(
                ValueTuple.Create(e.Id, e.StudentId), ValueTuple.Create(last.Id, last.StudentId)));
        }

        var size = Cursor.Size(filter.Size);
        var rows = await WithLoops(entries.OrderByDescending(e => e.Id).ThenByDescending(e => e.StudentId).Take(size + 1), db)
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            [.. rows.Select(row => LedgerRow.Of(row.Entry, new Loop(row.FollowUps, row.Closed)))], size,
            row => new Last(row.Id, row.StudentId)));
    }

    private static async Task<Results<Ok<LedgerEntryView>, Problem>> ReadAsync(
        Guid id, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        var rows = await WithLoops(
            db.LedgerVisibleTo(current.Caller, Permission.VisitRecordRead).Where(e => e.Id == id)
                .OrderByDescending(e => e.Version).ThenBy(e => e.StudentId), db)
            .ToListAsync(cancel);
        if (rows.Count == 0)
            return (Problem)Failures.NotFound;

        var versions = new List<LedgerVersion>();
        foreach (var row in rows.GroupBy(row => row.Entry.Version).Select(version => version.First()))
        {
            var content = await OpenAsync(row.Entry, vault, cancel);
            versions.Add(new LedgerVersion(
                LedgerRow.Of(row.Entry, new Loop(row.FollowUps, row.Closed)), content?.Line, content?.FeedbackText));
        }

        audit.About("ledger-entry", id, rows[0].Entry.DistrictId, rows[0].Entry.SchoolId);
        ETag.Set(http, versions[0].Facts.Version);
        return TypedResults.Ok(new LedgerEntryView(id, [.. rows.Select(row => row.Entry.StudentId).Distinct()], versions));
    }

    /// <summary>The ledger of a student or a class on A4 (ALL-7), in the order of the contacts.</summary>
    private static async Task<Results<LedgerSheet, Problem>> PrintAsync(
        [AsParameters] SheetFilter filter, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        if (filter.ClassId is null && filter.StudentId is null)
            return Problem.Of([Failures.List.At("classId", 1, 1)]);
        var of = new LedgerFilter(null, filter.ClassId, filter.StudentId, null, null, filter.From, filter.To, null, null, null);
        var rows = await WithLoops(
            Narrowed(db.LedgerVisibleTo(current.Caller, Permission.VisitRecordRead).Newest(db), of).Where(e => !e.Withdrawn)
                .OrderByDescending(e => e.HeldAt).ThenBy(e => e.Id).ThenBy(e => e.StudentId).Take(LedgerSheet.MostRows), db)
            .ToListAsync(cancel);
        if (rows.Count == 0)
            return (Problem)Failures.NotFound;

        await vault.FetchAsync(rows.Select(row => row.Entry.Content).OfType<byte[]>(), cancel);
        var lines = new List<LedgerSheet.Line>();
        foreach (var row in rows.AsEnumerable().Reverse())
        {
            lines.Add(new LedgerSheet.Line(
                row.Entry, new Loop(row.FollowUps, row.Closed), await OpenAsync(row.Entry, vault, cancel)));
        }

        var first = rows[0].Entry;
        audit.About("ledger", filter.StudentId ?? filter.ClassId!.Value, first.DistrictId, first.SchoolId);
        return new LedgerSheet(
            lines, current.Caller.Name, clock.GetUtcNow(), await db.ZoneAtAsync(first.DistrictId, first.SchoolId, cancel));
    }

    private static IQueryable<LedgerEntry> Narrowed(IQueryable<LedgerEntry> entries, LedgerFilter filter)
    {
        if (filter.SchoolId is { } school)
            entries = entries.Where(e => e.SchoolId == school);
        if (filter.ClassId is { } @class)
            entries = entries.Where(e => e.ClassId == @class);
        if (filter.StudentId is { } student)
            entries = entries.Where(e => e.StudentId == student);
        if (filter.From is { } from)
            entries = entries.Where(e => e.HeldOn >= from);
        if (filter.To is { } to)
            entries = entries.Where(e => e.HeldOn <= to);
        return entries;
    }

    private static IQueryable<WithLoop> WithLoops(IQueryable<LedgerEntry> entries, VisitsDb db) =>
        entries.Select(e => new WithLoop
        {
            Entry = e,
            FollowUps = db.Set<FollowUp>().Count(f => f.SchoolId == e.SchoolId && f.EntryId == e.Id),
            Closed = db.Set<FollowUp>().Count(f => f.SchoolId == e.SchoolId && f.EntryId == e.Id && f.ClosedAt != null),
        });

    private static async Task<LedgerContent?> OpenAsync(LedgerEntry entry, KeyVault vault, CancellationToken cancel)
    {
        if (entry.Content is null)
            return null;
        var place = LedgerEntry.SealedContent.Of(entry.TextId);
        return await vault.OpenAsync(entry.DistrictId, place, entry.Content, cancel) is { } content
            ? JsonSerializer.Deserialize<LedgerContent>(content, Json.Options)
            : null;
    }

    private sealed class WithLoop
    {
        public required LedgerEntry Entry { get; init; }

        public int FollowUps { get; init; }

        public int Closed { get; init; }
    }

    /// <summary>What to print: of a student or of a class.</summary>
    internal sealed record SheetFilter(Guid? ClassId, Guid? StudentId, DateOnly? From, DateOnly? To);

    private sealed record Last(Guid Id, Guid StudentId);
}
