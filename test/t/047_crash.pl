# The server is killed at random moments while users sign in, enrol, renew and are maintained, and
# starts again: nothing that was acknowledged is lost, nothing is good twice, and what must
# agree agrees.
#
# Each client is a psql that says before each step what it tries, and after it what it was told. So of
# each there is at most one step of which nobody knows; everything else is compared with a model
# of that client, and the whole database with test/invariants.sql. The server is killed, not the
# machine: what this judges is what reaches the write-ahead log before an answer does, not what
# reaches the disk.
#
# CRASH_SEED=number repeats the choices of a run, but not its moments; CRASH_ROUNDS=number (20).

use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $seed = $ENV{CRASH_SEED} // int(rand(1_000_000_000));
my $rounds = $ENV{CRASH_ROUNDS} // 20;
my @kinds = ('immediate shutdown', 'kill of a backend', 'kill of all processes', 'kill of a certain process');
my @targets = ('maintenance', 'hashes', 'checkpointer', 'walwriter', 'prepared');
my $right = 'correct horse battery';
my $invariants = dirname(__FILE__) . '/../invariants.sql';

srand($seed);
note("CRASH_SEED=$seed");

# Small segments: with the least there may be of them, checkpoints come all the time.
my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init(extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', q{
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
min_wal_size = 2MB
max_wal_size = 4MB
checkpoint_timeout = 30s
restart_after_crash = on
recovery_init_sync_method = syncfs
autovacuum_naptime = 1s
log_statement = none
max_connections = 60
max_prepared_transactions = 60
multitenant.argon2_memory = 8
multitenant.argon2_iterations = 1
multitenant.bcrypt_cost = 9
multitenant.max_concurrent_hashes = 2
multitenant.lockout_duration = 1d
multitenant.refresh_grace = 300s
multitenant.challenge_lifetime = 1d
});
$node->start;
$node->safe_psql('postgres', qq{
	CREATE EXTENSION multitenant CASCADE;
	CREATE TABLE begun (client text, round integer);
	SELECT multitenant.register_user('owner' || i || '\@example.org', '$right') FROM generate_series(1, 3) i;
	SELECT multitenant.register_user('shared' || i || '\@example.org', '$right') FROM generate_series(1, 6) i;
	SELECT multitenant.register_user('food\@example.org', '$right');
	SELECT multitenant.register_user('s' || i || '\@example.org', '$right') FROM generate_series(1, 2) i;
	SELECT multitenant.register_user('r' || i || '\@example.org', '$right') FROM generate_series(1, 2) i;
	SELECT multitenant.create_permission('invoice', 'read');
	SELECT multitenant.create_tenant(slug, slug, slug, multitenant.find_user('owner1\@example.org')) FROM unnest('{acme,beta}'::text[]) slug;
	SELECT multitenant.add_member(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email ~ '^(s|r|shared)[0-9]';
	SELECT multitenant.create_role(id, 'clerk', permissions => ARRAY['invoice:read']) FROM multitenant."Tenants";
});
my $acme;

# One session asks, from crash to crash: a process for each question would take most of the time.
my ($asking, $question, $answer, $complaint);

sub query
{
	my ($sql) = @_;

	if (!$asking)
	{
		($question, $answer, $complaint) = ('', '', '');
		$asking = start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', '-' ],
			'<', \$question, '>', \$answer, '2>', \$complaint);
	}
	$answer = '';
	$question .= "$sql;\n\\echo answered\n";
	pump $asking until $answer =~ s/^answered\n//m || !$asking->pumpable;
	die "$complaint\nwhile asking $sql" unless $asking->pumpable;
	return $answer =~ s/\n$//r;
}

sub stop_asking
{
	$question .= "\\q\n";
	$asking->finish;
	undef $asking;
}

sub user
{
	my ($name) = @_;
	return "multitenant.find_user('$name\@example.org')";
}

# What a client tries, asks, and says it was told: a query of one row, whose columns are variables then.
sub step
{
	my ($try, $query, $told) = @_;
	return "\\echo try $try\n$query \\gset\n\\if :ERROR\n\\echo refused\n\\else\n\\echo ack $told\n\\endif\n";
}

# Where a client has done enough for a crash to have something to take: the server is not killed before.
my $begun = "-- begun\n";

#
# The clients. Each writes the script of a round, and judges the database by what it was told.
#

my %acknowledged;    # how many steps of each kind
my @broken;          # what does not hold, of this round

sub hold
{
	my ($holds, $what) = @_;
	push @broken, $what unless $holds;
	return $holds;
}

