using HomeSchool.Activities.Committee;
using HomeSchool.Activities.Covenant;
using HomeSchool.Activities.FamilyActivities;
using HomeSchool.Activities.Meetings;
using HomeSchool.Activities.ParentClasses;
using HomeSchool.Activities.Photos;
using HomeSchool.Activities.Questions;
using HomeSchool.Activities.Suggestions;
using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.PersonalData;

namespace HomeSchool.Activities;

/// <summary>What Activities holds about a child and its family (ARC-10).</summary>
internal static class ActivitiesPersonalData
{
    public static readonly PersonalDataRules Rules = new()
    {
        Announced = FreeSeats.OfErasedAsync,
        Tables =
        [
            .. MeetingTables.Personal,
            .. CovenantTables.Personal,
            .. QuestionTables.Personal,
            .. LessonTables.Personal,
            .. FamilyActivityTables.Personal,
            .. CommitteeTables.Personal,
            .. SuggestionTables.Personal,
            .. PhotoTables.Personal,
            new PersonalTable("guardian_rights", DataKind.Basics, "监护人权利（副本）", "Guardians' rights, as the archives told"),
            new PersonalTable("guardianship", DataKind.Basics, "监护关系（副本）", "Guardianships, as the archives told"),
            new PersonalTable("enrolment", DataKind.Basics, "学籍（副本）", "Enrolments, as the archives told"),
        ],
    };
}
