using HomeSchool.Activities.Policies;
using HomeSchool.Contracts.Archives;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities.Roster;

/// <summary>A school of the archives.</summary>
public sealed class School
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>What it is called.</summary>
    public string Name { get; init; } = "";

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A term of the archives.</summary>
public sealed class Term
{
    /// <summary>The term.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly EndsOn { get; init; }

    /// <summary>Its numbered teaching weeks; the first begins with the term.</summary>
    public int TeachingWeeks { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }

    /// <summary>The week of a day, from 1: the term's first seven days are week 1.</summary>
    public int WeekOf(DateOnly day) => (int)Math.Floor((day.DayNumber - StartsOn.DayNumber) / 7.0) + 1;
}

/// <summary>A class of the archives.</summary>
public sealed class SchoolClass
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The class.</summary>
    public Guid ClassId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>E.g. 七年级(3)班.</summary>
    public string Title { get; init; } = "";

    /// <summary>The grade as the school's system writes it; <see langword="null"/> when it does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>The day from which it is no longer in the roster.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A student's time in a class of a school, as the archives say.</summary>
public sealed class Enrolment
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The enrolment.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The class; <see langword="null"/> for a student without one.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The grade; <see langword="null"/> when the roster does not say.</summary>
    public string? Grade { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>A staff member's time at a school, as the archives say.</summary>
public sealed class Post
{
    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The post.</summary>
    public Guid Id { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The staff member.</summary>
    public Guid StaffId { get; init; }

    /// <summary>The class; <see langword="null"/> for a post at the whole school.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>As what.</summary>
    public StaffRole Role { get; init; }

    /// <summary>First day.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>Last day; before <see cref="StartsOn"/> when it never came about.</summary>
    public DateOnly? EndsOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>That somebody is a guardian of a student, as the archives say.</summary>
public sealed class Guardianship
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The day from which it no longer holds.</summary>
    public DateOnly? WithdrawnOn { get; init; }

    /// <summary>The version of the roster that said so.</summary>
    public long Version { get; init; }
}

/// <summary>What a guardian may do for a student, as the archives say (ARC-13); without a row, everything.</summary>
public sealed class GuardianRights
{
    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The guardian.</summary>
    public Guid GuardianId { get; init; }

    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>Whether the guardian sees what concerns the child.</summary>
    public bool MaySee { get; init; }

    /// <summary>Whether the guardian signs for the child.</summary>
    public bool MaySign { get; init; }

    /// <summary>Whether the guardian is invited: to meetings, classes, activities.</summary>
    public bool MayBeInvited { get; init; }

    /// <summary>The version that said so.</summary>
    public long Version { get; init; }
}

/// <summary>The tables of the roster.</summary>
internal static class RosterTables
{
    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<School>(school =>
        {
            school.HasKey(s => s.SchoolId);
            school.HasIndex(s => s.DistrictId);
        });
        modelBuilder.Entity<Term>().HasIndex(t => t.DistrictId);
        modelBuilder.Entity<SchoolClass>().HasKey(c => new { c.SchoolId, c.ClassId });
        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasKey(e => new { e.SchoolId, e.Id });
            enrolment.HasIndex(e => new { e.SchoolId, e.ClassId });
            enrolment.HasIndex(e => e.StudentId);
        });
        modelBuilder.Entity<Post>(post =>
        {
            post.HasKey(p => new { p.SchoolId, p.Id });
            post.HasIndex(p => new { p.SchoolId, p.StaffId });
            post.Property(p => p.Role).HasConversion<string>();
        });
        modelBuilder.Entity<Guardianship>(guardianship =>
        {
            guardianship.HasKey(g => new { g.StudentId, g.GuardianId });
            guardianship.HasIndex(g => g.GuardianId);
        });
        modelBuilder.Entity<GuardianRights>().HasKey(g => new { g.StudentId, g.GuardianId });
    }

    /// <summary>
    /// The term that an instant at a school lies in, on the school's clocks; of two that overlap, the one that began first.
    /// </summary>
    public static async Task<Term?> TermOfAsync(
        this ActivitiesDb db, Guid district, Guid school, DateTimeOffset instant, CancellationToken cancel)
    {
        var day = LocalTime.Day(instant, (await db.PolicyAtAsync(district, school, cancel)).TimeZone);
        return await db.Set<Term>().AsNoTracking()
            .Where(t => t.DistrictId == district && t.WithdrawnOn == null && t.StartsOn <= day && t.EndsOn >= day)
            .OrderBy(t => t.StartsOn).ThenBy(t => t.Id).FirstOrDefaultAsync(cancel);
    }

    /// <summary>The enrolments that hold on a day.</summary>
    public static IQueryable<Enrolment> OnRoll(this ActivitiesDb db, DateOnly day) =>
        db.Set<Enrolment>().AsNoTracking().Where(e => e.StartsOn <= day && (e.EndsOn == null || e.EndsOn >= day));
}
