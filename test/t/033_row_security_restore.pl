# Row-level security survives pg_dump and pg_restore: of an application's tables as it is,
# of the extension's own tables either as it is or so that nobody enters until it is put
# right, whatever this version of pg_dump makes of policies on an extension's tables.

use strict;
use warnings;

use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('restore');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE app LOGIN;
	CREATE ROLE inspector LOGIN;
	CREATE ROLE deployer LOGIN;
	CREATE DATABASE source OWNER deployer});

$node->safe_psql('source', q{
	SET client_min_messages = warning;
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.grant_access('app', 'service'), multitenant.grant_access('inspector', 'admin');
	GRANT EXECUTE ON FUNCTION multitenant.protect_table TO deployer;
	GRANT SELECT (id, name, email) ON multitenant."Users" TO app;
	GRANT SELECT ON multitenant."Roles" TO app;
	INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl")
	  SELECT md5('tenant ' || n)::uuid, n, 't-' || n, n FROM generate_series(1, 3) n;
	INSERT INTO multitenant."Users" (id, email) SELECT md5('user ' || n)::uuid, n || '@example.org' FROM generate_series(1, 6) n;
	SELECT multitenant.create_permission('note', 'read');
	SELECT multitenant.create_role(id, 'reader', permissions => '{note:read}') FROM multitenant."Tenants";
	INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles)
	  SELECT md5('user ' || n)::uuid, md5('tenant ' || (1 + n % 3))::uuid, CASE WHEN n <= 3 THEN '{reader}' ELSE '{}' END::varchar[] FROM generate_series(1, 6) n;
	CREATE SCHEMA application AUTHORIZATION deployer;
	GRANT USAGE ON SCHEMA application TO app;
	SET ROLE deployer;
	CREATE TABLE application.notes ("Tenant of it" uuid, n int);
	CREATE INDEX ON application.notes ("Tenant of it");
	CREATE TABLE application.events ("tenantId" uuid, n int) PARTITION BY LIST (n);
	CREATE INDEX ON application.events ("tenantId");
	CREATE TABLE application.events_1 PARTITION OF application.events FOR VALUES IN (1);
	CREATE TABLE application.events_2 PARTITION OF application.events DEFAULT;
	INSERT INTO application.notes SELECT md5('tenant ' || (1 + n % 3))::uuid, n FROM generate_series(1, 30) n;
	INSERT INTO application.events TABLE application.notes;
	SELECT multitenant.protect_table('application.notes', 'Tenant of it', 'note:read'), multitenant.protect_table('application.events');
	GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA application TO app;
	RESET ROLE;
	SELECT multitenant.enable_row_security();
});

# What stands on tables: all of the policies and flags.
sub protection
{
	my ($database, $schema) = @_;
	return $node->safe_psql($database, qq{
		SELECT c.relname, relrowsecurity, relforcerowsecurity, polname, polcmd, polpermissive,
		       pg_get_expr(polqual, c.oid), pg_get_expr(polwithcheck, c.oid), array(SELECT rolname FROM pg_roles WHERE oid = ANY (polroles))
		FROM pg_class c LEFT JOIN pg_policy ON polrelid = c.oid
		WHERE relnamespace = '$schema'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1, 4});
}

