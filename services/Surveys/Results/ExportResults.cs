using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Auditing;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.ServiceDefaults.Sheets;
using HomeSchool.Surveys.Definitions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Surveys.Results;

/// <summary>
/// The results of a round as a table (SUR-5): a row for each option of each question, of the district, its schools and their classes, as
/// far as the caller reaches. It shows what <see cref="ReadResults"/> shows and hides what that hides (SUR-4).
/// </summary>
internal static class ExportResults
{
    private static readonly Wording[] Columns =
    [
        new("范围", "Level"), new("学校", "School"), new("年级", "Grade"), new("班级", "Class"), new("学校编号", "School id"),
        new("班级编号", "Class id"), new("应答数", "Invited"), new("答卷数", "Answers"), new("回收率", "Response rate"),
        new("题目编号", "Question id"), new("题目", "Question"), new("平均分", "Mean"), new("净推荐值", "NPS"), new("选项编号", "Option id"),
        new("选项", "Option"), new("次数", "Times"), new("占比", "Share"),
    ];

    public static void MapExportResults(this IEndpointRouteBuilder api) =>
        api.MapGet("/results.{format:regex(^(csv|xlsx)$)}", ExportAsync)
            .WithName("ExportSurveyResults")
            .WithSummary("Results of a round by class, school and district as .csv or .xlsx; logged.")
            .Command(Permission.SurveyRead);

    private static async Task<Results<PushStreamHttpResult, Problem>> ExportAsync(
        string format, SurveysDb db, CurrentCaller current, AuditTrail audit, HttpContext http, CancellationToken cancel,
        Guid? roundId = null, Guid? termId = null)
    {
        if (roundId is null == termId is null)
            return Problem.Of([SurveysFailures.RoundNeeded.At("roundId")]);
        var reach = SurveyReach.Of(current, Permission.SurveyRead);
        var series = new Series(roundId, termId);
        var cells =
            from cell in db.Set<Cell>().AsNoTracking()
            join round in series.Rounds(db) on new { cell.SchoolId, Id = cell.RoundId } equals new { round.SchoolId, round.Id }
            where reach.Districts.Contains(cell.DistrictId) || reach.Schools.Contains(cell.SchoolId) || reach.Classes.Contains(cell.ClassId)
            orderby cell.SchoolId, cell.ClassId
            select new { Cell = cell, Round = round };
        if (await cells.Select(one => one.Round).FirstOrDefaultAsync(cancel) is not { } asked)
            return (Problem)Failures.NotFound;
        audit.About("survey-results", roundId ?? termId, asked.DistrictId, reach.Covers(asked.DistrictId, null) ? null : asked.SchoolId);
        var chinese = Language.IsChinese(http);
        return Sheet.Answer(Enum.Parse<SheetFormat>(format, ignoreCase: true), "survey-results", async sheet =>
        {
            await sheet.WriteAsync([.. Columns.Select(column => column.In(chinese))], cancel);
            var id = asked.TermId ?? asked.Id;
            var totals = db.Set<RoundTotal>().AsNoTracking().Where(total => total.SeriesId == id && total.DistrictId == asked.DistrictId);
            var district = await totals.Where(total => total.SchoolId == Guid.Empty && reach.Districts.Contains(total.DistrictId))
                .ToListAsync(cancel);
            if (district.Count > 0)
            {
                await WriteAsync(
                    new Place(ResultNode.District), district.Sum(total => total.Invited), district.Sum(total => total.Shown),
                    Figures.Sum(district.SelectMany(total => Totals.Read(total.Counts))));
            }

            var schools =
                from total in totals
                join school in db.Schools on total.SchoolId equals school.SchoolId into known
                from school in known.DefaultIfEmpty()
                where reach.Districts.Contains(total.DistrictId) || reach.Schools.Contains(total.SchoolId)
                where total.SchoolId != Guid.Empty
                orderby total.SchoolId
                select new { Total = total, Name = school == null ? null : school.Name };
            await foreach (var one in schools.AsAsyncEnumerable().WithCancellation(cancel))
            {
                await WriteAsync(
                    new Place(ResultNode.School, one.Total.SchoolId, one.Name), one.Total.Invited, one.Total.Shown,
                    Totals.Read(one.Total.Counts));
            }

            var classes =
                from one in cells
                join school in db.Schools on one.Cell.SchoolId equals school.SchoolId into knownSchools
                from school in knownSchools.DefaultIfEmpty()
                join @class in db.Classes on new { one.Cell.SchoolId, one.Cell.ClassId } equals new { @class.SchoolId, @class.ClassId }
                    into knownClasses
                from @class in knownClasses.DefaultIfEmpty()
                orderby one.Cell.SchoolId, one.Cell.ClassId
                select new
                {
                    one.Cell.SchoolId,
                    one.Cell.ClassId,
                    one.Cell.Invited,
                    one.Cell.Shown,
                    School = school == null ? null : school.Name,
                    Class = @class == null ? null : @class.Name,
                    Grade = @class == null ? null : @class.Grade,
                    Counts = db.Set<CellCount>()
                        .Where(count => count.SchoolId == one.Cell.SchoolId && count.RoundId == one.Cell.RoundId
                            && count.ClassId == one.Cell.ClassId && count.Shown > 0)
                        .Select(count => new OptionCount(count.QuestionId, count.Option, count.Shown)).ToList(),
                };
            await foreach (var one in classes.AsAsyncEnumerable().WithCancellation(cancel))
            {
                await WriteAsync(
                    new Place(ResultNode.Class, one.SchoolId, one.School, one.ClassId, one.Class, one.Grade), one.Invited, one.Shown,
                    one.Counts);
            }

            async Task WriteAsync(Place place, int invited, int shown, IEnumerable<OptionCount> counts)
            {
                foreach (var row in Rows(place, Figures.Of(asked.Definition, invited, shown, counts), asked.Definition, chinese))
                    await sheet.WriteAsync(row, cancel);
            }
        });
    }

    // One row where nothing is shown, so that nobody looks for the class that is missing.
    private static IEnumerable<object?[]> Rows(Place place, SurveyResults results, Definition asked, bool chinese)
    {
        object?[] node =
        [
            place.Level switch
            {
                ResultNode.Class => chinese ? "班级" : "class",
                ResultNode.School => chinese ? "学校" : "school",
                _ => chinese ? "区县" : "district",
            },
            place.School, place.Grade, place.Class, $"{place.SchoolId}", $"{place.ClassId}", results.Invited, results.Answers,
            results.ResponseRate,
        ];
        if (results.Questions.Count == 0)
            return [node];
        var questions = asked.Counted().ToDictionary(question => question.Id, StringComparer.Ordinal);
        return results.Questions.SelectMany(question => question.Distribution.Select(option => (object?[])
        [
            .. node, question.Id, questions[question.Id].TextIn(chinese), question.Mean, question.Nps, option.Key,
            questions[question.Id].OptionIn(option.Key, chinese), option.Value, (double)option.Value / question.Given,
        ]));
    }

    private sealed record Place(
        ResultNode Level, Guid? SchoolId = null, string? School = null, Guid? ClassId = null, string? Class = null, string? Grade = null);
}
