using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using HomeSchool.Archives.Tests;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Activities.Tests;

/// <summary>Photos of a class: what is taken, who sees it, and what hides it (ACT-5).</summary>
[Trait("Rule", "ACT-5")]
public sealed class PhotoTests(ActivitiesSystem system)
{
    private const string Photos = "/api/activities/photos";

    private readonly TestSchool school = new(system);

    [Fact]
    public async Task A_photo_keeps_neither_the_place_nor_the_camera_and_is_sealed_in_the_store()
    {
        var children = await ClassAsync(2);
        var canary = new Canary();
        var photo = TestFiles.Photo(canary.In("Phone"));
        var id = await AddAsync(school.Teacher, photo, children);
        foreach (var who in new[] { school.Teacher, school.Officer, children[0].Parent })
        {
            var (status, body, answer) = await system.RawAsync(who, HttpMethod.Get, $"{Photos}/{id}/content");
            status.ShouldBe(HttpStatusCode.OK);
            body.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]).ShouldBeTrue();
            body.AsSpan().IndexOf("Exif"u8).ShouldBe(-1);
            canary.CountIn(Encoding.Latin1.GetString(body)).ShouldBe(0);
            answer.Content.Headers.ContentType!.ToString().ShouldBe("image/jpeg");
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        }

        var stored = await File.ReadAllBytesAsync(PathOf(id));
        stored.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]).ShouldBe(-1);
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task It_is_shown_only_while_everybody_in_it_has_consent()
    {
        var children = await ClassAsync(3);
        var id = await AddAsync(school.Teacher, TestFiles.Jpeg, children[..2]);
        (await SeesAsync(children[2].Parent, id)).ShouldBeTrue();

        await school.ConsentAsync(given: false, version: 3, children[1]);
        foreach (var who in new[] { children[0].Parent, children[1].Parent, children[2].Parent, school.Teacher, school.Officer })
            (await SeesAsync(who, id)).ShouldBeFalse();
        (await ListedAsync(children[0].Parent)).ShouldBeEmpty();
        var known = (await ListedAsync(school.Teacher)).ShouldHaveSingleItem(); // she learns why it is not there
        known.GetProperty("shown").GetBoolean().ShouldBeFalse();

        await school.ConsentAsync(given: true, version: 2, children[1]); // an older one that comes late
        (await SeesAsync(children[0].Parent, id)).ShouldBeFalse();
        await school.ConsentAsync(given: true, version: 4, children[1]);
        (await SeesAsync(children[0].Parent, id)).ShouldBeTrue();
        // Another purpose is none for photos.
        await system.PublishAsync(new ConsentChanged(
            school.District, school.Id, children[1].Student, 9, system.Now, "data-collection", Given: false));
        await school.ConsentAsync(given: true, version: 5, children[0]);
        (await SeesAsync(children[0].Parent, id)).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_consent_it_is_neither_taken_nor_released_and_who_has_none_is_not_told()
    {
        var children = await ClassAsync(2);
        var shy = (await school.EnrolAsync(1))[0];
        var (status, body) = await SendAsync(school.Teacher, TestFiles.Jpeg, "a.jpg", [children[0], shy]);
        (status, CodeOf(body)).ShouldBe((HttpStatusCode.Conflict, "activities.photo-consent"));
        body.ShouldNotContain(shy.Student.ToString());
        var consents = (await system.GetAsync(school.Teacher, $"/api/activities/classes/{school.Class}/photo-consents"))
            .EnumerateArray().ToDictionary(row => row.GetProperty("studentId").GetGuid(), row => row.GetProperty("mayBeShown").GetBoolean());
        consents.Count.ShouldBe(3);
        (consents[shy.Student], consents[children[0].Student]).ShouldBe((false, true));
        await system.GetAsync(
            children[0].Parent, $"/api/activities/classes/{school.Class}/photo-consents", HttpStatusCode.Forbidden);
        (await system.ScalarAsync<long>("SELECT count(*) FROM photo WHERE class_id = $1", school.Class)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Neither_another_class_nor_another_school_nor_a_barred_guardian_sees_it()
    {
        var children = await ClassAsync(2);
        var activity = await ActivityAsync();
        var id = await AddAsync(school.Teacher, TestFiles.Jpeg, children, activity);
        var neighbour = (await school.EnrolAsync(1, Guid.CreateVersion7()))[0];
        var stranger = (await new TestSchool(system) { District = school.District }.EnrolAsync(1))[0];
        var otherTeacher = school.Teacher with { ClassId = neighbour.Class };
        foreach (var who in new[] { neighbour.Parent, stranger.Parent, stranger.School.Teacher, stranger.School.Officer, otherTeacher })
        {
            (await SeesAsync(who, id)).ShouldBeFalse();
            (await ListedAsync(who)).ShouldBeEmpty();
            (await SendAsync(who, TestFiles.Jpeg, "a.jpg", children, activity)).Status.ShouldBe(HttpStatusCode.NotFound);
            await system.SendAsync(
                who, HttpMethod.Delete, who.Role == Role.Guardian ? $"{Photos}/mine/{id}" : $"{Photos}/{id}", null, HttpStatusCode.NotFound);
        }

        await system.SendAsync(
            otherTeacher, HttpMethod.Post, $"{Photos}/{id}/release", Named(children), HttpStatusCode.NotFound);
        (await SeesAsync(children[0].Parent, id)).ShouldBeTrue();
        await school.AllowAsync(children[0], GuardianRight.Sign);
        (await SeesAsync(children[0].Parent, id)).ShouldBeFalse();
        await system.GetAsync(school.Admin, Photos, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task What_a_guardian_sends_waits_for_the_teacher_who_names_everybody_in_it()
    {
        var children = await ClassAsync(3);
        var (status, body) = await SendAsync(children[0].Parent, TestFiles.Jpeg, "a.jpg", children[..1]);
        status.ShouldBe(HttpStatusCode.Created, body);
        var added = JsonSerializer.Deserialize<JsonElement>(body);
        added.GetProperty("released").GetBoolean().ShouldBeFalse();
        var id = added.GetProperty("id").GetGuid();
        (await SeesAsync(children[0].Parent, id)).ShouldBeTrue(); // who sent it
        (await SeesAsync(school.Teacher, id)).ShouldBeTrue();
        (await SeesAsync(children[1].Parent, id)).ShouldBeFalse();
        await system.SendAsync(
            children[0].Parent, HttpMethod.Post, $"{Photos}/{id}/release", Named(children), HttpStatusCode.Forbidden);

        await system.SendAsync(
            school.Teacher, HttpMethod.Post, $"{Photos}/{id}/release", Named(children[..2]), HttpStatusCode.NoContent);
        (await SeesAsync(children[2].Parent, id)).ShouldBeTrue();
        await school.ConsentAsync(given: false, version: 3, children[1]); // named by the teacher alone
        (await SeesAsync(children[2].Parent, id)).ShouldBeFalse();
        await system.SendAsync(
            school.Teacher, HttpMethod.Post, $"{Photos}/{id}/release", Named(children), HttpStatusCode.Conflict);
        // The file is another one now, under the keys of both; the first is given up.
        (await system.ScalarAsync<long>("SELECT count(*) FROM platform.loose_file WHERE id = $1", id)).ShouldBe(1);
        await system.SendAsync(children[1].Parent, HttpMethod.Delete, $"{Photos}/mine/{id}", null, HttpStatusCode.NotFound);
        await system.SendAsync(children[0].Parent, HttpMethod.Delete, $"{Photos}/mine/{id}", null, HttpStatusCode.NoContent);
        (await ListedAsync(school.Teacher)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task The_erasure_of_a_child_takes_the_photos_that_show_it_with_their_files()
    {
        var children = await ClassAsync(3);
        var shows = await AddAsync(school.Teacher, TestFiles.Jpeg, children[..2]);
        var other = await AddAsync(school.Teacher, TestFiles.Jpeg, children[1..]);
        var (_, body) = await SendAsync(children[0].Parent, TestFiles.Jpeg, "a.jpg", children[2..]);
        var sent = JsonSerializer.Deserialize<JsonElement>(body).GetProperty("id").GetGuid();
        var copied = await system.AskAsync(
            school.District, children[0].Student, children[0].Guardian, PersonalDataMatter.Copy);
        copied["photo"].Sum().ShouldBe(1);
        var erased = await system.EraseAsync(school.District, children[0].Student);
        erased["photo"].ShouldBe([1, 1]); // one that shows it; of another one who sent it
        (await ListedAsync(school.Teacher)).Select(IdOf).ShouldBe([other, sent], ignoreOrder: true);
        (await SeesAsync(children[1].Parent, other)).ShouldBeTrue();
        (await system.ScalarAsync<long>("SELECT count(*) FROM photo_child WHERE photo_id = $1", shows)).ShouldBe(0);
        (await system.ScalarAsync<long>("SELECT count(*) FROM platform.loose_file WHERE id = $1", shows)).ShouldBe(1);
        // What its guardian sent of others stays, and nobody sent it.
        (await system.ScalarAsync<bool>("SELECT student_id IS NULL AND guardian_id IS NULL FROM photo WHERE id = $1", sent))
            .ShouldBeTrue();
    }

    [Fact]
    [Trait("Rule", "ARC-10")]
    public async Task A_photo_with_a_child_whose_data_is_restricted_is_shown_to_nobody()
    {
        var children = await ClassAsync(2);
        var id = await AddAsync(school.Teacher, TestFiles.Jpeg, children);
        await system.PublishAsync(new PersonalDataRestricted(
            school.District, Guid.CreateVersion7(), 1, system.Now, children[0].Student, [DataKind.Activities]));
        (await Eventually.GetAsync(() => SeesAsync(children[1].Parent, id), sees => !sees)).ShouldBeFalse();
        (await SeesAsync(school.Teacher, id)).ShouldBeFalse();
        await system.SendAsync( // whom the list still names
            school.Teacher, HttpMethod.Post, $"{Photos}/{id}/release", Named(children[1..]), HttpStatusCode.Conflict);
        (await SeesAsync(children[1].Parent, id)).ShouldBeFalse();
    }

    /// <summary>What is not taken, and why.</summary>
    public static TheoryData<string, string, string> Refused => new()
    {
        { "svg", "a.svg", "files.type-refused" },
        { "svg", "a.jpg", "files.type-refused" },
        { "html", "a.jpg", "files.type-refused" },
        { "half", "a.jpg", "files.photo-unreadable" },
        { "wrong name", "a.png", "files.type-mismatch" },
        { "pdf", "a.pdf", "activities.no-photo" },
        { "bomb", "a.png", "files.photo-unreadable" },
        { "empty", "a.jpg", "files.type-refused" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_a_file_claims_is_not_believed(string what, string name, string code)
    {
        var children = await ClassAsync(1);
        byte[] file = what switch
        {
            "svg" => "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"u8.ToArray(),
            "html" => "<html><script>alert(1)</script></html>"u8.ToArray(),
            "half" => TestFiles.Jpeg[..200],
            "pdf" => TestFiles.Pdf("x"),
            "bomb" => Bomb(),
            "empty" => [],
            _ => TestFiles.Jpeg,
        };
        var (status, body) = await SendAsync(school.Teacher, file, name, children);
        CodeOf(body).ShouldBe(code);
        ((int)status).ShouldBeInRange(400, 499);
        (await ListedAsync(school.Teacher)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_a_file_that_is_two_things_only_the_pixels_stay()
    {
        var children = await ClassAsync(1);
        var canary = new Canary();
        byte[] both = [.. TestFiles.Jpeg, .. TestFiles.Zip(("a.html", canary.In("<script>alert(1)</script>")))];
        var (status, body) = await SendAsync(school.Teacher, both, "a.jpg", children);
        if (status != HttpStatusCode.Created)
        {
            CodeOf(body).ShouldStartWith("files.");
            return;
        }

        var id = JsonSerializer.Deserialize<JsonElement>(body).GetProperty("id").GetGuid();
        var picture = (await system.RawAsync(school.Teacher, HttpMethod.Get, $"{Photos}/{id}/content")).Body;
        picture.AsSpan().IndexOf("PK"u8).ShouldBe(-1);
        canary.CountIn(Encoding.Latin1.GetString(picture)).ShouldBe(0);
    }

    [Fact]
    public async Task A_form_that_says_nothing_or_too_much_is_refused()
    {
        var children = await ClassAsync(1);
        var activity = await ActivityAsync();
        foreach (var (fields, expected) in new ((string, string)[], HttpStatusCode)[]
        {
            ([], HttpStatusCode.BadRequest),
            ([("of", "party"), ("about", activity.ToString()), ("studentIds", children[0].Student.ToString())], HttpStatusCode.BadRequest),
            ([("of", "familyActivity"), ("about", activity.ToString()), ("studentIds", "")], HttpStatusCode.BadRequest),
            ([("of", "familyActivity"), ("about", activity.ToString()), ("studentIds", "Anna")], HttpStatusCode.BadRequest),
            ([("of", "familyActivity"), ("about", "x"), ("studentIds", children[0].Student.ToString())], HttpStatusCode.NotFound),
            ([("of", "meeting"), ("about", activity.ToString()), ("studentIds", children[0].Student.ToString())], HttpStatusCode.NotFound),
            ([("of", "parentClass"), ("about", activity.ToString()), ("studentIds", children[0].Student.ToString())],
                HttpStatusCode.NotFound),
            ([("of", "familyActivity"), ("about", activity.ToString()), ("studentIds", Guid.CreateVersion7().ToString())],
                HttpStatusCode.BadRequest),
        })
        {
            (await PostAsync(school.Teacher, TestFiles.Jpeg, "a.jpg", fields)).Status.ShouldBe(expected, string.Join(' ', fields));
        }

        var (large, _) = await SendAsync(school.Teacher, [.. TestFiles.Jpeg, .. new byte[21 << 20]], "a.jpg", children, activity);
        large.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    // A picture of 900 million pixels in a few hundred kilobytes.
    private static byte[] Bomb()
    {
        const int Edge = 30_000;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[1 + (3 * Edge)];
            for (var i = 0; i < Edge / 10; i++)
                zlib.Write(row);
        }

        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, Edge);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), Edge);
        (head[8], head[9], head[12]) = (8, 2, 1); // interlaced: all of it would be in memory at once
        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR"u8, head), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];

        static byte[] Chunk(ReadOnlySpan<byte> type, byte[] content)
        {
            byte[] checkedPart = [.. type, .. content];
            var (length, crc) = (new byte[4], new byte[4]);
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32Of(checkedPart));
            return [.. length, .. checkedPart, .. crc];
        }

        static uint Crc32Of(byte[] data)
        {
            var crc = uint.MaxValue;
            foreach (var b in data)
            {
                crc ^= b;
                for (var bit = 0; bit < 8; bit++)
                    crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }

            return ~crc;
        }
    }

    private static string CodeOf(string body)
    {
        var problem = JsonSerializer.Deserialize<JsonElement>(body);
        return problem.GetProperty("code").GetString()!;
    }

    private static Guid IdOf(JsonElement photo) => photo.GetProperty("id").GetGuid();

    private static object Named(Child[] children) => new { studentIds = children.Select(child => child.Student) };

    private string PathOf(Guid id) => Path.Combine(system.Files, "activities", $"{id:N}"[^2..], $"{id:N}"[^4..^2], $"{id:N}");

    private async Task<Child[]> ClassAsync(int children)
    {
        var enrolled = await school.EnrolAsync(children);
        await school.ConsentAsync(given: true, version: 1, enrolled);
        return enrolled;
    }

    private async Task<Guid> ActivityAsync() => (await system.SendAsync(
        school.Teacher, HttpMethod.Post, "/api/activities/family-activities",
        new
        {
            schoolId = school.Id,
            classId = school.Class,
            kind = "communityService",
            title = "社区服务",
            startsOn = DateOnly.FromDateTime(system.Now.UtcDateTime.AddHours(8)),
        },
        HttpStatusCode.Created)).GetProperty("id").GetGuid();

    private async Task<Guid> AddAsync(Grant who, byte[] file, Child[] children, Guid? about = null)
    {
        var (status, body) = await SendAsync(who, file, "照片.jpg", children, about);
        status.ShouldBe(HttpStatusCode.Created, body);
        return JsonSerializer.Deserialize<JsonElement>(body).GetProperty("id").GetGuid();
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(
        Grant who, byte[] file, string name, Child[] children, Guid? about = null) => await PostAsync(
        who, file, name,
        ("of", "familyActivity"), ("about", (about ?? await ActivityAsync()).ToString()),
        ("studentIds", string.Join(',', children.Select(child => child.Student))));

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(
        Grant who, byte[] file, string name, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (field, value) in fields)
            form.Add(new StringContent(value), field);
        var content = new ByteArrayContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", name);
        var (status, body, _) = await system.RawAsync(
            who, HttpMethod.Post, $"/api/activities/classes/{school.Class}/photos", form);
        return (status, Encoding.UTF8.GetString(body));
    }

    private async Task<bool> SeesAsync(Grant who, Guid id) =>
        (await system.RawAsync(who, HttpMethod.Get, $"{Photos}/{id}/content")).Status switch
        {
            HttpStatusCode.OK => true,
            HttpStatusCode.NotFound => false,
            var other => throw new InvalidOperationException(other.ToString()),
        };

    private async Task<JsonElement[]> ListedAsync(Grant who) =>
        [.. (await system.GetAsync(who, Photos + "?size=100")).GetProperty("items").EnumerateArray()];
}
