using System;
using HomeSchool.ServiceDefaults.Tenancy;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace HomeSchool.Archives.Migrations
{
    /// <inheritdoc />
    public partial class Roster : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "class",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    grade = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_class", x => new { x.school_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "district_roster",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_district_roster", x => x.district_id);
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
                    table.CheckConstraint("enrolment_ends_after_start", "ends_on >= starts_on - 1");
                });

            migrationBuilder.CreateTable(
                name: "guardian",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    family_name = table.Column<string>(type: "text", nullable: false),
                    given_name = table.Column<string>(type: "text", nullable: false),
                    phone = table.Column<string>(type: "text", nullable: true),
                    email = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardian", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "guardianship",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    student_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guardian_id = table.Column<Guid>(type: "uuid", nullable: false),
                    relation = table.Column<string>(type: "text", nullable: false),
                    legal_status = table.Column<string>(type: "text", nullable: false),
                    contact_order = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_guardianship", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "roster_change",
                columns: table => new
                {
                    import_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    change = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    fields = table.Column<string[]>(type: "text[]", nullable: false),
                    row = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_change", x => new { x.import_id, x.kind, x.id });
                });

            migrationBuilder.CreateTable(
                name: "roster_import",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    base_version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    report = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_import", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "roster_mistake",
                columns: table => new
                {
                    import_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    file = table.Column<string>(type: "text", nullable: false),
                    line = table.Column<int>(type: "integer", nullable: false),
                    column = table.Column<string>(type: "text", nullable: false),
                    code = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roster_mistake", x => new { x.import_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "school",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    code = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_school", x => x.school_id);
                });

            migrationBuilder.CreateTable(
                name: "staff",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    family_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    given_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    phone = table.Column<string>(type: "text", nullable: true),
                    email = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "staff_post",
                columns: table => new
                {
                    school_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    class_id = table.Column<Guid>(type: "uuid", nullable: true),
                    role = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: true),
                    starts_on = table.Column<DateOnly>(type: "date", nullable: false),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff_post", x => new { x.school_id, x.id });
                    table.CheckConstraint("staff_post_ends_after_start", "ends_on >= starts_on - 1");
                });

            migrationBuilder.CreateTable(
                name: "student",
                columns: table => new
                {
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    family_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    given_name = table.Column<string>(type: "text", nullable: false, collation: "zh-x-icu"),
                    number = table.Column<string>(type: "text", nullable: true),
                    birth_date = table.Column<DateOnly>(type: "date", nullable: true),
                    sex = table.Column<string>(type: "text", nullable: true),
                    withdrawn_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_student", x => new { x.district_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "term",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    district_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
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

            migrationBuilder.CreateIndex(
                name: "ix_class_district_id",
                table: "class",
                column: "district_id");

            migrationBuilder.CreateIndex(
                name: "ix_class_school_id_source_id",
                table: "class",
                columns: new[] { "school_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_district_id_student_id",
                table: "enrolment",
                columns: new[] { "district_id", "student_id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_school_id_class_id",
                table: "enrolment",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_guardian_district_id_source_id",
                table: "guardian",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_guardianship_district_id_guardian_id",
                table: "guardianship",
                columns: new[] { "district_id", "guardian_id" });

            migrationBuilder.CreateIndex(
                name: "ix_guardianship_district_id_student_id_guardian_id",
                table: "guardianship",
                columns: new[] { "district_id", "student_id", "guardian_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "roster_import_one_checked",
                table: "roster_import",
                column: "district_id",
                unique: true,
                filter: "state = 'Checked'");

            migrationBuilder.CreateIndex(
                name: "ix_school_district_id_source_id",
                table: "school",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_staff_district_id_source_id",
                table: "staff",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_staff_post_district_id_staff_id",
                table: "staff_post",
                columns: new[] { "district_id", "staff_id" });

            migrationBuilder.CreateIndex(
                name: "ix_staff_post_school_id_class_id",
                table: "staff_post",
                columns: new[] { "school_id", "class_id" });

            migrationBuilder.CreateIndex(
                name: "ix_student_district_id_source_id",
                table: "student",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_term_district_id_source_id",
                table: "term",
                columns: new[] { "district_id", "source_id" },
                unique: true);

            // UUIDv7 (time first, so that new rows stand together in an index); PostgreSQL 15 has none of its own.
            migrationBuilder.Sql(
                """
                CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
                    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                        placing substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
                        52, 1), 53, 1), 'hex')::uuid
                $$;
                """);

            foreach (var table in new[] { "school", "class", "enrolment", "staff_post" })
                migrationBuilder.ProtectSchoolFacts(table);
            foreach (var table in new[] { "district_roster", "roster_import", "roster_change", "roster_mistake" })
                migrationBuilder.ProtectDistrictFacts(table);
            migrationBuilder.ProtectPersons("term", "school s WHERE s.district_id = term.district_id AND s.school_id");
            // Who is at a school sees; from the day after the last, no longer (ARC-14).
            migrationBuilder.ProtectPersons("student",
                "enrolment e WHERE e.district_id = student.district_id AND e.student_id = student.id "
                + "AND (e.ends_on IS NULL OR e.ends_on >= current_date) AND e.school_id");
            migrationBuilder.ProtectPersons("guardianship",
                "enrolment e WHERE e.district_id = guardianship.district_id AND e.student_id = guardianship.student_id "
                + "AND (e.ends_on IS NULL OR e.ends_on >= current_date) AND e.school_id");
            migrationBuilder.ProtectPersons("guardian",
                "guardianship g JOIN enrolment e ON e.district_id = g.district_id AND e.student_id = g.student_id "
                + "WHERE g.district_id = guardian.district_id AND g.guardian_id = guardian.id "
                + "AND (e.ends_on IS NULL OR e.ends_on >= current_date) AND e.school_id");
            migrationBuilder.ProtectPersons("staff",
                "staff_post p WHERE p.district_id = staff.district_id AND p.staff_id = staff.id "
                + "AND (p.ends_on IS NULL OR p.ends_on >= current_date) AND p.school_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION uuid_v7();");
            migrationBuilder.DropTable(
                name: "class");

            migrationBuilder.DropTable(
                name: "district_roster");

            migrationBuilder.DropTable(
                name: "enrolment");

            migrationBuilder.DropTable(
                name: "guardian");

            migrationBuilder.DropTable(
                name: "guardianship");

            migrationBuilder.DropTable(
                name: "roster_change");

            migrationBuilder.DropTable(
                name: "roster_import");

            migrationBuilder.DropTable(
                name: "roster_mistake");

            migrationBuilder.DropTable(
                name: "school");

            migrationBuilder.DropTable(
                name: "staff");

            migrationBuilder.DropTable(
                name: "staff_post");

            migrationBuilder.DropTable(
                name: "student");

            migrationBuilder.DropTable(
                name: "term");
        }
    }
}
