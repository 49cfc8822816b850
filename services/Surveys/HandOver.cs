using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using QRCoder;

namespace HomeSchool.Surveys;

/// <summary>An open survey and its link.</summary>
/// <param name="Id">The invitation.</param>
/// <param name="VisitId">The visit that opened it.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
/// <param name="Url">The link; whoever has it answers for the family.</param>
/// <param name="Qr">The same as a QR code, in SVG.</param>
public sealed record HandedSurvey(Guid Id, Guid VisitId, DateTimeOffset ClosesAt, Uri Url, string Qr);

/// <summary>
/// The links of open surveys: for the teacher to hand over, and for guardians who sign in. Whether one has been answered is not said:
/// the survey is confidential (SUR-4).
/// </summary>
internal static class HandOver
{
    public static void MapHandOver(this IEndpointRouteBuilder api)
    {
        api.MapGet("/invitations", ListAsync).Query(Permission.SurveyRead).WithName("ListSurveyInvitations");
        api.MapGet("/mine", ListMineAsync).Query(Permission.SurveyAnswer).WithName("ListMySurveys");
    }

    private static async Task<Results<Ok<Page<HandedSurvey>>, Problem>> ListAsync(
        SurveysDb db, CurrentCaller current, SurveyLinks links, TimeProvider clock, CancellationToken cancel,
        Guid? classId = null, Guid? visitId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var grants = current.Caller.With(Permission.SurveyRead).ToArray();
        var districts = grants.Where(grant => grant.SchoolId is null).Select(grant => grant.DistrictId).ToArray();
        var schools = grants.Where(grant => grant is { SchoolId: not null, ClassId: null }).Select(grant => grant.SchoolId!.Value).ToArray();
        var classes = grants.Where(grant => grant.ClassId is not null).Select(grant => grant.ClassId!.Value).ToArray();
        var now = clock.GetUtcNow();
        var limit = Cursor.Size(size);
        var rows = await db.Invitations.AsNoTracking()
            .Where(i => i.ClosesAt > now && i.Id > last)
            .Where(i => districts.Contains(i.DistrictId) || schools.Contains(i.SchoolId) || classes.Contains(i.ClassId))
            .Where(i => (classId == null || i.ClassId == classId) && (visitId == null || i.VisitId == visitId))
            .OrderBy(i => i.Id).Take(limit + 1)
            .Select(i => new { i.Id, i.SchoolId, i.VisitId, i.ClosesAt })
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            rows.ConvertAll(i => Handed(links, i.SchoolId, i.Id, i.VisitId, i.ClosesAt)), limit, survey => survey.Id));
    }

    /// <summary>The open surveys about the caller's own children.</summary>
    private static async Task<Ok<List<HandedSurvey>>> ListMineAsync(
        SurveysDb db, CurrentCaller current, SurveyLinks links, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var grants = current.Caller.With(Permission.SurveyAnswer).ToArray();
        var children = grants.Select(grant => grant.StudentId).OfType<Guid>().ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var rows = await db.Invitations.AsNoTracking()
            .Where(i => schools.Contains(i.SchoolId) && i.ClosesAt > now && i.StudentIds.Any(student => children.Contains(student)))
            .OrderBy(i => i.Id).Take(Cursor.MaximumSize)
            .Select(i => new { i.Id, i.SchoolId, i.VisitId, i.ClosesAt })
            .ToListAsync(cancel);
        return TypedResults.Ok(rows.ConvertAll(i => Handed(links, i.SchoolId, i.Id, i.VisitId, i.ClosesAt)));
    }

    private static HandedSurvey Handed(SurveyLinks links, Guid school, Guid invitation, Guid visit, DateTimeOffset closes)
    {
        var url = links.To(school, invitation);
        using var code = QRCodeGenerator.GenerateQrCode(url.AbsoluteUri, QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(code);
        return new HandedSurvey(invitation, visit, closes, url, svg.GetGraphic(4));
    }
}