# Right and wrong passwords, up to the lock: [successes, failures].
my %signs_in;

sub sign_in_step
{
	my ($what, $name) = @_;
	my $sign_in = 'SELECT outcome AS o, coalesce(access_token, \'\') AS at FROM multitenant.sign_in';
	return step('unlock', 'SELECT count(multitenant.unlock_account(' . user($name) . ')) AS n', 'unlock') if $what eq 'unlock';
	return step($what, "$sign_in('$name\@example.org', '" . ($what eq 'right' ? $right : 'wrong') . "', 'acme')", ':o :at');
}

sub sign_in_script
{
	my ($name) = @_;
	my @cycle = qw(right wrong wrong right right wrong wrong wrong wrong wrong right wrong unlock right);
	return join('', map { sign_in_step($cycle[ $_ % @cycle ], $name) . ($_ == 3 ? $begun : '') } 0 .. 699);
}

# The outcome of a step, and the state after it.
sub sign_in_model
{
	my ($what, $logins, $failures) = @_;
	return ('unlock', $logins, 0) if $what eq 'unlock';
	return ('locked', $logins, $failures) if $failures >= 5;
	return ('success', $logins + 1, 0) if $what eq 'right';
	return ('invalid_credentials', $logins, $failures + 1);
}

sub sign_in_check
{
	my ($name, @steps) = @_;
	my @state = @{ $signs_in{$name} // [ 0, 0 ] };
	my @after;
	my $token;

	foreach my $step (@steps)
	{
		my ($outcome, @next) = sign_in_model($step->{try}, @state);
		@after = @next, last unless defined $step->{ack};
		my ($told, $access) = split ' ', $step->{ack};
		hold($told eq $outcome, "$name: $step->{try} was told $told, not $outcome, after @state");
		$token = $access if $told eq 'success';
		@state = @next;
	}
	my $stored = query(qq{SELECT "loginCount" || ' ' || "failedLoginAttempts" FROM multitenant."Users" WHERE email = '$name\@example.org'});
	hold($stored eq "@state" || $stored eq "@after", "$name: $stored sign-ins and failures are stored, @state were acknowledged");
	hold(query("SELECT count(*) FROM multitenant.verify_session('$token')") == 1, "$name: the last session is good") if $token;
	$signs_in{$name} = [ split ' ', $stored ];
}

# Refresh tokens: each round goes on with the session of the last one.
my %chain;

sub refresh_script
{
	my ($name) = @_;
	my $last = $chain{$name} ? $chain{$name}[-1] : undef;
	my $script = $last
	  ? "\\set rt $last->[1]\n"
	  : step('sign_in', "SELECT access_token AS at, refresh_token AS rt FROM multitenant.sign_in('$name\@example.org', '$right')", ':at :rt');
	my $refresh = step('refresh', "SELECT access_token AS at, refresh_token AS rt FROM multitenant.refresh_session(:'rt')", ':at :rt');
	return $script . $refresh x 4 . $begun . $refresh x 500;
}

sub refresh_check
{
	my ($name, @steps) = @_;
	my @pairs = (@{ $chain{$name} // [] }, map { [ split ' ', $_->{ack} ] } grep { defined $_->{ack} } @steps);

	return unless @pairs;
	my ($access, $refresh) = @{ $pairs[-1] };
	# the step of which nobody knows took the same token: whoever comes with it gets the same pair
	my $pair = query("SELECT access_token, refresh_token FROM multitenant.refresh_session('$refresh')");
	return unless hold($pair ne '', "$name: the last refresh token is good");
	push @pairs, [ split /\|/, $pair ];
	hold(query("SELECT count(*) FROM multitenant.verify_session('$pairs[-1][0]')") == 1, "$name: its access token is good");
	hold(query("SELECT count(*) FROM multitenant.verify_session('$access')") == 0, "$name: the access token before is not");
	$chain{$name} = [ @pairs[ ($#pairs > 3 ? -3 : -@pairs) .. -1 ] ];
	return unless @pairs > 3 && rand() < 0.5;

	my $thefts = qq{SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'session.refresh_token_reused' AND "userId" = } . user($name);
	my $before = query($thefts);
	my $at = int(rand($#pairs - 2));
	hold(query("SELECT count(*) FROM multitenant.refresh_session('$pairs[$at][1]')") == 0, "$name: refresh token $at of $#pairs is void");
	hold(query("SELECT count(*) FROM multitenant.refresh_session('$pairs[-1][1]')") == 0, "$name: its reuse ended the session");
	hold(query($thefts) == $before + 1, "$name: and is on record");
	$acknowledged{'reuse caught'}++;
	delete $chain{$name};
}

# A new user with a second factor; the codes are then in c1 to c10.
sub enrolment
{
	my ($name) = @_;
	return step("register $name", "SELECT multitenant.register_user('$name\@example.org', '$right') AS id", ':id')
	  . step('begin', q{SELECT secret AS secret FROM multitenant.begin_two_factor_setup(:'id')}, ':secret')
	  . step('confirm', 'SELECT ' . join(', ', map { "backup_codes[$_] AS c$_" } 1 .. 10)
		  . q{ FROM multitenant.confirm_two_factor_setup(:'id', multitenant.totp_code(:'secret'))}, join(' ', map { ":c$_" } 1 .. 10));
}

sub hash_of
{
	my ($code) = @_;
	return "encode(sha256(replace('$code', '-', '')::bytea), 'hex')";
}

sub stored_codes
{
	my ($name, @codes) = @_;
	return 0 unless @codes;
	return query(qq{SELECT count(*) FROM multitenant."Users" u, unnest(u."twoFactorBackupCodes") AS stored
		WHERE email = '$name\@example.org' AND stored IN (} . join(', ', map { hash_of($_) } @codes) . ')');
}

# Enrolments and backup codes, one user after the other. Every code is presented again.
sub code_script
{
	my ($client, $round) = @_;
	my $script = '';

	foreach my $n (1 .. 30)
	{
		$script .= enrolment("$client-$round-$n");
		foreach my $code (map { ":c$_" } 1 .. 8)
		{
			my $verify = 'SELECT outcome AS o FROM multitenant.verify_two_factor(:\'id\', ' . $code =~ s/:(.*)/:'$1'/r . ')';
			$script .= step("use $code", $verify, ':o') . step("again $code", $verify, ':o');
		}
		$script .= $begun if $n == 1;
	}
	return $script;
}

sub code_check
{
	my ($client, @steps) = @_;
	my (%used, %all, $name, $doubt);

	foreach my $step (@steps)
	{
		my ($what, $of) = split ' ', $step->{try};
		my $told = $step->{ack};
		$name = $of if $what eq 'register';
		$doubt = "$what $of" if !defined $told && $what eq 'use';
		next unless defined $told;
		$all{$name} = [ split ' ', $told ] if $what eq 'confirm';
		hold($told eq ($what eq 'use' ? 'success' : 'invalid_credentials'), "$name: $step->{try} was told $told") if $what =~ /use|again/;
		push @{ $used{$name} }, $of if $what eq 'use';
	}
	foreach my $user (sort keys %all)
	{
		my %is_used = map { $_ => 1 } @{ $used{$user} // [] };
		my @left = grep { !$is_used{$_} && "use $_" ne ($doubt // '') } @{ $all{$user} };
		hold(stored_codes($user, sort keys %is_used) == 0, "$user: a used code is stored as good");
		hold(stored_codes($user, @left) == @left, "$user: a code that was not used is gone");
	}
	return unless defined $name && $all{$name} && @{ $used{$name} // [] };
	hold(query('SELECT outcome FROM multitenant.verify_two_factor(' . user($name) . ", '$used{$name}[-1]')") eq 'invalid_credentials', "$name: a used code is refused");
	hold(query('SELECT outcome FROM multitenant.verify_two_factor(' . user($name) . ", '$all{$name}[9]')") eq 'success', "$name: an unused one is good");
}

# A remembered device, whose token changes at each use, and the challenge before it.
sub device_script
{
	my ($client, $round) = @_;
	my $sign_in = "multitenant.sign_in('$client-$round\@example.org', '$right'";
	my $use = step('device', "SELECT device_token AS device FROM $sign_in, device_token => :'device')", ':device');
	return enrolment("$client-$round")
	  . step('challenge', "SELECT challenge AS challenge FROM $sign_in)", ':challenge')
	  . step('complete', q{SELECT device_token AS device FROM multitenant.complete_sign_in(:'challenge', :'c1', true)}, ':device')
	  . $use x 2 . $begun . $use x 400;
}

sub device_check
{
	my ($client, @steps) = @_;
	my (@devices, $name, $challenge, @codes, $doubt);

	foreach my $step (@steps)
	{
		my ($what, $of) = split ' ', $step->{try};
		$name = $of if $what eq 'register';
		$doubt = $what, last unless defined $step->{ack};
		@codes = split ' ', $step->{ack} if $what eq 'confirm';
		$challenge = $step->{ack} if $what eq 'challenge';
		push @devices, $step->{ack} if $what =~ /complete|device/;
	}
	return unless $challenge;
	my $rows = query('SELECT (SELECT count(*) FROM multitenant."SignInChallenges" WHERE "userId" = u.id) || \' \' || (SELECT count(*) FROM multitenant."RememberedDevices" WHERE "userId" = u.id)'
		  . qq{ || ' ' || cardinality("twoFactorBackupCodes") FROM multitenant."Users" u WHERE email = '$name\@example.org'});
	hold($rows eq '0 1 9' || !@devices && $rows eq '1 0 10', "$name: challenges, devices and codes are $rows");
	return unless @devices;
	my $sign_in = sub { query("SELECT outcome FROM multitenant.sign_in('$name\@example.org', '$right', device_token => '$_[0]')") };
	my $outcome = $sign_in->($devices[-1]);
	hold($outcome eq 'success' || $doubt && $outcome eq 'two_factor_required', "$name: with the last token it is $outcome");
	hold($sign_in->($devices[-1]) eq 'two_factor_required', "$name: that token is good once");
	hold($sign_in->($devices[-2]) eq 'two_factor_required', "$name: the token before is void") if @devices > 1;
	hold(query("SELECT outcome FROM multitenant.complete_sign_in('$challenge', '$codes[1]')") eq 'invalid_credentials', "$name: the challenge is used up");
}

# Tokens that are good once, and passwords.
sub once_script
{
	my ($client, $round) = @_;
	my $name = "$client-$round";
	my $script = step("register $name", "SELECT multitenant.register_user('$name\@example.org', 'password number 0') AS id", ':id');

	foreach my $n (1 .. 100)
	{
		my $before = $n - 1;
		$script .= step('issue', q{SELECT multitenant.issue_email_verification(:'id') AS t}, '')
		  . step('verify :t', q{SELECT multitenant.verify_email(:'t') AS o}, ':o')
		  . ($n % 2
			? step('request', "SELECT multitenant.request_password_reset('$name\@example.org') AS t", '')
			  . step("reset :t $n", "SELECT multitenant.reset_password(:'t', 'password number $n') AS o", ':o')
			: step("change - $n", "SELECT multitenant.change_password(:'id', 'password number $before', 'password number $n') AS o", ':o'))
		  . step('invite', "SELECT token AS t FROM multitenant.create_invitation('$acme', '$name\@example.org', " . user('owner1') . ')', '')
		  . step('accept :t', q{SELECT outcome AS o FROM multitenant.accept_invitation(:'t', :'id')}, ':o')
		  . ($n == 1 ? $begun : '')
		  . step('remove', "SELECT multitenant.remove_member(:'id', '$acme') AS o", ':o');
	}
	return $script;
}

sub once_check
{
	my ($client, @steps) = @_;
	my (%tokens, $name, @passwords, $doubt, $is_member);
	my %again = (
		verify => sub { "SELECT multitenant.verify_email('$_[0]')" },
		reset => sub { "SELECT multitenant.reset_password('$_[0]', 'somebody else was here')" },
		accept => sub { "SELECT outcome FROM multitenant.accept_invitation('$_[0]', " . user($name) . ')' });

	@passwords = (0);
	foreach my $step (@steps)
	{
		my ($what, $token, $n) = split ' ', $step->{try};
		$name = $token if $what eq 'register';
		if (!defined $step->{ack})
		{
			return if $what eq 'register';
			$doubt = $what;
			push @passwords, $n if $n;
			last;
		}
		hold($step->{ack} eq 'success', "$name: $what was told $step->{ack}") if $what =~ /verify|reset|change|accept/;
		@passwords = ($n) if $n;
		$is_member = $what eq 'accept' if $what =~ /accept|remove/;
		$tokens{$what} = $token if $again{$what};
	}
	return unless $name;
	my @good = grep { query("SELECT outcome FROM multitenant.authenticate('$name\@example.org', 'password number $_')") eq 'success' } @passwords;
	hold(@good == 1, "$name: of the passwords @passwords, @good are good");
	my $member = query('SELECT count(*) FROM multitenant."TenantUsers" WHERE "userId" = ' . user($name));
	hold($member == ($is_member ? 1 : 0) || ($doubt // '') =~ /accept|remove/, "$name: memberships: $member");
	foreach my $what (sort keys %tokens)
	{
		my $outcome = query($again{$what}->($tokens{$what}));
		hold($outcome eq 'invalid_credentials', "$name: a used token of $what is $outcome");
	}
}

# What many do at once to the same rows. Rows that are told of must be there.
sub shared_script
{
	my ($client) = @_;
	my $script = '';

	foreach my $n (1 .. 400)
	{
		my $user = user('shared' . (1 + int(rand(6))));
		my $name = 'shared' . (1 + int(rand(6)));
		my @ways = (
			(step('sign_in', "SELECT outcome AS o FROM multitenant.sign_in('$name\@example.org', '$right', 'beta')", ':o')) x 4,
			step('Notifications', "SELECT coalesce(multitenant.send_notification($user, 'x')::text, '') AS o", ':o'),
			step('Notifications', "SELECT coalesce(multitenant.notify_tenant('$acme', 'x')::text, '') AS o", 'all'),
			step('ActivityLogs', "SELECT multitenant.log_activity($user, 'x') AS o", ':o'),
			step('SecurityAuditLogs', "SELECT multitenant.log_security_event($user, 'x') AS o", ':o'),
			step('assign', "SELECT multitenant.assign_role($user, '$acme', 'clerk') AS o", ':o'),
			step('unassign', "SELECT multitenant.unassign_role($user, '$acme', 'clerk') AS o", ':o'),
			step('owner', "SELECT multitenant.assign_role($user, '$acme', 'owner') AS o", ':o'),
			step('no owner', "SELECT multitenant.unassign_role($user, '$acme', 'owner') AS o", ':o'),
			step('suspend', "SELECT count(multitenant.suspend_user($user)) AS o", ':o'),
			step('activate', "SELECT count(multitenant.activate_user($user)) AS o", ':o'),
			step('rename', qq{SELECT count(multitenant.rename_role(id, 'clerk$n')) AS o FROM multitenant."Roles" WHERE "tenantId" <> '$acme' AND name LIKE 'clerk%'}, ':o'));
		$script .= $ways[ int(rand(@ways)) ] . ($n == 5 ? $begun : '');
	}
	return $script;
}

sub shared_check
{
	my ($client, @steps) = @_;
	my %told;

	foreach my $step (@steps)
	{
		push @{ $told{ $step->{try} } }, "'$step->{ack}'" if ($step->{ack} // '') =~ /^[0-9a-f]{8}-[-0-9a-f]+$/;
	}
	foreach my $table (sort keys %told)
	{
		my $there = query("SELECT count(*) FROM multitenant.\"$table\" WHERE id IN (" . join(', ', @{ $told{$table} }) . ')');
		hold($there == @{ $told{$table} }, "$client: of " . @{ $told{$table} } . " rows of $table that were acknowledged $there are there");
	}
}

# Sign-ins and codes in transactions that are prepared: a crash leaves them in doubt.
my %in_doubt;

sub prepared_script
{
	my ($client, $round) = @_;
	my $script = '';

	foreach my $n (1 .. 4)
	{
		my $name = "$client-$round-$n";
		$script .= enrolment($name) . ($n % 2
			? "BEGIN;\nSELECT outcome AS o FROM multitenant.verify_two_factor(:'id', :'c1') \\gset\n"
			: "SELECT count(multitenant.reset_two_factor(:'id')) AS n \\gset\nBEGIN;\n"
			  . "SELECT access_token AS c1 FROM multitenant.sign_in('$name\@example.org', '$right', NULL) \\gset\n")
		  . "\\echo try prepare $name :c1\nPREPARE TRANSACTION '$name';\n\\echo ack prepared\n";
	}
	return $script . $begun . "SELECT pg_sleep(0.1);\n" x 600;
}

# From 17 on the server itself loses prepared transactions (seen: 17.12, 18.6), and says so in its log. Where it is killed
# after a checkpoint has written their state files and before pg_control knows of the checkpoint, the recovery takes
# the files for those of transactions to come, looks for them under the name of another epoch to remove them, and
# takes what the WAL then brings for what the files have brought. After the next crash such a transaction is in doubt
# again; others have seen it as rolled back by then, so it is not committed here.
my %lost_by_server;

sub is_lost_by_server
{
	my ($name) = @_;
	my $log = slurp_file($node->logfile);
	my ($xid) = $log =~ /could not recover two-phase state file for transaction (\d+)\n.*DETAIL: .*\n.*CONTEXT: .*: gid \Q$name\E:/;
	return defined $xid && $log =~ /removing future two-phase state file for transaction $xid\n/;
}

sub prepared_check
{
	my ($client, @steps) = @_;
	my %there = map { $_ => 1 } split /\n/, query('SELECT gid FROM pg_prepared_xacts');

	foreach my $step (grep { $_->{try} =~ /^prepare / } @steps)
	{
		my (undef, $name, $secret) = split ' ', $step->{try};
		$in_doubt{$name} = $secret if $there{$name};
		next if $there{$name} || !defined $step->{ack};
		$lost_by_server{$name} = 1, next if is_lost_by_server($name);
		hold(0, "$name: the prepared transaction is there");
	}
	foreach my $name (sort keys %in_doubt)
	{
		next unless hold($there{$name}, "$name: is still prepared");
		next if rand() < 0.4;    # over the next crash
		my $secret = delete $in_doubt{$name};
		my $commit = rand() < 0.5;
		query(($commit ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$name'");
		$acknowledged{ $commit ? 'commit prepared' : 'rollback prepared' }++;
		my $effect = $secret =~ /^mta_/
		  ? query("SELECT count(*) FROM multitenant.verify_session('$secret')")
		  : 1 - stored_codes($name, $secret);
		hold($effect == ($commit ? 1 : 0), "$name: " . ($commit ? 'committed' : 'rolled back') . ", and there is $effect of it");
	}
}

# What time has done with, a little at a time.
sub food
{
	query(q{
		INSERT INTO multitenant."LoginHistories" ("userId", status, "failureReason", "createdAt") SELECT } . user('food') . q{, 'failed', 'food', now() - interval '1 year' FROM generate_series(1, 600);
		INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt") SELECT } . user('food') . q{, 'food', now() - interval '1 year' FROM generate_series(1, 600);
		INSERT INTO multitenant."SignInChallenges" (token, "userId", "passwordFingerprint", "expiresAt") SELECT gen_random_uuid(), } . user('food') . q{, '', now() - interval '1 s' FROM generate_series(1, 300);
		INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById") SELECT gen_random_uuid(), gen_random_uuid(), now() - interval '1 s', t.id, } . user('food') . q{ FROM generate_series(1, 300), multitenant."Tenants" t WHERE slug = 'beta';
		INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl", status, "deletionScheduledAt") SELECT 'Food', s, s, 'pending_deletion', now() - interval '1 s' FROM (SELECT gen_random_uuid()::text AS s FROM generate_series(1, 20)) AS due;
		INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT u.id, t.id FROM multitenant."Tenants" t, multitenant."Users" u WHERE t.name = 'Food' AND u.email ~ '^(shared|food)' AND t."deletionScheduledAt" > '-infinity' ON CONFLICT DO NOTHING;
	});
}

sub repeated
{
	my ($step) = @_;
	return $step . $begun . $step x 3000;
}

my %clients = (
	(map { ("s$_" => [ \&sign_in_script, \&sign_in_check ]) } 1 .. 2),
	(map { ("r$_" => [ \&refresh_script, \&refresh_check ]) } 1 .. 2),
	code => [ \&code_script, \&code_check ],
	device => [ \&device_script, \&device_check ],
	once => [ \&once_script, \&once_check ],
	(map { ("many$_" => [ \&shared_script, \&shared_check ]) } 1 .. 3),
	prepared => [ \&prepared_script, \&prepared_check ],
	maintenance => [ sub { repeated(step('maintain', 'SELECT sum(affected) AS n FROM multitenant.run_maintenance(3)', ':n')) }, sub { } ],
	hashes => [ sub { repeated(step('hash', q{SELECT length(multitenant.hash_password('x', 'bcrypt')) AS n}, ':n')) }, sub { } ],
	# and this one does not end by itself
	listener => [ sub { "LISTEN multitenant_notifications;\n" . repeated("SELECT pg_sleep(0.02);\n") . "SELECT pg_sleep(3600);\n" }, sub { } ]);

# Starts a client. What may be refused goes on; all others stop at an error, which is one.
sub begin
{
	my ($name, $round) = @_;
	my $file = $node->basedir . "/$name.sql";
	my $log = $node->basedir . "/$name.log";
	my %client = (log => $log, errors => '');

	unlink $file;
	append_to_file($file, "\\set VERBOSITY sqlstate\n"
		  . $clients{$name}[0]->($name, $round) =~ s/^\Q$begun/INSERT INTO begun VALUES ('$name', $round);\n/mr);
	local $ENV{PGAPPNAME} = $name;
	$client{run} = start([ 'psql', '-X', '-q', '-A', '-t', ($name =~ /^many/ ? () : ('-v', 'ON_ERROR_STOP=1')),
			'-d', $node->connstr('postgres'), '-f', $file ], '>', $log, '2>', \$client{errors});
	return \%client;
}

# The steps of a client: {try, ack}, and no ack for what it was not told.
sub steps_of
{
	my ($name, $client) = @_;
	my @steps;

	$client->{run}->finish;
	foreach my $line (split /\n/, slurp_file($client->{log}))
	{
		if ($line =~ /^try (.*)/)
		{
			push @steps, { try => $1 };
		}
		pop @steps if $line eq 'refused';
		if ($line =~ /^ack ?(.*)/)
		{
			$steps[-1]{ack} = $1;
			$acknowledged{ $name =~ s/\d+$//r }++;
		}
	}
	# no more than this may be refused, to those that touch what others change
	my @codes = $client->{errors} =~ /ERROR:\s+(\w{5})/g;
	my @strange = grep { $name !~ /^many/ || !/^(55000|P0002|23505)$/ } @codes;
	hold(!@strange, "$name: errors @strange: $client->{errors}");
	return @steps;
}

# The processes that this one started.
sub children_of
{
	my ($parent) = @_;
	my @children;

	foreach my $file (glob '/proc/[0-9]*/stat')
	{
		open my $in, '<', $file or next;
		my $line = <$in> // '';
		push @children, $1 if $line =~ /^(\d+) \(.*\) \S (\d+) / && $2 == $parent;
	}
	return @children;
}

# Neither ended nor a zombie, which stays where nobody collects it.
sub is_alive
{
	my ($pid) = @_;
	open my $in, '<', "/proc/$pid/stat" or return 0;
	return (<$in> // '') =~ /\) [^ZX] /;
}

# Ends the server in one of the ways. What it leaves is a crash for whoever starts next.
sub crash
{
	my ($kind, $target) = @_;
	# on a slow machine a client may have ended
	my @pids = split /\n/, query("SELECT pid FROM pg_stat_activity WHERE '$target' IN (application_name, backend_type) AND pid <> pg_backend_pid()");
	@pids = split /\n/, query(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'}) if !@pids;

	stop_asking();
	if ($kind eq 'immediate shutdown')
	{
		$node->stop('immediate');
		return $node->start;
	}
	if ($kind eq 'kill of all processes')
	{
		my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
		kill('STOP', $postmaster);    # so that it starts no more of them
		my @children = children_of($postmaster);
		$node->kill9;
		kill(9, @children);
		sleep(0.1) while grep { is_alive($_) } $postmaster, @children;
		# for the next one a zombie is a postmaster that runs
		unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
		return $node->start;
	}
	kill(9, $pids[ int(rand(@pids)) ]);
}

# Of all users, what counts and what is on record; the users that the clients alone touch have no rows from elsewhere.
my $counters = q{
	SELECT 'every success is counted once', count(*) FROM multitenant."Users" u
	WHERE "loginCount" <> (SELECT count(*) FROM multitenant."LoginHistories" h WHERE h."userId" = u.id AND h.status = 'success');
	SELECT 'failures are those since the last success', count(*) FROM multitenant."Users" u
	WHERE "failedLoginAttempts" <> (SELECT count(*) FROM multitenant."LoginHistories" h
	  WHERE h."userId" = u.id AND "failureReason" = 'wrong_password' AND "createdAt" > greatest(
	    (SELECT max("createdAt") FROM multitenant."LoginHistories" g WHERE g."userId" = u.id AND (status = 'success' OR "failureReason" = 'two_factor_required')),
	    (SELECT max("createdAt") FROM multitenant."SecurityAuditLogs" a WHERE a."userId" = u.id AND event IN ('user.unlocked', 'user.password_reset', 'user.password_changed')),
	    '-infinity'));
	SELECT 'each lock is on record', count(*) FROM multitenant."Users" u
	WHERE "accountLockedUntil" IS NOT NULL AND NOT EXISTS (SELECT FROM multitenant."SecurityAuditLogs" a
	  WHERE a."userId" = u.id AND event = 'user.locked' AND "createdAt" >= u."lastFailedLoginAt");
	SELECT 'each sign-in made one session', count(*) FROM multitenant."Users" u
	WHERE u.email ~ '^([sr]\d|device|prepared)' AND "loginCount" <> (SELECT count(*) FROM multitenant."OAuthTokens" t WHERE t."userId" = u.id);
	SELECT 'each session that gave way is on record', count(*) FROM multitenant."Users" u
	WHERE u.email ~ '^s\d' AND (SELECT count(*) FROM multitenant."OAuthTokens" t WHERE t."userId" = u.id AND revoked)
	  <> (SELECT coalesce(sum((details ->> 'sessions')::integer), 0) FROM multitenant."SecurityAuditLogs" a WHERE a."userId" = u.id AND event = 'session.displaced');
	SELECT 'each backup code that was used is on record', count(*) FROM multitenant."Users" u
	WHERE "twoFactorEnabled" AND 10 - cardinality("twoFactorBackupCodes")
	  <> (SELECT count(*) FROM multitenant."SecurityAuditLogs" a WHERE a."userId" = u.id AND event = 'two_factor.backup_code_used');
	SELECT 'each user and enrolment is on record once', count(*) FROM multitenant."Users" u
	WHERE (SELECT count(*) FROM multitenant."SecurityAuditLogs" a WHERE a."userId" = u.id AND event = 'user.registered') <> 1
	   OR (SELECT count(*) FROM multitenant."SecurityAuditLogs" a WHERE a."userId" = u.id AND event = 'two_factor.enabled')
	      <> (SELECT count(*) FROM multitenant."SecurityAuditLogs" a WHERE a."userId" = u.id AND event = 'two_factor.reset') + "twoFactorEnabled"::integer
	   OR "twoFactorEnabled" AND "twoFactorLastUsedStep" IS NULL;
	SELECT 'no slot of the hash gate is held', count(*) FROM pg_locks WHERE locktype = 'advisory';
	SELECT 'no notification waits', pg_notification_queue_usage();
};

#
# The rounds
#

$acme = query(q{SELECT id FROM multitenant."Tenants" WHERE slug = 'acme'});
foreach my $round (1 .. $rounds)
{
	my $kind = $kinds[ $round % @kinds ];
	my $target = $kind eq 'kill of a certain process' ? $targets[ int($round / @kinds) % @targets ] : 'client backend';

	@broken = ();
	food();
	my %running = map { $_ => begin($_, $round) } sort keys %clients;
	$node->poll_query_until('postgres', "SELECT count(*) = " . keys(%clients) . " FROM begun WHERE round = $round");
	sleep(rand(1));
	crash($kind, $target);
	my %steps = map { $_ => [ steps_of($_, $running{$_}) ] } sort keys %running;
	for (1 .. 1800)
	{
		last if IPC::Run::run([ 'pg_isready', '-q', '-d', $node->connstr('postgres') ]);
		sleep(0.1);
	}

	# before a client's check writes anything
	foreach my $rule (split /\n/, $node->safe_psql('postgres', slurp_file($invariants)) . "\n" . query($counters))
	{
		my ($what, $violations) = split /\|/, $rule;
		hold(defined $violations && $violations == 0, $rule);
	}
	$clients{$_}[1]->($_, @{ $steps{$_} }) foreach sort keys %clients;
	ok(!@broken, "round $round: $kind" . ($kind =~ /certain/ ? ", $target" : ''))
	  or diag(join("\n", "CRASH_SEED=$seed", @broken));
	# from here on the models know nothing
	last if @broken;
}

#
# The end
#

if (@broken)
{
	done_testing();
	exit;
}
query("ROLLBACK PREPARED '$_'") foreach sort keys %in_doubt;
my $calls = 0;
$calls++ while $calls < 2000 && query('SELECT sum(affected) FROM multitenant.run_maintenance(50)') > 0;
cmp_ok($calls, '<', 2000, "maintenance ends: $calls calls");
is(query(q{SELECT (SELECT oldest_row_past_retention IS NULL FROM multitenant.stats),
	(SELECT count(*) FROM multitenant."LoginHistories" WHERE "failureReason" = 'food'), (SELECT count(*) FROM multitenant."Tenants" WHERE name = 'Food'),
	(SELECT count(*) FROM multitenant."SignInChallenges" WHERE "expiresAt" < now()), (SELECT count(*) FROM multitenant."Invitations" WHERE status = 'pending' AND "expiresAt" < now())}),
	't|0|0|0|0', 'and leaves nothing that was due');

# Who did nothing proves nothing. A long run only makes these larger.
foreach my $what ('s', 'r', 'code', 'device', 'once', 'many', 'prepared', 'maintenance', 'hashes',
	$rounds < 10 ? () : ('commit prepared', 'rollback prepared', 'reuse caught'))
{
	next if $what =~ / / && ok($acknowledged{$what}, "$what: $acknowledged{$what}");
	cmp_ok($acknowledged{$what} // 0, '>=', $rounds, "$what: there was something to be lost");
}
note(join(', ', map { "$_ $acknowledged{$_}" } sort keys %acknowledged));
note('lost by the server: ', join(', ', sort keys %lost_by_server)) if %lost_by_server;
stop_asking();
unlike(slurp_file($node->logfile), qr/PANIC: |TRAP: |terminated by signal (?!9\b)/, 'no process died but by our hand');

done_testing();
