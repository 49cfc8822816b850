namespace HomeSchool.DemoDistrict.Generator;

/// <summary>What a fictional district is generated from: the same plan gives the same bytes.</summary>
/// <param name="Seed">Another seed, other people.</param>
/// <param name="Schools">How many schools, 1 to <see cref="MostSchools"/>.</param>
/// <param name="StudentsPerSchool">Students of each, <see cref="FewestStudents"/> to <see cref="MostStudents"/>.</param>
/// <param name="Year">The school year.</param>
/// <param name="SubjectClasses">Whether each class's lessons are there too, as scheduled classes: ten times as many
/// enrollments.</param>
internal sealed record DistrictPlan(long Seed, int Schools, int StudentsPerSchool, SchoolYear Year, bool SubjectClasses)
{
    public const int MostSchools = 2_000;
    public const int FewestStudents = 30;
    public const int MostStudents = 5_000;

    /// <summary>How many neighbourhoods the schools lie in.</summary>
    public int Neighbourhoods => (Schools + Neighbourhood.Kinds.Count - 1) / Neighbourhood.Kinds.Count;
}

/// <summary>A school year (学年) of two terms with 20 teaching weeks each.</summary>
/// <param name="Begins">The year in which it begins: 2026 for 2026–2027 学年.</param>
internal sealed record SchoolYear(int Begins)
{
    private const int DaysOfTerm = 20 * 7;

    public string Id => $"year-{Begins}";

    public string Title => $"{Begins}–{Begins + 1}学年";

    public IReadOnlyList<Term> Terms =>
    [
        Of(1, "第一学期", NearestMonday(new DateOnly(Begins, 9, 1))),
        Of(2, "第二学期", NearestMonday(new DateOnly(Begins + 1, 3, 1))),
    ];

    /// <summary>The school year of a day; in the summer holidays the one before: nobody is on the new one's roll yet.</summary>
    public static SchoolYear At(DateOnly day)
    {
        var year = new SchoolYear(day.Year);
        return day >= year.Terms[0].StartsOn ? year : new SchoolYear(day.Year - 1);
    }

    private static DateOnly NearestMonday(DateOnly day)
    {
        var latest = day.AddDays(3);
        return latest.AddDays(-(((int)latest.DayOfWeek + 6) % 7));
    }

    private Term Of(int number, string title, DateOnly startsOn) =>
        new($"term-{Begins}-{number}", Title + title, startsOn, startsOn.AddDays(DaysOfTerm - 1));
}

/// <summary>A term (学期).</summary>
/// <param name="Id">Its sourcedId.</param>
/// <param name="Title">E.g. 2026–2027学年第一学期.</param>
/// <param name="StartsOn">First day, a Monday.</param>
/// <param name="EndsOn">Last day, a Sunday.</param>
internal sealed record Term(string Id, string Title, DateOnly StartsOn, DateOnly EndsOn);
