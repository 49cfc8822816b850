using System.Security.Cryptography;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>
/// Who sees protected cases (VIS-17): the named leads of the school, and whom they have granted one. The policies of the
/// database ask the same, by <c>app.staff</c>, which only this sets: no other query of the service sees a case, whoever asks.
/// </summary>
internal static class CaseAccess
{
    /// <summary>The cases that the caller may read now; within a command's transaction.</summary>
    public static async Task<IQueryable<ProtectedCase>> CasesOfAsync(
        this VisitsDb db, Caller caller, DateTimeOffset now, bool leadsOnly, CancellationToken cancel)
    {
        var (staff, schools) = await TellAsync(db, caller, cancel);
        return db.Set<ProtectedCase>().AsNoTracking().Where(c => schools.Contains(c.SchoolId)
            && (db.Set<ProtectionLead>().Any(lead => lead.SchoolId == c.SchoolId && staff.Contains(lead.StaffId))
                || (!leadsOnly && db.Set<CaseGrant>().Any(grant =>
                    grant.CaseId == c.Id && staff.Contains(grant.StaffId) && grant.Until > now
                    && !db.Set<CaseGrant>().Any(later =>
                        later.CaseId == c.Id && later.StaffId == grant.StaffId && later.Number > grant.Number)))));
    }

    /// <summary>The schools whose named lead the caller is.</summary>
    public static async Task<Guid[]> LedByAsync(this VisitsDb db, Caller caller, CancellationToken cancel)
    {
        var (staff, schools) = PlacesOf(caller);
        return await db.Set<ProtectionLead>().Where(lead => schools.Contains(lead.SchoolId) && staff.Contains(lead.StaffId))
            .Select(lead => lead.SchoolId).Distinct().ToArrayAsync(cancel);
    }

    /// <summary>The lines of a case, oldest first, each of them checked against the one before.</summary>
    public static async Task<(List<CaseEntry> Stored, List<EntryContent> Read, bool Whole)> TrailOfAsync(
        this VisitsDb db, KeyVault vault, ProtectedCase @case, CancellationToken cancel)
    {
        var stored = await db.Set<CaseEntry>().AsNoTracking()
            .Where(entry => entry.SchoolId == @case.SchoolId && entry.CaseId == @case.Id).OrderBy(entry => entry.Number)
            .ToListAsync(cancel);
        var read = new List<EntryContent>();
        var whole = stored.Count > 0;
        byte[]? previous = null;
        foreach (var entry in stored)
        {
            var bytes = await vault.OpenAsync(entry.DistrictId, CaseEntry.ContentOf(entry.Id), entry.Content, cancel)
                ?? throw new CryptographicException("The key of a protected case is destroyed.");
            var content = JsonSerializer.Deserialize<EntryContent>(bytes, Json.Options)!;
            whole &= entry.Number == read.Count + 1 && (content.Previous ?? []).AsSpan().SequenceEqual(previous);
            read.Add(content);
            previous = SHA256.HashData(entry.Content);
        }

        return (stored, read, whole);
    }

    /// <summary>Adds a line; its number.</summary>
    /// <param name="db">The database.</param>
    /// <param name="vault">Seals it.</param>
    /// <param name="case">The case.</param>
    /// <param name="after">The last line; <see langword="null"/> for the first.</param>
    /// <param name="content">What it says, but for the digest.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<int> WriteAsync(
        this VisitsDb db, KeyVault vault, ProtectedCase @case, CaseEntry? after, EntryContent content, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7(content.At);
        var number = (after?.Number ?? 0) + 1;
        var json = JsonSerializer.SerializeToUtf8Bytes(
            content with { Previous = after is null ? null : SHA256.HashData(after.Content) }, Json.Options);
        db.Add(new CaseEntry
        {
            SchoolId = @case.SchoolId,
            CaseId = @case.Id,
            Number = number,
            Id = id,
            DistrictId = @case.DistrictId,
            Content = await SealAsync(vault, @case.DistrictId, @case.SchoolId, @case.Id, CaseEntry.ContentOf(id), json, cancel),
        });
        return number;
    }

    /// <summary>Seals under the case's own key.</summary>
    public static async Task<byte[]> SealAsync(
        KeyVault vault, Guid district, Guid school, Guid id, Place place, byte[] text, CancellationToken cancel) =>
        await vault.SealAsync(ProtectedCase.SubjectOf(district, school, id), place, text, cancel)
            ?? throw new CryptographicException("The key of a protected case is destroyed.");

    /// <summary>Who the caller is at a school.</summary>
    public static Guid? PersonAt(Caller caller, Guid school) =>
        caller.With(Permission.ProtectedCaseRead).FirstOrDefault(grant => grant.SchoolId == school)?.PersonId;

    private static async Task<(Guid[] Staff, Guid[] Schools)> TellAsync(VisitsDb db, Caller caller, CancellationToken cancel)
    {
        var (staff, schools) = PlacesOf(caller);
        var told = staff.Length == 0 ? "" : $"{{{string.Join(',', staff)}}}";
        await db.Database.ExecuteSqlAsync($"SELECT set_config('app.staff', {told}, true)", cancel);
        return (staff, schools);
    }

    private static (Guid[] Staff, Guid[] Schools) PlacesOf(Caller caller)
    {
        var grants = caller.With(Permission.ProtectedCaseRead).ToArray();
        return ([.. grants.Select(grant => grant.PersonId).OfType<Guid>().Distinct()],
            [.. grants.Select(grant => grant.SchoolId).OfType<Guid>().Distinct()]);
    }
}
