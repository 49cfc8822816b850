-- A delta says only what has changed. Beside its rows, what is stored of the same persons and classes is put into the tables of the upload, so
-- that Compare.sql finds each of them as whole as in bulk files; whoever no row is about is left alone there. Nothing is kept of the ids of
-- enrolments and roles: an enrolment is its class and user, and a student's new homeroom in a school takes the place of the one before.
--
-- {district} and {today} stand for literals, {partial_*} for whether what no row of a file says stays, {stored_line} for the first line of
-- what is stored.

INSERT INTO fault
SELECT g.file, g.line, 'sourcedId', 'delta.unknown', g.source_id FROM gone g
WHERE g.good AND (
    g.file = 'users.csv' AND NOT EXISTS (SELECT FROM student t WHERE t.district_id = {district} AND t.source_id = g.source_id)
        AND NOT EXISTS (SELECT FROM staff t WHERE t.district_id = {district} AND t.source_id = g.source_id)
        AND NOT EXISTS (SELECT FROM guardian t WHERE t.district_id = {district} AND t.source_id = g.source_id));
INSERT INTO fault
SELECT g.file, g.line, 'userSourcedId', 'delta.unknown', g."user" FROM gone g
WHERE g.good AND g.file = 'enrollments.csv' AND NOT EXISTS (SELECT FROM student t WHERE t.district_id = {district} AND t.source_id = g."user")
  AND NOT EXISTS (SELECT FROM staff t WHERE t.district_id = {district} AND t.source_id = g."user");

INSERT INTO in_session
SELECT {stored_line}, t.source_id, t.title, 'term', t.starts_on, t.ends_on, NULL, true FROM term t
WHERE {partial_academicSessions} AND t.district_id = {district} AND t.withdrawn_on IS NULL
  AND t.source_id NOT IN (SELECT source_id FROM in_session)
  AND t.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'academicSessions.csv');

INSERT INTO in_class
SELECT {stored_line} + row_number() OVER (), t.source_id, t.title, true, s.source_id, t.grade, NULL, NULL, true
FROM class t JOIN school s USING (school_id)
WHERE {partial_classes} AND t.district_id = {district} AND t.withdrawn_on IS NULL AND s.withdrawn_on IS NULL
  AND t.source_id NOT IN (SELECT source_id FROM in_class)
  AND t.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'classes.csv')
  AND s.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'orgs.csv');

WITH left_out AS (
    DELETE FROM in_enrollment e WHERE {partial_classes} AND e.good AND e.class NOT IN (SELECT source_id FROM in_class)
    RETURNING e.line, e.class)
INSERT INTO fault SELECT 'enrollments.csv', line, 'classSourcedId', 'delta.class', class FROM left_out;

-- Students of whom another file than users.csv says something.
INSERT INTO in_user
SELECT {stored_line}, t.source_id, 'student', true, o.orgs, t.family_name, t.given_name, t.number, NULL, NULL,
    ARRAY(SELECT g.source_id FROM guardianship a JOIN guardian g ON g.district_id = a.district_id AND g.id = a.guardian_id
          WHERE a.district_id = {district} AND a.student_id = t.id AND a.withdrawn_on IS NULL ORDER BY a.contact_order),
    o.grade, true
FROM student t CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT s.source_id), ARRAY[]::text[]) AS orgs, min(e.grade) AS grade
    FROM enrolment e JOIN school s USING (school_id)
    WHERE e.district_id = {district} AND e.student_id = t.id AND (e.ends_on IS NULL OR e.ends_on >= {today})) o
WHERE {partial_users} AND t.district_id = {district} AND t.withdrawn_on IS NULL
  AND t.source_id IN (
      SELECT "user" FROM in_enrollment UNION SELECT "user" FROM gone WHERE good AND file = 'enrollments.csv'
      UNION SELECT source_id FROM in_demographic UNION SELECT unnest(agents) FROM in_user WHERE role <> 'student')
  AND t.source_id NOT IN (SELECT source_id FROM in_user WHERE role = 'student')
  AND t.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'users.csv' AND coalesce(role, 'student') = 'student');

-- Where nothing is said of where they are, they stay where they are, and go where they were to go.
INSERT INTO left_alone SELECT u.source_id FROM in_user u
WHERE {partial_enrollments} AND u.role = 'student' AND u.line >= {stored_line}
  AND NOT EXISTS (SELECT FROM in_enrollment e WHERE e."user" = u.source_id)
  AND NOT EXISTS (SELECT FROM in_role r WHERE r."user" = u.source_id AND r.line < {stored_line})
  AND NOT EXISTS (SELECT FROM gone g WHERE g.good AND g.file IN ('enrollments.csv', 'roles.csv') AND g."user" = u.source_id);

