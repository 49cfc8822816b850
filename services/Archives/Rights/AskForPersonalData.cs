using System.Text;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Files;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HomeSchool.Archives.Rights;

/// <summary>Configuration, section <c>PersonalData</c>.</summary>
public sealed class PersonalDataServices
{
    /// <summary>The services that must answer, separated by blanks; one that is added later joins by its name here.</summary>
    public string Services { get; set; } = "activities archives identity insights messages surveys visits";

    internal IEnumerable<string> Expected => Services.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A request for a child's data.</summary>
/// <param name="Matter">Copy or erasure.</param>
/// <param name="Kinds">What is to be erased, each once; left out for all. A copy has everything.</param>
/// <param name="GuardianId">On paper: which guardian asks.</param>
public sealed record PersonalDataAsk(PersonalDataMatter Matter, IReadOnlyList<DataKind>? Kinds = null, Guid? GuardianId = null);

/// <summary>What was decided.</summary>
/// <param name="Granted">Whether it is done. While a hold is in force, it is restricted, and done when the hold ends.</param>
/// <param name="Reason">Why not. What the law keeps (<see cref="RefusalReason.KeptByLaw"/>) is restricted, unless it is the file of a
/// child on the roll.</param>
/// <param name="KeptUntil">The last day for which the law keeps it, after today and within 100 years: then it is erased. Needed
/// where it is restricted, unless a hold is in force: then nobody can know the day, and it is erased when that is
/// lifted.</param>
public sealed record PersonalDataDecision(bool Granted, RefusalReason? Reason = null, DateOnly? KeptUntil = null);

/// <summary>A request as it stands.</summary>
/// <param name="Id">The request.</param>
/// <param name="StudentId">The child.</param>
/// <param name="GuardianId">The guardian who asks; <see langword="null"/> for retention.</param>
/// <param name="Matter">Copy or erasure.</param>
/// <param name="Kinds">What is to be erased; <see langword="null"/> for all.</param>
/// <param name="OnPaper">Whether it came on paper.</param>
/// <param name="AskedAt">When.</param>
/// <param name="DueOn">The last day for it.</param>
/// <param name="Overdue">Whether that day, or the hour by which services answer, has passed.</param>
/// <param name="State">How far it has come.</param>
/// <param name="DecidedAt">When it was granted or refused.</param>
/// <param name="Refusal">Why it was refused.</param>
/// <param name="RefusalText">The same in words.</param>
/// <param name="EndedAt">When the last service had answered.</param>
/// <param name="ExpiresAt">When the copy goes.</param>
/// <param name="KeyDestroyed">Whether the key of the child's texts is destroyed.</param>
/// <param name="Services">What each service did.</param>
public sealed record PersonalDataBody(
    Guid Id, Guid StudentId, Guid? GuardianId, PersonalDataMatter Matter, IReadOnlyList<DataKind>? Kinds, bool OnPaper,
    DateTimeOffset AskedAt, DateOnly DueOn, bool Overdue, RequestState State, DateTimeOffset? DecidedAt, RefusalReason? Refusal,
    string? RefusalText, DateTimeOffset? EndedAt, DateTimeOffset? ExpiresAt, bool KeyDestroyed,
    IReadOnlyList<PersonalDataService> Services);

/// <summary>What a service did for a request.</summary>
/// <param name="Service">The service.</param>
/// <param name="AnsweredAt">When it answered.</param>
/// <param name="Overdue">Whether it should have answered.</param>
/// <param name="Tables">What there was.</param>
/// <param name="Kept">What stays.</param>
public sealed record PersonalDataService(
    string Service, DateTimeOffset? AnsweredAt, bool Overdue, IReadOnlyList<PersonalDataCount> Tables,
    IReadOnlyList<PersonalDataKept> Kept);

/// <summary>Why a child's data is to stay as it is.</summary>
/// <param name="Reason">Why, 1–1,000 characters.</param>
public sealed record HoldRequest(string Reason);

/// <summary>A hold.</summary>
/// <param name="Id">The hold.</param>
/// <param name="StudentId">The child.</param>
/// <param name="Reason">Why.</param>
/// <param name="SetAt">When it was set.</param>
public sealed record HoldBody(Guid Id, Guid StudentId, string? Reason, DateTimeOffset SetAt);

/// <summary>
/// A guardian, or the school for him on paper, asks for a copy of a child's data or its erasure (ARC-10); a copy is granted by itself.
/// </summary>
internal static class AskForPersonalData
{
    private const int LongestReason = 1_000;

