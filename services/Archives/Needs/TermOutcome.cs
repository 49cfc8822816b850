using HomeSchool.Archives.Plans;
using HomeSchool.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Archives.Needs;

/// <summary>Of whom outcomes are told (ARC-9).</summary>
public enum OutcomeKind
{
    /// <summary>学业困难学生.</summary>
    Struggling,

    /// <summary>行为需支持学生.</summary>
    Concern,
}

/// <summary>
/// Whether a struggling or a concern student improved in a term (ARC-9), against the baseline of the day from which it was said. Who is
/// no longer struggling stays counted in the term. After the term nothing of it changes.
/// </summary>
public sealed class TermOutcome
{
    /// <summary>The district.</summary>
    public Guid DistrictId { get; init; }

    /// <summary>The outcome.</summary>
    public Guid Id { get; init; }

    /// <summary>The school.</summary>
    public Guid SchoolId { get; init; }

    /// <summary>The student.</summary>
    public Guid StudentId { get; init; }

    /// <summary>The class at the time, in which the student is counted.</summary>
    public Guid? ClassId { get; init; }

    /// <summary>The term.</summary>
    public Guid TermId { get; init; }

    /// <summary>The term's last day at the time: until then the outcome can be set.</summary>
    public DateOnly TermEndsOn { get; init; }

    /// <summary>Of whom.</summary>
    public OutcomeKind Kind { get; init; }

    /// <summary>The day from which it is counted.</summary>
    public DateOnly StartsOn { get; init; }

    /// <summary>
    /// Where the student began: the average share of the last exams, or of the rules kept a day, 0–1; <see langword="null"/> when there
    /// was nothing to measure.
    /// </summary>
    public decimal? Baseline { get; init; }

    /// <summary>Whether the student improved; <see langword="null"/> until the homeroom teacher says so.</summary>
    public bool? Improved { get; private set; }

    /// <summary>Who said it.</summary>
    public Guid? DecidedBy { get; private set; }

    /// <summary>When.</summary>
    public DateTimeOffset? DecidedAt { get; private set; }

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Says whether the student improved, while the term lasts.</summary>
    public Failure? Decide(bool improved, Guid by, DateTimeOffset now)
    {
        if (LocalDay.Of(now) > TermEndsOn)
            return NeedFailures.TermOver;
        (Improved, DecidedBy, DecidedAt) = (improved, by, now);
        Version++;
        return null;
    }
}

/// <summary>Begins outcomes, and measures.</summary>
internal static class TermOutcomes
{
    private const int DaysOfExams = 200;
    private const int DaysOfMarks = 28;

    /// <summary>Begins the outcomes of a term for those who are struggling or of concern and have none yet in it.</summary>
    /// <param name="db">The database.</param>
    /// <param name="term">The term.</param>
    /// <param name="needs">What was said, of students of one school.</param>
    /// <param name="classes">The students' classes.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task BeginAsync(
        ArchivesDb db, Term term, IReadOnlyList<StudentNeeds> needs, IReadOnlyDictionary<Guid, Guid?> classes, DateTimeOffset now,
        CancellationToken cancel)
    {
        var wanted = needs.SelectMany(n => KindsOf(n).Select(kind => (Needs: n, Kind: kind))).ToArray();
        if (wanted.Length == 0)
            return;
        var (school, today) = (wanted[0].Needs.SchoolId, LocalDay.Of(now));
        var students = wanted.Select(one => one.Needs.StudentId).Distinct().ToArray();
        var begun = await db.Set<TermOutcome>().AsNoTracking()
            .Where(o => o.SchoolId == school && o.TermId == term.Id && students.Contains(o.StudentId))
            .Select(o => new { o.StudentId, o.Kind }).ToListAsync(cancel);
        var measures = await MeasureAsync(
            db, school,
            wanted.ToDictionary(
                one => (one.Needs.StudentId, one.Kind),
                one => (today.AddDays(one.Kind == OutcomeKind.Struggling ? -DaysOfExams : -DaysOfMarks), today)),
            cancel);
        foreach (var (n, kind) in wanted.Where(one => !begun.Contains(new { one.Needs.StudentId, one.Kind })))
        {
            db.Add(new TermOutcome
            {
                DistrictId = n.DistrictId,
                Id = Guid.CreateVersion7(now),
                SchoolId = school,
                StudentId = n.StudentId,
                ClassId = classes.GetValueOrDefault(n.StudentId),
                TermId = term.Id,
                TermEndsOn = term.EndsOn,
                Kind = kind,
                StartsOn = today > term.StartsOn ? today : term.StartsOn,
                Baseline = measures.TryGetValue((n.StudentId, kind), out var share) ? share : null,
            });
        }
    }

    /// <summary>What can be measured of students: nothing is there of whom nothing is known. Two statements, however many they
    /// are.</summary>
    /// <param name="db">The database.</param>
    /// <param name="school">The school.</param>
    /// <param name="spans">Of whom, and the first and last day of the exams or marks that count.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task<Dictionary<(Guid Student, OutcomeKind Kind), decimal>> MeasureAsync(
        ArchivesDb db, Guid school, IReadOnlyDictionary<(Guid Student, OutcomeKind Kind), (DateOnly From, DateOnly Until)> spans,
        CancellationToken cancel)
    {
        var measures = new Dictionary<(Guid, OutcomeKind), decimal>();
        if (spans.Count == 0)
            return measures;
        var students = spans.Keys.Select(key => key.Student).Distinct().ToArray();
        var (first, last) = (spans.Values.Min(span => span.From), spans.Values.Max(span => span.Until));
        var scores = await db.Set<Score>().AsNoTracking()
            .Where(s => s.SchoolId == school && students.Contains(s.StudentId) && s.HeldOn >= first && s.HeldOn <= last)
            .ToListAsync(cancel);
        foreach (var ofStudent in scores.Where(s => Counts(s.StudentId, OutcomeKind.Struggling, s.HeldOn)).GroupBy(s => s.StudentId))
            measures[(ofStudent.Key, OutcomeKind.Struggling)] = Score.Average(ofStudent)!.Value;
        var marks = await (
            from mark in db.Set<PlanMark>().AsNoTracking()
            where mark.SchoolId == school && students.Contains(mark.StudentId) && mark.Day >= first && mark.Day <= last
            join plan in db.Set<Plan>().AsNoTracking() on new { mark.DistrictId, Id = mark.PlanId } equals new { plan.DistrictId, plan.Id }
            where plan.Kind == PlanKind.BehaviourContract
            select new { mark.StudentId, mark.Day, Kept = (decimal)mark.Kept / mark.Of }).ToListAsync(cancel);
        foreach (var ofStudent in marks.Where(m => Counts(m.StudentId, OutcomeKind.Concern, m.Day)).GroupBy(m => m.StudentId))
            measures[(ofStudent.Key, OutcomeKind.Concern)] = Math.Round(ofStudent.Average(mark => mark.Kept), 4);
        return measures;

        bool Counts(Guid student, OutcomeKind kind, DateOnly day) =>
            spans.TryGetValue((student, kind), out var span) && span.From <= day && day <= span.Until;
    }

    private static IEnumerable<OutcomeKind> KindsOf(StudentNeeds needs)
    {
        if (needs.Academic == AcademicTier.Struggling)
            yield return OutcomeKind.Struggling;
        if (needs.Conduct == ConductTier.Concern)
            yield return OutcomeKind.Concern;
    }
}
