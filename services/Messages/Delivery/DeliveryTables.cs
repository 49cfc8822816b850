using HomeSchool.Contracts.PersonalData;
using HomeSchool.ServiceDefaults.Keys;
using HomeSchool.ServiceDefaults.Leaving;
using HomeSchool.ServiceDefaults.PersonalData;
using Microsoft.EntityFrameworkCore;

namespace HomeSchool.Messages.Delivery;

/// <summary>The tables of delivery.</summary>
internal static class DeliveryTables
{
    private const string OwnGuardian =
        "EXISTS (SELECT FROM guardianship g WHERE g.guardian_id = t.guardian_id AND g.student_id = $2)";

    /// <summary>What is sealed.</summary>
    public static readonly SealedColumn[] Sealed = [GuardianChoice.SealedAddress, ClassRobot.SealedAccess];

    /// <summary>What stays when a district leaves.</summary>
    public static readonly StayingTable[] Staying =
        [new("delivery", "messages on their way out of this installation; what they tell of is in the inbox, which leaves")];

    /// <summary>What a guardian has of it and what an erasure does.</summary>
    public static readonly PersonalTable[] Personal =
    [
        new("delivery", DataKind.Messages, "发往外部渠道的提示", "Messages by other channels")
        {
            Where = "$2 = ANY (t.student_ids)",
            ErasedWhere = "cardinality(t.student_ids) = 1",
            Shown = [new("channel", "渠道", "Channel"), new("state", "状态", "State"), new("done_at", "时间", "At")],
            ShownWhere = "t.guardian_id = $3",
        },
        new("delivery", DataKind.Messages, "与兄弟姐妹共同的提示", "Messages by other channels, about siblings")
        {
            Where = "$2 = ANY (t.student_ids)",
            Set = "student_ids = array_remove(t.student_ids, $2)",
        },
        // A group's robot is a class's: nobody's data, though its address and secret are sealed.
        new("class_robot", DataKind.Accounts, "班级群机器人", "Robots of class groups") { Where = "false" },
        // An address is the guardian's: it goes with the last child.
        new("guardian_choice", DataKind.Accounts, "接收消息的方式", "How messages are received")
        {
            Where = OwnGuardian,
            ErasedWhere = "NOT EXISTS (SELECT FROM guardianship g WHERE g.guardian_id = t.guardian_id AND g.student_id <> $2)",
            Shown =
            [
                new("channel", "渠道", "Channel"), new("digest", "每日汇总", "Daily digest"), new("verified_at", "验证时间", "Verified"),
            ],
            ShownWhere = "t.guardian_id = $3",
        },
    ];

    /// <summary>
    /// Whoever writes a line of an inbox has its delivery begun in the same statement: none can be forgotten, and guardians who
    /// chose the inbox alone, most of them, cost nothing. What comes with a district from another installation, written by the
    /// tables' owner, is old and is not sent.
    /// </summary>
    internal const string BeginDelivery =
        """
        CREATE FUNCTION begin_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT relowner FROM pg_class WHERE oid = TG_RELID) = (SELECT oid FROM pg_roles WHERE rolname = current_user) THEN
                RETURN NULL;
            END IF;
            INSERT INTO delivery (
                school_id, id, district_id, guardian_id, student_ids, notification_ids, kind, channel, state, urgent, put_off, due_at,
                attempts, created_at)
            SELECT n.school_id, n.id, n.district_id, n.guardian_id, n.student_ids, ARRAY[n.id], 'Notice', c.channel, 'New', n.urgent,
                false, n.created_at, 0, n.created_at
            FROM told n JOIN guardian_choice c ON c.district_id = n.district_id AND c.guardian_id = n.guardian_id
            WHERE c.channel <> 'Inbox' AND c.verified_at IS NOT NULL;
            RETURN NULL;
        END $$;
        CREATE TRIGGER begin_delivery AFTER INSERT ON notification REFERENCING NEW TABLE AS told
            FOR EACH STATEMENT EXECUTE FUNCTION begin_delivery();
        """;

    public static void Map(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<GuardianChoice>(choice =>
        {
            choice.ToTable("guardian_choice").HasKey(c => new { c.DistrictId, c.GuardianId });
            choice.Property(c => c.Channel).HasConversion<string>();
            choice.Property(c => c.Language).HasConversion<string>();
            choice.Property(c => c.Version).IsConcurrencyToken();
        });
        modelBuilder.Entity<OutgoingMessage>(delivery =>
        {
            delivery.ToTable("delivery").HasKey(d => new { d.SchoolId, d.Id });
            delivery.HasIndex(d => new { d.DistrictId, d.GuardianId, d.DueAt }).HasFilter("state = 'New'")
                .HasDatabaseName("ix_delivery_new");
            delivery.HasIndex(d => new { d.DistrictId, d.Channel, d.DueAt }).HasFilter("state = 'Waiting'")
                .HasDatabaseName("ix_delivery_waiting");
            delivery.HasIndex(d => new { d.DistrictId, d.State, d.Id }).HasDatabaseName("ix_delivery_state");
            delivery.Property(d => d.Kind).HasConversion<string>();
            delivery.Property(d => d.Channel).HasConversion<string>();
            delivery.Property(d => d.State).HasConversion<string>();
        });
        modelBuilder.Entity<ClassRobot>(robot =>
        {
            robot.ToTable("class_robot").HasKey(r => new { r.SchoolId, r.Id });
            robot.HasIndex(r => new { r.SchoolId, r.ClassId, r.Provider }).IsUnique();
            robot.Property(r => r.Provider).HasConversion<string>();
        });
    }
}
