# The data model against its document.
#
# test/schema-reference.md is the reference document, word for word. This test
# reads its CREATE TABLE and CREATE INDEX blocks and holds the live catalog
# against them, in both directions: what the document has must be there, and
# what is there beyond the document must be listed below, so drift either way is
# seen. The reader of the document stops at anything it does not understand.

use strict;
use warnings;

use FindBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

#
# How the document's shorthand reads in PostgreSQL
#

my %type_of = (
	UUID        => 'uuid',
	VARCHAR     => 'character varying',
	'VARCHAR[]' => 'character varying[]',
	TEXT        => 'text',
	INTEGER     => 'integer',
	BOOLEAN     => 'boolean',
	TIMESTAMP   => 'timestamp with time zone',
	JSONB       => 'jsonb',
	BYTEA       => 'bytea');

my %type_exception = ('Authenticators.counter' => 'bigint');

my %default_of = ('uuid_generate_v4()' => 'gen_random_uuid()');

#
# Beyond the document
#

my @extra_relations = qw(RememberedDevices RowSecurity SignInChallenges);
my @extra_views = qw(stats tenant_stats);

my %extra_columns = (
	'ActivityLogs.tenantId'            => 'uuid',
	'LoginHistories.tenantId'          => 'uuid',
	'OAuthTokens.refreshTokenFamily'   => 'character varying',
	'OAuthTokens.refreshTokenKey'      => 'character varying',
	'OAuthTokens.refreshTokenSalt'     => 'character varying',
	'OAuthTokens.previousRefreshToken' => 'character varying',
	'OAuthTokens.refreshedAt'          => 'timestamp with time zone',
	'OAuthTokens.lastUsedAt'           => 'timestamp with time zone',
	'OAuthTokens.ipAddress'            => 'character varying',
	'OAuthTokens.userAgent'            => 'character varying',
	'OAuthTokens.twoFactorVerified'    => 'boolean',
	'OAuthTokens.endsAt'               => 'timestamp with time zone',
	'SecurityAuditLogs.actorId'  => 'uuid',
	'Invitations.roles'           => 'character varying[]',
	'TenantUsers.graceLoginsUsed' => 'integer',
	'TenantUsers.graceStartedAt'  => 'timestamp with time zone',
	'Tenants.statusReason'        => 'character varying',
	'Tenants.suspendedAt'         => 'timestamp with time zone',
	'Users.twoFactorLastUsedStep' => 'bigint',
	'Users.twoFactorLockedUntil' => 'timestamp with time zone',
	'SecurityAuditLogs.tenantId' => 'uuid');

my %extra_foreign_keys = (
	'ActivityLogs.tenantId' => 'Tenants(id) ON DELETE SET NULL',
	'LoginHistories.tenantId' => 'Tenants(id) ON DELETE SET NULL',
	'RememberedDevices.tenantId' => 'Tenants(id) ON DELETE CASCADE',
	'RememberedDevices.userId'   => 'Users(id) ON DELETE CASCADE',
	'SignInChallenges.tenantId'  => 'Tenants(id) ON DELETE CASCADE',
	'SignInChallenges.userId'    => 'Users(id) ON DELETE CASCADE',
	'SecurityAuditLogs.actorId'  => 'Users(id) ON DELETE SET NULL',
	'SecurityAuditLogs.tenantId' => 'Tenants(id) ON DELETE SET NULL');

my @extra_uniques = qw(
  OAuthTokens.refreshTokenFamily
  RememberedDevices.token
  SignInChallenges.token);

my @extra_not_null = qw(
  Authenticators.transports
  Invitations.status
  Notifications.read
  OAuthClients.allowedScopes
  OAuthClients.grants
  OAuthClients.redirectUris
  OAuthTokens.revoked
  OAuthTokens.scopes
  OAuthTokens.type
  Roles.isDefault
  Roles.scopes
  SecurityAuditLogs.severity
  TenantUsers.roles
  Tenants.featureFlags
  Tenants.features
  Tenants.gracePeriodDays
  Tenants.onboardingStatus
  Tenants.securityPolicy
  Tenants.status
  Users.emailVerified
  Users.failedLoginAttempts
  Users.loginCount
  Users.passKeyEnabled
  Users.status
  Users.twoFactorBackupCodes
  Users.twoFactorEnabled
  Users.twoFactorPendingVerification
  Users.twoFactorVerificationAttempts);

