using System.Numerics;

namespace HomeSchool.Visits.Planning;

/// <summary>
/// Visits as a flow of least cost: each placed demand is one unit that goes from the demand over a cell (one teacher at one
/// slot), the teacher's day and the teacher's week to the sink. A cell carries one unit, days and weeks as many as
/// <see cref="PlanLimits"/> says, each further one at a higher price.
/// </summary>
/// <remarks>
/// <para>
/// Demands come one after the other, each by a shortest augmenting path (Dijkstra with node potentials, as in the Hungarian
/// method): others step aside where that is cheaper. Three well-known facts make the result what it should be.
/// </para>
/// <list type="bullet">
/// <item>After each step the plan costs the least of all plans with these demands (successive shortest paths: Ahuja, Magnanti,
/// Orlin, "Network Flows", 1993, ch. 9.7 and, for the convex prices of days and weeks, ch. 14; potentials: Edmonds, Karp, J. ACM
/// 19, 1972).</item>
/// <item>A demand that was placed stays placed, and one that finds no path could only be placed instead of another that came
/// before it: sets of demands that fit together are a matroid (a gammoid: Perfect 1968; Lawler, "Combinatorial Optimization",
/// 1976, ch. 7), in which the greedy order places as many as possible, and the first ones first.</item>
/// <item>What a failed search has reached can never lead to the sink again, so that later searches pass it by (the Hungarian
/// trees of Edmonds, "Paths, Trees, and Flowers", 1965): failures cost no more, all together, than one walk over the
/// network.</item>
/// </list>
/// <para>
/// One hard rule is no flow: a family with several demands is not visited by two teachers at one time. Such cells are closed
/// while a search runs. Only for these families the facts above are a very good guess instead of a theorem; reduced costs below
/// zero are taken as zero.
/// </para>
/// <para>
/// The nodes are demands, days and weeks. A cell has one way out at any time (its day when it is empty, its holder when it is
/// not), so it is part of an arc and no node; and of a day's empty cells only the cheapest matters to a demand.
/// </para>
/// </remarks>
internal sealed class VisitFlow
{
    /// <summary>A limit that no path reaches.</summary>
    public const int AnyCost = int.MaxValue;

    private const int None = -1;

    private readonly PlanProblem problem;
    private readonly PlanCosts costs;
    private readonly int slots;
    private readonly int days;
    private readonly int weeks;
    private readonly int firstDayNode;
    private readonly int firstWeekNode;
    private readonly int[] firstSlotOfDay;
    private readonly int[] firstDayOfWeek;
    private readonly int[][] familyDemands;

    // The plan: who has a cell, which cell a demand has and what that costs, how many visits a day or week has (by node).
    private readonly int[] holder;
    private readonly int[] cellOf;
    private readonly int[] costOf;
    private readonly int[] load;
    private readonly int[] agreed;

    // The search: a node's potential for good; distance, predecessor and the cell between the two while it is stamped with this
    // search.
    private readonly int[] potential;
    private readonly int[] distance;
    private readonly int[] parent;
    private readonly int[] via;
    private readonly int[] reachedIn;
    private readonly int[] settledIn;
    private readonly bool[] dead;
    private readonly PriorityQueue<int, long> queue = new();
    private readonly List<int> settled = [];
    private readonly List<(int Demand, int Cell)> moves = [];
    private int search;
    private int best;
    private int bestWeek;

    // What is to be undone, newest last; null while nothing is tried.
    private List<(int Demand, int Cell, int Cost)>? putBefore;
    private List<(int Node, int By)>? loaded;

