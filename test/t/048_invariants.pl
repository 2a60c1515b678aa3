# Each rule of test/invariants.sql finds what breaks it, and nothing else does: a rule that
# cannot fail is no evidence. What breaks one is planted in a transaction that is rolled back,
# where no trigger sees it; at the end a page of an index is damaged while the server is down.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;
use OpenSession;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $invariants = File::Spec->rel2abs(dirname(__FILE__) . '/../invariants.sql');
my $node = PostgreSQL::Test::Cluster->new('invariants');
$node->init;
$node->append_conf('postgresql.conf', q{
multitenant.argon2_memory = 8
multitenant.argon2_iterations = 1
multitenant.lockout_duration = 1d
});
$node->start;

# Ann owns the tenant; Bob has two sessions, one of them renewed, and a remembered device; the account
# of Cid and the second factor of Dot are locked; Eve is being enrolled.
$node->safe_psql('postgres', q{
	CREATE EXTENSION amcheck;
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.register_user(name || '@example.org', 'correct horse battery') FROM unnest('{ann,bob,cid,dot,eve}'::text[]) name;
	SELECT multitenant.create_tenant('Acme', 'acme', 'acme', multitenant.find_user('ann@example.org'));
	SELECT multitenant.add_member(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email ~ 'bob';
	SELECT multitenant.create_invitation(id, 'new@example.org', multitenant.find_user('ann@example.org')) FROM multitenant."Tenants";
	SELECT multitenant.refresh_session(refresh_token) FROM multitenant.sign_in('bob@example.org', 'correct horse battery', 'acme');
	SELECT multitenant.sign_in('bob@example.org', 'correct horse battery', 'acme');
	SELECT multitenant.log_activity(id, 'came') FROM multitenant."Users", generate_series(1, 3);
	SELECT multitenant.begin_two_factor_setup(id) FROM multitenant."Users" WHERE email ~ 'bob|dot|eve';
	SELECT multitenant.confirm_two_factor_setup(id, multitenant.totp_code("twoFactorSecret")) FROM multitenant."Users" WHERE email ~ 'bob|dot';
	INSERT INTO multitenant."RememberedDevices" (token, "userId", "expiresAt") VALUES ('x', multitenant.find_user('bob@example.org'), 'infinity');
});
# one transaction, one answer: five of each in a statement would count as one
foreach (1 .. 5)
{
	$node->safe_psql('postgres', q{SELECT multitenant.authenticate('cid@example.org', 'wrong')});
	$node->safe_psql('postgres', q{SELECT multitenant.verify_two_factor(multitenant.find_user('dot@example.org'), 'AAAA-AAAA-AAAA-AAAA')});
}

my $session = OpenSession->new($node, 'postgres');
my %rules;    # of each, how often it was broken

# The rules that do not hold after these statements, and what went wrong else.
sub broken_by
{
	my ($sql) = @_;
	my $answer = $session->ask("BEGIN;\nSET LOCAL session_replication_role = replica;\n$sql;\n\\i $invariants\nROLLBACK");
	my @broken;

	foreach my $line (split /\n/, $answer)
	{
		my ($rule, $violations) = $line =~ /^([^|]+)\|(\d*)$/ or next;
		$rules{$rule} += 0;
		push @broken, $rule if $violations ne '0';
	}
	$rules{$_}++ foreach @broken;
	return join(', ', @broken, $answer =~ /^(.*ERROR: .*)/mg);
}

sub user { return "multitenant.find_user('$_[0]\@example.org')" }

sub change
{
	my ($name, $change) = @_;
	return qq{UPDATE multitenant."Users" SET $change WHERE id = } . user($name);
}

# What is written while an index is not kept is missing in it.
sub not_in_index
{
	my ($index, $sql) = @_;
	my $keep = "UPDATE pg_index SET indisready = %s WHERE indexrelid = 'multitenant.$index'::regclass;\n";
	return sprintf($keep, 'false') . "$sql;\n" . sprintf($keep, 'true');
}

is(broken_by('SELECT 1 WHERE false'), '', 'every rule holds');

my $member = qq{INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT } . user('cid') . ', id FROM multitenant."Tenants"';
is(broken_by(not_in_index('tenant_users_user_id_idx', $member)), 'indexes agree with their tables', 'a row that an index does not have');
is(broken_by(not_in_index('tenant_users_owner_idx', q{UPDATE multitenant."TenantUsers" SET roles = '{owner}' WHERE roles <> '{owner}'})), 'indexes agree with their tables', '… that a partial one does not have');
is(broken_by(not_in_index('users_email_lower_idx', change('cid', q{status = 'inactive'}))), 'indexes agree with their tables', '… that one of an expression does not have');

my %documents = (
	activity_logs_details_idx => q{UPDATE multitenant."ActivityLogs" SET details = '{"a": 1}'},
	security_audit_logs_details_idx => q{UPDATE multitenant."SecurityAuditLogs" SET details = '{"a": 1}' WHERE details IS NOT NULL},
	users_preferences_idx => change('ann', q{preferences = '{"theme": 1}'}),
	users_profile_idx => change('ann', q{profile = '{"title": "Dr."}'}),
	tenants_features_idx => q{UPDATE multitenant."Tenants" SET features = '{"a": true}'},
	tenants_settings_idx => q{UPDATE multitenant."Tenants" SET settings = '{"a": 1}'},
	tenants_feature_flags_idx => q{UPDATE multitenant."Tenants" SET "featureFlags" = '{"a": true}'});
is(broken_by(not_in_index($_, $documents{$_})), 'indexes of JSON find what is there', "a document that $_ does not have") foreach sort keys %documents;
is($node->safe_psql('postgres', q{SELECT string_agg(c.relname, ' ' ORDER BY c.relname COLLATE "C") FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.relnamespace = 'multitenant'::regnamespace AND a.amname <> 'btree' AND relkind = 'i'}),
	join(' ', sort keys %documents), '… and amcheck knows all others');

is(broken_by(q{UPDATE pg_class SET relfrozenxid = pg_current_xact_id()::xid WHERE oid = 'multitenant."ActivityLogs"'::regclass}),
	'tables are sound', 'rows from before what is said to be frozen');

is(broken_by(qq{INSERT INTO multitenant."$_" VALUES (DEFAULT, gen_random_uuid(), 'x')}), 'what is referred to is there', "a row of $_ of nobody")
  foreach 'Notifications', 'ActivityLogs';
is(broken_by(q{UPDATE multitenant."Invitations" SET "tenantId" = gen_random_uuid()}), 'what is referred to is there', 'an invitation into no tenant');
is(broken_by(change('ann', '"statusChangedBy" = gen_random_uuid()')), 'what is referred to is there', 'a user changed by nobody');

my $policy = q{UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_set("securityPolicy", '{session,maxConcurrentSessions}', '%s')};
is(broken_by(sprintf($policy, 1)), 'no member has more sessions than the policy allows', 'two sessions where one is allowed');
is(broken_by(sprintf($policy, $_)), '', "two sessions where the limit is $_") foreach 0, 2;

is(broken_by(change('bob', qq{status = '$_'})), 'only active users have sessions', "sessions of a user who is $_") foreach 'inactive', 'suspended';
is(broken_by('DELETE FROM multitenant."TenantUsers" WHERE "userId" = ' . user('bob')), 'only members have sessions in a tenant', 'sessions of one who is no member');
is(broken_by('UPDATE multitenant."TenantUsers" SET roles = \'{}\''), 'every tenant has an active owner', 'a tenant whose owner is none any more');
is(broken_by(change('ann', q{status = 'inactive'})), 'every tenant has an active owner', 'one whose owner is not active');
is(broken_by(q{UPDATE multitenant."TenantUsers" SET roles = roles || ARRAY['nobody']}), 'memberships name roles that are there', 'a membership with a role that is not there');
is(broken_by(q{INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl", status) VALUES (md5('b')::uuid, 'B', 'b', 'b', 'suspended');
	INSERT INTO multitenant."Roles" (name, "tenantId") VALUES ('elsewhere', md5('b')::uuid);
	INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) VALUES (} . user('ann') . q{, md5('b')::uuid, '{owner}')}),
	'memberships name roles that are there', '… and one with a role of another tenant');

