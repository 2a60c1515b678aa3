# pg_upgrade takes databases with the extension to another major version of PostgreSQL: with the
# current release and with earlier ones, by copy and by link. test/upgrade/run makes the place.

use strict;
use warnings;

use FilledTables;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SampleApplication;
use Test::More;

my %path = map { ($_ => "/usr/lib/postgresql/$ENV{$_}") } qw(OLD NEW);
my @releases = map { /--([\d.]+)\.sql$/ } sort glob 'test/upgrade/multitenant--*.sql';
my ($current) = slurp_file('multitenant.control') =~ /^default_version = '([\d.]+)'$/m;
my $catalog = slurp_file('test/upgrade/catalog.sql');
my $application = SampleApplication->new(PostgreSQL::Test::Utils::tempdir());

sub new_node
{
	my ($name, $path) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => $path);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C', '-U', 'postgres' ]);
	$node->append_conf('postgresql.conf', $application->configuration);
	return $node;
}

sub catalog_of
{
	my ($node, $database) = @_;
	my @lines = split /\n/, $node->safe_psql($database,
		qq{BEGIN; $catalog; SELECT replace(line, E'\\n', ' ') FROM pg_temp.catalog() AS line});

	# The old server wrote the view down in its own words. Privileges that are the owner's by
	# default need no record, and pg_upgrade makes none.
	return [ grep { !/^pg_rewrite: .*: ev_action = / && !/^pg_init_privs: (?:table|view) .* = e postgres=arwdDxtm?\/postgres$/ } @lines ];
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

my $old = new_node('old', $path{OLD});
$old->start;
$application->create_roles($old);
like($old->safe_psql('postgres', 'SELECT version()'), qr/^PostgreSQL $ENV{OLD}\./, "from $ENV{OLD}");

# A database of each release: all tables filled, and in use.
my %release_of = map { ('v' . $_ =~ s/\./_/gr => $_) } @releases, $current;
my (%filled, %before);
foreach my $database (sort keys %release_of)
{
	$old->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$old->safe_psql($database, "SET client_min_messages = warning; CREATE EXTENSION multitenant VERSION '$release_of{$database}' CASCADE");
	$filled{$database} = FilledTables->new($old, $database);
	$filled{$database}->fill;
	$application->install($old, $database);
	$filled{$database}->table_too('sample.notes', 'notes', qw(id tenantId note));
	is($application->use($old, $database), $application->expected, "$database: works on $ENV{OLD}");
	$before{$database} = $filled{$database}->contents($database);
}
$old->stop;

foreach my $mode ([], ['--link'])
{
	my $name = $mode->[0] ? 'link' : 'copy';
	my $node = new_node($name, $path{NEW});
	my @command = ('pg_upgrade', '--no-sync', '--old-datadir', $old->data_dir, '--new-datadir', $node->data_dir,
		'--old-bindir', "$path{OLD}/bin", '--new-bindir', "$path{NEW}/bin", '--socketdir', $node->host,
		'--old-port', $old->port, '--new-port', $node->port, '--username', 'postgres', @$mode);

	chdir PostgreSQL::Test::Utils::tempdir() or die;
	$node->command_ok([ @command, '--check' ], "$name: pg_upgrade --check");
	$node->command_ok(\@command, "$name: pg_upgrade");
	chdir $ENV{TESTDIR} or die;
	$application->copied($old, $_, $node, $_) foreach keys %release_of;
	$node->start;
	like($node->safe_psql('postgres', 'SELECT version()'), qr/^PostgreSQL $ENV{NEW}\./, "$name: to $ENV{NEW}");

	# what there is to compare with
	$node->safe_psql('postgres', 'CREATE DATABASE fresh TEMPLATE template0');
	$node->safe_psql('fresh', 'SET client_min_messages = warning; CREATE EXTENSION multitenant CASCADE');
	$application->install($node, 'fresh');
	my $fresh = catalog_of($node, 'fresh');

	foreach my $database (sort keys %release_of)
	{
		my @different = FilledTables::different($before{$database}, $filled{$database}->contents($database, $node));
		is_deeply(\@different, [], "$name: $database: every row of every table is as it was");
		is($node->safe_psql($database, q{SELECT extversion FROM pg_extension WHERE extname = 'multitenant'}), $release_of{$database},
			"$name: $database: it is the same release");
		is($application->use($node, $database), $application->expected, "$name: $database: works on $ENV{NEW}, without another step");
		is($node->safe_psql($database, q{
			CREATE EXTENSION amcheck;
			SELECT count(*), min(bt_index_check(i.indexrelid, true)::text)
			FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
			WHERE c.relnamespace = 'multitenant'::regnamespace}) =~ /^\d{2,}\|$/, 1, "$name: $database: its indexes are sound");
		if ($release_of{$database} ne $current)
		{
			$node->safe_psql($database, 'ALTER EXTENSION multitenant UPDATE');
			is($application->use($node, $database), $application->expected, "$name: $database: works when updated");
			$application->configure_access($node, $database);
		}
		is_deeply([ differences(catalog_of($node, $database), $fresh) ], [], "$name: $database: its catalog is that of a fresh one")
		  or diag(join "\n", differences(catalog_of($node, $database), $fresh));
		is($node->safe_psql($database, 'SELECT * FROM multitenant.stats') ne '', 1, "$name: $database: its views have rows");
	}
	$node->stop;
}
done_testing();
