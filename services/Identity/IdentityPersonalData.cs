using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Identity;

/// <summary>
/// What Identity holds about a child (ARC-10): whose accounts reach it. It has no vault: a copy has ids and dates only. An account is
/// the guardian's own and stays; a token that still tells the role is void.
/// </summary>
internal static class IdentityPersonalData
{
    public static readonly PersonalDataRules Rules = new()
    {
        Tables =
        [
            new PersonalTable("account", DataKind.Accounts, "账号（令牌作废）", "Accounts: their tokens are void")
            {
                Where = "t.id IN (SELECT account_id FROM role_grant g WHERE g.student_id = $2 AND g.withdrawn_at IS NULL)",
                Set = "permission_version = t.permission_version + 1, revoked_version = t.permission_version + 1, revoked_at = now()",
            },
            new PersonalTable("role_grant", DataKind.Accounts, "可以查看孩子资料的账号", "Accounts that reach the child")
            {
                ShownWhere = "t.person_id = $3",
                Shown =
                [
                    new("role", "角色", "Role"), new("school_id", "学校编号", "School"), new("holds_from", "起", "From"),
                    new("holds_to", "止", "To"),
                ],
            },
            new PersonalTable("invitation", DataKind.Accounts, "邀请", "Invitations"),
            new PersonalTable("known_guardian_right", DataKind.Basics, "监护人权利（副本）", "Guardians' rights, as the archives told"),
            new PersonalTable("known_guardianship", DataKind.Basics, "监护关系（副本）", "Guardianships, as the archives told"),
            new PersonalTable("known_enrolment", DataKind.Basics, "学籍（副本）", "Enrolments, as the archives told"),
        ],
    };
}
