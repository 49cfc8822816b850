using System.Net;
using System.Net.Http.Json;
using HomeSchool.Archives.Needs;
using HomeSchool.Archives.Search;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Archives.Tests;

/// <summary>Students are found by name, pinyin, initials and number, by those who see them (ARC-1, ALL-1).</summary>
[Trait("Rule", "ARC-1")]
public sealed class SearchTests(ArchivesFixture archives)
{
    private readonly TestDistrict district = new(archives);

    [Theory]
    [InlineData("张", "张小明")]
    [InlineData("张小", "张小明")]
    [InlineData("小明", "张小明")]
    [InlineData("zxm", "张小明")]
    [InlineData("ZXM", "张小明")]
    [InlineData("zhang xiao", "张小明")]
    [InlineData("zhangxiaoming", "张小明")]
    [InlineData("xiaoming", "张小明")]
    [InlineData("n2026-01", "张小明")]
    [InlineData("shan", "单丹")]
    [InlineData("sd", "单丹")]
    [InlineData("zeng", "曾乐")]
    [InlineData("zengyue", "曾乐")]
    [InlineData("ceng le", "曾乐")]
    [InlineData("yuchi", "尉迟单")]
    [InlineData("lv", "吕行")]
    [InlineData("lu", "吕行")]
    [InlineData("lühang", "吕行")]
    [InlineData("anna sm", "SmithAnna")]
    [InlineData("smith", "SmithAnna")]
    [InlineData("zhang'", "张小明")]
    [InlineData("小红", "赵小红红小红")]
    [InlineData("晓", "欧晓")]
    [InlineData("𠮷", "𠮷野")]
    [InlineData("野", "𠮷野")]
    [InlineData("zz")]
    [InlineData("明")]
    public async Task A_student_is_found_by(string text, params string[] names)
    {
        await ImportAsync();
        Names(await FindAsync(district.Admin, $"search={Uri.EscapeDataString(text)}")).ShouldBe(names);
    }

