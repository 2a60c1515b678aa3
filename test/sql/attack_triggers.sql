-- Attack: triggers of an application's tables, which refer to the extension's and so are set
-- off by its functions. Whoever owns such a table was given REFERENCES and nothing else;
-- no function of the extension lends it the rights of its own owner, nor of its caller.
\set VERBOSITY terse
CREATE ROLE attack_developer NOLOGIN;
CREATE ROLE attack_back_end NOLOGIN;
SELECT multitenant.grant_access('attack_developer', 'client'), multitenant.grant_access('attack_back_end', 'service');
-- more than doc/install.md would give
GRANT REFERENCES ON multitenant."Tenants", multitenant."Users", multitenant."Roles", multitenant."TenantUsers", multitenant."OAuthTokens" TO attack_developer;
CREATE SCHEMA attack AUTHORIZATION attack_developer;

\set ada '00000000-0000-0000-0000-000000000001'
\set eve '00000000-0000-0000-0000-000000000002'
\set acme '00000000-0000-0000-0000-0000000000aa'
\set doomed '00000000-0000-0000-0000-0000000000bb'
INSERT INTO multitenant."Users" (id, email) VALUES (:'ada', 'ada@example.org'), (:'eve', 'eve@example.org');
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES (:'acme', 'Acme', 'acme', 'a'), (:'doomed', 'Doomed', 'doomed', 'd');
SELECT multitenant.create_role(:'acme', name) IS NOT NULL AS made FROM unnest('{owner,clerk,scribe}'::text[]) AS name;
SELECT multitenant.add_member(:'ada', :'acme', '{owner}') IS NOT NULL AS added, multitenant.add_member(:'eve', :'acme', '{clerk}') IS NOT NULL AS added;
SELECT count(*) AS sessions FROM multitenant.create_session(:'eve', :'acme');

SET ROLE attack_developer;
CREATE TABLE attack.sprung (what text, by name);
GRANT INSERT ON attack.sprung TO PUBLIC;
-- who runs it, and what a trigger function gets by asking for more
CREATE FUNCTION attack.spring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO attack.sprung VALUES (tg_table_name || ' ' || tg_when || ' ' || tg_op || ' ' || tg_level, current_user);
  BEGIN
    ALTER ROLE attack_developer SUPERUSER;
    INSERT INTO attack.sprung VALUES ('BECAME SUPERUSER', current_user);
  EXCEPTION WHEN insufficient_privilege THEN NULL;
  END;
  BEGIN
    PERFORM multitenant.assign_role('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-0000000000aa', 'owner');
    INSERT INTO attack.sprung VALUES ('BECAME OWNER', current_user);
  EXCEPTION WHEN insufficient_privilege THEN NULL;
  END;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TABLE attack.of_tenant (tenant uuid REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE, id int UNIQUE);
CREATE TABLE attack.below (id int REFERENCES attack.of_tenant (id) ON DELETE CASCADE);
CREATE TABLE attack.left_over (tenant uuid DEFAULT NULL REFERENCES multitenant."Tenants" (id) ON DELETE SET DEFAULT);
CREATE TABLE attack.of_email (email text REFERENCES multitenant."Users" (email) ON UPDATE CASCADE);
CREATE TABLE attack.of_role (name varchar, tenant uuid, FOREIGN KEY (name, tenant) REFERENCES multitenant."Roles" (name, "tenantId") ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE attack.of_member ("user" uuid, tenant uuid, FOREIGN KEY ("user", tenant) REFERENCES multitenant."TenantUsers" ("userId", "tenantId") ON DELETE SET NULL);
INSERT INTO attack.of_tenant VALUES (:'doomed', 1);
INSERT INTO attack.below VALUES (1);
INSERT INTO attack.left_over VALUES (:'doomed');
INSERT INTO attack.of_email VALUES ('eve@example.org');
INSERT INTO attack.of_role VALUES ('clerk', :'acme'), ('scribe', :'acme');
INSERT INTO attack.of_member VALUES (:'eve', :'acme');
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY '{of_tenant,below,left_over,of_email,of_role,of_member}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER a BEFORE UPDATE OR DELETE ON attack.%I FOR EACH ROW EXECUTE FUNCTION attack.spring()', t);
    EXECUTE format('CREATE TRIGGER b AFTER UPDATE OR DELETE ON attack.%I FOR EACH ROW EXECUTE FUNCTION attack.spring()', t);
    EXECUTE format('CREATE TRIGGER c BEFORE UPDATE OR DELETE ON attack.%I FOR EACH STATEMENT EXECUTE FUNCTION attack.spring()', t);
    EXECUTE format('CREATE TRIGGER d AFTER UPDATE OR DELETE ON attack.%I FOR EACH STATEMENT EXECUTE FUNCTION attack.spring()', t);
  END LOOP;
