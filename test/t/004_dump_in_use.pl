# A database in use goes through every format of pg_dump, and a cluster through pg_dumpall: with
# sealed secrets, granted tiers, row-level security and an application's protected table. Every
# row is there as it was, and the application goes on. 002_dump_restore.pl has the options of
# pg_restore; doc/backup.md says what both show.

use strict;
use warnings;

use FilledTables;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SampleApplication;
use Test::More;

my $application = SampleApplication->new(PostgreSQL::Test::Utils::tempdir());
my $folder = PostgreSQL::Test::Utils::tempdir();

sub new_node
{
	my $node = PostgreSQL::Test::Cluster->new(shift);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
	$node->append_conf('postgresql.conf', $application->configuration);
	$node->start;
	return $node;
}

my $node = new_node('dump');
$application->create_roles($node);
$node->safe_psql('postgres', 'CREATE DATABASE source TEMPLATE template0');
$node->safe_psql('source', 'SET client_min_messages = warning; CREATE EXTENSION multitenant CASCADE');
my $filled = FilledTables->new($node, 'source');
$filled->fill;
$application->install($node, 'source');
$filled->table_too('sample.notes', 'notes', qw(id tenantId note));
is($application->use($node, 'source'), $application->expected, 'the application works on the source');
my $before = $filled->contents('source');
is($node->safe_psql('source', q{SELECT count(*) FROM multitenant."Users" WHERE "twoFactorSecret" LIKE 'mt1$k1$%'}), 1, 'there is a sealed secret');

sub dump_to
{
	my ($file, @options) = @_;
	return $node->command_ok([ 'pg_dump', @options, '--file', "$folder/$file", '--dbname', $node->connstr('source') ], "pg_dump @options");
}

sub restore_from
{
	my ($file, $database, @options) = @_;
	return $node->command_ok([ 'pg_restore', '--exit-on-error', @options, '--dbname', $node->connstr($database), "$folder/$file" ], "$database: pg_restore @options");
}

sub run_script
{
	my ($file, $database) = @_;
	return $node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', "$folder/out", '-f', "$folder/$file", '-d', $node->connstr($database) ],
		"$database: psql -f $file");
}

sub create_database
{
	my ($database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$application->copied($node, 'source', $node, $database);
	return $database;
}

sub goes_on
{
	my ($on, $database) = @_;
	my @different = FilledTables::different($before, $filled->contents($database, $on));

	is_deeply(\@different, [], "$database: every row of every table is as it was");
	# whether the policies of the extension's tables are in the dump is up to pg_dump
	$on->safe_psql($database, 'SELECT multitenant.enable_row_security()');
	is($application->use($on, $database), $application->expected, "$database: the application goes on");
}

#
# Formats
#

dump_to('plain.sql');
run_script('plain.sql', create_database('plain'));
goes_on($node, 'plain');

foreach my $format (qw(custom tar))
{
	dump_to($format, "--format=$format");
	restore_from($format, create_database($format));
	goes_on($node, $format);
}

dump_to('directory', '--format=directory', '--jobs=4');
create_database('directory');
restore_from('directory', 'directory', '--section=pre-data');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	restore_from('directory', 'directory', '--section=data', '--jobs=4');
}
restore_from('directory', 'directory', '--section=post-data', '--jobs=4');
goes_on($node, 'directory');

#
# Rows alone, where the extension and the application's tables are already
#

dump_to('schema.sql', '--schema-only');
foreach my $way ([ 'data_only' ], [ 'data_only_disabled', '--disable-triggers' ])
{
	my ($database, @options) = @$way;

	run_script('schema.sql', create_database($database));
	dump_to("$database.sql", '--data-only', @options);
	run_script("$database.sql", $database);
	goes_on($node, $database);
	is($node->safe_psql($database, q{
		SELECT count(*) FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace) AND tgenabled = 'D'}),
		0, "$database: no trigger is left disabled");
}

#
# Parts
#

# What a dump with these options has: the extension, and the rows of so many of its tables.
sub part
{
	my (@options) = @_;
	my ($stdout, $stderr) = ('', '');
	run([ 'pg_dump', @options, '--dbname', $node->connstr('source') ], '>', \$stdout, '2>', \$stderr) or return $stderr;
	return join ' ', ($stdout =~ /^CREATE EXTENSION .*multitenant/m ? 1 : 0), scalar(() = $stdout =~ /^COPY multitenant\./mg),
	  ($stdout =~ /^COPY sample\./m ? 1 : 0);
}

my $tables = $filled->names;
is(part(), "1 $tables 1", 'pg_dump: all');
is(part('-n', 'multitenant'), '0 0 0', '-n: nothing');
is(part('-n', 'multitenant', '-e', 'multitenant'), "1 $tables 0", '-n, -e: the extension');
is(part('-N', 'multitenant'), '1 0 1', '-N: without a row');
is(part('-T', 'multitenant.*'), '1 0 1', '-T: without a row');
is(part('-t', 'multitenant."Users"'), '0 1 0', '-t: the rows of that table');
is(part('--exclude-table-data', 'multitenant."LoginHistories"'), '1 ' . ($tables - 1) . ' 1', '--exclude-table-data: all but those');
is(part('-n', 'sample'), '0 0 1', "-n: an application's schema");

# The extension in one dump and the rest in another. The policies of the application's table
# need its functions, and its rows the tenants.
dump_to('extension', '--format=custom', '-e', 'multitenant', '-e', 'pgcrypto', '-n', 'multitenant');
dump_to('rest', '--format=custom', '-N', 'multitenant', '-n', 'sample');
create_database('two_dumps');
restore_from('extension', 'two_dumps');
# grants on the extension's objects are in the dump of its schema, USAGE of the roles on theirs
restore_from('rest', 'two_dumps');
goes_on($node, 'two_dumps');

#
# Who restores
#

$node->safe_psql('postgres', 'CREATE ROLE ordinary LOGIN; CREATE DATABASE ordinary OWNER ordinary TEMPLATE template0');
{
	my ($stdout, $stderr) = ('', '');
	local $ENV{PGUSER} = 'ordinary';
	ok(!run([ 'pg_restore', '--exit-on-error', '--no-owner', '--dbname', $node->connstr('ordinary'), "$folder/custom" ], '>', \$stdout, '2>', \$stderr),
		'the owner of a database alone cannot restore');
	like($stderr, qr/permission denied to create extension "(?:multitenant)"|must be superuser/i, '… and is told why');
}

#
# A cluster
#

my $cluster = new_node('cluster');
$node->safe_psql('postgres', "DROP DATABASE $_") foreach qw(plain custom tar directory data_only data_only_disabled two_dumps ordinary);
$node->safe_psql('postgres', q{ALTER DATABASE source SET multitenant.lockout_threshold = 7});
$node->command_ok([ 'pg_dumpall', '--file', "$folder/all.sql", '--dbname', $node->connstr('postgres') ], 'pg_dumpall');
{
	my ($stdout, $stderr) = ('', '');
	run([ 'psql', '-X', '-q', '-f', "$folder/all.sql", '-d', $cluster->connstr('postgres') ], '>', \$stdout, '2>', \$stderr);
	is(join("\n", grep { /ERROR/ && !/role "\w+" already exists/ } split /\n/, $stderr), '', 'it is restored into a new cluster');
}
$application->copied($node, 'source', $cluster, 'source');
is($cluster->safe_psql('source', 'SHOW multitenant.lockout_threshold'), 7, 'a setting of the database is there');
goes_on($cluster, 'source');

$_->stop foreach $node, $cluster;
done_testing();
