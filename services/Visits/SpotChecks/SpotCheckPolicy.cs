using HomeSchool.ServiceDefaults.Hosting;

namespace HomeSchool.Visits.SpotChecks;

/// <summary>An item of the checklist that records are graded against.</summary>
/// <param name="Code">Stable, e.g. <c>complete</c>; 1–30 characters.</param>
/// <param name="Weight">How much it counts, 1–100, beside the others.</param>
/// <param name="Zh">What is looked at, in Chinese; 1–60 characters.</param>
/// <param name="En">The same in English; 1–120 characters.</param>
public sealed record ChecklistItem(string Code, int Weight, string Zh, string En);

/// <summary>What a district decides about spot checks (VIS-13).</summary>
public sealed record SpotCheckPolicy
{
    private const int MostItems = 20;

    /// <summary>The checklist; a check keeps the one that it was drawn with.</summary>
    public ChecklistItem[] Items { get; init; } =
    [
        new("complete", 30, "要素完整、按时填写", "Complete, and written in time"),
        new("concrete", 30, "内容具体、约定可行", "Concrete, with workable agreements"),
        new("respect", 20, "语言尊重、不贴标签", "Respectful, without labels"),
        new("follow-up", 20, "跟进落实、问题闭环", "Followed up until closed"),
    ];

    internal static void Check(SpotCheckPolicy policy, Mistakes mistakes)
    {
        if (policy.Items.Length is 0 or > MostItems
            || policy.Items.Select(item => item.Code).Distinct(StringComparer.Ordinal).Count() != policy.Items.Length)
        {
            mistakes.Add(Failures.List.At("spotChecks.items", 1, MostItems));
        }

        foreach (var (item, i) in policy.Items.Take(MostItems).Select((item, i) => (item, i)))
        {
            mistakes.Text($"spotChecks.items[{i}].code", item.Code, 30);
            mistakes.Range($"spotChecks.items[{i}].weight", item.Weight, 1, 100);
            mistakes.Text($"spotChecks.items[{i}].zh", item.Zh, 60);
            mistakes.Text($"spotChecks.items[{i}].en", item.En, 120);
        }
    }
}
