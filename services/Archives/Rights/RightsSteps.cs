using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Rights;

/// <summary>Who reaches which requests, and how one begins.</summary>
internal static class RightsSteps
{
    /// <summary>
    /// The enrolment by which the caller reaches a child: today's for schools and guardians, and for the district the last one of a child
    /// that has left, too.
    /// </summary>
    public static async Task<Enrolment?> ReachAsync(
        this ArchivesDb db, Caller caller, Permission permission, Guid district, Guid student, DateOnly today, CancellationToken cancel)
    {
        var enrolments = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.DistrictId == district && e.StudentId == student).OrderByDescending(e => e.StartsOn).ToListAsync(cancel);
        var grants = caller.With(permission).ToArray();
        return enrolments.Find(enrolment => Array.Exists(grants, grant => SensitiveReach.Reaches(grant, enrolment)
            && (grant.SchoolId is null
                || (enrolment.StartsOn <= today && (enrolment.EndsOn is null || enrolment.EndsOn >= today)))));
    }

    /// <summary>
    /// Whether somebody is a legal guardian of the child, or was until the child left the roster and the guardianship with it; a
    /// caregiver is not.
    /// </summary>
    public static Task<bool> IsGuardianAsync(this ArchivesDb db, Enrolment at, Guid? guardian, CancellationToken cancel) =>
        db.Set<Guardianship>().AnyAsync(
            g => g.DistrictId == at.DistrictId && g.StudentId == at.StudentId && g.GuardianId == guardian
                && (g.WithdrawnOn == null || (at.EndsOn != null && g.WithdrawnOn > at.EndsOn))
                && g.LegalStatus == LegalStatus.Guardian,
            cancel);

    /// <summary>
    /// The requests that a caller may see: a guardian's own about the own child, never those of the other guardian; a school's and a
    /// district's.
    /// </summary>
    public static IQueryable<PersonalDataRequest> Visible(this ArchivesDb db, Caller caller, Guid district)
    {
        var grants = caller.With(Permission.PersonalDataAsk).Where(grant => grant.DistrictId == district).ToArray();
        var whole = grants.Any(grant => grant.SchoolId is null);
        var schools = grants.Where(grant => grant.StudentId is null).Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var children = grants.Select(grant => grant.StudentId).OfType<Guid>().ToArray();
        var guardians = grants.Where(grant => grant.StudentId is not null).Select(grant => grant.PersonId).ToArray();
        return db.Set<PersonalDataRequest>().AsNoTracking().Where(r => r.DistrictId == district
            && (whole || schools.Contains(r.SchoolId) || (children.Contains(r.StudentId) && guardians.Contains(r.GuardianId))));
    }

    /// <summary>The district's settings, or the defaults.</summary>
    public static async Task<PersonalDataSettings> PersonalDataSettingsAsync(
        this ArchivesDb db, Guid district, CancellationToken cancel) =>
        (await db.Set<PersonalDataPolicy>().AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == district, cancel))?.Settings
            ?? new PersonalDataSettings();

    /// <summary>Deciding on erasures, deleting, and setting holds of children take turns, until the transaction ends.</summary>
    public static Task TakeTurnsAsync(this ArchivesDb db, Guid[] students, CancellationToken cancel) => db.Database.ExecuteSqlAsync(
        $"""
        SELECT count(pg_advisory_xact_lock(key)) FROM (
            SELECT DISTINCT hashtextextended('archives.erasure/' || student::text, 0) AS key FROM unnest({students}) AS student ORDER BY key)
            AS keys
        """, cancel);

    /// <summary>Whether a hold is in force: then nothing about the child is erased.</summary>
    public static Task<bool> IsHeldAsync(this ArchivesDb db, Guid district, Guid student, CancellationToken cancel) =>
        db.Set<LegalHold>().AnyAsync(h => h.DistrictId == district && h.StudentId == student && h.LiftedAt == null, cancel);

    /// <summary>Whether what is to be erased is the file of a child on the roll, with which the school works.</summary>
    public static async Task<bool> IsInUseAsync(
        this ArchivesDb db, PersonalDataRequest request, DateOnly today, CancellationToken cancel) =>
        request.Kinds?.Contains(Contracts.PersonalData.DataKind.Basics) != false && await db.Set<Enrolment>().AnyAsync(
            e => e.DistrictId == request.DistrictId && e.StudentId == request.StudentId
                && (e.EndsOn == null || (e.EndsOn >= today && e.EndsOn >= e.StartsOn)),
            cancel);

    /// <summary>
    /// Whether it is what a school works with every day, of a child on the roll: restricted, it would be hidden from those who must
    /// act, and nothing could be added, no crisis and no emergency.
    /// </summary>
    public static async Task<bool> IsWorkedWithAsync(
        this ArchivesDb db, PersonalDataRequest request, DateOnly today, CancellationToken cancel) =>
        request.IsOfDailyWork && await db.Set<Enrolment>().AnyAsync(
            e => e.DistrictId == request.DistrictId && e.StudentId == request.StudentId
                && (e.EndsOn == null || (e.EndsOn >= today && e.EndsOn >= e.StartsOn)),
            cancel);

    /// <summary>Restricts what a request asks to erase, and drops copies, which would show it.</summary>
    public static async Task<Failure?> RestrictAsync(
        this ArchivesDb db, PersonalDataRequest request, Guid? account, PersonalDataDecision decision, DateTimeOffset now,
        CancellationToken cancel)
    {
        var (restricted, refused) = request.Restrict(account, decision.Reason, decision.KeptUntil, now);
        if (restricted is null)
            return refused;
        db.Publish(restricted);
        var copies = db.Set<PersonalDataRequest>().Where(r => r.DistrictId == request.DistrictId && r.StudentId == request.StudentId
            && r.Matter == Contracts.PersonalData.PersonalDataMatter.Copy
            && (r.State == RequestState.Running || r.State == RequestState.Ready));
        await db.Set<PersonalDataPiece>().Where(piece => piece.DistrictId == request.DistrictId
            && copies.Select(copy => copy.Id).Contains(piece.RequestId)).ExecuteDeleteAsync(cancel);
        await copies.ExecuteUpdateAsync(
            set => set.SetProperty(r => r.State, RequestState.Expired).SetProperty(r => r.Version, r => r.Version + 1), cancel);
        return null;
    }

    /// <summary>Grants a request: announces it, and notes whose answers it waits for.</summary>
    public static Failure? Start(
        this ArchivesDb db, PersonalDataRequest request, Guid? account, PersonalDataSettings settings, PersonalDataServices services,
        DateTimeOffset now)
    {
        var (asked, refused) = request.Grant(account, settings, now);
        if (asked is null)
            return refused;
        db.AddRange(services.Expected.Select(service => new PersonalDataReply
        {
            DistrictId = request.DistrictId,
            RequestId = request.Id,
            Service = service,
        }));
        db.Publish(asked);
        return null;
    }

    /// <summary>A page of requests, the newest first, with what each service did: two statements.</summary>
    public static async Task<Page<PersonalDataBody>> PageAsync(
        this ArchivesDb db, IQueryable<PersonalDataRequest> requests, int size, DateTimeOffset now, bool chinese,
        CancellationToken cancel)
    {
        var rows = await requests.OrderByDescending(r => r.Id).Take(size + 1).ToListAsync(cancel);
        var ids = rows.ConvertAll(row => row.Id);
        var districts = rows.Select(row => row.DistrictId).Distinct().ToArray();
        var replies = (await db.Set<PersonalDataReply>().AsNoTracking()
            .Where(r => districts.Contains(r.DistrictId) && ids.Contains(r.RequestId)).OrderBy(r => r.Service).ToListAsync(cancel))
            .ToLookup(reply => reply.RequestId);
        return Page.From(
            rows.ConvertAll(row => new PersonalDataBody(
                row.Id, row.StudentId, row.GuardianId, row.Matter, row.Kinds, row.OnPaper, row.AskedAt, row.DueOn, row.IsOverdue(now),
                row.State, row.DecidedAt, ReasonOf(row), RightsTexts.Of(ReasonOf(row), chinese), row.EndedAt, row.ExpiresAt,
                row.KeyDestroyed,
                [
                    .. replies[row.Id].Select(reply => new PersonalDataService(
                        reply.Service, reply.AnsweredAt, reply.AnsweredAt is null && now > row.AnswersDueAt, reply.Tables, reply.Kept)),
                ])),
            size, body => body.Id);

        // Whether it is the law or a hold, would tell of a case.
        static RefusalReason? ReasonOf(PersonalDataRequest row) =>
            row.State == RequestState.Restricted ? RefusalReason.KeptByLaw : row.Refusal;
    }
}