END $$;
RESET ROLE;

-- the functions that change what they refer to, called by whoever is trusted
CREATE FUNCTION set_off(call text) RETURNS TABLE (what text, runs_as text) LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE attack.sprung;
  SET LOCAL ROLE attack_back_end;
  EXECUTE call;
  RESET ROLE;
  RETURN QUERY SELECT s.what, string_agg(DISTINCT by, ', ') FROM attack.sprung s GROUP BY s.what ORDER BY s.what COLLATE "C";
END $$;
UPDATE multitenant."Tenants" SET status = 'pending_deletion' WHERE slug = 'doomed';
UPDATE multitenant."Tenants" SET "deletionScheduledAt" = now() - interval '1 day' WHERE slug = 'doomed';
SELECT * FROM set_off('SELECT multitenant.run_maintenance()');
SELECT count(*) AS tenants, (SELECT count(*) FROM attack.of_tenant) AS of_tenant, (SELECT count(tenant) FROM attack.left_over) AS left_over FROM multitenant."Tenants";
SELECT * FROM set_off(format('SELECT multitenant.rename_role(%L, ''writer'')', (SELECT id FROM multitenant."Roles" WHERE name = 'scribe')));
SELECT * FROM set_off(format('SELECT multitenant.delete_role(%L)', (SELECT id FROM multitenant."Roles" WHERE name = 'writer')));
SELECT * FROM set_off(format('SELECT multitenant.remove_member(%L, %L)', :'eve', :'acme'));
SELECT multitenant.add_member(:'eve', :'acme', '{clerk}') IS NOT NULL AS added;
SELECT * FROM set_off(format('SELECT multitenant.delete_user(%L); SELECT multitenant.erase_user(%1$L)', :'eve'));
SELECT multitenant.restore_user(:'eve');

-- a superuser who calls them lends nothing either
SELECT multitenant.create_role(:'acme', 'typist') AS typist \gset
INSERT INTO attack.of_role VALUES ('typist', :'acme');
TRUNCATE attack.sprung;
SELECT multitenant.delete_role(:'typist');
SELECT s.what, s.by FROM attack.sprung s ORDER BY s.what COLLATE "C";

-- nor where the trigger function is SECURITY DEFINER, and so runs as its owner by itself
ALTER FUNCTION attack.spring() SECURITY DEFINER;
SELECT multitenant.create_role(:'acme', 'typist') AS typist \gset
INSERT INTO attack.of_role VALUES ('typist', :'acme');
SELECT * FROM set_off(format('SELECT multitenant.delete_role(%L)', :'typist'));
ALTER FUNCTION attack.spring() SECURITY INVOKER;

-- nor a function of somebody else's, a superuser's above all, that anybody may hang on a table of their own
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '% runs as %', tg_argv[0], CASE WHEN current_user = session_user THEN 'a superuser' ELSE current_user END;
  EXECUTE tg_argv[1];
  RAISE NOTICE 'and did it';
  RETURN NULL;
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NULL;
END $$;
CREATE FUNCTION tell_as_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  RAISE NOTICE '% runs as %', tg_argv[0], CASE WHEN current_user = session_user THEN 'a superuser' ELSE current_user END;
  RETURN NULL;