is(broken_by(qq{UPDATE multitenant."OAuthTokens" SET $_}), 'a session that was renewed has all that its renewal wrote', $_)
  foreach '"previousRefreshToken" = NULL', '"refreshTokenSalt" = NULL', '"refreshedAt" = NULL', '"refreshedAt" = now()', '"revokedAt" = now()';

is(broken_by($_), 'as many failures as lock an account have locked it, and no fewer', $_)
  foreach map { change(@$_) } [ 'cid', '"accountLockedUntil" = NULL' ], [ 'cid', '"failedLoginAttempts" = 4' ],
  [ 'dot', '"twoFactorLockedUntil" = NULL' ], [ 'dot', '"twoFactorVerificationAttempts" = 4' ];

is(broken_by($_), 'a second factor is there as a whole or not at all', $_)
  foreach map { change(@$_) } [ 'dot', '"twoFactorSecret" = NULL' ], [ 'eve', '"twoFactorSecret" = NULL' ], [ 'ann', q{"twoFactorSecret" = 'A'} ],
  [ 'dot', '"twoFactorPendingVerification" = true, "twoFactorSetupStartedAt" = now()' ], [ 'dot', '"twoFactorEnabled" = false, "twoFactorSecret" = NULL' ],
  [ 'eve', '"twoFactorSetupStartedAt" = NULL' ], [ 'dot', '"twoFactorSetupStartedAt" = now()' ];
