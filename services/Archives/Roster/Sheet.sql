-- Turns the rows of a Chinese roster sheet (in_sheet) into the rows that Compare.sql takes from OneRoster files. A sheet has no ids of the
-- exporting system: schools are found by code or name, classes by title, students by 学籍号 or by name and birth date, guardians by name
-- among the student's. Whoever is not found gets the id that the row itself has.
--
-- {district} and {today} stand for literals; {school} for the one school that the upload is about, or null.

-- Schools: those of the rows; the sheet says nothing about others.
CREATE TEMP TABLE sheet_school ON COMMIT DROP AS
SELECT p.code AS said_code, p.name AS said_name, t.school_id, coalesce(t.source_id, CASE WHEN p.name IS NOT NULL AND {school} IS NULL THEN p.code END) AS source_id,
    coalesce(t.name, p.name) AS name, coalesce(t.code, p.code) AS code
FROM (SELECT DISTINCT school_code AS code, school_name AS name FROM in_sheet) p
    LEFT JOIN LATERAL (
        SELECT * FROM school s
        WHERE s.district_id = {district} AND s.withdrawn_on IS NULL
          AND CASE WHEN {school} IS NOT NULL THEN s.school_id = {school} AND (p.code IS NULL OR s.code IS NULL OR p.code IN (s.code, s.source_id))
                   WHEN p.code IS NOT NULL THEN p.code IN (s.code, s.source_id) ELSE s.name = p.name END
        ORDER BY s.code = p.code DESC NULLS LAST, s.school_id LIMIT 1) t ON true;

UPDATE in_sheet r SET school = s.source_id FROM sheet_school s
WHERE s.said_code IS NOT DISTINCT FROM r.school_code AND s.said_name IS NOT DISTINCT FROM r.school_name;
WITH bad AS (UPDATE in_sheet SET good = false WHERE good AND school IS NULL RETURNING line, coalesce(school_code, school_name) AS said)
INSERT INTO fault SELECT 'sheet', line, '学校标识码', CASE WHEN {school} IS NULL THEN 'sheet.school' ELSE 'sheet.other-school' END, said FROM bad;
INSERT INTO compared_school SELECT DISTINCT school_id FROM sheet_school WHERE school_id IS NOT NULL;
INSERT INTO in_org
SELECT DISTINCT ON (source_id) 0, source_id, name, 'school', code, true FROM sheet_school WHERE source_id IS NOT NULL ORDER BY source_id, name;

-- Classes.
CREATE TEMP TABLE sheet_class ON COMMIT DROP AS
SELECT DISTINCT ON (r.school, r.class) r.line, r.school, r.class AS title, coalesce(t.source_id, r.school || '-' || r.class) AS source_id,
    coalesce(r.grade, t.grade) AS grade
FROM in_sheet r LEFT JOIN sheet_school s ON s.source_id = r.school
    LEFT JOIN class t ON t.district_id = {district} AND t.school_id = s.school_id AND t.title = r.class AND t.withdrawn_on IS NULL
WHERE r.class IS NOT NULL AND r.school IS NOT NULL
ORDER BY r.school, r.class, r.grade IS NULL, r.line;
INSERT INTO in_class SELECT line, source_id, title, true, school, grade, NULL, NULL, true FROM sheet_class;

-- Students. With a number of their own they are nobody else, whatever the name.
CREATE TEMP TABLE sheet_open ON COMMIT DROP AS
SELECT DISTINCT e.student_id, e.school_id FROM enrolment e WHERE e.district_id = {district} AND (e.ends_on IS NULL OR e.ends_on >= {today});
UPDATE in_sheet r SET source_id = r.key FROM student t WHERE t.district_id = {district} AND t.source_id = r.key;
UPDATE in_sheet r SET source_id = t.source_id
FROM (SELECT number, min(source_id) AS source_id FROM student WHERE district_id = {district} GROUP BY number HAVING count(*) = 1) t
WHERE r.source_id IS NULL AND t.number = r.number;
WITH found AS (
    SELECT r.line, min(t.source_id) AS source_id
    FROM in_sheet r JOIN sheet_school s ON s.source_id = r.school AND s.said_code IS NOT DISTINCT FROM r.school_code
            AND s.said_name IS NOT DISTINCT FROM r.school_name
        JOIN sheet_open o ON o.school_id = s.school_id
        JOIN student t ON t.district_id = {district} AND t.id = o.student_id AND t.birth_date = r.birth_date
            AND t.family_name || t.given_name = r.name AND NOT (coalesce(t.number, '') LIKE 'G%' AND coalesce(r.number, '') LIKE 'G%')
    WHERE r.source_id IS NULL AND t.source_id NOT IN (SELECT source_id FROM in_sheet WHERE source_id IS NOT NULL)
    GROUP BY r.line HAVING count(DISTINCT t.id) = 1),
single AS (SELECT min(line) AS line, source_id FROM found GROUP BY source_id HAVING count(*) = 1),
taken AS (UPDATE in_sheet r SET source_id = s.source_id FROM single s WHERE s.line = r.line RETURNING 1)
INSERT INTO note SELECT 'sheet', 'sheet.by-name', count(*) FROM taken HAVING count(*) > 0;
UPDATE in_sheet SET source_id = key WHERE source_id IS NULL;

