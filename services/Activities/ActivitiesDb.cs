using HomeSchool.Activities.Committee;
using HomeSchool.Activities.Covenant;
using HomeSchool.Activities.Development;
using HomeSchool.Activities.FamilyActivities;
using HomeSchool.Activities.Handbook;
using HomeSchool.Activities.Meetings;
using HomeSchool.Activities.ParentClasses;
using HomeSchool.Activities.Photos;
using HomeSchool.Activities.Policies;
using HomeSchool.Activities.Questions;
using HomeSchool.Activities.Roster;
using HomeSchool.Activities.Suggestions;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Activities;

/// <summary>
/// The activities' database. What a school plans and what families do there are school facts; schools, terms, classes,
/// enrolments, posts and guardianships are what Activities keeps of the archives' events.
/// </summary>
public sealed class ActivitiesDb(DbContextOptions<ActivitiesDb> options) : ServiceDb(options)
{
    private static readonly Dictionary<string, Failure> ByConstraint = new(StringComparer.Ordinal)
    {
        ["pk_policy"] = Failures.ChangedMeanwhile,
        ["ix_meeting_school_id_class_id_term_id_kind"] = MeetingFailures.Twice,
        ["pk_parent_committee"] = Failures.ChangedMeanwhile,
        ["pk_class_covenant"] = Failures.ChangedMeanwhile,
        ["pk_class_handbook"] = Failures.ChangedMeanwhile,
    };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals => ByConstraint;

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => ActivitiesPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed = [Question.SealedContent, .. FamilyActivityTables.Sealed, .. CommitteeTables.Sealed, .. SuggestionTables.Sealed],
        Stored = [PhotoTables.Stored],
        Staying = DevelopmentTables.Staying,
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        RosterTables.Map(modelBuilder);
        PolicyTables.Map(modelBuilder);
        MeetingTables.Map(modelBuilder);
        CovenantTables.Map(modelBuilder);
        QuestionTables.Map(modelBuilder);
        LessonTables.Map(modelBuilder);
        FamilyActivityTables.Map(modelBuilder);
        CommitteeTables.Map(modelBuilder);
        SuggestionTables.Map(modelBuilder);
        DevelopmentTables.Map(modelBuilder);
        PhotoTables.Map(modelBuilder);
        HandbookTables.Map(modelBuilder);
        NameInSnakeCase(modelBuilder);
    }
}
