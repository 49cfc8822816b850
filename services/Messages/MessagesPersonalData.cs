using HomeSchool.Contracts.PersonalData;
using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Delivery;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.Posts;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Messages;

/// <summary>
/// What Messages holds about a child (ARC-10). A copy has what was sent to the guardian who asks, and what that guardian
/// answered; other
/// guardians' answers are theirs.
/// </summary>
internal static class MessagesPersonalData
{
    public static readonly PersonalDataRules Rules = new()
    {
        Tables =
        [
            .. PostTables.Personal,
            .. DeliveryTables.Personal,
            .. NoticeTables.Personal,
            .. ContactBookTables.Personal,
            .. ClassGroupTables.Personal,
            new PersonalTable("guardian_rights", DataKind.Basics, "监护人权利（副本）", "Guardians' rights, as the archives told"),
            new PersonalTable("guardianship", DataKind.Basics, "监护关系（副本）", "Guardianships, as the archives told"),
            new PersonalTable("enrolment", DataKind.Basics, "学籍（副本）", "Enrolments, as the archives told"),
        ],
    };
}
