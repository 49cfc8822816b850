using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Who takes part, each with an account of their own.</summary>
/// <param name="SchoolAdmin">Of the school.</param>
/// <param name="Teacher">Homeroom teacher of the class.</param>
/// <param name="Guardian">Of the first family; <see langword="null"/> when the roster knows no guardian.</param>
/// <param name="Strangers">Admin and homeroom teacher of another school; <see langword="null"/> when there is none.</param>
internal sealed record People(
    Client SchoolAdmin, Client Teacher, Client? Guardian, (Client SchoolAdmin, Client Teacher)? Strangers);

/// <summary>People are invited and accept (ALL-1): nobody gets a role in any other way.</summary>
internal sealed class PeopleChapter(Administrator admin, Client anybody, Scene scene, Narrator narrator)
{
    private const string Invitations = "/api/identity/invitations";

    /// <summary>Gives everybody an account.</summary>
    public async Task<People> TellAsync(CancellationToken cancel)
    {
        var adminOfSchool = new { role = "schoolAdmin", schoolId = scene.School.Id };
        var (schoolAdmin, code) = await narrator.StepAsync("The district's admin invites a school admin, who accepts", async () =>
            (await InviteAsync(admin.Client, "school-admin", adminOfSchool, cancel), scene.School.Name));
        await narrator.StepAsync("An invitation is good once", async () =>
            (await AcceptAsync(code, Credentials.New("stranger"), cancel)).IsRefused(HttpStatusCode.Gone, "identity.code-used"));
        var (teacher, _) = await narrator.StepAsync("The school admin invites a homeroom teacher, who accepts", async () =>
            (await InviteAsync(schoolAdmin, "teacher", TeacherOf(scene.School, scene.Class), cancel),
                $"{scene.Class.Title}, {scene.Class.Students} students"));
        await narrator.StepAsync("A homeroom teacher may invite guardians, and nobody else", async () =>
            (await teacher.PostAsync(Invitations, adminOfSchool, cancel))
                .IsRefused(HttpStatusCode.Forbidden, "identity.may-not-invite"));
        return new People(schoolAdmin, teacher, await GuardianAsync(teacher, cancel), await StrangersAsync(cancel));
    }

    /// <summary>Gives an account to those who take part in what school and families do together.</summary>
    /// <returns>Who they are; <see langword="null"/> when the roster knows no guardian.</returns>
    public async Task<ActivePeople?> JoinAsync(People people, CancellationToken cancel)
    {
        if (people.Guardian is not { } guardian)
            return null;
        var officer = await narrator.StepAsync("The school admin invites the moral-education officer, who accepts", async () =>
        {
            var invitation = new
            {
                role = "moralEducationOfficer",
                schoolId = scene.School.Id,
                personId = scene.Class.HomeroomTeacherId,
            };
            return ((await InviteAsync(people.SchoolAdmin, "officer", invitation, cancel)).Client, scene.School.Name);
        });
        var second = scene.Second.Guardians.Count == 0 ? null : await narrator.StepAsync(
            "The second family's guardian takes an account, too", async () =>
                ((await InviteAsync(people.Teacher, "second-guardian", GuardianOf(scene.Second), cancel)).Client,
                    "the account answers for one child"));
        return new ActivePeople(people.Teacher, officer, guardian, second);
    }

    private static object GuardianOf(Family family) =>
        new { role = "guardian", personId = family.Guardians[0], studentId = family.StudentId };

    private static object TeacherOf(School school, Class @class) =>
        new { role = "homeroomTeacher", schoolId = school.Id, classId = @class.Id, personId = @class.HomeroomTeacherId };

    private async Task<Client?> GuardianAsync(Client teacher, CancellationToken cancel)
    {
        if (scene.First.Guardians.Count == 0)
            return null;
        var (client, _) = await narrator.StepAsync("The teacher hands a guardian a code, who makes an account", async () =>
            (await InviteAsync(teacher, "guardian", GuardianOf(scene.First), cancel), "the account answers for one child"));
        return client;
    }

    private async Task<(Client, Client)?> StrangersAsync(CancellationToken cancel)
    {
        if (scene.Elsewhere is not var (school, @class))
            return null;
        return await narrator.StepAsync("Another school has an admin and a homeroom teacher, too", async () =>
        {
            var (otherAdmin, _) = await InviteAsync(
                admin.Client, "other-admin", new { role = "schoolAdmin", schoolId = school.Id }, cancel);
            var (otherTeacher, _) = await InviteAsync(otherAdmin, "other-teacher", TeacherOf(school, @class), cancel);
            return ((otherAdmin, otherTeacher), $"{school.Name}, {@class.Title}");
        });
    }

    private async Task<(Client Client, string Code)> InviteAsync(
        Client by, string who, object invitation, CancellationToken cancel)
    {
        // The roster reaches Identity by events, a moment after it was confirmed: until then it knows nobody.
        var invited = await narrator.UntilAsync(
            "the roster has reached Identity",
            () => by.PostAsync(Invitations, invitation, cancel),
            answer => answer.Code?.EndsWith("-unknown", StringComparison.Ordinal) != true,
            cancel);
        var code = invited.As<Invited>().Code;
        var credentials = Credentials.New(who);
        (await AcceptAsync(code, credentials, cancel)).IsDone();
        var client = anybody.As(credentials);
        (await client.GetAsync("/api/identity/me", cancel)).IsDone();
        return (client, code);
    }

    private Task<Answer> AcceptAsync(string code, Credentials credentials, CancellationToken cancel) => anybody.PostAsync(
        $"{Invitations}/accept", new { code, credentials.UserName, credentials.Password, language = "en" }, cancel);

    private sealed record Invited(string Code);
}
