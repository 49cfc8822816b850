using HomeSchool.ServiceDefaults.Tenancy;
using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Visits.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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
                name: "enrolment",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_enrolment", x => new { x.school_id, x.id });
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
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_post", x => new { x.school_id, x.id });
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
                name: "term",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
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
                    state = table.Column<string>(type: "text", nullable: false),
                    proposed_starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sequence = table.Column<int>(type: "integer", nullable: false),
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
                name: "visit_record",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_record", x => new { x.school_id, x.visit_id });
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
                name: "ix_busy_visit_id",
                table: "busy",
                column: "visit_id");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_student_id",
                table: "enrolment",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_post_school_id_staff_id",
                table: "post",
                columns: new[] { "school_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id",
                table: "school",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_term_district_id",
                table: "term",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_visit_school_id_starts_at_id",
                table: "visit",
                columns: new[] { "school_id", "starts_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_student_school_id_class_id",
                table: "visit_student",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_student_school_id_student_id",
                table: "visit_student",
                columns: new[] { "school_id", "student_id" });

            // VIS-4: nobody is booked twice at one time, whoever's rows they are. PostgreSQL checks this past row-level security.
            migrationBuilder.Sql(
                """
                CREATE EXTENSION IF NOT EXISTS btree_gist;
                ALTER TABLE busy
                    ADD CONSTRAINT busy_staff_once EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (is_staff),
                    ADD CONSTRAINT busy_family_once EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (NOT is_staff);
                """);

            migrationBuilder.ProtectSchoolFacts("visit");
            migrationBuilder.ProtectSchoolFacts("visit_student");
            migrationBuilder.ProtectSchoolFacts("visit_answer");
            migrationBuilder.ProtectSchoolFacts("visit_record");
            migrationBuilder.ProtectSchoolFacts("busy");
            migrationBuilder.ProtectSchoolFacts("school");
            migrationBuilder.ProtectSchoolFacts("enrolment");
            migrationBuilder.ProtectSchoolFacts("post");
            migrationBuilder.ProtectPersons("guardianship", "enrolment e WHERE e.student_id = guardianship.student_id AND e.school_id");
            migrationBuilder.ProtectPersons("term", "school s WHERE s.district_id = term.district_id AND s.school_id");
            // A school sees its own policy and its district's.
            migrationBuilder.ProtectPersons(
                "policy",
                "school s WHERE s.district_id = policy.district_id AND s.school_id = coalesce(policy.school_id, s.school_id) AND s.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "busy");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "policy");

            migrationBuilder.DropTable(
                name: "post");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.DropTable(
                name: "visit_answer");

            migrationBuilder.DropTable(
                name: "visit_record");

            migrationBuilder.DropTable(
                name: "visit_student");

            migrationBuilder.DropTable(
                name: "visit");
        }
    }
}
