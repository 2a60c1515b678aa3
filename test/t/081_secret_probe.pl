# What enrolment and verification call to seal and to open a secret, called directly: a small
# library of the test's own makes SQL functions of them.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('probe');
$node->init;
$node->start;

my $folder = PostgreSQL::Test::Utils::tempdir;
my $probe = "$folder/secret_probe";
chomp(my $headers = `$ENV{PG_CONFIG} --includedir-server`);
system('cc', '-shared', '-fPIC', '-Isrc', '-isystem', $headers, '-o', "$probe.so", 'test/t/secret_probe.c') == 0
  or die 'the probe cannot be built';

# The probe finds the functions in the library that is loaded before it.
$node->safe_psql('postgres', qq{
	CREATE EXTENSION multitenant CASCADE;
	LOAD 'multitenant';
	CREATE FUNCTION seal(uuid, text) RETURNS text AS '$probe', 'probe_seal' LANGUAGE C STRICT;
	CREATE FUNCTION open(uuid, text) RETURNS text AS '$probe', 'probe_open' LANGUAGE C STRICT;
});

my $ada = '6f9619ff-8b86-d011-b42d-00cf4fc964ff';
my $bob = '6f9619ff-8b86-d011-b42d-00cf4fc964fe';
my $file = "$folder/keys";
system('src/tools/create_key', $file) == 0 or die 'no key file';

# Returns standard output, and the errors and warnings with their SQLSTATEs.
sub run_sql
{
	my ($sql, $key_file) = @_;
	my ($stdout, $stderr);

	$node->psql('postgres', "\\set VERBOSITY verbose\nLOAD 'multitenant';\nSET multitenant.key_file = '" . ($key_file // $file) . "';\n$sql",
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	return ($stdout, $stderr);
}

# Without a key file
my ($stdout, $stderr) = run_sql("SELECT seal('$ada', 'GEZDGNBV'); SELECT seal('$bob', 'MFRGGZDF');", '');
is($stdout, "GEZDGNBV\nMFRGGZDF", 'no key file: a secret is stored as it is');
is(scalar(() = $stderr =~ /WARNING:  01000: two-factor secrets are stored unencrypted\nHINT:  Set multitenant\.key_file/g), 1,
	'with one warning a session');
unlike($stderr, qr/GEZDGNBV|MFRGGZDF/, 'which does not tell it');
($stdout, $stderr) = run_sql("SELECT open('$ada', 'GEZDGNBV');", '');
is("$stdout$stderr", 'GEZDGNBV', 'and read without one');

# With a key file
($stdout, $stderr) = run_sql("SELECT seal('$ada', 'GEZDGNBV') ~ '^mt1[\$][0-9a-f-]+[\$][A-Za-z0-9+/]+\$'; SELECT open('$ada', seal('$ada', 'GEZDGNBV'));");
is("$stdout$stderr", "t\nGEZDGNBV", 'with a key file: sealed, and opened, without a warning');
($stdout) = run_sql("SELECT count(DISTINCT seal('$ada', 'GEZDGNBV')) FROM generate_series(1, 100);");
is($stdout, 100, 'no two seals are the same');
($stdout, $stderr) = run_sql("SELECT bool_and(open('$ada', seal('$ada', repeat('A', n))) = repeat('A', n)) FROM generate_series(0, 1024) n;");
is($stdout, 't', 'every length up to 1024') or diag($stderr);
($stdout, $stderr) = run_sql("SELECT seal('$ada', repeat('A', 1025));");
like($stderr, qr/54000: two-factor secret is too long/, 'a longer one is refused');
foreach my $stored ('GEZDGNBV', '', 'mt1', 'mt2$a$AAAA', ' mt1$a$AAAA', 'MT1$a$AAAA')
{
	($stdout) = run_sql("SELECT open('$ada', '$stored') || '.';");
	is($stdout, "$stored.", "what is not sealed is the secret: \"$stored\"");
}

# What does not open is an error, and never falls back
my ($sealed) = run_sql("SELECT seal('$ada', 'GEZDGNBV');");
($stdout, $stderr) = run_sql("SELECT open('$bob', '$sealed');");
like($stderr, qr/XX001: sealed two-factor secret does not open\nDETAIL:  It belongs to the user $bob/, 'another user');
($stdout, $stderr) = run_sql("SELECT open('$ada', '$sealed');", '');
like($stderr, qr/55000: multitenant\.key_file is not set/, 'no key file any more');
($stdout, $stderr) = run_sql("SELECT seal('$ada', 'GEZDGNBV'); SELECT open('$ada', '$sealed');", "$folder/nothing");
is($stdout, '', 'no file of that name: nothing is stored in the clear');
is(scalar(() = $stderr =~ /F0000: /g), 2, 'and both say so');

# A session follows the setting as well as the file.
system('src/tools/create_key', "$folder/second") == 0 or die 'no key file';
($stdout, $stderr) = run_sql("SELECT open('$ada', '$sealed'); SET multitenant.key_file = '$folder/second'; SELECT open('$ada', '$sealed');
	SET multitenant.key_file = ''; SELECT open('$ada', '$sealed'); SET multitenant.key_file = '$file'; SELECT open('$ada', '$sealed');");
is($stdout, "GEZDGNBV\nGEZDGNBV", 'opened with its file, then with another, with none and with its own again');
is(join(' ', $stderr =~ /ERROR:  (\w+): (?:two-factor secret is sealed with the key|multitenant.key_file is not set)/g), '55000 55000', 'only its own opens');

done_testing();
