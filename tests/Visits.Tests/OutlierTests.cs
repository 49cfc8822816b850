using HomeSchool.Contracts;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Records;
using HomeSchool.Visits.WorkList;

namespace HomeSchool.Visits.Tests;

/// <summary>Unusual records, to talk about.</summary>
[Trait("Rule", "INS-5")]
public sealed class OutlierTests(VisitsSystem system)
{
    [Fact]
    public async Task Equal_texts_of_a_teacher_are_shown_to_the_officer_and_to_nobody_else()
    {
        var district = await system.CreateDistrictAsync();
        using var teacher = system.As(district.Teacher(district.One.A));
        var visits = new List<Guid>();
        foreach (var (text, i) in new[] { "聊了学习习惯。", "聊了 学习习惯", "孩子喜欢画画" }.Select((text, i) => (text, i)))
        {
            var visit = await teacher.ScheduleAsync(new VisitRequest(
                [district.One.A.Students[i + 1]], VisitMode.Video, Http.Now.AddHours(i + 1), VisitKind.Emergency));
            var record = new RecordRequest(text, "每天阅读", GuardianFeedback.Satisfied, HeldAt: Http.Now.AddMinutes(-1));
            await teacher.OnAsync(visit.Id, "complete", record, version: 1).ShouldSucceedAsync();
            visits.Add(visit.Id);
        }

        var path = $"/api/visits/outliers?schoolId={district.One.Id}";
        using var officer = system.As(district.AtSchool(Role.MoralEducationOfficer, district.One));
        var found = (await officer.GetAsync<Page<Outlier>>(path)).Items.ShouldHaveSingleItem();
        (found.Kind, found.TeacherId).ShouldBe((OutlierKind.EqualText, district.One.A.Teacher));
        found.VisitIds.Order().ShouldBe(visits[..2].Order());
        (await system.As(district.AtSchool(Role.MoralEducationOfficer, district.Two)).GetAsync<Page<Outlier>>(path)).Items.ShouldBeEmpty();
        foreach (var other in new[] { district.Teacher(district.One.A), district.AtSchool(Role.SchoolAdmin, district.One), district.Admin() })
            await system.As(other).TryGetAsync(path).ShouldBeForbiddenAsync();
        await officer.TryGetAsync(path + "&from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z").ShouldBeRefusedAsync(400, "request.invalid");
    }

    [Fact]
    public void Many_within_minutes_are_unusual_but_a_batch_in_the_evening_is_not()
    {
        var noon = new DateTimeOffset(2026, 10, 12, 12, 0, 0, TimeSpan.FromHours(8));
        ListOutliers.Find(Marks(noon, 5, minutesApart: 2), new VisitPolicy()).ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(
                found => found.Kind.ShouldBe(OutlierKind.ManyWithinMinutes),
                found => found.VisitIds.Count.ShouldBe(5),
                found => (found.LastAt - found.FirstAt).ShouldBe(TimeSpan.FromMinutes(8)));
        ListOutliers.Find(Marks(noon, 4, minutesApart: 2), new VisitPolicy()).ShouldBeEmpty();
        ListOutliers.Find(Marks(noon, 20, minutesApart: 3), new VisitPolicy()).ShouldBeEmpty();
        ListOutliers.Find(Marks(noon.AddHours(10), 20, minutesApart: 1), new VisitPolicy()).ShouldBeEmpty("at ten in the evening");
    }

    private static RecordMark[] Marks(DateTimeOffset from, int count, int minutesApart)
    {
        var teacher = Guid.CreateVersion7();
        return
        [
            .. Enumerable.Range(0, count).Select(i => new RecordMark
            {
                VisitId = Guid.CreateVersion7(),
                TeacherId = teacher,
                RecordedAt = from.AddMinutes(i * minutesApart),
                SummaryHash = $"{i}",
            }),
        ];
    }
}
