using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.ContactBook;
using HomeSchool.Messages.Delivery;
using HomeSchool.Messages.Notices;
using HomeSchool.Messages.OffHours;
using HomeSchool.Messages.Policies;
using HomeSchool.Messages.Posts;
using HomeSchool.Messages.Roster;
using HomeSchool.ServiceDefaults;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages;

/// <summary>
/// The messages' database. Notices, receipts and notifications are school facts; schools, classes, enrolments, posts of staff and
/// guardianships are what Messages keeps of the archives' events.
/// </summary>
public sealed class MessagesDb(DbContextOptions<MessagesDb> options) : ServiceDb(options)
{
    /// <summary>Policies.</summary>
    public DbSet<Policy> Policies => Set<Policy>();

    /// <summary>What guardians have in their inboxes.</summary>
    public DbSet<Notification> Notifications => Set<Notification>();

    /// <summary>Notices.</summary>
    public DbSet<Post> Posts => Set<Post>();

    /// <summary>Who got which notice about which child.</summary>
    public DbSet<Receipt> Receipts => Set<Receipt>();

    /// <summary>How guardians want to be told.</summary>
    public DbSet<GuardianChoice> GuardianChoices => Set<GuardianChoice>();

    /// <summary>What leaves the house.</summary>
    public DbSet<OutgoingMessage> OutgoingMessages => Set<OutgoingMessage>();

    /// <summary>The robots of classes' groups.</summary>
    public DbSet<ClassRobot> ClassRobots => Set<ClassRobot>();

    /// <summary>Teachers' own working hours.</summary>
    public DbSet<StaffHours> StaffHours => Set<StaffHours>();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Failure> Refusals { get; } =
        new Dictionary<string, Failure>(StringComparer.Ordinal)
        {
            ["pk_policy"] = Failures.ChangedMeanwhile,
            ["pk_staff_hours"] = Failures.ChangedMeanwhile,
            ["pk_contact_week"] = Failures.ChangedMeanwhile,
            ["ix_contact_entry_school_id_class_id_week_student_id"] = Failures.ChangedMeanwhile,
            ["ix_contact_reply_school_id_entry_id_guardian_id"] = Failures.ChangedMeanwhile,
            ["pk_group_rules"] = Failures.ChangedMeanwhile,
            ["pk_group_cadence"] = Failures.ChangedMeanwhile,
            ["pk_guardian_choice"] = Failures.ChangedMeanwhile,
            ["ix_class_robot_school_id_class_id_provider"] = Failures.ChangedMeanwhile,
        };

    /// <inheritdoc/>
    public override PersonalDataRules PersonalData => MessagesPersonalData.Rules;

    /// <inheritdoc/>
    public override LeavingRules Leaving => new()
    {
        Sealed = [.. PostTables.Sealed, .. ContactBookTables.Sealed, .. ClassGroupTables.Sealed, .. DeliveryTables.Sealed],
        Staying = [.. DeliveryTables.Staying],
    };

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Policy>(policy =>
        {
            policy.ToTable("policy").HasKey(p => p.DistrictId);
            policy.Property(p => p.Version).IsConcurrencyToken();
            policy.Property(p => p.Settings).HasColumnType("jsonb")
                .HasConversion(settings => Policy.Write(settings), text => Policy.Read(text));
        });
        ContactBookTables.Map(modelBuilder);
        ClassGroupTables.Map(modelBuilder);
        NoticeTables.Map(modelBuilder);
        PostTables.Map(modelBuilder);
        DeliveryTables.Map(modelBuilder);
        OffHours.StaffHours.Map(modelBuilder);
        RosterTables.Map(modelBuilder);
        NameInSnakeCase(modelBuilder);
    }
}