# createdAt and updatedAt of every table, besides these.
my %extra_defaults = ();

my %extra_indexes = (
	remembered_devices_expires_at_idx => 'RememberedDevices btree ("expiresAt")',
	remembered_devices_tenant_id_idx  => 'RememberedDevices btree ("tenantId") WHERE ("tenantId" IS NOT NULL)',
	remembered_devices_user_id_idx    => 'RememberedDevices btree ("userId")',
	sign_in_challenges_expires_at_idx => 'SignInChallenges btree ("expiresAt")',
	sign_in_challenges_tenant_id_idx  => 'SignInChallenges btree ("tenantId") WHERE ("tenantId" IS NOT NULL)',
	sign_in_challenges_user_id_idx    => 'SignInChallenges btree ("userId")',
	activity_logs_details_idx         => 'ActivityLogs gin (details jsonb_path_ops)',
	activity_logs_tenant_id_idx       => 'ActivityLogs btree ("tenantId", "createdAt") WHERE ("tenantId" IS NOT NULL)',
	invitations_email_lower_idx       => 'Invitations btree (lower(((email)::text COLLATE "C")))',
	invitations_expires_at_idx        => 'Invitations btree ("expiresAt") WHERE (status = \'pending\'::multitenant."enum_Invitations_status")',
	login_histories_tenant_id_idx     => 'LoginHistories btree ("tenantId", "createdAt") WHERE ("tenantId" IS NOT NULL)',
	notifications_unread_idx          => 'Notifications btree ("userId") WHERE (NOT read)',
	oauth_tokens_expires_at_idx       => 'OAuthTokens btree ("endsAt")',
	oauth_tokens_revoked_at_idx       => 'OAuthTokens btree ("revokedAt") WHERE ("revokedAt" IS NOT NULL)',
	tenants_deletion_scheduled_at_idx => 'Tenants btree ("deletionScheduledAt", id) WHERE (status = \'pending_deletion\'::multitenant."enum_Tenants_status")',
	users_account_locked_until_idx    => 'Users btree ("accountLockedUntil") WHERE ("accountLockedUntil" IS NOT NULL)',
	users_reset_token_expires_idx     => 'Users btree ("resetTokenExpires") WHERE ("resetToken" IS NOT NULL)',
	users_two_factor_locked_until_idx => 'Users btree ("twoFactorLockedUntil") WHERE ("twoFactorLockedUntil" IS NOT NULL)',
	users_two_factor_setup_started_at_idx => 'Users btree ("twoFactorSetupStartedAt") WHERE "twoFactorPendingVerification"',
	users_verification_token_expires_idx => 'Users btree ("verificationTokenExpires") WHERE ("verificationToken" IS NOT NULL)',
	invitations_cancelled_by_idx      => 'Invitations btree ("cancelledBy") WHERE ("cancelledBy" IS NOT NULL)',
	invitations_pending_idx           => 'Invitations unique btree ("tenantId", lower(((email)::text COLLATE "C"))) WHERE (status = \'pending\'::multitenant."enum_Invitations_status")',
	invitations_invited_by_id_idx     => 'Invitations btree ("invitedById")',
	oauth_clients_tenant_id_idx       => 'OAuthClients btree ("tenantId")',
	oauth_tokens_client_id_idx        => 'OAuthTokens btree ("clientId", "endsAt")',
	oauth_tokens_revoked_by_idx       => 'OAuthTokens btree ("revokedBy") WHERE ("revokedBy" IS NOT NULL)',
	oauth_tokens_user_id_idx          => 'OAuthTokens btree ("userId", revoked)',
	permissions_resource_action_idx   => 'Permissions btree (resource, action)',
	role_permissions_permission_id_idx => 'RolePermissions btree ("permissionId")',
	security_audit_logs_actor_id_idx  => 'SecurityAuditLogs btree ("actorId") WHERE ("actorId" IS NOT NULL)',
	security_audit_logs_details_idx   => 'SecurityAuditLogs gin (details jsonb_path_ops)',
	security_audit_logs_email_idx     => 'SecurityAuditLogs btree (lower(("left"((details ->> \'email\'::text), 254) COLLATE "C"))) WHERE (("userId" IS NULL) AND ((event)::text = ANY ((ARRAY[\'sign_in.unknown_user\'::character varying, \'sign_in.unknown_user_reset\'::character varying])::text[])))',
	security_audit_logs_tenant_id_idx => 'SecurityAuditLogs btree ("tenantId", "createdAt") WHERE ("tenantId" IS NOT NULL)',
	tenant_users_owner_idx            => 'TenantUsers btree ("tenantId") WHERE (\'owner\'::text = ANY ((roles)::text[]))',
	tenants_feature_flags_idx         => 'Tenants gin ("featureFlags" jsonb_path_ops)',
	tenants_features_idx              => 'Tenants gin (features jsonb_path_ops)',
	tenants_settings_idx              => 'Tenants gin (settings jsonb_path_ops)',
	users_verification_token_idx      => 'Users btree ("verificationToken") WHERE ("verificationToken" IS NOT NULL)',
	users_reset_token_idx             => 'Users btree ("resetToken") WHERE ("resetToken" IS NOT NULL)',
	users_deactivated_by_idx          => 'Users btree ("deactivatedBy") WHERE ("deactivatedBy" IS NOT NULL)',
	users_deleted_by_idx              => 'Users btree ("deletedBy") WHERE ("deletedBy" IS NOT NULL)',
	users_email_lower_idx             => 'Users unique btree (lower(((email)::text COLLATE "C")))',
	users_preferences_idx             => 'Users gin (preferences jsonb_path_ops)',
	users_profile_idx                 => 'Users gin (profile jsonb_path_ops)',
	users_two_factor_key_idx          => 'Users btree (split_part(("twoFactorSecret")::text, \'$\'::text, 2) COLLATE "C") WHERE ("twoFactorSecret" IS NOT NULL)',
	users_status_changed_by_idx       => 'Users btree ("statusChangedBy") WHERE ("statusChangedBy" IS NOT NULL)');

