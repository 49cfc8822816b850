using System.Diagnostics;
using HomeSchool.Messages.Posts;
using HomeSchool.Testing;

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
    public async Task A_district_notice_goes_on_where_a_killed_process_stopped()
    {
        var school = new School(system);
        var schools = new[] { school, school.Neighbour(), school.Neighbour() };
        foreach (var one in schools)
            await FillAsync(one, SendPosts.Piece);

        // Replicas die while they send; the process of the other tests and the last of them go on behind what was committed.
        var post = await school.PublishAsync(school.Admin, school.Notice());
        for (var i = 0; i < 2; i++)
        {
            await using var replica = await system.StartReplicaAsync();
            await replica.KillAsync();
        }

        await school.SentAsync(post);

        var all = schools.Length * SendPosts.Piece * 2;
        (await GuardiansAsync(post)).ShouldBe((all, all, all));
        (await system.ScalarAsync<long>(
            "SELECT (SELECT count(*) FROM platform.outbox WHERE name = 'messages.notice-sent' AND aggregate_id = $1) "
            + "+ (SELECT count(*) FROM platform.event_log WHERE name = 'messages.notice-sent' AND aggregate_id = $1)", post))
                .ShouldBe(3);
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
}
