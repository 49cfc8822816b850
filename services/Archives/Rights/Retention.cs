using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.Archives.Rights;

/// <summary>What happens to a kind of data some time after a child has left (ALL-5).</summary>
public enum RetentionEnd
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>It is listed, for the archive (档案馆) or whoever takes it over; people do that, and erase then.</summary>
    HandOver,

    /// <summary>It is erased by itself.</summary>
    Erase,
}

/// <summary>The period of one kind of data.</summary>
/// <param name="Kind">The kind; what no line names is kept.</param>
/// <param name="Years">Whole years after the last day on a roll, 0–100.</param>
/// <param name="End">What happens then.</param>
public sealed record RetentionRule(DataKind Kind, int Years, RetentionEnd End);

/// <summary>
/// The periods of a district (ALL-5); a member that is left out has its default. The defaults are for the district's lawyer to read:
/// 内部资料 goes first, the register stays.
/// </summary>
public sealed record RetentionSettings
{
    /// <summary>One line for each kind at most.</summary>
    public IReadOnlyList<RetentionRule> Rules { get; init; } =
    [
        new(DataKind.Sensitive, 1, RetentionEnd.Erase),
        new(DataKind.Surveys, 1, RetentionEnd.Erase),
        new(DataKind.Messages, 1, RetentionEnd.Erase),
        new(DataKind.Family, 1, RetentionEnd.Erase),
        new(DataKind.Support, 1, RetentionEnd.Erase),
        new(DataKind.Files, 1, RetentionEnd.Erase),
        new(DataKind.Activities, 1, RetentionEnd.Erase),
        new(DataKind.Visits, 3, RetentionEnd.Erase),
        new(DataKind.ReadLog, 3, RetentionEnd.Erase),
        new(DataKind.Basics, 3, RetentionEnd.HandOver),
        new(DataKind.Accounts, 0, RetentionEnd.Keep),
        new(DataKind.Requests, 0, RetentionEnd.Keep),
        new(DataKind.Figures, 0, RetentionEnd.Keep),
    ];
}

/// <summary>What a district has decided, and how far the work by it has come.</summary>
public sealed class RetentionPolicy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says; replaced as a whole.</summary>
    public RetentionSettings Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>The day on which a district's periods were looked at.</summary>
public sealed class RetentionTurn
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The last day that is done.</summary>
    public DateOnly DoneOn { get; init; }
}

/// <summary>A child of whom something is due.</summary>
/// <param name="StudentId">The child.</param>
/// <param name="SchoolId">The last school.</param>
/// <param name="LeftOn">The last day on its roll.</param>
/// <param name="Erase">Kinds that are erased by themselves.</param>
/// <param name="HandOver">Kinds that somebody has to hand over.</param>
public sealed record RetentionDue(
    Guid StudentId, Guid SchoolId, DateOnly LeftOn, IReadOnlyList<DataKind> Erase, IReadOnlyList<DataKind> HandOver);

/// <summary>Periods of retention: the policy, and what is due by it (ALL-5).</summary>
internal static class Retention
{
    public static void MapRetention(this IEndpointRouteBuilder api)
    {
        var retention = api.MapGroup("/districts/{districtId:guid}/retention");
        retention.MapGet("/policy", ReadPolicyAsync).WithName("ReadRetentionPolicy")
            .WithSummary("The periods by kind of data; the ETag is 0 while the defaults hold.").Query(Permission.PersonalDataDecide);
        retention.MapPut("/policy", ChangePolicyAsync).WithName("ChangeRetentionPolicy")
            .WithSummary("Replaces the periods as a whole.").Command(Permission.PolicyChange);
        retention.MapGet("/due", ListAsync).WithName("ListRetentionDue")
            .WithSummary("Of whom what is due: a look ahead, which changes nothing; on=… shows another day.")
            .Query(Permission.PersonalDataDecide).SeesRestricted();
    }

