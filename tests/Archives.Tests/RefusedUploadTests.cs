using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Archives.Roster;

namespace HomeSchool.Archives.Tests;

/// <summary>An upload that cannot be taken at all is answered clearly, in the caller's language, and leaves nothing (ARC-2).</summary>
[Trait("Rule", "ARC-2")]
public sealed class RefusedUploadTests(ArchivesFixture archives)
{
    private static readonly byte[] Body = TestRoster.Standard().Zip();

    private readonly TestDistrict district = new(archives);

    [Theory]
    [InlineData("zh", "users.csv:1:role", "缺少必需的列 role。请检查表头（第 1 行）是否完整，列名是否与 OneRoster 一致。")]
    [InlineData("en", "users.csv:1:role",
        "The required column role is missing. Check that the header (line 1) is complete and named as in OneRoster.")]
    public async Task The_answer_names_file_line_column_reason_and_how_to_mend_it(string language, string place, string text)
    {
        var roster = TestRoster.Standard();
        roster.Files["users.csv"][0] = roster.Files["users.csv"][0].Replace(",role,", ",part,", StringComparison.Ordinal);
        using var content = new ByteArrayContent(roster.Zip());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        using var request = new HttpRequestMessage(HttpMethod.Post, district.Address("imports")) { Content = content };
        request.Headers.Add("Accept-Language", language);
        using var answer = await district.Admin.SendAsync(request);
        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.roster-refused");
        ((string?)problem["errors"]![0]!["field"]).ShouldBe(place);
        ((string?)problem["errors"]![0]!["message"]).ShouldBe(text);
    }

    [Fact]
    public async Task A_file_with_a_header_and_no_rows_is_refused_instead_of_withdrawing_everybody()
    {
        await district.ImportAsync(TestRoster.Standard().Zip());
        var roster = TestRoster.Standard();
        roster.Files["users.csv"].RemoveRange(1, roster.Files["users.csv"].Count - 1);
        using var answer = await district.UploadAsync(roster.Zip());
        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.roster-refused");
        ((string?)problem["errors"]![0]!["code"]).ShouldBe("file.no-rows");
        (await archives.ScalarAsync<long>("SELECT count(*) FROM roster_import WHERE district_id = $1", district.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_upload_does_not_take_the_place_of_one_that_waits()
    {
        var import = await district.CheckAsync(TestRoster.Standard().Zip());
        using var refused = await district.UploadAsync([1, 2, 3]);
        refused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await district.ConfirmAsync(import.Id)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_of_another_kind_is_refused()
    {
        using var answer = await district.Admin.PostAsJsonAsync(district.Address("imports"), new { roster = 1 });
        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        using var empty = await district.UploadAsync([]);
        await empty.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.roster-refused");
        foreach (var type in new[] { "multipart/form-data", $"multipart/form-data; boundary={new string('b', 4_100)}" })
        {
            using var odd = await district.UploadAsync("x"u8.ToArray(), type);
            odd.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task The_same_idempotency_key_uploads_once()
    {
        var key = Guid.CreateVersion7().ToString();
        var ids = new List<Guid>();
        for (var i = 0; i < 2; i++)
        {
            using var content = new ByteArrayContent(Body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
            using var request = new HttpRequestMessage(HttpMethod.Post, district.Address("imports")) { Content = content };
            request.Headers.Add("Idempotency-Key", key);
            using var answer = await district.Admin.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
            ids.Add((Guid)System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!);
        }

        ids[0].ShouldBe(ids[1]);
        (await district.ListAsync<ImportRow>($"districts/{district.Id}/imports")).Count.ShouldBe(1);
    }

}
