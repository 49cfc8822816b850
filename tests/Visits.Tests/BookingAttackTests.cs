using System.Collections.Concurrent;
using System.Globalization;
using HomeSchool.Contracts.Visits;
using HomeSchool.Visits.Appointments;

namespace HomeSchool.Visits.Tests;

/// <summary>
/// VIS-4 under attack: four teachers of two schools, their colleagues and 45 families are booked, moved and called off at
/// random for one long day, through three replicas on one database. <c>HOMESCHOOL_ATTEMPTS</c> says how often (R8 asks for 100,000).
/// </summary>
[Trait("Rule", "VIS-4")]
public sealed class BookingAttackTests(VisitsSystem system) : IAsyncLifetime
{
    private const int Replicas = 3;
    private const int Writers = 24;
    private const int DayMinutes = 14 * 60;

    private static readonly int Attempts =
        int.Parse(Environment.GetEnvironmentVariable("HOMESCHOOL_ATTEMPTS") ?? "2000", CultureInfo.InvariantCulture);

    // A deadlock's loser would be answered 503 service.try-again, which is not among them.
    private static readonly string[] Expected =
    [
        "book 201", "book 409 visits.double-booked",
        "move 200", "move 409 visits.double-booked", "move 409 visits.not-open", "move 412 request.changed-meanwhile",
        "cancel 204", "cancel 409 visits.not-open", "cancel 412 request.changed-meanwhile",
    ];

    private readonly DateTimeOffset morning = Http.Evening(5, hour: 8);
    private readonly ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly List<Booked> open = [];
    private District district = null!;
    private Dictionary<ClassOfTest, HttpClient[]> teachers = null!;

