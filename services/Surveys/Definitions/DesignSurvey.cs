using System.Text.Json;
using System.Text.Json.Nodes;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Definitions;

/// <summary>A definition to work on. Give it as it is kept here, or in the JSON form of SurveyJS.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school whose it is; without one it is the district's.</param>
/// <param name="Kind">What it is about. Visit satisfaction and family intake are asked as they are ready-made.</param>
/// <param name="Content">What it asks.</param>
/// <param name="SurveyJs">What it asks, as SurveyJS writes it.</param>
public sealed record DesignRequest(
    Guid DistrictId, SurveyKind Kind, Guid? SchoolId = null, Definition? Content = null, JsonElement? SurveyJs = null);

/// <summary>A change of what a definition asks.</summary>
/// <param name="Content">What it asks.</param>
/// <param name="SurveyJs">What it asks, as SurveyJS writes it.</param>
public sealed record DesignChange(Definition? Content = null, JsonElement? SurveyJs = null);

/// <summary>A definition.</summary>
/// <param name="Id">Which; <see langword="null"/> for a ready-made one.</param>
/// <param name="SchoolId">The school whose it is; <see langword="null"/> for the district's, and for ready-made ones.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Version">Grows with every change.</param>
/// <param name="Content">What it asks.</param>
public sealed record DesignBody(Guid? Id, Guid? SchoolId, SurveyKind Kind, int Version, Definition Content);

/// <summary>Designing surveys (SUR-1): what comes ready-made, and what a school or district designs, here or in SurveyJS.</summary>
internal static class DesignSurvey
{
    public static void MapDesignSurvey(this IEndpointRouteBuilder api)
    {
        api.MapGet("/ready-made", ListReadyMade).Query(Permission.SurveyManage).WithName("ListReadyMadeSurveys");
        api.MapGet("/definitions", ListAsync).Query(Permission.SurveyManage).WithName("ListSurveyDefinitions");
        api.MapPost("/definitions", AddAsync).Command(Permission.SurveyManage).WithName("DesignSurvey");
        api.MapGet("/definitions/{id:guid}", ReadAsync).Query(Permission.SurveyManage).WithName("ReadSurveyDefinition");
        api.MapPut("/definitions/{id:guid}", ChangeAsync).Command(Permission.SurveyManage).WithName("ChangeSurveyDefinition");
        api.MapGet("/definitions/{id:guid}/surveyjs", ExportAsync).Query(Permission.SurveyManage).WithName("ExportSurveyDefinition");
    }

    private static Ok<DesignBody[]> ListReadyMade() => TypedResults.Ok(
        ReadyMade.All.OrderBy(one => one.Key).Select(one => new DesignBody(null, null, one.Key, 1, one.Value)).ToArray());

    private static async Task<Results<Ok<Page<DesignBody>>, Problem>> ListAsync(
        SurveysDb db, CurrentCaller current, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var limit = Cursor.Size(size);
        var designs = await Visible(db, current).Where(design => design.Id > last).OrderBy(design => design.Id).Take(limit + 1)
            .ToListAsync(cancel);
        return TypedResults.Ok(Page.From(designs.ConvertAll(BodyOf), limit, design => design.Id));
    }

    private static async Task<Results<Ok<DesignBody>, Problem>> ReadAsync(
        Guid id, SurveysDb db, CurrentCaller current, HttpContext http, CancellationToken cancel)
    {
        if (await Visible(db, current).SingleOrDefaultAsync(design => design.Id == id, cancel) is not { } design)
            return (Problem)Failures.NotFound;
        ETag.Set(http, design.Version);
        return TypedResults.Ok(BodyOf(design));
    }

    private static async Task<Results<Ok<JsonObject>, Problem>> ExportAsync(
        Guid id, SurveysDb db, CurrentCaller current, CancellationToken cancel) =>
        await Visible(db, current).SingleOrDefaultAsync(design => design.Id == id, cancel) is { } design
            ? TypedResults.Ok(SurveyJs.Write(design.Content))
            : (Problem)Failures.NotFound;

    private static Results<Created<DesignBody>, Problem> AddAsync(
        DesignRequest request, SurveysDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, HttpContext http)
    {
        if (!SurveyReach.Of(current, Permission.SurveyManage).Covers(request.DistrictId, request.SchoolId))
            return (Problem)Failures.NotFound;
        if (request.Kind == SurveyKind.VisitSatisfaction)
            return (Problem)SurveysFailures.OpensByItself;
        if (request.Kind == SurveyKind.FamilyIntake)
            return (Problem)SurveysFailures.IntakeIsReadyMade;
        var (content, mistakes) = ContentOf(request.Content, request.SurveyJs);
        if (content is null || mistakes.Count > 0)
            return Problem.Of(mistakes);
        var design = new Design
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            DistrictId = request.DistrictId,
            SchoolId = request.SchoolId,
            Kind = request.Kind,
            Content = content,
        };
        db.Add(design);
        audit.About("survey-definition", design.Id, design.DistrictId, design.SchoolId);
        ETag.Set(http, design.Version);
        return TypedResults.Created($"/api/surveys/definitions/{design.Id}", BodyOf(design));
    }

    private static async Task<Results<Ok<DesignBody>, Problem>> ChangeAsync(
        Guid id, DesignChange request, SurveysDb db, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel)
    {
        var (content, mistakes) = ContentOf(request.Content, request.SurveyJs);
        if (content is null || mistakes.Count > 0)
            return Problem.Of(mistakes);
        var design = await db.Designs.SingleOrDefaultAsync(d => d.Id == id, cancel);
        if (design is null || !SurveyReach.Of(current, Permission.SurveyManage).Covers(design.DistrictId, design.SchoolId))
            return (Problem)Failures.NotFound;
        if (ETag.Mismatch(http, design.Version) is { } stale)
            return (Problem)stale;
        design.Content = content;
        design.Version++;
        audit.About("survey-definition", id, design.DistrictId, design.SchoolId);
        ETag.Set(http, design.Version);
        return TypedResults.Ok(BodyOf(design));
    }

    // A class's teacher sees the designs of the school and the district, since she may open them for her class; changing them is theirs.
    private static IQueryable<Design> Visible(SurveysDb db, CurrentCaller current)
    {
        var reach = SurveyReach.Of(current, Permission.SurveyManage);
        var schools = reach.Schools.Concat(reach.ClassSchools).ToArray();
        var homes = current.Caller.With(Permission.SurveyManage).Select(grant => grant.DistrictId).ToArray();
        return db.Designs.AsNoTracking().Where(design => reach.Districts.Contains(design.DistrictId)
            || (design.SchoolId == null ? homes.Contains(design.DistrictId) : schools.Contains(design.SchoolId.Value)));
    }

    private static (Definition? Content, List<FieldMistake> Mistakes) ContentOf(Definition? content, JsonElement? surveyJs)
    {
        if (content is null == surveyJs is null)
            return (null, [SurveysFailures.ContentNeeded.At("content")]);
        var mistakes = new List<FieldMistake>();
        if (surveyJs is { } survey)
            (content, mistakes) = SurveyJs.Read(survey);
        return (content, content is null ? mistakes : DefinitionCheck.Mistakes(content));
    }

    private static DesignBody BodyOf(Design design) => new(design.Id, design.SchoolId, design.Kind, design.Version, design.Content);
}
