-- The rows of one upload as they stand in its files, for the time of one transaction. COPY does not work on tables under
-- row-level security; these are the session's own.

-- Whole tables are joined here. Behind row-level security the planner takes the stored ones for far smaller than they are and would walk
-- through them in nested loops (measured: 8 s instead of 0.5).
SET LOCAL enable_nestloop = off;
SET LOCAL work_mem = '64MB';
-- Looking at 3,000 rows of a table tells its size and its common values; the usual 30,000 took a tenth of the whole check.
SET LOCAL default_statistics_target = 10;

CREATE TEMP TABLE in_org (line int, source_id text, name text, type text, code text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_session (
    line int, source_id text, title text, type text, starts_on date, ends_on date, parent text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_course (line int, source_id text, title text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_class (
    line int, source_id text, title text, homeroom bool, school text, grade text, course text, subject text, good bool)
    ON COMMIT DROP;
CREATE TEMP TABLE in_user (
    line int, source_id text, role text, enabled bool, orgs text[], family_name text, given_name text, number text, phone text,
    email text, agents text[], grade text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_demographic (line int, source_id text, birth_date date, sex text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_enrollment (
    line int, class text, school text, "user" text, role text, is_primary bool, starts_on date, ends_on date, good bool)
    ON COMMIT DROP;
CREATE TEMP TABLE in_role (
    line int, "user" text, is_primary bool, role text, org text, starts_on date, ends_on date, grade text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE in_profile (line int, "user" text, good bool) ON COMMIT DROP;
-- What somebody is to a student, where a file says it of the pair; relation is as in in_user.role.
CREATE TEMP TABLE in_relation (
    line int, student text, guardian text, relation text, legal text, place int, good bool) ON COMMIT DROP;
-- The Chinese roster sheet, one row a student; school and source_id are found by Sheet.sql.
CREATE TEMP TABLE in_sheet (
    line int, school_code text, school_name text, class text, grade text, key text, number text, name text, birth_date date, sex text,
    key_1 text, name_1 text, role_1 text, legal_1 bool, phone_1 text, key_2 text, name_2 text, role_2 text, legal_2 bool, phone_2 text,
    good bool, school text, source_id text) ON COMMIT DROP;
-- What a sheet is about: the schools, who left their roll (and is on another one), and the guardianships on which it is silent.
CREATE TEMP TABLE compared_school (school_id uuid NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE sheet_left (student_id uuid NOT NULL, elsewhere bool NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE sheet_family (id uuid NOT NULL, guardian_id uuid NOT NULL) ON COMMIT DROP;

-- What a delta says is no more (link as in in_enrollment and in_role; of a user, role is null or which kind of person is no more), and the classes of whose teachers it says something.
CREATE TEMP TABLE gone (
    line int, file text, source_id text, class text, "user" text, role text, org text, good bool) ON COMMIT DROP;
CREATE TEMP TABLE left_alone (source_id text NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE taught_anew (class text NOT NULL) ON COMMIT DROP;

-- What was found wrong with them beyond the single row; see RosterTexts for the codes.
CREATE TEMP TABLE fault (file text, line int, "column" text, code text, value text, detail text) ON COMMIT DROP;
CREATE TEMP TABLE note (file text, code text, value text, detail text) ON COMMIT DROP;
