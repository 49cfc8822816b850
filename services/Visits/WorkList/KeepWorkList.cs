using System.Text.Json;
using HomeSchool.Contracts.Visits;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Programme;
using HomeSchool.Visits.Roster;
using Npgsql;

namespace HomeSchool.Visits.WorkList;

/// <summary>
/// Computes the work list of marked students anew, a moment after what changed it: only theirs, from what is stored, by
/// <see cref="DueDates"/>. So the list is right whatever was delivered twice or out of order. One replica at a time does it; after a
/// crash the marks are still there.
/// </summary>
public sealed class KeepWorkList(NpgsqlDataSource database, TimeProvider clock, ILogger<KeepWorkList> logger)
    : Recurring(TimeSpan.FromMilliseconds(200), logger)
{
    private const int AtOnce = 1_000;

    // Records come late; what ended longer ago stays as it was, whatever policy or calendar say now.
    private const int DaysAfterTerm = 30;

    /// <inheritdoc/>
    protected override async Task TurnAsync(CancellationToken cancel)
    {
        while (await NextAsync(cancel) == AtOnce)
        {
        }
    }

    private async Task<int> NextAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var any = new NpgsqlCommand("SELECT EXISTS (SELECT FROM work_mark)", connection);
        if (await any.ExecuteScalarAsync(cancel) is not true)
            return 0;
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var alone = new NpgsqlCommand(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('visits.work-list', 0))", connection);
        if (await alone.ExecuteScalarAsync(cancel) is not true)
            return 0;

        var (marks, marked) = await TakeAsync(connection, cancel);
        var facts = await WorkFacts.ReadAsync(connection, marked, cancel);
        var now = clock.GetUtcNow();
        await ReplaceAsync(
            connection, marked, facts.EndedBefore(From),
            [
                .. marked.SelectMany(m => DueDates.Of(
                    facts.Of(m.District, m.Student), facts.TermsOf(m.District), From(m.District),
                    school => facts.RulesOf(m.District, school))),
            ],
            cancel);
        await transaction.CommitAsync(cancel);
        return marks;

        DateOnly From(Guid district) => facts.DayIn(district, now).AddDays(-DaysAfterTerm);
    }

    // A mark of a whole school or district is resolved here, where everything that came before it is committed.
    private static async Task<(int Marks, List<(Guid District, Guid Student)> Students)> TakeAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        const string Visible = "district_id = ANY (nullif(current_setting('app.districts', true), '')::uuid[])";
        await using var take = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // What is restricted of a child (ARC-10) is counted on, so that it is right when that ends; nobody is shown it.
                new NpgsqlBatchCommand(
                    """
                    SELECT set_config('app.districts', coalesce((SELECT array_agg(DISTINCT district_id)::text FROM work_mark), ''), true),
                        set_config('app.restricted', 'shown', true)
                    """),
                new NpgsqlBatchCommand(
                    $"""
                    WITH wide AS (DELETE FROM work_mark WHERE student_id IS NULL AND {Visible} RETURNING district_id, school_id)
                    INSERT INTO work_mark (district_id, student_id)
                    SELECT DISTINCT e.district_id, e.student_id FROM enrolment e
                    JOIN wide w ON e.district_id = w.district_id AND e.school_id = coalesce(w.school_id, e.school_id)
                    """),
                new NpgsqlBatchCommand(
                    $"""
                    DELETE FROM work_mark WHERE position IN (
                        SELECT position FROM work_mark WHERE student_id IS NOT NULL AND {Visible} ORDER BY position LIMIT {AtOnce})
                    RETURNING district_id, student_id
                    """),
            },
        };
        await using var reader = await take.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        var marks = 0;
        var students = new HashSet<(Guid, Guid)>();
        for (; await reader.ReadAsync(cancel); marks++)
            students.Add((reader.GetGuid(0), reader.GetGuid(1)));
        return (marks, [.. students]);
    }

    private static async Task ReplaceAsync(
        NpgsqlConnection connection, List<(Guid District, Guid Student)> marked, Guid[] settledTerms, Due[] rows,
        CancellationToken cancel)
    {
        await using var replace = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("DELETE FROM due WHERE student_id = ANY ($1) AND term_id <> ALL ($2)")
                {
                    Parameters =
                    {
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. marked.Select(m => m.Student)] },
                        new NpgsqlParameter<Guid[]> { TypedValue = settledTerms },
                    },
                },
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO due (school_id, student_id, kind, from_on, until_on, district_id, class_id, grade, term_id, due_on, done_on,
                        done, every_days, meet_first, priority)
                    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                    """)
                {
                    Parameters =
                    {
                        Column(d => d.SchoolId), Column(d => d.StudentId), Column(d => d.Kind.ToString()), Column(d => d.FromOn),
                        Column(d => d.UntilOn), Column(d => d.DistrictId), Column(d => d.ClassId), Column(d => d.Grade),
                        Column(d => d.TermId), Column(d => d.DueOn), Column(d => d.DoneOn), Column(d => d.Done),
                        Column(d => d.EveryDays), Column(d => d.MeetFirst), Column(d => d.Priority),
                    },
                },
            },
        };
        await replace.ExecuteNonQueryAsync(cancel);

        NpgsqlParameter<T[]> Column<T>(Func<Due, T> value) => new() { TypedValue = [.. rows.Select(value)] };
    }
}

/// <summary>What the work list of some students follows from, read in one round trip.</summary>
internal sealed class WorkFacts
{
    private readonly Dictionary<Guid, SchoolRules> rules = [];
    private ILookup<Guid, Enrolment> enrolments = null!;
    private ILookup<Guid, CadenceStep> steps = null!;
    private ILookup<Guid, DoneContact> contacts = null!;
    private Dictionary<Guid, VisitSetting> settings = null!;
    private Dictionary<Guid, Term[]> terms = null!;
    private List<Policy> policies = null!;
    private List<CalendarOfNode> calendars = null!;
    private ILookup<Guid, (Guid Term, ProgrammeContent Content)> programmes = null!;

    public static async Task<WorkFacts> ReadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<(Guid District, Guid Student)> marked, CancellationToken cancel)
    {
        Guid[] students = [.. marked.Select(m => m.Student)];
        Guid[] districts = [.. marked.Select(m => m.District).Distinct()];
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(
                    """
                    SELECT school_id, id, student_id, class_id, grade, starts_on, ends_on FROM enrolment WHERE student_id = ANY ($1)
                    """, students),
                Command(
                    """
                    SELECT student_id, version, school_id, said_at, contacts_per_term, feedback_every_days, summary_every_days,
                        visit_every_days, deep_contact_every_days, meet_first, holds_until, priority_until
                    FROM cadence_step WHERE student_id = ANY ($1)
                    """, students),
                Command(
                    """
                    SELECT student_id, held_on, sort, mode, minutes, guardian_took_part, term_id FROM done_contact
                    WHERE NOT withdrawn AND student_id = ANY ($1)
                    """, students),
                Command(
                    """
                    SELECT student_id, weekends_only, online_counts, text_counts, home_lessons_count FROM visit_setting
                    WHERE student_id = ANY ($1)
                    """, students),
                Command(
                    "SELECT district_id, id, starts_on, ends_on, teaching_weeks, withdrawn_on FROM term WHERE district_id = ANY ($1)",
                    districts),
                Command("SELECT node_id, settings FROM policy WHERE district_id = ANY ($1)", districts),
                Command("SELECT node_id, days FROM school_calendar WHERE district_id = ANY ($1)", districts),
                Command(
                    """
                    SELECT DISTINCT ON (school_id, term_id) school_id, term_id, content FROM visit_programme WHERE district_id = ANY ($1)
                    ORDER BY school_id, term_id, version DESC
                    """, districts),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        return new WorkFacts
        {
            enrolments = (await RowsAsync(row => new Enrolment
            {
                SchoolId = row.GetGuid(0),
                Id = row.GetGuid(1),
                StudentId = row.GetGuid(2),
                ClassId = Optional<Guid>(row, 3),
                Grade = row.IsDBNull(4) ? null : row.GetString(4),
                StartsOn = row.GetFieldValue<DateOnly>(5),
                EndsOn = Optional<DateOnly>(row, 6),
            })).ToLookup(enrolment => enrolment.StudentId),
            steps = (await RowsAsync(row => new CadenceStep
            {
                StudentId = row.GetGuid(0),
                Version = row.GetInt64(1),
                SchoolId = row.GetGuid(2),
                SaidAt = row.GetFieldValue<DateTimeOffset>(3),
                ContactsPerTerm = row.GetInt32(4),
                FeedbackEveryDays = Optional<int>(row, 5),
                SummaryEveryDays = Optional<int>(row, 6),
                VisitEveryDays = Optional<int>(row, 7),
                DeepContactEveryDays = Optional<int>(row, 8),
                MeetFirst = row.GetBoolean(9),
                HoldsUntil = Optional<DateOnly>(row, 10),
                PriorityUntil = Optional<DateOnly>(row, 11),
            })).ToLookup(step => step.StudentId),
            contacts = (await RowsAsync(row => new DoneContact
            {
                StudentId = row.GetGuid(0),
                HeldOn = row.GetFieldValue<DateOnly>(1),
                Sort = Enum.Parse<ContactSort>(row.GetString(2)),
                Mode = Enum.Parse<VisitMode>(row.GetString(3)),
                Minutes = Optional<int>(row, 4),
                GuardianTookPart = row.GetBoolean(5),
                TermId = Optional<Guid>(row, 6),
            })).ToLookup(contact => contact.StudentId),
            settings = (await RowsAsync(row => new VisitSetting
            {
                StudentId = row.GetGuid(0),
                WeekendsOnly = row.GetBoolean(1),
                OnlineCounts = row.GetBoolean(2),
                TextCounts = row.GetBoolean(3),
                HomeLessonsCount = row.GetBoolean(4),
            })).ToDictionary(setting => setting.StudentId),
            terms = (await RowsAsync(row => (District: row.GetGuid(0), Term: new Term
            {
                Id = row.GetGuid(1),
                StartsOn = row.GetFieldValue<DateOnly>(2),
                EndsOn = row.GetFieldValue<DateOnly>(3),
                TeachingWeeks = row.GetInt32(4),
                WithdrawnOn = Optional<DateOnly>(row, 5),
            }))).GroupBy(row => row.District, row => row.Term).ToDictionary(group => group.Key, group => group.ToArray()),
            policies = await RowsAsync(row => new Policy
            {
                NodeId = row.GetGuid(0),
                Settings = JsonSerializer.Deserialize<VisitPolicy>(row.GetString(1), Json.Options)!,
            }),
            calendars = await RowsAsync(row => new CalendarOfNode
            {
                NodeId = row.GetGuid(0),
                Days = JsonSerializer.Deserialize<SpecialDay[]>(row.GetString(1), Json.Options)!,
            }),
            programmes = (await RowsAsync(row => (
                School: row.GetGuid(0),
                Programme: (row.GetGuid(1), JsonSerializer.Deserialize<ProgrammeContent>(row.GetString(2), Json.Options)!))))
                .ToLookup(row => row.School, row => row.Programme),
        };

        // The results follow each other in the order in which they are asked for above.
        async Task<List<T>> RowsAsync<T>(Func<NpgsqlDataReader, T> read)
        {
            var rows = new List<T>();
            while (await reader.ReadAsync(cancel))
                rows.Add(read(reader));
            await reader.NextResultAsync(cancel);
            return rows;
        }
    }

    /// <summary>All about one student.</summary>
    public StudentFacts Of(Guid district, Guid student) => new(
        district, student, [.. enrolments[student]], [.. steps[student]], [.. contacts[student]], settings.GetValueOrDefault(student));

    /// <summary>The terms of a district.</summary>
    public IReadOnlyCollection<Term> TermsOf(Guid district) => terms.GetValueOrDefault(district) ?? [];

    /// <summary>The day in a district, on its own clocks.</summary>
    public DateOnly DayIn(Guid district, DateTimeOffset now) => LocalDay.At(district, district, policies, now);

    /// <summary>The terms that are over and settled: that ended before a day of their district.</summary>
    public Guid[] EndedBefore(Func<Guid, DateOnly> dayIn) => [.. terms.SelectMany(district => district.Value
        .Where(term => term.WithdrawnOn is null && term.EndsOn < dayIn(district.Key)).Select(term => term.Id))];

    /// <summary>The rules of a school, put together once.</summary>
    public SchoolRules RulesOf(Guid district, Guid school)
    {
        if (!rules.TryGetValue(school, out var found))
        {
            found = new SchoolRules(
                Policy.InForce(district, school, policies), CalendarOfNode.InForce(district, school, calendars),
                programmes[school].ToDictionary(p => p.Term, p => p.Content));
            rules.Add(school, found);
        }

        return found;
    }

    private static T? Optional<T>(NpgsqlDataReader row, int column)
        where T : struct => row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);

    private static NpgsqlBatchCommand Command(string sql, Guid[] ids) =>
        new(sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = ids } } };
}
