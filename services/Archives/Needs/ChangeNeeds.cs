using System.Text;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>What support a student needs from now on; what is left out is as with most students.</summary>
/// <param name="Reason">Why, 1–500 characters.</param>
/// <param name="Academic">How learning goes.</param>
/// <param name="Conduct">How conduct goes.</param>
/// <param name="Circumstances">What the family lives with, each once.</param>
/// <param name="PsychologicallySensitive">心理敏感.</param>
public sealed record NeedsRequest(
    string Reason, AcademicTier Academic = AcademicTier.Typical, ConductTier Conduct = ConductTier.Typical,
    IReadOnlyList<FamilyCircumstance>? Circumstances = null, bool PsychologicallySensitive = false);

/// <summary>Whose tiers still hold.</summary>
/// <param name="StudentIds">Students of the school, 1–500, each once.</param>
public sealed record ReconfirmRequest(IReadOnlyList<Guid> StudentIds);

/// <summary>What one tap did.</summary>
/// <param name="Reconfirmed">Whose tiers hold longer now.</param>
/// <param name="Unchanged">Who has none, or whose held that long already.</param>
public sealed record Reconfirmation(IReadOnlyList<Guid> Reconfirmed, IReadOnlyList<Guid> Unchanged);

/// <summary>Changes what support a student needs, or says in one tap that it still holds (ARC-4).</summary>
internal static class ChangeNeeds
{
    private const int LongestReason = 500;

    public static void MapChangeNeeds(this IEndpointRouteBuilder api)
    {
        api.MapPut("/districts/{districtId:guid}/students/{studentId:guid}/needs", ChangeAsync)
            .WithName("ChangeNeeds")
            .WithSummary("Changes the tiers of a student, to the end of the term; the history keeps what was.")
            .Command(Permission.NeedWrite);
        api.MapPost("/schools/{schoolId:guid}/needs/reconfirm", ReconfirmAsync)
            .WithName("ReconfirmNeeds")
            .WithSummary("Says that tiers still hold: to the end of this term, in its last weeks to the end of the next.")
            .Command(Permission.NeedWrite);
    }

