# Passwords and one-time passwords against other implementations.
#
# oathtool computes our one-time passwords and we compute its; the command-line tool
# argon2 does the same for hashes. All of it on random input: the seed is printed,
# and TEST_SEED repeats it. Then the same passwords in databases of other encodings.

use strict;
use warnings;

use Encode qw(encode_utf8);
use IPC::Run qw(run);
use List::Util qw(first);
use MIME::Base64 qw(decode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{TEST_SEED} // int(rand(2**31));
srand($seed);
note("TEST_SEED=$seed");

my $node = PostgreSQL::Test::Cluster->new('cross');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf',
	"multitenant.argon2_memory = 64\nmultitenant.argon2_iterations = 1\nmultitenant.bcrypt_cost = 4");
$node->start;

sub make_database
{
	my ($name, $encoding) = @_;
	$node->safe_psql('postgres',
		"CREATE DATABASE $name TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	$node->safe_psql($name, 'CREATE EXTENSION pgcrypto; CREATE EXTENSION multitenant');
}
make_database('utf8', 'UTF8');

# The one value that an expression has.
sub value
{
	my ($expression, $database) = @_;
	return $node->safe_psql($database // 'utf8', "SET search_path = multitenant, pg_catalog; SELECT $expression");
}

# Text of any bytes as an expression, whatever the encoding of the database.
sub literal
{
	my ($utf8) = @_;
	return sprintf(q{convert_from('\x%s', 'UTF8')}, unpack('H*', $utf8));
}

# What a command prints, without the line break; undef when it fails.
sub output_of
{
	my ($input, @command) = @_;
	my ($out, $err) = ('', '');

	run(\@command, '<', \$input, '>', \$out, '2>', \$err) or return undef;
	chomp $out;
	return $out;
}

sub one_of { return $_[ int(rand(@_)) ]; }

#
# One-time passwords
#

sub check_totp
{
	my ($algorithm, $digits) = @_;
	my (@cases, @wrong);

	for (1 .. 8)
	{
		my $period = one_of(30, 30, 60, 1 + int(rand(3600)));
		push @cases, { secret => value('generate_totp_secret(' . (16 + int(rand(49))) . ')'),
			time => int(rand(2**33)), period => $period };
	}
	for my $case (@cases)
	{
		my @oathtool = ('oathtool', '--totp=' . lc($algorithm), '--base32', "--digits=$digits",
			"--time-step-size=$case->{period}s", "--now=\@$case->{time}");
		my $theirs = output_of('', @oathtool, $case->{secret});
		my $arguments = "'$algorithm', $digits, $case->{period}";
		my ($ours, $accepted) = split /\|/, value(
			"totp_code('$case->{secret}', to_timestamp($case->{time}), $arguments), "
			  . "verify_totp('$case->{secret}', '$theirs', to_timestamp($case->{time}), 0, $arguments)");

		push @wrong, "$case->{secret} at $case->{time}: ours $ours, theirs $theirs"
		  if $ours ne $theirs || $accepted ne 't'
		  || !defined output_of('', @oathtool, $case->{secret}, $ours);
	}
	is("@wrong", '', "oathtool and TOTP by $algorithm, $digits digits");
}

for my $algorithm ('SHA1', 'SHA256', 'SHA512')
{
	check_totp($algorithm, $_) for 6 .. 8;
}

my @wrong;
for (1 .. 8)
{
	my $secret = value('generate_totp_secret()');
	my $counter = int(rand(2**48));
	my $digits = 6 + int(rand(3));
	my $theirs = output_of('', 'oathtool', '--hotp', '--base32', "--digits=$digits", "--counter=$counter", $secret);
	my $ours = value("hotp_code('$secret', $counter, 'SHA1', $digits)");

	push @wrong, "$secret at $counter: ours $ours, theirs $theirs" if $ours ne $theirs;
}
is("@wrong", '', 'oathtool and HOTP');

# What people type: oathtool skips spaces too, and reads either case.
my $typed = lc(value(q{regexp_replace(generate_totp_secret(), '(....)(?=.)', '\1 ', 'g')}));
is(value("hotp_code('$typed', 7)"), output_of('', 'oathtool', '--hotp', '--base32', '--counter=7', $typed),
	'oathtool and a secret in groups of lower case letters');

#
# argon2
#

my @letters = ('a' .. 'z', 'A' .. 'Z', 0 .. 9, ' ', '"', '\\', "'", '%', "\x{e9}", "\x{43f}", "\x{5bc6}", "\x{1f511}");

sub random_password
{
	return encode_utf8(join('', map { one_of(@letters) } 1 .. 1 + int(rand(30))));
}

# The encoded hash that the tool makes; "salt" may hold any byte but zero.
sub argon2
{
	my ($password, $salt, %parameters) = @_;

	return output_of($password, 'argon2', $salt, $parameters{type} eq 'argon2id' ? '-id' : '-i',
		-t => $parameters{t}, -k => $parameters{m}, -p => $parameters{p}, -l => $parameters{length},
		-v => $parameters{version} == 16 ? '10' : '13', '-e');
}

sub verifies
{
	my ($password, $hash, $database) = @_;
	return value('verify_password(' . literal($password) . ", '$hash')", $database) eq 't';
}

for my $type ('argon2id', 'argon2i')
{
	for my $version (16, 19)
	{
		my @failures;

		for my $lanes (1, 2, 3, 4, 16)
		{
			my $password = random_password();
			my $salt = join('', map { one_of('a' .. 'z') } 1 .. 8 + int(rand(40)));
			my $hash = argon2($password, $salt, type => $type, version => $version, t => 1 + int(rand(4)),
				m => 8 * $lanes + int(rand(300)), p => $lanes, length => 12 + int(rand(53)));

			push @failures, "$hash of \"$password\"" if !verifies($password, $hash);
			push @failures, "$hash of another password" if verifies("$password!", $hash);
		}
		is("@failures", '', "hashes of the tool argon2, $type version $version, verify");
	}
}

# Ours, computed again by the tool from the salt and the parameters that they state
for my $lanes (1, 2, 4, 16)
{
	my $password = random_password();
	my $settings = "set_config('multitenant.argon2_memory', '" . (8 * $lanes + int(rand(300))) . "', false), "
	  . "set_config('multitenant.argon2_iterations', '" . (1 + int(rand(4))) . "', false), "
	  . "set_config('multitenant.argon2_parallelism', '$lanes', false)";
	my ($hash, $t, $m, $p, $salt);

	do    # until the salt can be an argument
	{
		$hash = (split /\|/, value("$settings, hash_password(" . literal($password) . ')'))[-1];
		($m, $t, $p, $salt) = $hash =~ /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^\$]+)\$/;
		$salt = decode_base64($salt . '==');
	} while ($salt =~ /\0/);
	is(argon2($password, $salt, type => 'argon2id', version => 19, t => $t, m => $m, p => $p, length => 32),
		$hash, "the tool argon2 makes our hash of $lanes lanes");
}

