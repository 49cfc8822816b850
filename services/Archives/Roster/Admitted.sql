-- Who was admitted by hand (AdmitStudent) is known by the number, until the exporting system has said its own id: this one, from now on.
--
-- {district} stands for a literal.

CREATE TEMP TABLE admitted ON COMMIT DROP AS
SELECT DISTINCT ON (t.id) t.id, u.source_id
FROM student t JOIN in_user u ON u.good AND u.role = 'student' AND upper(u.number) = t.number
WHERE t.district_id = {district} AND left(t.source_id, 9) = 'admitted:'
  AND NOT EXISTS (SELECT FROM student o WHERE o.district_id = {district} AND o.source_id = u.source_id)
ORDER BY t.id, u.line;
ANALYZE admitted;
