using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Messages.Migrations
{
    /// <inheritdoc />
    public partial class OffHoursAndBurden : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "replaces",
                table: "post",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "staff_hours",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    hours = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff_hours", x => new { x.district_id, x.staff_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_contact_week_district_id_week",
                table: "contact_week",
                columns: new[] { "district_id", "week" });

            // Row-level security (ALL-1): a school sees the hours of who works there.
            migrationBuilder.ProtectPersons(
                "staff_hours", "staff_post p WHERE p.staff_id = staff_hours.staff_id AND p.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "staff_hours");

            migrationBuilder.DropIndex(
                name: "ix_contact_week_district_id_week",
                table: "contact_week");

            migrationBuilder.DropColumn(
                name: "replaces",
                table: "post");
        }
    }
}