    [Fact]
    public async Task A_school_finds_its_own_also_by_the_middle_of_a_name_and_by_class_and_grade()
    {
        await ImportAsync();
        var (first, second) = (await SchoolAsync("S1"), await SchoolAsync("S2"));
        using var admin = archives.Client(new Grant(Role.SchoolAdmin, null, district.Id, first, null, null));
        Names(await FindAsync(admin, "search=明")).ShouldBe(["张小明"]);
        Names(await FindAsync(admin, "search=曾")).ShouldBeEmpty();
        Names(await FindAsync(admin, $"search=曾&schoolId={second}")).ShouldBeEmpty();
        Names(await FindAsync(district.Admin, $"search=曾&schoolId={second}")).ShouldBe(["曾乐"]);
        Names(await FindAsync(admin, "search=dan")).ShouldBe(["单丹", "尉迟单"]);

        var @class = await archives.ScalarAsync<Guid>("SELECT id FROM class WHERE school_id = $1 AND source_id = 'C2'", first);
        Names(await FindAsync(admin, $"schoolId={first}&classId={@class}")).ShouldBe(["单丹", "尉迟单"], ignoreOrder: true);
        (await FindAsync(district.Admin, $"schoolId={second}&grade=04")).Count.ShouldBe(7);
        (await FindAsync(district.Admin, $"schoolId={second}&grade=03")).ShouldBeEmpty();
        using var teacher = archives.Client(new Grant(Role.HomeroomTeacher, null, district.Id, first, @class, null));
        Names(await FindAsync(teacher, "search=d")).ShouldBe(["单丹", "尉迟单"]);
        Names(await FindAsync(teacher, "search=zxm")).ShouldBeEmpty();
        (await FindAsync(archives.Client(TestIdentity.DistrictAdmin(Guid.CreateVersion7())), "search=张")).ShouldBeEmpty();
        using var guardian = archives.Client(new Grant(Role.Guardian, null, district.Id, first, null, await StudentAsync("P1")));
        (await guardian.GetAsync(district.Address("students?search=张"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Pages_show_each_student_once()
    {
        await ImportAsync();
        (await FindAsync(district.Admin, "")).Count.ShouldBe(11);
        foreach (var path in (string[])["", "search=x", "search=zh", "search=l", "search=小", $"schoolId={await SchoolAsync("S1")}"])
        {
            var all = await FindAsync(district.Admin, path);
            all.DistinctBy(row => row.Id).Count().ShouldBe(all.Count, path);
            var pages = await district.ListAsync<FoundStudent>($"districts/{district.Id}/students?{path}&size=1");
            pages.Select(row => row.Id).ShouldBe(all.Select(row => row.Id), path);
        }
    }

    [Fact]
    public async Task Search_follows_the_roster()
    {
        var roster = await ImportAsync();
        roster.Change("users.csv", "P1", line => line.Replace("小明,张", "大明,王", StringComparison.Ordinal)).Remove("users.csv", "P2")
            .Remove("demographics.csv", "P2").Remove("enrollments.csv", "E2");
        await district.ImportAsync(roster.Zip(), acceptWithdrawals: true);
        Names(await FindAsync(district.Admin, "search=zxm")).ShouldBeEmpty();
        Names(await FindAsync(district.Admin, "search=wangdaming")).ShouldBe(["王大明"]);
        (await archives.ScalarAsync<long>(
            "SELECT count(*) FROM student_search WHERE district_id = $1 AND student_id = $2", district.Id, await StudentAsync("P2"))).ShouldBe(0);
    }

    [Theory]
    [InlineData("classId=00000000-0000-0000-0000-000000000001", "request.invalid")]
    [InlineData("grade=07", "request.invalid")]
    [InlineData("search=a%00b", "request.invalid")]
    [InlineData("search=%EF%BF%BE", "request.invalid")] // U+FFFE, which is no character
    [InlineData(
        "after=eyJwbGFjZSI6IDAsICJrZXkiOiAiXHVmZmZlIiwgInN0dWRlbnRJZCI6ICIwMDAwMDAwMC0wMDAwLTAw"
        + "MDAtMDAwMC0wMDAwMDAwMDAwMDEiLCAiZW5yb2xtZW50SWQiOiAiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIn0",
        "request.cursor-invalid")] // the same in its key
    [InlineData("after=e30", "request.cursor-invalid")]
    [InlineData("after=nonsense", "request.cursor-invalid")]
    public async Task What_cannot_be_asked_is_refused(string query, string code)
    {
        using var answer = await district.Admin.GetAsync(district.Address($"students?{query}"));
        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest, code);
    }

    /// <summary>
    /// Operators that are not leakproof lose their index under row-level security; these must not (ALL-1). Among so many students
    /// that reading all would be dear, in a transaction that is rolled back.
    /// </summary>
    [Theory]
    [InlineData(0, "name", "given", "pinyin", "given_pinyin", "initials", "number")]
    [InlineData(3, "pinyin", "given_pinyin", "initials", "number")]
    public async Task Each_key_is_found_by_its_index_behind_row_level_security(int place, params string[] keys)
    {
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var many = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(
                    $"""
                    INSERT INTO student_search (district_id, student_id, reading, {string.Join(", ", StudentSearch.Keys)})
                    SELECT '{district.Id}', uuid_v7(), 0, {string.Join(", ", StudentSearch.Keys.Select(key => $"md5('{key}' || n)"))}
                    FROM generate_series(1, 20000) n
                    """),
                new(
                    $"""
                    INSERT INTO enrolment (school_id, id, district_id, student_id, starts_on, version)
                    SELECT '{district.Id}', student_id, district_id, student_id, '2026-09-01', 1
                    FROM student_search WHERE district_id = '{district.Id}'
                    """),
                new("ANALYZE student_search"), new("ANALYZE enrolment"), new("SET LOCAL ROLE archives_app"),
                new($"SELECT set_config('app.districts', '{{{district.Id}}}', true), set_config('app.schools', '', true)"),
            },
        })
            await many.ExecuteNonQueryAsync();
        var last = new SearchPlace(place, place == 0 ? "" : "ab5", Guid.Empty, Guid.Empty);
        await using var explain = new NpgsqlCommand("EXPLAIN " + FindStudentsSql.InDistrict("ab", last, 51), connection)
        {
            Parameters =
            {
                new("district", district.Id), new("today", new DateOnly(2026, 11, 1)), new("from", "ab"),
                new("to", FindStudentsSql.EndOf("ab")), new("key", last.Key), new("student", last.StudentId),
                new("enrolment", last.EnrolmentId),
            },
        };
        var plan = new List<string>();
        await using (var reader = await explain.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                plan.Add(reader.GetString(0));
        }

        foreach (var key in keys)
        {
            var scan = plan.FindIndex(line => line.Contains($"ix_student_search_district_id_{key}_student_id", StringComparison.Ordinal));
            scan.ShouldBeGreaterThan(0, string.Join('\n', plan));
            plan[scan + 1].ShouldContain("Index Cond");
            plan[scan + 1].ShouldContain($"({key} >= 'ab");
        }

        plan.ShouldNotContain(line => line.Contains("Seq Scan on student_search", StringComparison.Ordinal), string.Join('\n', plan));
    }

