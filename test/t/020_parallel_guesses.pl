# Guesses that really run at once: of thirty wrong ones no more than the threshold are
# judged, and of those that come with the right password among them none gets in after
# the lock. The isolation tests show each interleaving; this shows the crowd.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('guesses');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 50\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');

# A crowd of sessions, each of which makes one guess at the same moment.
sub crowd
{
	my ($count, $password) = @_;
	my $script = $node->basedir . '/guess.sql';

	append_to_file($script,
		"SELECT multitenant.authenticate('ada\@example.org', '$password');\n");
	$node->command_ok(
		[ 'pgbench', '-n', '-c', $count, '-j', 2, '-t', 1, '-f', $script, $node->connstr('postgres') ],
		"$count sessions at once");
	unlink $script;
}

my $threshold = $node->safe_psql('postgres', 'LOAD \'multitenant\'; SHOW multitenant.lockout_threshold');
is($threshold, 5, 'the threshold is what api and manual say');

for my $round (1 .. 3)
{
	$node->safe_psql('postgres', q{
		SET multitenant.allow_hard_delete = on;
		TRUNCATE multitenant."Users" CASCADE;
		SELECT multitenant.register_user('ada@example.org', 'correct horse battery');
	});
	crowd(30, 'wrong');
	is($node->safe_psql('postgres', q{
		SELECT "failedLoginAttempts", "accountLockedUntil" > now() FROM multitenant."Users"}),
		"$threshold|t", "round $round: the count stops at the threshold, and the account is locked");
	is($node->safe_psql('postgres', q{
		SELECT "failureReason", count(*) FROM multitenant."LoginHistories" GROUP BY 1 ORDER BY 1}),
		"locked|" . (30 - $threshold) . "\nwrong_password|$threshold",
		"round $round: every attempt is recorded, and no more than the threshold were judged");
	is($node->safe_psql('postgres', q{
		SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'user.locked'}),
		1, "round $round: it was locked once");
}

# A crowd with the right password: each success counts.
$node->safe_psql('postgres', q{SELECT multitenant.unlock_account(id) FROM multitenant."Users"});
crowd(20, 'correct horse battery');
is($node->safe_psql('postgres', q{SELECT "loginCount", "failedLoginAttempts" FROM multitenant."Users"}),
	'20|0', 'twenty successes at once are twenty');

# With lockout off, N wrong guesses in parallel count as N.
$node->append_conf('postgresql.conf', 'multitenant.lockout_threshold = 0');
$node->reload;
crowd(25, 'wrong');
is($node->safe_psql('postgres', q{SELECT "failedLoginAttempts", "accountLockedUntil" IS NULL FROM multitenant."Users"}),
	'25|t', 'twenty-five failures at once are twenty-five');

done_testing();