    /// <summary>An empty plan.</summary>
    public VisitFlow(PlanProblem problem)
    {
        this.problem = problem;
        var calendar = problem.Calendar;
        (slots, days, weeks) = (calendar.Slots, calendar.Days, calendar.Weeks);
        costs = new PlanCosts(problem);
        firstSlotOfDay = Starts(calendar.DayOfSlot, days);
        firstDayOfWeek = Starts(calendar.WeekOfDay, weeks);
        familyDemands = DemandsOfFamilies(problem);

        var (teachers, demands) = (problem.Teachers.Count, problem.Demands.Count);
        firstDayNode = demands;
        firstWeekNode = firstDayNode + teachers * days;
        var nodes = firstWeekNode + teachers * weeks;
        (holder, cellOf, costOf) = (new int[teachers * slots], new int[demands], new int[demands]);
        Array.Fill(holder, None);
        Array.Fill(cellOf, None);
        (load, agreed, potential, distance) = (new int[nodes], new int[nodes], new int[nodes], new int[nodes]);
        (parent, via, reachedIn, settledIn) = (new int[nodes], new int[nodes], new int[nodes], new int[nodes]);
        dead = new bool[nodes];
        for (var teacher = 0; teacher < teachers; teacher++)
        {
            foreach (var day in problem.Teachers[teacher].AgreedDays)
            {
                agreed[DayNode(teacher, day)]++;
                agreed[WeekNode(teacher, calendar.WeekOfDay[day])]++;
            }
        }

        agreed.CopyTo(load, 0);
    }

    /// <summary>Where a demand is placed; <see langword="null"/> when it is not.</summary>
    public PlannedVisit? this[int demand] =>
        cellOf[demand] is var cell && cell == None ? null : new PlannedVisit(demand, cell / slots, cell % slots);

    /// <summary>What the plan costs.</summary>
    public long Cost
    {
        get
        {
            var cost = 0L;
            for (var demand = 0; demand < cellOf.Length; demand++)
                cost += cellOf[demand] == None ? 0 : costOf[demand];
            for (var node = firstDayNode; node < load.Length; node++)
            {
                for (var n = agreed[node]; n < load[node]; n++)
                    cost += PriceOfNext(node, n);
            }

            return cost;
        }
    }

    /// <summary>Whether the last demand to find no place met a time at which its own family is visited.</summary>
    public bool FamilyWasInTheWay { get; private set; }

    /// <summary>Places a demand, moving others if need be.</summary>
    /// <param name="demand">One that is not placed.</param>
    /// <param name="inOpening">Whether it is counted on in the opening weeks.</param>
    /// <param name="limit">It is left out when the whole plan became dearer by this much or more.</param>
    /// <returns>Whether it was placed.</returns>
    public bool Place(int demand, bool inOpening, int limit)
    {
        costs.ExpectInOpening(demand, inOpening);
        Search(demand, limit);
        if (bestWeek == None)
        {
            if (limit == AnyCost && !FamilyWasInTheWay)
                settled.ForEach(node => dead[node] = true);
            return false;
        }

        ReadMoves(demand);
        if (MovesCollide())
            return !(FamilyWasInTheWay = true);
        foreach (var node in settled)
            potential[node] += distance[node] - best;
        Augment(demand);
        return true;
    }

    /// <summary>Gives a demand the first choice, and another, which is placed, what is then left: both find a place, or nothing
    /// changes.</summary>
    public bool PlaceBefore(int demand, int other)
    {
        (putBefore, loaded) = ([], []);
        var done = Remove(other) && Place(demand, inOpening: false, AnyCost)
            && Place(other, costs.IsExpectedInOpening(other), AnyCost);
        var (puts, loads) = (putBefore, loaded);
        (putBefore, loaded) = (null, null);
        for (var i = puts.Count - 1; !done && i >= 0; i--)
        {
            Put(puts[i].Demand, puts[i].Cell);
            costOf[puts[i].Demand] = puts[i].Cost;
        }

        foreach (var (node, by) in loads)
            load[node] -= done ? 0 : by;
        return done;
    }