    /// <summary>The children who have left, of whom something is due on a day, in the order of their ids: those on hold, or the others.
    /// </summary>
    public static async Task<List<RetentionDue>> DueAsync(
        this ArchivesDb db, Guid district, RetentionSettings settings, DateOnly day, bool held, Guid? after, int most,
        CancellationToken cancel)
    {
        var rules = settings.Rules.Where(rule => rule.End != RetentionEnd.Keep).ToArray();
        string[] kinds = [.. rules.Select(rule => rule.Kind.ToString())];
        int[] years = [.. rules.Select(rule => rule.Years)];
        // What was erased once, is under way or kept for a while yet, is due no more.
        var rows = await db.Database.SqlQuery<DueRow>(
            $"""
            SELECT l.student_id AS "StudentId", l.school_id AS "SchoolId", l.left_on AS "LeftOn", array_agg(r.kind) AS "Kinds"
            FROM (
                SELECT student_id, max(ends_on) AS left_on, (array_agg(school_id ORDER BY ends_on DESC))[1] AS school_id
                FROM enrolment WHERE district_id = {district} AND student_id > {after ?? Guid.Empty}
                GROUP BY student_id HAVING bool_and(ends_on IS NOT NULL) AND max(ends_on) < {day}) l
            JOIN unnest({kinds}, {years}) AS r (kind, years) ON l.left_on + make_interval(years => r.years) < {day}
            WHERE NOT EXISTS (
                    SELECT FROM personal_data_request p WHERE p.district_id = {district} AND p.student_id = l.student_id
                        AND p.matter = 'Erasure' AND (p.kinds IS NULL OR r.kind = ANY (p.kinds))
                        AND ((p.asked_at > l.left_on AND p.state IN ('Asked', 'Running', 'Erased'))
                            OR (p.state = 'Restricted' AND ((p.asked_at > l.left_on AND {held}) OR p.kept_until >= {day}))))
                AND {held} = EXISTS (
                    SELECT FROM legal_hold h
                    WHERE h.district_id = {district} AND h.student_id = l.student_id AND h.lifted_at IS NULL)
            GROUP BY l.student_id, l.school_id, l.left_on ORDER BY l.student_id LIMIT {most}
            """).ToListAsync(cancel);
        return rows.ConvertAll(row => new RetentionDue(
            row.StudentId, row.SchoolId, row.LeftOn, Of(row, RetentionEnd.Erase), Of(row, RetentionEnd.HandOver)));

        DataKind[] Of(DueRow row, RetentionEnd end) =>
            [.. rules.Where(rule => rule.End == end && row.Kinds.Contains(rule.Kind.ToString(), StringComparer.Ordinal)).Select(rule => rule.Kind)];
    }

    /// <summary>The district's periods, or the defaults.</summary>
    public static async Task<RetentionSettings> RetentionSettingsAsync(this ArchivesDb db, Guid district, CancellationToken cancel) =>
        (await db.Set<RetentionPolicy>().AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel))?.Settings
            ?? new RetentionSettings();

    private static async Task<Results<Ok<RetentionSettings>, Problem>> ReadPolicyAsync(
        Guid districtId, ArchivesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.DecidesFor(districtId))
            return (Problem)Failures.NotFound;
        var policy = await db.Set<RetentionPolicy>().AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new RetentionSettings());
    }

    private static async Task<Results<NoContent, Problem>> ChangePolicyAsync(
        Guid districtId, RetentionSettings settings, ArchivesDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.PolicyChange).Any(grant => grant.DistrictId == districtId && grant.SchoolId is null))
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        var kinds = Enum.GetValues<DataKind>().Length;
        if (settings.Rules.DistinctBy(rule => rule.Kind).Count() != settings.Rules.Count)
            mistakes.Add(Failures.List.At("rules", 0, kinds));
        for (var i = 0; i < settings.Rules.Count && i < kinds; i++)
            mistakes.Range($"rules[{i}].years", settings.Rules[i].Years, 0, 100);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var policy = await db.Set<RetentionPolicy>().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        policy ??= db.Add(new RetentionPolicy { DistrictId = districtId }).Entity;
        policy.Settings = settings;
        policy.Version++;
        audit.About("retention-policy", districtId, districtId, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<RetentionDue>>, Problem>> ListAsync(
        Guid districtId, DateOnly? on, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (!current.Caller.DecidesFor(districtId))
            return (Problem)Failures.NotFound;
        var take = Cursor.Size(size);
        var settings = await db.RetentionSettingsAsync(districtId, cancel);
        var due = await db.DueAsync(districtId, settings, on ?? LocalDay.Today(clock), held: false, last, take + 1, cancel);
        return TypedResults.Ok(Page.From(due, take, row => row.StudentId));
    }

    private sealed record DueRow(Guid StudentId, Guid SchoolId, DateOnly LeftOn, string[] Kinds);
}

