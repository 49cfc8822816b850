namespace HomeSchool.DemoDistrict.Generator;

/// <summary>
/// A few schools whose students' families live together (片区): siblings go to any of them. It is as much of the district as is
/// ever in memory; it is built anew for each file, always the same.
/// </summary>
internal sealed class Neighbourhood
{
    /// <summary>The kinds of its schools: each grade has about as many students as any other.</summary>
    public static readonly IReadOnlyList<SchoolKind> Kinds =
        [SchoolKind.Primary, SchoolKind.Junior, SchoolKind.Senior, SchoolKind.Primary];

    private const string PlaceFirsts = "松枫云清石竹桃柳梅兰桂杏银翠白青";
    private const string PlaceSeconds = "溪湖桥山泉林湾岭渡井坪塘亭坡园岸";

    private readonly DistrictPlan plan;
    private readonly int number;

    /// <summary>Builds the schools of a neighbourhood; the families only when they are asked for.</summary>
    /// <param name="plan">The district.</param>
    /// <param name="number">From 0.</param>
    public Neighbourhood(DistrictPlan plan, int number)
    {
        (this.plan, this.number) = (plan, number);
        Schools =
        [
            .. Kinds.Take(plan.Schools - number * Kinds.Count)
                .Select((kind, i) => new School(plan, number * Kinds.Count + i + 1, kind, SchoolName(i))),
        ];
    }

    public IReadOnlyList<School> Schools { get; }

    /// <summary>Draws the people.</summary>
    public Population Populate() => new(plan, number, Schools);

    private string SchoolName(int place)
    {
        // 37 has no divisor in common with 256: all names are used before one comes again with a number.
        var all = PlaceFirsts.Length * PlaceSeconds.Length;
        var name = (int)((ulong)plan.Seed % (ulong)all + (ulong)(number * 37)) % all;
        var round = number / all;
        var kind = Kinds[place] switch
        {
            SchoolKind.Primary => place == 0 ? "小学" : "实验小学",
            SchoolKind.Junior => "初级中学",
            SchoolKind.Senior => "高级中学",
            _ => throw new InvalidOperationException(),
        };
        return $"{PlaceFirsts[name / PlaceSeconds.Length]}{PlaceSeconds[name % PlaceSeconds.Length]}"
            + (round == 0 ? "" : $"第{round + 1}") + kind;
    }
}
