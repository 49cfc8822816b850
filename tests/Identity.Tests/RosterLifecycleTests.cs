using System.Net;
using HomeSchool.Contracts;
using HomeSchool.Contracts.Archives;
using HomeSchool.ServiceDefaults.Security;
using HomeSchool.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HomeSchool.Identity.Tests;

/// <summary>Roles end with what they rest on in the roster, and come back with it (ALL-1).</summary>
public sealed class RosterLifecycleTests(IdentityFixture fixture)
{
    private static readonly DateOnly Start = new(2026, 9, 1);

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Who_leaves_the_school_loses_the_role_and_who_returns_has_it_again()
    {
        var school = (await fixture.RosterAsync()).A;
        var teacher = await fixture.JoinAsync(school.Invite(Role.HomeroomTeacher));

        await PostAsync(school, 11, endsOn: Today.AddDays(-3), @class: null);
        (await RevocationTests.VoidAsync(teacher)).ShouldBe("access.revoked");
        (await RolesAsync(teacher)).ShouldBeEmpty();

        await PostAsync(school, 12, endsOn: null, @class: null);
        (await Eventually.GetAsync(() => RolesAsync(teacher), roles => roles.Count == 1)).ShouldBe([(school.Id, school.Class)]);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Who_leaves_at_the_end_of_a_day_has_the_role_until_then_and_no_token_lasts_longer()
    {
        var school = (await fixture.RosterAsync()).A;
        var teacher = await fixture.JoinAsync(school.Invite(Role.HomeroomTeacher));
        var lastDay = Today.AddDays(5);
        await PostAsync(school, 11, lastDay, @class: null);

        (await RevocationTests.VoidAsync(teacher)).ShouldBe("access.revoked"); // to be replaced by one that knows the end
        var role = (await RevocationTests.RolesAsync(fixture.Admin, school.Teacher)).ShouldHaveSingleItem();
        var midnight = new DateTimeOffset(lastDay.AddDays(1), TimeOnly.MinValue, TimeSpan.FromHours(8)); // in Shanghai
        role.HoldsTo.ShouldBe(midnight);
        (await RolesAsync(teacher)).ShouldBe([(school.Id, school.Class)]);

        var replica = fixture.System.Start();
        replica.Clock.Advance(midnight - TimeSpan.FromMinutes(4) - TimeProvider.System.GetUtcNow());
        var late = await Person.SignInAsync(replica, teacher.Name);
        late.Tokens.ExpiresIn.ShouldBeInRange(200, 240);
        Grants(late).ShouldBe(1);
        replica.Clock.Advance(TimeSpan.FromMinutes(5));
        Grants(await Person.SignInAsync(replica, teacher.Name)).ShouldBe(0);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_homeroom_teacher_who_gets_another_class_no_longer_has_the_first()
    {
        var school = (await fixture.RosterAsync()).A;
        await PostAsync(school, 11, endsOn: null, school.Class);
        var teacher = await fixture.JoinAsync(school.Invite(Role.HomeroomTeacher));
        // The whole school's post goes on under another id: she has not left.
        await fixture.Replica.PublishAsync(new RosterChanged(
            fixture.District, school.Id, 12, TimeProvider.System.GetUtcNow(), [], [],
            [
                new(school.Post, school.Teacher, school.Class, StaffRole.HomeroomTeacher, null, Start, Today.AddDays(-1)),
                new(Guid.CreateVersion7(), school.Teacher, school.OtherClass, StaffRole.HomeroomTeacher, null, Today, null),
            ]));
        (await RevocationTests.VoidAsync(teacher)).ShouldBe("access.revoked");
        (await RolesAsync(teacher)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task A_guardians_role_follows_the_child_to_the_next_school()
    {
        var roster = await fixture.RosterAsync();
        var guardian = await fixture.JoinAsync(roster.A.Invite(Role.Guardian));
        await fixture.Replica.PublishAsync(
            new RosterChanged(
                fixture.District, roster.A.Id, 11, TimeProvider.System.GetUtcNow(), [],
                [new(roster.A.Enrolment, roster.A.Student, roster.A.Class, "07", Start, Today.AddDays(-1))], []),
            new RosterChanged(
                fixture.District, roster.B.Id, 11, TimeProvider.System.GetUtcNow(), [],
                [new(Guid.CreateVersion7(), roster.A.Student, roster.B.Class, "07", Today, null)], []));
        (await Eventually.GetAsync(() => RolesAsync(guardian), roles => roles is [(var at, _)] && at == roster.B.Id))
            .ShouldBe([(roster.B.Id, (Guid?)null)]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Rule", "ALL-10")]
    public async Task A_role_at_a_class_moves_with_the_class_to_another_school_whichever_is_heard_first(bool movedFirst)
    {
        var roster = await fixture.RosterAsync();
        var (teacher, admin) = (
            await fixture.JoinAsync(roster.A.Invite(Role.HomeroomTeacher)), await fixture.JoinAsync(roster.A.Invite(Role.SchoolAdmin)));
        var there = Guid.CreateVersion7();
        var moved = new ClassesMoved(
            fixture.District, 11, TimeProvider.System.GetUtcNow(), Today, [new(roster.A.Id, roster.A.Class, roster.B.Id, there)]);
        var left = new RosterChanged(
            fixture.District, roster.A.Id, 11, TimeProvider.System.GetUtcNow(), [], [],
            [new(roster.A.Post, roster.A.Teacher, null, StaffRole.Teacher, null, Start, Today.AddDays(-1))]);
        var came = new RosterChanged(
            fixture.District, roster.B.Id, 11, TimeProvider.System.GetUtcNow(), [], [],
            [new(Guid.CreateVersion7(), roster.A.Teacher, null, StaffRole.Teacher, null, Today, null)]);
        foreach (IEvent[] batch in movedFirst ? [[moved], [left, came]] : (IEvent[][])[[left, came], [moved]])
            await fixture.Replica.PublishAsync(batch);
        (await Eventually.GetAsync(() => RolesAsync(teacher), roles => roles is [(var at, _)] && at == roster.B.Id))
            .ShouldBe([(roster.B.Id, there)]);
        (await RolesAsync(admin)).ShouldNotContain(role => role.Item1 == roster.B.Id);
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    [Trait("Rule", "ARC-13")]
    public async Task A_guardianship_that_is_withdrawn_takes_the_role_along()
    {
        var school = (await fixture.RosterAsync()).A;
        var guardian = await fixture.JoinAsync(school.Invite(Role.Guardian));
        await fixture.Replica.PublishAsync(new GuardianshipsChanged(
            fixture.District, 11, TimeProvider.System.GetUtcNow(),
            [TestSchool.Guardianship(school.Student, school.Guardian, withdrawnOn: Today.AddDays(-1))]));
        (await RevocationTests.VoidAsync(guardian)).ShouldBe("access.revoked");
        (await RolesAsync(guardian)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "ARC-13")]
    public async Task A_guardian_who_may_not_see_the_child_loses_the_role_and_has_it_again_when_the_restriction_ends(bool oldOnesCome)
    {
        var school = (await fixture.RosterAsync()).A;
        var guardian = await fixture.JoinAsync(school.Invite(Role.Guardian));
        await fixture.Replica.PublishAsync(Rights(2, GuardianRight.Sign, GuardianRight.PickUp));
        if (oldOnesCome)
            await fixture.Replica.PublishAsync(Rights(1, Enum.GetValues<GuardianRight>()));
        (await RevocationTests.VoidAsync(guardian)).ShouldBe("access.revoked");
        (await RolesAsync(guardian)).ShouldBeEmpty();
        // Nor is he given it anew, by a person or by another school.
        (await fixture.Admin.TryInviteAsync(school.Invite(Role.Guardian))).ShouldBe(HttpStatusCode.UnprocessableEntity);

        await fixture.Replica.PublishAsync(Rights(3, GuardianRight.See));
        (await Eventually.GetAsync(() => RolesAsync(guardian), roles => roles.Count == 1)).ShouldBe([(school.Id, (Guid?)null)]);

        GuardianRightsChanged Rights(long version, params GuardianRight[] rights) => new(
            fixture.District, Guid.CreateVersion7(), version, TimeProvider.System.GetUtcNow(), school.Student, school.Guardian, rights,
            GuardianChannel.App);
    }

    [Fact]
    [Trait("Rule", "ARC-13")]
    public async Task A_hidden_childs_guardian_has_no_role_at_the_next_school_either()
    {
        var roster = await fixture.RosterAsync();
        var guardian = await fixture.JoinAsync(roster.A.Invite(Role.Guardian));
        await fixture.Replica.PublishAsync(
            new GuardianRightsChanged(
                fixture.District, Guid.CreateVersion7(), 1, TimeProvider.System.GetUtcNow(), roster.A.Student, roster.A.Guardian,
                [GuardianRight.Sign], GuardianChannel.App),
            new RosterChanged(
                fixture.District, roster.B.Id, 11, TimeProvider.System.GetUtcNow(), [],
                [new(Guid.CreateVersion7(), roster.A.Student, roster.B.Class, "07", Today, null)], []));
        (await RevocationTests.VoidAsync(guardian)).ShouldBe("access.revoked");
        var schools = await Eventually.GetAsync(
            () => fixture.System.QueryAsync($"SELECT school_id::text FROM known_enrolment WHERE student_id = '{roster.A.Student}'"),
            rows => rows.Count == 2);
        schools.Count.ShouldBe(2);
        (await fixture.Admin.TryInviteAsync(roster.A.Invite(Role.Guardian) with { SchoolId = roster.B.Id }))
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await RolesAsync(guardian)).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Rule", "ALL-1")]
    public async Task Who_has_left_before_accepting_was_invited_in_vain_and_may_when_the_roster_says_so_again()
    {
        var school = (await fixture.RosterAsync()).A;
        var (teacher, guardian) = (
            await fixture.Admin.InviteAsync(school.Invite(Role.HomeroomTeacher)), await fixture.Admin.InviteAsync(school.Invite(Role.Guardian)));
        await PostAsync(school, 11, endsOn: Today.AddDays(-3), @class: null);
        await fixture.Replica.PublishAsync(new GuardianshipsChanged(
            fixture.District, 11, TimeProvider.System.GetUtcNow(),
            [TestSchool.Guardianship(school.Student, school.Guardian, withdrawnOn: Today.AddDays(-3))]));
        await Eventually.GetAsync(
            () => fixture.System.QueryAsync($"SELECT version FROM known_guardianship WHERE guardian_id = '{school.Guardian}'"),
            rows => rows is ["11"]);
        await Eventually.GetAsync(
            () => fixture.System.QueryAsync($"SELECT version FROM known_post WHERE post_id = '{school.Post}'"), rows => rows is ["11"]);
        foreach (var code in new[] { teacher.Code, guardian.Code })
            (await AcceptAsync(code)).ShouldBe("identity.code-unknown");

        await PostAsync(school, 12, endsOn: null, @class: null);
        (await Eventually.GetAsync(() => AcceptAsync(teacher.Code), code => code.Length == 0)).ShouldBe("");
        (await AcceptAsync(guardian.Code)).ShouldBe("identity.code-unknown");
    }

    [Fact]
    public async Task An_older_roster_that_arrives_later_ends_nothing()
    {
        var school = (await fixture.RosterAsync()).A;
        var teacher = await fixture.JoinAsync(school.Invite(Role.HomeroomTeacher));
        await PostAsync(school, 9, Today.AddDays(-3), @class: null); // the roster has version 10
        await PostAsync(school, 11, endsOn: null, @class: null);
        (await Eventually.GetAsync(
            () => fixture.System.QueryAsync($"SELECT version FROM known_post WHERE post_id = '{school.Post}'"), rows => rows is ["11"]))
            .ShouldBe(["11"]);
        (await teacher.MeAsync()).Roles.Count.ShouldBe(1);
    }

    private async Task<string> AcceptAsync(string code)
    {
        using var client = fixture.Replica.Client();
        using var answer = await client.PostAsync(
            "/api/identity/invitations/accept", new AcceptInvitation(code, IdentitySystem.NewName(), IdentitySystem.Password));
        return answer.IsSuccessStatusCode ? "" : await answer.CodeAsync();
    }

    private static int Grants(Person person) => new JsonWebToken(person.Tokens.AccessToken).Claims
        .Count(claim => claim.Type == Caller.GrantClaim);

    private Task PostAsync(TestSchool school, long version, DateOnly? endsOn, Guid? @class) =>
        fixture.Replica.PublishAsync(new RosterChanged(
            fixture.District, school.Id, version, TimeProvider.System.GetUtcNow(), [], [],
            [new(school.Post, school.Teacher, @class, StaffRole.Teacher, null, Start, endsOn)]));

    // As the next token tells them. It may be void at once, when the roster takes effect in the same moment.
    private async Task<IReadOnlyList<(Guid?, Guid?)>> RolesAsync(Person person)
    {
        var again = await fixture.SignInAsync(person.Name);
        return
        [
            .. new JsonWebToken(again.Tokens.AccessToken).Claims.Where(claim => claim.Type == Caller.GrantClaim)
                .Select(claim => Grant.Parse(claim.Value)!).Select(grant => (grant.SchoolId, grant.ClassId)),
        ];
    }
}