    [Fact]
    [Trait("Rule", "ARC-4")]
    public async Task Who_may_read_needs_finds_students_by_tier()
    {
        var scene = await new NeedScene(archives).OpenAsync();
        await SayAsync(scene.Student, new NeedsRequest("基础薄弱", AcademicTier.Struggling, Circumstances: [FamilyCircumstance.LeftBehind]));
        await SayAsync(scene.Classmate, new NeedsRequest("基础薄弱", AcademicTier.Struggling));
        await SayAsync(
            scene.Classmate, new NeedsRequest("学习有进步，常与人冲突", Conduct: ConductTier.Concern, PsychologicallySensitive: true), 1);
        var (student, classmate) = (scene.Student, scene.Classmate);

        foreach (var client in new[] { scene.Homeroom, scene.Counselor, scene.Vice, scene.Officer })
        {
            (await ByTierAsync(client, "academic=struggling")).ShouldBe([student]);
            (await ByTierAsync(client, "conduct=concern")).ShouldBe([classmate]);
            (await ByTierAsync(client, "circumstance=leftBehind&search=zhang")).ShouldBe([student]);
            (await ByTierAsync(client, $"academic=struggling&search=xp2")).ShouldBeEmpty();
            (await ByTierAsync(client, $"academic=struggling&schoolId={scene.School}&classId={scene.Class}&grade=03")).ShouldBe([student]);
            (await ByTierAsync(client, "academic=struggling&conduct=concern")).ShouldBeEmpty();
        }

        // Of psychological sensitivity only who may write it learns, also when asking for it with something else.
        foreach (var client in new[] { scene.Homeroom, scene.Counselor })
            (await ByTierAsync(client, "psychologicallySensitive=true")).ShouldBe([classmate]);
        foreach (var client in new[] { scene.Vice, scene.Officer })
            await client.GetAsync(ByTier("conduct=concern&psychologicallySensitive=true"))
                .ShouldBeRefusedAsync(HttpStatusCode.Forbidden, "archives.sensitivity-hidden");
        using var both = archives.Client(
            scene.At(Role.VicePrincipal, Guid.CreateVersion7()),
            scene.At(Role.HomeroomTeacher, Guid.CreateVersion7(), await scene.IdAsync("class", "C2")));
        (await ByTierAsync(both, "conduct=concern")).ShouldBe([classmate]);
        (await ByTierAsync(both, "psychologicallySensitive=true")).ShouldBeEmpty();

        foreach (var client in await scene.StrangersAsync())
            (await ByTierAsync(client, "academic=struggling")).ShouldBeEmpty();
        foreach (var client in new[] { scene.Subject, scene.SchoolAdmin, scene.Guardian, scene.District.Admin })
            await client.GetAsync(ByTier("academic=struggling")).ShouldBeForbiddenAsync();
        await scene.Vice.GetAsync(ByTier("search=zhang")).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Vice.GetAsync(ByTier("academic=bad")).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.unreadable");

        // Each leaves its audit row; and what has lapsed is found no more.
        var before = await AuditedAsync();
        await ByTierAsync(scene.Vice, "academic=struggling");
        (await AuditedAsync()).ShouldBe(before + 1);
        archives.Clock.DaysAhead = 61;
        (await ByTierAsync(scene.Vice, "academic=struggling")).ShouldBeEmpty();

        Uri ByTier(string query) => scene.District.Address($"students/by-tier?{query}");

        async Task<IEnumerable<Guid>> ByTierAsync(HttpClient client, string query) =>
            (await client.SeeAllAsync<FoundStudent>(ByTier(query))).Select(row => row.Id);

        Task SayAsync(Guid of, NeedsRequest request, long version = 0) =>
            scene.Counselor.PutAsync(scene.OfStudent("needs", of), request, version).ShouldBeDoneAsync();

        Task<long> AuditedAsync() => archives.ScalarAsync<long>(
            "SELECT count(*) FROM platform.audit WHERE action = 'FindStudentsByTier' AND district_id = $1 AND school_id = $2",
            scene.District.Id, scene.School);
    }