#
# Other encodings: a password is hashed in UTF-8, as everybody else does it
#

my $password = encode_utf8("Gr\x{fc}\x{df}e, J\x{fc}rgen");
my $argon2 = argon2($password, 'somesalt', type => 'argon2id', version => 19, t => 1, m => 64, p => 1, length => 32);
my %hash = (
	argon2 => $argon2,
	# by bcryptjs 3.0.3
	bcrypt => '$2b$04$1TvERg2kaPLQK7XiaEC.OO/LcYD0qQ1cBSSvCGMvwmuSzlucvCJX2');

for (['latin1', 'LATIN1'], ['win1252', 'WIN1252'], ['euc_jp', 'EUC_JP'])
{
	my ($database, $encoding) = @$_;
	my $typed = $encoding eq 'EUC_JP' ? encode_utf8("\x{5bc6}\x{78bc}") : $password;

	make_database($database, $encoding);
	if ($encoding ne 'EUC_JP')
	{
		ok(verifies($typed, $hash{$_}, $database), "$encoding: a hash of $_ verifies") for sort keys %hash;
	}
	for my $algorithm ('argon2id', 'bcrypt')
	{
		my $made = value('hash_password(' . literal($typed) . ", '$algorithm')", $database);
		ok(verifies($typed, $made, $database), "$encoding: our own hash by $algorithm verifies");
		ok(verifies($typed, $made), "$encoding: our own hash by $algorithm verifies in UTF8");
		ok(!verifies("$typed!", $made), "$encoding: another password does not");
	}
}

# 72 bytes are counted in UTF-8, and a character without a counterpart there is no error.
is(value("length(hash_password(repeat(E'\\xe9', 36), 'bcrypt'))", 'latin1'), '60', 'LATIN1: 72 bytes of UTF-8');
my ($status, undef, $stderr) =
  $node->psql('latin1', "SELECT multitenant.hash_password(repeat(E'\\xe9', 37), 'bcrypt')");
like($stderr, qr/password is too long/, 'LATIN1: 74 bytes of UTF-8');
is(value("verify_password(E'\\x81x', hash_password(E'\\x81x')) AND NOT verify_password(E'\\x8dx', hash_password(E'\\x81x'))",
	'win1252'), 't', 'WIN1252: a byte that is no character');

# Bytes of no known encoding are hashed as they are. From the tests of crypt_blowfish: bcrypt
# and its bug of 2011, which hashes one byte like three.
make_database('ascii', 'SQL_ASCII');
for (
	[ '\xa3', '$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq' ],
	[ '\xff\xff\xa3', '$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e' ],
	[ '\xff\xff\xa3', '$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e' ],
	[ '\xa3', '$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e' ],
	[ '\xff\xff\xa3', '$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e' ],
	[ '\xd0\xc1\xd2\xcf\xcc\xd8', '$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS' ])
{
	my ($bytes, $hash) = @$_;
	is(value("verify_password(E'$bytes', '$hash')", 'ascii'), 't', 'SQL_ASCII: ' . substr($hash, 0, 4) . " of $bytes");
}
is(value(q{verify_password(E'\xa3', '$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e')}, 'ascii'),
	'f', 'SQL_ASCII: $2y$ is without the bug');

$node->stop;
done_testing();