END $$;
CREATE FUNCTION tell_for_another() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% runs as %', tg_argv[0], current_user; RETURN NULL; END $$;
ALTER FUNCTION tell_for_another() OWNER TO attack_back_end;
SET ROLE attack_developer;
CREATE TRIGGER w AFTER DELETE ON attack.of_role FOR EACH ROW EXECUTE FUNCTION public.tell('a superuser''s', 'ALTER ROLE attack_developer SUPERUSER');
CREATE TRIGGER x AFTER DELETE ON attack.of_role FOR EACH STATEMENT EXECUTE FUNCTION public.tell('a statement''s', 'ALTER ROLE attack_developer SUPERUSER');
CREATE TRIGGER y AFTER DELETE ON attack.of_role FOR EACH ROW EXECUTE FUNCTION public.tell_as_owner('a definer');
CREATE TRIGGER z AFTER DELETE ON attack.of_role FOR EACH ROW EXECUTE FUNCTION public.tell_for_another('another''s');
RESET ROLE;
SELECT multitenant.create_role(:'acme', 'typist') AS typist \gset
INSERT INTO attack.of_role VALUES ('typist', :'acme');
SELECT multitenant.delete_role(:'typist');
DROP TRIGGER w ON attack.of_role;
DROP TRIGGER x ON attack.of_role;
DROP TRIGGER y ON attack.of_role;
DROP TRIGGER z ON attack.of_role;

-- nor where a superuser made the partition on which the trigger then is
SET ROLE attack_developer;
CREATE TABLE attack.parted (LIKE attack.of_role, id int, FOREIGN KEY (name, tenant) REFERENCES multitenant."Roles" (name, "tenantId") ON DELETE CASCADE) PARTITION BY LIST (id);
CREATE TABLE attack.halves PARTITION OF attack.parted FOR VALUES IN (1, 2) PARTITION BY LIST (id);
CREATE TRIGGER w AFTER DELETE ON attack.parted FOR EACH ROW EXECUTE FUNCTION public.tell('a partition''s', 'ALTER ROLE attack_developer SUPERUSER');
RESET ROLE;
CREATE TABLE attack.part PARTITION OF attack.halves FOR VALUES IN (1);
SELECT multitenant.create_role(:'acme', 'parted') AS parted \gset
INSERT INTO attack.parted VALUES ('parted', :'acme', 1);
SELECT multitenant.delete_role(:'parted');
DROP TABLE attack.parted;
-- an error below such a trigger gives the rights back, and the next call has its own again
CREATE FUNCTION attack.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused as %', current_user; END $$;
ALTER FUNCTION attack.refuse() OWNER TO attack_developer;
CREATE TRIGGER z AFTER DELETE ON attack.of_role FOR EACH ROW EXECUTE FUNCTION attack.refuse();
SELECT multitenant.create_role(:'acme', 'typist') AS typist \gset
INSERT INTO attack.of_role VALUES ('typist', :'acme');
SELECT multitenant.delete_role(:'typist');
DO $$
BEGIN
  PERFORM multitenant.delete_role(id) FROM multitenant."Roles" WHERE name = 'typist';
EXCEPTION WHEN raise_exception THEN
  RAISE NOTICE '% and still %', SQLERRM, current_user;
END $$;
DROP TRIGGER z ON attack.of_role;
SELECT multitenant.delete_role(:'typist'), current_user;

