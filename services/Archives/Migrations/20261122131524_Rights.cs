using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class Rights : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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
                name: "ix_correction_request_district_id_student_id_id",
                table: "correction_request",
                columns: new[] { "district_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_correction_request_school_id_id",
                table: "correction_request",
                columns: new[] { "school_id", "id" },
                filter: "state = 'Asked'");

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
                filter: "state IN ('Asked', 'Running')")
                .Annotation("Npgsql:NullsDistinct", false);

            foreach (var table in new[] { "personal_data_request", "consent", "correction_request" })
                migrationBuilder.ProtectSchoolFacts(table);
            foreach (var table in new[] { "personal_data_reply", "personal_data_part" })
            {
                migrationBuilder.ProtectPersons(table,
                    $"personal_data_request r WHERE r.district_id = {table}.district_id AND r.id = {table}.request_id AND r.school_id");
            }

            migrationBuilder.ProtectPersons("legal_hold",
                "enrolment e WHERE e.district_id = legal_hold.district_id AND e.student_id = legal_hold.student_id AND e.school_id");
            foreach (var table in new[] { "personal_data_policy", "consent_policy" })
                migrationBuilder.ProtectPersons(table, $"school s WHERE s.district_id = {table}.district_id AND s.school_id");
            foreach (var table in new[] { "retention_policy", "retention_turn" })
                migrationBuilder.ProtectDistrictFacts(table);
            // The service's own work goes through all districts; the table has ids and numbers.
            migrationBuilder.Sql(
                "CREATE POLICY own_work ON district_roster FOR SELECT USING ((SELECT current_setting('app.own_work', true)) = 'districts')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP POLICY own_work ON district_roster");

            migrationBuilder.DropTable(
                name: "consent");

            migrationBuilder.DropTable(
                name: "consent_policy");

            migrationBuilder.DropTable(
                name: "correction_request");

            migrationBuilder.DropTable(
                name: "legal_hold");

            migrationBuilder.DropTable(
                name: "personal_data_part");

            migrationBuilder.DropTable(
                name: "personal_data_policy");

            migrationBuilder.DropTable(
                name: "personal_data_reply");

            migrationBuilder.DropTable(
                name: "retention_policy");

            migrationBuilder.DropTable(
                name: "retention_turn");

            migrationBuilder.DropTable(
                name: "personal_data_request");
        }
    }
}