    // What the law keeps for good, such as the roll, is looked at again by then.
    private const int MostYears = 100;

    public static void MapPersonalData(this IEndpointRouteBuilder api)
    {
        var district = api.MapGroup("/districts/{districtId:guid}");
        district.MapPost("/students/{studentId:guid}/personal-data-requests", AskAsync).WithName("AskForPersonalData")
            .WithSummary("Asks for a copy of the child's data, or its erasure.").Command(Permission.PersonalDataAsk);
        district.MapGet("/students/{studentId:guid}/personal-data-requests", ListOwnAsync).WithName("ListChildsPersonalDataRequests")
            .WithSummary("The requests about a child; a guardian's own.").Query(Permission.PersonalDataAsk);
        district.MapGet("/personal-data-requests", ListAsync).WithName("ListPersonalDataRequests")
            .WithSummary("Requests, the newest first; with overdue=true those that are late, with the services that owe an answer.")
            .Query(Permission.PersonalDataDecide);
        district.MapGet("/personal-data-requests/{id:guid}", ReadAsync).WithName("ReadPersonalDataRequest")
            .WithSummary("A request, and what each service did for it.").Query(Permission.PersonalDataAsk);
        district.MapPost("/personal-data-requests/{id:guid}/decision", DecideAsync).WithName("DecidePersonalDataRequest")
            .WithSummary("Grants an erasure, or refuses it with a reason; what law or a hold keeps is restricted.")
            .Command(Permission.PersonalDataDecide).SeesRestricted();
        district.MapGet("/personal-data-requests/{id:guid}/copy", FetchAsync).WithName("FetchPersonalDataCopy")
            .WithSummary("The copy, as a zip: JSON of each service, the family's files, and a page to read; for the account that asked.")
            .Command(Permission.PersonalDataAsk).Sensitive();
        district.MapGet("/personal-data-requests/{id:guid}/certificate", CertifyAsync).WithName("PrintErasureCertificate")
            .WithSummary("What was erased and what stays, to be printed and sealed.").Query(Permission.PersonalDataAsk);

        district.MapPost("/students/{studentId:guid}/legal-hold", HoldAsync).WithName("SetLegalHold")
            .WithSummary("Nothing about the child is erased from now on.").Command(Permission.PersonalDataDecide).SeesRestricted();
        district.MapDelete("/students/{studentId:guid}/legal-hold", LiftAsync).WithName("LiftLegalHold")
            .WithSummary("Lifts the hold.").Command(Permission.PersonalDataDecide);
        district.MapGet("/legal-holds", ListHoldsAsync).WithName("ListLegalHolds")
            .WithSummary("Holds that are in force.").Command(Permission.PersonalDataDecide).Sensitive();

        district.MapGet("/personal-data-policy", ReadPolicyAsync).WithName("ReadPersonalDataPolicy")
            .WithSummary("Deadlines, and what a guardian's copy has; the ETag is 0 while the defaults hold.")
            .Query(Permission.PersonalDataDecide);
        district.MapPut("/personal-data-policy", ChangePolicyAsync).WithName("ChangePersonalDataPolicy")
            .WithSummary("Replaces the policy as a whole.").Command(Permission.PolicyChange);
    }