    /// <summary>Driven by the few of whom tiers were said, by their index, behind row-level security (ALL-1); and in as many statements
    /// for many as for one.</summary>
    [Fact]
    [Trait("Rule", "ARC-4")]
    public async Task Tiers_are_found_by_their_index_and_cost_the_same_for_few_and_for_many()
    {
        var scene = await new NeedScene(archives).OpenAsync();
        var one = await CostAsync();
        await using var connection = new NpgsqlConnection(archives.Database);
        await connection.OpenAsync();
        await using (var some = new NpgsqlCommand(Needing("SELECT school_id, district_id, student_id FROM enrolment WHERE school_id = $1"), connection))
        {
            some.Parameters.Add(new() { Value = scene.School });
            (await some.ExecuteNonQueryAsync()).ShouldBe(4);
        }

        (await CostAsync()).ShouldBe(one);
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var many = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Needing("SELECT uuid_v7() AS school_id, uuid_v7() AS district_id, uuid_v7() AS student_id FROM generate_series(1, 20000)")),
                new("ANALYZE student_needs"), new("SET LOCAL ROLE archives_app"),
                new($"SELECT set_config('app.districts', '', true), set_config('app.schools', '{{{scene.School}}}', true)"),
            },
        })
            await many.ExecuteNonQueryAsync();
        await using var explain = new NpgsqlCommand("EXPLAIN " + FindStudentsSql.InSchools(51, byTier: true), connection)
        {
            Parameters =
            {
                new("district", scene.District.Id), new("today", NeedScene.Today), new("from", "z"), new("to", FindStudentsSql.EndOf("z")),
                new NpgsqlParameter<int>("place", 0), new("key", ""), new("student", Guid.Empty), new("enrolment", Guid.Empty),
                new NpgsqlParameter<Guid?>("school", null), new NpgsqlParameter<Guid?>("class", null), new NpgsqlParameter<string?>("grade", null),
                new("everybody", false), new("schools", new[] { scene.School }), new("whole", new[] { scene.School }),
                new("classes", Array.Empty<Guid>()), new("academic", "Struggling"), new NpgsqlParameter<string?>("conduct", null),
                new NpgsqlParameter<string?>("circumstance", null), new("sensitive", false), new("writing", Array.Empty<Guid>()),
                new("writing_classes", Array.Empty<Guid>()),
            },
        };
        var plan = new List<string>();
        await using (var reader = await explain.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                plan.Add(reader.GetString(0));
        }

        var scan = plan.FindIndex(line => line.Contains("ix_student_needs_school_id_student_id_id", StringComparison.Ordinal));
        scan.ShouldBeGreaterThan(0, string.Join('\n', plan));
        plan[scan + 1].ShouldContain("Index Cond: (school_id = ANY");
        plan.ShouldNotContain(line => line.Contains("Seq Scan on student_needs", StringComparison.Ordinal), string.Join('\n', plan));

        async Task<(int, int)> CostAsync()
        {
            using var statements = Statements.Count();
            await scene.Vice.SeeAllAsync<FoundStudent>(scene.District.Address("students/by-tier?academic=struggling"));
            return (statements.RoundTrips, statements.Texts.Count);
        }

        static string Needing(string of) =>
            $$"""
            INSERT INTO student_needs (district_id, id, school_id, student_id, academic, conduct, circumstances, psychologically_sensitive,
                changed_at, author_id, holds_until, version)
            SELECT district_id, uuid_v7(), school_id, student_id, 'Struggling', 'Typical', '{}', false, now(), uuid_v7(),
                current_date + 9, 1
            FROM ({{of}}) s
            """;
    }

    private async Task<TestRoster> ImportAsync()
    {
        var roster = TestRoster.Standard();
        foreach (var (id, family, given) in new[]
        {
            ("P1", "张", "小明"), ("P2", "王", "芳"), ("P3", "单", "丹"), ("P4", "尉迟", "单"), ("P5", "曾", "乐"), ("P6", "吕", "行"),
        })
            roster.Change("users.csv", id, line => line.Replace($"小{id},张", $"{given},{family}", StringComparison.Ordinal));
        roster.Change("users.csv", "P1", line => line.Replace("XP1", "N2026-011", StringComparison.Ordinal));
        foreach (var (id, family, given) in new[]
        {
            ("P7", "Smith", "Anna"), ("P8", "赵", "小红红小红"), ("P9", "", "𠮷野"), ("P10", "", "欧晓"), ("P11", "!", ""),
        })
        {
            roster.Add("users.csv", TestRoster.Student(id, "S2", "04").Replace($"小{id},张", $"{given},{family}", StringComparison.Ordinal));
            roster.Add("enrollments.csv", $"F{id},,,C3,S2,{id},student,,,");
        }

        await district.ImportAsync(roster.Zip());
        return roster;
    }

    private async Task<IReadOnlyList<FoundStudent>> FindAsync(HttpClient client, string query)
    {
        using var answer = await client.GetAsync(district.Address($"students?{query}"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Page<FoundStudent>>(Json.Options))!.Items;
    }

    private static IEnumerable<string> Names(IEnumerable<FoundStudent> rows) => rows.Select(row => row.FamilyName + row.GivenName);

    private Task<Guid> SchoolAsync(string sourceId) =>
        archives.ScalarAsync<Guid>("SELECT school_id FROM school WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);

    private Task<Guid> StudentAsync(string sourceId) =>
        archives.ScalarAsync<Guid>("SELECT id FROM student WHERE district_id = $1 AND source_id = $2", district.Id, sourceId);
}
