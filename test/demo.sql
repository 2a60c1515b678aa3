\pset footer off
CREATE EXTENSION multitenant CASCADE;
SELECT c.relname AS "table", pg_catalog.obj_description(c.oid, 'pg_class') AS "what it holds"
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r'
 ORDER BY c.relname;
