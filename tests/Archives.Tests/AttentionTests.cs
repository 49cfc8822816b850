using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using HomeSchool.Archives.Needs;
using HomeSchool.Contracts.Archives;

namespace HomeSchool.Archives.Tests;

/// <summary>What draws attention: from scores, homework and notes, as they come in.</summary>
[Trait("Rule", "ARC-5")]
public sealed class AttentionTests(ArchivesFixture archives) : IAsyncLifetime
{
    private readonly NeedScene scene = new(archives);

    private static DateOnly Today => NeedScene.Today;

    public async ValueTask InitializeAsync() => await scene.OpenAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("100", "80", "64", false)] // 20 % is not over 20 %
    [InlineData("100", "80", "63.99", true)]
    [InlineData("100", "80", "96.01", true)] // upwards, too
    [InlineData("", "A", "B", false)]
    [InlineData("", "A", "C", true)]
    [InlineData("", "C", "A", false)] // only a drop of levels
    public async Task A_score_that_changes_by_more_than_a_fifth_or_drops_two_levels_draws_attention(
        string outOf, string before, string now, bool raised)
    {
        decimal? most = outOf.Length == 0 ? null : decimal.Parse(outOf, CultureInfo.InvariantCulture);
        (await ScoreAsync(Today.AddDays(-30), before, most)).Raised.ShouldBe(0);
        (await ScoreAsync(Today.AddDays(-29), now, most, ExamKind.Midterm)).Raised.ShouldBe(0); // another kind of exam
        var report = await ScoreAsync(Today, now, most);
        report.Raised.ShouldBe(raised ? 1 : 0);
        var open = await OpenAsync();
        open.Count.ShouldBe(raised ? 1 : 0);
        if (raised)
        {
            (open[0].Cause, open[0].StudentId, open[0].State).ShouldBe((AttentionCause.ScoreChange, scene.Student, AttentionState.Open));
            open[0].Evidence.ShouldBe([$"monthly/数学/{Today.AddDays(-30):yyyy-MM-dd}/{Today:yyyy-MM-dd}"]);
        }
    }

    [Fact]
    public async Task Different_maxima_are_compared_by_their_share()
    {
        await ScoreAsync(Today.AddDays(-30), "120", 150);
        (await ScoreAsync(Today.AddDays(-10), "80", 100)).Raised.ShouldBe(0);
        (await ScoreAsync(Today, "9", 20)).Raised.ShouldBe(1);
    }

    [Fact]
    public async Task One_is_open_for_a_student_and_cause_and_what_was_dismissed_is_not_raised_again_by_the_same_data()
    {
        await ScoreAsync(Today.AddDays(-30), "90", 100);
        (await ScoreAsync(Today.AddDays(-20), "50", 100)).Raised.ShouldBe(1);
        (await ScoreAsync(Today.AddDays(-10), "90", 100)).Raised.ShouldBe(0); // goes into the one that is open
        var open = (await OpenAsync()).ShouldHaveSingleItem();
        open.Evidence.Count.ShouldBe(2);
        await scene.Homeroom.DoAsync(At(open.Id, "dismiss"), new DismissRequest("试卷难度不同")).ShouldBeDoneAsync();

        (await ScoreAsync(Today.AddDays(-10), "90", 100)).ShouldSatisfyAllConditions(r => r.Unchanged.ShouldBe(1), r => r.Raised.ShouldBe(0));
        (await ScoreAsync(Today.AddDays(-10), "91", 100)).ShouldSatisfyAllConditions(r => r.Changed.ShouldBe(1), r => r.Raised.ShouldBe(0));
        (await OpenAsync()).ShouldBeEmpty();
        (await ScoreAsync(Today, "50", 100)).Raised.ShouldBe(1); // new data
        (await scene.Homeroom.SeeAsync<AttentionBody>(At(open.Id))).Reason.ShouldBe("试卷难度不同");
        (await scene.Officer.SeeAsync<AttentionBody>(At(open.Id))).Reason.ShouldBeNull();
    }

    [Fact]
    public async Task A_corrected_score_withdraws_what_nobody_has_decided_and_what_the_data_say_again_is_raised_again()
    {
        await ScoreAsync(Today.AddDays(-30), "90", 100);
        (await ScoreAsync(Today.AddDays(-10), "50", 100)).Raised.ShouldBe(1);
        var open = (await OpenAsync()).ShouldHaveSingleItem();
        var other = await scene.Subject.DoAsync(
            scene.OfStudent("attention"), new NoteRequest(AttentionCause.Observation, "上课发呆")).MadeAsync();
        (await ScoreAsync(Today.AddDays(-10), "88", 100)).ShouldSatisfyAllConditions(
            r => (r.Changed, r.Raised, r.Withdrawn).ShouldBe((1, 0, 1)));
        (await OpenAsync()).ShouldHaveSingleItem().Id.ShouldBe(other); // no score spoke for it
        (await scene.Homeroom.SeeAsync<AttentionBody>(At(open.Id))).Row.ShouldSatisfyAllConditions(
            row => row.State.ShouldBe(AttentionState.Withdrawn), row => row.Outdated.ShouldBe(open.Evidence),
            row => row.OutdatedAt.ShouldNotBeNull().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1)));
        await scene.Homeroom.DoAsync(At(open.Id, "confirm")).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.attention-decided");

        (await ScoreAsync(Today.AddDays(-10), "50", 100)).Raised.ShouldBe(1);
        (await OpenAsync()).Single(row => row.Cause == AttentionCause.ScoreChange).Id.ShouldNotBe(open.Id);
        // An exam between the two tells another story than the one that was raised.
        (await ScoreAsync(Today.AddDays(-20), "60", 100)).ShouldSatisfyAllConditions(r => (r.Raised, r.Withdrawn).ShouldBe((0, 0)));
        (await OpenAsync()).Single(row => row.Cause == AttentionCause.ScoreChange).ShouldSatisfyAllConditions(
            row => row.Evidence.Count.ShouldBe(2), row => row.Outdated.ShouldBe(open.Evidence));
    }

    [Fact]
    public async Task Of_a_confirmed_one_the_homeroom_teacher_learns_that_the_data_were_corrected()
    {
        await ScoreAsync(Today.AddDays(-30), "90", 100);
        await ScoreAsync(Today, "50", 100);
        var id = (await OpenAsync()).ShouldHaveSingleItem().Id;
        await scene.Homeroom.DoAsync(At(id, "confirm")).ShouldBeDoneAsync();
        (await ScoreAsync(Today, "89", 100)).Withdrawn.ShouldBe(0);
        (await RowAsync()).ShouldSatisfyAllConditions(
            row => row.State.ShouldBe(AttentionState.Confirmed), row => row.PriorityUntil.ShouldBe(NeedScene.TermEnd),
            row => row.Outdated.ShouldBe(row.Evidence), row => row.OutdatedAt.ShouldNotBeNull());
        (await ScoreAsync(Today, "50", 100)).Raised.ShouldBe(0); // it is known already
        (await RowAsync()).Outdated.ShouldBeEmpty();

        async Task<AttentionRow> RowAsync() => (await scene.Homeroom.SeeAsync<AttentionBody>(At(id))).Row;
    }

    [Fact]
    public async Task What_was_dismissed_as_a_slip_and_corrected_is_raised_again_when_the_data_say_it_anew()
    {
        await ScoreAsync(Today.AddDays(-10), "90", 100);
        (await ScoreAsync(Today, "20", 100)).Raised.ShouldBe(1);
        var slip = (await OpenAsync()).ShouldHaveSingleItem().Id;
        await scene.Homeroom.DoAsync(At(slip, "dismiss"), new DismissRequest("录入错误")).ShouldBeDoneAsync();
        (await ScoreAsync(Today, "88", 100)).ShouldSatisfyAllConditions(r => (r.Raised, r.Withdrawn).ShouldBe((0, 0)));
        (await scene.Homeroom.SeeAsync<AttentionBody>(At(slip))).Row.State.ShouldBe(AttentionState.Dismissed);
        (await ScoreAsync(Today, "40", 100)).Raised.ShouldBe(1);
        (await OpenAsync()).ShouldHaveSingleItem().Id.ShouldNotBe(slip);
    }

    [Fact]
    public async Task Homework_that_was_reported_wrongly_withdraws_what_it_raised()
    {
        await MissAsync("数学", 2, scene.Student, scene.Classmate);
        await MissAsync("数学", 1, scene.Student, scene.Classmate);
        (await MissAsync("数学", 0, scene.Student, scene.Classmate)).Raised.ShouldBe(2);
        var confirmed = (await OpenAsync()).Single(row => row.StudentId == scene.Classmate).Id;
        await scene.Homeroom.DoAsync(At(confirmed, "confirm")).ShouldBeDoneAsync();
        (await MissAsync("语文", 0)).Withdrawn.ShouldBe(0); // another subject
        (await MissAsync("数学", 0)).ShouldSatisfyAllConditions(r => (r.Changed, r.Raised, r.Withdrawn).ShouldBe((1, 0, 1)));
        (await OpenAsync()).ShouldBeEmpty();
        (await scene.Homeroom.SeeAsync<AttentionBody>(At(confirmed))).Row.ShouldSatisfyAllConditions(
            row => row.State.ShouldBe(AttentionState.Confirmed), row => row.Outdated.ShouldBe(row.Evidence));
        (await MissAsync("数学", 0, scene.Student)).Raised.ShouldBe(1);
    }

    [Fact]
    public async Task Three_homeworks_missed_in_a_row_draw_attention_per_subject()
    {
        (await MissAsync("数学", 5, scene.Student)).Raised.ShouldBe(0);
        (await MissAsync("语文", 4, scene.Student, scene.Classmate)).Raised.ShouldBe(0);
        (await MissAsync("数学", 4, scene.Student, scene.Classmate)).Raised.ShouldBe(0);
        (await MissAsync("数学", 3)).Raised.ShouldBe(0); // all handed it in: the row is broken
        (await MissAsync("数学", 2, scene.Student)).Raised.ShouldBe(0);
        (await MissAsync("数学", 1, scene.Student)).Raised.ShouldBe(0);
        (await MissAsync("数学", 0, scene.Student, scene.Classmate)).Raised.ShouldBe(1);
        var open = (await OpenAsync()).ShouldHaveSingleItem();
        (open.StudentId, open.Cause).ShouldBe((scene.Student, AttentionCause.MissedHomework));
        open.Evidence.ShouldBe([$"数学/{Today.AddDays(-2):yyyy-MM-dd}/{Today:yyyy-MM-dd}"]);
        (await MissAsync("数学", 0, scene.Student, scene.Classmate)).ShouldSatisfyAllConditions(
            r => r.Unchanged.ShouldBe(1), r => r.Raised.ShouldBe(0));
    }

    [Fact]
    public async Task The_policy_says_how_many_and_whether_subjects_count_together()
    {
        await scene.District.Admin.PutAsync(
            scene.District.Address("need-policy"), new NeedSettings { MissedInARow = 2, MissedPerSubject = false }, 0).ShouldBeDoneAsync();
        (await MissAsync("数学", 1, scene.Student)).Raised.ShouldBe(0);
        (await MissAsync("语文", 0, scene.Student)).Raised.ShouldBe(1);
    }

    [Fact]
    public async Task Homework_comes_by_file_with_bad_rows_listed()
    {
        var csv = $"subject,dueOn,number\n数学,{Today.AddDays(-2):yyyy-MM-dd},XP1\n数学,{Today.AddDays(-1):yyyy-MM-dd},P1\n"
            + $"数学,{Today:yyyy-MM-dd},XP1\n语文,{Today:yyyy-MM-dd},\n数学,昨天,XP1\n数学,{Today:yyyy-MM-dd},XP3\n";
        var address = scene.OfSchool($"classes/{scene.Class}/homework.csv");
        using var answer = await scene.Subject.UploadAsync(address, csv);
        var report = await answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
        (report.Rows, report.Added, report.Raised, report.Mistakes).ShouldBe((6, 4, 1, 2));
        report.Remarks.Select(remark => (remark.Line, remark.Column, remark.Code)).ShouldBe(
            [(6, "dueOn", "date.invalid"), (7, "number", "student.unknown")]);
        using var again = await scene.Subject.UploadAsync(address, csv);
        (await again.ShouldBeAsync<DataReport>(HttpStatusCode.OK)).ShouldSatisfyAllConditions(
            r => (r.Added, r.Changed, r.Unchanged, r.Raised).ShouldBe((0, 0, 4, 0)));
        await scene.OtherHomeroom.UploadAsync(address, csv).ShouldBeHiddenAsync();
    }

    [Fact]
    public async Task Scores_come_by_file_good_rows_stand_and_bad_ones_are_listed_in_both_languages()
    {
        const string csv = "number,subject,score\r\nXP1,数学,90\r\nP2,数学,77.5\r\nXP3,语文,60\r\nX99,数学,80\r\nXP1,数学,91\r\nXP2,语文,101\r\n\"XP1,语文,3\r\n";
        var address = Scores(Today);
        using var chinese = await scene.SchoolAdmin.UploadAsync(address, csv);
        var report = await chinese.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
        (report.Rows, report.Added, report.Mistakes).ShouldBe((7, 3, 4));
        report.Remarks.Select(r => (r.Line, r.Column, r.Code)).ShouldBe(
            [(5, "number", "student.unknown"), (6, "number", "score.twice"), (7, "score", "score.invalid"), (8, "", "row.quote")]);
        report.Remarks[0].Reason.ShouldContain("学号 X99");
        using var english = await scene.SchoolAdmin.UploadAsync(address, csv, "en");
        var again = await english.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
        (again.Added, again.Changed, again.Unchanged).ShouldBe((0, 0, 3)); // the same file twice changes nothing
        again.Remarks[0].Reason.ShouldContain("The number X99");

        // As spreadsheets write it, and as OneRoster calls the columns.
        using var gb = await scene.SchoolAdmin.UploadAsync(
            Scores(Today), "studentSourcedId,subject,score\nP1,语文,88\n", encoding: CodePagesEncodingProvider.Instance.GetEncoding("GB18030"));
        (await gb.ShouldBeAsync<DataReport>(HttpStatusCode.OK)).Added.ShouldBe(1);
        (await scene.Guardian.SeeAllAsync<ScoreBody>(scene.OfStudent("scores"))).Select(s => (s.Subject, s.Points)).ShouldBe(
            [("数学", 90m), ("语文", 88m)], ignoreOrder: true);
    }

    [Theory]
    [InlineData("", "file.empty")]
    [InlineData("name,score\n", "header.column-missing")]
    [InlineData("number,subject,number\n", "header.column-twice")]
    [InlineData("\0\0", "file.not-text")]
    public async Task A_file_that_cannot_be_read_is_refused_as_a_whole(string csv, string code)
    {
        using var answer = await scene.SchoolAdmin.UploadAsync(Scores(Today), csv);
        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "archives.file-refused");
        problem["errors"]!.AsArray().Select(error => (string?)error!["code"]).ShouldContain(found => found == code);
    }

    [Fact]
    public async Task Wrong_scores_are_refused_with_their_place()
    {
        await RefusedAsync(new(ExamKind.Monthly, Today.AddDays(1), [new(scene.Student, "1", "数学")], 100), "request.invalid");
        await RefusedAsync(new(ExamKind.Monthly, Today, [new(scene.Student, "1", "数学")], 0), "request.invalid");
        await RefusedAsync(new(ExamKind.Monthly, Today, [], 100), "request.invalid");
        await RefusedAsync(new(ExamKind.Monthly, Today, [new(scene.Student, "1")], 100), "request.invalid");
        await RefusedAsync(new(ExamKind.Monthly, Today, [new(scene.Student, "F", "数学")]), "request.invalid");
        await RefusedAsync(new(ExamKind.Monthly, Today, [new(scene.Student, "-1", "数学")], 100), "request.invalid");
        await RefusedAsync(new(ExamKind.Monthly, Today, [new(scene.Student, "1", "数学"), new(scene.Student, "2", "数学")], 100), "request.invalid");
        await scene.Subject.UploadAsync(scene.OfSchool("scores.csv?kind=weekly&heldOn=2026-01-01"), "number\n")
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.unreadable");

        async Task RefusedAsync(ScoresRequest request, string code) =>
            await scene.Subject.DoAsync(scene.OfSchool("scores"), request).ShouldBeRefusedAsync(HttpStatusCode.BadRequest, code);
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    public async Task A_score_is_seen_by_the_staff_of_the_class_and_the_own_guardians_only()
    {
        await ScoreAsync(Today, "90", 100);
        foreach (var client in new[] { scene.Homeroom, scene.Subject, scene.Guardian })
            (await client.SeeAllAsync<ScoreBody>(scene.OfStudent("scores"))).ShouldHaveSingleItem().Points.ShouldBe(90);
        foreach (var client in new[] { scene.Vice, scene.Officer, scene.Counselor, scene.SchoolAdmin, scene.District.Admin })
            await client.GetAsync(scene.OfStudent("scores")).ShouldBeForbiddenAsync();
        foreach (var client in await scene.StrangersAsync())
            await client.GetAsync(scene.OfStudent("scores")).ShouldBeHiddenAsync();
        await scene.Guardian.GetAsync(scene.OfStudent("scores", scene.Classmate)).ShouldBeHiddenAsync();
        await scene.OtherHomeroom.DoAsync(
            scene.OfSchool("scores"), new ScoresRequest(ExamKind.Monthly, Today, [new(scene.Student, "1", "数学")], 100)).ShouldBeHiddenAsync();
        await scene.Guardian.DoAsync(
            scene.OfSchool("scores"), new ScoresRequest(ExamKind.Monthly, Today, [new(scene.Student, "1", "数学")], 100)).ShouldBeForbiddenAsync();
    }

    [Fact]
    public async Task Staff_and_guardians_note_what_no_number_tells()
    {
        var note = new NoteRequest(AttentionCause.FamilyChange, "父母近期分居");
        var first = await scene.Guardian.DoAsync(scene.OfStudent("attention"), note).MadeAsync();
        (await scene.Subject.DoAsync(scene.OfStudent("attention"), note with { Note = "孩子提到要搬家" }).MadeAsync()).ShouldBe(first);
        await scene.Guardian.DoAsync(scene.OfStudent("attention"), note with { Cause = AttentionCause.Observation })
            .ShouldBeRefusedAsync(HttpStatusCode.Forbidden, "archives.cause-of-staff");
        await scene.Subject.DoAsync(scene.OfStudent("attention"), note with { Cause = AttentionCause.ScoreChange })
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        await scene.Subject.DoAsync(scene.OfStudent("attention"), note with { Note = "" })
            .ShouldBeRefusedAsync(HttpStatusCode.BadRequest, "request.invalid");
        (await scene.Subject.DoAsync(scene.OfStudent("attention"), new NoteRequest(AttentionCause.Observation, "上课发呆")).MadeAsync())
            .ShouldNotBe(first);
        (await OpenAsync()).Count.ShouldBe(2);

        (await scene.Homeroom.SeeAsync<AttentionBody>(At(first))).Notes.Select(n => n.Text).ShouldBe(["父母近期分居", "孩子提到要搬家"]);
        (await scene.Vice.SeeAsync<AttentionBody>(At(first))).Notes.ShouldAllBe(n => n.Text == null);
        await scene.Guardian.GetAsync(At(first)).ShouldBeForbiddenAsync();
        await scene.Subject.GetAsync(scene.OfSchool("attention")).ShouldBeForbiddenAsync();
        foreach (var client in await scene.StrangersAsync())
        {
            await client.GetAsync(At(first)).ShouldBeHiddenAsync();
            await client.DoAsync(At(first, "confirm")).ShouldBeHiddenAsync();
            await client.DoAsync(scene.OfStudent("attention"), note).ShouldBeHiddenAsync();
        }

        (await scene.OtherHomeroom.SeeAllAsync<AttentionRow>(scene.OfSchool("attention"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_homeroom_teacher_confirms_and_that_makes_a_priority_student_until_it_ends()
    {
        var id = await scene.Subject.DoAsync(scene.OfStudent("attention"), new NoteRequest(AttentionCause.Observation, "情绪低落")).MadeAsync();
        foreach (var client in new[] { scene.Counselor, scene.Subject, scene.Guardian })
            await client.DoAsync(At(id, "confirm")).ShouldBeForbiddenAsync();
        await scene.Homeroom.DoAsync(At(id, "end")).ShouldBeRefusedAsync(HttpStatusCode.Conflict, "archives.attention-decided");
        await scene.Homeroom.DoAsync(At(id, "confirm")).ShouldBeDoneAsync();
        (await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).PriorityUntil.ShouldBe(NeedScene.TermEnd);
        await scene.Homeroom.DoAsync(At(id, "dismiss"), new DismissRequest("不")).ShouldBeRefusedAsync(
            HttpStatusCode.Conflict, "archives.attention-decided");
        await scene.Homeroom.DoAsync(At(id, "end")).ShouldBeDoneAsync();
        (await scene.Homeroom.SeeAsync<NeedsBody>(scene.OfStudent("needs"))).PriorityUntil.ShouldBeNull();
        (await scene.EventsAsync<CadenceChanged>()).Select(e => e.PriorityUntil).ShouldBe([NeedScene.TermEnd, null]);
    }

    [Fact]
    public async Task Of_two_confirmations_at_once_one_counts_and_of_two_notes_at_once_one_opens()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => scene.Subject
            .DoAsync(scene.OfStudent("attention"), new NoteRequest(AttentionCause.Observation, $"观察{i}")).MadeAsync()));
        made.Distinct().ShouldHaveSingleItem();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => scene.Homeroom.DoAsync(At(made[0], "confirm"))));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        answers.ShouldAllBe(answer => (int)answer.StatusCode == 204 || (int)answer.StatusCode == 409 || (int)answer.StatusCode == 412);
        (await scene.EventsAsync<CadenceChanged>()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_same_file_twice_at_once_stores_and_raises_once()
    {
        await ScoreAsync(Today.AddDays(-30), "90", 100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            scene.SchoolAdmin.UploadAsync(Scores(Today), "number,subject,score\nP1,数学,50\nP2,数学,70\n")));
        var reports = await Task.WhenAll(answers.Select(answer => answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK)));
        (reports.Sum(r => r.Added), reports.Sum(r => r.Raised)).ShouldBe((2, 1));
        (await scene.Homeroom.SeeAllAsync<ScoreBody>(scene.OfStudent("scores"))).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_hundred_thousand_scores_of_a_school_are_compared_within_one_upload()
    {
        const int students = 10_000;
        var big = await new NeedScene(archives).OpenAsync(roster =>
        {
            for (var i = 0; i < students; i++)
                roster.Add("users.csv", TestRoster.Student($"B{i}", "S1", "03"));
        });
        (await UploadAsync(big, Today.AddDays(-30), i => 80)).Added.ShouldBe(10 * students);
        var watch = Stopwatch.StartNew();
        var report = await UploadAsync(big, Today, i => i % 100 == 0 ? 50 : 81);
        watch.Stop();
        (report.Added, report.Raised, report.Mistakes).ShouldBe((10 * students, students / 100, 0));
        TestContext.Current.SendDiagnosticMessage(
            "100,000 scores stored and compared in {0:F1} s: {1:F0} rows/s", watch.Elapsed.TotalSeconds, 10 * students / watch.Elapsed.TotalSeconds);
        watch.Elapsed.TotalSeconds.ShouldBeLessThan(60);

        async Task<DataReport> UploadAsync(NeedScene at, DateOnly day, Func<int, int> score)
        {
            var csv = new StringBuilder("number,subject,score\n");
            for (var subject = 0; subject < 10; subject++)
            {
                for (var i = 0; i < students; i++)
                    csv.Append(CultureInfo.InvariantCulture, $"XB{i},科目{subject},{score(i)}\n");
            }

            using var answer = await at.SchoolAdmin.UploadAsync(
                at.OfSchool($"scores.csv?kind=monthly&heldOn={day:yyyy-MM-dd}&outOf=100"), csv.ToString());
            return await answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
        }
    }

    private Uri Scores(DateOnly day) => scene.OfSchool($"scores.csv?kind=monthly&heldOn={day:yyyy-MM-dd}&outOf=100");

    private Uri At(Guid attention, string what = "") => scene.District.Address($"attention/{attention}/{what}".TrimEnd('/'));

    private Task<IReadOnlyList<AttentionRow>> OpenAsync() => scene.Homeroom.SeeAllAsync<AttentionRow>(scene.OfSchool("attention?state=open"));

    private async Task<DataReport> ScoreAsync(DateOnly day, string score, decimal? outOf, ExamKind kind = ExamKind.Monthly)
    {
        using var answer = await scene.Subject.DoAsync(
            scene.OfSchool("scores"), new ScoresRequest(kind, day, [new ScoreEntry(scene.Student, score)], outOf, "数学"));
        return await answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
    }

    private async Task<DataReport> MissAsync(string subject, int daysAgo, params Guid[] missed)
    {
        using var answer = await scene.Subject.DoAsync(
            scene.OfSchool($"classes/{scene.Class}/homework"), new HomeworkRequest(subject, Today.AddDays(-daysAgo), missed));
        return await answer.ShouldBeAsync<DataReport>(HttpStatusCode.OK);
    }
}
