using HomeSchool.Messages.ClassGroup;
using HomeSchool.Messages.Delivery;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

using System;

#nullable disable

namespace HomeSchool.Messages.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "announcement",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    about_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_announcement", x => new { x.school_id, x.about_id });
                });

            migrationBuilder.CreateTable(
                name: "class_robot",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    access = table.Column<byte[]>(type: "bytea", nullable: false),
                    set_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_class_robot", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "contact_entry",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    week = table.Column<DateOnly>(type: "date", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: true),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_contact_entry", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "contact_reply",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    entry_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    replied_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_contact_reply", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "contact_week",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    week = table.Column<DateOnly>(type: "date", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    common = table.Column<string>(type: "jsonb", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_contact_week", x => new { x.school_id, x.class_id, x.week });
                });

            migrationBuilder.CreateTable(
                name: "delivery",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    target_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    notification_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    urgent = table.Column<bool>(type: "boolean", nullable: false),
                    put_off = table.Column<bool>(type: "boolean", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    done_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_delivery", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "enrolment",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_enrolment", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "group_acknowledgement",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    acknowledged_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_acknowledgement", x => new { x.school_id, x.class_id, x.version, x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "group_cadence",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kinds = table.Column<string[]>(type: "text[]", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_cadence", x => new { x.school_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "group_committee",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_committee", x => new { x.school_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "group_decision",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    post_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    concerns = table.Column<string[]>(type: "text[]", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: true),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_id = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_decision", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "group_moderator",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_moderator", x => new { x.school_id, x.class_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "group_post",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    answer_to = table.Column<Guid>(type: "uuid", nullable: true),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: true),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_id = table.Column<Guid>(type: "uuid", nullable: true),
                    children = table.Column<int>(type: "integer", nullable: false),
                    photo_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    text = table.Column<string>(type: "text", nullable: true),
                    content = table.Column<byte[]>(type: "bytea", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    concerns = table.Column<string[]>(type: "text[]", nullable: false),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_post", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "group_post_child",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    post_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_post_child", x => new { x.school_id, x.post_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "group_rules",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    lines = table.Column<string[]>(type: "text[]", nullable: false),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_group_rules", x => new { x.school_id, x.class_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "guardian_choice",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    digest = table.Column<bool>(type: "boolean", nullable: false),
                    language = table.Column<string>(type: "text", nullable: false),
                    address_id = table.Column<Guid>(type: "uuid", nullable: true),
                    address = table.Column<byte[]>(type: "bytea", nullable: true),
                    verified_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    codes_on = table.Column<DateOnly>(type: "date", nullable: true),
                    codes = table.Column<int>(type: "integer", nullable: false),
                    code_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian_choice", x => new { x.district_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "guardian_rights",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    may_see = table.Column<bool>(type: "boolean", nullable: false),
                    may_be_visited = table.Column<bool>(type: "boolean", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian_rights", x => new { x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "guardianship",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardianship", x => new { x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "notification",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    about_id = table.Column<Guid>(type: "uuid", nullable: false),
                    urgent = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    read_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notification", x => new { x.school_id, x.guardian_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "photo_consent",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    given = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_photo_consent", x => x.student_id);
                });

            migrationBuilder.CreateTable(
                name: "policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "post",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    title = table.Column<string>(type: "text", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false),
                    urgent = table.Column<bool>(type: "boolean", nullable: false),
                    asks_answer = table.Column<bool>(type: "boolean", nullable: false),
                    replaces = table.Column<string>(type: "text", nullable: true),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_post", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "post_answer",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    post_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_post_answer", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "post_progress",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    post_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    turn = table.Column<int>(type: "integer", nullable: false),
                    last_guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardians = table.Column<int>(type: "integer", nullable: false),
                    done_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_post_progress", x => new { x.school_id, x.post_id });
                });

            migrationBuilder.CreateTable(
                name: "private_message",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sent_to = table.Column<string>(type: "text", nullable: false),
                    from_school = table.Column<bool>(type: "boolean", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: true),
                    group_post_id = table.Column<Guid>(type: "uuid", nullable: true),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    is_new = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_private_message", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "receipt",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    post_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    delivered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    read_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reminded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_receipt", x => new { x.school_id, x.post_id, x.guardian_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "school",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school", x => x.school_id);
                });

            migrationBuilder.CreateTable(
                name: "school_class",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school_class", x => new { x.school_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "staff_hours",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    hours = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff_hours", x => new { x.district_id, x.staff_id });
                });

            migrationBuilder.CreateTable(
                name: "staff_post",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    role = table.Column<string>(type: "text", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff_post", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_class_robot_school_id_class_id_provider",
                table: "class_robot",
                columns: new[] { "school_id", "class_id", "provider" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_contact_entry_school_id_class_id_week_student_id",
                table: "contact_entry",
                columns: new[] { "school_id", "class_id", "week", "student_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_contact_entry_student_id",
                table: "contact_entry",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_contact_reply_school_id_entry_id_guardian_id",
                table: "contact_reply",
                columns: new[] { "school_id", "entry_id", "guardian_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_contact_reply_student_id",
                table: "contact_reply",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_contact_week_district_id_week",
                table: "contact_week",
                columns: new[] { "district_id", "week" });

            migrationBuilder.CreateIndex(
                name: "ix_delivery_new",
                table: "delivery",
                columns: new[] { "district_id", "guardian_id", "due_at" },
                filter: "state = 'New'");

            migrationBuilder.CreateIndex(
                name: "ix_delivery_state",
                table: "delivery",
                columns: new[] { "district_id", "state", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_delivery_waiting",
                table: "delivery",
                columns: new[] { "district_id", "channel", "due_at" },
                filter: "state = 'Waiting'");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_student_id",
                table: "enrolment",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_student_id",
                table: "enrolment",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_acknowledgement_student_id",
                table: "group_acknowledgement",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_decision_post_id",
                table: "group_decision",
                column: "post_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_decision_school_id_class_id_id",
                table: "group_decision",
                columns: new[] { "school_id", "class_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_group_decision_student_id",
                table: "group_decision",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_moderator_student_id",
                table: "group_moderator",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_post_guardian_id",
                table: "group_post",
                column: "guardian_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_post_held",
                table: "group_post",
                columns: new[] { "school_id", "class_id", "id" },
                filter: "state = 'Held'");

            migrationBuilder.CreateIndex(
                name: "ix_group_post_school_id_class_id_id",
                table: "group_post",
                columns: new[] { "school_id", "class_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_group_post_student_id",
                table: "group_post",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_group_post_child_student_id",
                table: "group_post_child",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_notification_guardian_id_id",
                table: "notification",
                columns: new[] { "guardian_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_notification_school_id_about_id_guardian_id",
                table: "notification",
                columns: new[] { "school_id", "about_id", "guardian_id" });

            migrationBuilder.CreateIndex(
                name: "ix_post_district_id_published_at",
                table: "post",
                columns: new[] { "district_id", "published_at" });

            migrationBuilder.CreateIndex(
                name: "ix_post_school_id_published_at",
                table: "post",
                columns: new[] { "school_id", "published_at" });

            migrationBuilder.CreateIndex(
                name: "ix_post_answer_school_id_post_id_guardian_id_student_id",
                table: "post_answer",
                columns: new[] { "school_id", "post_id", "guardian_id", "student_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_post_progress_district_id_turn_post_id_school_id",
                table: "post_progress",
                columns: new[] { "district_id", "turn", "post_id", "school_id" },
                filter: "done_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_private_message_guardian_id_id",
                table: "private_message",
                columns: new[] { "guardian_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_private_message_school_id_class_id_id",
                table: "private_message",
                columns: new[] { "school_id", "class_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_private_message_student_id",
                table: "private_message",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id",
                table: "school",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_staff_post_school_id_class_id",
                table: "staff_post",
                columns: new[] { "school_id", "class_id" });

            // Row-level security (ALL-1).
            foreach (var table in (string[])
                ["post", "post_progress", "receipt", "post_answer", "notification", "announcement", "contact_week", "contact_entry",
                    "contact_reply", "delivery", "class_robot", "school", "school_class", "enrolment", "staff_post",
                    .. ClassGroupTables.SchoolFacts])
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            migrationBuilder.ProtectDistrictFacts("policy");
            foreach (var table in (string[])["guardianship", "guardian_rights", "photo_consent"])
                migrationBuilder.ProtectPersons(table, $"enrolment e WHERE e.student_id = {table}.student_id AND e.school_id");
            // A school sees what its district has decided and sent, and changes none of it. Work of the service's own needs the districts.
            migrationBuilder.Sql(
                """
                CREATE POLICY of_district ON policy FOR SELECT
                    USING (EXISTS (SELECT FROM school s WHERE s.district_id = policy.district_id));
                CREATE POLICY of_district ON post FOR SELECT
                    USING (school_id IS NULL AND EXISTS (SELECT FROM school s WHERE s.district_id = post.district_id));
                CREATE POLICY own_work ON school FOR SELECT USING ((SELECT current_setting('app.own_work', true)) = 'districts');
                """);
            migrationBuilder.ProtectPersons(
                "guardian_choice",
                "guardianship g JOIN enrolment e ON e.student_id = g.student_id "
                + "WHERE g.guardian_id = guardian_choice.guardian_id AND e.school_id");
            migrationBuilder.Sql(DeliveryTables.BeginDelivery);
            // Row-level security (ALL-1): a school sees the hours of who works there.
            migrationBuilder.ProtectPersons(
                "staff_hours", "staff_post p WHERE p.staff_id = staff_hours.staff_id AND p.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "announcement");

            migrationBuilder.DropTable(
                name: "class_robot");

            migrationBuilder.DropTable(
                name: "contact_entry");

            migrationBuilder.DropTable(
                name: "contact_reply");

            migrationBuilder.DropTable(
                name: "contact_week");

            migrationBuilder.DropTable(
                name: "delivery");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "group_acknowledgement");

            migrationBuilder.DropTable(
                name: "group_cadence");

            migrationBuilder.DropTable(
                name: "group_committee");

            migrationBuilder.DropTable(
                name: "group_decision");

            migrationBuilder.DropTable(
                name: "group_moderator");

            migrationBuilder.DropTable(
                name: "group_post");

            migrationBuilder.DropTable(
                name: "group_post_child");

            migrationBuilder.DropTable(
                name: "group_rules");

            migrationBuilder.DropTable(
                name: "guardian_choice");

            migrationBuilder.DropTable(
                name: "guardian_rights");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "notification");
            migrationBuilder.Sql("DROP FUNCTION begin_delivery();");

            migrationBuilder.DropTable(
                name: "photo_consent");

            migrationBuilder.DropTable(
                name: "policy");

            migrationBuilder.DropTable(
                name: "post");

            migrationBuilder.DropTable(
                name: "post_answer");

            migrationBuilder.DropTable(
                name: "post_progress");

            migrationBuilder.DropTable(
                name: "private_message");

            migrationBuilder.DropTable(
                name: "receipt");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "school_class");

            migrationBuilder.DropTable(
                name: "staff_hours");

            migrationBuilder.DropTable(
                name: "staff_post");
        }
    }
}
