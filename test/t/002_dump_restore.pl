# A database with the extension survives pg_dump and pg_restore.
#
# Every table is filled so that each of its columns holds, in some row, a value
# that is neither NULL nor the column's default; then each way of dumping and
# restoring must give back every row of every table as it was: nothing lost,
# nothing invented by a trigger, no timestamp touched, no word on stderr.

use strict;
use warnings;

use FilledTables;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "timezone = 'UTC'");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE reporter; CREATE DATABASE source');
$node->safe_psql('source', 'CREATE EXTENSION pgcrypto; CREATE EXTENSION multitenant');

my $filled = FilledTables->new($node, 'source');
my @filled = $filled->names;

cmp_ok(scalar @filled, '>=', 14, 'there are tables to fill');
$filled->fill;

# An application's own table, and a grant.
$node->safe_psql('source', q(
	CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), buyer uuid REFERENCES multitenant."Users");
	INSERT INTO orders (buyer) SELECT u.id FROM multitenant."Users" u;
	GRANT USAGE ON SCHEMA multitenant TO reporter;
	GRANT SELECT ON multitenant."Tenants" TO reporter));

$filled->table_too('orders', 'orders', qw(id buyer));
is_deeply([ $filled->left_out ], [], 'every column of every table has a value that is neither NULL nor its default');
my ($forward) = $filled->query('source', q(
	SELECT count(*) AS n FROM multitenant."Users" u JOIN multitenant."Users" later ON later.id = u."statusChangedBy"
	WHERE later.ctid > u.ctid));
cmp_ok($forward->{n}, '>', 0, 'users refer to later users');

my $before = $filled->contents('source');

#
# The ways out and back
#

my $folder = PostgreSQL::Test::Utils::tempdir();

# Runs a command that must succeed and be silent, but for what its stderr may be.
sub silently
{
	my ($name, $command, $may_be) = @_;
	my ($stdout, $stderr) = ('', '');
	my $success = run($command, '<', \undef, '>', \$stdout, '2>', \$stderr);

	$stderr = '' if $may_be && $stderr =~ $may_be;
	ok($success && $stdout eq '' && $stderr eq '', $name) or diag("@$command\n$stdout$stderr");
}

# pg_dump warns that "Users" refers to itself, and gives advice; nothing else.
my $circular =
  qr/\Apg_dump: warning: there are circular foreign-key constraints on (?:this )?table\b.*\n(?:pg_dump: (?!warning|error).*\n)*\z/;

sub dump_to
{
	my ($file, @options) = @_;
	silently(join(' ', 'pg_dump', @options), [ 'pg_dump', @options, '--file', "$folder/$file", '--dbname', $node->connstr('source') ], $circular);
}

