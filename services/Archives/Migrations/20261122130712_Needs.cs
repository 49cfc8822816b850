using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class Needs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "attention",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cause = table.Column<string>(type: "text", nullable: false),
                    evidence = table.Column<string[]>(type: "text[]", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    raised_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    priority_until = table.Column<DateOnly>(type: "date", nullable: true),
                    reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attention", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "attention_note",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    attention_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    written_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    text = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attention_note", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "homework",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    missed = table.Column<Guid[]>(type: "uuid[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_homework", x => new { x.school_id, x.class_id, x.subject, x.due_on });
                });

            migrationBuilder.CreateTable(
                name: "need_policy",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    settings = table.Column<string>(type: "jsonb", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_need_policy", x => x.district_id);
                });

            migrationBuilder.CreateTable(
                name: "plan",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    review_on = table.Column<DateOnly>(type: "date", nullable: false),
                    agreed_by = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    goals = table.Column<byte[]>(type: "bytea", nullable: false),
                    measures = table.Column<byte[]>(type: "bytea", nullable: true),
                    note = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_plan", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "plan_mark",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    plan_id = table.Column<Guid>(type: "uuid", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    side = table.Column<string>(type: "text", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kept = table.Column<short>(type: "smallint", nullable: false),
                    of = table.Column<short>(type: "smallint", nullable: false),
                    form = table.Column<string>(type: "text", nullable: false),
                    marked_by = table.Column<Guid>(type: "uuid", nullable: true),
                    marked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_plan_mark", x => new { x.district_id, x.plan_id, x.day, x.side });
                });

            migrationBuilder.CreateTable(
                name: "score",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    held_on = table.Column<DateOnly>(type: "date", nullable: false),
                    points = table.Column<decimal>(type: "numeric(6,2)", precision: 6, scale: 2, nullable: true),
                    out_of = table.Column<decimal>(type: "numeric(6,2)", precision: 6, scale: 2, nullable: true),
                    level = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_score", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "student_needs",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    academic = table.Column<string>(type: "text", nullable: false),
                    conduct = table.Column<string>(type: "text", nullable: false),
                    circumstances = table.Column<string[]>(type: "text[]", nullable: false),
                    psychologically_sensitive = table.Column<bool>(type: "boolean", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    holds_until = table.Column<DateOnly>(type: "date", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student_needs", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "student_task",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    watch_id = table.Column<Guid>(type: "uuid", nullable: false),
                    assignee_id = table.Column<Guid>(type: "uuid", nullable: false),
                    what = table.Column<byte[]>(type: "bytea", nullable: false),
                    until = table.Column<DateOnly>(type: "date", nullable: false),
                    done_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student_task", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "support",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    asked_by = table.Column<Guid>(type: "uuid", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    resource_id = table.Column<Guid>(type: "uuid", nullable: true),
                    responsible_id = table.Column<Guid>(type: "uuid", nullable: true),
                    referred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    result = table.Column<string>(type: "text", nullable: true),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    shared = table.Column<bool>(type: "boolean", nullable: false),
                    wish = table.Column<byte[]>(type: "bytea", nullable: false),
                    note = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_support", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "support_resource",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    withdrawn_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_support_resource", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "term_outcome",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    baseline = table.Column<decimal>(type: "numeric(5,4)", precision: 5, scale: 4, nullable: true),
                    improved = table.Column<bool>(type: "boolean", nullable: true),
                    decided_by = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_term_outcome", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "watch",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    level = table.Column<string>(type: "text", nullable: false),
                    review_on = table.Column<DateOnly>(type: "date", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    begun_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    why = table.Column<byte[]>(type: "bytea", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_watch", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_attention_school_id_id",
                table: "attention",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_attention_school_id_student_id_cause",
                table: "attention",
                columns: new[] { "school_id", "student_id", "cause" });

            migrationBuilder.CreateIndex(
                name: "ix_attention_note_school_id_attention_id_id",
                table: "attention_note",
                columns: new[] { "school_id", "attention_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_plan_school_id_id",
                table: "plan",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_plan_school_id_student_id_id",
                table: "plan",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_plan_mark_school_id_student_id_day",
                table: "plan_mark",
                columns: new[] { "school_id", "student_id", "day" });

            migrationBuilder.CreateIndex(
                name: "ix_score_school_id_kind_held_on",
                table: "score",
                columns: new[] { "school_id", "kind", "held_on" });

            migrationBuilder.CreateIndex(
                name: "ix_score_school_id_student_id_held_on",
                table: "score",
                columns: new[] { "school_id", "student_id", "held_on" });

            migrationBuilder.CreateIndex(
                name: "ix_student_needs_school_id_student_id_id",
                table: "student_needs",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_task_assignee_id_id",
                table: "student_task",
                columns: new[] { "assignee_id", "id" },
                filter: "done_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_student_task_school_id_student_id_watch_id",
                table: "student_task",
                columns: new[] { "school_id", "student_id", "watch_id" });

            migrationBuilder.CreateIndex(
                name: "ix_support_school_id_id",
                table: "support",
                columns: new[] { "school_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_support_school_id_student_id_id",
                table: "support",
                columns: new[] { "school_id", "student_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_term_outcome_school_id_term_id_id",
                table: "term_outcome",
                columns: new[] { "school_id", "term_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_watch_school_id_id",
                table: "watch",
                columns: new[] { "school_id", "id" });

            foreach (var table in new[]
            {
                "student_needs", "attention", "attention_note", "score", "homework", "term_outcome", "plan", "plan_mark", "watch",
                "student_task", "support_resource", "support",
            })
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            migrationBuilder.ProtectPersons("need_policy", "school s WHERE s.district_id = need_policy.district_id AND s.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "attention");

            migrationBuilder.DropTable(
                name: "attention_note");

            migrationBuilder.DropTable(
                name: "homework");

            migrationBuilder.DropTable(
                name: "need_policy");

            migrationBuilder.DropTable(
                name: "plan");

            migrationBuilder.DropTable(
                name: "plan_mark");

            migrationBuilder.DropTable(
                name: "score");

            migrationBuilder.DropTable(
                name: "student_needs");

            migrationBuilder.DropTable(
                name: "student_task");

            migrationBuilder.DropTable(
                name: "support");

            migrationBuilder.DropTable(
                name: "support_resource");

            migrationBuilder.DropTable(
                name: "term_outcome");

            migrationBuilder.DropTable(
                name: "watch");
        }
    }
}
