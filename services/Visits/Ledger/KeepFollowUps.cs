using System.Text;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Contacts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Ledger;

/// <summary>What is left to do after a contact.</summary>
/// <param name="Items">1–20.</param>
public sealed record FollowUpsRequest(IReadOnlyList<NewFollowUp> Items);

/// <summary>One of them.</summary>
/// <param name="Text">What is to be done, 1–500 characters.</param>
/// <param name="OwnerId">Who does it, a staff member of the school; the caller when missing.</param>
/// <param name="DueOn">The last day; the policy's days from today when missing. A holiday moves on to the next day that is
/// none.</param>
/// <param name="StudentId">Which of the entry's students; needed when there are several.</param>
public sealed record NewFollowUp(string Text, Guid? OwnerId = null, DateOnly? DueOn = null, Guid? StudentId = null);

/// <summary>What came of a follow-up.</summary>
/// <param name="Outcome">1–1,000 characters.</param>
public sealed record OutcomeRequest(string Outcome);

/// <summary>Who does it from now on.</summary>
/// <param name="OwnerId">A staff member of the school.</param>
public sealed record OwnerRequest(Guid OwnerId);

/// <summary>Adds follow-ups to a contact, closes and reassigns them (VIS-11).</summary>
/// <remarks>
/// What changes the loop of a contact first takes a lock on it, so that of two who close the last two follow-ups, one sees that
/// the loop is closed.
/// </remarks>
internal static class KeepFollowUps
{
    private const int Most = 20;
    private const int LongestText = 500;
    private const int LongestOutcome = 1_000;
    private const int MostDays = 366;

    public static void MapFollowUps(this IEndpointRouteBuilder api)
    {
        api.MapPost("/ledger/{id:guid}/follow-ups", AddAsync).Command(Permission.LedgerWrite).WithName("AddFollowUps");
        api.MapPost("/follow-ups/{id:guid}/close", CloseAsync).Command(Permission.FollowUpDo).WithName("CloseFollowUp");
        api.MapPost("/follow-ups/{id:guid}/owner", ReassignAsync).Command(Permission.LedgerWrite).WithName("ReassignFollowUp");
    }

    private static async Task<Results<Ok<WrittenEntries>, Problem>> AddAsync(
        Guid id, FollowUpsRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        if (request.Items.Count is 0 or > Most)
            mistakes.Add(Failures.List.At("items", 1, Most));
        string[] texts =
        [
            .. request.Items.Take(Most).Select((item, i) => mistakes.Text($"items[{i}].text", item.Text, LongestText)),
        ];
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var about = await db.LedgerVisibleTo(current.Caller, Permission.LedgerWrite).Where(e => e.Id == id).Newest(db)
            .ToListAsync(cancel);
        if (about.Count == 0)
            return (Problem)Failures.NotFound;

        var (district, school) = (about[0].DistrictId, about[0].SchoolId);
        var (policy, calendar) = await RulesAsync(db, district, school, cancel);
        var today = LocalTime.Day(now, policy.TimeZone);
        var author = current.Caller.With(Permission.LedgerWrite)
            .FirstOrDefault(g => about.Exists(e => g.Reaches(e.SchoolId, e.ClassId)))?.PersonId;
        await db.CheckStaffAsync(
            "items.ownerId", school, [.. request.Items.Select(item => item.OwnerId).OfType<Guid>().Distinct()], today, mistakes,
            cancel);
        var made = new List<FollowUp>();
        foreach (var (item, i) in request.Items.Select((item, i) => (item, i)))
        {
            var entry = about.Find(e => item.StudentId == e.StudentId || (item.StudentId is null && about.Count == 1));
            var owner = item.OwnerId ?? author;
            if (entry is null)
                mistakes.Add(LedgerFailures.WhichStudent.At($"items[{i}].studentId"));
            if (owner is null)
                mistakes.Add(VisitsFailures.NotStaff.At($"items[{i}].ownerId"));
            if (item.DueOn is { } day && (day < today || day > today.AddDays(MostDays)))
                mistakes.Add(LedgerFailures.DayPassed.At($"items[{i}].dueOn"));
            if (mistakes.Refusal is not null)
                continue;

            var followUp = Guid.CreateVersion7(now);
            if (await vault.SealAsync(
                new Subject(district, school, entry!.StudentId), FollowUp.SealedText.Of(followUp),
                Encoding.UTF8.GetBytes(texts[i]), cancel) is not { } text)
                return (Problem)Failures.Erased;
            made.Add(new FollowUp
            {
                SchoolId = school,
                Id = followUp,
                DistrictId = district,
                EntryId = id,
                StudentId = entry.StudentId,
                ClassId = entry.ClassId,
                DueOn = item.DueOn is { } wished
                    ? calendar.After(wished.AddDays(-1), 1)
                    : calendar.After(today, policy.Ledger.FollowUpDays),
                Text = text,
                AuthorId = author,
                CreatedAt = now,
            }.OwnedBy(owner!.Value));
        }

        if (mistakes.Refusal is { } wrong)
            return wrong;
        await LeaveAsync(db, made, now, cancel);
        audit.About("ledger-entry", id, district, school);
        return TypedResults.Ok(new WrittenEntries([.. made.Select(followUp => followUp.Id)]));
    }

