using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HomeSchool.Archives.Compliance;

/// <summary>When the law's workflows are due. Section <c>Compliance</c> of the configuration.</summary>
public sealed class ComplianceDeadlines
{
    /// <summary>Hours from noticing a breach to its notices, 1–720; the law says at once (PIPL 57).</summary>
    public int BreachNoticeHours { get; set; } = 24;

    /// <summary>The month of the next year at whose end the yearly audit is filed, 1–12.</summary>
    public int AuditFiledByEndOfMonth { get; set; } = 1;
}

/// <summary>A case to be opened.</summary>
/// <param name="Kind">Which workflow.</param>
/// <param name="Title">What it is about, 1–200 characters, without names.</param>
/// <param name="Year">For a yearly audit, which calendar year.</param>
/// <param name="NoticedAt">For a breach, when it was noticed.</param>
public sealed record CaseRequest(CaseKind Kind, string Title, int? Year = null, DateTimeOffset? NoticedAt = null);

/// <summary>What a part says, or why it is not needed: one of the two.</summary>
/// <param name="Text">1–8,000 characters.</param>
/// <param name="NotNeededBecause">1–1,000 characters, where the law lets it be left out.</param>
public sealed record CasePartRequest(string? Text = null, string? NotNeededBecause = null);

/// <summary>A case in a list.</summary>
/// <param name="Id">The case.</param>
/// <param name="Kind">Which workflow.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Year">Of a yearly audit.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="Overdue">Whether that is over.</param>
/// <param name="Missing">How many parts it lacks.</param>
/// <param name="ClosedAt">When it was closed.</param>
/// <param name="KeepUntil">Until when it must be kept.</param>
public sealed record CaseRow(
    Guid Id, CaseKind Kind, string Title, int? Year, DateTimeOffset OpenedAt, DateTimeOffset? DueAt, bool Overdue, int Missing,
    DateTimeOffset? ClosedAt, DateOnly? KeepUntil);

/// <summary>A case.</summary>
/// <param name="Case">As in a list.</param>
/// <param name="Parts">All that it must say, in order.</param>
/// <param name="Documents">What comes of it, by the names in addresses.</param>
public sealed record CaseBody(CaseRow Case, IReadOnlyList<CasePartBody> Parts, IReadOnlyList<CaseDocumentBody> Documents);

/// <summary>A part of a case.</summary>
/// <param name="Key">Its name in addresses.</param>
/// <param name="Title">Its title.</param>
/// <param name="Source">The article that asks for it.</param>
/// <param name="MayBeNotNeeded">Whether a reason can stand in its place.</param>
/// <param name="Written">What stands there; <see langword="null"/> while it is missing.</param>
public sealed record CasePartBody(string Key, string Title, string Source, bool MayBeNotNeeded, CasePart? Written);

/// <summary>A document of a case.</summary>
/// <param name="Key">Its name in addresses.</param>
/// <param name="Title">Its title.</param>
public sealed record CaseDocumentBody(string Key, string Title);

/// <summary>The law's workflows (ALL-9): started, filled in, closed, and exported from here.</summary>
internal static class Cases
{
    private const int FirstYear = 2024; // the regulation is in force since 2024-01-01
    private const int LongestTitle = 200;
    private const int LongestText = 8_000;
    private const int LongestReason = 1_000;