sub restore_from
{
	my ($file, $database, @options) = @_;
	my @shown = map { s/\Q$folder\E\///r } @options;
	silently(join(' ', 'pg_restore', @shown, "into $database"),
		[ 'pg_restore', '--exit-on-error', @options, '--dbname', $node->connstr($database), "$folder/$file" ]);
}

sub run_script
{
	my ($file, $database) = @_;
	silently("psql --file $file into $database", [
		'psql', '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--output', "$folder/psql.out",
		'--file', "$folder/$file", '--dbname', $node->connstr($database) ]);
}

sub create_database
{
	my ($database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	return $database;
}

sub same_contents
{
	my ($database, $name) = @_;
	my $after = $filled->contents($database);
	my @different = FilledTables::different($before, $after);

	is_deeply(\@different, [], "$name: every row of every table is as it was")
	  or diag(map { "$_ was\n" . substr($before->{$_}, 0, 2000) . "\nand is\n" . substr($after->{$_}, 0, 2000) . "\n" } @different);
}

dump_to('plain.sql');
run_script('plain.sql', create_database('plain'));
same_contents('plain', 'plain');
is($node->safe_psql('plain', q(SELECT has_table_privilege('reporter', 'multitenant."Tenants"', 'SELECT'), has_table_privilege('reporter', 'multitenant."Users"', 'SELECT'))),
	't|f', 'plain: a grant on a table is as it was');

dump_to('custom.dump', '--format=custom');
restore_from('custom.dump', create_database('custom'));
same_contents('custom', 'custom');

restore_from('custom.dump', create_database('one_transaction'), '--single-transaction');
same_contents('one_transaction', 'custom, in one transaction');

create_database('installed');
$node->safe_psql('installed', 'CREATE EXTENSION multitenant CASCADE');
restore_from('custom.dump', 'installed');
same_contents('installed', 'custom, where the extension was installed already');

# Over another state of the same database.
$node->safe_psql('custom', q(
	INSERT INTO multitenant."Users" (email) VALUES ('later@example.org');
	DELETE FROM multitenant."Notifications"));
restore_from('custom.dump', 'custom', '--clean', '--if-exists');
same_contents('custom', 'custom, over what was there');

# Any order of the tables that the foreign keys allow will do: here memberships
# come as early as they can, before the roles that they name, and the rest in
# the reverse of the alphabet.
my $list = '';
run([ 'pg_restore', '--list', "$folder/custom.dump" ], '>', \$list) or die 'no list';
my (%entry, @head, @tail);
foreach my $line (split /\n/, $list)
{
	if ($line =~ /^\d+; \d+ \d+ TABLE DATA multitenant (\w+) /) { $entry{$1} = $line; }
	elsif (%entry || $line =~ /TABLE DATA/) { push @tail, $line; }
	else { push @head, $line; }
}
is_deeply([ sort keys %entry ], [ sort @filled ], 'the dump has the data of every table');

my @reordered = $filled->sort_by_reference('TenantUsers', reverse sort grep { $_ ne 'TenantUsers' } @filled);
my ($memberships, $roles) = map { my $name = $_; grep { $reordered[$_] eq $name } 0 .. $#reordered } qw(TenantUsers Roles);
cmp_ok($memberships, '<', $roles, 'memberships before roles');
append_to_file("$folder/list", join("\n", @head, @entry{@reordered}, @tail) . "\n");
restore_from('custom.dump', create_database('reordered'), "--use-list=$folder/list");
same_contents('reordered', 'custom, reordered');

# With several jobs pg_restore starts whatever depends on nothing it has yet to do.
# It knows of no dependency on an extension's tables: neither of one on another,
# whose foreign keys are there before the data, nor of an application's foreign key
# on one of them. So one section is restored after the other, and for the data the
# replica role holds the foreign keys back (doc/backup.md).
sub restore_in_sections
{
	my ($file, $database) = @_;

	restore_from($file, $database, '--section=pre-data');
	{
		local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
		restore_from($file, $database, '--section=data', '--jobs=2');
	}
	restore_from($file, $database, '--section=post-data', '--jobs=2');
}

dump_to('directory', '--format=directory', '--jobs=2');
restore_in_sections('directory', create_database('directory'));
same_contents('directory', 'directory, two jobs');
restore_in_sections('custom.dump', create_database('two_jobs'));
same_contents('two_jobs', 'custom, two jobs');

# A statement for each row: a user may refer to a later one.
dump_to('inserts.sql', '--inserts');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	run_script('inserts.sql', create_database('inserts'));
}
same_contents('inserts', '--inserts');

# Nothing of that is left behind: in what was restored, the rules hold.
sub error_of
{
	my ($database, $sql) = @_;
	my $stderr = '';
	$node->psql($database, "\\set VERBOSITY sqlstate\n$sql", stderr => \$stderr);
	return $stderr =~ /ERROR:\s+(\w{5})/ ? $1 : "none: $stderr";
}

foreach my $database (qw(reordered directory))
{
	is(error_of($database, q(UPDATE multitenant."TenantUsers" SET roles = '{no such role}')),
		'23503', "$database: a role that does not exist is refused");
	is(error_of($database, q(UPDATE multitenant."Roles" SET "tenantId" = gen_random_uuid())),
		'23503', "$database: a tenant that does not exist is refused");
	is($node->safe_psql($database, q(
			UPDATE multitenant."Tenants" SET logo = 'new';
			SELECT count(*) FROM multitenant."Tenants" WHERE "updatedAt" < now() - interval '1 hour')),
		0, "$database: an UPDATE sets updatedAt");
	is($node->safe_psql($database, q(
			DELETE FROM multitenant."Users";
			SELECT count(*), bool_and(status = 'deleted' AND "deletedAt" IS NOT NULL) FROM multitenant."Users")),
		$filled->rows . '|t', "$database: a DELETE of users is a soft one");
}

$node->stop;
done_testing();
