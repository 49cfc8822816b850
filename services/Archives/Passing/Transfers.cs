using HomeSchool.Archives.Family;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Search;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Passing;

/// <summary>A transfer to be made.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="FirstDay">The first day at the next school, of the absence, or back: at most 31 days ago and 60 days ahead.</param>
/// <param name="ToSchoolId">For <see cref="TransferKind.Within"/> the other school; none for the others.</param>
/// <param name="ClassId">For <see cref="TransferKind.Return"/> the class at the school, if it is known.</param>
public sealed record TransferRequest(TransferKind Kind, DateOnly FirstDay, Guid? ToSchoolId = null, Guid? ClassId = null);

/// <summary>The next school's acceptance.</summary>
/// <param name="ClassId">The class, if it is known.</param>
public sealed record TransferAcceptance(Guid? ClassId = null);

/// <summary>Why more than the basics goes along: exactly one of the two.</summary>
/// <param name="Consent">A guardian's consent.</param>
/// <param name="Duty">A duty of the law.</param>
public sealed record TransferBasis(GuardianConsent? Consent = null, LegalDuty? Duty = null);

/// <summary>A transfer, as both schools see it.</summary>
/// <param name="Id">The transfer.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Kind">What kind.</param>
/// <param name="FromSchoolId">The school that lets go.</param>
/// <param name="ToSchoolId">The school that takes.</param>
/// <param name="FirstDay">The first day at the next school, of the absence, or back.</param>
/// <param name="State">How far it has come.</param>
/// <param name="MoreGoesAlong">Whether consent or a duty of the law lets more than the basics go along.</param>
/// <param name="ProposedAt">When it was proposed.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="ReceivedAt">When the next school took what goes along.</param>
public sealed record TransferRow(
    Guid Id, Guid StudentId, TransferKind Kind, Guid? FromSchoolId, Guid? ToSchoolId, DateOnly FirstDay, TransferState State,
    bool MoreGoesAlong, DateTimeOffset ProposedAt, DateTimeOffset? DecidedAt, DateTimeOffset? ReceivedAt);

/// <summary>The basics that the next school gets (ARC-15): what OneRoster would say of the student.</summary>
/// <param name="SourceId">The id in the system that exports the district's roster.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="Number">学籍号 or the school's own number.</param>
/// <param name="BirthDate">Date of birth.</param>
/// <param name="Sex">Sex.</param>
/// <param name="FirstDay">The first day at the next school.</param>
/// <param name="Enrolments">Where the student was up to that day, the latest first.</param>
/// <param name="Guardians">In the order in which they are called.</param>
public sealed record TransferFile(
    string SourceId, string FamilyName, string GivenName, string? Number, DateOnly? BirthDate, Sex? Sex, DateOnly FirstDay,
    IReadOnlyList<TransferFileEnrolment> Enrolments, IReadOnlyList<GuardianBody> Guardians);

/// <summary>A student's time in one grade of a school.</summary>
/// <param name="School">The school's name.</param>
/// <param name="Code">学校标识码.</param>
/// <param name="Grade">The grade.</param>
/// <param name="StartsOn">First day.</param>
/// <param name="EndsOn">Last day; <see langword="null"/> while it is open.</param>
public sealed record TransferFileEnrolment(string School, string? Code, string? Grade, DateOnly StartsOn, DateOnly? EndsOn);

/// <summary>
/// Students change school, take leave and come back (ARC-15). Within the district the school that lets go proposes and the other accepts:
/// then the enrolments change at once, in one transaction, and are announced like any change of the roster.
/// </summary>
internal static class Transfers
{
    /// <summary>How late a transfer can be recorded.</summary>
    public const int DaysBack = 31;

    /// <summary>How early.</summary>
    public const int DaysAhead = 60;

    // How long after the first day the file is there: for as long as a school may still ask for it.
    private const int DaysOfFile = 90;

