-- The roster as it stands, as OneRoster 1.1: a section a file, each a query behind the first one's CTEs; {district} stands for a
-- literal. Columns and their order are the standard's. The past (who was where before) is not in it.

WITH
today AS (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS day),
schools AS (SELECT * FROM school WHERE district_id = {district} AND withdrawn_on IS NULL),
terms AS (SELECT * FROM term WHERE district_id = {district} AND withdrawn_on IS NULL),
term_ids AS (SELECT string_agg(source_id, ',' ORDER BY starts_on) AS ids FROM terms),
classes AS (
    SELECT c.*, s.source_id AS school FROM class c JOIN schools s USING (school_id)
    WHERE c.district_id = {district} AND c.withdrawn_on IS NULL),
students AS (SELECT * FROM student WHERE district_id = {district} AND withdrawn_on IS NULL),
guardians AS (SELECT * FROM guardian WHERE district_id = {district} AND withdrawn_on IS NULL),
staff_members AS (SELECT * FROM staff WHERE district_id = {district} AND withdrawn_on IS NULL),
guardianships AS (
    SELECT a.*, s.source_id AS student, g.source_id AS guardian
    FROM guardianship a JOIN students s ON s.id = a.student_id JOIN guardians g ON g.id = a.guardian_id
    WHERE a.district_id = {district} AND a.withdrawn_on IS NULL),
stays AS (
    SELECT e.*, s.source_id AS student, c.source_id AS school
    FROM enrolment e JOIN students s ON s.id = e.student_id JOIN schools c ON c.school_id = e.school_id CROSS JOIN today
    WHERE e.district_id = {district} AND (e.ends_on IS NULL OR e.ends_on >= day)),
posts AS (
    SELECT p.*, f.source_id AS member, c.source_id AS school,
        -- A class that is taught is not kept: its id is made of the homeroom class and the subject, the same each time.
        md5(p.class_id::text || coalesce(p.subject, '')) AS taught
    FROM staff_post p JOIN staff_members f ON f.id = p.staff_id JOIN schools c ON c.school_id = p.school_id CROSS JOIN today
    WHERE p.district_id = {district} AND (p.ends_on IS NULL OR p.ends_on >= day)),
lessons AS (
    SELECT DISTINCT p.taught, p.subject, p.class_id, p.school_id FROM posts p WHERE p.role = 'SubjectTeacher')

-- # manifest.csv
SELECT * FROM (VALUES
    ('manifest.version', '1.0'), ('oneroster.version', '1.1'),
    ('file.academicSessions', 'bulk'), ('file.categories', 'absent'), ('file.classes', 'bulk'), ('file.classResources', 'absent'),
    ('file.courses', 'bulk'), ('file.courseResources', 'absent'), ('file.demographics', 'bulk'), ('file.enrollments', 'bulk'),
    ('file.lineItems', 'absent'), ('file.orgs', 'bulk'), ('file.resources', 'absent'), ('file.results', 'absent'),
    ('file.users', 'bulk'),
    ('source.systemName', 'HomeSchool'), ('source.systemCode', 'homeschool')) AS v ("propertyName", "value")

-- # orgs.csv
SELECT {district}::text AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", 'District' AS "name", 'district' AS "type",
    NULL AS "identifier", NULL AS "parentSourcedId"
UNION ALL
SELECT source_id, NULL, NULL, name, 'school', code, {district}::text FROM schools

-- # academicSessions.csv
-- The school year by the calendar year in which it ends.
SELECT source_id AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", title AS "title", 'term' AS "type",
    starts_on AS "startDate", ends_on AS "endDate", NULL AS "parentSourcedId",
    extract(year FROM starts_on + interval '6 months') AS "schoolYear"
FROM terms

-- # courses.csv
SELECT 'homeroom' AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", NULL AS "schoolYearSourcedId",
    'homeroom' AS "title", NULL AS "courseCode", NULL AS "grades", {district}::text AS "orgSourcedId", NULL AS "subjects",
    NULL AS "subjectCodes"
UNION ALL
SELECT DISTINCT md5(subject), NULL, NULL, NULL, subject, NULL, NULL, {district}::text, subject, NULL
FROM lessons WHERE subject <> ''

-- # classes.csv
SELECT source_id AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", title AS "title", grade AS "grades",
    'homeroom' AS "courseSourcedId", NULL AS "classCode", 'homeroom' AS "classType", NULL AS "location",
    school AS "schoolSourcedId", ids AS "termSourcedIds", NULL AS "subjects", NULL AS "subjectCodes", NULL AS "periods"
