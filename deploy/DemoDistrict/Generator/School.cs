namespace HomeSchool.DemoDistrict.Generator;

/// <summary>What grades a school has.</summary>
internal enum SchoolKind
{
    /// <summary>小学, grades 1–6.</summary>
    Primary,

    /// <summary>初级中学, grades 7–9.</summary>
    Junior,

    /// <summary>高级中学, grades 10–12.</summary>
    Senior,
}

/// <summary>A school with its classes and its staff.</summary>
internal sealed class School
{
    private const int LargestClass = 48;

    private readonly Draw draw;

    /// <summary>Builds the school; always the same one for a plan and a number.</summary>
    /// <param name="plan">The district.</param>
    /// <param name="number">From 1.</param>
    /// <param name="kind">What grades it has.</param>
    /// <param name="name">Its name.</param>
    public School(DistrictPlan plan, int number, SchoolKind kind, string name)
    {
        (Number, Kind, Name) = (number, kind, name);
        draw = new Draw(plan.Seed, -number);
        var (first, last) = Grades(kind);
        for (var grade = first; grade <= last; grade++)
            OpenClasses(plan, grade, Share(plan.StudentsPerSchool, last - first + 1, grade - first));
        EmployLeaders(plan.StudentsPerSchool, kind);
        foreach (var subject in Subject.All)
            EmployTeachers(subject);
    }

    /// <summary>From 1.</summary>
    public int Number { get; }

    public SchoolKind Kind { get; }

    public string Id => $"school-{Number:D4}";

    public string Name { get; }

    public List<Class> Classes { get; } = [];

    public List<Staff> Staff { get; } = [];

    /// <summary>The first and the last grade, 1–12.</summary>
    public static (int First, int Last) Grades(SchoolKind kind) => kind switch
    {
        SchoolKind.Primary => (1, 6),
        SchoolKind.Junior => (7, 9),
        SchoolKind.Senior => (10, 12),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private void OpenClasses(DistrictPlan plan, int grade, int students)
    {
        var classes = (students + LargestClass - 1) / LargestClass;
        for (var i = 0; i < classes; i++)
        {
            var id = $"class-{plan.Year.Begins}-{Number:D4}-{grade:D2}-{i + 1}";
            Classes.Add(new Class(id, grade, i + 1, Classes.Count, Share(students, classes, i)));
        }
    }

    // The parts of a whole differ by one at most.
    private static int Share(int whole, int parts, int part) => whole * (part + 1) / parts - whole * part / parts;

    private void EmployLeaders(int students, SchoolKind kind)
    {
        // 校长, 分管校长, 教务处.
        for (var i = 0; i < 3 + students / 1_000; i++)
            Employ("administrator");
        // 心理教师.
        for (var i = 0; i < 1 + students / 1_500; i++)
            Employ("teacher");
        // 生活老师.
        for (var i = 0; kind != SchoolKind.Primary && i < 2; i++)
            Employ("aide");
    }

    private void EmployTeachers(Subject subject)
    {
        Staff? teacher = null;
        var place = 0;
        foreach (var @class in Classes.Where(@class => subject.IsTaughtIn(@class.Grade)))
        {
            if (place++ % subject.Load == 0)
                teacher = Employ("teacher");
            @class.Lessons.Add(new Lesson(subject, teacher!));
        }
    }

    private Staff Employ(string role)
    {
        var sex = draw.Chance(65) ? Sex.Female : Sex.Male;
        var name = new Name(Generator.Name.DrawFamily(draw), Generator.Name.DrawGiven(draw, Generation.Parent, sex));
        var staff = new Staff($"staff-{Number:D4}-{Staff.Count + 1:D3}", role, name);
        Staff.Add(staff);
        return staff;
    }
}

/// <summary>A class (行政班).</summary>
/// <param name="Id">Its sourcedId.</param>
/// <param name="Grade">1–12.</param>
/// <param name="Number">In its grade, from 1.</param>
/// <param name="Place">In its school, from 0.</param>
/// <param name="Students">How many are in it.</param>
internal sealed record Class(string Id, int Grade, int Number, int Place, int Students)
{
    private static readonly string[] GradeTitles =
        ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级", "高一", "高二", "高三"];

    /// <summary>E.g. 七年级(3)班.</summary>
    public string Title => $"{TitleOf(Grade)}({Number})班";

    /// <summary>As OneRoster writes it, e.g. <c>07</c>.</summary>
    public string GradeCode => CodeOf(Grade);

    /// <summary>Who teaches it what, in the order of <see cref="Subject.All"/>.</summary>
    public List<Lesson> Lessons { get; } = [];

    /// <summary>班主任: by turns the teacher of Chinese and of mathematics, so that nobody has two classes.</summary>
    public Staff HomeroomTeacher => Lessons[Place % 2].Teacher;

    /// <summary>副班主任: the teacher of the third subject.</summary>
    public Staff DeputyHomeroomTeacher => Lessons[2].Teacher;

    /// <summary>As people say it, e.g. 七年级.</summary>
    public static string TitleOf(int grade) => GradeTitles[grade - 1];

    /// <summary>As OneRoster writes it, e.g. <c>07</c>.</summary>
    public static string CodeOf(int grade) => $"{grade:D2}";
}

/// <summary>That a teacher teaches a class a subject.</summary>
/// <param name="Subject">What.</param>
/// <param name="Teacher">Who.</param>
internal sealed record Lesson(Subject Subject, Staff Teacher);

/// <summary>A member of the staff.</summary>
/// <param name="Id">The sourcedId.</param>
/// <param name="Role">As OneRoster writes it.</param>
/// <param name="Name">The name.</param>
internal sealed record Staff(string Id, string Role, Name Name);