    public static void MapTransfers(this IEndpointRouteBuilder api)
    {
        api.MapPost("/districts/{districtId:guid}/students/{studentId:guid}/transfers", ProposeAsync)
            .WithName("TransferStudent")
            .WithSummary("To another school of the district (which must accept), outside, on leave, or back.")
            .Command(Permission.TransferManage);
        api.MapGet("/schools/{schoolId:guid}/transfers", ListAsync)
            .WithName("ListTransfers")
            .WithSummary("Transfers from and to a school, the newest first.")
            .Query(Permission.TransferManage);
        api.MapGet("/districts/{districtId:guid}/transfers/{id:guid}/file", ReadFileAsync)
            .WithName("ReadTransferFile")
            .WithSummary("The basics for the next school, in the district or outside; until 90 days after the first day.")
            .Command(Permission.TransferManage).Sensitive(); // for its audit row
        api.MapPost("/districts/{districtId:guid}/transfers/{id:guid}/accept", AcceptAsync)
            .WithName("AcceptTransfer")
            .WithSummary("The next school takes the student into a class, or for now into none.")
            .Command(Permission.TransferManage);
        api.MapPost("/districts/{districtId:guid}/transfers/{id:guid}/refuse", RefuseAsync)
            .WithName("RefuseTransfer")
            .WithSummary("The next school does not take the student.")
            .Command(Permission.TransferManage);
        api.MapPost("/districts/{districtId:guid}/transfers/{id:guid}/cancel", CancelAsync)
            .WithName("CancelTransfer")
            .WithSummary("The school that proposed it takes it back.")
            .Command(Permission.TransferManage);
        api.MapPost("/districts/{districtId:guid}/transfers/{id:guid}/basis", RecordBasisAsync)
            .WithName("RecordTransferBasis")
            .WithSummary("Records a guardian's consent, or the duty of the law, by which more than the basics goes along.")
            .Command(Permission.TransferManage);
        api.MapPost("/districts/{districtId:guid}/transfers/{id:guid}/receive", ReceiveAsync)
            .WithName("ReceiveTransferredItems")
            .WithSummary("The next school, when the student is there, takes the sensitive items, plans and files that go along.")
            .Command(Permission.SensitiveGrant);
    }

    private static async Task<Results<Created<Made>, Problem>> ProposeAsync(
        Guid districtId, Guid studentId, TransferRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (caller, today, now) = (current.Caller, LocalDay.Today(clock), clock.GetUtcNow());
        if (request.Kind == TransferKind.In)
            return Problem.Of([PassingFailures.AdmittedInstead.At("kind")]);
        var returns = request.Kind == TransferKind.Return;
        var at = returns ? null : await db.FindOnRollAsync(caller, Permission.TransferManage, districtId, studentId, today, cancel);
        var left = returns ? await LeftAsync(db, caller, districtId, studentId, cancel) : null;
        if ((at?.SchoolId ?? left?.FromSchoolId) is not { } school)
            return (Problem)Failures.NotFound;

        await ActForDistrictAsync(db, districtId, cancel);
        var mistakes = new Mistakes();
        if (request.FirstDay < today.AddDays(-DaysBack) || request.FirstDay > today.AddDays(DaysAhead))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("firstDay", today.AddDays(-DaysBack), today.AddDays(DaysAhead)));
        var elsewhere = request.ToSchoolId is { } to && to != school
            && await db.Set<School>().AnyAsync(s => s.DistrictId == districtId && s.SchoolId == to && s.WithdrawnOn == null, cancel);
        if (request.Kind == TransferKind.Within ? !elsewhere : request.ToSchoolId is not null)
            mistakes.Add(PassingFailures.OtherSchoolNeeded.At("toSchoolId"));
        if (request.ClassId is { } @class && (!returns || !await HasClassAsync(db, school, @class, cancel)))
            mistakes.Add(ArchivesFailures.NotThere.At("classId"));
        if (mistakes.Refusal is { } invalid)
            return invalid;

