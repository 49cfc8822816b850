using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Anonymity;
using HomeSchool.Surveys.Definitions;
using HomeSchool.Surveys.Policies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Rounds;

/// <summary>Opens a survey for the families of a place.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="Privacy">Who learns whose an answer is (SUR-4).</param>
/// <param name="ClosesAt">Until when it can be answered: in an hour to 180 days.</param>
/// <param name="SchoolId">The school; without one the whole district is asked.</param>
/// <param name="ClassId">The class; without one, all.</param>
/// <param name="Grade">The grade; without one, all.</param>
/// <param name="DefinitionId">What is asked.</param>
/// <param name="ReadyMade">What is asked, instead: the kind of a ready-made definition.</param>
/// <param name="RemindAt">When families that have not answered are reminded, once; without it they are not.</param>
/// <param name="MayChange">Whether an answer can be changed until it closes; never an anonymous one (SUR-3).</param>
public sealed record RoundRequest(
    Guid DistrictId, SurveyPrivacy Privacy, DateTimeOffset ClosesAt, Guid? SchoolId = null, Guid? ClassId = null, string? Grade = null,
    Guid? DefinitionId = null, SurveyKind? ReadyMade = null, DateTimeOffset? RemindAt = null, bool MayChange = true);

/// <summary>A round.</summary>
/// <param name="Id">The round.</param>
/// <param name="SchoolId">The school; <see langword="null"/> when several are asked.</param>
/// <param name="ClassId">The class that is asked; <see langword="null"/> for more than one.</param>
/// <param name="Grade">The grade that is asked; <see langword="null"/> for all.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Privacy">Who learns whose an answer is.</param>
/// <param name="Title">What it is called.</param>
/// <param name="DefinitionId">The design that was opened; <see langword="null"/> for a ready-made one.</param>
/// <param name="DefinitionVersion">The version of it, frozen with the round.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="ClosesAt">Until when it can be answered; <see langword="null"/> for visit satisfaction.</param>
/// <param name="Closed">Whether results are as they will stay.</param>
public sealed record RoundBody(
    Guid Id, Guid? SchoolId, Guid? ClassId, string? Grade, SurveyKind Kind, SurveyPrivacy Privacy, Wording Title, Guid? DefinitionId,
    int DefinitionVersion, DateTimeOffset OpenedAt, DateTimeOffset? ClosesAt, bool Closed);

/// <summary>Opening a round for a class, a grade, a school or a district, and ending it before its time.</summary>
internal static class OpenRound
{
    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(180);

    public static void MapRounds(this IEndpointRouteBuilder api)
    {
        api.MapPost("/rounds", OpenAsync).Command(Permission.SurveyManage).WithName("OpenSurveyRound");
        api.MapPost("/rounds/{id:guid}/close", CloseAsync).Command(Permission.SurveyManage).WithName("CloseSurveyRound");
        api.MapGet("/rounds", ListAsync).Query(Permission.SurveyRead).WithName("ListSurveyRounds");
    }

