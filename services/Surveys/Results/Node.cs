using HomeSchool.Contracts;
using HomeSchool.Contracts.Surveys;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Surveys.Rounds;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>Where results are asked for.</summary>
public enum ResultNode
{
    /// <summary>A class.</summary>
    Class,

    /// <summary>A school.</summary>
    School,

    /// <summary>The district.</summary>
    District,
}

/// <summary>A node, as far as the caller reaches: what is beyond is not there.</summary>
/// <param name="Level">What it is.</param>
/// <param name="Id">Which.</param>
/// <param name="Reach">Where the caller may see results.</param>
internal sealed record Node(ResultNode Level, Guid Id, SurveyReach Reach)
{
    /// <summary>The node that a request names; <see langword="null"/> when it names none.</summary>
    public static Node? Of(string? level, Guid? id, CurrentCaller current) =>
        Enum.TryParse<ResultNode>(level, ignoreCase: true, out var known) && Enum.IsDefined(known) && id is { } place
            ? new Node(known, place, SurveyReach.Of(current, Permission.SurveyRead))
            : null;

    /// <summary>The classes in it.</summary>
    public IQueryable<Cell> Cells(SurveysDb db) => db.Set<Cell>().AsNoTracking()
        .Where(cell => Level == ResultNode.Class ? cell.ClassId == Id
            : Level == ResultNode.School ? cell.SchoolId == Id : cell.DistrictId == Id)
        .Where(cell => Reach.Districts.Contains(cell.DistrictId)
            || (Level != ResultNode.District && Reach.Schools.Contains(cell.SchoolId))
            || (Level == ResultNode.Class && Reach.Classes.Contains(cell.ClassId)));

    /// <summary>Its totals; a class has none but its cell.</summary>
    public IQueryable<RoundTotal> Totals(SurveysDb db) => db.Set<RoundTotal>().AsNoTracking()
        .Where(total => Level == ResultNode.School
            ? total.SchoolId == Id && (Reach.Districts.Contains(total.DistrictId) || Reach.Schools.Contains(total.SchoolId))
            : total.SchoolId == Guid.Empty && total.DistrictId == Id && Reach.Districts.Contains(total.DistrictId));

    /// <summary>A round at the school; of a district, at the first of its schools: all are asked the same.</summary>
    public IQueryable<Round> Rounds(SurveysDb db, Series series) => series.Rounds(db)
        .Where(round => Level == ResultNode.School ? round.SchoolId == Id : round.DistrictId == Id).OrderBy(round => round.SchoolId).Take(1);
}

/// <summary>Which round is asked about: one, or of visit satisfaction, which has a round in each school, a term, or all of them.</summary>
/// <param name="RoundId">The round.</param>
/// <param name="TermId">Without a round, the term of visit satisfaction; <see langword="null"/> for all.</param>
internal sealed record Series(Guid? RoundId, Guid? TermId)
{
    /// <summary>Its rounds, at most one a school and term.</summary>
    public IQueryable<Round> Rounds(SurveysDb db) => RoundId is { } id
        ? db.Rounds.AsNoTracking().Where(round => round.Id == id)
        : db.Rounds.AsNoTracking()
            .Where(round => round.Kind == SurveyKind.VisitSatisfaction && (TermId == null || round.TermId == TermId));
}
