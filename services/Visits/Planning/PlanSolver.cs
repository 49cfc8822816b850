namespace HomeSchool.Visits.Planning;

/// <summary>
/// Plans a term (VIS-2, 3, 5): which demand is placed first is decided here, where it is placed by <see cref="VisitFlow"/>. Never
/// broken: nobody is in two visits at one time, who is unavailable is not asked, teachers' limits hold. Then as many visits as
/// fit; then, for these, the least costs.
/// </summary>
public static class PlanSolver
{
    /// <summary>The plan; always the same for the same problem.</summary>
    public static PlanProposal Solve(PlanProblem problem)
    {
        var flow = new VisitFlow(problem);
        var order = Order(problem);
        var openingShort = problem.OpeningTargets.ToArray();
        PlaceOpening(problem, order, flow, openingShort);
        var waiting = new List<int>();
        foreach (var demand in order)
        {
            if (flow[demand] is null && !flow.Place(demand, inOpening: false, VisitFlow.AnyCost) && flow.FamilyWasInTheWay)
                waiting.Add(demand);
        }

        MakeRoomInFamilies(problem, flow, waiting);
        PlannedVisit[] visits = [.. order.Select(demand => flow[demand]).OfType<PlannedVisit>().OrderBy(visit => visit.Demand)];
        return new PlanProposal(visits, [.. PlanDiagnosis.Of(problem, visits)], ShortAfter(problem, visits), flow.Cost);
    }

    // Who comes first is left out last: first visits before later ones, priority students before others, what was planned before
    // what is new, then as the seed has it. Teacher by teacher, for the machine's memory is fastest nearby.
    private static int[] Order(PlanProblem problem) =>
    [
        .. Enumerable.Range(0, problem.Demands.Count)
            .OrderBy(demand => problem.Demands[demand].FirstVisitOf.Count == 0)
            .ThenBy(demand => !problem.Demands[demand].Priority)
            .ThenBy(demand => problem.Demands[demand].End > problem.Calendar.OpeningEnd)
            .ThenBy(demand => problem.Demands[demand].Teachers is [var first, ..] ? first : 0)
            .ThenBy(demand => problem.Demands[demand].Kept?.Slot ?? int.MaxValue)
            .ThenBy(demand => Scatter.Of(problem.Seed, demand, -1))
            .ThenBy(demand => demand),
    ];

    // VIS-2: all priority students, then others until the classes have their share. One who cannot come in the opening weeks
    // without putting out another is passed over here, and comes with the rest.
    private static void PlaceOpening(PlanProblem problem, int[] order, VisitFlow flow, int[] openingShort)
    {
        foreach (var demand in order)
        {
            var wanted = problem.Demands[demand];
            if (wanted.FirstVisitOf.Count == 0 || wanted.First >= problem.Calendar.OpeningEnd)
                continue;
            var counts = wanted.Priority || wanted.FirstVisitOf.Any(@class => openingShort[@class] > 0);
            if (!counts || !flow.Place(demand, inOpening: true, PlanWeights.OpeningMissed))
                continue;
            foreach (var @class in wanted.FirstVisitOf)
                openingShort[@class]--;
        }
    }

    // The one rule that the flow does not know: a family's visits at one time. Who was left out for another visit of the same
    // family goes first, and the other looks for a new place.
    private static void MakeRoomInFamilies(PlanProblem problem, VisitFlow flow, List<int> waiting)
    {
        if (waiting.Count == 0)
            return;
        var byFamily = Enumerable.Range(0, problem.Demands.Count).ToLookup(demand => problem.Demands[demand].Family);
        foreach (var demand in waiting)
        {
            foreach (var other in byFamily[problem.Demands[demand].Family])
            {
                if (flow[other] is not null && flow.PlaceBefore(demand, other))
                    break;
            }
        }
    }

    private static int[] ShortAfter(PlanProblem problem, PlannedVisit[] visits)
    {
        var left = problem.OpeningTargets.ToArray();
        foreach (var visit in visits.Where(visit => visit.Slot < problem.Calendar.OpeningEnd))
        {
            foreach (var @class in problem.Demands[visit.Demand].FirstVisitOf)
                left[@class]--;
        }

        return Array.ConvertAll(left, count => problem.Calendar.OpeningEnd == 0 ? 0 : Math.Max(0, count));
    }
}
