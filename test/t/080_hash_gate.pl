# multitenant.max_concurrent_hashes: so many backends of the cluster compute a hash at
# once, and the others wait until one has done, or is ended: those that judge or store the
# password of a user, and beside them those of the pure functions. bcrypt of cost 16 takes
# seconds and can be cancelled, so it stands for "a hash that is being computed".

use strict;
use warnings;

use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('gate');
$node->init;
$node->append_conf('postgresql.conf',
	"multitenant.argon2_memory = 64\nmultitenant.argon2_iterations = 1\nmultitenant.bcrypt_cost = 16\nmultitenant.max_concurrent_hashes = 1\nmax_prepared_transactions = 2\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql($_, 'CREATE EXTENSION multitenant CASCADE') for 'postgres', 'other';

my $slots = q{locktype = 'advisory' AND database = 0 AND classid = 1836412020 AND objsubid IN (28020, 28021)};
my $slow = q{SELECT multitenant.hash_password('x', 'bcrypt')};
my $quick = q{SELECT multitenant.hash_password('x') IS NOT NULL};

sub locks
{
	my ($granted) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE $slots AND granted = $granted");
}

sub wait_for_locks
{
	my ($granted, $count) = @_;
	return $node->poll_query_until('postgres',
		"SELECT count(*) = $count FROM pg_locks WHERE $slots AND granted = $granted");
}

# A session that runs these statements by itself.
sub background
{
	my ($database, @statements) = @_;
	my ($out, $err) = ('', '');
	my $run = start([ 'psql', '-XAtq', '-d', $node->connstr($database), map { ('-c', $_) } @statements ],
		'>', \$out, '2>', \$err);
	return { run => $run, out => \$out, err => \$err };
}

sub end_of
{
	my ($session) = @_;
	$session->{run}->finish;
	return ${ $session->{out} } . ${ $session->{err} };
}

sub cancel_holder
{
	return $node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE $slots AND granted");
}

# What an error is called; '' for none.
sub sqlstate_of
{
	my ($sql) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql", on_error_stop => 1);
	return $stderr =~ /ERROR:\s+(\w{5})/ ? $1 : '';
}

#
# One at a time, in the whole cluster
#

my $holder = background('other', $slow);
ok(wait_for_locks('true', 1), 'a computation holds the slot');
is(sqlstate_of("SET statement_timeout = '100ms'; $quick"), '57014', 'statement_timeout ends the wait');
is(sqlstate_of("SET lock_timeout = '100ms'; $quick"), '55P03', 'so does lock_timeout');
is(sqlstate_of("SET statement_timeout = '100ms'; SELECT multitenant.verify_password('x', '\$argon2id\$v=19\$m=64,t=1,p=1\$c29tZXNhbHQ\$06+5KSUYDP2OtRvi')"),
	'57014', 'verifying waits too');
is(sqlstate_of("SET statement_timeout = '5s'; SELECT multitenant.verify_password('x', '\$argon2id\$v=19\$m=64')"),
	'22P02', 'what is not computed does not wait');
is(sqlstate_of("SET statement_timeout = '5s'; SELECT multitenant.password_needs_rehash('\$argon2id\$v=19\$m=64,t=1,p=1\$c29tZXNhbHQ\$06+5KSUYDP2OtRvi')"),
	'', 'nor what only reads a hash');
is(sqlstate_of("SET statement_timeout = '5s'; SET multitenant.max_concurrent_hashes = 0; $quick"),
	'', '0 is no gate');

# Nothing that is done in SQL reaches a slot, and nobody can take one beforehand.
is($node->safe_psql('postgres', q{
	SELECT pg_try_advisory_xact_lock(1836412020, 0) AND pg_try_advisory_xact_lock(1836412020::bigint << 32);
	SELECT pg_advisory_unlock_all()}), "t\n", 'the locks of SQL are others');

my $canceled = background('postgres', $quick);
my $waiter = background('postgres', $quick);
ok(wait_for_locks('false', 2), 'two wait');
is($node->safe_psql('postgres', qq{
	SELECT count(*), bool_and(wait_event_type = 'Lock' AND wait_event = 'advisory')
	FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE $slots AND NOT granted)}), '2|t', 'pg_stat_activity shows it');
