using System.Diagnostics;
using HomeSchool.Messages.Posts;
using HomeSchool.Testing;
using Npgsql;

namespace HomeSchool.Messages.Tests;

/// <summary>One notice to very many (MSG-4): set-based, in pieces, none twice and none lost.</summary>
public sealed class FanOutTests(MessagesSystem system)
{
    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task A_post_to_three_thousand_families_is_in_six_thousand_inboxes_once()
    {
        var school = new School(system);
        await FillAsync(school, 3_000);
        var watch = Stopwatch.StartNew();

        var post = await school.PublishAsync(school.Officer, school.Notice(school.Id));
        var accepted = watch.Elapsed;
        await school.SentAsync(post);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"Accepted in {accepted.TotalMilliseconds:F0} ms, in all inboxes after {watch.Elapsed.TotalMilliseconds:F0} ms.");
        (await GuardiansAsync(post)).ShouldBe((6_000, 6_000, 6_000));
        (await system.ScalarAsync<int>("SELECT guardians FROM post_progress WHERE post_id = $1", post)).ShouldBe(6_000);
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task However_those_who_send_a_district_notice_are_killed_everybody_has_it_once()
    {
        var school = new School(system);
        var schools = new[] { school, school.Neighbour(), school.Neighbour() };
        foreach (var one in schools)
            await FillAsync(one, SendPosts.Piece + 100); // three pieces
        await using var gate = await Gate.CloseAsync(system, school.District);
        var post = await school.PublishAsync(school.Admin, school.Notice());
        await using var first = await system.StartReplicaAsync();
        await using var second = await system.StartReplicaAsync();

        // Three processes send. Whoever has written a piece and not committed it is cut off, again and again: nothing is left of it.
        for (var time = 0; time < 3; time++)
        {
            (await gate.CutOffAsync(post)).ShouldBeTrue();
            (await GuardiansAsync(post)).ShouldBe((0, 0, 0));
        }

        // After some pieces, one process is killed wherever it is, and whoever is in the middle of a piece is cut off once more.
        await gate.OpenAsync();
        await Eventually.GetAsync(() => GuardiansAsync(post), given => given.Receipts > 0);
        await gate.CloseAsync();
        await first.KillAsync();
        await gate.CutOffAsync(post);
        await gate.OpenAsync();
        await second.KillAsync();
        await school.SentAsync(post);

        var all = schools.Length * (SendPosts.Piece + 100) * 2;
        (await GuardiansAsync(post)).ShouldBe((all, all, all));
        (await system.ScalarAsync<long>("SELECT sum(guardians) FROM post_progress WHERE post_id = $1", post)).ShouldBe(all);
        (await system.ScalarAsync<long>(
            "SELECT (SELECT count(*) FROM platform.outbox WHERE name = 'messages.notice-sent' AND aggregate_id = $1) "
            + "+ (SELECT count(*) FROM platform.event_log WHERE name = 'messages.notice-sent' AND aggregate_id = $1)", post))
                .ShouldBe(3);
    }