-- a trigger on a table of the extension itself, by whoever was given TRIGGER
GRANT TRIGGER ON multitenant."Roles" TO attack_developer;
SET ROLE attack_developer;
CREATE TRIGGER attack_before BEFORE INSERT ON multitenant."Roles" FOR EACH ROW EXECUTE FUNCTION attack.spring();
CREATE TRIGGER attack_after AFTER INSERT ON multitenant."Roles" FOR EACH ROW EXECUTE FUNCTION attack.spring();
RESET ROLE;
SELECT * FROM set_off(format('SELECT multitenant.create_role(%L, ''page'')', :'acme'));
-- by the condition of a trigger, too, by functions that the planner would put in the place of their call
SET ROLE attack_developer;
CREATE FUNCTION attack.condition(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE 'asked as %', current_user;
  ALTER ROLE attack_developer SUPERUSER;
  RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
  RETURN false;
END $$;
CREATE FUNCTION attack.inlined(text) RETURNS boolean LANGUAGE sql AS 'SELECT attack.condition($1) AND current_user = ''attack_developer''';
CREATE TRIGGER attack_when BEFORE INSERT ON multitenant."Roles" FOR EACH ROW WHEN (attack.condition(NEW.name)) EXECUTE FUNCTION attack.spring();
CREATE TRIGGER attack_inlined AFTER INSERT ON multitenant."Roles" FOR EACH ROW WHEN (attack.inlined(NEW.name)) EXECUTE FUNCTION attack.spring();
RESET ROLE;
SELECT * FROM set_off(format('SELECT multitenant.create_role(%L, ''second page'')', :'acme'));
DROP TRIGGER attack_when ON multitenant."Roles";
DROP TRIGGER attack_inlined ON multitenant."Roles";
DROP TRIGGER attack_before ON multitenant."Roles";
DROP TRIGGER attack_after ON multitenant."Roles";

-- a function of the extension's owner is not touched, and one that is SECURITY DEFINER is its own
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% as %', tg_name, current_user; RETURN NULL; END $$;
CREATE FUNCTION attack.say() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RAISE NOTICE '% as %', tg_name, current_user; RETURN NULL; END $$;
ALTER FUNCTION attack.say() OWNER TO attack_developer;
CREATE TRIGGER own AFTER INSERT ON multitenant."Roles" FOR EACH ROW EXECUTE FUNCTION say();
CREATE TRIGGER definer AFTER INSERT ON multitenant."Roles" FOR EACH ROW EXECUTE FUNCTION attack.say();
SELECT multitenant.create_role(:'acme', 'porter') IS NOT NULL AS made;
DROP TRIGGER own ON multitenant."Roles";
DROP TRIGGER definer ON multitenant."Roles";

-- nor do its settings outlast it: by a search_path it would choose the operators of our next statements, and of the caller's
SET ROLE attack_developer;
CREATE FUNCTION attack.always(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR attack.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = attack.always);
CREATE FUNCTION attack.set_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('search_path', 'attack, pg_catalog', tg_argv[0]::boolean);
  PERFORM attack.set_note(tg_name);
  RAISE NOTICE 'below it they go on: %, %', current_setting('search_path'), current_setting('attack.note');
  RETURN OLD;
END $$;
CREATE FUNCTION attack.set_note(text) RETURNS void LANGUAGE sql AS $$ SELECT set_config('attack.note', $1, false) $$;
CREATE TRIGGER of_session BEFORE DELETE ON attack.of_tenant FOR EACH ROW EXECUTE FUNCTION attack.set_path('false');
CREATE TRIGGER of_transaction AFTER DELETE ON attack.of_tenant FOR EACH ROW EXECUTE FUNCTION attack.set_path('true');
CREATE TRIGGER of_condition AFTER DELETE ON attack.of_tenant FOR EACH ROW WHEN (set_config('search_path', 'attack, pg_catalog', false) = '' AND OLD.id > 0) EXECUTE FUNCTION attack.spring();
RESET ROLE;
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES (:'doomed', 'Doomed', 'doomed', 'd'), (gen_random_uuid(), 'Next', 'next', 'n');
INSERT INTO attack.of_tenant VALUES (:'doomed', 2);
UPDATE multitenant."Tenants" SET status = 'pending_deletion' WHERE slug IN ('doomed', 'next');
UPDATE multitenant."Tenants" SET "deletionScheduledAt" = now() - CASE slug WHEN 'next' THEN '1 day' ELSE '2 days' END::interval WHERE slug IN ('doomed', 'next');
SELECT multitenant.create_session(:'eve', :'acme') IS NOT NULL AS made;
SELECT sum(affected) FROM multitenant.run_maintenance();
SELECT current_setting('search_path') AS path, current_setting('attack.note', true) AS note;
SELECT slug, (SELECT count(*) FROM multitenant."TenantUsers" m WHERE m."tenantId" = t.id) AS members, (SELECT count(*) FROM multitenant."OAuthTokens") > 0 AS has_sessions FROM multitenant."Tenants" t;

-- below a statement made by hand the server itself runs BEFORE triggers as the owner of their table: that one is judged, not who
-- made it; those AFTER run, up to 17, as who made it (doc/security.md)
DROP TABLE attack.below, attack.left_over, attack.of_tenant;
SET ROLE attack_developer;
CREATE TABLE attack.of_tenant (tenant uuid REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE);
CREATE TRIGGER a BEFORE DELETE ON attack.of_tenant FOR EACH ROW EXECUTE FUNCTION attack.spring();
CREATE FUNCTION attack.say_after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'after, as said: %', current_user = CASE WHEN current_setting('server_version_num')::int < 180000 THEN session_user ELSE 'attack_developer' END; RETURN NULL; END $$;
CREATE TRIGGER b AFTER DELETE ON attack.of_tenant FOR EACH ROW EXECUTE FUNCTION attack.say_after();
RESET ROLE;
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES (:'doomed', 'Doomed', 'by-hand', 'd');
INSERT INTO attack.of_tenant VALUES (:'doomed');
TRUNCATE attack.sprung;
DELETE FROM multitenant."Tenants" WHERE slug = 'by-hand';
SELECT s.what, s.by FROM attack.sprung s;

-- below a statement that is not ours, things are as the server has them: a constraint trigger that
-- waits for the commit runs as whoever commits (doc/security.md); from 18 on, as whoever set it off
SET ROLE attack_developer;
CREATE FUNCTION attack.say_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'at commit, as said: %', current_user = CASE WHEN current_setting('server_version_num')::int < 180000 THEN 'attack_back_end' ELSE 'attack_developer' END; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER late AFTER DELETE ON attack.of_role DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION attack.say_late();
INSERT INTO attack.of_role VALUES ('porter', :'acme');
RESET ROLE;
SELECT id AS porter FROM multitenant."Roles" WHERE name = 'porter' \gset
SET ROLE attack_back_end;
SELECT multitenant.delete_role(:'porter');
RESET ROLE;
-- so does a cursor WITH HOLD, whose rows are computed then: in every release
SET ROLE attack_developer;
CREATE FUNCTION attack.say_held() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'held as %', current_user; RETURN ''; END $$;
CREATE FUNCTION attack.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT attack.say_held()'; RETURN NULL; END $$;
CREATE TRIGGER hold AFTER DELETE ON attack.of_role FOR EACH ROW EXECUTE FUNCTION attack.hold();
RESET ROLE;
SELECT multitenant.create_role(:'acme', 'page three') AS page \gset
INSERT INTO attack.of_role VALUES ('page three', :'acme');
SET ROLE attack_back_end;
SELECT multitenant.delete_role(:'page');
CLOSE held;
RESET ROLE;
-- and the server checks a foreign key with the rights of the owner of the table that it refers to,
-- an implicit cast to its column with it: whoever has REFERENCES and may make types has these rights
SET ROLE attack_developer;
CREATE TYPE attack.disguise AS ENUM ('acme');
CREATE FUNCTION attack.undisguise(attack.disguise) RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'cast as the owner of the table: %', current_user = (SELECT tableowner FROM pg_tables WHERE schemaname = 'multitenant' AND tablename = 'Tenants'); RETURN '00000000-0000-0000-0000-0000000000aa'; END $$;
CREATE CAST (attack.disguise AS uuid) WITH FUNCTION attack.undisguise(attack.disguise) AS IMPLICIT;
CREATE TABLE attack.disguised (tenant attack.disguise REFERENCES multitenant."Tenants" (id));
INSERT INTO attack.disguised VALUES ('acme');
RESET ROLE;
SELECT rolsuper FROM pg_roles WHERE rolname = 'attack_developer';
SELECT roles FROM multitenant."TenantUsers" WHERE "userId" = :'eve';

DROP OWNED BY attack_developer, attack_back_end CASCADE;
DROP ROLE attack_developer, attack_back_end;