    private static async Task<Results<Created<Made>, Problem>> AskAsync(
        Guid districtId, Guid studentId, PersonalDataAsk ask, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, IOptions<PersonalDataServices> services, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.ReachAsync(caller, Permission.PersonalDataAsk, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        if (ask is { Matter: PersonalDataMatter.Copy, Kinds: not null })
            mistakes.Add(RightsFailures.CopyOfAll.At("kinds"));
        if (ask.Kinds is { } kinds && (kinds.Count == 0 || kinds.Distinct().Count() != kinds.Count))
            mistakes.Add(Failures.List.At("kinds", 1, Enum.GetValues<DataKind>().Length));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var own = caller.With(Permission.PersonalDataAsk).FirstOrDefault(grant => grant.StudentId == studentId)?.PersonId;
        var guardian = own ?? ask.GuardianId;
        if (!await db.IsGuardianAsync(at, guardian, cancel))
            return (Problem)RightsFailures.GuardianOnly;

        var settings = await db.PersonalDataSettingsAsync(districtId, cancel);
        var request = new PersonalDataRequest
        {
            DistrictId = districtId,
            Id = Guid.CreateVersion7(now),
            SchoolId = at.SchoolId,
            StudentId = studentId,
            GuardianId = guardian,
            Matter = ask.Matter,
            Kinds = ask.Kinds?.ToArray(),
            AccountId = caller.AccountId,
            OnPaper = own is null,
            AskedAt = now,
            DueOn = LocalDay.Of(now).AddDays(settings.DeadlineDays),
            CopyDays = settings.CopyDays,
        };
        db.Add(request);
        if (ask.Matter == PersonalDataMatter.Copy)
            db.Start(request, null, settings, services.Value, now);
        audit.About("personal-data-request", request.Id, districtId, at.SchoolId);
        return TypedResults.Created(
            $"/api/archives/districts/{districtId}/personal-data-requests/{request.Id}", new Made(request.Id));
    }

    private static async Task<Results<Ok<Page<PersonalDataBody>>, Problem>> ListOwnAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.ReachAsync(caller, Permission.PersonalDataAsk, districtId, studentId, LocalDay.Of(now), cancel) is null)
            return (Problem)Failures.NotFound;
        var requests = db.Visible(caller, districtId).Where(r => r.StudentId == studentId && (last == null || r.Id < last));
        return TypedResults.Ok(await db.PageAsync(requests, Cursor.Size(size), now, Language.IsChinese(http), cancel));
    }

    private static async Task<Results<Ok<Page<PersonalDataBody>>, Problem>> ListAsync(
        Guid districtId, bool? overdue, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.PersonalDataDecide).Where(grant => grant.DistrictId == districtId).ToArray();
        if (grants.Length == 0)
            return (Problem)Failures.NotFound;
        var whole = grants.Any(grant => grant.SchoolId is null);
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var now = clock.GetUtcNow();
        var today = LocalDay.Of(now);
        var requests = db.Set<PersonalDataRequest>().AsNoTracking()
            .Where(r => r.DistrictId == districtId && (whole || schools.Contains(r.SchoolId)) && (last == null || r.Id < last));
        if (overdue == true)
        {
            requests = requests.Where(r =>
                ((r.State == RequestState.Asked || r.State == RequestState.Running) && r.DueOn < today)
                || (r.State == RequestState.Running && r.AnswersDueAt < now));
        }

