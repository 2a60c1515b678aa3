-- Every function and table as a role that was given nothing, with a search_path of
-- its own making and objects lying in wait.
\set VERBOSITY terse
CREATE ROLE nobody_in_particular;
GRANT CREATE ON SCHEMA public TO nobody_in_particular;

-- what PUBLIC may call, and no more: what computes and knows nothing
SELECT p.oid::regprocedure AS function FROM pg_proc p
WHERE p.pronamespace = 'multitenant'::regnamespace
  AND has_function_privilege('nobody_in_particular', p.oid, 'EXECUTE') ORDER BY 1::text COLLATE "C";
-- what PUBLIC may do with a table
SELECT c.relname, privilege FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
  AND has_table_privilege('nobody_in_particular', c.oid, privilege);

-- each of the others, called with nulls, is refused before it looks at them
SET ROLE nobody_in_particular;
DO $$
DECLARE
  f record;
BEGIN
  FOR f IN
    SELECT p.oid::regprocedure AS signature,
           format('SELECT multitenant.%I(%s)', p.proname,
                  (SELECT string_agg('NULL::' || format_type(a, NULL), ', ' ORDER BY n)
                   FROM unnest(p.proargtypes) WITH ORDINALITY AS t(a, n))) AS call
    FROM pg_proc p
    WHERE p.pronamespace = 'multitenant'::regnamespace
      AND NOT has_function_privilege('nobody_in_particular', p.oid, 'EXECUTE')
      AND 'internal'::regtype <> ALL (p.proargtypes)   -- SQL has no such value
    ORDER BY p.oid::regprocedure::text COLLATE "C"
  LOOP
    BEGIN
      EXECUTE f.call;
      RAISE INFO 'NOT REFUSED: %', f.signature;
    EXCEPTION
      WHEN insufficient_privilege THEN RAISE INFO 'refused: %', f.signature;
    END;
  END LOOP;
END $$;
-- nothing can be made in the schema
CREATE TABLE multitenant.mine ();
CREATE FUNCTION multitenant.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
RESET ROLE;

-- A role that may call everything and touch no table: what a back end is given. Its
-- traps (functions, operators, tables and a cast of its own in public and pg_temp)
-- never go off inside a function that runs with the owner's rights.
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA multitenant TO nobody_in_particular;
SET ROLE nobody_in_particular;
CREATE TABLE public.sprung (by text);
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES ('lower as ' || current_user); RETURN $1; END $$;
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES ('clock as ' || current_user); RETURN now(); END $$;
CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES ('unnest as ' || current_user); RETURN; END $$;
CREATE FUNCTION public.crypt(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES ('crypt as ' || current_user); RETURN $2; END $$;
CREATE FUNCTION public.trap(varchar, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES ('= as ' || current_user); RETURN true; END $$;
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = public.trap);
CREATE FUNCTION public.trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.sprung VALUES ('= as ' || current_user); RETURN true; END $$;
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.trap);
CREATE TEMP TABLE "Users" (LIKE public.sprung);
CREATE TEMP TABLE "Roles" (LIKE public.sprung);
CREATE TYPE pg_temp.text AS (trap int);
SET search_path = pg_temp, public, multitenant, pg_catalog;
SELECT multitenant.register_user('ada@example.org', 'correct horse battery') IS NOT NULL AS registered;
SELECT outcome, user_id IS NOT NULL AS known FROM multitenant.authenticate('ADA@example.org', 'correct horse battery', '192.0.2.1', 'trap');
SELECT outcome FROM multitenant.authenticate('ben@example.org', 'correct horse battery');
SELECT user_id AS ada FROM multitenant.authenticate('ada@example.org', 'correct horse battery') \gset
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'ada') AS acme \gset
SELECT multitenant.create_permission('invoice', 'read') IS NOT NULL AS made;
SELECT multitenant.create_role(:'acme', 'clerk', permissions => ARRAY['invoice:read']::pg_catalog.text[]) AS clerk \gset
SELECT multitenant.grant_permission(:'clerk', 'invoice:read');
SELECT multitenant.assign_role(:'ada', :'acme', 'clerk');
SELECT multitenant.has_role(:'ada', :'acme', 'clerk') AS role, multitenant.has_permission(:'ada', :'acme', 'invoice:read') AS permission,
       multitenant.has_role(:'ada', :'acme', 'owner') AS owner, multitenant.has_permission(:'ada', :'acme', 'invoice:write') AS not_granted;
