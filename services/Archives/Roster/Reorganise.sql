-- What a reorganisation of schools would change (ALL-10): leaves, like Compare.sql, for each kind of record a table new_* with all records
-- as they will be. What moves is in moved_class and moved_school, what ends in closed_school, what is new in added_school.
--
-- {district}, {version} and {today} stand for literals.

SET LOCAL enable_nestloop = off;
SET LOCAL jit = off;

CREATE TEMP TABLE new_school ON COMMIT DROP AS
SELECT school_id, {district} AS district_id, source_id, name, code, NULL::date AS withdrawn_on, {version} AS version, 'Added' AS change
FROM added_school
UNION ALL
SELECT t.school_id, t.district_id, t.source_id, t.name, t.code, t.withdrawn_on, t.version, NULL
FROM school t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL AND t.school_id NOT IN (SELECT school_id FROM closed_school);

-- A class that moves ends here and begins there, under the same id of the exporting system.
CREATE TEMP TABLE new_class ON COMMIT DROP AS
SELECT t.school_id, t.id, t.district_id, t.source_id, t.title, t.grade, t.withdrawn_on, t.version, NULL AS change
FROM class t
WHERE t.district_id = {district} AND t.withdrawn_on IS NULL AND t.school_id NOT IN (SELECT school_id FROM closed_school)
  AND NOT EXISTS (SELECT FROM moved_class m WHERE m.from_school = t.school_id AND m.from_class = t.id)
UNION ALL
SELECT m.to_school, m.to_class, {district}, t.source_id, t.title, t.grade, NULL, {version},
    CASE WHEN EXISTS (SELECT FROM class c WHERE c.school_id = m.to_school AND c.id = m.to_class) THEN 'Changed' ELSE 'Added' END
FROM moved_class m JOIN class t ON t.school_id = m.from_school AND t.id = m.from_class;

-- Nobody comes or goes.
CREATE TEMP TABLE new_term ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM term t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_student ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM student t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_guardian ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM guardian t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_guardianship ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM guardianship t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;
CREATE TEMP TABLE new_staff ON COMMIT DROP AS
SELECT t.*, NULL AS change FROM staff t WHERE t.district_id = {district} AND t.withdrawn_on IS NULL;

-- Each stay at a school that is left ends yesterday, or never began, and goes on at the other school from today.
CREATE TEMP TABLE going ON COMMIT DROP AS
SELECT e.*, coalesce(c.to_school, s.to_school) AS to_school, c.to_class,
    c.to_school IS NOT NULL OR s.to_school IS NOT NULL OR x.school_id IS NOT NULL AS goes
FROM enrolment e
    LEFT JOIN moved_class c ON c.from_school = e.school_id AND c.from_class = e.class_id
    LEFT JOIN moved_school s ON s.from_school = e.school_id AND e.class_id IS NULL
    LEFT JOIN closed_school x ON x.school_id = e.school_id
WHERE e.district_id = {district} AND (e.ends_on IS NULL OR e.ends_on >= {today});

CREATE TEMP TABLE new_enrolment ON COMMIT DROP AS
SELECT school_id, id, district_id, student_id, class_id, grade, starts_on,
    CASE WHEN goes THEN greatest(starts_on - 1, {today} - 1) ELSE ends_on END AS ends_on,
    CASE WHEN goes THEN {version} ELSE version END AS version, CASE WHEN goes THEN 'Withdrawn' END AS change
FROM going
UNION ALL
SELECT to_school, uuid_v7(), district_id, student_id, to_class, grade, greatest(starts_on, {today}), ends_on, {version}, 'Added'
FROM going WHERE to_school IS NOT NULL;

-- Who is nowhere afterwards, of those who were on a school's roll.
CREATE TEMP TABLE loss ON COMMIT DROP AS
SELECT b.school_id, count(*) AS on_roll,
    count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM new_enrolment n WHERE n.student_id = b.student_id AND n.change IS DISTINCT FROM 'Withdrawn')) AS leaving
FROM (SELECT DISTINCT school_id, student_id FROM going) b
GROUP BY 1;

CREATE TEMP TABLE leaving_post ON COMMIT DROP AS
SELECT p.*, coalesce(c.to_school, s.to_school) AS to_school, c.to_class,
    c.to_school IS NOT NULL OR s.to_school IS NOT NULL OR x.school_id IS NOT NULL AS goes
FROM staff_post p
    LEFT JOIN moved_class c ON c.from_school = p.school_id AND c.from_class = p.class_id
    LEFT JOIN moved_school s ON s.from_school = p.school_id AND p.class_id IS NULL
    LEFT JOIN closed_school x ON x.school_id = p.school_id
WHERE p.district_id = {district} AND (p.ends_on IS NULL OR p.ends_on >= {today});

CREATE TEMP TABLE new_staff_post ON COMMIT DROP AS
SELECT school_id, id, district_id, staff_id, class_id, role, subject, starts_on,
    CASE WHEN goes THEN greatest(starts_on - 1, {today} - 1) ELSE ends_on END AS ends_on,
    CASE WHEN goes THEN {version} ELSE version END AS version, CASE WHEN goes THEN 'Withdrawn' END AS change
FROM leaving_post
UNION ALL
SELECT p.to_school, uuid_v7(), p.district_id, p.staff_id, p.to_class, p.role, p.subject, greatest(p.starts_on, {today}), p.ends_on, {version}, 'Added'
FROM leaving_post p
WHERE p.to_school IS NOT NULL AND (p.to_class IS NOT NULL OR NOT EXISTS (
    SELECT FROM leaving_post o WHERE o.school_id = p.to_school AND o.staff_id = p.staff_id AND o.class_id IS NULL AND o.role = p.role));

-- Who comes with a class belongs to the school.
INSERT INTO new_staff_post
SELECT DISTINCT n.school_id, NULL::uuid, {district}, n.staff_id, NULL::uuid, 'Teacher', NULL, {today}, NULL::date, {version}, 'Added'
FROM new_staff_post n
WHERE n.change = 'Added' AND n.class_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM new_staff_post s WHERE s.school_id = n.school_id AND s.staff_id = n.staff_id AND s.class_id IS NULL
        AND s.change IS DISTINCT FROM 'Withdrawn');
UPDATE new_staff_post SET id = uuid_v7() WHERE id IS NULL;
