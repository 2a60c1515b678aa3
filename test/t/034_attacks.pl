# Attacks that need a session of their own, or more than one: an extension that is installed
# where somebody lay in wait, settings of the session and of the role, transactions that are
# prepared, plans and cursors that outlive a context, and what one session of a role sees
# of another. What works, because the server has it so, is here too, with its remedy
# (doc/security.md).

use strict;
use warnings;

use OpenSession;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('attacks');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 5\n");
$node->start;
my $superuser = getpwuid($<);    # who runs initdb gives it the name

# What a role is told: the output, and the errors with their SQLSTATEs.
sub told
{
	my ($role, $sql, %environment) = @_;
	my ($stdout, $stderr);

	local %ENV = (%ENV, %environment);
	$node->psql($environment{PGDATABASE} // 'postgres', "\\set VERBOSITY verbose\n$sql",
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0,
		extra_params => [ '-U', $role ]);
	return wantarray ? ($stdout, $stderr) : $stdout;
}

# The SQLSTATE of the first error, or ''.
sub refused
{
	my ($stdout, $stderr) = told(@_);

	return $stderr =~ /(?:ERROR|FATAL):  (\w{5}):/ ? $1 : '';
}

#
# The installation
#

$node->safe_psql('postgres', q{
	CREATE ROLE eve LOGIN;
	CREATE DATABASE planted;
	CREATE DATABASE trapped;
	GRANT CREATE ON DATABASE planted, trapped, postgres TO eve;
});
told('eve', 'CREATE SCHEMA multitenant; CREATE FUNCTION multitenant.is_member() RETURNS boolean LANGUAGE sql AS $$SELECT true$$',
	PGDATABASE => 'planted');
is(refused($superuser, 'CREATE EXTENSION multitenant CASCADE', PGDATABASE => 'planted'),
	'42P06', 'a schema that somebody made beforehand is no home');
is($node->safe_psql('planted', q{SELECT count(*) FROM pg_extension WHERE extname = 'multitenant'}), 0, '… and nothing is left');
is(refused('eve', 'CREATE EXTENSION multitenant CASCADE', PGDATABASE => 'trapped'), '42501', 'installing it is for superusers');

