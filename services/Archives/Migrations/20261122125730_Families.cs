using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class Families : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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
                name: "ix_guardian_restriction_district_id_student_id",
                table: "guardian_restriction",
                columns: new[] { "district_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_timeline_entry_district_id_student_id_on_ref_id",
                table: "timeline_entry",
                columns: new[] { "district_id", "student_id", "on", "ref_id" });

            foreach (var table in new[] { "family_file", "family_intake", "timeline_entry" })
                migrationBuilder.ProtectSchoolFacts(table);
            // They follow the child: who is at a school sees; from the day after the last, no longer (ARC-14). rights_turn is open: an id
            // and a day, so that work of every night finds its districts.
            foreach (var table in new[] { "guardian_detail", "guardian_restriction", "care_needs" })
            {
                migrationBuilder.ProtectPersons(table,
                    $"enrolment e WHERE e.district_id = {table}.district_id AND e.student_id = {table}.student_id "
                    + "AND (e.ends_on IS NULL OR e.ends_on >= current_date) AND e.school_id");
            }
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "care_needs");

            migrationBuilder.DropTable(
                name: "family_file");

            migrationBuilder.DropTable(
                name: "family_intake");

            migrationBuilder.DropTable(
                name: "guardian_detail");

            migrationBuilder.DropTable(
                name: "guardian_restriction");

            migrationBuilder.DropTable(
                name: "rights_turn");

            migrationBuilder.DropTable(
                name: "timeline_entry");
        }
    }
}
