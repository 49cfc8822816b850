using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Activities.Migrations
{
    /// <inheritdoc />
    public partial class Families : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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
                name: "ix_development_note_school_id_staff_id_id",
                table: "development_note",
                columns: new[] { "school_id", "staff_id", "id" });

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
                name: "ix_parent_resource_student_id",
                table: "parent_resource",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_reflection_student_id",
                table: "reflection",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_suggestion_school_id_activity_id",
                table: "suggestion",
                columns: new[] { "school_id", "activity_id" });

            migrationBuilder.CreateIndex(
                name: "ix_suggestion_student_id",
                table: "suggestion",
                column: "student_id");

            migrationBuilder.CreateIndex(
                name: "ix_training_school_id_term_id_held_on",
                table: "training",
                columns: new[] { "school_id", "term_id", "held_on" });

            migrationBuilder.CreateIndex(
                name: "ix_training_attendance_school_id_staff_id",
                table: "training_attendance",
                columns: new[] { "school_id", "staff_id" });

            // Row-level security (ALL-1).
            foreach (var table in (string[])
                ["family_activity", "family_sign_up", "family_check_in", "reflection", "committee_member", "parent_resource",
                    "suggestion", "development_note", "training", "training_attendance"])
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "committee_member");

            migrationBuilder.DropTable(
                name: "development_note");

            migrationBuilder.DropTable(
                name: "family_activity");

            migrationBuilder.DropTable(
                name: "family_check_in");

            migrationBuilder.DropTable(
                name: "family_sign_up");

            migrationBuilder.DropTable(
                name: "parent_resource");

            migrationBuilder.DropTable(
                name: "reflection");

            migrationBuilder.DropTable(
                name: "suggestion");

            migrationBuilder.DropTable(
                name: "training");

            migrationBuilder.DropTable(
                name: "training_attendance");
        }
    }
}
