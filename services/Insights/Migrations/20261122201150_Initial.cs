using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace HomeSchool.Insights.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateSequence(
                name: "coverage_version");

            migrationBuilder.CreateTable(
                name: "class",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_class", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "counted_visit",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    planned = table.Column<bool>(type: "boolean", nullable: false),
                    visited = table.Column<bool>(type: "boolean", nullable: false),
                    effective = table.Column<bool>(type: "boolean", nullable: false),
                    in_person = table.Column<bool>(type: "boolean", nullable: false),
                    online = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_counted_visit", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "coverage",
                columns: table => new
                {
                    node_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    on_roll = table.Column<int>(type: "integer", nullable: false),
                    planned = table.Column<int>(type: "integer", nullable: false),
                    visited = table.Column<int>(type: "integer", nullable: false),
                    visited_in_person = table.Column<int>(type: "integer", nullable: false),
                    visited_online = table.Column<int>(type: "integer", nullable: false),
                    effective = table.Column<int>(type: "integer", nullable: false),
                    effective_in_person = table.Column<int>(type: "integer", nullable: false),
                    effective_online = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_coverage", x => new { x.node_id, x.term_id, x.grade });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "district",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    counted_on = table.Column<DateOnly>(type: "date", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_district", x => x.id);
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
                name: "feed",
                columns: table => new
                {
                    position = table.Column<long>(type: "bigint", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    @event = table.Column<string>(name: "event", type: "text", nullable: false),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed", x => x.position);
                });

            migrationBuilder.CreateTable(
                name: "feed_head",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    position = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_head", x => x.id);
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
                name: "student_in_term",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    grade = table.Column<string>(type: "text", nullable: true),
                    planned = table.Column<int>(type: "integer", nullable: false),
                    visited = table.Column<int>(type: "integer", nullable: false),
                    visited_in_person = table.Column<int>(type: "integer", nullable: false),
                    visited_online = table.Column<int>(type: "integer", nullable: false),
                    effective = table.Column<int>(type: "integer", nullable: false),
                    effective_in_person = table.Column<int>(type: "integer", nullable: false),
                    effective_online = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student_in_term", x => new { x.district_id, x.term_id, x.student_id });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 80);

            migrationBuilder.CreateTable(
                name: "term",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: false),
                    teaching_weeks = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_term", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "unannounced",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_unannounced", x => new { x.school_id, x.term_id });
                });

            migrationBuilder.CreateTable(
                name: "visit_quotas",
                columns: table => new
                {
                    node_id = table.Column<Guid>(type: "uuid", nullable: false),
                    term_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    school_id = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    shares = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_quotas", x => new { x.node_id, x.term_id });
                });

            migrationBuilder.InsertData(
                table: "feed_head",
                columns: new[] { "id", "position" },
                values: new object[] { 1, 0L });

            migrationBuilder.CreateIndex(
                name: "ix_class_id",
                table: "class",
                column: "id");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_district_id_student_id",
                table: "enrolment",
                columns: new[] { "district_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_feed_recorded_at",
                table: "feed",
                column: "recorded_at")
                .Annotation("Npgsql:IndexMethod", "brin");

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id",
                table: "school",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_term_district_id_starts_on",
                table: "term",
                columns: new[] { "district_id", "starts_on" });
            // The tables district and feed_head are not a tenant's: an id and a number.
            foreach (var table in new[]
                { "school", "class", "enrolment", "coverage", "student_in_term", "counted_visit", "unannounced", "feed" })
            {
                migrationBuilder.ProtectSchoolFacts(table);
            }

            migrationBuilder.ProtectPersons(
                "visit_quotas",
                "school s WHERE s.district_id = visit_quotas.district_id AND s.school_id = coalesce(visit_quotas.school_id, s.school_id)"
                + " AND s.school_id");
            migrationBuilder.ProtectPersons("term", "school s WHERE s.district_id = term.district_id AND s.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "class");

            migrationBuilder.DropTable(
                name: "counted_visit");

            migrationBuilder.DropTable(
                name: "coverage");

            migrationBuilder.DropTable(
                name: "district");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "feed");

            migrationBuilder.DropTable(
                name: "feed_head");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "student_in_term");

            migrationBuilder.DropTable(
                name: "term");

            migrationBuilder.DropTable(
                name: "unannounced");

            migrationBuilder.DropTable(
                name: "visit_quotas");

            migrationBuilder.DropSequence(
                name: "coverage_version");
        }
    }
}