# Eve has a schema with pgcrypto and traps, and the superuser's session a search_path with it.
told('eve', q{
	CREATE SCHEMA trap; GRANT ALL ON SCHEMA trap TO PUBLIC;
	CREATE EXTENSION pgcrypto SCHEMA trap;
	CREATE SEQUENCE trap.sprung; GRANT ALL ON SEQUENCE trap.sprung TO PUBLIC;
	DO $do$ DECLARE f text; BEGIN
	FOREACH f IN ARRAY '{now(),gen_random_uuid(),"pg_extension_config_dump(regclass,text)",lower(text),"crypt(text,text)","concat(text,text)"}'::text[] LOOP
		BEGIN
		EXECUTE 'CREATE FUNCTION trap.' || f || ' RETURNS ' || CASE WHEN f ~ 'uuid' THEN 'uuid' WHEN f ~ 'now' THEN 'timestamptz' WHEN f ~ 'dump' THEN 'void' ELSE 'text' END
			|| ' LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.nextval(''trap.sprung''); RETURN'
			|| CASE WHEN f ~ 'dump' THEN '' ELSE ' NULL' END || '; END $$';
		EXCEPTION WHEN duplicate_function OR insufficient_privilege THEN NULL;
		END;
	END LOOP; END $do$;
	CREATE TABLE trap."Users" (id uuid);
	CREATE DOMAIN trap.uuid AS int; CREATE DOMAIN trap.text AS int; CREATE DOMAIN trap.jsonb AS int;
}, PGDATABASE => 'trapped');
is($node->safe_psql('trapped', q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'trap'::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')}), 4, 'the traps are set');
is(refused($superuser, 'SET search_path = trap, public, pg_catalog; CREATE EXTENSION multitenant', PGDATABASE => 'trapped'), '', 'it is installed among them');
is($node->safe_psql('trapped', 'SELECT is_called FROM trap.sprung'), 'f', '… and none went off');
is($node->safe_psql('trapped', q{
	SELECT count(*) FROM pg_depend d JOIN pg_depend e ON e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'
	JOIN pg_extension x ON x.oid = e.refobjid AND x.extname = 'multitenant',
	LATERAL pg_identify_object(d.refclassid, d.refobjid, 0) i
	WHERE i.schema = 'trap'}), 0, '… and nothing of it is of the trap');
$node->safe_psql('trapped', 'SET multitenant.bcrypt_cost = 4; SELECT multitenant.verify_password($$x$$, multitenant.hash_password($$x$$, $$bcrypt$$))');
is($node->safe_psql('trapped', 'SELECT is_called FROM trap.sprung'), 'f', 'bcrypt is not computed by a function of that name');
is(refused('eve', 'ALTER EXTENSION multitenant SET SCHEMA trap', PGDATABASE => 'trapped'), '42501', 'it is not moved');

#
# Two tenants, and Eve in one of them with a connection that runs any SQL
#

$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	CREATE ROLE back_end LOGIN;
	GRANT CREATE ON SCHEMA public TO eve;
	SELECT multitenant.grant_access('eve', 'client'), multitenant.grant_access('back_end', 'service');
	INSERT INTO multitenant."Users" (id, email) VALUES ('00000000-0000-0000-0000-000000000001', 'eve@example.org'), ('00000000-0000-0000-0000-000000000002', 'uma@example.org');
	INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES ('00000000-0000-0000-0000-0000000000aa', 'Acme', 'acme', 'a'), ('00000000-0000-0000-0000-0000000000bb', 'Umbrella', 'umbrella', 'u');
	INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000aa'), ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-0000000000bb');
	CREATE TABLE doc (id int PRIMARY KEY, "tenantId" uuid NOT NULL DEFAULT multitenant.current_tenant_id(), body text);
	INSERT INTO doc VALUES (1, '00000000-0000-0000-0000-0000000000aa', 'own'), (2, '00000000-0000-0000-0000-0000000000bb', 'secret');
	CREATE INDEX ON doc ("tenantId");
	SELECT multitenant.protect_table('doc');
	GRANT SELECT, INSERT, UPDATE, DELETE ON doc TO eve, back_end;
});
my ($acme, $umbrella) = map {
	$node->safe_psql('postgres', "SELECT access_token FROM multitenant.create_session('00000000-0000-0000-0000-00000000000$_->[0]', '00000000-0000-0000-0000-0000000000$_->[1]')")
} [ 1, 'aa' ], [ 2, 'bb' ];
my $enter = "SELECT 'entered' WHERE multitenant.use_session('$acme');";

# Roles
foreach my $role ($superuser, 'back_end')
{
	is(refused('eve', "SET ROLE $role"), '42501', "SET ROLE $role");
	is(refused('eve', "SET SESSION AUTHORIZATION $role"), '42501', "SET SESSION AUTHORIZATION $role");
	like((told('eve', 'SELECT 1', PGOPTIONS => "-c role=$role"))[1], qr/permission denied to set role/, "role=$role as an option of the session");
}
is(told('eve', 'SELECT count(*) FROM doc', PGOPTIONS => '-c session_replication_role=replica'), '', 'the replica role is not had as an option');

# row_security = off is no way round, in whatever way it is set
is(refused('eve', "BEGIN; $enter SELECT * FROM doc", PGOPTIONS => '-c row_security=off'), '42501', 'row_security = off: an error instead of rows');
is(refused('eve', "SET row_security = off; BEGIN; $enter SELECT * FROM doc"), '42501', '… by SET too');
is(refused('eve', "CREATE FUNCTION pg_temp.f() RETURNS SETOF doc LANGUAGE sql SET row_security = off AS 'SELECT * FROM doc'; BEGIN; $enter SELECT * FROM pg_temp.f()"), '42501', '… by a function too');