        var transfer = new Transfer
        {
            DistrictId = districtId,
            Id = Guid.CreateVersion7(now),
            StudentId = studentId,
            Kind = request.Kind,
            FromSchoolId = returns ? null : school,
            ToSchoolId = returns ? school : request.ToSchoolId,
            FirstDay = request.FirstDay,
            ProposedAt = now,
        };
        db.Add(transfer);
        audit.About("transfer", transfer.Id, districtId, school);
        if (request.Kind != TransferKind.Within && await ApplyAsync(db, transfer, request.ClassId, clock, cancel) is { } refused)
            return (Problem)refused;
        if (request.Kind == TransferKind.Within && !await GoesFromAsync(db, transfer, cancel))
            return (Problem)PassingFailures.NotOnRoll;
        return TypedResults.Created((string?)null, new Made(transfer.Id));
    }

    private static async Task<Results<Ok<Page<TransferRow>>, Problem>> ListAsync(
        Guid schoolId, Choice<TransferState>? state, string? after, int? size, ArchivesDb db, CurrentCaller current,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var take = Cursor.Size(size);
        var districts = current.Caller.With(Permission.TransferManage)
            .Where(grant => grant.SchoolId is null || grant.SchoolId == schoolId).Select(grant => grant.DistrictId).ToArray();
        var rows = await db.Set<Transfer>().AsNoTracking()
            .Where(transfer => districts.Contains(transfer.DistrictId)
                && (transfer.FromSchoolId == schoolId || transfer.ToSchoolId == schoolId)
                && (state == null || transfer.State == state.Value.Value) && (last == null || transfer.Id < last))
            .OrderByDescending(transfer => transfer.Id).Take(take + 1).ToListAsync(cancel);
        var bodies = rows.ConvertAll(t => new TransferRow(
            t.Id, t.StudentId, t.Kind, t.FromSchoolId, t.ToSchoolId, t.FirstDay, t.State, t.MoreGoesAlong, t.ProposedAt, t.DecidedAt,
            t.ReceivedAt));
        return TypedResults.Ok(Page.From(bodies, take, row => row.Id));
    }

    private static async Task<Results<Ok<TransferFile>, Problem>> ReadFileAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var transfer = await FindAsync(db, districtId, id, cancel);
        if (transfer is null || LocalDay.Today(clock) > transfer.FirstDay.AddDays(DaysOfFile)
            || !(Manages(current.Caller, transfer, transfer.FromSchoolId) || (Manages(current.Caller, transfer, transfer.ToSchoolId)
                && transfer.State is TransferState.Proposed or TransferState.Accepted)))
        {
            return (Problem)Failures.NotFound;
        }

        // The transfer lets both schools see the basics of its student, although the one does not see him any more, or not yet; but
        // nothing that is restricted.
        await ActAsync(db, TenantScope.Of([districtId]) with { SeesRestricted = false }, cancel);
        var student = await db.Set<Student>().AsNoTracking()
            .SingleOrDefaultAsync(s => s.DistrictId == districtId && s.Id == transfer.StudentId, cancel);
        if (student is null)
            return (Problem)Failures.NotFound;
        var enrolments = await (
            from enrolment in db.Set<Enrolment>().AsNoTracking()
            where enrolment.DistrictId == districtId && enrolment.StudentId == student.Id && enrolment.StartsOn <= transfer.FirstDay
                && (enrolment.EndsOn == null || enrolment.EndsOn >= enrolment.StartsOn)
            join school in db.Set<School>().AsNoTracking() on enrolment.SchoolId equals school.SchoolId
            orderby enrolment.StartsOn descending
            select new TransferFileEnrolment(school.Name, school.Code, enrolment.Grade, enrolment.StartsOn, enrolment.EndsOn))
            .ToListAsync(cancel);
        var guardians = await (
            from guardianship in db.Set<Guardianship>().AsNoTracking()
            where guardianship.DistrictId == districtId && guardianship.StudentId == student.Id && guardianship.WithdrawnOn == null
            join guardian in db.Set<Guardian>().AsNoTracking()
                on new { guardianship.DistrictId, Id = guardianship.GuardianId } equals new { guardian.DistrictId, guardian.Id }
            orderby guardianship.ContactOrder
            select new GuardianBody(
                guardian.Id, guardian.FamilyName, guardian.GivenName, guardianship.Relation, guardianship.LegalStatus,
                guardianship.ContactOrder, guardian.Phone, guardian.Email)).ToListAsync(cancel);
        audit.About("transfer", id, districtId, transfer.FromSchoolId ?? transfer.ToSchoolId);
        return TypedResults.Ok(new TransferFile(
            student.SourceId, student.FamilyName, student.GivenName, student.Number, student.BirthDate, student.Sex, transfer.FirstDay,
            enrolments, guardians));
    }

    private static async Task<Results<NoContent, Problem>> AcceptAsync(
        Guid districtId, Guid id, TransferAcceptance request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (transfer, refused) = await ToDecideAsync(db, current.Caller, districtId, id, transfer => transfer.ToSchoolId, cancel);
        if (transfer is null)
            return (Problem)refused!;
        // A stay that began longer ago would change figures that are told already.
        if (transfer.FirstDay < LocalDay.Today(clock).AddDays(-DaysBack))
            return PassingFailures.TransferTooLate.Because(DaysBack);
        var to = transfer.ToSchoolId!.Value;
        if (request.ClassId is { } @class && !await HasClassAsync(db, to, @class, cancel))
            return Problem.Of([ArchivesFailures.NotThere.At("classId")]);
        if (await ApplyAsync(db, transfer, request.ClassId, clock, cancel) is { } impossible)
            return (Problem)impossible;
        audit.About("transfer", id, districtId, to);
        return TypedResults.NoContent();
    }

    private static Task<Results<NoContent, Problem>> RefuseAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel) =>
        EndAsync(districtId, id, TransferState.Refused, transfer => transfer.ToSchoolId, db, current, audit, clock, cancel);

    private static Task<Results<NoContent, Problem>> CancelAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel) =>
        EndAsync(districtId, id, TransferState.Cancelled, transfer => transfer.FromSchoolId, db, current, audit, clock, cancel);

    private static async Task<Results<NoContent, Problem>> EndAsync(
        Guid district, Guid id, TransferState state, Func<Transfer, Guid?> side, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, CancellationToken cancel)
    {
        var (transfer, refused) = await ToDecideAsync(db, current.Caller, district, id, side, cancel);
        if (transfer is null)
            return (Problem)refused!;
        transfer.Decide(state, clock.GetUtcNow());
        audit.About("transfer", id, district, side(transfer));
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> RecordBasisAsync(
        Guid districtId, Guid id, TransferBasis request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        var transfer = await FindAsync(db, districtId, id, cancel);
        if (transfer is null || !(Manages(caller, transfer, transfer.FromSchoolId) || Manages(caller, transfer, transfer.ToSchoolId)))
            return (Problem)Failures.NotFound;
        if (transfer.Kind != TransferKind.Within)
            return (Problem)PassingFailures.NotWithin;
        if (transfer.State is TransferState.Refused or TransferState.Cancelled || transfer.ReceivedAt is not null)
            return (Problem)PassingFailures.TransferDecided;
        await ActForDistrictAsync(db, districtId, cancel);
        var mistakes = new Mistakes();
        if (request.Consent is null == request.Duty is null)
            mistakes.Add(PassingFailures.BasisNeeded.At("consent"));
        if (request.Consent is { } consent)
        {
            var standings = await db.StandingsAsync(districtId, [transfer.StudentId], cancel);
            if (!standings.Any(standing => standing.Guardianship.GuardianId == consent.GuardianId
                && standing.Status == LegalStatus.Guardian && standing.RightsOn(today).Contains(GuardianRight.Sign)))
            {
                mistakes.Add(PassingFailures.NoGuardian.At("consent.guardianId"));
            }

            if (consent.On > today || consent.On < today.AddYears(-1))
                mistakes.Add(ArchivesFailures.DayOutOfRange.At("consent.on", today.AddYears(-1), today));
        }

        if (mistakes.Refusal is { } invalid)
            return invalid;
        transfer.GoAlong(request.Consent, request.Duty);
        audit.About("transfer", id, districtId, transfer.FromSchoolId, request.Duty is { } duty ? $"{duty}" : "consent");
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> ReceiveAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var transfer = await FindAsync(db, districtId, id, cancel);
        var schools = current.Caller.With(Permission.SensitiveGrant).Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        if (transfer is null || !schools.Any(school => school == transfer.FromSchoolId || school == transfer.ToSchoolId))
            return (Problem)Failures.NotFound;
        if (transfer.Kind != TransferKind.Within)
            return (Problem)PassingFailures.NotWithin;
        if (!schools.Contains(transfer.ToSchoolId!.Value))
            return (Problem)Failures.NotFound;
        if (transfer.State != TransferState.Accepted || transfer.ReceivedAt is not null)
            return (Problem)PassingFailures.TransferDecided;
        if (!transfer.MoreGoesAlong)
            return (Problem)PassingFailures.BasisNeeded;
        await ActForDistrictAsync(db, districtId, cancel);
        // Not before the student comes, nor after the student has gone on: where the student is not, nobody reads it.
        var today = LocalDay.Today(clock);
        if (await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.DistrictId == districtId && e.StudentId == transfer.StudentId && e.SchoolId == transfer.ToSchoolId
                && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today))
            .OrderByDescending(e => e.StartsOn).FirstOrDefaultAsync(cancel) is not { } at)
        {
            return (Problem)PassingFailures.NotAtNextSchool;
        }

        transfer.Receive(clock.GetUtcNow());
        await TakeAlongAsync(db, transfer, at, today, cancel);
        await FollowSchool.AnnounceAsync(db, districtId, [at], clock, cancel);
        audit.About("transfer", id, districtId, transfer.ToSchoolId);
        return TypedResults.NoContent();
    }

    // What goes along is the next school's, and what is still to be worked on the homeroom teacher's there, if the student has one.
    private static async Task TakeAlongAsync(
        ArchivesDb db, Transfer transfer, Enrolment at, DateOnly today, CancellationToken cancel)
    {
        await using var take = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var owned in ArchivesDb.HandedOver.Where(owned => ArchivesDb.GoesAlong.Contains(owned.Table)))
        {
            take.BatchCommands.Add(AttentionSql.Command(
                $"""
                UPDATE {owned.Table} t SET {owned.Owner} = p.staff_id
                FROM (
                    SELECT staff_id FROM staff_post WHERE school_id = $4 AND class_id = $5 AND role = 'HomeroomTeacher'
                        AND starts_on <= $6 AND (ends_on IS NULL OR ends_on >= $6)
                    ORDER BY starts_on DESC, staff_id LIMIT 1) p
                WHERE t.district_id = $1 AND t.student_id = $2 AND t.school_id = $3 AND {owned.Open}
                """, at.DistrictId, at.StudentId, transfer.FromSchoolId!, at.SchoolId, at.ClassId ?? Guid.Empty, today));
        }

        foreach (var table in ArchivesDb.GoesAlong)
        {
            take.BatchCommands.Add(AttentionSql.Command(
                $"UPDATE {table} SET school_id = $4 WHERE district_id = $1 AND student_id = $2 AND school_id = $3",
                at.DistrictId, at.StudentId, transfer.FromSchoolId!, at.SchoolId));
        }

        await take.ExecuteNonQueryAsync(cancel);
    }

    // A proposal for the side that decides, read behind the roster's lock: of two decisions at once the second finds it decided.
    private static async Task<(Transfer? Transfer, Failure? Refused)> ToDecideAsync(
        ArchivesDb db, Caller caller, Guid district, Guid id, Func<Transfer, Guid?> side, CancellationToken cancel)
    {
        var seen = await db.Set<Transfer>().AsNoTracking().SingleOrDefaultAsync(t => t.DistrictId == district && t.Id == id, cancel);
        if (seen is null || !(Manages(caller, seen, seen.FromSchoolId) || Manages(caller, seen, seen.ToSchoolId)))
            return (null, Failures.NotFound);
        if (seen.State != TransferState.Proposed)
            return (null, PassingFailures.TransferDecided);
        if (!Manages(caller, seen, side(seen)))
            return (null, Failures.NotFound);
        await ActForDistrictAsync(db, district, cancel);
        await RosterCheck.LockAsync((NpgsqlConnection)db.Database.GetDbConnection(), district, cancel);
        var transfer = await db.Set<Transfer>().SingleAsync(t => t.DistrictId == district && t.Id == id, cancel);
        return transfer.State == TransferState.Proposed ? (transfer, null) : (null, PassingFailures.TransferDecided);
    }

    /// <summary>Ends the stays at the school that lets go, begins the one at the school that takes, and announces both.</summary>
    public static async Task<Failure?> ApplyAsync(
        ArchivesDb db, Transfer transfer, Guid? classId, TimeProvider clock, CancellationToken cancel)
    {
        var (district, first, now) = (transfer.DistrictId, transfer.FirstDay, clock.GetUtcNow());
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var version = await RosterCheck.LockAsync(connection, district, cancel) + 1;
        var stays = await db.Set<Enrolment>()
            .Where(e => e.DistrictId == district && e.StudentId == transfer.StudentId && (e.EndsOn == null || e.EndsOn >= e.StartsOn))
            .OrderByDescending(e => e.StartsOn).ToListAsync(cancel);
        var current = stays.FindAll(e => e.EndsOn is null || e.EndsOn >= first);
        if (transfer.FromSchoolId is null && current.Count > 0)
            return PassingFailures.NothingToReturnFrom;
        var ending = current.FindAll(e => e.SchoolId == transfer.FromSchoolId);
        if (transfer.FromSchoolId is not null && ending.Count == 0)
            return PassingFailures.NotOnRoll;

        foreach (var stay in ending)
        {
            var entry = db.Entry(stay);
            entry.Property(e => e.EndsOn).CurrentValue = (stay.StartsOn < first ? first : stay.StartsOn).AddDays(-1);
            entry.Property(e => e.Version).CurrentValue = version;
        }

        Enrolment? beginning = null;
        if (transfer.ToSchoolId is { } to)
        {
            beginning = new Enrolment
            {
                SchoolId = to,
                Id = Guid.CreateVersion7(now),
                DistrictId = district,
                StudentId = transfer.StudentId,
                ClassId = classId,
                Grade = await db.Set<Class>().Where(c => c.SchoolId == to && c.Id == classId)
                        .Select(c => c.Grade).FirstOrDefaultAsync(cancel)
                    ?? stays.FirstOrDefault()?.Grade,
                StartsOn = first,
                Version = version,
            };
            db.Add(beginning);
        }

        var returned = beginning is not null && await ReturnToRosterAsync(db, transfer, version, now, cancel);
        transfer.Decide(TransferState.Accepted, now);
        await DistrictRoster.MakeAsync(db, district, version, clock, cancel);
        foreach (var school in ending.Append(beginning).OfType<Enrolment>().GroupBy(e => e.SchoolId))
        {
            db.Publish(new RosterChanged(
                district, school.Key, version, now, [],
                [.. school.Select(e => new RosterEnrolment(e.Id, e.StudentId, e.ClassId, e.Grade, e.StartsOn, e.EndsOn))], []));
        }

        if (beginning is not null)
        {
            // Before handovers are opened: they are found in the database.
            await db.SaveChangesAsync(cancel);
            await OpenHandovers.OfEnrolmentAsync(connection, district, beginning.Id, clock, cancel);
            if (returned)
                await StudentSearch.FollowAsync(connection, district, version, cancel);
            // The cadence of the former school holds up to the day.
            if (!stays.Exists(stay => stay.SchoolId != beginning.SchoolId))
                return null;
            if (first <= LocalDay.Of(now))
                await FollowSchool.AnnounceAsync(db, district, [beginning], clock, cancel);
            else
                await db.TurnOnAsync(district, first, cancel);
        }

        return null;
    }

    // Whom an upload has withdrawn in between is in the roster again, with the guardians who went with the student.
    private static async Task<bool> ReturnToRosterAsync(
        ArchivesDb db, Transfer transfer, long version, DateTimeOffset now, CancellationToken cancel)
    {
        if (await db.Set<Student>().SingleOrDefaultAsync(
            s => s.DistrictId == transfer.DistrictId && s.Id == transfer.StudentId && s.WithdrawnOn != null, cancel) is not { } student)
        {
            return false;
        }

        var ties = await db.Set<Guardianship>()
            .Where(g => g.DistrictId == student.DistrictId && g.StudentId == student.Id && g.WithdrawnOn == student.WithdrawnOn)
            .ToListAsync(cancel);
        var ids = ties.ConvertAll(tie => tie.GuardianId);
        var guardians = await db.Set<Guardian>()
            .Where(g => g.DistrictId == student.DistrictId && ids.Contains(g.Id) && g.WithdrawnOn != null).ToListAsync(cancel);
        foreach (var row in (object[])[student, .. ties, .. guardians])
        {
            var entry = db.Entry(row);
            entry.Property(nameof(Student.WithdrawnOn)).CurrentValue = null;
            entry.Property(nameof(Student.Version)).CurrentValue = version;
        }

        if (ties.Count > 0)
        {
            db.Publish(new GuardianshipsChanged(
                student.DistrictId, version, now,
                [.. ties.Select(t => new RosterGuardianship(t.StudentId, t.GuardianId, t.Relation, t.LegalStatus, t.ContactOrder, null))]));
        }

        return true;
    }

    private static Task<bool> GoesFromAsync(ArchivesDb db, Transfer transfer, CancellationToken cancel) =>
        db.Set<Enrolment>().AnyAsync(
            e => e.DistrictId == transfer.DistrictId && e.StudentId == transfer.StudentId && e.SchoolId == transfer.FromSchoolId
                && (e.EndsOn == null || e.EndsOn >= transfer.FirstDay), cancel);

    // The leave, or the departure, that somebody comes back from: the last one from a school that is the caller's.
    private static async Task<Transfer?> LeftAsync(
        ArchivesDb db, Caller caller, Guid district, Guid student, CancellationToken cancel)
    {
        var left = await db.Set<Transfer>().AsNoTracking()
            .Where(t => t.DistrictId == district && t.StudentId == student && t.State == TransferState.Accepted
                && (t.Kind == TransferKind.Leave || t.Kind == TransferKind.Out))
            .OrderByDescending(t => t.Id).ToListAsync(cancel);
        return left.Find(transfer => Manages(caller, transfer, transfer.FromSchoolId));
    }

    /// <summary>Whether a school has a class.</summary>
    public static Task<bool> HasClassAsync(ArchivesDb db, Guid school, Guid @class, CancellationToken cancel) =>
        db.Set<Class>().AnyAsync(c => c.SchoolId == school && c.Id == @class && c.WithdrawnOn == null, cancel);

    private static Task<Transfer?> FindAsync(ArchivesDb db, Guid district, Guid id, CancellationToken cancel) =>
        db.Set<Transfer>().SingleOrDefaultAsync(transfer => transfer.DistrictId == district && transfer.Id == id, cancel);

    private static bool Manages(Caller caller, Transfer transfer, Guid? school) =>
        school is not null && caller.With(Permission.TransferManage)
            .Any(grant => grant.DistrictId == transfer.DistrictId && (grant.SchoolId is null || grant.SchoolId == school));

    /// <summary>For what two schools and the district's roster have to do with: only after the caller's right to it is established.</summary>
    public static Task ActForDistrictAsync(ArchivesDb db, Guid district, CancellationToken cancel) =>
        ActAsync(db, TenantScope.Of([district]), cancel);

    private static async Task ActAsync(ArchivesDb db, TenantScope scope, CancellationToken cancel)
    {
        await using var batch = scope.Batch((NpgsqlConnection)db.Database.GetDbConnection());
        await batch.ExecuteNonQueryAsync(cancel);
    }
}