        return TypedResults.Ok(await db.PageAsync(requests, Cursor.Size(size), now, Language.IsChinese(http), cancel));
    }

    private static async Task<Results<Ok<PersonalDataBody>, Problem>> ReadAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var found = await db.PageAsync(
            db.Visible(current.Caller, districtId).Where(r => r.Id == id), 1, clock.GetUtcNow(), Language.IsChinese(http), cancel);
        return found.Items.Count == 0 ? (Problem)Failures.NotFound : TypedResults.Ok(found.Items[0]);
    }

    private static async Task<Results<NoContent, Problem>> DecideAsync(
        Guid districtId, Guid id, PersonalDataDecision decision, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, IOptions<PersonalDataServices> services, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        // The district decides: one school must not erase what another one keeps, nor see whether there is another one.
        if (!caller.DecidesFor(districtId) || await db.Set<PersonalDataRequest>()
            .SingleOrDefaultAsync(r => r.DistrictId == districtId && r.Id == id, cancel) is not { } request)
        {
            return (Problem)Failures.NotFound;
        }

        var (mistakes, today) = (new Mistakes(), LocalDay.Of(now));
        if (decision.Granted == decision.Reason is not null)
            mistakes.Add(RightsFailures.ReasonNeeded.At("reason"));
        if (decision.KeptUntil is { } until
            && (decision.Reason != RefusalReason.KeptByLaw || until <= today || until > today.AddYears(MostYears)))
            mistakes.Add(RightsFailures.KeptUntil.At("keptUntil"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        audit.About("personal-data-request", id, districtId, request.SchoolId, decision.Reason?.ToString());
        await db.TakeTurnsAsync([request.StudentId], cancel);
        var inUse = await db.IsInUseAsync(request, today, cancel);
        var held = await db.IsHeldAsync(districtId, request.StudentId, cancel);
        Failure? refused;
        if (decision.Granted && inUse)
            refused = RightsFailures.StillOnRoll;
        else if (decision.Reason is { } reason && (reason != RefusalReason.KeptByLaw || inUse))
            refused = request.Refuse(caller.AccountId, reason, now);
        else if ((decision.Reason is not null || held) && await db.IsWorkedWithAsync(request, today, cancel))
            refused = request.Refuse(caller.AccountId, RefusalReason.KeptByLaw, now);
        else if (decision is { Reason: not null, KeptUntil: null } && !held)
            return Problem.Of([RightsFailures.KeptUntilNeeded.At("keptUntil")]);
        else if (decision.Reason is not null || held)
            refused = await db.RestrictAsync(request, caller.AccountId, decision, now, cancel);
        else
            refused = db.Start(request, caller.AccountId, await db.PersonalDataSettingsAsync(districtId, cancel), services.Value, now);
        return refused is null ? TypedResults.NoContent() : (Problem)refused;
    }

    private static async Task<Results<PersonalDataCopy, Problem>> FetchAsync(
        Guid districtId, Guid id, ArchivesDb db, KeyVault vault, FileVault files, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var request = await db.Visible(current.Caller, districtId)
            .SingleOrDefaultAsync(r => r.Id == id && r.Matter == PersonalDataMatter.Copy, cancel);
        // Who may see the request need not have what it brought.
        if (request is null || request.AccountId != current.Caller.AccountId)
            return (Problem)Failures.NotFound;
        if (request.State == RequestState.Expired || request.ExpiresAt <= clock.GetUtcNow())
            return (Problem)RightsFailures.CopyExpired;
        if (request.State != RequestState.Ready)
            return (Problem)RightsFailures.NotReady;
        var replies = await db.Set<PersonalDataReply>().AsNoTracking()
            .Where(r => r.DistrictId == districtId && r.RequestId == id).OrderBy(r => r.Service).ToListAsync(cancel);
        audit.About("personal-data-copy", id, districtId, request.SchoolId);
        var settings = await db.PersonalDataSettingsAsync(districtId, cancel);
        return new PersonalDataCopy(request, replies, settings.CopyFileMegabytes * 1024L * 1024, db, vault, files);
    }

    private static async Task<Results<ErasureCertificate, Problem>> CertifyAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, CancellationToken cancel)
    {
        var request = await db.Visible(current.Caller, districtId)
            .SingleOrDefaultAsync(r => r.Id == id && r.Matter == PersonalDataMatter.Erasure, cancel);
        if (request is null)
            return (Problem)Failures.NotFound;
        if (request.State != RequestState.Erased)
            return (Problem)RightsFailures.NotErased;
        var replies = await db.Set<PersonalDataReply>().AsNoTracking()
            .Where(r => r.DistrictId == districtId && r.RequestId == id).OrderBy(r => r.Service).ToListAsync(cancel);
        return new ErasureCertificate(request, replies);
    }

    private static async Task<Results<Created<Made>, Problem>> HoldAsync(
        Guid districtId, Guid studentId, HoldRequest hold, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var reason = mistakes.Text("reason", hold.Reason, LongestReason);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (!current.Caller.DecidesFor(districtId)
            || !await db.Set<Student>().AnyAsync(s => s.DistrictId == districtId && s.Id == studentId, cancel))
        {
            return (Problem)Failures.NotFound;
        }

        // Erasing and holding take turns: after a hold was set, nothing begins to be erased; while something is, none can be.
        await db.TakeTurnsAsync([studentId], cancel);
        if (await db.Set<PersonalDataRequest>().AnyAsync(
            r => r.DistrictId == districtId && r.StudentId == studentId && r.Matter == PersonalDataMatter.Erasure
                && r.State == RequestState.Running, cancel))
        {
            return (Problem)RightsFailures.BeingErased;
        }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        if (await vault.SealAsync(
            new Subject(districtId, null, studentId), LegalHold.SealedReason.Of(id), Encoding.UTF8.GetBytes(reason), cancel) is not { } text)
        {
            return (Problem)Failures.Erased;
        }

        db.Add(new LegalHold
        {
            DistrictId = districtId,
            Id = id,
            StudentId = studentId,
            Reason = text,
            SetBy = current.Caller.AccountId,
            SetAt = now,
        });
        audit.About("legal-hold", id, districtId, null);
        return TypedResults.Created((string?)null, new Made(id));
    }

    private static async Task<Results<NoContent, Problem>> LiftAsync(
        Guid districtId, Guid studentId, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!current.Caller.DecidesFor(districtId) || await db.Set<LegalHold>().SingleOrDefaultAsync(
            h => h.DistrictId == districtId && h.StudentId == studentId && h.LiftedAt == null, cancel) is not { } hold)
        {
            return (Problem)Failures.NotFound;
        }

        hold.LiftedAt = clock.GetUtcNow();
        audit.About("legal-hold", hold.Id, districtId, null);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<HoldBody>>, Problem>> ListHoldsAsync(
        Guid districtId, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (!current.Caller.DecidesFor(districtId))
            return (Problem)Failures.NotFound;
        var take = Cursor.Size(size);
        var holds = await db.Set<LegalHold>().AsNoTracking()
            .Where(h => h.DistrictId == districtId && h.LiftedAt == null && (last == null || h.Id < last))
            .OrderByDescending(h => h.Id).Take(take + 1).ToListAsync(cancel);
        await vault.FetchAsync(holds.Select(hold => hold.Reason), cancel);
        var bodies = new List<HoldBody>(holds.Count);
        foreach (var hold in holds)
        {
            var reason = await vault.OpenTextAsync(districtId, LegalHold.SealedReason.Of(hold.Id), hold.Reason, cancel);
            bodies.Add(new HoldBody(hold.Id, hold.StudentId, reason, hold.SetAt));
        }

        audit.About("legal-holds", districtId, districtId, null);
        return TypedResults.Ok(Page.From(bodies, take, body => body.Id));
    }

    private static async Task<Results<Ok<PersonalDataSettings>, Problem>> ReadPolicyAsync(
        Guid districtId, ArchivesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.DecidesFor(districtId))
            return (Problem)Failures.NotFound;
        var policy = await db.Set<PersonalDataPolicy>().AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new PersonalDataSettings());
    }

    private static async Task<Results<NoContent, Problem>> ChangePolicyAsync(
        Guid districtId, PersonalDataSettings settings, ArchivesDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.PolicyChange).Any(grant => grant.DistrictId == districtId && grant.SchoolId is null))
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        mistakes.Range("deadlineDays", settings.DeadlineDays, 1, 30);
        mistakes.Range("answerHours", settings.AnswerHours, 1, 240);
        mistakes.Range("copyDays", settings.CopyDays, 1, 30);
        mistakes.Range("copyFileMegabytes", settings.CopyFileMegabytes, 0, 10_000);
        if (settings.GuardiansSee.Contains(SensitiveKind.Violence))
            mistakes.Add(RightsFailures.NeverShown.At("guardiansSee"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var policy = await db.Set<PersonalDataPolicy>().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        policy ??= db.Add(new PersonalDataPolicy { DistrictId = districtId }).Entity;
        policy.Settings = settings;
        policy.Version++;
        audit.About("personal-data-policy", districtId, districtId, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }
}