my @extra_checks = qw(
  Authenticators.authenticators_counter_check
  Authenticators.authenticators_transports_check
  Invitations.invitations_roles_check
  OAuthClients.oauth_clients_allowed_scopes_check
  OAuthClients.oauth_clients_grants_check
  OAuthClients.oauth_clients_redirect_uris_check
  OAuthTokens.oauth_tokens_scopes_check
  Roles.roles_scopes_check
  TenantUsers.tenant_users_grace_logins_check
  TenantUsers.tenant_users_roles_check
  Tenants.tenants_grace_period_days_check
  Tenants.tenants_security_policy_check
  Tenants.tenants_slug_check
  Users.users_counters_check
  Users.users_deleted_check
  Users.users_two_factor_backup_codes_check);

my %extra_enums = (
	auth_outcome => [
		qw(success invalid_credentials locked inactive email_unverified
		  two_factor_required two_factor_setup_required not_a_member
		  tenant_unavailable ip_denied expired)
	]);

#
# Reading the document
#

# Splits at a separator outside of brackets and of 'strings'.
sub split_top
{
	my ($separator, $text) = @_;
	my ($depth, $in_string, $piece, @pieces) = (0, 0, '');

	foreach my $c (split //, $text)
	{
		$in_string = !$in_string if $c eq "'";
		if (!$in_string)
		{
			$depth++ if $c =~ /[(\[]/;
			$depth-- if $c =~ /[)\]]/;
			if ($c eq $separator && $depth == 0)
			{
				push @pieces, $piece;
				$piece = '';
				next;
			}
		}
		$piece .= $c;
	}
	die "unbalanced: $text" if $depth != 0 || $in_string;
	push @pieces, $piece;
	s/^\s+|\s+$//g foreach @pieces;
	return grep { $_ ne '' } @pieces;
}

sub read_column
{
	my ($table, $text) = @_;

	$text =~ s/^(\w+)\s+// or die "$table: no column name: $text";
	my $column = { name => $1 };

	if ($text =~ s/^ENUM\(([^)]*)\)\s*//)
	{
		my @labels = map { /^'(\w+)'$/ or die "$table: label $_"; $1 } split_top(',', $1);
		$column->{labels} = \@labels;
		$column->{type} = "multitenant.\"enum_${table}_$column->{name}\"";
	}
	elsif ($text =~ s/^([A-Z]+(?:\[\])?)\s*//)
	{
		$column->{type} = $type_of{$1} or die "$table.$column->{name}: type $1";
	}
	else
	{
		die "$table.$column->{name}: no type: $text";
	}

	while ($text ne '')
	{
		if ($text =~ s/^PRIMARY KEY\b\s*//) { $column->{primary_key} = 1; }
		elsif ($text =~ s/^NOT NULL\b\s*//) { $column->{not_null} = 1; }
		elsif ($text =~ s/^UNIQUE\b\s*//) { $column->{unique} = 1; }
		elsif ($text =~ s/^REFERENCES "(\w+)"\((\w+)\)\s*//)
		{
			$column->{references} = "$1($2)";
			$column->{references} .= " ON DELETE $1"
			  if $text =~ s/^ON DELETE (CASCADE|SET NULL)\b\s*//;
		}
		elsif ($text =~ s/^DEFAULT\s+('[^']*'|\d+|true|false|ARRAY\[\]::VARCHAR\[\]|\w+\(\))\s*//s)
		{
			$column->{default} = $default_of{$1} // $1;
		}
		else { die "$table.$column->{name}: not understood: $text"; }
	}
	return $column;
}

sub read_document
{
	my ($text) = @_;
	my (%tables, %indexes, @order);
	my $sql = join "\n", $text =~ /^```sql\n(.*?)^```$/msg;

	foreach my $statement (split_top(';', $sql))
	{
		if ($statement =~ /^CREATE TABLE "(\w+)" \((.*)\)$/s)
		{
			my ($name, $body) = ($1, $2);
			my $table = { columns => [], uniques => {} };

			die "table $name twice" if $tables{$name};
			$tables{$name} = $table;
			push @order, $name;
			foreach my $item (split_top(',', $body))
			{
				if ($item =~ /^UNIQUE\(([^)]*)\)$/)
				{
					$table->{uniques}{ join ',', split_top(',', $1) } = 1;
					next;
				}
				my $column = read_column($name, $item);
				push @{ $table->{columns} }, $column;
				$table->{uniques}{ $column->{name} } = 1 if $column->{unique};
			}
		}
		elsif ($statement =~ /^CREATE INDEX (\w+) ON "(\w+)"\(([^)]*)\)$/)
		{
			die "index $1 twice" if $indexes{$1};
			$indexes{$1} = { table => $2, columns => join(',', split_top(',', $3)) };
		}
		else
		{
			die "not understood: $statement";
		}
	}
	return { tables => \%tables, indexes => \%indexes, order => \@order };
}

my $document = read_document(slurp_file("$FindBin::RealBin/../schema-reference.md"));
my @tables = @{ $document->{order} };
my @enum_columns = grep { $_->{labels} } map { @{ $document->{tables}{$_}{columns} } } @tables;

is(scalar @tables, 14, 'the document has 14 tables');
is(scalar @enum_columns, 6, 'the document has 6 enums');

#
# Reading the catalog
#

my $node = PostgreSQL::Test::Cluster->new('schema');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');

sub query
{
	my ($sql) = @_;
	my $json = $node->safe_psql('postgres',
		"SET search_path = pg_catalog; SELECT coalesce(json_agg(to_json(q)), '[]') FROM ($sql) q");
	return @{ JSON::PP->new->decode($json) };
}

sub key_of { return "$_[0]{table}.$_[0]{name}"; }

is_deeply(
	[ map { $_->{name} } query(q(
		SELECT relname AS name FROM pg_class
		WHERE relnamespace = 'multitenant'::regnamespace AND relkind NOT IN ('i', 't', 'c') -- a composite type holds no rows
		ORDER BY relname COLLATE "C")) ],
	[ sort @tables, @extra_relations, @extra_views ],
	'the tables are those of the document');

my %columns;
push @{ $columns{ $_->{table} } }, $_ foreach query(q(
	SELECT c.relname AS table, a.attname AS name, a.attnotnull AS not_null,
	       format_type(a.atttypid, a.atttypmod) AS type,
	       pg_get_expr(d.adbin, d.adrelid) AS default,
	       a.attgenerated::text || a.attidentity::text AS generated
	FROM pg_class c
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r'
	ORDER BY c.relname, a.attnum));

my @constraints = query(q(
	SELECT c.relname AS table, k.conname AS name, k.contype AS type,
	       (SELECT string_agg(a.attname, ',' ORDER BY u.n)
	        FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
	        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum) AS columns,
	       f.relname AS target,
	       (SELECT string_agg(a.attname, ',' ORDER BY u.n)
	        FROM unnest(k.confkey) WITH ORDINALITY u (attnum, n)
	        JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = u.attnum) AS target_columns,
	       k.confdeltype AS on_delete, k.confupdtype AS on_update, k.confmatchtype AS match,
	       k.condeferrable AS deferrable, k.convalidated AS validated
	FROM pg_constraint k
	JOIN pg_class c ON c.oid = k.conrelid
	LEFT JOIN pg_class f ON f.oid = k.confrelid
	WHERE c.relnamespace = 'multitenant'::regnamespace AND k.contype NOT IN ('n', 't')));

my @indexes = query(q(
	SELECT t.relname AS table, i.relname AS name, x.indisunique AS unique,
	       x.indisprimary AS primary, x.indisvalid AS valid, k.contype AS constraint,
	       regexp_replace(pg_get_indexdef(i.oid), '^.* USING ', '') AS definition
	FROM pg_index x
	JOIN pg_class i ON i.oid = x.indexrelid
	JOIN pg_class t ON t.oid = x.indrelid
	LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = t.oid AND k.contype <> 'f'
	WHERE t.relnamespace = 'multitenant'::regnamespace AND t.relkind = 'r'));

#
# Columns: order, types, NOT NULL, defaults
#

my (%found_extra_columns, @found_not_null, %found_defaults, %expected_defaults);

# Whether two default expressions mean the same: a function is the same call,
# anything else has the same value of the column's type.
sub same_default
{
	my ($type, $is, $should) = @_;

	return $is eq $should if $should =~ /\(\)$/;
	my ($row) = query("SELECT ($is)::$type = ($should)::$type AS same");
	return $row->{same};
}

sub check_column
{
	my ($name, $is, $should) = @_;

	is($is->{type}, $type_exception{$name} // $should->{type}, "$name has its type");
	is($is->{generated}, '', "$name is a plain column");

	if ($should->{not_null} || $should->{primary_key})
	{
		ok($is->{not_null}, "$name is NOT NULL");
	}
	elsif ($is->{not_null})
	{
		push @found_not_null, $name;
	}

	if (defined $should->{default})
	{
		ok(defined $is->{default} && same_default($is->{type}, $is->{default}, $should->{default}),
			"$name has its default")
		  or diag(($is->{default} // 'none') . ", not $should->{default}");
	}
	elsif (defined $is->{default})
	{
		$found_defaults{$name} = $is->{default};
	}
}

foreach my $table (@tables)
{
	my @document_columns = @{ $document->{tables}{$table}{columns} };
	my %known = map { $_->{name} => 1 } @document_columns;
	my %live = map { $_->{name} => $_ } @{ $columns{$table} };

	subtest "columns of $table" => sub {
		is_deeply(
			[ grep { $known{$_} } map { $_->{name} } @{ $columns{$table} } ],
			[ map { $_->{name} } @document_columns ],
			"the document's columns, in its order");
		foreach (@document_columns)
		{
			check_column("$table.$_->{name}", $live{ $_->{name} }, $_) if $live{ $_->{name} };
		}
	};
	$found_extra_columns{ key_of($_) } = $_->{type}
	  foreach grep { !$known{ $_->{name} } } @{ $columns{$table} };
	$expected_defaults{"$table.$_"} = 'now()' foreach qw(createdAt updatedAt);
}

is_deeply(\%found_extra_columns, \%extra_columns, 'columns beyond the document are the listed ones');
is_deeply([ sort @found_not_null ], [ sort @extra_not_null ], 'NOT NULL beyond the document is the listed one');
is_deeply(\%found_defaults, { %expected_defaults, %extra_defaults }, 'defaults beyond the document are the listed ones');

#
# Constraints
#

my (%expected_foreign_keys, %expected_uniques, %expected_primary_keys);

foreach my $table (@tables)
{
	foreach my $column (@{ $document->{tables}{$table}{columns} })
	{
		$expected_foreign_keys{"$table.$column->{name}"} = $column->{references} if $column->{references};
		$expected_primary_keys{"$table.$column->{name}"} = 1 if $column->{primary_key};
	}
	$expected_uniques{"$table.$_"} = 1 foreach keys %{ $document->{tables}{$table}{uniques} };
}

my %on_delete = (a => '', c => ' ON DELETE CASCADE', n => ' ON DELETE SET NULL', r => ' ON DELETE RESTRICT', d => ' ON DELETE SET DEFAULT');

# The constraints of a type, each as its columns and what else is to be compared.
sub constraints_of
{
	my ($type, $detail) = @_;
	return [ sort map { "$_->{table}.$_->{columns}" . ($detail ? ' ' . $detail->($_) : '') }
		  grep { $_->{type} eq $type } @constraints ];
}

my %foreign_keys = (%expected_foreign_keys, %extra_foreign_keys);

is_deeply(
	constraints_of('f', sub { "$_[0]{target}($_[0]{target_columns})$on_delete{$_[0]{on_delete}}" }),
	[ sort map { "$_ $foreign_keys{$_}" } keys %foreign_keys ],
	'foreign keys, with what they do on delete');
is_deeply(
	[ map { key_of($_) } grep { $_->{type} eq 'f' && ($_->{on_update} ne 'a' || $_->{match} ne 's') } @constraints ],
	[], 'foreign keys do nothing on update');
is_deeply(
	[ map { key_of($_) } grep { $_->{deferrable} || !$_->{validated} } @constraints ],
	[], 'no constraint is deferrable or not validated');
is_deeply(constraints_of('p'), [ sort keys %expected_primary_keys, map { "$_.id" } @extra_relations ], 'primary keys');
is_deeply(constraints_of('u'), [ sort keys %expected_uniques, @extra_uniques ], 'unique constraints');
is_deeply(
	[ sort map { key_of($_) } grep { $_->{type} !~ /^[fpu]$/ } @constraints ],
	[ sort @extra_checks ], 'checks are the listed ones');

#
# Indexes
#

my %live_index = map { $_->{name} => $_ } @indexes;
my %quoted = map { $_->{name} => $_->{quoted} } query(q(
	SELECT DISTINCT attname AS name, quote_ident(attname) AS quoted
	FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r'));

sub check_index
{
	my ($name) = @_;
	my $index = $document->{indexes}{$name};
	my $live = $live_index{$name};
	my $unique = $document->{tables}{ $index->{table} }{uniques}{ $index->{columns} };
	my $columns = join ', ', map { $quoted{$_} // $_ } split /,/, $index->{columns};

	ok($live, "index $name is there") or return;
	is("$live->{table} $live->{definition}", "$index->{table} btree ($columns)", "index $name is what the document says");
	is(!!$live->{unique}, !!$unique, "index $name is " . ($unique ? 'the unique one' : 'not unique'));
}

subtest "the document's indexes" => sub {
	check_index($_) foreach sort keys %{ $document->{indexes} };
};

is_deeply(
	[ map { key_of($_) } grep { !$_->{valid} } @indexes ],
	[], 'every index is valid');
is_deeply(
	{ map { ($_->{name} => "$_->{table} " . ($_->{unique} ? 'unique ' : '') . $_->{definition}) }
		grep { !$document->{indexes}{ $_->{name} } && !$_->{constraint} } @indexes },
	\%extra_indexes, 'indexes beyond the document are the listed ones');
is_deeply(
	[ sort grep { my $n = $_; 1 < grep { $_ eq $n } map { "$_->{table} $_->{definition}" } @indexes }
		map { "$_->{table} $_->{definition}" } @indexes ],
	[], 'no two indexes are the same');

#
# Enums
#

is_deeply(
	{ map { ($_->{name} => $_->{labels}) } query(q(
		SELECT t.typname AS name, array_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels
		FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
		WHERE t.typnamespace = 'multitenant'::regnamespace GROUP BY t.typname)) },
	{ (map { ($_->{type} =~ /"(.*)"/ => $_->{labels}) } @enum_columns), %extra_enums },
	'enums and the order of their labels');
is_deeply(
	[ map { $_->{name} } query(q(
		SELECT t.typname AS name
		FROM pg_type t
		WHERE t.typnamespace = 'multitenant'::regnamespace AND t.typtype <> 'e'
		  AND t.typrelid = 0 AND t.typelem = 0)) ],
	[], 'no other types');

#
# What the constraints refuse. Triggers are off, so that it is the constraint
# that speaks.
#

sub attempt
{
	my ($sql) = @_;
	my ($stdout, $stderr);
	my $rc = $node->psql('postgres',
		"\\set VERBOSITY verbose\nSET session_replication_role = replica; BEGIN; $sql; ROLLBACK;",
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 1);
	return '' if $rc == 0;
	return $stderr =~ /ERROR:\s+(\w{5}): .*constraint "(\w+)"/ ? "$1 $2" : $stderr;
}

# SQL of an INSERT of one row; only the columns that have no default need be
# given.
sub insert
{
	my ($table, %values) = @_;
	my %required = (
		Users => { email => q('a@example.org') },
		Tenants => { name => q('A'), slug => q('a'), databaseUrl => q('postgres://a') },
		TenantUsers => { userId => 'gen_random_uuid()', tenantId => 'gen_random_uuid()' },
		Authenticators => { userId => 'gen_random_uuid()', credentialID => q('\x01'), credentialPublicKey => q('\x02') },
		OAuthClients => { clientId => q('c'), name => q('C'), type => q('public') },
		OAuthTokens => { accessToken => q('t'), accessTokenExpiresAt => 'now()', clientId => 'gen_random_uuid()' },
		Roles => { name => q('r'), tenantId => 'gen_random_uuid()' },
		Invitations => { email => q('a@example.org'), token => q('t'), expiresAt => 'now()',
			tenantId => 'gen_random_uuid()', invitedById => 'gen_random_uuid()' });
	my %row = (%{ $required{$table} }, %values);
	my @names = sort keys %row;

	return sprintf 'INSERT INTO multitenant."%s" (%s) VALUES (%s)',
	  $table, join(', ', map { "\"$_\"" } @names), join(', ', map { $row{$_} } @names);
}

my %checked;

sub refused
{
	my ($constraint, $table, %values) = @_;
	my $what = join ', ', map { "$_ " . substr($values{$_}, 0, 40) } sort keys %values;
	$checked{"$table.$constraint"} = 1;
	is(attempt(insert($table, %values)), "23514 $constraint", "$table: $what is refused");
}

sub accepted
{
	my ($table, %values) = @_;
	my $what = join ', ', map { "$_ " . substr($values{$_}, 0, 40) } sort keys %values;
	is(attempt(insert($table, %values)), '', "$table: $what is accepted");
}

subtest 'tenants_slug_check' => sub {
	refused('tenants_slug_check', 'Tenants', slug => $_)
	  foreach q(''), q('-a'), q('a-'), q('a--b'), q('A'), q('a b'), q('a_b'), q(E'a\n'), q(E'\na'), q(E'a\nb'),
	  q(U&'\00E9'), q(U&'\FF41'), q(U&'\0131'), q(U&'\0661'), q(repeat('a', 64)), q(repeat('a-', 500000) || 'a');
	accepted('Tenants', slug => $_) foreach q('a'), q('0'), q('a-b-c3'), q(repeat('a', 63));
};

subtest 'counters' => sub {
	refused('tenants_grace_period_days_check', 'Tenants', gracePeriodDays => -1);
	accepted('Tenants', gracePeriodDays => 0);

	foreach my $counter (qw(failedLoginAttempts twoFactorVerificationAttempts loginCount))
	{
		refused('users_counters_check', 'Users', $counter => -1);
		accepted('Users', $counter => 0);
	}
	refused('tenant_users_grace_logins_check', 'TenantUsers', graceLoginsUsed => -1);
	accepted('TenantUsers', graceLoginsUsed => 0);
	refused('authenticators_counter_check', 'Authenticators', counter => $_) foreach -1, 4294967296;
	accepted('Authenticators', counter => $_) foreach 0, 4294967295;
};

subtest 'users_deleted_check' => sub {
	refused('users_deleted_check', 'Users', status => q('deleted'));
	accepted('Users', status => q('deleted'), deletedAt => 'now()');
	foreach my $status (qw('active' 'inactive' 'suspended'))
	{
		refused('users_deleted_check', 'Users', status => $status, deletedAt => 'now()');
		accepted('Users', status => $status);
	}
};

subtest 'arrays' => sub {
	foreach my $array (
		[ Users => 'twoFactorBackupCodes', 'users_two_factor_backup_codes_check' ],
		[ TenantUsers => 'roles', 'tenant_users_roles_check' ],
		[ Authenticators => 'transports', 'authenticators_transports_check' ],
		[ OAuthClients => 'grants', 'oauth_clients_grants_check' ],
		[ OAuthClients => 'redirectUris', 'oauth_clients_redirect_uris_check' ],
		[ OAuthClients => 'allowedScopes', 'oauth_clients_allowed_scopes_check' ],
		[ OAuthTokens => 'scopes', 'oauth_tokens_scopes_check' ],
		[ Roles => 'scopes', 'roles_scopes_check' ],
		[ Invitations => 'roles', 'invitations_roles_check' ])
	{
		my ($table, $column, $constraint) = @$array;

		refused($constraint, $table, $column => $_) foreach q('{NULL}'), q('{a,NULL}'), q('{{a},{b}}'), q('{{a,NULL}}');
		accepted($table, $column => $_) foreach q('{}'), q('{a,b}'), q('{"NULL"}');
	}
};

# The function behind this one names the key, in an error of its own (test/sql/security_policy.sql).
$checked{'Tenants.tenants_security_policy_check'} = 1;
like(attempt(insert('Tenants', securityPolicy => q('{"sesion": {}}'))), qr/ERROR:\s+22023: .*"sesion"/,
	'a security policy with a key that is not known is refused');
accepted('Tenants', securityPolicy => q('{}'));

# One pending invitation for a mailbox in a tenant; any number of others.
my $tenant = q('00000000-0000-0000-0000-000000000001');
is(attempt(join '; ', map { insert('Invitations', tenantId => $tenant, email => $_) } q('a@example.org'), q('A@Example.org')),
	'23505 invitations_pending_idx', 'a second pending invitation of a mailbox is refused');
is(attempt(join '; ', (map { insert('Invitations', tenantId => $tenant, status => $_) } q('cancelled'), q('cancelled'), q('pending')),
	insert('Invitations')), '', 'beside others, and in another tenant, it is accepted');

is_deeply([ sort keys %checked ], [ sort @extra_checks ], 'every check has been seen to refuse');

# One mailbox whatever the case of A-Z.
is(attempt(insert('Users', email => q('Ann@Example.org')) . '; ' . insert('Users', email => q('aNN@eXAMPLE.ORG'))),
	'23505 users_email_lower_idx', 'a mailbox in another case is the same mailbox');
is(attempt(insert('Users', email => q('ann@example.org')) . '; ' . insert('Users', email => q('ann@example.com'))),
	'', 'another mailbox is another');
is(attempt(insert('Users') . '; ' . insert('Users') . ' ON CONFLICT ON CONSTRAINT users_email_idx DO NOTHING'),
	'', 'the document\'s index names serve as constraint names in ON CONFLICT');

$node->stop;
done_testing();
