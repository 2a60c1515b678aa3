-- The schema. CREATE without IF NOT EXISTS: a schema that somebody made
-- beforehand is an error, not a home (its owner could plant objects in it).

CREATE SCHEMA multitenant;
COMMENT ON SCHEMA multitenant IS
  'Multi-tenant identity: users, tenants, memberships, roles, sessions and the records of them (extension multitenant)';

-- For the rest of the script; nothing below is found by accident.
SET LOCAL search_path TO pg_catalog, pg_temp;

REVOKE ALL ON SCHEMA multitenant FROM PUBLIC;
GRANT USAGE ON SCHEMA multitenant TO PUBLIC;
