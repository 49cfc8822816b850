using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using NpgsqlTypes;

#nullable disable

namespace HomeSchool.Visits.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "protected");

            migrationBuilder.CreateTable(
                name: "alarm",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    raised_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alarm", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "busy",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    is_staff = table.Column<bool>(type: "boolean", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ends_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_busy", x => new { x.person_id, x.visit_id });
                });

            migrationBuilder.CreateTable(
                name: "busy_calendar",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    uploaded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    times = table.Column<NpgsqlRange<DateTime>[]>(type: "tstzmultirange", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_busy_calendar", x => new { x.school_id, x.staff_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "busy_hours",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    weekday = table.Column<int>(type: "integer", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    from_time = table.Column<TimeOnly>(type: "time without time zone", nullable: false),
                    to_time = table.Column<TimeOnly>(type: "time without time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_busy_hours", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "cadence",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    contacts_per_term = table.Column<int>(type: "integer", nullable: false),
                    feedback_every_days = table.Column<int>(type: "integer", nullable: true),
                    summary_every_days = table.Column<int>(type: "integer", nullable: true),
                    visit_every_days = table.Column<int>(type: "integer", nullable: true),
                    deep_contact_every_days = table.Column<int>(type: "integer", nullable: true),
                    meet_first = table.Column<bool>(type: "boolean", nullable: false),
                    holds_until = table.Column<DateOnly>(type: "date", nullable: true),
                    priority_until = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cadence", x => x.student_id);
                });

            migrationBuilder.CreateTable(
                name: "cadence_step",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    said_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    contacts_per_term = table.Column<int>(type: "integer", nullable: false),
                    feedback_every_days = table.Column<int>(type: "integer", nullable: true),
                    summary_every_days = table.Column<int>(type: "integer", nullable: true),
                    visit_every_days = table.Column<int>(type: "integer", nullable: true),
                    deep_contact_every_days = table.Column<int>(type: "integer", nullable: true),
                    meet_first = table.Column<bool>(type: "boolean", nullable: false),
                    holds_until = table.Column<DateOnly>(type: "date", nullable: true),
                    priority_until = table.Column<DateOnly>(type: "date", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cadence_step", x => new { x.student_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "calendar_feed",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    serial = table.Column<int>(type: "integer", nullable: false),
                    made = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_calendar_feed", x => new { x.school_id, x.staff_id });
                });

            migrationBuilder.CreateTable(
                name: "crisis",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    raised_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    raised_by = table.Column<Guid>(type: "uuid", nullable: true),
                    acknowledged_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    acknowledged_by = table.Column<Guid>(type: "uuid", nullable: true),
                    checklist = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crisis", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "dispute",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    started_on = table.Column<DateOnly>(type: "date", nullable: false),
                    category = table.Column<string>(type: "text", nullable: false),
                    staff_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    guardian_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    cause = table.Column<byte[]>(type: "bytea", nullable: false),
                    resolution = table.Column<byte[]>(type: "bytea", nullable: true),
                    resolved_on = table.Column<DateOnly>(type: "date", nullable: true),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dispute", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "done_contact",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    held_on = table.Column<DateOnly>(type: "date", nullable: false),
                    sort = table.Column<string>(type: "text", nullable: false),
                    mode = table.Column<string>(type: "text", nullable: false),
                    minutes = table.Column<int>(type: "integer", nullable: true),
                    guardian_took_part = table.Column<bool>(type: "boolean", nullable: false),
                    withdrawn = table.Column<bool>(type: "boolean", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_done_contact", x => new { x.student_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "due",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    from_on = table.Column<DateOnly>(type: "date", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    until_on = table.Column<DateOnly>(type: "date", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    done_on = table.Column<DateOnly>(type: "date", nullable: true),
                    done = table.Column<int>(type: "integer", nullable: false),
                    every_days = table.Column<int>(type: "integer", nullable: true),
                    meet_first = table.Column<bool>(type: "boolean", nullable: false),
                    priority = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_due", x => new { x.school_id, x.student_id, x.kind, x.from_on });
                });

            migrationBuilder.CreateTable(
                name: "duty_roster",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    days = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_duty_roster", x => x.school_id);
                });

            migrationBuilder.CreateTable(
                name: "emergency",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    kind = table.Column<string>(type: "text", nullable: false),
                    text = table.Column<byte[]>(type: "bytea", nullable: true),
                    reported_by = table.Column<Guid>(type: "uuid", nullable: true),
                    reported_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    contacted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    contacted_by = table.Column<Guid>(type: "uuid", nullable: true),
                    contact_mode = table.Column<string>(type: "text", nullable: true),
                    breached_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: true),
                    follow_up_id = table.Column<Guid>(type: "uuid", nullable: true),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_emergency", x => new { x.school_id, x.id });
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
                name: "excellent_case",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: false),
                    text = table.Column<byte[]>(type: "bytea", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    proposed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    consented_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    approved_by = table.Column<Guid>(type: "uuid", nullable: true),
                    shared_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_excellent_case", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "family_times",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    hours = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_family_times", x => new { x.school_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "follow_up",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    entry_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    text = table.Column<byte[]>(type: "bytea", nullable: false),
                    outcome = table.Column<byte[]>(type: "bytea", nullable: true),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closed_by = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_follow_up", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "follow_up_loop",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    entry_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_follow_up_loop", x => new { x.school_id, x.entry_id });
                });

            migrationBuilder.CreateTable(
                name: "guardian_rights",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    may_be_visited = table.Column<bool>(type: "boolean", nullable: false),
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
                    status = table.Column<string>(type: "text", nullable: false),
                    contact_order = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardianship", x => new { x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "ledger_entry",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    channel = table.Column<string>(type: "text", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    held_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    held_on = table.Column<DateOnly>(type: "date", nullable: false),
                    minutes = table.Column<int>(type: "integer", nullable: false),
                    guardian_took_part = table.Column<bool>(type: "boolean", nullable: false),
                    deep = table.Column<bool>(type: "boolean", nullable: false),
                    staff_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    guardian_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    feedback = table.Column<string>(type: "text", nullable: true),
                    text_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: true),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    withdrawn = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ledger_entry", x => new { x.school_id, x.id, x.student_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "plan",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    wish = table.Column<string>(type: "jsonb", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    opening_short = table.Column<string>(type: "jsonb", nullable: false),
                    proposed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_plan", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "policy",
                columns: table => new
                {
                    node_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_policy", x => x.node_id);
                });

            migrationBuilder.CreateTable(
                name: "post",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    role = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_post", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "priority_visit",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    node = table.Column<string>(type: "text", nullable: false),
                    raised_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_priority_visit", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "protected_case",
                schema: "protected",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_protected_case", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "protected_entry",
                schema: "protected",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_protected_entry", x => new { x.school_id, x.case_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "protected_grant",
                schema: "protected",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_protected_grant", x => new { x.school_id, x.case_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "protection_lead",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    named_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_protection_lead", x => new { x.school_id, x.staff_id });
                });

            migrationBuilder.CreateTable(
                name: "record_mark",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: false),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    summary_hash = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_record_mark", x => new { x.school_id, x.visit_id });
                });

            migrationBuilder.CreateTable(
                name: "school",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school", x => x.school_id);
                });

            migrationBuilder.CreateTable(
                name: "school_calendar",
                columns: table => new
                {
                    node_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    days = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school_calendar", x => x.node_id);
                });

            migrationBuilder.CreateTable(
                name: "school_class",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school_class", x => new { x.school_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "shared_case",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    title = table.Column<string>(type: "text", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false),
                    shared_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_shared_case", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "spot_check",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    seed = table.Column<string>(type: "text", nullable: false),
                    seed_was_given = table.Column<bool>(type: "boolean", nullable: false),
                    algorithm = table.Column<string>(type: "text", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: true),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: true),
                    from = table.Column<DateOnly>(type: "date", nullable: true),
                    to = table.Column<DateOnly>(type: "date", nullable: true),
                    population_size = table.Column<int>(type: "integer", nullable: false),
                    population_hash = table.Column<string>(type: "text", nullable: false),
                    items = table.Column<string>(type: "jsonb", nullable: false),
                    drawn_by = table.Column<Guid>(type: "uuid", nullable: true),
                    drawn_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_spot_check", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "spot_check_population",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    check_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_spot_check_population", x => new { x.school_id, x.check_id });
                });

            migrationBuilder.CreateTable(
                name: "spot_check_record",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    check_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    record_version = table.Column<int>(type: "integer", nullable: true),
                    points = table.Column<int[]>(type: "integer[]", nullable: true),
                    score = table.Column<decimal>(type: "numeric", nullable: true),
                    excellent = table.Column<bool>(type: "boolean", nullable: false),
                    comment = table.Column<byte[]>(type: "bytea", nullable: true),
                    graded_by = table.Column<Guid>(type: "uuid", nullable: true),
                    graded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_spot_check_record", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "stranded_visit",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    noticed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stranded_visit", x => new { x.school_id, x.visit_id });
                });

            migrationBuilder.CreateTable(
                name: "substitution",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: false),
                    substitute_id = table.Column<Guid>(type: "uuid", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    follow_up_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    arranged_by = table.Column<string>(type: "text", nullable: false),
                    arranged_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_substitution", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "term",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    teaching_weeks = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_term", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "visit",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    family_id = table.Column<Guid>(type: "uuid", nullable: false),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: false),
                    joint_visitor_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    mode = table.Column<string>(type: "text", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    minutes = table.Column<int>(type: "integer", nullable: false),
                    topics = table.Column<string[]>(type: "text[]", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false),
                    opens_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    record_due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    remind_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    proposed_starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sequence = table.Column<int>(type: "integer", nullable: false),
                    link_serial = table.Column<int>(type: "integer", nullable: false),
                    scheduled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    held_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    held_on = table.Column<DateOnly>(type: "date", nullable: true),
                    held_minutes = table.Column<int>(type: "integer", nullable: true),
                    held_mode = table.Column<string>(type: "text", nullable: true),
                    guardian_took_part = table.Column<bool>(type: "boolean", nullable: true),
                    effective = table.Column<bool>(type: "boolean", nullable: true),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "visit_answer",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    appointed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    proposed_starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    answered_by = table.Column<string>(type: "text", nullable: false),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_answer", x => new { x.school_id, x.visit_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "visit_draft",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    revision = table.Column<long>(type: "bigint", nullable: false),
                    saved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_draft", x => new { x.school_id, x.visit_id });
                });

            migrationBuilder.CreateTable(
                name: "visit_note",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_note", x => new { x.school_id, x.visit_id, x.staff_id });
                });

            migrationBuilder.CreateTable(
                name: "visit_outline",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    missing = table.Column<string[]>(type: "text[]", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_outline", x => new { x.school_id, x.visit_id });
                });

            migrationBuilder.CreateTable(
                name: "visit_programme",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_programme", x => new { x.school_id, x.term_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "visit_question",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    asked_by = table.Column<string>(type: "text", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_question", x => new { x.school_id, x.visit_id });
                });

            migrationBuilder.CreateTable(
                name: "visit_record",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    late = table.Column<bool>(type: "boolean", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    @internal = table.Column<byte[]>(name: "internal", type: "bytea", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_record", x => new { x.school_id, x.visit_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "visit_setting",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    weekends_only = table.Column<bool>(type: "boolean", nullable: false),
                    online_counts = table.Column<bool>(type: "boolean", nullable: false),
                    text_counts = table.Column<bool>(type: "boolean", nullable: false),
                    home_lessons_count = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_setting", x => x.student_id);
                });

            migrationBuilder.CreateTable(
                name: "work_mark",
                columns: table => new
                {
                    position = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_work_mark", x => x.position);
                });

            migrationBuilder.CreateTable(
                name: "alarm_step",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    alarm_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    done_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    roles = table.Column<string[]>(type: "text[]", nullable: false),
                    staff_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alarm_step", x => new { x.school_id, x.alarm_id, x.number });
                    table.ForeignKey(
                        name: "fk_alarm_step_alarm_school_id_alarm_id",
                        columns: x => new { x.school_id, x.alarm_id },
                        principalTable: "alarm",
                        principalColumns: new[] { "school_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "plan_item",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    plan_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    class_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    teacher_id = table.Column<Guid>(type: "uuid", nullable: true),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    minutes = table.Column<int>(type: "integer", nullable: false),
                    mode = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    refusal = table.Column<string>(type: "text", nullable: true),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_plan_item", x => new { x.school_id, x.plan_id, x.id });
                    table.ForeignKey(
                        name: "fk_plan_item_plan_school_id_plan_id",
                        columns: x => new { x.school_id, x.plan_id },
                        principalTable: "plan",
                        principalColumns: new[] { "school_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "visit_student",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_student", x => new { x.school_id, x.visit_id, x.student_id });
                    table.ForeignKey(
                        name: "fk_visit_student_visit_school_id_visit_id",
                        columns: x => new { x.school_id, x.visit_id },
                        principalTable: "visit",
                        principalColumns: new[] { "school_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_alarm_school_id",
                table: "alarm",
                column: "school_id",
                filter: "ended_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_alarm_step_due_at",
                table: "alarm_step",
                column: "due_at",
                filter: "done_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_busy_visit_id",
                table: "busy",
                column: "visit_id");

            migrationBuilder.CreateIndex(
                name: "ix_busy_hours_school_id_staff_id",
                table: "busy_hours",
                columns: new[] { "school_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_cadence_school_id",
                table: "cadence",
                column: "school_id");

            migrationBuilder.CreateIndex(
                name: "ix_crisis_school_id_raised_at",
                table: "crisis",
                columns: new[] { "school_id", "raised_at" });

            migrationBuilder.CreateIndex(
                name: "ix_dispute_district_id_term_id",
                table: "dispute",
                columns: new[] { "district_id", "term_id" });

            migrationBuilder.CreateIndex(
                name: "ix_due_district_id_until_on",
                table: "due",
                columns: new[] { "district_id", "until_on" });

            migrationBuilder.CreateIndex(
                name: "ix_due_school_id_class_id_due_on",
                table: "due",
                columns: new[] { "school_id", "class_id", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_due_student_id_term_id",
                table: "due",
                columns: new[] { "student_id", "term_id" });

            migrationBuilder.CreateIndex(
                name: "ix_emergency_school_id_due_at_id",
                table: "emergency",
                columns: new[] { "school_id", "due_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_emergency_school_id_student_id",
                table: "emergency",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_student_id",
                table: "enrolment",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_student_id",
                table: "enrolment",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_excellent_case_school_id_visit_id",
                table: "excellent_case",
                columns: new[] { "school_id", "visit_id" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_up_school_id_due_on_id",
                table: "follow_up",
                columns: new[] { "school_id", "due_on", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_up_school_id_entry_id",
                table: "follow_up",
                columns: new[] { "school_id", "entry_id" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_up_school_id_owner_id_due_on_id",
                table: "follow_up",
                columns: new[] { "school_id", "owner_id", "due_on", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entry_school_id_class_id_id",
                table: "ledger_entry",
                columns: new[] { "school_id", "class_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_ledger_entry_school_id_student_id_id",
                table: "ledger_entry",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_post_school_id_staff_id",
                table: "post",
                columns: new[] { "school_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_priority_visit_school_id_student_id",
                table: "priority_visit",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_record_mark_school_id_recorded_at",
                table: "record_mark",
                columns: new[] { "school_id", "recorded_at" });

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id",
                table: "school",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_shared_case_district_id_id",
                table: "shared_case",
                columns: new[] { "district_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_spot_check_record_school_id_check_id_visit_id",
                table: "spot_check_record",
                columns: new[] { "school_id", "check_id", "visit_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_spot_check_record_school_id_teacher_id_id",
                table: "spot_check_record",
                columns: new[] { "school_id", "teacher_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_substitution_ends_on",
                table: "substitution",
                column: "ends_on",
                filter: "ended_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_term_district_id",
                table: "term",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_visit_remind_at",
                table: "visit",
                column: "remind_at",
                filter: "remind_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_visit_school_id_record_due_on_id",
                table: "visit",
                columns: new[] { "school_id", "record_due_on", "id" },
                filter: "state IN ('Scheduled', 'Confirmed', 'Proposed', 'Started')");

            migrationBuilder.CreateIndex(
                name: "ix_visit_school_id_starts_at_id",
                table: "visit",
                columns: new[] { "school_id", "starts_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_note_school_id_staff_id",
                table: "visit_note",
                columns: new[] { "school_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_student_school_id_class_id",
                table: "visit_student",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_student_school_id_student_id",
                table: "visit_student",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.Sql(
                """
                CREATE EXTENSION IF NOT EXISTS btree_gist;
                ALTER TABLE busy
                    ADD CONSTRAINT busy_staff_once EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (is_staff),
                    ADD CONSTRAINT busy_family_once EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (NOT is_staff);
                """);

            foreach (var table in (string[])
                ["visit", "visit_student", "visit_answer", "visit_record", "busy", "school", "school_class", "enrolment", "post", "cadence",
                    "calendar_feed"])
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            // Whose school sees a row is looked up by the row's student. Where PostgreSQL believed that a question has many rows, it read
            // all enrolments of the school into a hash instead, once a statement: 35 ms for each booking in a school of 18,000. It
            // cannot where OFFSET keeps the enrolments in a question of their own.
            foreach (var table in (string[])["guardianship", "guardian_rights", "visit_setting"])
            {
                migrationBuilder.ProtectPersons(
                    table,
                    $"(SELECT e.school_id FROM enrolment e WHERE e.student_id = {table}.student_id OFFSET 0) AS e WHERE e.school_id");
            }

            migrationBuilder.ProtectPersons("term", "school s WHERE s.district_id = term.district_id AND s.school_id");
            // A school sees its own and its district's.
            foreach (var table in (string[])["policy", "school_calendar"])
            {
                migrationBuilder.ProtectPersons(
                    table,
                    $"school s WHERE s.district_id = {table}.district_id AND s.school_id = coalesce({table}.school_id, s.school_id) AND s.school_id");
            }
            // Work of the service's own needs the districts.
            migrationBuilder.Sql(
                "CREATE POLICY own_work ON school FOR SELECT USING ((SELECT current_setting('app.own_work', true)) = 'districts')");

            foreach (var table in (string[])["visit_draft", "visit_outline", "visit_note", "visit_question"])
                migrationBuilder.ProtectSchoolFacts(table);
            // However a visit ends, its draft goes in the same moment: a trigger's statement sees what was committed while the visit's row
            // was waited for, which the statement that changed the visit would not.
            migrationBuilder.Sql(
                """
                CREATE FUNCTION drop_visit_draft() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    DELETE FROM visit_draft WHERE school_id = NEW.school_id AND visit_id = NEW.id;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER drop_visit_draft AFTER UPDATE OF state ON visit FOR EACH ROW
                    WHEN (NEW.state IN ('Completed', 'Cancelled', 'Declined')) EXECUTE FUNCTION drop_visit_draft();
                """);

            foreach (var table in (string[])["plan", "plan_item", "busy_hours", "family_times", "substitution"])
                migrationBuilder.ProtectSchoolFacts(table);

            // Row-level security (ALL-1). work_mark has none: ids only, and the work list's keeper goes through those of all districts.
            foreach (var table in (string[])["due", "done_contact", "cadence_step", "record_mark", "visit_programme", "busy_calendar", "follow_up_loop",
                "spot_check_population", "stranded_visit"])
                migrationBuilder.ProtectSchoolFacts(table);

            foreach (var table in (string[])["ledger_entry", "follow_up", "dispute", "spot_check", "spot_check_record", "excellent_case"])
                migrationBuilder.ProtectSchoolFacts(table);
            // A case is read in its school, or in all of the district.
            migrationBuilder.ProtectPersons(
                "shared_case",
                "school s WHERE s.district_id = shared_case.district_id AND s.school_id = coalesce(shared_case.school_id, s.school_id) AND s.school_id");

            // The ledger is append-only (VIS-12). Rows go with a child's erasure (ARC-10), which is the work of a whole district; no
            // request of a school has its scope.
            migrationBuilder.Sql(
                """
                CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE'
                        AND old.district_id = ANY (coalesce(nullif(current_setting('app.districts', true), ''), '{}')::uuid[]) THEN
                        RETURN old;
                    END IF;
                    RAISE EXCEPTION 'The ledger is append-only.' USING ERRCODE = 'insufficient_privilege';
                END $$;
                CREATE TRIGGER ledger_stays BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_stays();
                """);

            // Row-level security.
            foreach (var table in (string[])["emergency", "alarm", "alarm_step", "priority_visit", "duty_roster", "crisis", "protection_lead"])
                migrationBuilder.ProtectSchoolFacts(table);
            migrationBuilder.Sql(
                """
                -- Alarms of all places go off by themselves: which districts have one that is due.
                CREATE POLICY due ON alarm_step FOR SELECT USING ((SELECT current_setting('app.alarms', true)) = 'due');

                -- Protected cases (VIS-17): whoever works at the school may add one; to read one, the scope of school and district is
                -- not enough. app.staff is who asks, and is set by the handlers of cases only. Nobody changes or deletes.
                GRANT USAGE ON SCHEMA protected TO visits_app;
                GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA protected TO visits_app;
                ALTER TABLE protected.protected_case ENABLE ROW LEVEL SECURITY;
                ALTER TABLE protected.protected_case FORCE ROW LEVEL SECURITY;
                ALTER TABLE protected.protected_entry ENABLE ROW LEVEL SECURITY;
                ALTER TABLE protected.protected_entry FORCE ROW LEVEL SECURITY;
                ALTER TABLE protected.protected_grant ENABLE ROW LEVEL SECURITY;
                ALTER TABLE protected.protected_grant FORCE ROW LEVEL SECURITY;

                CREATE FUNCTION protected.in_scope(school uuid, district uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
                    SELECT coalesce(school = ANY (nullif(current_setting('app.schools', true), '')::uuid[]), false)
                        OR coalesce(district = ANY (nullif(current_setting('app.districts', true), '')::uuid[]), false)
                $$;
                CREATE FUNCTION protected.asks(staff uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
                    SELECT coalesce(staff = ANY (nullif(current_setting('app.staff', true), '')::uuid[]), false)
                $$;
                CREATE FUNCTION protected.leads(school uuid, district uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
                    SELECT protected.in_scope(school, district) AND EXISTS (
                        SELECT FROM public.protection_lead l WHERE l.school_id = school AND protected.asks(l.staff_id))
                $$;

                CREATE POLICY add ON protected.protected_case FOR INSERT WITH CHECK (protected.in_scope(school_id, district_id));
                -- The last grant about a person counts: a later one may take it back (VIS-17).
                CREATE POLICY named ON protected.protected_case FOR SELECT USING (protected.leads(school_id, district_id)
                    OR protected.in_scope(school_id, district_id) AND EXISTS (
                        SELECT FROM protected.protected_grant g
                        WHERE g.school_id = protected_case.school_id AND g.case_id = protected_case.id AND protected.asks(g.staff_id)
                            AND g.until > now() AND NOT EXISTS (
                                SELECT FROM protected.protected_grant later
                                WHERE later.school_id = g.school_id AND later.case_id = g.case_id AND later.staff_id = g.staff_id
                                    AND later.number > g.number)));
                CREATE POLICY add ON protected.protected_entry FOR INSERT WITH CHECK (protected.in_scope(school_id, district_id));
                CREATE POLICY named ON protected.protected_entry FOR SELECT USING (EXISTS (
                    SELECT FROM protected.protected_case c
                    WHERE c.school_id = protected_entry.school_id AND c.id = protected_entry.case_id));
                CREATE POLICY add ON protected.protected_grant FOR INSERT WITH CHECK (protected.leads(school_id, district_id));
                CREATE POLICY named ON protected.protected_grant FOR SELECT USING (protected.leads(school_id, district_id)
                    OR protected.in_scope(school_id, district_id) AND protected.asks(staff_id));
                """);

            // A visit, and what hangs on it, is about its students, whom ARC-10's restriction hides: without any it is not there. Whether
            // anything is restricted at all is read once a statement, not once a row.
            foreach (var (table, visit) in ((string, string)[])
                [("visit", "id"), ("visit_record", "visit_id"), ("visit_draft", "visit_id"), ("visit_outline", "visit_id"),
                 ("visit_note", "visit_id"), ("visit_question", "visit_id"), ("visit_answer", "visit_id"), ("spot_check_record", "visit_id"),
                 ("excellent_case", "visit_id")])
            {
                migrationBuilder.Sql(
                    $"""
                    CREATE POLICY of_shown_child ON {table} AS RESTRICTIVE FOR SELECT USING (
                        (SELECT current_setting('app.restricted', true)) IS NOT DISTINCT FROM 'shown'
                        OR NOT (SELECT EXISTS (SELECT FROM platform.restricted_student WHERE 'Visits' = ANY (kinds)))
                        OR EXISTS (SELECT FROM visit_student s WHERE s.school_id = {table}.school_id AND s.visit_id = {table}.{visit}));
                    """);
            }
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "alarm_step");

            migrationBuilder.DropTable(
                name: "busy");

            migrationBuilder.DropTable(
                name: "busy_calendar");

            migrationBuilder.DropTable(
                name: "busy_hours");

            migrationBuilder.DropTable(
                name: "cadence");

            migrationBuilder.DropTable(
                name: "cadence_step");

            migrationBuilder.DropTable(
                name: "calendar_feed");

            migrationBuilder.DropTable(
                name: "crisis");

            migrationBuilder.DropTable(
                name: "dispute");

            migrationBuilder.DropTable(
                name: "done_contact");

            migrationBuilder.DropTable(
                name: "due");

            migrationBuilder.DropTable(
                name: "duty_roster");

            migrationBuilder.DropTable(
                name: "emergency");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "excellent_case");

            migrationBuilder.DropTable(
                name: "family_times");

            migrationBuilder.DropTable(
                name: "follow_up");

            migrationBuilder.DropTable(
                name: "follow_up_loop");

            migrationBuilder.DropTable(
                name: "guardian_rights");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "ledger_entry");

            migrationBuilder.DropTable(
                name: "plan_item");

            migrationBuilder.DropTable(
                name: "policy");

            migrationBuilder.DropTable(
                name: "post");

            migrationBuilder.DropTable(
                name: "priority_visit");

            migrationBuilder.DropTable(
                name: "protected_case",
                schema: "protected");

            migrationBuilder.DropTable(
                name: "protected_entry",
                schema: "protected");

            migrationBuilder.DropTable(
                name: "protected_grant",
                schema: "protected");

            migrationBuilder.DropTable(
                name: "protection_lead");

            migrationBuilder.DropTable(
                name: "record_mark");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "school_calendar");

            migrationBuilder.DropTable(
                name: "school_class");

            migrationBuilder.DropTable(
                name: "shared_case");

            migrationBuilder.DropTable(
                name: "spot_check");

            migrationBuilder.DropTable(
                name: "spot_check_population");

            migrationBuilder.DropTable(
                name: "spot_check_record");

            migrationBuilder.DropTable(
                name: "stranded_visit");

            migrationBuilder.DropTable(
                name: "substitution");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.DropTable(
                name: "visit_answer");

            migrationBuilder.DropTable(
                name: "visit_draft");

            migrationBuilder.DropTable(
                name: "visit_note");

            migrationBuilder.DropTable(
                name: "visit_outline");

            migrationBuilder.DropTable(
                name: "visit_programme");

            migrationBuilder.DropTable(
                name: "visit_question");

            migrationBuilder.DropTable(
                name: "visit_record");

            migrationBuilder.DropTable(
                name: "visit_setting");

            migrationBuilder.DropTable(
                name: "visit_student");

            migrationBuilder.DropTable(
                name: "work_mark");

            migrationBuilder.DropTable(
                name: "alarm");

            migrationBuilder.DropTable(
                name: "plan");

            migrationBuilder.DropTable(
                name: "visit");
        }
    }
}
