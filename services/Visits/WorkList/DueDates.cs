using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.Roster;

namespace HomeSchool.Visits.WorkList;

/// <summary>All that is known of a student and moves the work list.</summary>
/// <param name="DistrictId">The district.</param>
/// <param name="StudentId">The student.</param>
/// <param name="Enrolments">At all schools of the district.</param>
/// <param name="Steps">The history of the cadence, in any order.</param>
/// <param name="Contacts">Contacts had, in any order.</param>
/// <param name="Setting">What is special about the student's visits; <see langword="null"/> for nothing.</param>
internal sealed record StudentFacts(
    Guid DistrictId, Guid StudentId, IReadOnlyCollection<Enrolment> Enrolments, IReadOnlyCollection<CadenceStep> Steps,
    IReadOnlyCollection<DoneContact> Contacts, VisitSetting? Setting);

/// <summary>What a school decides and the work list goes by.</summary>
/// <param name="Policy">The policy in force.</param>
/// <param name="Calendar">Its days.</param>
/// <param name="Programmes">Its programmes, by term.</param>
internal sealed record SchoolRules(
    VisitPolicy Policy, SchoolCalendar Calendar, IReadOnlyDictionary<Guid, ProgrammeContent> Programmes)
{
    /// <summary>The quotas of a term: the programme's, or else the policy's.</summary>
    public IReadOnlyList<Quota> QuotasOf(Term term) =>
        (Programmes.GetValueOrDefault(term.Id) ?? ProgrammeContent.Default(Policy.WorkList, term)).Quotas;
}

/// <summary>
/// What is due for a student, and when (VIS-3): a pure function of what happened. A change in mid-term counts from its day: an interval
/// begins with the cadence that asks for it, with the student's first day on roll, with the term, or with the last time it was done,
/// whichever is latest. Holidays stop these clocks (VIS-21).
/// </summary>
internal static class DueDates
{
    /// <summary>Computes the rows of a student in terms.</summary>
    /// <param name="student">The student.</param>
    /// <param name="terms">All terms of the district, by which contacts are told apart.</param>
    /// <param name="from">Terms that ended before are left out: what is over stays as it was.</param>
    /// <param name="rulesOf">The rules of a school.</param>
    public static List<Due> Of(StudentFacts student, IReadOnlyCollection<Term> terms, DateOnly from, Func<Guid, SchoolRules> rulesOf)
    {
        var rows = new List<Due>();
        var counted = student.Contacts.ToLookup(contact => contact.TermId ?? Term.Of(contact.HeldOn, terms)?.Id);
        foreach (var term in Term.Counting(terms).Where(term => term.EndsOn >= from))
        {
            var pieces = PiecesOf(student, term, rulesOf);
            var contacts = counted[term.Id].OrderBy(contact => contact.HeldOn).ToArray();
            foreach (var kind in Enum.GetValues<WorkKind>())
            {
                rows.AddRange(Joined(
                    Enumerable.Range(0, pieces.Count).Select(i => DueIn(pieces, i, kind, term, contacts, student)).OfType<Due>()));
            }
        }

        return rows;
    }

    /// <summary>Whether a contact counts for a kind of work.</summary>
    /// <param name="contact">The contact. Feedback and summaries count when they were given; all else when a guardian took part.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="policy">Decides what is deep, and whether that counts as a visit.</param>
    /// <param name="setting">What is special about the student's visits.</param>
    /// <param name="isInterval">Whether it is asked for every so many days, not once a term.</param>
    public static bool Counts(
        DoneContact contact, WorkKind kind, WorkListPolicy policy, VisitSetting? setting, bool isInterval)
    {
        if (contact.Withdrawn)
            return false;
        var speaks = contact.GuardianTookPart && (contact.Mode != VisitMode.Text || setting?.TextCounts == true);
        // The child is there at every lesson at home; a guardian may be.
        var isVisit = (contact.Sort == ContactSort.Visit && speaks)
            || (contact.Sort == ContactSort.HomeLesson && setting?.HomeLessonsCount == true);
        // A text has no minutes: where it stands for speech, it is as deep as people make it.
        var isDeep = isVisit || (contact.Sort == ContactSort.Talk && speaks
            && (contact.Mode == VisitMode.Text || contact.Minutes >= policy.DeepContactMinutes));
        return kind switch
        {
            WorkKind.Visit => isVisit
                || (isDeep && (setting?.OnlineCounts == true || (isInterval && policy.DeepContactCountsAsVisit))),
            WorkKind.DeepContact => isDeep,
            WorkKind.Summary => contact.Sort == ContactSort.Summary,
            _ => contact.GuardianTookPart || contact.Sort is ContactSort.Feedback or ContactSort.Summary,
        };
    }

