namespace HomeSchool.Visits.Planning;

/// <summary>Says why a plan does not meet a demand, from what is left when it is done.</summary>
internal static class PlanDiagnosis
{
    public static IEnumerable<UnmetDemand> Of(PlanProblem problem, IReadOnlyList<PlannedVisit> visits)
    {
        var slotOf = visits.ToDictionary(visit => visit.Demand, visit => visit.Slot);
        var byFamily = visits.ToLookup(visit => problem.Demands[visit.Demand].Family);
        var opening = problem.Calendar.OpeningEnd;
        for (var demand = 0; demand < problem.Demands.Count; demand++)
        {
            var wanted = problem.Demands[demand];
            var others = byFamily[wanted.Family];
            if (!slotOf.TryGetValue(demand, out var slot))
                yield return new UnmetDemand(demand, UnmetGoal.Visit, Why(problem, wanted, others));
            else if (wanted is { Priority: true, FirstVisitOf.Count: > 0 } && opening > 0 && slot >= opening)
                yield return new UnmetDemand(demand, UnmetGoal.Opening, Why(problem, wanted with { End = opening }, others));
        }
    }

    private static UnmetReason Why(PlanProblem problem, PlanDemand wanted, IEnumerable<PlannedVisit> ofFamily)
    {
        if (wanted.Teachers.Count == 0)
            return UnmetReason.NoTeacher;
        if (wanted.First >= wanted.End)
            return UnmetReason.NoDayLeft;
        var always = SlotSet.All(problem.Calendar.Slots);
        var family = problem.Families[wanted.Family].Free;
        if (!family.Meets(always, wanted.First, wanted.End))
            return UnmetReason.FamilyUnavailable;
        var teachers = wanted.Teachers.Select(teacher => problem.Teachers[teacher].Free).ToArray();
        if (!teachers.Any(teacher => teacher.Meets(always, wanted.First, wanted.End)))
            return UnmetReason.TeacherUnavailable;
        if (!teachers.Any(teacher => teacher.Meets(family, wanted.First, wanted.End)))
            return UnmetReason.NoCommonTime;
        var visited = ofFamily.Select(visit => visit.Slot).ToHashSet();
        var elsewhere = Enumerable.Range(wanted.First, wanted.End - wanted.First)
            .Any(slot => family[slot] && !visited.Contains(slot) && teachers.Any(teacher => teacher[slot]));
        return elsewhere ? UnmetReason.TeacherFull : UnmetReason.FamilyVisitedThen;
    }
}
