using System.Net;

namespace HomeSchool.DemoDistrict.Story;

/// <summary>Who takes part, each with an account of their own.</summary>
/// <param name="SchoolAdmin">Of the school.</param>
/// <param name="Teacher">Homeroom teacher of the class.</param>
/// <param name="Guardian">Of the first family; <see langword="null"/> when the roster knows no guardian.</param>
/// <param name="Strangers">A school admin and a homeroom teacher of another school; <see langword="null"/> when there is no other.</param>
internal sealed record People(
    Client SchoolAdmin, Client Teacher, Client? Guardian, (Client SchoolAdmin, Client Teacher)? Strangers);

/// <summary>People are invited and accept (ALL-1): nobody gets a role in any other way.</summary>
internal sealed class PeopleChapter(Administrator admin, Client anybody, Scene scene, Narrator narrator)
{
    public async Task<People> TellAsync(CancellationToken cancel)
    {
        Client? schoolAdmin = null, teacher = null, guardian = null;
        var code = "";
        await narrator.StepAsync("The district's admin invites a school admin, who accepts with a new account and signs in", async () =>
        {
            (schoolAdmin, code) = await InviteAsync(
                admin.Client, "school-admin", new { role = "schoolAdmin", schoolId = scene.School.Id }, cancel);
            return scene.School.Name;
        });
        await narrator.StepAsync("An invitation is good once", async () =>
            (await AcceptAsync(code, Credentials.New("stranger"), cancel)).IsRefused(HttpStatusCode.Gone, "identity.code-used"));
        await narrator.StepAsync("The school admin invites the homeroom teacher of a class, who accepts", async () =>
        {
            (teacher, _) = await InviteAsync(schoolAdmin!, "teacher", TeacherOf(scene.School, scene.Class), cancel);
            return $"{scene.Class.Title}, {scene.Class.Students} students";
        });
        await narrator.StepAsync("A homeroom teacher may invite guardians of the own class, and nobody else", async () =>
            (await teacher!.PostAsync("/api/identity/invitations", new { role = "schoolAdmin", schoolId = scene.School.Id }, cancel))
                .IsRefused(HttpStatusCode.Forbidden, "identity.may-not-invite"));
        if (scene.First.Guardians is [var called, ..])
        {
            await narrator.StepAsync("The teacher hands a guardian an invitation code, and the guardian makes an account", async () =>
            {
                (guardian, _) = await InviteAsync(
                    teacher!, "guardian", new { role = "guardian", personId = called, studentId = scene.First.StudentId }, cancel);
                return "the account answers for one child";
            });
        }

        (Client, Client)? strangers = null;
        if (scene.Elsewhere is { } elsewhere)
        {
            await narrator.StepAsync("Another school has an admin and a homeroom teacher, too", async () =>
            {
                var (other, _) = await InviteAsync(
                    admin.Client, "other-admin", new { role = "schoolAdmin", schoolId = elsewhere.School.Id }, cancel);
                var (otherTeacher, _) = await InviteAsync(other, "other-teacher", TeacherOf(elsewhere.School, elsewhere.Class), cancel);
                strangers = (other, otherTeacher);
                return $"{elsewhere.School.Name}, {elsewhere.Class.Title}";
            });
        }

        return new People(schoolAdmin!, teacher!, guardian, strangers);
    }

    private static object TeacherOf(School school, Class @class) =>
        new { role = "homeroomTeacher", schoolId = school.Id, classId = @class.Id, personId = @class.HomeroomTeacherId };

    private async Task<(Client Client, string Code)> InviteAsync(Client by, string who, object invitation, CancellationToken cancel)
    {
        // The roster reaches Identity by events, a moment after it was confirmed: until then it knows nobody.
        var invited = await narrator.UntilAsync(
            "the roster has reached Identity",
            () => by.PostAsync("/api/identity/invitations", invitation, cancel),
            answer => !(answer.Status == HttpStatusCode.UnprocessableEntity && answer.Code?.EndsWith("-unknown", StringComparison.Ordinal) == true),
            cancel);
        var code = invited.As<Invited>().Code;
        var credentials = Credentials.New(who);
        (await AcceptAsync(code, credentials, cancel)).IsDone();
        var client = anybody.As(credentials);
        (await client.GetAsync("/api/identity/me", cancel)).IsDone();
        return (client, code);
    }

    private Task<Answer> AcceptAsync(string code, Credentials credentials, CancellationToken cancel) => anybody.PostAsync(
        "/api/identity/invitations/accept", new { code, credentials.UserName, credentials.Password, language = "en" }, cancel);

    private sealed record Invited(string Code);
}