# What each user sees in each tenant, or that it does not get in: by the role of the application.
sub sights
{
	my ($database) = @_;
	my $sights = '';

	foreach my $user (1 .. 6)
	{
		foreach my $tenant (1 .. 3)
		{
			my ($stdout, $stderr) = ('', '');
			$node->psql($database, qq{
				\\set VERBOSITY sqlstate
				BEGIN;
				SELECT multitenant.set_context(md5('user $user')::uuid, md5('tenant $tenant')::uuid);
				SELECT 'notes', array(SELECT n FROM application.notes ORDER BY n);
				SELECT 'events', array(SELECT n FROM application.events UNION ALL SELECT n FROM application.events_1 ORDER BY n);
				SELECT 'users', array(SELECT email FROM multitenant."Users" ORDER BY email);
				SELECT 'roles', count(*) FROM multitenant."Roles";},
				stdout => \$stdout, stderr => \$stderr, extra_params => [ '-U', 'app' ], on_error_stop => 1);
			my ($error) = $stderr =~ /ERROR:\s+(\w{5})/;
			$sights .= "$user in $tenant: " . ($error // $stdout) . "\n";
		}
	}
	return $sights;
}

my $application = protection('source', 'application');
my $own = protection('source', 'multitenant');
my $seen = sights('source');
like($seen, qr/^1 in 2: .*\{1,4,7,/ms, 'a reader sees notes');
like($seen, qr/^4 in 2: .*^notes\|\{\}$/ms, 'another member sees none');
like($seen, qr/^1 in 1: P0002$/m, 'and nobody gets in elsewhere');
is($node->safe_psql('source', 'SELECT * FROM multitenant.row_security_problems()'), '', 'nothing is wrong with the source');

my $folder = PostgreSQL::Test::Utils::tempdir();
my $connection = $node->connstr('source');
run_log([ 'pg_dump', '--format=custom', '--file', "$folder/dump", '--dbname', $connection ]) or BAIL_OUT('no dump');

foreach my $way ([ 'fresh' ], [ 'sections', [ '--section=pre-data' ], [ '--section=data' ], [ '--section=post-data' ] ])
{
	my ($database, @runs) = @$way;

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	foreach my $options (@runs ? @runs : ([]))
	{
		my $stderr = '';
		local $ENV{PGOPTIONS} = "@$options" =~ /data$/ && "@$options" !~ /p/ ? '-c session_replication_role=replica' : '';
		ok(run([ 'pg_restore', '--exit-on-error', @$options, '--dbname', $node->connstr($database), "$folder/dump" ], '2>', \$stderr),
			"$database: pg_restore @$options") or diag($stderr);
	}
	is(protection($database, 'application'), $application, "$database: an application's tables are protected as they were");

	# What this pg_dump keeps of the extension's own tables is not ours to say; what follows from it is.
	my $in_step = protection($database, 'multitenant') eq $own;
	note("$database: this pg_dump " . ($in_step ? 'keeps' : 'leaves out') . ' policies on the tables of an extension');
	if (!$in_step)
	{
		my $refused = sights($database);
		unlike($refused, qr/in \d: (?!55000$|P0002$)/m, "$database: nobody gets in");
		is(scalar(() = $refused =~ /55000/g), 6, "$database: members are told that it is out of step");
		isnt($node->safe_psql($database, 'SELECT * FROM multitenant.row_security_problems()'), '', "$database: and what is wrong is told");
	}
	$node->safe_psql($database, 'SELECT multitenant.enable_row_security()');
	is(protection($database, 'multitenant'), $own, "$database: the extension's tables are protected as they were");
	is($node->safe_psql($database, 'SELECT * FROM multitenant.row_security_problems()'), '', "$database: nothing is wrong");
	is(sights($database), $seen, "$database: everybody sees what it saw");
	is($node->safe_psql($database, 'SELECT count(*) FROM multitenant."Users"', extra_params => [ '-U', 'inspector' ]), 6,
		"$database: an administrator sees all");
}

# A dump by a role that row-level security binds, as it binds the owner, is refused: it is
# never silently a part.
foreach my $role (qw(app deployer))
{
	my ($stdout, $stderr) = ('', '');
	local $ENV{PGUSER} = $role;
	ok(!run([ 'pg_dump', '--data-only', '--table=application.notes', '--dbname', $connection ], '>', \$stdout, '2>', \$stderr), "pg_dump by $role fails");
	like($stderr, qr/row-level security policy|permission denied/, '… and says why');
	unlike($stdout, qr/^[0-9a-f-]{36}\t/m, '… and shows no row');
}

# A record that a restore brings into a database in which sessions are at work, while triggers
# are held back as they are in a restore by sections.
my $answer = '';
$node->safe_psql('fresh', 'SELECT multitenant.disable_row_security()');
my $psql = join ' ', 'psql', '-X', '-q', '-h', $node->host, '-p', $node->port, 'fresh';
$node->psql('fresh', qq{
	\\set VERBOSITY sqlstate
	SELECT multitenant.set_context(md5('user 1')::uuid);
	\\! $psql -c 'SET session_replication_role = replica; INSERT INTO multitenant."RowSecurity" DEFAULT VALUES'
	SELECT multitenant.set_context(md5('user 1')::uuid);}, stderr => \$answer);
like($answer, qr/ERROR:\s+55000/, 'a session at work learns of a record that is restored');

$node->stop;
done_testing();
