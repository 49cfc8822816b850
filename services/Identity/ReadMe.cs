using HomeSchool.Contracts;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Identity;

/// <summary>What an account is, for its owner.</summary>
internal static class ReadMeFeature
{
    public static void MapReadMe(this IEndpointRouteBuilder api) => api.MapGet("/me", ReadAsync)
        .Open("shows nobody but the caller; who is not signed in is refused by the handler")
        .WithName("ReadMe").WithTags("Accounts")
        .WithSummary("本人账号与角色 / The caller's account and roles")
        .WithDescription("The roles as they are now; those in the token are as they were when it was issued.");

    private static async Task<Results<Ok<Me>, Problem>> ReadAsync(
        IdentityDb db, CurrentCaller current, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (current.Caller.AccountId is not { } caller)
            return (Problem)Failures.SignInNeeded;
        await using var transaction = await db.Database.BeginTransactionAsync(cancel);
        var account = await db.Set<Account>().AsNoTracking().SingleOrDefaultAsync(a => a.Id == caller, cancel);
        if (account is null)
            return (Problem)Failures.SignInNeeded;
        var chinese = Language.IsChinese(http);
        var roles = (await db.GrantsOfAsync(caller, clock.GetUtcNow(), cancel))
            .Select(g => new MyRole(
                g.Role, NameOf(g.Role, chinese), g.PersonId, g.DistrictId, g.SchoolId, g.ClassId, g.StudentId));
        return TypedResults.Ok(new Me(account.Id, account.UserName, account.Language, [.. roles]));
    }

    public static string NameOf(Role role, bool chinese) => role switch
    {
        Role.DistrictAdmin => chinese ? "区县管理员" : "District admin",
        Role.SchoolAdmin => chinese ? "学校管理员" : "School admin",
        Role.VicePrincipal => chinese ? "分管校长" : "Vice principal",
        Role.MoralEducationOfficer => chinese ? "德育干部" : "Moral-education officer",
        Role.Counselor => chinese ? "心理教师" : "Counselor",
        Role.HomeroomTeacher => chinese ? "班主任" : "Homeroom teacher",
        Role.SubjectTeacher => chinese ? "学科教师" : "Subject teacher",
        Role.Guardian => chinese ? "监护人" : "Guardian",
        Role.MachineClient => chinese ? "机器客户端" : "Machine client",
    };
}

/// <summary>The caller's account.</summary>
/// <param name="Id">The account.</param>
/// <param name="UserName">What the account signs in with.</param>
/// <param name="Language">The language that texts for this person are written in.</param>
/// <param name="Roles">Every role that holds now.</param>
public sealed record Me(Guid Id, string UserName, DisplayLanguage Language, IReadOnlyList<MyRole> Roles);

/// <summary>A role and where it holds.</summary>
/// <param name="Role">The role.</param>
/// <param name="Name">Its name in the caller's language.</param>
/// <param name="PersonId">The staff member or guardian that the account is there.</param>
/// <param name="DistrictId">The district.</param>
/// <param name="SchoolId">The school; <see langword="null"/> for the whole district.</param>
/// <param name="ClassId">The class; <see langword="null"/> for the whole school.</param>
/// <param name="StudentId">The guardian's child.</param>
public sealed record MyRole(
    Role Role, string Name, Guid? PersonId, Guid DistrictId, Guid? SchoolId, Guid? ClassId, Guid? StudentId);
