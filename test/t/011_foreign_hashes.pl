# Hashes that other implementations make of random passwords verify: scrypt and pbkdf2 of
# node's crypto, sha-crypt of openssl's command line. The seed is printed, and TEST_SEED
# repeats it.

use strict;
use warnings;

use Encode qw(encode_utf8);
use IPC::Run qw(run);
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{TEST_SEED} // int(rand(2**31));
srand($seed);
note("TEST_SEED=$seed");

my $node = PostgreSQL::Test::Cluster->new('foreign');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');
$node->safe_psql('postgres', q{CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
$node->safe_psql('latin1', 'CREATE EXTENSION multitenant CASCADE');

sub one_of { return $_[ int(rand(@_)) ]; }

my @letters = ('a' .. 'z', 'A' .. 'Z', 0 .. 9, ' ', '"', '\\', "'", '%', '$', "\x{e9}", "\x{43f}", "\x{5bc6}", "\x{1f511}");

sub random_password
{
	my ($most) = @_;
	return encode_utf8(join('', map { one_of(@letters) } 1 .. 1 + int(rand($most))));
}

# What a command prints, without the line break.
sub output_of
{
	my ($input, @command) = @_;
	my ($out, $err) = ('', '');

	run(\@command, '<', \$input, '>', \$out, '2>', \$err) or die "@command: $err";
	chomp $out;
	return $out;
}

sub b64
{
	my ($bytes) = @_;
	return encode_base64($bytes, '') =~ s/=+$//r;
}

# The base64 that node prints, padded, of a hash it computes
sub node
{
	my ($password, $salt, $call) = @_;
	my $script = "const c = require('crypto');"
	  . 'const [p, s] = process.argv.slice(1).map((h) => Buffer.from(h, "hex"));'
	  . "console.log($call.toString('base64'));";

	return output_of('', 'node', '-e', $script, unpack('H*', $password), unpack('H*', $salt));
}

sub scrypt
{
	my ($password) = @_;
	my ($ln, $r, $p) = (1 + int(rand(10)), 1 + int(rand(16)), 1 + int(rand(4)));
	my $salt = join('', map { chr(int(rand(256))) } 1 .. 1 + int(rand(64)));
	my $length = 12 + int(rand(53));
	my $hash = node($password, $salt, "c.scryptSync(p, s, $length, { N: 2 ** $ln, r: $r, p: $p })");

	return "\$scrypt\$ln=$ln,r=$r,p=$p\$" . b64($salt) . '$' . ($hash =~ s/=+$//r);
}

my %digests = (sha1 => 20, sha256 => 32, sha512 => 64);

sub django
{
	my ($password) = @_;
	my $digest = one_of(sort keys %digests);
	my $iterations = 1 + int(rand(3000));
	my $salt = join('', map { one_of('a' .. 'z', 'A' .. 'Z', 0 .. 9) } 1 .. 1 + int(rand(30)));

	return "pbkdf2_$digest\$$iterations\$$salt\$"
	  . node($password, $salt, "c.pbkdf2Sync(p, s, $iterations, $digests{$digest}, '$digest')");
}

sub phc
{
	my ($password) = @_;
	my $digest = one_of(sort keys %digests);
	my $iterations = 1 + int(rand(3000));
	my $salt = join('', map { chr(int(rand(256))) } 1 .. 1 + int(rand(64)));
	my $length = 12 + int(rand(53));
	my $hash = node($password, $salt, "c.pbkdf2Sync(p, s, $iterations, $length, '$digest')") =~ s/=+$//r;
	my $parameters = "i=$iterations" . one_of('', ",l=$length");

	return "\$pbkdf2-$digest\$$parameters\$" . b64($salt) . "\$$hash";
}

sub passlib
{
	my ($password) = @_;
	my $digest = one_of(sort keys %digests);
	my $iterations = 1 + int(rand(3000));
	my $salt = join('', map { chr(int(rand(256))) } 1 .. 1 + int(rand(64)));
	my $hash = node($password, $salt, "c.pbkdf2Sync(p, s, $iterations, $digests{$digest}, '$digest')") =~ s/=+$//r;
	my $name = $digest eq 'sha1' ? 'pbkdf2' : "pbkdf2-$digest";

	return "\$$name\$$iterations\$" . (b64($salt) . "\$$hash") =~ tr/+/./r;
}

sub sha_crypt
{
	my ($password) = @_;
	my $salt = join('', map { one_of('a' .. 'z', 'A' .. 'Z', 0 .. 9, '.', '/') } 1 .. 1 + int(rand(16)));
	my $rounds = one_of('', 'rounds=' . (1000 + int(rand(3000))) . '$');

	return output_of("$password\n", 'openssl', 'passwd', one_of('-5', '-6'), '-salt', "$rounds$salt", '-stdin');
}

sub verifies
{
	my ($password, $hash, $database) = @_;
	my $literal = unpack('H*', $password);

	return $node->safe_psql($database // 'postgres',
		"SELECT multitenant.verify_password(convert_from('\\x$literal', 'UTF8'), '$hash')") eq 't';
}

my %makers = (
	'scrypt of node' => \&scrypt,
	'pbkdf2 of node, as Django writes it' => \&django,
	'pbkdf2 of node, as a PHC string' => \&phc,
	'pbkdf2 of node, as passlib writes it' => \&passlib,
	'sha-crypt of openssl' => \&sha_crypt);

for my $name (sort keys %makers)
{
	my @failures;

	for (1 .. 12)
	{
		# openssl reads a password of up to 256 bytes
		my $password = random_password(one_of(8, 60));
		my $hash = $makers{$name}->($password);

		push @failures, "$hash of \"$password\"" if !verifies($password, $hash);
		push @failures, "$hash of another password" if verifies("$password!", $hash) || verifies("!$password", $hash);
	}
	is("@failures", '', "$name: hashes of random passwords verify, and of no other");

	# they are of UTF-8, whatever the encoding of the database
	my $password = encode_utf8("Gr\x{fc}\x{df}e, J\x{fc}rgen");
	my $hash = $makers{$name}->($password);
	ok(verifies($password, $hash, 'latin1') && !verifies("$password!", $hash, 'latin1'), "$name: in LATIN1");
}

$node->stop;
done_testing();
