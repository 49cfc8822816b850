using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.PersonalData;
using HomeSchool.Testing;
using HomeSchool.Visits.Appointments;
using HomeSchool.Visits.Records;

namespace HomeSchool.Visits.Tests;

/// <summary>What is kept of a child only because law or a hold does.</summary>
[Trait("Rule", "ARC-10")]
public sealed class RestrictedTests(VisitsSystem system)
{
    [Fact]
    public async Task What_is_restricted_is_in_no_ordinary_read_and_is_read_for_its_purpose_by_who_decides_for_the_district()
    {
        var district = await system.CreateDistrictAsync();
        var student = district.One.A.Students[1];
        using var teacher = system.As(district.Teacher(district.One.A));
        using var admin = system.As(district.Admin());
        var visit = await teacher.ScheduleAsync(new VisitRequest([student], VisitMode.Video, Http.Now, VisitKind.Emergency));
        await teacher.OnAsync(
            visit.Id, "complete", new RecordRequest("聊了学习习惯", "每天阅读二十分钟", GuardianFeedback.Satisfied), version: 1)
            .ShouldSucceedAsync();
        var reads = $"/api/visits/districts/{district.Id}/students/{student}/restricted-reads";
        await admin.PostJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding)).ShouldBeUnknownAsync();

        await system.PublishAsync(new PersonalDataRestricted(
            district.Id, Guid.CreateVersion7(), 1, Http.Now, student, [DataKind.Visits]));
        (await Eventually.GetAsync(
            async () => (await teacher.TryGetAsync($"/api/visits/{visit.Id}")).StatusCode,
            status => status == HttpStatusCode.NotFound)).ShouldBe(HttpStatusCode.NotFound);
        using var shown = await admin.PostJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding));
        shown.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await shown.Content.ReadAsStringAsync()).ShouldSatisfyAllConditions(
            body => body.ShouldContain("每天阅读二十分钟"), body => body.ShouldContain("聊了学习习惯"));
        (await system.AuditOfAsync(student))[^1].ShouldBe(("ReadRestrictedData", "Proceeding"));

        using var elsewhere = system.As(TestIdentity.DistrictAdmin(Guid.CreateVersion7()));
        await elsewhere.PostJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding)).ShouldBeUnknownAsync();
        using var office = system.As(district.AtSchool(Role.SchoolAdmin, district.One));
        await office.PostJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding)).ShouldBeUnknownAsync();
        await teacher.PostJsonAsync(reads, new RestrictedRead(RestrictedPurpose.Proceeding)).ShouldBeForbiddenAsync();
    }
}
