# ALTER EXTENSION multitenant UPDATE makes of every earlier release what CREATE EXTENSION makes
# today: the same catalog, to the last comment and privilege, around the same rows. Before it
# is run, the library of today serves the catalog of the release that is there.
#
# test/upgrade has the install scripts of the releases, as they were; test/run puts them where
# the server finds them.

use strict;
use warnings;

use FilledTables;
use OpenSession;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SampleApplication;
use Test::More;

my @releases = map { /--([\d.]+)\.sql$/ } sort glob 'test/upgrade/multitenant--*.sql';
my ($current) = slurp_file('multitenant.control') =~ /^default_version = '([\d.]+)'$/m;

ok(@releases > 0 && !grep({ $_ eq $current } @releases), "from @releases to $current");

my $node = PostgreSQL::Test::Cluster->new('upgrade');
my $application = SampleApplication->new(PostgreSQL::Test::Utils::tempdir());
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', $application->configuration);
$node->start;
$application->create_roles($node);

sub create_database
{
	my ($database, $version) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->safe_psql($database, "SET client_min_messages = warning; CREATE EXTENSION multitenant VERSION '$version' CASCADE");
}

sub error_of
{
	my ($database, $sql) = @_;
	my $stderr = '';
	$node->psql($database, $sql, stderr => \$stderr);
	return $stderr;
}

# The catalog of a database's extension, after some SQL that is then rolled back.
my $catalog = slurp_file('test/upgrade/catalog.sql');