    private static Due? DueIn(
        List<Piece> pieces, int index, WorkKind kind, Term term, DoneContact[] contacts, StudentFacts student)
    {
        var piece = pieces[index];
        if (piece.AskOf(kind) is not { } ask)
            return null;
        var (rules, setting) = (piece.Rules, student.Setting);
        var meetSince = SinceWhen(pieces, index, p => p.Cadence?.MeetFirst == true);
        var met = meetSince is null ? null
            : contacts.FirstOrDefault(contact => contact.HeldOn >= meetSince && IsMeeting(contact))?.HeldOn;

        var done = contacts.Where(contact => IsDone(contact, ask.EveryDays is not null)).ToArray();
        DateOnly? last = done.Length > 0 ? done[^1].HeldOn : null;
        var due = Due.Never;
        if (ask.EveryDays is { } days)
        {
            var since = SinceWhen(pieces, index, p => p.AskOf(kind)?.EveryDays == days) ?? piece.From;
            var next = rules.Calendar.After(last > since ? last.Value : since, days);
            if (next <= term.EndsOn)
                due = next;
        }

        var times = done.Count(contact => IsDone(contact, isInterval: false));
        if (times < ask.Times)
        {
            due = Earlier(due, kind == WorkKind.Visit
                ? VisitBy(pieces, index, term)
                : WeekEnd(term, term.TeachingWeeks * (times + 1) / ask.Times));
        }

        // Nobody is late before the first day of having to do it: of a class that a student came to, of a cadence that asks for it.
        var firstDay = SinceWhen(pieces, index, p => p.IsAt(piece.Enrolment) && p.AskOf(kind) == ask, unbroken: true) ?? piece.From;
        if (due < firstDay)
            due = firstDay;

        return new Due
        {
            DistrictId = student.DistrictId,
            SchoolId = piece.Enrolment.SchoolId,
            ClassId = piece.Enrolment.ClassId,
            Grade = piece.Enrolment.Grade,
            StudentId = student.StudentId,
            TermId = term.Id,
            Kind = kind,
            FromOn = piece.From,
            UntilOn = piece.Until,
            DueOn = due,
            DoneOn = last,
            Done = done.Length,
            EveryDays = ask.EveryDays,
            MeetFirst = kind == WorkKind.DeepContact && meetSince is not null && met is null,
            Priority = piece.Priority,
        };

        bool IsDone(DoneContact contact, bool isInterval) => Counts(contact, kind, rules.Policy.WorkList, setting, isInterval)
            && (kind != WorkKind.DeepContact || meetSince is null || contact.HeldOn < meetSince || contact.HeldOn >= met);
    }

    // By the end of the opening weeks for priority students; for whoever becomes one later, some days later; for the others by the last.
    private static DateOnly VisitBy(List<Piece> pieces, int index, Term term)
    {
        var rules = pieces[index].Rules;
        var quotas = rules.QuotasOf(term);
        var end = WeekEnd(term, quotas[^1].Week);
        if (SinceWhen(pieces, index, piece => piece.Priority) is not { } since)
            return end;
        var (opening, later) = (WeekEnd(term, quotas[0].Week), rules.Calendar.After(since, rules.Policy.WorkList.PriorityDays));
        return Earlier(end, later > opening ? later : opening);
    }

    // The first day of the pieces up to this one for which something holds all the time; null when it does not hold now. Days on no
    // school's roll are passed over, unless it must be unbroken.
    private static DateOnly? SinceWhen(List<Piece> pieces, int index, Func<Piece, bool> holds, bool unbroken = false)
    {
        DateOnly? since = null;
        for (var i = index; i >= 0 && holds(pieces[i]); i--)
        {
            if (unbroken && i < index && pieces[i].Until.AddDays(1) != pieces[i + 1].From)
                break;
            since = pieces[i].From;
        }

        return since;
    }

