using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Sensitive;

/// <summary>That somebody read.</summary>
/// <param name="Id">The read.</param>
/// <param name="ItemId">What.</param>
/// <param name="ReadAt">When.</param>
/// <param name="Role">Who: the role.</param>
/// <param name="Reader">Who: the name, as long as the staff member is at a school that the caller sees.</param>
/// <param name="Basis">By what right.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Reason">Why, in words; not for guardians, for it may be about others.</param>
public sealed record SensitiveReadRow(
    Guid Id, Guid ItemId, DateTimeOffset ReadAt, Role Role, string? Reader, ReadBasis Basis, ReadPurpose Purpose, string? Reason);

/// <summary>
/// Who read a student's sensitive items (ARC-7), for the officer and the guardian. A guardian is not told of protected cases, nor of
/// reads in a crisis before somebody has reviewed whether that is safe.
/// </summary>
internal static class ListSensitiveReads
{
    public static void MapListSensitiveReads(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{districtId:guid}/students/{studentId:guid}/sensitive-reads", ListAsync)
            .WithName("ListSensitiveReads")
            .WithSummary("Who read the student's sensitive items, when and what for; the newest first.")
            .Command(Permission.ReadLogRead).Sensitive(); // for its audit row: reasons are sensitive, too

    private static async Task<Results<Ok<Page<SensitiveReadRow>>, Problem>> ListAsync(
        Guid districtId, Guid studentId, string? after, int? size, ArchivesDb db, KeyVault vault, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (caller, today) = (current.Caller, LocalDay.Today(clock));
        if (await db.FindOnRollAsync(caller, Permission.ReadLogRead, districtId, studentId, today, cancel) is not { } at)
            return (Problem)Failures.NotFound;
        var asStaff = caller.With(Permission.ReadLogRead).Any(grant => grant.StudentId is null && SensitiveReach.Reaches(grant, at));
        var take = Cursor.Size(size);
        var rows = await (
            from read in db.Set<SensitiveRead>().AsNoTracking()
            where read.SchoolId == at.SchoolId && read.StudentId == studentId && (last == null || read.Id < last)
                && (asStaff || (!read.Protected && (read.Basis != ReadBasis.Emergency || read.ReviewedAt != null)))
            join staff in db.Set<Staff>().AsNoTracking()
                on new { read.DistrictId, Id = read.ReaderId } equals new { staff.DistrictId, Id = (Guid?)staff.Id } into readers
            from reader in readers.DefaultIfEmpty()
            orderby read.Id descending
            select new { Read = read, Name = reader == null ? null : reader.FamilyName + reader.GivenName })
            .Take(take + 1).ToListAsync(cancel);
        var bodies = new List<SensitiveReadRow>(rows.Count);
        foreach (var (read, name) in rows.Select(row => (row.Read, row.Name)))
        {
            var reason = asStaff
                ? await vault.OpenTextAsync(districtId, SensitiveRead.ReasonOf(read.Id), read.Reason, cancel)
                : null;
            bodies.Add(new SensitiveReadRow(
                read.Id, read.ItemId, read.ReadAt, read.Role, name, read.Basis, read.Purpose, reason));
        }

        audit.About("student", studentId, districtId, at.SchoolId);
        return TypedResults.Ok(Page.From(bodies, take, body => body.Id));
    }
}