sub catalog_of
{
	my ($database, $sql) = @_;
	my ($stdout, $stderr) = ('', '');
	my $status = $node->psql($database, 'BEGIN; SET LOCAL client_min_messages = warning;' . ($sql // '')
		  . qq{; $catalog; SELECT replace(line, E'\\n', ' ') FROM pg_temp.catalog() AS line},
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 1);
	die $stderr if $status != 0;
	return [ split /\n/, $stdout ];
}

# What one has and the other has not.
sub differences
{
	my ($one, $other) = @_;
	my %count;
	$count{$_}++ foreach @$one;
	$count{$_}-- foreach @$other;
	return map { ($count{$_} > 0 ? '- ' : '+ ') . $_ } grep { $count{$_} != 0 } sort keys %count;
}

sub same_catalog
{
	my ($upgraded, $fresh, $name) = @_;
	my @differences = differences(catalog_of($upgraded), catalog_of($fresh));
	is(scalar @differences, 0, $name)
	  or diag("- the upgraded one has alone, + the fresh one\n", map { substr($_, 0, 1000) . "\n" } splice @differences, 0, 40);
}

create_database('fresh', $current);

# The comparison sees what it should: each of these changes is a difference.
my @changes = (
	[ q{COMMENT ON FUNCTION multitenant.find_user(text) IS 'x'}, '+ pg_description: function multitenant.find_user(pg_catalog.text) = x' ],
	[ q{COMMENT ON COLUMN multitenant."Users".email IS 'x'}, '+ pg_description: table column multitenant."Users".email = x' ],
	[ q{COMMENT ON SCHEMA multitenant IS NULL}, '- pg_description: schema multitenant = ' ],
	[ q{ALTER TABLE multitenant."Users" ALTER name SET DEFAULT 'x'}, q{+ pg_attrdef: default value for multitenant."Users".name: adbin = 'x'::character varying} ],
	[ q{ALTER TABLE multitenant."Users" ALTER name SET STORAGE EXTERNAL}, '+ pg_attribute: table multitenant."Users" column 3: attstorage = e' ],
	[ q{ALTER TABLE multitenant."Users" ALTER avatar SET STATISTICS 1}, '+ pg_attribute: table multitenant."Users" column 6: attstattarget = 1' ],
	[ q{ALTER TABLE multitenant."Users" ALTER name SET (n_distinct = 1)}, '+ pg_attribute: table multitenant."Users" column 3: attoptions = n_distinct=1' ],
	[ q{ALTER TABLE multitenant."Tenants" ALTER logo TYPE varchar COLLATE "C"}, '+ pg_attribute: table multitenant."Tenants" column 5: attcollation = collation pg_catalog."C"' ],
	[ q{ALTER TABLE multitenant."Users" ALTER avatar SET NOT NULL}, '+ pg_attribute: table multitenant."Users" column 6: attnotnull = true' ],
	[ q{ALTER TABLE multitenant."ActivityLogs" RENAME "ipAddress" TO x; ALTER TABLE multitenant."ActivityLogs" RENAME "userAgent" TO "ipAddress";
	    ALTER TABLE multitenant."ActivityLogs" RENAME x TO "userAgent"}, '+ pg_attribute: table multitenant."ActivityLogs" column 5: attname = userAgent' ],
	[ q{ALTER TABLE multitenant."Users" SET (fillfactor = 90)}, '+ pg_class: table multitenant."Users": reloptions = {fillfactor=90}' ],
	[ q{ALTER TABLE multitenant."Users" SET (toast.autovacuum_enabled = off)}, '+ pg_class: toast table of table multitenant."Users".0: reloptions = {autovacuum_enabled=off}' ],
	[ q{ALTER TABLE multitenant."Roles" REPLICA IDENTITY FULL}, '+ pg_class: table multitenant."Roles": relreplident = f' ],
	[ q{ALTER TABLE multitenant."Roles" ENABLE ROW LEVEL SECURITY}, '+ pg_class: table multitenant."Roles": relrowsecurity = true' ],
	[ q{CREATE POLICY p ON multitenant."Roles" USING (false)}, '+ pg_policy: policy p on multitenant."Roles": polqual = false' ],
	[ q{ALTER TABLE multitenant."Users" DROP CONSTRAINT users_counters_check}, '- pg_constraint: table constraint users_counters_check on multitenant."Users": conname = users_counters_check' ],
	[ q{ALTER TABLE multitenant."Users" DISABLE TRIGGER set_updated_at}, '+ pg_trigger: trigger set_updated_at on multitenant."Users": tgenabled = D' ],
	[ q{DROP INDEX multitenant.users_status_idx}, '- pg_index: index multitenant.users_status_idx: indrelid = table multitenant."Users"' ],
	[ q{ALTER INDEX multitenant.users_email_lower_idx RENAME TO x}, '+ pg_index: index multitenant.x: indexprs = lower(' ],
	[ q{GRANT SELECT ON multitenant."Users" TO sample_admin}, '- pg_class: table multitenant."Users": relacl = ' ],
	[ q{GRANT SELECT (id) ON multitenant."Roles" TO sample_admin}, '- pg_attribute: table multitenant."Roles" column 1: attacl = null' ],
	[ q{GRANT EXECUTE ON FUNCTION multitenant.find_user(text) TO PUBLIC}, '- pg_proc: function multitenant.find_user(pg_catalog.text): proacl = ' ],
	[ q{ALTER FUNCTION multitenant.find_user(text) SET search_path = public}, '+ pg_proc: function multitenant.find_user(pg_catalog.text): proconfig = {search_path=public}' ],
	[ q{ALTER FUNCTION multitenant.has_role(text) COST 7}, '+ pg_proc: function multitenant.has_role(pg_catalog.text): procost = 7' ],
	[ q{UPDATE pg_proc SET prosrc = 'x' WHERE proname = 'end_session'}, '+ pg_proc: function multitenant.end_session(pg_catalog.text): prosrc = x' ],
	[ q{UPDATE pg_proc SET prosupport = 0 WHERE proname = 'is_member'}, '+ pg_proc: function multitenant.is_member(): prosupport = -' ],
	[ q{ALTER FUNCTION multitenant.is_member() OWNER TO sample_admin}, '+ pg_shdepend: function multitenant.is_member() on role sample_admin: o' ],
	[ q{UPDATE pg_init_privs SET initprivs = '{}' WHERE objoid = 'multitenant."Users"'::regclass}, '- pg_init_privs: table multitenant."Users" = e ' ],
	[ q{UPDATE pg_extension SET extcondition[1] = 'WHERE true' WHERE extname = 'multitenant'}, '+ pg_extension: the rows of multitenant."Users" are dumped where WHERE true' ],
	[ q{ALTER EXTENSION multitenant DROP FUNCTION multitenant.clear_context()}, '- pg_depend: function multitenant.clear_context() on extension multitenant: e' ],
	[ q{ALTER TYPE multitenant."enum_Users_status" RENAME VALUE 'inactive' TO 'x'}, '- pg_enum: type multitenant."enum_Users_status" label inactive: enumlabel' ],
	[ q{ALTER VIEW multitenant.stats SET (security_barrier = on)}, '+ pg_class: view multitenant.stats: reloptions = {security_barrier=on}' ],
	[ q{ALTER TABLE multitenant."LoginHistories" RENAME "failureReason" TO x}, '- pg_rewrite: rule "_RETURN" on multitenant.stats: ev_action' ]);

my $of_fresh = catalog_of('fresh');
my @seen = differences($of_fresh, catalog_of('fresh', join ';', map { $_->[0] } @changes));
foreach my $change (@changes)
{
	my ($sql, $difference) = @$change;
	# that an upgraded one "has alone" is what was before the change, and '-'
	ok(scalar(grep { index($_, $difference) == 0 } @seen), "seen: $sql");
}
is(scalar differences($of_fresh, catalog_of('fresh')), 0, 'and nothing is where nothing was changed');

#
# From each release
#

sub update
{
	my ($database) = @_;
	return $node->safe_psql($database, 'SET client_min_messages = warning; ALTER EXTENSION multitenant UPDATE; ' . q{SELECT extversion FROM pg_extension WHERE extname = 'multitenant'});
}

# A fresh one in use: with tiers, row-level security and what an application adds.
create_database('fresh_in_use', $current);
$application->install($node, 'fresh_in_use');
is($application->use($node, 'fresh_in_use'), $application->expected, 'the sample application works');

# What belongs to these is the cluster's, so one is compared with the other.
my $fresh_in_use = catalog_of('fresh_in_use');

foreach my $release (@releases)
{
	my $name = 'v' . $release =~ s/\./_/gr;

	# Nothing but the extension.
	create_database("${name}_bare", $release);
	is($node->safe_psql("${name}_bare", q{
		BEGIN;
		ALTER EXTENSION multitenant UPDATE;
		DO $$BEGIN
			PERFORM multitenant.enable_row_security();
			PERFORM multitenant.disable_row_security();
		END$$;
		SELECT extversion FROM pg_extension WHERE extname = 'multitenant';
		COMMIT}), $current, "$release: updated to $current, in one transaction with what comes after");
	same_catalog("${name}_bare", 'fresh', "$release: its catalog is that of a fresh $current");

	# In use: tables filled, tiers granted, row-level security on, an application's table protected.
	create_database($name, $release);
	my $filled = FilledTables->new($node, $name);
	$filled->fill;
	is_deeply([ $filled->left_out ], [], "$release: every column has a value");
	$application->install($node, $name);
	$filled->table_too('sample.notes', 'notes', qw(id tenantId note));
	is($application->use($node, $name), $application->expected, "$release: the library of $current serves it");

	# Sessions that were at work before are at work after.
	my @sessions = map { OpenSession->new($node, $name) } 1 .. 2;
	my ($access) = $application->tokens($node, $name);
	my $work = qq{
		SELECT outcome FROM multitenant.sign_in('bob\@sample.example', 'correct horse battery', 'sample', '192.0.2.1');
		SELECT roles FROM multitenant.verify_session('$access', '192.0.2.1');
		SELECT multitenant.has_permission(multitenant.find_user('bob\@sample.example'), tenant_id, 'sample-note:read') FROM multitenant.user_tenants(multitenant.find_user('bob\@sample.example'));
		EXECUTE checked;
		UPDATE multitenant."Users" SET name = name;
		SELECT multitenant.retention_limit('ActivityLogs') IS NULL;
		BEGIN;
		SET LOCAL client_min_messages = error;
		SELECT 'delete_tokens', affected > 0 FROM multitenant.run_maintenance() WHERE task = 'delete_tokens';
		ROLLBACK};
	my @worked = map { $_->ask("PREPARE checked AS SELECT outcome FROM multitenant.authenticate('nobody\@sample.example', 'x'); $work") } @sessions;
	like($worked[0], qr/^success\n\{owner,reader\}\nt\ninvalid_credentials\n.*^delete_tokens\|t$/ms, "$release: a session is at work");

	my $before = $filled->contents($name);
	is(update($name), $current, "$release: updated to $current, in use");
	my @different = FilledTables::different($before, $filled->contents($name));
	is_deeply(\@different, [], "$release: every row is as it was");
	# a table that is new has no policies yet, and until then no context can be set
	$node->safe_psql($name, 'SELECT multitenant.enable_row_security()');

	foreach my $session (@sessions)
	{
		is($session->ask($work), $worked[0], "$release: a session from before goes on");
		$session->close;
	}
	is($application->use($node, $name), $application->expected, "$release: updated, the application works");
	$application->configure_access($node, $name);
	same_catalog($name, 'fresh_in_use', "$release: in use, and granted again, its catalog is that of a fresh $current in use");
	is($application->use($node, $name), $application->expected, "$release: granted again, the application works");

	# A dump of it is one of $current, a dump of the release becomes one.
	create_database("${name}_dumped", $release);
	my $old = FilledTables->new($node, "${name}_dumped");
	$old->fill;
	foreach my $database ($name, "${name}_dumped")
	{
		my $rows = ($database eq $name ? $filled : $old)->contents($database);
		my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
		$node->command_ok([ 'pg_dump', '--format=custom', '--file', $dump, '--dbname', $node->connstr($database) ], "$release: dump of $database");
		$node->safe_psql('postgres', "CREATE DATABASE restored_$database TEMPLATE template0");
		$application->copied($node, $name, $node, "restored_$database");
		$node->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', $node->connstr("restored_$database"), $dump ], "$release: restore of $database");
		@different = FilledTables::different($rows, ($database eq $name ? $filled : $old)->contents("restored_$database"));
		is_deeply(\@different, [], "$release: $database: every row is as it was");
	}
	$node->safe_psql("restored_$name", 'SELECT multitenant.enable_row_security()');
	is($application->use($node, "restored_$name"), $application->expected, "$release: updated, dumped and restored, the application works");
	same_catalog("restored_$name", 'fresh_in_use', "$release: so its catalog is that of a fresh $current");
}

# Ways that are not there.
my ($error) = error_of('fresh', "ALTER EXTENSION multitenant UPDATE TO '$releases[0]'");
like($error, qr/ERROR:  extension "multitenant" has no update path from version "\Q$current\E" to version "\Q$releases[0]\E"/, 'there is no way back');
($error) = error_of('fresh', q{ALTER EXTENSION multitenant UPDATE TO '99.0'});
like($error, qr/ERROR:  extension "multitenant" has no update path from version "\Q$current\E" to version "99\.0"/, 'nor to what nobody released');
is($node->safe_psql('fresh', q{SELECT extversion FROM pg_extension WHERE extname = 'multitenant'}), $current, 'nothing has changed');
foreach my $script (glob 'sql/multitenant--*--*.sql')
{
	my ($stdout, $stderr) = ('', '');
	$node->psql('postgres', "\\i $script", stdout => \$stdout, stderr => \$stderr);
	my ($to) = $script =~ /--([\d.]+)\.sql$/;
	is("$stdout$stderr", "Use \"ALTER EXTENSION multitenant UPDATE TO '$to'\" to load this file.", "$script is not for psql");
}

# An update is for who may create the extension.
create_database('unprivileged', $releases[0]);
($error) = error_of('unprivileged', q{SET ROLE sample_admin; ALTER EXTENSION multitenant UPDATE});
like($error, qr/must be owner of extension/, 'an update is for the owner');

$node->stop;
done_testing();