my $first = $node->safe_psql('postgres', "SELECT pid FROM pg_locks WHERE $slots AND NOT granted ORDER BY pid LIMIT 1");
$node->safe_psql('postgres', "SELECT pg_cancel_backend($first)");
ok(wait_for_locks('false', 1), 'a cancel ends the wait of the one');
is(cancel_holder(), 't', 'and when the computation is ended');
like(end_of($holder), qr/canceling statement/, 'by a cancel');
my $ends = join('', sort(end_of($canceled), end_of($waiter)));
like($ends, qr/^ERROR: .*canceling.*\nt\n$|^t\nERROR: .*canceling/s, 'the other computes');
is(locks('true'), '0', 'nothing is held');

#
# An error gives the slot back, whatever is done about it
#

is($node->safe_psql('postgres', qq{
	SET statement_timeout = '200ms';
	DO \$\$
	BEGIN
		PERFORM multitenant.hash_password('x', 'bcrypt');
	EXCEPTION WHEN query_canceled THEN
		PERFORM set_config('application_name', (SELECT count(*)::text FROM pg_locks WHERE $slots), false);
	END \$\$;
	RESET statement_timeout;
	SHOW application_name;
	$quick}), "0\nt", 'caught in PL/pgSQL');

my $in_doubt = background('postgres', 'BEGIN', 'SAVEPOINT s', "SET LOCAL statement_timeout = '200ms'", $slow,
	'ROLLBACK TO s', "SELECT count(*) FROM pg_locks WHERE $slots", $quick,
	"SELECT count(*) FROM pg_locks WHERE $slots", 'COMMIT');
