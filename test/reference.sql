-- Prints doc/reference.md from the comments in the catalog: `test/reference` writes the
-- page, and test/t/050_reference.pl holds the page against the catalog.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog;
LOAD 'multitenant';

\qecho '# Reference'
\qecho
\qecho 'Made by `make reference` from the comments in the catalog, which psql shows too: `\\df+ multitenant.*`,'
\qecho '`\\d+ multitenant."Users"`. All is in the schema `multitenant`.'
\qecho
\qecho '## Functions'
SELECT format(E'\n### %s\n\n`%s(%s)` → `%s`\n\n%s', proname, proname,
              replace(pg_get_function_arguments(oid), 'timestamp with time zone', 'timestamptz'),
              replace(replace(pg_get_function_result(oid), 'timestamp with time zone', 'timestamptz'), 'multitenant.', ''),
              obj_description(oid, 'pg_proc'))
FROM pg_proc WHERE pronamespace = 'multitenant'::regnamespace AND prorettype <> 'trigger'::regtype
ORDER BY proname COLLATE "C", oid;

\qecho
\qecho '## Settings'
\qecho
\qecho 'For superusers alone.'
\qecho
\qecho '| setting | default | bounds | |'
\qecho '|---|---|---|---|'
SELECT format('| `%s` | %s | %s | %s |', name,
              CASE WHEN boot_val = '' THEN 'empty' ELSE '`' || boot_val || '`' || coalesce(' ' || unit, '') END,
              coalesce(nullif(min_val || ' to ' || max_val, ''), array_to_string(enumvals, ', '), ''),
              concat_ws(' ', short_desc, extra_desc))
FROM pg_settings WHERE name LIKE 'multitenant.%' ORDER BY name COLLATE "C";

\qecho
\qecho '## Types'
SELECT format(E'\n### %s\n\n%s\n\nOne of %s.', typname, obj_description(t.oid, 'pg_type'),
              (SELECT string_agg('`' || enumlabel || '`', ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
FROM pg_type t WHERE typnamespace = 'multitenant'::regnamespace AND typtype = 'e' ORDER BY typname COLLATE "C";

\qecho
\qecho '## Tables'
SELECT format(E'\n### %s\n\n%s\n\n| column | type | |\n|---|---|---|\n%s', relname, obj_description(c.oid, 'pg_class'),
              (SELECT string_agg(format('| `%s` | %s%s | %s |', attname,
                        replace(replace(format_type(atttypid, NULL), 'timestamp with time zone', 'timestamptz'), 'multitenant.', ''),
                        CASE WHEN attnotnull THEN ', not null' ELSE '' END,
                        coalesce(replace(col_description(c.oid, attnum), '|', '\|'), '')), E'\n' ORDER BY attnum)
               FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))
FROM pg_class c WHERE relnamespace = 'multitenant'::regnamespace AND relkind = 'r' ORDER BY relname COLLATE "C";

\qecho
\qecho '## Triggers'
\qecho
SELECT format('- `%s` on `%s`: %s', tgname, relname, obj_description(tgfoid, 'pg_proc'))
FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid
WHERE relnamespace = 'multitenant'::regnamespace AND NOT tgisinternal AND tgname <> 'set_updated_at' ORDER BY relname COLLATE "C", tgname;
SELECT DISTINCT format('- `%s` on every table: %s', tgname, obj_description(tgfoid, 'pg_proc'))
FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid
WHERE relnamespace = 'multitenant'::regnamespace AND tgname = 'set_updated_at';
