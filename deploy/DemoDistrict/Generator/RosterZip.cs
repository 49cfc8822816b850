using System.Globalization;
using System.IO.Compression;

namespace HomeSchool.DemoDistrict.Generator;

/// <summary>Writes a fictional district as a OneRoster 1.1 zip (bulk), a neighbourhood at a time.</summary>
internal sealed class RosterZip
{
    private const string District = "district-1";
    private const string DistrictName = "青岚区教育局";

    // status and dateLastModified: blank in bulk files.
    private const string Blank = "";

    private readonly DistrictPlan plan;
    private readonly CancellationToken cancel;
    private readonly SchoolYear year;
    private readonly string terms;
    private readonly string firstDay;

    private RosterZip(DistrictPlan plan, CancellationToken cancel)
    {
        (this.plan, this.cancel, year) = (plan, cancel, plan.Year);
        terms = string.Join(',', year.Terms.Select(term => term.Id));
        firstDay = Day(year.Terms[0].StartsOn);
    }

    /// <summary>Writes the district.</summary>
    /// <param name="plan">What to generate.</param>
    /// <param name="to">Where to; left open.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>How many rows each file has, without its header.</returns>
    public static IReadOnlyDictionary<string, int> Write(DistrictPlan plan, Stream to, CancellationToken cancel)
    {
        var roster = new RosterZip(plan, cancel);
        var rows = new SortedDictionary<string, int>(StringComparer.Ordinal);
        using var zip = new ZipArchive(to, ZipArchiveMode.Create, leaveOpen: true);
        Add("manifest", roster.WriteManifest);
        Add("orgs", roster.WriteOrgs);
        Add("academicSessions", roster.WriteSessions);
        Add("courses", roster.WriteCourses);
        Add("classes", roster.WriteClasses);
        Add("users", roster.WriteUsers);
        Add("demographics", roster.WriteDemographics);
        Add("enrollments", roster.WriteEnrollments);
        return rows;

        void Add(string name, Action<CsvFile> write)
        {
            var entry = zip.CreateEntry(name + ".csv", CompressionLevel.Optimal);
            // Not the clock's: the same plan gives the same bytes.
            entry.LastWriteTime = new DateTimeOffset(plan.Year.Begins, 8, 31, 0, 0, 0, TimeSpan.Zero);
            using var file = new CsvFile(entry.Open());
            write(file);
            rows.Add(name, file.Rows - 1);
        }
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string CourseId(SchoolYear year, int grade, string subject) => $"course-{year.Begins}-{grade:D2}-{subject}";

    private IEnumerable<Neighbourhood> Neighbourhoods()
    {
        for (var i = 0; i < plan.Neighbourhoods; i++)
        {
            cancel.ThrowIfCancellationRequested();
            yield return new Neighbourhood(plan, i);
        }
    }

    private void WriteManifest(CsvFile file)
    {
        file.Row("propertyName", "value");
        file.Row("manifest.version", "1.0");
        file.Row("oneroster.version", "1.1");
        foreach (var name in (string[])["academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "users"])
            file.Row("file." + name, "bulk");
        foreach (var name in (string[])["categories", "classResources", "courseResources", "lineItems", "resources", "results"])
            file.Row("file." + name, "absent");
        file.Row("source.systemName", "HomeSchool demo district");
        file.Row("source.systemCode", "demo");
    }

    private void WriteOrgs(CsvFile file)
    {
        file.Row("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId");
        file.Row(District, Blank, Blank, DistrictName, "district", "", "");
        foreach (var school in Neighbourhoods().SelectMany(neighbourhood => neighbourhood.Schools))
            file.Row(school.Id, Blank, Blank, school.Name, "school", $"99{school.Number:D8}", District);
    }

    private void WriteSessions(CsvFile file)
    {
        file.Row(
            "sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear");
        var ending = $"{year.Begins + 1}";
        file.Row(year.Id, Blank, Blank, year.Title, "schoolYear", firstDay, Day(year.Terms[^1].EndsOn), "", ending);
        foreach (var term in year.Terms)
            file.Row(term.Id, Blank, Blank, term.Title, "semester", Day(term.StartsOn), Day(term.EndsOn), year.Id, ending);
    }

    private void WriteCourses(CsvFile file)
    {
        file.Row(
            "sourcedId", "status", "dateLastModified", "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId",
            "subjects", "subjectCodes");
        for (var grade = 1; grade <= 12; grade++)
        {
            Course("homeroom", Class.TitleOf(grade) + "行政班", "");
            if (!plan.SubjectClasses)
                continue;
            foreach (var subject in Subject.All.Where(subject => subject.IsTaughtIn(grade)))
                Course(subject.Code, Class.TitleOf(grade) + subject.Title, subject.Title);

            void Course(string code, string title, string subject) => file.Row(
                CourseId(year, grade, code), Blank, Blank, year.Id, title, $"{grade:D2}-{code}", Class.CodeOf(grade), District,
                subject, "");
        }
    }

    private void WriteClasses(CsvFile file)
    {
        file.Row(
            "sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classCode", "classType", "location",
            "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods");
        foreach (var school in Neighbourhoods().SelectMany(neighbourhood => neighbourhood.Schools))
        {
            foreach (var @class in school.Classes)
            {
                Row(@class.Id, @class.Title, "homeroom", "homeroom", "");
                if (!plan.SubjectClasses)
                    continue;
                foreach (var (subject, _) in @class.Lessons)
                    Row(LessonId(@class, subject), @class.Title + subject.Title, subject.Code, "scheduled", subject.Title);

                void Row(string id, string title, string course, string type, string subject) => file.Row(
                    id, Blank, Blank, title, @class.GradeCode, CourseId(year, @class.Grade, course), "", type, "",
                    school.Id, terms, subject, "", "");
            }
        }
    }

    private void WriteUsers(CsvFile file)
    {
        file.Row(
            "sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username", "userIds", "givenName",
            "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password");
        foreach (var neighbourhood in Neighbourhoods())
        {
            foreach (var school in neighbourhood.Schools)
            {
                foreach (var staff in school.Staff)
                {
                    var username = $"{staff.Name.Latin}.{staff.Id}";
                    User(
                        staff.Id, school.Id, staff.Role, username, staff.Name, identifier: "", $"{username}@demo.example",
                        sms: "", agents: "", grade: "");
                }
            }

            var people = neighbourhood.Populate();
            foreach (var student in people.Students)
            {
                var name = new Name(student.FamilyName, student.Given);
                // The school's own number (学号): the year in which the child came, the school, the place.
                var (first, _) = School.Grades(student.School.Kind);
                var number = $"{year.Begins - student.Class.Grade + first}{student.School.Number:D4}{student.Number:D5}";
                User(
                    student.Id, student.School.Id, "student", $"{name.Latin}.{number}", name, number, email: "", sms: "",
                    string.Join(',', student.Family.Guardians.Select(guardian => guardian.Id)), student.Class.GradeCode);
            }

            foreach (var family in people.Families)
            {
                var schools = string.Join(',', family.Children.Select(child => child.School.Id).Distinct(StringComparer.Ordinal));
                var children = string.Join(',', family.Children.Select(child => child.Id));
                foreach (var guardian in family.Guardians)
                {
                    var username = $"{guardian.Name.Latin}.{guardian.Id}";
                    User(
                        guardian.Id, schools, guardian.Role, username, guardian.Name, identifier: "", email: "", guardian.Phone,
                        children, grade: "");
                }
            }
        }

        void User(
            string id, string orgs, string role, string username, Name name, string identifier, string email, string sms,
            string agents, string grade) => file.Row(
                id, Blank, Blank, "true", orgs, role, username, "", name.Given.Han, name.Family.Han, "", identifier, email, sms,
                "", agents, grade, "");
    }

    private void WriteDemographics(CsvFile file)
    {
        file.Row(
            "sourcedId", "status", "dateLastModified", "birthDate", "sex", "americanIndianOrAlaskaNative", "asian",
            "blackOrAfricanAmerican", "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
            "hispanicOrLatinoEthnicity", "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth",
            "publicSchoolResidenceStatus");
        foreach (var student in Neighbourhoods().SelectMany(neighbourhood => neighbourhood.Populate().Students))
        {
            var sex = student.Sex == Sex.Male ? "male" : "female";
            file.Row(
                student.Id, Blank, Blank, Day(student.BirthDate), sex, "", "", "", "", "", "", "", "", "", "", "");
        }
    }

    private void WriteEnrollments(CsvFile file)
    {
        file.Row(
            "sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary",
            "beginDate", "endDate");
        foreach (var school in Neighbourhoods().SelectMany(neighbourhood => neighbourhood.Schools))
        {
            var place = 0;
            foreach (var @class in school.Classes)
            {
                var students = Enumerable.Range(place + 1, @class.Students)
                    .Select(number => Student.IdOf(school, number)).ToList();
                place += @class.Students;
                Enrol(@class.Id, @class.HomeroomTeacher.Id, "teacher", "true");
                Enrol(@class.Id, @class.DeputyHomeroomTeacher.Id, "teacher", "false");
                students.ForEach(student => Enrol(@class.Id, student, "student", ""));
                if (!plan.SubjectClasses)
                    continue;
                foreach (var (subject, teacher) in @class.Lessons)
                {
                    var lesson = LessonId(@class, subject);
                    Enrol(lesson, teacher.Id, "teacher", "true");
                    students.ForEach(student => Enrol(lesson, student, "student", ""));
                }

                void Enrol(string id, string user, string role, string primary) =>
                    file.Row($"{id}.{user}", Blank, Blank, id, school.Id, user, role, primary, firstDay, "");
            }
        }
    }

    private static string LessonId(Class @class, Subject subject) => $"{@class.Id}-{subject.Code}";
}
