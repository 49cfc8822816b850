using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HomeSchool.Archives.Roster;

/// <summary>Uploads a roster and checks it: a dry run that shows what would change and changes nothing (ARC-2).</summary>
internal static class ImportRoster
{
    public static void MapImportRoster(this IEndpointRouteBuilder api)
    {
        var limits = api.ServiceProvider.GetRequiredService<IOptions<RosterLimits>>().Value;
        api.MapPost("/districts/{districtId:guid}/imports", HandleAsync)
            .WithName("ImportRoster")
            .WithSummary("Upload a roster (OneRoster, or a Chinese roster sheet): a zip, csv or xlsx, or a form with several files. A dry run. "
                + "With an id of the client's choice, it can be watched and cancelled meanwhile.")
            .Accepts<RosterUpload>("multipart/form-data", "application/zip", "application/x-zip-compressed", "text/csv",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream")
            .WithMetadata(new RequestSizeLimitAttribute(limits.UploadBytes))
            .Command(Permission.RosterImport);
    }

    private static async Task<Results<Created<ImportBody>, Problem>> HandleAsync(
        Guid districtId, Guid? schoolId, Guid? id, RosterUpload upload, ArchivesDb db, NpgsqlDataSource database, CurrentCaller current,
        AuditTrail audit, TimeProvider clock, IOptions<RosterLimits> limits, SheetSecret secret, HttpContext http, CancellationToken cancel)
    {
        if (!current.Caller.ScopeOf(Permission.RosterImport).Districts.Contains(districtId))
            return Failures.NotFound.Because();
        if (schoolId is not null && !await db.Set<School>().AnyAsync(
            school => school.DistrictId == districtId && school.SchoolId == schoolId && school.WithdrawnOn == null, cancel))
        {
            return Failures.NotFound.Because();
        }

        var import = id ?? Guid.CreateVersion7();
        if (await ImportWatch.BeginAsync(database, districtId, import, clock.GetUtcNow(), cancel) is not { } watch)
            return ArchivesFailures.ImportExists.Because();
        // To be seen until the import itself is.
        http.Response.RegisterForDisposeAsync(watch);
        try
        {
            var remarks = upload.Remarks;
            using var package = await RosterPackage.OpenAsync(upload.Files, limits.Value, schoolId, secret.Key, watch, remarks, watch.Cancel);
            if (remarks.Refusals.Count > 0)
                return Refused(ArchivesFailures.RosterRefused, remarks);

            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            var version = await RosterCheck.LockAsync(connection, districtId, watch.Cancel);
            await RosterImport.SupersedeAsync(db, districtId, clock, watch.Cancel);
            var last = await db.Set<RosterImport>().AsNoTracking()
                .Where(before => before.DistrictId == districtId && before.State == ImportState.Confirmed)
                .OrderByDescending(before => before.DecidedAt).FirstOrDefaultAsync(watch.Cancel);
            var report = await RosterCheck.RunAsync(
                connection, db.Model, package, remarks, districtId, import, version + 1,
                last?.LeftVersion == version ? last : null, LocalDay.Today(clock), watch.Cancel);
            if (report is null)
                return Refused(ArchivesFailures.RosterRefused, remarks);

            var row = new RosterImport
            {
                DistrictId = districtId,
                Id = import,
                BaseVersion = version,
                CreatedAt = clock.GetUtcNow(),
                CreatedBy = current.Caller.Name,
                Report = report,
            };
            db.Add(row);
            audit.About("roster-import", import, districtId, null);
            await using var batch = new NpgsqlBatch(connection);
            return TypedResults.Created(
                $"/api/archives/districts/{districtId}/imports/{import}", await ImportBody.OfAsync(row, batch, limits.Value, http, watch.Cancel));
        }
        catch (OperationCanceledException) when (watch.IsCancelled)
        {
            return ArchivesFailures.ImportCancelled.Because();
        }
    }

    /// <summary>Refuses an upload, with the place of each reason.</summary>
    public static Problem Refused(Failure because, RosterRemarks remarks) =>
        new(because, [.. remarks.Refusals.Select(remark => Mistake(remark))]);

    /// <summary>A remark as a mistake of the request, at <c>file:line:column</c>.</summary>
    public static FieldMistake Mistake(RosterRemark remark)
    {
        var text = RosterTexts.Of(remark.Code);
        var place = remark.Line == 0 ? remark.File : $"{remark.File}:{remark.Line}{(remark.Column.Length > 0 ? ":" + remark.Column : "")}";
        return new FieldMistake(
            place, remark.Code,
            text.Reason(true, remark.Value, remark.Detail) + text.Mend(true, remark.Value, remark.Detail),
            text.Reason(false, remark.Value, remark.Detail) + " " + text.Mend(false, remark.Value, remark.Detail));
    }
}
