using System.Text.RegularExpressions;
using HomeSchool.DemoDistrict.Generator;
using static System.StringComparer;

namespace HomeSchool.DemoDistrict.Tests;

/// <summary>The generated district, as OneRoster and the demonstration need it (ARC-2's input).</summary>
public sealed partial class RosterZipTests
{
    private static readonly string[] Guardians = ["parent", "guardian", "relative"];
    private static readonly string[] Staff = ["teacher", "administrator", "aide"];
    private static readonly GeneratedRoster Default = GeneratedRoster.Of(GeneratedRoster.Plan());

    public static TheoryData<long, int, int, bool> Plans => new()
    {
        { 1, 4, 540, true }, { 1, 1, 30, true }, { -7, 2, 31, false }, { long.MaxValue, 3, 97, true }, { 0, 9, 200, false },
        { 42, 5, 1_000, false },
    };

    [Fact]
    public void The_same_plan_gives_the_same_bytes() =>
        GeneratedRoster.Bytes(GeneratedRoster.Plan(seed: 12)).ShouldBe(GeneratedRoster.Bytes(GeneratedRoster.Plan(seed: 12)));

    [Fact]
    public void Another_seed_gives_other_people_in_the_same_classes()
    {
        var other = GeneratedRoster.Of(GeneratedRoster.Plan(seed: 2));
        other.Texts["users.csv"].ShouldNotBe(Default.Texts["users.csv"], Ordinal);
        other.Texts["classes.csv"].ShouldBe(Default.Texts["classes.csv"]);
    }