    private static async Task<Results<Created<RoundBody>, Problem>> OpenAsync(
        RoundRequest request, SurveysDb db, BatchKeys batches, CurrentCaller current, AuditTrail audit, TimeProvider clock,
        CancellationToken cancel)
    {
        var reach = SurveyReach.Of(current, Permission.SurveyManage);
        if (!reach.Covers(request.DistrictId, request.SchoolId) && !(request.ClassId is { } own && reach.Classes.Contains(own)))
            return (Problem)Failures.NotFound;
        var now = clock.GetUtcNow();
        if (Refusal(request, batches, now) is { } refused)
            return refused;
        if (await ContentAsync(request, db, cancel) is not var (kind, content, version))
            return (Problem)Failures.NotFound;
        if (kind == SurveyKind.FamilyIntake && request.Privacy != SurveyPrivacy.Named)
            return (Problem)SurveysFailures.IntakeIsNamed;
        var schools = await SchoolsAsync(request, db, cancel);
        if (schools.Count == 0)
            return (Problem)Failures.NotFound;

        var policy = (await db.Policies.AsNoTracking().SingleOrDefaultAsync(p => p.DistrictId == request.DistrictId, cancel))?.Settings;
        var id = Guid.CreateVersion7(now);
        var rounds = schools.ConvertAll(school => new Round
        {
            SchoolId = school,
            Id = id,
            DistrictId = request.DistrictId,
            Kind = kind,
            Privacy = request.Privacy,
            Definition = content,
            DesignId = request.DefinitionId,
            DesignVersion = version,
            ClassId = request.ClassId,
            Grade = request.Grade,
            DistrictWide = request.SchoolId is null,
            OpenedAt = now,
            RemindAt = request.RemindAt?.ToUniversalTime(),
            ClosesAt = request.ClosesAt.ToUniversalTime(),
            MayChange = request.MayChange && request.Privacy != SurveyPrivacy.Anonymous,
            SmallestCell = (policy ?? new SurveyPolicy()).SmallestCell,
        });
        db.AddRange(rounds);
        audit.About("survey-round", id, request.DistrictId, request.SchoolId);
        return TypedResults.Created($"/api/surveys/rounds/{id}", BodyOf(rounds[0], schools.Count == 1 ? schools[0] : null));
    }

