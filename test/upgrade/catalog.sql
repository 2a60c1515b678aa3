-- pg_temp.catalog(): everything that the catalog holds about the extension, as lines of text
-- in which no Oid is left, so that two databases can be compared.
--
-- Its objects are the extension, its members and whatever comes with them (indexes,
-- constraints, triggers, policies, rules, toast tables). Every catalog row of each of them
-- is shown, column by column, with its comments, dependencies and initial privileges. An Oid is
-- replaced by the identity of what pg_get_catalog_foreign_keys() says it refers to; one
-- of which that does not tell is an error, unless it is listed here.
--
-- Left out is what says how a row is stored and not what it means.

CREATE FUNCTION pg_temp.name_of(class oid, object oid, part integer DEFAULT 0)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  name text;
BEGIN
  IF object = 0 THEN
    RETURN '-';
  END IF;
  -- the two kinds of objects that have an Oid in their names
  IF class = 'pg_class'::regclass THEN
    SELECT 'toast table of ' || pg_temp.name_of(class, oid) || '.' || part INTO name
    FROM pg_class WHERE reltoastrelid = object;
    IF NOT FOUND THEN
      SELECT 'index of ' || pg_temp.name_of(class, i.indrelid) || '.' || part INTO name
      FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid AND t.relkind = 't'
      WHERE i.indexrelid = object;
    END IF;
  ELSIF class = 'pg_trigger'::regclass THEN
    SELECT format('trigger %s of %s on %s', tgfoid::regproc, pg_temp.name_of('pg_constraint'::regclass, tgconstraint), tgrelid::regclass)
    INTO name
    FROM pg_trigger WHERE oid = object AND tgisinternal;
  END IF;
  IF name IS NULL THEN
    SELECT type || ' ' || identity INTO name FROM pg_identify_object(class, object, part);
  END IF;
  RETURN name;
END $$;

CREATE FUNCTION pg_temp.catalog()
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  columns text;
  is_ours text;
  class record;
