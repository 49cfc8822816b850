using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class SensitiveItems : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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

            foreach (var table in new[] { "sensitive_item", "sensitive_access", "sensitive_read" })
                migrationBuilder.ProtectSchoolFacts(table);
            migrationBuilder.ProtectPersons("sensitive_policy",
                "school s WHERE s.district_id = sensitive_policy.district_id AND s.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "sensitive_access");

            migrationBuilder.DropTable(
                name: "sensitive_item");

            migrationBuilder.DropTable(
                name: "sensitive_policy");

            migrationBuilder.DropTable(
                name: "sensitive_read");
        }
    }
}
