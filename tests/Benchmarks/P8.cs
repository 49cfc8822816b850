using System.Diagnostics;
using System.Globalization;
using HomeSchool.Visits.Planning;

namespace HomeSchool.Benchmarks;

/// <summary>
/// P8: a whole term planned for a school of 3,000 students and for one of 30,000, on one core; and for one of 3,000 whose
/// teachers have too few evenings. Beside it the most visits that fit, by a maximum flow of its own (PlanBound), in all and in
/// the opening weeks.
/// </summary>
internal static class P8
{
    private const int Rounds = 7;

    public static Task RunAsync()
    {
        (string What, PlanProblem Problem, List<double> Seconds)[] schools =
        [
            ("3,000 students", PlanInstance.School(3_000, seed: 1), []),
            ("30,000 students", PlanInstance.School(30_000, seed: 2), []),
            ("3,000 students, 3 visits a week", PlanInstance.School(3_000, seed: 3, perWeek: 3), []),
        ];
        for (var round = -2; round < Rounds; round++)
        {
            foreach (var (_, problem, seconds) in schools)
            {
                var begin = Stopwatch.GetTimestamp();
                PlanSolver.Solve(problem);
                if (round >= 0)
                    seconds.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }
        }

        foreach (var (what, problem, seconds) in schools)
            Print(what, problem, seconds);
        var growth = Figures.Median(schools[1].Seconds) / Figures.Median(schools[0].Seconds);
        Print("growth from 3,000 to 30,000: × {0:0.0}, goal 10–13", growth);
        return Task.CompletedTask;
    }

    private static void Print(string what, PlanProblem problem, List<double> seconds)
    {
        var proposal = PlanSolver.Solve(problem);
        var bound = PlanBound.Of(problem);
        Print(
            what + ": {0:0.00} s ({1:0.00}–{2:0.00}), goal ≤ 2 for 3,000", Figures.Median(seconds), seconds.Min(), seconds.Max());
        Print(
            what + ": {0:N0} visits wanted, {1:N0} placed, {2:N0} fit at most: {3:P2}, goal ≥ 99 %",
            problem.Demands.Count, proposal.Visits.Count, bound, (double)proposal.Visits.Count / bound);
        Print(
            what + ": in the opening weeks {0:N0} of {1:N0} students",
            problem.OpeningTargets.Sum() - proposal.OpeningShort.Sum(), problem.OpeningTargets.Sum());
        Print(
            what + ": {0:P1} in the preferred hours, {1:N0} left out ({2})",
            proposal.Visits.Count(visit => problem.Calendar.Preferred[visit.Slot]) / (double)proposal.Visits.Count,
            proposal.Unmet.Count(unmet => unmet.What == UnmetGoal.Visit),
            string.Join(", ", proposal.Unmet.CountBy(unmet => (unmet.What, unmet.Why)).Select(u => $"{u.Key.Why} {u.Value}")));
    }

    private static void Print(string line, params object[] figures) =>
        Console.WriteLine("P8   " + string.Format(CultureInfo.InvariantCulture, line, figures));
}
