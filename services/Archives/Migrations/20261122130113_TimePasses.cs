using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class TimePasses : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateOnly>(
                name: "rollover_on",
                table: "roster_import",
                type: "date",
                nullable: true);

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

            migrationBuilder.ProtectSchoolFacts("handover");
            // Both schools see it.
            migrationBuilder.ProtectPersons("transfer",
                "(VALUES (transfer.from_school_id), (transfer.to_school_id)) side (school_id) WHERE side.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "handover");

            migrationBuilder.DropTable(
                name: "transfer");

            migrationBuilder.DropColumn(
                name: "rollover_on",
                table: "roster_import");
        }
    }
}
