using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.Testing;

namespace HomeSchool.Identity.Tests;

public sealed class InvitationTests(IdentityFixture fixture)
{
    // Everybody but machines, which are not invited.
    private static readonly Role[] People = [.. Enum.GetValues<Role>().Where(role => role != Role.MachineClient)];

    /// <summary>For each inviter what becomes of inviting: at the own school (and class), and at another.</summary>
    public static TheoryData<Role, Role, string, string> WhoMayInviteWhom()
    {
        var rows = new TheoryData<Role, Role, string, string>();
        foreach (var invited in People)
        {
            var elsewhere = invited == Role.Guardian ? "identity.student-unknown" : "identity.school-unknown";
            rows.Add(Role.DistrictAdmin, invited, "", "");
            if (invited == Role.DistrictAdmin)
                rows.Add(Role.SchoolAdmin, invited, "identity.may-not-invite", "identity.may-not-invite");
            else
                rows.Add(Role.SchoolAdmin, invited, "", elsewhere);
            if (invited == Role.Guardian)
                rows.Add(Role.HomeroomTeacher, invited, "", elsewhere);
            else
                rows.Add(Role.HomeroomTeacher, invited, "identity.may-not-invite", "identity.may-not-invite");
            foreach (var inviter in new[]
                { Role.VicePrincipal, Role.MoralEducationOfficer, Role.Counselor, Role.SubjectTeacher, Role.Guardian })
            {
                rows.Add(inviter, invited, "access.forbidden", "access.forbidden");
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(WhoMayInviteWhom))]
    [Trait("Rule", "ALL-1")]
    public async Task Nobody_invites_beyond_the_own_place(Role inviter, Role invited, string own, string other)
    {
        var cast = await CastAsync();
        var person = cast.People[inviter];
        (await RefusalAsync(person, cast.Roster.A.Invite(invited))).ShouldBe(own);
        (await RefusalAsync(person, cast.Roster.B.Invite(invited))).ShouldBe(other);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_homeroom_teacher_invites_guardians_of_the_own_class_only()
    {
        var cast = await CastAsync();
        var school = cast.Roster.A;
        var teacher = cast.People[Role.HomeroomTeacher];
        (await RefusalAsync(teacher, school.InviteOther())).ShouldBe("identity.student-unknown");
        (await RefusalAsync(cast.People[Role.SchoolAdmin], school.InviteOther())).ShouldBe("");
    }

    [Fact]
    public async Task Whom_the_roster_does_not_know_nobody_invites()
    {
        var roster = (await CastAsync()).Roster;
        var nobody = Guid.CreateVersion7();
        (string Code, Invite Invite)[] rows =
        [
            ("school", new Invite(Role.SchoolAdmin, nobody)),
            ("class", roster.A.Invite(Role.HomeroomTeacher) with { ClassId = nobody }),
            ("class", roster.A.Invite(Role.HomeroomTeacher) with { ClassId = roster.B.Class }),
            ("staff", roster.A.Invite(Role.Counselor) with { PersonId = nobody }),
            ("staff", roster.A.Invite(Role.Counselor) with { PersonId = roster.B.Teacher }),
            ("student", roster.A.Invite(Role.Guardian) with { StudentId = nobody }),
            ("student", roster.A.Invite(Role.Guardian) with { SchoolId = roster.B.Id }),
            ("guardian", roster.A.Invite(Role.Guardian) with { PersonId = nobody }),
            ("guardian", roster.A.Invite(Role.Guardian) with { PersonId = roster.A.OtherGuardian }),
        ];
        foreach (var (code, invite) in rows)
        {
            using var answer = await fixture.Admin.Client.PostAsync("/api/identity/invitations", invite);
            answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            (await answer.CodeAsync()).ShouldBe($"identity.{code}-unknown");
        }
    }

    [Theory]
    [InlineData("zh-CN", "邀请该角色时必须填写。", "邀请该角色时不应填写。")]
    [InlineData("en", "This role needs it.", "This role does not take it.")]
    [Trait("Rule", "ALL-3")]
    public async Task What_a_role_needs_and_what_it_does_not_take_is_said_in_the_callers_language(
        string language, string needed, string not)
    {
        var invite = new Invite(Role.HomeroomTeacher, SchoolId: Guid.CreateVersion7(), StudentId: Guid.CreateVersion7());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/identity/invitations")
        {
            Content = JsonContent.Create(invite, options: Json.Options),
            Headers = { { "Accept-Language", language } },
        };
        using var answer = await fixture.Admin.Client.SendAsync(request);
        var problem = await answer.ReadAsync<ProblemBody>(HttpStatusCode.BadRequest);
        problem.Errors.ShouldBe(
        [
            new ProblemField("classId", "identity.field-needed", needed),
            new ProblemField("personId", "identity.field-needed", needed),
            new ProblemField("studentId", "identity.field-not-for-role", not),
        ]);
    }

    [Fact]
    public async Task The_answer_carries_a_code_its_link_and_the_links_picture_once()
    {
        var invited = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        invited.Code.ShouldMatch("^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$");
        invited.Link.ShouldBe($"https://homeschool.example/api/identity/invitations/accept?code={invited.Code}");
        invited.QrCode.ShouldStartWith("<svg");

        using var page = await fixture.Replica.Client().GetAsync(
            new Uri($"/api/identity/invitations/accept?code={invited.Code}", UriKind.Relative));
        (await page.Content.ReadAsStringAsync()).ShouldContain($"value=\"{invited.Code}\"");
        using var list = await fixture.Admin.Client.GetAsync(new Uri("/api/identity/invitations", UriKind.Relative));
        var text = await list.Content.ReadAsStringAsync();
        text.ShouldContain(invited.Id.ToString());
        text.ShouldNotContain(invited.Code);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_code_is_used_once_by_whoever_is_first()
    {
        var invited = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        using var client = fixture.Replica.Client();
        var names = Enumerable.Range(0, 8).Select(_ => IdentitySystem.NewName()).ToArray();
        var answers = await Task.WhenAll(names.Select(name => client.PostAsync(
            "/api/identity/invitations/accept", new AcceptInvitation(invited.Code, name, IdentitySystem.Password))));
        var won = answers.Where(answer => answer.StatusCode == HttpStatusCode.Created).ShouldHaveSingleItem();
        foreach (var (answer, name) in answers.Zip(names))
        {
            using var signIn = await client.PostAsync("/api/identity/sign-in", new SignIn(name, IdentitySystem.Password));
            signIn.StatusCode.ShouldBe(answer == won ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
            if (answer != won)
                (await answer.CodeAsync()).ShouldBe("identity.code-used");
        }
    }

    [Fact]
    public async Task A_code_expires_after_fourteen_days()
    {
        var invited = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        var replica = fixture.System.Start();
        using var client = replica.Client();
        replica.Clock.Advance(TimeSpan.FromDays(14));
        (await AcceptAsync(client, invited.Code)).ShouldBe("identity.code-expired");
        replica.Clock.Advance(TimeSpan.FromMinutes(-1));
        (await AcceptAsync(client, invited.Code)).ShouldBe("");
    }

    [Fact]
    public async Task A_code_is_read_however_people_write_it()
    {
        using var client = fixture.Replica.Client();
        var code = (await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin))).Code;
        var written = " " + code.ToLowerInvariant().Replace('-', ' ').Replace('0', 'o').Replace('1', 'l');
        (await AcceptAsync(client, written)).ShouldBe("");
        (await AcceptAsync(client, "7K2M-Q0XV-93TD-RB5H")).ShouldBe("identity.code-unknown");
        (await AcceptAsync(client, "")).ShouldBe("identity.code-unknown");
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    [Trait("Rule", "ARC-13")]
    public async Task One_account_has_children_in_several_schools()
    {
        var roster = await fixture.RosterAsync();
        var parent = await fixture.JoinAsync(roster.A.Invite(Role.Guardian));
        var second = await fixture.Admin.InviteAsync(roster.B.Invite(Role.Guardian));
        (await AcceptSignedInAsync(parent, second.Code)).ShouldBe("");

        parent = await fixture.SignInAsync(parent.Name);
        parent.Client.DefaultRequestHeaders.AcceptLanguage.Add(new StringWithQualityHeaderValue("en"));
        (await parent.MeAsync()).Roles.ShouldBe(
        [
            new MyRole(Role.Guardian, "Guardian", roster.A.Guardian, fixture.District, roster.A.Id, null, roster.A.Student),
            new MyRole(Role.Guardian, "Guardian", roster.B.Guardian, fixture.District, roster.B.Id, null, roster.B.Student),
        ]);

        // The same once more is refused, and the code is still good for somebody else.
        var third = await fixture.Admin.InviteAsync(roster.B.Invite(Role.Guardian));
        (await AcceptSignedInAsync(parent, third.Code)).ShouldBe("identity.role-held");
        (await AcceptAsync(fixture.Replica.Client(), third.Code)).ShouldBe("");
    }

    [Fact]
    public async Task A_teacher_who_is_a_parent_has_one_account()
    {
        var roster = await fixture.RosterAsync();
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));
        var invited = await fixture.Admin.InviteAsync(roster.B.Invite(Role.Guardian));
        (await AcceptSignedInAsync(teacher, invited.Code)).ShouldBe("");
        (await teacher.MeAsync()).Roles.Select(role => role.Name).ShouldBe(["班主任", "监护人"]);
    }

    [Fact]
    public async Task Two_invitations_accepted_at_the_same_time_both_count()
    {
        var roster = await fixture.RosterAsync();
        var person = await fixture.JoinAsync(new Invite(Role.DistrictAdmin));
        var codes = new[]
        {
            (await fixture.Admin.InviteAsync(roster.A.Invite(Role.Guardian))).Code,
            (await fixture.Admin.InviteAsync(roster.B.Invite(Role.Guardian))).Code,
        };
        (await Task.WhenAll(codes.Select(code => AcceptSignedInAsync(person, code)))).ShouldBe(["", ""]);
        (await person.MeAsync()).Roles.Count.ShouldBe(3);
        (await fixture.System.QueryAsync($"SELECT permission_version FROM account WHERE user_name = '{person.Name}'"))
            .ShouldBe(["3"]);
    }

    [Fact]
    public async Task A_user_name_that_is_taken_is_refused_and_the_code_stays_good()
    {
        var invited = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        using var client = fixture.Replica.Client();
        (await AcceptAsync(client, invited.Code, fixture.Admin.Name.ToUpperInvariant())).ShouldBe("identity.user-name-taken");
        using var browser = fixture.Replica.Browser();
        using (var page = await browser.PostAsync(
            new Uri("/api/identity/invitations/accept", UriKind.Relative),
            new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["code"] = invited.Code,
                ["userName"] = fixture.Admin.Name,
                ["password"] = IdentitySystem.Password,
                ["language"] = "En",
            })))
        {
            page.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await page.Content.ReadAsStringAsync()).ShouldContain("该用户名已被使用");
        }

        (await AcceptAsync(client, invited.Code)).ShouldBe("");
    }

    [Theory]
    [InlineData("zh-CN", "用户名应为手机号、邮箱或工号,4–100 个字符。", "密码长度应为 10–128 个字符。", "密码不能与用户名相同。")]
    [InlineData(
        "en", "A user name is a phone number, an e-mail address or a staff number, 4–100 characters.",
        "A password has 10–128 characters.", "The password must not be the user name.")]
    [Trait("Rule", "ALL-3")]
    public async Task Credentials_that_do_not_do_are_named_in_the_callers_language(
        string language, string name, string length, string same)
    {
        var invited = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        using var client = fixture.Replica.Client();
        client.DefaultRequestHeaders.Add("Accept-Language", language);
        (await ErrorsAsync("abc", "short")).ShouldBe(
        [
            new ProblemField("userName", "identity.user-name-invalid", name),
            new ProblemField("password", "identity.password-length", length),
        ]);
        (await ErrorsAsync("new\0line@school.example", new string('x', 129))).ShouldBe(
        [
            new ProblemField("userName", "identity.user-name-invalid", name),
            new ProblemField("password", "identity.password-length", length),
        ]);
        (await ErrorsAsync("13800138000", "+86 138 0013 8000")).ShouldBe(
            [new ProblemField("password", "identity.password-is-user-name", same)]);

        async Task<IReadOnlyList<ProblemField>> ErrorsAsync(string userName, string password)
        {
            using var answer = await client.PostAsync(
                "/api/identity/invitations/accept", new AcceptInvitation(invited.Code, userName, password));
            return (await answer.ReadAsync<ProblemBody>(HttpStatusCode.BadRequest)).Errors!;
        }
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Everybody_lists_the_invitations_of_the_own_place()
    {
        var roster = await fixture.RosterAsync();
        var admin = await fixture.JoinAsync(roster.A.Invite(Role.SchoolAdmin));
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));
        var own = await fixture.Admin.InviteAsync(roster.A.Invite(Role.Guardian));
        var otherClass = await fixture.Admin.InviteAsync(roster.A.InviteOther());
        var counselor = await fixture.Admin.InviteAsync(roster.A.Invite(Role.Counselor));
        var otherSchool = await fixture.Admin.InviteAsync(roster.B.Invite(Role.Guardian));
        var district = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));

        var ofTeacher = await ListAsync(teacher);
        ofTeacher.ShouldContain(own.Id);
        new[] { otherClass.Id, counselor.Id, otherSchool.Id, district.Id }.ShouldAllBe(id => !ofTeacher.Contains(id));
        var ofSchool = await ListAsync(admin);
        new[] { own.Id, otherClass.Id, counselor.Id }.ShouldBeSubsetOf(ofSchool);
        new[] { otherSchool.Id, district.Id }.ShouldAllBe(id => !ofSchool.Contains(id));
        new[] { own.Id, otherClass.Id, counselor.Id, otherSchool.Id, district.Id }
            .ShouldBeSubsetOf(await ListAsync(fixture.Admin));
        (await ListAsync(fixture.Admin, $"&schoolId={roster.B.Id}&studentId={roster.B.Student}")).ShouldContain(otherSchool.Id);
        (await ListAsync(fixture.Admin, $"&schoolId={roster.B.Id}&studentId={roster.A.Student}")).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Whoever_may_invite_may_take_back_and_the_code_is_then_an_unknown_one()
    {
        var roster = await fixture.RosterAsync();
        var teacher = await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher));
        var schoolAdmin = await fixture.JoinAsync(roster.A.Invite(Role.SchoolAdmin));
        var elsewhere = await fixture.JoinAsync(roster.B.Invite(Role.SchoolAdmin));
        var ofClass = await fixture.Admin.InviteAsync(roster.A.Invite(Role.Guardian));
        var otherClass = await fixture.Admin.InviteAsync(roster.A.InviteOther());
        var district = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));

        (await WithdrawAsync(elsewhere, ofClass.Id)).ShouldBe("request.not-found");
        (await WithdrawAsync(teacher, otherClass.Id)).ShouldBe("request.not-found");
        (await WithdrawAsync(schoolAdmin, district.Id)).ShouldBe("request.not-found");
        (await WithdrawAsync(teacher, ofClass.Id)).ShouldBe("");
        (await WithdrawAsync(schoolAdmin, otherClass.Id)).ShouldBe("");
        (await WithdrawAsync(fixture.Admin, district.Id)).ShouldBe("");
        (await WithdrawAsync(fixture.Admin, district.Id)).ShouldBe("request.not-found");

        using var client = fixture.Replica.Client();
        foreach (var code in new[] { ofClass.Code, otherClass.Code, district.Code })
            (await AcceptAsync(client, code)).ShouldBe("identity.code-unknown");
        (await AcceptSignedInAsync(teacher, ofClass.Code)).ShouldBe("identity.code-unknown");
        var listed = await fixture.Admin.Client.GetAsync<Page<InvitationState>>("/api/identity/invitations?size=500");
        listed.Items.Single(item => item.Id == district.Id).WithdrawnAt.ShouldNotBeNull();
        (await fixture.System.QueryAsync(
            $"SELECT actor FROM platform.audit WHERE action = 'WithdrawInvitation' AND subject_id = '{ofClass.Id}'"))
            .ShouldBe([$"account:{(await teacher.MeAsync()).Id:N}"]);
    }

    [Fact]
    public async Task What_was_accepted_cannot_be_taken_back_and_of_both_at_once_one_wins()
    {
        var used = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        using var client = fixture.Replica.Client();
        (await AcceptAsync(client, used.Code)).ShouldBe("");
        (await WithdrawAsync(fixture.Admin, used.Id)).ShouldBe("identity.invitation-used");

        var both = await fixture.Admin.InviteAsync(new Invite(Role.DistrictAdmin));
        var answers = await Task.WhenAll(AcceptAsync(client, both.Code), WithdrawAsync(fixture.Admin, both.Id));
        new[] { ("", "identity.invitation-used"), ("identity.code-unknown", "") }.ShouldContain((answers[0], answers[1]));
    }

    [Fact]
    public async Task Who_left_or_is_guardian_no_more_is_not_invited_whatever_the_order_of_events()
    {
        var roster = await fixture.RosterAsync();
        var (left, now) = (new DateOnly(2026, 1, 31), TimeProvider.System.GetUtcNow());
        await fixture.Replica.PublishAsync(
            new RosterChanged(
                fixture.District, roster.A.Id, 12, now, [],
                [new(roster.A.Enrolment, roster.A.Student, roster.A.Class, "07", new DateOnly(2025, 9, 1), left)],
                [new(roster.A.Post, roster.A.Teacher, null, StaffRole.Teacher, null, new DateOnly(2025, 9, 1), left)]),
            new GuardianshipsChanged(
                fixture.District, 12, now, [TestSchool.Guardianship(roster.B.Student, roster.B.Guardian, left)]));
        await BecomesAsync(roster.B.Invite(Role.Guardian), "identity.guardian-unknown");

        // What was true before arrives afterwards, and a later fact behind it shows that it has been taken.
        await fixture.Replica.PublishAsync(roster.Events(version: 11));
        await fixture.Replica.PublishAsync(new GuardianshipsChanged(
            fixture.District, 13, now, [TestSchool.Guardianship(roster.A.OtherStudent, roster.A.OtherGuardian, left)]));
        await BecomesAsync(roster.A.InviteOther(), "identity.guardian-unknown");

        (await RefusalAsync(fixture.Admin, roster.A.Invite(Role.Guardian))).ShouldBe("identity.student-unknown");
        (await RefusalAsync(fixture.Admin, roster.A.Invite(Role.Counselor))).ShouldBe("identity.staff-unknown");
        (await RefusalAsync(fixture.Admin, roster.B.Invite(Role.Guardian))).ShouldBe("identity.guardian-unknown");

        async Task BecomesAsync(Invite invite, string code) => (await Eventually.GetAsync(
            () => RefusalAsync(fixture.Admin, invite), refusal => refusal == code)).ShouldBe(code);
    }

    private sealed record Cast(TestRoster Roster, IReadOnlyDictionary<Role, Person> People);

    private static readonly SemaphoreSlim Casting = new(1);
    private static Cast? everybody;

    // One of each role at school A, for all rows of the table.
    private async Task<Cast> CastAsync()
    {
        await Casting.WaitAsync();
        try
        {
            if (everybody is null)
            {
                var roster = await fixture.RosterAsync();
                var people = new Dictionary<Role, Person>();
                foreach (var role in People)
                    people[role] = await fixture.JoinAsync(roster.A.Invite(role));
                everybody = new Cast(roster, people);
            }

            return everybody;
        }
        finally
        {
            Casting.Release();
        }
    }

    private static async Task<string> RefusalAsync(Person person, Invite invite)
    {
        using var answer = await person.Client.PostAsync("/api/identity/invitations", invite);
        return answer.StatusCode == HttpStatusCode.Created ? "" : await answer.CodeAsync();
    }

    private static async Task<string> AcceptAsync(HttpClient client, string code, string? userName = null)
    {
        using var answer = await client.PostAsync(
            "/api/identity/invitations/accept",
            new AcceptInvitation(code, userName ?? IdentitySystem.NewName(), IdentitySystem.Password));
        return answer.StatusCode == HttpStatusCode.Created ? "" : await answer.CodeAsync();
    }

    private static async Task<string> AcceptSignedInAsync(Person person, string code)
    {
        using var answer = await person.Client.PostAsync("/api/identity/me/invitations", new AcceptWithAccount(code));
        return answer.StatusCode == HttpStatusCode.NoContent ? "" : await answer.CodeAsync();
    }

    private static async Task<string> WithdrawAsync(Person person, Guid invitation)
    {
        using var answer = await person.Client.DeleteAsync(
            new Uri($"/api/identity/invitations/{invitation}", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NoContent ? "" : await answer.CodeAsync();
    }

    private static async Task<List<Guid>> ListAsync(Person person, string filter = "")
    {
        var found = new List<Guid>();
        for (var (after, more) = ("", true); more;)
        {
            var page = await person.Client.GetAsync<Page<InvitationState>>($"/api/identity/invitations?size=3{filter}{after}");
            found.AddRange(page.Items.Select(item => item.Id));
            (after, more) = ($"&after={page.Next}", page.Next is not null);
        }

        return found;
    }
}
