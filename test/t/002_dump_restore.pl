# A database with the extension survives pg_dump and pg_restore.
#
# Every table is filled so that each of its columns holds, in some row, a value
# that is neither NULL nor the column's default; then each way of dumping and
# restoring must give back every row of every table as it was: nothing lost,
# nothing invented by a trigger, no timestamp touched, no word on stderr.

use strict;
use warnings;

use IPC::Run qw(run);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rows = 4;    # of each table; one more has nothing but what is required

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "timezone = 'UTC'");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE reporter; CREATE DATABASE source');
$node->safe_psql('source', 'CREATE EXTENSION pgcrypto; CREATE EXTENSION multitenant');

sub query
{
	my ($database, $sql) = @_;
	my $json = $node->safe_psql($database,
		"SET search_path = pg_catalog; SELECT coalesce(json_agg(to_json(q)), '[]') FROM ($sql) q");
	return @{ JSON::PP->new->decode($json) };
}

sub quoted { my ($name) = @_; return "\"$name\""; }

#
# What there is to fill
#

my %tables;
push @{ $tables{ $_->{table} } }, $_ foreach query('source', q(
	SELECT c.relname AS table, a.attname AS name, a.attnotnull AS not_null,
	       format_type(a.atttypid, NULL) AS type, pg_get_expr(d.adbin, d.adrelid) AS default,
	       f.relname AS target,
	       (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder)
	        FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS labels
	FROM pg_depend p
	JOIN pg_class c ON c.oid = p.objid AND c.relkind = 'r'
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum]
	LEFT JOIN pg_class f ON f.oid = k.confrelid
	WHERE p.classid = 'pg_class'::regclass AND p.deptype = 'e'
	  AND p.refclassid = 'pg_extension'::regclass
	  AND p.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'multitenant')
	ORDER BY c.relname, a.attnum));

# The tables a table refers to, itself left out.
my %targets;
foreach my $table (keys %tables)
{
	$targets{$table} = { map { ($_->{target} => 1) } grep { $_->{target} && $_->{target} ne $table } @{ $tables{$table} } };
}

# An order in which each table comes after those it refers to; among those that
# could be next, the one that comes first in the list given.
sub sort_by_reference
{
	my (@left) = @_;
	my (@sorted, %done);

	while (@left)
	{
		my ($next) = grep { !grep { !$done{$_} } keys %{ $targets{$_} } } @left;
		die "tables refer to each other: @left" if !$next;
		push @sorted, $next;
		$done{$next} = 1;
		@left = grep { $_ ne $next } @left;
	}
	return @sorted;
}

my @filled = sort_by_reference(sort keys %tables);

cmp_ok(scalar @filled, '>=', 14, 'there are tables to fill');

#
# Filling them
#

sub id_of
{
	my ($table, $row) = @_;
	return sprintf q(md5('%s %d')::uuid), $table, $row % ($rows + 1);
}

sub timestamp_of
{
	my ($table, $column, $row) = @_;
	my $seed = 0;
	$seed = ($seed * 31 + ord) % 1_000_000 foreach split //, "$table $column $row";
	return sprintf q('%d-02-03 04:05:06.%06d+00'), 2001 + $row, $seed;
}

my $text = qq(E'\\u00e9\\u6f22\\U0001f510 "double" ''single'' \\\\ {brace}, \\\\N tab\\t line\\n NULL ');

my %value_of = (
	'uuid'                     => sub { id_of(@_[ 0, 2 ]) },
	'character varying'        => sub { "$text || '$_[0] $_[1] $_[2]'" },
	'text'                     => sub { "$text || '$_[0] $_[1] $_[2]'" },
	'character varying[]'      => sub { "ARRAY[$text, '', 'NULL', '$_[1] $_[2]']" },
	'integer'                  => sub { 1000 * $_[2] + 17 },
	'bigint'                   => sub { 4294967295 - $_[2] },
	'boolean'                  => sub { $_[2] % 2 ? 'true' : 'false' },
	'timestamp with time zone' => \&timestamp_of,
	'jsonb' => sub { qq('{"$_[1]": [$_[2], 1e400, 0.10, null, {"\\u00e9": "\\"\\\\ \\n"}, "", true]}') },
	'bytea' => sub { sprintf q('\x00ff5c27%02x'), $_[2] });