# COPY and MERGE
is(told('eve', "BEGIN; $enter COPY doc (body) TO STDOUT"), "entered\nown", 'COPY TO copies the visible rows');
is(refused('eve', "BEGIN; $enter COPY doc FROM STDIN;\n3\t00000000-0000-0000-0000-0000000000bb\tx\n\\.\n"), '0A000', 'COPY FROM is refused');
is(refused('eve', "BEGIN; $enter COPY doc TO PROGRAM 'cat'"), '42501', 'COPY TO PROGRAM is not for her');
SKIP:
{
	skip 'MERGE is of 15', 3 if $node->safe_psql('postgres', 'SHOW server_version_num') < 150000;
	my $merge = "BEGIN; $enter MERGE INTO doc USING (VALUES (1), (2)) AS v (i) ON doc.id = v.i WHEN MATCHED THEN";
	is(told('eve', "$merge UPDATE SET body = 'mine'; SELECT string_agg(body, ',') FROM doc; ROLLBACK"), "entered\nmine", 'MERGE matches her own alone');
	is(refused('eve', "$merge UPDATE SET \"tenantId\" = '00000000-0000-0000-0000-0000000000bb'"), '42501', '… and moves none');
	is(refused('eve', "$merge DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (7, '00000000-0000-0000-0000-0000000000bb', 'x')"), '42501', '… and inserts none');
}
is($node->safe_psql('postgres', 'SELECT string_agg(body, $$,$$ ORDER BY id) FROM doc'), 'own,secret', 'nothing came of it');

# Plans: made as one role or in one context, run as another
is(told($superuser, "SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT body FROM doc ORDER BY 1; EXECUTE p; BEGIN; SET LOCAL ROLE eve; $enter EXECUTE p; COMMIT; EXECUTE p"),
	"own\nsecret\nentered\nown\nown\nsecret", 'a plan made without the wall is made anew for whom it binds, and back');
is(told('back_end', q{SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT body FROM doc;
	BEGIN; SELECT multitenant.set_context('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000aa'); EXECUTE p; COMMIT;
	BEGIN; SELECT multitenant.set_context('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-0000000000bb'); EXECUTE p; COMMIT; EXECUTE p}),
	"\nown\n\nsecret", 'one plan in two contexts has the rows of each');

# A cursor that outlives its transaction holds the rows of that, in whatever context it is read
is(told('eve', "BEGIN; $enter DECLARE c CURSOR WITH HOLD FOR SELECT body FROM doc; COMMIT; BEGIN; SELECT 'entered' WHERE multitenant.use_session('$umbrella'); FETCH ALL FROM c; COMMIT; DISCARD ALL"),
	"entered\nentered\nown", 'a cursor WITH HOLD has the rows of its own context');
is(refused('eve', "BEGIN; $enter SELECT multitenant.use_session('$umbrella')"), '55000', 'no transaction is in two tenants');
is(refused('eve', "BEGIN; $enter SAVEPOINT s; SELECT multitenant.clear_context(); ROLLBACK TO s; RESET ALL; SELECT multitenant.use_session('$umbrella')"), '55000', '… by no detour');

# Two-phase commit
is(told('eve', "BEGIN; $enter INSERT INTO doc (id, body) VALUES (3, 'prepared'); PREPARE TRANSACTION 'two'; SELECT coalesce(multitenant.current_tenant_id()::text, 'none'), count(*) FROM doc"),
	"entered\nnone|0", 'a prepared transaction leaves its session no context');
is(refused('back_end', "COMMIT PREPARED 'two'"), '42501', 'another role does not end it');
is(told('eve', "BEGIN; SELECT 'entered' WHERE multitenant.use_session('$umbrella'); COMMIT; COMMIT PREPARED 'two'; SELECT coalesce(multitenant.current_tenant_id()::text, 'none')"),
	"entered\nnone", '… and who commits it gets no context by it');
is($node->safe_psql('postgres', q{SELECT "tenantId" FROM doc WHERE id = 3}), '00000000-0000-0000-0000-0000000000aa', 'its rows are of its own tenant');
is(refused('eve', "BEGIN; $enter INSERT INTO doc VALUES (4, '00000000-0000-0000-0000-0000000000bb'); PREPARE TRANSACTION 'three'"), '42501', 'the wall stands before it');

