using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Rights;

/// <summary>How somebody consented.</summary>
public enum ConsentWay
{
    /// <summary>Signed in.</summary>
    Online,

    /// <summary>On paper; the school keeps the sheet.</summary>
    Paper,
}

/// <summary>That a guardian consented, or took it back (ARC-10). Never changed: the last one of a purpose counts, whichever guardian's.</summary>
public sealed class Consent
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The child.</summary>
    public Guid StudentId { get; init; }

    /// <summary>Counts the child's consents, from 1.</summary>
    public long Number { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>What for: the key of a <see cref="ConsentPurpose"/>.</summary>
    public string Purpose { get; init; } = "";

    /// <summary>Which version of the text was read.</summary>
    public int TextVersion { get; init; }

    /// <summary>Given, or withdrawn (or never given).</summary>
    public bool Given { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>How.</summary>
    public ConsentWay Way { get; init; }

    /// <summary>The account that entered it.</summary>
    public Guid? AccountId { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>Something that may be done with a child's data only with consent (PIPL 29, 31). Nothing else may depend on it (条例 32).</summary>
/// <param name="Key">Stable, 1–50 letters, e.g. <c>photos</c>.</param>
/// <param name="Version">Of the texts; grows when they change, and consents to an older one stay what they were.</param>
/// <param name="Zh">What is asked, in Chinese, 1–2,000 characters.</param>
/// <param name="En">The same in English.</param>
public sealed record ConsentPurpose(string Key, int Version, string Zh, string En);

/// <summary>What a district asks consent for; a member that is left out has its default. The texts are for the district's lawyer.</summary>
public sealed record ConsentSettings
{
    /// <summary>The purposes, each asked for apart.</summary>
    public IReadOnlyList<ConsentPurpose> Purposes { get; init; } =
    [
        new("photos", 1, "在班级展示、亲子成长手册中使用孩子的照片。", "To show photos of the child in class and in the growth handbook."),
        new("basicsTransfer", 1, "转学时向新学校提供基本信息以外的档案内容。", "To give a new school more than the basics of the file."),
        new("psychologicalScreening", 1, "参加心理健康筛查并保存结果。", "To take part in psychological screening, and keep its result."),
        new("research", 1, "将去除身份的数据用于教育研究。", "To use data without identity for research."),
    ];
}

/// <summary>What a district has decided.</summary>
public sealed class ConsentPolicy
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it says; replaced as a whole.</summary>
    public ConsentSettings Settings { get; set; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; set; }
}

/// <summary>A consent, or its withdrawal.</summary>
/// <param name="Purpose">What for.</param>
/// <param name="TextVersion">The version of the text that was read.</param>
/// <param name="Given">Given or withdrawn.</param>
/// <param name="GuardianId">On paper: which guardian.</param>
public sealed record ConsentRequest(string Purpose, int TextVersion, bool Given, Guid? GuardianId = null);

/// <summary>A consent as it was recorded.</summary>
/// <param name="Number">Counts the child's.</param>
/// <param name="Purpose">What for.</param>
/// <param name="TextVersion">Which text.</param>
/// <param name="Given">Given or withdrawn.</param>
/// <param name="Way">How.</param>
/// <param name="At">When.</param>
public sealed record ConsentBody(long Number, string Purpose, int TextVersion, bool Given, ConsentWay Way, DateTimeOffset At);

/// <summary>Whether there is consent for a student at present.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="Given">Whether the last that a guardian said is yes; <see langword="false"/> also when nobody said anything.</param>
public sealed record ConsentStanding(Guid StudentId, bool Given);

/// <summary>Consent by purpose: given, withdrawn at any time and at once, listed (ARC-10).</summary>
internal static class Consents
{
    private const int MostPurposes = 50;
    private const int LongestKey = 50;
    private const int LongestText = 2_000;

    public static void MapConsents(this IEndpointRouteBuilder api)
    {
        var district = api.MapGroup("/districts/{districtId:guid}");
        district.MapGet("/consent-purposes", ReadPurposesAsync).WithName("ReadConsentPurposes")
            .WithSummary("What the district asks consent for; the ETag is 0 while the defaults hold.").Query(Permission.PersonalDataAsk);
        district.MapPut("/consent-purposes", ChangePurposesAsync).WithName("ChangeConsentPurposes")
            .WithSummary("Replaces the purposes as a whole.").Command(Permission.PolicyChange);
        district.MapPost("/students/{studentId:guid}/consents", RecordAsync).WithName("RecordConsent")
            .WithSummary("Gives or withdraws consent for one purpose; in force at once.").Command(Permission.PersonalDataAsk);
        district.MapGet("/students/{studentId:guid}/consents", ListAsync).WithName("ListConsents")
            .WithSummary("Consents and withdrawals, the newest first: of a purpose the first one counts.")
            .Query(Permission.PersonalDataAsk);
        api.MapGet("/schools/{schoolId:guid}/consents", ListStandingAsync).WithName("ListConsentStanding")
            .WithSummary("For whom on the roll there is consent for a purpose, photos for example; staff see their classes or school.")
            .Query(Permission.ArchiveRead);
    }

    private static async Task<Results<Ok<Page<ConsentStanding>>, Problem>> ListStandingAsync(
        Guid schoolId, string purpose, Guid? classId, string? after, int? size, ArchivesDb db, CurrentCaller current,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (await db.Set<School>().AsNoTracking().SingleOrDefaultAsync(s => s.SchoolId == schoolId, cancel) is not { } school)
            return (Problem)Failures.NotFound;
        var reach = Reach.Of(current.Caller, Permission.ArchiveRead, school.DistrictId, schoolId);
        var (take, today) = (Cursor.Size(size), LocalDay.Today(clock));
        var rows = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.SchoolId == schoolId && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today)
                && (classId == null || e.ClassId == classId) && (last == null || e.StudentId > last)
                && (reach.Everybody || (e.ClassId != null && reach.Classes.Contains(e.ClassId.Value))))
            .Select(e => e.StudentId).Distinct().Order().Take(take + 1)
            .Select(student => new ConsentStanding(student, db.Set<Consent>()
                .Where(c => c.DistrictId == school.DistrictId && c.StudentId == student && c.Purpose == purpose)
                .OrderByDescending(c => c.Number).Select(c => c.Given).FirstOrDefault()))
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.StudentId));
    }

    private static async Task<Results<Ok<ConsentSettings>, Problem>> ReadPurposesAsync(
        Guid districtId, ArchivesDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.PersonalDataAsk).Any(grant => grant.DistrictId == districtId))
            return (Problem)Failures.NotFound;
        var policy = await db.Set<ConsentPolicy>().AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        ETag.Set(http, policy?.Version ?? 0);
        return TypedResults.Ok(policy?.Settings ?? new ConsentSettings());
    }

    private static async Task<Results<NoContent, Problem>> ChangePurposesAsync(
        Guid districtId, ConsentSettings settings, ArchivesDb db, CurrentCaller current, AuditTrail audit, HttpContext http,
        CancellationToken cancel)
    {
        if (!current.Caller.With(Permission.PolicyChange).Any(grant => grant.DistrictId == districtId && grant.SchoolId is null))
            return (Problem)Failures.NotFound;
        var mistakes = new Mistakes();
        var keys = settings.Purposes.Select(purpose => purpose.Key).ToHashSet(StringComparer.Ordinal);
        if (settings.Purposes.Count > MostPurposes || keys.Count != settings.Purposes.Count)
            mistakes.Add(Failures.List.At("purposes", 0, MostPurposes));
        for (var i = 0; i < settings.Purposes.Count && i < MostPurposes; i++)
        {
            var purpose = settings.Purposes[i];
            if (purpose.Key.Length is 0 or > LongestKey || !purpose.Key.All(char.IsAsciiLetter))
                mistakes.Add(RightsFailures.PurposeKey.At($"purposes[{i}].key"));
            mistakes.Range($"purposes[{i}].version", purpose.Version, 1, 1_000_000);
            mistakes.Text($"purposes[{i}].zh", purpose.Zh, LongestText);
            mistakes.Text($"purposes[{i}].en", purpose.En, LongestText);
        }

        if (mistakes.Refusal is { } invalid)
            return invalid;
        var policy = await db.Set<ConsentPolicy>().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        if (ETag.Mismatch(http, policy?.Version ?? 0) is { } stale)
            return (Problem)stale;
        // A text that changed under its old version would change what people have agreed to.
        var before = (policy?.Settings ?? new ConsentSettings()).Purposes;
        if (settings.Purposes.Any(now => before.Any(old => old.Key == now.Key && old != now && now.Version <= old.Version)))
            return (Problem)RightsFailures.TextNeedsVersion;
        policy ??= db.Add(new ConsentPolicy { DistrictId = districtId }).Entity;
        policy.Settings = settings;
        policy.Version++;
        audit.About("consent-purposes", districtId, districtId, null);
        ETag.Set(http, policy.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Created<ConsentBody>, Problem>> RecordAsync(
        Guid districtId, Guid studentId, ConsentRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        if (await db.ReachAsync(caller, Permission.PersonalDataAsk, districtId, studentId, LocalDay.Of(now), cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var own = caller.With(Permission.PersonalDataAsk).FirstOrDefault(grant => grant.StudentId == studentId)?.PersonId;
        if ((own ?? request.GuardianId) is not { } guardian
            || !await db.IsGuardianAsync(at, guardian, cancel))
        {
            return (Problem)RightsFailures.GuardianOnly;
        }

        var policy = await db.Set<ConsentPolicy>().AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == districtId, cancel);
        var purpose = (policy?.Settings ?? new ConsentSettings()).Purposes.FirstOrDefault(known => known.Key == request.Purpose);
        var mine = db.Set<Consent>().Where(c => c.DistrictId == districtId && c.StudentId == studentId);
        // What is no longer asked for can still be withdrawn, and so can what was given to an older text.
        if (request.Given ? purpose is null : purpose is null && !await mine.AnyAsync(c => c.Purpose == request.Purpose, cancel))
            return Problem.Of([RightsFailures.NoSuchPurpose.At("purpose")]);
        if (request.Given && purpose!.Version != request.TextVersion)
            return (Problem)RightsFailures.TextChanged;
        var consent = new Consent
        {
            DistrictId = districtId,
            StudentId = studentId,
            Number = 1 + (await mine.MaxAsync(c => (long?)c.Number, cancel) ?? 0),
            SchoolId = at.SchoolId,
            Purpose = request.Purpose,
            TextVersion = request.TextVersion,
            Given = request.Given,
            GuardianId = guardian,
            Way = own is null ? ConsentWay.Paper : ConsentWay.Online,
            AccountId = caller.AccountId,
            At = now,
        };
        db.Add(consent);
        db.Publish(new ConsentChanged(districtId, at.SchoolId, studentId, consent.Number, now, consent.Purpose, consent.Given));
        audit.About("consent", studentId, districtId, at.SchoolId, consent.Purpose);
        return TypedResults.Created((string?)null, BodyOf(consent));
    }

    private static async Task<Results<Ok<Page<ConsentBody>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<long?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var today = LocalDay.Today(clock);
        if (await db.ReachAsync(current.Caller, Permission.PersonalDataAsk, districtId, studentId, today, cancel) is null)
            return (Problem)Failures.NotFound;
        var take = Cursor.Size(size);
        var rows = await db.Set<Consent>().AsNoTracking()
            .Where(c => c.DistrictId == districtId && c.StudentId == studentId && (last == null || c.Number < last))
            .OrderByDescending(c => c.Number).Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows.ConvertAll(BodyOf), take, body => body.Number));
    }

    private static ConsentBody BodyOf(Consent consent) => new(
        consent.Number, consent.Purpose, consent.TextVersion, consent.Given, consent.Way, consent.At);
}
