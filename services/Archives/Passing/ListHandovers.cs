using HomeSchool.Archives.Family;
using HomeSchool.Archives.Sensitive;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HomeSchool.Archives.Passing;

/// <summary>A handover in a list.</summary>
/// <param name="Id">The handover.</param>
/// <param name="StudentId">The student.</param>
/// <param name="FamilyName">Family name.</param>
/// <param name="GivenName">Given name.</param>
/// <param name="FromStaffId">The homeroom teacher before, if there was one.</param>
/// <param name="ToStaffId">Who is to accept.</param>
/// <param name="StartsOn">The first day with the next teacher.</param>
/// <param name="DueOn">The day by which it should be accepted; the policy's <c>handoverDays</c> after the first.</param>
/// <param name="AcceptedAt">When it was accepted.</param>
/// <param name="SensitiveItems">How many sensitive items the school holds.</param>
public sealed record HandoverRow(
    Guid Id, Guid StudentId, string? FamilyName, string? GivenName, Guid? FromStaffId, Guid ToStaffId, DateOnly StartsOn, DateOnly DueOn,
    DateTimeOffset? AcceptedAt, int SensitiveItems);

/// <summary>Handovers of a school, and one on paper (ARC-14, ALL-7).</summary>
internal static class ListHandovers
{
    public static void MapListHandovers(this IEndpointRouteBuilder api)
    {
        api.MapGet("/schools/{schoolId:guid}/handovers", ListAsync)
            .WithName("ListHandovers")
            .WithSummary("Open handovers of a school, the oldest first; a homeroom teacher sees the own ones of students in the class.")
            .Query(Permission.HandoverRead);
        api.MapGet("/districts/{districtId:guid}/handovers/{id:guid}/sheet", PrintAsync)
            .WithName("PrintHandoverSheet")
            .WithSummary("The handover sheet on A4; says that sensitive items exist, and nothing of them.")
            .Command(Permission.HandoverRead).Sensitive(); // for its audit row
    }

