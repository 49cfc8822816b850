using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Surveys.Migrations
{
    /// <inheritdoc />
    public partial class ClassesMoveTermsEnd : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "staged_options",
                table: "cell");

            migrationBuilder.CreateTable(
                name: "moved_class",
                columns: table => new
                {
                    from_school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    from_class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_moved_class", x => new { x.from_school_id, x.from_class_id });
                });

            migrationBuilder.CreateTable(
                name: "staged_count",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    round_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staged_count", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "term",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_term", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_moved_class_school_id_class_id",
                table: "moved_class",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_staged_count_school_id_round_id_class_id",
                table: "staged_count",
                columns: new[] { "school_id", "round_id", "class_id" });

            // What waits to be counted, and which classes have moved, is as other school facts; a school also sees which have left it.
            migrationBuilder.ProtectSchoolFacts("staged_count");
            migrationBuilder.ProtectSchoolFacts("moved_class");
            migrationBuilder.ProtectDistrictFacts("term");
            // Who has a class now sees what asked it where it was, and ends it there (ALL-10).
            migrationBuilder.Sql(
                """
                CREATE POLICY left_school ON moved_class FOR SELECT
                    USING (from_school_id = ANY ((SELECT nullif(current_setting('app.schools', true), '')::uuid[])::uuid[]));
                CREATE POLICY moved ON survey_round FOR SELECT
                    USING (EXISTS (SELECT FROM moved_class m WHERE m.from_school_id = survey_round.school_id
                        AND m.school_id = ANY ((SELECT nullif(current_setting('app.schools', true), '')::uuid[])::uuid[])));
                CREATE POLICY moved ON invitation FOR SELECT
                    USING (EXISTS (SELECT FROM moved_class m
                        WHERE m.from_school_id = invitation.school_id AND m.from_class_id = invitation.class_id
                            AND m.school_id = ANY ((SELECT nullif(current_setting('app.schools', true), '')::uuid[])::uuid[])));
                CREATE POLICY moved_ends ON invitation FOR UPDATE
                    USING (EXISTS (SELECT FROM moved_class m
                        WHERE m.from_school_id = invitation.school_id AND m.from_class_id = invitation.class_id
                            AND m.school_id = ANY ((SELECT nullif(current_setting('app.schools', true), '')::uuid[])::uuid[])));
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP POLICY moved ON survey_round; DROP POLICY moved ON invitation; DROP POLICY moved_ends ON invitation");

            migrationBuilder.DropTable(
                name: "moved_class");

            migrationBuilder.DropTable(
                name: "staged_count");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.AddColumn<string>(
                name: "staged_options",
                table: "cell",
                type: "text",
                nullable: false,
                defaultValue: "");
        }
    }
}
