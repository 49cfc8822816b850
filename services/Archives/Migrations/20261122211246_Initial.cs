using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "attachment",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    title = table.Column<byte[]>(type: "bytea", nullable: false),
                    sensitive_kind = table.Column<string>(type: "text", nullable: true),
                    for_family = table.Column<bool>(type: "boolean", nullable: false),
                    account_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    from_family = table.Column<bool>(type: "boolean", nullable: false),
                    added_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    deleted_by = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attachment", x => new { x.district_id, x.id });
                    table.CheckConstraint("attachment_internal_is_not_for_family", "NOT (for_family AND sensitive_kind IS NOT NULL)");
                });

            migrationBuilder.CreateTable(
                name: "attention",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cause = table.Column<string>(type: "text", nullable: false),
                    evidence = table.Column<string[]>(type: "text[]", nullable: false),
                    outdated = table.Column<string[]>(type: "text[]", nullable: false),
                    outdated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    raised_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    priority_until = table.Column<DateOnly>(type: "date", nullable: true),
                    reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attention", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "attention_note",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    attention_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    text = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attention_note", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "care_needs",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    entries = table.Column<byte[]>(type: "bytea", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    by_guardian = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_care_needs", x => new { x.district_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "class",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_class", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "compliance_case",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    year = table.Column<int>(type: "integer", nullable: true),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    opened_by = table.Column<string>(type: "text", nullable: false),
                    noticed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    parts = table.Column<string>(type: "jsonb", nullable: false),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    keep_until = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_compliance_case", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "consent",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<long>(type: "bigint", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    text_version = table.Column<int>(type: "integer", nullable: false),
                    given = table.Column<bool>(type: "boolean", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    way = table.Column<string>(type: "text", nullable: false),
                    account_id = table.Column<Guid>(type: "uuid", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_consent", x => new { x.district_id, x.student_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "consent_policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_consent_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "correction_request",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    field = table.Column<string>(type: "text", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    refusal = table.Column<string>(type: "text", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_correction_request", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "district_roster",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_district_roster", x => x.district_id);
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
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_enrolment", x => new { x.school_id, x.id });
                    table.CheckConstraint("enrolment_ends_after_start", "ends_on >= starts_on - 1");
                });

            migrationBuilder.CreateTable(
                name: "family_file",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    family_id = table.Column<Guid>(type: "uuid", nullable: false),
                    facts = table.Column<byte[]>(type: "bytea", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    by_guardian = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_family_file", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "family_intake",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_family_intake", x => new { x.school_id, x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "guardian",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    family_name = table.Column<string>(type: "text", nullable: false),
                    given_name = table.Column<string>(type: "text", nullable: false),
                    phone = table.Column<string>(type: "text", nullable: true),
                    email = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "guardian_detail",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kinship = table.Column<string>(type: "text", nullable: true),
                    legal_status = table.Column<string>(type: "text", nullable: true),
                    contact_order = table.Column<int>(type: "integer", nullable: true),
                    language = table.Column<string>(type: "text", nullable: true),
                    needs_interpreter = table.Column<bool>(type: "boolean", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    accommodations = table.Column<string[]>(type: "text[]", nullable: false),
                    entrusted_rights = table.Column<string[]>(type: "text[]", nullable: true),
                    entrusted_from = table.Column<DateOnly>(type: "date", nullable: true),
                    entrusted_until = table.Column<DateOnly>(type: "date", nullable: true),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian_detail", x => new { x.district_id, x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "guardian_restriction",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    number = table.Column<byte[]>(type: "bytea", nullable: false),
                    withheld = table.Column<string[]>(type: "text[]", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    lifted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian_restriction", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "guardianship",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    relation = table.Column<string>(type: "text", nullable: false),
                    legal_status = table.Column<string>(type: "text", nullable: false),
                    contact_order = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardianship", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "handover",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    from_staff_id = table.Column<Guid>(type: "uuid", nullable: true),
                    to_staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    accepted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_handover", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "homework",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    missed = table.Column<Guid[]>(type: "uuid[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_homework", x => new { x.school_id, x.class_id, x.subject, x.due_on });
                });

            migrationBuilder.CreateTable(
                name: "import_progress",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    import_id = table.Column<Guid>(type: "uuid", nullable: false),
                    phase = table.Column<string>(type: "text", nullable: false),
                    rows = table.Column<int>(type: "integer", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    cancelled = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_progress", x => new { x.district_id, x.import_id });
                });

            migrationBuilder.CreateTable(
                name: "legal_hold",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reason = table.Column<byte[]>(type: "bytea", nullable: false),
                    set_by = table.Column<Guid>(type: "uuid", nullable: true),
                    set_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    lifted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_legal_hold", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "need_policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_need_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "personal_data_part",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    service = table.Column<string>(type: "text", nullable: false),
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_personal_data_part", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "personal_data_policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_personal_data_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "personal_data_request",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    matter = table.Column<string>(type: "text", nullable: false),
                    kinds = table.Column<string[]>(type: "text[]", nullable: true),
                    account_id = table.Column<Guid>(type: "uuid", nullable: true),
                    on_paper = table.Column<bool>(type: "boolean", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    refusal = table.Column<string>(type: "text", nullable: true),
                    kept_until = table.Column<DateOnly>(type: "date", nullable: true),
                    answers_due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    copy_days = table.Column<int>(type: "integer", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    key_destroyed = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_personal_data_request", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "plan",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    review_on = table.Column<DateOnly>(type: "date", nullable: false),
                    agreed_by = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    goals = table.Column<byte[]>(type: "bytea", nullable: false),
                    measures = table.Column<byte[]>(type: "bytea", nullable: true),
                    note = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_plan", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "plan_mark",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    plan_id = table.Column<Guid>(type: "uuid", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    side = table.Column<string>(type: "text", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kept = table.Column<short>(type: "smallint", nullable: false),
                    of = table.Column<short>(type: "smallint", nullable: false),
                    form = table.Column<string>(type: "text", nullable: false),
                    marked_by = table.Column<Guid>(type: "uuid", nullable: true),
                    marked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_plan_mark", x => new { x.district_id, x.plan_id, x.day, x.side });
                });

            migrationBuilder.CreateTable(
                name: "retention_policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_retention_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "retention_turn",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    done_on = table.Column<DateOnly>(type: "date", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_retention_turn", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "rights_turn",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    turns_on = table.Column<DateOnly>(type: "date", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rights_turn", x => new { x.district_id, x.turns_on });
                });

            migrationBuilder.CreateTable(
                name: "roster_change",
                columns: table => new
                {
                    import_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    change = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: true),
                    fields = table.Column<string[]>(type: "text[]", nullable: false),
                    birth_date = table.Column<DateOnly>(type: "date", nullable: true),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    code = table.Column<string>(type: "text", nullable: true),
                    contact_order = table.Column<int>(type: "integer", nullable: true),
                    email = table.Column<string>(type: "text", nullable: true),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    family_name = table.Column<string>(type: "text", nullable: true),
                    given_name = table.Column<string>(type: "text", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    legal_status = table.Column<string>(type: "text", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    name = table.Column<string>(type: "text", nullable: true),
                    number = table.Column<string>(type: "text", nullable: true),
                    phone = table.Column<string>(type: "text", nullable: true),
                    relation = table.Column<string>(type: "text", nullable: true),
                    role = table.Column<string>(type: "text", nullable: true),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    sex = table.Column<string>(type: "text", nullable: true),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: true),
                    student_id = table.Column<Guid>(type: "uuid", nullable: true),
                    subject = table.Column<string>(type: "text", nullable: true),
                    teaching_weeks = table.Column<int>(type: "integer", nullable: true),
                    title = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_change", x => new { x.import_id, x.kind, x.id });
                });

            migrationBuilder.CreateTable(
                name: "roster_import",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    base_version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rollover_on = table.Column<DateOnly>(type: "date", nullable: true),
                    report = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_import", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "roster_mistake",
                columns: table => new
                {
                    import_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    file = table.Column<string>(type: "text", nullable: false),
                    line = table.Column<int>(type: "integer", nullable: false),
                    column = table.Column<string>(type: "text", nullable: false),
                    code = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_mistake", x => new { x.import_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "roster_version",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_version", x => new { x.district_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "school",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    code = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school", x => x.school_id);
                });

            migrationBuilder.CreateTable(
                name: "score",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    held_on = table.Column<DateOnly>(type: "date", nullable: false),
                    points = table.Column<decimal>(type: "numeric(6,2)", precision: 6, scale: 2, nullable: true),
                    out_of = table.Column<decimal>(type: "numeric(6,2)", precision: 6, scale: 2, nullable: true),
                    level = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_score", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "sensitive_access",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kinds = table.Column<string[]>(type: "text[]", nullable: false),
                    purpose = table.Column<byte[]>(type: "bytea", nullable: false),
                    until = table.Column<DateOnly>(type: "date", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    approver_id = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    withdrawn_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sensitive_access", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "sensitive_item",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    advice = table.Column<byte[]>(type: "bytea", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sensitive_item", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "sensitive_policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sensitive_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "sensitive_read",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    item_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @protected = table.Column<bool>(name: "protected", type: "boolean", nullable: false),
                    account_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reader_id = table.Column<Guid>(type: "uuid", nullable: true),
                    role = table.Column<string>(type: "text", nullable: false),
                    read_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    basis = table.Column<string>(type: "text", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    review_due_on = table.Column<DateOnly>(type: "date", nullable: true),
                    reviewed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reviewer_id = table.Column<Guid>(type: "uuid", nullable: true),
                    finding = table.Column<string>(type: "text", nullable: true),
                    review_note = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sensitive_read", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "staff",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    family_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    given_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    phone = table.Column<string>(type: "text", nullable: true),
                    email = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff", x => new { x.district_id, x.id });
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
                    subject = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff_post", x => new { x.school_id, x.id });
                    table.CheckConstraint("staff_post_ends_after_start", "ends_on >= starts_on - 1");
                });

            migrationBuilder.CreateTable(
                name: "student",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    family_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    given_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    number = table.Column<string>(type: "text", nullable: true),
                    birth_date = table.Column<DateOnly>(type: "date", nullable: true),
                    sex = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "student_needs",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    academic = table.Column<string>(type: "text", nullable: false),
                    conduct = table.Column<string>(type: "text", nullable: false),
                    circumstances = table.Column<string[]>(type: "text[]", nullable: false),
                    psychologically_sensitive = table.Column<bool>(type: "boolean", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    holds_until = table.Column<DateOnly>(type: "date", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student_needs", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "student_search",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reading = table.Column<short>(type: "smallint", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    given = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    pinyin = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    given_pinyin = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    initials = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    number = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student_search", x => new { x.district_id, x.student_id, x.reading });
                });

            migrationBuilder.CreateTable(
                name: "student_task",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    watch_id = table.Column<Guid>(type: "uuid", nullable: false),
                    assignee_id = table.Column<Guid>(type: "uuid", nullable: false),
                    what = table.Column<byte[]>(type: "bytea", nullable: false),
                    until = table.Column<DateOnly>(type: "date", nullable: false),
                    done_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student_task", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "support",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    asked_by = table.Column<Guid>(type: "uuid", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: true),
                    responsible_id = table.Column<Guid>(type: "uuid", nullable: true),
                    referred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    result = table.Column<string>(type: "text", nullable: true),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    shared = table.Column<bool>(type: "boolean", nullable: false),
                    wish = table.Column<byte[]>(type: "bytea", nullable: false),
                    note = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_support", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "support_resource",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    withdrawn_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_support_resource", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "term",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    teaching_weeks = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_term", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "term_outcome",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    baseline = table.Column<decimal>(type: "numeric(5,4)", precision: 5, scale: 4, nullable: true),
                    improved = table.Column<bool>(type: "boolean", nullable: true),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_term_outcome", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "timeline_entry",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    ref_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    on = table.Column<DateOnly>(type: "date", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    withdrawn = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_timeline_entry", x => new { x.school_id, x.student_id, x.ref_id });
                });

            migrationBuilder.CreateTable(
                name: "transfer",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    from_school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    to_school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    first_day = table.Column<DateOnly>(type: "date", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    proposed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    consent_by = table.Column<Guid>(type: "uuid", nullable: true),
                    consent_form = table.Column<string>(type: "text", nullable: true),
                    consent_on = table.Column<DateOnly>(type: "date", nullable: true),
                    duty = table.Column<string>(type: "text", nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_transfer", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "watch",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    level = table.Column<string>(type: "text", nullable: false),
                    review_on = table.Column<DateOnly>(type: "date", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    begun_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    why = table.Column<byte[]>(type: "bytea", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_watch", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "personal_data_reply",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    service = table.Column<string>(type: "text", nullable: false),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    run_id = table.Column<Guid>(type: "uuid", nullable: true),
                    parts = table.Column<int>(type: "integer", nullable: false),
                    tables = table.Column<string>(type: "jsonb", nullable: false),
                    kept = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_personal_data_reply", x => new { x.district_id, x.request_id, x.service });
                    table.ForeignKey(
                        name: "fk_personal_data_reply_personal_data_request_district_id_request~",
                        columns: x => new { x.district_id, x.request_id },
                        principalTable: "personal_data_request",
                        principalColumns: new[] { "district_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_attachment_school_id_student_id_id",
                table: "attachment",
                columns: new[] { "school_id", "student_id", "id" },
                filter: "deleted_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_attention_school_id_id",
                table: "attention",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_attention_school_id_student_id_cause",
                table: "attention",
                columns: new[] { "school_id", "student_id", "cause" });

            migrationBuilder.CreateIndex(
                name: "ix_attention_note_school_id_attention_id_id",
                table: "attention_note",
                columns: new[] { "school_id", "attention_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_class_district_id",
                table: "class",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_class_school_id_source_id",
                table: "class",
                columns: new[] { "school_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "compliance_case_one_audit_a_year",
                table: "compliance_case",
                columns: new[] { "district_id", "year" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_correction_request_district_id_student_id_id",
                table: "correction_request",
                columns: new[] { "district_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_correction_request_school_id_id",
                table: "correction_request",
                columns: new[] { "school_id", "id" },
                filter: "state = 'Asked'");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_district_id_student_id",
                table: "enrolment",
                columns: new[] { "district_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_class_id",
                table: "enrolment",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_family_file_school_id_family_id",
                table: "family_file",
                columns: new[] { "school_id", "family_id" });

            migrationBuilder.CreateIndex(
                name: "ix_family_file_school_id_student_id",
                table: "family_file",
                columns: new[] { "school_id", "student_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_guardian_district_id_source_id",
                table: "guardian",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_guardian_restriction_district_id_student_id",
                table: "guardian_restriction",
                columns: new[] { "district_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_guardianship_district_id_guardian_id",
                table: "guardianship",
                columns: new[] { "district_id", "guardian_id" });

            migrationBuilder.CreateIndex(
                name: "ix_guardianship_district_id_student_id_guardian_id",
                table: "guardianship",
                columns: new[] { "district_id", "student_id", "guardian_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_handover_district_id_student_id_to_staff_id_starts_on",
                table: "handover",
                columns: new[] { "district_id", "student_id", "to_staff_id", "starts_on" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_handover_school_id_id",
                table: "handover",
                columns: new[] { "school_id", "id" },
                filter: "accepted_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "legal_hold_once",
                table: "legal_hold",
                columns: new[] { "district_id", "student_id" },
                unique: true,
                filter: "lifted_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_personal_data_part_district_id_request_id_service_run_id_nu~",
                table: "personal_data_part",
                columns: new[] { "district_id", "request_id", "service", "run_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_personal_data_request_school_id_id",
                table: "personal_data_request",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "personal_data_request_once",
                table: "personal_data_request",
                columns: new[] { "district_id", "student_id", "guardian_id", "matter" },
                unique: true,
                filter: "state = 'Asked' OR state = 'Running' AND (matter = 'Copy' OR guardian_id IS NOT NULL)")
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "ix_plan_school_id_id",
                table: "plan",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_plan_school_id_student_id_id",
                table: "plan",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_plan_mark_school_id_student_id_day",
                table: "plan_mark",
                columns: new[] { "school_id", "student_id", "day" });

            migrationBuilder.CreateIndex(
                name: "roster_import_one_checked",
                table: "roster_import",
                column: "district_id",
                unique: true,
                filter: "state = 'Checked'");

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id_source_id",
                table: "school",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_score_school_id_kind_held_on",
                table: "score",
                columns: new[] { "school_id", "kind", "held_on" });

            migrationBuilder.CreateIndex(
                name: "ix_score_school_id_student_id_held_on",
                table: "score",
                columns: new[] { "school_id", "student_id", "held_on" });

            migrationBuilder.CreateIndex(
                name: "ix_sensitive_access_district_id_staff_id_id",
                table: "sensitive_access",
                columns: new[] { "district_id", "staff_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_sensitive_access_school_id_id",
                table: "sensitive_access",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_sensitive_access_school_id_student_id_staff_id",
                table: "sensitive_access",
                columns: new[] { "school_id", "student_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_sensitive_item_school_id_student_id_id",
                table: "sensitive_item",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_sensitive_read_school_id_id",
                table: "sensitive_read",
                columns: new[] { "school_id", "id" },
                filter: "basis = 'Emergency'");

            migrationBuilder.CreateIndex(
                name: "ix_sensitive_read_school_id_student_id_id",
                table: "sensitive_read",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_staff_district_id_source_id",
                table: "staff",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_staff_post_district_id_staff_id",
                table: "staff_post",
                columns: new[] { "district_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_staff_post_school_id_class_id",
                table: "staff_post",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_district_id_source_id",
                table: "student",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_student_needs_school_id_student_id_id",
                table: "student_needs",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_search_district_id_given_pinyin_student_id",
                table: "student_search",
                columns: new[] { "district_id", "given_pinyin", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_search_district_id_given_student_id",
                table: "student_search",
                columns: new[] { "district_id", "given", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_search_district_id_initials_student_id",
                table: "student_search",
                columns: new[] { "district_id", "initials", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_search_district_id_name_student_id",
                table: "student_search",
                columns: new[] { "district_id", "name", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_search_district_id_number_student_id",
                table: "student_search",
                columns: new[] { "district_id", "number", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_search_district_id_pinyin_student_id",
                table: "student_search",
                columns: new[] { "district_id", "pinyin", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_task_assignee_id_id",
                table: "student_task",
                columns: new[] { "assignee_id", "id" },
                filter: "done_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_student_task_school_id_student_id_watch_id",
                table: "student_task",
                columns: new[] { "school_id", "student_id", "watch_id" });

            migrationBuilder.CreateIndex(
                name: "ix_support_school_id_id",
                table: "support",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_support_school_id_student_id_id",
                table: "support",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_term_district_id_source_id",
                table: "term",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_term_outcome_school_id_term_id_id",
                table: "term_outcome",
                columns: new[] { "school_id", "term_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_timeline_entry_district_id_student_id_on_ref_id",
                table: "timeline_entry",
                columns: new[] { "district_id", "student_id", "on", "ref_id" });

            migrationBuilder.CreateIndex(
                name: "ix_transfer_district_id_student_id_id",
                table: "transfer",
                columns: new[] { "district_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_transfer_from_school_id_id",
                table: "transfer",
                columns: new[] { "from_school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_transfer_to_school_id_id",
                table: "transfer",
                columns: new[] { "to_school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "transfer_one_waits",
                table: "transfer",
                columns: new[] { "district_id", "student_id" },
                unique: true,
                filter: "state = 'Proposed'");

            migrationBuilder.CreateIndex(
                name: "ix_watch_school_id_id",
                table: "watch",
                columns: new[] { "school_id", "id" });

            // UUIDv7 (time first, so that new rows stand together in an index); PostgreSQL 15 has none of its own. In text, which costs less
            // than half of setting bits: the check of a large roster makes millions.
            migrationBuilder.Sql(
                """
                -- The random bits by the session's generator: gen_random_uuid asks the system for each, which took six times as long, and
                -- these ids are no secrets. 65 bits a millisecond.
                CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
                    SELECT (substr(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint + (1::bigint << 48)), 2)
                        || to_hex(28672 + (random() * 4095)::int) || to_hex((random() * ((1::bigint << 53) - 1))::bigint | (-1::bigint << 63)))::uuid
                $$;
                """);
            // What the check of a roster puts into tables of the session stays in memory; the usual 8 MB made them a third slower.
            migrationBuilder.Sql(
                """
                DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET temp_buffers = ''64MB''', current_database()); END $$;
                """);

            foreach (var table in new[]
            {
                "school", "class", "enrolment", "staff_post", "sensitive_item", "sensitive_access", "sensitive_read", "handover",
                "family_file", "family_intake", "timeline_entry", "attachment", "student_needs", "attention", "attention_note", "score",
                "homework", "term_outcome", "plan", "plan_mark", "watch", "student_task", "support_resource", "support",
                "personal_data_request", "consent", "correction_request",
            })
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            foreach (var table in new[]
            {
                "district_roster", "roster_import", "roster_change", "roster_mistake", "import_progress", "compliance_case",
                "retention_policy", "retention_turn",
            })
            {
                migrationBuilder.ProtectDistrictFacts(table);
            }

            foreach (var table in new[] { "term", "sensitive_policy", "need_policy", "personal_data_policy", "consent_policy" })
                migrationBuilder.ProtectPersons(table, $"school s WHERE s.district_id = {table}.district_id AND s.school_id");

            // What follows the child: who is at a school sees; from the day after the last, no longer (ARC-14).
            // The day is the district's, not the server's.
            const string today = "(now() AT TIME ZONE '" + LocalDay.ZoneName + "')::date";
            migrationBuilder.ProtectPersons("student",
                "enrolment e WHERE e.district_id = student.district_id AND e.student_id = student.id "
                + $"AND (e.ends_on IS NULL OR e.ends_on >= {today}) AND e.school_id");
            foreach (var table in new[] { "student_search", "guardianship", "guardian_detail", "guardian_restriction", "care_needs" })
            {
                migrationBuilder.ProtectPersons(table,
                    $"enrolment e WHERE e.district_id = {table}.district_id AND e.student_id = {table}.student_id "
                    + $"AND (e.ends_on IS NULL OR e.ends_on >= {today}) AND e.school_id");
            }

            // OFFSET 0: from the guardian to the children, and from each to its schools. Behind a large import, before its statistics, the planner
            // began with all enrolments of the district, once for each guardian.
            migrationBuilder.ProtectPersons("guardian",
                "(SELECT e.school_id FROM guardianship g JOIN enrolment e ON e.district_id = g.district_id AND e.student_id = g.student_id "
                + "WHERE g.district_id = guardian.district_id AND g.guardian_id = guardian.id "
                + $"AND (e.ends_on IS NULL OR e.ends_on >= {today}) OFFSET 0) AS e WHERE e.school_id");
            migrationBuilder.ProtectPersons("staff",
                "staff_post p WHERE p.district_id = staff.district_id AND p.staff_id = staff.id "
                + $"AND (p.ends_on IS NULL OR p.ends_on >= {today}) AND p.school_id");
            migrationBuilder.ProtectPersons("legal_hold",
                "enrolment e WHERE e.district_id = legal_hold.district_id AND e.student_id = legal_hold.student_id AND e.school_id");
            // Both schools see it.
            migrationBuilder.ProtectPersons("transfer",
                "(VALUES (transfer.from_school_id), (transfer.to_school_id)) side (school_id) WHERE side.school_id");
            foreach (var table in new[] { "personal_data_reply", "personal_data_part" })
            {
                migrationBuilder.ProtectPersons(table,
                    $"personal_data_request r WHERE r.district_id = {table}.district_id AND r.id = {table}.request_id AND r.school_id");
            }

            // Whatever deletes an attachment gives its file up; FileCleaner removes it.
            migrationBuilder.Sql(
                """
                CREATE FUNCTION attachment_file_is_loose() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO platform.loose_file (id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER attachment_file_is_loose AFTER DELETE ON attachment
                    FOR EACH ROW EXECUTE FUNCTION attachment_file_is_loose();
                """);

            // The service's own work goes through all districts; this table has ids and numbers, and rights_turn, which is open, ids and days.
            migrationBuilder.Sql(
                "CREATE POLICY own_work ON district_roster FOR SELECT USING ((SELECT current_setting('app.own_work', true)) = 'districts')");
            // The schools of a district read when a record of theirs changed.
            migrationBuilder.ProtectPersons("roster_version", "school s WHERE s.district_id = roster_version.district_id AND s.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION uuid_v7();");
            migrationBuilder.DropTable(
                name: "attachment");

            migrationBuilder.Sql("DROP FUNCTION attachment_file_is_loose();");

            migrationBuilder.DropTable(
                name: "attention");

            migrationBuilder.DropTable(
                name: "attention_note");

            migrationBuilder.DropTable(
                name: "care_needs");

            migrationBuilder.DropTable(
                name: "class");

            migrationBuilder.DropTable(
                name: "compliance_case");

            migrationBuilder.DropTable(
                name: "consent");

            migrationBuilder.DropTable(
                name: "consent_policy");

            migrationBuilder.DropTable(
                name: "correction_request");

            migrationBuilder.DropTable(
                name: "district_roster");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "family_file");

            migrationBuilder.DropTable(
                name: "family_intake");

            migrationBuilder.DropTable(
                name: "guardian");

            migrationBuilder.DropTable(
                name: "guardian_detail");

            migrationBuilder.DropTable(
                name: "guardian_restriction");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "handover");

            migrationBuilder.DropTable(
                name: "homework");

            migrationBuilder.DropTable(
                name: "import_progress");

            migrationBuilder.DropTable(
                name: "legal_hold");

            migrationBuilder.DropTable(
                name: "need_policy");

            migrationBuilder.DropTable(
                name: "personal_data_part");

            migrationBuilder.DropTable(
                name: "personal_data_policy");

            migrationBuilder.DropTable(
                name: "personal_data_reply");

            migrationBuilder.DropTable(
                name: "plan");

            migrationBuilder.DropTable(
                name: "plan_mark");

            migrationBuilder.DropTable(
                name: "retention_policy");

            migrationBuilder.DropTable(
                name: "retention_turn");

            migrationBuilder.DropTable(
                name: "rights_turn");

            migrationBuilder.DropTable(
                name: "roster_change");

            migrationBuilder.DropTable(
                name: "roster_import");

            migrationBuilder.DropTable(
                name: "roster_mistake");

            migrationBuilder.DropTable(
                name: "roster_version");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "score");

            migrationBuilder.DropTable(
                name: "sensitive_access");

            migrationBuilder.DropTable(
                name: "sensitive_item");

            migrationBuilder.DropTable(
                name: "sensitive_policy");

            migrationBuilder.DropTable(
                name: "sensitive_read");

            migrationBuilder.DropTable(
                name: "staff");

            migrationBuilder.DropTable(
                name: "staff_post");

            migrationBuilder.DropTable(
                name: "student");

            migrationBuilder.DropTable(
                name: "student_needs");

            migrationBuilder.DropTable(
                name: "student_search");

            migrationBuilder.DropTable(
                name: "student_task");

            migrationBuilder.DropTable(
                name: "support");

            migrationBuilder.DropTable(
                name: "support_resource");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.DropTable(
                name: "term_outcome");

            migrationBuilder.DropTable(
                name: "timeline_entry");

            migrationBuilder.DropTable(
                name: "transfer");

            migrationBuilder.DropTable(
                name: "watch");

            migrationBuilder.DropTable(
                name: "personal_data_request");
        }
    }
}
