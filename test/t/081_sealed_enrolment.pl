# Enrolment and verification with a key file: what is stored is sealed for its user, what
# does not open is an error that loses nothing, and without a file there is one warning.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('sealed');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	SELECT multitenant.register_user('ada@example.org'), multitenant.register_user('bob@example.org');
	CREATE FUNCTION id(name text) RETURNS uuid STABLE LANGUAGE sql AS $$SELECT multitenant.find_user(name || '@example.org')$$;
});
my $folder = PostgreSQL::Test::Utils::tempdir;
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

sub stored
{
	return $node->safe_psql('postgres', "SELECT \"twoFactorSecret\" FROM multitenant.\"Users\" WHERE id = id('$_[0]')");
}

# No statement is to meet the end of a time step.
sub early_in_a_step { sleep(31 - time % 30) if time % 30 > 20; return; }

# Without a key file
my ($stdout, $stderr) = run_sql("SELECT secret FROM multitenant.begin_two_factor_setup(id('ada')); SELECT secret FROM multitenant.begin_two_factor_setup(id('ada'));", '');
my (undef, $secret) = split /\n/, $stdout;
is(stored('ada'), $secret, 'no key file: a secret is stored as it is');
is(scalar(() = $stderr =~ /WARNING:  01000: two-factor secrets are stored unencrypted\nHINT:  Set multitenant\.key_file/g), 1,
	'with one warning a session');
unlike($stderr, qr/\Q$secret\E/, 'which does not tell it');

# With one: what was stored before is read, what is stored from now on is sealed
early_in_a_step();
($stdout, $stderr) = run_sql("SELECT outcome FROM multitenant.confirm_two_factor_setup(id('ada'), multitenant.totp_code('$secret'));");
is("$stdout$stderr", 'success', 'with a key file: what is not sealed is read');
($stdout, $stderr) = run_sql("SELECT secret FROM multitenant.begin_two_factor_setup(id('bob'));");
my $bobs = $stdout;
is($stderr, '', 'no warning');
like(stored('bob'), qr{^mt1\$[0-9a-f-]+\$[A-Za-z0-9+/]+$}, 'sealed');
unlike(stored('bob'), qr/\Q$bobs\E/, 'and not to be read');
early_in_a_step();
($stdout, $stderr) = run_sql("SELECT outcome FROM multitenant.confirm_two_factor_setup(id('bob'), multitenant.totp_code('$bobs', clock_timestamp() - interval '30 s'));
	SELECT outcome FROM multitenant.verify_two_factor(id('bob'), multitenant.totp_code('$bobs'));");
is("$stdout$stderr", "success\nsuccess", 'and opened');

# What does not open is an error; nothing is counted, changed or shown
my $verify = sub { return "SELECT outcome FROM multitenant.verify_two_factor(id('$_[0]'), '000000');" };
my $before = $node->safe_psql('postgres', 'SELECT md5(string_agg(u::text, \'|\' ORDER BY id)) FROM multitenant."Users" u');
($stdout, $stderr) = run_sql($verify->('bob'), '');
like($stderr, qr/55000: multitenant\.key_file is not set/, 'no key file any more');
($stdout, $stderr) = run_sql($verify->('bob'), "$folder/nothing");
like($stderr, qr/F0000: /, 'no file of that name');
system('src/tools/create_key', "$folder/second") == 0 or die 'no key file';
($stdout, $stderr) = run_sql($verify->('bob'), "$folder/second");
like($stderr, qr/55000: two-factor secret is sealed with the key/, 'another key');
is($node->safe_psql('postgres', 'SELECT md5(string_agg(u::text, \'|\' ORDER BY id)) FROM multitenant."Users" u'), $before, 'all is as it was');
($stdout, $stderr) = run_sql("SELECT multitenant.reset_two_factor(id('ada')); SELECT secret FROM multitenant.begin_two_factor_setup(id('ada'));", "$folder/nothing");
is(stored('ada'), '', 'a file that is not good: nothing is stored in the clear');
like($stderr, qr/F0000: /, 'and the enrolment says so');

# A sealed secret is its user's: moved to another row it does not open
$node->safe_psql('postgres', q{UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" =
	(SELECT "twoFactorSecret" FROM multitenant."Users" WHERE id = id('bob')) WHERE id = id('ada')});
($stdout, $stderr) = run_sql($verify->('ada'));
like($stderr, qr/XX001: sealed two-factor secret does not open\nDETAIL:  It belongs to the user/, 'moved to another user');
unlike($stderr, qr/\Q$bobs\E/, '… whose secret it does not tell');

# A session follows the setting.
early_in_a_step();
($stdout, $stderr) = run_sql("SELECT 1 FROM multitenant.verify_two_factor(id('bob'), 'x'); SET multitenant.key_file = '$folder/second'; SELECT 2 FROM multitenant.verify_two_factor(id('bob'), 'x');
	SET multitenant.key_file = '$file'; SELECT 3 FROM multitenant.verify_two_factor(id('bob'), 'x');");
is($stdout, "1\n3", 'opened with its file, not with another, and with its own again');

done_testing();
