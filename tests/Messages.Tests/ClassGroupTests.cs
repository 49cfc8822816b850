using System.Net;
using System.Net.Http.Json;
using HomeSchool.Contracts.Activities;
using HomeSchool.Contracts.Archives;
using HomeSchool.Contracts.Messages;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.Notices;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;

namespace HomeSchool.Messages.Tests;

/// <summary>The class's group (MSG-2), what it does not carry (MSG-3), and private messages.</summary>
public sealed class ClassGroupTests(MessagesSystem system)
{
    private const string Complaint = "气死我了，孩子的作业怎么又这么多。";

    private readonly School school = new(system);

    private string Group => $"/api/messages/schools/{school.Id}/classes/{school.Class}/group";

    private string Letters => $"/api/messages/schools/{school.Id}/classes/{school.Class}/private-messages";

    [Fact]
    [Trait("Rule", "MSG-2")]
    public async Task The_class_reads_highlights_lessons_and_answers_and_nobody_else_does()
    {
        var children = await school.EnrolAsync(3);
        var highlight = await WriteAsync(school.Teacher, new(GroupPostKind.Highlight, "今天主动整理了图书角。", [children[0].Student]));
        await WriteAsync(school.Teacher, new(GroupPostKind.MicroLesson, "和孩子约定屏幕时间的三步。"));
        var question = await WriteAsync(school.Teacher, new(GroupPostKind.Question, "本月问答：作业时间怎么安排？"));
        var answer = await WriteAsync(school.GuardianOf(children[1]), new(GroupPostKind.Talk, "我们吃完晚饭先写半小时。", AnswerTo: question.Id));
        answer.State.ShouldBe(GroupPostState.Published);

        var read = await ReadAsync(school.GuardianOf(children[2]));
        read.Select(post => post.Kind).ShouldBe(
            [GroupPostKind.Talk, GroupPostKind.Question, GroupPostKind.MicroLesson, GroupPostKind.Highlight]);
        read[0].ShouldSatisfyAllConditions(
            post => post.Text.ShouldBe("我们吃完晚饭先写半小时。"), post => post.AnswerTo.ShouldBe(question.Id),
            post => post.GuardianId.ShouldBe(children[1].Guardian));
        read[3].ShouldSatisfyAllConditions(post => post.Id.ShouldBe(highlight.Id), post => post.StudentIds.ShouldBeEmpty());
        (await ReadAsync(school.GuardianOf(children[0])))[3].StudentIds.ShouldBe([children[0].Student]); // of others' a family gets no id
        (await ReadAsync(school.Teacher))[3].StudentIds.ShouldBe([children[0].Student]);
        (await ReadAsync(school.Teacher, "?kind=microLesson")).ShouldHaveSingleItem();

        var stranger = (await school.EnrolAsync(1, inClass: Guid.CreateVersion7()))[0];
        foreach (var outside in (Grant[])
            [school.GuardianOf(stranger), school.Teacher with { ClassId = Guid.CreateVersion7() }, school.Neighbour().Officer])
        {
            (await GetAsync(outside, Group + "/posts")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    [Trait("Rule", "MSG-2")]
    public async Task Nothing_is_suggested_until_the_teacher_wants_it_and_nothing_is_ever_overdue()
    {
        await school.EnrolAsync(2);
        (await SuggestionsAsync()).Kinds.ShouldBeEmpty();

        await ChangeCadenceAsync([GroupPostKind.Highlight, GroupPostKind.MicroLesson, GroupPostKind.Question], 0);
        (await SuggestionsAsync()).Kinds.ShouldBe([GroupPostKind.Highlight, GroupPostKind.MicroLesson, GroupPostKind.Question]);
        await WriteAsync(school.Teacher, new(GroupPostKind.MicroLesson, "亲子阅读怎么开始。"));
        (await SuggestionsAsync()).Kinds.ShouldBe([GroupPostKind.Highlight, GroupPostKind.Question]);
        var before = await RawAsync(school.Teacher, Group + "/suggestions");
        try
        {
            system.Ahead = TimeSpan.FromDays(40);
            (await SuggestionsAsync()).Kinds.ShouldBe([GroupPostKind.Highlight, GroupPostKind.MicroLesson, GroupPostKind.Question]);
            // Forty days later it is suggested with the same words: no count, no date, no mark.
            (await RawAsync(school.Teacher, Group + "/suggestions")).Length.ShouldBe(before.Length + ",\"microLesson\"".Length);
        }
        finally
        {
            system.Ahead = TimeSpan.Zero;
        }

        await ChangeCadenceAsync([], 1);
        (await SuggestionsAsync()).Kinds.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "MSG-2")]
    public async Task Highlights_go_round_all_children()
    {
        var children = (await school.EnrolAsync(7)).Select(child => child.Student).ToArray();
        var named = new List<Guid>();
        for (var i = 0; i < children.Length; i++)
        {
            var next = (await SuggestionsAsync()).NextChildren;
            next.Count.ShouldBe(5);
            named.Add(next[0]);
            await WriteAsync(school.Teacher, new(GroupPostKind.Highlight, "今天很专心。", [next[0]]));
        }

        named.ShouldBe(children, ignoreOrder: true);
        (await SuggestionsAsync()).NextChildren.ShouldBe(named.Take(5)); // whom none has named for the longest time
    }

    [Fact]
    [Trait("Rule", "MSG-2")]
    [Trait("Rule", "ARC-10")]
    public async Task Photos_are_shown_while_each_child_in_them_has_consent()
    {
        var children = (await school.EnrolAsync(2)).Select(child => child.Student).ToArray();
        var photo = Guid.CreateVersion7();
        var request = new GroupPostRequest(GroupPostKind.Highlight, "一起种下的小苗。", children, [photo]);
        await ConsentAsync(children[0], 1, true);
        await RefusedAsync(school.Teacher, request, 409, "messages.photo-consent");
        await RefusedAsync(school.Teacher, request with { StudentIds = [] }, 400, "request.invalid");
        await ConsentAsync(children[1], 1, true);
        await WriteAsync(school.Teacher, request);
        (await ReadAsync(school.Teacher)).Single().PhotoIds.ShouldBe([photo]);

        await ConsentAsync(children[1], 2, false);
        (await ReadAsync(school.Teacher)).Single().PhotoIds.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    public async Task Rules_are_published_in_versions_and_acknowledged_before_a_family_writes()
    {
        var child = (await school.EnrolAsync(2, guardians: 2))[0];
        var proposal = await RulesAsync(school.Teacher);
        (proposal.Version, proposal.Lines.Count > 3).ShouldBe((0, true));
        await PublishRulesAsync(proposal.Lines, 0);
        (await school.InboxAsync(school.GuardianOf(child))).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            line => line.Kind.ShouldBe(NotificationKind.GroupRules), line => line.AboutId.ShouldBe(school.Class));

        var talk = new GroupPostRequest(GroupPostKind.Talk, "大家好！");
        await RefusedAsync(school.GuardianOf(child), talk, 409, "messages.group-rules-unread");
        (await AcknowledgeAsync(school.GuardianOf(child), 2)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        foreach (var _ in (int[])[1, 2])
            (await AcknowledgeAsync(school.GuardianOf(child), 1)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await WriteAsync(school.GuardianOf(child), talk)).State.ShouldBe(GroupPostState.Published);
        (await RulesAsync(school.GuardianOf(child))).AcknowledgedFor.ShouldBe([child.Student]);
        (await RulesAsync(school.GuardianOf(child, 1))).AcknowledgedFor.ShouldBeEmpty();
        (await GetAsync<FamilyAcknowledgement[]>(school.Teacher, Group + "/rules/acknowledgements"))
            .Single(family => family.StudentId == child.Student).Guardians.ShouldBe(1);

        await PublishRulesAsync(["不发广告"], 1);
        await RefusedAsync(school.GuardianOf(child), talk, 409, "messages.group-rules-unread");
        (await PutRulesAsync(["又一版"], 1)).StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    public async Task A_complaint_waits_and_its_author_can_send_it_privately_instead()
    {
        var children = await school.EnrolAsync(2);
        var author = school.GuardianOf(children[0]);
        var held = await WriteAsync(author, new(GroupPostKind.Talk, Complaint));
        (held.State, held.MayGoPrivate).ShouldBe((GroupPostState.Held, true));
        held.Findings.ShouldHaveSingleItem().ShouldBe(new GroupFinding(GroupConcern.Venting, 0, 4));
        (await ReadAsync(school.GuardianOf(children[1]))).ShouldBeEmpty();
        (await MineAsync(author)).ShouldHaveSingleItem().Post.Text.ShouldBe(Complaint); // nothing is lost

        await DecideAsync(school.Teacher, held.Id, GroupDecisionKind.Stop, GroupReason.BetterPrivately);
        (await school.InboxAsync(author)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            line => line.Kind.ShouldBe(NotificationKind.GroupDecision), line => line.AboutId.ShouldBe(held.Id));
        (await MineAsync(author)).Single().ShouldSatisfyAllConditions(
            post => post.State.ShouldBe(GroupPostState.Stopped), post => post.Reason.ShouldBe(GroupReason.BetterPrivately),
            post => post.MayGoPrivate.ShouldBeTrue());

        foreach (var expected in (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict])
        {
            using var sent = await PostAsync(author, $"{Group}/posts/{held.Id}/private", new GoPrivateRequest());
            sent.StatusCode.ShouldBe(expected, await sent.Content.ReadAsStringAsync());
        }

        (await LettersAsync(school.Teacher)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            letter => letter.Text.ShouldBe(Complaint), letter => letter.GroupPostId.ShouldBe(held.Id), letter => letter.IsNew.ShouldBeTrue());
        (await MineAsync(author)).Single().State.ShouldBe(GroupPostState.Private);
        (await PostAsync(school.GuardianOf(children[1]), $"{Group}/posts/{held.Id}/private", new GoPrivateRequest())).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    public async Task Volunteers_of_the_committee_decide_on_families_posts_and_see_nothing_else()
    {
        var children = await school.EnrolAsync(3);
        var teacher = school.Teacher;
        var (author, volunteer) = (school.GuardianOf(children[0]), school.GuardianOf(children[1]));
        var held = await WriteAsync(author, new(GroupPostKind.Talk, "团购书包，优惠！"));
        var ofTeacher = await WriteAsync(teacher, new(GroupPostKind.MicroLesson, "书店优惠周，可以带孩子去。"));
        ofTeacher.State.ShouldBe(GroupPostState.Held);
        (await GetAsync(volunteer, Group + "/queue")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await NameAsync(2, new CommitteeSeat(children[1].Guardian, children[1].Student, true),
            new CommitteeSeat(children[2].Guardian, children[2].Student, false));
        await NameAsync(1, new CommitteeSeat(children[2].Guardian, children[2].Student, true)); // late: an older one
        var queue = await QueueAsync(volunteer);
        queue.ShouldHaveSingleItem().Post.Id.ShouldBe(held.Id);
        queue[0].Findings.Select(finding => finding.Concern).Distinct().ShouldBe([GroupConcern.Advertisement]);
        (await QueueAsync(school.Officer)).Count.ShouldBe(2);
        (await GetAsync(school.GuardianOf(children[2]), Group + "/queue")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(volunteer, Group + "/decisions")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await GetAsync(volunteer, Letters)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await DecideAsync(volunteer, ofTeacher.Id, GroupDecisionKind.Stop, GroupReason.Advertisement, HttpStatusCode.NotFound);
        await DecideAsync(teacher, ofTeacher.Id, GroupDecisionKind.Release, GroupReason.WithinRules, HttpStatusCode.Conflict);
        await DecideAsync(volunteer, held.Id, GroupDecisionKind.Release, GroupReason.Advertisement, HttpStatusCode.BadRequest);
        await DecideAsync(volunteer, held.Id, GroupDecisionKind.Stop, GroupReason.Advertisement);
        await DecideAsync(school.Officer, held.Id, GroupDecisionKind.Release, GroupReason.WithinRules, HttpStatusCode.Conflict);
        await DecideAsync(school.Officer, ofTeacher.Id, GroupDecisionKind.Release, GroupReason.WithinRules);
        (await ReadAsync(author)).ShouldHaveSingleItem().Id.ShouldBe(ofTeacher.Id);

        var log = (await GetAsync<Page<DecisionBody>>(school.Officer, Group + "/decisions")).Items;
        log.Select(one => (one.PostId, one.Kind, one.Reason, one.GuardianId)).ShouldBe(
            [(ofTeacher.Id, GroupDecisionKind.Release, GroupReason.WithinRules, (Guid?)null),
                (held.Id, GroupDecisionKind.Stop, GroupReason.Advertisement, children[1].Guardian)]);
        (await AuditedAsync(log[1].Id)).ShouldBe(1);
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    public async Task Of_two_moderators_one_decides_and_what_is_published_can_be_taken_down()
    {
        var child = (await school.EnrolAsync(1))[0];
        var held = await WriteAsync(school.GuardianOf(child), new(GroupPostKind.Talk, Complaint));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => PostAsync(
            i % 2 == 0 ? school.Teacher : school.Officer, $"{Group}/posts/{held.Id}/decisions",
            new DecisionRequest(GroupDecisionKind.Release, GroupReason.WithinRules))));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
        answers.Where(answer => !answer.IsSuccessStatusCode).ShouldAllBe(answer => (int)answer.StatusCode == 409 || (int)answer.StatusCode == 412);
        (await ReadAsync(school.Teacher)).ShouldHaveSingleItem();

        await DecideAsync(school.Officer, held.Id, GroupDecisionKind.Stop, GroupReason.OthersPrivacy);
        (await ReadAsync(school.Teacher)).ShouldBeEmpty();
        (await GetAsync<Page<DecisionBody>>(school.Teacher, Group + "/decisions")).Items.Count.ShouldBe(2);
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    public async Task A_score_goes_to_nobody_but_the_child_and_its_guardians()
    {
        var child = (await school.EnrolAsync(2))[0];
        const string Scores = "期中成绩：张明 95，李红 88";
        foreach (var who in (Grant[])[school.Teacher, school.GuardianOf(child)])
            await RefusedAsync(who, new(GroupPostKind.Talk, Scores), 422, "messages.score-to-all");
        (await QueueAsync(school.Officer)).ShouldBeEmpty(); // not even a moderator gets it
        using var notice = await PostAsync(school.Teacher, "/api/messages/posts", new
        {
            districtId = school.District,
            title = "成绩",
            text = Scores,
            schoolId = school.Id,
            classId = school.Class,
        });
        await RefusedAsync(notice, 422, "messages.score-to-all");

        var week = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).ToString("yyyy-MM-dd", null);
        var book = $"/api/messages/schools/{school.Id}/classes/{school.Class}/contact-book/{week}";
        using var toAll = await PutAsync(school.Teacher, book, new { common = new { text = Scores } }, 0);
        await RefusedAsync(toAll, 422, "messages.score-to-all");
        using var toOne = await PutAsync(
            school.Teacher, book,
            new { common = new { }, individual = new[] { new { studentId = child.Student, entry = new { text = "数学考了95分，有进步。" } } } }, 0);
        toOne.StatusCode.ShouldBe(HttpStatusCode.NoContent, await toOne.Content.ReadAsStringAsync());
        using var alone = await PostAsync(
            school.Teacher, Letters, new SchoolMessageRequest(child.Student, child.Guardian, "数学考了95分，有进步。"));
        alone.StatusCode.ShouldBe(HttpStatusCode.Created, await alone.Content.ReadAsStringAsync());
    }

    [Fact]
    [Trait("Rule", "VIS-14")]
    public async Task A_hint_about_wording_comes_once_wherever_staff_write_to_families()
    {
        var child = (await school.EnrolAsync(1))[0];
        const string Harsh = "他很懒，总是迟到。";
        await RefusedAsync(school.Teacher, new(GroupPostKind.Highlight, Harsh, [child.Student]), 422, "wording.tone");
        await WriteAsync(school.Teacher, new(GroupPostKind.Highlight, Harsh, [child.Student], AcceptTone: true));
        var notice = new { districtId = school.District, title = "提醒", text = Harsh, schoolId = school.Id, classId = school.Class };
        await RefusedAsync(await PostAsync(school.Teacher, "/api/messages/posts", notice), 422, "wording.tone");
        await school.PublishAsync(school.Teacher, new
        {
            notice.districtId,
            notice.title,
            notice.text,
            notice.schoolId,
            notice.classId,
            acceptTone = true,
        });
        var letter = new SchoolMessageRequest(child.Student, child.Guardian, Harsh);
        await RefusedAsync(await PostAsync(school.Teacher, Letters, letter), 422, "wording.tone");
        (await PostAsync(school.Teacher, Letters, letter with { AcceptTone = true })).StatusCode.ShouldBe(HttpStatusCode.Created);
        // A family may be angry in a letter of its own.
        await WriteLetterAsync(school.GuardianOf(child), new(child.Student, Harsh));
    }

    [Fact]
    [Trait("Rule", "MSG-3")]
    [Trait("Rule", "ARC-13")]
    public async Task A_private_message_is_between_one_guardian_and_whom_it_was_written_to()
    {
        var children = await school.EnrolAsync(2, guardians: 2);
        var (child, guardian) = (children[0], school.GuardianOf(children[0]));
        await WriteLetterAsync(guardian, new(child.Student, "孩子最近睡得不好。"));
        await WriteLetterAsync(guardian, new(child.Student, "关于班主任，想和学校谈谈。", PrivateTo.Officer));

        (await LettersAsync(school.Teacher)).Select(letter => letter.Text).ShouldBe(["孩子最近睡得不好。"]);
        (await LettersAsync(school.Officer)).Select(letter => letter.Text).ShouldBe(["关于班主任，想和学校谈谈。"]);
        (await LettersAsync(school.Teacher)).ShouldAllBe(letter => !letter.IsNew); // the first look was that

        using var answered = await PostAsync(
            school.Teacher, Letters, new SchoolMessageRequest(child.Student, child.Guardian, "谢谢告知，我们一起留意。"));
        answered.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await OwnAsync(guardian)).Select(letter => letter.FromSchool).ShouldBe([true, false, false]);
        (await school.InboxAsync(guardian)).ShouldHaveSingleItem().Kind.ShouldBe(NotificationKind.PrivateMessage);
        (await OwnAsync(school.GuardianOf(child, 1))).ShouldBeEmpty();
        (await school.InboxAsync(school.GuardianOf(child, 1))).ShouldBeEmpty();

        // Nobody writes about another's child, or to who may not see this one.
        using var others = await PostAsync(guardian, "/api/messages/private-messages", new FamilyMessageRequest(children[1].Student, "？"));
        others.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await school.AllowAsync(child, maySee: false, which: 1);
        using var barred = await PostAsync(school.Teacher, Letters, new SchoolMessageRequest(child.Student, child.Guardians[1], "您好"));
        barred.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var byBarred = await PostAsync(
            school.GuardianOf(child, 1), "/api/messages/private-messages", new FamilyMessageRequest(child.Student, "您好"));
        byBarred.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Rule", "VIS-12")]
    public async Task Private_messages_are_contacts_in_the_ledger()
    {
        var child = (await school.EnrolAsync(1))[0];
        var letter = await WriteLetterAsync(school.GuardianOf(child), new(child.Student, "想约个时间。"));
        (await system.ScalarAsync<bool>(
            """
            SELECT bool_and((payload::jsonb->>'guardianTookPart')::boolean)
            FROM (SELECT name, aggregate_id, payload FROM platform.outbox
                UNION ALL SELECT name, aggregate_id, payload FROM platform.event_log) e
            WHERE name = 'platform.contact-told' AND aggregate_id = $1
            """, letter)).ShouldBeTrue();
    }

    [Fact]
    [Trait("Goal", "R7")]
    [Trait("Rule", "ARC-10")]
    public async Task What_families_write_and_what_names_a_child_stands_nowhere_in_clear_and_is_hidden_when_restricted()
    {
        var canary = new Canary();
        var children = await school.EnrolAsync(2);
        await WriteAsync(school.GuardianOf(children[0]), new(GroupPostKind.Talk, canary.In("发言")));
        await WriteAsync(school.Teacher, new(GroupPostKind.Highlight, canary.In("亮点"), [children[1].Student]));
        await WriteLetterAsync(school.GuardianOf(children[0]), new(children[0].Student, canary.In("私信")));
        canary.CountIn(await Servers.DumpAsync(system.Database)).ShouldBe(0);

        (await ReadAsync(school.Teacher)).Count.ShouldBe(2);
        foreach (var child in children)
        {
            await system.PublishAsync(new PersonalDataRestricted(
                school.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), child.Student, [DataKind.Messages]));
        }

        (await ReadAsync(school.Teacher)).ShouldBeEmpty();
        (await SuggestionsAsync()).NextChildren.ShouldBeEmpty();
        (await LettersAsync(school.Teacher)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "MSG-2")]
    public async Task A_fuller_group_takes_no_more_round_trips()
    {
        var children = await school.EnrolAsync(12);
        await WriteAsync(school.Teacher, new(GroupPostKind.Highlight, "今天很专心。", [children[0].Student]));
        await ReadAsync(school.Teacher);
        var one = await system.RoundTripsAsync(() => ReadAsync(school.Teacher));
        foreach (var child in children)
            await WriteAsync(school.Teacher, new(GroupPostKind.Highlight, "今天很专心。", [child.Student]));
        await ReadAsync(school.Teacher);
        (await system.RoundTripsAsync(() => ReadAsync(school.Teacher))).ShouldBe(one);
        one.ShouldBeGreaterThan(1);
    }

    [Fact]
    [Trait("Rule", "MSG-2")]
    public async Task What_is_wrong_with_a_post_is_named()
    {
        var child = (await school.EnrolAsync(1))[0];
        await RefusedAsync(school.GuardianOf(child), new(GroupPostKind.Highlight, "我家孩子", [child.Student]), 400, "request.invalid");
        await RefusedAsync(school.Teacher, new(GroupPostKind.Highlight, "谁？"), 400, "request.invalid");
        await RefusedAsync(school.Teacher, new(GroupPostKind.Highlight, "谁？", [Guid.CreateVersion7()]), 400, "request.invalid");
        await RefusedAsync(school.Teacher, new(GroupPostKind.Talk, new string('长', 2_001)), 400, "request.invalid");
        await RefusedAsync(school.Teacher, new(GroupPostKind.Talk, "回", AnswerTo: Guid.CreateVersion7()), 400, "request.invalid");
        using var unheard = await PostAsync(school.Teacher, Group + "/posts", new { kind = "shout", text = "x" });
        unheard.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ReadAsync(school.Teacher)).ShouldBeEmpty();

        var own = await WriteAsync(school.GuardianOf(child), new(GroupPostKind.Talk, "大家好！"));
        (await system.As(school.Teacher).DeleteAsync($"{Group}/posts/{own.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await system.As(school.GuardianOf(child)).DeleteAsync($"{Group}/posts/{own.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ReadAsync(school.Teacher)).ShouldBeEmpty();
    }

    private async Task<WrittenGroupPost> WriteAsync(Grant asWhom, GroupPostRequest request)
    {
        using var answer = await PostAsync(asWhom, Group + "/posts", request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<WrittenGroupPost>(Json.Options))!;
    }

    private async Task RefusedAsync(Grant asWhom, GroupPostRequest request, int status, string code)
    {
        using var answer = await PostAsync(asWhom, Group + "/posts", request);
        await RefusedAsync(answer, status, code);
    }

    private static async Task RefusedAsync(HttpResponseMessage answer, int status, string code)
    {
        var problem = await answer.Content.ReadFromJsonAsync<ProblemBody>(Json.Options);
        ((int)answer.StatusCode, problem!.Code).ShouldBe((status, code));
    }

    private async Task<IReadOnlyList<GroupPostBody>> ReadAsync(Grant asWhom, string query = "") =>
        (await GetAsync<Page<GroupPostBody>>(asWhom, Group + "/posts" + query)).Items;

    private async Task<IReadOnlyList<OwnGroupPost>> MineAsync(Grant asWhom) =>
        (await GetAsync<Page<OwnGroupPost>>(asWhom, Group + "/posts/mine")).Items;

    private async Task<IReadOnlyList<HeldPost>> QueueAsync(Grant asWhom) =>
        (await GetAsync<Page<HeldPost>>(asWhom, Group + "/queue")).Items;

    private async Task<IReadOnlyList<PrivateMessageBody>> LettersAsync(Grant asWhom) =>
        (await GetAsync<Page<PrivateMessageBody>>(asWhom, Letters)).Items;

    private async Task<IReadOnlyList<PrivateMessageBody>> OwnAsync(Grant asWhom) =>
        (await GetAsync<Page<PrivateMessageBody>>(asWhom, "/api/messages/private-messages")).Items;

    private async Task<Guid> WriteLetterAsync(Grant asWhom, FamilyMessageRequest request)
    {
        using var answer = await PostAsync(asWhom, "/api/messages/private-messages", request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<PrivateMessageBody>(Json.Options))!.Id;
    }

    private async Task DecideAsync(
        Grant asWhom, Guid post, GroupDecisionKind kind, GroupReason reason, HttpStatusCode expected = HttpStatusCode.NoContent)
    {
        using var answer = await PostAsync(asWhom, $"{Group}/posts/{post}/decisions", new DecisionRequest(kind, reason));
        answer.StatusCode.ShouldBe(expected, await answer.Content.ReadAsStringAsync());
    }

    private Task<SuggestionsBody> SuggestionsAsync() => GetAsync<SuggestionsBody>(school.Teacher, Group + "/suggestions");

    private Task<GroupRulesBody> RulesAsync(Grant asWhom) => GetAsync<GroupRulesBody>(asWhom, Group + "/rules");

    private async Task ChangeCadenceAsync(GroupPostKind[] kinds, long version)
    {
        using var answer = await PutAsync(school.Teacher, Group + "/cadence", new CadenceBody(kinds), version);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private async Task PublishRulesAsync(IReadOnlyList<string> lines, long version)
    {
        using var answer = await PutRulesAsync(lines, version);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> PutRulesAsync(IReadOnlyList<string> lines, long version) =>
        PutAsync(school.Teacher, Group + "/rules", new GroupRulesRequest(lines), version);

    private Task<HttpResponseMessage> AcknowledgeAsync(Grant asWhom, long version) =>
        PostAsync(asWhom, Group + "/rules/acknowledgements", new AcknowledgeRequest(version));

    private Task ConsentAsync(Guid student, long version, bool given) => system.PublishAsync(new ConsentChanged(
        school.District, school.Id, student, version, TimeProvider.System.GetUtcNow(), PhotoConsent.Purpose, given));

    private Task NameAsync(long version, params CommitteeSeat[] members) => system.PublishAsync(new CommitteeNamed(
        school.District, school.Id, school.Class, version, TimeProvider.System.GetUtcNow(), members));

    private Task<long> AuditedAsync(Guid decision) => system.ScalarAsync<long>(
        "SELECT count(*) FROM platform.audit WHERE subject_id = $1", decision);

    private Task<HttpResponseMessage> PostAsync<T>(Grant asWhom, string path, T body) =>
        system.As(asWhom).PostAsJsonAsync(path, body, Json.Options);

    private async Task<HttpResponseMessage> PutAsync<T>(Grant asWhom, string path, T body, long version)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body, options: Json.Options) };
        put.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        return await system.As(asWhom).SendAsync(put);
    }

    private Task<HttpResponseMessage> GetAsync(Grant asWhom, string path) => system.As(asWhom).GetAsync(path);

    private async Task<string> RawAsync(Grant asWhom, string path) => await system.As(asWhom).GetStringAsync(path);

    private async Task<T> GetAsync<T>(Grant asWhom, string path) =>
        (await system.As(asWhom).GetFromJsonAsync<T>(path, Json.Options))!;
}
