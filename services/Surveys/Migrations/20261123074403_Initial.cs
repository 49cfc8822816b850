using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

using System;

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
                name: "anonymous_answer",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    round_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    shown = table.Column<bool>(type: "boolean", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_anonymous_answer", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "cell",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    round_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    invited = table.Column<int>(type: "integer", nullable: false),
                    shown = table.Column<int>(type: "integer", nullable: false),
                    staged = table.Column<int>(type: "integer", nullable: false),
                    staged_first = table.Column<int>(type: "integer", nullable: false),
                    step = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    batch_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cell", x => new { x.school_id, x.round_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "cell_count",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    round_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    question_id = table.Column<string>(type: "text", nullable: false),
                    option = table.Column<string>(type: "text", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    shown = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cell_count", x => new { x.school_id, x.round_id, x.class_id, x.question_id, x.option });
                });

            migrationBuilder.CreateTable(
                name: "definition",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    kind = table.Column<string>(type: "text", nullable: false),
                    content = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_definition", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "enrolment",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_enrolment", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "guardian_rights",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    may_see = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian_rights", x => new { x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "guardianship",
                columns: table => new
                {
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardianship", x => new { x.student_id, x.guardian_id });
                });

            migrationBuilder.CreateTable(
                name: "invitation",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    round_id = table.Column<Guid>(type: "uuid", nullable: false),
                    visit_id = table.Column<Guid>(type: "uuid", nullable: true),
                    family_id = table.Column<Guid>(type: "uuid", nullable: true),
                    student_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: true),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    remind_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    quiet_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closes_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    may_change = table.Column<bool>(type: "boolean", nullable: false),
                    answered = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_invitation", x => new { x.school_id, x.id });
                });

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
                name: "policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    days_open = table.Column<int>(type: "integer", nullable: false),
                    quiet_days = table.Column<int>(type: "integer", nullable: false),
                    may_change = table.Column<bool>(type: "boolean", nullable: false),
                    smallest_cell = table.Column<int>(type: "integer", nullable: false),
                    remind_from = table.Column<int>(type: "integer", nullable: false),
                    remind_until = table.Column<int>(type: "integer", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "round_total",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    series_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stripe = table.Column<int>(type: "integer", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    design_id = table.Column<Guid>(type: "uuid", nullable: true),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    whole = table.Column<bool>(type: "boolean", nullable: false),
                    invited = table.Column<int>(type: "integer", nullable: false),
                    shown = table.Column<int>(type: "integer", nullable: false),
                    counts = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_round_total", x => new { x.school_id, x.district_id, x.series_id, x.stripe });
                });

            migrationBuilder.CreateTable(
                name: "school",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school", x => x.school_id);
                });

            migrationBuilder.CreateTable(
                name: "school_class",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school_class", x => new { x.school_id, x.class_id });
                });

            migrationBuilder.CreateTable(
                name: "staged_answer",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    batch_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staged_answer", x => new { x.school_id, x.id });
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
                name: "survey_round",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    privacy = table.Column<string>(type: "text", nullable: false),
                    definition = table.Column<string>(type: "jsonb", nullable: false),
                    design_id = table.Column<Guid>(type: "uuid", nullable: true),
                    design_version = table.Column<int>(type: "integer", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: true),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    district_wide = table.Column<bool>(type: "boolean", nullable: false),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    invited_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    remind_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closes_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    may_change = table.Column<bool>(type: "boolean", nullable: false),
                    smallest_cell = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_survey_round", x => new { x.school_id, x.id });
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

            migrationBuilder.CreateTable(
                name: "untold_count",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_untold_count", x => new { x.school_id, x.kind });
                });

            migrationBuilder.CreateTable(
                name: "answer",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    invitation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    answered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    step = table.Column<int>(type: "integer", nullable: false),
                    earlier = table.Column<byte[]>(type: "bytea", nullable: true)
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
                name: "ix_anonymous_answer_school_id_round_id_class_id",
                table: "anonymous_answer",
                columns: new[] { "school_id", "round_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_cell_class_id",
                table: "cell",
                column: "class_id");

            migrationBuilder.CreateIndex(
                name: "ix_cell_district_id",
                table: "cell",
                column: "district_id",
                filter: "batch_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_definition_district_id",
                table: "definition",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_student_id",
                table: "enrolment",
                columns: new[] { "school_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_invitation_remind_at",
                table: "invitation",
                column: "remind_at",
                filter: "remind_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_invitation_school_id_closes_at",
                table: "invitation",
                columns: new[] { "school_id", "closes_at" });

            migrationBuilder.CreateIndex(
                name: "ix_invitation_school_id_round_id_class_id",
                table: "invitation",
                columns: new[] { "school_id", "round_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_invitation_visit_id",
                table: "invitation",
                column: "visit_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_moved_class_school_id_class_id",
                table: "moved_class",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_round_total_school_id_district_id_kind_design_id_opened_at",
                table: "round_total",
                columns: new[] { "school_id", "district_id", "kind", "design_id", "opened_at" });

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id",
                table: "school",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_staged_answer_school_id_batch_id",
                table: "staged_answer",
                columns: new[] { "school_id", "batch_id" });

            migrationBuilder.CreateIndex(
                name: "ix_staged_count_school_id_round_id_class_id",
                table: "staged_count",
                columns: new[] { "school_id", "round_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_survey_round_district_id",
                table: "survey_round",
                column: "district_id",
                filter: "closed_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_survey_round_id_school_id",
                table: "survey_round",
                columns: new[] { "id", "school_id" });

            migrationBuilder.CreateIndex(
                name: "ix_survey_round_school_id_term_id",
                table: "survey_round",
                columns: new[] { "school_id", "term_id" },
                unique: true,
                filter: "kind = 'VisitSatisfaction'");

            migrationBuilder.CreateIndex(
                name: "ix_survey_round_term_id_school_id",
                table: "survey_round",
                columns: new[] { "term_id", "school_id" },
                filter: "kind = 'VisitSatisfaction'");

            // SUR-2: one survey a family in its quiet time; with the unique visit above, one a visit.
            migrationBuilder.Sql(
                """
                CREATE EXTENSION IF NOT EXISTS btree_gist;
                ALTER TABLE invitation ADD CONSTRAINT invitation_family_quiet
                    EXCLUDE USING gist (family_id WITH =, tstzrange(opened_at, quiet_until) WITH &&) WHERE (family_id IS NOT NULL);
                """);
            foreach (var table in (string[])
                ["definition", "survey_round", "invitation", "answer", "staged_answer", "anonymous_answer", "cell", "cell_count",
                    "round_total", "untold_count", "school", "school_class", "enrolment"])
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            migrationBuilder.ProtectDistrictFacts("policy");
            // A school sees what its district has decided and designed, and changes none of it.
            migrationBuilder.Sql(
                """
                CREATE POLICY of_district ON policy FOR SELECT
                    USING (EXISTS (SELECT FROM school s WHERE s.district_id = policy.district_id));
                CREATE POLICY of_district ON definition FOR SELECT
                    USING (school_id IS NULL AND EXISTS (SELECT FROM school s WHERE s.district_id = definition.district_id));
                """);
            foreach (var table in (string[])["guardianship", "guardian_rights"])
                migrationBuilder.ProtectPersons(table, $"enrolment e WHERE e.student_id = {table}.student_id AND e.school_id");
            // Work of the service's own needs the districts.
            migrationBuilder.Sql(
                "CREATE POLICY own_work ON school FOR SELECT USING ((SELECT current_setting('app.own_work', true)) = 'districts')");
            // A link sees its school alone, and what it answers counts for the district, too (SUR-5).
            migrationBuilder.Sql(
                "CREATE POLICY own_work ON round_total USING ((SELECT current_setting('app.own_work', true)) = 'totals')");
            // Each row is written again when it is answered: in its own page, without touching an index, where there is room (SUR-6).
            migrationBuilder.Sql(
                """
                ALTER TABLE invitation SET (fillfactor = 80);
                ALTER TABLE cell SET (fillfactor = 50);
                """);
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
            migrationBuilder.DropTable(
                name: "anonymous_answer");

            migrationBuilder.DropTable(
                name: "answer");

            migrationBuilder.DropTable(
                name: "cell");

            migrationBuilder.DropTable(
                name: "cell_count");

            migrationBuilder.DropTable(
                name: "definition");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "guardian_rights");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "moved_class");

            migrationBuilder.DropTable(
                name: "policy");

            migrationBuilder.DropTable(
                name: "round_total");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "school_class");

            migrationBuilder.DropTable(
                name: "staged_answer");

            migrationBuilder.DropTable(
                name: "staged_count");

            migrationBuilder.DropTable(
                name: "survey_round");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.DropTable(
                name: "untold_count");

            migrationBuilder.DropTable(
                name: "invitation");
        }
    }
}
