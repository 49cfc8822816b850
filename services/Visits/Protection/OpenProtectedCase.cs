using System.Diagnostics;
using System.Text.Json;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Visits.Emergencies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Visits.Protection;

/// <summary>A suspected harm as it is reported: student and kind suffice.</summary>
/// <param name="StudentId">The student, of any class of the school.</param>
/// <param name="Kind">What is suspected.</param>
/// <param name="FamilySuspected">Whether the family may be the source.</param>
/// <param name="Note">In words, up to 4,000 characters.</param>
public sealed record ProtectedCaseRequest(Guid StudentId, HarmKind Kind, bool FamilySuspected = false, string? Note = null);

/// <summary>That a report has arrived, and what to do now; it names no case, for it is not the reporter's to follow.</summary>
/// <param name="ReceivedAt">When.</param>
/// <param name="DoNow">What to do at once.</param>
/// <param name="Tell">Whom to tell.</param>
/// <param name="LeadIds">The school's named leads.</param>
public sealed record ProtectionReceipt(
    DateTimeOffset ReceivedAt, IReadOnlyList<InstructionText> DoNow, IReadOnlyList<ContactText> Tell,
    IReadOnlyList<Guid> LeadIds);

/// <summary>Something to do, in the caller's language.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Text">For people.</param>
public sealed record InstructionText(string Code, string Text);

/// <summary>An authority, in the caller's language.</summary>
/// <param name="Authority">Which.</param>
/// <param name="Name">Its name.</param>
/// <param name="Phone">Its number, when the district has entered it.</param>
public sealed record ContactText(Authority Authority, string Name, string? Phone);

/// <summary>
/// Opens a protected case (VIS-17): by any of the staff, with nobody's approval, about any child of the school. It announces
/// nothing, changes no appointment and leaves no trace where others look.
/// </summary>
internal static class OpenProtectedCase
{
    private const int LongestNote = 4_000;

    public static void MapOpenProtectedCase(this IEndpointRouteBuilder api) =>
        api.MapPost("/protected-cases", ReportAsync).Unseen().Command(Permission.ConcernReport).WithName("OpenProtectedCase");

    /// <summary>No metric and no trace tells that the endpoint was called.</summary>
    public static RouteHandlerBuilder Unseen(this RouteHandlerBuilder endpoint) =>
        endpoint.DisableHttpMetrics().AddEndpointFilter((invocation, next) =>
        {
            if (Activity.Current is { } activity)
                activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return next(invocation);
        });

    /// <summary>Opens a case about a child, within a command's transaction.</summary>
    public static async Task<ProtectionReceipt> OpenAsync(
        VisitsDb db, KeyVault vault, AuditTrail audit, Caller caller, ChildOnRoll child, CaseContent content, DateTimeOffset now,
        HttpContext http, CancellationToken cancel)
    {
        audit.KeepApart();
        var id = Guid.CreateVersion7(now);
        var json = JsonSerializer.SerializeToUtf8Bytes(content, Json.Options);
        var opened = db.Add(new ProtectedCase
        {
            SchoolId = child.SchoolId,
            Id = id,
            DistrictId = child.DistrictId,
            OpenedAt = now,
            Content = await CaseAccess.SealAsync(
                vault, child.DistrictId, child.SchoolId, id, ProtectedCase.ContentOf(id), json, cancel),
        }).Entity;
        var first = new EntryContent(CaseEntryKind.Opened, now, caller.Name, child.By, Previous: null);
        await db.WriteAsync(vault, opened, after: null, first, cancel);
        var leads = await db.Set<ProtectionLead>().Where(lead => lead.SchoolId == child.SchoolId)
            .Select(lead => lead.StaffId).ToArrayAsync(cancel);
        var chinese = Language.IsChinese(http);
        var policy = child.Policy.Protection;
        return new ProtectionReceipt(
            now, [.. policy.DoNow.Select(todo => Text(todo, chinese))],
            [.. policy.Tell.Select(c => new ContactText(c.Authority, chinese ? c.Zh : c.En, c.Phone))], leads);
    }

    /// <summary>An instruction in a language.</summary>
    public static InstructionText Text(Instruction todo, bool chinese) => new(todo.Code, chinese ? todo.Zh : todo.En);

    private static async Task<Results<Created<ProtectionReceipt>, Problem>> ReportAsync(
        ProtectedCaseRequest request, VisitsDb db, KeyVault vault, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var mistakes = new Mistakes();
        var note = mistakes.OptionalText("note", request.Note, LongestNote);
        if (mistakes.Refusal is { } invalid)
            return invalid;
        if (await ChildOnRoll.FindAsync(
            db, current.Caller, Permission.ConcernReport, request.StudentId, anyClass: true, now, cancel) is not { } child)
        {
            return (Problem)Failures.NotFound;
        }

        var content = new CaseContent(
            child.StudentId, request.Kind, request.FamilySuspected, note, current.Caller.Name, child.By);
        return TypedResults.Created(
            (string?)null, await OpenAsync(db, vault, audit, current.Caller, child, content, now, http, cancel));
    }
}
