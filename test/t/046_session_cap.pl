# Twenty sign-ins of one user at the same instant leave as many sessions as the tenant
# allows, and one first-party client; twenty renewals of one token give one pair.

use strict;
use warnings;

use IPC::Run qw(start pump finish);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 20;
my $limit = 3;
my $node = PostgreSQL::Test::Cluster->new('session_cap');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 60\nmultitenant.argon2_memory = 64\nmultitenant.argon2_iterations = 1\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.register_user('ada@example.org', 'correct horse battery');
	SELECT multitenant.create_tenant('Acme', 'acme', 'u', (SELECT id FROM multitenant."Users"));
});

# A session that stays open; ask() returns what a statement answered.
sub open_session
{
	my %session = (in => '', out => '');

	$session{run} = start([ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('postgres') ],
		'<', \$session{in}, '>', \$session{out}, '2>&1', IPC::Run::timeout(120));
	return \%session;
}

sub ask
{
	my ($session, $sql) = @_;

	$session->{out} = '';
	$session->{in} .= "$sql;\n\\echo answered\n";
	pump $session->{run} until $session->{out} =~ s/answered\s*$//;
	return $session->{out} =~ s/\s+$//r;
}

sub close_session
{
	my ($session) = @_;

	$session->{in} .= "\\q\n";
	finish $session->{run};
}

# Runs a statement in that many sessions, which wait for each other at the start; what each answered.
sub at_once
{
	my ($sql) = @_;
	my (@runs, @outputs);

	my $gate = open_session();
	ask($gate, 'SELECT pg_advisory_lock(1)');
	foreach my $i (1 .. $clients)
	{
		push @outputs, '';
		push @runs, start([ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('postgres'), '-c', 'SELECT pg_advisory_lock_shared(1)', '-c', $sql ],
			'>', \$outputs[-1], '2>&1');
	}
	$node->poll_query_until('postgres', "SELECT count(*) = $clients FROM pg_stat_activity WHERE wait_event = 'advisory'");
	ask($gate, 'SELECT pg_advisory_unlock(1)');
	$_->finish foreach @runs;
	close_session($gate);
	return map { s/^\s+|\s+$//gr } @outputs;
}

my @outcomes = at_once(q{SELECT outcome FROM multitenant.sign_in('ada@example.org', 'correct horse battery', 'acme')});
is(join(' ', @outcomes), join(' ', ('success') x $clients), 'each sign-in succeeds');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."OAuthTokens"}), $clients, 'each made a session');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."Users" u, multitenant.list_sessions(u.id)}), $limit, 'and the limit holds');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."OAuthTokens" t WHERE NOT revoked AND "createdAt" < (SELECT max("createdAt") FROM multitenant."OAuthTokens" WHERE revoked)}),
	0, 'those that ended are the oldest');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."OAuthClients"}), 1, 'there is one client');
is($node->safe_psql('postgres', q{SELECT "loginCount" FROM multitenant."Users"}), $clients, 'every sign-in is counted');

@outcomes = at_once(q{SELECT count(s) FROM multitenant."Users" u, multitenant.create_session(u.id, (SELECT id FROM multitenant."Tenants")) s});
is(join(' ', @outcomes), join(' ', (1) x $clients), 'each back end gets a session');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."Users" u, multitenant.list_sessions(u.id)}), $limit, 'and the limit holds');

my $token = $node->safe_psql('postgres', q{SELECT s.refresh_token FROM multitenant."Users" u, multitenant.create_session(u.id, NULL) s});
my @pairs = at_once("SELECT s.access_token || s.refresh_token FROM multitenant.refresh_session('$token') s");
like($pairs[0], qr/^mta_.{43}mtr_.{43}$/, 'a renewal gives a pair');
is(scalar(grep { $_ eq $pairs[0] } @pairs), $clients, 'all of those at once give the same');
my $access = substr $pairs[0], 0, 47;
is($node->safe_psql('postgres', "SELECT count(*) FROM multitenant.verify_session('$access')"), 1, 'and it is good');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE severity = 'critical'}), 0, 'nobody is taken for a thief');

# Use is written once by those who are due at once, and nobody waits for a transaction that has the row.
$node->safe_psql('postgres', q{UPDATE multitenant."OAuthTokens" SET "lastUsedAt" = now() - interval '30 min', "updatedAt" = now()});
my $long = open_session();
ask($long, 'BEGIN');
is(ask($long, "SELECT count(*) FROM multitenant.verify_session('$access')"), 1, 'a long transaction uses the session');
is(join(' ', at_once("SET statement_timeout = '5s'; SELECT count(*) FROM multitenant.verify_session('$access')")), join(' ', (1) x $clients), 'others do not wait for it');
ask($long, 'COMMIT');
close_session($long);
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."OAuthTokens" WHERE "lastUsedAt" > now() - interval '1 min' AND NOT revoked AND "clientId" = '00000000-0000-0000-0000-000000000000'}),
	1, 'the use is noted');

# The first sessions of a tenant, of several users at once, make its one client: tenant after tenant,
# since two of them meet between two lookups only now and then.
$node->safe_psql('postgres', q{
	CREATE FUNCTION number_id(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN md5(kind || number)::uuid;
	INSERT INTO multitenant."Users" (id, email) SELECT number_id('user', n), 'user' || n FROM generate_series(0, 7) n;
	INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") SELECT number_id('tenant', n), n, n, n FROM generate_series(1, 1000) n;
	INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT u.id, t.id FROM multitenant."Users" u, multitenant."Tenants" t WHERE t.slug <> 'acme';
});
my $script = $node->basedir . '/first.sql';
append_to_file($script, q{\set n :n + 1
SELECT count(access_token) FROM multitenant.create_session(number_id('user', :client_id), number_id('tenant', :n));
});
command_like([ 'pgbench', '-n', '-c', 8, '-j', 4, '-t', 1000, '-D', 'n=0', '-f', $script, $node->connstr('postgres') ],
	qr{actually processed: 8000/8000}, 'every first session is made');
is($node->safe_psql('postgres', q{SELECT count(*) FROM multitenant."OAuthClients" WHERE "tenantId" IN (SELECT number_id('tenant', n) FROM generate_series(1, 1000) n)}), 1000, 'each tenant has one client');

done_testing();