# Copies that a member makes of its rows
is(told('eve', "BEGIN; $enter CREATE TABLE copy AS SELECT body FROM doc; CREATE MATERIALIZED VIEW held AS SELECT body FROM doc; COMMIT; SELECT string_agg(body, ',' ORDER BY body) FROM copy; SELECT string_agg(body, ',' ORDER BY body) FROM held"),
	"entered\nown,prepared\nown,prepared", 'CREATE TABLE AS and a materialized view copy the visible rows');
is($node->safe_psql('postgres', 'REFRESH MATERIALIZED VIEW held; SELECT count(*) FROM held'), 0, 'a superuser who refreshes it does not fill it: it is read as its owner');

# Notifications: every role that may connect hears them, so they carry ids and no text
my $notified = told('eve', q{LISTEN multitenant_notifications;} . "\n\\c postgres $superuser\nLISTEN multitenant_notifications; SELECT multitenant.send_notification('00000000-0000-0000-0000-000000000002', 'the secret text');\nSELECT 1;");
like($notified, qr/Asynchronous notification "multitenant_notifications" with payload "\{"id": "[0-9a-f-]{36}", "userId": "[0-9a-f-]{36}"\}"/, 'a notification carries two ids');
unlike($notified, qr/secret text/, '… and no text');

#
# What the server has so, and what helps
#

# Sessions of one database role see each other's statements: a token in the text is seen.
my $watched = OpenSession->new($node, 'postgres', '-U', 'eve');
is($watched->ask("SELECT multitenant.use_session('$umbrella')"), 't', 'a session says its token in a statement');
my $look = q{SELECT query FROM pg_stat_activity WHERE query LIKE '%use_session(''mta%' AND pid <> pg_backend_pid()};
like(told('eve', $look), qr/\Q$umbrella\E/, 'a token written into a statement is seen by other sessions of the role');
is(told('back_end', $look), '', '… not by those of another role');
$watched->close;
# psql ends before the server's process does
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'eve'}) or die 'a session of hers is left';
$node->safe_psql('postgres', 'ALTER ROLE eve SET track_activities = off');
$watched = OpenSession->new($node, 'postgres', '-U', 'eve');
is($watched->ask("SELECT multitenant.use_session('$umbrella')"), 't', '… and says it again');
is(told('eve', $look), '', 'track_activities = off for the role hides it');
is(refused('eve', 'SET track_activities = on'), '42501', '… which it cannot undo');
$watched->close;

# A role may alter itself, and so what its next sessions begin with; what the client asks for at the start goes before.
is(refused('eve', 'CREATE SCHEMA shadow; CREATE VIEW shadow.doc AS SELECT 1 AS id; ALTER ROLE eve SET search_path = shadow, public'), '', 'a role sets its own search_path for all its sessions');
is(told('eve', "SELECT 'doc'::regclass::oid = 'shadow.doc'::regclass"), 't', '… and names mean something else there');
is(told('eve', "SELECT 'doc'::regclass::oid = 'public.doc'::regclass", PGOPTIONS => '-c search_path=public'), 't', 'an option of the connection goes before');
# A temporary table stands before all others, in the session that a pooler gives to the next client.
is(told('eve', "CREATE TEMP TABLE doc (id int); SELECT 'doc'::regclass::oid = 'public.doc'::regclass", PGOPTIONS => '-c search_path=public'), 'f', 'a temporary table hides one of the same name');
$node->safe_psql('postgres', 'REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC');
is(refused('eve', 'CREATE TEMP TABLE doc (id int)'), '42501', '… unless nobody may make one');

# DEFAULT PRIVILEGES of who installs hold for what it installs: no REVOKE of ours takes them back from a role.
$node->safe_psql('postgres', q{CREATE DATABASE generous});
$node->safe_psql('generous', q{ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO eve; CREATE EXTENSION multitenant CASCADE});
is($node->safe_psql('generous', q{SELECT has_table_privilege('eve', 'multitenant."Users"', 'SELECT')}), 't', 'default privileges of the installing role reach the tables');

$node->stop;
done_testing();