    private static List<Piece> PiecesOf(StudentFacts student, Term term, Func<Guid, SchoolRules> rulesOf)
    {
        var enrolments = student.Enrolments.Where(e => e.StartsOn <= term.EndsOn && (e.EndsOn ?? term.EndsOn) >= e.StartsOn).ToArray();
        if (enrolments.Length == 0)
            return [];
        // The clocks of the school where they are now tell on which day a cadence was said.
        var steps = student.Steps.OrderBy(step => step.Version)
            .Select(step => (Day: LocalTime.Day(step.SaidAt, rulesOf(step.SchoolId).Policy.TimeZone), Step: step)).ToArray();
        var cuts = enrolments.SelectMany(e => new[] { e.StartsOn, DayAfter(e.EndsOn) })
            .Concat(steps.SelectMany(s => new[] { s.Day, DayAfter(s.Step.HoldsUntil), DayAfter(s.Step.PriorityUntil) }))
            .Where(day => day > term.StartsOn && day <= term.EndsOn).Append(term.StartsOn).Distinct().Order().ToArray();

        var pieces = new List<Piece>();
        for (var i = 0; i < cuts.Length; i++)
        {
            var day = cuts[i];
            // Who is enrolled twice is where they came last.
            var enrolment = enrolments.Where(e => e.StartsOn <= day && (e.EndsOn ?? day) >= day).OrderBy(e => e.StartsOn).ThenBy(e => e.Id)
                .LastOrDefault();
            if (enrolment is null)
                continue;
            var said = steps.LastOrDefault(s => s.Day <= day).Step;
            pieces.Add(new Piece(
                day, i + 1 < cuts.Length ? cuts[i + 1].AddDays(-1) : term.EndsOn, enrolment, rulesOf(enrolment.SchoolId),
                said is null || said.HoldsUntil < day ? null : said, said?.PriorityUntil >= day));
        }

        return pieces;
    }

    private static IEnumerable<Due> Joined(IEnumerable<Due> rows)
    {
        Due? open = null;
        foreach (var row in rows)
        {
            if (open is not null && open.UntilOn.AddDays(1) == row.FromOn
                && row == open with { FromOn = row.FromOn, UntilOn = row.UntilOn })
            {
                open = open with { UntilOn = row.UntilOn };
                continue;
            }

            if (open is not null)
                yield return open;
            open = row;
        }

        if (open is not null)
            yield return open;
    }

    private static bool IsMeeting(DoneContact contact) => contact.GuardianTookPart && (contact.Mode == VisitMode.AtSchool
        || (contact.Sort == ContactSort.Visit && contact.Mode != VisitMode.Text) || contact.Sort == ContactSort.HomeLesson);

    private static DateOnly WeekEnd(Term term, int week) =>
        Earlier(term.EndsOn, term.StartsOn.AddDays(7 * Math.Clamp(week, 1, Math.Max(1, term.TeachingWeeks)) - 1));

    private static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;

    private static DateOnly DayAfter(DateOnly? day) => day is { } last && last < DateOnly.MaxValue ? last.AddDays(1) : DateOnly.MinValue;

    // Days in which one class, one cadence and one standing hold.
    private sealed record Piece(
        DateOnly From, DateOnly Until, Enrolment Enrolment, SchoolRules Rules, CadenceStep? Cadence, bool Priority)
    {
        /// <summary>Whether it is in the same class.</summary>
        public bool IsAt(Enrolment other) => (Enrolment.SchoolId, Enrolment.ClassId) == (other.SchoolId, other.ClassId);

        /// <summary>What is asked for; <see langword="null"/> for nothing. A single contact a term is the visit that everybody has.</summary>
        public (int? EveryDays, int Times)? AskOf(WorkKind kind)
        {
            (int? EveryDays, int Times) ask = kind switch
            {
                WorkKind.Visit => (Cadence?.VisitEveryDays, 1),
                WorkKind.DeepContact => (Cadence?.DeepContactEveryDays, Cadence?.ContactsPerTerm > 1 ? Cadence.ContactsPerTerm : 0),
                WorkKind.Feedback => (Cadence?.FeedbackEveryDays, 0),
                _ => (Cadence?.SummaryEveryDays, 0),
            };
            return ask is (null, 0) ? null : ask;
        }
    }
}