    private static int[] Starts(int[] groupOf, int groups)
    {
        var starts = new int[groups + 1];
        foreach (var group in groupOf)
            starts[group + 1]++;
        for (var group = 0; group < groups; group++)
            starts[group + 1] += starts[group];
        return starts;
    }

    // By demand; none for families with one demand, who cannot be in their own way.
    private static int[][] DemandsOfFamilies(PlanProblem problem)
    {
        var byFamily = Enumerable.Range(0, problem.Demands.Count).ToLookup(demand => problem.Demands[demand].Family);
        var demands = new int[problem.Demands.Count][];
        foreach (var family in byFamily)
        {
            int[] all = [.. family];
            foreach (var demand in all)
                demands[demand] = all.Length == 1 ? [] : all;
        }

        return demands;
    }

    private void Search(int demand, int limit)
    {
        (search, best, bestWeek, FamilyWasInTheWay) = (search + 1, limit, None, false);
        queue.Clear();
        settled.Clear();
        (potential[demand], distance[demand], reachedIn[demand]) = (0, 0, search);
        Settle(demand);
        ExpandDemand(demand, isSource: true);
        while (queue.TryDequeue(out var node, out var priority))
        {
            if (settledIn[node] == search)
                continue;
            if ((int)(priority >> 32) >= best)
                return;
            Settle(node);
            if (node >= firstWeekNode)
                ExpandWeek(node);
            else if (node >= firstDayNode)
                ExpandDay(node);
            else
                ExpandDemand(node, isSource: false);
        }
    }

    private void Settle(int node)
    {
        settledIn[node] = search;
        settled.Add(node);
    }

    // To every cell that is open to teacher and family: its day when it is empty, its holder when it is not.
    private void ExpandDemand(int demand, bool isSource)
    {
        var wanted = problem.Demands[demand];
        var free = problem.Families[wanted.Family].Free;
        foreach (var teacher in wanted.Teachers)
        {
            var (cheapest, cheapestDay, cheapestCell) = (0, None, None);
            for (var word = wanted.First / 64; word * 64 < wanted.End; word++)
            {
                var open = problem.Teachers[teacher].Free.Common(free, word, wanted.First, wanted.End);
                for (; open != 0; open &= open - 1)
                {
                    var slot = word * 64 + BitOperations.TrailingZeroCount(open);
                    var cell = teacher * slots + slot;
                    var other = holder[cell];
                    if (other == demand || FamilyIsVisited(demand, slot))
                        continue;
                    var cost = costs.Of(demand, teacher, slot);
                    if (other != None)
                    {
                        Relax(demand, other, cost - costOf[other], cell, isSource);
                        continue;
                    }

                    var day = problem.Calendar.DayOfSlot[slot];
                    if (day == cheapestDay && cost >= cheapest)
                        continue;
                    if (day != cheapestDay && cheapestDay != None)
                        Relax(demand, DayNode(teacher, cheapestDay), cheapest, cheapestCell, isSource);
                    (cheapest, cheapestDay, cheapestCell) = (cost, day, cell);
                }
            }

            if (cheapestDay != None)
                Relax(demand, DayNode(teacher, cheapestDay), cheapest, cheapestCell, isSource);
        }
    }

    // On to the week when the day takes one more, or instead of one that the day has.
    private void ExpandDay(int node)
    {
        var (teacher, day) = Math.DivRem(node - firstDayNode, days);
        if (load[node] < problem.Limits.PerDay)
            Relax(node, WeekNode(teacher, problem.Calendar.WeekOfDay[day]), PriceOfNext(node, load[node]), None, false);
        for (var slot = firstSlotOfDay[day]; slot < firstSlotOfDay[day + 1]; slot++)
        {
            var cell = teacher * slots + slot;
            if (holder[cell] != None)
                Relax(node, holder[cell], -costOf[holder[cell]], cell, false);
        }
    }