    public static void MapCases(this IEndpointRouteBuilder api)
    {
        var cases = api.MapGroup("/districts/{districtId:guid}/compliance-cases");
        cases.MapPost("", Open).WithName("OpenComplianceCase")
            .WithSummary("Starts a breach notice, a yearly audit or an impact assessment.").Command(Permission.ComplianceManage);
        cases.MapGet("", ListAsync).WithName("ListComplianceCases")
            .WithSummary("The district's cases, the newest first; with open=true those not closed.").Query(Permission.ComplianceManage);
        cases.MapGet("/export", ExportAsync).WithName("ExportComplianceCases")
            .WithSummary("All cases with all that they say: lines of JSON.").Query(Permission.ComplianceManage);
        cases.MapGet("/{id:guid}", ReadAsync).WithName("ReadComplianceCase")
            .WithSummary("What a case says, and what it still lacks.").Query(Permission.ComplianceManage);
        cases.MapPut("/{id:guid}/parts/{key}", WriteAsync).WithName("WriteCompliancePart")
            .WithSummary("Writes one part of a case, or why it is not needed.").Command(Permission.ComplianceManage);
        cases.MapPost("/{id:guid}/close", CloseAsync).WithName("CloseComplianceCase")
            .WithSummary("Closes a case that says all that it must; it is kept for three years at least.")
            .Command(Permission.ComplianceManage);
        cases.MapGet("/{id:guid}/documents/{key}", PrintAsync).WithName("PrintComplianceDocument")
            .WithSummary("A document of a case, to be printed and sealed.").Command(Permission.ComplianceManage).Sensitive(); // for its audit row
    }

    private static Results<Created<CaseRow>, Problem> Open(
        Guid districtId, CaseRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        IOptions<ComplianceDeadlines> deadlines, HttpContext http)
    {
        if (!Manages(current.Caller, districtId))
            return (Problem)Failures.NotFound;
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var title = mistakes.Text("title", request.Title, LongestTitle);
        if (request.Kind == CaseKind.YearlyAudit)
            mistakes.Range("year", request.Year ?? 0, FirstYear, LocalDay.Of(now).Year);
        if (request.Kind == CaseKind.Breach && (request.NoticedAt is null || request.NoticedAt > now))
            mistakes.Add(ArchivesFailures.NoticedAt.At("noticedAt"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        var year = request.Kind == CaseKind.YearlyAudit ? request.Year : null;
        var noticed = request.Kind == CaseKind.Breach ? request.NoticedAt?.ToUniversalTime() : null;
        var opened = new ComplianceCase
        {
            DistrictId = districtId,
            Id = Guid.CreateVersion7(now),
            Kind = request.Kind,
            Title = title,
            Year = year,
            OpenedAt = now,
            OpenedBy = current.Caller.Name,
            NoticedAt = noticed,
            DueAt = noticed?.AddHours(deadlines.Value.BreachNoticeHours)
                ?? (year is { } of ? LocalDay.Start(FiledBy(of, deadlines.Value)) : null),
        };
        db.Add(opened);
        audit.About("compliance-case", opened.Id, districtId, null);
        ETag.Set(http, opened.Version);
        return TypedResults.Created(
            $"/api/archives/districts/{districtId}/compliance-cases/{opened.Id}", RowOf(opened, now));
    }

    private static async Task<Results<Ok<Page<CaseRow>>, Problem>> ListAsync(
        Guid districtId, bool? open, Choice<CaseKind>? kind, string? after, int? size, ArchivesDb db, CurrentCaller current,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!Cursor.TryRead<Guid?>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        if (!Manages(current.Caller, districtId))
            return (Problem)Failures.NotFound;
        var (take, now) = (Cursor.Size(size), clock.GetUtcNow());
        var wanted = kind?.Value;
        var rows = await db.Set<ComplianceCase>().AsNoTracking()
            .Where(c => c.DistrictId == districtId && (open == null || (c.ClosedAt == null) == open)
                && (wanted == null || c.Kind == wanted) && (last == null || c.Id < last))
            .OrderByDescending(c => c.Id).Take(take + 1).ToListAsync(cancel);
        return TypedResults.Ok(Page.From([.. rows.Select(row => RowOf(row, now))], take, row => row.Id));
    }

    private static async Task<Results<Ok<CaseBody>, Problem>> ReadAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, districtId, id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        ETag.Set(http, found.Version);
        return TypedResults.Ok(BodyOf(found, clock.GetUtcNow(), Language.IsChinese(http)));
    }

    private static async Task<Results<NoContent, Problem>> WriteAsync(
        Guid districtId, Guid id, string key, CasePartRequest request, ArchivesDb db, CurrentCaller current, AuditTrail audit,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, districtId, id, cancel) is not { } found
            || CaseForm.Of(found.Kind).Parts.FirstOrDefault(part => part.Key == key) is not { } form)
        {
            return (Problem)Failures.NotFound;
        }