-- Students by the ids that the exporting system knows them by.
CREATE TEMP TABLE known_student ON COMMIT DROP AS
SELECT t.id, coalesce(a.source_id, t.source_id) AS source_id FROM student t LEFT JOIN admitted a ON a.id = t.id WHERE t.district_id = {district};

-- A student's own row names all guardians, if it names any; a guardian's row adds children and takes none away.
CREATE TEMP TABLE kept_guardianship ON COMMIT DROP AS
SELECT a.id
FROM guardianship a JOIN known_student s ON s.id = a.student_id
    JOIN guardian g ON g.district_id = a.district_id AND g.id = a.guardian_id
WHERE a.district_id = {district} AND a.withdrawn_on IS NULL
  AND s.source_id NOT IN (SELECT source_id FROM in_user WHERE good AND role = 'student' AND line < {stored_line} AND cardinality(agents) > 0)
  AND s.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'users.csv' AND coalesce(role, 'student') = 'student')
  AND g.source_id NOT IN (SELECT source_id FROM gone WHERE good AND file = 'users.csv' AND coalesce(role, 'guardian') = 'guardian');

-- Where a stay follows that is still to come, the end of this one is not the file's but follows from it.
INSERT INTO in_enrollment
SELECT {stored_line} + row_number() OVER (), c.source_id, s.source_id, t.source_id, 'student', NULL,
    CASE WHEN NOT n.follows THEN e.starts_on END, CASE WHEN NOT n.follows THEN e.ends_on END, true
FROM enrolment e JOIN known_student t ON t.id = e.student_id JOIN school s USING (school_id)
    JOIN class c ON c.school_id = e.school_id AND c.id = e.class_id
    CROSS JOIN LATERAL (SELECT EXISTS (
        SELECT FROM enrolment f WHERE f.district_id = e.district_id AND f.student_id = e.student_id AND f.starts_on > {today}) AS follows) n
WHERE {partial_enrollments} AND e.district_id = {district} AND (e.ends_on IS NULL OR e.ends_on >= {today})
  AND NOT (n.follows AND e.starts_on > {today})
  AND t.source_id IN (SELECT source_id FROM in_user WHERE role = 'student')
  AND c.source_id IN (SELECT source_id FROM in_class WHERE homeroom)
  AND NOT EXISTS (SELECT FROM in_enrollment i WHERE i."user" = t.source_id AND i.class = c.source_id)
  AND NOT EXISTS (SELECT FROM gone g WHERE g.good AND g.file = 'enrollments.csv' AND g."user" = t.source_id AND g.class = c.source_id)
  AND NOT EXISTS (
      SELECT FROM in_enrollment i JOIN in_class k ON k.source_id = i.class AND k.homeroom
      WHERE i.good AND i."user" = t.source_id AND i.role = 'student' AND k.school = s.source_id AND (i.ends_on IS NULL OR i.ends_on >= {today}));

INSERT INTO taught_anew
SELECT class FROM in_enrollment WHERE role = 'teacher' UNION SELECT class FROM gone WHERE good AND file = 'enrollments.csv' AND role = 'teacher';
-- Behind those that the delta names: its new homeroom teacher comes first.
INSERT INTO in_enrollment
SELECT {stored_line} + 500000000 + row_number() OVER (ORDER BY p.role DESC, f.source_id), c.source_id, s.source_id, f.source_id, 'teacher',
    p.role = 'HomeroomTeacher', NULL, NULL, true
FROM staff_post p JOIN staff f ON f.district_id = p.district_id AND f.id = p.staff_id JOIN school s USING (school_id)
    JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id
WHERE {partial_enrollments} AND p.district_id = {district} AND (p.ends_on IS NULL OR p.ends_on >= {today})
  AND p.role IN ('HomeroomTeacher', 'DeputyHomeroomTeacher')
  AND c.source_id IN (SELECT class FROM taught_anew)
  AND NOT EXISTS (SELECT FROM in_enrollment i WHERE i."user" = f.source_id AND i.class = c.source_id AND i.role = 'teacher')
  AND NOT EXISTS (SELECT FROM gone g WHERE g.good AND g.file = 'enrollments.csv' AND g."user" = f.source_id AND g.class = c.source_id);
ANALYZE in_user;
ANALYZE in_enrollment;
ANALYZE in_class;