is(end_of($in_doubt) =~ s/ERROR.*\n//r, "0\nt\n0\n", 'after ROLLBACK TO, and after success within a transaction');

# A transaction that waits for its second phase holds no slot.
is($node->safe_psql('postgres', qq{BEGIN; $quick; PREPARE TRANSACTION 'hashed';
	SELECT count(*) FROM pg_locks WHERE $slots}), "t\n0", 'nor a prepared transaction');
is(sqlstate_of("SET statement_timeout = '20s'; $quick"), '', 'beside which others compute');
$node->safe_psql('postgres', q{COMMIT PREPARED 'hashed'});

# A session that died
$holder = background('postgres', $slow);
ok(wait_for_locks('true', 1), 'a computation holds the slot');
$waiter = background('other', $quick);
ok(wait_for_locks('false', 1), 'one of another database waits');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE $slots AND granted");
is(end_of($waiter), "t\n", 'the end of a session ends its computation');
end_of($holder);

# Hashes in one statement, one after the other: the slot is free in between, and one's own
# slot is no obstacle. Sign-in passes the gate as well.
is($node->safe_psql('postgres', q{
	SELECT count(multitenant.hash_password('x' || i)) FROM generate_series(1, 50) i;
	SELECT multitenant.verify_password('x', multitenant.hash_password('x'));
	SELECT count(multitenant.register_user('ada@example.org', 'correct horse battery'));
	SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
	SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong')}),
	"50\nt\n1\nsuccess\ninvalid_credentials", 'one session after the other');

#
# Sign-ins and the pure functions, which every role may call, do not keep each other waiting
#

my $slow_account = q{SELECT multitenant.register_user('slow@example.org', 'correct horse battery')};
$node->safe_psql('postgres', q{INSERT INTO multitenant."Users" (email, password) VALUES ('none@example.org', NULL), ('unreadable@example.org', '$unknown$')});
my %waits = (
	"SELECT multitenant.authenticate('ada\@example.org', 'wrong')" => 'account',
	"SELECT multitenant.authenticate('nobody\@example.org', 'wrong')" => 'account',
	"SELECT multitenant.authenticate('none\@example.org', 'wrong')" => 'account',
	"SELECT multitenant.authenticate('unreadable\@example.org', 'wrong')" => 'account',
	"SELECT multitenant.sign_in('nobody\@example.org', 'wrong')" => 'account',
	"SELECT multitenant.change_password(multitenant.find_user('ada\@example.org'), 'wrong', 'better horse battery')" => 'account',
	"SELECT multitenant.set_password(multitenant.find_user('ada\@example.org'), 'better horse battery')" => 'account',
	"SELECT multitenant.register_user('new\@example.org', 'better horse battery')" => 'account',
	$quick => 'pure',
	"SELECT multitenant.verify_password('x', '\$argon2id\$v=19\$m=64,t=1,p=1\$c29tZXNhbHQ\$06+5KSUYDP2OtRvi')" => 'pure');
foreach my $kind ('account', 'pure')
{
	# nothing of the user's row is held while the hash of a registration is computed
	$holder = background('postgres', $kind eq 'pure' ? $slow : ("SET multitenant.password_algorithm = 'bcrypt'", $slow_account));
	ok(wait_for_locks('true', 1), "$kind: a computation holds the slot");
	foreach my $sql (sort keys %waits)
	{
		is(sqlstate_of("SET statement_timeout = '" . ($waits{$sql} eq $kind ? '100ms' : '20s') . "'; $sql"),
			$waits{$sql} eq $kind ? '57014' : '', "$kind: $sql");
	}
	is(locks('true'), '1', "$kind: and still does");
	if ($kind eq 'account')
	{
		# who waits holds nothing of the user's that another would wait for
		$waiter = background('postgres', q{SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery')});
		ok(wait_for_locks('false', 1), 'a sign-in waits');
		is(sqlstate_of(q{SELECT FROM multitenant."Users" WHERE email = 'ada@example.org' FOR UPDATE NOWAIT}), '', '… without the row of its user');
	}
	cancel_holder();
	like(end_of($holder), qr/canceling statement/, "$kind: until it is ended");
	is(end_of($waiter), "success\n", 'and then gets in') if $kind eq 'account';
}

# The new hash of a sign-in whose hash is outdated passes the gate as well.
my $outdated = background('postgres', q{SET multitenant.password_algorithm = 'bcrypt'},
	q{SELECT outcome FROM multitenant.authenticate('ada@example.org', 'better horse battery')});
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE $slots AND objsubid = 28020 AND granted"),
	'the new hash of a sign-in holds a slot');
cancel_holder();
like(end_of($outdated), qr/canceling statement/, '… until it is ended');

#
# A crowd: each of them holds a slot or waits for one, so none computes beside the gate. Its
# hashes take seconds, so that a loaded machine, too, shows them at rest.
#

$node->safe_psql('postgres', qq{
	CREATE FUNCTION most_slots() RETURNS bigint LANGUAGE plpgsql AS \$\$
	DECLARE
		most bigint := 0;
	BEGIN
		-- 200 looks, and as many as it takes until the clients have come
		FOR i IN 1 .. 10000 LOOP
			EXIT WHEN i > 200 AND most >= 2;
			most := greatest(most, (SELECT count(*) FROM pg_locks WHERE $slots AND granted));
			PERFORM pg_sleep(0.005);
		END LOOP;
		RETURN most;
	END \$\$});

sub crowd
{
	my ($gate, $clients, $cost) = @_;
	return map {
		background('postgres', "SET application_name = 'crowd'", "SET multitenant.max_concurrent_hashes = $gate",
			"SET multitenant.bcrypt_cost = $cost", "SELECT count(multitenant.hash_password('x', 'bcrypt')) FROM generate_series(1, 100000)")
	} 1 .. $clients;
}

# Of all that compute: how many hold a slot, how many wait for one, how many do neither.
sub reaches
{
	my ($state) = @_;
	return $node->poll_query_until('postgres', qq{
		SELECT concat_ws('|', count(*) FILTER (WHERE granted), count(*) FILTER (WHERE NOT granted), count(*) FILTER (WHERE granted IS NULL))
		FROM pg_stat_activity AS a LEFT JOIN pg_locks AS l ON l.pid = a.pid AND $slots
		WHERE application_name = 'crowd' AND state = 'active' AND query LIKE '%generate_series%'}, $state);
}

sub end_crowd
{
	my (@sessions) = @_;
	$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crowd'");
	end_of($_) for @sessions;
}

my @sessions = crowd(2, 8, 16);
ok(reaches('2|6|0'), 'a gate of 2: two compute, the others wait, and nobody computes beside them');
end_crowd(@sessions);
@sessions = crowd(2, 8, 6);
is($node->safe_psql('postgres', 'SELECT most_slots()'), 2, 'both slots are taken, and no third, while they come and go');
end_crowd(@sessions);
@sessions = crowd(0, 6, 16);
ok(reaches('0|0|6'), 'without a gate all compute, and nobody holds or waits');
end_crowd(@sessions);

unlike(slurp_file($node->logfile), qr/deadlock detected/, 'no deadlock');
is(locks('true') . locks('false'), '00', 'nothing is left');

done_testing();
