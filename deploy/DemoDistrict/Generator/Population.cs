namespace HomeSchool.DemoDistrict.Generator;

/// <summary>The students of a neighbourhood and their families.</summary>
internal sealed class Population
{
    // Of a hundred families, so many have a further child at these schools; of those, so many have a third one.
    private const int WithSiblings = 16;
    private const int WithThird = 6;

    private readonly DistrictPlan plan;
    private readonly int neighbourhood;
    private readonly Draw draw;

    /// <summary>Draws them; always the same ones for a plan and a neighbourhood.</summary>
    public Population(DistrictPlan plan, int neighbourhood, IReadOnlyList<School> schools)
    {
        (this.plan, this.neighbourhood) = (plan, neighbourhood);
        draw = new Draw(plan.Seed, neighbourhood);
        Students =
        [
            .. from school in schools
               from seat in school.Classes.SelectMany(@class => Enumerable.Repeat(@class, @class.Students)).Index()
               select new Student(school, seat.Item, seat.Index + 1),
        ];
        Families = [.. FormFamilies()];
    }

    /// <summary>By school and class.</summary>
    public IReadOnlyList<Student> Students { get; }

    /// <summary>Each with its children, none without.</summary>
    public IReadOnlyList<Family> Families { get; }

    private IEnumerable<Family> FormFamilies()
    {
        var waiting = Students.ToArray();
        draw.Shuffle(waiting);
        var guardians = 0;
        for (var i = 0; i < waiting.Length;)
        {
            var children = 1;
            for (var wanted = draw.Chance(WithSiblings) ? draw.Chance(WithThird) ? 3 : 2 : 1; children < wanted; children++)
            {
                if (!BringSibling(waiting, i, children))
                    break;
            }

            var family = Found([.. waiting.AsSpan(i, children)], ref guardians);
            i += children;
            yield return family;
        }
    }

    // Siblings are two to eight grades apart, so at least a year: one of the next students who is, moves up.
    private static bool BringSibling(Student[] waiting, int first, int place)
    {
        for (var i = first + place; i < Math.Min(waiting.Length, first + place + 20); i++)
        {
            if (!Array.TrueForAll(waiting[first..(first + place)],
                child => Math.Abs(child.Class.Grade - waiting[i].Class.Grade) is >= 2 and <= 8))
                continue;
            (waiting[first + place], waiting[i]) = (waiting[i], waiting[first + place]);
            return true;
        }

        return false;
    }

    private Family Found(Student[] children, ref int guardians)
    {
        var (father, mother) = (Name.DrawFamily(draw), Name.DrawFamily(draw));
        var surname = draw.Chance(94) ? father : mother;
        var given = new HashSet<Part>();
        foreach (var child in children)
        {
            child.Sex = draw.Chance(52) ? Sex.Male : Sex.Female;
            while (!given.Add(child.Given = Name.DrawGiven(draw, Generation.Child, child.Sex)))
            {
            }

            child.FamilyName = surname;
            // Whoever is six by the end of August begins school in September.
            child.BirthDate = new DateOnly(plan.Year.Begins - 6 - child.Class.Grade, 9, 1).AddDays(draw.Below(365));
        }

        var family = new Family(children);
        var (one, other) = draw.Chance(60) ? (Sex.Female, Sex.Male) : (Sex.Male, Sex.Female);
        switch (draw.Below(100))
        {
            case < 70:
                Add("parent", Generation.Parent, one, ref guardians);
                Add("parent", Generation.Parent, other, ref guardians);
                break;
            case < 80:
                Add("parent", Generation.Parent, one, ref guardians);
                break;
            case < 88:
                Add("parent", Generation.Parent, one, ref guardians);
                Add("parent", Generation.Parent, other, ref guardians);
                Add("relative", Generation.Grandparent, one, ref guardians);
                break;
            case < 93:
                // 留守: the parents work far away; who takes care of the child is called first.
                Add("relative", Generation.Grandparent, one, ref guardians);
                Add("parent", Generation.Parent, Sex.Male, ref guardians);
                Add("parent", Generation.Parent, Sex.Female, ref guardians);
                break;
            case < 96:
                Add("parent", Generation.Parent, one, ref guardians);
                Add("relative", Generation.Grandparent, other, ref guardians);
                break;
            default:
                Add("guardian", Generation.Grandparent, one, ref guardians);
                break;
        }

        return family;

        void Add(string role, Generation generation, Sex sex, ref int guardians)
        {
            var name = new Name(sex == Sex.Male ? father : mother, Name.DrawGiven(draw, generation, sex));
            family.Guardians.Add(new Guardian(neighbourhood, ++guardians, role, name));
        }
    }
}

/// <summary>A student.</summary>
/// <param name="School">Where.</param>
/// <param name="Class">The homeroom class.</param>
/// <param name="Number">In the school, from 1.</param>
internal sealed record Student(School School, Class Class, int Number)
{
    public string Id => IdOf(School, Number);

    public Part FamilyName { get; set; }

    public Part Given { get; set; }

    public Sex Sex { get; set; }

    public DateOnly BirthDate { get; set; }

    /// <summary>The family; set when it is founded.</summary>
    public Family Family { get; set; } = null!;

    /// <summary>The sourcedId of a student of a school; numbers go through its classes in their order.</summary>
    public static string IdOf(School school, int number) => $"student-{school.Number:D4}-{number:D5}";
}

/// <summary>A family: its children at school, and who answers for them.</summary>
internal sealed class Family
{
    public Family(IReadOnlyList<Student> children)
    {
        Children = children;
        foreach (var child in children)
            child.Family = this;
    }

    public IReadOnlyList<Student> Children { get; }

    /// <summary>In the order in which they are called.</summary>
    public List<Guardian> Guardians { get; } = [];
}

/// <summary>A guardian or caregiver.</summary>
/// <param name="Neighbourhood">Where the family lives.</param>
/// <param name="Number">In the neighbourhood, from 1.</param>
/// <param name="Role">As OneRoster writes it: <c>parent</c>, <c>relative</c> for caregivers, <c>guardian</c>.</param>
/// <param name="Name">The name.</param>
internal sealed record Guardian(int Neighbourhood, int Number, string Role, Name Name)
{
    public string Id => $"guardian-{Neighbourhood + 1:D3}-{Number:D6}";

    /// <summary>No number in use: mobile numbers begin with 13 to 19.</summary>
    public string Phone => $"10{Neighbourhood:D3}{Number:D6}";
}
