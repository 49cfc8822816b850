using System;
using System.Text.Json;
using HomeSchool.ServiceDefaults.Hosting;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Surveys.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "cell",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    invited = table.Column<int>(type: "integer", nullable: false),
                    shown = table.Column<int>(type: "integer", nullable: false),
                    staged = table.Column<int>(type: "integer", nullable: false),
                    staged_first = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cell", x => new { x.school_id, x.class_id, x.term_id });
                });

            migrationBuilder.CreateTable(
                name: "cell_count",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    question_id = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<int>(type: "integer", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    shown = table.Column<int>(type: "integer", nullable: false),
                    staged = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cell_count", x => new { x.school_id, x.class_id, x.term_id, x.question_id, x.value });
                });

            migrationBuilder.CreateTable(
                name: "definition",
                columns: table => new
                {
                    kind = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    questions = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_definition", x => new { x.kind, x.version });
                });

            migrationBuilder.CreateTable(
                name: "invitation",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    definition_version = table.Column<int>(type: "integer", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: false),
                    family_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    reminder_due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    quiet_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    closes_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    may_change = table.Column<bool>(type: "boolean", nullable: false),
                    smallest_cell = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_invitation", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    days_open = table.Column<int>(type: "integer", nullable: false),
                    quiet_days = table.Column<int>(type: "integer", nullable: false),
                    may_change = table.Column<bool>(type: "boolean", nullable: false),
                    smallest_cell = table.Column<int>(type: "integer", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "answer",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    invitation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    answers = table.Column<byte[]>(type: "bytea", nullable: false),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_answer", x => new { x.school_id, x.invitation_id });
                    table.ForeignKey(
                        name: "fk_answer_invitation_school_id_invitation_id",
                        columns: x => new { x.school_id, x.invitation_id },
                        principalTable: "invitation",
                        principalColumns: new[] { "school_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_invitation_school_id_closes_at",
                table: "invitation",
                columns: new[] { "school_id", "closes_at" });

            migrationBuilder.CreateIndex(
                name: "ix_invitation_visit_id",
                table: "invitation",
                column: "visit_id",
                unique: true);

            // SUR-2: one survey a family in its quiet time; with the unique visit above, one a visit.
            migrationBuilder.Sql(
                """
                CREATE EXTENSION IF NOT EXISTS btree_gist;
                ALTER TABLE invitation ADD CONSTRAINT invitation_family_quiet
                    EXCLUDE USING gist (family_id WITH =, tstzrange(opened_at, quiet_until) WITH &&);
                """);
            migrationBuilder.InsertData(
                table: "definition",
                columns: ["kind", "version", "questions"],
                columnTypes: ["text", "integer", "jsonb"],
                values: ["VisitSatisfaction", Definition.VisitSatisfaction.Version, JsonSerializer.Serialize(Definition.VisitSatisfaction.Questions, Json.Options)]);

            migrationBuilder.ProtectSchoolFacts("invitation");
            migrationBuilder.ProtectSchoolFacts("answer");
            migrationBuilder.ProtectSchoolFacts("cell");
            migrationBuilder.ProtectSchoolFacts("cell_count");
            migrationBuilder.ProtectDistrictFacts("policy");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "answer");

            migrationBuilder.DropTable(
                name: "cell");

            migrationBuilder.DropTable(
                name: "cell_count");

            migrationBuilder.DropTable(
                name: "definition");

            migrationBuilder.DropTable(
                name: "policy");

            migrationBuilder.DropTable(
                name: "invitation");
        }
    }
}