/// <summary>
/// Each district once a day: erases what is due (ALL-5), by the same requests as a guardian's, which say afterwards what was done; what a
/// hold keeps is restricted instead (ARC-10). When what kept it ends, it is erased at the next turn. Of several replicas one at a time works at a
/// district.
/// </summary>
public sealed class EndRetention(
    NpgsqlDataSource database, IServiceScopeFactory scopes, ServiceDefaults.Messaging.RelaySignal relay, TimeProvider clock,
    IOptions<PersonalDataServices> services, AuditKey auditKey, ILogger<EndRetention> logger)
    : Recurring(TimeSpan.FromSeconds(10), logger)
{
    // Children in one transaction; the rest is for the next turn.
    private const int Most = 200;

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        var failures = new List<Exception>();
        foreach (var district in await database.DistrictsAsync(cancel, "district_roster"))
        {
            try
            {
                await TurnAsync(district, cancel);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                failures.Add(e); // one district's trouble is not the others'
            }
        }

        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    private async Task TurnAsync(Guid district, CancellationToken cancel)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentTenancy>().Scope = TenantScope.Of([district]);
        var db = scope.ServiceProvider.GetRequiredService<ArchivesDb>();
        var now = clock.GetUtcNow();
        var today = LocalDay.Of(now);
        var isNewDay = !await db.Set<RetentionTurn>().AnyAsync(t => t.DistrictId == district && t.DoneOn >= today, cancel);
        if (!isNewDay && !await db.Set<PersonalDataRequest>().AnyAsync(
            r => r.DistrictId == district && r.State == RequestState.Restricted, cancel))
        {
            return;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        if (!(await db.Database.SqlQuery<bool>(
            $"SELECT pg_try_advisory_xact_lock(hashtextextended('archives.retention/' || {district}::text, 0)) AS \"Value\"")
            .ToListAsync(cancel))[0])
        {
            return;
        }

        var settings = await db.PersonalDataSettingsAsync(district, cancel);
        await EndRestrictionsAsync(db, district, settings, isNewDay, now, cancel);
        // Behind it: what was started now is due no more.
        await db.SaveChangesAsync(cancel);
        if (isNewDay && await EraseAsync(db, district, settings, now, cancel))
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO retention_turn (district_id, done_on) VALUES ({district}, {today})
                ON CONFLICT (district_id) DO UPDATE SET done_on = excluded.done_on
                """, cancel);
        }

        await db.SaveChangesAsync(cancel);
        await transaction.CommitAsync(cancel);
        relay.Wake();
    }

    // Erases what nothing keeps any more, and lets go of what is needed again.
    private async Task EndRestrictionsAsync(
        ArchivesDb db, Guid district, PersonalDataSettings settings, bool isNewDay, DateTimeOffset now, CancellationToken cancel)
    {
        var today = LocalDay.Of(now);
        await db.TakeTurnsAsync(
            await db.Set<PersonalDataRequest>().Where(r => r.DistrictId == district && r.State == RequestState.Restricted)
                .Select(r => r.StudentId).ToArrayAsync(cancel),
            cancel);
        var restricted = await db.Set<PersonalDataRequest>()
            .Where(r => r.DistrictId == district && r.State == RequestState.Restricted)
            .Select(r => new
            {
                Request = r,
                Held = db.Set<LegalHold>().Any(
                    h => h.DistrictId == district && h.StudentId == r.StudentId && h.LiftedAt == null),
                OnRoll = db.Set<Enrolment>().Any(e => e.DistrictId == district && e.StudentId == r.StudentId
                    && (e.EndsOn == null || (e.EndsOn >= today && e.EndsOn >= e.StartsOn))),
            })
            .ToListAsync(cancel);
        var running = (await db.Set<PersonalDataRequest>()
            .Where(r => r.DistrictId == district && r.Matter == PersonalDataMatter.Erasure && r.GuardianId != null
                && (r.State == RequestState.Asked || r.State == RequestState.Running))
            .Select(r => new { r.StudentId, r.GuardianId }).ToListAsync(cancel))
            .Select(r => (r.StudentId, r.GuardianId)).ToHashSet();
        foreach (var row in restricted)
        {
            var request = row.Request;
            // A child on the roll has a file; and that a period of retention was over, is no longer so.
            if (row.OnRoll && (request.GuardianId is null || request.IsOfDailyWork))
            {
                db.Publish(request.Release(now));
                Note("ReleasePersonalData", request);
            }
            else if (!row.Held && !(request.KeptUntil >= today))
            {
                // What another request keeps until its day is kept.
                if (restricted.Exists(other => other.Request.Id != request.Id && other.Request.StudentId == request.StudentId
                    && other.Request.KeptUntil >= today && other.Request.Overlaps(request)))
                    continue;
                // One erasure for one guardian at a time: the next is started when this one has ended.
                if (!running.Add(request.GuardianId is null ? (request.Id, null) : (request.StudentId, request.GuardianId)))
                    continue;
                db.Start(request, null, settings, services.Value, now);
                Note("ErasePersonalData", request);
            }
            else if (isNewDay)
            {
                // A service that has joined since, or a district that has moved here, does not know it yet.
                db.Publish(request.Restriction(now));
            }
        }

        void Note(string action, PersonalDataRequest request) => db.Add(Entry(action, request, now));
    }

    // Returns whether that was all.
    private async Task<bool> EraseAsync(
        ArchivesDb db, Guid district, PersonalDataSettings settings, DateTimeOffset now, CancellationToken cancel)
    {
        var today = LocalDay.Of(now);
        var periods = await db.RetentionSettingsAsync(district, cancel);
        var erasing = periods with { Rules = [.. periods.Rules.Where(rule => rule.End == RetentionEnd.Erase)] };
        // Found, then locked, then found again: a hold may have been set in between.
        var found = await db.DueAsync(district, erasing, today, held: false, null, Most, cancel);
        await db.TakeTurnsAsync([.. found.Select(child => child.StudentId)], cancel);
        var free = found.Count == 0 ? found : (await db.DueAsync(district, erasing, today, held: false, null, Most, cancel))
            .FindAll(child => found.Exists(earlier => earlier.StudentId == child.StudentId));
        foreach (var child in free)
        {
            var request = Add(child);
            db.Start(request, null, settings, services.Value, now);
            db.Add(Entry("ErasePersonalData", request, now));
        }

        var held = await db.DueAsync(district, erasing, today, held: true, null, Most, cancel);
        foreach (var child in held)
        {
            var request = Add(child);
            await db.RestrictAsync(request, null, new PersonalDataDecision(true), now, cancel);
            db.Add(Entry("RestrictPersonalData", request, now));
        }

        return found.Count < Most && held.Count < Most;

        PersonalDataRequest Add(RetentionDue child) => db.Add(new PersonalDataRequest
        {
            DistrictId = district,
            Id = Guid.CreateVersion7(now),
            SchoolId = child.SchoolId,
            StudentId = child.StudentId,
            Matter = PersonalDataMatter.Erasure,
            // With every kind due nothing is to be stored again, and the key goes.
            Kinds = child.Erase.Count == Enum.GetValues<DataKind>().Length ? null : [.. child.Erase],
            AskedAt = now,
            DueOn = today.AddDays(settings.DeadlineDays),
        }).Entity;
    }

    private AuditEntry Entry(string action, PersonalDataRequest request, DateTimeOffset now) => AuditEntry.ByItself(
        auditKey, now, action, request.DistrictId, request.SchoolId, "personal-data-request", request.Id,
        request.Kinds is { } kinds ? string.Join(',', kinds) : "all");
}