    private static async Task<Results<NoContent, Problem>> ChangeAsync(
        Guid districtId, Guid studentId, NeedsRequest request, ArchivesDb db, KeyVault vault, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        var reason = mistakes.Text("reason", request.Reason, LongestReason);
        var circumstances = request.Circumstances ?? [];
        if (circumstances.Distinct().Count() != circumstances.Count)
            mistakes.Add(Failures.List.At("circumstances", 0, Enum.GetValues<FamilyCircumstance>().Length));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var today = LocalDay.Of(now);
        if (await db.FindOnRollAsync(caller, Permission.NeedWrite, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        if (caller.PersonAt(Permission.NeedWrite, at) is not { } author)
            return (Problem)ArchivesFailures.NamesNobody;
        if (await db.TermsFromAsync(districtId, today, cancel) is not [var term, ..])
            return (Problem)NeedFailures.NoTerm;

        await db.LockCadencesAsync(districtId, [studentId], cancel);
        var standing = await Standing.OfAsync(db, at, today, cancel);
        var before = await db.Set<StudentNeeds>().AsNoTracking().Newest()
            .SingleOrDefaultAsync(n => n.SchoolId == at.SchoolId && n.StudentId == studentId, cancel);
        if (ETag.Mismatch(http, before?.Version ?? 0) is { } stale)
            return (Problem)stale;
        var id = Guid.CreateVersion7(now);
        var sealedReason = await vault.SealAsync(
            new Subject(districtId, at.SchoolId, studentId), StudentNeeds.ReasonOf(id), Encoding.UTF8.GetBytes(reason), cancel);
        if (sealedReason is null)
            return (Problem)Failures.Erased;
        var tiers = new Tiers(request.Academic, request.Conduct, circumstances, request.PsychologicallySensitive);
        var needs = StudentNeeds.Of(id, at, tiers, sealedReason, author, term.EndsOn, before, now);
        db.Add(needs);
        await TermOutcomes.BeginAsync(db, term, [needs], new Dictionary<Guid, Guid?> { [studentId] = at.ClassId }, now, cancel);

        var settings = await db.NeedSettingsAsync(districtId, cancel);
        db.Publish(new SupportNeedsChanged(districtId, at.SchoolId, Standing.VersionAt(now), now, 1));
        db.Publish((standing with { Needs = needs }).Announce(settings, clock.GetUtcNow()));
        audit.About("student", studentId, districtId, at.SchoolId);
        ETag.Set(http, needs.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Reconfirmation>, Problem>> ReconfirmAsync(
        Guid schoolId, ReconfirmRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var mistakes = new Mistakes();
        mistakes.Ids("studentIds", request.StudentIds, 1, Cursor.MaximumSize);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var (caller, now) = (current.Caller, clock.GetUtcNow());
        var (today, students) = (LocalDay.Of(now), request.StudentIds);
        var onRoll = await db.Set<Enrolment>().AsNoTracking()
            .Where(e => e.SchoolId == schoolId && students.Contains(e.StudentId)
                && e.StartsOn <= today && (e.EndsOn == null || e.EndsOn >= today))
            .ToListAsync(cancel);
        var reached = onRoll.FindAll(e => caller.Reaches(Permission.NeedWrite, e));
        var at = students.Select(student => reached.Find(e => e.StudentId == student)).ToArray();
        if (Array.Exists(at, e => e is null))
            return (Problem)Failures.NotFound;
        if (caller.PersonAt(Permission.NeedWrite, at[0]!) is not { } author)
            return (Problem)ArchivesFailures.NamesNobody;
        var district = at[0]!.DistrictId;
        var terms = await db.TermsFromAsync(district, today, cancel);
        if (terms.Count == 0)
            return (Problem)NeedFailures.NoTerm;

        await db.LockCadencesAsync(district, students, cancel);
        var settings = await db.NeedSettingsAsync(district, cancel);
        var standings = await Standing.OfAsync(db, district, schoolId, students, today, cancel);
        var newest = await db.Set<StudentNeeds>().AsNoTracking().Newest()
            .Where(n => n.SchoolId == schoolId && students.Contains(n.StudentId)).ToListAsync(cancel);
        var reconfirmed = new List<StudentNeeds>();
        foreach (var before in newest.Where(n => n.Tiers.Any))
        {
            var until = before.Reconfirmed(terms, settings.ReconfirmDays, today);
            if (until == before.HoldsUntil)
                continue;
            var enrolment = at.First(e => e!.StudentId == before.StudentId)!;
            reconfirmed.Add(StudentNeeds.Of(Guid.CreateVersion7(now), enrolment, before.Tiers, null, author, until, before, now));
        }

        db.AddRange(reconfirmed);
        foreach (var ofTerm in reconfirmed.GroupBy(needs => needs.HoldsUntil))
        {
            await TermOutcomes.BeginAsync(
                db, terms.Find(term => term.EndsOn == ofTerm.Key)!, [.. ofTerm],
                at.ToDictionary(e => e!.StudentId, e => e!.ClassId), now, cancel);
        }

        if (reconfirmed.Count > 0)
            db.Publish(new SupportNeedsChanged(district, schoolId, Standing.VersionAt(now), now, reconfirmed.Count));
        await db.PublishAsync(
            [
                .. reconfirmed.Select(needs =>
                    ((standings.Find(s => s.StudentId == needs.StudentId)
                        ?? new Standing(district, schoolId, needs.StudentId, null, null, false)) with { Needs = needs })
                    .Announce(settings, clock.GetUtcNow())),
            ],
            cancel);
        audit.About("student", null, district, schoolId, $"{reconfirmed.Count}");
        Guid[] held = [.. reconfirmed.Select(needs => needs.StudentId)];
        return TypedResults.Ok(new Reconfirmation(held, [.. students.Except(held)]));
    }
}

/// <summary>Who the caller is to a student.</summary>
internal static class CallersAt
{
    /// <summary>Whether one of the caller's roles with a permission reaches a student where he is enrolled.</summary>
    public static bool Reaches(this Caller caller, Permission permission, Enrolment at) =>
        caller.With(permission).Any(grant => SensitiveReach.Reaches(grant, at));

    /// <summary>The caller's person in the roles that reach a student; <see langword="null"/> when the account names nobody.</summary>
    public static Guid? PersonAt(this Caller caller, Permission permission, Enrolment at) =>
        caller.With(permission).Where(grant => SensitiveReach.Reaches(grant, at)).Select(grant => grant.PersonId)
            .FirstOrDefault(person => person is not null);

    /// <summary>
    /// Whether the caller may learn of psychological sensitivity and read reasons: the homeroom teacher and the counselor may, those who
    /// supervise them see the other tiers.
    /// </summary>
    public static bool SeesReasons(this Caller caller, Enrolment at) =>
        caller.With(Permission.NeedWrite).Any(grant => SensitiveReach.Reaches(grant, at));
}