is(broken_by(change('bob', q{"twoFactorEnabled" = false, "twoFactorSecret" = NULL, "twoFactorBackupCodes" = '{}'})),
	'devices are of users with a second factor', 'a device of a user without one');

# the view itself is put out of step
my $stats = $node->safe_psql('postgres', q{SELECT rtrim(pg_get_viewdef('multitenant.stats'::regclass), ';')});
my @figures = split /\n/, $node->safe_psql('postgres', q{SELECT attname FROM pg_attribute WHERE attrelid = 'multitenant.stats'::regclass AND attnum > 0 ORDER BY attnum});
foreach my $figure ('live_sessions', 'locked_accounts', 'pending_invitations')
{
	is(broken_by('CREATE OR REPLACE VIEW multitenant.stats AS SELECT ' . join(', ', map { $_ eq $figure ? "$_ + 1 AS $_" : $_ } @figures) . " FROM ($stats) s"),
		'the view of figures counts what the tables have', "$figure counts one too many");
}
is(broken_by(q{INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId", "userId") SELECT 'x', 'infinity', "clientId", "userId" FROM multitenant."OAuthTokens" LIMIT 1}),
	'', 'a token of OAuth is no session');

is(join(', ', grep { !$rules{$_} } sort keys %rules), '', 'every rule was broken');
is(broken_by('SELECT 1 WHERE false'), '', 'and every rule holds again');

# Two entries of a page change places, as no transaction would have it.
$node->safe_psql('postgres', 'CHECKPOINT');
my $page = $node->safe_psql('postgres', q{SELECT pg_relation_filepath('multitenant.activity_logs_created_at_idx')});
$session->close;
$node->stop;
open my $file, '+<:raw', $node->data_dir . "/$page" or die "$page: $!";
seek $file, 8192 + 24, 0;
is(read($file, my $entries, 8), 8, 'the index has a page of entries');
seek $file, 8192 + 24, 0;
print $file substr($entries, 4), substr($entries, 0, 4);
close $file or die "$page: $!";
$node->start;
$session = OpenSession->new($node, 'postgres');
is(broken_by('SELECT 1 WHERE false'), 'indexes agree with their tables', 'a page whose entries are out of order');
$session->close;
$node->stop;

done_testing();