    [Fact]
    public void The_columns_are_the_standards_in_its_order()
    {
        var expected = new Dictionary<string, string>(Ordinal)
        {
            ["manifest.csv"] = "propertyName,value",
            ["orgs.csv"] = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
            ["academicSessions.csv"] = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,"
                + "schoolYear",
            ["courses.csv"] = "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,"
                + "subjects,subjectCodes",
            ["classes.csv"] = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
                + "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
            ["users.csv"] = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
                + "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
            ["demographics.csv"] = "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,"
                + "blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,"
                + "hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus",
            ["enrollments.csv"] = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
                + "beginDate,endDate",
        };
        Default.Headers.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (file, header) in Default.Headers)
            string.Join(',', header).ShouldBe(expected[file]);
    }

    [Fact]
    public void The_manifest_names_every_file()
    {
        var manifest = Default["manifest.csv"].ToDictionary(row => row["propertyName"], row => row["value"], Ordinal);
        manifest["oneroster.version"].ShouldBe("1.1");
        foreach (var file in Default.Headers.Keys.Where(file => file != "manifest.csv"))
            manifest[$"file.{Path.GetFileNameWithoutExtension(file)}"].ShouldBe("bulk");
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_id_is_valid_and_there_once(long seed, int schools, int students, bool subjects)
    {
        var roster = GeneratedRoster.Of(GeneratedRoster.Plan(seed, schools, students, subjectClasses: subjects));
        foreach (var file in roster.Headers.Keys.Where(file => file != "manifest.csv"))
        {
            var ids = roster[file].Select(row => row["sourcedId"]).ToList();
            ids.ShouldAllBe(id => SourcedId().IsMatch(id));
            ids.Distinct(Ordinal).Count().ShouldBe(ids.Count, file);
        }

        var usernames = roster["users.csv"].Select(user => user["username"]).ToList();
        usernames.ShouldAllBe(name => Username().IsMatch(name));
        usernames.Distinct(Ordinal).Count().ShouldBe(usernames.Count);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_reference_is_kept(long seed, int schools, int students, bool subjects)
    {
        var roster = GeneratedRoster.Of(GeneratedRoster.Plan(seed, schools, students, subjectClasses: subjects));
        var orgs = roster.Ids("orgs.csv");
        var sessions = roster.Ids("academicSessions.csv");
        var courses = roster.Ids("courses.csv");
        var schoolOfClass = roster["classes.csv"].ToDictionary(row => row["sourcedId"], row => row["schoolSourcedId"], Ordinal);
        var users = roster["users.csv"].ToDictionary(row => row["sourcedId"], Ordinal);

        roster["orgs.csv"].ShouldAllBe(row => row["type"] == "district" || orgs.Contains(row["parentSourcedId"]));
        roster["academicSessions.csv"].ShouldAllBe(
            row => row["type"] == "schoolYear" || sessions.Contains(row["parentSourcedId"]));
        roster["courses.csv"].ShouldAllBe(
            row => sessions.Contains(row["schoolYearSourcedId"]) && orgs.Contains(row["orgSourcedId"]));
        roster["classes.csv"].ShouldAllBe(row => courses.Contains(row["courseSourcedId"]) && orgs.Contains(row["schoolSourcedId"])
            && GeneratedRoster.List(row["termSourcedIds"]).All(sessions.Contains));
        roster["users.csv"].ShouldAllBe(row => GeneratedRoster.List(row["orgSourcedIds"]).All(orgs.Contains)
            && GeneratedRoster.List(row["agentSourcedIds"]).All(users.ContainsKey));
        roster["demographics.csv"].ShouldAllBe(row => users[row["sourcedId"]]["role"] == "student");
        roster["enrollments.csv"].ShouldAllBe(row => schoolOfClass[row["classSourcedId"]] == row["schoolSourcedId"]
            && users[row["userSourcedId"]]["role"] == row["role"]
            && users[row["userSourcedId"]]["orgSourcedIds"] == row["schoolSourcedId"]);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_student_is_in_one_homeroom_class_of_a_proper_size(long seed, int schools, int students, bool subjects)
    {
        var roster = GeneratedRoster.Of(GeneratedRoster.Plan(seed, schools, students, subjectClasses: subjects));
        roster["orgs.csv"].Count(row => row["type"] == "school").ShouldBe(schools);
        roster.Users("student").CountBy(user => user["orgSourcedIds"], Ordinal).ShouldAllBe(school => school.Value == students);
        roster.Users("student").CountBy(user => user["orgSourcedIds"], Ordinal).Count().ShouldBe(schools);
        roster["demographics.csv"].Count.ShouldBe(schools * students);

        var homerooms = Homerooms(roster);
        var grades = roster["classes.csv"].ToDictionary(row => row["sourcedId"], row => row["grades"], Ordinal);
        var seats = roster["enrollments.csv"]
            .Where(row => homerooms.Contains(row["classSourcedId"]) && row["role"] == "student")
            .ToDictionary(row => row["userSourcedId"], row => row["classSourcedId"], Ordinal);
        roster.Users("student").ShouldAllBe(user => grades[seats[user["sourcedId"]]] == user["grades"]);
        seats.Values.CountBy(id => id, Ordinal).ShouldAllBe(@class => @class.Value <= 48);
        if (students >= 500)
            seats.Values.CountBy(id => id, Ordinal).ShouldAllBe(@class => @class.Value >= 30);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_class_has_a_homeroom_teacher_of_its_own_and_a_deputy(long seed, int schools, int students, bool subjects)
    {
        var roster = GeneratedRoster.Of(GeneratedRoster.Plan(seed, schools, students, subjectClasses: subjects));
        var homerooms = Homerooms(roster);
        var posts = roster["enrollments.csv"]
            .Where(row => homerooms.Contains(row["classSourcedId"]) && row["role"] == "teacher")
            .ToLookup(row => row["primary"], Ordinal);
        posts["true"].Select(row => row["classSourcedId"]).ShouldBe(homerooms, ignoreOrder: true);
        posts["true"].Select(row => row["userSourcedId"]).ShouldBeUnique(Ordinal);
        posts["false"].Select(row => row["classSourcedId"]).ShouldBe(homerooms, ignoreOrder: true);
        posts["true"].Join(posts["false"], one => one["classSourcedId"], two => two["classSourcedId"],
            (one, two) => one["userSourcedId"] != two["userSourcedId"], Ordinal).ShouldAllBe(differ => differ);
    }

    [Fact]
    public void Subject_teachers_teach_several_classes_and_every_class_has_all_its_lessons()
    {
        var homerooms = Homerooms(Default);
        var lessons = Default["classes.csv"].Where(row => row["classType"] == "scheduled").ToList();
        lessons.CountBy(row => (row["schoolSourcedId"], row["title"].Split('班')[0])).ShouldAllBe(@class => @class.Value >= 7);
        var taught = Default["enrollments.csv"]
            .Where(row => row["role"] == "teacher" && !homerooms.Contains(row["classSourcedId"])).ToList();
        taught.Select(row => row["classSourcedId"]).Order(Ordinal)
            .ShouldBe(lessons.Select(row => row["sourcedId"]).Order(Ordinal));
        taught.CountBy(row => row["userSourcedId"], Ordinal).Count(teacher => teacher.Value > 1).ShouldBeGreaterThan(50);
        // A lesson has the students of its class.
        var students = Default["enrollments.csv"].Where(row => row["role"] == "student")
            .ToLookup(row => row["classSourcedId"], row => row["userSourcedId"], Ordinal);
        foreach (var lesson in lessons.Select(row => row["sourcedId"]))
            students[lesson].ShouldBe(students[lesson[..lesson.LastIndexOf('-')]]);
    }

    [Fact]
    public void Without_subject_classes_there_are_homerooms_only()
    {
        var roster = GeneratedRoster.Of(GeneratedRoster.Plan(subjectClasses: false));
        roster["classes.csv"].ShouldAllBe(row => row["classType"] == "homeroom");
        roster.Texts["users.csv"].ShouldBe(Default.Texts["users.csv"]);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Students_and_guardians_name_each_other(long seed, int schools, int students, bool subjects)
    {
        var roster = GeneratedRoster.Of(GeneratedRoster.Plan(seed, schools, students, subjectClasses: subjects));
        var byStudent = Agents(roster.Users("student"));
        var byGuardian = Agents(roster.Users(Guardians)).Select(pair => (pair.Agent, pair.User));
        byStudent.Order().ShouldBe(byGuardian.Order());
        roster.Users("student").ShouldAllBe(user => GeneratedRoster.List(user["agentSourcedIds"]).Length >= 1);
        // No guardian without a student, no guardian at a school where none of the children is.
        var schoolOf = roster.Users("student").ToDictionary(user => user["sourcedId"], user => user["orgSourcedIds"], Ordinal);
        roster.Users(Guardians).ShouldAllBe(user => GeneratedRoster.List(user["orgSourcedIds"]).ToHashSet(Ordinal).SetEquals(
            GeneratedRoster.List(user["agentSourcedIds"]).Select(child => schoolOf[child])));
        roster.Users(Guardians).Select(user => user["sms"]).ShouldBeUnique(Ordinal);
        roster.Users(Staff).ShouldAllBe(user => user["agentSourcedIds"].Length == 0);
    }

    [Fact]
    public void Families_are_as_families_are()
    {
        var families = Families(Default);
        double all = families.Count;
        (families.Count(family => family.Count() > 1) / all).ShouldBeInRange(0.12, 0.19);
        (families.Count(family => GeneratedRoster.List(family.Key).Length == 2) / all).ShouldBeInRange(0.65, 0.80);
        (families.Count(family => GeneratedRoster.List(family.Key).Length == 1) / all).ShouldBeInRange(0.08, 0.20);
        var roles = Default.Users(Guardians).CountBy(user => user["role"], Ordinal)
            .ToDictionary(pair => pair.Key, pair => pair.Value / all, Ordinal);
        roles["relative"].ShouldBeInRange(0.10, 0.25);
        roles["guardian"].ShouldBeInRange(0.02, 0.08);
        families.Count(family => family.Select(child => child["orgSourcedIds"]).Distinct(Ordinal).Count() > 1)
            .ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Siblings_share_the_family_name_and_are_a_year_apart_at_least()
    {
        var births = Births(Default);
        foreach (var family in Families(Default).Where(family => family.Count() > 1))
        {
            family.Select(child => child["familyName"]).Distinct(Ordinal).Count().ShouldBe(1);
            family.Select(child => child["givenName"]).ShouldBeUnique(Ordinal);
            var days = family.Select(child => births[child["sourcedId"]].DayNumber).Order().ToList();
            days.Zip(days.Skip(1), (one, next) => next - one).ShouldAllBe(apart => apart > 365);
        }
    }

    [Fact]
    public void Children_have_the_age_of_their_grade()
    {
        var births = Births(Default);
        Default.Users("student").ShouldAllBe(user => AgeIn(2026, births[user["sourcedId"]]) == Grade(user) + 5);
    }

    [Theory]
    [InlineData(2024)]
    [InlineData(2026)]
    [InlineData(2031)]
    public void A_school_year_has_two_terms_of_twenty_weeks_from_monday_to_sunday(int year)
    {
        var terms = GeneratedRoster.Of(GeneratedRoster.Plan(schools: 1, students: 30, year: year))["academicSessions.csv"]
            .Where(row => row["type"] == "semester")
            .Select(row => (From: DateOnly.Parse(row["startDate"], null), To: DateOnly.Parse(row["endDate"], null))).ToList();
        terms.Count.ShouldBe(2);
        terms.ShouldAllBe(term => term.From.DayOfWeek == DayOfWeek.Monday && term.To == term.From.AddDays(20 * 7 - 1));
        terms[0].From.ShouldBeInRange(new DateOnly(year, 8, 29), new DateOnly(year, 9, 4));
        terms[1].From.ShouldBeGreaterThan(terms[0].To);
    }

    [Theory]
    [InlineData("2026-08-30", 2025)]
    [InlineData("2026-08-31", 2026)]
    [InlineData("2027-01-15", 2026)]
    public void A_day_is_in_a_school_year(string day, int begins) =>
        SchoolYear.At(DateOnly.Parse(day, null)).Begins.ShouldBe(begins);

    [Fact]
    public void School_names_are_there_once_in_a_large_district()
    {
        var names = GeneratedRoster.Of(GeneratedRoster.Plan(schools: 1_100, students: 30, subjectClasses: false))["orgs.csv"]
            .Select(row => row["name"]);
        names.ShouldBeUnique(Ordinal);
    }

    // Live objects are looked at about 50 times on the way; the bound is loose, the whole district would need 1.5 GB.
    [Fact]
    public void Memory_is_flat_for_1_000_schools_and_1_000_000_students()
    {
        var to = new MeasuringStream(every: 1_500_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var plan = GeneratedRoster.Plan(schools: 1_000, students: 1_000, subjectClasses: false);
        var rows = RosterZip.Write(plan, to, TestContext.Current.CancellationToken);
        rows["demographics"].ShouldBe(1_000_000);
        to.Looks.ShouldBeGreaterThan(30);
        (to.MostLive - before).ShouldBeLessThan(32 << 20);
    }

    private static int Grade(Dictionary<string, string> user) => int.Parse(user["grades"], null);

    private static int AgeIn(int year, DateOnly birth) => year - birth.Year - (birth > new DateOnly(birth.Year, 8, 31) ? 1 : 0);

    private static Dictionary<string, DateOnly> Births(GeneratedRoster roster) => roster["demographics.csv"]
        .ToDictionary(row => row["sourcedId"], row => DateOnly.Parse(row["birthDate"], null), Ordinal);

    private static HashSet<string> Homerooms(GeneratedRoster roster) =>
        roster["classes.csv"].Where(row => row["classType"] == "homeroom").Select(row => row["sourcedId"]).ToHashSet(Ordinal);

    private static List<IGrouping<string, Dictionary<string, string>>> Families(GeneratedRoster roster) =>
        [.. roster.Users("student").GroupBy(user => user["agentSourcedIds"], Ordinal)];

    private static IEnumerable<(string User, string Agent)> Agents(IEnumerable<Dictionary<string, string>> users) =>
        users.SelectMany(user => GeneratedRoster.List(user["agentSourcedIds"]).Select(agent => (user["sourcedId"], agent)));

    [GeneratedRegex(@"\A[0-9A-Za-z.\-_/@]{1,255}\z", RegexOptions.NonBacktracking)]
    private static partial Regex SourcedId();

    [GeneratedRegex(@"\A[a-z]+\.[a-z0-9-]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Username();
}

/// <summary>Keeps nothing, and looks from time to time how much memory is in use.</summary>
internal sealed class MeasuringStream(int every) : Stream
{
    private long written;

    public int Looks { get; private set; }

    public long MostLive { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        written += count;
        if (written < every * (Looks + 1L))
            return;
        Looks++;
        MostLive = Math.Max(MostLive, GC.GetTotalMemory(forceFullCollection: true));
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