SELECT multitenant.unlock_account(:'ada');
SELECT multitenant.register_user('ben@example.org') AS ben \gset
SELECT multitenant.add_member(:'ben', :'acme', ARRAY['clerk']::pg_catalog.text[]) IS NOT NULL AS added;
SELECT outcome, grace_logins_left FROM multitenant.evaluate_policy(:'acme', :'ben', '192.0.2.1', false);
SELECT multitenant.count_grace_login(:'acme', :'ben');
SELECT multitenant.tenant_has_feature(:'acme', 'api') AS feature;
SELECT id, token FROM multitenant.create_invitation(:'acme', 'eve@example.org', :'ada', ARRAY['clerk']::pg_catalog.text[]) \gset
SELECT multitenant.cancel_invitation(:'id');
SELECT token FROM multitenant.create_invitation(:'acme', 'eve@example.org', :'ada', ARRAY['clerk']::pg_catalog.text[]) \gset
SELECT outcome FROM multitenant.accept_invitation(:'token', multitenant.register_user('eve@example.org'));
SELECT multitenant.suspend_tenant(:'acme', 'trap'), multitenant.activate_tenant(:'acme');
SELECT multitenant.request_tenant_deletion(:'acme') IS NOT NULL AS due, multitenant.cancel_tenant_deletion(:'acme');
SELECT multitenant.set_onboarding_status(:'acme', 'completed');
SELECT multitenant.delete_user(:'ada');
SELECT multitenant.assign_role(:'ben', :'acme', 'owner');
SELECT multitenant.delete_user(:'ada');
SELECT multitenant.restore_user(:'ada');
SELECT multitenant.unassign_role(:'ben', :'acme', 'owner');
SELECT multitenant.create_role(:'acme', 'scribe') AS scribe \gset
SELECT multitenant.rename_role(:'scribe', 'writer');
SELECT multitenant.revoke_permission(:'clerk', 'invoice:read');
SELECT multitenant.grant_permission(:'clerk', 'invoice:read');
SELECT multitenant.member_permissions(:'ben', :'acme');
SELECT multitenant.members_with_permission(:'acme', 'invoice:read') = :'ben' AS is_ben FROM multitenant.user_tenants(:'ben') ORDER BY 1;
SELECT multitenant.delete_role(:'scribe');
SELECT multitenant.add_member(:'ben', :'acme');
SELECT multitenant.remove_member(:'ben', :'acme');
SELECT multitenant.add_member(:'ben', :'acme', ARRAY['owner']::pg_catalog.text[]) IS NOT NULL AS added;
SELECT multitenant.verify_password('x', '$2b$04$ZUzR7pjyalwlP1Nz4FDkeuJVGjxpJyJLo4IlojnxgLbpaG/5linjG') AS trapped_crypt;
RESET search_path;
-- the tables are still not its own
SELECT count(*) FROM multitenant."Users";
UPDATE multitenant."Users" SET status = 'active';
DELETE FROM multitenant."Users";
COPY multitenant."Users" TO STDOUT;
DROP TYPE pg_temp.text;
SET search_path = pg_catalog;
-- trigger functions put on tables of its own, with rows of its own writing
CREATE TABLE public.mine (id uuid, status text, "statusReason" text, "deletedAt" timestamptz, name text, "tenantId" uuid, roles varchar[]);
INSERT INTO public.mine VALUES (:'ada', 'active', NULL, NULL, 'owner', :'acme', '{clerk}');
CREATE TRIGGER t BEFORE DELETE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.soft_delete_user();
DELETE FROM public.mine;
CREATE OR REPLACE TRIGGER t AFTER DELETE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.follow_role_name();
DELETE FROM public.mine;
DROP TRIGGER t ON public.mine;
CREATE TRIGGER t AFTER UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.user_status_changed();
UPDATE public.mine SET status = 'deleted';
CREATE OR REPLACE TRIGGER t AFTER UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.check_member_roles();
UPDATE public.mine SET roles = '{}';
CREATE OR REPLACE TRIGGER t AFTER UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.protect_last_owner();
UPDATE public.mine SET roles = '{}';
CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.track_user_status();
UPDATE public.mine SET status = 'deleted';
CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.track_user_email();
UPDATE public.mine SET status = 'deleted';
CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.track_tenant_status();
UPDATE public.mine SET status = 'deleted';
CREATE OR REPLACE TRIGGER t AFTER UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.tenant_status_changed();
UPDATE public.mine SET status = 'deleted';
CREATE OR REPLACE TRIGGER t AFTER UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.tenant_deleted();
UPDATE public.mine SET status = 'deleted';
ALTER TABLE public.mine ADD "updatedAt" text;
CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
UPDATE public.mine SET status = 'deleted';
CREATE OR REPLACE TRIGGER t BEFORE TRUNCATE ON public.mine FOR EACH STATEMENT EXECUTE FUNCTION multitenant.refuse_truncate();
TRUNCATE public.mine;
CREATE OR REPLACE TRIGGER t AFTER TRUNCATE ON public.mine FOR EACH STATEMENT EXECUTE FUNCTION multitenant.refuse_ownerless_truncate();
TRUNCATE public.mine;
RESET ROLE;
SELECT * FROM public.sprung;
SET search_path = pg_catalog; -- this script's own queries are not to step into the traps
SELECT event, details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'user.%' ORDER BY "createdAt";
SELECT roles FROM multitenant."TenantUsers" ORDER BY "createdAt";
SELECT email, status FROM multitenant."Users" ORDER BY email;

-- triggers write where whoever fires them may not: the role deletes a user, no more
GRANT SELECT, UPDATE (status) ON multitenant."Users" TO nobody_in_particular;
SET ROLE nobody_in_particular;
UPDATE multitenant."Users" SET status = 'deleted' WHERE email = 'ada@example.org';
SELECT count(*) FROM multitenant."SecurityAuditLogs";
RESET ROLE;
SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'user.deleted';

DROP OWNED BY nobody_in_particular CASCADE;
DROP ROLE nobody_in_particular;
