namespace HomeSchool.Visits.Planning;

/// <summary>
/// How many visits fit at all: a maximum flow (Dinic 1970, of which Hopcroft–Karp is the case of unit capacities), written out
/// arc by arc, sharing nothing with the planner but the problem. From the source over each demand, teacher's slot, teacher's day
/// and teacher's week to the sink. It relaxes one hard rule, that a family with several demands is in one place at a time, and
/// ignores all that is soft; so it is never less than what a plan can place.
/// </summary>
public sealed class PlanBound
{
    private const int Source = 0;
    private const int Sink = 1;

    private readonly List<int> to = [];
    private readonly List<int> left = [];
    private readonly List<int> from = [];
    private int[] starts = [];
    private int[] arcs = [];
    private int[] level = [];
    private int[] next = [];

    private PlanBound()
    {
    }

    /// <summary>The most visits of the problem that any plan can place.</summary>
    public static int Of(PlanProblem problem) => Of(problem, Enumerable.Range(0, problem.Demands.Count), int.MaxValue);

    /// <summary>The most of some visits that any plan can place before a slot.</summary>
    public static int Of(PlanProblem problem, IEnumerable<int> demands, int end)
    {
        var flow = new PlanBound();
        var nodes = flow.Build(problem, demands, end);
        return flow.Maximum(nodes);
    }

    private int Build(PlanProblem problem, IEnumerable<int> demands, int end)
    {
        var calendar = problem.Calendar;
        var (teachers, slots) = (problem.Teachers.Count, calendar.Slots);
        int Slot(int teacher, int slot) => 2 + teacher * slots + slot;
        int Day(int teacher, int day) => 2 + teachers * slots + teacher * calendar.Days + day;
        int Week(int teacher, int week) => 2 + teachers * (slots + calendar.Days) + teacher * calendar.Weeks + week;
        for (var teacher = 0; teacher < teachers; teacher++)
        {
            for (var slot = 0; slot < slots; slot++)
                Arc(Slot(teacher, slot), Day(teacher, calendar.DayOfSlot[slot]), 1);
            var agreed = problem.Teachers[teacher].AgreedDays;
            for (var day = 0; day < calendar.Days; day++)
            {
                var more = problem.Limits.PerDay - agreed.Count(d => d == day);
                Arc(Day(teacher, day), Week(teacher, calendar.WeekOfDay[day]), more);
            }

            for (var week = 0; week < calendar.Weeks; week++)
                Arc(Week(teacher, week), Sink, problem.Limits.PerWeek - agreed.Count(d => calendar.WeekOfDay[d] == week));
        }

        var node = 2 + teachers * (slots + calendar.Days + calendar.Weeks);
        foreach (var demand in demands)
        {
            var wanted = problem.Demands[demand];
            Arc(Source, node, 1);
            foreach (var teacher in wanted.Teachers)
            {
                for (var slot = wanted.First; slot < Math.Min(end, wanted.End); slot++)
                {
                    if (problem.Teachers[teacher].Free[slot] && problem.Families[wanted.Family].Free[slot])
                        Arc(node, Slot(teacher, slot), 1);
                }
            }

            node++;
        }

        return node;
    }

    private void Arc(int tail, int head, int capacity)
    {
        if (capacity <= 0)
            return;
        from.AddRange([tail, head]);
        to.AddRange([head, tail]);
        left.AddRange([capacity, 0]);
    }

    private int Maximum(int nodes)
    {
        starts = new int[nodes + 1];
        foreach (var tail in from)
            starts[tail + 1]++;
        for (var node = 0; node < nodes; node++)
            starts[node + 1] += starts[node];
        next = starts[..nodes];
        arcs = new int[from.Count];
        for (var arc = 0; arc < from.Count; arc++)
            arcs[next[from[arc]]++] = arc;

        var flow = 0;
        while (Levels(nodes))
        {
            next = starts[..nodes];
            while (Push(Source))
                flow++;
        }

        return flow;
    }

    private bool Levels(int nodes)
    {
        level = new int[nodes];
        level[Source] = 1;
        var queue = new Queue<int>([Source]);
        while (queue.TryDequeue(out var node))
        {
            for (var i = starts[node]; i < starts[node + 1]; i++)
            {
                var arc = arcs[i];
                if (left[arc] > 0 && level[to[arc]] == 0)
                {
                    level[to[arc]] = level[node] + 1;
                    queue.Enqueue(to[arc]);
                }
            }
        }

        return level[Sink] > 0;
    }

    private bool Push(int node)
    {
        if (node == Sink)
            return true;
        for (; next[node] < starts[node + 1]; next[node]++)
        {
            var arc = arcs[next[node]];
            if (left[arc] > 0 && level[to[arc]] == level[node] + 1 && Push(to[arc]))
            {
                left[arc]--;
                left[arc ^ 1]++;
                return true;
            }
        }

        return false;
    }
}