    private static async Task<Results<Ok<Page<HandoverRow>>, Problem>> ListAsync(
        Guid schoolId, bool? overdue, bool? accepted, string? after, int? size, ArchivesDb db, CurrentCaller current, TimeProvider clock,
        CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.HandoverRead).Where(grant => grant.SchoolId == schoolId).ToArray();
        if (grants.Length == 0)
            return TypedResults.Ok(Page.From(new List<HandoverRow>(), 1, row => row.Id));
        var all = grants.Any(grant => grant.ClassId is null);
        var own = grants.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var classes = grants.Select(grant => grant.ClassId).OfType<Guid>().ToArray();
        var today = LocalDay.Today(clock);
        var days = ((await db.SensitivePolicyAsync(grants[0].DistrictId, cancel))?.Settings ?? new SensitiveSettings()).HandoverDays;
        var dueBefore = today.AddDays(-days);
        var take = Cursor.Size(size);
        var rows = await (
            from handover in db.Set<Handover>().AsNoTracking()
            where handover.SchoolId == schoolId
                && (all || (own.Contains(handover.ToStaffId) && db.Set<Enrolment>().Any(e => e.SchoolId == schoolId
                    && e.StudentId == handover.StudentId && e.ClassId != null && classes.Contains(e.ClassId.Value)
                    && (e.EndsOn == null || e.EndsOn >= today))))
                && handover.AcceptedAt != null == (accepted == true)
                && (overdue != true || handover.StartsOn < dueBefore) && (last == null || handover.Id > last)
            join student in db.Set<Student>().AsNoTracking()
                on new { handover.DistrictId, Id = handover.StudentId } equals new { student.DistrictId, student.Id } into students
            from student in students.DefaultIfEmpty()
            orderby handover.Id
            select new HandoverRow(
                handover.Id, handover.StudentId, student.FamilyName, student.GivenName, handover.FromStaffId, handover.ToStaffId,
                handover.StartsOn, handover.StartsOn.AddDays(days), handover.AcceptedAt,
                db.Set<SensitiveItem>().Count(item => item.SchoolId == schoolId && item.StudentId == handover.StudentId)))
            .Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows, take, row => row.Id));
    }

    private static async Task<Results<HandoverSheet, Problem>> PrintAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, CurrentTenancy tenancy, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var today = LocalDay.Today(clock);
        var found = await (
            from handover in db.Set<Handover>().AsNoTracking()
            where handover.DistrictId == districtId && handover.Id == id
            join student in db.Set<Student>().AsNoTracking()
                on new { handover.DistrictId, Id = handover.StudentId } equals new { student.DistrictId, student.Id }
            select new
            {
                Handover = handover,
                Student = student,
                School = db.Set<School>().Where(school => school.SchoolId == handover.SchoolId)
                    .Select(school => school.Name).FirstOrDefault(),
                Class = (
                    from enrolment in db.Set<Enrolment>()
                    where enrolment.SchoolId == handover.SchoolId && enrolment.StudentId == handover.StudentId
                        && enrolment.StartsOn <= handover.StartsOn && (enrolment.EndsOn == null || enrolment.EndsOn >= handover.StartsOn)
                    join @class in db.Set<Class>() on new { enrolment.SchoolId, Id = enrolment.ClassId }
                        equals new { @class.SchoolId, Id = (Guid?)@class.Id }
                    select @class.Title).FirstOrDefault(),
                From = db.Set<Staff>().Where(staff => staff.DistrictId == districtId && staff.Id == handover.FromStaffId)
                    .Select(staff => staff.FamilyName + staff.GivenName).FirstOrDefault(),
                To = db.Set<Staff>().Where(staff => staff.DistrictId == districtId && staff.Id == handover.ToStaffId)
                    .Select(staff => staff.FamilyName + staff.GivenName).FirstOrDefault(),
                Classes = db.Set<Enrolment>()
                    .Where(e => e.SchoolId == handover.SchoolId && e.StudentId == handover.StudentId && e.ClassId != null
                        && (e.EndsOn == null || e.EndsOn >= today)).Select(e => e.ClassId).ToList(),
                SensitiveItems = db.Set<SensitiveItem>()
                    .Count(item => item.SchoolId == handover.SchoolId && item.StudentId == handover.StudentId),
            }).SingleOrDefaultAsync(cancel);
        if (found is null || !current.Caller.With(Permission.HandoverRead).Any(grant => grant.SchoolId == found.Handover.SchoolId
            && (grant.ClassId is null || (grant.PersonId == found.Handover.ToStaffId && found.Classes.Contains(grant.ClassId)))))
        {
            return (Problem)Failures.NotFound;
        }

        var standings = await db.StandingsAsync(districtId, [found.Student.Id], cancel);
        var ids = standings.Select(standing => standing.Guardianship.GuardianId).ToArray();
        var names = await db.Set<Guardian>().AsNoTracking().Where(g => g.DistrictId == districtId && ids.Contains(g.Id))
            .ToDictionaryAsync(g => g.Id, g => g.FamilyName + g.GivenName, cancel);
        var guardians = standings.Where(standing => names.ContainsKey(standing.Guardianship.GuardianId))
            .Select(standing => (names[standing.Guardianship.GuardianId], standing.RightsOn(today))).ToArray();
        var owned = await CountAsync(db, tenancy.Scope, found.Handover, cancel);
        audit.About("handover", id, districtId, found.Handover.SchoolId);
        return new HandoverSheet(
            found.Handover, found.Student, found.School, found.Class, found.From, found.To, guardians, owned, found.SensitiveItems,
            today);
    }

    // What the former teacher had in hand, table by table.
    private static async Task<List<(OwnedTable Table, long Rows)>> CountAsync(
        ArchivesDb db, TenantScope scope, Handover of, CancellationToken cancel)
    {
        await db.Database.OpenConnectionAsync(cancel);
        await using var batch = scope.Batch((NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var table in ArchivesDb.HandedOver)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"""
                SELECT count(*) FROM {table.Table} t
                WHERE t.district_id = $1 AND t.school_id = $2 AND t.student_id = $3 AND {table.Open}
                """)
            {
                Parameters = { new() { Value = of.DistrictId }, new() { Value = of.SchoolId }, new() { Value = of.StudentId } },
            });
        }

        var counts = new List<(OwnedTable Table, long Rows)>();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        foreach (var table in ArchivesDb.HandedOver)
        {
            await reader.NextResultAsync(cancel);
            await reader.ReadAsync(cancel);
            counts.Add((table, reader.GetInt64(0)));
        }

        return counts;
    }
}
