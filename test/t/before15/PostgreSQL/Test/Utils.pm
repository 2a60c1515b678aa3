# PostgreSQL 14 has the test modules under older names; the tests are written for the newer.
package PostgreSQL::Test::Utils;

use strict;
use warnings;
use TestLib;

# All of its names, "import" and the list of what it exports among them.
for my $name (grep { /^\w+$/ && !/^(?:BEGIN|END|INIT)$/ } keys %TestLib::)
{
	no strict 'refs';
	*{$name} = *{"TestLib::$name"};
}

1;
