using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Answering;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using QRCoder;

namespace HomeSchool.Surveys.Rounds;

/// <summary>An open survey and its link.</summary>
/// <param name="Id">The invitation.</param>
/// <param name="RoundId">The round.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="StudentIds">The children it is about.</param>
/// <param name="GuardianId">The guardian who is asked; <see langword="null"/> when the family is.</param>
/// <param name="VisitId">The visit that opened it, if one did.</param>
/// <param name="ClosesAt">Until when it can be answered.</param>
/// <param name="Url">The link; whoever has it answers for the family.</param>
/// <param name="Qr">The same as a QR code, in SVG.</param>
public sealed record HandedSurvey(
    Guid Id, Guid RoundId, SurveyKind Kind, IReadOnlyList<Guid> StudentIds, Guid? GuardianId, Guid? VisitId, DateTimeOffset ClosesAt,
    Uri Url, string Qr);

/// <summary>
/// The links of open surveys: for the teacher to hand over, and for guardians who sign in. Whether one has been answered is not said:
/// only results tell of answers (SUR-4).
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
        Guid? classId = null, Guid? visitId = null, Guid? roundId = null, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (districts, schools, classes, _) = SurveyReach.Of(current, Permission.SurveyRead);
        var now = clock.GetUtcNow();
        var limit = Cursor.Size(size);
        var rows = await Handed(db, db.Invitations.AsNoTracking()
            .Where(i => i.ClosesAt > now && i.Id > last)
            .ResponsibleIn(db, districts, schools, classes)
            .Where(i => (classId == null || i.ClassId == classId || db.MovedClasses.Any(
                    moved => moved.FromSchoolId == i.SchoolId && moved.FromClassId == i.ClassId && moved.ClassId == classId))
                && (visitId == null || i.VisitId == visitId) && (roundId == null || i.RoundId == roundId))
            .OrderBy(i => i.Id).Take(limit + 1)).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(rows.ConvertAll(row => row.With(links)), limit, survey => survey.Id));
    }

    /// <summary>The open surveys about the caller's own children.</summary>
    private static async Task<Ok<List<HandedSurvey>>> ListMineAsync(
        SurveysDb db, CurrentCaller current, SurveyLinks links, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var grants = current.Caller.With(Permission.SurveyAnswer).ToArray();
        var children = grants.Select(grant => grant.StudentId).OfType<Guid>().ToArray();
        var schools = grants.Select(grant => grant.SchoolId).OfType<Guid>().ToArray();
        var guardians = grants.Select(grant => grant.PersonId).OfType<Guid>().ToArray();
        var rows = await Handed(db, db.Invitations.AsNoTracking()
            .Where(i => i.ClosesAt > now && i.StudentIds.Any(student => children.Contains(student)))
            .Where(i => schools.Contains(i.SchoolId) || db.MovedClasses.Any(moved =>
                moved.FromSchoolId == i.SchoolId && moved.FromClassId == i.ClassId && schools.Contains(moved.SchoolId)))
            .Where(i => i.GuardianId == null || guardians.Contains(i.GuardianId.Value))
            .OrderBy(i => i.Id).Take(Cursor.MaximumSize)).ToListAsync(cancel);
        return TypedResults.Ok(rows.ConvertAll(row => row.With(links, isOwn: true)));
    }

    private static IQueryable<Row> Handed(SurveysDb db, IQueryable<Invitation> invitations) =>
        from i in invitations
        join round in db.Rounds on new { i.SchoolId, Id = i.RoundId } equals new { round.SchoolId, round.Id }
        orderby i.Id
        select new Row(i.SchoolId, i.Id, i.RoundId, round.Kind, i.StudentIds, i.GuardianId, i.VisitId, i.ClosesAt);

    private sealed record Row(
        Guid SchoolId, Guid Id, Guid RoundId, SurveyKind Kind, Guid[] StudentIds, Guid? GuardianId, Guid? VisitId, DateTimeOffset ClosesAt)
    {
        // Who signs in as the guardian may also change the answer.
        public HandedSurvey With(SurveyLinks links, bool isOwn = false)
        {
            var url = isOwn ? links.ToChange(SchoolId, Id) : links.To(SchoolId, Id);
            using var code = QRCodeGenerator.GenerateQrCode(url.AbsoluteUri, QRCodeGenerator.ECCLevel.M);
            using var svg = new SvgQRCode(code);
            return new HandedSurvey(Id, RoundId, Kind, StudentIds, GuardianId, VisitId, ClosesAt, url, svg.GetGraphic(4));
        }
    }
}
