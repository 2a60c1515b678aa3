# A database with the extension whose every table is filled, so that each of its columns
# holds, in some row, a value that is neither NULL nor the column's default.
#
#   my $filled = FilledTables->new($node, $database);    reads what there is to fill
#   $filled->fill;
#   $filled->left_out       columns without such a value: none, if this file is kept up to date
#   $filled->table_too($relation, $name, @columns)    rows of another table count too
#   $filled->contents($database, $node)    text of all rows, by table: of the columns that
#                           there were in $database when $filled was made
#   FilledTables::different($before, $after)    names of the tables whose contents differ
package FilledTables;

use strict;
use warnings;

use JSON::PP;

my $rows = 4;    # of each table; one more has nothing but what is required

sub rows { return $rows + 1; }

sub query
{
	my ($self, $database, $sql) = @_;
	my $json = $self->{node}->safe_psql($database,
		"SET search_path = pg_catalog; SELECT coalesce(json_agg(to_json(q)), '[]') FROM ($sql) q");
	return @{ JSON::PP->new->decode($json) };
}

sub quoted { my ($name) = @_; return "\"$name\""; }

sub new
{
	my ($class, $node, $database) = @_;
	my $self = bless { node => $node, database => $database, tables => {}, targets => {}, query_of => {} }, $class;

	push @{ $self->{tables}{ $_->{table} } }, $_ foreach $self->query($database, q(
	SELECT c.relname AS table, a.attname AS name, a.attnotnull AS not_null,
	       format_type(a.atttypid, NULL) AS type, pg_get_expr(d.adbin, d.adrelid) AS default,
	       a.attgenerated <> '' AS generated, f.relname AS target,
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
	foreach my $table (keys %{ $self->{tables} })
	{
		$self->{targets}{$table} = { map { ($_->{target} => 1) } grep { $_->{target} && $_->{target} ne $table } @{ $self->{tables}{$table} } };
		$self->table_too('multitenant.' . quoted($table), $table, map { $_->{name} } @{ $self->{tables}{$table} });
	}
	return $self;
}

# The tables, in an order in which each comes after those it refers to; among those that
# could be next, the one that comes first in the list given.
sub sort_by_reference
{
	my ($self, @left) = @_;
	my (@sorted, %done);

	while (@left)
	{
		my ($next) = grep { !grep { !$done{$_} } keys %{ $self->{targets}{$_} } } @left;
		die "tables refer to each other: @left" if !$next;
		push @sorted, $next;
		$done{$next} = 1;
		@left = grep { $_ ne $next } @left;
	}
	return @sorted;
}

sub names
{
	my ($self) = @_;
	return $self->sort_by_reference(sort keys %{ $self->{tables} });
}

# Rows of this table are contents too.
sub table_too
{
	my ($self, $relation, $name, @columns) = @_;
	my $list = join ', ', map { 't.' . quoted($_) } @columns;

	$self->{query_of}{$name} = qq{SELECT ROW($list)::text FROM $relation t ORDER BY ROW($list)::text COLLATE "C"};
}

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

sub fill
{
	my ($self) = @_;

	foreach my $table ($self->names)
	{
		my @columns = grep { !$_->{generated} } @{ $self->{tables}{$table} };
		my @values;

		foreach my $row (0 .. $rows - 1)
		{
			push @values, '(' . join(', ', map { value($table, $_, $row) } @columns) . ')';
		}
		push @values, '(' . join(', ', map {
				  $_->{name} eq 'id' || $_->{not_null} && !defined $_->{default}
				? value($table, $_, $rows)
				: 'DEFAULT' } @columns) . ')';
		$self->{node}->safe_psql($self->{database}, sprintf "SET client_encoding = 'UTF8'; INSERT INTO multitenant.%s (%s) VALUES %s",
			quoted($table), join(', ', map { quoted($_->{name}) } @columns), join(",\n", @values));
	}
}

sub left_out
{
	my ($self) = @_;
	my @left_out;

	foreach my $table ($self->names)
	{
		foreach my $column (@{ $self->{tables}{$table} })
		{
			my $name = quoted($column->{name});
			my ($found) = $self->query($self->{database}, sprintf q(SELECT count(*) AS n FROM multitenant.%s WHERE %s IS NOT NULL AND %s IS DISTINCT FROM (%s)),
				quoted($table), $name, $name, $column->{generated} ? 'NULL' : $column->{default} // 'NULL');
			push @left_out, "$table.$column->{name}" if $found->{n} == 0;
		}
	}
	return @left_out;
}

sub contents
{
	my ($self, $database, $node) = @_;
	my @names = sort keys %{ $self->{query_of} };
	my $mark = "=== of the next table ===";
	my $text = ($node // $self->{node})->safe_psql($database, join ";\n", map { ($self->{query_of}{$_}, "SELECT '$mark'") } @names);
	my @texts = split /^\Q$mark\E$/m, $text, -1;
	die "$database: not " . @names . ' tables' if @texts != @names + 1;

	return { map { ($names[$_] => $texts[$_]) } 0 .. $#names };
}

# The tables whose contents are not the same.
sub different
{
	my ($before, $after) = @_;
	return grep { $after->{$_} ne $before->{$_} } sort keys %$before;
}

1;