    [Theory]
    [InlineData("erased")]
    [InlineData("Basics")]
    [InlineData("Messages")]
    [Trait("Rule", "ARC-10")]
    public async Task About_a_child_who_is_erased_or_restricted_nobody_is_given_anything(string what)
    {
        var school = new School(system);
        var children = await school.EnrolAsync(2, guardians: 2);
        await system.RunAsync(
            what == "erased"
                ? "INSERT INTO platform.erased_student (student_id, district_id, erased_at) VALUES ($1, $2, now())"
                : "INSERT INTO platform.restricted_student (request_id, student_id, district_id, kinds, version) "
                    + $"VALUES (gen_random_uuid(), $1, $2, '{{{what}}}', 1)",
            children[0].Student, school.District);

        var post = await school.SendAsync(school.Teacher);

        (await GuardiansAsync(post)).ShouldBe((2, 2, 2));
        (await system.ScalarAsync<long>("SELECT count(*) FROM receipt WHERE student_id = $1", children[0].Student)).ShouldBe(0);
        (await system.ScalarAsync<int>("SELECT guardians FROM post_progress WHERE post_id = $1", post)).ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "MSG-4")]
    public async Task A_piece_that_is_not_committed_leaves_nothing_holds_up_no_other_district_and_is_sent_again_as_a_whole()
    {
        var school = new School(system);
        await FillAsync(school, SendPosts.Piece);
        var elsewhere = new School(system); // its turn is after the other's: districts take turns by id
        await elsewhere.EnrolAsync(1);
        // Whoever sends the first piece fails at its last row until the trigger is gone; a sequence remembers what is rolled
        // back.
        await system.RunAsync(
            $"""
            CREATE SEQUENCE tries_{school.Id:N};
            CREATE FUNCTION fail_{school.Id:N}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN PERFORM nextval('tries_{school.Id:N}'); RAISE EXCEPTION 'killed'; END $$;
            CREATE TRIGGER fail_{school.Id:N} AFTER UPDATE ON post_progress FOR EACH ROW
                WHEN (NEW.school_id = '{school.Id}') EXECUTE FUNCTION fail_{school.Id:N}();
            """);

        var post = await school.PublishAsync(school.Officer, school.Notice(school.Id));
        await Eventually.GetAsync(() => system.ScalarAsync<bool>($"SELECT is_called FROM tries_{school.Id:N}"), tried => tried);
        var other = await elsewhere.SendAsync(elsewhere.Officer, elsewhere.Notice(elsewhere.Id));
        (await GuardiansAsync(other)).ShouldBe((1, 1, 1));
        (await GuardiansAsync(post)).ShouldBe((0, 0, 0));
        await system.RunAsync($"DROP TRIGGER fail_{school.Id:N} ON post_progress");
        await school.SentAsync(post);

        (await GuardiansAsync(post)).ShouldBe((2 * SendPosts.Piece, 2 * SendPosts.Piece, 2 * SendPosts.Piece));
    }

    // Receipts, lines of inboxes, and guardians who have one.
    private async Task<(long Receipts, long Lines, long Guardians)> GuardiansAsync(Guid post) => (
        await system.ScalarAsync<long>("SELECT count(*) FROM receipt WHERE post_id = $1", post),
        await system.ScalarAsync<long>("SELECT count(*) FROM notification WHERE about_id = $1", post),
        await system.ScalarAsync<long>("SELECT count(DISTINCT guardian_id) FROM notification WHERE about_id = $1", post));

    // Families of two guardians, as the roster's events leave them: thousands of messages are another test's matter.
    private async Task FillAsync(School school, int families)
    {
        await school.EnrolAsync([], school.Class);
        await system.RunAsync(
            """
            WITH child AS (
                INSERT INTO enrolment (school_id, id, district_id, student_id, class_id, grade, starts_on, version)
                SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), $3, '07', '2026-09-01', 1 FROM generate_series(1, $4)
                RETURNING student_id)
            INSERT INTO guardianship (student_id, guardian_id, district_id, version)
            SELECT student_id, gen_random_uuid(), $2, 1 FROM child, generate_series(1, 2)
            """, school.Id, school.District, school.Class, families);
    }

    // Where a piece of a district's notices stops behind its last row, before it is committed.
    private sealed class Gate(MessagesSystem system, NpgsqlConnection holder, Guid district) : IAsyncDisposable
    {
        private const int Lock = 1_604;

        private readonly int key = district.GetHashCode();

        public static async Task<Gate> CloseAsync(MessagesSystem system, Guid district)
        {
            var holder = new NpgsqlConnection(system.Database);
            await holder.OpenAsync();
            var gate = new Gate(system, holder, district);
            await gate.CloseAsync();
            await system.RunAsync(
                $"""
                CREATE FUNCTION gate_{district:N}() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_advisory_xact_lock_shared({Lock}, {gate.key}); RETURN NULL; END $$;
                CREATE TRIGGER gate_{district:N} AFTER UPDATE ON post_progress FOR EACH ROW
                    WHEN (NEW.district_id = '{district}') EXECUTE FUNCTION gate_{district:N}();
                """);
            return gate;
        }

        public Task CloseAsync() => HoldAsync("pg_advisory_lock");

        public Task OpenAsync() => HoldAsync("pg_advisory_unlock");

        // Cuts off whoever stands at the gate, as a kill of its process does. False when everybody has the notice.
        public async Task<bool> CutOffAsync(Guid post) => await Eventually.GetAsync(
            () => system.ScalarAsync<long>(
                """
                SELECT CASE WHEN EXISTS (SELECT FROM post_progress WHERE post_id = $3 AND done_at IS NULL)
                    THEN count(*) FILTER (WHERE pg_terminate_backend(pid, 10000)) ELSE -1 END
                FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = $1::int8::oid AND objid = $2::int8::oid
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """, (long)Lock, (long)unchecked((uint)key), post),
            cut => cut != 0) > 0;

        public async ValueTask DisposeAsync()
        {
            await holder.DisposeAsync();
            await system.RunAsync($"DROP TRIGGER gate_{district:N} ON post_progress");
        }

        private async Task HoldAsync(string function)
        {
            await using var hold = new NpgsqlCommand($"SELECT {function}({Lock}, {key})", holder);
            await hold.ExecuteNonQueryAsync();
        }
    }
}
