namespace HomeSchool.DemoDistrict.Story;

/// <summary>Where the story happens: a homeroom class, two of its families without a visit, and a class elsewhere.</summary>
/// <param name="School">The school.</param>
/// <param name="Class">The class.</param>
/// <param name="First">The family whose guardian gets an account, if the roster knows a guardian.</param>
/// <param name="Second">The family that is handed a link.</param>
/// <param name="Elsewhere">Another school, with a class; <see langword="null"/> when there is none.</param>
internal sealed record Scene(School School, Class Class, Family First, Family Second, (School School, Class Class)? Elsewhere)
{
    /// <summary>Looks for it in the district's roster.</summary>
    /// <exception cref="StoryFailedException">There is no such class.</exception>
    public static async Task<Scene> FindAsync(Administrator admin, CancellationToken cancel)
    {
        var schools = await admin.Client.ListAsync<School>($"/api/archives/districts/{admin.DistrictId}/schools", cancel);
        Scene? found = null;
        (School School, Class Class)? elsewhere = null;
        foreach (var school in schools)
        {
            var classes = (await admin.Client.ListAsync<Class>($"/api/archives/schools/{school.Id}/classes", cancel))
                .Where(@class => @class is { HomeroomTeacherId: not null, Students: > 1 }).ToList();
            if (classes.Count == 0)
                continue;
            found ??= await InAsync(admin, school, classes, cancel);
            if (found?.School != school)
                elsewhere ??= (school, classes[0]);
            if (found is not null && elsewhere is not null)
                break;
        }

        return found is not null
            ? found with { Elsewhere = elsewhere }
            : throw new StoryFailedException("The roster has no homeroom class with a teacher and two families without a visit.");
    }

    private static async Task<Scene?> InAsync(Administrator admin, School school, List<Class> classes, CancellationToken cancel)
    {
        var visited = (await admin.Client.ListAsync<Visit>($"/api/visits?schoolId={school.Id}", cancel))
            .SelectMany(visit => visit.Students).ToLookup(student => student.ClassId, student => student.StudentId);
        foreach (var @class in classes.OrderBy(@class => visited[@class.Id].Count()))
        {
            var students = await admin.Client.ListAsync<Student>(
                $"/api/archives/schools/{school.Id}/students?classId={@class.Id}", cancel);
            var families = new List<Family>();
            foreach (var student in students.Where(student => !visited[@class.Id].Contains(student.Id)))
            {
                var archive = (await admin.Client.GetAsync(
                    $"/api/archives/districts/{admin.DistrictId}/students/{student.Id}", cancel)).As<Archive>();
                families.Add(new Family(student.Id, [.. archive.Guardians.Where(guardian => guardian.LegalStatus == "guardian").Select(guardian => guardian.Id)]));
                if (families.Find(family => family.Guardians.Count > 0) is not { } first)
                    continue;
                if (families.Find(family => family != first && !first.Guardians.Intersect(family.Guardians).Any()) is { } second)
                    return new Scene(school, @class, first, second, null);
            }

            // A roster without guardians.
            if (families.Count > 1 && families.TrueForAll(family => family.Guardians.Count == 0))
                return new Scene(school, @class, families[0], families[1], null);
        }

        return null;
    }

    private sealed record Visit(IReadOnlyList<VisitedStudent> Students);

    private sealed record VisitedStudent(Guid StudentId, Guid? ClassId);

    private sealed record Student(Guid Id);

    private sealed record Archive(IReadOnlyList<Guardian> Guardians);

    private sealed record Guardian(Guid Id, string LegalStatus);
}

/// <summary>A homeroom class.</summary>
/// <param name="Id">The class.</param>
/// <param name="Title">E.g. 七年级(3)班.</param>
/// <param name="Students">On its roll.</param>
/// <param name="HomeroomTeacherId">Its teacher.</param>
internal sealed record Class(Guid Id, string Title, int Students, Guid? HomeroomTeacherId);

/// <summary>A family of the class.</summary>
/// <param name="StudentId">Its child in the class.</param>
/// <param name="Guardians">Whom the roster knows as legal guardians, who may ask for all that is held, in the order in which they are called.</param>
internal sealed record Family(Guid StudentId, IReadOnlyList<Guid> Guardians);
