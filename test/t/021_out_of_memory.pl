# A hash that there is no memory for: nothing is judged, so a right and a wrong password get
# the same error and nothing is counted; and where only the new hash of a sign-in cannot be
# computed, the sign-in stands and the old hash stays. The memory of a backend is bounded as
# an administrator would, with a limit on its address space. Where there are huge pages, a
# backend holds nothing of a hash that is done.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $large = 'multitenant.argon2_memory = 1048576'; # kB, more than the limit leaves
my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
$node->append_conf('postgresql.conf', "multitenant.argon2_memory = 64\nmultitenant.argon2_iterations = 1\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	CREATE TABLE made AS SELECT multitenant.register_user(name || '@example.org', 'correct horse battery') FROM unnest(ARRAY['ada', 'large']) AS name;
	UPDATE multitenant."Users" SET password = '$argon2id$v=19$m=1048576,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI' WHERE email = 'large@example.org'});

# What statements print in a backend that has half a gigabyte to take; errors by their SQLSTATE.
sub with_little_memory
{
	my ($sql) = @_;
	my ($stdout, $stderr);

	$node->psql('postgres', qq{\\set VERBOSITY sqlstate
		SELECT multitenant.hash_password('x') IS NOT NULL AS warm \\gset
		SELECT pg_backend_pid() AS pid \\gset
		\\setenv PID :pid
		\\! prlimit --pid "\$PID" --as=\$(( \$(awk '/VmSize/ { print \$2 }' "/proc/\$PID/status") * 1024 + 536870912 ))
		$sql},
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	$stderr =~ s/^psql:\S+ //mg;
	return "$stdout\n$stderr";
}

my $failures = q{SELECT string_agg(split_part(email, '@', 1) || ' ' || "failedLoginAttempts", ', ' ORDER BY email) FROM multitenant."Users"};

like(with_little_memory("SET $large; SELECT multitenant.hash_password('x')"), qr/ERROR:\s+53200/, 'the limit holds');
is(with_little_memory(q{SELECT outcome FROM multitenant.authenticate('large@example.org', 'wrong')}), "\nERROR:  53200",
	'an attempt that cannot be computed is an error');
is($node->safe_psql('postgres', $failures), 'ada 0, large 0', 'and nothing is counted');
is(with_little_memory(qq{SET $large; SELECT outcome FROM multitenant.authenticate('$_\@example.org', 'wrong')}), "\nERROR:  53200",
	"for $_ too, where the settings ask for it") for 'nobody';
is($node->safe_psql('postgres', q{SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong')}), 'invalid_credentials',
	'with enough it is judged');
is($node->safe_psql('postgres', $failures), 'ada 1, large 0', 'and counted');

my $hash = $node->safe_psql('postgres', q{SELECT password FROM multitenant."Users" WHERE email = 'ada@example.org'});
is(with_little_memory(qq{SET $large; SELECT outcome FROM multitenant.authenticate('ada\@example.org', 'wrong');
	SELECT outcome FROM multitenant.authenticate('ada\@example.org', 'correct horse battery')}), "invalid_credentials\nsuccess\n",
	'a new hash that cannot be computed fails no sign-in');
is($node->safe_psql('postgres', q{SELECT password FROM multitenant."Users" WHERE email = 'ada@example.org'}), $hash, 'the old one is kept');
is($node->safe_psql('postgres', $failures), 'ada 0, large 0', 'and the success is recorded');
like(slurp_file($node->logfile), qr/LOG:  could not compute a new password hash/, 'the log says so');
is($node->safe_psql('postgres', q{SET multitenant.argon2_memory = 128; SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery')}),
	'success', 'the next sign-in');
isnt($node->safe_psql('postgres', q{SELECT password FROM multitenant."Users" WHERE email = 'ada@example.org'}), $hash, 'stores a new one');

SKIP:
{
	my $enabled = '/sys/kernel/mm/transparent_hugepage/enabled';

	skip 'the system gives no huge pages', 1 if !-e $enabled || slurp_file($enabled) !~ /\[(always|madvise)\]/;
	my $held = q{substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+) kB')::integer};
	is($node->safe_psql('postgres', qq{
		SELECT multitenant.hash_password('x') IS NOT NULL AS warm \\gset
		SELECT $held AS before \\gset
		SET multitenant.argon2_memory = 19456;
		SELECT count(multitenant.hash_password('x')) AS hashes FROM generate_series(1, 3) \\gset
		SELECT :hashes, $held - :before < 9728}), '3|t', 'of three hashes a backend holds not even half of one');
}

done_testing();
