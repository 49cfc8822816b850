using System.Linq.Expressions;
using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Security;

namespace HomeSchool.Insights;

/// <summary>A place of the organisation tree as the roster has it; its figures are found by <see cref="Id"/> and <see cref="CountedAs"/>.</summary>
internal sealed class Place
{
    public static readonly Expression<Func<District, Place>> OfDistrict = district => new Place
    {
        Kind = NodeKind.District,
        Id = district.Id,
        DistrictId = district.Id,
        CountedAs = "",
        SortedBy = "",
        WithdrawnOn = null,
    };

    public static readonly Expression<Func<School, Place>> OfSchool = school => new Place
    {
        Kind = NodeKind.School,
        Id = school.SchoolId,
        DistrictId = school.DistrictId,
        SchoolId = school.SchoolId,
        Title = school.Name,
        CountedAs = "",
        SortedBy = school.Name,
        Version = school.Version,
        WithdrawnOn = school.WithdrawnOn,
    };

    public static readonly Expression<Func<Class, Place>> OfClass = @class => new Place
    {
        Kind = NodeKind.Class,
        Id = @class.Id,
        DistrictId = @class.DistrictId,
        SchoolId = @class.SchoolId,
        Title = @class.Title,
        Grade = @class.Grade == "" ? null : @class.Grade,
        CountedAs = "",
        SortedBy = @class.Grade + " " + @class.Title,
        Version = @class.Version,
        WithdrawnOn = @class.WithdrawnOn,
    };

    public NodeKind Kind { get; init; }

    public Guid Id { get; init; }

    public Guid DistrictId { get; init; }

    public Guid? SchoolId { get; init; }

    public string? Title { get; init; }

    public string? Grade { get; init; }

    /// <summary>The grade that its figures stand under: empty for all but grades.</summary>
    public string CountedAs { get; init; } = "";

    public string SortedBy { get; init; } = "";

    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that described it last.</summary>
    public long Version { get; init; }

    public static Expression<Func<School, Place>> OfGrade(string grade) => school => new Place
    {
        Kind = NodeKind.Grade,
        Id = school.SchoolId,
        DistrictId = school.DistrictId,
        SchoolId = school.SchoolId,
        Grade = grade,
        CountedAs = grade,
        SortedBy = grade,
        Version = school.Version,
        WithdrawnOn = null,
    };
}

/// <summary>
/// Which places a caller may see the coverage of: the query's own filter, the first lock before row-level security (ALL-1). A role at
/// a district reaches all of it, a role at a school the school with its grades and classes, a role at a class that class alone.
/// </summary>
internal sealed class Reach
{
    private readonly Guid[] districts;
    private readonly Guid[] schools;
    private readonly Guid[] classes;

    /// <summary>The reach of <see cref="Permission.CoverageRead"/>.</summary>
    public Reach(Caller caller)
    {
        var grants = caller.With(Permission.CoverageRead).Where(grant => grant.StudentId is null).ToArray();
        districts = [.. grants.Where(g => g.SchoolId is null).Select(g => g.DistrictId)];
        schools = [.. grants.Where(g => g.SchoolId is not null && g.ClassId is null).Select(g => g.SchoolId!.Value)];
        classes = [.. grants.Where(g => g.ClassId is not null).Select(g => g.ClassId!.Value)];
    }

    /// <summary>Districts within reach.</summary>
    public IQueryable<District> Districts(InsightsDb db) => db.Set<District>().Where(d => districts.Contains(d.Id));

    /// <summary>Schools within reach as a whole.</summary>
    public IQueryable<School> Schools(InsightsDb db) =>
        db.Set<School>().Where(s => districts.Contains(s.DistrictId) || schools.Contains(s.SchoolId));

    /// <summary>Classes within reach.</summary>
    public IQueryable<Class> Classes(InsightsDb db) =>
        db.Set<Class>().Where(c => districts.Contains(c.DistrictId) || schools.Contains(c.SchoolId) || classes.Contains(c.Id));
}
