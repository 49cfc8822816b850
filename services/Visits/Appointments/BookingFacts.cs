using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Visits.Calendar;
using HomeSchool.Visits.Planning;
using HomeSchool.Visits.Policies;
using HomeSchool.Visits.Roster;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace HomeSchool.Visits.Appointments;

/// <summary>
/// What an appointment is decided by, read in one round trip: roster, policy, terms, and the visitors' other visits.
/// </summary>
/// <remarks>
/// It begins by locking the persons, always in the same order. Two transactions that add overlapping rows under an exclusion
/// constraint would each wait for the other, and PostgreSQL breaks that deadlock only after a second; in turn, the second one is
/// simply refused. The constraint is what decides; without the locks it would still be right, only slow.
/// </remarks>
internal sealed record BookingFacts(
    IReadOnlyList<Enrolment> Enrolments, IReadOnlyList<KnownGuardian> Guardians, IReadOnlyList<Post> Posts,
    IReadOnlyList<Policy> Policies, IReadOnlyList<CalendarOfNode> Calendars, IReadOnlyList<Term> Terms,
    ILookup<Guid, DateTimeOffset> OtherVisits, IReadOnlyList<BusyHours> Hours, IReadOnlyList<BusyCalendar> Uploaded)
{
    // Whatever the time zone, a week around the day lies within.
    private static readonly TimeSpan AWeekAround = TimeSpan.FromDays(8);

    /// <summary>Locks and reads, within the command's transaction.</summary>
    /// <param name="db">The database.</param>
    /// <param name="scope">The districts and schools in question.</param>
    /// <param name="students">The students to visit.</param>
    /// <param name="visitors">The staff who visit, as far as the request names them.</param>
    /// <param name="startsAt">When.</param>
    /// <param name="moved">The visit that is moved, whose own time does not count; <see langword="null"/> for a new one.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<BookingFacts> ReadAsync(
        VisitsDb db, BookingScope scope, IReadOnlyCollection<Guid> students, IReadOnlyCollection<Guid> visitors,
        DateTimeOffset startsAt, Guid? moved, CancellationToken cancel)
    {
        var schoolIds = Ids([.. scope.Schools]);
        var districtIds = Ids([.. scope.Districts]);
        var studentIds = Ids([.. students]);
        var visitorIds = Ids([.. visitors]);
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection())
        {
            BatchCommands =
            {
                // All of it is asked by key. Left to itself, PostgreSQL looks for a way anew each time, for three milliseconds.
                Command("SET LOCAL plan_cache_mode = force_generic_plan"),
                Command(
                    """
                    SELECT count(pg_advisory_xact_lock(key)) FROM (
                        SELECT DISTINCT hashtextextended(person::text, 0) AS key FROM (
                            SELECT unnest($1 || $2) UNION ALL
                            SELECT guardian_id FROM guardianship WHERE student_id = ANY ($2) UNION ALL
                            SELECT person_id FROM busy WHERE visit_id = $3) AS persons (person)
                        ORDER BY key) AS keys
                    """, visitorIds, studentIds, Id(moved)),
                Command(
                    """
                    SELECT district_id, school_id, student_id, class_id, starts_on, ends_on FROM enrolment
                    WHERE school_id = ANY ($1) AND student_id = ANY ($2)
                    """, schoolIds, studentIds),
                Command(
                    """
                    SELECT student_id, guardian_id, coalesce(may_be_visited, true)
                    FROM guardianship LEFT JOIN guardian_rights USING (student_id, guardian_id)
                    WHERE student_id = ANY ($1) AND withdrawn_on IS NULL
                    """, studentIds),
                Command(
                    "SELECT school_id, staff_id, starts_on, ends_on FROM post WHERE school_id = ANY ($1) AND staff_id = ANY ($2)",
                    schoolIds, visitorIds),
                Command("SELECT node_id, settings FROM policy WHERE node_id = ANY ($1 || $2)", schoolIds, districtIds),
                Command(
                    "SELECT node_id, days FROM school_calendar WHERE node_id = ANY ($1 || $2)", schoolIds, districtIds),
                Command(
                    "SELECT id, district_id, starts_on, ends_on, withdrawn_on FROM term WHERE district_id = ANY ($1)",
                    districtIds),
                Command(
                    """
                    SELECT person_id, starts_at FROM busy
                    WHERE person_id = ANY ($1) AND starts_at BETWEEN $2 AND $3 AND visit_id IS DISTINCT FROM $4
                    """, visitorIds, Instant(startsAt - AWeekAround), Instant(startsAt + AWeekAround), Id(moved)),
                Command(
                    """
                    SELECT school_id, staff_id, weekday, from_time, to_time, starts_on, ends_on FROM busy_hours
                    WHERE school_id = ANY ($1) AND staff_id = ANY ($2)
                        AND starts_on <= ($3)::date + 1 AND ends_on >= ($3)::date - 1
                    """, schoolIds, visitorIds, Instant(startsAt)),
                Command(
                    """
                    SELECT school_id, staff_id, times * tstzmultirange(tstzrange($3, $3 + interval '1 day')) FROM busy_calendar
                    WHERE school_id = ANY ($1) AND staff_id = ANY ($2) AND times && tstzrange($3, $3 + interval '1 day')
                    """, schoolIds, visitorIds, Instant(startsAt)),
            },
        };

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        return new BookingFacts(
            await NextAsync(row => new Enrolment
            {
                DistrictId = row.GetGuid(0),
                SchoolId = row.GetGuid(1),
                StudentId = row.GetGuid(2),
                ClassId = row.IsDBNull(3) ? null : row.GetGuid(3),
                StartsOn = row.GetFieldValue<DateOnly>(4),
                EndsOn = row.IsDBNull(5) ? null : row.GetFieldValue<DateOnly>(5),
            }),
            await NextAsync(row => new KnownGuardian(row.GetGuid(0), row.GetGuid(1), row.GetBoolean(2))),
            await NextAsync(row => new Post
            {
                SchoolId = row.GetGuid(0),
                StaffId = row.GetGuid(1),
                StartsOn = row.GetFieldValue<DateOnly>(2),
                EndsOn = row.IsDBNull(3) ? null : row.GetFieldValue<DateOnly>(3),
            }),
            await NextAsync(row => new Policy
            {
                NodeId = row.GetGuid(0),
                Settings = JsonSerializer.Deserialize<VisitPolicy>(row.GetString(1), Json.Options)!,
            }),
            await NextAsync(row => new CalendarOfNode
            {
                NodeId = row.GetGuid(0),
                Days = JsonSerializer.Deserialize<SpecialDay[]>(row.GetString(1), Json.Options)!,
            }),
            await NextAsync(row => new Term
            {
                Id = row.GetGuid(0),
                DistrictId = row.GetGuid(1),
                StartsOn = row.GetFieldValue<DateOnly>(2),
                EndsOn = row.GetFieldValue<DateOnly>(3),
                WithdrawnOn = row.IsDBNull(4) ? null : row.GetFieldValue<DateOnly>(4),
            }),
            (await NextAsync(row => (Person: row.GetGuid(0), At: row.GetFieldValue<DateTimeOffset>(1))))
                .ToLookup(row => row.Person, row => row.At),
            await NextAsync(row => new BusyHours
            {
                SchoolId = row.GetGuid(0),
                StaffId = row.GetGuid(1),
                Weekday = row.IsDBNull(2) ? null : (DayOfWeek)row.GetInt32(2),
                FromTime = row.GetFieldValue<TimeOnly>(3),
                ToTime = row.GetFieldValue<TimeOnly>(4),
                StartsOn = row.GetFieldValue<DateOnly>(5),
                EndsOn = row.GetFieldValue<DateOnly>(6),
            }),
            await NextAsync(row => new BusyCalendar
            {
                SchoolId = row.GetGuid(0),
                StaffId = row.GetGuid(1),
                Name = "",
                Times = row.GetFieldValue<NpgsqlRange<DateTime>[]>(2),
            }));

        async Task<List<T>> NextAsync<T>(Func<NpgsqlDataReader, T> read)
        {
            await reader.NextResultAsync(cancel);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancel))
                rows.Add(read(reader));
            return rows;
        }
    }

    /// <summary>Locks persons as reading does, within the command's transaction: whoever books them waits.</summary>
    public static Task LockAsync(VisitsDb db, Guid[] persons, CancellationToken cancel) => db.Database.ExecuteSqlAsync(
        $"""
        SELECT count(pg_advisory_xact_lock(key)) FROM (
            SELECT DISTINCT hashtextextended(person::text, 0) AS key FROM unnest({persons}) AS person ORDER BY key) AS keys
        """, cancel);

    /// <summary>The policy in force at a school.</summary>
    public VisitPolicy PolicyOf(Guid district, Guid school) => Policy.InForce(district, school, Policies);

    /// <summary>The calendar in force at a school.</summary>
    public SchoolCalendar CalendarOf(Guid district, Guid school) => CalendarOfNode.InForce(district, school, Calendars);

    /// <summary>The term that a day counts in, if the district has any.</summary>
    public Term? TermOf(Guid district, DateOnly day) => Term.Of(day, Terms.Where(term => term.DistrictId == district));

    /// <summary>Whether somebody works at a school on a day.</summary>
    public bool IsStaff(Guid school, Guid staff, DateOnly day) => Posts.Any(post => post.SchoolId == school
        && post.StaffId == staff && post.StartsOn <= day && (post.EndsOn is not { } end || end >= day));

    /// <summary>Whether a visitor has lessons, duty or leave at the time of an appointment (VIS-23).</summary>
    public bool IsBusy(Visit visit, string zone)
    {
        var local = LocalTime.At(visit.StartsAt, zone).DateTime;
        var school = CalendarOf(visit.DistrictId, visit.SchoolId);
        return Hours.Any(hours => hours.SchoolId == visit.SchoolId && visit.VisitorIds.Contains(hours.StaffId)
                && hours.Meet(local, visit.Minutes, school))
            || Uploaded.Any(calendar => calendar.SchoolId == visit.SchoolId && visit.VisitorIds.Contains(calendar.StaffId)
                && calendar.Spans().Any(time => time.From < visit.EndsAt && time.Until > visit.StartsAt));
    }

    /// <summary>The guardians of a student, by whom one knows a family.</summary>
    public IEnumerable<Guid> GuardiansOf(Guid student) =>
        Guardians.Where(guardian => guardian.StudentId == student).Select(guardian => guardian.GuardianId);

    /// <summary>The guardians of students who are invited: not whom a document keeps from being visited (ARC-13).</summary>
    public IEnumerable<Guid> InvitedOf(IEnumerable<Guid> students) =>
        Guardians.Where(guardian => guardian.MayBeVisited && students.Contains(guardian.StudentId))
            .Select(guardian => guardian.GuardianId).Distinct();

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter.Clone()); // one parameter belongs to one command
        return command;
    }

    private static NpgsqlParameter<Guid[]> Ids(Guid[] ids) => new() { TypedValue = ids };

    private static NpgsqlParameter<DateTimeOffset> Instant(DateTimeOffset at) => new() { TypedValue = at };

    private static NpgsqlParameter Id(Guid? id) =>
        new() { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}

/// <summary>A guardian of a student to be visited.</summary>
/// <param name="StudentId">The student.</param>
/// <param name="GuardianId">The guardian.</param>
/// <param name="MayBeVisited">Whether the guardian is invited.</param>
internal sealed record KnownGuardian(Guid StudentId, Guid GuardianId, bool MayBeVisited);

/// <summary>Where an appointment can be: the caller's districts and schools.</summary>
/// <param name="Districts">Districts.</param>
/// <param name="Schools">Schools.</param>
internal sealed record BookingScope(IReadOnlyCollection<Guid> Districts, IReadOnlyCollection<Guid> Schools);
