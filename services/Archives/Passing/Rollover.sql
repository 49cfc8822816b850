-- What the beginning of a school year changes (ARC-14): leaves, like Compare.sql, for each kind of record a table new_* with the records as
-- they will be. Which grade and class becomes what is in rolled_grade and rolled_class (next is null where it graduates), which grades are
-- regrouped in regrouped, who is placed where in placed, who teaches in given_class, and what is new in added_class.
--
-- {district}, {version} and {today}, here the first day of the school year, stand for literals.

SET LOCAL enable_nestloop = off;
SET LOCAL work_mem = '64MB';
SET LOCAL jit = off;

-- Who is somewhere from that day on already, is placed.
DELETE FROM placed p USING enrolment e
WHERE e.district_id = {district} AND e.student_id = p.student_id AND e.starts_on >= {today}
  AND (e.ends_on IS NULL OR e.ends_on >= e.starts_on);

CREATE TEMP TABLE new_school ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM school t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;

-- A term that would run into the new year is closed. One that begins in the weeks before the first day is the new year's own.
CREATE TEMP TABLE new_term ON COMMIT DROP AS
SELECT t.id, t.district_id, t.source_id, t.title, t.starts_on,
    CASE WHEN r.runs THEN {today} - 1 ELSE t.ends_on END AS ends_on, t.teaching_weeks, t.withdrawn_on,
    CASE WHEN r.runs THEN {version} ELSE t.version END AS version, CASE WHEN r.runs THEN 'Changed' END AS change
FROM term t CROSS JOIN LATERAL (SELECT t.starts_on < {today} - 31 AND t.ends_on >= {today} AS runs) r
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;

-- A class stays the same class in the next grade; one that graduates is in no new_class, and so withdrawn.
CREATE TEMP TABLE new_class ON COMMIT DROP AS
SELECT c.school_id, c.id, c.district_id, c.source_id, coalesce(r.title, c.title) AS title, coalesce(r.next, c.grade) AS grade,
    c.withdrawn_on, CASE WHEN r.id IS NULL THEN c.version ELSE {version} END AS version,
    CASE WHEN r.id IS NOT NULL THEN 'Changed' END AS change
FROM class c LEFT JOIN rolled_class r ON r.school_id = c.school_id AND r.id = c.id
WHERE c.district_id = {district} AND c.withdrawn_on IS NULL AND (r.id IS NULL OR r.next IS NOT NULL)
UNION ALL
SELECT school_id, id, {district}, source_id, title, grade, NULL, {version}, 'Added' FROM added_class;

-- Nobody comes or goes.
CREATE TEMP TABLE new_student ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM student t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_guardian ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM guardian t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_guardianship ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM guardianship t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_staff ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM staff t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;

-- Each stay ends the day before and goes on in the next grade, with all that was before left as it was. Who is placed leaves whatever
-- other class or school.
CREATE TEMP TABLE going ON COMMIT DROP AS
SELECT e.*, p.student_id IS NOT NULL AS placed, p.student_id IS NOT NULL OR g.grade IS NOT NULL AS goes, g.next,
    CASE WHEN x.grade IS NULL AND (r.id IS NULL OR r.next IS NOT NULL) THEN e.class_id END AS next_class
FROM enrolment e
    LEFT JOIN class c ON c.school_id = e.school_id AND c.id = e.class_id
    LEFT JOIN rolled_grade g ON g.school_id = e.school_id AND g.grade = coalesce(e.grade, c.grade)
    LEFT JOIN rolled_class r ON r.school_id = e.school_id AND r.id = e.class_id
    LEFT JOIN regrouped x ON x.school_id = e.school_id AND x.grade = coalesce(e.grade, c.grade)
    LEFT JOIN placed p ON p.student_id = e.student_id
WHERE e.district_id = {district} AND e.starts_on < {today} AND (e.ends_on IS NULL OR e.ends_on >= {today});

CREATE TEMP TABLE new_enrolment ON COMMIT DROP AS
SELECT school_id, id, district_id, student_id, class_id, grade, starts_on,
    CASE WHEN goes THEN {today} - 1 ELSE ends_on END AS ends_on,
    CASE WHEN goes THEN {version} ELSE version END AS version, CASE WHEN goes THEN 'Withdrawn' END AS change
FROM going
UNION ALL
SELECT school_id, uuid_v7(), district_id, student_id, next_class, next, {today}, ends_on, {version}, 'Added'
FROM going WHERE goes AND NOT placed AND next IS NOT NULL
UNION ALL
SELECT school_id, uuid_v7(), {district}, student_id, class_id, grade, {today}, NULL, {version}, 'Added' FROM placed;

-- Graduates are expected: they are counted for each school, and are no loss.
CREATE TEMP TABLE loss (school_id uuid, on_roll int, leaving int) ON COMMIT DROP;

-- Posts at a class go on with it; those at a class that graduates end with it, and so does that of a homeroom teacher who is replaced.
CREATE TEMP TABLE new_staff_post ON COMMIT DROP AS
SELECT p.school_id, p.id, p.district_id, p.staff_id, p.class_id, p.role, p.subject, p.starts_on,
    CASE WHEN w.goes THEN {today} - 1 ELSE p.ends_on END AS ends_on, CASE WHEN w.goes THEN {version} ELSE p.version END AS version,
    CASE WHEN w.goes THEN 'Withdrawn' END AS change
FROM staff_post p
    LEFT JOIN rolled_class r ON r.school_id = p.school_id AND r.id = p.class_id
    LEFT JOIN given_class h ON h.school_id = p.school_id AND h.class_id = p.class_id
    CROSS JOIN LATERAL (
        SELECT r.id IS NOT NULL AND r.next IS NULL OR h.staff_id IS NOT NULL AND (
            p.role = 'HomeroomTeacher' AND p.staff_id <> h.staff_id
            OR p.role = 'DeputyHomeroomTeacher' AND p.staff_id = h.staff_id) AS goes) w
WHERE p.district_id = {district} AND p.starts_on < {today} AND (p.ends_on IS NULL OR p.ends_on >= {today})
UNION ALL
SELECT h.school_id, uuid_v7(), {district}, h.staff_id, h.class_id, 'HomeroomTeacher', NULL, {today}, NULL, {version}, 'Added'
FROM given_class h
WHERE NOT EXISTS (
    SELECT FROM staff_post p WHERE p.school_id = h.school_id AND p.class_id = h.class_id AND p.staff_id = h.staff_id
        AND p.role = 'HomeroomTeacher' AND (p.ends_on IS NULL OR p.ends_on >= {today}));

-- Who has a class belongs to the school.
INSERT INTO new_staff_post
SELECT h.school_id, uuid_v7(), {district}, h.staff_id, NULL, 'Teacher', NULL, {today}, NULL, {version}, 'Added'
FROM (SELECT DISTINCT school_id, staff_id FROM given_class) h
WHERE NOT EXISTS (
    SELECT FROM staff_post p WHERE p.school_id = h.school_id AND p.staff_id = h.staff_id AND p.class_id IS NULL
        AND (p.ends_on IS NULL OR p.ends_on >= {today}));