WITH repeated AS (SELECT source_id, min(line) AS line FROM in_sheet GROUP BY source_id HAVING count(*) > 1),
bad AS (
    DELETE FROM in_sheet r USING repeated p WHERE r.source_id = p.source_id AND r.line > p.line RETURNING r.line, r.good, p.line AS first)
INSERT INTO fault SELECT 'sheet', line, '学籍号', 'sheet.twice', NULL, first::text FROM bad WHERE good;
INSERT INTO fault
SELECT 'sheet', line, '姓名', 'sheet.same-person', NULL, first::text
FROM (SELECT line, min(line) OVER (PARTITION BY school, name, birth_date) AS first FROM in_sheet WHERE good AND birth_date IS NOT NULL) p
WHERE line > first;

INSERT INTO in_user
SELECT r.line, r.source_id, 'student', true, CASE WHEN r.school IS NULL THEN '{}' ELSE ARRAY[r.school] END,
    CASE WHEN t.family_name || t.given_name = r.name THEN t.family_name ELSE r.name END,
    CASE WHEN t.family_name || t.given_name = r.name THEN t.given_name ELSE '' END,
    coalesce(r.number, t.number), NULL, NULL, '{}', r.grade, r.good
FROM in_sheet r LEFT JOIN student t ON t.district_id = {district} AND t.source_id = r.source_id;
INSERT INTO in_demographic
SELECT r.line, r.source_id, coalesce(r.birth_date, t.birth_date), coalesce(r.sex, t.sex), true
FROM in_sheet r LEFT JOIN student t ON t.district_id = {district} AND t.source_id = r.source_id WHERE r.good;
INSERT INTO in_enrollment
SELECT r.line, c.source_id, r.school, r.source_id, 'student', NULL, NULL, NULL, true
FROM in_sheet r JOIN sheet_class c ON c.school = r.school AND c.title = r.class WHERE r.good;

-- Who is on the roll of another school too, stays there until that school's sheet comes.
INSERT INTO fault
SELECT 'sheet', r.line, '姓名', 'sheet.elsewhere'
FROM in_sheet r JOIN student t ON t.district_id = {district} AND t.source_id = r.source_id
WHERE r.good AND EXISTS (SELECT FROM sheet_open o WHERE o.student_id = t.id AND o.school_id NOT IN (SELECT school_id FROM compared_school));
INSERT INTO sheet_left
SELECT o.student_id, EXISTS (SELECT FROM sheet_open a WHERE a.student_id = o.student_id AND a.school_id NOT IN (SELECT school_id FROM compared_school))
FROM (SELECT DISTINCT student_id FROM sheet_open WHERE school_id IN (SELECT school_id FROM compared_school)) o
    JOIN student t ON t.district_id = {district} AND t.id = o.student_id
WHERE t.source_id NOT IN (SELECT source_id FROM in_sheet);

-- Guardians.
CREATE TEMP TABLE sheet_guardian ON COMMIT DROP AS
SELECT r.line, r.source_id AS student, g.place, g.name, g.role, g.legal, g.phone, coalesce(k.source_id, g.key) AS source_id
FROM in_sheet r CROSS JOIN LATERAL (VALUES
        (1, r.key_1, r.name_1, r.role_1, r.legal_1, r.phone_1), (2, r.key_2, r.name_2, r.role_2, r.legal_2, r.phone_2))
        AS g (place, key, name, role, legal, phone)
    LEFT JOIN (
        SELECT s.source_id AS student, q.family_name || q.given_name AS name, min(q.source_id) AS source_id
        FROM guardianship a JOIN student s ON s.district_id = a.district_id AND s.id = a.student_id
            JOIN guardian q ON q.district_id = a.district_id AND q.id = a.guardian_id
        WHERE a.district_id = {district} AND a.withdrawn_on IS NULL GROUP BY 1, 2 HAVING count(*) = 1) k
        ON k.student = r.source_id AND k.name = g.name
WHERE r.good AND g.key IS NOT NULL;
INSERT INTO in_user
SELECT DISTINCT ON (g.source_id) g.line, g.source_id, g.role, true, ARRAY[r.school],
    CASE WHEN t.family_name || t.given_name = g.name THEN t.family_name ELSE g.name END,
    CASE WHEN t.family_name || t.given_name = g.name THEN t.given_name ELSE '' END,
    NULL, coalesce(g.phone, t.phone), t.email, '{}', NULL, true
FROM sheet_guardian g JOIN in_sheet r ON r.line = g.line LEFT JOIN guardian t ON t.district_id = {district} AND t.source_id = g.source_id
ORDER BY g.source_id, g.phone IS NULL, g.line, g.place;
INSERT INTO in_relation
SELECT DISTINCT ON (student, source_id) line, student, source_id, role, CASE WHEN legal THEN 'Guardian' ELSE 'Caregiver' END, place, true
FROM sheet_guardian ORDER BY student, source_id, place;
-- A row without guardians does not know them; whoever left the roll takes theirs along.
INSERT INTO sheet_family
SELECT a.id, a.guardian_id FROM guardianship a JOIN student t ON t.district_id = a.district_id AND t.id = a.student_id
WHERE a.district_id = {district} AND a.withdrawn_on IS NULL
  AND a.student_id NOT IN (SELECT student_id FROM sheet_left WHERE NOT elsewhere)
  AND t.source_id NOT IN (SELECT student FROM in_relation);