FROM classes CROSS JOIN term_ids
UNION ALL
SELECT l.taught, NULL, NULL, concat_ws(' ', c.title, l.subject), c.grade, coalesce(md5(nullif(l.subject, '')), 'homeroom'), NULL,
    'scheduled', NULL, c.school, ids, l.subject, NULL, NULL
FROM lessons l JOIN classes c ON c.school_id = l.school_id AND c.id = l.class_id CROSS JOIN term_ids

-- # users.csv
SELECT f.source_id AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", 'true' AS "enabledUser",
    p.schools AS "orgSourcedIds", coalesce(p.role, 'teacher') AS "role", f.source_id AS "username", NULL AS "userIds",
    f.given_name AS "givenName", f.family_name AS "familyName", NULL AS "middleName", NULL AS "identifier", f.email AS "email",
    f.phone AS "sms", NULL AS "phone", NULL AS "agentSourcedIds", NULL AS "grades", NULL AS "password"
FROM staff_members f LEFT JOIN (
    SELECT staff_id, string_agg(DISTINCT school, ',') AS schools, lower(max(role)) AS role
    FROM posts WHERE class_id IS NULL GROUP BY staff_id) p ON p.staff_id = f.id
UNION ALL
SELECT s.source_id, NULL, NULL, 'true', e.schools, 'student', s.source_id, NULL, s.given_name, s.family_name, NULL, s.number,
    NULL, NULL, NULL, a.guardians, e.grade, NULL
FROM students s
    LEFT JOIN (SELECT student_id, string_agg(DISTINCT school, ',') AS schools, min(grade) AS grade FROM stays
               GROUP BY student_id) e ON e.student_id = s.id
    LEFT JOIN (SELECT student_id, string_agg(guardian, ',' ORDER BY contact_order) AS guardians FROM guardianships
               GROUP BY student_id) a ON a.student_id = s.id
UNION ALL
SELECT g.source_id, NULL, NULL, 'true', a.schools, coalesce(a.role, 'guardian'), g.source_id, NULL, g.given_name, g.family_name,
    NULL, NULL, g.email, g.phone, NULL, a.children, NULL, NULL
FROM guardians g LEFT JOIN (
    SELECT a.guardian_id, lower(min(a.relation)) AS role, string_agg(DISTINCT a.student, ',') AS children,
        string_agg(DISTINCT e.school, ',') AS schools
    FROM guardianships a LEFT JOIN stays e ON e.student_id = a.student_id GROUP BY a.guardian_id) a ON a.guardian_id = g.id

-- # demographics.csv
SELECT source_id AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", birth_date AS "birthDate", lower(sex) AS "sex",
    NULL AS "americanIndianOrAlaskaNative", NULL AS "asian", NULL AS "blackOrAfricanAmerican",
    NULL AS "nativeHawaiianOrOtherPacificIslander", NULL AS "white", NULL AS "demographicRaceTwoOrMoreRaces",
    NULL AS "hispanicOrLatinoEthnicity", NULL AS "countryOfBirthCode", NULL AS "stateOfBirthAbbreviation", NULL AS "cityOfBirth",
    NULL AS "publicSchoolResidenceStatus"
FROM students

-- # enrollments.csv
SELECT e.id::text AS "sourcedId", NULL AS "status", NULL AS "dateLastModified", c.source_id AS "classSourcedId",
    e.school AS "schoolSourcedId", e.student AS "userSourcedId", 'student' AS "role", NULL AS "primary",
    e.starts_on AS "beginDate", e.ends_on AS "endDate"
FROM stays e JOIN classes c ON c.school_id = e.school_id AND c.id = e.class_id
UNION ALL
SELECT p.id::text, NULL, NULL, CASE p.role WHEN 'SubjectTeacher' THEN p.taught ELSE c.source_id END, p.school, p.member,
    'teacher', (p.role <> 'DeputyHomeroomTeacher')::text, p.starts_on, p.ends_on
FROM posts p JOIN classes c ON c.school_id = p.school_id AND c.id = p.class_id
UNION ALL
SELECT md5(l.taught || e.id::text), NULL, NULL, l.taught, e.school, e.student, 'student', NULL, e.starts_on, e.ends_on
FROM lessons l JOIN classes c ON c.school_id = l.school_id AND c.id = l.class_id
    JOIN stays e ON e.school_id = l.school_id AND e.class_id = l.class_id