    /// <summary>
    /// Ends a round now, in all schools that the caller may end it for. Of a class that has moved it is for the school that has the
    /// class now: that one ends the class's invitations, and the round is over at the school that opened it when none is open.
    /// </summary>
    private static async Task<Results<NoContent, Problem>> CloseAsync(
        Guid id, SurveysDb db, CurrentCaller current, AuditTrail audit, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (districts, schools, classes, _) = SurveyReach.Of(current, Permission.SurveyManage);
        var visible = await db.Rounds.Where(r => r.Id == id && r.Kind != SurveyKind.VisitSatisfaction).ToListAsync(cancel);
        if (visible.Count == 0)
            return (Problem)Failures.NotFound;
        // A class's teacher ends what was opened for the class alone.
        var ofClass = visible[0].ClassId is null ? [] : classes;
        var at = visible.ConvertAll(round => round.SchoolId);
        var invitations = db.Invitations.Where(i => at.Contains(i.SchoolId) && i.RoundId == id)
            .ResponsibleIn(db, districts, schools, ofClass);
        var rounds = visible.FindAll(round => districts.Contains(round.DistrictId) || schools.Contains(round.SchoolId)
            || (round.ClassId is { } one && classes.Contains(one)));
        if (rounds.Count == 0 && !await invitations.AnyAsync(cancel))
            return (Problem)Failures.NotFound;
        foreach (var round in rounds.Where(round => round.ClosesAt > now))
            round.ClosesAt = now;
        // The rounds first: a school that is being invited in this moment holds its round until the invitations are there to be ended.
        await db.SaveChangesAsync(cancel);
        await invitations.Where(i => i.ClosesAt > now).ExecuteUpdateAsync(i => i.SetProperty(one => one.ClosesAt, now), cancel);
        audit.About("survey-round", id, visible[0].DistrictId, rounds.Count == 1 ? rounds[0].SchoolId : null);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<RoundBody>>, Problem>> ListAsync(
        SurveysDb db, CurrentCaller current, CancellationToken cancel, int? size = null, string? after = null)
    {
        if (!Cursor.TryRead<Guid>(after, out var last))
            return (Problem)Failures.CursorInvalid;
        var (districts, schools, classes, ofClasses) = SurveyReach.Of(current, Permission.SurveyRead);
        var limit = Cursor.Size(size);
        // One row of each: a district's round has one in every school. Of those the one that is open longest, so that it is closed when all are.
        var rounds = await db.Rounds.FromSql(
            $"""
            SELECT DISTINCT ON (id) * FROM survey_round
            WHERE id > {last} AND (district_id = ANY ({districts}) OR school_id = ANY ({schools})
                OR (school_id = ANY ({ofClasses}) AND (class_id IS NULL OR class_id = ANY ({classes})))
                -- What asked a class, before it came from another school, until it is closed.
                OR (closed_at IS NULL AND EXISTS (
                    SELECT FROM moved_class m
                    JOIN invitation i ON i.school_id = m.from_school_id AND i.round_id = survey_round.id
                        AND i.class_id = m.from_class_id
                    WHERE m.from_school_id = survey_round.school_id
                        AND (m.school_id = ANY ({schools}) OR m.class_id = ANY ({classes})))))
            ORDER BY id, closed_at DESC NULLS FIRST, closes_at DESC, school_id LIMIT {limit + 1}
            """).AsNoTracking().ToListAsync(cancel);
        var ids = rounds.ConvertAll(round => round.Id);
        var ofSeveral = await db.Rounds.Where(r => ids.Contains(r.Id)).GroupBy(r => r.Id).Where(of => of.Count() > 1)
            .Select(of => of.Key).ToListAsync(cancel);
        return TypedResults.Ok(Page.From(
            rounds.ConvertAll(round => BodyOf(round, ofSeveral.Contains(round.Id) ? null : round.SchoolId)), limit, round => round.Id));
    }

    private static Problem? Refusal(RoundRequest request, BatchKeys batches, DateTimeOffset now)
    {
        if ((request.SchoolId is null && (request.ClassId is not null || request.Grade is not null))
            || (request.ClassId is not null && request.Grade is not null)
            || request.Grade is { } grade && (grade.Length is 0 or > 40 || grade.Any(char.IsControl)))
        {
            return Problem.Of([SurveysFailures.ScopeUnfit.At("schoolId")]);
        }

        if (request.DefinitionId is null == request.ReadyMade is null)
            return Problem.Of([SurveysFailures.NothingToOpen.At("definitionId")]);
        if (request.ClosesAt < now + Shortest || request.ClosesAt > now + Longest || request.RemindAt <= now
            || request.RemindAt >= request.ClosesAt)
        {
            return Problem.Of([SurveysFailures.ClosingTime.At("closesAt")]);
        }

        if (request.ReadyMade == SurveyKind.VisitSatisfaction)
            return SurveysFailures.OpensByItself;
        if (request.ReadyMade == SurveyKind.Designed)
            return Problem.Of([SurveysFailures.NothingToOpen.At("readyMade")]);
        return request.Privacy == SurveyPrivacy.Anonymous && !batches.AreKept ? (Problem)SurveysFailures.NoBatchKeys : null;
    }

    private static async Task<(SurveyKind Kind, Definition Content, int Version)?> ContentAsync(
        RoundRequest request, SurveysDb db, CancellationToken cancel)
    {
        if (request.ReadyMade is { } readyMade)
            return (readyMade, ReadyMade.All[readyMade], 1);
        var design = await db.Designs.AsNoTracking().SingleOrDefaultAsync(
            d => d.Id == request.DefinitionId && d.DistrictId == request.DistrictId
                && (d.SchoolId == null || d.SchoolId == request.SchoolId), cancel);
        return design is null ? null : (design.Kind, design.Content, design.Version);
    }

    private static Task<List<Guid>> SchoolsAsync(RoundRequest request, SurveysDb db, CancellationToken cancel) =>
        request.ClassId is { } one
            ? db.Classes.Where(c => c.DistrictId == request.DistrictId && c.SchoolId == request.SchoolId && c.ClassId == one
                    && c.WithdrawnOn == null)
                .Select(c => c.SchoolId).ToListAsync(cancel)
            : db.Schools.Where(s => s.DistrictId == request.DistrictId && s.WithdrawnOn == null
                    && (request.SchoolId == null || s.SchoolId == request.SchoolId))
                .OrderBy(s => s.SchoolId).Select(s => s.SchoolId).ToListAsync(cancel);

    private static RoundBody BodyOf(Round round, Guid? school) => new(
        round.Id, school, round.ClassId, round.Grade, round.Kind, round.Privacy, round.Definition.Title, round.DesignId,
        round.DesignVersion, round.OpenedAt, round.ClosesAt, round.ClosedAt is not null);
}
