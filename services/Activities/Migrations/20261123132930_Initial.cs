using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

using System;

#nullable disable

namespace HomeSchool.Activities.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "class_covenant",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    promises = table.Column<string[]>(type: "text[]", nullable: false),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_class_covenant", x => new { x.school_id, x.class_id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "class_handbook",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    parts = table.Column<string[]>(type: "text[]", nullable: false),
                    refs = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    for_families = table.Column<bool>(type: "boolean", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_class_handbook", x => new { x.school_id, x.class_id, x.term_id });
                });

            migrationBuilder.CreateTable(
                name: "committee_member",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_committee_member", x => new { x.school_id, x.class_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "covenant_signature",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    signed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    on_paper = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_covenant_signature", x => new { x.school_id, x.class_id, x.version, x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "development_note",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_development_note", x => new { x.school_id, x.id });
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
                name: "family_activity",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    kind = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false),
                    seats = table.Column<int>(type: "integer", nullable: true),
                    make_up_days = table.Column<int>(type: "integer", nullable: false),
                    make_ups = table.Column<int>(type: "integer", nullable: false),
                    preview = table.Column<string>(type: "text", nullable: true),
                    recap = table.Column<string>(type: "text", nullable: true),
                    last_sign_up = table.Column<long>(type: "bigint", nullable: false),
                    planned_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    cancelled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_family_activity", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "family_check_in",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    activity_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    happened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    arrived_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    made_up = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_family_check_in", x => new { x.school_id, x.activity_id, x.student_id, x.day });
                });

            migrationBuilder.CreateTable(
                name: "family_sign_up",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    activity_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    number = table.Column<long>(type: "bigint", nullable: false),
                    seated = table.Column<bool>(type: "boolean", nullable: false),
                    signed_up_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_family_sign_up", x => new { x.school_id, x.activity_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "guardian_rights",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    may_see = table.Column<bool>(type: "boolean", nullable: false),
                    may_sign = table.Column<bool>(type: "boolean", nullable: false),
                    may_be_invited = table.Column<bool>(type: "boolean", nullable: false),
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
                name: "lesson",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    series = table.Column<string>(type: "text", nullable: false),
                    grades = table.Column<string[]>(type: "text[]", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    topic_id = table.Column<Guid>(type: "uuid", nullable: true),
                    lecturer_kind = table.Column<string>(type: "text", nullable: false),
                    lecturer = table.Column<string>(type: "text", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    minutes = table.Column<int>(type: "integer", nullable: false),
                    live_url = table.Column<string>(type: "text", nullable: true),
                    replay_url = table.Column<string>(type: "text", nullable: true),
                    seats = table.Column<int>(type: "integer", nullable: false),
                    methods = table.Column<string[]>(type: "text[]", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    cancelled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_lesson", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "lesson_presence",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    lesson_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    live_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    workshop_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    replay_views = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_lesson_presence", x => new { x.school_id, x.lesson_id, x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "lesson_sign_up",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    lesson_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    place = table.Column<int>(type: "integer", nullable: false),
                    seat_no = table.Column<int>(type: "integer", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_lesson_sign_up", x => new { x.school_id, x.lesson_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "mastered_method",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    lesson_id = table.Column<Guid>(type: "uuid", nullable: false),
                    method = table.Column<int>(type: "integer", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    how = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_mastered_method", x => new { x.school_id, x.student_id, x.lesson_id, x.method });
                });

            migrationBuilder.CreateTable(
                name: "meeting",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    location = table.Column<string>(type: "text", nullable: false),
                    agenda = table.Column<string[]>(type: "text[]", nullable: false),
                    code = table.Column<string>(type: "text", nullable: true),
                    code_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meeting", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "meeting_family",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    meeting_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    how = table.Column<string>(type: "text", nullable: false),
                    held_on = table.Column<DateOnly>(type: "date", nullable: false),
                    withdrawn = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_meeting_family", x => new { x.school_id, x.meeting_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "parent_committee",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_parent_committee", x => new { x.school_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "parent_resource",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    field = table.Column<string>(type: "text", nullable: false),
                    use = table.Column<string>(type: "text", nullable: false),
                    for_school = table.Column<bool>(type: "boolean", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    consented_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_parent_resource", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "photo",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    of = table.Column<string>(type: "text", nullable: false),
                    about_id = table.Column<Guid>(type: "uuid", nullable: false),
                    taken_on = table.Column<DateOnly>(type: "date", nullable: false),
                    file_id = table.Column<Guid>(type: "uuid", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    children = table.Column<int>(type: "integer", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: true),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    added_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    released_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_photo", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "photo_child",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    photo_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_photo_child", x => new { x.school_id, x.photo_id, x.student_id });
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
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_post", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "question",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    topic_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_question", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "reflection",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    activity_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    for_class = table.Column<bool>(type: "boolean", nullable: false),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reflection", x => new { x.school_id, x.activity_id, x.student_id });
                });

            migrationBuilder.CreateTable(
                name: "school",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
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
                name: "suggestion",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    activity_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    made_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    answer = table.Column<byte[]>(type: "bytea", nullable: true),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_suggestion", x => new { x.school_id, x.id });
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
                name: "topic",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    title = table.Column<string>(type: "text", nullable: false),
                    survey_round_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_topic", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "topic_vote",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    topic_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_topic_vote", x => new { x.school_id, x.topic_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "training",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @for = table.Column<string>(name: "for", type: "text", nullable: false),
                    topic = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    held_on = table.Column<DateOnly>(type: "date", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "training_attendance",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    training_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_attendance", x => new { x.school_id, x.training_id, x.staff_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_committee_member_student_id",
                table: "committee_member",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_covenant_signature_student_id",
                table: "covenant_signature",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_development_note_school_id_staff_id_id",
                table: "development_note",
                columns: new[] { "school_id", "staff_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_class_id",
                table: "enrolment",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_student_id",
                table: "enrolment",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_family_activity_id",
                table: "family_activity",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_family_activity_school_id_starts_on_id",
                table: "family_activity",
                columns: new[] { "school_id", "starts_on", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_family_check_in_student_id",
                table: "family_check_in",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_family_sign_up_student_id",
                table: "family_sign_up",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_guardianship_guardian_id",
                table: "guardianship",
                column: "guardian_id");

            migrationBuilder.CreateIndex(
                name: "ix_lesson_id",
                table: "lesson",
                column: "id");

            migrationBuilder.CreateIndex(
                name: "ix_lesson_school_id_starts_at",
                table: "lesson",
                columns: new[] { "school_id", "starts_at" });

            migrationBuilder.CreateIndex(
                name: "ix_lesson_presence_student_id",
                table: "lesson_presence",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_lesson_sign_up_school_id_lesson_id_seat_no",
                table: "lesson_sign_up",
                columns: new[] { "school_id", "lesson_id", "seat_no" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_lesson_sign_up_student_id",
                table: "lesson_sign_up",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_mastered_method_student_id",
                table: "mastered_method",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_meeting_id",
                table: "meeting",
                column: "id");

            migrationBuilder.CreateIndex(
                name: "ix_meeting_school_id_class_id_term_id_kind",
                table: "meeting",
                columns: new[] { "school_id", "class_id", "term_id", "kind" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_meeting_family_student_id",
                table: "meeting_family",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_parent_resource_student_id",
                table: "parent_resource",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_photo_id",
                table: "photo",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_photo_school_id_class_id_taken_on_id",
                table: "photo",
                columns: new[] { "school_id", "class_id", "taken_on", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_photo_student_id",
                table: "photo",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_photo_child_student_id",
                table: "photo_child",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_post_school_id_staff_id",
                table: "post",
                columns: new[] { "school_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_question_school_id_topic_id",
                table: "question",
                columns: new[] { "school_id", "topic_id" });

            migrationBuilder.CreateIndex(
                name: "ix_question_student_id",
                table: "question",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_reflection_student_id",
                table: "reflection",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id",
                table: "school",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_suggestion_school_id_activity_id",
                table: "suggestion",
                columns: new[] { "school_id", "activity_id" });

            migrationBuilder.CreateIndex(
                name: "ix_suggestion_student_id",
                table: "suggestion",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_term_district_id",
                table: "term",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_topic_id",
                table: "topic",
                column: "id");

            migrationBuilder.CreateIndex(
                name: "ix_topic_vote_student_id",
                table: "topic_vote",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_training_school_id_term_id_held_on",
                table: "training",
                columns: new[] { "school_id", "term_id", "held_on" });

            migrationBuilder.CreateIndex(
                name: "ix_training_attendance_school_id_staff_id",
                table: "training_attendance",
                columns: new[] { "school_id", "staff_id" });

            foreach (var table in (string[])
                ["school", "school_class", "enrolment", "post", "meeting", "meeting_family", "class_covenant", "covenant_signature",
                    "question", "topic", "topic_vote", "lesson", "lesson_sign_up", "lesson_presence", "mastered_method"])
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            // Whose school sees a row is looked up by the row's student; OFFSET keeps that lookup by index (see Visits).
            foreach (var table in (string[])["guardianship", "guardian_rights"])
            {
                migrationBuilder.ProtectPersons(
                    table,
                    $"(SELECT e.school_id FROM enrolment e WHERE e.student_id = {table}.student_id OFFSET 0) AS e WHERE e.school_id");
            }

            migrationBuilder.ProtectPersons("term", "school s WHERE s.district_id = term.district_id AND s.school_id");
            // A school sees its own and its district's.
            migrationBuilder.ProtectPersons(
                "policy",
                "school s WHERE s.district_id = policy.district_id AND s.school_id = coalesce(policy.school_id, s.school_id) AND s.school_id");
            foreach (var table in (string[])
                ["family_activity", "family_sign_up", "family_check_in", "reflection", "committee_member", "parent_committee",
                    "parent_resource", "suggestion", "development_note", "training", "training_attendance"])
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }
            // Row-level security (ALL-1).
            foreach (var table in (string[])["photo", "photo_child", "class_handbook"])
                migrationBuilder.ProtectSchoolFacts(table);
            migrationBuilder.ProtectPersons(
                "photo_consent",
                "(SELECT e.school_id FROM enrolment e WHERE e.student_id = photo_consent.student_id OFFSET 0) AS e WHERE e.school_id");
            // The file goes with the row, whatever deletes it: the cleaner removes what this names.
            migrationBuilder.Sql(
                """
                CREATE FUNCTION give_up_photo() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO platform.loose_file (id) VALUES (OLD.file_id) ON CONFLICT DO NOTHING;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER give_up_photo AFTER DELETE ON photo FOR EACH ROW EXECUTE FUNCTION give_up_photo();
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "class_covenant");

            migrationBuilder.DropTable(
                name: "class_handbook");

            migrationBuilder.DropTable(
                name: "committee_member");

            migrationBuilder.DropTable(
                name: "covenant_signature");

            migrationBuilder.DropTable(
                name: "development_note");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "family_activity");

            migrationBuilder.DropTable(
                name: "family_check_in");

            migrationBuilder.DropTable(
                name: "family_sign_up");

            migrationBuilder.DropTable(
                name: "guardian_rights");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "lesson");

            migrationBuilder.DropTable(
                name: "lesson_presence");

            migrationBuilder.DropTable(
                name: "lesson_sign_up");

            migrationBuilder.DropTable(
                name: "mastered_method");

            migrationBuilder.DropTable(
                name: "meeting");

            migrationBuilder.DropTable(
                name: "meeting_family");

            migrationBuilder.DropTable(
                name: "parent_committee");

            migrationBuilder.DropTable(
                name: "parent_resource");

            migrationBuilder.DropTable(
                name: "photo");
            migrationBuilder.Sql("DROP FUNCTION give_up_photo();");

            migrationBuilder.DropTable(
                name: "photo_child");

            migrationBuilder.DropTable(
                name: "photo_consent");

            migrationBuilder.DropTable(
                name: "policy");

            migrationBuilder.DropTable(
                name: "post");

            migrationBuilder.DropTable(
                name: "question");

            migrationBuilder.DropTable(
                name: "reflection");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "school_class");

            migrationBuilder.DropTable(
                name: "suggestion");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.DropTable(
                name: "topic");

            migrationBuilder.DropTable(
                name: "topic_vote");

            migrationBuilder.DropTable(
                name: "training");

            migrationBuilder.DropTable(
                name: "training_attendance");
        }
    }
}