        var mistakes = new Mistakes();
        var reason = mistakes.OptionalText("notNeededBecause", request.NotNeededBecause, LongestReason);
        var text = reason is null ? mistakes.Text("text", request.Text, LongestText) : null;
        if (reason is not null && (request.Text is not null || !form.MayBeNotNeeded))
            mistakes.Add(ArchivesFailures.PartNeeded.At("notNeededBecause"));
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (ETag.Mismatch(http, found.Version) is { } stale)
            return (Problem)stale;
        if (found.Write(key, new CasePart(text, reason, clock.GetUtcNow(), current.Caller.Name)) is { } refused)
            return (Problem)refused;
        audit.About("compliance-case", id, districtId, null, key);
        ETag.Set(http, found.Version);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<CaseRow>, Problem>> CloseAsync(
        Guid districtId, Guid id, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (await FindAsync(db, current.Caller, districtId, id, cancel) is not { } found)
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, found.Version) is { } stale)
            return (Problem)stale;
        if (found.Close(now) is { } refused)
            return refused;
        audit.About("compliance-case", id, districtId, null);
        ETag.Set(http, found.Version);
        return TypedResults.Ok(RowOf(found, now));
    }

    private static async Task<Results<CaseDocument, Problem>> PrintAsync(
        Guid districtId, Guid id, string key, ArchivesDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        if (await FindAsync(db, current.Caller, districtId, id, cancel) is not { } found
            || CaseForm.Of(found.Kind).Documents.FirstOrDefault(document => document.Key == key) is not { } form)
        {
            return (Problem)Failures.NotFound;
        }

        audit.About("compliance-case", id, districtId, null);
        return new CaseDocument(found, form, LocalDay.Today(clock));
    }

    private static async Task<Results<JsonLines<CaseBody>, Problem>> ExportAsync(
        Guid districtId, ArchivesDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (!Manages(current.Caller, districtId))
            return (Problem)Failures.NotFound;
        var (now, chinese) = (clock.GetUtcNow(), Language.IsChinese(http));
        var cases = await db.Set<ComplianceCase>().AsNoTracking().Where(c => c.DistrictId == districtId).OrderBy(c => c.Id)
            .ToListAsync(cancel);
        return new JsonLines<CaseBody>([.. cases.Select(found => BodyOf(found, now, chinese))]);
    }

    private static bool Manages(Caller caller, Guid district) =>
        caller.ScopeOf(Permission.ComplianceManage).Districts.Contains(district);

    private static Task<ComplianceCase?> FindAsync(
        ArchivesDb db, Caller caller, Guid district, Guid id, CancellationToken cancel) =>
        Manages(caller, district)
            ? db.Set<ComplianceCase>().SingleOrDefaultAsync(c => c.DistrictId == district && c.Id == id, cancel)
            : Task.FromResult<ComplianceCase?>(null);

    // The first day after the last on which the audit of a year may be filed.
    private static DateOnly FiledBy(int year, ComplianceDeadlines deadlines) =>
        new DateOnly(year + 1, deadlines.AuditFiledByEndOfMonth, 1).AddMonths(1);

    private static CaseRow RowOf(ComplianceCase row, DateTimeOffset now) => new(
        row.Id, row.Kind, row.Title, row.Year, row.OpenedAt, row.DueAt, row.IsOverdue(now), row.Missing.Count(), row.ClosedAt,
        row.KeepUntil);

    private static CaseBody BodyOf(ComplianceCase found, DateTimeOffset now, bool chinese)
    {
        var form = CaseForm.Of(found.Kind);
        return new CaseBody(
            RowOf(found, now),
            [
                .. form.Parts.Select(part => new CasePartBody(
                    part.Key, chinese ? part.Zh : part.En, part.Source, part.MayBeNotNeeded, found.Parts.GetValueOrDefault(part.Key))),
            ],
            [.. form.Documents.Select(document => new CaseDocumentBody(document.Key, chinese ? document.Zh : document.En))]);
    }
}