    public async ValueTask InitializeAsync()
    {
        district = await system.CreateDistrictAsync();
        var replicas = Enumerable.Range(0, Replicas).Select(_ => system.Replica()).ToArray();
        teachers = new[] { district.One.A, district.One.B, district.Two.A, district.Two.B }.ToDictionary(
            @class => @class, @class => replicas.Select(replica => replica(district.Teacher(@class))).ToArray());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Nobody_is_booked_twice_whoever_books_moves_and_cancels_at_the_same_time()
    {
        var left = Attempts;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var random = new Random(writer);
            while (Interlocked.Decrement(ref left) >= 0)
                await AttackAsync(random);
        }));

        foreach (var (answer, count) in answers.OrderBy(answer => answer.Key, StringComparer.Ordinal))
            TestContext.Current.TestOutputHelper?.WriteLine($"{answer,-45} {count,7}");
        (await CountAsync(TwiceAtOneTime)).ShouldBe(0);
        answers.Values.Sum().ShouldBe(Attempts);
        answers.Keys.Except(Expected, StringComparer.Ordinal).ShouldBeEmpty();
        answers["book 409 visits.double-booked"].ShouldBeGreaterThan(Attempts / 10); // otherwise it was no attack

        // What was accepted is there, and what was refused is not.
        (await CountAsync("SELECT count(*) FROM visit WHERE district_id = $1")).ShouldBe(answers["book 201"]);
        (await CountAsync("SELECT count(*) FROM visit WHERE district_id = $1 AND state = 'Scheduled'")).ShouldBe(open.Count);
        (await CountAsync("SELECT sum(version)::bigint FROM visit WHERE district_id = $1"))
            .ShouldBe(answers["book 201"] + answers["move 200"] + answers["cancel 204"]);
    }

    // What is never found proves nothing until it has been found once: of each kind of person, one who is expected twice. The
    // service would not make the two of one time, so an administrator moves the one to the other, past the service and its
    // constraints.
    [Theory]
    [InlineData("teacher", 1)]
    [InlineData("colleague", 1)]
    [InlineData("student", 2)] // and the guardian
    [InlineData("guardian", 1)]
    public async Task Who_would_be_booked_twice_would_be_found(string person, int expected)
    {
        var (a, b) = (district.One.A, district.One.B);
        var (first, second) = person switch
        {
            "teacher" => ((Class: a, Student: 1, Joint: false), (Class: a, Student: 2, Joint: false)),
            "colleague" => ((a, 1, true), (b, 1, true)),
            "student" => ((a, 1, false), (a, 1, false)),
            "guardian" => ((a, 0, false), (b, 0, false)),
            _ => throw new ArgumentOutOfRangeException(nameof(person)),
        };
        // The same student is visited by another teacher: only what the case is about is common to both.
        var (one, other) = (await BookAsync(first, morning, null), await BookAsync(
            second, morning.AddMinutes(30), person == "student" ? district.One.Colleague : null));
        (await CountAsync(TwiceAtOneTime)).ShouldBe(0);

        foreach (var (minutes, found) in new[] { (29, expected), (30, 0), (-29, expected), (-30, 0) })
        {
            (await system.CountAfterAsync(
                $"""
                UPDATE visit SET starts_at = (SELECT starts_at FROM visit WHERE id = '{one}') + interval '{minutes} minutes'
                WHERE id = '{other}'
                """, TwiceAtOneTime, district.Id)).ShouldBe(found);
        }

        async Task<Guid> BookAsync((ClassOfTest Class, int Student, bool Joint) at, DateTimeOffset startsAt, Guid? teacher)
        {
            using var answer = await teachers[at.Class][0].TryScheduleAsync(new VisitRequest(
                [at.Class.Students[at.Student]], VisitMode.Video, startsAt, Minutes: 30,
                JointVisitorIds: at.Joint ? [district.One.Colleague] : null, TeacherId: teacher));
            return (await answer.ReadAsync<Appointment>()).Id;
        }
    }

    // Asks the appointments themselves and the roster, not the table that keeps people from being booked twice.
    private const string TwiceAtOneTime =
        """
        WITH taken AS (
            SELECT v.id, person, tstzrange(v.starts_at, v.starts_at + make_interval(mins => v.minutes)) AS during
            FROM visit v CROSS JOIN LATERAL (
                SELECT v.teacher_id UNION
                SELECT unnest(v.joint_visitor_ids) UNION
                SELECT s.student_id FROM visit_student s WHERE s.visit_id = v.id UNION
                SELECT g.guardian_id FROM visit_student s JOIN guardianship g USING (student_id) WHERE s.visit_id = v.id) AS p (person)
            WHERE v.district_id = $1 AND v.state = 'Scheduled')
        SELECT count(*) FROM taken a JOIN taken b USING (person) WHERE a.id < b.id AND a.during && b.during
        """;

    private async Task AttackAsync(Random random)
    {
        var visit = random.Next(10) < 4 ? Any(random) : null;
        if (visit is null)
            await BookAsync(random);
        else if (random.Next(4) > 0)
            await MoveAsync(visit, random);
        else
            await CancelAsync(visit, random);
    }

    private async Task BookAsync(Random random)
    {
        var school = random.Next(2) == 0 ? district.One : district.Two;
        var @class = random.Next(2) == 0 ? school.A : school.B;
        var student = random.Next(@class.Students.Length);
        Guid[] students = student == 0 && random.Next(2) == 0
            ? [school.A.Students[0], school.B.Students[0]]
            : [@class.Students[student]];
        Guid[] joint = random.Next(4) switch
        {
            0 => [school.Colleague],
            1 => [@class == school.A ? school.B.Teacher : school.A.Teacher],
            _ => [],
        };
        var request = new VisitRequest(
            students, VisitMode.Video, AnyTime(random), Minutes: random.Next(5, 61), JointVisitorIds: joint,
            TeacherId: joint.Length == 0 && random.Next(4) == 0 ? school.Colleague : null);
        using var answer = await AnyReplica(@class, random).TryScheduleAsync(request);
        if (await CountedAsync("book", answer))
        {
            var made = await answer.ReadAsync<Appointment>();
            lock (open)
                open.Add(new Booked(made.Id, @class));
        }
    }

    private async Task MoveAsync(Booked visit, Random random)
    {
        using var answer = await AnyReplica(visit.Class, random).OnAsync(
            visit.Id, "move", new MoveRequest(AnyTime(random), Minutes: random.Next(5, 61)), visit.Version);
        if (await CountedAsync("move", answer))
            visit.Version++;
    }

    private async Task CancelAsync(Booked visit, Random random)
    {
        using var answer = await AnyReplica(visit.Class, random).OnAsync(visit.Id, "cancel", version: visit.Version);
        if (await CountedAsync("cancel", answer))
        {
            lock (open)
                open.Remove(visit);
        }
    }

    private async Task<bool> CountedAsync(string what, HttpResponseMessage answer)
    {
        var why = answer.IsSuccessStatusCode ? "" : " " + (await answer.ProblemAsync()).Code;
        answers.AddOrUpdate($"{what} {(int)answer.StatusCode}{why}", 1, (_, count) => count + 1);
        return answer.IsSuccessStatusCode;
    }

    private HttpClient AnyReplica(ClassOfTest @class, Random random) => teachers[@class][random.Next(Replicas)];

    private DateTimeOffset AnyTime(Random random) => morning.AddMinutes(random.Next(DayMinutes));

    private Booked? Any(Random random)
    {
        lock (open)
            return open.Count == 0 ? null : open[random.Next(open.Count)];
    }

    private Task<long> CountAsync(string sql) => system.CountAsync(sql, district.Id);

    private sealed class Booked(Guid id, ClassOfTest @class)
    {
        public Guid Id { get; } = id;

        public ClassOfTest Class { get; } = @class;

        /// <summary>The version that was answered last; a later one may be on its way.</summary>
        public long Version { get; set; } = 1;
    }
}
