using HomeSchool.Archives.Roster;
using HomeSchool.Archives.Search;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Passing;

/// <summary>A student who joins from outside the district.</summary>
/// <param name="FamilyName">Family name, up to 50 characters; may be empty when <paramref name="GivenName"/> is the whole name.</param>
/// <param name="GivenName">Given name, 1–50 characters.</param>
/// <param name="Number">学籍号, 1–19 characters; by it the next upload knows the student.</param>
/// <param name="BirthDate">Date of birth.</param>
/// <param name="FirstDay">The first day at the school: at most 31 days ago and 60 days ahead.</param>
/// <param name="Sex">Sex, if it is known.</param>
/// <param name="ClassId">The class, if it is known.</param>
/// <param name="Guardians">Up to 4, in the order in which they are called.</param>
public sealed record AdmissionRequest(
    string FamilyName, string GivenName, string Number, DateOnly BirthDate, DateOnly FirstDay, Sex? Sex = null, Guid? ClassId = null,
    IReadOnlyList<AdmittedGuardian>? Guardians = null);

/// <summary>A guardian who comes along.</summary>
/// <param name="FamilyName">Family name; may be empty.</param>
/// <param name="GivenName">Given name, 1–50 characters.</param>
/// <param name="Relation">How they are related.</param>
/// <param name="Phone">How to reach them, up to 50 characters.</param>
public sealed record AdmittedGuardian(string FamilyName, string GivenName, GuardianRelation Relation, string? Phone = null);

/// <summary>
/// A school takes a student in from outside the district (转入, ARC-15), before the exporting system says so: applied and announced as a
/// transfer is. The next upload that has the 学籍号 takes the student over under its own id (see Compare.sql) instead of adding another.
/// </summary>
internal static class AdmitStudent
{
    /// <summary>What the ids of those begin with whom no exporting system has named yet.</summary>
    public const string Prefix = "admitted:";

    private const int LongestName = 50;
    private const int LongestNumber = 19;
    private const int LongestPhone = 50;
    private const int MostGuardians = 4;

    public static void MapAdmitStudent(this IEndpointRouteBuilder api) =>
        api.MapPost("/schools/{schoolId:guid}/students", AdmitAsync)
            .WithName("AdmitStudent")
            .WithSummary("Takes a student in from outside the district; the next upload with the same number takes over.")
            .Command(Permission.TransferManage);

    private static async Task<Results<Created<Made>, Problem>> AdmitAsync(
        Guid schoolId, AdmissionRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var (today, now) = (LocalDay.Today(clock), clock.GetUtcNow());
        if (await db.Set<School>().AsNoTracking()
                .SingleOrDefaultAsync(s => s.SchoolId == schoolId && s.WithdrawnOn == null, cancel) is not { DistrictId: var district }
            || !current.Caller.With(Permission.TransferManage).Any(
                grant => grant.DistrictId == district && (grant.SchoolId is null || grant.SchoolId == schoolId)))
        {
            return (Problem)Failures.NotFound;
        }

        var mistakes = new Mistakes();
        var (family, given) = (
            mistakes.OptionalText("familyName", request.FamilyName, LongestName) ?? "",
            mistakes.Text("givenName", request.GivenName, LongestName));
        var number = mistakes.Text("number", request.Number, LongestNumber).ToUpperInvariant();
        var lower = number.ToLowerInvariant(); // as some exporting systems write the check digit
        if (request.BirthDate > today || request.BirthDate < today.AddYears(-30))
            mistakes.Add(ArchivesFailures.DayOutOfRange.At("birthDate", today.AddYears(-30), today));
        if (request.FirstDay < today.AddDays(-Transfers.DaysBack) || request.FirstDay > today.AddDays(Transfers.DaysAhead))
        {
            mistakes.Add(ArchivesFailures.DayOutOfRange.At(
                "firstDay", today.AddDays(-Transfers.DaysBack), today.AddDays(Transfers.DaysAhead)));
        }

        if (request.ClassId is { } @class && !await Transfers.HasClassAsync(db, schoolId, @class, cancel))
            mistakes.Add(ArchivesFailures.NotThere.At("classId"));
        var guardians = request.Guardians ?? [];
        if (guardians.Count > MostGuardians)
            mistakes.Add(Failures.List.At("guardians", 0, MostGuardians));
        AdmittedGuardian[] adults =
        [
            .. guardians.Select((adult, i) => adult with
            {
                FamilyName = mistakes.OptionalText($"guardians[{i}].familyName", adult.FamilyName, LongestName) ?? "",
                GivenName = mistakes.Text($"guardians[{i}].givenName", adult.GivenName, LongestName),
                Phone = mistakes.OptionalText($"guardians[{i}].phone", adult.Phone, LongestPhone),
            }),
        ];
        if (mistakes.Refusal is { } invalid)
            return invalid;

        await Transfers.ActForDistrictAsync(db, district, cancel);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var version = await RosterCheck.LockAsync(connection, district, cancel) + 1;
        // Also who has left: with the number comes the archive, by a transfer, a return or the next upload.
        if (await db.Set<Student>().AnyAsync(
            s => s.DistrictId == district && (s.Number == number || s.Number == lower || s.SourceId == number || s.SourceId == Prefix + number), cancel))
        {
            return (Problem)PassingFailures.NumberTaken;
        }

        var student = new Student
        {
            DistrictId = district,
            Id = Guid.CreateVersion7(now),
            SourceId = Prefix + number,
            FamilyName = family,
            GivenName = given,
            Number = number,
            BirthDate = request.BirthDate,
            Sex = request.Sex,
            Version = version,
        };
        db.Add(student);
        Guardianship[] ties = [.. adults.Select((adult, i) => Tie(db, student, adult, i, now))];
        var transfer = new Transfer
        {
            DistrictId = district,
            Id = Guid.CreateVersion7(now),
            StudentId = student.Id,
            Kind = TransferKind.In,
            ToSchoolId = schoolId,
            FirstDay = request.FirstDay,
            ProposedAt = now,
        };
        db.Add(transfer);
        if (await Transfers.ApplyAsync(db, transfer, request.ClassId, clock, cancel) is { } refused)
            return (Problem)refused;
        await StudentSearch.FollowAsync(connection, district, version, cancel);
        if (ties.Length > 0)
        {
            db.Publish(new GuardianshipsChanged(
                district, version, now,
                [.. ties.Select(t => new RosterGuardianship(t.StudentId, t.GuardianId, t.Relation, t.LegalStatus, t.ContactOrder, null))]));
        }

        audit.About("transfer", transfer.Id, district, schoolId);
        return TypedResults.Created($"/api/archives/districts/{district}/students/{student.Id}", new Made(student.Id));
    }

    private static Guardianship Tie(ArchivesDb db, Student student, AdmittedGuardian adult, int place, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        var guardian = new Guardian
        {
            DistrictId = student.DistrictId,
            Id = id,
            SourceId = $"{Prefix}{id:N}",
            FamilyName = adult.FamilyName,
            GivenName = adult.GivenName,
            Phone = adult.Phone,
            Version = student.Version,
        };
        db.Add(guardian);
        return db.Add(new Guardianship
        {
            DistrictId = student.DistrictId,
            Id = Guid.CreateVersion7(now),
            StudentId = student.Id,
            GuardianId = guardian.Id,
            Relation = adult.Relation,
            LegalStatus = adult.Relation == GuardianRelation.Relative ? LegalStatus.Caregiver : LegalStatus.Guardian,
            ContactOrder = place + 1,
            Version = student.Version,
        }).Entity;
    }
}