# Where any value of the type will not do.
my %special_value_of = (
	'Users.email'     => sub { "'User.$_[2]\@Example.org'" },
	'Users.status'    => sub { ("'deleted'", "'active'", "'inactive'", "'suspended'")[ $_[2] % 4 ] },
	'Users.deletedAt' => sub { $_[2] % 4 == 0 ? timestamp_of(@_) : 'NULL' },
	'Tenants.slug'    => sub { "'tenant-$_[2]'" },
	'Tenants.securityPolicy' => sub { qq('{"twoFactor": {"required": true, "enforcementDate": "203$_[2]-01-31T12:00:00+05:30"}, "ipRestrictions": {"blockList": ["192.0.2.$_[2]", "2001:db8::/32"]}}') },
	# Role N is the one of tenant N + 1; so is member N.
	'Roles.tenantId'       => sub { id_of('Tenants', $_[2] + 1) },
	'TenantUsers.tenantId' => sub { id_of('Tenants', $_[2] + 1) },
	'TenantUsers.roles'    => sub { 'ARRAY[' . value('Roles', { name => 'name', type => 'character varying' }, $_[2]) . ']' });

sub value
{
	my ($table, $column, $row) = @_;
	my $name = $column->{name};

	return $special_value_of{"$table.$name"}->($table, $name, $row) if $special_value_of{"$table.$name"};
	# The name decides which row, so that users refer to themselves, to earlier and
	# to later ones.
	return id_of($column->{target}, $row + 1 + length $name) if $column->{target};
	return "'$column->{labels}[$row % @{ $column->{labels} }]'" if $column->{labels};
	my $make = $value_of{ $column->{type} } or die "$table.$name: no value of type $column->{type}";
	return $make->($table, $name, $row);
}

foreach my $table (@filled)
{
	my @columns = @{ $tables{$table} };
	my @values;

	foreach my $row (0 .. $rows - 1)
	{
		push @values, '(' . join(', ', map { value($table, $_, $row) } @columns) . ')';
	}
	push @values, '(' . join(', ', map {
			  $_->{name} eq 'id' || $_->{not_null} && !defined $_->{default}
			? value($table, $_, $rows)
			: 'DEFAULT' } @columns) . ')';
	$node->safe_psql('source', sprintf "SET client_encoding = 'UTF8'; INSERT INTO multitenant.%s (%s) VALUES %s",
		quoted($table), join(', ', map { quoted($_->{name}) } @columns), join(",\n", @values));
}

# An application's own table, and a grant.
$node->safe_psql('source', q(
	CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), buyer uuid REFERENCES multitenant."Users");
	INSERT INTO orders (buyer) SELECT u.id FROM multitenant."Users" u;
	GRANT USAGE ON SCHEMA multitenant TO reporter;
	GRANT SELECT ON multitenant."Tenants" TO reporter));

# All rows of a database's tables, by table.
my %query_of = (
	orders => 'SELECT o FROM orders o ORDER BY id',
	map { ($_ => 'SELECT t FROM multitenant.' . quoted($_) . ' t ORDER BY t::text COLLATE "C"') } @filled);

sub contents
{
	my ($database) = @_;
	return { map { ($_ => $node->safe_psql($database, $query_of{$_})) } keys %query_of };
}

my @left_out;
foreach my $table (@filled)
{
	foreach my $column (@{ $tables{$table} })
	{
		my $name = quoted($column->{name});
		my ($found) = query('source', sprintf q(SELECT count(*) AS n FROM multitenant.%s WHERE %s IS NOT NULL AND %s IS DISTINCT FROM (%s)),
			quoted($table), $name, $name, $column->{default} // 'NULL');
		push @left_out, "$table.$column->{name}" if $found->{n} == 0;
	}
}
is_deeply(\@left_out, [], 'every column of every table has a value that is neither NULL nor its default');
my ($forward) = query('source', q(
	SELECT count(*) AS n FROM multitenant."Users" u JOIN multitenant."Users" later ON later.id = u."statusChangedBy"
	WHERE later.ctid > u.ctid));
cmp_ok($forward->{n}, '>', 0, 'users refer to later users');

my $before = contents('source');

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
	my $after = contents($database);
	my @different = grep { $after->{$_} ne $before->{$_} } sort keys %query_of;

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

my @reordered = sort_by_reference('TenantUsers', reverse sort grep { $_ ne 'TenantUsers' } @filled);
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
		($rows + 1) . '|t', "$database: a DELETE of users is a soft one");
}

$node->stop;
done_testing();
