using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Visits.Migrations
{
    /// <inheritdoc />
    public partial class GuardianRights : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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

            migrationBuilder.ProtectPersons("guardian_rights", "enrolment e WHERE e.student_id = guardian_rights.student_id AND e.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "guardian_rights");
        }
    }
}