    // The end when the week takes one more, or instead of one that another of its days has.
    private void ExpandWeek(int node)
    {
        if (load[node] < problem.Limits.PerWeek)
        {
            var end = distance[node] + Math.Max(0, PriceOfNext(node, load[node]) + potential[node]);
            if (end < best)
                (best, bestWeek) = (end, node);
        }

        var (teacher, week) = Math.DivRem(node - firstWeekNode, weeks);
        for (var day = firstDayOfWeek[week]; day < firstDayOfWeek[week + 1]; day++)
        {
            var other = DayNode(teacher, day);
            if (load[other] > agreed[other])
                Relax(node, other, -PriceOfNext(other, load[other] - 1), None, false);
        }
    }

    private void Relax(int from, int to, int cost, int cell, bool isSource)
    {
        if (dead[to] || settledIn[to] == search)
            return;
        var reduced = cost + potential[from] - potential[to];
        var length = distance[from] + (isSource ? reduced : Math.Max(0, reduced));
        if (length >= best || (reachedIn[to] == search && length >= distance[to]))
            return;
        (reachedIn[to], distance[to], parent[to], via[to]) = (search, length, from, cell);
        queue.Enqueue(to, ((long)length << 32) | (uint)to);
    }

    // Whom the path found moves, and to which cell.
    private void ReadMoves(int source)
    {
        moves.Clear();
        for (var node = bestWeek; node != source; node = parent[node])
        {
            if (parent[node] < firstDayNode)
                moves.Add((parent[node], via[node]));
        }
    }

    // A search sees where a family's other visits are, not where the same path would move them.
    private bool MovesCollide()
    {
        for (var i = 0; i < moves.Count; i++)
        {
            if (familyDemands[moves[i].Demand].Length == 0)
                continue;
            for (var j = 0; j < i; j++)
            {
                if (moves[i].Cell % slots == moves[j].Cell % slots
                    && problem.Demands[moves[i].Demand].Family == problem.Demands[moves[j].Demand].Family)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void Augment(int source)
    {
        Load(bestWeek, 1);
        for (var node = bestWeek; node != source; node = parent[node])
        {
            if (node >= firstWeekNode)
                Load(parent[node], 1);
            else if (node >= firstDayNode && parent[node] >= firstWeekNode)
                Load(node, -1);
        }

        foreach (var (demand, _) in moves)
            Put(demand, None);
        foreach (var (demand, cell) in moves)
            Put(demand, cell);
    }

    private bool Remove(int demand)
    {
        var (teacher, slot) = Math.DivRem(cellOf[demand], slots);
        var day = problem.Calendar.DayOfSlot[slot];
        Load(DayNode(teacher, day), -1);
        Load(WeekNode(teacher, problem.Calendar.WeekOfDay[day]), -1);
        Put(demand, None);
        Array.Clear(dead); // what is free now leads to the sink again
        return true;
    }

    private void Put(int demand, int cell)
    {
        putBefore?.Add((demand, cellOf[demand], costOf[demand]));
        if (cellOf[demand] != None)
            holder[cellOf[demand]] = None;
        cellOf[demand] = cell;
        if (cell == None)
            return;
        holder[cell] = demand;
        costOf[demand] = costs.Of(demand, cell / slots, cell % slots);
    }

    private void Load(int node, int by)
    {
        loaded?.Add((node, by));
        load[node] += by;
    }

    private bool FamilyIsVisited(int demand, int slot)
    {
        foreach (var other in familyDemands[demand])
        {
            if (other != demand && cellOf[other] != None && cellOf[other] % slots == slot)
                return FamilyWasInTheWay = true;
        }

        return false;
    }

    private int PriceOfNext(int node, int before) =>
        node >= firstWeekNode ? PlanWeights.EvenWeek * (2 * before + 1) : PlanWeights.SecondOfADay * before;

    private int DayNode(int teacher, int day) => firstDayNode + teacher * days + day;

    private int WeekNode(int teacher, int week) => firstWeekNode + teacher * weeks + week;
}
