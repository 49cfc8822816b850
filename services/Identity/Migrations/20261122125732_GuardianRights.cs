using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Identity.Migrations
{
    /// <inheritdoc />
    public partial class GuardianRights : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "known_guardian_right",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    hidden_since = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_known_guardian_right", x => new { x.district_id, x.student_id, x.guardian_id });
                });

            migrationBuilder.ProtectPersons("known_guardian_right", "known_enrolment e WHERE e.student_id = known_guardian_right.student_id AND e.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "known_guardian_right");
        }
    }
}