BEGIN
  CREATE TEMP TABLE ours ON COMMIT DROP AS
  WITH RECURSIVE ours (classid, objid) AS (
    SELECT 'pg_extension'::regclass::oid, oid FROM pg_extension WHERE extname = 'multitenant'
    UNION
    SELECT d.classid, d.objid
    FROM pg_depend d JOIN ours o ON d.refclassid = o.classid AND d.refobjid = o.objid
    WHERE d.deptype IN ('e', 'a', 'i', 'P', 'S'))
  SELECT classid, objid FROM ours;

  -- rows of catalogs, a line for each column
  FOR class IN
    SELECT c.oid, c.relname,
           CASE c.relname
             WHEN 'pg_aggregate' THEN '(''pg_proc''::regclass, aggfnoid)'
             WHEN 'pg_attribute' THEN '(''pg_class''::regclass, attrelid)'
             WHEN 'pg_enum' THEN '(''pg_type''::regclass, enumtypid)'
             WHEN 'pg_foreign_table' THEN '(''pg_class''::regclass, ftrelid)'
             WHEN 'pg_index' THEN '(''pg_class''::regclass, indexrelid)'
             WHEN 'pg_inherits' THEN '(''pg_class''::regclass, inhrelid)'
             WHEN 'pg_partitioned_table' THEN '(''pg_class''::regclass, partrelid)'
             WHEN 'pg_range' THEN '(''pg_type''::regclass, rngtypid)'
             WHEN 'pg_sequence' THEN '(''pg_class''::regclass, seqrelid)'
             ELSE '(r.tableoid, r.oid)'
           END AS key,
           CASE c.relname
             WHEN 'pg_attribute' THEN 'pg_temp.name_of(''pg_class''::regclass, attrelid) || '' column '' || attnum'
             WHEN 'pg_enum' THEN 'pg_temp.name_of(''pg_type''::regclass, enumtypid) || '' label '' || enumlabel'
             WHEN 'pg_index' THEN 'pg_temp.name_of(''pg_class''::regclass, indexrelid)'
             ELSE NULL
           END AS name
    FROM pg_class c
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
      AND (c.relname IN ('pg_aggregate', 'pg_foreign_table', 'pg_index', 'pg_inherits', 'pg_partitioned_table', 'pg_range', 'pg_sequence')
           OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'oid')
           OR c.relname = 'pg_attribute')
      AND c.relname NOT IN ('pg_extension', 'pg_largeobject_metadata')
    ORDER BY c.relname
  LOOP
    SELECT string_agg(format('(%L, %s)', a.attname, CASE
             WHEN a.atttypid = 'aclitem[]'::regtype THEN format('(SELECT string_agg(i::text, '' '' ORDER BY i::text COLLATE "C") FROM unnest(%I) i)', a.attname)
             -- the server's own mark of a column's type, in minor releases of 2026
             WHEN class.relname = 'pg_attribute' AND a.attname = 'attoptions' THEN '(SELECT string_agg(o, '' '') FROM unnest(attoptions) o WHERE o NOT LIKE ''pg\_attver=%'')'
             WHEN class.relname = 'pg_class' AND a.attname = 'relname' THEN 'regexp_replace(relname, ''^pg_toast_\d+'', ''pg_toast'')'
             WHEN class.relname = 'pg_trigger' AND a.attname = 'tgname' THEN 'CASE WHEN tgisinternal THEN ''internal'' ELSE tgname END'
             WHEN class.relname = 'pg_trigger' AND a.attname = 'tgqual' THEN 'CASE WHEN NOT tgisinternal THEN pg_get_triggerdef(oid) END'
             WHEN class.relname = 'pg_rewrite' AND a.attname = 'ev_action' THEN 'pg_get_ruledef(oid)'
             WHEN class.relname = 'pg_proc' AND a.attname = 'prosqlbody' THEN 'pg_get_function_sqlbody(oid)'
             WHEN a.atttypid = 'pg_node_tree'::regtype THEN format('pg_get_expr(%I, %s)', a.attname, CASE class.relname
               WHEN 'pg_attrdef' THEN 'adrelid'
               WHEN 'pg_class' THEN 'oid'
               WHEN 'pg_constraint' THEN 'conrelid'
               WHEN 'pg_index' THEN 'indrelid'
               WHEN 'pg_partitioned_table' THEN 'partrelid'
               WHEN 'pg_policy' THEN 'polrelid'
               WHEN 'pg_publication_rel' THEN 'prrelid'
               WHEN 'pg_rewrite' THEN 'ev_class'
               WHEN 'pg_statistic_ext' THEN 'stxrelid'
               ELSE '0'
             END)
             WHEN k.is_array THEN format('(SELECT string_agg(pg_temp.name_of(%s, o), '', '' ORDER BY n) FROM unnest(%I::oid[]) WITH ORDINALITY u (o, n))', k.pktable::oid, a.attname)
             WHEN k.pktable IS NOT NULL THEN format('pg_temp.name_of(%s, %I::oid)', k.pktable::oid, a.attname)
             WHEN a.atttypid IN ('oid'::regtype, 'oidvector'::regtype, 'oid[]'::regtype) THEN format('(1 / 0)::text /* %s: an Oid of what? */', a.attname)
             ELSE format('%I::text', a.attname)
           END), ', ' ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute a
    LEFT JOIN pg_get_catalog_foreign_keys() k
      ON k.fktable = class.oid AND k.fkcols = ARRAY[a.attname::text] AND k.pkcols = '{oid}'
    WHERE a.attrelid = class.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname <> 'oid'
      AND NOT (class.relname = 'pg_class' AND a.attname IN ('relfilenode', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid'))
      AND NOT (class.relname = 'pg_attribute' AND a.attname IN ('atthasmissing', 'attmissingval'))
      AND NOT (class.relname = 'pg_index' AND a.attname = 'indcheckxmin');
    RETURN QUERY EXECUTE format(
      'SELECT format(''%%s: %%s: %%s = %%s'', %L, n.name, v.name, coalesce(v.value, ''null''))
       FROM %s AS r CROSS JOIN LATERAL (SELECT %s OFFSET 0) n (name) CROSS JOIN LATERAL (VALUES %s) v (name, value)
       WHERE %s AND %s IN (SELECT classid, objid FROM ours)',
      class.relname, class.oid::regclass, coalesce(class.name, 'pg_temp.name_of' || class.key), columns,
      CASE class.relname WHEN 'pg_attribute' THEN 'attnum > 0' ELSE 'true' END, class.key);
  END LOOP;

  -- the extension itself; which of its tables came first does not matter
  RETURN QUERY
  SELECT format('pg_extension: %s, version %s, schema %s, relocatable %s, owner %s', extname, extversion, extnamespace::regnamespace, extrelocatable, extowner::regrole)
  FROM pg_extension WHERE extname = 'multitenant'
  UNION ALL
  SELECT format('pg_extension: the rows of %s are dumped%s', c.relation::regclass, ' where ' || nullif(c.condition, ''))
  FROM pg_extension, unnest(extconfig, extcondition) c (relation, condition) WHERE extname = 'multitenant';

  -- what says something of any object
  RETURN QUERY
  SELECT format('pg_description: %s = %s', pg_temp.name_of(classoid, objoid, objsubid), description)
  FROM pg_description WHERE (classoid, objoid) IN (SELECT classid, objid FROM ours)
  UNION ALL
  SELECT format('pg_seclabel: %s = %s %s', pg_temp.name_of(classoid, objoid, objsubid), provider, label)
  FROM pg_seclabel WHERE (classoid, objoid) IN (SELECT classid, objid FROM ours)
  UNION ALL
  SELECT format('pg_init_privs: %s = %s %s', pg_temp.name_of(classoid, objoid, objsubid), privtype,
                (SELECT string_agg(i::text, ' ' ORDER BY i::text COLLATE "C") FROM unnest(initprivs) i))
  FROM pg_init_privs WHERE (classoid, objoid) IN (SELECT classid, objid FROM ours)
  UNION ALL
  SELECT format('pg_depend: %s on %s: %s', pg_temp.name_of(classid, objid, objsubid), pg_temp.name_of(refclassid, refobjid, refobjsubid), deptype)
  FROM pg_depend WHERE (classid, objid) IN (SELECT classid, objid FROM ours)
  UNION ALL
  SELECT format('pg_shdepend: %s on %s: %s', pg_temp.name_of(classid, objid, objsubid), pg_temp.name_of(refclassid, refobjid), deptype)
  FROM pg_shdepend
  WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid, objid) IN (SELECT classid, objid FROM ours);
END $$;