    private static async Task<Results<NoContent, Problem>> CloseAsync(
        Guid id, OutcomeRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var outcome = mistakes.Text("outcome", request.Outcome, LongestOutcome);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var found = db.FollowUpsVisibleTo(current.Caller, Permission.FollowUpDo).Where(f => f.Id == id);
        if (await found.Select(f => new { f.DistrictId, f.SchoolId, f.EntryId }).SingleOrDefaultAsync(cancel) is not { } of)
            return (Problem)Failures.NotFound;
        var change = await ChangeAsync(db, of.DistrictId, of.SchoolId, of.EntryId, cancel);
        var followUp = await found.SingleAsync(cancel);
        if (ETag.Mismatch(http, followUp.Version) is { } stale)
            return (Problem)stale;
        if (await vault.SealAsync(
            new Subject(followUp.DistrictId, followUp.SchoolId, followUp.StudentId), FollowUp.SealedOutcome.Of(id),
            Encoding.UTF8.GetBytes(outcome), cancel) is not { } sealedOutcome)
            return (Problem)Failures.Erased;
        var by = current.Caller.With(Permission.FollowUpDo).FirstOrDefault(g => g.SchoolId == followUp.SchoolId)?.PersonId;
        if (!followUp.Close(sealedOutcome, by, now))
            return (Problem)LedgerFailures.AlreadyClosed;

        var loop = await LoopAsync(db, followUp.SchoolId, of.EntryId, cancel);
        db.Publish(new LoopChanged(of.DistrictId, of.SchoolId, of.EntryId, change, now, loop.FollowUps, loop.Closed + 1));
        audit.About("follow-up", id, followUp.DistrictId, followUp.SchoolId);
        ETag.Set(http, followUp.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> ReassignAsync(
        Guid id, OwnerRequest request, VisitsDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (await db.FollowUpsVisibleTo(current.Caller, Permission.LedgerWrite).SingleOrDefaultAsync(f => f.Id == id, cancel)
            is not { } followUp)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, followUp.Version) is { } stale)
            return (Problem)stale;
        var (policy, _) = await RulesAsync(db, followUp.DistrictId, followUp.SchoolId, cancel);
        var mistakes = new Mistakes();
        await db.CheckStaffAsync(
            "ownerId", followUp.SchoolId, [request.OwnerId], LocalTime.Day(clock.GetUtcNow(), policy.TimeZone), mistakes, cancel);
        if (mistakes.Refusal is { } wrong)
            return wrong;
        if (!followUp.Reassign(request.OwnerId))
            return (Problem)LedgerFailures.AlreadyClosed;
        audit.About("follow-up", id, followUp.DistrictId, followUp.SchoolId);
        ETag.Set(http, followUp.Version);
        return TypedResults.NoContent();
    }

    private static async Task<(VisitPolicy Policy, SchoolCalendar Calendar)> RulesAsync(
        VisitsDb db, Guid district, Guid school, CancellationToken cancel)
    {
        var policies = await db.Policies.AsNoTracking()
            .Where(p => p.NodeId == school || p.NodeId == district).ToListAsync(cancel);
        var calendars = await db.Calendars.AsNoTracking()
            .Where(c => c.NodeId == school || c.NodeId == district).ToListAsync(cancel);
        return (Policy.InForce(district, school, policies), CalendarOfNode.InForce(district, school, calendars));
    }

    /// <summary>Leaves follow-ups of one contact, whose loop is open from then on.</summary>
    internal static async Task LeaveAsync(
        VisitsDb db, IReadOnlyList<FollowUp> made, DateTimeOffset now, CancellationToken cancel)
    {
        var first = made[0];
        var change = await ChangeAsync(db, first.DistrictId, first.SchoolId, first.EntryId, cancel);
        var loop = await LoopAsync(db, first.SchoolId, first.EntryId, cancel);
        db.AddRange(made);
        db.Publish(new LoopChanged(
            first.DistrictId, first.SchoolId, first.EntryId, change, now, loop.FollowUps + made.Count, loop.Closed));
    }

    // Others who change the same loop wait until this transaction ends, and count on.
    private static async Task<long> ChangeAsync(VisitsDb db, Guid district, Guid school, Guid entry, CancellationToken cancel) =>
        (await db.Database.SqlQuery<long>(
            $"""
            INSERT INTO follow_up_loop (school_id, entry_id, district_id, version) VALUES ({school}, {entry}, {district}, 1)
            ON CONFLICT (school_id, entry_id) DO UPDATE SET version = follow_up_loop.version + 1
            RETURNING version AS "Value"
            """).ToListAsync(cancel))[0];

    private static async Task<Loop> LoopAsync(VisitsDb db, Guid school, Guid entry, CancellationToken cancel)
    {
        var closed = await db.Set<FollowUp>().Where(f => f.SchoolId == school && f.EntryId == entry)
            .Select(f => f.ClosedAt != null).ToListAsync(cancel);
        return new Loop(closed.Count, closed.Count(done => done));
    }
}
