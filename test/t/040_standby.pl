# On a hot standby, and in any read-only transaction, the checks answer; what would
# have to count refuses and judges nothing.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	SET multitenant.argon2_memory = 64;
	SELECT multitenant.register_user('ada@example.org', 'correct horse battery');
	SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme');
	SELECT multitenant.create_permission('invoice', 'read');
	SELECT multitenant.create_role(id, 'clerk', permissions => '{invoice:read}') FROM multitenant."Tenants";
	SELECT multitenant.add_member(u.id, t.id, '{clerk}') FROM multitenant."Users" u, multitenant."Tenants" t;
});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

my $checks = q{
	SELECT multitenant.has_role("userId", "tenantId", 'clerk'), multitenant.has_role("userId", "tenantId", 'member'),
	       multitenant.has_permission("userId", "tenantId", 'invoice:read'), multitenant.has_permission("userId", "tenantId", 'invoice:write')
	FROM multitenant."TenantUsers"};
is($standby->safe_psql('postgres', $checks), 't|f|t|f', 'the checks answer on a standby');
my $policy = q{SELECT outcome, reason FROM multitenant."TenantUsers" m, multitenant.evaluate_policy("tenantId", "userId", '192.0.2.1', false)};
is($standby->safe_psql('postgres', $policy), 'success|', 'so does the policy');
$primary->safe_psql('postgres', q{UPDATE multitenant."Tenants" SET "securityPolicy" = '{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.0/24"]}}'});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', $policy), 'ip_denied|address_blocked', '… also one that was changed on the primary');
is($standby->safe_psql('postgres', q{SELECT multitenant.verify_password('correct horse battery', password) FROM multitenant."Users"}),
	't', 'so does what only computes');

is($standby->safe_psql('postgres', q{SELECT multitenant.tenant_has_feature("tenantId", 'none') FROM multitenant."TenantUsers"}), 'f', 'and the features');

my ($status, $stdout, $stderr) = $standby->psql('postgres', q{
	\set VERBOSITY sqlstate
	SELECT * FROM multitenant.authenticate('ada@example.org', 'correct horse battery')});
is($stdout, '', 'nothing is judged that could not be counted');
like($stderr, qr/25006/, 'and the error says why: read_only_sql_transaction');

# A session made on the primary is good on the standby, and its use is not written there.
my ($access, $refresh) = split /\|/, $primary->safe_psql('postgres', q{
	SELECT s.access_token, s.refresh_token FROM multitenant."TenantUsers" m, multitenant.create_session(m."userId", m."tenantId") s});
$primary->safe_psql('postgres', q{UPDATE multitenant."OAuthTokens" SET "lastUsedAt" = now() - interval '30 min'});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', qq{
	SELECT s.user_id = m."userId", s.tenant_id = m."tenantId", s.roles, s.scopes FROM multitenant.verify_session('$access', '198.51.100.1') s, multitenant."TenantUsers" m}),
	$primary->safe_psql('postgres', q{SELECT 't', 't', array(SELECT unnest(m.roles) ORDER BY 1), array(SELECT DISTINCT s COLLATE "C" FROM multitenant."Roles" r, unnest(r.scopes) s WHERE r.name = ANY (m.roles) ORDER BY 1) FROM multitenant."TenantUsers" m}),
	'a session is verified, with roles and scopes');
is($standby->safe_psql('postgres', qq{
	BEGIN; SELECT multitenant.use_session('$access', '198.51.100.1'); SELECT multitenant.current_user_id() = "userId" FROM multitenant."TenantUsers"; SELECT multitenant.has_permission('invoice:read'); COMMIT}),
	"t\nt\nt", 'and used');
is($standby->safe_psql('postgres', qq{SELECT multitenant.use_session('$access', '192.0.2.1'), multitenant.use_session('$access')}), 'f|f', 'the policy holds there');
is($primary->safe_psql('postgres', q{SELECT "lastUsedAt" < now() - interval '29 min' FROM multitenant."OAuthTokens"}), 't', 'and nothing was written');
foreach my $call ("multitenant.sign_in('ada\@example.org', 'correct horse battery')", "multitenant.complete_sign_in('mtc_x', '000000')",
	"multitenant.create_session((SELECT id FROM multitenant.\"Users\"), NULL)", "multitenant.refresh_session('$refresh')", "multitenant.end_session('$access')",
	"multitenant.run_maintenance()")
{
	($status, $stdout, $stderr) = $standby->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT * FROM $call");
	is("$stdout$stderr" =~ /25006/ ? 'read only' : "$stdout$stderr", 'read only', "refused: $call");
}
$primary->safe_psql('postgres', qq{SELECT multitenant.end_session('$access')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', qq{SELECT count(*) FROM multitenant.verify_session('$access', '198.51.100.1')}), '0', 'an end on the primary counts on the standby');

$primary->safe_psql('postgres', q{DELETE FROM multitenant."Users"});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', $checks), 'f|f|f|f', 'a deletion on the primary counts on the standby');

done_testing();
